// SPDX-License-Identifier: GPL-2.0
/* The options of all commands. */
#include <getopt.h>
#include <string.h>

#include "tool.h"

static const char *long_name(const struct option *options, int val)
{
	while (options->name && options->val != val)
		options++;
	return options->name;
}

static __noreturn void die_no_value(const struct command *command,
				    const struct option *options)
{
	const char *name = long_name(options, optopt);

	if (name)
		die_usage(command, "--%s wants a value", name);
	die_usage(command, "-%c wants a value", optopt);
}

static __noreturn void die_bad_option(const struct command *command, const char *word)
{
	/* A long one is passed over already, a letter perhaps not. */
	if (strncmp(word, "--", 2))
		die_usage(command, "no such option: -%c", optopt);
	if (optopt)
		die_usage(command, "this option takes no value: %s", word);
	die_usage(command, "no such option, or cut too short: %s", word);
}

/*
 * As getopt_long(), but does not return if an option is wrong. @letters begins
 * with ':', after a '+' that may be there.
 */
int next_option(const struct command *command, int argc, char **argv,
		const char *letters, const struct option *options)
{
	int at = optind, option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, options, NULL);
	if (option == ':')
		die_no_value(command, options);
	if (option == '?')
		die_bad_option(command, argv[at]);
	return option;
}
