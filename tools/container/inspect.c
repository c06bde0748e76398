// SPDX-License-Identifier: GPL-2.0
/*
 * container inspect: a program of its own, as what it is linked with would be a
 * burden on the start of all others.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define PROGRAM	LIBEXECDIR "/container-inspect"

static int inspect_main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		print_help(&command_inspect);
	if (argc == 2 && !strcmp(argv[1], "--"))
		argc--;
	if (argc < 2)
		die_usage(&command_inspect, "want a container");
	if (argv[1][0] == '-' && strcmp(argv[1], "--"))
		die_usage(&command_inspect, "no such option: %s", argv[1]);
	execv(PROGRAM, argv);
	die_errno(errno == ENOENT ? "it is not installed" : NULL, PROGRAM);
}

const struct command command_inspect = {
	.name = "inspect",
	.main = inspect_main,
	.summary = "tell all about containers, as JSON",
	.help =
"Usage: container inspect CONTAINER...\n"
"\n"
"Prints a JSON array with an object for each CONTAINER, an id or a name: what the\n"
"kernel tells of it, its namespaces, and the pids of its processes.\n"
"\n"
"      --help              show this\n",
};
