// SPDX-License-Identifier: GPL-2.0
/*
 * What does not depend on how many containers there are, and what does.
 */
#include <sys/resource.h>

#include "bench.h"

#define MOST		10000
#define DEEPEST		32
#define SAMPLES		100
#define READS		5

static __u64 oldest;

static void read_list(void)
{
	static char buf[65536];
	int fd = open("/proc/containers", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		die("/proc/containers");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		continue;
	if (n < 0)
		die("/proc/containers");
	close(fd);
}

static void open_oldest(void)
{
	int fd = container_open(oldest);

	if (fd < 0)
		die("CONTAINER_OPEN");
	close(fd);
}

static void create_enter(void)
{
	cfd = container_create("bench", 0);
	if (cfd < 0)
		die("container_create");
	enter_exit_wait();
	close(cfd);
}

/* The last ones keep the values that were set last. */
static void measure_with(int nr)
{
	char names[4][64];
	const struct subject subjects[] = {
		{ names[0], create_close },
		{ names[1], create_enter },
		{ names[2], open_oldest },
	};
	const struct subject list = { names[3], read_list };

	snprintf(names[0], sizeof(names[0]), "create+close, %d alive", nr);
	snprintf(names[1], sizeof(names[1]), "create+enter, %d alive", nr);
	snprintf(names[2], sizeof(names[2]), "open by id, %d alive", nr);
	snprintf(names[3], sizeof(names[3]), "/proc/containers, %d alive", nr);
	settle();
	for (int i = 0; i < ARRAY_SIZE(subjects); i++)
		measure(&subjects[i], 1, SAMPLES);
	measure(&list, 1, READS);
}

/* Somebody else holds them: who forks pays for each descriptor it has. */
static void hold(int requests, int replies)
{
	struct rlimit files = { MOST + 100, MOST + 100 };
	int want, nr = 0;

	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	while (read(requests, &want, sizeof(want)) == sizeof(want)) {
		for (; nr < want; nr++) {
			int fd = container_create("alive", 0);

			if (fd < 0)
				die("container_create");
			if (!nr)
				oldest = container_id(fd);
		}
		if (write(replies, &oldest, sizeof(oldest)) != sizeof(oldest))
			die("write");
	}
}

static void measure_alive(void)
{
	int requests[2], replies[2];
	pid_t holder;

	if (pipe(requests) || pipe(replies))
		die("pipe");
	holder = fork();
	if (holder < 0)
		die("fork");
	if (holder == 0) {
		close(requests[1]);
		hold(requests[0], replies[1]);
		_exit(0);
	}
	close(replies[1]);
	for (int want = 10; want <= MOST; want *= 10) {
		if (write(requests[1], &want, sizeof(want)) != sizeof(want) ||
		    read(replies[0], &oldest, sizeof(oldest)) != sizeof(oldest))
			die("holder");
		measure_with(want);
	}
	close(requests[1]);
	close(requests[0]);
	close(replies[0]);
	if (wait_for_exit(holder))
		die("holder");
	settle();
}

/*
 * By a member of a container at that depth, and by a process that is as many forks
 * away: each fork makes the next one dearer.
 */
static void measure_at(int depth, bool contained)
{
	char names[2][64];
	const struct subject subjects[] = {
		{ names[0], fork_exit_wait },
		{ names[1], create_enter, .contained = true },
	};
	const char *what = contained ? "depth" : "forks";

	snprintf(names[0], sizeof(names[0]), "fork+exit+wait, %s %d", what, depth);
	snprintf(names[1], sizeof(names[1]), "create+enter, %s %d", what, depth);
	measure(subjects, depth < DEEPEST ? 2 : 1, SAMPLES);
}

static void measure_nested(int depth, bool contained)
{
	pid_t pid;

	if (!(depth & (depth - 1)))
		measure_at(depth, contained);
	if (depth == DEEPEST)
		return;
	if (contained) {
		cfd = container_create("nested", 0);
		pid = cfd < 0 ? -1 : fork_into_container(cfd);
	} else {
		pid = fork();
	}
	if (pid == 0) {
		measure_nested(depth + 1, contained);
		_exit(0);
	}
	if (pid < 0 || wait_for_exit(pid))
		die("nested");
	if (contained)
		close(cfd);
}

void bench_scale(void)
{
	if (containers)
		measure_alive();
	measure_nested(0, false);
	if (containers)
		measure_nested(0, true);
}
