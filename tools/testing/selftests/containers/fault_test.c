// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation in the two system calls that can fail is made to, one after
 * the other, and whatever it was, nothing is left behind.
 *
 * Every test runs as pid 1 of a sandbox, in a user namespace of its own: there
 * no container and no namespace is counted against it at first, and a limit of
 * one tells in the end whether any still is.
 */
#define _GNU_SOURCE
#include <linux/securebits.h>

#include "process_util.h"
#include "../kselftest_harness.h"

#define MAX_FAULTS	5000	/* no call has that many */

/* After so long one fault in STRIDE must do. */
#define PATIENCE_MS	15000
#define STRIDE		13

/* Of no process. */
#define LONELY_UID	4242

#define ALL_BUT_NET	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			 CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |		\
			 CONTAINER_NEW_TIME_NS)

/* What there is, and a failed call must leave alone. */
struct inventory {
	int fds;
	int containers;
};

static void take_inventory(struct inventory *inv)
{
	inv->fds = open_fds();
	inv->containers = container_count();
}

static bool is_sane(int err, unsigned int flags)
{
	switch (err) {
	case ENOMEM:
	case EFAULT:	/* the name could not be read */
	case EAGAIN:	/* from fork(), what it calls it */
	case ENOSPC:	/* so is a namespace that cannot be counted */
		return true;
	/* As unshare(CLONE_NEWNET) fails when it is made to: */
	case EAFNOSUPPORT:
	case EEXIST:
	case EINVAL:
	case ENFILE:
	case ENOBUFS:
	case ENODEV:
		return flags & CONTAINER_NEW_NET_NS;
	}
	return false;
}

/* container_create() with fault @n has failed with @err, or not and @err is 0. */
static void expect_unchanged(struct __test_metadata *_metadata,
			     const struct inventory *before, unsigned int flags,
			     int n, int err)
{
	struct inventory after;

	EXPECT_TRUE(!err || is_sane(err, flags)) {
		TH_LOG("fault %d: %s", n, strerror(err));
	}
	take_inventory(&after);
	ASSERT_EQ(before->fds, after.fds) {
		TH_LOG("fault %d, %s: descriptors", n, strerror(err));
	}
	ASSERT_EQ(before->containers, after.containers) {
		TH_LOG("fault %d, %s: containers", n, strerror(err));
	}
	ASSERT_EQ(-1, waitpid(-1, NULL, __WALL | WNOHANG));
	ASSERT_EQ(ECHILD, errno);
}

static int next_fault(int n, long long start)
{
	return n + (now_ms() - start < PATIENCE_MS ? 1 : STRIDE);
}

static const struct {
	const char *limit;
	unsigned int flag;
} limits[] = {
	{ "containers", 0 },
	{ "mnt_namespaces", CONTAINER_NEW_FS_NS },
	{ "cgroup_namespaces", CONTAINER_NEW_CGROUP_NS },
	{ "uts_namespaces", CONTAINER_NEW_UTS_NS },
	{ "ipc_namespaces", CONTAINER_NEW_IPC_NS },
	{ "user_namespaces", CONTAINER_NEW_USER_NS },
	{ "pid_namespaces", CONTAINER_NEW_PID_NS },
	{ "net_namespaces", CONTAINER_NEW_NET_NS },
	{ "time_namespaces", CONTAINER_NEW_TIME_NS },
};

/* With room for just one of each, there is room; for none, there is not. */
static bool nothing_is_counted(unsigned int flags)
{
	int cfd = -1, round;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (!limit_user(limits[i].limit, 1))
			return false;
	/* The second one finds what the first has left. */
	for (round = 0; round < 2; round++) {
		/* What was taken down may still be on its way. */
		wait_until((cfd = container_create("last", flags)) >= 0);
		if (cfd < 0)
			return false;
		if (container_create("too many", flags) >= 0 || errno != ENOSPC)
			return false;
		close(cfd);
	}
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (!limit_user(limits[i].limit, INT_MAX))
			return false;
	return true;
}

FIXTURE(fault)
{
	int fail;	/* for fail_nth() */
};

/* The sandbox does not need what is to be tested only: it is the slow part. */
static bool fault_open(int *fail)
{
	*fail = fail_nth_open();
	return *fail >= 0 && enter_user_namespace();
}

FIXTURE_VARIANT(fault)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(fault, no_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(fault, other_flags)
{
	.flags = CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC |
		 CONTAINER_CLOSE_FDS,
};

FIXTURE_VARIANT_ADD(fault, fs_ns)
{
	.flags = CONTAINER_NEW_FS_NS,
};

FIXTURE_VARIANT_ADD(fault, cgroup_ns)
{
	.flags = CONTAINER_NEW_CGROUP_NS,
};

FIXTURE_VARIANT_ADD(fault, uts_ns)
{
	.flags = CONTAINER_NEW_UTS_NS,
};

FIXTURE_VARIANT_ADD(fault, ipc_ns)
{
	.flags = CONTAINER_NEW_IPC_NS,
};

FIXTURE_VARIANT_ADD(fault, user_ns)
{
	.flags = CONTAINER_NEW_USER_NS,
};

FIXTURE_VARIANT_ADD(fault, pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_VARIANT_ADD(fault, net_ns)
{
	.flags = CONTAINER_NEW_NET_NS,
};

FIXTURE_VARIANT_ADD(fault, time_ns)
{
	.flags = CONTAINER_NEW_TIME_NS,
};

FIXTURE_VARIANT_ADD(fault, all_but_net_ns)
{
	.flags = ALL_BUT_NET,
};

FIXTURE_SETUP(fault)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	ASSERT_TRUE(fault_open(&self->fail));
}

FIXTURE_TEARDOWN(fault)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
}

TEST_F_TIMEOUT(fault, in_container_create, PROCESS_TEST_TIMEOUT)
{
	int n, cfd, err, left = 0, failures = 0;
	long long start = now_ms();
	struct inventory inv;

	take_inventory(&inv);
	for (n = 1; n < MAX_FAULTS && !left; n = next_fault(n, start)) {
		ASSERT_TRUE(fail_nth(self->fail, n));
		cfd = container_create("fault", variant->flags);
		err = cfd < 0 ? errno : 0;
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		failures += !!err;
		/* Some can be done without. */
		if (cfd >= 0)
			close(cfd);
		expect_unchanged(_metadata, &inv, variant->flags, n, err);
	}
	/* The last one was without a fault, so it succeeded. */
	EXPECT_LT(0, left);
	EXPECT_EQ(0, err);
	/* At least the container, its descriptor, its file, inode and dentry. */
	EXPECT_LE(5, failures);
	EXPECT_TRUE(nothing_is_counted(variant->flags));
}

/* A user who is nobody's yet has to be made as well, for who is that in effect. */
TEST(in_container_create_of_a_set_user_id_program)
{
	int n, fail, cfd, err, left = 0, failures = 0;
	struct inventory inv;

	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	fail = fail_nth_open();
	ASSERT_LE(0, fail);
	/* Faults take capabilities. */
	ASSERT_EQ(0, prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
	ASSERT_EQ(0, setresuid(-1, LONELY_UID, 0));
	take_inventory(&inv);
	for (n = 1; n < MAX_FAULTS && !left; n++) {
		ASSERT_TRUE(fail_nth(fail, n));
		cfd = container_create("fault", 0);
		err = cfd < 0 ? errno : 0;
		left = fail_nth_left(fail);
		fail_nth(fail, 0);
		failures += !!err;
		if (cfd >= 0)
			close(cfd);
		expect_unchanged(_metadata, &inv, 0, n, err);
	}
	EXPECT_LT(0, left);
	EXPECT_EQ(0, err);
	EXPECT_LE(6, failures);
	ASSERT_EQ(0, setresuid(-1, 0, 0));
	close(fail);
}

/*
 * Lets allocations from this slab fail, each at every try, in tasks that are made to
 * fail. Those are not to be while this is going on: it takes memory.
 */
static bool fail_slab(const char *slab, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", slab);
	/* Before it is for all tasks, and for all slabs, it must be off. */
	return write_file("/sys/kernel/debug/failslab/probability", "0") &&
	       write_file(path, on ? "1" : "0") &&
	       write_file("/sys/kernel/debug/failslab/cache-filter", on ? "Y" : "N") &&
	       write_file("/sys/kernel/debug/failslab/task-filter", on ? "Y" : "N") &&
	       write_file("/sys/kernel/debug/failslab/times", on ? "-1" : "1") &&
	       (!on || write_file("/sys/kernel/debug/failslab/probability", "100"));
}

/*
 * One fault is not enough to keep a container out of the index: that tries twice.
 * A new part of it takes memory whenever there is none yet for the next id.
 */
TEST(in_the_index_of_containers)
{
	int n, fail, cfd[130], make, err = 0;
	struct inventory inv;

	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	fail = fail_nth_open();
	ASSERT_LE(0, fail);
	make = open("/proc/self/make-it-fail", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, make);
	if (access("/sys/kernel/slab/radix_tree_node/failslab", W_OK))
		SKIP(return, "no failslab by slab");
	ASSERT_TRUE(fail_slab("radix_tree_node", true));
	for (n = 0; n < (int)ARRAY_SIZE(cfd) && !err; n++) {
		take_inventory(&inv);
		ASSERT_EQ(1, pwrite(make, "1", 1, 0));
		cfd[n] = container_create("index", CONTAINER_KILL_ON_CLOSE);
		err = cfd[n] < 0 ? errno : 0;
		ASSERT_EQ(1, pwrite(make, "0", 1, 0));
	}
	ASSERT_TRUE(fail_slab("radix_tree_node", false));
	EXPECT_EQ(ENOMEM, err);
	expect_unchanged(_metadata, &inv, 0, n, err);
	while (n--)
		close(cfd[n]);
	cfd[0] = container_create("index", 0);
	EXPECT_LE(0, cfd[0]);
	close(cfd[0]);
	close(make);
	close(fail);
}

/* --- entry ------------------------------------------------------------------ */

FIXTURE(fault_entry)
{
	int fail;
	int cfd;
	pid_t init;	/* -1: not started */
};

FIXTURE_VARIANT(fault_entry)
{
	unsigned int flags;
	bool started;
};

FIXTURE_VARIANT_ADD(fault_entry, first_no_ns)
{
	.flags = CONTAINER_CLOSE_FDS,
	.started = false,
};

/* There nobody has been counted yet who might enter. */
FIXTURE_VARIANT_ADD(fault_entry, first_user_ns)
{
	.flags = CONTAINER_NEW_USER_NS,
	.started = false,
};

FIXTURE_VARIANT_ADD(fault_entry, first_all_but_net_ns)
{
	.flags = ALL_BUT_NET,
	.started = false,
};

FIXTURE_VARIANT_ADD(fault_entry, later_all_but_net_ns)
{
	.flags = ALL_BUT_NET,
	.started = true,
};

FIXTURE_SETUP(fault_entry)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	ASSERT_TRUE(fault_open(&self->fail));
	self->cfd = container_create("entry", variant->flags);
	ASSERT_GE(self->cfd, 0);
	self->init = -1;
	if (variant->started) {
		self->init = container_spawn_idle(self->cfd);
		ASSERT_GT(self->init, 0);
	}
}

FIXTURE_TEARDOWN(fault_entry)
{
	close(self->cfd);
	close(self->fail);
	EXPECT_NE(-1, reap_all());
}

TEST_F_TIMEOUT(fault_entry, in_fork_into_container, PROCESS_TEST_TIMEOUT)
{
	int n, err, left = 0, failures = 0;
	long long start = now_ms();
	struct inventory inv, now;
	pid_t pid = -1;

	take_inventory(&inv);
	for (n = 1; n < MAX_FAULTS && !left; n = next_fault(n, start)) {
		ASSERT_TRUE(fail_nth(self->fail, n));
		pid = container_spawn_idle(self->cfd);
		err = pid < 0 ? errno : 0;
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		if (pid < 0) {
			failures++;
			EXPECT_TRUE(is_sane(err, 0)) {
				TH_LOG("fault %d: %s", n, strerror(err));
			}
		} else {
			/* It did without what it was not given. */
			kill_and_reap(pid);
			if (!variant->started) {
				ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
				close(self->cfd);
				self->cfd = container_create("entry", variant->flags);
				ASSERT_GE(self->cfd, 0);
			}
		}

		take_inventory(&now);
		ASSERT_EQ(inv.fds, now.fds);
		ASSERT_EQ(inv.containers, now.containers);
		/* Nobody but init. */
		ASSERT_EQ(self->init < 0 ? -1 : 0,
			  waitpid(-1, NULL, __WALL | WNOHANG));
		ASSERT_EQ(variant->started, fdinfo_number(self->cfd, "Processes:"));
		ASSERT_EQ(self->init < 0 ? 0 : self->init,
			  fdinfo_number(self->cfd, "Init:"));
		ASSERT_EQ(0, poll_now(self->cfd));
	}
	EXPECT_LT(0, left);
	EXPECT_GT(pid, 0);
	EXPECT_LE(10, failures);

	if (variant->started) {
		kill_and_reap(self->init);
		EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	}
	close(self->cfd);
	self->cfd = -1;
	EXPECT_TRUE(nothing_is_counted(variant->flags));
}

/* --- ways to die that must not depend on memory -------------------------------- */

FIXTURE(fault_death)
{
	int fail;
};

FIXTURE_SETUP(fault_death)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP(return, "no fault injection");
	ENTER_SANDBOX();
	ASSERT_TRUE(fault_open(&self->fail));
}

FIXTURE_TEARDOWN(fault_death)
{
	close(self->fail);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
}

static void nest_and_pause(int fd)
{
	int cfd = container_create("nested", 0);

	container_spawn_idle(cfd);
	tell(fd);
	pause_forever();
}

TEST_F_TIMEOUT(fault_death, of_a_descriptor_kills_all_the_same,
	       PROCESS_TEST_TIMEOUT)
{
	int n, i, cfd, left = 0, pipefd[2], containers = container_count();

	ASSERT_EQ(0, pipe2(pipefd, O_CLOEXEC));
	for (n = 1; n < MAX_FAULTS && !left; n++) {
		cfd = container_create("death", CONTAINER_KILL_ON_CLOSE |
				       (n % 2 ? CONTAINER_NEW_PID_NS : 0));
		ASSERT_GE(cfd, 0);
		for (i = 0; i < 2; i++) {
			pid_t pid = fork_into_container(cfd);

			ASSERT_GE(pid, 0);
			if (pid == 0)
				nest_and_pause(pipefd[1]);
		}
		ASSERT_TRUE(hear_times(pipefd[0], 2));
		ASSERT_TRUE(fail_nth(self->fail, n));
		ASSERT_EQ(0, close(cfd));
		left = fail_nth_left(self->fail);
		fail_nth(self->fail, 0);
		ASSERT_LE(2, reap_all());
		ASSERT_TRUE(is_alone());
		ASSERT_EQ(containers, container_count());
	}
	EXPECT_LT(0, left);
	close(pipefd[0]);
	close(pipefd[1]);
}

/* Here the fault is in init, somewhere on its way out. */
TEST_F_TIMEOUT(fault_death, of_init_kills_all_the_same, PROCESS_TEST_TIMEOUT)
{
	int n, i, cfd, pipefd[2], containers = container_count();
	char path[64], text[16];
	pid_t pid[2];

	ASSERT_EQ(0, pipe2(pipefd, O_CLOEXEC));
	for (n = 1; n < 20; n++) {
		cfd = container_create("death", n % 2 ? CONTAINER_NEW_PID_NS : 0);
		ASSERT_GE(cfd, 0);
		for (i = 0; i < 2; i++) {
			pid[i] = fork_into_container(cfd);
			ASSERT_GE(pid[i], 0);
			if (pid[i] == 0)
				nest_and_pause(pipefd[1]);
		}
		ASSERT_TRUE(hear_times(pipefd[0], 2));
		snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid[0]);
		snprintf(text, sizeof(text), "%d", n);
		ASSERT_TRUE(write_file(path, text));
		ASSERT_EQ(0, kill(pid[0], SIGKILL));
		ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		ASSERT_LE(2, reap_all());
		ASSERT_TRUE(is_alone());
		ASSERT_EQ(containers, container_count());
		close(cfd);
	}
	close(pipefd[0]);
	close(pipefd[1]);
}

TEST_HARNESS_MAIN
