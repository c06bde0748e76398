// SPDX-License-Identifier: GPL-2.0
/*
 *   container_bench GROUP			measures a group of subjects
 *   container_bench command NAME COMMAND...	what starting that and waiting costs
 *   container_bench contention PROCESSES	forks that so many do in a second
 */
#include "bench.h"

bool containers;

static const struct group groups[] = {
	{ "process",	bench_process },
	{ "forks",	bench_forks },
	{ "path",	bench_path },
	{ "enter",	bench_enter },
	{ "socket",	bench_socket },
	{ "namespaces",	bench_namespaces },
	{ "scale",	bench_scale },
	{ "kill",	bench_kill },
	{ "memory",	bench_memory },
};

int main(int argc, char **argv)
{
	containers = syscall(__NR_container_create, NULL, 0, 0, 0, 0) >= 0 ||
		     errno != ENOSYS;

	if (argc > 3 && !strcmp(argv[1], "command")) {
		bench_command(argv[2], argv + 3);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "contention")) {
		bench_contention(atoi(argv[2]));
		return 0;
	}
	for (int i = 0; argc == 2 && i < ARRAY_SIZE(groups); i++) {
		if (!strcmp(argv[1], groups[i].name)) {
			groups[i].run();
			return 0;
		}
	}
	fprintf(stderr, "container_bench: no such group\n");
	return 2;
}
