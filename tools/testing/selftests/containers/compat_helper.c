// SPDX-License-Identifier: GPL-2.0
/*
 * A program for compat_test to run. It is built with nolibc, as it needs no 32-bit
 * C library then, and for nothing but nolibc and the uapi header it can be built
 * for any architecture.
 */
#include <linux/container.h>
#include <linux/resource.h>
#include <linux/time_types.h>

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

/* Exits with the line of a check that fails, as far as that fits. */
#define CHECK(condition) do {			\
	if (!(condition))			\
		exit(__LINE__ % 127 + 1);	\
} while (0)

static int create(const char *name, unsigned int flags)
{
	return syscall(__NR_container_create, name, flags, 0, 0, 0);
}

/* nolibc's poll() is in want of system calls with a 32-bit time. */
static int poll_now(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct __kernel_timespec now = {};
	int ret;

#ifdef __NR_ppoll_time64
	ret = syscall(__NR_ppoll_time64, &pfd, 1, &now, NULL, 0);
#else
	ret = syscall(__NR_ppoll, &pfd, 1, &now, NULL, 0);
#endif
	return ret < 0 ? -1 : pfd.revents;
}

/* For a while, which may be no time at all. */
static void pause_once(void)
{
	struct pollfd none = { .fd = -1 };
	struct __kernel_timespec second = { .tv_sec = 1 };

#ifdef __NR_ppoll_time64
	syscall(__NR_ppoll_time64, &none, 1, &second, NULL, 0);
#else
	syscall(__NR_ppoll, &none, 1, &second, NULL, 0);
#endif
}

int main(void)
{
	struct container_info info;
	struct {
		struct rusage r;
		long guard;
	} usage;
	int cfd, pid, status, sock;

	CHECK(syscall(__NR_container_create, "helper", 0, 0, 0, 1) == -1 && errno == EINVAL);
	CHECK(create("helper", 0x1000) == -1 && errno == EINVAL);
	CHECK(create(NULL, 0) == -1 && errno == EINVAL);
	CHECK(create("abcdefghijklmnopqrstuvwx", 0) == -1 && errno == ENAMETOOLONG);

	cfd = create("helper", CONTAINER_NEW_PID_NS | CONTAINER_NEW_FS_NS |
		     CONTAINER_NEW_TIME_NS | CONTAINER_KILL_ON_CLOSE);
	CHECK(cfd >= 0);
	CHECK(poll_now(cfd) == 0);
	CHECK(sizeof(info) == CONTAINER_INFO_SIZE_VER0);
	CHECK(syscall(__NR_ioctl, cfd, CONTAINER_GET_INFO, &info) == 0);
	CHECK(info.id > 1 && info.state == CONTAINER_STATE_NEW && info.created);

	pid = syscall(__NR_fork_into_container, cfd);
	CHECK(pid >= 0);
	if (pid == 0)
		exit(getpid() == 1 ? 42 : 1);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	CHECK(poll_now(cfd) == (POLLIN | POLLHUP));
	CHECK(syscall(__NR_ioctl, cfd, CONTAINER_GET_INFO, &info) == 0);
	CHECK(info.state == CONTAINER_STATE_DEAD && info.status == status);
	CHECK(info.events == CONTAINER_EVENT_EXITED && info.name[0] == 'h');
	CHECK(syscall(__NR_fork_into_container, cfd) == -1 && errno == ECANCELED);
	CHECK(close(cfd) == 0);

	/* Waiting, killing and sockets. */
	cfd = create("helper", CONTAINER_NEW_NET_NS | CONTAINER_KILL_ON_CLOSE);
	CHECK(cfd >= 0);
	CHECK(syscall(__NR_container_wait, cfd, &status, 0, NULL) == -1 && errno == ECHILD);
	sock = syscall(__NR_container_socket, cfd, 1 /* AF_UNIX */, 1 /* SOCK_STREAM */, 0);
	CHECK(sock > cfd && close(sock) == 0);
	pid = syscall(__NR_fork_into_container, cfd);
	CHECK(pid >= 0);
	while (pid == 0)
		pause_once();
	status = -1;
	CHECK(syscall(__NR_container_wait, cfd, &status, WNOHANG, &usage) == 0 && status == -1);
	CHECK(syscall(__NR_container_kill, cfd, 1, 0) == 0);
	CHECK(syscall(__NR_container_kill, cfd, 0, SIGKILL) == 0);
	memset(&usage, 0xff, sizeof(usage));
	CHECK(syscall(__NR_container_wait, cfd, &status, 0, &usage) == 0);
	CHECK(status == SIGKILL && usage.guard == -1L);
	CHECK(usage.r.ru_maxrss >= 0 && usage.r.ru_nivcsw >= 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == SIGKILL);
	CHECK(syscall(__NR_container_kill, cfd, 0, SIGKILL) == -1 && errno == ESRCH);
	CHECK(close(cfd) == 0);
	return 0;
}
