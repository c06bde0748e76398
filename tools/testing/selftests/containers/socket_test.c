// SPDX-License-Identifier: GPL-2.0
/*
 * container_socket(): a socket in a container's network namespace, or in that of
 * an nsfs descriptor, for who stays outside.
 */
#define _GNU_SOURCE
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

#ifndef SIOCGSKNS
#define SIOCGSKNS	0x894C
#endif

/* Says which network namespace a socket is in; 0: error. */
static __u64 cookie(int sock)
{
	socklen_t len = sizeof(__u64);
	__u64 value = 0;

	return getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, &value, &len) ? 0 : value;
}

static __u64 own_cookie(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u64 value = cookie(sock);

	close(sock);
	return value;
}

/* The cookie as a member sees it. */
static __u64 cookie_inside(int cfd)
{
	__u64 value = 0;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return 0;
	pid = fork_into_container(cfd);
	if (pid == 0) {
		value = own_cookie();
		_exit(write(p[1], &value, sizeof(value)) != sizeof(value));
	}
	close(p[1]);
	if (read(p[0], &value, sizeof(value)) != sizeof(value))
		value = 0;
	close(p[0]);
	if (pid > 0)
		wait_for_exit(pid);
	return value;
}

/* A test can tell the namespaces by this, too: only the host's lo is up. */
static bool is_lo_up(int sock)
{
	struct ifreq request = { .ifr_name = "lo" };

	return !ioctl(sock, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_UP;
}

static int set_lo(int sock, bool up)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };

	return ioctl(sock, SIOCSIFFLAGS, &request);
}

FIXTURE(socket)
{
	int cfd;
	pid_t init;
	int nsfd;	/* the network namespace of the container */
};

FIXTURE_VARIANT(socket)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(socket, net) { .flags = CONTAINER_NEW_NET_NS };
FIXTURE_VARIANT_ADD(socket, user_net) {
	.flags = CONTAINER_NEW_NET_NS | CONTAINER_NEW_USER_NS
};

FIXTURE_SETUP(socket)
{
	self->cfd = container_create("socket", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
	self->nsfd = ns_open(self->init, "net");
	ASSERT_LE(0, self->nsfd);
}

FIXTURE_TEARDOWN(socket)
{
	if (self->init > 0 && !kill(self->init, SIGKILL))
		wait_for_exit(self->init);
	close(self->nsfd);
	close(self->cfd);
}

TEST_F_TIMEOUT(socket, is_in_the_containers_namespace, TIMEOUT)
{
	int fds[] = { self->cfd, self->nsfd }, sock, ns;
	__u64 inside = cookie_inside(self->cfd), ours = own_cookie();
	size_t i;

	ASSERT_NE(0, inside);
	ASSERT_NE(ours, inside);
	for (i = 0; i < 2; i++) {
		sock = container_socket(fds[i], AF_INET, SOCK_DGRAM, 0);
		ASSERT_LE(0, sock)
			TH_LOG("%s", strerror(errno));
		EXPECT_EQ(inside, cookie(sock));
		EXPECT_FALSE(is_lo_up(sock));
		ns = ioctl(sock, SIOCGSKNS);
		EXPECT_EQ(fd_inode(self->nsfd), fd_inode(ns));
		close(ns);
		close(sock);
	}
	/* The caller is where he was. */
	EXPECT_EQ(ours, own_cookie());
	EXPECT_NE(fd_inode(self->nsfd), ns_inode(0, "net"));
}

TEST_F_TIMEOUT(socket, takes_the_types_of_socket, TIMEOUT)
{
	static const struct {
		int domain, type, protocol;
	} kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET6, SOCK_STREAM, 0 }, { AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
		{ AF_UNIX, SOCK_STREAM, 0 }, { AF_UNIX, SOCK_SEQPACKET, 0 },
		{ AF_NETLINK, SOCK_RAW, 0 },
		/* which fail as they do there */
		{ AF_INET, SOCK_SEQPACKET, 0 }, { AF_INET, SOCK_STREAM, IPPROTO_UDP },
		{ AF_UNIX, 4, 0 }, { 255, SOCK_STREAM, 0 }, { -1, SOCK_STREAM, 0 },
		{ AF_INET, -1, 0 }, { AF_INET, 0, 0 }, { AF_INET, 0xf, 0 },
		{ AF_INET, SOCK_STREAM | 0x100, 0 }, { AF_INET, SOCK_DGRAM, 1000 },
		{ AF_INET, SOCK_DGRAM, -1 }, { AF_NETLINK, SOCK_STREAM, 0 },
		{ AF_INET, SOCK_STREAM | 0x40000000, 0 }, { AF_UNSPEC, SOCK_STREAM, 0 },
	};
	int fds = open_fds(), expected;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		expected = ERRNO_FD(socket(kinds[i].domain, kinds[i].type, kinds[i].protocol));
		EXPECT_EQ(expected, ERRNO_FD(container_socket(self->cfd, kinds[i].domain,
							      kinds[i].type,
							      kinds[i].protocol)))
			TH_LOG("kind %zu", i);
		EXPECT_EQ(expected, ERRNO_FD(container_socket(self->nsfd, kinds[i].domain,
							      kinds[i].type,
							      kinds[i].protocol)))
			TH_LOG("kind %zu", i);
	}
	EXPECT_EQ(fds, open_fds());
}

TEST_F_TIMEOUT(socket, takes_the_flags_of_socket, TIMEOUT)
{
	static const int flags[] = {
		0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK
	};
	int fds[] = { self->cfd, self->nsfd }, sock;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (j = 0; j < 2; j++) {
			sock = container_socket(fds[j], AF_INET, SOCK_STREAM | flags[i], 0);
			ASSERT_LE(0, sock);
			EXPECT_EQ(flags[i] & SOCK_CLOEXEC ? FD_CLOEXEC : 0, fcntl(sock, F_GETFD));
			EXPECT_EQ(flags[i] & SOCK_NONBLOCK, fcntl(sock, F_GETFL) & O_NONBLOCK);
			close(sock);
		}
	}
}

/* What a supervisor sets up from outside is there inside. */
TEST_F_TIMEOUT(socket, can_configure_and_serve_from_outside, TIMEOUT)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	socklen_t len = sizeof(addr);
	int sock, conn, control;
	char byte = 0;
	pid_t pid;

	control = container_socket(self->cfd, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, control);
	/* The supervisor has the power over the namespace's owner. */
	ASSERT_EQ(0, set_lo(control, true));
	sock = container_socket(self->cfd, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, sock);
	ASSERT_EQ(0, bind(sock, (struct sockaddr *)&addr, sizeof(addr)));
	ASSERT_EQ(0, listen(sock, 1));
	ASSERT_EQ(0, getsockname(sock, (struct sockaddr *)&addr, &len));

	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		struct pollfd pfd = { .events = POLLIN };

		close(sock);
		pfd.fd = socket(AF_INET, SOCK_STREAM, 0);
		EXPECT_TRUE(is_lo_up(pfd.fd));
		EXPECT_EQ(0, connect(pfd.fd, (struct sockaddr *)&addr, len));
		EXPECT_EQ(1, poll(&pfd, 1, CONTAINER_TIMEOUT_MS));
		EXPECT_EQ(1, read(pfd.fd, &byte, 1));
		_exit(byte);
	}
	conn = accept(sock, NULL, NULL);
	ASSERT_LE(0, conn);
	byte = 99;
	EXPECT_EQ(1, write(conn, &byte, 1));
	EXPECT_EQ(99, wait_for_exit(pid));

	/* Here nobody listens. */
	close(control);
	control = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	EXPECT_EQ(-1, connect(control, (struct sockaddr *)&addr, len));
	close(control);
	close(conn);
	close(sock);
}

/* The socket is all that is left of it. */
TEST_F_TIMEOUT(socket, outlives_the_container, TIMEOUT)
{
	int sock = container_socket(self->cfd, AF_INET, SOCK_DGRAM, 0), ns;
	__u64 inside = cookie(sock);

	ASSERT_LE(0, sock);
	kill_and_reap(self->init);
	self->init = -1;
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	close(self->nsfd);
	self->nsfd = -1;
	EXPECT_EQ(inside, cookie(sock));
	EXPECT_EQ(0, set_lo(sock, true));
	EXPECT_TRUE(is_lo_up(sock));
	ns = ioctl(sock, SIOCGSKNS);
	EXPECT_LE(0, ns);
	close(ns);
	close(sock);
}

TEST_F_TIMEOUT(socket, can_be_had_before_the_start, TIMEOUT)
{
	int cfd = container_create("unstarted", variant->flags | CONTAINER_FD_CLOEXEC), sock;
	__u64 value;

	ASSERT_LE(0, cfd);
	sock = container_socket(cfd, AF_INET, SOCK_DGRAM, 0);
	ASSERT_LE(0, sock);
	value = cookie(sock);
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(cfd));
	EXPECT_EQ(value, cookie_inside(cfd));
	close(sock);
	close(cfd);
}

TEST_F_TIMEOUT(socket, is_in_a_supplied_namespace, TIMEOUT)
{
	int cfd = container_create("supplied", CONTAINER_FD_CLOEXEC), sock;

	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, container_set_ns(cfd, self->nsfd));
	sock = container_socket(cfd, AF_INET, SOCK_DGRAM, 0);
	ASSERT_LE(0, sock);
	EXPECT_EQ(cookie_inside(self->cfd), cookie(sock));
	close(sock);
	close(cfd);
}

/* --- errors --------------------------------------------------------------------------- */

TEST_F_TIMEOUT(socket, of_one_that_is_dying_or_dead_is_canceled, TIMEOUT)
{
	int dead = container_dead(variant->flags);
	struct dying_container d;

	ASSERT_LE(0, dead);
	EXPECT_EQ(ECANCELED, ERRNO_FD(container_socket(dead, AF_INET, SOCK_DGRAM, 0)));
	close(dead);
	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, variant->flags));
	EXPECT_EQ(ECANCELED, ERRNO_FD(container_socket(d.cfd, AF_INET, SOCK_DGRAM, 0)));
	dying_close(&d);
}

TEST_F_TIMEOUT(socket, needs_a_container_or_a_network_namespace, TIMEOUT)
{
	static const char * const paths[] = { "/dev/null", "/", "/proc/self/status" };
	const struct namespace_type *t;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		EXPECT_EQ(EINVAL, ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0)))
			TH_LOG("%s", paths[i]);
		close(fd);
		EXPECT_EQ(EBADF, ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0)));
	}
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		fd = ns_open(self->init, t->name);
		ASSERT_LE(0, fd);
		EXPECT_EQ(t->type == CLONE_NEWNET ? 0 : EINVAL,
			  ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0)))
			TH_LOG("%s", t->name);
		close(fd);
	}
	fd = open_pidfd(self->init);
	EXPECT_EQ(EINVAL, ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0)));
	close(fd);
	EXPECT_EQ(EBADF, ERRNO_FD(container_socket(-1, AF_INET, SOCK_DGRAM, 0)));
	fd = open("/proc/self/ns/net", O_PATH | O_CLOEXEC);
	EXPECT_EQ(EBADF, ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0)));
	close(fd);
}

static int socket_of(int fd)
{
	return ERRNO_FD(container_socket(fd, AF_INET, SOCK_DGRAM, 0));
}

TEST_F_TIMEOUT(socket, is_for_those_who_control_the_container, TIMEOUT)
{
	int cut = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_CONFIGURE);
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC), first, fd;

	ASSERT_LE(0, cut);
	EXPECT_EQ(EPERM, socket_of(cut));
	close(cut);
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, socket_of));
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, socket_of));
	EXPECT_EQ(EPERM, run_inside(sibling, self->cfd, socket_of));
	close(sibling);
	first = container_of_pid(getpid());
	EXPECT_EQ(EPERM, socket_of(first));
	close(first);

	/* A descriptor of a network namespace needs no container, but the power. */
	EXPECT_EQ(EPERM, run_as(1000, self->nsfd, socket_of));
	fd = ns_open(0, "net");
	EXPECT_EQ(0, socket_of(fd));
	EXPECT_EQ(EPERM, run_as(1000, fd, socket_of));
	EXPECT_EQ(variant->flags & CONTAINER_NEW_USER_NS ? EPERM : 0,
		  run_inside(self->cfd, fd, socket_of));
	close(fd);
}

/* A container that has the caller's network namespace: no privilege is used. */
TEST_F_TIMEOUT(socket, in_ones_own_namespace_takes_no_privilege, TIMEOUT)
{
	int users = container_created_by(1000, 0), net;

	ASSERT_LE(0, users);
	EXPECT_EQ(0, run_as(1000, users, socket_of));
	EXPECT_EQ(EPERM, run_as(1001, users, socket_of));
	close(users);

	net = container_created_by(1000, CONTAINER_NEW_USER_NS | CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, net);
	EXPECT_EQ(0, run_as(1000, net, socket_of));
	EXPECT_EQ(EPERM, run_as(1001, net, socket_of));
	close(net);

	/* He controls it, and does not own its network namespace, which is the host's. */
	net = container_created_by(1000, CONTAINER_NEW_USER_NS);
	ASSERT_LE(0, net);
	EXPECT_EQ(0, run_as(1000, net, socket_of));
	close(net);
}

static int raw_socket_of(int fd)
{
	return ERRNO_FD(container_socket(fd, AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int raw_socket_without_caps(int fd)
{
	return drop_capabilities(CAP_BIT(CAP_NET_RAW)) ? raw_socket_of(fd) : NOT_TRIED;
}

/* CAP_NET_RAW counts in the user namespace that owns the network namespace. */
TEST_F_TIMEOUT(socket, of_raw_type_takes_cap_net_raw_there, TIMEOUT)
{
	bool own_user = variant->flags & CONTAINER_NEW_USER_NS;
	int users;
	pid_t pid;

	EXPECT_EQ(0, raw_socket_of(self->cfd));
	EXPECT_EQ(0, raw_socket_of(self->nsfd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(raw_socket_without_caps(self->nsfd));
	/* Who owns a user namespace has all of them there. */
	EXPECT_EQ(own_user ? 0 : EPERM, wait_for_exit(pid));

	users = container_created_by(1000, CONTAINER_NEW_USER_NS | CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, users);
	EXPECT_EQ(0, run_as(1000, users, raw_socket_of));
	close(users);
	users = container_created_by(1000, 0);
	ASSERT_LE(0, users);
	EXPECT_EQ(EPERM, run_as(1000, users, raw_socket_of));
	close(users);
}

/* Also of the caller's user namespace: this is not for those who are nobody there. */
TEST_F_TIMEOUT(socket, of_a_namespace_takes_privilege_in_ones_own_user_namespace, TIMEOUT)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(drop_capabilities(CAP_BIT(CAP_SYS_ADMIN)));
		_exit(socket_of(self->nsfd));
	}
	EXPECT_EQ(EPERM, wait_for_exit(pid));
}

TEST_F_TIMEOUT(socket, a_full_descriptor_table_is_emfile, TIMEOUT)
{
	struct rlimit limit, full;
	int next = dup(0);

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	full = limit;
	full.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	EXPECT_EQ(EMFILE, socket_of(self->cfd));
	EXPECT_EQ(EMFILE, socket_of(self->nsfd));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, socket_of(self->cfd));
}

TEST_HARNESS_MAIN
