// SPDX-License-Identifier: GPL-2.0
/*
 * The rights of a descriptor: what each of them is good for, that they go and
 * never come back, and who shares them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/epoll.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define ALL		CONTAINER_RIGHTS_ALL

/* Each call as one that fails with EPERM, or gets further than that. */
static int use_fork(int cfd)
{
	return try_enter(cfd);
}

static int use_clone3(int cfd)
{
	return try_clone(cfd);
}

static int use_setns(int cfd)
{
	return try_setns(cfd, CLONE_NEWUTS);
}

static int use_get_namespace(int cfd)
{
	return ERRNO_FD(container_get_ns(cfd, CLONE_NEWUTS));
}

static int use_kill(int cfd)
{
	return ERRNO(container_kill(cfd, 0, 0));
}

static int use_kill_init(int cfd)
{
	return ERRNO(container_kill(cfd, 1, 0));
}

static int use_set_namespace(int cfd)
{
	int fd = ns_open(0, "uts"), err = ERRNO(container_set_ns(cfd, fd));

	close(fd);
	return err;
}

static int use_socket(int cfd)
{
	return ERRNO_FD(container_socket(cfd, AF_UNIX, SOCK_STREAM, 0));
}

static int use_wait(int cfd)
{
	return ERRNO(container_wait(cfd, NULL, WNOHANG, NULL));
}

static int use_info(int cfd)
{
	struct container_info info;

	return ERRNO(ioctl(cfd, CONTAINER_GET_INFO, &info));
}

static const struct use {
	const char *name;
	int (*fn)(int cfd);
	unsigned int right;
	int otherwise;		/* what it says of a running container */
} uses[] = {
	{ "fork_into_container", use_fork, CONTAINER_RIGHT_ENTER, 0 },
	{ "clone3", use_clone3, CONTAINER_RIGHT_ENTER, 0 },
	{ "setns", use_setns, CONTAINER_RIGHT_ENTER, 0 },
	{ "GET_NAMESPACE", use_get_namespace, CONTAINER_RIGHT_ENTER, 0 },
	{ "container_kill", use_kill, CONTAINER_RIGHT_KILL, 0 },
	{ "container_kill(init)", use_kill_init, CONTAINER_RIGHT_KILL, 0 },
	{ "SET_NAMESPACE", use_set_namespace, CONTAINER_RIGHT_CONFIGURE, EBUSY },
	{ "container_socket", use_socket, CONTAINER_RIGHT_CONFIGURE, 0 },
	{ "container_wait", use_wait, CONTAINER_RIGHT_OBSERVE, 0 },
	{ "GET_INFO", use_info, CONTAINER_RIGHT_OBSERVE, 0 },
};

/* Does @cfd have just these rights, by all that tells them? */
static void expect_rights(struct __test_metadata *_metadata, int cfd, unsigned int rights)
{
	struct container_info info;
	size_t i;

	EXPECT_EQ(rights, container_rights(cfd));
	if (rights & CONTAINER_RIGHT_OBSERVE) {
		EXPECT_TRUE(container_info(cfd, &info));
		EXPECT_EQ(rights, info.rights);
	}
	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		EXPECT_EQ(rights & uses[i].right ? uses[i].otherwise : EPERM,
			  uses[i].fn(cfd))
			TH_LOG("%s with rights %x", uses[i].name, rights);
	}
	EXPECT_EQ(rights & CONTAINER_RIGHT_OBSERVE ? 0 : POLLERR, poll_now(cfd))
		TH_LOG("poll with rights %x", rights);
}

#define EXPECT_RIGHTS(cfd, rights)	expect_rights(_metadata, cfd, rights)

FIXTURE(rights)
{
	int cfd;
	__u64 id;
	pid_t init;
};

FIXTURE_SETUP(rights)
{
	self->cfd = container_create("rights", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
}

FIXTURE_TEARDOWN(rights)
{
	kill_and_reap(self->init);
	close(self->cfd);
}

TEST_F_TIMEOUT(rights, create_gives_all, TIMEOUT)
{
	EXPECT_RIGHTS(self->cfd, ALL);
}

TEST_F_TIMEOUT(rights, each_gates_its_calls_and_no_other, TIMEOUT)
{
	unsigned int rights;
	int fd;

	for (rights = 0; rights <= ALL; rights++) {
		fd = container_dup(self->cfd, rights);
		ASSERT_LE(0, fd);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		EXPECT_EQ(self->id, container_id(fd));
		EXPECT_RIGHTS(fd, rights);
		close(fd);

		fd = container_dup(self->cfd, ALL);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, container_drop(fd, ALL & ~rights));
		EXPECT_RIGHTS(fd, rights);
		close(fd);
	}
	EXPECT_RIGHTS(self->cfd, ALL);
}

TEST_F_TIMEOUT(rights, go_one_after_the_other, TIMEOUT)
{
	unsigned int left = ALL, bit;

	for (bit = 1; bit <= ALL; bit <<= 1) {
		EXPECT_EQ(0, container_drop(self->cfd, bit));
		left &= ~bit;
		EXPECT_RIGHTS(self->cfd, left);
		/* What is not there can be dropped again, and so can nothing. */
		EXPECT_EQ(0, container_drop(self->cfd, bit));
		EXPECT_EQ(0, container_drop(self->cfd, 0));
		EXPECT_RIGHTS(self->cfd, left);
	}
	EXPECT_EQ(0, container_drop(self->cfd, ALL));
	EXPECT_RIGHTS(self->cfd, 0);
}

TEST_F_TIMEOUT(rights, a_right_is_asked_for_before_the_state, TIMEOUT)
{
	int dead = container_dead(0), none;
	size_t i;

	ASSERT_LE(0, dead);
	none = container_dup(dead, 0);
	ASSERT_LE(0, none);
	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		EXPECT_EQ(EPERM, uses[i].fn(none))
			TH_LOG("%s", uses[i].name);
	}
	close(none);
	close(dead);

	/* and after the arguments */
	ASSERT_EQ(0, container_drop(self->cfd, ALL));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, 65)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, -1)));
	EXPECT_EQ(EINVAL, ERRNO(container_wait(self->cfd, NULL, WNOHANG | WUNTRACED, NULL)));
	EXPECT_EQ(EINVAL, ERRNO(container_get_ns(self->cfd, 0)));
	EXPECT_EQ(EINVAL, ERRNO(ioctl(self->cfd, _IOC(_IOC_READ, CONTAINER_IOC, 1, 87), NULL)));
}

TEST_F_TIMEOUT(rights, unknown_ones_are_einval, TIMEOUT)
{
	static const unsigned long masks[] = {
		0x10, 0x1f, 0x80000000, 0xffffffff, ~0UL,
		1UL << 32, 1UL << 32 | ALL, 1UL << 63,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		if (!masks[i])
			continue;	/* with 32-bit longs */
		EXPECT_EQ(EINVAL, ERRNO(container_drop(self->cfd, masks[i])))
			TH_LOG("%lx", masks[i]);
		EXPECT_EQ(EINVAL, ERRNO_FD(container_dup(self->cfd, masks[i])))
			TH_LOG("%lx", masks[i]);
	}
	EXPECT_RIGHTS(self->cfd, ALL);
	ASSERT_EQ(0, container_drop(self->cfd, ALL));
	EXPECT_EQ(EINVAL, ERRNO_FD(container_dup(self->cfd, 0x1f)));
}

TEST_F_TIMEOUT(rights, dup_of_a_right_that_is_not_there_is_eperm, TIMEOUT)
{
	unsigned int bit;
	int fd, fds = open_fds();

	for (bit = 1; bit <= ALL; bit <<= 1) {
		fd = container_dup(self->cfd, ALL & ~bit);
		ASSERT_LE(0, fd);
		EXPECT_EQ(EPERM, ERRNO_FD(container_dup(fd, ALL)));
		EXPECT_EQ(EPERM, ERRNO_FD(container_dup(fd, bit)));
		EXPECT_EQ(0, ERRNO_FD(container_dup(fd, ALL & ~bit)));
		EXPECT_EQ(0, ERRNO_FD(container_dup(fd, 0)));
		close(fd);
	}
	EXPECT_EQ(fds, open_fds());
}

TEST_F_TIMEOUT(rights, are_shared_by_duplicates_and_passed_ones, TIMEOUT)
{
	int copy = dup(self->cfd), far = fcntl(self->cfd, F_DUPFD_CLOEXEC, 100);
	int sock[2], passed;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	passed = recv_fd(sock[1]);
	ASSERT_LE(0, passed);

	ASSERT_EQ(0, container_drop(copy, CONTAINER_RIGHT_KILL));
	EXPECT_RIGHTS(self->cfd, ALL & ~CONTAINER_RIGHT_KILL);
	EXPECT_RIGHTS(far, ALL & ~CONTAINER_RIGHT_KILL);
	EXPECT_RIGHTS(passed, ALL & ~CONTAINER_RIGHT_KILL);

	/* A child's are the same ones, while they are on their way, too. */
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ERRNO(container_drop(self->cfd, CONTAINER_RIGHT_CONFIGURE)));
	EXPECT_EQ(0, wait_for_exit(pid));
	close(passed);
	passed = recv_fd(sock[1]);
	ASSERT_LE(0, passed);
	EXPECT_RIGHTS(passed, CONTAINER_RIGHT_ENTER | CONTAINER_RIGHT_OBSERVE);
	EXPECT_RIGHTS(self->cfd, CONTAINER_RIGHT_ENTER | CONTAINER_RIGHT_OBSERVE);
	close(copy);
	close(far);
	close(passed);
	close(sock[0]);
	close(sock[1]);
}

TEST_F_TIMEOUT(rights, are_not_shared_by_container_dup, TIMEOUT)
{
	int one = container_dup(self->cfd, ALL), two = container_dup(self->cfd, ALL), three;

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	ASSERT_EQ(0, container_drop(one, CONTAINER_RIGHT_ENTER | CONTAINER_RIGHT_KILL));
	three = container_dup(one, CONTAINER_RIGHT_OBSERVE | CONTAINER_RIGHT_CONFIGURE);
	ASSERT_LE(0, three);
	ASSERT_EQ(0, container_drop(self->cfd, CONTAINER_RIGHT_OBSERVE));
	EXPECT_RIGHTS(self->cfd, ALL & ~CONTAINER_RIGHT_OBSERVE);
	EXPECT_RIGHTS(one, CONTAINER_RIGHT_OBSERVE | CONTAINER_RIGHT_CONFIGURE);
	EXPECT_RIGHTS(two, ALL);
	ASSERT_EQ(0, container_drop(one, ALL));
	EXPECT_RIGHTS(three, CONTAINER_RIGHT_OBSERVE | CONTAINER_RIGHT_CONFIGURE);
	close(one);
	close(two);
	close(three);
}

TEST_F_TIMEOUT(rights, are_not_had_back_by_opening_again, TIMEOUT)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_WRONLY };
	char path[64];
	int fd, pidfd;
	size_t i;

	ASSERT_EQ(0, container_drop(self->cfd, ALL & ~CONTAINER_RIGHT_OBSERVE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->cfd);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(ENXIO, ERRNO_FD(open(path, flags[i])));

	/* An O_PATH descriptor is none, however it is used. */
	fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBADF, try_enter(fd));
	EXPECT_EQ(EBADF, try_clone(fd));
	EXPECT_EQ(EBADF, try_setns(fd, CLONE_NEWUTS));
	EXPECT_EQ(EBADF, ERRNO(container_kill(fd, 0, 0)));
	EXPECT_EQ(EBADF, ERRNO(container_wait(fd, NULL, WNOHANG, NULL)));
	EXPECT_EQ(EBADF, ERRNO_FD(container_socket(fd, AF_UNIX, SOCK_STREAM, 0)));
	EXPECT_EQ(EBADF, ERRNO_FD(container_dup(fd, 0)));
	EXPECT_EQ(EBADF, ERRNO(container_drop(fd, 0)));
	close(fd);

	pidfd = open_pidfd(getpid());
	ASSERT_LE(0, pidfd);
	fd = syscall(SYS_pidfd_getfd, pidfd, self->cfd, 0);
	ASSERT_LE(0, fd);
	EXPECT_RIGHTS(fd, CONTAINER_RIGHT_OBSERVE);
	close(fd);
	close(pidfd);
}

/* --- fdinfo and poll -------------------------------------------------------- */

/* How many lines fdinfo has that come from the container. */
static int fdinfo_lines(int fd)
{
	static const char * const fields[] = {
		"Container:", "Parent:", "Name:", "State:", "Processes:", "Init:", "Rights:"
	};
	char value[128];
	int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		n += !!fdinfo_field(fd, fields[i], value, sizeof(value));
	return n;
}

TEST_F_TIMEOUT(rights, are_in_fdinfo, TIMEOUT)
{
	static const struct {
		unsigned int rights;
		const char *text;
	} lines[] = {
		{ ALL, "enter,kill,configure,observe" },
		{ 0, "none" },
		{ CONTAINER_RIGHT_ENTER, "enter" },
		{ CONTAINER_RIGHT_KILL, "kill" },
		{ CONTAINER_RIGHT_CONFIGURE, "configure" },
		{ CONTAINER_RIGHT_OBSERVE, "observe" },
		{ CONTAINER_RIGHT_ENTER | CONTAINER_RIGHT_OBSERVE, "enter,observe" },
		{ CONTAINER_RIGHT_KILL | CONTAINER_RIGHT_CONFIGURE, "kill,configure" },
	};
	char text[64];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		fd = container_dup(self->cfd, lines[i].rights);
		ASSERT_LE(0, fd);
		ASSERT_NE(NULL, fdinfo_field(fd, "Rights:", text, sizeof(text)));
		EXPECT_STREQ(lines[i].text, text);
		EXPECT_EQ(self->id, fdinfo_number(fd, "Container:"));
		/* Who may not observe is told nothing else. */
		EXPECT_EQ(lines[i].rights & CONTAINER_RIGHT_OBSERVE ? 7 : 2, fdinfo_lines(fd))
			TH_LOG("%s", lines[i].text);
		close(fd);
	}
}

TEST_F_TIMEOUT(rights, poll_without_the_right_to_observe_is_an_error, TIMEOUT)
{
	int blind = container_dup(self->cfd, ALL & ~CONTAINER_RIGHT_OBSERVE), ep;
	struct epoll_event event = { .events = EPOLLIN };
	struct pollfd pfd = { .fd = blind, .events = POLLIN };

	ASSERT_LE(0, blind);
	EXPECT_EQ(1, poll(&pfd, 1, CONTAINER_TIMEOUT_MS));
	EXPECT_EQ(POLLERR, pfd.revents);
	ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, blind, &event));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, CONTAINER_TIMEOUT_MS));
	EXPECT_EQ(EPOLLERR, event.events);
	close(ep);

	kill_and_reap(self->init);
	self->init = -1;
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(POLLERR, poll_now(blind));
	close(blind);
}

/* Who waits when the right is dropped is not left waiting. */
TEST_F_TIMEOUT(rights, dropping_observe_wakes_pollers, TIMEOUT)
{
	struct pollfd pfd = { .fd = container_dup(self->cfd, ALL), .events = POLLIN };
	pid_t pid;

	ASSERT_LE(0, pfd.fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Without an end: one that comes would look once more, and find it. */
		EXPECT_EQ(1, poll(&pfd, 1, -1));
		EXPECT_EQ(POLLERR, pfd.revents);
		_exit(0);
	}
	ASSERT_TRUE(wait_until_asleep(pid));
	ASSERT_EQ(0, container_drop(pfd.fd, CONTAINER_RIGHT_OBSERVE));
	EXPECT_EQ(0, wait_for_exit(pid));
	close(pfd.fd);
}

static void *drop_observe(void *arg)
{
	int fd = (long)arg;

	return (void *)(long)container_drop(fd, CONTAINER_RIGHT_OBSERVE);
}

/* Nor is who is about to wait. */
TEST_F_TIMEOUT(rights, dropping_observe_races_with_poll, TIMEOUT)
{
	struct pollfd pfd = { .events = POLLIN };
	pthread_t thread;
	void *dropped;
	int i;

	for (i = 0; i < scaled(500); i++) {
		pfd.fd = container_dup(self->cfd, ALL);
		ASSERT_LE(0, pfd.fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, drop_observe, (void *)(long)pfd.fd));
		EXPECT_EQ(1, poll(&pfd, 1, CONTAINER_TIMEOUT_MS));
		EXPECT_EQ(POLLERR, pfd.revents);
		pthread_join(thread, &dropped);
		EXPECT_EQ(NULL, dropped);
		close(pfd.fd);
	}
}

/* --- what keeps a container that was not started ------------------------------ */

FIXTURE(unstarted)
{
	int cfd;
	__u64 id;
};

FIXTURE_VARIANT(unstarted)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(unstarted, plain) { .flags = 0 };
FIXTURE_VARIANT_ADD(unstarted, kill_on_close) { .flags = CONTAINER_KILL_ON_CLOSE };
FIXTURE_VARIANT_ADD(unstarted, all_namespaces) { .flags = NEW_ALL };

FIXTURE_SETUP(unstarted)
{
	self->cfd = container_create("unstarted", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
}

FIXTURE_TEARDOWN(unstarted)
{
	close(self->cfd);
	EXPECT_FALSE(container_listed(self->id));
}

/* It is gone for all who still look. */
static void expect_destroyed(struct __test_metadata *_metadata, int observer, __u64 id)
{
	struct container_info info;

	EXPECT_FALSE(container_listed(id));
	EXPECT_EQ(POLLHUP, poll_now(observer) & POLLHUP);
	EXPECT_TRUE(container_info(observer, &info));
	EXPECT_EQ(id, info.id);
	EXPECT_EQ(CONTAINER_STATE_DEAD, info.state);
	EXPECT_EQ(0, info.events);
	EXPECT_EQ(ECHILD, ERRNO(container_wait(observer, NULL, 0, NULL)));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(id)));
}

TEST_F_TIMEOUT(unstarted, observers_do_not_keep_it, TIMEOUT)
{
	int observer = container_observer(self->cfd);
	int others = container_dup(self->cfd, ALL & ~CONTAINER_RIGHT_ENTER);

	ASSERT_LE(0, observer);
	ASSERT_LE(0, others);
	EXPECT_EQ(0, poll_now(observer));
	close(self->cfd);
	self->cfd = -1;
	expect_destroyed(_metadata, observer, self->id);
	EXPECT_EQ(ESRCH, ERRNO(container_kill(others, 0, SIGKILL)));
	EXPECT_EQ(ECANCELED, ERRNO_FD(container_socket(others, AF_UNIX, SOCK_STREAM, 0)));
	close(observer);
	close(others);
}

TEST_F_TIMEOUT(unstarted, dropping_enter_destroys_it_as_closing_does, TIMEOUT)
{
	int copy = dup(self->cfd), second = container_dup(self->cfd, ALL);

	ASSERT_LE(0, copy);
	ASSERT_LE(0, second);
	/* Other rights are nothing to it. */
	ASSERT_EQ(0, container_drop(self->cfd, CONTAINER_RIGHT_KILL | CONTAINER_RIGHT_CONFIGURE));
	EXPECT_TRUE(container_listed(self->id));
	ASSERT_EQ(0, container_drop(self->cfd, CONTAINER_RIGHT_ENTER));
	EXPECT_TRUE(container_listed(self->id));
	/* Twice is once. */
	ASSERT_EQ(0, container_drop(copy, CONTAINER_RIGHT_ENTER));
	EXPECT_TRUE(container_listed(self->id));
	close(copy);
	EXPECT_TRUE(container_listed(self->id));
	ASSERT_EQ(0, container_drop(second, CONTAINER_RIGHT_ENTER));
	expect_destroyed(_metadata, self->cfd, self->id);
	close(second);
}

TEST_F_TIMEOUT(unstarted, any_descriptor_that_can_enter_keeps_it, TIMEOUT)
{
	int enter = container_dup(self->cfd, CONTAINER_RIGHT_ENTER), sock[2];
	int observer = container_observer(self->cfd);
	pid_t pid;

	ASSERT_LE(0, enter);
	ASSERT_LE(0, observer);
	close(self->cfd);
	self->cfd = -1;
	if (variant->flags & CONTAINER_KILL_ON_CLOSE) {
		/* What create returned is not any descriptor. */
		expect_destroyed(_metadata, observer, self->id);
		EXPECT_EQ(ECANCELED, try_enter(enter));
		close(enter);
		close(observer);
		return;
	}
	EXPECT_TRUE(container_listed(self->id));

	/* also one that is on its way */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	ASSERT_TRUE(send_fd(sock[0], enter));
	close(enter);
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(observer));
	enter = recv_fd(sock[1]);
	ASSERT_LE(0, enter);
	close(sock[0]);
	close(sock[1]);

	/* Once started, it needs none any more. */
	pid = container_spawn_idle(enter);
	ASSERT_LT(0, pid);
	close(enter);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(observer));
	kill_and_reap(pid);
	EXPECT_TRUE(poll_until(observer, POLLIN | POLLHUP));
	close(observer);
}

TEST_F_TIMEOUT(unstarted, a_handle_from_open_does_not_keep_it, TIMEOUT)
{
	int opened = container_open(self->id);

	ASSERT_LE(0, opened);
	close(self->cfd);
	self->cfd = -1;
	expect_destroyed(_metadata, opened, self->id);
	close(opened);
}

TEST_F_TIMEOUT(unstarted, its_destruction_wakes_pollers, TIMEOUT)
{
	struct pollfd pfd = { .fd = container_observer(self->cfd), .events = POLLIN };
	pid_t pid;

	ASSERT_LE(0, pfd.fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(self->cfd);
		EXPECT_EQ(1, poll(&pfd, 1, CONTAINER_TIMEOUT_MS));
		EXPECT_TRUE(pfd.revents & POLLHUP);
		_exit(0);
	}
	ASSERT_TRUE(wait_until_asleep(pid));
	ASSERT_EQ(0, container_drop(self->cfd, CONTAINER_RIGHT_ENTER));
	EXPECT_EQ(0, wait_for_exit(pid));
	close(pfd.fd);
}

/* --- KILL_ON_CLOSE ------------------------------------------------------------ */

FIXTURE(fragile)
{
	int cfd;
	pid_t init;
	int pidfd;
};

FIXTURE_SETUP(fragile)
{
	self->cfd = container_create("fragile", CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
	self->pidfd = open_pidfd(self->init);
	ASSERT_LE(0, self->pidfd);
}

FIXTURE_TEARDOWN(fragile)
{
	EXPECT_TRUE(pidfd_wait(self->pidfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(self->init));
	close(self->pidfd);
}

TEST_F_TIMEOUT(fragile, other_handles_do_not_keep_it, TIMEOUT)
{
	int copy = container_dup(self->cfd, ALL);

	ASSERT_LE(0, copy);
	close(self->cfd);
	EXPECT_TRUE(poll_until(copy, POLLIN | POLLHUP));
	EXPECT_EQ(ECANCELED, try_enter(copy));
	close(copy);
}

TEST_F_TIMEOUT(fragile, other_handles_do_not_kill, TIMEOUT)
{
	int copy = container_dup(self->cfd, ALL), opened = container_open(container_id(self->cfd));

	ASSERT_LE(0, copy);
	ASSERT_LE(0, opened);
	close(copy);
	close(opened);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
	EXPECT_EQ(0, try_enter(self->cfd));
	close(self->cfd);
}

TEST_F_TIMEOUT(fragile, duplicates_keep_it, TIMEOUT)
{
	int copy = dup(self->cfd);

	close(self->cfd);
	EXPECT_EQ(0, try_enter(copy));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(copy));
	close(copy);
}

/* What kills is the descriptor, not a right of it. */
TEST_F_TIMEOUT(fragile, dropped_rights_change_nothing, TIMEOUT)
{
	int observer = container_observer(self->cfd);

	ASSERT_LE(0, observer);
	ASSERT_EQ(0, container_drop(self->cfd, ALL));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(observer));
	close(self->cfd);
	EXPECT_TRUE(poll_until(observer, POLLIN | POLLHUP));
	close(observer);
}

/* --- races -------------------------------------------------------------------- */

struct race {
	int cfd;
	int rounds;
	bool stop;
	int bad;
};

/* Once a call was refused, it stays so. */
static void *race_use(void *arg)
{
	struct race *race = arg;
	bool refused[ARRAY_SIZE(uses)] = {};
	struct container_info info;
	size_t i;
	int err;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < ARRAY_SIZE(uses); i++) {
			if (uses[i].right == CONTAINER_RIGHT_ENTER)
				continue;	/* no forks from here */
			err = uses[i].fn(race->cfd);
			if (refused[i] && err != EPERM)
				__atomic_add_fetch(&race->bad, 1, __ATOMIC_RELAXED);
			refused[i] = err == EPERM;
		}
		if (!refused[ARRAY_SIZE(uses) - 1] && container_info(race->cfd, &info) &&
		    info.id != container_id(race->cfd))
			__atomic_add_fetch(&race->bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *race_drop(void *arg)
{
	struct race *race = arg;
	unsigned int bit;

	for (bit = 1; bit <= ALL; bit <<= 1)
		if (container_drop(race->cfd, bit))
			__atomic_add_fetch(&race->bad, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST_F_TIMEOUT(rights, stay_dropped_under_use, TIMEOUT)
{
	int rounds = scaled(100), i, t;
	pthread_t users[2], droppers[2];

	for (i = 0; i < rounds; i++) {
		struct race race = { .cfd = container_dup(self->cfd, ALL) };

		ASSERT_LE(0, race.cfd);
		for (t = 0; t < 2; t++)
			ASSERT_EQ(0, pthread_create(&users[t], NULL, race_use, &race));
		for (t = 0; t < 2; t++)
			ASSERT_EQ(0, pthread_create(&droppers[t], NULL, race_drop, &race));
		for (t = 0; t < 2; t++)
			pthread_join(droppers[t], NULL);
		__atomic_store_n(&race.stop, true, __ATOMIC_RELEASE);
		for (t = 0; t < 2; t++)
			pthread_join(users[t], NULL);
		EXPECT_EQ(0, race.bad);
		EXPECT_EQ(0, container_rights(race.cfd));
		close(race.cfd);
	}
}

static void *race_drop_enter(void *arg)
{
	struct race *race = arg;

	container_drop(race->cfd, CONTAINER_RIGHT_ENTER);
	return NULL;
}

static void *race_dup_enter(void *arg)
{
	struct race *race = arg;

	return (void *)(long)container_dup(race->cfd, ALL);
}

/* Either the new one is in time, and holds the container, or there is none. */
TEST_F_TIMEOUT(rights, dup_races_with_the_last_drop, TIMEOUT)
{
	int rounds = scaled(300), i, dup_fd;
	pthread_t threads[3];
	void *result;
	__u64 id;

	for (i = 0; i < rounds; i++) {
		struct race race = { .cfd = container_create("race", CONTAINER_FD_CLOEXEC) };

		ASSERT_LE(0, race.cfd);
		id = container_id(race.cfd);
		ASSERT_EQ(0, pthread_create(&threads[0], NULL, race_drop_enter, &race));
		ASSERT_EQ(0, pthread_create(&threads[1], NULL, race_dup_enter, &race));
		ASSERT_EQ(0, pthread_create(&threads[2], NULL, race_drop_enter, &race));
		pthread_join(threads[0], NULL);
		pthread_join(threads[2], NULL);
		pthread_join(threads[1], &result);
		dup_fd = (long)result;
		EXPECT_EQ(dup_fd >= 0, container_listed(id));
		if (dup_fd >= 0) {
			EXPECT_EQ(ALL, container_rights(dup_fd));
			EXPECT_EQ(0, try_enter(dup_fd));
			close(dup_fd);
		}
		close(race.cfd);
		EXPECT_FALSE(container_listed(id));
	}
}

/* Two processes start it and let it go at the same time: one of both happens. */
TEST_F_TIMEOUT(rights, start_races_with_the_last_drop, TIMEOUT)
{
	int rounds = scaled(200), i, cfd, observer, ret, p[2];
	long long took;
	pid_t pid;

	cfd = container_create("time", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	took = time_of_fork(cfd);
	ASSERT_LT(0, took);
	close(cfd);

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		cfd = container_create("race", CONTAINER_FD_CLOEXEC);
		ASSERT_LE(0, cfd);
		observer = container_observer(cfd);
		ASSERT_LE(0, observer);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			tell(p[1]);
			_exit(try_enter(cfd));
		}
		ASSERT_TRUE(hear_in_time(p[0]));
		delay_of_round(i, took);
		ASSERT_EQ(0, container_drop(cfd, CONTAINER_RIGHT_ENTER));
		ret = wait_for_exit(pid);
		EXPECT_TRUE(ret == 0 || ret == EPERM || ret == ECANCELED)
			TH_LOG("round %d: %s", i, strerror(ret));
		ASSERT_TRUE(poll_until(observer, POLLHUP));
		EXPECT_EQ(ret ? 0 : POLLIN, poll_now(observer) & POLLIN);
		close(observer);
		close(cfd);
		close(p[0]);
		close(p[1]);
	}
}

TEST_HARNESS_MAIN
