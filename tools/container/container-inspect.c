// SPDX-License-Identifier: GPL-2.0
/* container inspect, the program: containers as JSON. */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

/* <sched.h> has them for _GNU_SOURCE only, and not in all C libraries. */
#define CLONE_NEWTIME	0x00000080
#define CLONE_NEWNS	0x00020000
#define CLONE_NEWCGROUP	0x02000000
#define CLONE_NEWUTS	0x04000000
#define CLONE_NEWIPC	0x08000000
#define CLONE_NEWUSER	0x10000000
#define CLONE_NEWPID	0x20000000
#define CLONE_NEWNET	0x40000000

/* Nobody counts its processes. */
#define INITIAL_CONTAINER	1

struct bit {
	unsigned int bit;
	const char *name;
};

static const struct bit flags[] = {
	{ CONTAINER_NEW_FS_NS,		"new-mount" },
	{ CONTAINER_NEW_EMPTY_FS_NS,	"new-empty-mount" },
	{ CONTAINER_NEW_CGROUP_NS,	"new-cgroup" },
	{ CONTAINER_NEW_UTS_NS,		"new-uts" },
	{ CONTAINER_NEW_IPC_NS,		"new-ipc" },
	{ CONTAINER_NEW_USER_NS,	"new-user" },
	{ CONTAINER_NEW_PID_NS,		"new-pid" },
	{ CONTAINER_NEW_NET_NS,		"new-net" },
	{ CONTAINER_NEW_TIME_NS,	"new-time" },
	{ CONTAINER_KILL_ON_CLOSE,	"kill-on-close" },
	{ CONTAINER_CLOSE_FDS,		"close-fds" },
};

static const struct bit rights[] = {
	{ CONTAINER_RIGHT_ENTER,	"enter" },
	{ CONTAINER_RIGHT_KILL,		"kill" },
	{ CONTAINER_RIGHT_CONFIGURE,	"configure" },
	{ CONTAINER_RIGHT_OBSERVE,	"observe" },
};

/* In the order, and by the names, of /proc/PID/ns. */
static const struct bit namespaces[] = {
	{ CLONE_NEWCGROUP,	"cgroup" },
	{ CLONE_NEWIPC,		"ipc" },
	{ CLONE_NEWNS,		"mnt" },
	{ CLONE_NEWNET,		"net" },
	{ CLONE_NEWPID,		"pid" },
	{ CLONE_NEWTIME,	"time" },
	{ CLONE_NEWUSER,	"user" },
	{ CLONE_NEWUTS,		"uts" },
};

static const char * const states[] = {
	[CONTAINER_STATE_NEW] = "new",
	[CONTAINER_STATE_RUNNING] = "running",
	[CONTAINER_STATE_DYING] = "dying",
	[CONTAINER_STATE_DEAD] = "dead",
};

static void add(json_object *object, const char *key, json_object *value)
{
	if (json_object_object_add(object, key, value))
		die("out of memory");
}

static json_object *number(unsigned long long value)
{
	return json_object_new_uint64(value);
}

/* How many bytes the character has; 0 if it is no UTF-8. */
static size_t utf8_length(const unsigned char *c)
{
	size_t len = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 :
		     *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Too long forms, surrogates, and what is beyond the last plane. */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] >= 0xa0) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] >= 0x90))
		return 0;
	return len;
}

static bool is_utf8(const char *text)
{
	while (*text) {
		size_t len = utf8_length((const unsigned char *)text);

		if (!len)
			return false;
		text += len;
	}
	return true;
}

/* JSON is UTF-8; a name that is not, escaped, is at least readable. */
static json_object *string(const char *text)
{
	char escaped[4 * CONTAINER_NAME_MAX + 8];
	size_t len = 0;

	if (is_utf8(text))
		return json_object_new_string(text);

	for (; *text && len < sizeof(escaped) - 5; text++) {
		if ((unsigned char)*text < 0x80)
			escaped[len++] = *text;
		else
			len += sprintf(escaped + len, "\\%03o", (unsigned char)*text);
	}
	return json_object_new_string_len(escaped, len);
}

static json_object *names_of_bits(unsigned int value, const struct bit *bits, size_t nr)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < nr; i++) {
		if (value & bits[i].bit)
			json_object_array_add(array, json_object_new_string(bits[i].name));
	}
	return array;
}

/* An open namespace descriptor's inode; else init's link, which needs less. */
static unsigned long long namespace_inode(int cfd, pid_t init, const struct bit *kind)
{
	char path[64];
	struct stat st;
	int fd, ret;

	fd = ioctl(cfd, CONTAINER_GET_NAMESPACE, kind->bit);
	if (fd >= 0) {
		ret = fstat(fd, &st);
		close(fd);
		return ret ? 0 : st.st_ino;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", init, kind->name);
	return init && !stat(path, &st) ? st.st_ino : 0;
}

static json_object *describe_namespaces(int cfd, pid_t init)
{
	json_object *object = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		unsigned long long inode = namespace_inode(cfd, init, &namespaces[i]);

		add(object, namespaces[i].name, inode ? number(inode) : NULL);
	}
	return object;
}

struct member_search {
	unsigned long long id;
	json_object *pids;
};

static void add_member(void *arg, pid_t pid, unsigned long long id)
{
	struct member_search *search = arg;

	if (id == search->id)
		json_object_array_add(search->pids, json_object_new_int(pid));
}

static json_object *members(unsigned long long id)
{
	struct member_search search = { .id = id, .pids = json_object_new_array() };

	each_member(add_member, &search);
	return search.pids;
}

/* As the shell sees it; null as long as init has not exited. */
static json_object *status(const struct container_info *info)
{
	if (!(info->events & CONTAINER_EVENT_EXITED))
		return NULL;
	return json_object_new_int(exit_status(info->status));
}

static json_object *describe(int cfd, const struct container_info *info)
{
	json_object *object = json_object_new_object();

	add(object, "id", number(info->id));
	add(object, "parent_id", number(info->parent_id));
	add(object, "name", string(info->name));
	add(object, "state", json_object_new_string(info->state < ARRAY_SIZE(states) &&
						    states[info->state] ?
						    states[info->state] : "unknown"));
	add(object, "flags", names_of_bits(info->flags, flags, ARRAY_SIZE(flags)));
	add(object, "rights", names_of_bits(info->rights, rights, ARRAY_SIZE(rights)));
	add(object, "created", number(info->created));
	add(object, "uid", number(info->uid));
	add(object, "gid", number(info->gid));
	add(object, "nr_processes", info->id == INITIAL_CONTAINER ? NULL :
				    number(info->nr_processes));
	add(object, "nr_containers", number(info->nr_containers));
	add(object, "init_pid", json_object_new_int(info->init_pid));
	add(object, "exited", json_object_new_boolean(info->events & CONTAINER_EVENT_EXITED));
	add(object, "status", status(info));
	add(object, "namespaces", describe_namespaces(cfd, info->init_pid));
	add(object, "pids", members(info->id));
	return object;
}

static bool inspect(json_object *array, const char *what)
{
	struct container_info info;
	int cfd = try_open_container(what);
	bool known;

	if (cfd < 0)
		return false;
	known = !ioctl(cfd, CONTAINER_GET_INFO, &info);
	if (known)
		json_object_array_add(array, describe(cfd, &info));
	else
		complain_errno(NULL, "%s", what);
	close(cfd);
	return known;
}

int main(int argc, char **argv)
{
	json_object *array = json_object_new_array();
	int i = argc > 1 && !strcmp(argv[1], "--") ? 2 : 1;
	int ret = 0;

	for (; i < argc; i++) {
		if (!inspect(array, argv[i]))
			ret = EXIT_TOOL;
	}
	puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
	return finish_output() ?: ret;
}
