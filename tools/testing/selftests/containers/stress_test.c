// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: containers are made, entered, left, killed, closed and
 * looked at by several processes and threads, and in the end nothing is left.
 *
 * Every test runs as pid 1 of a sandbox.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

#include "process_util.h"
#include "../kselftest_harness.h"

#define EXIT_CODE	7
#define HELPER_NAME	"helper"

FIXTURE(stress)
{
	int containers;	/* how many there were before */
	int fds;
};

FIXTURE_SETUP(stress)
{
	own_path();
	ENTER_SANDBOX();
	self->containers = container_count();
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(stress)
{
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
	EXPECT_EQ(self->containers, container_count());
	EXPECT_EQ(self->fds, open_fds());
}

/* The next of a row of numbers that look random, and are the same each time. */
static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* --- lives of containers ---------------------------------------------------- */

#define NR_PROCESSES	3
#define NR_THREADS	2

static const unsigned int kinds[] = {
	0,
	CONTAINER_NEW_PID_NS,
	CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS,
	CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS,
	CONTAINER_KILL_ON_CLOSE,
	CONTAINER_KILL_ON_CLOSE | CONTAINER_NEW_PID_NS,
	CONTAINER_CLOSE_FDS | CONTAINER_NEW_TIME_NS,
	CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS,
};

/* Shared by all processes. */
struct shared {
	int stop;
	int readings;	/* of /proc/containers, so far */
	int nr_ids;
	__u64 ids[];
};

struct worker {
	struct shared *shared;
	unsigned int random;
	int times;
	int failed;	/* the line that it failed in */
};

/* One container, from create to close; 0, or the line that failed. */
static int live_and_die(struct worker *w, __u64 *last_id)
{
	unsigned int flags = kinds[next_random(&w->random) % ARRAY_SIZE(kinds)];
	int i, cfd, copy, n = next_random(&w->random) % 4;
	pid_t pid[4];
	__u64 id;

	cfd = container_create("stress", flags);
	if (cfd < 0)
		return __LINE__;
	id = container_id(cfd);
	if (id <= *last_id)
		return __LINE__;
	*last_id = id;
	i = __atomic_fetch_add(&w->shared->nr_ids, 1, __ATOMIC_SEQ_CST);
	w->shared->ids[i] = id;

	for (i = 0; i < n; i++) {
		pid[i] = container_spawn_idle(cfd);
		if (pid[i] <= 0)
			return __LINE__;
	}
	if (poll_now(cfd))
		return __LINE__;
	if (fdinfo_number(cfd, "Processes:") != n)
		return __LINE__;

	switch (n ? next_random(&w->random) % 4 : 0) {
	case 0:
		/* A copy is closed later. */
		copy = dup(cfd);
		if (copy < 0 || close(cfd))
			return __LINE__;
		cfd = copy;
		break;
	case 1:
		/* init dies last. */
		for (i = n - 1; i >= 0; i--) {
			if (poll_now(cfd))
				return __LINE__;
			if (kill(pid[i], SIGKILL))
				return __LINE__;
			if (wait_for_exit(pid[i]) != 128 + SIGKILL)
				return __LINE__;
		}
		if (!poll_until(cfd, POLLIN | POLLHUP))
			return __LINE__;
		n = 0;
		break;
	case 2:
		/* Nobody is reaped before the descriptor is closed. */
		if (kill(pid[0], SIGKILL))
			return __LINE__;
		break;
	case 3:
		if (kill(pid[0], SIGKILL))
			return __LINE__;
		if (!poll_until(cfd, POLLIN | POLLHUP))
			return __LINE__;
		break;
	}
	if (close(cfd))
		return __LINE__;
	/*
	 * Although it may be KILL_ON_CLOSE: members of the other thread's
	 * container have a copy of the descriptor, as ours have of its.
	 */
	if (n)
		kill(pid[0], SIGKILL);
	for (i = n - 1; i >= 0; i--)
		if (wait_for_exit(pid[i]) != 128 + SIGKILL)
			return __LINE__;
	return 0;
}

static void *worker_thread(void *arg)
{
	struct worker *w = arg;
	__u64 last_id = 0;
	int i;

	for (i = 0; i < w->times && !w->failed; i++)
		w->failed = live_and_die(w, &last_id);
	return NULL;
}

static void worker_process(struct shared *shared, int n, int times)
{
	struct worker w[NR_THREADS];
	pthread_t thread[NR_THREADS];
	int i, failed = 0;

	for (i = 0; i < NR_THREADS; i++) {
		w[i].shared = shared;
		w[i].random = n * NR_THREADS + i + 1;
		w[i].times = times;
		w[i].failed = 0;
		if (pthread_create(&thread[i], NULL, worker_thread, &w[i]))
			_exit(EXIT_FAILURE);
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(thread[i], NULL);
		if (w[i].failed) {
			fprintf(stderr, "# failed in line %d\n", w[i].failed);
			failed = 1;
		}
	}
	_exit(failed);
}

struct order {
	__u64 last;
	bool broken;
};

static void check_order(struct container_row *row, void *arg)
{
	struct order *order = arg;

	if (row->id <= order->last || row->parent >= row->id)
		order->broken = true;
	order->last = row->id;
}

/* Reads /proc/containers again and again, in pieces of all sizes. */
static void reader_process(struct shared *shared)
{
	size_t chunk = 16;
	int fd;

	fd = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		struct order order = {};

		if (container_rows_walk(fd, chunk, check_order, &order) < 1 ||
		    order.broken)
			_exit(EXIT_FAILURE);
		chunk = chunk * 3 % 4093 + 16;
		__atomic_add_fetch(&shared->readings, 1, __ATOMIC_SEQ_CST);
	}
	_exit(EXIT_SUCCESS);
}

/* Takes what /proc says about processes that come and go. */
static void looker_process(struct shared *shared)
{
	char path[64], buf[256];
	unsigned long long id;
	unsigned int n = 0;
	int end;

	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		snprintf(path, sizeof(path), "/proc/%u/container",
			 n++ % 512 + 1);
		if (!read_file(path, buf, sizeof(buf)) || !buf[0])
			continue;
		if (sscanf(buf, "%llu\t%n", &id, &end) != 1 || !id ||
		    (strcmp(buf + end, "stress\n") &&
		     strcmp(buf + end, "<current>\n")))
			_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

static int compare_ids(const void *a, const void *b)
{
	const __u64 *ida = a, *idb = b;

	return *ida < *idb ? -1 : *ida > *idb;
}

TEST_F_TIMEOUT(stress, many_lives_at_once, PROCESS_TEST_TIMEOUT)
{
	int i, times = scaled(300), n = NR_PROCESSES * NR_THREADS * times;
	size_t size = sizeof(struct shared) + n * sizeof(__u64);
	pid_t pid[NR_PROCESSES], reader, looker;
	struct shared *shared;

	shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	reader = fork();
	if (reader == 0)
		reader_process(shared);
	looker = fork();
	if (looker == 0)
		looker_process(shared);
	for (i = 0; i < NR_PROCESSES; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			worker_process(shared, i, times);
	}
	for (i = 0; i < NR_PROCESSES; i++)
		EXPECT_EQ(0, wait_for_exit(pid[i]));
	shared->stop = 1;
	EXPECT_EQ(EXIT_SUCCESS, wait_for_exit(reader));
	EXPECT_EQ(EXIT_SUCCESS, wait_for_exit(looker));
	EXPECT_LT(0, shared->readings);

	/* No id was given to two. */
	EXPECT_EQ(n, shared->nr_ids);
	qsort(shared->ids, shared->nr_ids, sizeof(__u64), compare_ids);
	for (i = 1; i < shared->nr_ids; i++)
		ASSERT_LT(shared->ids[i - 1], shared->ids[i]);
	munmap(shared, size);
}

/* --- many at a time ------------------------------------------------------------ */

TEST_F_TIMEOUT(stress, many_alive_at_once, PROCESS_TEST_TIMEOUT)
{
	int i, n = scaled(300), cfd[n];
	pid_t pid[n];

	for (i = 0; i < n; i++) {
		cfd[i] = container_create("many", CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd[i], 0);
		pid[i] = container_spawn_idle(cfd[i]);
		ASSERT_GT(pid[i], 0);
	}
	EXPECT_EQ(self->containers + n, container_count());
	/* Those in the middle first. */
	for (i = 0; i < n; i++)
		EXPECT_EQ(0, close(cfd[(i + n / 2) % n]));
	for (i = 0; i < n; i++)
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid[i]));
	EXPECT_EQ(self->containers, container_count());
}

/* Makes a container in a container in a container, and tells from the last. */
static void dig(int fd, int depth)
{
	int cfd;

	while (depth--) {
		cfd = container_create("deep", 0);
		if (fork_into_container(cfd))
			pause_forever();
	}
	tell(fd);
	pause_forever();
}

TEST_F_TIMEOUT(stress, deep_ones_die_at_once, PROCESS_TEST_TIMEOUT)
{
	int i, cfd, pipefd[2], depth = 30;
	pid_t pid;

	ASSERT_EQ(0, pipe2(pipefd, O_CLOEXEC));
	for (i = 0; i < scaled(20); i++) {
		cfd = container_create("top", CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd, 0);
		pid = fork_into_container(cfd);
		ASSERT_GE(pid, 0);
		if (pid == 0)
			dig(pipefd[1], depth);
		ASSERT_TRUE(hear_in_time(pipefd[0]));
		ASSERT_EQ(self->containers + 1 + depth, container_count());
		ASSERT_EQ(0, close(cfd));
		ASSERT_EQ(depth + 1, reap_all());
		ASSERT_EQ(self->containers, container_count());
	}
	close(pipefd[0]);
	close(pipefd[1]);
}

/* --- races ------------------------------------------------------------------------ */

struct ends {
	pthread_barrier_t barrier;
	int cfd;
	pid_t pid;
	bool stop;
};

static void *closing_thread(void *arg)
{
	struct ends *ends = arg;

	for (;;) {
		pthread_barrier_wait(&ends->barrier);
		if (ends->stop)
			return NULL;
		close(ends->cfd);
		pthread_barrier_wait(&ends->barrier);
	}
}

/* init's exit, or its death, against the close that would kill it. */
TEST_F_TIMEOUT(stress, exit_against_close, PROCESS_TEST_TIMEOUT)
{
	int round, status, pipefd[2];
	struct ends ends = {};
	pthread_t thread;
	pid_t pid, other;

	ASSERT_EQ(0, pthread_barrier_init(&ends.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, closing_thread, &ends));
	ASSERT_EQ(0, pipe2(pipefd, O_CLOEXEC));
	for (round = 0; round < scaled(400); round++) {
		ends.cfd = container_create("ends", CONTAINER_KILL_ON_CLOSE |
					    (round % 2 ? CONTAINER_NEW_PID_NS : 0));
		ASSERT_GE(ends.cfd, 0);
		pid = fork_into_container(ends.cfd);
		ASSERT_GE(pid, 0);
		if (pid == 0) {
			hear(pipefd[0]);
			_exit(EXIT_CODE);
		}
		other = container_spawn_idle(ends.cfd);
		ASSERT_GT(other, 0);
		ASSERT_TRUE(tell(pipefd[1]));
		delay_of_round(round, 500000);
		pthread_barrier_wait(&ends.barrier);
		if (round % 3 == 0)
			kill(pid, SIGKILL);
		pthread_barrier_wait(&ends.barrier);
		ASSERT_EQ(128 + SIGKILL, wait_for_exit(other));
		status = wait_for_exit(pid);
		ASSERT_TRUE(status == EXIT_CODE || status == 128 + SIGKILL);
		/* A byte that it was killed before it read. */
		if (status != EXIT_CODE && poll_now(pipefd[0]))
			ASSERT_TRUE(hear(pipefd[0]));
	}
	ends.stop = true;
	pthread_barrier_wait(&ends.barrier);
	pthread_join(thread, NULL);
	close(pipefd[0]);
	close(pipefd[1]);
}

#define NR_SLOTS	8

struct slots {
	int fd[NR_SLOTS];
	unsigned int random;
	int times;
	int failed;
};

/* Uses and abuses descriptors that the other threads open, move and close. */
static void *abuser_thread(void *arg)
{
	struct slots *slots = arg;
	unsigned int random = __atomic_add_fetch(&slots->random, 1,
						 __ATOMIC_SEQ_CST);
	int i, from, to, fd;
	pid_t pid;

	for (i = 0; i < slots->times; i++) {
		from = slots->fd[next_random(&random) % NR_SLOTS];
		to = slots->fd[next_random(&random) % NR_SLOTS];
		switch (next_random(&random) % 6) {
		case 0:
		case 1:
			fd = container_create("slot", kinds[next_random(&random) %
							    ARRAY_SIZE(kinds)] |
					      CONTAINER_KILL_ON_CLOSE);
			if (fd < 0 || dup3(fd, to, O_CLOEXEC) != to || close(fd))
				slots->failed = __LINE__;
			break;
		case 2:
		case 3:
			pid = fork_into_container(from);
			if (pid == 0)
				_exit(EXIT_SUCCESS);
			/* As a slot may be anything at any time. */
			if (pid < 0 && errno != EBADF && errno != ECANCELED)
				slots->failed = __LINE__;
			break;
		case 4:
			close(from);
			break;
		case 5:
			poll_now(from);
			fdinfo_number(from, "Processes:");
			break;
		}
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
	return NULL;
}

TEST_F_TIMEOUT(stress, descriptors_come_and_go, PROCESS_TEST_TIMEOUT)
{
	struct slots slots = { .times = scaled(1500) };
	pthread_t thread[3];
	int i;

	for (i = 0; i < NR_SLOTS; i++)
		slots.fd[i] = 100 + i;
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, abuser_thread,
					    &slots));
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, slots.failed);
	for (i = 0; i < NR_SLOTS; i++)
		close(slots.fd[i]);
}

/* --- exec by a thread while others enter --------------------------------------------- */

struct enterers {
	int cfd;
	int entered;
};

static void *enterer_thread(void *arg)
{
	struct enterers *enterers = arg;

	while (__atomic_load_n(&enterers->entered, __ATOMIC_SEQ_CST) < 100)
		if (container_spawn_idle(enterers->cfd) > 0)
			__atomic_add_fetch(&enterers->entered, 1,
					   __ATOMIC_SEQ_CST);
	return NULL;
}

static void exec_while_entering(int round)
{
	struct enterers enterers = {};
	pthread_t thread;
	char arg[16];
	int i;

	/* It is to be open afterwards. */
	enterers.cfd = container_create("exec", CONTAINER_KILL_ON_CLOSE |
					(round % 2 ? CONTAINER_NEW_PID_NS : 0));
	if (enterers.cfd < 0)
		_exit(EXIT_FAILURE);
	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, enterer_thread, &enterers);
	while (__atomic_load_n(&enterers.entered, __ATOMIC_SEQ_CST) < round % 8)
		sched_yield();
	snprintf(arg, sizeof(arg), "%d", enterers.cfd);
	execl(own_path(), HELPER_NAME, arg, NULL);
	_exit(EXIT_FAILURE);
}

/*
 * helper CFD: the other threads are gone, and everybody they have sent into the
 * container is in there and our child.
 */
static int helper_main(char **argv)
{
	char path[64], children[4096], *p;
	int cfd = atoi(argv[1]), n = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (!read_file(path, children, sizeof(children)))
		return 2;
	for (p = children; *p; p++)
		n += *p == ' ';
	if (poll_now(cfd))
		return 3;
	if (fdinfo_number(cfd, "Processes:") != n)
		return 4;
	close(cfd);
	return reap_all() == n ? EXIT_SUCCESS : 5;
}

TEST_F_TIMEOUT(stress, exec_while_entering, PROCESS_TEST_TIMEOUT)
{
	int round;
	pid_t pid;

	for (round = 0; round < scaled(100); round++) {
		pid = fork();
		ASSERT_GE(pid, 0);
		if (pid == 0)
			exec_while_entering(round);
		ASSERT_EQ(EXIT_SUCCESS, wait_for_exit(pid));
	}
}

/* --- namespaces that members move to ---------------------------------------------------- */

#define ORDINARY_NAMESPACES						\
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |	\
	 CLONE_NEWCGROUP)

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

/* Goes to every namespace that there can be, and has children there. */
static void unsharer(int fd)
{
	if (unshare(ORDINARY_NAMESPACES) || unshare(CLONE_NEWTIME) ||
	    unshare(CLONE_NEWPID))
		_exit(EXIT_FAILURE);
	/* pid 1, */
	if (fork() == 0) {
		/* and a stranger with nothing but a user namespace. */
		if (fork() == 0) {
			if (setresuid(1000, 1000, 1000) ||
			    unshare(CLONE_NEWUSER))
				_exit(EXIT_FAILURE);
			tell(fd);
			pause_forever();
		}
		tell(fd);
		pause_forever();
	}
	tell(fd);
	pause_forever();
}

/* Goes to the namespaces that the test is in. */
static void joiner(int fd, const int *ns, int n)
{
	while (n--)
		if (setns(ns[n], 0))
			_exit(EXIT_FAILURE);
	if (fork() == 0) {
		tell(fd);
		pause_forever();
	}
	tell(fd);
	pause_forever();
}

/* What /proc says is the container of @pid. */
static __u64 container_of_pid(pid_t pid)
{
	char path[64], buf[128];

	snprintf(path, sizeof(path), "/proc/%d/container", pid);
	return read_file(path, buf, sizeof(buf)) ? strtoull(buf, NULL, 10) : 0;
}

static void expect_members(struct __test_metadata *_metadata, int cfd, int sock,
			   int n)
{
	pid_t pid;

	while (n--) {
		pid = hear_pid(sock);
		ASSERT_GT(pid, 0);
		EXPECT_EQ(container_id(cfd), container_of_pid(pid));
	}
}

TEST_F_TIMEOUT(stress, unshare_changes_no_membership, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;
	int cfd, sv[2];

	ASSERT_TRUE(pid_socketpair(sv));
	cfd = container_create("unshare", CONTAINER_KILL_ON_CLOSE |
			       CONTAINER_FD_CLOEXEC);
	ASSERT_GE(cfd, 0);
	/* As init, and as somebody else. */
	init = fork_into_container(cfd);
	ASSERT_GE(init, 0);
	if (init == 0)
		unsharer(sv[1]);
	pid = fork_into_container(cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0)
		unsharer(sv[1]);
	expect_members(_metadata, cfd, sv[0], 6);
	EXPECT_EQ(6, fdinfo_number(cfd, "Processes:"));

	/* Who enters now is given the container's namespaces, not init's. */
	pid = container_spawn_idle(cfd);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(container_id(cfd), container_of_pid(pid));

	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	/* Two have been reaped by those who were pid 1. */
	EXPECT_EQ(5, reap_all());
	close(cfd);
	close(sv[0]);
	close(sv[1]);
}

TEST_F_TIMEOUT(stress, setns_changes_no_membership, PROCESS_TEST_TIMEOUT)
{
	static const char * const names[] = {
		"/proc/self/ns/uts", "/proc/self/ns/ipc", "/proc/self/ns/net",
		"/proc/self/ns/cgroup", "/proc/self/ns/pid", "/proc/self/ns/mnt",
	};
	int i, cfd, sv[2], ns[ARRAY_SIZE(names)];
	pid_t init, pid;

	for (i = 0; i < (int)ARRAY_SIZE(names); i++) {
		ns[i] = open(names[i], O_RDONLY | O_CLOEXEC);
		ASSERT_GE(ns[i], 0);
	}
	ASSERT_TRUE(pid_socketpair(sv));
	cfd = container_create("setns", CONTAINER_NEW_FS_NS |
			       CONTAINER_NEW_CGROUP_NS | CONTAINER_NEW_UTS_NS |
			       CONTAINER_NEW_IPC_NS | CONTAINER_NEW_NET_NS |
			       CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	ASSERT_GE(cfd, 0);
	init = fork_into_container(cfd);
	ASSERT_GE(init, 0);
	if (init == 0)
		joiner(sv[1], ns, ARRAY_SIZE(names));
	pid = fork_into_container(cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0)
		joiner(sv[1], ns, ARRAY_SIZE(names));
	expect_members(_metadata, cfd, sv[0], 4);
	EXPECT_EQ(4, fdinfo_number(cfd, "Processes:"));
	EXPECT_EQ(0, close(cfd));
	EXPECT_EQ(4, reap_all());
	for (i = 0; i < (int)ARRAY_SIZE(names); i++)
		close(ns[i]);
	close(sv[0]);
	close(sv[1]);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	return test_harness_run(argc, argv);
}
