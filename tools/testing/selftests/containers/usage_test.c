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

/* Uses processor time, faults @pages pages in, and lets others run. */
static void work(int pages)
{
	char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	clock_t start = clock();
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
	while (clock() - start < CLOCKS_PER_SEC / 100)
		;
}

/*
 * A member leaves just before it is through: what its exit still costs, in time
 * and switches, is known to wait4() only.
 */
static void expect_sum(struct __test_metadata *_metadata, const struct rusage *total,
		       const struct rusage *sum, int members)
{
	const long long slack = 20000LL * members * (debug_kernel() ? 20 : 1);
	long long time = usec(&total->ru_utime) + usec(&total->ru_stime);
	long long sum_time = usec(&sum->ru_utime) + usec(&sum->ru_stime);

	EXPECT_LE(time, sum_time + members);
	EXPECT_GE(time, sum_time - slack);
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
	expect_sum(_metadata, &self->total, &sum, 10);
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
	expect_sum(_metadata, &self->total, &r, 2);
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
	expect_sum(_metadata, &self->total, &r, 2);
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
	expect_sum(_metadata, &self->total, &r, 1);
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

TEST_HARNESS_MAIN
