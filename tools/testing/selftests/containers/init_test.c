// SPDX-License-Identifier: GPL-2.0
/*
 * The container's init: which process that is, what keeps it and so the
 * container alive, what ends both, and who gets the container's orphans.
 *
 * Every test runs as pid 1 of a sandbox, where it is the PID namespace's reaper
 * and sees whatever nobody else adopted.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/ptrace.h>

#include "process_util.h"
#include "../kselftest_harness.h"

#define EXIT_CODE	7	/* what a process of ours says when it is told to go */
#define HELPER_NAME	"helper"

/* --- the program as its own helper, exec'ed in a container ---------------- */

static void *pausing_thread(void *arg)
{
	pause_forever();
}

static void *exec_again_thread(void *arg)
{
	char **argv = arg;

	execv(own_path(), argv);
	_exit(EXIT_FAILURE);
}

/* Execs itself from a thread that is not the leader, @rounds times. */
static void exec_by_thread(int rounds, int fd)
{
	char rounds_arg[16], fd_arg[16];
	char *argv[4];
	pthread_t thread;
	int i;

	snprintf(rounds_arg, sizeof(rounds_arg), "%d", rounds - 1);
	snprintf(fd_arg, sizeof(fd_arg), "%d", fd);
	argv[0] = HELPER_NAME;
	argv[1] = rounds_arg;
	argv[2] = fd_arg;
	argv[3] = NULL;
	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, pausing_thread, NULL);
	pthread_create(&thread, NULL, exec_again_thread, argv);
	pause_forever();
}

/* helper ROUNDS FD: execs itself ROUNDS times more, then tells FD and pauses. */
static int helper_main(char **argv)
{
	int rounds = atoi(argv[1]), fd = atoi(argv[2]);

	if (rounds > 0)
		exec_by_thread(rounds, fd);
	tell(fd);
	pause_forever();
}

/* --- init ------------------------------------------------------------------ */

FIXTURE(init)
{
	int cfd;
	int ours;	/* a socket pair, between the test ... */
	int theirs;	/* ... and those in the container */
};

FIXTURE_VARIANT(init)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(init, shared_pid_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(init, own_pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_SETUP(init)
{
	int sv[2];

	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(pid_socketpair(sv));
	self->ours = sv[0];
	self->theirs = sv[1];
	self->cfd = container_create("init", variant->flags |
				     CONTAINER_KILL_ON_CLOSE |
				     CONTAINER_FD_CLOEXEC);
	ASSERT_GE(self->cfd, 0);
}

FIXTURE_TEARDOWN(init)
{
	close(self->cfd);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
}

typedef void (*member_fn)(int fd);

/* Puts a process into the container that runs @fn, to talk to us through @fd. */
static pid_t enter(int cfd, int fd, member_fn fn)
{
	pid_t pid = fork_into_container(cfd);

	if (pid)
		return pid;
	fn(fd);
	_exit(EXIT_CODE);
}

/* The container lives: nothing to poll, and whoever wants in gets in. */
#define EXPECT_LIVES(cfd) do {						\
	int cfd_ = (cfd);						\
	pid_t entrant_;							\
									\
	EXPECT_EQ(0, poll_now(cfd_));					\
	entrant_ = container_spawn_idle(cfd_);				\
	EXPECT_GT(entrant_, 0);						\
	if (entrant_ > 0) {						\
		EXPECT_EQ(0, kill(entrant_, SIGKILL));			\
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(entrant_));	\
	}								\
	EXPECT_EQ(0, poll_now(cfd_));					\
} while (0)

/* It dies, or has died, with all that are in it, and lets nobody in. */
#define EXPECT_DIES(cfd) do {						\
	int cfd_ = (cfd);						\
									\
	EXPECT_TRUE(poll_until(cfd_, POLLIN | POLLHUP));		\
	EXPECT_EQ(-1, container_spawn_idle(cfd_));			\
	EXPECT_EQ(ECANCELED, errno);					\
} while (0)

static void tell_and_pause(int fd)
{
	tell_int(fd, getpid());
	pause_forever();
}

static void tell_and_wait(int fd)
{
	tell_int(fd, getpid());
	hear(fd);
}

TEST_F_TIMEOUT(init, first_process_is_init, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	EXPECT_EQ(0, fdinfo_number(self->cfd, "Init:"));
	pid = enter(self->cfd, self->theirs, tell_and_pause);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(variant->flags ? 1 : pid, hear_int(self->ours));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
	EXPECT_EQ(0, fdinfo_number(self->cfd, "Init:"));
}

TEST_F_TIMEOUT(init, later_process_is_not, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;
	int i;

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	for (i = 0; i < 5; i++) {
		pid = enter(self->cfd, self->theirs, tell_and_wait);
		ASSERT_GT(pid, 0);
		EXPECT_EQ(variant->flags ? i + 2 : pid, hear_int(self->ours));
		EXPECT_EQ(init, fdinfo_number(self->cfd, "Init:"));
		EXPECT_EQ(2, fdinfo_number(self->cfd, "Processes:"));
		EXPECT_TRUE(tell(self->ours));
		EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
		EXPECT_EQ(0, poll_now(self->cfd));
	}
	EXPECT_LIVES(self->cfd);
	kill_and_reap(init);
	EXPECT_DIES(self->cfd);
}

TEST_F_TIMEOUT(init, many_later_processes, PROCESS_TEST_TIMEOUT)
{
	int i, n = scaled(40);
	pid_t init, pid[n];

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	for (i = 0; i < n; i++) {
		pid[i] = enter(self->cfd, self->theirs, tell_and_pause);
		ASSERT_GT(pid[i], 0);
		EXPECT_EQ(variant->flags ? i + 2 : pid[i], hear_int(self->ours));
	}
	EXPECT_EQ(n + 1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(0, poll_now(self->cfd));
	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_DIES(self->cfd);
	for (i = 0; i < n; i++)
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid[i]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

static void with_child(int fd)
{
	if (fork() == 0) {
		tell(fd);
		pause_forever();
	}
	hear(fd);
}

TEST_F_TIMEOUT(init, its_exit_kills_the_others, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid, child;
	int pidfd;

	init = enter(self->cfd, self->theirs, with_child);
	ASSERT_GT(init, 0);
	child = hear_pid(self->ours);
	ASSERT_GT(child, 0);
	pidfd = open_pidfd(child);
	ASSERT_GE(pidfd, 0);
	pid = container_spawn_idle(self->cfd);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(0, poll_now(self->cfd));

	EXPECT_TRUE(tell(self->ours));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(pidfd_wait(pidfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(init));
	EXPECT_DIES(self->cfd);
}

/* --- threads ---------------------------------------------------------------- */

struct chain {
	int left;
	int fd;
};

/* Starts its successor and is gone, until there were enough. */
static void *chain_thread(void *arg)
{
	struct chain *chain = arg;
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (chain->left-- == 0)
		tell(chain->fd);
	else if (pthread_create(&thread, &attr, chain_thread, chain))
		_exit(EXIT_FAILURE);
	return NULL;
}

#define NR_CHAINS	8

static void *exiting_thread(void *arg)
{
	hear((long)arg);
	_exit(EXIT_CODE);	/* of the process: exit_group() */
}

static void thread_chains(int fd)
{
	struct chain chain[NR_CHAINS];
	pthread_t thread;
	int i;

	pthread_create(&thread, NULL, exiting_thread, (void *)(long)fd);
	for (i = 0; i < NR_CHAINS; i++) {
		chain[i].left = scaled(100);
		chain[i].fd = fd;
		chain_thread(&chain[i]);
	}
	pause_forever();
}

TEST_F_TIMEOUT(init, threads_come_and_go, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = enter(self->cfd, self->theirs, thread_chains);
	ASSERT_GT(pid, 0);
	ASSERT_TRUE(hear_times(self->ours, NR_CHAINS));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_DIES(self->cfd);
}

static void many_threads(int fd)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 50; i++)
		pthread_create(&thread, NULL, pausing_thread, NULL);
	tell(fd);
	pause_forever();
}

TEST_F_TIMEOUT(init, threads_are_one_process, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = enter(self->cfd, self->theirs, many_threads);
	ASSERT_GT(pid, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_DIES(self->cfd);
}

static void exec_once(int fd)
{
	exec_by_thread(1, dup(fd));
}

TEST_F_TIMEOUT(init, exec_by_another_thread, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = enter(self->cfd, self->theirs, exec_once);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(pid, hear_pid(self->ours));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
}

static void exec_often(int fd)
{
	exec_by_thread(scaled(30), dup(fd));
}

TEST_F_TIMEOUT(init, exec_by_other_threads_many_times, PROCESS_TEST_TIMEOUT)
{
	struct pollfd pfd = { .fd = self->ours, .events = POLLIN };
	pid_t pid, entrant;

	pid = enter(self->cfd, self->theirs, exec_often);
	ASSERT_GT(pid, 0);
	/* While it is at it, others come and go. */
	while (!poll(&pfd, 1, 0)) {
		ASSERT_EQ(0, poll_now(self->cfd));
		entrant = container_spawn_idle(self->cfd);
		ASSERT_GT(entrant, 0);
		kill_and_reap(entrant);
	}
	EXPECT_EQ(pid, hear_pid(self->ours));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_LIVES(self->cfd);
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
}

/* Ends this thread, whatever the C library thinks of that. */
static void thread_exit(void)
{
	syscall(SYS_exit, EXIT_CODE);
}

static void *told_to_leave(void *arg)
{
	int fd = (long)arg;

	tell(fd);
	hear(fd);
	thread_exit();
	return NULL;
}

static void leader_exits(int fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, told_to_leave, (void *)(long)fd);
	pthread_create(&thread, NULL, told_to_leave, (void *)(long)fd);
	thread_exit();
}

TEST_F_TIMEOUT(init, lives_until_its_last_thread_exits, PROCESS_TEST_TIMEOUT)
{
	char path[64];
	pid_t pid;

	pid = enter(self->cfd, self->theirs, leader_exits);
	ASSERT_GT(pid, 0);
	ASSERT_TRUE(hear_times(self->ours, 2));
	ASSERT_TRUE(wait_for_state(pid, 'Z'));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);

	/* The leader's zombie and one thread are left. */
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_TRUE(wait_until(count_numbered(path) == 2));
	EXPECT_LIVES(self->cfd);

	EXPECT_TRUE(tell(self->ours));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_DIES(self->cfd);
}

static void *execing_thread(void *arg)
{
	char fd_arg[16];

	tell((long)arg);
	hear((long)arg);
	snprintf(fd_arg, sizeof(fd_arg), "%d", dup((long)arg));
	execl(own_path(), HELPER_NAME, "0", fd_arg, NULL);
	_exit(EXIT_FAILURE);
}

static void leader_exits_thread_execs(int fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, execing_thread, (void *)(long)fd);
	thread_exit();
}

TEST_F_TIMEOUT(init, exec_after_the_leader_exited, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = enter(self->cfd, self->theirs, leader_exits_thread_execs);
	ASSERT_GT(pid, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	ASSERT_TRUE(wait_for_state(pid, 'Z'));
	EXPECT_LIVES(self->cfd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(pid, hear_pid(self->ours));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_LIVES(self->cfd);
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
}

/* --- traced, stopped, in vfork() -------------------------------------------- */

TEST_F_TIMEOUT(init, tracing_it_changes_nothing, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;
	int status;

	pid = container_spawn_idle(self->cfd);
	ASSERT_GT(pid, 0);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_LIVES(self->cfd);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_LIVES(self->cfd);

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0));
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
}

TEST_F_TIMEOUT(init, exits_when_its_tracer_lets_it, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;
	int status;

	pid = enter(self->cfd, self->theirs, tell_and_wait);
	ASSERT_GT(pid, 0);
	ASSERT_NE(INT_MIN, hear_int(self->ours));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	EXPECT_TRUE(tell(self->ours));
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, status >> 8);
	EXPECT_LIVES(self->cfd);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_DIES(self->cfd);
}

/* Its zombie belongs to a tracer who does not care, until that one is gone. */
TEST_F_TIMEOUT(init, is_dead_before_its_tracer_looks, PROCESS_TEST_TIMEOUT)
{
	pid_t pid, tracer;

	pid = container_spawn_idle(self->cfd);
	ASSERT_GT(pid, 0);
	tracer = fork();
	ASSERT_GE(tracer, 0);
	if (tracer == 0) {
		/* Only the test's copy of the descriptor is to count. */
		close(self->cfd);
		tell_int(self->theirs, ptrace(PTRACE_SEIZE, pid, 0, 0));
		pause_forever();
	}
	ASSERT_EQ(0, hear_int(self->ours));
	EXPECT_LIVES(self->cfd);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_DIES(self->cfd);
	kill_and_reap(tracer);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
}

TEST_F_TIMEOUT(init, can_be_killed_while_stopped, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;
	int status;

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	pid = container_spawn_idle(self->cfd);
	ASSERT_GT(pid, 0);
	ASSERT_EQ(0, kill(init, SIGSTOP));
	ASSERT_EQ(init, waitpid(init, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_LIVES(self->cfd);

	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_DIES(self->cfd);
}

static void vfork_and_pause(int fd)
{
	if (vfork() == 0) {
		tell(fd);
		pause_forever();
	}
}

TEST_F_TIMEOUT(init, can_be_killed_in_vfork, PROCESS_TEST_TIMEOUT)
{
	pid_t pid, child;
	int pidfd;

	pid = enter(self->cfd, self->theirs, vfork_and_pause);
	ASSERT_GT(pid, 0);
	child = hear_pid(self->ours);
	ASSERT_GT(child, 0);
	pidfd = open_pidfd(child);
	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(2, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
	EXPECT_LIVES(self->cfd);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_DIES(self->cfd);
	EXPECT_TRUE(pidfd_wait(pidfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
}

static void vfork_twice(int fd)
{
	char fd_arg[16];
	pid_t pid;

	pid = vfork();
	if (pid == 0)
		_exit(EXIT_CODE);
	wait_for_exit(pid);
	snprintf(fd_arg, sizeof(fd_arg), "%d", dup(fd));
	if (vfork() == 0) {
		execl(own_path(), HELPER_NAME, "0", fd_arg, NULL);
		_exit(EXIT_FAILURE);
	}
	hear(fd);
}

TEST_F_TIMEOUT(init, outlives_its_vfork_children, PROCESS_TEST_TIMEOUT)
{
	pid_t pid, child;

	pid = enter(self->cfd, self->theirs, vfork_twice);
	ASSERT_GT(pid, 0);
	child = hear_pid(self->ours);
	ASSERT_GT(child, 0);
	EXPECT_NE(pid, child);
	EXPECT_EQ(2, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_LIVES(self->cfd);
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_TRUE(wait_for_state(child, 'Z'));
	EXPECT_LIVES(self->cfd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_DIES(self->cfd);
}

/* --- who is first ------------------------------------------------------------ */

struct racer {
	pthread_barrier_t *start;
	pthread_barrier_t *end;
	int *cfd;	/* this round's container, -1: no more */
	int fd;		/* the child writes its pid there, as it sees that */
	pid_t pid;
};

static void *racer_thread(void *arg)
{
	struct racer *racer = arg;

	for (;;) {
		pthread_barrier_wait(racer->start);
		if (*racer->cfd < 0)
			return NULL;
		racer->pid = fork_into_container(*racer->cfd);
		if (racer->pid == 0)
			tell_and_pause(racer->fd);
		pthread_barrier_wait(racer->end);
	}
}

TEST_F_TIMEOUT(init, one_of_two_first_forks, PROCESS_TEST_TIMEOUT)
{
	pthread_barrier_t start, end;
	struct racer racer[2] = {};
	pthread_t thread[2];
	int i, round, cfd, pipefd[2][2], inside[2], init;

	ASSERT_EQ(0, pthread_barrier_init(&start, NULL, 3));
	ASSERT_EQ(0, pthread_barrier_init(&end, NULL, 3));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pipe(pipefd[i]));
		racer[i].start = &start;
		racer[i].end = &end;
		racer[i].cfd = &cfd;
		racer[i].fd = pipefd[i][1];
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, racer_thread,
					    &racer[i]));
	}

	for (round = 0; round < scaled(200); round++) {
		cfd = container_create("race", variant->flags |
				       CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd, 0);
		pthread_barrier_wait(&start);
		pthread_barrier_wait(&end);
		for (i = 0; i < 2; i++) {
			ASSERT_GT(racer[i].pid, 0);
			inside[i] = hear_int(pipefd[i][0]);
		}

		init = fdinfo_number(cfd, "Init:") == racer[0].pid ? 0 : 1;
		ASSERT_EQ(racer[init].pid, fdinfo_number(cfd, "Init:"));
		ASSERT_EQ(2, fdinfo_number(cfd, "Processes:"));
		if (variant->flags) {
			ASSERT_EQ(1, inside[init]);
			ASSERT_EQ(2, inside[!init]);
		}
		kill_and_reap(racer[!init].pid);
		ASSERT_EQ(0, poll_now(cfd));
		kill_and_reap(racer[init].pid);
		ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		close(cfd);
	}

	cfd = -1;
	pthread_barrier_wait(&start);
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		close(pipefd[i][0]);
		close(pipefd[i][1]);
	}
}

/* The loser of the race survives no longer than the winner either. */
TEST_F_TIMEOUT(init, the_first_of_two_takes_the_other_along,
	       PROCESS_TEST_TIMEOUT)
{
	pthread_barrier_t start, end;
	struct racer racer[2] = {};
	pthread_t thread[2];
	int i, round, cfd, null, init;

	null = open("/dev/null", O_WRONLY);
	ASSERT_GE(null, 0);
	ASSERT_EQ(0, pthread_barrier_init(&start, NULL, 3));
	ASSERT_EQ(0, pthread_barrier_init(&end, NULL, 3));
	for (i = 0; i < 2; i++) {
		racer[i].start = &start;
		racer[i].end = &end;
		racer[i].cfd = &cfd;
		racer[i].fd = null;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, racer_thread,
					    &racer[i]));
	}

	for (round = 0; round < scaled(100); round++) {
		cfd = container_create("race", variant->flags);
		ASSERT_GE(cfd, 0);
		pthread_barrier_wait(&start);
		pthread_barrier_wait(&end);
		ASSERT_GT(racer[0].pid, 0);
		ASSERT_GT(racer[1].pid, 0);
		init = fdinfo_number(cfd, "Init:") == racer[0].pid ? 0 : 1;
		ASSERT_EQ(racer[init].pid, fdinfo_number(cfd, "Init:"));
		ASSERT_EQ(0, kill(racer[init].pid, SIGKILL));
		ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		ASSERT_EQ(128 + SIGKILL, wait_for_exit(racer[!init].pid));
		ASSERT_EQ(128 + SIGKILL, wait_for_exit(racer[init].pid));
		close(cfd);
	}

	cfd = -1;
	pthread_barrier_wait(&start);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	close(null);
}

/* --- orphans ----------------------------------------------------------------- */

/* Reports its father, once that is another one than @father. */
static void report_new_father(int fd, pid_t father)
{
	tell_int(fd, wait_until(getppid() != father) ? getppid() : -1);
}

/* Forks a child and leaves it; that one reports who has adopted it. */
static void orphan_a_child(int fd)
{
	pid_t self = getpid();

	if (fork() == 0) {
		report_new_father(fd, self);
		pause_forever();
	}
	_exit(EXIT_CODE);
}

/* init's pid as the members see it. */
#define INIT_INSIDE(pid)	(variant->flags & CONTAINER_NEW_PID_NS ? 1 : (pid))

/* As wait_for_exit(), for the next child that exits. */
static int wait_for_any(void)
{
	int status;

	if (waitpid(-1, &status, __WALL) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void adopt_a_daemon(int fd)
{
	pid_t pid, self;

	pid = fork();
	if (pid == 0) {
		setsid();
		self = getpid();
		if (fork() == 0) {
			report_new_father(fd, self);
			hear(fd);
			_exit(EXIT_CODE + 1);
		}
		_exit(EXIT_CODE);
	}
	wait_for_exit(pid);
	tell_int(fd, wait_for_any());
	pause_forever();
}

TEST_F_TIMEOUT(init, adopts_a_daemon_and_reaps_it, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = enter(self->cfd, self->theirs, adopt_a_daemon);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(INIT_INSIDE(pid), hear_int(self->ours));
	EXPECT_EQ(2, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE + 1, hear_int(self->ours));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	kill_and_reap(pid);
	EXPECT_DIES(self->cfd);
}

TEST_F_TIMEOUT(init, adopts_the_orphans_of_an_entrant, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	pid = enter(self->cfd, self->theirs, orphan_a_child);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_EQ(INIT_INSIDE(init), hear_int(self->ours));
	kill_and_reap(init);
	EXPECT_DIES(self->cfd);
}

/* A process outside that puts one into the container and is gone. */
static void forker_leaves(int cfd, int fd)
{
	pid_t father, pid;

	father = getpid();
	pid = fork_into_container(cfd);
	if (pid == 0) {
		/* In a PID namespace below the father's, that one is 0. */
		if (!getppid())
			father = 0;
		report_new_father(fd, father);
		pause_forever();
	}
	_exit(pid < 0 ? EXIT_FAILURE : EXIT_CODE);
}

TEST_F_TIMEOUT(init, adopts_an_entrant_whose_forker_died, PROCESS_TEST_TIMEOUT)
{
	pid_t init, forker;

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	forker = fork();
	ASSERT_GE(forker, 0);
	if (forker == 0)
		forker_leaves(self->cfd, self->theirs);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(forker));
	EXPECT_EQ(INIT_INSIDE(init), hear_int(self->ours));
	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_DIES(self->cfd);
}

/*
 * What a subreaper outside does; it exits with the number of the step that
 * failed. @ours and @theirs: the two ends, @flags: of the container.
 */
static void outer_subreaper(int cfd, int ours, int theirs, unsigned int flags)
{
	pid_t init, forker, pid, expected;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		_exit(1);
	init = container_spawn_idle(cfd);
	if (init < 0)
		_exit(2);
	expected = flags & CONTAINER_NEW_PID_NS ? 1 : init;

	/* An orphan of an entrant, who is a child of ours, */
	pid = enter(cfd, theirs, orphan_a_child);
	if (pid < 0 || wait_for_exit(pid) != EXIT_CODE)
		_exit(3);
	if (hear_int(ours) != expected)
		_exit(4);

	/* and an entrant that is an orphan itself. */
	forker = fork();
	if (forker == 0)
		forker_leaves(cfd, theirs);
	if (wait_for_exit(forker) != EXIT_CODE)
		_exit(5);
	if (hear_int(ours) != expected)
		_exit(6);

	/* Our only child is init. */
	if (waitpid(-1, NULL, WNOHANG | __WALL))
		_exit(7);
	kill_and_reap(init);
	if (!poll_until(cfd, POLLIN | POLLHUP))
		_exit(8);
	if (waitpid(-1, NULL, __WALL) >= 0)
		_exit(9);
	_exit(0);
}

TEST_F_TIMEOUT(init, comes_before_a_subreaper_outside, PROCESS_TEST_TIMEOUT)
{
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (pid == 0)
		outer_subreaper(self->cfd, self->ours, self->theirs,
				variant->flags);
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* init itself has no init to go to: the world outside adopts it. */
static void adopt_init(int cfd, int fd)
{
	pid_t forker, init;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		_exit(1);
	forker = fork();
	if (forker == 0)
		forker_leaves(cfd, fd);
	if (wait_for_exit(forker) != EXIT_CODE)
		_exit(2);
	init = fdinfo_number(cfd, "Init:");
	if (init <= 0 || proc_parent(init) != getpid())
		_exit(3);
	if (poll_now(cfd))
		_exit(4);
	if (kill(init, SIGKILL) || wait_for_exit(init) != 128 + SIGKILL)
		_exit(5);
	if (!poll_until(cfd, POLLIN | POLLHUP))
		_exit(6);
	_exit(0);
}

TEST_F_TIMEOUT(init, is_adopted_by_a_subreaper_outside, PROCESS_TEST_TIMEOUT)
{
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (pid == 0)
		adopt_init(self->cfd, self->theirs);
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(init, is_adopted_by_the_reaper_outside, PROCESS_TEST_TIMEOUT)
{
	pid_t init, forker;

	forker = fork();
	ASSERT_GE(forker, 0);
	if (forker == 0)
		forker_leaves(self->cfd, self->theirs);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(forker));
	init = fdinfo_number(self->cfd, "Init:");
	ASSERT_GT(init, 0);
	EXPECT_EQ(1, proc_parent(init));
	EXPECT_LIVES(self->cfd);
	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_DIES(self->cfd);
}

static void subreaper_inside(int fd)
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tell_int(fd, getpid());
	pid = fork();
	if (pid == 0)
		orphan_a_child(fd);
	wait_for_exit(pid);
	pause_forever();
}

static void fork_subreaper(int fd)
{
	if (fork() == 0)
		subreaper_inside(fd);
	pause_forever();
}

TEST_F_TIMEOUT(init, leaves_orphans_to_a_subreaper_inside, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid, subreaper;

	init = enter(self->cfd, self->theirs, fork_subreaper);
	ASSERT_GT(init, 0);
	subreaper = hear_int(self->ours);
	ASSERT_GT(subreaper, 0);
	EXPECT_EQ(subreaper, hear_int(self->ours));

	/* The same for one that came from outside. */
	pid = enter(self->cfd, self->theirs, subreaper_inside);
	ASSERT_GT(pid, 0);
	subreaper = hear_int(self->ours);
	ASSERT_GT(subreaper, 0);
	EXPECT_EQ(subreaper, hear_int(self->ours));

	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_DIES(self->cfd);
}

/* Members of @self make a container whose orphans they must not get. */
static void nest(int fd, unsigned int flags)
{
	pid_t init, pid;
	int cfd;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cfd = container_create("inner", flags);
	init = container_spawn_idle(cfd);
	tell_int(fd, flags & CONTAINER_NEW_PID_NS ? 1 : init);
	pid = fork_into_container(cfd);
	if (pid == 0)
		orphan_a_child(fd);
	wait_for_exit(pid);
	/* The only child left is the inner init. */
	tell_int(fd, waitpid(-1, NULL, WNOHANG | __WALL));
	pause_forever();
}

static void nest_shared(int fd)
{
	nest(fd, 0);
}

static void nest_pid_ns(int fd)
{
	nest(fd, CONTAINER_NEW_PID_NS);
}

TEST_F_TIMEOUT(init, of_a_nested_container_has_its_own_orphans,
	       PROCESS_TEST_TIMEOUT)
{
	static const member_fn fn[] = { nest_shared, nest_pid_ns };
	int i, inner, value[2];
	pid_t pid[2];

	/* As init, and as a member beside it. */
	for (i = 0; i < 2; i++) {
		pid[i] = enter(self->cfd, self->theirs, fn[i]);
		ASSERT_GT(pid[i], 0);
		inner = hear_int(self->ours);
		ASSERT_GT(inner, 0);
		/* The orphan's report and the member's come in any order. */
		value[0] = hear_int(self->ours);
		value[1] = hear_int(self->ours);
		EXPECT_EQ(inner, value[0] + value[1]);
		EXPECT_TRUE(!value[0] || !value[1]);
	}
	EXPECT_EQ(0, kill(pid[0], SIGKILL));
	EXPECT_DIES(self->cfd);
}

/* pid 1 of a PID namespace below the container's own. */
static void deeper_reaper(int fd)
{
	if (unshare(CLONE_NEWPID))
		_exit(EXIT_FAILURE);
	if (fork() == 0) {
		pid_t pid = fork();

		if (pid == 0)
			orphan_a_child(fd);
		wait_for_exit(pid);
		pause_forever();
	}
	pause_forever();
}

TEST_F_TIMEOUT(init, leaves_deeper_pid_namespaces_to_their_reaper,
	       PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;

	init = container_spawn_idle(self->cfd);
	ASSERT_GT(init, 0);
	pid = enter(self->cfd, self->theirs, deeper_reaper);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(1, hear_int(self->ours));
	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_DIES(self->cfd);
}

static void leave_a_zombie(int fd)
{
	if (fork() == 0)
		_exit(EXIT_CODE);
	_exit(EXIT_CODE);
}

static void wait_when_told(int fd)
{
	tell(fd);
	hear(fd);
	tell_int(fd, wait_for_any());
	pause_forever();
}

/* As an init that does not wait: zombies stay, and stay its own. */
TEST_F_TIMEOUT(init, keeps_zombies_until_it_waits, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;

	init = enter(self->cfd, self->theirs, wait_when_told);
	ASSERT_GT(init, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	pid = enter(self->cfd, self->theirs, leave_a_zombie);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));

	/* We, init and the zombie. */
	EXPECT_EQ(3, count_processes());
	EXPECT_TRUE(wait_until(fdinfo_number(self->cfd, "Processes:") == 1));
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE, hear_int(self->ours));
	EXPECT_EQ(2, count_processes());
	kill_and_reap(init);
	EXPECT_DIES(self->cfd);
}

/* A family, in which every father dies at about the time that init does. */
static void family(int fd)
{
	if (fork() == 0) {
		if (fork() == 0) {
			fork();
			tell(fd);
			pause_forever();
		}
		pause_forever();
	}
	pause_forever();
}

TEST_F_TIMEOUT(init, is_no_reaper_when_it_dies, PROCESS_TEST_TIMEOUT)
{
	int i, round, cfd, reaped;
	pid_t init;

	for (round = 0; round < scaled(30); round++) {
		cfd = container_create("dying", variant->flags);
		ASSERT_GE(cfd, 0);
		init = container_spawn_idle(cfd);
		ASSERT_GT(init, 0);
		for (i = 0; i < 3; i++) {
			pid_t pid = fork_into_container(cfd);

			ASSERT_GE(pid, 0);
			if (pid == 0)
				family(self->theirs);
		}
		ASSERT_TRUE(hear_times(self->ours, 6));
		ASSERT_EQ(13, fdinfo_number(cfd, "Processes:"));
		ASSERT_EQ(0, kill(init, SIGKILL));
		ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));

		/*
		 * Nobody hangs on a father that is no more: with a PID
		 * namespace its init has reaped the others, without one it is
		 * we who get all of them.
		 */
		reaped = reap_all();
		ASSERT_EQ(variant->flags & CONTAINER_NEW_PID_NS ? 4 : 13, reaped);
		ASSERT_TRUE(is_alone());
		close(cfd);
	}
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	return test_harness_run(argc, argv);
}
