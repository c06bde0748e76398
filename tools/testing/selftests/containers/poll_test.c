// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting on a container's descriptor: POLLIN once init has exited, POLLHUP once
 * the container is dead and empty, and both wake whoever waits, however he does.
 */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

static int epoll_of(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events };
	int epfd = epoll_create1(EPOLL_CLOEXEC);

	if (epfd >= 0 && epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev)) {
		close(epfd);
		return -1;
	}
	return epfd;
}

/* The events that are reported within @timeout ms; 0 if there are none. */
static unsigned int epoll_events(int epfd, int timeout)
{
	struct epoll_event ev;
	int n;

	do {
		n = epoll_wait(epfd, &ev, 1, timeout);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? ev.events : 0;
}

/* The ways to wait. Each returns whether POLLIN and POLLHUP came. */
static bool by_poll(int fd)
{
	return poll_until(fd, POLLIN | POLLHUP);
}

static bool by_poll_for_hup(int fd)
{
	return poll_until(fd, POLLHUP);
}

static bool by_select(int fd)
{
	struct timeval tv = { .tv_sec = CONTAINER_TIMEOUT_MS / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &tv) == 1 && FD_ISSET(fd, &set);
}

static bool by_epoll_flags(int fd, unsigned int flags)
{
	int epfd = epoll_of(fd, EPOLLIN | flags);
	unsigned int got = 0, events;

	while (!(got & EPOLLHUP)) {
		events = epoll_events(epfd, CONTAINER_TIMEOUT_MS);
		if (!events)
			return false;
		got |= events;
	}
	return got & EPOLLIN;
}

static bool by_epoll(int fd)
{
	return by_epoll_flags(fd, 0);
}

static bool by_edge(int fd)
{
	return by_epoll_flags(fd, EPOLLET);
}

static bool by_exclusive(int fd)
{
	return by_epoll_flags(fd, EPOLLEXCLUSIVE);
}

static bool (*const ways[])(int fd) = {
	by_poll, by_poll_for_hup, by_select, by_epoll, by_edge,
};

/* container_wait() tells of init only. */
static bool by_container_wait(int fd)
{
	return !container_wait(fd, NULL, 0, NULL) && (poll_now(fd) & POLLIN);
}

/* A child that waits; it is asleep when this returns. */
static pid_t spawn_waiter(int fd, bool (*way)(int fd))
{
	pid_t pid;
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		tell(p[1]);
		_exit(!way(fd));
	}
	close(p[1]);
	if (pid > 0 && (!hear(p[0]) || !wait_until_asleep(pid))) {
		kill_and_reap(pid);
		pid = -1;
	}
	close(p[0]);
	return pid;
}

FIXTURE(poll)
{
	int cfd;
};

FIXTURE_SETUP(poll)
{
	self->cfd = container_create("poll", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(poll)
{
	close(self->cfd);
}

TEST_F_TIMEOUT(poll, nothing_is_reported_before_the_start, TIMEOUT)
{
	struct timeval tv = {};
	fd_set in, out, ex;
	int epfd = epoll_of(self->cfd, EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(0, poll_now(self->cfd));
	EXPECT_EQ(0, epoll_events(epfd, 0));
	FD_ZERO(&in);
	FD_SET(self->cfd, &in);
	out = in;
	ex = in;
	EXPECT_EQ(0, select(self->cfd + 1, &in, &out, &ex, &tv));
}

TEST_F_TIMEOUT(poll, nothing_is_reported_while_init_lives, TIMEOUT)
{
	int epfd = epoll_of(self->cfd, EPOLLIN | EPOLLET), i;
	pid_t init, pid;

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(0, poll_now(self->cfd));
	for (i = 0; i < 3; i++) {
		pid = fork_into_container(self->cfd);
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(0);
		EXPECT_EQ(0, wait_for_exit(pid));
		EXPECT_EQ(0, poll_now(self->cfd));
		EXPECT_EQ(0, epoll_events(epfd, 0));
	}
	kill_and_reap(init);
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(self->cfd));
}

FIXTURE(way)
{
	int cfd;
};

FIXTURE_VARIANT(way)
{
	bool (*wait)(int fd);
};

FIXTURE_VARIANT_ADD(way, poll) { .wait = by_poll };
FIXTURE_VARIANT_ADD(way, poll_for_hup) { .wait = by_poll_for_hup };
FIXTURE_VARIANT_ADD(way, select) { .wait = by_select };
FIXTURE_VARIANT_ADD(way, epoll) { .wait = by_epoll };
FIXTURE_VARIANT_ADD(way, edge) { .wait = by_edge };
FIXTURE_VARIANT_ADD(way, exclusive) { .wait = by_exclusive };

FIXTURE_SETUP(way)
{
	self->cfd = container_create("way", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(way)
{
	close(self->cfd);
}

TEST_F_TIMEOUT(way, the_exit_of_init_wakes_who_waits, TIMEOUT)
{
	pid_t init, waiter;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		close(p[1]);
		hear(p[0]);
		_exit(3);
	}
	waiter = spawn_waiter(self->cfd, variant->wait);
	ASSERT_LT(0, waiter);
	tell(p[1]);
	EXPECT_EQ(0, wait_for_exit(waiter));
	EXPECT_EQ(3, wait_for_exit(init));
}

TEST_F_TIMEOUT(way, who_waits_from_before_the_start_is_woken, TIMEOUT)
{
	pid_t init, waiter;

	waiter = spawn_waiter(self->cfd, variant->wait);
	ASSERT_LT(0, waiter);
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init)
		_exit(0);
	EXPECT_EQ(0, wait_for_exit(waiter));
	EXPECT_EQ(0, wait_for_exit(init));
}

TEST_F_TIMEOUT(way, it_stays_ready_for_ever, TIMEOUT)
{
	pid_t pid, init = container_spawn_idle(self->cfd);
	int i;

	ASSERT_LT(0, init);
	kill_and_reap(init);
	for (i = 0; i < 3; i++) {
		EXPECT_TRUE(variant->wait(self->cfd));
		pid = fork();
		if (!pid)
			_exit(!variant->wait(self->cfd));
		EXPECT_EQ(0, wait_for_exit(pid));
	}
}

#define NR_WAITERS	48

TEST_F_TIMEOUT(poll, all_of_many_processes_are_woken, TIMEOUT)
{
	int nr = scaled(NR_WAITERS), i;
	pid_t init, waiter[NR_WAITERS];

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	for (i = 0; i < nr; i++) {
		waiter[i] = spawn_waiter(self->cfd, ways[i % ARRAY_SIZE(ways)]);
		ASSERT_LT(0, waiter[i]);
	}
	kill(init, SIGKILL);
	for (i = 0; i < nr; i++)
		EXPECT_EQ(0, wait_for_exit(waiter[i]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

/*
 * They sleep in one queue. Every other time they are not waited for, so that some
 * come while it ends, or afterwards.
 */
TEST_F_TIMEOUT(poll, who_polls_and_who_waits_hear_of_the_same_end, TIMEOUT)
{
	static bool (*const both[])(int fd) = {
		by_container_wait, by_poll, by_container_wait, by_edge, by_select, by_exclusive,
		by_poll_for_hup, by_container_wait, by_epoll,
	};
	int rounds = scaled(100), round, cfd, p[2], status;
	pid_t init, waiter[ARRAY_SIZE(both)];
	size_t i;

	for (round = 0; round < rounds; round++) {
		cfd = container_create("both", CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
		ASSERT_LE(0, cfd);
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init) {
			hear(p[0]);
			_exit(round % 256);
		}
		for (i = 0; i < ARRAY_SIZE(both); i++) {
			if (round % 2) {
				waiter[i] = spawn_waiter(cfd, both[i]);
				ASSERT_LT(0, waiter[i]);
				continue;
			}
			waiter[i] = fork();
			ASSERT_LE(0, waiter[i]);
			if (!waiter[i])
				_exit(!both[i](cfd) || container_wait(cfd, &status, 0, NULL) ||
				      status != (round % 256) << 8);
			if (i == round / 2 % ARRAY_SIZE(both))
				tell(p[1]);
		}
		if (round % 2)
			tell(p[1]);
		for (i = 0; i < ARRAY_SIZE(both); i++)
			EXPECT_EQ(0, wait_for_exit(waiter[i]))
				TH_LOG("round %d, waiter %zu", round, i);
		EXPECT_EQ(round % 256, wait_for_exit(init));
		close(p[0]);
		close(p[1]);
		close(cfd);
	}
}

/* What lasts is told to each of them, even if they want to be woken one at a time. */
TEST_F_TIMEOUT(poll, the_end_wakes_all_who_wait_exclusively, TIMEOUT)
{
	pid_t init = container_spawn_idle(self->cfd), waiter[4];
	int i;

	ASSERT_LT(0, init);
	for (i = 0; i < 4; i++) {
		waiter[i] = spawn_waiter(self->cfd, by_exclusive);
		ASSERT_LT(0, waiter[i]);
	}
	kill(init, SIGKILL);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, wait_for_exit(waiter[i]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

struct thread {
	pthread_t thread;
	int fd;
	bool (*way)(int fd);
	pid_t tid;
	bool woken;
};

static void *wait_in_thread(void *arg)
{
	struct thread *t = arg;

	__atomic_store_n(&t->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	t->woken = t->way(t->fd);
	return NULL;
}

TEST_F_TIMEOUT(poll, all_of_many_threads_are_woken, TIMEOUT)
{
	struct thread threads[12];
	pid_t init;
	int i;

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	for (i = 0; i < 12; i++) {
		threads[i] = (struct thread){ .fd = self->cfd, .way = ways[i % ARRAY_SIZE(ways)] };
		ASSERT_EQ(0, pthread_create(&threads[i].thread, NULL, wait_in_thread,
					    &threads[i]));
	}
	for (i = 0; i < 12; i++) {
		ASSERT_TRUE(wait_until(__atomic_load_n(&threads[i].tid, __ATOMIC_ACQUIRE)));
		ASSERT_TRUE(wait_until_asleep(threads[i].tid));
	}
	kill(init, SIGKILL);
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(0, pthread_join(threads[i].thread, NULL));
		EXPECT_TRUE(threads[i].woken);
	}
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

/* The event of one container is not that of another. */
TEST_F_TIMEOUT(poll, of_several_the_right_one_is_reported, TIMEOUT)
{
	struct epoll_event ev;
	int cfd[4], epfd, i;
	pid_t init[4];

	epfd = epoll_create1(0);
	ASSERT_LE(0, epfd);
	for (i = 0; i < 4; i++) {
		cfd[i] = container_create("several", CONTAINER_KILL_ON_CLOSE);
		ASSERT_LE(0, cfd[i]);
		ev = (struct epoll_event){ .events = EPOLLIN, .data.u32 = i };
		ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, cfd[i], &ev));
		init[i] = container_spawn_idle(cfd[i]);
		ASSERT_LT(0, init[i]);
	}
	for (i = 3; i >= 0; i--) {
		kill_and_reap(init[i]);
		ASSERT_EQ(1, epoll_wait(epfd, &ev, 1, CONTAINER_TIMEOUT_MS));
		EXPECT_EQ(i, ev.data.u32);
		EXPECT_EQ(EPOLLIN | EPOLLHUP, ev.events);
		close(cfd[i]);
	}
	EXPECT_EQ(0, epoll_wait(epfd, &ev, 1, 0));
}

TEST_F_TIMEOUT(poll, an_edge_is_reported_once, TIMEOUT)
{
	int epfd = epoll_of(self->cfd, EPOLLIN | EPOLLET);
	pid_t init;

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(0, epoll_events(epfd, 0));
	kill_and_reap(init);

	/* Both may come together or one after the other, but then no more. */
	if (epoll_events(epfd, CONTAINER_TIMEOUT_MS) != (EPOLLIN | EPOLLHUP))
		EXPECT_EQ(EPOLLIN | EPOLLHUP, epoll_events(epfd, CONTAINER_TIMEOUT_MS));
	epoll_events(epfd, 0);
	EXPECT_EQ(0, epoll_events(epfd, 0));
}

/*
 * Init's exit and the end of the last process are two events, which are told
 * apart here by a member that is slow to die.
 */
TEST_F_TIMEOUT(poll, pollin_comes_first_while_a_member_is_left, TIMEOUT)
{
	int level = epoll_of(self->cfd, EPOLLIN), edge = epoll_of(self->cfd, EPOLLIN | EPOLLET);
	pid_t init, stuck, for_in, for_hup;
	struct freezer freezer;

	if (!freezer_init(&freezer))
		SKIP(return, "no cgroup v1 freezer");
	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	stuck = container_spawn_idle(self->cfd);
	ASSERT_LT(0, stuck);
	ASSERT_TRUE(freezer_freeze(&freezer, stuck));
	for_in = spawn_waiter(self->cfd, by_select);
	ASSERT_LT(0, for_in);
	for_hup = spawn_waiter(self->cfd, by_poll_for_hup);
	ASSERT_LT(0, for_hup);

	kill(init, SIGKILL);
	EXPECT_EQ(0, wait_for_exit(for_in));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(POLLIN, poll_now(self->cfd));
	EXPECT_EQ(EPOLLIN, epoll_events(level, 0));
	EXPECT_EQ(EPOLLIN, epoll_events(level, 0));
	EXPECT_EQ(EPOLLIN, epoll_events(edge, CONTAINER_TIMEOUT_MS));
	EXPECT_EQ(0, epoll_events(edge, 0));
	EXPECT_EQ(0, waitpid(for_hup, NULL, WNOHANG));
	EXPECT_EQ(0, waitpid(stuck, NULL, WNOHANG));

	EXPECT_TRUE(freezer_thaw(&freezer));
	EXPECT_EQ(0, wait_for_exit(for_hup));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(stuck));
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(self->cfd));
	EXPECT_EQ(EPOLLIN | EPOLLHUP, epoll_events(level, CONTAINER_TIMEOUT_MS));
	EXPECT_EQ(EPOLLIN | EPOLLHUP, epoll_events(edge, CONTAINER_TIMEOUT_MS));
	freezer_fini(&freezer);
}

/* Our container with a nested one, whose descriptor we were passed. */
static pid_t start_outer_with(int cfd, unsigned int flags, int *inner)
{
	int sock[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return -1;
	pid = fork_into_container(cfd);
	if (!pid) {
		int fd = container_create("inner", flags);

		if (fd < 0 || !send_fd(sock[1], fd))
			_exit(1);
		close(fd);
		pause_forever();
	}
	*inner = recv_fd(sock[0]);
	close(sock[0]);
	close(sock[1]);
	return *inner < 0 ? -1 : pid;
}

TEST_F_TIMEOUT(poll, pollhup_waits_for_nested_containers, TIMEOUT)
{
	pid_t init, stuck, for_hup;
	struct freezer freezer;
	int inner;

	if (!freezer_init(&freezer))
		SKIP(return, "no cgroup v1 freezer");
	init = start_outer_with(self->cfd, 0, &inner);
	ASSERT_LT(0, init);
	stuck = container_spawn_idle(inner);
	ASSERT_LT(0, stuck);
	ASSERT_TRUE(freezer_freeze(&freezer, stuck));
	for_hup = spawn_waiter(self->cfd, by_poll_for_hup);
	ASSERT_LT(0, for_hup);

	kill(init, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(POLLIN, poll_now(self->cfd));
	EXPECT_EQ(0, poll_now(inner));
	EXPECT_EQ(0, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(0, waitpid(for_hup, NULL, WNOHANG));
	EXPECT_TRUE(container_listed(container_id(self->cfd)));
	EXPECT_TRUE(container_listed(container_id(inner)));

	EXPECT_TRUE(freezer_thaw(&freezer));
	EXPECT_EQ(0, wait_for_exit(for_hup));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(stuck));
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(self->cfd));
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(inner));
	freezer_fini(&freezer);
	close(inner);
}

TEST_F_TIMEOUT(poll, an_unstarted_container_hangs_up_with_the_one_around_it, TIMEOUT)
{
	pid_t init, waiter;
	int inner;

	init = start_outer_with(self->cfd, CONTAINER_NEW_PID_NS, &inner);
	ASSERT_LT(0, init);
	EXPECT_EQ(0, poll_now(inner));
	waiter = spawn_waiter(inner, by_poll_for_hup);
	ASSERT_LT(0, waiter);
	kill(init, SIGKILL);
	EXPECT_EQ(0, wait_for_exit(waiter));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));

	/* There is no status to be had from an init that never was. */
	EXPECT_EQ(POLLHUP, poll_now(inner));
	EXPECT_EQ(-1, fork_into_container(inner));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(self->cfd));
	close(inner);
}

/*
 * A PID namespace's init waits for all processes in it to be reaped, and those
 * that were sent in from outside are reaped by who waits here.
 */
TEST_F_TIMEOUT(poll, pollhup_comes_before_anybody_reaps, TIMEOUT)
{
	int cfd = container_create("unreaped", CONTAINER_NEW_PID_NS | CONTAINER_KILL_ON_CLOSE);
	pid_t init, entrant[3], waiter;
	int i;

	ASSERT_LE(0, cfd);
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	for (i = 0; i < 3; i++) {
		entrant[i] = container_spawn_idle(cfd);
		ASSERT_LT(0, entrant[i]);
	}
	waiter = spawn_waiter(cfd, by_epoll);
	ASSERT_LT(0, waiter);
	kill(init, SIGKILL);
	EXPECT_TRUE(poll_until(cfd, POLLIN));
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	EXPECT_EQ(0, wait_for_exit(waiter));

	/* Init cannot be waited for before the others are. */
	EXPECT_EQ(0, waitpid(init, NULL, WNOHANG));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(entrant[i]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(cfd);
}

TEST_F_TIMEOUT(poll, the_descriptor_is_all_it_needs, TIMEOUT)
{
	pid_t init, user, member, other_init;
	int sock[2], other;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);

	/* A user who may neither enter nor signal, */
	user = fork();
	ASSERT_LE(0, user);
	if (!user) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_EQ(-1, fork_into_container(self->cfd));
		EXPECT_EQ(EPERM, errno);
		tell(sock[1]);
		_exit(!by_poll(self->cfd));
	}
	ASSERT_TRUE(hear(sock[0]));

	/* and a process in another container */
	other = container_create("other", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, other);
	other_init = fork_into_container(other);
	ASSERT_LE(0, other_init);
	if (!other_init)
		_exit(!by_epoll(self->cfd));

	/* hear of its end, as do those in it, but not long enough to tell. */
	member = fork_into_container(self->cfd);
	ASSERT_LE(0, member);
	if (!member) {
		int fd = recv_fd(sock[1]);

		EXPECT_EQ(0, poll_now(fd));
		EXPECT_EQ(-1, fork_into_container(fd));
		EXPECT_EQ(EPERM, errno);
		tell(sock[1]);
		by_poll(fd);
		pause_forever();
	}
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	ASSERT_TRUE(hear(sock[0]));

	kill(init, SIGKILL);
	EXPECT_EQ(0, wait_for_exit(user));
	EXPECT_EQ(0, wait_for_exit(other_init));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(member));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(other);
}

TEST_HARNESS_MAIN
