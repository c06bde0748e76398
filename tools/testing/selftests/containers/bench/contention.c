// SPDX-License-Identifier: GPL-2.0
/*
 * Forks of several processes at a time. The clock is to be a real one here.
 */
#include <sys/mman.h>

#include "bench.h"

#define DURATION_NS	3000000000L

static void fork_until(long end, long *forks)
{
	while (now() < end) {
		fork_exit_wait();
		++*forks;
	}
}

void bench_contention(int processes)
{
	long *forks, sum = 0, end;
	char name[64];

	forks = mmap(NULL, processes * 64, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (forks == MAP_FAILED)
		die("mmap");
	end = now() + DURATION_NS;
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			fork_until(end, &forks[i * 8]);
			_exit(0);
		}
	}
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	for (int i = 0; i < processes; i++)
		sum += forks[i * 8];
	snprintf(name, sizeof(name), "forks, %d processes", processes);
	report(name, sum * 1e9 / DURATION_NS, "a second", "rate");
}
