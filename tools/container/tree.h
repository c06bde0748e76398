/* SPDX-License-Identifier: GPL-2.0 */
/* All containers in view as a tree, for those who show it. */
#ifndef CONTAINER_TREE_H
#define CONTAINER_TREE_H

#include "tool.h"

struct node {
	struct container_entry entry;
	unsigned int depth;
	unsigned long long age;		/* nanoseconds */
	struct node *first_child, *last_child, *sibling;
};

struct tree {
	struct node *nodes;		/* ids ascend; the first is the caller's own */
	size_t nr;
	size_t room;
};

void tree_load(struct tree *tree);
void tree_free(struct tree *tree);
struct node *tree_find(const struct tree *tree, unsigned long long id);
/* The next one in the order of a tree; the first one after the root. */
struct node *tree_next(const struct tree *tree, struct node *node);
void print_age(unsigned long long age, char *buf, size_t size);
unsigned long long boot_time(void);
/* How many columns of the terminal a text takes, if its characters are narrow. */
int text_columns(const char *text);
/* Ends the text after so many of them. */
void cut_columns(char *text, int columns);
/* As ps(1): lines are cut for a terminal only. */
int line_width(void);

/* members.c: calls @found for each process in a container in view. */
void each_member(void (*found)(void *arg, pid_t pid, unsigned long long id), void *arg);

#endif /* CONTAINER_TREE_H */
