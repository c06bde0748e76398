/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/containers as the container selftests read it, and counts of what a
 * failed call could leave behind.
 */
#ifndef SELFTESTS_CONTAINER_PROC_H
#define SELFTESTS_CONTAINER_PROC_H

#include <dirent.h>
#include <time.h>

#include "container_util.h"

#define CONTAINERS_HEADER	"ID\tPARENT\tSTATE\tPROCS\tINIT\tNAME\n"

/* Every byte of a name may be escaped to four. */
#define CONTAINER_ESCAPED_MAX	(4 * CONTAINER_NAME_MAX)

struct container_row {
	__u64 id;
	__u64 parent;
	char state[16];
	char procs[16];
	pid_t init;
	char name[CONTAINER_ESCAPED_MAX];
};

/* Takes a line of /proc/containers apart; false if it is malformed. */
static inline bool container_row_parse(char *line, struct container_row *row)
{
	char *field[6], *end;
	int i;

	for (i = 0; i < 6; i++)
		field[i] = strsep(&line, "\t");
	if (!field[5] || line || strlen(field[2]) >= sizeof(row->state) ||
	    strlen(field[3]) >= sizeof(row->procs) ||
	    strlen(field[5]) >= sizeof(row->name))
		return false;

	row->id = strtoull(field[0], &end, 10);
	if (end == field[0] || *end)
		return false;
	row->parent = strtoull(field[1], &end, 10);
	if (end == field[1] || *end)
		return false;
	row->init = strtol(field[4], &end, 10);
	if (end == field[4] || *end)
		return false;
	memcpy(row->state, field[2], strlen(field[2]) + 1);
	memcpy(row->procs, field[3], strlen(field[3]) + 1);
	memcpy(row->name, field[5], strlen(field[5]) + 1);
	return true;
}

/*
 * Reads an open /proc/containers from its start, in pieces of @chunk bytes, and
 * calls @fn for each row. Returns the number of rows, or -1 if it is malformed.
 */
static inline int container_rows_walk(int fd, size_t chunk,
				      void (*fn)(struct container_row *row, void *arg),
				      void *arg)
{
	struct container_row row;
	size_t size = 0, len = 0;
	char *text = NULL, *line, *next;
	int rows = -1;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return -1;
	do {
		if (len + chunk >= size) {
			char *grown = realloc(text, size = 2 * (size + chunk));

			if (!grown)
				goto out;
			text = grown;
		}
		n = read(fd, text + len, chunk);
		if (n < 0)
			goto out;
		len += n;
	} while (n);
	text[len] = '\0';

	if (strncmp(text, CONTAINERS_HEADER, strlen(CONTAINERS_HEADER)))
		goto out;
	rows = 0;
	for (line = text + strlen(CONTAINERS_HEADER); *line; line = next + 1) {
		next = strchr(line, '\n');
		if (next)
			*next = '\0';
		if (!next || !container_row_parse(line, &row)) {
			rows = -1;
			goto out;
		}
		if (fn)
			fn(&row, arg);
		rows++;
	}
out:
	free(text);
	return rows;
}

struct container_rows {
	struct container_row *rows;
	int max;
	int nr;
};

static inline void container_row_store(struct container_row *row, void *arg)
{
	struct container_rows *into = arg;

	if (into->nr < into->max)
		into->rows[into->nr] = *row;
	into->nr++;
}

/* The first @max rows of an open /proc/containers; returns how many there are. */
static inline int container_rows_fd(int fd, struct container_row *rows, int max)
{
	struct container_rows into = { .rows = rows, .max = max };

	return container_rows_walk(fd, 4096, container_row_store, &into);
}

static inline int container_rows(struct container_row *rows, int max)
{
	int fd = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	int nr;

	if (fd < 0)
		return -1;
	nr = container_rows_fd(fd, rows, max);
	close(fd);
	return nr;
}

/* How many containers are in our view; -1 on an error. */
static inline int container_count(void)
{
	return container_rows(NULL, 0);
}

static inline void container_row_match(struct container_row *row, void *arg)
{
	struct container_row *wanted = arg;

	if (row->id == wanted->id)
		*wanted = *row;
}

/* The row of container @id; false if there is none. */
static inline bool container_row_of(__u64 id, struct container_row *row)
{
	int fd = open("/proc/containers", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->id = id;
	container_rows_walk(fd, 4096, container_row_match, row);
	close(fd);
	return row->state[0];
}

static inline bool container_listed(__u64 id)
{
	struct container_row row;

	return container_row_of(id, &row);
}

static inline void container_row_living(struct container_row *row, void *arg)
{
	*(bool *)arg &= !!strcmp(row->state, "dying");
}

/* Is no container in our view dying? */
static inline bool containers_settled(void)
{
	int fd = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	bool settled = true;

	if (fd < 0)
		return false;
	container_rows_walk(fd, 4096, container_row_living, &settled);
	close(fd);
	return settled;
}

/* A number from the fdinfo of @fd; -1 if the field is missing. */
static inline long long fdinfo_number(int fd, const char *name)
{
	char buf[64], *end;
	long long n;

	if (!fdinfo_field(fd, name, buf, sizeof(buf)))
		return -1;
	n = strtoll(buf, &end, 10);
	return end == buf || *end ? -1 : n;
}

/* How many descriptors we have open; -1 on an error. */
static inline int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3;	/* ".", ".." and the directory itself */

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Reads all of a small file; false on an error. */
static inline bool read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	if (fd < 0)
		return false;
	do {
		n = read(fd, buf + len, size - 1 - len);
		if (n > 0)
			len += n;
	} while (n > 0);
	close(fd);
	buf[len] = '\0';
	return n == 0;
}

/* Writes a string to an existing file; false, with errno, on an error. */
static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text);
}

/*
 * Waits for @condition where no event tells of it. It yields rather than sleeps,
 * and gives up after CONTAINER_TIMEOUT_MS.
 */
#define wait_until(condition) ({						\
	struct timespec __start, __now;						\
	bool __done;								\
										\
	clock_gettime(CLOCK_MONOTONIC, &__start);				\
	for (;;) {								\
		__done = (condition);						\
		clock_gettime(CLOCK_MONOTONIC, &__now);				\
		if (__done || (__now.tv_sec - __start.tv_sec) * 1000 >		\
			      CONTAINER_TIMEOUT_MS)				\
			break;							\
		sched_yield();							\
	}									\
	__done;									\
})

/* The state of a process, as /proc/PID/stat shows it; 0 if there is none. */
static inline char process_state(pid_t pid)
{
	char path[32], stat[512], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, stat, sizeof(stat)))
		return 0;
	at = strrchr(stat, ')');
	return at ? at[2] : 0;
}

/*
 * Waits until @pid sleeps in a system call; the caller knows that it is on its
 * way into one, and sleeps in no other.
 */
static inline bool wait_until_asleep(pid_t pid)
{
	return wait_until(process_state(pid) == 'S');
}

/*
 * container_count() for a test to start with: what an earlier one has killed is
 * not counted, as that goes without anybody's doing.
 */
static inline int container_baseline(void)
{
	return wait_until(containers_settled()) ? container_count() : -1;
}

#endif /* SELFTESTS_CONTAINER_PROC_H */
