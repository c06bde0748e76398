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

/* These are not. */
#define NR32_IOCTL			54
#define NR32_SETNS			346

/* What a 32-bit program knows as struct rusage. */
struct rusage32 {
	__s32 utime[2];
	__s32 stime[2];
	__s32 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock,
	      msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};

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
#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

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

static long wait32(long cfd, unsigned long wstatus, unsigned int options, unsigned long rusage)
{
	return call32(NR32_CONTAINER_WAIT, cfd, wstatus, options, rusage, 0);
}

/* A structure of another size: neither more than that is written, nor less. */
TEST_F_TIMEOUT(compat, wait_gives_the_status_and_the_usage, TIMEOUT)
{
	struct rusage32 *r = (void *)(self->end - sizeof(*r));
	__s32 *status = (void *)self->page;
	struct rusage full;
	long cfd, pid;

	EXPECT_EQ(72, sizeof(*r));
	cfd = create32(put_name(self->end, "wait"), CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(-ECHILD, wait32(cfd, (unsigned long)status, 0, 0));
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Every page is a fault. */
		for (int i = 0; i < 500; i++)
			munmap(memset(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 4096), 4096);
		raise(SIGSTOP);
		_exit(11);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	memset(self->page, 0x5a, self->end - (unsigned long)self->page);
	EXPECT_EQ(0, wait32(cfd, (unsigned long)status, WNOHANG, (unsigned long)r));
	EXPECT_EQ(0x5a5a5a5a, *status);
	EXPECT_EQ(0x5a5a5a5a, r->maxrss);
	EXPECT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(0, wait32(cfd, (unsigned long)status, 0, (unsigned long)r));
	EXPECT_EQ(11 << 8, *status);
	EXPECT_EQ(0x5a5a5a5a, status[1]);
	EXPECT_EQ(0x5a5a5a5a, ((__s32 *)r)[-1]);
	EXPECT_EQ(11, wait_for_exit(pid));

	/* It is what a 64-bit caller is told. */
	ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	ASSERT_EQ(0, container_wait(cfd, NULL, 0, &full));
	EXPECT_EQ(full.ru_utime.tv_sec, r->utime[0]);
	EXPECT_EQ(full.ru_utime.tv_usec, r->utime[1]);
	EXPECT_EQ(full.ru_stime.tv_sec, r->stime[0]);
	EXPECT_EQ(full.ru_stime.tv_usec, r->stime[1]);
	EXPECT_EQ(full.ru_maxrss, r->maxrss);
	EXPECT_EQ(full.ru_minflt, r->minflt);
	EXPECT_EQ(full.ru_majflt, r->majflt);
	EXPECT_EQ(full.ru_inblock, r->inblock);
	EXPECT_EQ(full.ru_oublock, r->oublock);
	EXPECT_EQ(full.ru_nvcsw, r->nvcsw);
	EXPECT_EQ(full.ru_nivcsw, r->nivcsw);
	EXPECT_LE(500, r->minflt);
	EXPECT_LT(0, r->maxrss);

	EXPECT_EQ(0, wait32(cfd, 0, 0, 0));
	EXPECT_EQ(-EFAULT, wait32(cfd, self->end, 0, 0));
	EXPECT_EQ(-EFAULT, wait32(cfd, 0, 0, (unsigned long)r + 4));
	EXPECT_EQ(-EFAULT, wait32(cfd, 0, 0, UINT_MAX - 7));
	EXPECT_EQ(-EINVAL, wait32(cfd, 0, 0x80000000, 0));
	EXPECT_EQ(-EINVAL, wait32(cfd, 0, WUNTRACED, 0));
	EXPECT_EQ(-EINVAL, wait32(0, 0, 0, 0));
	EXPECT_EQ(-EBADF, wait32(-1, 0, 0, 0));
	close(cfd);
}

static long kill32(long cfd, int initonly, int sig)
{
	return call32(NR32_CONTAINER_KILL, cfd, initonly, sig, 0, 0);
}

TEST_F_TIMEOUT(compat, kill_works, TIMEOUT)
{
	pid_t init, pid;
	long cfd;

	cfd = create32(put_name(self->end, "kill"), CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(-ESRCH, kill32(cfd, 0, SIGTERM));
	EXPECT_EQ(-ESRCH, kill32(cfd, 1, 0));
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	pid = container_spawn_idle(cfd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, kill32(cfd, 0, 0));
	EXPECT_EQ(0, kill32(cfd, 1, 0));
	EXPECT_EQ(-EINVAL, kill32(cfd, 0, 65));
	EXPECT_EQ(-EINVAL, kill32(cfd, 0, -1));
	EXPECT_EQ(-EINVAL, kill32(0, 0, SIGTERM));
	EXPECT_EQ(-EBADF, kill32(-1, 0, SIGTERM));
	/* Any bit of it is one. */
	EXPECT_EQ(0, kill32(cfd, INT_MIN, SIGSTOP));
	EXPECT_EQ(init, waitpid(init, NULL, WUNTRACED));
	EXPECT_EQ(0, waitpid(pid, NULL, WUNTRACED | WNOHANG));
	EXPECT_EQ(0, kill32(cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_EQ(-ECANCELED, call32(NR32_FORK_INTO_CONTAINER, cfd, 0, 0, 0, 0));
	close(cfd);
}

TEST_F_TIMEOUT(compat, setns_works, TIMEOUT)
{
	char inside[64] = "", here[64] = "", after[64] = "";
	long cfd;
	pid_t pid;

	cfd = create32(put_name(self->end, "setns"), CONTAINER_NEW_UTS_NS | CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, cfd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_LT(0, readlink("/proc/self/ns/uts", here, sizeof(here) - 1));
		EXPECT_EQ(-EINVAL, call32(NR32_SETNS, cfd, 0, 0, 0, 0));
		EXPECT_EQ(-EINVAL, call32(NR32_SETNS, cfd, CLONE_NEWUTS | CLONE_VM, 0, 0, 0));
		EXPECT_EQ(0, call32(NR32_SETNS, cfd, CLONE_NEWUTS | CLONE_NEWNET, 0, 0, 0));
		EXPECT_LT(0, readlink("/proc/self/ns/uts", after, sizeof(after) - 1));
		EXPECT_STRNE(here, after);
		pid = fork_into_container(cfd);
		if (!pid)
			_exit(readlink("/proc/self/ns/uts", inside, sizeof(inside) - 1) < 0 ||
			      strcmp(inside, after));
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

/* All that it takes and gives, in the one structure that is the same for both. */
TEST_F_TIMEOUT(compat, clone3_gives_and_takes_all_of_it, TIMEOUT)
{
	struct clone_into_container *args = (void *)self->page;
	__s32 *out = (void *)(self->page + 1024), *tids = out + 4;
	long cfd, pid;

	cfd = create32(put_name(self->end, "clone"), CONTAINER_NEW_PID_NS);
	ASSERT_LE(0, cfd);
	memset(out, 0xff, 16);
	tids[0] = 1;
	*args = (struct clone_into_container){
		.flags = CLONE_INTO_CONTAINER | CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_VFORK,
		.pidfd = (unsigned long)&out[0],
		.parent_tid = (unsigned long)&out[1],
		.exit_signal = SIGUSR2,
		.set_tid = (unsigned long)tids,
		.set_tid_size = 1,
		.container = 1ULL << 32 | cfd,
	};
	signal(SIGUSR2, SIG_IGN);
	EXPECT_EQ(-EINVAL, call32(NR32_CLONE3, (unsigned long)args, sizeof(*args), 0, 0, 0));
	args->container = cfd;
	args->flags |= CLONE_NEWUTS;
	EXPECT_EQ(-EINVAL, call32(NR32_CLONE3, (unsigned long)args, sizeof(*args), 0, 0, 0));
	args->flags &= ~CLONE_NEWUTS;
	EXPECT_EQ(-1, out[0]);
	pid = call32(NR32_CLONE3, (unsigned long)args, sizeof(*args), 0, 0, 0);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(getpid() == 1 ? 8 : 1);
	EXPECT_LE(0, out[0]);
	EXPECT_EQ(pid, out[1]);
	EXPECT_EQ(8, wait_for_exit(pid));
	close(out[0]);
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
