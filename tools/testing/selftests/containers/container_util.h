/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the container selftests share: the system calls, and the few things
 * that nearly every test does with a container or a process.
 */
#ifndef SELFTESTS_CONTAINER_UTIL_H
#define SELFTESTS_CONTAINER_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/container.h>
#include <linux/types.h>

#ifndef __NR_container_create
#define __NR_container_create		500
#endif
#ifndef __NR_fork_into_container
#define __NR_fork_into_container	501
#endif
#ifndef __NR_container_wait
#define __NR_container_wait		502
#endif
#ifndef __NR_container_kill
#define __NR_container_kill		503
#endif
#ifndef __NR_container_socket
#define __NR_container_socket		504
#endif

#ifndef CLONE_INTO_CONTAINER
#define CLONE_INTO_CONTAINER		0x8000000000000000ULL
#endif

struct rusage;

/* Every wait in these tests ends: what takes longer than this is a hang. */
#define CONTAINER_TIMEOUT_MS		60000

static inline int container_create(const char *name, unsigned int flags)
{
	return syscall(__NR_container_create, name, flags, 0UL, 0UL, 0UL);
}

/*
 * As fork(): the child shares no stdio buffer state with us worth keeping, so
 * tests _exit() from it.
 */
static inline pid_t fork_into_container(int cfd)
{
	return syscall(__NR_fork_into_container, cfd);
}

static inline int container_wait(int cfd, int *wstatus, unsigned int options,
				 struct rusage *rusage)
{
	return syscall(__NR_container_wait, cfd, wstatus, options, rusage);
}

static inline int container_kill(int cfd, int initonly, int signal)
{
	return syscall(__NR_container_kill, cfd, initonly, signal);
}

static inline int container_socket(int cfd, int domain, int type, int protocol)
{
	return syscall(__NR_container_socket, cfd, domain, type, protocol);
}

/* A descriptor, by way of /proc/containers, for the container with this id. */
static inline int container_open(__u64 id)
{
	int proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	int cfd, error;

	if (proc < 0)
		return -1;
	cfd = ioctl(proc, CONTAINER_OPEN, &id);
	error = errno;
	close(proc);
	errno = error;
	return cfd;
}

static inline bool container_info(int cfd, struct container_info *info)
{
	return !ioctl(cfd, CONTAINER_GET_INFO, info);
}

/* clone3() into a container without any flag is a fork_into_container(). */
struct clone_into_container {
	__u64 flags;
	__u64 pidfd;
	__u64 child_tid;
	__u64 parent_tid;
	__u64 exit_signal;
	__u64 stack;
	__u64 stack_size;
	__u64 tls;
	__u64 set_tid;
	__u64 set_tid_size;
	__u64 cgroup;
	__u64 container;
};

static inline pid_t clone_into_container(struct clone_into_container *args)
{
	return syscall(__NR_clone3, args, sizeof(*args));
}

/* The exit code of @pid, 128 + signal if one killed it, -1 on an error. */
static inline int wait_for_exit(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) != pid)
		if (errno != EINTR)
			return -1;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* revents of @fd: returns at once, 0 if nothing is pending. */
static inline short poll_now(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) < 0 ? -1 : pfd.revents;
}

/* Waits until @events (POLLIN, POLLHUP) are all there; false: timed out. */
static inline bool poll_until(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events & POLLIN };
	short seen = 0;

	while ((seen & events) != events) {
		if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) <= 0)
			return false;
		seen |= pfd.revents;
		pfd.events &= ~seen;	/* only POLLHUP may be missing */
	}
	return true;
}

/* For a child that is to live until it is killed. */
static inline void __attribute__((noreturn)) pause_forever(void)
{
	for (;;)
		pause();
}

/*
 * Puts a process into the container that does nothing until it is killed; it is
 * init if it is the first one. Returns its pid, or -1 with errno.
 */
static inline pid_t container_spawn_idle(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		pause_forever();
	return pid;
}

/* Kills @pid and reaps it; -1, what could not be forked, is not everybody. */
static inline void kill_and_reap(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	wait_for_exit(pid);
}

/* One byte through a pipe or socket: the tests' only way to wait for a peer. */
static inline bool tell(int fd)
{
	return write(fd, "", 1) == 1;
}

static inline bool hear(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

/* The value of field @name ("Id:", ...) in the fdinfo of @fd, or NULL. */
static inline char *fdinfo_field(int fd, const char *name, char *buf, size_t size)
{
	char path[64], line[256];
	char *value = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	while (!value && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, strlen(name)))
			continue;
		line[strcspn(line, "\n")] = '\0';
		value = line + strlen(name);
		value += strspn(value, "\t ");
		snprintf(buf, size, "%s", value);
		value = buf;
	}
	fclose(f);
	return value;
}

/* The container's id, which is its inode number; 0 on an error. */
static inline __u64 container_id(int cfd)
{
	struct stat st;

	return fstat(cfd, &st) ? 0 : st.st_ino;
}

/* Is this a kernel with the checkers in, which is ten to twenty times slower? */
static inline bool debug_kernel(void)
{
	static int debug = -1;

	if (debug < 0)
		debug = !access("/sys/kernel/debug/kmemleak", F_OK) ||
			!access("/sys/kernel/debug/kcsan", F_OK);
	return debug;
}

/* How often to do what is done @n times in a normal kernel. */
static inline int scaled(int n)
{
	return debug_kernel() ? n / 10 + 1 : n;
}

/* Passes descriptor @fd over a unix socket. */
static inline bool send_fd(int sock, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1;
}

/* Receives a descriptor from send_fd(); -1 on an error. */
static inline int recv_fd(int sock)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

#endif /* SELFTESTS_CONTAINER_UTIL_H */
