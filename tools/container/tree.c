// SPDX-License-Identifier: GPL-2.0
/* All containers in view as a tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tree.h"

#define SECOND	1000000000ULL

static void add(struct tree *tree, const struct container_entry *entry)
{
	if (tree->nr == tree->room) {
		tree->room = tree->room ? 2 * tree->room : 64;
		tree->nodes = realloc(tree->nodes, tree->room * sizeof(*tree->nodes));
		if (!tree->nodes)
			die("out of memory");
	}
	tree->nodes[tree->nr] = (struct node) { .entry = *entry };
	tree->nr++;
}

static int compare(const void *key, const void *element)
{
	unsigned long long id = *(const unsigned long long *)key;
	const struct node *node = element;

	return id < node->entry.id ? -1 : id > node->entry.id;
}

struct node *tree_find(const struct tree *tree, unsigned long long id)
{
	return bsearch(&id, tree->nodes, tree->nr, sizeof(*tree->nodes), compare);
}

/* A container is older than those in it, so parents come first. */
static void link_nodes(struct tree *tree)
{
	for (size_t i = 1; i < tree->nr; i++) {
		struct node *node = &tree->nodes[i];
		struct node *parent = tree_find(tree, node->entry.parent);

		if (!parent || parent >= node)
			parent = &tree->nodes[0];
		node->depth = parent->depth + 1;
		if (parent->last_child)
			parent->last_child->sibling = node;
		else
			parent->first_child = node;
		parent->last_child = node;
	}
}

unsigned long long boot_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* One that has gone meanwhile has no age. */
static void find_ages(struct tree *tree)
{
	struct container_info info;
	struct container_list list;
	unsigned long long now;

	list_open(&list);
	now = boot_time();
	for (size_t i = 1; i < tree->nr; i++) {
		int cfd = open_by_id(list.fd, tree->nodes[i].entry.id);

		if (cfd < 0)
			continue;
		if (!ioctl(cfd, CONTAINER_GET_INFO, &info) && info.created < now)
			tree->nodes[i].age = now - info.created;
		close(cfd);
	}
	close(list.fd);
}

void tree_load(struct tree *tree)
{
	struct container_list list;
	struct container_entry entry;

	memset(tree, 0, sizeof(*tree));
	list_open(&list);
	while (list_next(&list, &entry))
		add(tree, &entry);
	link_nodes(tree);
	find_ages(tree);
}

void tree_free(struct tree *tree)
{
	free(tree->nodes);
}

struct node *tree_next(const struct tree *tree, struct node *node)
{
	if (!tree->nr)
		return NULL;
	if (!node)
		return tree->nodes[0].first_child;
	if (node->first_child)
		return node->first_child;
	while (!node->sibling) {
		node = tree_find(tree, node->entry.parent);
		if (!node || node == tree->nodes)
			return NULL;
	}
	return node->sibling;
}

static bool starts_character(char c)
{
	return (c & 0xc0) != 0x80;
}

int text_columns(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += starts_character(*text);
	return columns;
}

void cut_columns(char *text, int columns)
{
	for (; *text; text++) {
		if (starts_character(*text) && columns-- <= 0) {
			*text = '\0';
			return;
		}
	}
}

int line_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ||
	    !size.ws_col)
		return 1 << 14;
	return size.ws_col;
}

void print_age(unsigned long long age, char *buf, size_t size)
{
	unsigned long long seconds = age / SECOND;

	if (seconds < 100)
		snprintf(buf, size, "%llus", seconds);
	else if (seconds < 100 * 60)
		snprintf(buf, size, "%llum", seconds / 60);
	else if (seconds < 100 * 3600)
		snprintf(buf, size, "%lluh", seconds / 3600);
	else
		snprintf(buf, size, "%llud", seconds / 86400);
}
