/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests that make processes live and die in numbers: a sandbox that nothing
 * gets out of, and what /proc says of a process.
 */
#ifndef SELFTESTS_PROCESS_UTIL_H
#define SELFTESTS_PROCESS_UTIL_H

#include <ctype.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#if __GLIBC_PREREQ(2, 35)
#include <sys/rseq.h>
#endif

#include "container_proc.h"

/* Seconds that one test may take, in the debug kernel on a busy machine. */
#define PROCESS_TEST_TIMEOUT	240

static inline long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static inline long long now_ms(void)
{
	return now_ns() / 1000000;
}

/*
 * Lets some time pass that a race is to be lost or won by: in turn, with @round,
 * each sixteenth of twice @ns.
 */
static inline void delay_of_round(int round, long long ns)
{
	long long end = now_ns() + ns * 2 * (round % 16) / 16;

	while (now_ns() < end)
		continue;
}

/* How long a fork into a container takes at best; -1: it fails. */
static inline long long time_of_fork(int cfd)
{
	long long best = -1, ns;
	pid_t pid[3];
	int i;

	for (i = 0; i < 3; i++) {
		ns = now_ns();
		pid[i] = container_spawn_idle(cfd);
		/* A coarse clock may say that it takes no time. */
		ns = now_ns() - ns ?: 1;
		if (pid[i] < 0)
			return -1;
		if (!i || ns < best)
			best = ns;
	}
	while (i--)
		kill_and_reap(pid[i]);
	return best;
}

/* fork() with clone flags and without anything of the C library's. */
static inline pid_t raw_fork(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL);
}

static inline int open_pidfd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

/* Waits until the process of @pidfd has exited; false: timed out. */
static inline bool pidfd_wait(int pidfd)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

	return poll(&pfd, 1, CONTAINER_TIMEOUT_MS) == 1;
}

static inline bool pidfd_exited(int pidfd)
{
	return poll_now(pidfd) != 0;
}

/* hear() that ends although nobody tells. */
static inline bool hear_in_time(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, CONTAINER_TIMEOUT_MS) == 1 && hear(fd);
}

/* hear_in_time(), @times times. */
static inline bool hear_times(int fd, int times)
{
	while (times-- > 0)
		if (!hear_in_time(fd))
			return false;
	return true;
}

/* One number through a pipe or socket, for whoever does hear_int(). */
static inline bool tell_int(int fd, int value)
{
	return write(fd, &value, sizeof(value)) == sizeof(value);
}

/* A number from tell_int(); INT_MIN: error, or nothing came in time. */
static inline int hear_int(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int value;

	if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) != 1 ||
	    read(fd, &value, sizeof(value)) != sizeof(value))
		return INT_MIN;
	return value;
}

/* A socket pair of which either end tells who wrote: see hear_pid(). */
static inline bool pid_socketpair(int sv[2])
{
	int on = 1;

	return !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) &&
	       !setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) &&
	       !setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

/* The pid of whoever did tell(), in the caller's PID namespace; -1: error. */
static inline pid_t hear_pid(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(struct ucred))];
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct ucred cred;

	if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) != 1 ||
	    recvmsg(sock, &msg, 0) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_CREDENTIALS)
		return -1;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	return cred.pid;
}

/* The parent as /proc's PID namespace knows it, -1 for no such process. */
static inline pid_t proc_parent(pid_t pid)
{
	char path[32], stat[512], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, stat, sizeof(stat)))
		return -1;
	at = strrchr(stat, ')');
	return at ? atoi(at + 4) : -1;
}

static inline bool wait_for_state(pid_t pid, char state)
{
	return wait_until(process_state(pid) == state);
}

/* How many entries of @dir have a number for a name; -1: error. */
static inline int count_numbered(const char *dir)
{
	struct dirent *de;
	int n = 0;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return -1;
	while ((de = readdir(d)))
		n += !!isdigit(de->d_name[0]);
	closedir(d);
	return n;
}

/*
 * Reaps every child of the caller, whatever its exit signal, and forgets about
 * stops. Returns how many there were, -1 if some were still alive at the end
 * of the time that every wait has.
 */
static inline int reap_all(void)
{
	long long end = now_ms() + CONTAINER_TIMEOUT_MS;
	int n = 0, status;
	pid_t pid;

	while (now_ms() < end) {
		pid = waitpid(-1, &status, __WALL | WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return n;
		if (pid > 0)
			n += WIFEXITED(status) || WIFSIGNALED(status);
		else
			sched_yield();
	}
	return -1;
}

/*
 * Prepares for fault injection into system calls of this process, and returns
 * what fail_nth() wants; -1: not with this kernel.
 */
static inline int fail_nth_open(void)
{
	static const char * const faults[] = {
		"failslab", "fail_page_alloc", "fail_usercopy", "fail_futex", NULL
	};
	char path[128];
	int i, fd;

	fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
#ifdef RSEQ_SIG
	/* A fault while the kernel updates that is a SIGSEGV. */
	syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
		RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
#endif
	for (i = 0; faults[i]; i++) {
		/* Else it is told of each fault, at length. */
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose",
			 faults[i]);
		write_file(path, "0");
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/%s/ignore-gfp-wait", faults[i]);
		write_file(path, "N");
	}
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return fd;
}

/* Has the @n-th operation from now on that can fail do so; 0 takes that back. */
static inline bool fail_nth(int fd, int n)
{
	char text[16];

	return pwrite(fd, text, snprintf(text, sizeof(text), "%d", n), 0) > 0;
}

/* How many it would have taken still; 0: the fault was injected. */
static inline int fail_nth_left(int fd)
{
	char text[16] = "";

	/* If this failed, the fault was still there, for this. */
	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 1;
}

/*
 * Moves the caller, which must not have threads, to a user namespace of its own,
 * where it is root still, and where nothing has been counted against it so far.
 */
static inline bool enter_user_namespace(void)
{
	char uid_map[32], gid_map[32];

	snprintf(uid_map, sizeof(uid_map), "0 %d 1", geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %d 1", getegid());
	return !unshare(CLONE_NEWUSER) &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uid_map) &&
	       write_file("/proc/self/gid_map", gid_map);
}

/* Sets a limit of the caller's user namespace: "containers", ... */
static inline bool limit_user(const char *what, int max)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "/proc/sys/user/max_%s", what);
	snprintf(text, sizeof(text), "%d", max);
	return write_file(path, text);
}

/*
 * Forks a child that is pid 1 of a PID namespace of its own and has its own
 * /proc: the orphans of that world come to it, it sees everybody there, and
 * whatever a failed test leaves behind dies with it. -1: error.
 */
static inline pid_t fork_sandbox(void)
{
	pid_t pid = raw_fork(CLONE_NEWPID | CLONE_NEWNS);

	if (pid)
		return pid;
	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL)) {
		perror("sandbox");
		_exit(EXIT_FAILURE);
	}
	return 0;
}

/* The same for a fixture's set-up: what follows in the test runs in there. */
#define ENTER_SANDBOX() do {						\
	pid_t sandbox_pid_ = fork_sandbox();				\
									\
	ASSERT_NE(-1, sandbox_pid_);					\
	if (sandbox_pid_) {						\
		if (wait_for_exit(sandbox_pid_))			\
			_metadata->exit_code = KSFT_FAIL;		\
		_exit(_metadata->exit_code);				\
	}								\
} while (0)

/* Processes in the caller's sandbox, the caller itself among them. */
static inline int count_processes(void)
{
	return count_numbered("/proc");
}

/*
 * Whether the caller is alone there. A process that nobody is to reap is on its
 * way out for a moment still when its father, or we, do not know it any more.
 */
static inline bool is_alone(void)
{
	return wait_until(count_processes() == 1);
}

/* Where the caller's own program is, for exec'ing it again. */
static inline const char *own_path(void)
{
	static char path[PATH_MAX];
	ssize_t n;

	if (!path[0]) {
		n = readlink("/proc/self/exe", path, sizeof(path) - 1);
		if (n > 0)
			path[n] = '\0';
	}
	return path;
}

#endif /* SELFTESTS_PROCESS_UTIL_H */
