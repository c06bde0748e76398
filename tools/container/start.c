// SPDX-License-Identifier: GPL-2.0
/* Starts a process in a container. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#ifndef CLONE_INTO_CONTAINER
#define CLONE_INTO_CONTAINER	0x8000000000000000ULL
#endif

/* struct clone_args, whose declarations may be older than the last field. */
struct clone_arguments {
	__u64 flags;
	__u64 pidfd;
	__u64 child_tid;
	__u64 parent_tid;
	__u64 exit_signal;
	__u64 stack;
	__u64 stack_size;
	__u64 tls;
	__u64 set_tid;
	__u64 set_tid_size;
	__u64 cgroup;
	__u64 container;
};

static const char may_not_enter[] =
	"it must be below your own container, and yours or in a user namespace of yours";

struct start {
	const struct process *process;
	struct report report;
};

/*
 * The descriptors are put in place before the child is made: a container can
 * have it that whoever enters keeps standard input, output and error only.
 */
static void swap_stdio(const int stdio[3], int saved[3])
{
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = -1;
		if (stdio[fd] < 0)
			continue;
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (saved[fd] < 0 || dup2(stdio[fd], fd) < 0)
			die_errno(NULL, "cannot duplicate a descriptor");
	}
}

static void restore_stdio(const int saved[3])
{
	int error = errno;

	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] < 0)
			continue;
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	errno = error;
}

#ifdef __x86_64__

static void child_main(struct start *start)
{
	become_command(start->process, &start->report);
	_exit(EXIT_TOOL);
}

/*
 * The child shares this process's memory, which sleeps until the child executes
 * the command or exits: no page table is copied and what goes wrong is simply
 * there to be read. The child needs a stack of its own, so this cannot be
 * written in C.
 */
static long clone_vfork(struct clone_arguments *args, struct start *start)
{
	long ret = SYS_clone3;

	asm volatile("syscall\n\t"
		     "testq %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "movq %[start], %%rdi\n\t"
		     "call *%[main]\n\t"
		     "hlt\n"
		     "1:"
		     : "+a" (ret)
		     : "D" (args), "S" (sizeof(*args)), [start] "r" (start),
		       [main] "r" (child_main)
		     : "rcx", "r11", "memory");
	return ret;
}

static pid_t start_sharing_memory(const struct process *process, struct start *start)
{
	/* This stack is touched already, pages of its own would cost more. */
	char stack[32768] __attribute__((aligned(16)));
	struct clone_arguments args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.stack = (unsigned long)stack,
		.stack_size = sizeof(stack),
		.container = process->cfd,
	};
	int saved[3];
	long pid;

	swap_stdio(process->stdio, saved);
	pid = clone_vfork(&args, start);
	restore_stdio(saved);
	if (pid < 0) {
		errno = -pid;
		return -1;
	}
	return pid;
}

static bool can_share_memory(const struct process *process)
{
	/* While the parent sleeps, it cannot write the id maps. */
	return !process->setup || !(process->setup->flags & CONTAINER_NEW_USER_NS);
}

#else

static pid_t start_sharing_memory(const struct process *process, struct start *start)
{
	errno = ENOSYS;
	return -1;
}

static bool can_share_memory(const struct process *process)
{
	return false;
}

#endif

static void make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		die_errno(NULL, "pipe");
}

/* The child waits until its id maps are there, or its parent is not. */
static __noreturn void forked_child(struct start *start, const int go[2], int report)
{
	char byte;

	close(go[1]);
	if (read(go[0], &byte, 1) != 1)
		_exit(EXIT_TOOL);
	become_command(start->process, &start->report);
	if (write(report, &start->report, sizeof(start->report)) < 0)
		_exit(EXIT_TOOL);
	_exit(EXIT_TOOL);
}

static pid_t start_apart(const struct process *process, struct start *start)
{
	struct clone_arguments args = {
		.flags = CLONE_INTO_CONTAINER,
		.exit_signal = SIGCHLD,
		.container = process->cfd,
	};
	int go[2], report[2], saved[3];
	pid_t pid;

	make_pipe(go);
	make_pipe(report);
	swap_stdio(process->stdio, saved);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		forked_child(start, go, report[1]);
	/* Before anything else can fail: messages are for the caller. */
	restore_stdio(saved);
	close(report[1]);
	if (pid > 0) {
		if (process->setup && process->setup->flags & CONTAINER_NEW_USER_NS)
			map_caller_to_root(pid);
		/* It may have been killed already: then it reports nothing. */
		if (write(go[1], "", 1) < 0 ||
		    read(report[0], &start->report, sizeof(start->report)) < 0)
			start->report.step = STEP_NONE;
	}
	/* Open till here, so that the write found a reader, and no SIGPIPE. */
	close(go[0]);
	close(go[1]);
	close(report[0]);
	return pid;
}

pid_t start_process(const struct process *process)
{
	struct start start = { .process = process };
	pid_t pid;

	if (can_share_memory(process))
		pid = start_sharing_memory(process, &start);
	else
		pid = start_apart(process, &start);
	if (pid < 0) {
		complain_errno(errno == EPERM ? may_not_enter : NULL,
			       "cannot enter the container");
		return -EXIT_TOOL;
	}
	if (start.report.step == STEP_NONE)
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -explain_report(process, &start.report);
}
