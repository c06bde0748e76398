// SPDX-License-Identifier: GPL-2.0
/*
 * container_wait(2): the status and the usage that it gives, to whom and when.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/resource.h>

#include "container_handle.h"
#include "container_proc.h"
#include "process_util.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT

/* Waits, and exits with the errno, or 0 if the status is @status. */
static pid_t spawn_waiter(int cfd, int status)
{
	pid_t pid = fork();
	int got = -1, error;

	if (pid)
		return pid;
	error = ERRNO(container_wait(cfd, &got, 0, NULL));
	_exit(error ?: got != status ? NOT_TRIED : 0);
}

FIXTURE(wait)
{
	int cfd;
};

FIXTURE_SETUP(wait)
{
	self->cfd = container_create("wait", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(wait)
{
	close(self->cfd);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

TEST_F_TIMEOUT(wait, gives_each_status_as_wait4_does, TIMEOUT)
{
	static const int codes[] = { 0, 1, 127, 128, 255 };
	static const int signals[] = { SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1, 64 };
	const struct rlimit none = { }, full = { RLIM_INFINITY, RLIM_INFINITY };
	int status, reaped, cfd, dumps;
	struct rlimit old;
	pid_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		cfd = container_create("code", CONTAINER_FD_CLOEXEC);
		pid = fork_into_container(cfd);
		if (!pid)
			_exit(codes[i]);
		EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_EQ(codes[i] << 8, status);
		EXPECT_EQ(pid, waitpid(pid, &reaped, 0));
		EXPECT_EQ(reaped, status);
		close(cfd);
	}
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		cfd = container_create("signal", CONTAINER_FD_CLOEXEC);
		pid = container_spawn_idle(cfd);
		ASSERT_EQ(0, kill(pid, signals[i]));
		EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_EQ(signals[i], status);
		EXPECT_EQ(pid, waitpid(pid, &reaped, 0));
		EXPECT_EQ(reaped, status);
		close(cfd);
	}
	/* With a core dump and without; who is guarded dumps none. */
	ASSERT_EQ(0, getrlimit(RLIMIT_CORE, &old));
	for (dumps = 0; dumps < 2; dumps++) {
		ASSERT_EQ(0, setrlimit(RLIMIT_CORE, dumps ? &full : &none));
		cfd = container_create("dump", CONTAINER_FD_CLOEXEC);
		pid = fork_into_container(cfd);
		if (!pid) {
			if (chdir("/tmp"))
				_exit(1);
			execl("/bin/sh", "sh", "-c", "kill -ABRT $$", NULL);
			_exit(2);
		}
		EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_EQ(SIGABRT, WTERMSIG(status));
		EXPECT_EQ(dumps, !!WCOREDUMP(status));
		EXPECT_EQ(pid, waitpid(pid, &reaped, 0));
		EXPECT_EQ(reaped, status);
		close(cfd);
	}
	setrlimit(RLIMIT_CORE, &old);
}

TEST_F_TIMEOUT(wait, reaps_nobody_and_can_be_repeated, TIMEOUT)
{
	int status, i;
	pid_t pid = fork_into_container(self->cfd);

	if (!pid)
		_exit(7);
	ASSERT_LT(0, pid);
	for (i = 0; i < 3; i++) {
		status = -1;
		EXPECT_EQ(0, container_wait(self->cfd, &status, 0, NULL));
		EXPECT_EQ(7 << 8, status);
	}
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(7, wait_for_exit(pid));
	EXPECT_EQ(0, container_wait(self->cfd, &status, WNOHANG, NULL));
	EXPECT_EQ(7 << 8, status);
}

TEST_F_TIMEOUT(wait, any_number_can_wait_at_a_time, TIMEOUT)
{
	pid_t init = container_spawn_idle(self->cfd), waiters[20];
	int i;

	ASSERT_LT(0, init);
	for (i = 0; i < 20; i++)
		waiters[i] = spawn_waiter(self->cfd, SIGTERM);
	for (i = 0; i < 20; i++)
		ASSERT_TRUE(wait_until_asleep(waiters[i]));
	ASSERT_EQ(0, kill(init, SIGTERM));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, wait_for_exit(waiters[i]));
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(init));
}

TEST_F_TIMEOUT(wait, wnohang_stores_nothing_while_init_lives, TIMEOUT)
{
	int status = 0x12345678;
	struct rusage r, before;
	pid_t init = container_spawn_idle(self->cfd);

	ASSERT_LT(0, init);
	memset(&r, 0x5a, sizeof(r));
	before = r;
	EXPECT_EQ(0, container_wait(self->cfd, &status, WNOHANG, &r));
	EXPECT_EQ(0x12345678, status);
	EXPECT_EQ(0, memcmp(&r, &before, sizeof(r)));
	/* Bad addresses do not matter then, as with wait4(). */
	EXPECT_EQ(0, container_wait(self->cfd, (int *)1, WNOHANG, (void *)1));
}

TEST_F_TIMEOUT(wait, without_an_init_there_is_nothing_to_wait_for, TIMEOUT)
{
	int observer = container_observer(self->cfd), status = 5;

	EXPECT_EQ(ECHILD, ERRNO(container_wait(self->cfd, &status, 0, NULL)));
	EXPECT_EQ(ECHILD, ERRNO(container_wait(self->cfd, &status, WNOHANG, NULL)));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(ECHILD, ERRNO(container_wait(self->cfd, &status, 0, NULL)));
	EXPECT_EQ(ECHILD, ERRNO(container_wait(observer, &status, WNOHANG, NULL)));
	EXPECT_EQ(5, status);
	close(observer);
}

TEST_F_TIMEOUT(wait, bad_arguments_are_refused, TIMEOUT)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status, bit;
	struct rusage r;
	pid_t init;

	for (bit = 0; bit < 32; bit++)
		if (1U << bit != WNOHANG)
			EXPECT_EQ(EINVAL, ERRNO(container_wait(self->cfd, &status, 1U << bit, &r)));
	EXPECT_EQ(EINVAL, ERRNO(container_wait(null, &status, 0, &r)));
	EXPECT_EQ(EINVAL, ERRNO(container_wait(null, &status, WUNTRACED, &r)));
	EXPECT_EQ(EBADF, ERRNO(container_wait(-1, &status, WUNTRACED, &r)));
	EXPECT_EQ(EBADF, ERRNO(container_wait(-1, &status, 0, &r)));
	close(null);

	init = fork_into_container(self->cfd);
	if (!init)
		_exit(3);
	ASSERT_LT(0, init);
	EXPECT_EQ(0, container_wait(self->cfd, NULL, 0, NULL));
	EXPECT_EQ(EFAULT, ERRNO(container_wait(self->cfd, (int *)1, 0, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(container_wait(self->cfd, NULL, 0, (void *)1)));
	EXPECT_EQ(EFAULT, ERRNO(container_wait(self->cfd, NULL, 0, (void *)-8L)));
	EXPECT_EQ(0, container_wait(self->cfd, &status, 0, &r));
	EXPECT_EQ(3 << 8, status);
}

static int wait_now(int cfd)
{
	return ERRNO(container_wait(cfd, NULL, WNOHANG, NULL));
}

TEST_F_TIMEOUT(wait, is_for_those_who_control_it, TIMEOUT)
{
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC);
	int fd = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_OBSERVE);
	pid_t init = container_spawn_idle(self->cfd), other = container_spawn_idle(sibling);

	ASSERT_LT(0, init);
	EXPECT_EQ(0, wait_now(self->cfd));
	EXPECT_EQ(EPERM, wait_now(fd));
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, wait_now));
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, wait_now));
	EXPECT_EQ(EPERM, run_inside(self->cfd, sibling, wait_now));
	close(fd);
	kill_and_reap(other);
	/* The state comes after the permission. */
	EXPECT_EQ(EPERM, run_inside(self->cfd, sibling, wait_now));
	close(sibling);
}

static int on_signal_to;

static void on_signal(int sig)
{
	tell(on_signal_to);
}

/* @to is told when its handler was run. */
static pid_t spawn_interruptible(int cfd, int flags, int to)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	pid_t pid = fork();

	if (pid)
		return pid;
	on_signal_to = to;
	sigaction(SIGUSR1, &action, NULL);
	_exit(ERRNO(container_wait(cfd, NULL, 0, NULL)));
}

TEST_F_TIMEOUT(wait, is_interrupted_or_restarted_as_the_handler_wants, TIMEOUT)
{
	pid_t init = container_spawn_idle(self->cfd), plain, restarts, stopped;
	int p[2], i;

	ASSERT_LT(0, init);
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	plain = spawn_interruptible(self->cfd, 0, p[1]);
	restarts = spawn_interruptible(self->cfd, SA_RESTART, p[1]);
	stopped = spawn_waiter(self->cfd, SIGKILL);
	ASSERT_TRUE(wait_until_asleep(plain));
	ASSERT_TRUE(wait_until_asleep(restarts));
	ASSERT_TRUE(wait_until_asleep(stopped));
	ASSERT_EQ(0, kill(plain, SIGUSR1));
	EXPECT_EQ(EINTR, wait_for_exit(plain));
	EXPECT_TRUE(hear_in_time(p[0]));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, kill(restarts, SIGUSR1));
		EXPECT_TRUE(hear_in_time(p[0]));
		ASSERT_TRUE(wait_until_asleep(restarts));
	}
	/* A stop is no reason to fail. */
	ASSERT_EQ(0, kill(stopped, SIGSTOP));
	EXPECT_EQ(stopped, waitpid(stopped, NULL, WUNTRACED));
	ASSERT_EQ(0, kill(stopped, SIGCONT));
	EXPECT_EQ(stopped, waitpid(stopped, NULL, WCONTINUED));
	kill_and_reap(init);
	EXPECT_EQ(0, wait_for_exit(restarts));
	EXPECT_EQ(0, wait_for_exit(stopped));
	close(p[0]);
	close(p[1]);
}

TEST_F_TIMEOUT(wait, a_waiter_can_be_killed, TIMEOUT)
{
	pid_t init = container_spawn_idle(self->cfd), waiter;

	ASSERT_LT(0, init);
	waiter = spawn_waiter(self->cfd, 0);
	ASSERT_TRUE(wait_until_asleep(waiter));
	kill_and_reap(waiter);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
}

/* The first thread goes, the process stays. */
static void *last_thread(void *arg)
{
	hear((long)arg);
	_exit(9);
}

TEST_F_TIMEOUT(wait, is_for_the_process_and_not_its_first_thread, TIMEOUT)
{
	pthread_t thread;
	int p[2], status;
	pid_t init;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		pthread_create(&thread, NULL, last_thread, (void *)(long)p[0]);
		syscall(SYS_exit, 4);
	}
	ASSERT_TRUE(wait_until(process_state(init) == 'Z'));
	EXPECT_EQ(0, container_wait(self->cfd, &status, WNOHANG, NULL));
	EXPECT_EQ(0, poll_now(self->cfd) & POLLIN);
	tell(p[1]);
	EXPECT_EQ(0, container_wait(self->cfd, &status, 0, NULL));
	EXPECT_EQ(9 << 8, status);
	EXPECT_EQ(9, wait_for_exit(init));
}

TEST_F_TIMEOUT(wait, a_reboot_is_the_status_of_process_1, TIMEOUT)
{
	static const struct {
		unsigned int command;
		int status;
	} reboots[] = {
		{ RB_AUTOBOOT, SIGHUP }, { RB_POWER_OFF, SIGINT },
	};
	int status, reaped;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reboots); i++) {
		int cfd = container_create("reboot", CONTAINER_FD_CLOEXEC | CONTAINER_NEW_PID_NS);
		pid_t init = fork_into_container(cfd);

		ASSERT_LE(0, init);
		if (!init) {
			reboot(reboots[i].command);
			_exit(1);
		}
		EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_EQ(reboots[i].status, status);
		EXPECT_EQ(init, waitpid(init, &reaped, 0));
		EXPECT_EQ(reaped, status);
		close(cfd);
	}
}

/* Who was sent in is reaped by who sent it, later: that must not be waited for. */
TEST_F_TIMEOUT(wait, does_not_need_anybody_to_be_reaped, TIMEOUT)
{
	int cfd = container_create("pidns", CONTAINER_FD_CLOEXEC | CONTAINER_NEW_PID_NS);
	pid_t init = container_spawn_idle(cfd), member;
	int status;

	ASSERT_LT(0, init);
	member = container_spawn_idle(cfd);
	ASSERT_EQ(0, container_kill(cfd, 1, SIGKILL));
	EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
	EXPECT_EQ(SIGKILL, status);
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(member));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(cfd);
}

/* Whatever comes first, the waiter hears of it, and is not told two things. */
TEST_F_TIMEOUT(wait, races_with_kill_and_exit, TIMEOUT)
{
	int rounds = scaled(1000), i, status, again;
	pid_t init, killer;

	for (i = 0; i < rounds; i++) {
		int cfd = container_create("race", CONTAINER_FD_CLOEXEC);

		killer = fork();
		ASSERT_LE(0, killer);
		if (!killer) {
			while (container_state(cfd) == CONTAINER_STATE_NEW)
				sched_yield();
			container_kill(cfd, i % 2, SIGKILL);
			_exit(0);
		}
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init)
			_exit(1);
		ASSERT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_TRUE(status == 1 << 8 || status == SIGKILL)
			TH_LOG("%x", status);
		EXPECT_EQ(POLLIN, poll_now(cfd) & POLLIN);
		EXPECT_EQ(init, waitpid(init, &again, 0));
		EXPECT_EQ(status, again);
		EXPECT_EQ(0, wait_for_exit(killer));
		close(cfd);
	}
}

/* A waiter that finds it new says so; else it is told that it is gone. */
TEST_F_TIMEOUT(wait, races_with_the_end_of_an_unstarted_one, TIMEOUT)
{
	int rounds = scaled(1000), i, p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	for (i = 0; i < rounds; i++) {
		int cfd = container_create("race", CONTAINER_FD_CLOEXEC);
		int observer = container_observer(cfd);
		pid_t waiter = fork();

		ASSERT_LE(0, waiter);
		if (!waiter) {
			tell(p[1]);
			_exit(ERRNO(container_wait(observer, NULL, 0, NULL)));
		}
		ASSERT_TRUE(hear_in_time(p[0]));
		delay_of_round(i, 20000);
		/* The child's copy, too: the right is their file's. */
		container_drop(cfd, CONTAINER_RIGHT_ENTER);
		EXPECT_EQ(ECHILD, wait_for_exit(waiter));
		close(cfd);
		close(observer);
	}
	close(p[0]);
	close(p[1]);
}

/* --- many at once ------------------------------------------------------------------- */

#define NR_HEARERS	5
#define PATIENCE_MS	30000

/* One container after the other, for threads that are there for each of them. */
struct lives {
	pthread_barrier_t barrier;
	int cfd;		/* -1: it is over */
	int round;
	long long ns;		/* that an exit takes */
	int status[NR_HEARERS];
};

struct hearer {
	struct lives *lives;
	int nr;
	pthread_t thread;
};

static int hear_of_end(int cfd, int how)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int status = -1, epfd;

	if (how == 2 && !poll_until(cfd, POLLIN))
		return -1;
	if (how == 3 && !poll_until(cfd, POLLHUP))
		return -1;
	if (how == 4) {
		epfd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_ctl(epfd, EPOLL_CTL_ADD, cfd, &event) ||
		    epoll_wait(epfd, &event, 1, CONTAINER_TIMEOUT_MS) != 1)
			return -1;
		close(epfd);
	}
	/* Who has polled need not wait. */
	return container_wait(cfd, &status, how < 2 ? 0 : WNOHANG, NULL) ? -1 : status;
}

static void *hearing_thread(void *arg)
{
	struct hearer *h = arg;
	struct lives *l = h->lives;

	for (;;) {
		pthread_barrier_wait(&l->barrier);
		if (l->cfd < 0)
			return NULL;
		l->status[h->nr] = hear_of_end(l->cfd, h->nr);
		pthread_barrier_wait(&l->barrier);
	}
}

static void *killing_thread(void *arg)
{
	struct lives *l = arg;

	for (;;) {
		pthread_barrier_wait(&l->barrier);
		if (l->cfd < 0)
			return NULL;
		delay_of_round(l->round, l->ns);
		container_kill(l->cfd, l->round / 16 % 2, l->round / 32 % 2 ? SIGKILL : SIGTERM);
		pthread_barrier_wait(&l->barrier);
	}
}

/* Goes in, if it still can. */
static void *entering_thread(void *arg)
{
	struct lives *l = arg;
	pid_t pid;

	for (;;) {
		pthread_barrier_wait(&l->barrier);
		if (l->cfd < 0)
			return NULL;
		pid = fork_into_container(l->cfd);
		if (pid == 0)
			_exit(0);
		if (pid > 0)
			wait_for_exit(pid);
		pthread_barrier_wait(&l->barrier);
	}
}

/* An init that exits when it is told to. */
static pid_t spawn_told(int cfd, const int *p)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0) {
		hear(p[0]);
		_exit(6);
	}
	return pid;
}

/*
 * Init exits while it is killed, somebody enters, and others wait in every way:
 * all of them hear of one end, and it is the one that waitpid() tells of.
 */
TEST_F_TIMEOUT(wait, all_hear_of_the_same_end, TIMEOUT)
{
	int rounds = scaled(2000), i, p[2], status, exited = 0, killed = 0;
	long long start = now_ms();
	struct hearer hearers[NR_HEARERS];
	pthread_t killer, entrant;
	struct lives l = { };
	pid_t init;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = spawn_told(self->cfd, p);
	ASSERT_LT(0, init);
	l.ns = now_ns();
	tell(p[1]);
	ASSERT_TRUE(poll_until(self->cfd, POLLIN));
	l.ns = now_ns() - l.ns;
	wait_for_exit(init);

	ASSERT_EQ(0, pthread_barrier_init(&l.barrier, NULL, NR_HEARERS + 3));
	for (i = 0; i < NR_HEARERS; i++) {
		hearers[i] = (struct hearer){ .lives = &l, .nr = i };
		ASSERT_EQ(0, pthread_create(&hearers[i].thread, NULL, hearing_thread, &hearers[i]));
	}
	ASSERT_EQ(0, pthread_create(&killer, NULL, killing_thread, &l));
	ASSERT_EQ(0, pthread_create(&entrant, NULL, entering_thread, &l));
	/* A slow machine makes do with fewer; those are different ones. */
	for (; l.round < rounds && now_ms() - start < PATIENCE_MS; l.round++) {
		l.cfd = container_create("life", CONTAINER_FD_CLOEXEC);
		ASSERT_LE(0, l.cfd);
		init = spawn_told(l.cfd, p);
		ASSERT_LT(0, init);
		pthread_barrier_wait(&l.barrier);
		tell(p[1]);
		ASSERT_EQ(init, waitpid(init, &status, 0));
		pthread_barrier_wait(&l.barrier);
		exited += status == 6 << 8;
		killed += WIFSIGNALED(status);
		for (i = 0; i < NR_HEARERS; i++)
			EXPECT_EQ(status, l.status[i])
				TH_LOG("round %d, way %d", l.round, i);
		ASSERT_TRUE(poll_until(l.cfd, POLLIN | POLLHUP));
		close(l.cfd);
		/* Who was killed has not heard it. */
		if (WIFSIGNALED(status)) {
			struct pollfd pfd = { .fd = p[0], .events = POLLIN };

			if (poll(&pfd, 1, 0) == 1)
				hear(p[0]);
		}
	}
	l.cfd = -1;
	pthread_barrier_wait(&l.barrier);
	for (i = 0; i < NR_HEARERS; i++)
		pthread_join(hearers[i].thread, NULL);
	pthread_join(killer, NULL);
	pthread_join(entrant, NULL);
	TH_LOG("%d exited, %d were killed", exited, killed);
	EXPECT_EQ(l.round, exited + killed);
	/* Else it was no race. */
	EXPECT_LT(0, exited);
	EXPECT_LT(0, killed);
	close(p[0]);
	close(p[1]);
}

TEST_HARNESS_MAIN
