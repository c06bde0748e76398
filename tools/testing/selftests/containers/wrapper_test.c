// SPDX-License-Identifier: GPL-2.0
/*
 * tools/include/container.h: each of its functions with the C library, then the
 * programs that use it in the other ways it has. What the calls themselves do is
 * for the other tests; here it is that arguments, results and errors get through.
 */
#define _GNU_SOURCE
#include "../../../include/container.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#define TIMEOUT		240

#define ALL_FLAGS	(CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE)

#define PIDFD		0x00001000	/* CLONE_PIDFD, newer than some libraries */

/* 0, or the errno of a call that returns -1; 255 for any other failure. */
#define ERRNO(call) ({							\
	int __ret;							\
									\
	errno = 0;							\
	__ret = (call);							\
	__ret >= 0 ? 0 : __ret == -1 ? errno : 255;			\
})

static_assert(sizeof(struct container_clone_args) == 96, "size of clone_args");
static_assert(offsetof(struct container_clone_args, container) == 88, "container");
static_assert(sizeof(struct container_info) == CONTAINER_INFO_SIZE_VER0, "size of info");
static_assert(CLONE_INTO_CONTAINER == 0x8000000000000000ULL, "flag");

static int create(unsigned int flags)
{
	return container_create("wrapper", flags, 0, 0, 0);
}

/* The wait status of @pid, or -1. */
static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return -1;
	return status;
}

/* An init that lives until it is killed. */
static pid_t spawn_idle(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	while (pid == 0)
		pause();
	return pid;
}

static bool same_container(int a, int b)
{
	struct container_info one, two;

	return !container_get_info(a, &one) && !container_get_info(b, &two) && one.id == two.id;
}

static unsigned int rights(int cfd)
{
	struct container_info info;

	return container_get_info(cfd, &info) ? ~0 : info.rights;
}

FIXTURE(wrapper)
{
	int cfd;
	int other;	/* no container */
};

FIXTURE_SETUP(wrapper)
{
	self->cfd = create(ALL_FLAGS);
	ASSERT_LE(0, self->cfd);
	self->other = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(wrapper)
{
	close(self->other);
	close(self->cfd);
}

TEST_F_TIMEOUT(wrapper, create_passes_all_of_its_arguments, TIMEOUT)
{
	struct container_info info;
	int cfd;

	EXPECT_EQ(EINVAL, ERRNO(container_create("name", 0, 1, 0, 0)));
	EXPECT_EQ(EINVAL, ERRNO(container_create("name", 0, 0, 1, 0)));
	EXPECT_EQ(EINVAL, ERRNO(container_create("name", 0, 0, 0, 1)));
	EXPECT_EQ(EINVAL, ERRNO(container_create("name", 0, ~0UL, ~0UL, ~0UL)));
	EXPECT_EQ(EINVAL, ERRNO(container_create("name", ~CONTAINER__FLAG_MASK, 0, 0, 0)));
	EXPECT_EQ(EINVAL, ERRNO(container_create("a/b", 0, 0, 0, 0)));
	EXPECT_EQ(EINVAL, ERRNO(container_create(NULL, 0, 0, 0, 0)));
	EXPECT_EQ(EFAULT, ERRNO(container_create((char *)1, 0, 0, 0, 0)));
	EXPECT_EQ(ENAMETOOLONG, ERRNO(container_create("abcdefghijklmnopqrstuvwx", 0, 0, 0, 0)));

	cfd = container_create("abcdefghijklmnopqrstuvw", CONTAINER_NEW_UTS_NS, 0, 0, 0);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, fcntl(cfd, F_GETFD));
	ASSERT_EQ(0, container_get_info(cfd, &info));
	EXPECT_STREQ("abcdefghijklmnopqrstuvw", info.name);
	EXPECT_EQ(CONTAINER_NEW_UTS_NS, info.flags);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->cfd, F_GETFD));
	close(cfd);
}

TEST_F_TIMEOUT(wrapper, fork_returns_as_fork_does, TIMEOUT)
{
	pid_t parent = getpid(), pid;

	pid = fork_into_container(self->cfd);
	if (pid == 0)
		_exit(getppid() == parent ? 42 : 1);
	ASSERT_LT(0, pid);
	EXPECT_EQ(42 << 8, reap(pid));
	EXPECT_EQ(ECANCELED, ERRNO(fork_into_container(self->cfd)));
	EXPECT_EQ(EINVAL, ERRNO(fork_into_container(self->other)));
	EXPECT_EQ(EBADF, ERRNO(fork_into_container(-1)));
}

TEST_F_TIMEOUT(wrapper, wait_stores_the_status_and_the_usage, TIMEOUT)
{
	struct rusage usage, untouched;
	struct pollfd pfd = { .fd = self->cfd };
	int status = -1;
	pid_t pid;

	memset(&usage, 0x55, sizeof(usage));
	untouched = usage;
	EXPECT_EQ(ECHILD, ERRNO(container_wait(self->cfd, &status, 0, &usage)));
	pid = spawn_idle(self->cfd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, container_wait(self->cfd, &status, WNOHANG, &usage));
	EXPECT_EQ(-1, status);
	EXPECT_EQ(0, memcmp(&usage, &untouched, sizeof(usage)));
	EXPECT_EQ(EINVAL, ERRNO(container_wait(self->cfd, &status, WUNTRACED, &usage)));

	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(0, container_wait(self->cfd, &status, 0, NULL));
	EXPECT_EQ(SIGKILL, status);
	/* POLLHUP: the usage is final. */
	ASSERT_EQ(1, poll(&pfd, 1, TIMEOUT * 1000));
	EXPECT_EQ(0, container_wait(self->cfd, NULL, 0, &usage));
	/* Of a small process it may be 0: each CPU counts pages of its own. */
	EXPECT_NE(untouched.ru_maxrss, usage.ru_maxrss);
	EXPECT_GT(TIMEOUT, usage.ru_utime.tv_sec);
	EXPECT_GT(TIMEOUT, usage.ru_stime.tv_sec);
	EXPECT_EQ(EFAULT, ERRNO(container_wait(self->cfd, (int *)1, 0, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(container_wait(self->cfd, NULL, 0, (struct rusage *)1)));
	EXPECT_EQ(SIGKILL, reap(pid));

	EXPECT_EQ(EINVAL, ERRNO(container_wait(self->other, NULL, 0, NULL)));
	EXPECT_EQ(EBADF, ERRNO(container_wait(-1, NULL, 0, NULL)));
}

TEST_F_TIMEOUT(wrapper, kill_tells_init_from_all, TIMEOUT)
{
	pid_t init, pid;

	EXPECT_EQ(ESRCH, ERRNO(container_kill(self->cfd, 1, 0)));
	init = spawn_idle(self->cfd);
	pid = spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, container_kill(self->cfd, 0, 0));
	EXPECT_EQ(0, container_kill(self->cfd, 1, 0));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 1, 65)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->other, 1, 0)));
	EXPECT_EQ(EBADF, ERRNO(container_kill(-1, 1, 0)));

	/* Were it sent to all, the other one could die of it as well. */
	EXPECT_EQ(0, container_kill(self->cfd, 1, SIGTERM));
	EXPECT_EQ(SIGTERM, reap(init));
	EXPECT_EQ(SIGKILL, reap(pid));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(self->cfd, 0, SIGTERM)));
}

TEST_F_TIMEOUT(wrapper, kill_reaches_all, TIMEOUT)
{
	pid_t init, pid;

	init = spawn_idle(self->cfd);
	pid = spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGSTOP));
	EXPECT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	EXPECT_EQ(init, waitpid(init, NULL, WUNTRACED));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(SIGKILL, reap(init));
	EXPECT_EQ(SIGKILL, reap(pid));
}

TEST_F_TIMEOUT(wrapper, socket_passes_all_of_its_arguments, TIMEOUT)
{
	socklen_t len = sizeof(int);
	int sock, value, nsfd;

	sock = container_socket(self->cfd, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, sock);
	EXPECT_EQ(FD_CLOEXEC, fcntl(sock, F_GETFD));
	EXPECT_EQ(0, getsockopt(sock, SOL_SOCKET, SO_DOMAIN, &value, &len));
	EXPECT_EQ(AF_UNIX, value);
	EXPECT_EQ(0, getsockopt(sock, SOL_SOCKET, SO_TYPE, &value, &len));
	EXPECT_EQ(SOCK_SEQPACKET, value);
	close(sock);
	EXPECT_EQ(EPROTONOSUPPORT, ERRNO(container_socket(self->cfd, AF_UNIX, SOCK_STREAM, 77)));
	EXPECT_EQ(EAFNOSUPPORT, ERRNO(container_socket(self->cfd, -1, SOCK_STREAM, 0)));

	nsfd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	sock = container_socket(nsfd, AF_UNIX, SOCK_STREAM, 0);
	EXPECT_LE(0, sock);
	close(sock);
	close(nsfd);
	EXPECT_EQ(EINVAL, ERRNO(container_socket(self->other, AF_UNIX, SOCK_STREAM, 0)));
	EXPECT_EQ(EBADF, ERRNO(container_socket(-1, AF_UNIX, SOCK_STREAM, 0)));
}

TEST_F_TIMEOUT(wrapper, what_is_not_offered_yet_is_enosys, TIMEOUT)
{
	EXPECT_EQ(ENOSYS, ERRNO(container_mount(self->cfd, "none", NULL, "tmpfs", 0, NULL)));
	EXPECT_EQ(ENOSYS, ERRNO(container_chroot(self->cfd, "/")));
	EXPECT_EQ(ENOSYS, ERRNO(container_bind_mount_across(self->cfd, "/", NULL)));
	EXPECT_EQ(ENOSYS, ERRNO(container_add_key("user", "key", "value", 5, self->cfd)));
}

TEST_F_TIMEOUT(wrapper, info_is_about_this_container, TIMEOUT)
{
	struct container_info info;
	struct stat st;
	pid_t pid;

	ASSERT_EQ(0, container_get_info(self->cfd, &info));
	ASSERT_EQ(0, fstat(self->cfd, &st));
	EXPECT_EQ(st.st_ino, info.id);
	EXPECT_EQ(CONTAINER_STATE_NEW, info.state);
	EXPECT_EQ(ALL_FLAGS, info.flags);
	EXPECT_EQ(CONTAINER_RIGHTS_ALL, info.rights);
	EXPECT_STREQ("wrapper", info.name);

	pid = spawn_idle(self->cfd);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, container_get_info(self->cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, info.state);
	EXPECT_EQ(pid, info.init_pid);
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(SIGKILL, reap(pid));
	ASSERT_EQ(0, container_get_info(self->cfd, &info));
	EXPECT_EQ(CONTAINER_EVENT_EXITED, info.events);
	EXPECT_EQ(SIGKILL, info.status);

	EXPECT_EQ(EFAULT, ERRNO(container_get_info(self->cfd, (struct container_info *)1)));
	EXPECT_EQ(ENOTTY, ERRNO(container_get_info(self->other, &info)));
	EXPECT_EQ(EBADF, ERRNO(container_get_info(-1, &info)));
}

TEST_F_TIMEOUT(wrapper, a_namespace_gets_out_and_in, TIMEOUT)
{
	struct stat own, st;
	int nsfd, cfd;
	pid_t pid;

	ASSERT_EQ(0, stat("/proc/self/ns/uts", &own));
	nsfd = container_get_namespace(self->cfd, CLONE_NEWUTS);
	ASSERT_LE(0, nsfd);
	ASSERT_EQ(0, fstat(nsfd, &st));
	EXPECT_EQ(own.st_ino, st.st_ino);
	EXPECT_EQ(FD_CLOEXEC, fcntl(nsfd, F_GETFD));
	EXPECT_EQ(EINVAL, ERRNO(container_get_namespace(self->cfd, 0)));

	/* What had a new one gets the one that we have. */
	cfd = create(ALL_FLAGS | CONTAINER_NEW_UTS_NS);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, container_set_namespace(cfd, nsfd));
	close(nsfd);
	nsfd = container_get_namespace(cfd, CLONE_NEWUTS);
	ASSERT_EQ(0, fstat(nsfd, &st));
	EXPECT_EQ(own.st_ino, st.st_ino);
	EXPECT_EQ(EBADF, ERRNO(container_set_namespace(cfd, -1)));
	EXPECT_EQ(EINVAL, ERRNO(container_set_namespace(cfd, self->other)));
	pid = spawn_idle(cfd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(EBUSY, ERRNO(container_set_namespace(cfd, nsfd)));
	EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
	EXPECT_EQ(SIGKILL, reap(pid));
	EXPECT_EQ(ECANCELED, ERRNO(container_get_namespace(cfd, CLONE_NEWUTS)));
	close(nsfd);
	close(cfd);
}

TEST_F_TIMEOUT(wrapper, rights_are_dropped_and_duplicated, TIMEOUT)
{
	int cfd = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_KILL);

	ASSERT_LE(0, cfd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(cfd, F_GETFD));
	EXPECT_EQ(CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_KILL, rights(cfd));
	EXPECT_EQ(EPERM, ERRNO(container_kill(cfd, 0, 0)));
	EXPECT_EQ(EPERM, ERRNO(container_dup(cfd, CONTAINER_RIGHTS_ALL)));
	EXPECT_EQ(EINVAL, ERRNO(container_dup(cfd, ~0U)));
	EXPECT_EQ(0, container_drop_rights(cfd, CONTAINER_RIGHT_ENTER));
	EXPECT_EQ(EPERM, ERRNO(fork_into_container(cfd)));
	EXPECT_EQ(CONTAINER_RIGHT_CONFIGURE | CONTAINER_RIGHT_OBSERVE, rights(cfd));
	EXPECT_EQ(EINVAL, ERRNO(container_drop_rights(cfd, ~0U)));
	EXPECT_EQ(CONTAINER_RIGHTS_ALL, rights(self->cfd));
	close(cfd);
}

TEST_F_TIMEOUT(wrapper, open_by_id_leaves_no_other_descriptor, TIMEOUT)
{
	struct container_info info;
	int lowest, cfd;

	ASSERT_EQ(0, container_get_info(self->cfd, &info));
	lowest = dup(self->cfd);
	ASSERT_LE(0, lowest);
	close(lowest);

	EXPECT_EQ(ENOENT, ERRNO(container_open(info.id + (1ULL << 32))));
	cfd = container_open(info.id);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(lowest + 1, cfd);	/* /proc/containers was open then, */
	EXPECT_EQ(lowest, dup(cfd));	/* and is not now */
	EXPECT_EQ(FD_CLOEXEC, fcntl(cfd, F_GETFD));
	EXPECT_TRUE(same_container(cfd, self->cfd));
	close(lowest);
	close(cfd);
}

TEST_F_TIMEOUT(wrapper, clone_and_pidfd_lead_to_the_container, TIMEOUT)
{
	int pidfd = -1, cfd, status;
	struct container_clone_args args = {
		.flags = CLONE_INTO_CONTAINER | PIDFD,
		.pidfd = (unsigned long)&pidfd,
		.exit_signal = SIGCHLD,
		.container = self->cfd,
	};
	pid_t pid;

	pid = container_clone(&args);
	while (pid == 0)
		pause();
	ASSERT_LT(0, pid);
	cfd = container_from_pidfd(pidfd);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(cfd, F_GETFD));
	EXPECT_TRUE(same_container(cfd, self->cfd));
	EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
	EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
	EXPECT_EQ(SIGKILL, status);
	EXPECT_EQ(SIGKILL, reap(pid));
	EXPECT_EQ(ESRCH, ERRNO(container_from_pidfd(pidfd)));
	EXPECT_EQ(ECANCELED, ERRNO(container_clone(&args)));
	close(pidfd);
	close(cfd);

	args.container = self->other;
	EXPECT_EQ(EINVAL, ERRNO(container_clone(&args)));
	args.container = INT_MAX;
	EXPECT_EQ(EBADF, ERRNO(container_clone(&args)));
	EXPECT_EQ(ENOTTY, ERRNO(container_from_pidfd(self->other)));
	EXPECT_EQ(EBADF, ERRNO(container_from_pidfd(-1)));
}

/* Who shared our stack could only wreck it, by returning. */
TEST_F_TIMEOUT(wrapper, clone_refuses_a_stack_that_is_no_copy, TIMEOUT)
{
	static char stack[4096];
	struct container_clone_args args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.container = self->cfd,
	};

	EXPECT_EQ(EINVAL, ERRNO(container_clone(&args)));
	args.flags = CLONE_INTO_CONTAINER;
	args.stack = (unsigned long)stack;
	args.stack_size = sizeof(stack);
	EXPECT_EQ(EINVAL, ERRNO(container_clone(&args)));
	EXPECT_EQ(ECHILD, ERRNO(waitpid(-1, NULL, __WALL)));
}

FIXTURE(program)
{
};

FIXTURE_VARIANT(program)
{
	const char *name;
	bool optional;	/* not every compiler makes it */
};

FIXTURE_VARIANT_ADD(program, nolibc)
{
	.name = "wrapper_nolibc",
};

FIXTURE_VARIANT_ADD(program, nolibc_without_errno)
{
	.name = "wrapper_nolibc_noerrno",
};

FIXTURE_VARIANT_ADD(program, freestanding)
{
	.name = "wrapper_freestanding",
};

FIXTURE_VARIANT_ADD(program, freestanding_32_bit)
{
	.name = "wrapper_freestanding32",
	.optional = true,
};

FIXTURE_VARIANT_ADD(program, cxx)
{
	.name = "wrapper_cxx",
	.optional = true,
};

FIXTURE_SETUP(program)
{
}

FIXTURE_TEARDOWN(program)
{
}

TEST_F_TIMEOUT(program, does_all_it_should, TIMEOUT)
{
	char path[PATH_MAX + 32], *dir;
	ssize_t len;
	pid_t pid;

	len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	ASSERT_LT(0, len);
	path[len] = '\0';
	dir = dirname(path);
	memmove(path, dir, strlen(dir) + 1);
	strcat(path, "/");
	strcat(path, variant->name);
	if (variant->optional && access(path, X_OK))
		SKIP(return, "the compiler made no %s", variant->name);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execl(path, path, NULL);
		/* as far as errors of exec go: a kernel that runs no such program */
		_exit(errno == ENOEXEC ? 254 : 255);
	}
	len = reap(pid);
	if (variant->optional && len == 254 << 8)
		SKIP(return, "this kernel does not run %s", variant->name);
	EXPECT_EQ(0, len)
		TH_LOG("the exit code, %zd, is a line of wrapper_scenario.h", len >> 8);
}

TEST_HARNESS_MAIN
