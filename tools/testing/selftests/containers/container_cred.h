/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ids and capabilities for the container selftests, without libcap.
 */
#ifndef SELFTESTS_CONTAINER_CRED_H
#define SELFTESTS_CONTAINER_CRED_H

#include <grp.h>
#include <sys/prctl.h>

#include <linux/capability.h>
#include <linux/securebits.h>

#include "container_proc.h"

#define CAP_BIT(cap)	(1ULL << (cap))

struct capabilities {
	__u64 inheritable;
	__u64 permitted;
	__u64 effective;
	__u64 bounding;
	__u64 ambient;
};

/* All five sets of the calling process. */
static inline bool get_capabilities(struct capabilities *caps)
{
	char status[8192], *at;
	struct {
		const char *name;
		__u64 *set;
	} *f, fields[] = {
		{ "\nCapInh:", &caps->inheritable },
		{ "\nCapPrm:", &caps->permitted },
		{ "\nCapEff:", &caps->effective },
		{ "\nCapBnd:", &caps->bounding },
		{ "\nCapAmb:", &caps->ambient },
		{ }
	};

	if (!read_file("/proc/self/status", status, sizeof(status)))
		return false;
	for (f = fields; f->name; f++) {
		at = strstr(status, f->name);
		if (!at)
			return false;
		*f->set = strtoull(at + strlen(f->name), NULL, 16);
	}
	return true;
}

static inline bool set_capabilities(__u64 effective, __u64 permitted,
				    __u64 inheritable)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return !syscall(__NR_capset, &hdr, data);
}

/* Drops the capabilities in @mask from all sets but the bounding one. */
static inline bool drop_capabilities(__u64 mask)
{
	struct capabilities caps;

	return get_capabilities(&caps) &&
	       set_capabilities(caps.effective & ~mask, caps.permitted & ~mask,
				caps.inheritable & ~mask);
}

/* Becomes an ordinary user without groups; the process stays dumpable. */
static inline bool become_user(uid_t uid)
{
	return !setgroups(0, NULL) && !setresgid(uid, uid, uid) &&
	       !setresuid(uid, uid, uid) && !prctl(PR_SET_DUMPABLE, 1);
}

#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_SIGNAL	0x2ULL
#endif

/* Enters a Landlock domain, outside of which it may not signal or ptrace anybody. */
static inline bool enter_landlock_domain(void)
{
	/* Newer than some headers' struct landlock_ruleset_attr. */
	struct {
		__u64 handled_access_fs;
		__u64 handled_access_net;
		__u64 scoped;
	} attr = { .scoped = LANDLOCK_SCOPE_SIGNAL };
	int ruleset = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	bool ok;

	if (ruleset < 0)
		return false;
	ok = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	     !syscall(__NR_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ok;
}

/*
 * Gives the user namespace of @pid, which is a child of ours, as many of our ids
 * from @first on as its ids from 0 on.
 */
static inline bool map_ids_from(pid_t pid, unsigned int first, unsigned int count)
{
	char path[64], map[64];

	snprintf(map, sizeof(map), "0 %u %u", first, count);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (!write_file(path, map))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return write_file(path, map);
}

/* The same ids, up to @count. */
static inline bool map_ids(pid_t pid, unsigned int count)
{
	return map_ids_from(pid, 0, count);
}

#endif /* SELFTESTS_CONTAINER_CRED_H */
