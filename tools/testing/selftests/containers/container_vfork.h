/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clone3() with CLONE_VM for the container selftests, which no C library has: the
 * child must not return on the stack of its parent.
 */
#ifndef SELFTESTS_CONTAINER_VFORK_H
#define SELFTESTS_CONTAINER_VFORK_H

#include "container_util.h"

#if defined(__x86_64__) || defined(__aarch64__)
#define HAVE_CLONE_FN	1

#ifdef __x86_64__
static inline long bare_clone_on_stack(struct clone_into_container *args,
				       int (*fn)(void *arg), void *arg)
{
	register long r12 asm("r12") = (long)fn;
	register long r13 asm("r13") = (long)arg;
	long ret = __NR_clone3;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "mov %%r13, %%rdi\n\t"
		     "call *%%r12\n\t"
		     "mov %%eax, %%edi\n\t"
		     "mov $231, %%eax\n\t"	/* exit_group */
		     "syscall\n\t"
		     "hlt\n"
		     "1:"
		     : "+a" (ret)
		     : "D" (args), "S" (sizeof(*args)), "r" (r12), "r" (r13)
		     : "rcx", "r11", "memory");
	return ret;
}
#else
static inline long bare_clone_on_stack(struct clone_into_container *args,
				       int (*fn)(void *arg), void *arg)
{
	register long x0 asm("x0") = (long)args;
	register long x1 asm("x1") = sizeof(*args);
	register long x8 asm("x8") = __NR_clone3;
	register long x20 asm("x20") = (long)fn;
	register long x21 asm("x21") = (long)arg;

	asm volatile("svc #0\n\t"
		     "cbnz x0, 1f\n\t"
		     "mov x29, xzr\n\t"
		     "mov x0, x21\n\t"
		     "blr x20\n\t"
		     "mov x8, #94\n\t"	/* exit_group */
		     "svc #0\n\t"
		     "brk #1\n"
		     "1:"
		     : "+r" (x0)
		     : "r" (x1), "r" (x8), "r" (x20), "r" (x21)
		     : "memory", "cc");
	return x0;
}
#endif

/* The child has the stack to itself, calls @fn, and exits with what that says. */
static inline pid_t clone_on_stack(struct clone_into_container *args, int (*fn)(void *arg),
				   void *arg, char *stack, size_t size)
{
	long ret;

	args->stack = (unsigned long)stack;
	args->stack_size = size;
	ret = bare_clone_on_stack(args, fn, arg);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}
#else
#define HAVE_CLONE_FN	0

static inline pid_t clone_on_stack(struct clone_into_container *args, int (*fn)(void *arg),
				   void *arg, char *stack, size_t size)
{
	errno = ENOSYS;
	return -1;
}
#endif

#endif /* SELFTESTS_CONTAINER_VFORK_H */
