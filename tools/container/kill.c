// SPDX-License-Identifier: GPL-2.0
/* container kill: a signal for a container. */
#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "calls.h"
#include "tool.h"

static const struct option options[] = {
	{ "signal",	required_argument,	NULL, 's' },
	{ "init",	no_argument,		NULL, 'i' },
	{ "help",	no_argument,		NULL, 'h' },
	{ }
};

static bool kill_one(const char *what, bool init, int sig)
{
	int cfd = try_open_container(what);
	bool done;

	if (cfd < 0)
		return false;
	done = !container_kill(cfd, init, sig);
	if (!done && errno == ESRCH)
		complain("%s: no process to signal", what);
	else if (!done)
		complain_errno(errno == EPERM ? NOT_YOURS : NULL, "%s", what);
	close(cfd);
	return done;
}

static int kill_main(int argc, char **argv)
{
	int option, sig = SIGKILL, status = 0;
	bool init = false;

	while ((option = next_option(&command_kill, argc, argv, ":s:i", options)) >= 0) {
		switch (option) {
		case 's':
			sig = parse_signal(optarg);
			if (sig < 0)
				die("-s %s: no such signal", optarg);
			break;
		case 'i':
			init = true;
			break;
		case 'h':
			print_help(&command_kill);
			break;
		}
	}
	if (optind == argc)
		die_usage(&command_kill, "want a container");
	for (; optind < argc; optind++) {
		if (!kill_one(argv[optind], init, sig))
			status = EXIT_TOOL;
	}
	return status;
}

const struct command command_kill = {
	.name = "kill",
	.main = kill_main,
	.summary = "send a signal to the processes of containers",
	.help =
"Usage: container kill [OPTION]... CONTAINER...\n"
"\n"
"Sends SIGKILL to every process in each CONTAINER, an id or a name, and in the\n"
"containers below it.\n"
"\n"
"  -s, --signal SIGNAL     this signal instead: a name or a number\n"
"  -i, --init              to the container's init only\n"
"      --help              show this\n",
};
