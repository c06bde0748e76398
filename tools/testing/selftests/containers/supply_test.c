// SPDX-License-Identifier: GPL-2.0
/*
 * CONTAINER_SET_NAMESPACE: a namespace from outside in place of the container's
 * own, which is how the containers of a pod share one.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <pthread.h>
#include <sys/mount.h>

#include <linux/nsfs.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#ifndef PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE
#define PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE	_IO(0xFF, 6)
#endif

#define TIMEOUT		PROCESS_TEST_TIMEOUT

/* Does a process that enters have the namespace of @fd? 0: yes. */
static int has_ns(int cfd, const char *name, int fd)
{
	ino_t ino = fd_inode(fd);
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(ns_inode(0, name) != ino);
	return pid < 0 ? errno : wait_for_exit(pid);
}

FIXTURE(supply)
{
	int cfd;
};

FIXTURE_SETUP(supply)
{
	self->cfd = container_create("supply", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(supply)
{
	close(self->cfd);
}

TEST_F_TIMEOUT(supply, each_type_takes_the_place_of_the_containers, TIMEOUT)
{
	static const unsigned int flags[] = { 0, NEW_ALL_BUT_USER };
	const struct namespace_type *t;
	int cfd, fd, got;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
			/* These two have tests of their own. */
			if (t->type == CLONE_NEWPID || t->type == CLONE_NEWUSER)
				continue;
			fd = ns_fresh(t->type, t->type == CLONE_NEWTIME ?
				      "time_for_children" : t->name);
			ASSERT_LE(0, fd);
			cfd = container_create("type", flags[i] | CONTAINER_FD_CLOEXEC);
			ASSERT_LE(0, cfd);
			EXPECT_EQ(0, ERRNO(container_set_ns(cfd, fd)))
				TH_LOG("%s", t->name);
			got = container_get_ns(cfd, t->type);
			ASSERT_LE(0, got);
			EXPECT_EQ(fd_inode(fd), fd_inode(got));
			close(got);
			EXPECT_EQ(0, has_ns(cfd, t->name, fd))
				TH_LOG("%s", t->name);
			close(cfd);
			close(fd);
		}
	}
}

TEST_F_TIMEOUT(supply, the_others_stay, TIMEOUT)
{
	int fd = ns_fresh(CLONE_NEWUTS, "uts"), cfd, got;
	const struct namespace_type *t;
	ino_t before[NR_NS_TYPES] = {};

	ASSERT_LE(0, fd);
	cfd = container_create("others", (NEW_ALL_BUT_USER & ~CONTAINER_NEW_PID_NS) |
			       CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		got = container_get_ns(cfd, t->type);
		ASSERT_LE(0, got);
		before[t - ns_types] = fd_inode(got);
		close(got);
	}
	ASSERT_EQ(0, container_set_ns(cfd, fd));
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		got = container_get_ns(cfd, t->type);
		ASSERT_LE(0, got);
		EXPECT_EQ(t->type == CLONE_NEWUTS ? fd_inode(fd) : before[t - ns_types],
			  fd_inode(got))
			TH_LOG("%s", t->name);
		close(got);
	}
	close(cfd);
	close(fd);
}

TEST_F_TIMEOUT(supply, the_last_one_counts, TIMEOUT)
{
	int one = ns_fresh(CLONE_NEWIPC, "ipc"), two = ns_fresh(CLONE_NEWIPC, "ipc");

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, one)));
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, one)));
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, two)));
	EXPECT_EQ(0, has_ns(self->cfd, "ipc", two));
	close(one);
	close(two);
}

/* The container holds it. */
TEST_F_TIMEOUT(supply, the_descriptor_is_not_needed_afterwards, TIMEOUT)
{
	int fd = ns_fresh(CLONE_NEWUTS, "uts"), got;
	ino_t ino = fd_inode(fd);

	ASSERT_EQ(0, container_set_ns(self->cfd, fd));
	close(fd);
	got = container_get_ns(self->cfd, CLONE_NEWUTS);
	ASSERT_LE(0, got);
	EXPECT_EQ(ino, fd_inode(got));
	EXPECT_EQ(0, has_ns(self->cfd, "uts", got));
	close(got);
}

/* --- a pod ------------------------------------------------------------------------ */

static bool loopback_up(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct {
		char name[16];
		short flags;
		char rest[22];
	} request = { .name = "lo", .flags = 0x41 /* up and running */ };
	int err = ioctl(sock, 0x8914 /* SIOCSIFFLAGS */, &request);

	close(sock);
	return !err;
}

#define PORT	7777

/* Says the byte that whoever listens there has for those who connect. */
static int connect_code(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte = 0;

	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return errno;
	return read(sock, &byte, 1) == 1 ? byte : NOT_TRIED;
}

static int listen_there(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) || listen(sock, 5)) {
		close(sock);
		return -1;
	}
	return sock;
}

/* What the server has to say, to @times clients. */
#define GREETING	123

TEST_F_TIMEOUT(supply, a_pod_shares_a_network_namespace, TIMEOUT)
{
	int server, client[2], ns, p[2], i, outsider;
	pid_t init, pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	server = container_create("server", CONTAINER_NEW_NET_NS | CONTAINER_NEW_UTS_NS |
				  CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, server);
	ns = container_get_ns(server, CLONE_NEWNET);
	ASSERT_LE(0, ns);
	for (i = 0; i < 2; i++) {
		client[i] = container_create("client", CONTAINER_NEW_UTS_NS |
					     CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC |
					     (i ? CONTAINER_NEW_NET_NS : 0));
		ASSERT_LE(0, client[i]);
		ASSERT_EQ(0, container_set_ns(client[i], ns));
	}
	outsider = container_create("outsider", CONTAINER_NEW_NET_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, outsider);

	init = fork_into_container(server);
	ASSERT_LE(0, init);
	if (!init) {
		int sock, conn;
		char byte = GREETING;

		EXPECT_TRUE(loopback_up());
		sock = listen_there();
		EXPECT_LE(0, sock);
		tell(p[1]);
		for (i = 0; i < 2; i++) {
			struct pollfd pfd = { .fd = sock, .events = POLLIN };

			EXPECT_EQ(1, poll(&pfd, 1, CONTAINER_TIMEOUT_MS));
			conn = accept(sock, NULL, NULL);
			EXPECT_EQ(1, write(conn, &byte, 1));
			close(conn);
		}
		_exit(0);
	}
	ASSERT_TRUE(hear_in_time(p[0]));
	for (i = 0; i < 2; i++) {
		pid = fork_into_container(client[i]);
		ASSERT_LE(0, pid);
		if (!pid) {
			EXPECT_EQ(1, getpid());
			/* What one set up is there for the others. */
			_exit(connect_code());
		}
		EXPECT_EQ(GREETING, wait_for_exit(pid));
	}
	EXPECT_EQ(0, wait_for_exit(init));

	/* From elsewhere there is nothing to connect to. */
	pid = fork_into_container(outsider);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(loopback_up() ? connect_code() : NOT_TRIED);
	EXPECT_EQ(ECONNREFUSED, wait_for_exit(pid));
	close(outsider);
	close(server);
	close(client[0]);
	close(client[1]);
	close(ns);
}

/* --- types with rules of their own -------------------------------------------------- */

TEST_F_TIMEOUT(supply, a_mount_namespace_brings_its_root, TIMEOUT)
{
	char dir[] = "/tmp/supply.XXXXXX", path[64];
	int up[2], down[2], fd, err;
	pid_t holder, pid;
	struct stat st;

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, pipe2(up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	holder = fork();
	ASSERT_LE(0, holder);
	if (!holder) {
		EXPECT_EQ(0, unshare(CLONE_NEWNS));
		EXPECT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		EXPECT_EQ(0, mount("tmpfs", dir, "tmpfs", 0, NULL));
		snprintf(path, sizeof(path), "%s/in_here", dir);
		EXPECT_EQ(0, mkdir(path, 0755));
		tell(up[1]);
		hear_in_time(down[0]);
		_exit(0);
	}
	ASSERT_TRUE(hear_in_time(up[0]));
	fd = ns_open(holder, "mnt");
	ASSERT_LE(0, fd);
	/* Whoever creates it in a chroot gets out of that: it takes CAP_SYS_CHROOT. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(drop_capabilities(CAP_BIT(CAP_SYS_CHROOT)) ?
		      ERRNO(container_set_ns(self->cfd, fd)) : NOT_TRIED);
	EXPECT_EQ(EPERM, wait_for_exit(pid));

	ASSERT_EQ(0, container_set_ns(self->cfd, fd));
	tell(down[1]);
	EXPECT_EQ(0, wait_for_exit(holder));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		snprintf(path, sizeof(path), "%s/in_here", dir);
		err = stat(path, &st);
		EXPECT_EQ(0, err);
		/* root and cwd are there, not in the namespace that we came from */
		EXPECT_EQ(0, stat("/..", &st));
		EXPECT_EQ(0, chdir("."));
		snprintf(path, sizeof(path), ".%s/in_here", dir);
		EXPECT_EQ(0, stat(path, &st));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	snprintf(path, sizeof(path), "%s/in_here", dir);
	EXPECT_EQ(-1, stat(path, &st));
	EXPECT_EQ(0, rmdir(dir));
	close(fd);
}

/* pid 1 of a new PID namespace, which lives; a descriptor of that in @fd. */
static pid_t pid_ns_holder(int *fd)
{
	pid_t pid = raw_fork(CLONE_NEWPID);

	if (pid == 0)
		pause_forever();
	*fd = pid < 0 ? -1 : ns_open(pid, "pid");
	return pid;
}

TEST_F_TIMEOUT(supply, a_pid_namespace_below_the_callers, TIMEOUT)
{
	pid_t holder, pid;
	int fd, own;

	holder = pid_ns_holder(&fd);
	ASSERT_LT(0, holder);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, container_set_ns(self->cfd, fd));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(getpid() != 2);
	EXPECT_EQ(0, wait_for_exit(pid));

	/* or the caller's own */
	own = ns_open(0, "pid");
	close(self->cfd);
	self->cfd = container_create("own", CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, own)));
	EXPECT_EQ(0, has_ns(self->cfd, "pid", own));

	/* and not the one above */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, setns(fd, CLONE_NEWPID));
		pid = fork();
		if (!pid) {
			int cfd = container_create("below", 0);

			EXPECT_EQ(EINVAL, ERRNO(container_set_ns(cfd, own)));
			EXPECT_EQ(0, ERRNO(container_set_ns(cfd, fd)));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));

	kill_and_reap(holder);
	close(fd);
	close(own);
}

/* The fork that makes its first process may fail, so nobody else's may be there. */
TEST_F_TIMEOUT(supply, a_pid_namespace_that_has_a_process, TIMEOUT)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), fd;
	pid_t first;

	ASSERT_LE(0, pidfd);
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	/* nsfs does not hand it out yet, but pidfs does. */
	EXPECT_EQ(-1, ns_open(0, "pid_for_children"));
	fd = ioctl(pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, fd)));

	first = fork();
	ASSERT_LE(0, first);
	if (!first)
		pause_forever();
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, fd)));
	EXPECT_EQ(0, try_enter(self->cfd));
	kill_and_reap(first);
	close(fd);
	close(pidfd);
}

/* One whose init is dead takes nobody in, and that is said by the fork. */
TEST_F_TIMEOUT(supply, a_dead_pid_namespace_cannot_be_entered, TIMEOUT)
{
	struct container_info info;
	pid_t holder;
	int fd, err;

	holder = pid_ns_holder(&fd);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, container_set_ns(self->cfd, fd));
	kill_and_reap(holder);
	err = try_enter(self->cfd);
	EXPECT_EQ(ENOMEM, err);
	/* It is not its fault: with another one it can be started. */
	ASSERT_TRUE(container_info(self->cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_NEW, info.state);
	close(fd);
	fd = ns_open(0, "pid");
	EXPECT_EQ(0, ERRNO(container_set_ns(self->cfd, fd)));
	EXPECT_EQ(0, try_enter(self->cfd));
	close(fd);
}

TEST_F_TIMEOUT(supply, a_user_namespace_below_the_callers, TIMEOUT)
{
	int fd = ns_fresh(CLONE_NEWUSER, "user"), own = ns_open(0, "user");
	struct capabilities ours, caps;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(get_capabilities(&ours));
	/* nobody's own */
	EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, own)));
	ASSERT_EQ(0, ERRNO(container_set_ns(self->cfd, fd)));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(fd_inode(fd), ns_inode(0, "user"));
		EXPECT_TRUE(get_capabilities(&caps));
		EXPECT_EQ(ours.bounding, caps.effective);
		EXPECT_EQ(ours.bounding, caps.permitted);
		/* in there, not here */
		EXPECT_EQ(-1, sethostname("x", 1));
		EXPECT_EQ(EPERM, errno);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(fd);
	close(own);
}

/* A user namespace with ids of its own, until its holder is killed. */
static pid_t user_ns_holder(unsigned int first, unsigned int count, int *fd)
{
	pid_t pid = raw_fork(CLONE_NEWUSER);

	if (pid == 0)
		pause_forever();
	if (pid < 0 || !map_ids_from(pid, first, count))
		return -1;
	*fd = ns_open(pid, "user");
	return pid;
}

/* Nobody is the host's root in there by accident. */
TEST_F_TIMEOUT(supply, a_mapped_user_namespace_makes_ids_of_it, TIMEOUT)
{
	char status[2048];
	pid_t holder, pid;
	int fd, p[2];

	holder = user_ns_holder(100000, 1000, &fd);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, ERRNO(container_set_ns(self->cfd, fd)));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, getuid());
		EXPECT_EQ(0, getgid());
		EXPECT_EQ(0, getgroups(0, NULL));
		hear(p[0]);
		_exit(0);
	}
	snprintf(status, sizeof(status), "/proc/%d/status", pid);
	ASSERT_TRUE(read_file(status, status, sizeof(status)));
	EXPECT_NE(NULL, strstr(status, "\nUid:\t100000\t100000\t100000\t100000\n"));
	EXPECT_NE(NULL, strstr(status, "\nGid:\t100000\t100000\t100000\t100000\n"));
	EXPECT_TRUE(tell(p[1]));
	EXPECT_EQ(0, wait_for_exit(pid));
	kill_and_reap(holder);
	close(fd);
}

/* --- errors --------------------------------------------------------------------------- */

TEST_F_TIMEOUT(supply, only_a_namespace_is_one, TIMEOUT)
{
	static const char * const paths[] = { "/dev/null", "/", "/proc/self/status" };
	int fd, p[2], pidfd = open_pidfd(getpid());
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, fd)))
			TH_LOG("%s", paths[i]);
		close(fd);
	}
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, p[0])));
	/* nor is all of a process's, or a container's, one */
	EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, pidfd)));
	EXPECT_EQ(EINVAL, ERRNO(container_set_ns(self->cfd, self->cfd)));
	close(pidfd);
	close(p[0]);
	close(p[1]);
	EXPECT_EQ(EBADF, ERRNO(container_set_ns(self->cfd, p[0])));
	EXPECT_EQ(EBADF, ERRNO(container_set_ns(self->cfd, -1)));
	/* more than a descriptor's number is not cut down to one */
	fd = ns_open(0, "uts");
	EXPECT_EQ(EBADF, ERRNO(ioctl(self->cfd, CONTAINER_SET_NAMESPACE, 0x100000000UL + fd)));
	close(fd);
	fd = open("/proc/self/ns/uts", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBADF, ERRNO(container_set_ns(self->cfd, fd)));
	close(fd);
	EXPECT_EQ(0, try_enter(self->cfd));
}

TEST_F_TIMEOUT(supply, once_started_it_is_too_late, TIMEOUT)
{
	int fd = ns_fresh(CLONE_NEWUTS, "uts"), none;
	struct dying_container d;
	pid_t init, pid;

	ASSERT_LE(0, fd);
	none = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_CONFIGURE);
	EXPECT_EQ(EPERM, ERRNO(container_set_ns(none, fd)));
	close(none);

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(EBUSY, ERRNO(container_set_ns(self->cfd, fd)));
	/* permission comes first */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(become_user(1000) ? ERRNO(container_set_ns(self->cfd, fd)) : NOT_TRIED);
	EXPECT_EQ(EPERM, wait_for_exit(pid));

	kill(init, SIGKILL);
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(ECANCELED, ERRNO(container_set_ns(self->cfd, fd)));
	wait_for_exit(init);
	EXPECT_EQ(ECANCELED, ERRNO(container_set_ns(self->cfd, fd)));

	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, 0));
	EXPECT_EQ(ECANCELED, ERRNO(container_set_ns(d.cfd, fd)));
	dying_close(&d);
	close(fd);
}

static int own_uts;

static int supply_own(int cfd)
{
	return ERRNO(container_set_ns(cfd, own_uts));
}

TEST_F_TIMEOUT(supply, it_is_for_those_who_control_the_container, TIMEOUT)
{
	int cfd;

	own_uts = ns_open(0, "uts");
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, supply_own));
	cfd = container_create("around", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, run_inside(cfd, self->cfd, supply_own));
	close(cfd);
	/* Even his own namespace takes him privilege. */
	cfd = container_created_by(1000, 0);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, run_as(1000, cfd, supply_own));
	close(cfd);
	close(own_uts);
}

/* An ordinary user, and the namespaces of a user namespace of his and of another. */
TEST_F_TIMEOUT(supply, an_ordinary_user_supplies_his_own, TIMEOUT)
{
	int host_uts = ns_open(0, "uts"), sock[2], others;
	pid_t pid, other;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	other = fork();
	ASSERT_LE(0, other);
	if (!other) {
		if (!become_user(1001))
			_exit(1);
		_exit(!send_fd(sock[1], ns_fresh(CLONE_NEWUSER | CLONE_NEWUTS, "uts")));
	}
	others = recv_fd(sock[0]);
	ASSERT_LE(0, others);
	EXPECT_EQ(0, wait_for_exit(other));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int mine = -1, one, two, ns;

		EXPECT_TRUE(become_user(1000));
		EXPECT_TRUE(enter_user_namespace());
		one = container_create("one", CONTAINER_NEW_UTS_NS | CONTAINER_NEW_NET_NS);
		EXPECT_LE(0, one);
		two = container_create("two", CONTAINER_NEW_NET_NS);
		EXPECT_LE(0, two);
		ns = container_get_ns(one, CLONE_NEWNET);
		EXPECT_LE(0, ns);
		EXPECT_EQ(0, ERRNO(container_set_ns(two, ns)));
		mine = ns_fresh(CLONE_NEWUTS, "uts");
		EXPECT_LE(0, mine);
		EXPECT_EQ(0, ERRNO(container_set_ns(two, mine)));
		/* and none that is not in his power */
		EXPECT_EQ(EPERM, ERRNO(container_set_ns(two, host_uts)));
		EXPECT_EQ(EPERM, ERRNO(container_set_ns(two, others)));
		EXPECT_EQ(0, has_ns(two, "uts", mine));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(host_uts);
	close(others);
	close(sock[0]);
	close(sock[1]);
}

/* With the power over the namespace only, or the container only, nothing is to be had. */
TEST_F_TIMEOUT(supply, it_takes_power_over_both, TIMEOUT)
{
	int host = ns_open(0, "uts"), fresh = ns_fresh(CLONE_NEWUSER | CLONE_NEWUTS, "uts");
	pid_t pid;
	int cfd;

	ASSERT_LE(0, fresh);
	cfd = container_create("below", CONTAINER_NEW_USER_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* He owns the user namespaces, so those are his; the host is not. */
		EXPECT_TRUE(drop_capabilities(CAP_BIT(CAP_SYS_ADMIN)));
		EXPECT_EQ(EPERM, ERRNO(container_set_ns(cfd, host)));
		EXPECT_EQ(0, ERRNO(container_set_ns(cfd, fresh)));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, ERRNO(container_set_ns(cfd, host)));
	close(cfd);
	close(host);
	close(fresh);
}

/* --- races ---------------------------------------------------------------------------- */

/* The first process has either the one or the other, and knows which. */
TEST_F_TIMEOUT(supply, races_with_the_first_fork, TIMEOUT)
{
	int rounds = scaled(200), i, fd = ns_fresh(CLONE_NEWUTS, "uts"), cfd, p[2], got, err;
	ino_t supplied = fd_inode(fd), ours = ns_inode(0, "uts"), ino;
	long long took;
	pid_t pid;

	ASSERT_LE(0, fd);
	took = time_of_fork(self->cfd);
	ASSERT_LT(0, took);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		cfd = container_create("race", CONTAINER_FD_CLOEXEC);
		ASSERT_LE(0, cfd);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			pid_t child;

			tell(p[1]);
			child = fork_into_container(cfd);
			if (!child) {
				ino = ns_inode(0, "uts");
				EXPECT_EQ(sizeof(ino), write(p[1], &ino, sizeof(ino)));
				pause_forever();
			}
			_exit(child < 0 ? errno : wait_for_exit(child) != 128 + SIGKILL);
		}
		close(p[1]);
		ASSERT_TRUE(hear_in_time(p[0]));
		delay_of_round(i, took);
		err = ERRNO(container_set_ns(cfd, fd));
		EXPECT_TRUE(err == 0 || err == EBUSY);
		ASSERT_EQ(sizeof(ino), read(p[0], &ino, sizeof(ino)));
		EXPECT_EQ(err ? ours : supplied, ino)
			TH_LOG("round %d: %s", i, strerror(err));
		got = container_get_ns(cfd, CLONE_NEWUTS);
		EXPECT_EQ(ino, fd_inode(got));
		close(got);
		EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
		EXPECT_EQ(0, wait_for_exit(pid));
		close(cfd);
		close(p[0]);
	}
	close(fd);
}

struct supplier {
	int cfd;
	int fd;
	bool stop;
	int bad;
};

static void *supplier_thread(void *arg)
{
	struct supplier *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
		if (container_set_ns(s->cfd, s->fd))
			__atomic_add_fetch(&s->bad, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST_F_TIMEOUT(supply, two_suppliers_and_a_reader, TIMEOUT)
{
	struct supplier s[2] = {
		{ .cfd = self->cfd, .fd = ns_fresh(CLONE_NEWUTS, "uts") },
		{ .cfd = self->cfd, .fd = ns_fresh(CLONE_NEWUTS, "uts") },
	};
	int rounds = scaled(2000), i, got, last;
	pthread_t threads[2];

	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, s[i].fd);
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, supplier_thread, &s[i]));
	}
	for (i = 0; i < rounds; i++) {
		got = container_get_ns(self->cfd, CLONE_NEWUTS);
		ASSERT_LE(0, got);
		close(got);
	}
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&s[i].stop, true, __ATOMIC_RELEASE);
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, s[i].bad);
	}
	last = container_get_ns(self->cfd, CLONE_NEWUTS);
	ASSERT_LE(0, last);
	EXPECT_TRUE(fd_inode(last) == fd_inode(s[0].fd) || fd_inode(last) == fd_inode(s[1].fd));
	EXPECT_EQ(0, has_ns(self->cfd, "uts", last));
	close(last);
	close(s[0].fd);
	close(s[1].fd);
}

TEST_HARNESS_MAIN
