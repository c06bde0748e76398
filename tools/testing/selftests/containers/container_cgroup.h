/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control groups for the container selftests.
 */
#ifndef SELFTESTS_CONTAINER_CGROUP_H
#define SELFTESTS_CONTAINER_CGROUP_H

#include <sys/mount.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "container_proc.h"

/* Where the unified hierarchy is mounted, or NULL. */
static inline const char *cgroup2_root(void)
{
	static const char * const places[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL
	};
	const char * const *place;
	struct statfs st;

	for (place = places; *place; place++)
		if (!statfs(*place, &st) && st.f_type == CGROUP2_SUPER_MAGIC)
			return *place;
	return NULL;
}

/* Makes a cgroup at the top of the hierarchy; its path is put into @path. */
static inline bool cgroup2_make(const char *name, char *path, size_t size)
{
	const char *root = cgroup2_root();

	if (!root)
		return false;
	snprintf(path, size, "%s/%s.%d", root, name, getpid());
	return !mkdir(path, 0755);
}

/* Writes a file of a cgroup. */
static inline bool cgroup_write(const char *path, const char *file, const char *text)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", path, file);
	return write_file(name, text);
}

/* Reads a number from a file of a cgroup; -1 on an error. */
static inline long long cgroup_number(const char *path, const char *file)
{
	char name[256], buf[64];

	snprintf(name, sizeof(name), "%s/%s", path, file);
	return read_file(name, buf, sizeof(buf)) ? strtoll(buf, NULL, 10) : -1;
}

static inline bool cgroup_move(const char *path, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return cgroup_write(path, "cgroup.procs", text);
}

/*
 * The freezer of cgroup v1: unlike v2's it keeps even SIGKILL waiting, so it holds
 * up a process on its way out for as long as a test wants to look.
 */
struct freezer {
	char mount[32];
	char group[64];
};

static inline bool freezer_init(struct freezer *f)
{
	snprintf(f->mount, sizeof(f->mount), "/tmp/freezer.XXXXXX");
	if (!mkdtemp(f->mount))
		return false;
	if (mount("freezer", f->mount, "cgroup", 0, "freezer")) {
		rmdir(f->mount);
		return false;
	}
	snprintf(f->group, sizeof(f->group), "%s/frozen", f->mount);
	return !mkdir(f->group, 0755);
}

static inline bool freezer_is(struct freezer *f, const char *state)
{
	char name[80], buf[32];

	snprintf(name, sizeof(name), "%s/freezer.state", f->group);
	return read_file(name, buf, sizeof(buf)) && !strcmp(buf, state);
}

/* Freezes @pid, and returns when it stands still. */
static inline bool freezer_freeze(struct freezer *f, pid_t pid)
{
	return cgroup_move(f->group, pid) &&
	       cgroup_write(f->group, "freezer.state", "FROZEN") &&
	       wait_until(freezer_is(f, "FROZEN\n"));
}

static inline bool freezer_thaw(struct freezer *f)
{
	return cgroup_write(f->group, "freezer.state", "THAWED");
}

static inline void freezer_fini(struct freezer *f)
{
	freezer_thaw(f);
	wait_until(!rmdir(f->group) || errno != EBUSY);
	umount(f->mount);
	rmdir(f->mount);
}

#endif /* SELFTESTS_CONTAINER_CGROUP_H */
