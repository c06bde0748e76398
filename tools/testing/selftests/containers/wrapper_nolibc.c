// SPDX-License-Identifier: GPL-2.0
/*
 * A program for wrapper_test to run: the wrapper with nolibc, which the Makefile
 * includes. It is built once more without errno.
 */
#include "../../../include/container.h"

#ifdef NOLIBC_IGNORE_ERRNO
#define FAILS(call, error)	((void)(error), (call) == -1)
#else
#define FAILS(call, error)	((errno = 0, (call)) == -1 && errno == (error))
#endif

static void leave(int code)
{
	exit(code);
}

/* poll() of nothing, but nolibc's wants system calls with a 32-bit time. */
static void rest(void)
{
	for (;;)
		syscall(__NR_ppoll, NULL, 0, NULL, NULL, 0);
}

static pid_t reap(pid_t pid, int *status)
{
	return waitpid(pid, status, 0);
}

#include "wrapper_scenario.h"

int main(void)
{
	return scenario();
}
