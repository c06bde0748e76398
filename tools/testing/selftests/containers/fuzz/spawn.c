// SPDX-License-Identifier: GPL-2.0
/* Calls that make processes, and what a worker does to processes. */
#include "fuzz.h"
#include "../container_vfork.h"

#include <limits.h>
#include <sys/ptrace.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD		0x1000
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND	0x100000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME		0x80
#endif
#ifndef __WALL
#define __WALL			0x40000000
#endif

/* Is there room for another process? The count is of the last look at all. */
static bool may_spawn(struct self *s)
{
	if (load(&shared->stop))
		return false;
	if (s->member)
		return s->budget-- > 0 && s->depth < MAX_DEPTH;
	if (load(&shared->nr_procs) >= shared->max_procs)
		return false;
	add(&shared->nr_procs, 1);
	return true;
}

/* What comes of putting a process into the container of @h. */
static void check_entry(struct self *s, struct handle *h, long ret, const struct record *before)
{
	unsigned long long id = h->id;

	must_be_usable(s, h, CONTAINER_RIGHT_ENTER, ret, "entry");
	if (ret >= 0) {
		if (before->state >= CONTAINER_STATE_DYING)
			violation(s, "entry: container %llu had state %u", id, before->state);
		if (!s->member)
			publish_pid(ret);
		return;
	}
	if (s->member || !before->dead || ret == -ECANCELED)
		return;
	if (ret != -EPERM || has_right(h, CONTAINER_RIGHT_ENTER))
		violation(s, "entry: container %llu was dead, and the errno is %ld", id, -ret);
}

void enter(struct self *s, struct handle *h)
{
	uint64_t seed = random_next(&s->random);
	struct record before;
	struct entry *e;
	long ret;

	if (!may_spawn(s))
		return;
	before = record_snapshot(h->id);
	e = call_begin(s, OP_fork_into, h->fd, h->id, 0);
	ret = fork_into_container(h->fd);
	if (ret == 0) {
		s->random = seed;
		member_main(s, h->id);
	}
	ret = call_end(s, e, ret);
	MAY_FAIL(s, "fork_into_container", ret, EPERM, ECANCELED, EAGAIN, ENOMEM, EINVAL);
	check_entry(s, h, ret, &before);
}

static void op_fork_into(struct self *s)
{
	struct handle *h = some_handle(s);

	if (h)
		enter(s, h);
}

static void op_fork_invalid(struct self *s)
{
	int fd = odd_fd(s);
	long ret;

	ret = CALL(s, fork_invalid, fd, 0, 0, fork_into_container(fd));
	if (ret == 0)
		_exit(EXIT_VIOLATION);
	if (ret >= 0)
		violation(s, "fork_into_container of another file");
	MAY_FAIL(s, "fork_into_container of another file", ret, EBADF, EINVAL);
}

static void op_clone3(struct self *s)
{
	static const __u64 flags[] = {
		0, 0, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_CHILD_SETTID,
		CLONE_CHILD_CLEARTID, CLONE_CLEAR_SIGHAND, CLONE_UNTRACED,
	};
	static const int exit_signals[] = { SIGCHLD, SIGCHLD, 0, SIGURG };
	uint64_t seed = random_next(&s->random);
	struct handle *h = some_handle(s);
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | flags[pick(s, ARRAY_LEN(flags))] |
			 flags[pick(s, ARRAY_LEN(flags))],
		.exit_signal = exit_signals[pick(s, ARRAY_LEN(exit_signals))],
	};
	pid_t tid = chance(s, 50) ? 1 : 20000 + pick(s, 10000);
	bool set_tid = chance(s, 10);
	struct record before;
	int pidfd = -1, where;
	struct entry *e;
	long ret;

	if (!h || !may_spawn(s))
		return;
	args.container = h->fd;
	args.pidfd = (unsigned long)&pidfd;
	args.parent_tid = (unsigned long)&where;
	args.child_tid = (unsigned long)&where;
	if (set_tid) {
		args.set_tid = (unsigned long)&tid;
		args.set_tid_size = 1;
	}
	before = record_snapshot(h->id);
	e = call_begin(s, OP_clone3, h->fd, h->id, args.flags);
	ret = clone_into_container(&args);
	if (ret == 0) {
		s->random = seed;
		member_main(s, h->id);
	}
	ret = call_end(s, e, ret);
	/* After a late failure there is a number, too, which is somebody else's by now. */
	if (ret > 0 && pidfd >= 0)
		close(pidfd);
	if (set_tid && (ret == -EEXIST || ret == -EINVAL || ret == -EPERM))
		return;
	MAY_FAIL(s, "clone3", ret, EPERM, ECANCELED, EAGAIN, ENOMEM, EINVAL, EMFILE, ENFILE);
	check_entry(s, h, ret, &before);
}

static void op_clone3_invalid(struct self *s)
{
	static const __u64 contrary[] = {
		CLONE_THREAD, CLONE_PARENT, CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_SYSVSEM,
		CLONE_IO, CLONE_PTRACE, CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID,
		CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWTIME, CLONE_VM,
		CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 1ULL << 40, 1ULL << 62,
	};
	static const size_t sizes[] = { 0, 63, 64, 80, 88, 95 };
	struct handle *h = some_handle(s);
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER,
		.exit_signal = SIGCHLD,
	};
	size_t size = sizeof(args);
	int expected = EINVAL;
	struct entry *e;
	long ret;

	if (!h)
		return;
	args.container = h->fd;
	switch (pick(s, 6)) {
	case 0:
		size = sizes[pick(s, ARRAY_LEN(sizes))];
		break;
	case 1:
		args.container |= 1ULL << (31 + pick(s, 33));
		break;
	case 2:
		args.flags = 0;
		args.container = args.container ?: 1;
		break;
	case 3:
		args.container = odd_fd(s);
		expected = 0;
		break;
	default:
		args.flags |= contrary[pick(s, ARRAY_LEN(contrary))] |
			      contrary[pick(s, ARRAY_LEN(contrary))];
	}
	e = call_begin(s, OP_clone3_invalid, args.container, args.flags, size);
	ret = syscall(__NR_clone3, &args, size);
	if (ret == 0)
		_exit(EXIT_VIOLATION);
	ret = call_end(s, e, ret);
	if (expected ? ret != -expected : ret != -EBADF && ret != -EINVAL)
		violation(s, "clone3 with wrong arguments: %ld", ret);
}

/* --- a child that shares the memory ----------------------------------------------- */

#if HAVE_CLONE_FN
#define STACK_SIZE	(32 * 1024)

struct vfork_args {
	struct self *s;
	unsigned int how;
};

static void op_vfork_into(struct self *s)
{
	static char stacks[MAX_THREADS][STACK_SIZE] __attribute__((aligned(4096)));
	struct handle *h = some_handle(s);
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_VFORK | CLONE_VM,
		.exit_signal = SIGCHLD,
	};
	struct vfork_args how = { s, pick(s, 8) };
	struct record before;
	struct entry *e;
	long ret;

	if (!h || !may_spawn(s))
		return;
	args.container = h->fd;
	before = record_snapshot(h->id);
	e = call_begin(s, OP_vfork_into, h->fd, h->id, how.how);
	ret = clone_on_stack(&args, vfork_child, &how, stacks[s->thread], STACK_SIZE);
	ret = call_end(s, e, ret);
	MAY_FAIL(s, "clone3", ret, EPERM, ECANCELED, EAGAIN, ENOMEM, EINVAL);
	check_entry(s, h, ret, &before);
}

int vfork_child(void *arg)
{
	struct vfork_args *args = arg;

	return args->how < 4 ? member_exec(args->s, args->how) : (int)args->how;
}
#else
static void op_vfork_into(struct self *s)
{
}
#endif

/* --- what becomes of them --------------------------------------------------------- */

void op_reap(struct self *s)
{
	int status, n;
	pid_t pid;

	for (n = 0; n < 16; n++) {
		pid = CALL(s, reap, -1, 0, 0, waitpid(-1, &status, WNOHANG | __WALL));
		if (pid <= 0)
			return;
		/* One that was traced for a while. */
		if (WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

static void op_signal(struct self *s)
{
	static const int signals[] = { 0, 0, SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGCONT, SIGUSR2 };
	int sig = signals[pick(s, ARRAY_LEN(signals))];
	pid_t pid = recent_pid(s);

	if (pid)
		CALL(s, signal, pid, sig, 0, kill(pid, sig));
}

static void op_ptrace(struct self *s)
{
	static const long options[] = { 0, PTRACE_O_TRACEEXIT, PTRACE_O_EXITKILL,
					PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK };
	long option = options[pick(s, ARRAY_LEN(options))];
	pid_t pid = recent_pid(s);
	int status, tries = 20;

	if (!pid || CALL(s, ptrace, pid, option, 0, ptrace(PTRACE_SEIZE, pid, 0, option)))
		return;
	if (chance(s, 20))
		return;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	while (tries-- && waitpid(pid, &status, WNOHANG | __WALL) == 0)
		sched_yield();
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

/* A process outside with the same descriptors. */
static void op_fork(struct self *s)
{
	uint64_t seed = random_next(&s->random);
	struct entry *e;
	long ret;

	if (!may_spawn(s))
		return;
	e = call_begin(s, OP_fork, 0, 0, 0);
	ret = syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
	if (ret == 0) {
		s->random = seed;
		stranger_main(s);
	}
	call_end(s, e, ret);
}

static const struct {
	void (*fn)(struct self *s);
	unsigned int weight;
} choices[] = {
	{ op_fork_into, 40 }, { op_clone3, 25 }, { op_vfork_into, 15 }, { op_fork, 4 },
	{ op_fork_invalid, 60 }, { op_clone3_invalid, 120 }, { op_reap, 120 },
	{ op_signal, 60 }, { op_ptrace, 10 },
};

/* Members have a family of their own; see member.c. */
void spawn_random(struct self *s)
{
	unsigned int i, n, sum = 0, nr = ARRAY_LEN(choices);

	for (i = 0; i < nr; i++)
		sum += choices[i].weight;
	n = pick(s, sum);
	for (i = 0; n >= choices[i].weight; i++)
		n -= choices[i].weight;
	if (s->member && (choices[i].fn == op_signal || choices[i].fn == op_ptrace ||
			  choices[i].fn == op_fork))
		return;
	choices[i].fn(s);
}
