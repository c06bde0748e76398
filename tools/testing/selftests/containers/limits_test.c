// SPDX-License-Identifier: GPL-2.0
/*
 * The limits on containers: how many a user may have, how deep they nest, and
 * that processes and memory are accounted to whom they should be.
 */
#include <sys/resource.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

#define MAX_CONTAINERS	"/proc/sys/user/max_containers"
#define MAX_DEPTH	32

static bool set_limit(const char *path, int limit)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%d", limit);
	return write_file(path, buf);
}

/* 0, or the errno with which the container cannot be created. */
static int create_errno(unsigned int flags, int *cfd)
{
	int fd = container_create("limit", flags);

	if (cfd)
		*cfd = fd;
	return fd < 0 ? errno : 0;
}

/*
 * A child in a user namespace of its own, in which it is root and all ids below
 * 65536 are what they are outside. Its limits are all but infinite.
 */
static pid_t fork_in_user_ns(void)
{
	int up[2], down[2];
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(up[0]);
		close(down[1]);
		if (unshare(CLONE_NEWUSER) || !tell(up[1]) || !hear(down[0]))
			_exit(100);
		close(up[1]);
		close(down[0]);
		return 0;
	}
	close(up[1]);
	close(down[0]);
	if (pid > 0 && hear(up[0]) && map_ids(pid, 65536))
		tell(down[1]);
	close(up[0]);
	close(down[1]);
	return pid;
}

FIXTURE(limits)
{
};

FIXTURE_SETUP(limits)
{
}

FIXTURE_TEARDOWN(limits)
{
}

TEST_F_TIMEOUT(limits, the_number_of_containers_has_a_default_limit, TIMEOUT)
{
	char buf[32];
	pid_t pid;

	ASSERT_TRUE(read_file(MAX_CONTAINERS, buf, sizeof(buf)));
	EXPECT_LT(0, atoi(buf));

	/* Nobody but root can lift it. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_FALSE(write_file(MAX_CONTAINERS, buf));
		EXPECT_EQ(EACCES, errno);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, a_user_has_no_more_than_max_containers, TIMEOUT)
{
	int cfd[4], i;
	pid_t pid, init;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 3));
		for (i = 0; i < 3; i++)
			EXPECT_EQ(0, create_errno(0, &cfd[i]));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		EXPECT_EQ(ENOSPC, create_errno(CONTAINER_NEW_USER_NS, NULL));

		/* An unstarted one counts until it is closed, */
		close(cfd[2]);
		EXPECT_TRUE(wait_until(!create_errno(0, &cfd[2])));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));

		/* a running one while it runs, whoever holds it. */
		init = container_spawn_idle(cfd[0]);
		EXPECT_LT(0, init);
		close(cfd[0]);
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		kill_and_reap(init);
		EXPECT_TRUE(wait_until(!create_errno(0, &cfd[0])));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));

		/* The limit can be set lower and higher than what is there. */
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 0));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 4));
		EXPECT_EQ(0, create_errno(0, &cfd[3]));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, each_user_has_his_own_count, TIMEOUT)
{
	pid_t pid, user;
	int i;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 2));
		for (i = 0; i < 2; i++)
			EXPECT_EQ(0, create_errno(0, NULL));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		user = fork();
		if (!user) {
			EXPECT_TRUE(become_user(1000));
			for (i = 0; i < 2; i++)
				EXPECT_EQ(0, create_errno(0, NULL));
			EXPECT_EQ(ENOSPC, create_errno(0, NULL));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(user));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, a_nested_user_namespace_cannot_escape_its_parents_limit, TIMEOUT)
{
	pid_t pid, inner;
	int i;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 3));
		inner = fork_in_user_ns();
		if (!inner) {
			EXPECT_TRUE(set_limit(MAX_CONTAINERS, 1000));
			for (i = 0; i < 3; i++)
				EXPECT_EQ(0, create_errno(0, NULL));
			EXPECT_EQ(ENOSPC, create_errno(0, NULL));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(inner));
		/* What the inner one had is back. */
		for (i = 0; i < 3; i++)
			EXPECT_TRUE(wait_until(!create_errno(0, NULL)));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, what_members_create_counts_too, TIMEOUT)
{
	pid_t pid, init;
	int cfd;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 2));
		EXPECT_EQ(0, create_errno(CONTAINER_KILL_ON_CLOSE, &cfd));
		init = fork_into_container(cfd);
		if (!init) {
			EXPECT_EQ(0, create_errno(0, NULL));
			EXPECT_EQ(ENOSPC, create_errno(0, NULL));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(init));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, failed_creates_are_not_charged, TIMEOUT)
{
	struct rlimit limit, full;
	int i, next;
	pid_t pid;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 2));
		EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
		full = limit;
		next = dup(0);
		full.rlim_cur = next;
		close(next);
		EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
		for (i = 0; i < 8; i++)
			EXPECT_EQ(EMFILE, create_errno(CONTAINER_NEW_UTS_NS, NULL));
		EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		for (i = 0; i < 8; i++)
			EXPECT_EQ(EOPNOTSUPP, create_errno(CONTAINER_NEW_EMPTY_FS_NS, NULL));
		EXPECT_TRUE(drop_capabilities(~0ULL));
		for (i = 0; i < 8; i++)
			EXPECT_EQ(EPERM, create_errno(CONTAINER_NEW_UTS_NS, NULL));
		/* There is room at once. */
		for (i = 0; i < 2; i++)
			EXPECT_EQ(0, create_errno(0, NULL));
		EXPECT_EQ(ENOSPC, create_errno(0, NULL));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* Who waits for the end of a container can count on the next one. */
TEST_F_TIMEOUT(limits, a_container_that_has_hung_up_is_charged_to_nobody, TIMEOUT)
{
	int cfd, later = -1, i;
	pid_t pid, init, member;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(set_limit(MAX_CONTAINERS, 1));
		EXPECT_TRUE(set_limit("/proc/sys/user/max_uts_namespaces", 1));
		for (i = 0; i < scaled(200); i++) {
			ASSERT_EQ(0, create_errno(CONTAINER_NEW_UTS_NS, &cfd));
			close(later);
			init = container_spawn_idle(cfd);
			ASSERT_LT(0, init);
			member = container_spawn_idle(cfd);
			ASSERT_LT(0, member);
			EXPECT_EQ(ENOSPC, create_errno(0, NULL));
			kill(init, SIGKILL);
			/* Not asleep: the very moment counts. */
			EXPECT_TRUE(wait_until(poll_now(cfd) & POLLHUP));
			/* Neither zombies nor the descriptor are in the way. */
			later = cfd;
			if (i % 2) {
				wait_for_exit(init);
				wait_for_exit(member);
			}
		}
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(limits, the_limits_on_namespaces_hold_as_for_clone, TIMEOUT)
{
	static const struct {
		const char *limit;
		unsigned int flag;
	} namespaces[] = {
		{ "max_mnt_namespaces",		CONTAINER_NEW_FS_NS },
		{ "max_cgroup_namespaces",	CONTAINER_NEW_CGROUP_NS },
		{ "max_uts_namespaces",		CONTAINER_NEW_UTS_NS },
		{ "max_ipc_namespaces",		CONTAINER_NEW_IPC_NS },
		{ "max_user_namespaces",	CONTAINER_NEW_USER_NS },
		{ "max_pid_namespaces",		CONTAINER_NEW_PID_NS },
		{ "max_net_namespaces",		CONTAINER_NEW_NET_NS },
		{ "max_time_namespaces",	CONTAINER_NEW_TIME_NS },
	};
	char path[64];
	size_t i;
	pid_t pid;
	int cfd;

	pid = fork_in_user_ns();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(namespaces); i++) {
			EXPECT_EQ(0, create_errno(namespaces[i].flag, &cfd))
				TH_LOG("%s", namespaces[i].limit);
			snprintf(path, sizeof(path), "/proc/sys/user/%s", namespaces[i].limit);
			EXPECT_TRUE(set_limit(path, 0));
			EXPECT_EQ(ENOSPC, create_errno(namespaces[i].flag, NULL))
				TH_LOG("%s", namespaces[i].limit);
			EXPECT_EQ(0, create_errno(0, NULL));
			EXPECT_TRUE(set_limit(path, 1000));
			close(cfd);
		}
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* How many levels can be nested below us; 255 if it ends in another way. */
static int nest(void)
{
	int cfd = container_create("level", CONTAINER_KILL_ON_CLOSE), levels;
	pid_t pid;

	if (cfd < 0)
		return errno == ENOSPC ? 0 : 255;
	pid = fork_into_container(cfd);
	if (!pid)
		_exit(nest());
	levels = pid < 0 ? 255 : wait_for_exit(pid);
	close(cfd);
	return levels == 255 ? 255 : levels + 1;
}

TEST_F_TIMEOUT(limits, containers_nest_32_deep, TIMEOUT)
{
	int before = container_baseline();

	EXPECT_EQ(MAX_DEPTH, nest());
	EXPECT_EQ(before, container_count());
	/* Neither is there less room the second time. */
	EXPECT_EQ(MAX_DEPTH, nest());
}

TEST_F_TIMEOUT(limits, entrants_count_against_rlimit_nproc, TIMEOUT)
{
	struct rlimit limit = { 1, 3 };
	pid_t pid, init;
	char state[16];
	int cfd;

	/* Nobody else is that user. */
	ASSERT_TRUE(become_user(54321));
	cfd = container_create("nproc", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &limit));
	EXPECT_EQ(-1, fork_into_container(cfd));
	EXPECT_EQ(EAGAIN, errno);

	/* The container waits for its init still. */
	ASSERT_NE(NULL, fdinfo_field(cfd, "State:", state, sizeof(state)));
	EXPECT_STREQ("new", state);
	EXPECT_EQ(0, fdinfo_number(cfd, "Processes:"));

	limit.rlim_cur = 2;
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &limit));
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(init, fdinfo_number(cfd, "Init:"));
	EXPECT_EQ(-1, fork_into_container(cfd));
	EXPECT_EQ(EAGAIN, errno);
	limit.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &limit));
	pid = container_spawn_idle(cfd);
	ASSERT_LT(0, pid);
	kill_and_reap(pid);
	kill_and_reap(init);
	close(cfd);
}

/* In a user namespace, the limit of who created it holds for all in it together. */
TEST_F_TIMEOUT(limits, a_user_namespace_does_not_escape_rlimit_nproc, TIMEOUT)
{
	struct rlimit limit = { 2, 2 };
	pid_t other, init;
	int cfd;

	ASSERT_TRUE(become_user(54322));
	other = fork();
	ASSERT_LE(0, other);
	if (!other)
		pause_forever();
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &limit));
	cfd = container_create("nproc", CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |
			       CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(-1, fork_into_container(cfd));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, fork_into_container(cfd));
	EXPECT_EQ(EAGAIN, errno);

	kill_and_reap(other);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init)
		_exit(getpid() != 1);
	EXPECT_EQ(0, wait_for_exit(init));
	close(cfd);
}

FIXTURE(memory)
{
	char cgroup[128];
	bool enabled;		/* the controller was, by us */
};

FIXTURE_SETUP(memory)
{
	const char *root = cgroup2_root();
	char name[128], controllers[256];

	if (!root)
		SKIP(return, "no unified cgroup hierarchy");
	snprintf(name, sizeof(name), "%s/cgroup.controllers", root);
	ASSERT_TRUE(read_file(name, controllers, sizeof(controllers)));
	if (!strstr(controllers, "memory"))
		SKIP(return, "no memory controller");
	snprintf(name, sizeof(name), "%s/cgroup.subtree_control", root);
	ASSERT_TRUE(read_file(name, controllers, sizeof(controllers)));
	if (!strstr(controllers, "memory")) {
		ASSERT_TRUE(cgroup_write(root, "cgroup.subtree_control", "+memory"));
		self->enabled = true;
	}
	ASSERT_TRUE(cgroup2_make("limits", self->cgroup, sizeof(self->cgroup)));
}

FIXTURE_TEARDOWN_PARENT(memory)
{
	EXPECT_TRUE(wait_until(!rmdir(self->cgroup) || errno != EBUSY));
	EXPECT_NE(0, access(self->cgroup, F_OK));
	if (self->enabled)
		cgroup_write(cgroup2_root(), "cgroup.subtree_control", "-memory");
}

/* A line of memory.stat; -1 on an error. */
static long long memory_stat(const char *cgroup, const char *name)
{
	char path[256], stat[8192], line[64], *at;

	snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	snprintf(line, sizeof(line), "\n%s ", name);
	if (!read_file(path, stat, sizeof(stat)))
		return -1;
	at = strstr(stat, line);
	return at ? strtoll(at + strlen(line), NULL, 10) : -1;
}

/*
 * What the object, its credentials and the struct file come to at least: twice
 * what the latter is alone. (The inode and its dentry are reclaimable.) The
 * kernel adds up when there is enough of it, or two seconds later, so there are
 * many containers, and there is waiting.
 */
#define CONTAINER_SIZE	512
#define NR_CONTAINERS	2000

TEST_F_TIMEOUT(memory, containers_are_charged_to_their_creators_cgroup, TIMEOUT)
{
	struct rlimit limit = { NR_CONTAINERS + 100, NR_CONTAINERS + 100 };
	int nr = debug_kernel() ? 800 : NR_CONTAINERS, i;
	long long before, with, needed;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int *cfd = calloc(nr, sizeof(*cfd));

		EXPECT_TRUE(cgroup_move(self->cgroup, getpid()));
		EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		EXPECT_TRUE(become_user(1000));

		/* The table of descriptors is not counted. */
		for (i = 0; i < nr; i++)
			cfd[i] = dup(0);
		for (i = 0; i < nr; i++)
			close(cfd[i]);
		before = memory_stat(self->cgroup, "slab_unreclaimable");
		EXPECT_LE(0, before);
		for (i = 0; i < nr; i++) {
			cfd[i] = container_create("charged", 0);
			if (cfd[i] < 0)
				break;
		}
		EXPECT_EQ(nr, i);
		needed = before + (long long)nr * CONTAINER_SIZE;
		EXPECT_TRUE(wait_until(memory_stat(self->cgroup, "slab_unreclaimable") > needed));
		with = memory_stat(self->cgroup, "slab_unreclaimable");
		TH_LOG("%lld bytes for each container, and %lld for its inode and dentry",
		       (with - before) / nr,
		       memory_stat(self->cgroup, "slab_reclaimable") / nr);

		/* What is closed is given back. */
		for (i = 0; i < nr; i++)
			close(cfd[i]);
		needed = before + (with - before) / 3;
		EXPECT_TRUE(wait_until(memory_stat(self->cgroup, "slab_unreclaimable") < needed));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_HARNESS_MAIN
