// SPDX-License-Identifier: GPL-2.0
/*
 * What starting a program and waiting for it costs.
 */
#include "bench.h"

#define SAMPLES		7

static char **command;

static void run_command(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die(command[0]);
}

void bench_command(const char *name, char **argv)
{
	const struct subject subject = { name, run_command };

	command = argv;
	measure_settled(&subject, 1, SAMPLES);
}
