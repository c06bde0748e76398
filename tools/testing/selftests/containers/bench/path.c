// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that look up a path, and the cheapest one.
 */
#include <sys/stat.h>

#include "bench.h"

#define SAMPLES		200
#define LOOPS		20

static int etc, other_uts, own_uts;

static void open_close(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd < 0)
		die("open");
	close(fd);
}

static void openat_close(void)
{
	int fd = openat(etc, "passwd", O_RDONLY);

	if (fd < 0)
		die("openat");
	close(fd);
}

static void stat_path(void)
{
	struct stat st;

	if (stat("/etc/passwd", &st))
		die("stat");
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void setns_twice(void)
{
	if (setns(other_uts, CLONE_NEWUTS) || setns(own_uts, CLONE_NEWUTS))
		die("setns");
}

void bench_path(void)
{
	const struct subject subjects[] = {
		{ "open+close", open_close, LOOPS },
		{ "openat(fd)+close", openat_close, LOOPS },
		{ "stat", stat_path, LOOPS },
		{ "getppid", call_getppid, 10 * LOOPS },
		{ "setns twice", setns_twice, LOOPS },
	};

	etc = open("/etc", O_PATH | O_DIRECTORY);
	own_uts = open("/proc/self/ns/uts", O_RDONLY);
	if (etc < 0 || own_uts < 0 || unshare(CLONE_NEWUTS))
		die("unshare");
	other_uts = open("/proc/self/ns/uts", O_RDONLY);
	for (int i = 0; i < ARRAY_SIZE(subjects); i++)
		measure(&subjects[i], 1, SAMPLES);
}
