// SPDX-License-Identifier: GPL-2.0
/*
 * CONTAINER_KILL_ON_CLOSE: whoever drops the last copy of the descriptor, and
 * however, kills what is in the container. Nothing else does, and nobody in the
 * container can hold it off.
 *
 * Every test runs as pid 1 of a sandbox.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/epoll.h>

#include "process_util.h"
#include "../kselftest_harness.h"

#define EXIT_CODE	7
#define HELPER_NAME	"helper"

/* helper FD: tells FD and pauses. */
static int helper_main(char **argv)
{
	tell(atoi(argv[1]));
	pause_forever();
}

static void exec_helper(int fd)
{
	char fd_arg[16];

	/* A copy that survives exec. */
	snprintf(fd_arg, sizeof(fd_arg), "%d", dup(fd));
	execl(own_path(), HELPER_NAME, fd_arg, NULL);
	_exit(EXIT_FAILURE);
}

FIXTURE(kill_on_close)
{
	int cfd;
	int containers;	/* how many there were before */
	pid_t init;
	int init_fd;	/* a pidfd of it */
	int ours;	/* a socket pair, between the test ... */
	int theirs;	/* ... and the processes that it makes */
};

FIXTURE_VARIANT(kill_on_close)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(kill_on_close, shared_pid_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(kill_on_close, own_pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_SETUP(kill_on_close)
{
	int sv[2];

	own_path();
	ENTER_SANDBOX();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	self->ours = sv[0];
	self->theirs = sv[1];
	self->containers = container_count();
	self->cfd = container_create("fragile", variant->flags |
				     CONTAINER_KILL_ON_CLOSE |
				     CONTAINER_FD_CLOEXEC);
	ASSERT_GE(self->cfd, 0);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_GT(self->init, 0);
	self->init_fd = open_pidfd(self->init);
	ASSERT_GE(self->init_fd, 0);
}

FIXTURE_TEARDOWN(kill_on_close)
{
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
	EXPECT_EQ(self->containers, container_count());
}

/* Nothing has happened to it; the teardown sees to what happens later. */
#define EXPECT_ALIVE(init_fd) do {					\
	int fd_ = (init_fd);						\
									\
	EXPECT_FALSE(pidfd_exited(fd_));				\
} while (0)

/*
 * For the end: the init of a PID namespace exits when all others have been
 * reaped, by whoever sent them there.
 */
#define EXPECT_DEAD(init_, init_fd) do {				\
	EXPECT_TRUE(pidfd_wait(init_fd));				\
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init_));			\
} while (0)

TEST_F_TIMEOUT(kill_on_close, close, PROCESS_TEST_TIMEOUT)
{
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(self->containers + 1, container_count());
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_DEAD(self->init, self->init_fd);
	EXPECT_EQ(self->containers, container_count());
}

TEST_F_TIMEOUT(kill_on_close, dup2_over_it, PROCESS_TEST_TIMEOUT)
{
	EXPECT_EQ(self->cfd, dup2(self->init_fd, self->cfd));
	EXPECT_DEAD(self->init, self->init_fd);
}

/* A call that another thread is in does not count as an open descriptor. */
struct caller {
	int cfd;
	int up;		/* where it tells its thread id, before the call */
};

static void *wait_in_thread(void *arg)
{
	struct caller *caller = arg;
	int cfd = caller->cfd, status;

	tell_int(caller->up, gettid());
	return (void *)(long)(container_wait(cfd, &status, 0, NULL) ? errno : status);
}

TEST_F_TIMEOUT(kill_on_close, fires_under_a_waiter, PROCESS_TEST_TIMEOUT)
{
	int observer = ioctl(self->cfd, CONTAINER_DUP, CONTAINER_RIGHT_OBSERVE);
	struct caller caller = { self->cfd, self->theirs };
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_thread, &caller));
	ASSERT_TRUE(wait_until_asleep(hear_int(self->ours)));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(self->cfd));
	ASSERT_TRUE(poll_until(observer, POLLIN | POLLHUP));
	close(observer);
	EXPECT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(SIGKILL, (long)result);
	EXPECT_DEAD(self->init, self->init_fd);
}

static void *vfork_in_thread(void *arg)
{
	struct caller *caller = arg;
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.container = caller->cfd,
	};
	pid_t pid;

	pid = clone_into_container(&args);
	if (pid == 0) {
		tell_int(caller->up, 0);
		pause_forever();
	}
	return (void *)(long)pid;
}

TEST_F_TIMEOUT(kill_on_close, fires_under_a_vfork, PROCESS_TEST_TIMEOUT)
{
	int observer = ioctl(self->cfd, CONTAINER_DUP, CONTAINER_RIGHT_OBSERVE);
	struct caller caller = { self->cfd, self->theirs };
	pthread_t thread;
	void *pid;

	ASSERT_EQ(0, pthread_create(&thread, NULL, vfork_in_thread, &caller));
	ASSERT_EQ(0, hear_int(self->ours));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(self->cfd));
	ASSERT_TRUE(poll_until(observer, POLLIN | POLLHUP));
	close(observer);
	EXPECT_EQ(0, pthread_join(thread, &pid));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit((long)pid));
	EXPECT_DEAD(self->init, self->init_fd);
}

/* Every member dies, not only init. */
TEST_F_TIMEOUT(kill_on_close, kills_all_members, PROCESS_TEST_TIMEOUT)
{
	pid_t pid[10];
	int i;

	for (i = 0; i < 10; i++) {
		pid[i] = container_spawn_idle(self->cfd);
		ASSERT_GT(pid[i], 0);
	}
	EXPECT_EQ(0, close(self->cfd));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid[i]));
	EXPECT_DEAD(self->init, self->init_fd);
}

/* A process that has the only copy. */
static pid_t fork_holder(int cfd, int fd, void (*fn)(int fd))
{
	pid_t pid = fork();

	if (pid == 0) {
		fn(fd);
		_exit(EXIT_CODE);
	}
	close(cfd);
	return pid;
}

static void hold_until_told(int fd)
{
	tell(fd);
	hear(fd);
}

TEST_F_TIMEOUT(kill_on_close, holder_exits, PROCESS_TEST_TIMEOUT)
{
	pid_t holder = fork_holder(self->cfd, self->theirs, hold_until_told);

	ASSERT_GT(holder, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(holder));
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, holder_is_killed, PROCESS_TEST_TIMEOUT)
{
	pid_t holder = fork_holder(self->cfd, self->theirs, hold_until_told);

	ASSERT_GT(holder, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_ALIVE(self->init_fd);
	kill_and_reap(holder);
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, holder_execs, PROCESS_TEST_TIMEOUT)
{
	pid_t holder = fork_holder(self->cfd, self->theirs, exec_helper);

	ASSERT_GT(holder, 0);
	EXPECT_DEAD(self->init, self->init_fd);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_EQ(0, kill(holder, 0));
	kill_and_reap(holder);
}

/* The father of init is gone with the descriptor: somebody else reaps it. */
TEST_F_TIMEOUT(kill_on_close, maker_dies, PROCESS_TEST_TIMEOUT)
{
	pid_t maker, init;
	int cfd, pidfd;

	maker = fork();
	ASSERT_GE(maker, 0);
	if (maker == 0) {
		cfd = container_create("made", variant->flags |
				       CONTAINER_KILL_ON_CLOSE);
		tell_int(self->theirs, container_spawn_idle(cfd));
		pause_forever();
	}
	init = hear_int(self->ours);
	ASSERT_GT(init, 0);
	pidfd = open_pidfd(init);
	ASSERT_GE(pidfd, 0);
	EXPECT_ALIVE(pidfd);
	kill_and_reap(maker);
	/* Orphaned, it has come to us. */
	EXPECT_DEAD(init, pidfd);
	EXPECT_ALIVE(self->init_fd);
	close(self->cfd);
}

TEST_F_TIMEOUT(kill_on_close, exec_without_cloexec_keeps_it,
	       PROCESS_TEST_TIMEOUT)
{
	pid_t holder;

	ASSERT_EQ(0, fcntl(self->cfd, F_SETFD, 0));
	holder = fork_holder(self->cfd, self->theirs, exec_helper);
	ASSERT_GT(holder, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_ALIVE(self->init_fd);
	kill_and_reap(holder);
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, a_copy_keeps_it, PROCESS_TEST_TIMEOUT)
{
	int copy[2];
	pid_t pid;

	copy[0] = dup(self->cfd);
	copy[1] = fcntl(self->cfd, F_DUPFD_CLOEXEC, 200);
	ASSERT_GE(copy[0], 0);
	ASSERT_GE(copy[1], 200);
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(copy[0]));
	EXPECT_ALIVE(self->init_fd);
	/* It is as good as the first one. */
	EXPECT_EQ(0, poll_now(copy[1]));
	pid = container_spawn_idle(copy[1]);
	EXPECT_GT(pid, 0);
	EXPECT_EQ(0, close(copy[1]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, a_copy_on_its_way_keeps_it, PROCESS_TEST_TIMEOUT)
{
	int copy;

	ASSERT_TRUE(send_fd(self->ours, self->cfd));
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_ALIVE(self->init_fd);
	copy = recv_fd(self->theirs);
	ASSERT_GE(copy, 0);
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, poll_now(copy));
	EXPECT_EQ(0, close(copy));
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, a_copy_that_nobody_received, PROCESS_TEST_TIMEOUT)
{
	int sv[2];

	/* A pair that init does not have. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ASSERT_TRUE(send_fd(sv[0], self->cfd));
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(sv[1]));
	EXPECT_DEAD(self->init, self->init_fd);
	close(sv[0]);
}

/* What an unprivileged process can do with it: let go of it. */
static void drop_privileges_and_hold(int fd)
{
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(EXIT_FAILURE);
	hold_until_told(fd);
}

TEST_F_TIMEOUT(kill_on_close, last_holder_is_a_nobody, PROCESS_TEST_TIMEOUT)
{
	pid_t holder = fork_holder(self->cfd, self->theirs,
				   drop_privileges_and_hold);

	ASSERT_GT(holder, 0);
	ASSERT_TRUE(hear_in_time(self->ours));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(holder));
	EXPECT_DEAD(self->init, self->init_fd);
}

/* The holder sits in another container, and dies of that one's death. */
TEST_F_TIMEOUT(kill_on_close, holder_dies_with_its_own_container,
	       PROCESS_TEST_TIMEOUT)
{
	int other, other_init_fd;
	pid_t other_init;

	other = container_create("other", CONTAINER_KILL_ON_CLOSE);
	ASSERT_GE(other, 0);
	/* It inherits the descriptor of its sibling. */
	other_init = container_spawn_idle(other);
	ASSERT_GT(other_init, 0);
	other_init_fd = open_pidfd(other_init);
	ASSERT_GE(other_init_fd, 0);

	EXPECT_EQ(0, close(self->cfd));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(other));
	EXPECT_DEAD(other_init, other_init_fd);
	EXPECT_DEAD(self->init, self->init_fd);
}

/* Reports how many of @fds are open. */
static int count_open(const int *fds, int n)
{
	int i, open = 0;

	for (i = 0; i < n; i++)
		open += fcntl(fds[i], F_GETFD) >= 0;
	return open;
}

TEST_F_TIMEOUT(kill_on_close, members_have_no_copy, PROCESS_TEST_TIMEOUT)
{
	int i, fds[4];
	pid_t pid;

	fds[0] = self->cfd;
	fds[1] = dup(self->cfd);
	fds[2] = fcntl(self->cfd, F_DUPFD, 100);
	fds[3] = fcntl(self->cfd, F_DUPFD, 500);
	ASSERT_EQ(4, count_open(fds, 4));
	pid = fork_into_container(self->cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		tell_int(self->theirs, count_open(fds, 4));
		/* Its children have none either. */
		if (fork() == 0)
			tell_int(self->theirs, count_open(fds, 4));
		pause_forever();
	}
	EXPECT_EQ(0, hear_int(self->ours));
	EXPECT_EQ(0, hear_int(self->ours));
	EXPECT_EQ(4, count_open(fds, 4));
	for (i = 0; i < 4; i++) {
		EXPECT_ALIVE(self->init_fd);
		EXPECT_EQ(0, close(fds[i]));
	}
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_DEAD(self->init, self->init_fd);
}

/* Nor do members of nested containers, whoever sent them there. */
TEST_F_TIMEOUT(kill_on_close, nested_members_have_no_copy, PROCESS_TEST_TIMEOUT)
{
	int fds[4], inner;
	pid_t pid, nested;

	pid = fork_into_container(self->cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		inner = container_create("inner", CONTAINER_FD_CLOEXEC);
		container_spawn_idle(inner);
		send_fd(self->theirs, inner);
		pause_forever();
	}
	inner = recv_fd(self->ours);
	ASSERT_GE(inner, 0);
	fds[0] = self->cfd;
	fds[1] = dup(self->cfd);
	fds[2] = inner;
	fds[3] = dup(inner);
	ASSERT_EQ(4, count_open(fds, 4));
	nested = fork_into_container(inner);
	ASSERT_GE(nested, 0);
	if (nested == 0) {
		tell_int(self->theirs, count_open(fds, 4));
		pause_forever();
	}
	EXPECT_EQ(0, hear_int(self->ours));

	EXPECT_EQ(0, close(fds[0]));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, close(fds[1]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(nested));
	EXPECT_DEAD(self->init, self->init_fd);
	EXPECT_TRUE(poll_until(inner, POLLIN | POLLHUP));
	close(fds[2]);
	close(fds[3]);
}

/* Being watched is not being held. */
TEST_F_TIMEOUT(kill_on_close, epoll_does_not_keep_it, PROCESS_TEST_TIMEOUT)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epfd = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_GE(epfd, 0);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, self->cfd, &event));
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_DEAD(self->init, self->init_fd);
	EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
	close(epfd);
}

TEST_F_TIMEOUT(kill_on_close, without_it_nothing_dies, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;
	int cfd, pidfd;

	cfd = container_create("lasting", variant->flags);
	ASSERT_GE(cfd, 0);
	init = container_spawn_idle(cfd);
	ASSERT_GT(init, 0);
	pid = container_spawn_idle(cfd);
	ASSERT_GT(pid, 0);
	pidfd = open_pidfd(init);
	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(0, close(cfd));
	EXPECT_ALIVE(pidfd);
	EXPECT_EQ(self->containers + 2, container_count());

	/* What would have been killed at the close would not see this one. */
	EXPECT_EQ(0, kill(pid, SIGTERM));
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(pid));
	EXPECT_ALIVE(pidfd);
	EXPECT_EQ(self->containers + 2, container_count());

	kill_and_reap(init);
	EXPECT_EQ(self->containers + 1, container_count());
	close(self->cfd);
}

/* Nested containers die as well, although their own close kills nothing. */
TEST_F_TIMEOUT(kill_on_close, nested_die_as_well, PROCESS_TEST_TIMEOUT)
{
	int inner, pidfd[3], i;
	pid_t pid, nested;

	pid = fork_into_container(self->cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		/* Three levels, each held by nobody. */
		for (i = 0; i < 3; i++) {
			inner = container_create("inner", variant->flags);
			if (fork_into_container(inner)) {
				close(inner);
				pause_forever();
			}
			send_fd(self->theirs,
				syscall(SYS_pidfd_open, getpid(), 0));
		}
		pause_forever();
	}
	for (i = 0; i < 3; i++) {
		pidfd[i] = recv_fd(self->ours);
		ASSERT_GE(pidfd[i], 0);
		EXPECT_ALIVE(pidfd[i]);
	}
	EXPECT_EQ(self->containers + 4, container_count());
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_DEAD(self->init, self->init_fd);
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(pidfd_wait(pidfd[i]));
	while ((nested = waitpid(-1, NULL, __WALL)) > 0)
		;
	EXPECT_EQ(self->containers, container_count());
}

/* But not the other way round. */
TEST_F_TIMEOUT(kill_on_close, spares_the_parent, PROCESS_TEST_TIMEOUT)
{
	int inner, inner_init_fd;
	pid_t pid;

	pid = fork_into_container(self->cfd);
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		inner = container_create("inner", CONTAINER_KILL_ON_CLOSE |
					 CONTAINER_FD_CLOEXEC);
		send_fd(self->theirs, open_pidfd(container_spawn_idle(inner)));
		hear(self->theirs);
		close(inner);
		pause_forever();
	}
	inner_init_fd = recv_fd(self->ours);
	ASSERT_GE(inner_init_fd, 0);
	EXPECT_ALIVE(inner_init_fd);
	EXPECT_TRUE(tell(self->ours));
	EXPECT_TRUE(pidfd_wait(inner_init_fd));
	EXPECT_ALIVE(self->init_fd);
	EXPECT_EQ(0, poll_now(self->cfd));
	EXPECT_EQ(2, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_DEAD(self->init, self->init_fd);
}

TEST_F_TIMEOUT(kill_on_close, destroys_what_was_not_started,
	       PROCESS_TEST_TIMEOUT)
{
	int i, cfd, copy, fds = open_fds();

	for (i = 0; i < scaled(500); i++) {
		cfd = container_create("new", variant->flags |
				       (i % 2 ? CONTAINER_KILL_ON_CLOSE : 0));
		ASSERT_GE(cfd, 0);
		copy = dup(cfd);
		ASSERT_EQ(self->containers + 2, container_count());
		close(cfd);
		ASSERT_EQ(self->containers + 2, container_count());
		close(copy);
		ASSERT_EQ(self->containers + 1, container_count());
	}
	EXPECT_EQ(fds, open_fds());
	EXPECT_ALIVE(self->init_fd);
	close(self->cfd);
}

struct race {
	pthread_barrier_t start;
	pthread_barrier_t end;
	int cfd;
	pid_t pid;
	int error;
};

static void *forking_thread(void *arg)
{
	struct race *race = arg;

	for (;;) {
		pthread_barrier_wait(&race->start);
		if (race->cfd < 0)
			return NULL;
		race->pid = container_spawn_idle(race->cfd);
		race->error = errno;
		pthread_barrier_wait(&race->end);
	}
}

/* The first fork against the last close: who got in is killed. */
TEST_F_TIMEOUT(kill_on_close, while_somebody_enters, PROCESS_TEST_TIMEOUT)
{
	int round, cfd, forks = 0;
	struct race race = {};
	pthread_t thread;
	long long span;

	/* How long does a fork take? */
	span = time_of_fork(self->cfd);
	ASSERT_LT(0, span);

	ASSERT_EQ(0, pthread_barrier_init(&race.start, NULL, 2));
	ASSERT_EQ(0, pthread_barrier_init(&race.end, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, forking_thread, &race));
	for (round = 0; round < scaled(300); round++) {
		cfd = container_create("race", variant->flags |
				       CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd, 0);
		race.cfd = cfd;
		pthread_barrier_wait(&race.start);
		delay_of_round(round, span);
		close(cfd);
		pthread_barrier_wait(&race.end);
		if (race.pid < 0) {
			ASSERT_TRUE(race.error == EBADF ||
				    race.error == ECANCELED);
			continue;
		}
		forks++;
		ASSERT_EQ(128 + SIGKILL, wait_for_exit(race.pid));
	}
	race.cfd = -1;
	pthread_barrier_wait(&race.start);
	pthread_join(thread, NULL);
	TH_LOG("%d of %d were in time", forks, round);
	close(self->cfd);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	return test_harness_run(argc, argv);
}
