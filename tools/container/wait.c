// SPDX-License-Identifier: GPL-2.0
/* container wait: until a container's init has exited. */
#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "calls.h"
#include "tool.h"

static const struct option options[] = {
	{ "help",	no_argument,	NULL, 'h' },
	{ }
};

static int wait_main(int argc, char **argv)
{
	int cfd, status;

	if (next_option(&command_wait, argc, argv, ":", options) == 'h')
		print_help(&command_wait);
	if (argc - optind != 1)
		die_usage(&command_wait, "want one container");
	cfd = open_container(argv[optind]);
	while (container_wait(cfd, &status)) {
		if (errno == EINTR)
			continue;
		die_errno(errno == ECHILD ? "no process was ever started in it" :
			  errno == EPERM ? NOT_YOURS : NULL, "%s", argv[optind]);
	}
	return exit_status(status);
}

const struct command command_wait = {
	.name = "wait",
	.main = wait_main,
	.summary = "wait for a container's init, exit with its status",
	.help =
"Usage: container wait CONTAINER\n"
"\n"
"Waits until the init of CONTAINER, an id or a name, has exited, and exits with its\n"
"status: 128 plus the signal's number, if a signal killed it.\n"
"\n"
"      --help              show this\n",
};
