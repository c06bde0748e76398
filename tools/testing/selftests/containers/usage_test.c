// SPDX-License-Identifier: GPL-2.0
/*
 * What container_wait(2) says that the processes of a container have used: the
 * sum of what wait4(2) says of each.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "container_handle.h"
#include "container_proc.h"
#include "process_util.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define PAGES		64
#define BURN_US		10000

static long long usec(const struct timeval *tv)
{
	return tv->tv_sec * 1000000LL + tv->tv_usec;
}

static void add(struct rusage *sum, const struct rusage *r)
{
	timeradd(&sum->ru_utime, &r->ru_utime, &sum->ru_utime);
	timeradd(&sum->ru_stime, &r->ru_stime, &sum->ru_stime);
	if (sum->ru_maxrss < r->ru_maxrss)
		sum->ru_maxrss = r->ru_maxrss;
	sum->ru_minflt += r->ru_minflt;
	sum->ru_majflt += r->ru_majflt;
	sum->ru_inblock += r->ru_inblock;
	sum->ru_oublock += r->ru_oublock;
	sum->ru_nvcsw += r->ru_nvcsw;
	sum->ru_nivcsw += r->ru_nivcsw;
}

/* What the calling thread has used so far. */
static long long cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* Uses BURN_US of processor time, faults @pages pages in, and lets others run. */
static void work(int pages)
{
	char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long long start = cpu_us();
	int fds[2], i;

	/* One fault for each page. */
	madvise(p, pages * 4096, MADV_NOHUGEPAGE);
	for (i = 0; p != MAP_FAILED && i < pages; i++)
		p[i * 4096] = 1;
	for (i = 0; i < 100 && !pipe(fds); i++) {
		tell(fds[1]);
		hear(fds[0]);
		close(fds[0]);
		close(fds[1]);
	}
	while (cpu_us() - start < BURN_US)
		;
}

/*
 * A member leaves just before it is through: what its exit still costs, in time
 * and switches, is known to wait4() only. How long that takes is anybody's guess on
 * a busy machine; what @works times work() has used is in there.
 */
static void expect_sum(struct __test_metadata *_metadata, const struct rusage *total,
		       const struct rusage *sum, int members, int works)
{
	long long time = usec(&total->ru_utime) + usec(&total->ru_stime);
	long long sum_time = usec(&sum->ru_utime) + usec(&sum->ru_stime);

	EXPECT_LE(time, sum_time + members);
	/* Whole microseconds are told, of each part. */
	EXPECT_GE(time + 2 * members, (long long)BURN_US * works);
	EXPECT_EQ(sum->ru_maxrss, total->ru_maxrss);
	EXPECT_EQ(sum->ru_minflt, total->ru_minflt);
	EXPECT_EQ(sum->ru_majflt, total->ru_majflt);
	EXPECT_EQ(sum->ru_inblock, total->ru_inblock);
	EXPECT_EQ(sum->ru_oublock, total->ru_oublock);
	EXPECT_LE(total->ru_nvcsw, sum->ru_nvcsw);
	EXPECT_GE(total->ru_nvcsw, sum->ru_nvcsw - 4 * members);
	EXPECT_LE(total->ru_nivcsw, sum->ru_nivcsw);
	EXPECT_EQ(0, total->ru_ixrss | total->ru_idrss | total->ru_isrss | total->ru_nswap |
		  total->ru_msgsnd | total->ru_msgrcv | total->ru_nsignals);
}

FIXTURE(usage)
{
	int cfd;
	struct rusage total;
};

FIXTURE_SETUP(usage)
{
	self->cfd = container_create("usage", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(usage)
{
	close(self->cfd);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

TEST_F_TIMEOUT(usage, is_the_sum_of_all_members, TIMEOUT)
{
	struct rusage sum = { }, r, again;
	pid_t init, pid;
	int p[2], i;

	/* Init is the last one. */
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		work(PAGES);
		hear(p[0]);
		_exit(0);
	}
	for (i = 2; i <= 10; i++) {
		pid = fork_into_container(self->cfd);
		ASSERT_LE(0, pid);
		if (!pid) {
			work(PAGES * i);
			_exit(0);
		}
	}
	for (i = 2; i <= 10; i++) {
		pid = wait4(-1, NULL, 0, &r);
		ASSERT_LT(0, pid);
		ASSERT_NE(init, pid);
		add(&sum, &r);
	}
	tell(p[1]);
	ASSERT_EQ(init, wait4(init, NULL, 0, &r));
	add(&sum, &r);
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	expect_sum(_metadata, &self->total, &sum, 10, 10);
	EXPECT_LE(10 * 11 / 2 * PAGES, self->total.ru_minflt);
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &again));
	EXPECT_EQ(0, memcmp(&again, &self->total, sizeof(again)));
	close(p[0]);
	close(p[1]);
}

/* What wait4() adds up for the parent is its children's, who are counted. */
TEST_F_TIMEOUT(usage, counts_grandchildren_once, TIMEOUT)
{
	struct rusage r;
	pid_t init = fork_into_container(self->cfd);

	ASSERT_LE(0, init);
	if (!init) {
		pid_t pid = fork();

		if (!pid) {
			work(1000);
			_exit(0);
		}
		_exit(wait_for_exit(pid));
	}
	/* That of init is with the children it waited for. */
	ASSERT_EQ(init, wait4(init, NULL, 0, &r));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	expect_sum(_metadata, &self->total, &r, 2, 1);
	EXPECT_GT(2 * 1000, self->total.ru_minflt);
	EXPECT_LE(1000, self->total.ru_minflt);
}

TEST_F_TIMEOUT(usage, includes_nested_containers_that_are_dead, TIMEOUT)
{
	struct rusage r;
	pid_t init = fork_into_container(self->cfd);

	ASSERT_LE(0, init);
	if (!init) {
		int cfd = container_create("nested", CONTAINER_FD_CLOEXEC);
		pid_t pid = fork_into_container(cfd);

		if (!pid) {
			work(1000);
			_exit(0);
		}
		if (wait_for_exit(pid) || !poll_until(cfd, POLLIN | POLLHUP))
			_exit(1);
		_exit(0);
	}
	ASSERT_EQ(init, wait4(init, NULL, 0, &r));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	expect_sum(_metadata, &self->total, &r, 2, 1);
}

static void *thread_work(void *arg)
{
	work(500);
	return NULL;
}

TEST_F_TIMEOUT(usage, includes_all_threads_and_what_was_before_exec, TIMEOUT)
{
	pthread_t threads[4];
	struct rusage r;
	pid_t init = fork_into_container(self->cfd);
	int i;

	ASSERT_LE(0, init);
	if (!init) {
		for (i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, thread_work, NULL);
		for (i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	ASSERT_EQ(init, wait4(init, NULL, 0, &r));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	expect_sum(_metadata, &self->total, &r, 1, 4);
	EXPECT_LE(4 * 500, self->total.ru_minflt);
}

TEST_F_TIMEOUT(usage, includes_who_was_killed_and_who_is_not_ours, TIMEOUT)
{
	pid_t init;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		if (!fork()) {
			/* A daemon: its father is gone. */
			if (!fork()) {
				work(2000);
				tell(p[1]);
				pause_forever();
			}
			_exit(0);
		}
		pause_forever();
	}
	ASSERT_TRUE(hear_in_time(p[0]));
	close(p[0]);
	close(p[1]);
	ASSERT_TRUE(wait_until(fdinfo_number(self->cfd, "Processes:") == 2));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	EXPECT_LE(2000, self->total.ru_minflt);
	EXPECT_LT(0, self->total.ru_maxrss);
}

/* Before it is empty there is what has been used so far, and it only grows. */
TEST_F_TIMEOUT(usage, grows_until_the_container_is_empty, TIMEOUT)
{
	struct rusage last = { }, now;
	int members = scaled(300), i;
	pid_t init = fork_into_container(self->cfd);

	ASSERT_LE(0, init);
	if (!init) {
		for (i = 0; i < members; i++) {
			pid_t pid = fork();

			if (!pid) {
				work(10);
				_exit(0);
			}
		}
		_exit(0);
	}
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &last));
	while (!(poll_now(self->cfd) & POLLHUP)) {
		ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &now));
		EXPECT_LE(last.ru_minflt, now.ru_minflt);
		EXPECT_LE(usec(&last.ru_utime), usec(&now.ru_utime));
		EXPECT_LE(usec(&last.ru_stime), usec(&now.ru_stime));
		EXPECT_LE(last.ru_nvcsw, now.ru_nvcsw);
		last = now;
	}
}

/* --- nested ones ---------------------------------------------------------------- */

FIXTURE(usage_nested)
{
	int cfd;
	struct rusage total;
};

/* Who is left without a father is ours to reap. */
FIXTURE_SETUP(usage_nested)
{
	ENTER_SANDBOX();
	self->cfd = container_create("usage", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(usage_nested)
{
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

/* Those too that die with it, at whatever depth: init, nested, more nested. */
TEST_F_TIMEOUT(usage_nested, is_that_of_all_that_die_together, TIMEOUT)
{
	struct rusage sum = { }, r;
	int p[2], i, depth = 4;
	pid_t init;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		for (i = 1; i < depth; i++) {
			int cfd = container_create("nested", CONTAINER_FD_CLOEXEC);
			pid_t pid = fork_into_container(cfd);

			if (pid < 0)
				_exit(1);
			if (pid)
				break;
		}
		work(500);
		tell(p[1]);
		pause_forever();
	}
	ASSERT_TRUE(hear_times(p[0], depth));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	for (i = 0; i < depth; i++) {
		ASSERT_LT(0, wait4(-1, NULL, __WALL, &r));
		add(&sum, &r);
	}
	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &self->total));
	expect_sum(_metadata, &self->total, &sum, depth, depth);
	EXPECT_LE(depth * 500, self->total.ru_minflt);
	close(p[0]);
	close(p[1]);
}

TEST_HARNESS_MAIN
