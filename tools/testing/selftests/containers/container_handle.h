/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of descriptors for the container selftests, and what else they need
 * to look at containers and namespaces from several sides.
 */
#ifndef SELFTESTS_CONTAINER_HANDLE_H
#define SELFTESTS_CONTAINER_HANDLE_H

#include <sys/wait.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "process_util.h"

/* 0, or the errno of a call that returns -1 when it fails. */
#define ERRNO(call)	((call) < 0 ? errno : 0)

/* 0, or the errno of a call that returns a new descriptor, which is closed. */
#define ERRNO_FD(call) ({							\
	int __fd = (call), __err = __fd < 0 ? errno : 0;			\
										\
	if (__fd >= 0)								\
		close(__fd);							\
	__err;									\
})

/* What a child says that could not get so far as to try. */
#define NOT_TRIED	255

static inline int container_dup(int cfd, unsigned long rights)
{
	return ioctl(cfd, CONTAINER_DUP, rights);
}

static inline int container_drop(int cfd, unsigned long rights)
{
	return ioctl(cfd, CONTAINER_DROP_RIGHTS, rights);
}

static inline int container_get_ns(int cfd, unsigned long type)
{
	return ioctl(cfd, CONTAINER_GET_NAMESPACE, type);
}

static inline int container_set_ns(int cfd, int nsfd)
{
	return ioctl(cfd, CONTAINER_SET_NAMESPACE, (unsigned long)nsfd);
}

/* A descriptor of the container that @pid is in. */
static inline int container_of_pid(pid_t pid)
{
	int pidfd = open_pidfd(pid), cfd, err;

	if (pidfd < 0)
		return -1;
	cfd = ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL);
	err = errno;
	close(pidfd);
	errno = err;
	return cfd;
}

/* The rights of a descriptor, by its information or else by its fdinfo; -1: error. */
static inline int container_rights(int cfd)
{
	static const char * const names[] = { "enter", "kill", "configure", "observe" };
	char text[64], *rest = text, *name;
	int rights = 0, i;

	if (!fdinfo_field(cfd, "Rights:", text, sizeof(text)))
		return -1;
	if (!strcmp(text, "none"))
		return 0;
	while ((name = strsep(&rest, ","))) {
		for (i = 0; i < 4 && strcmp(name, names[i]); i++)
			continue;
		/* in this order, and each once */
		if (i == 4 || rights >> i)
			return -1;
		rights |= 1 << i;
	}
	return rights;
}

static inline unsigned int container_state(int cfd)
{
	struct container_info info;

	return container_info(cfd, &info) ? info.state : 0;
}

/* A descriptor that observes only, of the container of @cfd. */
static inline int container_observer(int cfd)
{
	return container_dup(cfd, CONTAINER_RIGHT_OBSERVE);
}

/* Enters and leaves again: 0, the errno, or -1. */
static inline int try_enter(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : wait_for_exit(pid);
}

/* The same by clone3(). */
static inline int try_clone(int cfd)
{
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER,
		.exit_signal = SIGCHLD,
		.container = cfd,
	};
	pid_t pid = clone_into_container(&args);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : wait_for_exit(pid);
}

/* In a child, so that the caller stays where it is. */
static inline int try_setns(int cfd, int flags)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(ERRNO(setns(cfd, flags)));
	return pid < 0 ? NOT_TRIED : wait_for_exit(pid);
}

static const struct namespace_type {
	const char *name;	/* in /proc/PID/ns */
	int type;
	unsigned int flag;	/* the one that makes it new */
} ns_types[] = {
	{ "cgroup",	CLONE_NEWCGROUP,	CONTAINER_NEW_CGROUP_NS },
	{ "ipc",	CLONE_NEWIPC,		CONTAINER_NEW_IPC_NS },
	{ "mnt",	CLONE_NEWNS,		CONTAINER_NEW_FS_NS },
	{ "net",	CLONE_NEWNET,		CONTAINER_NEW_NET_NS },
	{ "pid",	CLONE_NEWPID,		CONTAINER_NEW_PID_NS },
	{ "time",	CLONE_NEWTIME,		CONTAINER_NEW_TIME_NS },
	{ "user",	CLONE_NEWUSER,		CONTAINER_NEW_USER_NS },
	{ "uts",	CLONE_NEWUTS,		CONTAINER_NEW_UTS_NS },
};

#define NR_NS_TYPES	8
#define NEW_ALL_BUT_USER (CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			  CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			  CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS |		\
			  CONTAINER_NEW_TIME_NS)
#define NEW_ALL		(NEW_ALL_BUT_USER | CONTAINER_NEW_USER_NS)

/* The inode of a namespace of @pid, 0 being the caller; 0: error. */
static inline ino_t ns_inode(pid_t pid, const char *name)
{
	char path[64];
	struct stat st;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return stat(path, &st) ? 0 : st.st_ino;
}

static inline ino_t fd_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static inline int ns_open(pid_t pid, const char *name)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The id of the container that the caller is in; 0: error. */
static inline __u64 own_container(void)
{
	char text[128];

	return read_file("/proc/self/container", text, sizeof(text)) ?
	       strtoull(text, NULL, 10) : 0;
}

/*
 * Has a child of the caller unshare @flags: returns a descriptor of the @name one
 * of its namespaces, and leaves nobody behind.
 */
static inline int ns_fresh(int flags, const char *name)
{
	int up[2], down[2], fd = -1;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		if (unshare(flags) || !tell(up[1]))
			_exit(1);
		hear(down[0]);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	if (pid > 0 && hear_in_time(up[0]))
		fd = ns_open(pid, name);
	close(down[1]);
	close(up[0]);
	if (pid > 0)
		wait_for_exit(pid);
	return fd;
}

static inline int container_from(uid_t uid, unsigned int flags, bool start)
{
	int sock[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return -1;
	pid = fork();
	if (pid == 0) {
		if (!become_user(uid))
			_exit(1);
		fd = container_create("user's", flags | CONTAINER_FD_CLOEXEC);
		if (start && container_spawn_idle(fd) < 0)
			_exit(1);
		_exit(fd < 0 || !send_fd(sock[1], fd));
	}
	close(sock[1]);
	fd = recv_fd(sock[0]);
	close(sock[0]);
	if (pid > 0)
		wait_for_exit(pid);
	return fd;
}

/* A container that was created by @uid and his like; ours is the only handle. */
static inline int container_created_by(uid_t uid, unsigned int flags)
{
	return container_from(uid, flags, false);
}

/* The same, with an init, which does nothing and dies with the handle. */
static inline int container_started_by(uid_t uid, unsigned int flags)
{
	return container_from(uid, flags | CONTAINER_KILL_ON_CLOSE, true);
}

/*
 * What @fn says, a number below 128, when a member of the container calls it that
 * holds @fd, be it a descriptor of its own container: such are closed for those
 * who enter, so it gets it over a socket.
 */
static inline int run_inside(int cfd, int fd, int (*fn)(int fd))
{
	int sock[2], ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return -1;
	pid = fork_into_container(cfd);
	if (pid == 0) {
		close(sock[0]);
		fd = recv_fd(sock[1]);
		_exit(fd < 0 ? NOT_TRIED : fn(fd));
	}
	close(sock[1]);
	if (pid > 0)
		send_fd(sock[0], fd);
	ret = pid > 0 ? wait_for_exit(pid) : -1;
	close(sock[0]);
	return ret;
}

/* The same in a child that has become an ordinary user, with a copy of @fd. */
static inline int run_as(uid_t uid, int fd, int (*fn)(int fd))
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(become_user(uid) ? fn(fd) : NOT_TRIED);
	return pid < 0 ? -1 : wait_for_exit(pid);
}

/*
 * A container that is dying and never dead, as long as the freezer holds one of
 * its members up. That one is dead when the freezer is gone.
 */
struct dying_container {
	struct freezer freezer;
	int cfd;
	pid_t stuck;
};

static inline bool dying_open(struct dying_container *d, unsigned int flags)
{
	pid_t init;

	d->cfd = container_create("dying", flags | CONTAINER_FD_CLOEXEC);
	init = container_spawn_idle(d->cfd);
	d->stuck = container_spawn_idle(d->cfd);
	if (init < 0 || d->stuck < 0 || !freezer_freeze(&d->freezer, d->stuck) ||
	    kill(init, SIGKILL) || !poll_until(d->cfd, POLLIN))
		return false;
	/* A PID namespace's init is there until all in it have gone. */
	return flags & CONTAINER_NEW_PID_NS || wait_for_exit(init) == 128 + SIGKILL;
}

static inline void dying_close(struct dying_container *d)
{
	freezer_thaw(&d->freezer);
	wait_for_exit(d->stuck);
	poll_until(d->cfd, POLLIN | POLLHUP);
	close(d->cfd);
	freezer_fini(&d->freezer);
}

/* A container that is dead and held. */
static inline int container_dead(unsigned int flags)
{
	int cfd = container_create("dead", flags | CONTAINER_FD_CLOEXEC);

	if (cfd >= 0 && (try_enter(cfd) || !poll_until(cfd, POLLIN | POLLHUP))) {
		close(cfd);
		cfd = -1;
	}
	return cfd;
}

#endif /* SELFTESTS_CONTAINER_HANDLE_H */
