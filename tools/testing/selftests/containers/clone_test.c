// SPDX-License-Identifier: GPL-2.0
/*
 * clone3() with CLONE_INTO_CONTAINER: a fork_into_container() that goes together
 * with what else clone3() can do, and with nothing that contradicts it.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "container_handle.h"
#include "container_vfork.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define HELPER_NAME	"clone_helper"
#define EXIT_CODE	42

/* Newer than some C library's headers. */
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND	0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP	0x200000000ULL
#endif

#define VFORK		(CLONE_VFORK | CLONE_VM)

static pid_t clone_sized(struct clone_into_container *args, size_t size)
{
	return syscall(__NR_clone3, args, size);
}

/* clone3() of who leaves at once: 0, or the errno. */
static int try_args(struct clone_into_container *args)
{
	pid_t pid = clone_into_container(args);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	return wait_for_exit(pid);
}

static struct clone_into_container into(int cfd, __u64 flags)
{
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | flags,
		.exit_signal = SIGCHLD,
		.container = cfd,
	};

	return args;
}

/* --- children that share the caller's memory ---------------------------------------- */

#define STACK_SIZE	(64 * 1024)

static char vfork_stack[STACK_SIZE] __attribute__((aligned(4096)));

static pid_t clone_fn(struct clone_into_container *args, int (*fn)(void *arg), void *arg)
{
	return clone_on_stack(args, fn, arg, vfork_stack, sizeof(vfork_stack));
}

/* What a child that shares our memory leaves in it. */
struct shared {
	int up;			/* a pipe to tell us */
	int down;		/* one to be told, before it goes on */
	pid_t pid;
	__u64 container;
	ino_t time, time_for_children;
	long secret;
	bool exec;
	char mode[8];
};

/* What an exec'ed helper reports of itself. */
struct report {
	pid_t pid;
	__u64 container;
	ino_t time;
};

static int vfork_child(void *arg)
{
	struct shared *s = arg;
	char up[16], down[16];

	s->pid = getpid();
	s->container = own_container();
	s->time = ns_inode(0, "time");
	s->time_for_children = ns_inode(0, "time_for_children");
	if (s->up >= 0 && !tell_int(s->up, getpid()))
		return 1;
	if (s->down >= 0 && !hear(s->down))
		return 2;
	if (!s->exec)
		return EXIT_CODE;
	snprintf(up, sizeof(up), "%d", s->up);
	snprintf(down, sizeof(down), "%d", s->down);
	execl(own_path(), HELPER_NAME, s->mode, up, down, NULL);
	return 3;
}

/* The attacks of who has exec'ed inside; the first that works, or 0. */
static int attack(pid_t target, unsigned long addr)
{
	long value = 0;
	struct iovec local = { &value, sizeof(value) };
	struct iovec remote = { (void *)addr, sizeof(value) };
	char path[32];
	int fd;

	if (process_vm_readv(target, &local, 1, &remote, 1, 0) >= 0 || errno != EPERM)
		return 1;
	if (process_vm_writev(target, &local, 1, &remote, 1, 0) >= 0 || errno != EPERM)
		return 2;
	if (!ptrace(PTRACE_SEIZE, target, 0, 0) || errno != EPERM)
		return 3;
	snprintf(path, sizeof(path), "/proc/%d/mem", target);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 || errno != EACCES)
		return 4;
	if (!kill(target, SIGSTOP) || errno != EPERM)
		return 5;
	if (!kill(target, SIGKILL) || errno != EPERM)
		return 6;
	if (!kill(target, 0) || errno != EPERM)
		return 7;
	return 0;
}

/* helper MODE UP DOWN */
static int helper_main(char **argv)
{
	int up = atoi(argv[2]), down = atoi(argv[3]);
	struct report report = {
		.pid = getpid(),
		.container = own_container(),
		.time = ns_inode(0, "time"),
	};
	unsigned long addr;
	int target;

	if (!strcmp(argv[1], "report"))
		return write(up, &report, sizeof(report)) == sizeof(report) ? EXIT_CODE : 1;
	if (!strcmp(argv[1], "attack")) {
		tell(up);
		for (;;) {
			target = hear_int(down);
			if (target == INT_MIN || read(down, &addr, sizeof(addr)) != sizeof(addr))
				return 1;
			tell_int(up, attack(target, addr));
		}
	}
	pause_forever();
}

FIXTURE(clone)
{
	int cfd;
	__u64 id;
	int fds;
	int up[2], down[2];
};

FIXTURE_SETUP(clone)
{
	own_path();
	/* Not close-on-exec: for helpers. */
	ASSERT_EQ(0, pipe(self->up));
	ASSERT_EQ(0, pipe(self->down));
	self->cfd = container_create("clone", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(clone)
{
	container_kill(self->cfd, 0, SIGKILL);
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

static void expect_unstarted(struct __test_metadata *_metadata, int cfd, int fds)
{
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(cfd));
	EXPECT_EQ(0, poll_now(cfd));
	EXPECT_EQ(-1, waitpid(-1, NULL, __WALL | WNOHANG));
	EXPECT_EQ(ECHILD, errno);
	EXPECT_EQ(fds, open_fds());
}

/* --- arguments ----------------------------------------------------------------------- */

TEST_F_TIMEOUT(clone, without_further_flags_is_fork_into_container, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, 0);
	struct container_info info;
	int cfd = self->cfd;
	pid_t pid, second;

	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(self->id, own_container());
		/* Nobody keeps a descriptor of where he is. */
		EXPECT_EQ(-1, fcntl(cfd, F_GETFD));
		pause_forever();
	}
	second = clone_into_container(&args);
	ASSERT_LE(0, second);
	if (!second)
		_exit(own_container() != self->id);
	EXPECT_EQ(0, wait_for_exit(second));
	ASSERT_TRUE(container_info(cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, info.state);
	EXPECT_EQ(1, info.nr_processes);
	EXPECT_EQ(pid, info.init_pid);
	kill_and_reap(pid);
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
}

TEST_F_TIMEOUT(clone, contradictory_flags_are_einval, TIMEOUT)
{
	static const __u64 contradictory[] = {
		CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, CLONE_PARENT, CLONE_FILES, CLONE_FS,
		CLONE_SIGHAND | CLONE_VM, CLONE_SYSVSEM, CLONE_IO, CLONE_PTRACE,
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
		CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME,
		/* memory is shared with who waits, or not at all */
		CLONE_VM,
		/* never valid in clone3() */
		CLONE_DETACHED, 1ULL << 62, 1ULL << 40,
	};
	static const __u64 with[] = {
		0, VFORK, CLONE_VFORK, CLONE_PARENT_SETTID, CLONE_FS | CLONE_NEWUTS,
	};
	int descriptors[] = { self->cfd, container_create("started", CONTAINER_FD_CLOEXEC) };
	struct clone_into_container args;
	size_t i, j, k;
	__u64 flags;
	pid_t init;
	int tid = -1;

	init = container_spawn_idle(descriptors[1]);
	ASSERT_LT(0, init);
	for (k = 0; k < 2; k++) {
		for (i = 0; i < ARRAY_SIZE(contradictory); i++) {
			for (j = 0; j < ARRAY_SIZE(with); j++) {
				flags = contradictory[i] | with[j];
				if ((flags & (VFORK | CLONE_FS)) == VFORK &&
				    contradictory[i] == CLONE_VM)
					continue;
				args = into(descriptors[k], flags);
				args.parent_tid = (unsigned long)&tid;
				/* The stack is for who gets away with it. */
				if (flags & CLONE_VM) {
					args.stack = (unsigned long)vfork_stack;
					args.stack_size = sizeof(vfork_stack);
				}
				/* Some bits mean no exit signal. */
				if (flags & (CLONE_THREAD | CLONE_PARENT))
					args.exit_signal = 0;
				EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)))
					TH_LOG("flags %llx", flags);
			}
		}
	}
	EXPECT_EQ(-1, tid);
	EXPECT_EQ(0, waitpid(-1, NULL, __WALL | WNOHANG));
	kill_and_reap(init);
	close(descriptors[1]);
	expect_unstarted(_metadata, self->cfd, self->fds);
	args = into(self->cfd, 0);
	EXPECT_EQ(0, try_args(&args));
}

/* Any two flags go together if each of them may be there, and they may without a container. */
TEST_F_TIMEOUT(clone, any_two_flags_do_or_do_not_go_together, TIMEOUT)
{
	static const __u64 never = CLONE_THREAD | CLONE_PARENT | CLONE_FILES | CLONE_FS |
		CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_IO | CLONE_PTRACE | CLONE_NEWNS |
		CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		CLONE_NEWNET | CLONE_NEWTIME | CLONE_DETACHED;
	/* Those take something that is looked at in tests of their own. */
	static const __u64 elsewhere = CLONE_SETTLS | CLONE_INTO_CGROUP;
	int pidfd, tid, i, j, valid = 0, invalid = 0;
	struct clone_into_container args;
	pid_t init, pid;
	__u64 flags;
	bool ok;

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	/* The lower bits are the exit signal, but for CLONE_NEWTIME. */
	for (i = 7; i < 63; i++) {
		for (j = i; j < 63; j++) {
			flags = 1ULL << i | 1ULL << j;
			if (flags & elsewhere)
				continue;
			/* Memory is shared with who waits; that needs a stack. */
			ok = !(flags & never) && !(flags >> 33) &&
			     !(flags & CLONE_VM && !(flags & CLONE_VFORK));
			if (ok && flags & CLONE_VM)
				continue;
			args = into(self->cfd, flags);
			pidfd = -1;
			args.pidfd = (unsigned long)&pidfd;
			args.parent_tid = (unsigned long)&tid;
			args.child_tid = (unsigned long)&tid;
			if (flags & CLONE_VM) {
				args.stack = (unsigned long)vfork_stack;
				args.stack_size = sizeof(vfork_stack);
			}
			if (flags & (CLONE_THREAD | CLONE_PARENT))
				args.exit_signal = 0;
			pid = clone_into_container(&args);
			if (!pid)
				_exit(own_container() != self->id);
			if (ok) {
				ASSERT_LT(0, pid)
					TH_LOG("flags %llx: %s", flags, strerror(errno));
				EXPECT_EQ(0, wait_for_exit(pid))
					TH_LOG("flags %llx", flags);
				valid++;
			} else {
				ASSERT_EQ(-1, pid)
					TH_LOG("flags %llx", flags);
				EXPECT_EQ(EINVAL, errno)
					TH_LOG("flags %llx", flags);
				invalid++;
			}
			EXPECT_EQ(ok && flags & CLONE_PIDFD, pidfd >= 0);
			if (pidfd >= 0)
				close(pidfd);
		}
	}
	/* CLONE_PIDFD, VFORK, three for tids, UNTRACED, CLEAR_SIGHAND: alone and in pairs. */
	EXPECT_EQ(7 * 8 / 2, valid);
	EXPECT_LT(1000, invalid);
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(self->fds, open_fds());
	kill_and_reap(init);
}

TEST_F_TIMEOUT(clone, the_size_tells_whether_there_is_a_container, TIMEOUT)
{
	struct {
		struct clone_into_container args;
		__u64 tail[4];
	} larger = {};
	struct clone_into_container args = into(self->cfd, 0);
	pid_t pid;

	EXPECT_EQ(88, offsetof(struct clone_into_container, container));
	EXPECT_EQ(96, sizeof(args));
	EXPECT_EQ(EINVAL, ERRNO(clone_sized(&args, 64)));
	EXPECT_EQ(EINVAL, ERRNO(clone_sized(&args, 80)));
	EXPECT_EQ(EINVAL, ERRNO(clone_sized(&args, 88)));
	/* Half a field is none. */
	EXPECT_EQ(EINVAL, ERRNO(clone_sized(&args, 92)));

	/* A larger one is fine as long as nothing is in it. */
	larger.args = args;
	larger.tail[3] = 1;
	EXPECT_EQ(E2BIG, ERRNO(clone_sized(&larger.args, sizeof(larger))));
	expect_unstarted(_metadata, self->cfd, self->fds);
	larger.tail[3] = 0;
	pid = clone_sized(&larger.args, sizeof(larger));
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(own_container() != self->id);
	EXPECT_EQ(0, wait_for_exit(pid));

	/* Who does not know of it is not bothered. */
	args = (struct clone_into_container){ .exit_signal = SIGCHLD };
	pid = clone_sized(&args, 64);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(own_container() != 1);
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, try_args(&args));
}

TEST_F_TIMEOUT(clone, a_container_without_the_flag_is_einval, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, 0);

	args.flags = 0;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.container = 1;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.container = 1ULL << 63;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	expect_unstarted(_metadata, self->cfd, self->fds);
}

TEST_F_TIMEOUT(clone, the_container_is_a_descriptor_of_one, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, 0);
	static const char * const others[] = { "/dev/null", "/", "/proc/self/ns/pid" };
	char path[64];
	size_t i;
	int fd;

	args.container = (__u64)-1;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.container = 0x80000000;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.container = 1ULL << 32 | self->cfd;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.container = 0x7fffffff;
	EXPECT_EQ(EBADF, ERRNO(clone_into_container(&args)));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		fd = open(others[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		args.container = fd;
		EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
		close(fd);
		EXPECT_EQ(EBADF, ERRNO(clone_into_container(&args)));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->cfd);
	fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	args.container = fd;
	EXPECT_EQ(EBADF, ERRNO(clone_into_container(&args)));
	close(fd);
	expect_unstarted(_metadata, self->cfd, self->fds);
}

/* The old clone() has no room for it: its flags have 32 bits. */
TEST_F_TIMEOUT(clone, the_old_clone_does_not_know_it, TIMEOUT)
{
	pid_t pid = syscall(SYS_clone, CLONE_INTO_CONTAINER | SIGCHLD, 0UL, 0UL, 0UL, 0UL);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(own_container() != 1);
	EXPECT_EQ(0, wait_for_exit(pid));
	expect_unstarted(_metadata, self->cfd, self->fds);
}

/* --- combinations ---------------------------------------------------------------------- */

TEST_F_TIMEOUT(clone, with_a_pidfd, TIMEOUT)
{
	int pidfd = -1;
	struct clone_into_container args = into(self->cfd, CLONE_PIDFD);
	siginfo_t info = {};
	pid_t pid;

	args.pidfd = (unsigned long)&pidfd;
	/* One that fails gives none. */
	args.container = self->up[0];
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	EXPECT_EQ(-1, pidfd);
	args.container = self->cfd;
	args.pidfd = 8;
	EXPECT_EQ(EFAULT, ERRNO(clone_into_container(&args)));
	expect_unstarted(_metadata, self->cfd, self->fds);

	args.pidfd = (unsigned long)&pidfd;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(EXIT_CODE);
	ASSERT_LE(0, pidfd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
	EXPECT_TRUE(pidfd_wait(pidfd));
	EXPECT_EQ(0, waitid(P_PIDFD, pidfd, &info, WEXITED));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(EXIT_CODE, info.si_status);
	close(pidfd);
}

TEST_F_TIMEOUT(clone, into_a_cgroup, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, CLONE_INTO_CGROUP);
	char path[128], cgroup[1024], *at;
	int fd, down[2];
	pid_t pid;

	if (!cgroup2_root())
		SKIP(return, "no unified cgroup hierarchy");
	ASSERT_TRUE(cgroup2_make("clone", path, sizeof(path)));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);

	/* A cgroup that is none leaves the container startable. */
	args.cgroup = self->up[0];
	EXPECT_EQ(EBADF, ERRNO(clone_into_container(&args)));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));
	args.cgroup = fd;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(read_file("/proc/self/cgroup", cgroup, sizeof(cgroup)));
		at = strstr(cgroup, "0::");
		EXPECT_NE(NULL, at);
		at[strcspn(at, "\n")] = '\0';
		EXPECT_STREQ(strrchr(path, '/'), at + 3);
		EXPECT_EQ(self->id, own_container());
		hear(down[0]);
		_exit(EXIT_CODE);
	}
	EXPECT_EQ(pid, cgroup_number(path, "cgroup.procs"));
	tell(down[1]);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	close(fd);
	EXPECT_TRUE(wait_until(!rmdir(path) || errno != EBUSY));
}

/* A limit there fails the fork, and the container can be started still. */
TEST_F_TIMEOUT(clone, into_a_full_cgroup, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, CLONE_INTO_CGROUP);
	char path[128];
	int fd;

	if (!cgroup2_root() || !cgroup2_make("full", path, sizeof(path)))
		SKIP(return, "no unified cgroup hierarchy");
	cgroup_write(cgroup2_root(), "cgroup.subtree_control", "+pids");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	args.cgroup = fd;
	if (!cgroup_write(path, "pids.max", "0")) {
		close(fd);
		rmdir(path);
		SKIP(return, "no pids controller");
	}
	EXPECT_EQ(EAGAIN, try_args(&args));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));
	EXPECT_TRUE(cgroup_write(path, "pids.max", "1"));
	EXPECT_EQ(0, try_args(&args));
	close(fd);
	EXPECT_TRUE(wait_until(!rmdir(path) || errno != EBUSY));
}

TEST_F_TIMEOUT(clone, with_pids_of_ones_choice, TIMEOUT)
{
	int cfd = container_create("tids", CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	struct clone_into_container args = into(cfd, 0);
	pid_t tids[4] = { 5 }, init, pid;

	ASSERT_LE(0, cfd);
	args.set_tid = (unsigned long)tids;
	args.set_tid_size = 1;
	/* The first one is pid 1, or none. */
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.set_tid_size = 4;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(cfd));
	args.set_tid_size = 1;
	tids[0] = 1;
	init = clone_into_container(&args);
	ASSERT_LE(0, init);
	if (!init)
		pause_forever();

	tids[0] = 77;
	tids[1] = 30077;
	args.set_tid_size = 2;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(getpid() != 77);
	EXPECT_EQ(30077, pid);
	EXPECT_EQ(0, wait_for_exit(pid));

	/* One that is taken. */
	tids[0] = 1;
	args.set_tid_size = 1;
	EXPECT_EQ(EEXIST, ERRNO(clone_into_container(&args)));
	EXPECT_EQ(1, fdinfo_number(cfd, "Processes:"));
	EXPECT_EQ(0, try_enter(cfd));
	kill_and_reap(init);
	close(cfd);
}

static int signals;

static void count_signal(int sig)
{
	__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED);
}

TEST_F_TIMEOUT(clone, with_another_exit_signal_or_none, TIMEOUT)
{
	struct sigaction sa = { .sa_handler = count_signal };
	struct clone_into_container args = into(self->cfd, 0);
	pid_t init = container_spawn_idle(self->cfd), pid;

	ASSERT_LT(0, init);
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	args.exit_signal = SIGUSR1;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(EXIT_CODE);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_EQ(1, signals);

	ASSERT_EQ(0, sigaction(SIGCHLD, &sa, NULL));
	signals = 0;
	args.exit_signal = 0;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(EXIT_CODE);
	/* It is a child for those only who ask for such. */
	EXPECT_EQ(-1, waitpid(pid, NULL, WNOHANG));
	EXPECT_EQ(ECHILD, errno);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_EQ(0, signals);
	signal(SIGCHLD, SIG_DFL);

	args.exit_signal = 65;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	args.exit_signal = 0x100;
	EXPECT_EQ(EINVAL, ERRNO(clone_into_container(&args)));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
}

/* Also of init: when it is reaped has nothing to do with when it is dead. */
TEST_F_TIMEOUT(clone, an_init_without_an_exit_signal, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, 0);
	int status = -1;
	pid_t pid;

	args.exit_signal = 0;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(EXIT_CODE);
	EXPECT_EQ(0, container_wait(self->cfd, &status, 0, NULL));
	EXPECT_EQ(EXIT_CODE << 8, status);
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
}

TEST_F_TIMEOUT(clone, stores_tids, TIMEOUT)
{
	int cfd = container_create("tids", CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	struct clone_into_container args = into(cfd, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID);
	int parent_tid = -1, child_tid = -1;
	pid_t pid;

	args.parent_tid = (unsigned long)&parent_tid;
	args.child_tid = (unsigned long)&child_tid;
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(getpid() == 1 && child_tid == 1 ? 0 : 1);
	EXPECT_EQ(pid, parent_tid);
	EXPECT_EQ(-1, child_tid);
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

TEST_F_TIMEOUT(clone, clears_signal_handlers, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, CLONE_CLEAR_SIGHAND);
	struct sigaction sa = { .sa_handler = count_signal };
	pid_t pid;

	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	pid = clone_into_container(&args);
	ASSERT_LE(0, pid);
	if (!pid) {
		raise(SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(128 + SIGUSR1, wait_for_exit(pid));
}

TEST_F_TIMEOUT(clone, keeps_filters_and_no_new_privs, TIMEOUT)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXIT_CODE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(filter), .filter = filter };
	struct clone_into_container args = into(self->cfd, 0);
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		EXPECT_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
		pid = clone_into_container(&args);
		if (!pid) {
			EXPECT_EQ(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
			EXPECT_EQ(-1, syscall(__NR_getppid));
			EXPECT_EQ(EXIT_CODE, errno);
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* As if there was CLONE_UNTRACED. */
TEST_F_TIMEOUT(clone, gives_no_tracer_a_child, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, 0);
	pid_t pid = fork(), child;
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		child = clone_into_container(&args);
		if (!child) {
			char text[8192], *at;

			EXPECT_TRUE(read_file("/proc/self/status", text, sizeof(text)));
			at = strstr(text, "TracerPid:");
			EXPECT_NE(NULL, at);
			EXPECT_EQ(0, atoi(at + strlen("TracerPid:")));
			_exit(EXIT_CODE);
		}
		_exit(wait_for_exit(child));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE |
			    PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	for (;;) {
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		if (!WIFSTOPPED(status))
			break;
		/* SIGCHLD, and no event of a clone */
		EXPECT_EQ(0, status >> 16);
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	}
	EXPECT_EQ(EXIT_CODE, WEXITSTATUS(status));
}

/* --- permission ------------------------------------------------------------------------- */

TEST_F_TIMEOUT(clone, is_for_those_who_may_enter, TIMEOUT)
{
	int cut = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_ENTER), dead;
	pid_t init;

	EXPECT_EQ(EPERM, try_clone(cut));
	close(cut);
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, try_clone));
	expect_unstarted(_metadata, self->cfd, self->fds);
	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, try_clone));
	dead = container_create("sibling", CONTAINER_FD_CLOEXEC);
	EXPECT_EQ(EPERM, run_inside(self->cfd, dead, try_clone));
	EXPECT_EQ(0, try_clone(dead));
	EXPECT_EQ(ECANCELED, try_clone(dead));
	close(dead);
	kill_and_reap(init);
}

TEST_F_TIMEOUT(clone, into_one_that_dies_is_canceled, TIMEOUT)
{
	struct clone_into_container args;
	struct dying_container d;
	struct shared s = { .up = -1, .down = -1 };
	int pidfd = -1;

	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, 0));
	EXPECT_EQ(ECANCELED, try_clone(d.cfd));
	args = into(d.cfd, CLONE_PIDFD);
	args.pidfd = (unsigned long)&pidfd;
	EXPECT_EQ(ECANCELED, try_args(&args));
	EXPECT_EQ(-1, pidfd);
	if (HAVE_CLONE_FN) {
		args = into(d.cfd, VFORK);
		EXPECT_EQ(ECANCELED, ERRNO(clone_fn(&args, vfork_child, &s)));
		EXPECT_EQ(0, s.pid);
	}
	dying_close(&d);
}

/* --- vfork ------------------------------------------------------------------------------- */

FIXTURE(vfork)
{
	int cfd;
	__u64 id;
	int up[2], down[2];
};

FIXTURE_VARIANT(vfork)
{
	unsigned int flags;
	bool started;
};

FIXTURE_VARIANT_ADD(vfork, first) { .flags = 0, .started = false };
FIXTURE_VARIANT_ADD(vfork, later) { .flags = 0, .started = true };
FIXTURE_VARIANT_ADD(vfork, first_all_but_fs) {
	.flags = (NEW_ALL_BUT_USER & ~CONTAINER_NEW_FS_NS), .started = false
};

FIXTURE_VARIANT_ADD(vfork, later_all_but_fs) {
	.flags = (NEW_ALL_BUT_USER & ~CONTAINER_NEW_FS_NS), .started = true
};

FIXTURE_SETUP(vfork)
{
	if (!HAVE_CLONE_FN)
		SKIP(return, "not for this architecture");
	own_path();
	ASSERT_EQ(0, pipe(self->up));
	ASSERT_EQ(0, pipe(self->down));
	self->cfd = container_create("vfork", variant->flags | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
	if (variant->started)
		ASSERT_LT(0, container_spawn_idle(self->cfd));
}

FIXTURE_TEARDOWN(vfork)
{
	container_kill(self->cfd, 0, SIGKILL);
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

TEST_F_TIMEOUT(vfork, shares_the_memory_and_is_waited_for, TIMEOUT)
{
	struct shared s = { .up = -1, .down = -1 };
	struct clone_into_container args = into(self->cfd, VFORK);
	pid_t pid;

	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	/* All it did is there, though nobody has waited. */
	EXPECT_NE(0, s.pid);
	EXPECT_EQ(self->id, s.container);
	EXPECT_EQ(variant->flags & CONTAINER_NEW_PID_NS ? 1 + variant->started : pid, s.pid);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	if (!variant->started)
		EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
}

TEST_F_TIMEOUT(vfork, exec_lets_the_caller_go_on, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = -1, .exec = true, .mode = "report" };
	struct clone_into_container args = into(self->cfd, VFORK);
	struct report report = {};
	pid_t pid;

	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	EXPECT_EQ(s.pid, hear_int(self->up[0]));
	ASSERT_EQ(sizeof(report), read(self->up[0], &report, sizeof(report)));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	EXPECT_EQ(s.pid, report.pid);
	EXPECT_EQ(self->id, report.container);
	EXPECT_EQ(self->id, s.container);
}

TEST_F_TIMEOUT(vfork, the_time_namespace_is_the_callers_until_exec, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = -1, .exec = true, .mode = "report" };
	struct clone_into_container args = into(self->cfd, VFORK);
	ino_t ours = ns_inode(0, "time"), theirs;
	struct report report = {};
	pid_t pid;
	int fd;

	fd = container_get_ns(self->cfd, CLONE_NEWTIME);
	ASSERT_LE(0, fd);
	theirs = fd_inode(fd);
	close(fd);
	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	EXPECT_EQ(ours, s.time);
	EXPECT_EQ(theirs, s.time_for_children);
	hear_int(self->up[0]);
	ASSERT_EQ(sizeof(report), read(self->up[0], &report, sizeof(report)));
	EXPECT_EQ(theirs, report.time);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	/* and ours is what it was */
	EXPECT_EQ(ours, ns_inode(0, "time"));
	EXPECT_EQ(ours, ns_inode(0, "time_for_children"));
}

/* In a child, as the caller does not come back before its child lets it. */
static pid_t vfork_in_child(int cfd, struct shared *s)
{
	struct clone_into_container args = into(cfd, VFORK);
	pid_t parent = fork(), pid;

	if (parent)
		return parent;
	pid = clone_fn(&args, vfork_child, s);
	if (pid < 0)
		_exit(errno);
	_exit(wait_for_exit(pid));
}

TEST_F_TIMEOUT(vfork, nobody_else_waits_for_the_exec, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = self->down[0] };
	struct container_info info;
	pid_t parent = vfork_in_child(self->cfd, &s);

	ASSERT_LT(0, parent);
	ASSERT_NE(INT_MIN, hear_int(self->up[0]));
	/* It is a member, and init if it is the first one. */
	ASSERT_TRUE(container_info(self->cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, info.state);
	EXPECT_EQ(1 + variant->started, info.nr_processes);
	EXPECT_EQ(0, try_enter(self->cfd));
	EXPECT_EQ(0, try_clone(self->cfd));
	EXPECT_EQ(0, waitpid(parent, NULL, WNOHANG));
	tell(self->down[1]);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(parent));
}

TEST_F_TIMEOUT(vfork, the_caller_goes_on_when_the_container_is_killed, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = self->down[0] };
	pid_t parent = vfork_in_child(self->cfd, &s);

	ASSERT_LT(0, parent);
	ASSERT_NE(INT_MIN, hear_int(self->up[0]));
	EXPECT_EQ(0, waitpid(parent, NULL, WNOHANG));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(parent));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
}

TEST_F_TIMEOUT(vfork, the_child_goes_on_when_the_caller_is_killed, TIMEOUT)
{
	struct shared s = {
		.up = self->up[1], .down = self->down[0], .exec = true, .mode = "report",
	};
	pid_t parent = vfork_in_child(self->cfd, &s);
	struct report report = {};

	ASSERT_LT(0, parent);
	ASSERT_NE(INT_MIN, hear_int(self->up[0]));
	kill_and_reap(parent);
	EXPECT_EQ(1 + variant->started, fdinfo_number(self->cfd, "Processes:"));
	tell(self->down[1]);
	ASSERT_EQ(sizeof(report), read(self->up[0], &report, sizeof(report)));
	EXPECT_EQ(self->id, report.container);
	if (!variant->started)
		EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
}

/* The futex of who joins is cleared, but not before the memory is let go. */
TEST_F_TIMEOUT(vfork, clears_the_tid_at_exec, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = -1, .exec = true, .mode = "report" };
	struct clone_into_container args;
	int tid = -1;
	pid_t pid;

	args = into(self->cfd, VFORK | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID);
	args.child_tid = (unsigned long)&tid;
	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, tid);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
}

TEST_F_TIMEOUT(vfork, without_shared_memory_works_too, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, CLONE_VFORK);
	struct shared s = { .up = -1, .down = -1 };
	pid_t pid;

	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, s.pid);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
}

/* memory.oom.group of another cgroup would kill those who share the memory. */
TEST_F_TIMEOUT(vfork, shares_memory_within_a_cgroup_only, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, VFORK | CLONE_INTO_CGROUP);
	struct shared s = { .up = -1, .down = -1 };
	char path[128], own[1024], text[1200], *at;
	int fd, processes = fdinfo_number(self->cfd, "Processes:");
	pid_t pid;

	if (!cgroup2_root() || !cgroup2_make("vm", path, sizeof(path)))
		SKIP(return, "no unified cgroup hierarchy");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	args.cgroup = fd;
	EXPECT_EQ(EINVAL, ERRNO(clone_fn(&args, vfork_child, &s)));
	EXPECT_EQ(0, s.pid);
	EXPECT_EQ(processes, fdinfo_number(self->cfd, "Processes:"));

	ASSERT_TRUE(read_file("/proc/self/cgroup", own, sizeof(own)));
	at = strstr(own, "0::");
	ASSERT_NE(NULL, at);
	at[strcspn(at, "\n")] = '\0';
	snprintf(text, sizeof(text), "%s%s", cgroup2_root(), at + 3);
	close(fd);
	fd = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	args.cgroup = fd;
	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_LT(0, pid);
	EXPECT_NE(0, s.pid);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
	close(fd);
	EXPECT_TRUE(wait_until(!rmdir(path) || errno != EBUSY));
}

/* All that can be asked for, in one call. */
TEST_F_TIMEOUT(vfork, everything_at_once, TIMEOUT)
{
	struct shared s = { .up = -1, .down = -1 };
	int pidfd = -1, parent_tid = -1, child_tid = -1, fd, started = 0;
	bool own_pids = variant->flags & CONTAINER_NEW_PID_NS;
	struct clone_into_container args;
	char own[1024], text[1200], *at;
	struct sigaction sa = { .sa_handler = count_signal }, before;
	siginfo_t info = { };
	pid_t tids[2], pid;

	if (!cgroup2_root())
		SKIP(return, "no unified cgroup hierarchy");
	/* Its own cgroup is the only one that it can share its memory in. */
	ASSERT_TRUE(read_file("/proc/self/cgroup", own, sizeof(own)));
	at = strstr(own, "0::");
	ASSERT_NE(NULL, at);
	at[strcspn(at, "\n")] = '\0';
	snprintf(text, sizeof(text), "%s%s", cgroup2_root(), at + 3);
	fd = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, &before));
	signals = 0;
	started = variant->started;
	/* From the inside out: pid 1 is the first one's. */
	tids[0] = own_pids ? (started ? 77 : 1) : 30011;
	tids[1] = 30012;
	args = into(self->cfd, VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND |
		    CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_UNTRACED);
	args.pidfd = (unsigned long)&pidfd;
	args.parent_tid = (unsigned long)&parent_tid;
	args.child_tid = (unsigned long)&child_tid;
	args.cgroup = fd;
	args.exit_signal = SIGUSR1;
	args.set_tid = (unsigned long)tids;
	args.set_tid_size = 1 + own_pids;
	pid = clone_fn(&args, vfork_child, &s);
	ASSERT_EQ(tids[own_pids], pid)
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(tids[0], s.pid);
	EXPECT_EQ(self->id, s.container);
	EXPECT_EQ(pid, parent_tid);
	/* It is stored by the child, as it sees it, in what is ours. */
	EXPECT_EQ(tids[0], child_tid);
	ASSERT_LE(0, pidfd);
	EXPECT_TRUE(pidfd_wait(pidfd));
	EXPECT_EQ(0, waitid(P_PIDFD, pidfd, &info, WEXITED | __WALL));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(EXIT_CODE, info.si_status);
	EXPECT_EQ(1, signals);
	sigaction(SIGUSR1, &before, NULL);
	close(pidfd);
	close(fd);
	EXPECT_EQ(started, fdinfo_number(self->cfd, "Processes:"));
}

TEST_F_TIMEOUT(vfork, that_fails_leaves_nothing_behind, TIMEOUT)
{
	int n, fd, err, left = 0, failures = 0, fds, containers = container_count();
	struct clone_into_container args;
	struct shared s;
	pid_t pid;

	fd = fail_nth_open();
	if (fd < 0)
		SKIP(return, "no fault injection");
	fds = open_fds();
	for (n = 1; n < 2000 && !left; n++) {
		args = into(self->cfd, VFORK);
		s = (struct shared){ .up = -1, .down = -1 };
		ASSERT_TRUE(fail_nth(fd, n));
		pid = clone_fn(&args, vfork_child, &s);
		err = pid < 0 ? errno : 0;
		left = fail_nth_left(fd);
		fail_nth(fd, 0);
		if (pid < 0) {
			failures++;
			EXPECT_TRUE(err == ENOMEM || err == EAGAIN || err == EFAULT)
				TH_LOG("fault %d: %s", n, strerror(err));
			EXPECT_EQ(0, s.pid);
		} else {
			/* It did without what it was not given. */
			EXPECT_EQ(EXIT_CODE, wait_for_exit(pid));
		}
		if (pid > 0 && !variant->started) {
			ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
			close(self->cfd);
			self->cfd = container_create("vfork", variant->flags |
						     CONTAINER_FD_CLOEXEC);
			ASSERT_LE(0, self->cfd);
		}
		ASSERT_EQ(fds, open_fds());
		ASSERT_EQ(containers, container_count());
		ASSERT_EQ(variant->started, fdinfo_number(self->cfd, "Processes:"));
		ASSERT_EQ(0, poll_now(self->cfd));
	}
	EXPECT_LT(0, left);
	EXPECT_LE(5, failures);
	close(fd);
}

TEST_F_TIMEOUT(vfork, who_may_not_enter_has_no_child, TIMEOUT)
{
	struct clone_into_container args = into(self->cfd, VFORK);
	struct shared s = { .up = -1, .down = -1 };
	int processes = fdinfo_number(self->cfd, "Processes:");
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_EQ(EPERM, ERRNO(clone_fn(&args, vfork_child, &s)));
		EXPECT_EQ(0, s.pid);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(processes, fdinfo_number(self->cfd, "Processes:"));
}

/*
 * The attacker is init, root with all capabilities, and has exec'ed; the victim
 * shares the memory of who sent it in.
 */
TEST_F_TIMEOUT(clone, nobody_inside_gets_at_a_vfork_child, TIMEOUT)
{
	struct shared s = { .up = self->up[1], .down = self->down[0], .secret = 0x5ec2e7 };
	unsigned long addr = (unsigned long)&s.secret;
	int orders[2], results[2], victim;
	pid_t init, parent;

	if (!HAVE_CLONE_FN)
		SKIP(return, "not for this architecture");
	ASSERT_EQ(0, pipe(orders));
	ASSERT_EQ(0, pipe(results));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		char up[16], down[16];

		snprintf(up, sizeof(up), "%d", results[1]);
		snprintf(down, sizeof(down), "%d", orders[0]);
		execl(own_path(), HELPER_NAME, "attack", up, down, NULL);
		_exit(1);
	}
	ASSERT_TRUE(hear_in_time(results[0]));
	parent = vfork_in_child(self->cfd, &s);
	ASSERT_LT(0, parent);
	victim = hear_int(self->up[0]);
	ASSERT_LT(0, victim);
	ASSERT_TRUE(tell_int(orders[1], victim));
	ASSERT_EQ(sizeof(addr), write(orders[1], &addr, sizeof(addr)));
	EXPECT_EQ(0, hear_int(results[0]))
		TH_LOG("the attack of this number got through");
	EXPECT_EQ(0, waitpid(parent, NULL, WNOHANG));

	tell(self->down[1]);
	EXPECT_EQ(EXIT_CODE, wait_for_exit(parent));
	kill_and_reap(init);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	return test_harness_run(argc, argv);
}
