// SPDX-License-Identifier: GPL-2.0
/* Which containers there are: the kernel is the only one to be asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

#define LIST "/proc/containers"

static int open_list(void)
{
	int fd = open(LIST, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		die_errno("this kernel has no containers, or /proc is not mounted", LIST);
	die_errno(NULL, LIST);
}

void list_open(struct container_list *list)
{
	list->fd = open_list();
	list->start = 0;
	list->end = 0;
	list->past_own = false;
}

/* The next line without its newline, or NULL at the end. */
static char *next_line(struct container_list *list)
{
	for (;;) {
		char *line = list->buf + list->start;
		char *newline = memchr(line, '\n', list->end - list->start);
		ssize_t len;

		if (newline) {
			*newline = '\0';
			list->start = newline + 1 - list->buf;
			return line;
		}
		list->end -= list->start;
		memmove(list->buf, line, list->end);
		list->start = 0;
		if (list->end == sizeof(list->buf))
			die(LIST ": a line is too long");
		len = read(list->fd, list->buf + list->end, sizeof(list->buf) - list->end);
		if (len < 0)
			die_errno(NULL, LIST);
		if (len == 0)
			return NULL;
		list->end += len;
	}
}

/* Cuts the next field off the line. */
static char *next_field(char **line)
{
	char *field = *line, *tab;

	tab = strchr(field, '\t');
	if (tab)
		*tab++ = '\0';
	else
		tab = field + strlen(field);
	*line = tab;
	return field;
}

/* Backslash and three octal digits stand for a byte. */
static void unescape(const char *from, char *to, size_t size)
{
	while (*from && --size) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to++ = ((from[1] & 3) << 6) | ((from[2] & 7) << 3) | (from[3] & 7);
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void parse_line(char *line, struct container_entry *entry)
{
	const char *field;

	entry->id = strtoull(next_field(&line), NULL, 10);
	entry->parent = strtoull(next_field(&line), NULL, 10);
	copy_text(entry->state, sizeof(entry->state), next_field(&line));
	field = next_field(&line);
	entry->processes = *field == '-' ? -1 : strtol(field, NULL, 10);
	entry->init = strtol(next_field(&line), NULL, 10);
	unescape(line, entry->name, sizeof(entry->name));
}

/* False, and closed, at the end. The first one is the caller's own container. */
bool list_next(struct container_list *list, struct container_entry *entry)
{
	char *line = next_line(list);

	if (line && !strncmp(line, "ID\t", 3))
		line = next_line(list);
	if (!line) {
		close(list->fd);
		return false;
	}
	parse_line(line, entry);
	entry->own = !list->past_own;
	list->past_own = true;
	return true;
}

int open_by_id(int list_fd, unsigned long long id)
{
	__u64 arg = id;

	return ioctl(list_fd, CONTAINER_OPEN, &arg);
}

/* The only container of that name; 0 after a complaint. */
static unsigned long long find_name(const char *name)
{
	char ids[160] = "";
	size_t len = 0;
	unsigned long long id = 0;
	unsigned int count = 0;
	struct container_list list;
	struct container_entry entry;

	list_open(&list);
	while (list_next(&list, &entry)) {
		if (entry.own || strcmp(entry.name, name))
			continue;
		id = entry.id;
		count++;
		if (len < sizeof(ids) - 24)
			len += snprintf(ids + len, sizeof(ids) - len, " %llu", id);
		else if (ids[len - 1] != '.')
			len += snprintf(ids + len, sizeof(ids) - len, " ...");
	}
	if (count == 1)
		return id;
	if (count)
		complain("%s: %u containers have this name, use an id:%s", name, count, ids);
	else
		complain("%s: no such container (container ps lists them)", name);
	return 0;
}

int try_open_container(const char *what)
{
	unsigned long long id;
	int list, cfd;

	/* Whoever gives an id does not pay for the list. */
	if (!parse_number(what, ~0ULL, &id)) {
		id = find_name(what);
		if (!id)
			return -1;
	}
	list = open_list();
	cfd = open_by_id(list, id);
	if (cfd < 0 && errno == ENOENT)
		complain("%s: no such container (container ps lists them)", what);
	else if (cfd < 0 && errno == ENOTTY)
		complain("%s: this kernel cannot open containers by id", what);
	else if (cfd < 0)
		complain_errno(NULL, "%s", what);
	close(list);
	return cfd;
}

int open_container(const char *what)
{
	int cfd = try_open_container(what);

	if (cfd < 0)
		exit(EXIT_TOOL);
	return cfd;
}
