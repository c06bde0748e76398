// SPDX-License-Identifier: GPL-2.0
/* container exec: a further command in a container that runs. */
#include <getopt.h>
#include <stdlib.h>

#include "tool.h"

#define OPT_HELP	256

static const struct option options[] = {
	{ "user",	required_argument,	NULL, 'u' },
	{ "help",	no_argument,		NULL, OPT_HELP },
	{ "env",	required_argument,	NULL, 'e' },
	{ "workdir",	required_argument,	NULL, 'w' },
	{ "tty",	no_argument,		NULL, 't' },
	{ "no-tty",	no_argument,		NULL, 'T' },
	{ }
};

/* Returns the container's descriptor. */
static int parse(struct launch *launch, int argc, char **argv)
{
	int option;

	while ((option = next_option(&command_exec, argc, argv, "+:" LAUNCH_SHORT_OPTIONS,
				     options)) >= 0) {
		if (option == OPT_HELP)
			print_help(&command_exec);
		launch_option(launch, option, optarg);
	}
	if (argc - optind < 2)
		die_usage(&command_exec, "want a container and a command");
	launch->argv = argv + optind + 1;
	return open_container(argv[optind]);
}

static int exec_main(int argc, char **argv)
{
	const char *set[argc];
	struct launch launch = { .set = set };
	int cfd = parse(&launch, argc, argv);
	const char *env[environment_slots(&launch)];
	struct process process = {
		.cfd = cfd,
		.argv = launch.argv,
		.env = env,
		.workdir = launch.workdir,
		.user = launch.user,
		.keep_home = launch_sets(&launch, "HOME="),
		.stdio = { -1, -1, -1 },
	};
	struct attended attended = { .cfd = -1 };

	make_environment(&launch, env);
	return launch_attended(&launch, &process, &attended, false);
}

const struct command command_exec = {
	.name = "exec",
	.main = exec_main,
	.summary = "run a further command in a container",
	.help =
"Usage: container exec [OPTION]... CONTAINER COMMAND [ARGUMENT]...\n"
"\n"
"Runs COMMAND in CONTAINER, an id or a name, and waits for it.\n"
"\n"
"  -e, --env KEY=VALUE     set an environment variable; can be repeated\n"
"  -w, --workdir DIR       working directory (default: /)\n"
"  -u, --user UID[:GID]    user and group, numbers or names inside\n"
"  -t, --tty               give it a terminal of its own (default, if standard input\n"
"                          and output are a terminal)\n"
"  -T, --no-tty            give it no terminal of its own\n"
"      --help              show this\n",
};
