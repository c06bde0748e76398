// SPDX-License-Identifier: GPL-2.0
/* container ps: the containers there are, as a tree. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tree.h"

static const struct option options[] = {
	{ "quiet",	no_argument,	NULL, 'q' },
	{ "help",	no_argument,	NULL, 'h' },
	{ }
};

/* The command line of a process, with spaces between its words. */
static void read_command(pid_t pid, char *command, size_t size)
{
	char path[32], text[1024];
	ssize_t len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	while (len > 0 && !text[len - 1])
		len--;
	text[len > 0 ? len : 0] = '\0';
	for (ssize_t i = 0; i < len; i++) {
		if (!text[i])
			text[i] = ' ';
	}
	printable(*text ? text : "-", command, size);
}

/* Escaped, and as far to the right as the container is deep in the tree. */
static void indent_name(const struct node *node, char *text, size_t size)
{
	size_t indent = 2 * (node->depth - 1);

	memset(text, ' ', indent);
	printable(node->entry.name, text + indent, size - indent);
}

static int name_width(const struct tree *tree)
{
	struct node *node = NULL;
	char name[256];
	int width = strlen("NAME");

	while ((node = tree_next(tree, node))) {
		indent_name(node, name, sizeof(name));
		if (text_columns(name) > width)
			width = text_columns(name);
	}
	return width;
}

static void print_cut(char *line, int width)
{
	cut_columns(line, width);
	printf("%s\n", line);
}

static void print_node(const struct node *node, int names, int width)
{
	const struct container_entry *entry = &node->entry;
	char name[256], command[2048], age[32] = "-", init[16] = "-", line[3072];

	indent_name(node, name, sizeof(name));
	read_command(entry->init, command, sizeof(command));
	if (node->age)
		print_age(node->age, age, sizeof(age));
	if (entry->init)
		snprintf(init, sizeof(init), "%d", entry->init);
	snprintf(line, sizeof(line), "%-5llu %-7s %5ld %5s %7s %s%*s %s", entry->id,
		 entry->state, entry->processes, age, init, name,
		 names - text_columns(name), "", command);
	print_cut(line, width);
}

static void print_tree(const struct tree *tree)
{
	struct node *node = NULL;
	int names = name_width(tree), width = line_width();
	char head[512];

	snprintf(head, sizeof(head), "%-5s %-7s %5s %5s %7s %-*s %s", "ID", "STATE", "PROCS",
		 "AGE", "INIT", names, "NAME", "COMMAND");
	print_cut(head, width);
	while ((node = tree_next(tree, node)))
		print_node(node, names, width);
}

static void print_ids(const struct tree *tree)
{
	struct node *node = NULL;

	while ((node = tree_next(tree, node)))
		printf("%llu\n", node->entry.id);
}

static int ps_main(int argc, char **argv)
{
	bool quiet = false;
	struct tree tree;
	int option;

	while ((option = next_option(&command_ps, argc, argv, ":q", options)) >= 0) {
		switch (option) {
		case 'q':
			quiet = true;
			break;
		case 'h':
			print_help(&command_ps);
			break;
		}
	}
	if (optind < argc)
		die_usage(&command_ps, "unexpected argument: %s", argv[optind]);
	tree_load(&tree);
	if (quiet)
		print_ids(&tree);
	else
		print_tree(&tree);
	tree_free(&tree);
	return finish_output();
}

const struct command command_ps = {
	.name = "ps",
	.main = ps_main,
	.summary = "list the containers below the own one",
	.help =
"Usage: container ps [OPTION]...\n"
"\n"
"Shows the containers below the caller's own as a tree: id, state, number of\n"
"processes, age, and of its init the pid and the command.\n"
"\n"
"  -q, --quiet             ids only\n"
"      --help              show this\n",
};
