// SPDX-License-Identifier: GPL-2.0
/* The id maps of a new user namespace, written from outside. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static bool write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = write(fd, text, strlen(text));
	close(fd);
	return len == (ssize_t)strlen(text);
}

void map_caller_to_root(pid_t pid)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
	if (!write_proc(pid, "uid_map", map))
		die_errno(NULL, "cannot write the uid map");

	snprintf(map, sizeof(map), "0 %u 1\n", getegid());
	if (write_proc(pid, "gid_map", map))
		return;
	/* Without privilege, groups can be mapped once they cannot be dropped. */
	if (!write_proc(pid, "setgroups", "deny") && errno != ENOENT)
		die_errno(NULL, "cannot deny setgroups");
	if (!write_proc(pid, "gid_map", map))
		die_errno(NULL, "cannot write the gid map");
}
