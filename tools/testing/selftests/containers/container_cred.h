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

/*
 * Gives the user namespace of @pid, which is a child of ours, the ids of ours up
 * to @count.
 */
static inline bool map_ids(pid_t pid, unsigned int count)
{
	char path[64], map[64];

	snprintf(map, sizeof(map), "0 0 %u", count);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (!write_file(path, map))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return write_file(path, map);
}

#endif /* SELFTESTS_CONTAINER_CRED_H */
