// SPDX-License-Identifier: GPL-2.0
/* Which process is in which container: /proc/PID/container of all of them. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tree.h"

/* 0: gone, or not in view. */
static unsigned long long container_of_process(const char *pid)
{
	char path[300], text[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/container", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	return strtoull(text, NULL, 10);
}

void each_member(void (*found)(void *arg, pid_t pid, unsigned long long id), void *arg)
{
	struct dirent *entry;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		die_errno(NULL, "/proc");
	while ((entry = readdir(proc))) {
		unsigned long long pid, id;

		if (!parse_number(entry->d_name, 0x7fffffff, &pid))
			continue;
		id = container_of_process(entry->d_name);
		if (id)
			found(arg, pid, id);
	}
	closedir(proc);
}
