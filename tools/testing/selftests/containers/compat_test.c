// SPDX-License-Identifier: GPL-2.0
/*
 * The calls as a 32-bit program makes them: first from this program through the
 * entry of the 32-bit table, then from a 32-bit one, compat_helper, if the
 * compiler could make it.
 */
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

/* The numbers are the same as in the 64-bit table. */
#define NR32_CONTAINER_CREATE		500
#define NR32_FORK_INTO_CONTAINER	501
#define NR32_CONTAINER_WAIT		502
#define NR32_CONTAINER_KILL		503
#define NR32_CONTAINER_SOCKET		504
#define NR32_CLONE3			435

/* This one is not. */
#define NR32_IOCTL			54

#ifdef __x86_64__
/* What the 32-bit table has under @nr; -errno on an error. */
static long call32(unsigned int nr, unsigned long a, unsigned long b, unsigned long c,
		   unsigned long d, unsigned long e)
{
	long ret = nr;

	asm volatile("int $0x80"
		     : "+a" (ret)
		     : "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static sigjmp_buf no_int80;

static void on_fault(int sig)
{
	siglongjmp(no_int80, 1);
}

/* Does this kernel run 32-bit programs? */
static bool has_32bit(void)
{
	struct sigaction sa = { .sa_handler = on_fault }, before;
	bool has = false;

	sigaction(SIGSEGV, &sa, &before);
	if (!sigsetjmp(no_int80, 1))
		has = call32(20 /* getpid */, 0, 0, 0, 0, 0) == getpid();
	sigaction(SIGSEGV, &before, NULL);
	return has;
}
#else
static long call32(unsigned int nr, unsigned long a, unsigned long b, unsigned long c,
		   unsigned long d, unsigned long e)
{
	return -EINVAL;
}

static bool has_32bit(void)
{
	return false;
}
#endif

FIXTURE(compat)
{
	char *page;		/* with an inaccessible one behind it */
	unsigned long end;
	int containers;
};

FIXTURE_SETUP(compat)
{
	long size = sysconf(_SC_PAGESIZE);

	if (!has_32bit())
		SKIP(return, "no 32-bit system calls");
	self->page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	self->end = (unsigned long)self->page + size;
	ASSERT_GT(UINT_MAX, self->end + size);
	ASSERT_EQ(0, mprotect(self->page + size, size, PROT_NONE));
	self->containers = container_baseline();
}

FIXTURE_TEARDOWN(compat)
{
	EXPECT_EQ(self->containers, container_count());
}

static long create32(unsigned long name, unsigned int flags)
{
	return call32(NR32_CONTAINER_CREATE, name, flags, 0, 0, 0);
}

/* A name at the end of the accessible memory. */
static unsigned long put_name(unsigned long end, const char *name)
{
	unsigned long at = end - strlen(name) - 1;

	memcpy((void *)at, name, strlen(name) + 1);
	return at;
}

TEST_F_TIMEOUT(compat, create_works, TIMEOUT)
{
	unsigned long name = put_name(self->end, "thirty-two");
	char buf[CONTAINER_ESCAPED_MAX];
	long cfd;

	cfd = create32(name, CONTAINER_FD_CLOEXEC | CONTAINER_NEW_UTS_NS);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(cfd, F_GETFD));
	ASSERT_NE(NULL, fdinfo_field(cfd, "Name:", buf, sizeof(buf)));
	EXPECT_STREQ("thirty-two", buf);
	close(cfd);

	cfd = create32(name, CONTAINER__FLAG_MASK & ~CONTAINER_NEW_EMPTY_FS_NS);
	EXPECT_LE(0, cfd);
	close(cfd);
}

TEST_F_TIMEOUT(compat, create_fails_as_it_should, TIMEOUT)
{
	unsigned long name = put_name(self->end, "name");

	EXPECT_EQ(-EINVAL, call32(NR32_CONTAINER_CREATE, name, 0, 1, 0, 0));
	EXPECT_EQ(-EINVAL, call32(NR32_CONTAINER_CREATE, name, 0, 0, 0x80000000, 0));
	EXPECT_EQ(-EINVAL, call32(NR32_CONTAINER_CREATE, name, 0, 0, 0, ~0UL));
	EXPECT_EQ(-EINVAL, create32(name, 0x1000));
	EXPECT_EQ(-EINVAL, create32(name, 0x80000000));
	EXPECT_EQ(-EINVAL, create32(name, CONTAINER_NEW_FS_NS | CONTAINER_NEW_EMPTY_FS_NS));
	EXPECT_EQ(-EINVAL, create32(0, 0));
	EXPECT_EQ(-EFAULT, create32(1, 0));
	EXPECT_EQ(-EFAULT, create32(self->end, 0));
	EXPECT_EQ(-EFAULT, create32(UINT_MAX - 100, 0));
	EXPECT_EQ(-EINVAL, create32(put_name(self->end, ""), 0));
	EXPECT_EQ(-EINVAL, create32(put_name(self->end, "a/b"), 0));
	EXPECT_EQ(-ENAMETOOLONG, create32(put_name(self->end, "abcdefghijklmnopqrstuvwx"), 0));
	name = put_name(self->end, "name");
	EXPECT_EQ(-EOPNOTSUPP, create32(name, CONTAINER_NEW_EMPTY_FS_NS));
	ASSERT_TRUE(become_user(1000));
	EXPECT_EQ(-EPERM, create32(name, CONTAINER_NEW_NET_NS));
}

TEST_F_TIMEOUT(compat, fork_into_container_works, TIMEOUT)
{
	char buf[64], expected[64];
	long cfd, pid;

	cfd = create32(put_name(self->end, "fork"), CONTAINER_NEW_PID_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	snprintf(expected, sizeof(expected), "%llu\t<current>\n", container_id(cfd));

	/* Whatever is in the other registers is garbage. */
	pid = call32(NR32_FORK_INTO_CONTAINER, cfd, ~0UL, ~0UL, ~0UL, ~0UL);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(1, getpid());
		EXPECT_TRUE(read_file("/proc/self/container", buf, sizeof(buf)));
		EXPECT_STREQ(expected, buf);
		EXPECT_EQ(-1, fcntl(cfd, F_GETFD));
		_exit(5);
	}
	EXPECT_EQ(5, wait_for_exit(pid));
	EXPECT_EQ(-ECANCELED, call32(NR32_FORK_INTO_CONTAINER, cfd, 0, 0, 0, 0));
	close(cfd);
	EXPECT_EQ(-EBADF, call32(NR32_FORK_INTO_CONTAINER, cfd, 0, 0, 0, 0));
	EXPECT_EQ(-EBADF, call32(NR32_FORK_INTO_CONTAINER, ~0UL, 0, 0, 0, 0));
	EXPECT_EQ(-EINVAL, call32(NR32_FORK_INTO_CONTAINER, 0, 0, 0, 0, 0));
}

/* One kind of caller can use what the other made. */
TEST_F_TIMEOUT(compat, both_kinds_of_caller_share_a_container, TIMEOUT)
{
	int cfd = container_create("both", CONTAINER_KILL_ON_CLOSE);
	pid_t init, pid;

	ASSERT_LE(0, cfd);
	init = call32(NR32_FORK_INTO_CONTAINER, cfd, 0, 0, 0, 0);
	ASSERT_LE(0, init);
	if (!init)
		pause_forever();
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		long inner = create32(put_name(self->end, "inner"), 0);

		EXPECT_LE(0, inner);
		pid = fork_into_container(inner);
		if (!pid)
			_exit(6);
		_exit(wait_for_exit(pid));
	}
	EXPECT_EQ(6, wait_for_exit(pid));
	kill_and_reap(init);
	close(cfd);
}

static long ioctl32(long fd, unsigned int cmd, unsigned long arg)
{
	return call32(NR32_IOCTL, fd, cmd, arg, 0, 0);
}

TEST_F_TIMEOUT(compat, ioctls_work, TIMEOUT)
{
	struct container_info *info = (void *)self->page, *last, expected;
	__u64 *id = (void *)self->page;
	long cfd, fd, proc, pidfd;

	cfd = create32(put_name(self->end, "ioctl"), CONTAINER_FD_CLOEXEC | CONTAINER_NEW_UTS_NS);
	ASSERT_LE(0, cfd);
	memset(info, 0xff, sizeof(*info));
	ASSERT_EQ(0, ioctl32(cfd, CONTAINER_GET_INFO, (unsigned long)info));
	ASSERT_TRUE(container_info(cfd, &expected));
	EXPECT_EQ(0, memcmp(&expected, info, sizeof(expected)));
	last = (void *)(self->end - sizeof(*last));
	EXPECT_EQ(0, ioctl32(cfd, CONTAINER_GET_INFO, (unsigned long)last));
	EXPECT_EQ(-EFAULT, ioctl32(cfd, CONTAINER_GET_INFO, (unsigned long)last + 1));
	EXPECT_EQ(-EFAULT, ioctl32(cfd, CONTAINER_GET_INFO, 0));
	EXPECT_EQ(-ENOTTY, ioctl32(cfd, _IO(CONTAINER_IOC, 99), 0));

	fd = ioctl32(cfd, CONTAINER_DUP, CONTAINER_RIGHTS_ALL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ioctl32(fd, CONTAINER_DROP_RIGHTS, CONTAINER_RIGHT_KILL));
	EXPECT_EQ(-EINVAL, ioctl32(fd, CONTAINER_DROP_RIGHTS, 0x80000000));
	EXPECT_EQ(-EINVAL, ioctl32(fd, CONTAINER_DUP, UINT_MAX));
	EXPECT_EQ(-EPERM, ioctl32(fd, CONTAINER_DUP, CONTAINER_RIGHTS_ALL));
	close(fd);

	fd = ioctl32(cfd, CONTAINER_GET_NAMESPACE, CLONE_NEWUTS);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ioctl32(cfd, CONTAINER_SET_NAMESPACE, fd));
	EXPECT_EQ(-EBADF, ioctl32(cfd, CONTAINER_SET_NAMESPACE, -1));
	close(fd);

	proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, proc);
	*id = container_id(cfd);
	fd = ioctl32(proc, CONTAINER_OPEN, (unsigned long)id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(container_id(cfd), container_id(fd));
	close(fd);
	EXPECT_EQ(-EFAULT, ioctl32(proc, CONTAINER_OPEN, self->end - 4));
	close(proc);

	pidfd = syscall(__NR_pidfd_open, getpid(), 0);
	ASSERT_LE(0, pidfd);
	fd = ioctl32(pidfd, PIDFD_GET_CONTAINER, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, container_id(fd));
	close(fd);
	close(pidfd);
	close(cfd);
}

TEST_F_TIMEOUT(compat, clone3_and_container_socket_work, TIMEOUT)
{
	struct clone_into_container *args = (void *)self->page;
	long cfd, fd, pid;
	__u64 id;

	cfd = create32(put_name(self->end, "clone"), CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, cfd);
	id = container_id(cfd);
	fd = call32(NR32_CONTAINER_SOCKET, cfd, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	EXPECT_EQ(-EINVAL, call32(NR32_CONTAINER_SOCKET, 0, AF_INET, SOCK_STREAM, 0, 0));
	EXPECT_EQ(-EBADF, call32(NR32_CONTAINER_SOCKET, -1, AF_INET, SOCK_STREAM, 0, 0));

	*args = (struct clone_into_container){
		.flags = CLONE_INTO_CONTAINER,
		.exit_signal = SIGCHLD,
		.container = cfd,
	};
	EXPECT_EQ(-EINVAL, call32(NR32_CLONE3, (unsigned long)args, 88, 0, 0, 0));
	pid = call32(NR32_CLONE3, (unsigned long)args, sizeof(*args), 0, 0, 0);
	ASSERT_LE(0, pid);
	if (!pid) {
		char buf[64];

		EXPECT_TRUE(read_file("/proc/self/container", buf, sizeof(buf)));
		EXPECT_EQ(id, strtoull(buf, NULL, 10));
		_exit(7);
	}
	EXPECT_EQ(7, wait_for_exit(pid));
	close(cfd);
}

/* struct rusage of a 32-bit program: nothing but longs. */
struct rusage32 {
	int utime[2], stime[2];
	int maxrss, ixrss, idrss, isrss, minflt, majflt, nswap;
	int inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};

static long wait32(long cfd, void *status, unsigned int options, void *usage)
{
	return call32(NR32_CONTAINER_WAIT, cfd, (unsigned long)status, options,
		      (unsigned long)usage, 0);
}

TEST_F_TIMEOUT(compat, container_wait_and_container_kill_work, TIMEOUT)
{
	struct rusage32 *usage = (void *)(self->end - sizeof(*usage));
	int *status = (void *)self->page;
	struct rusage expected;
	pid_t init;
	long cfd;

	cfd = create32(put_name(self->end, "wait"), CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(-ECHILD, wait32(cfd, status, 0, usage));
	EXPECT_EQ(-ESRCH, call32(NR32_CONTAINER_KILL, cfd, 0, 0, 0, 0));
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	*status = -1;
	memset(usage, 0xff, sizeof(*usage));
	EXPECT_EQ(0, wait32(cfd, status, WNOHANG, usage));
	EXPECT_EQ(-1, *status);
	EXPECT_EQ(-1, usage->maxrss);
	EXPECT_EQ(-EINVAL, wait32(cfd, status, WUNTRACED, usage));
	EXPECT_EQ(-EBADF, wait32(-1, status, 0, usage));

	EXPECT_EQ(0, call32(NR32_CONTAINER_KILL, cfd, 1, 0, 0, 0));
	EXPECT_EQ(-EINVAL, call32(NR32_CONTAINER_KILL, cfd, 0, -1, 0, 0));
	EXPECT_EQ(-EBADF, call32(NR32_CONTAINER_KILL, -1, 0, 0, 0, 0));
	EXPECT_EQ(0, call32(NR32_CONTAINER_KILL, cfd, 0, SIGTERM, 0, 0));
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));

	ASSERT_EQ(0, wait32(cfd, status, 0, usage));
	EXPECT_EQ(SIGTERM, *status);
	ASSERT_EQ(0, container_wait(cfd, NULL, 0, &expected));
	EXPECT_EQ(expected.ru_maxrss, usage->maxrss);
	EXPECT_EQ(expected.ru_minflt, usage->minflt);
	EXPECT_EQ(expected.ru_stime.tv_usec, usage->stime[1]);
	EXPECT_EQ(expected.ru_nivcsw, usage->nivcsw);
	EXPECT_EQ(0, wait32(cfd, NULL, 0, NULL));
	EXPECT_EQ(-EFAULT, wait32(cfd, (void *)self->end, 0, NULL));
	EXPECT_EQ(-EFAULT, wait32(cfd, NULL, 0, (char *)usage + 4));
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(init));
	close(cfd);
}

TEST_F_TIMEOUT(compat, a_32_bit_program_runs, TIMEOUT)
{
	char path[PATH_MAX + 32], *dir;
	ssize_t len;
	pid_t pid;

	len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	ASSERT_LT(0, len);
	path[len] = '\0';
	dir = dirname(path);
	memmove(path, dir, strlen(dir) + 1);
	strcat(path, "/compat_helper");
	if (access(path, X_OK))
		SKIP(return, "the compiler made no 32-bit program");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execl(path, path, NULL);
		_exit(127);
	}
	EXPECT_EQ(0, wait_for_exit(pid))
		TH_LOG("the exit code is one more than the line of the check");
}

TEST_HARNESS_MAIN
