// SPDX-License-Identifier: GPL-2.0
/* /proc: what it lists, and what it says of processes. */
#include "fuzz.h"

ssize_t read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fd);
	return n;
}

static uint64_t container_of(pid_t pid)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/container", pid);
	return read_text(path, text, sizeof(text)) > 0 ? strtoull(text, NULL, 10) : 0;
}

/* false: it is gone. What is read is of one process if the container is the same. */
bool read_process(pid_t pid, struct process *p)
{
	char path[64], text[512], *end;

	p->container = container_of(pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_text(path, text, sizeof(text)) <= 0)
		return false;
	/* PID (COMM) STATE PPID PGRP SESSION TTY TPGID FLAGS */
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %c %*d %*d %*d %*d %*d %u", &p->state, &p->flags) == 2;
}

/*
 * Is it a process of a container that was dead before? No process enters that any
 * more, so if it is one before and after we look at its state, it was one in between.
 */
void check_survivor(struct self *s, pid_t pid)
{
	unsigned int clock = load(&shared->clock);
	struct process p;

	if (!read_process(pid, &p) || !dead_around(p.container, clock))
		return;
	add(&shared->survivors_checked, 1);
	if (p.state == 'Z' || p.state == 'X' || (p.flags & PF_EXITING))
		return;
	if (container_of(pid) == p.container)
		violation(s, "process %d (%c) is in container %llu, and that is dead", pid, p.state,
			  (unsigned long long)p.container);
}

static void op_proc_container(struct self *s)
{
	char path[64], text[64];
	pid_t pid = recent_pid(s);

	if (s->member || !pid || chance(s, 10)) {
		CALL(s, proc_container, 0, 0, 0,
		     read_text("/proc/self/container", text, sizeof(text)));
		if (strtoull(text, NULL, 10) != s->own || !strstr(text, "\t<current>\n"))
			violation(s, "our container is \"%s\", and was %llu", text,
				  (unsigned long long)s->own);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/container", pid);
	CALL(s, proc_container, pid, 0, 0, read_text(path, text, sizeof(text)));
	check_survivor(s, pid);
}

void op_fdinfo(struct self *s)
{
	static const char * const states[] = { "", "new", "running", "dying", "dead" };
	struct handle *h = some_handle(s);
	char path[64], text[512], state[16] = "", *p;
	unsigned long long id = 0;
	struct record before;
	unsigned int i, procs;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", h->fd);
	ret = CALL(s, fdinfo, h->fd, h->id, 0, read_text(path, text, sizeof(text)));
	if (ret < 0)
		return;
	p = strstr(text, "Container:\t");
	if (!p || sscanf(p, "Container:\t%llu", &id) != 1 || id != h->id)
		violation(s, "container %llu: fdinfo says %llu", (unsigned long long)h->id, id);
	if (!(h->rights & CONTAINER_RIGHT_ENTER) && strstr(p, "enter"))
		violation(s, "container %llu: fdinfo has the right to enter again", id);
	p = strstr(text, "State:\t");
	if (!p)
		return;
	if (!(h->rights & CONTAINER_RIGHT_OBSERVE))
		violation(s, "container %llu: fdinfo without the right to observe", id);
	if (sscanf(p, "State:\t%15s\nProcesses:\t%u", state, &procs) != 2)
		violation(s, "container %llu: fdinfo is \"%s\"", id, p);
	for (i = 1; i < ARRAY_LEN(states) && strcmp(states[i], state); i++)
		continue;
	if (i == ARRAY_LEN(states) || i < before.state)
		violation(s, "container %llu: fdinfo says %s, and it had state %u", id, state,
			  before.state);
	if (procs && (i == CONTAINER_STATE_DEAD || i == CONTAINER_STATE_NEW))
		violation(s, "container %llu: fdinfo says %s, with %u processes", id, state, procs);
	record_state(id, i);
}

struct listing {
	unsigned int	clock;
	uint64_t	last;
	bool		listed[NR_HANDLES];
};

static void check_line(struct self *s, const char *line, struct listing *listing)
{
	unsigned long long id, parent;
	char state[16], procs[16];
	int i, init, name;

	if (sscanf(line, "%llu\t%llu\t%15s\t%15s\t%d\t%n", &id, &parent, state, procs, &init,
		   &name) != 5)
		violation(s, "/proc/containers has the line \"%s\"", line);
	if (!listing->last && (id != s->own || parent || strcmp(line + name, "<current>")))
		violation(s, "/proc/containers begins with \"%s\"", line);
	if (listing->last && (id <= listing->last || parent >= id || parent < s->own))
		violation(s, "/proc/containers has \"%s\" after id %llu", line,
			  (unsigned long long)listing->last);
	if (dead_by(id, listing->clock))
		violation(s, "/proc/containers has \"%s\", and that was dead", line);
	record_seen(id);
	listing->last = id;
	for (i = 0; i < NR_HANDLES; i++)
		if (s->handles[i].fd >= 0 && s->handles[i].id == id)
			listing->listed[i] = true;
}

/* In pieces: the rest of a line is kept for the next one. */
static void read_list(struct self *s, int fd, struct listing *listing)
{
	char text[2048], *line, *end;
	bool headings = true;
	size_t kept = 0;
	long n;

	while ((n = CALL(s, list, fd, kept, 0,
			 read(fd, text + kept, sizeof(text) - 1 - kept))) > 0) {
		text[kept + n] = '\0';
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (!headings)
				check_line(s, line, listing);
			headings = false;
		}
		kept = strlen(line);
		memmove(text, line, kept);
	}
	if (n < 0 || kept || !listing->last)
		violation(s, "/proc/containers: read says %ld, %zu bytes over", n, kept);
}

/* A view of our own: the one that others forked off from us use moves its offset. */
static void op_list(struct self *s)
{
	int fd = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	struct listing listing = { .clock = load(&shared->clock) };
	struct container_info info;
	struct handle *h;
	int i;

	if (fd < 0)
		return;
	read_list(s, fd, &listing);
	close(fd);
	/* What is not dead now was there all the time. */
	for (i = 0; i < NR_HANDLES && !s->member; i++) {
		h = &s->handles[i];
		if (h->fd < 0 || listing.listed[i] || ioctl(h->fd, CONTAINER_GET_INFO, &info))
			continue;
		if (info.state != CONTAINER_STATE_DEAD)
			violation(s, "/proc/containers does not have %llu, which has state %u",
				  (unsigned long long)h->id, info.state);
	}
}

void procfs_random(struct self *s)
{
	switch (pick(s, 10)) {
	case 0:
		op_list(s);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		op_fdinfo(s);
		break;
	default:
		op_proc_container(s);
	}
}
