// SPDX-License-Identifier: GPL-2.0
/*
 * A program for wrapper_test to run: the wrapper in C++, first of all headers, and
 * without headers that know of containers.
 */
#include "../../../include/container.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILS(call, error)	((errno = 0, (call)) == -1 && errno == (error))

static void leave(int code)
{
	_exit(code);
}

static void rest()
{
	for (;;)
		pause();
}

static pid_t reap(pid_t pid, int *status)
{
	return waitpid(pid, status, 0);
}

#include "wrapper_scenario.h"

int main()
{
	return scenario();
}
