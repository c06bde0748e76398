// SPDX-License-Identifier: GPL-2.0
/*
 * A program for wrapper_test to run: the wrapper without any library, and without
 * headers that know of containers. It is built for 64 bit and for 32 bit, where
 * there may be no kernel headers at all.
 */
#include "../../../include/container.h"

#if defined(__x86_64__)
#define NR_EXIT_GROUP	231
#define NR_PPOLL	271
#define NR_WAIT4	61
#elif defined(__i386__)
#define NR_EXIT_GROUP	252
#define NR_PPOLL	309
#define NR_WAIT4	114
#elif defined(__aarch64__)
#define NR_EXIT_GROUP	94
#define NR_PPOLL	73
#define NR_WAIT4	260
#endif

#define EPERM		1
#define ENOENT		2
#define ESRCH		3
#define EBADF		9
#define ECHILD		10
#define EINVAL		22
#define ENOSYS		38
#define ECANCELED	125

#define FAILS(call, error)	((call) == -(error))

static void leave(int code)
{
	for (;;)
		container__syscall(NR_EXIT_GROUP, code, 0, 0, 0, 0);
}

static void rest(void)
{
	for (;;)
		container__syscall(NR_PPOLL, 0, 0, 0, 0, 0);
}

static pid_t reap(pid_t pid, int *status)
{
	return container__syscall(NR_WAIT4, pid, (long)status, 0, 0, 0);
}

#include "wrapper_scenario.h"

/* A compiler may call it to clear a struct. */
void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
	char *at = to;

	while (size--) {
		*at++ = byte;
		__asm__ volatile("" : : : "memory");	/* or this loop is a memset() */
	}
	return to;
}

/* It is jumped to, not called, so the stack has to be put in order first. */
void start(void);
__attribute__((used)) void start(void)
{
	leave(scenario());
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tandq $-16, %rsp\n\tcall start\n");
#elif defined(__i386__)
__asm__(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tandl $-16, %esp\n\tcall start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tb start\n");
#endif
