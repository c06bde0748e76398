// SPDX-License-Identifier: GPL-2.0
/* Looks at all processes and containers from outside. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <time.h>

#define MAX_SEEN	8192

struct seen {
	pid_t		pid;
	char		state;
	bool		counted;	/* a member, or else a zombie */
	bool		unsure;		/* on its way out */
	uint64_t	container;
};

/* All processes there are, but ourselves and workers. */
static int all_processes(struct seen *seen, int max)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int n = 0;

	while (dir && n < max && (d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);
		struct process p;

		if (pid <= 0 || pid == getpid() || is_worker(pid) || !read_process(pid, &p))
			continue;
		seen[n].pid = pid;
		seen[n].state = p.state;
		seen[n].container = p.container;
		seen[n].counted = p.state != 'Z' && p.state != 'X';
		seen[n].unsure = seen[n].counted && (p.flags & PF_EXITING);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* A leader that is a zombie may have threads which are none. */
static void look_at_threads(struct seen *p)
{
	char path[64], text[512], *end;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || atoi(d->d_name) == p->pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", p->pid, atoi(d->d_name));
		if (read_text(path, text, sizeof(text)) <= 0)
			continue;
		end = strrchr(text, ')');
		if (!end || end[2] == 'Z' || end[2] == 'X')
			continue;
		p->counted = true;
		p->unsure = true;
	}
	if (dir)
		closedir(dir);
}

static struct seen first[MAX_SEEN], second[MAX_SEEN];

/* Nobody survives; nobody is stopped for long; how many there are. */
void audit_processes(struct self *s)
{
	int i, n = all_processes(first, MAX_SEEN);

	store(&shared->nr_procs, n);
	for (i = 0; i < n; i++) {
		if (first[i].container > shared->base)
			check_survivor(s, first[i].pid);
		if (first[i].state == 'T')
			kill(first[i].pid, SIGCONT);
		if (first[i].counted && first[i].container > shared->base && chance(s, 30))
			publish_pid(first[i].pid);
	}
}

/* --- do the counts agree? --------------------------------------------------------- */

static void nap(void)
{
	struct timespec ts = { 0, shared->debug ? 50000000 : 5000000 };

	nanosleep(&ts, NULL);
}

/* Everybody in a container, so that none forks or exits. */
static int stop_all(void)
{
	int i, n, tries, moving = 1;

	for (tries = 0; moving && tries < 20; tries++) {
		n = all_processes(first, MAX_SEEN);
		for (i = moving = 0; i < n; i++) {
			if (!first[i].counted || first[i].unsure || first[i].state == 'T' ||
			    first[i].state == 't')
				continue;
			kill(first[i].pid, SIGSTOP);
			moving++;
		}
		if (moving)
			nap();
	}
	for (i = 0; i < n; i++)
		if (!first[i].counted)
			look_at_threads(&first[i]);
	return n;
}

static bool same_processes(const struct seen *a, int n, const struct seen *b, int m)
{
	int i;

	for (i = 0; i < n && n == m; i++)
		if (a[i].pid != b[i].pid || a[i].state != b[i].state ||
		    a[i].container != b[i].container)
			return false;
	return n == m;
}

/* The value of "Processes:" in the fdinfo of @fd; -1: none. */
static int processes_of(int fd)
{
	char path[64], text[512], *p;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (read_text(path, text, sizeof(text)) <= 0)
		return -1;
	p = strstr(text, "Processes:\t");
	return p ? atoi(p + strlen("Processes:\t")) : -1;
}

/* A line of /proc/containers. */
struct row {
	uint64_t	id, parent;
	int		members;
};

static struct row rows[MAX_SEEN];

static int read_rows(void)
{
	FILE *f = fopen("/proc/containers", "re");
	unsigned long long id, parent;
	int members, n = 0;
	char line[256];

	while (f && n < MAX_SEEN && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llu\t%llu\t%*s\t%d", &id, &parent, &members) != 3)
			continue;
		rows[n++] = (struct row){ id, parent, members };
	}
	if (f)
		fclose(f);
	return n;
}

/* What is said of one container by all who say something; false: they do not agree. */
static bool agrees(struct self *s, struct row *row, int nr_rows, int n, char *why, size_t size)
{
	unsigned int shown, least = 0, most = 0, nested = 0;
	struct container_info info;
	int i, fd;

	for (i = 0; i < n; i++) {
		if (first[i].container != row->id)
			continue;
		least += first[i].counted && !first[i].unsure;
		most += first[i].counted;
	}
	for (i = 0; i < nr_rows; i++)
		nested += rows[i].parent == row->id;
	fd = ioctl(s->proc, CONTAINER_OPEN, &row->id);
	if (fd < 0)
		return true;
	if (ioctl(fd, CONTAINER_GET_INFO, &info))
		violation(s, "CONTAINER_GET_INFO of what CONTAINER_OPEN gave");
	shown = processes_of(fd);
	close(fd);
	snprintf(why, size,
		 "container %llu, state %u: members: info %u, fdinfo %u, list %d, found %u to %u; nested: info %u, list %u",
		 (unsigned long long)row->id, info.state, info.nr_processes, shown, row->members,
		 least, most, info.nr_containers, nested);
	return shown == info.nr_processes && (int)shown == row->members && shown >= least &&
	       shown <= most && info.nr_containers == nested;
}

static bool all_agree(struct self *s, int n, char *why, size_t size)
{
	int i, nr_rows = read_rows();

	for (i = 0; i < nr_rows; i++)
		if (rows[i].id > shared->base && !agrees(s, &rows[i], nr_rows, n, why, size))
			return false;
	return true;
}

/* With all workers at rest. What does not hold still is not judged. */
void audit_counts(struct self *s)
{
	char why[MESSAGE_SIZE];
	int n, m, tries, wrong = 0, i;

	for (tries = 0; tries < 10; tries++) {
		n = stop_all();
		if (all_agree(s, n, why, sizeof(why))) {
			add(&shared->counts_checked, 1);
			break;
		}
		m = all_processes(second, MAX_SEEN);
		if (same_processes(first, n, second, m) && ++wrong == 5)
			violation(s, "%s", why);
		nap();
	}
	if (tries == 10)
		add(&shared->counts_unstable, 1);
	n = all_processes(first, MAX_SEEN);
	for (i = 0; i < n; i++)
		if (first[i].state == 'T')
			kill(first[i].pid, SIGCONT);
}

/* --- the end ---------------------------------------------------------------------- */

/*
 * As root, who may not for what an ordinary user has made, or as that one, who may
 * not inspect an init that has gone to a user namespace; else by init's pid.
 */
static void kill_container(struct self *s, uint64_t id, pid_t init)
{
	int fd = ioctl(s->proc, CONTAINER_OPEN, &id);
	int status = 0;
	pid_t pid;

	if (fd < 0)
		return;
	if (!container_kill(fd, 0, SIGKILL) || errno != EPERM)
		goto close;
	pid = fork();
	if (pid == 0) {
		become_ordinary();
		fd = ioctl(s->proc, CONTAINER_OPEN, &id);
		_exit(fd >= 0 && container_kill(fd, 0, SIGKILL));
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (status && init > 0)
		kill(init, SIGKILL);
close:
	close(fd);
}

/* Kills what runs; containers without a descriptor must go by themselves. */
static int kill_containers(struct self *s)
{
	FILE *f = fopen("/proc/containers", "re");
	unsigned long long id;
	char line[256], state[16];
	int init, n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llu\t%*s\t%15s\t%*s\t%d", &id, state, &init) != 3 ||
		    id == shared->own)
			continue;
		n++;
		if (!strcmp(state, "running"))
			kill_container(s, id, init);
	}
	if (f)
		fclose(f);
	return n;
}

/* The workers have gone. Is nothing left, in time? */
bool audit_teardown(struct self *s)
{
	double end = now() + (shared->debug ? 180 : 90);
	int i, n = 0, containers = 0;
	char text[1024];

	while (now() < end) {
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			continue;
		containers = kill_containers(s);
		n = all_processes(first, MAX_SEEN);
		if (!containers && !n)
			return true;
		for (i = 0; i < n; i++) {
			check_survivor(s, first[i].pid);
			/* Strangers, who are in no container, have a time limit. */
			if (first[i].state == 'T')
				kill(first[i].pid, SIGCONT);
		}
		nap();
	}
	for (i = 0; i < n && i < 20; i++)
		printf("# process %d (%c), container %llu\n", first[i].pid, first[i].state,
		       (unsigned long long)first[i].container);
	if (read_text("/proc/containers", text, sizeof(text)) > 0)
		printf("# %s\n", text);
	violation(s, "%d containers and %d processes are left", containers, n);
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}
