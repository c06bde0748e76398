// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation that can fail in clone3(), container_kill(), container_socket(),
 * container_wait(), setns(), the ioctls and the files in /proc is made to, one after
 * the other, and nothing is left behind by that.
 *
 * Every test runs as pid 1 of a sandbox, in a user namespace of its own: there
 * no container and no namespace is counted against it at first, and a limit tells
 * in the end whether any still is.
 */
#define _GNU_SOURCE
#include "container_handle.h"
#include "../kselftest_harness.h"

/* Newer than some C library's headers. */
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP	0x200000000ULL
#endif

#define MAX_FAULTS	5000	/* no call has that many */

/* After so long one fault in STRIDE must do. */
#define PATIENCE_MS	3000
#define STRIDE		13

#define ALL_BUT_NET	((NEW_ALL_BUT_USER & ~CONTAINER_NEW_NET_NS) | CONTAINER_NEW_USER_NS)

struct context {
	int cfd;
	int nsfd;	/* for those who take one */
	int pidfd;	/* of init, or -1 */
	int proc;	/* /proc/containers */
	int type;	/* of namespace */
	__u64 id;
};

/* What a call returns that gives no descriptor and no process. */
static int call_info(struct context *c)
{
	struct container_info info;

	return container_info(c->cfd, &info) ? 0 : -1;
}

static int call_dup(struct context *c)
{
	return container_dup(c->cfd, CONTAINER_RIGHTS_ALL);
}

static int call_drop(struct context *c)
{
	return container_drop(c->cfd, 0);
}

static int call_open(struct context *c)
{
	return ioctl(c->proc, CONTAINER_OPEN, &c->id);
}

static int call_pidfd(struct context *c)
{
	return ioctl(c->pidfd, PIDFD_GET_CONTAINER, 0UL);
}

static int call_get_ns_user(struct context *c)
{
	return container_get_ns(c->cfd, CLONE_NEWUSER);
}

/* Whichever it is that .ns_type says. */
static int call_get_ns(struct context *c)
{
	return container_get_ns(c->cfd, c->type);
}

static int call_get_ns_mnt(struct context *c)
{
	return container_get_ns(c->cfd, CLONE_NEWNS);
}

static int call_set_ns(struct context *c)
{
	return container_set_ns(c->cfd, c->nsfd);
}

static int call_socket_inet(struct context *c)
{
	return container_socket(c->cfd, AF_INET, SOCK_STREAM, 0);
}

static int call_socket_unix(struct context *c)
{
	return container_socket(c->cfd, AF_UNIX, SOCK_STREAM, 0);
}

static int call_socket_ns(struct context *c)
{
	return container_socket(c->nsfd, AF_INET, SOCK_DGRAM, 0);
}

/* Members have a handler for it: one that they ignored would not be sent at all. */
static void on_signal(int sig)
{
}

static int call_kill(struct context *c)
{
	return container_kill(c->cfd, 0, SIGUSR1);
}

static int call_kill_init(struct context *c)
{
	return container_kill(c->cfd, 1, SIGUSR1);
}

static int call_wait(struct context *c)
{
	struct rusage usage;
	int status;

	return container_wait(c->cfd, &status, WNOHANG, &usage);
}

static int call_list(struct context *c)
{
	char text[4096];
	int fd = open("/proc/containers", O_RDONLY | O_CLOEXEC), ret, error;

	if (fd < 0)
		return -1;
	ret = read(fd, text, sizeof(text));
	error = errno;
	close(fd);
	errno = error;
	return ret < 0 ? ret : 0;
}

static int call_proc_pid(struct context *c)
{
	char text[256];
	int fd = open("/proc/self/container", O_RDONLY | O_CLOEXEC), ret, error;

	if (fd < 0)
		return -1;
	ret = read(fd, text, sizeof(text));
	error = errno;
	close(fd);
	errno = error;
	return ret < 0 ? ret : 0;
}

enum gives { NOTHING, DESCRIPTOR };

FIXTURE(fault_handle)
{
	int fail;
	struct context c;
	pid_t init;	/* -1: not started */
};

FIXTURE_VARIANT(fault_handle)
{
	int (*call)(struct context *c);
	enum gives gives;
	unsigned int flags;
	bool started;
	const char *ns;		/* whose descriptor c.nsfd is */
	int ns_type;
	int failures;		/* that there are at least */
};

FIXTURE_VARIANT_ADD(fault_handle, get_info) {
	.call = call_info, .gives = NOTHING, .started = true, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, dup) {
	.call = call_dup, .gives = DESCRIPTOR, .started = false, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, drop_rights) {
	.call = call_drop, .gives = NOTHING, .started = false, .failures = 0,
};

FIXTURE_VARIANT_ADD(fault_handle, open) {
	.call = call_open, .gives = DESCRIPTOR, .started = false, .failures = 2,
};

FIXTURE_VARIANT_ADD(fault_handle, pidfd_get_container) {
	.call = call_pidfd, .gives = DESCRIPTOR, .started = true, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_user_namespace) {
	.call = call_get_ns_user, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_mount_namespace) {
	.call = call_get_ns_mnt, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = false, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_uts_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "uts", .ns_type = CLONE_NEWUTS, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_mount_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "mnt", .ns_type = CLONE_NEWNS, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_user_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "user", .ns_type = CLONE_NEWUSER, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, socket_inet) {
	.call = call_socket_inet, .gives = DESCRIPTOR, .flags = CONTAINER_NEW_NET_NS,
	.started = true, .failures = 3,
};

FIXTURE_VARIANT_ADD(fault_handle, socket_unix) {
	.call = call_socket_unix, .gives = DESCRIPTOR, .started = false, .failures = 3,
};

FIXTURE_VARIANT_ADD(fault_handle, socket_of_namespace) {
	.call = call_socket_ns, .gives = DESCRIPTOR, .started = false,
	.ns = "net", .ns_type = CLONE_NEWNET, .failures = 3,
};

FIXTURE_VARIANT_ADD(fault_handle, get_uts_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .ns_type = CLONE_NEWUTS, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_ipc_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .ns_type = CLONE_NEWIPC, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_pid_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .ns_type = CLONE_NEWPID, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_cgroup_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .ns_type = CLONE_NEWCGROUP, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_net_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = NEW_ALL,
	.started = true, .ns_type = CLONE_NEWNET, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, get_time_namespace) {
	.call = call_get_ns, .gives = DESCRIPTOR, .flags = ALL_BUT_NET,
	.started = true, .ns_type = CLONE_NEWTIME, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_ipc_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "ipc", .ns_type = CLONE_NEWIPC, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_cgroup_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "cgroup", .ns_type = CLONE_NEWCGROUP, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_net_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "net", .ns_type = CLONE_NEWNET, .failures = 1,
};

FIXTURE_VARIANT_ADD(fault_handle, set_time_namespace) {
	.call = call_set_ns, .gives = NOTHING, .started = false,
	.ns = "time_for_children", .ns_type = CLONE_NEWTIME, .failures = 1,
};

/* What cannot be queued is delivered all the same, as by kill(2). */
FIXTURE_VARIANT_ADD(fault_handle, kill) {
	.call = call_kill, .gives = NOTHING, .started = true, .failures = 0,
};

FIXTURE_VARIANT_ADD(fault_handle, kill_init) {
	.call = call_kill_init, .gives = NOTHING, .started = true, .failures = 0,
};

FIXTURE_VARIANT_ADD(fault_handle, wait) {
	.call = call_wait, .gives = NOTHING, .started = true, .failures = 0,
};

FIXTURE_VARIANT_ADD(fault_handle, list) {
	.call = call_list, .gives = NOTHING, .started = true, .failures = 3,
};

FIXTURE_VARIANT_ADD(fault_handle, proc_pid_container) {
	.call = call_proc_pid, .gives = NOTHING, .started = false, .failures = 3,
};

FIXTURE_SETUP(fault_handle)
{
	sigset_t realtime;

	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	signal(SIGUSR1, on_signal);
	self->fail = fail_nth_open();
	ASSERT_LE(0, self->fail);
	ASSERT_TRUE(enter_user_namespace());
	self->c.nsfd = -1;
	if (variant->ns) {
		self->c.nsfd = ns_fresh(variant->ns_type, variant->ns);
		ASSERT_LE(0, self->c.nsfd);
	}
	self->c.cfd = container_create("handle", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->c.cfd);
	self->c.id = container_id(self->c.cfd);
	self->c.type = variant->ns_type;
	/* Who is in it queues what call_kill() sends. */
	sigemptyset(&realtime);
	sigaddset(&realtime, SIGRTMIN);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &realtime, NULL));
	self->c.proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->c.proc);
	self->init = -1;
	self->c.pidfd = -1;
	if (variant->started) {
		self->init = container_spawn_idle(self->c.cfd);
		ASSERT_LT(0, self->init);
		self->c.pidfd = open_pidfd(self->init);
		ASSERT_LE(0, self->c.pidfd);
	}
}

FIXTURE_TEARDOWN(fault_handle)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
}

static int next_fault(int n, long long start)
{
	return n + (now_ms() - start < PATIENCE_MS ? 1 : STRIDE);
}

static bool is_sane(int err)
{
	return err == ENOMEM || err == EFAULT || err == EAGAIN || err == ENOSPC ||
	       err == ENOBUFS || err == ENFILE;
}

/* With room for just the one, there is room. */
static bool no_container_is_counted(void)
{
	int cfd = -1;

	if (!limit_user("containers", 1))
		return false;
	wait_until((cfd = container_create("last", 0)) >= 0);
	if (cfd < 0 || container_create("too many", 0) >= 0 || errno != ENOSPC)
		return false;
	close(cfd);
	return limit_user("containers", INT_MAX);
}

/* A type that was supplied or made in the test, all of whose users have gone. */
static bool no_namespace_is_counted(const char *limit, unsigned int flag)
{
	int cfd = -1;

	if (!limit_user(limit, 1))
		return false;
	wait_until((cfd = container_create("last", flag)) >= 0);
	if (cfd < 0)
		return false;
	close(cfd);
	return limit_user(limit, INT_MAX);
}

static void expect_same_container(struct __test_metadata *_metadata,
				  const struct context *c, bool started, int n)
{
	EXPECT_EQ(started ? CONTAINER_STATE_RUNNING : CONTAINER_STATE_NEW,
		  container_state(c->cfd)) {
		TH_LOG("fault %d", n);
	}
	EXPECT_EQ(started, fdinfo_number(c->cfd, "Processes:"));
	EXPECT_EQ(CONTAINER_RIGHTS_ALL, container_rights(c->cfd));
	EXPECT_EQ(0, poll_now(c->cfd));
}

TEST_F_TIMEOUT(fault_handle, leaves_nothing_behind, PROCESS_TEST_TIMEOUT)
{
	int n, ret, err = 0, left = 0, failures = 0, fds = open_fds();
	int containers = container_count();
	long long start = now_ms();

	for (n = 1; n < MAX_FAULTS && !left; n = next_fault(n, start)) {
		ASSERT_TRUE(fail_nth(self->fail, n));
		ret = variant->call(&self->c);
		err = ret < 0 ? errno : 0;
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		if (err) {
			failures++;
			EXPECT_TRUE(is_sane(err)) {
				TH_LOG("fault %d: %s", n, strerror(err));
			}
		} else if (variant->gives == DESCRIPTOR) {
			close(ret);
		}
		/* A user namespace that is used has its users counted already. */
		if (!err && !left && variant->call == call_set_ns) {
			close(self->c.cfd);
			self->c.cfd = container_create("handle", CONTAINER_FD_CLOEXEC);
			ASSERT_LE(0, self->c.cfd);
		}
		ASSERT_EQ(fds, open_fds()) {
			TH_LOG("fault %d, %s", n, strerror(err));
		}
		ASSERT_EQ(containers, container_count());
		expect_same_container(_metadata, &self->c, variant->started, n);
	}
	/* The last one was without a fault, so it succeeded. */
	EXPECT_LT(0, left);
	EXPECT_EQ(0, err);
	EXPECT_LE(variant->failures, failures);
	TH_LOG("%d of %d operations failed the call", failures, n);

	/* A container that was not started can be; then all of it goes. */
	if (!variant->started) {
		self->init = container_spawn_idle(self->c.cfd);
		EXPECT_LT(0, self->init);
	}
	kill_and_reap(self->init);
	EXPECT_TRUE(poll_until(self->c.cfd, POLLIN | POLLHUP));
	close(self->c.cfd);
	close(self->c.pidfd);
	close(self->c.nsfd);
	EXPECT_TRUE(no_container_is_counted());
	if (variant->ns_type == CLONE_NEWUTS)
		EXPECT_TRUE(no_namespace_is_counted("uts_namespaces", CONTAINER_NEW_UTS_NS));
	if (variant->ns_type == CLONE_NEWNS)
		EXPECT_TRUE(no_namespace_is_counted("mnt_namespaces", CONTAINER_NEW_FS_NS));
	if (variant->ns_type == CLONE_NEWUSER)
		EXPECT_TRUE(no_namespace_is_counted("user_namespaces", CONTAINER_NEW_USER_NS));
	if (variant->ns_type == CLONE_NEWNET || variant->flags & CONTAINER_NEW_NET_NS)
		EXPECT_TRUE(no_namespace_is_counted("net_namespaces", CONTAINER_NEW_NET_NS));
}

/* --- container_wait() ------------------------------------------------------------------- */

FIXTURE(fault_wait)
{
	int fail;
	int cfd;
};

FIXTURE_SETUP(fault_wait)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	self->fail = fail_nth_open();
	ASSERT_LE(0, self->fail);
	ASSERT_TRUE(enter_user_namespace());
	self->cfd = container_dead(0);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(fault_wait)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
}

/* A status that could not be told is there to be asked for again. */
TEST_F_TIMEOUT(fault_wait, loses_nothing, PROCESS_TEST_TIMEOUT)
{
	int n, err, status, left = 0, failures = 0, fds = open_fds();
	struct rusage usage, first;

	ASSERT_EQ(0, container_wait(self->cfd, NULL, 0, &first));
	for (n = 1; n < MAX_FAULTS && !left; n++) {
		status = -1;
		memset(&usage, 0xff, sizeof(usage));
		ASSERT_TRUE(fail_nth(self->fail, n));
		err = ERRNO(container_wait(self->cfd, &status, 0, &usage));
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		if (err) {
			failures++;
			EXPECT_EQ(EFAULT, err) {
				TH_LOG("fault %d: %s", n, strerror(err));
			}
		} else {
			EXPECT_EQ(0, status);
			EXPECT_EQ(0, memcmp(&first, &usage, sizeof(usage)));
		}
		ASSERT_EQ(fds, open_fds());
		EXPECT_EQ(CONTAINER_STATE_DEAD, container_state(self->cfd));
	}
	EXPECT_LT(0, left);
	EXPECT_LE(1, failures);
	TH_LOG("%d of %d operations failed the call", failures, n);
	close(self->cfd);
	EXPECT_TRUE(no_container_is_counted());
}

/* --- clone3() --------------------------------------------------------------------------- */

FIXTURE(fault_clone)
{
	int fail;
	int cfd;
	pid_t init;	/* -1: not started */
	char cgroup[128];
	int cgroup_fd;	/* -1: none */
};

FIXTURE_VARIANT(fault_clone)
{
	unsigned int flags;
	bool started;
	__u64 clone_flags;
};

FIXTURE_VARIANT_ADD(fault_clone, first_no_ns) { .flags = 0, .started = false };
FIXTURE_VARIANT_ADD(fault_clone, first_all_but_net_ns) {
	.flags = ALL_BUT_NET, .started = false
};

FIXTURE_VARIANT_ADD(fault_clone, later_all_but_net_ns) {
	.flags = ALL_BUT_NET, .started = true
};

FIXTURE_VARIANT_ADD(fault_clone, first_into_cgroup) {
	.flags = CONTAINER_NEW_PID_NS, .started = false, .clone_flags = CLONE_INTO_CGROUP
};

FIXTURE_VARIANT_ADD(fault_clone, later_into_cgroup) {
	.flags = 0, .started = true, .clone_flags = CLONE_INTO_CGROUP
};

FIXTURE_VARIANT_ADD(fault_clone, first_vfork) {
	.flags = 0, .started = false, .clone_flags = CLONE_VFORK
};

FIXTURE_SETUP(fault_clone)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	self->fail = fail_nth_open();
	ASSERT_LE(0, self->fail);
	ASSERT_TRUE(enter_user_namespace());
	self->cgroup_fd = -1;
	if (variant->clone_flags & CLONE_INTO_CGROUP) {
		ASSERT_TRUE(cgroup2_make("fault", self->cgroup, sizeof(self->cgroup)));
		self->cgroup_fd = open(self->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
		ASSERT_LE(0, self->cgroup_fd);
	}
	self->cfd = container_create("clone", variant->flags);
	ASSERT_LE(0, self->cfd);
	self->init = -1;
	if (variant->started) {
		self->init = container_spawn_idle(self->cfd);
		ASSERT_LT(0, self->init);
	}
}

FIXTURE_TEARDOWN(fault_clone)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
	if (self->cgroup_fd >= 0) {
		close(self->cgroup_fd);
		EXPECT_TRUE(wait_until(!rmdir(self->cgroup) || errno != EBUSY));
		EXPECT_NE(0, access(self->cgroup, F_OK));
	}
}

/* With all that clone3() can give in addition, and can have to take back. */
TEST_F_TIMEOUT(fault_clone, leaves_nothing_behind, PROCESS_TEST_TIMEOUT)
{
	int n, err = 0, left = 0, failures = 0, fds = open_fds(), pidfd, tid;
	int containers = container_count();
	long long start = now_ms();
	struct clone_into_container args;
	pid_t pid = -1;

	for (n = 1; n < MAX_FAULTS && !left; n = next_fault(n, start)) {
		pidfd = -1;
		args = (struct clone_into_container){
			.flags = CLONE_INTO_CONTAINER | CLONE_PIDFD | CLONE_PARENT_SETTID |
				 variant->clone_flags,
			.cgroup = self->cgroup_fd < 0 ? 0 : self->cgroup_fd,
			.pidfd = (unsigned long)&pidfd,
			.parent_tid = (unsigned long)&tid,
			.exit_signal = SIGCHLD,
			.container = self->cfd,
		};
		ASSERT_TRUE(fail_nth(self->fail, n));
		pid = clone_into_container(&args);
		if (pid == 0) {
			/* That one is waited for. */
			if (variant->clone_flags & CLONE_VFORK)
				_exit(0);
			pause_forever();
		}
		err = pid < 0 ? errno : 0;
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		if (err) {
			failures++;
			EXPECT_TRUE(is_sane(err)) {
				TH_LOG("fault %d: %s", n, strerror(err));
			}
		} else {
			EXPECT_LE(0, pidfd);
			close(pidfd);
			kill_and_reap(pid);
			if (!variant->started) {
				ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
				close(self->cfd);
				self->cfd = container_create("clone", variant->flags);
				ASSERT_LE(0, self->cfd);
			}
		}
		ASSERT_EQ(fds, open_fds()) {
			TH_LOG("fault %d, %s", n, strerror(err));
		}
		ASSERT_EQ(containers, container_count());
		ASSERT_EQ(self->init < 0 ? -1 : 0, waitpid(-1, NULL, __WALL | WNOHANG));
		ASSERT_EQ(variant->started, fdinfo_number(self->cfd, "Processes:"));
		ASSERT_EQ(0, poll_now(self->cfd));
	}
	EXPECT_LT(0, left);
	EXPECT_LT(0, pid);
	EXPECT_LE(10, failures);
	TH_LOG("%d of %d operations failed the call", failures, n);
	kill_and_reap(self->init);
	close(self->cfd);
	EXPECT_TRUE(no_container_is_counted());
}

/* --- setns() ---------------------------------------------------------------------------- */

/* The types that the test can join, and come back from. */
static const char * const joined[] = { "cgroup", "ipc", "mnt", "net", "uts" };

#define NR_JOINED	ARRAY_SIZE(joined)
#define JOIN_TYPES	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS)

FIXTURE(fault_setns)
{
	int fail;
	int cfd;
};

FIXTURE_SETUP(fault_setns)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	self->fail = fail_nth_open();
	ASSERT_LE(0, self->fail);
	ASSERT_TRUE(enter_user_namespace());
	/* Those that it is not allowed to come back to are replaced. */
	ASSERT_EQ(0, unshare(JOIN_TYPES));
	self->cfd = container_create("setns", CONTAINER_NEW_CGROUP_NS | CONTAINER_NEW_IPC_NS |
				     CONTAINER_NEW_FS_NS | CONTAINER_NEW_NET_NS |
				     CONTAINER_NEW_UTS_NS);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(fault_setns)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
}

TEST_F_TIMEOUT(fault_setns, does_all_or_nothing, PROCESS_TEST_TIMEOUT)
{
	int n, ret, err = 0, left = 0, failures = 0, fds, home[NR_JOINED];
	ino_t before[NR_JOINED];
	long long start;
	size_t i;

	for (i = 0; i < NR_JOINED; i++) {
		home[i] = ns_open(0, joined[i]);
		ASSERT_LE(0, home[i]);
		before[i] = fd_inode(home[i]);
	}
	fds = open_fds();
	start = now_ms();
	for (n = 1; n < MAX_FAULTS && !left; n = next_fault(n, start)) {
		ASSERT_TRUE(fail_nth(self->fail, n));
		ret = setns(self->cfd, JOIN_TYPES);
		err = ret < 0 ? errno : 0;
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		failures += !!err;
		if (err) {
			EXPECT_TRUE(is_sane(err)) {
				TH_LOG("fault %d: %s", n, strerror(err));
			}
		}
		for (i = 0; i < NR_JOINED; i++) {
			EXPECT_EQ(!err, before[i] != ns_inode(0, joined[i])) {
				TH_LOG("fault %d: %s", n, joined[i]);
			}
		}
		for (i = 0; !err && i < NR_JOINED; i++)
			ASSERT_EQ(0, setns(home[i], 0));
		ASSERT_EQ(fds, open_fds());
		ASSERT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));
	}
	EXPECT_LT(0, left);
	EXPECT_EQ(0, err);
	EXPECT_LE(1, failures);
	TH_LOG("%d of %d operations failed the call", failures, n);
	close(self->cfd);
	for (i = 0; i < NR_JOINED; i++)
		close(home[i]);
	/* Our own and one more. */
	ASSERT_TRUE(limit_user("net_namespaces", 2));
	ASSERT_TRUE(limit_user("uts_namespaces", 2));
	EXPECT_TRUE(wait_until((ret = container_create("last", CONTAINER_NEW_NET_NS |
						       CONTAINER_NEW_UTS_NS)) >= 0));
	EXPECT_EQ(-1, container_create("too many", CONTAINER_NEW_UTS_NS));
	close(ret);
	EXPECT_TRUE(no_container_is_counted());
}

TEST_HARNESS_MAIN
