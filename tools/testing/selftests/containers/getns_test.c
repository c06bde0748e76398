// SPDX-License-Identifier: GPL-2.0
/*
 * A container's namespaces for those outside: descriptors of them by
 * CONTAINER_GET_NAMESPACE, and setns() to all at once. Neither makes anybody a
 * member.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/utsname.h>

#include <linux/nsfs.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT

/* The processes of these tests are not threaded: all of them can be joined. */
#define ALL_TYPES	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET |	\
			 CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)

FIXTURE(getns)
{
	int cfd;
	pid_t init;
};

FIXTURE_VARIANT(getns)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(getns, inherited) { .flags = 0 };
FIXTURE_VARIANT_ADD(getns, all_but_user) { .flags = NEW_ALL_BUT_USER };
FIXTURE_VARIANT_ADD(getns, all) { .flags = NEW_ALL };

FIXTURE_SETUP(getns)
{
	self->cfd = container_create("getns", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
}

FIXTURE_TEARDOWN(getns)
{
	kill_and_reap(self->init);
	close(self->cfd);
}

TEST_F_TIMEOUT(getns, gives_the_namespaces_of_its_members, TIMEOUT)
{
	const struct namespace_type *t;
	int fd;

	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		fd = container_get_ns(self->cfd, t->type);
		ASSERT_LE(0, fd)
			TH_LOG("%s: %s", t->name, strerror(errno));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		EXPECT_EQ(t->type, ioctl(fd, NS_GET_NSTYPE));
		EXPECT_EQ(ns_inode(self->init, t->name), fd_inode(fd))
			TH_LOG("%s", t->name);
		EXPECT_EQ(!!(variant->flags & t->flag), fd_inode(fd) != ns_inode(0, t->name))
			TH_LOG("%s", t->name);
		close(fd);
	}
}

TEST_F_TIMEOUT(getns, gives_them_before_the_start, TIMEOUT)
{
	int cfd = container_create("unstarted", variant->flags | CONTAINER_FD_CLOEXEC), fd;
	bool own_pids = variant->flags & CONTAINER_NEW_PID_NS;
	ino_t before[NR_NS_TYPES] = {};
	const struct namespace_type *t;
	pid_t pid;

	ASSERT_LE(0, cfd);
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		fd = container_get_ns(cfd, t->type);
		/* Somebody else could become its first process. */
		if (own_pids && t->type == CLONE_NEWPID) {
			EXPECT_EQ(-1, fd);
			EXPECT_EQ(ENOENT, errno);
			EXPECT_EQ(ENOENT, try_setns(cfd, CLONE_NEWPID));
			EXPECT_EQ(ENOENT, try_setns(cfd, CLONE_NEWPID | CLONE_NEWUTS));
			continue;
		}
		ASSERT_LE(0, fd)
			TH_LOG("%s: %s", t->name, strerror(errno));
		before[t - ns_types] = fd_inode(fd);
		close(fd);
	}
	if (!own_pids)
		before[4] = ns_inode(0, "pid");

	pid = container_spawn_idle(cfd);
	ASSERT_LT(0, pid);
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		fd = container_get_ns(cfd, t->type);
		ASSERT_LE(0, fd);
		if (before[t - ns_types])
			EXPECT_EQ(before[t - ns_types], fd_inode(fd));
		EXPECT_EQ(ns_inode(pid, t->name), fd_inode(fd));
		close(fd);
	}
	kill_and_reap(pid);
	close(cfd);
}

/* What members do to their own does not change the container's. */
TEST_F_TIMEOUT(getns, gives_the_containers_not_a_members, TIMEOUT)
{
	int p[2], down[2], fd;
	ino_t ino;
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	fd = container_get_ns(self->cfd, CLONE_NEWUTS);
	ASSERT_LE(0, fd);
	ino = fd_inode(fd);
	close(fd);
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWUTS));
		tell(p[1]);
		hear_in_time(down[0]);
		_exit(0);
	}
	ASSERT_TRUE(hear_in_time(p[0]));
	fd = container_get_ns(self->cfd, CLONE_NEWUTS);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ino, fd_inode(fd));
	EXPECT_NE(ns_inode(pid, "uts"), fd_inode(fd));
	close(fd);
	tell(down[1]);
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(getns, outlives_the_container_in_the_descriptor, TIMEOUT)
{
	int fd = container_get_ns(self->cfd, CLONE_NEWUTS);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kill(self->init, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(ECANCELED, ERRNO_FD(container_get_ns(self->cfd, CLONE_NEWUTS)));
	EXPECT_EQ(0, try_setns(fd, CLONE_NEWUTS));
	close(fd);
}

TEST_F_TIMEOUT(getns, wants_one_type, TIMEOUT)
{
	static const unsigned long bad[] = {
		0, 1, CLONE_NEWNET | CLONE_NEWUTS, CLONE_VM, CLONE_FS, ALL_TYPES, ~0UL,
		CLONE_NEWNET | 1UL << 31 << 1, CLONE_THREAD, CONTAINER_NEW_USER_NS,
	};
	int fds = open_fds();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i] == CLONE_NEWNET)
			continue;	/* with 32-bit longs */
		EXPECT_EQ(EINVAL, ERRNO_FD(container_get_ns(self->cfd, bad[i])))
			TH_LOG("%lx", bad[i]);
	}
	EXPECT_EQ(fds, open_fds());
}

/* --- permissions ---------------------------------------------------------------- */

static int get_uts(int cfd)
{
	return ERRNO_FD(container_get_ns(cfd, CLONE_NEWUTS));
}

static int set_uts(int cfd)
{
	return try_setns(cfd, CLONE_NEWUTS);
}

TEST_F_TIMEOUT(getns, is_for_those_who_may_enter, TIMEOUT)
{
	pid_t pid;
	int fd;

	EXPECT_EQ(0, get_uts(self->cfd));
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, get_uts));
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, set_uts));
	/* Nobody has anything to fetch from his own, or from around it. */
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, get_uts));
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, set_uts));
	fd = container_create("sibling", CONTAINER_FD_CLOEXEC);
	pid = container_spawn_idle(fd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(EPERM, run_inside(self->cfd, fd, get_uts));
	EXPECT_EQ(EPERM, run_inside(self->cfd, fd, set_uts));
	EXPECT_EQ(EPERM, run_inside(fd, self->cfd, get_uts));
	EXPECT_EQ(EPERM, run_inside(fd, self->cfd, set_uts));
	kill_and_reap(pid);
	close(fd);
	fd = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_ENTER);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EPERM, get_uts(fd));
	EXPECT_EQ(EPERM, set_uts(fd));
	close(fd);
}

TEST_F_TIMEOUT(getns, is_for_whom_created_it_unprivileged, TIMEOUT)
{
	int users = container_created_by(1000, variant->flags | CONTAINER_NEW_USER_NS);

	ASSERT_LE(0, users);
	EXPECT_EQ(0, run_as(1000, users, get_uts));
	EXPECT_EQ(EPERM, run_as(1001, users, get_uts));
	EXPECT_EQ(EPERM, run_as(1001, users, set_uts));
	close(users);
}

TEST_F_TIMEOUT(getns, is_canceled_for_one_that_dies_or_is_dead, TIMEOUT)
{
	int dead = container_dead(variant->flags), gone, observer;
	const struct namespace_type *t;
	struct dying_container d;

	ASSERT_LE(0, dead);
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		EXPECT_EQ(ECANCELED, ERRNO_FD(container_get_ns(dead, t->type)));
		EXPECT_EQ(ECANCELED, try_setns(dead, t->type));
	}
	EXPECT_EQ(ECANCELED, try_setns(dead, ALL_TYPES));
	EXPECT_EQ(EINVAL, ERRNO_FD(container_get_ns(dead, 0)));
	close(dead);

	gone = container_create("gone", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, gone);
	observer = container_observer(gone);
	close(gone);
	EXPECT_EQ(EPERM, ERRNO_FD(container_get_ns(observer, CLONE_NEWUTS)));
	close(observer);

	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, 0));
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		EXPECT_EQ(ECANCELED, ERRNO_FD(container_get_ns(d.cfd, t->type)));
		EXPECT_EQ(ECANCELED, try_setns(d.cfd, t->type));
	}
	dying_close(&d);
}

/* --- setns ------------------------------------------------------------------------ */

/* In a child: joins, and compares with a member. Exit code 0: as it should. */
static int joined(int cfd, pid_t member, int types)
{
	const struct namespace_type *t;
	ino_t before[NR_NS_TYPES], theirs[NR_NS_TYPES];
	struct stat root;
	char name[32];
	int i, p[2];
	pid_t pid = -1;

	for (i = 0; i < NR_NS_TYPES; i++) {
		before[i] = ns_inode(0, ns_types[i].name);
		theirs[i] = ns_inode(member, ns_types[i].name);
	}
	if (pipe2(p, O_CLOEXEC) || setns(cfd, types))
		return errno;
	/* /proc stays the one of our mount namespace's copy, which has us in it */
	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		i = t - ns_types;
		/* This one is the children's. */
		snprintf(name, sizeof(name), t->type == CLONE_NEWPID ? "%s_for_children" : "%s",
			 t->name);
		if (ns_inode(0, name) != (types & t->type ? theirs[i] : before[i]))
			return 100 + i;
	}
	if (own_container() != 1)
		return 120;
	if (types & CLONE_NEWNS && (stat("/", &root) || !S_ISDIR(root.st_mode)))
		return 121;

	/* A child is there, and is in our container as well. */
	pid = fork();
	if (pid == 0) {
		if (types & CLONE_NEWPID && before[4] != theirs[4] && getpid() == 1)
			_exit(1);
		if (types & CLONE_NEWTIME && ns_inode(0, "time") != theirs[5])
			_exit(2);
		_exit(0);
	}
	return pid < 0 ? 122 : wait_for_exit(pid) ? 123 : 0;
}

static int try_joined(int cfd, pid_t member, int types)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(joined(cfd, member, types));
	return pid < 0 ? NOT_TRIED : wait_for_exit(pid);
}

TEST_F_TIMEOUT(getns, setns_joins_each_type, TIMEOUT)
{
	const struct namespace_type *t;

	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++) {
		if (t->type == CLONE_NEWUSER && !(variant->flags & CONTAINER_NEW_USER_NS)) {
			/* as with a pidfd: nobody enters his own again */
			EXPECT_EQ(EINVAL, try_setns(self->cfd, CLONE_NEWUSER));
			continue;
		}
		EXPECT_EQ(0, try_joined(self->cfd, self->init, t->type))
			TH_LOG("%s", t->name);
	}
}

TEST_F_TIMEOUT(getns, setns_joins_combinations, TIMEOUT)
{
	const int all = variant->flags & CONTAINER_NEW_USER_NS ?
			ALL_TYPES : ALL_TYPES & ~CLONE_NEWUSER;
	static const int types[] = {
		CLONE_NEWNET | CLONE_NEWUTS,
		CLONE_NEWNS | CLONE_NEWPID,
		CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET,
		CLONE_NEWTIME | CLONE_NEWCGROUP,
		CLONE_NEWUSER | CLONE_NEWUTS,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET,
		ALL_TYPES,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(0, try_joined(self->cfd, self->init, types[i] & all))
			TH_LOG("types %x", types[i]);
	}
}

/* The same flags do the same with a pidfd of init. */
TEST_F_TIMEOUT(getns, setns_is_as_with_a_pidfd, TIMEOUT)
{
	int pidfd = open_pidfd(self->init), i;

	ASSERT_LE(0, pidfd);
	for (i = 1; i < 1 << NR_NS_TYPES; i += debug_kernel() ? 23 : 5) {
		int types = 0, t;

		for (t = 0; t < NR_NS_TYPES; t++)
			if (i & 1 << t)
				types |= ns_types[t].type;
		EXPECT_EQ(try_setns(pidfd, types), try_setns(self->cfd, types))
			TH_LOG("types %x", types);
	}
	close(pidfd);
}

static void *idle_thread(void *arg)
{
	pause_forever();
}

/* What it is that a process with threads, or with a shared root, must not join. */
TEST_F_TIMEOUT(getns, setns_of_who_shares_is_as_with_a_pidfd, TIMEOUT)
{
	int fds[] = { open_pidfd(self->init), self->cfd }, said[2][NR_NS_TYPES], refused = 0, i, t;
	pthread_t thread;
	pid_t pid;

	ASSERT_LE(0, fds[0]);
	for (i = 0; i < 2; i++) {
		for (t = 0; t < NR_NS_TYPES; t++) {
			pid = fork();
			ASSERT_LE(0, pid);
			if (!pid) {
				if (pthread_create(&thread, NULL, idle_thread, NULL))
					_exit(NOT_TRIED);
				_exit(ERRNO(setns(fds[i], ns_types[t].type)));
			}
			said[i][t] = wait_for_exit(pid);
		}
	}
	for (t = 0; t < NR_NS_TYPES; t++) {
		EXPECT_EQ(said[0][t], said[1][t])
			TH_LOG("%s", ns_types[t].name);
		refused += said[1][t] != 0;
	}
	/* A mount, a time and a user namespace. */
	EXPECT_EQ(3, refused);
	close(fds[0]);
}

TEST_F_TIMEOUT(getns, setns_wants_flags, TIMEOUT)
{
	static const int bad[] = {
		0, CLONE_VM, CLONE_NEWUTS | CLONE_FS, 1, 0x01000000, CLONE_THREAD, -1,
	};
	struct utsname before, after;
	size_t i;

	ASSERT_EQ(0, uname(&before));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(EINVAL, try_setns(self->cfd, bad[i]))
			TH_LOG("flags %x", bad[i]);
	}
	EXPECT_EQ(EBADF, try_setns(-1, CLONE_NEWUTS));
	ASSERT_EQ(0, uname(&after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

/* One that fails at the last step has done nothing. */
TEST_F_TIMEOUT(getns, setns_does_all_or_nothing, TIMEOUT)
{
	ino_t before[NR_NS_TYPES];
	pid_t pid;
	int i;

	if (variant->flags & CONTAINER_NEW_USER_NS)
		return;
	for (i = 0; i < NR_NS_TYPES; i++)
		before[i] = ns_inode(0, ns_types[i].name);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(-1, setns(self->cfd, ALL_TYPES));
		EXPECT_EQ(EINVAL, errno);
		for (i = 0; i < NR_NS_TYPES; i++)
			EXPECT_EQ(before[i], ns_inode(0, ns_types[i].name));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* A process from outside that joined is none of the container's dead. */
TEST_F_TIMEOUT(getns, who_joined_outlives_the_container, TIMEOUT)
{
	int p[2], down[2];
	struct container_info info;
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, setns(self->cfd, CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC));
		tell(p[1]);
		hear_in_time(down[0]);
		EXPECT_EQ(1, own_container());
		_exit(0);
	}
	ASSERT_TRUE(hear_in_time(p[0]));
	ASSERT_TRUE(container_info(self->cfd, &info));
	EXPECT_EQ(1, info.nr_processes);
	ASSERT_EQ(0, kill(self->init, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	tell(down[1]);
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_HARNESS_MAIN
