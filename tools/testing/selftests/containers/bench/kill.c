// SPDX-License-Identifier: GPL-2.0
/*
 * Signals to all members of a container, and to as many processes of a group. On a
 * kernel with the irqsoff tracer: for how long interrupts were off at most meanwhile.
 */
#include <poll.h>

#include "bench.h"

#define TRACING		"/sys/kernel/tracing/"
#define MOST		10000

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	close(fd);
}

static bool tracer(void)
{
	char tracers[256] = "";
	int fd = open(TRACING "available_tracers", O_RDONLY);

	if (fd >= 0 && read(fd, tracers, sizeof(tracers) - 1) < 0)
		die("available_tracers");
	close(fd);
	return strstr(tracers, "irqsoff");
}

static void trace_begin(void)
{
	if (!tracer())
		return;
	put_text(TRACING "current_tracer", "irqsoff");
	put_text(TRACING "tracing_max_latency", "0");
	put_text(TRACING "tracing_on", "1");
}

static void trace_end(const char *subject)
{
	char text[32] = "";
	int fd;

	if (!tracer())
		return;
	put_text(TRACING "tracing_on", "0");
	fd = open(TRACING "tracing_max_latency", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("tracing_max_latency");
	close(fd);
	report(subject, atof(text), "microseconds", "interrupts off");
	put_text(TRACING "current_tracer", "nop");
}

static void spawn_idle(int nr)
{
	for (int i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			pause_forever();
	}
}

/* What is the parent of @members - 1 processes, in the container or out of it. */
static pid_t populate(int members, bool contained)
{
	int ready[2];
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	pid = contained ? fork_into_container(cfd) : fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		/* Nobody waits for them: they go as they die. */
		signal(SIGCHLD, SIG_IGN);
		setpgid(0, 0);
		spawn_idle(members - 1);
		if (!tell(ready[1]))
			die("write");
		pause_forever();
	}
	close(ready[1]);
	if (!hear(ready[0]))
		die("members");
	close(ready[0]);
	settle();
	return pid;
}

/* By the member: a flat line is a linear call. */
static void report_member(const char *what, int members, long cost)
{
	char name[64];

	snprintf(name, sizeof(name), "%s, %d members", what, members);
	report(name, (double)cost / members, "instructions", "median");
}

static void kill_container(int members)
{
	struct pollfd pfd = { .events = POLLOUT };
	long start, checked, called, gone;
	char name[64];

	cfd = container_create("bench", 0);
	pfd.fd = cfd;
	if (cfd < 0)
		die("container_create");
	populate(members, true);

	start = now();
	if (container_kill(cfd, 0, 0))
		die("container_kill");
	checked = now() - start;

	trace_begin();
	start = now();
	if (container_kill(cfd, 0, SIGKILL))
		die("container_kill");
	called = now() - start;
	while (!(pfd.revents & POLLHUP))
		if (poll(&pfd, 1, -1) != 1)
			die("poll");
	gone = now() - start;
	snprintf(name, sizeof(name), "SIGKILL to container, %d members", members);
	trace_end(name);
	report_member("signal 0 to container", members, checked);
	report_member("SIGKILL to container", members, called);
	report_member("SIGKILL to container, until empty", members, gone);
	close(cfd);
	if (waitpid(-1, NULL, 0) < 0)
		die("waitpid");
	settle();
}

static void kill_group(int members)
{
	long start, called;
	char name[64];
	pid_t pid;

	pid = populate(members, false);
	trace_begin();
	start = now();
	if (kill(-pid, SIGKILL))
		die("kill");
	called = now() - start;
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
	while (!kill(-pid, 0))
		settle();
	snprintf(name, sizeof(name), "SIGKILL to group, %d members", members);
	trace_end(name);
	report_member("SIGKILL to group", members, called);
	settle();
}

void bench_kill(void)
{
	for (int members = 10; members <= MOST; members *= 10) {
		kill_group(members);
		if (containers)
			kill_container(members);
	}
}
