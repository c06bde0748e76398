// SPDX-License-Identifier: GPL-2.0
/*
 * Users and groups by the container's own files. Those are as trustworthy as the
 * container is, and this process may share its parent's memory: a small reader
 * with bounds, instead of the C library's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* The highest is "no change" to the system calls. */
#define MAX_ID	0xfffffffeULL

struct table {
	int fd;
	size_t start, end;
	char buf[2048];
};

struct account {
	unsigned long long uid, gid;
	char name[64];
	char home[240];
};

static bool table_open(struct table *table, const char *path)
{
	table->start = 0;
	table->end = 0;
	/* A fifo or a device of the container's must not hold this up. */
	table->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return table->fd >= 0;
}

/* The next line, cut into its first @nr fields; longer lines are skipped. */
static bool table_next(struct table *table, char **fields, int nr)
{
	bool skip = false;
	char *line, *newline;
	ssize_t len;

	for (;;) {
		line = table->buf + table->start;
		newline = memchr(line, '\n', table->end - table->start);
		if (newline) {
			*newline = '\0';
			table->start = newline + 1 - table->buf;
			if (!skip)
				break;
			skip = false;
			continue;
		}
		table->end -= table->start;
		memmove(table->buf, line, table->end);
		table->start = 0;
		if (table->end == sizeof(table->buf)) {
			table->end = 0;
			skip = true;
		}
		len = read(table->fd, table->buf + table->end,
			   sizeof(table->buf) - table->end);
		if (len <= 0) {
			close(table->fd);
			return false;
		}
		table->end += len;
	}
	for (int i = 0; i < nr; i++) {
		char *colon = strchr(line, ':');

		fields[i] = line;
		line = colon ? colon + 1 : line + strlen(line);
		if (colon)
			*colon = '\0';
	}
	return true;
}

/* By name, or else by number. */
static bool find_account(const char *name, unsigned long long uid, struct account *account)
{
	struct table table;
	char *f[6];

	if (!table_open(&table, "/etc/passwd"))
		return false;
	while (table_next(&table, f, 6)) {
		if (name && strcmp(f[0], name))
			continue;
		if (!parse_number(f[2], MAX_ID, &account->uid) ||
		    !parse_number(f[3], MAX_ID, &account->gid))
			continue;
		if (!name && account->uid != uid)
			continue;
		/* Cut, they would be other ones. */
		copy_text(account->name, sizeof(account->name),
			  strlen(f[0]) < sizeof(account->name) ? f[0] : "");
		copy_text(account->home, sizeof(account->home),
			  strlen(f[5]) < sizeof(account->home) ? f[5] : "");
		close(table.fd);
		return true;
	}
	return false;
}

static bool find_group(const char *name, unsigned long long *gid)
{
	struct table table;
	char *f[3];

	if (parse_number(name, MAX_ID, gid))
		return true;
	if (!table_open(&table, "/etc/group"))
		return false;
	while (table_next(&table, f, 3)) {
		if (!strcmp(f[0], name) && parse_number(f[2], MAX_ID, gid)) {
			close(table.fd);
			return true;
		}
	}
	return false;
}

static bool in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list) {
		if (!strncmp(list, name, len) && (list[len] == ',' || !list[len]))
			return true;
		list = strchr(list, ',');
		if (list)
			list++;
	}
	return false;
}

/* The groups that a login of this user would have. */
static void add_groups(const char *name, struct identity *identity)
{
	unsigned long long gid;
	struct table table;
	char *f[4];

	if (!*name || !table_open(&table, "/etc/group"))
		return;
	while (table_next(&table, f, 4)) {
		if (identity->nr_groups < (int)ARRAY_SIZE(identity->groups) &&
		    in_list(f[3], name) && parse_number(f[2], MAX_ID, &gid) &&
		    gid != identity->gid)
			identity->groups[identity->nr_groups++] = gid;
	}
}

static void set_identity(struct identity *identity, unsigned long long uid,
			 unsigned long long gid)
{
	identity->uid = uid;
	identity->gid = gid;
	identity->groups[0] = gid;
	identity->nr_groups = 1;
	identity->home[0] = '\0';
}

static bool no_such(struct report *report, enum step step)
{
	report->error = 0;
	report->step = step;
	return false;
}

bool find_identity(const char *user, struct identity *identity, struct report *report)
{
	const char *colon = strchr(user, ':');
	size_t len = colon ? (size_t)(colon - user) : strlen(user);
	unsigned long long uid, gid;
	struct account account;
	bool numeric, found;
	char name[64];

	if (!len || len >= sizeof(name))
		return no_such(report, STEP_USER);
	memcpy(name, user, len);
	name[len] = '\0';
	numeric = parse_number(name, MAX_ID, &uid);
	found = find_account(numeric ? NULL : name, numeric ? uid : 0, &account);
	if (!numeric && !found)
		return no_such(report, STEP_USER);
	if (found)
		uid = account.uid;
	/* A number that the file does not know has a group of that number. */
	gid = found ? account.gid : uid;
	if (colon && !find_group(colon + 1, &gid))
		return no_such(report, STEP_GROUP);

	set_identity(identity, uid, gid);
	if (found && !colon)
		add_groups(account.name, identity);
	if (found && account.home[0])
		snprintf(identity->home, sizeof(identity->home), "HOME=%s", account.home);
	return true;
}
