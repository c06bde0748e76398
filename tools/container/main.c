// SPDX-License-Identifier: GPL-2.0
/* container(1): containers of the kernel's own kind, from the command line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static const struct command *const commands[] = {
	&command_run, &command_exec, &command_ps, &command_top,
	&command_inspect, &command_wait, &command_kill,
};

static int usage(void)
{
	printf("Usage: container COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "A CONTAINER is an id or a name. container COMMAND --help tells more, and so\n"
	       "does container(1). The exit status is that of the command that was run or\n"
	       "waited for, or 125: container failed, 126: the command cannot be executed,\n"
	       "127: it cannot be found.\n");
	return finish_output();
}

/*
 * Nobody's file may become standard input, output or error: a descriptor that
 * is opened here would be passed on as that.
 */
static void open_stdio(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", O_RDWR) != fd)
			exit(EXIT_TOOL);
	}
}

int main(int argc, char **argv)
{
	open_stdio();
	if (argc < 2) {
		complain("which command? (see container --help)");
		return EXIT_TOOL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->main(argc - 1, argv + 1);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return usage();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("container (Linux) %s\n", VERSION);
		return finish_output();
	}
	die("%s: no such command (see container --help)", argv[1]);
}
