// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's paths cost, for a guest whose clock counts instructions
 * (scripts/overlay/bench): one nanosecond is one instruction there.
 *
 * Runs on kernels with and without containers. Prints a line for each subject:
 * its name and the cost of one operation, the median of BATCHES batches.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "container_util.h"

#define BATCHES	15

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, int count, void (*subject)(void))
{
	long cost[BATCHES];

	subject();
	for (int batch = 0; batch < BATCHES; batch++) {
		long start = now();

		for (int i = 0; i < count; i++)
			subject();
		cost[batch] = now() - start;
	}
	qsort(cost, BATCHES, sizeof(cost[0]), compare);
	printf("bench %s\t%.1f\t(%.1f to %.1f)\n", name,
	       (double)cost[BATCHES / 2] / count, (double)cost[0] / count,
	       (double)cost[BATCHES - 1] / count);
	fflush(stdout);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The bare system call, as fork_into_container() is one. */
static void fork_exit_wait(void)
{
	pid_t pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("fork");
}

static void *thread_main(void *arg)
{
	return arg;
}

static void thread_create_join(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, NULL) ||
	    pthread_join(thread, NULL))
		die("pthread");
}

static void open_close(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd < 0)
		die("open");
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

static int cfd;

static void enter_exit_wait(void)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("fork_into_container");
}

static void create_close(void)
{
	int fd = container_create("bench", 0);

	if (fd < 0)
		die("container_create");
	close(fd);
}

static void measure_containers(void)
{
	cfd = container_create("bench", CONTAINER_KILL_ON_CLOSE);
	if (cfd < 0 && errno == ENOSYS)
		return;
	if (cfd < 0 || container_spawn_idle(cfd) < 0)
		die("container");
	measure("enter+exit+wait", 1000, enter_exit_wait);
	measure("create+close", 1000, create_close);
}

int main(void)
{
	measure("fork+exit+wait", 1000, fork_exit_wait);
	measure_containers();
	measure("thread create+join", 1000, thread_create_join);
	measure("open+close", 10000, open_close);
	measure("stat", 10000, stat_path);
	measure("getppid", 10000, call_getppid);
	return 0;
}
