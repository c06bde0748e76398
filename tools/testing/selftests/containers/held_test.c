// SPDX-License-Identifier: GPL-2.0
/*
 * What a container that is dead lets go of while somebody still has a descriptor
 * of it: namespaces, root, mounts and memory, whichever way it came to its end.
 * All that is left is who it was and how it ended.
 *
 * A namespace is gone when another one is given its inode number, and a mounted
 * filesystem when another one is given its device number: the kernel gives the
 * lowest that is free. Some of them go by a work item, so that is waited for.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define MIB		1048576L
#define SIZE		(48 * MIB)

/* So many numbers below the wanted one may be free as well: namespaces, devices. */
#define PROBES		900
#define PROBE_MOUNTS	64

/*
 * Does a new namespace get number @ino? Those that get others are kept meanwhile. All
 * types have their numbers from the same lot, and /proc/net the ones of its files.
 */
static bool given_again(ino_t ino)
{
	pid_t pid = fork();
	int i, fd;

	if (pid == 0) {
		for (i = 0; i < PROBES && !unshare(CLONE_NEWUTS); i++) {
			fd = ns_open(0, "uts");
			if (fd < 0)
				break;
			if (fd_inode(fd) == ino)
				_exit(0);
		}
		_exit(1);
	}
	return pid > 0 && !wait_for_exit(pid);
}

static bool namespace_is_gone(ino_t ino)
{
	return wait_until(given_again(ino));
}

/* Those in @ino, in the order of ns_types; 0 is none. */
static void expect_namespaces_gone(struct __test_metadata *_metadata, const ino_t *ino)
{
	const struct namespace_type *t;

	for (t = ns_types; t < ns_types + NR_NS_TYPES; t++, ino++) {
		if (!*ino)
			continue;
		EXPECT_TRUE(namespace_is_gone(*ino))
			TH_LOG("%s", t->name);
	}
}

/* The device of a new tmpfs, mounted on @path; 0: error. */
static dev_t mount_tmpfs(const char *path)
{
	struct stat st;

	return mount("held", path, "tmpfs", 0, NULL) || stat(path, &st) ? 0 : st.st_dev;
}

static bool device_given_again(dev_t dev)
{
	bool found = false;
	int n;

	for (n = 0; n < PROBE_MOUNTS && !found; n++)
		found = mount_tmpfs("/mnt") == dev;
	while (n--)
		umount("/mnt");
	return found;
}

/* A field of /proc/meminfo ("Shmem:", ...) in bytes; -1: error. */
static long memory(const char *field)
{
	char text[8192], *at;

	if (!read_file("/proc/meminfo", text, sizeof(text)))
		return -1;
	at = strstr(text, field);
	return at ? atol(at + strlen(field)) * 1024 : -1;
}

/* --- every way to end -------------------------------------------------------------- */

/* Each ends the container that *@cfd is for; its init is @init, or -1. */
static void by_exit(int *cfd, pid_t init, int tell_init)
{
	tell(tell_init);
}

static void by_kill(int *cfd, pid_t init, int tell_init)
{
	kill(init, SIGKILL);
}

static void by_container_kill(int *cfd, pid_t init, int tell_init)
{
	container_kill(*cfd, 0, SIGKILL);
}

static void by_close(int *cfd, pid_t init, int tell_init)
{
	int held = container_dup(*cfd, CONTAINER_RIGHTS_ALL);

	close(*cfd);
	*cfd = held;
}

static void unstarted_by_container_kill(int *cfd, pid_t init, int tell_init)
{
	container_kill(*cfd, 0, SIGKILL);
}

static void unstarted_by_close(int *cfd, pid_t init, int tell_init)
{
	int held = container_observer(*cfd);

	close(*cfd);
	*cfd = held;
}

FIXTURE(held)
{
	int cfd;
	int p[2];		/* for init, which exits when told */
	pid_t init;		/* -1: it was not started */
};

FIXTURE_VARIANT(held)
{
	void (*end)(int *cfd, pid_t init, int tell_init);
	unsigned int flags;
	bool started;
	int status;
};

FIXTURE_VARIANT_ADD(held, exit) { .end = by_exit, .started = true, .status = 3 << 8 };
FIXTURE_VARIANT_ADD(held, kill) { .end = by_kill, .started = true, .status = SIGKILL };
FIXTURE_VARIANT_ADD(held, container_kill) {
	.end = by_container_kill, .started = true, .status = SIGKILL
};

FIXTURE_VARIANT_ADD(held, close) {
	.end = by_close, .flags = CONTAINER_KILL_ON_CLOSE, .started = true, .status = SIGKILL
};

FIXTURE_VARIANT_ADD(held, unstarted_container_kill) { .end = unstarted_by_container_kill };
FIXTURE_VARIANT_ADD(held, unstarted_close) { .end = unstarted_by_close };

FIXTURE_SETUP(held)
{
	ENTER_SANDBOX();
	ASSERT_EQ(0, pipe2(self->p, O_CLOEXEC));
	self->cfd = container_create("held", variant->flags | NEW_ALL | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->init = -1;
}

FIXTURE_TEARDOWN(held)
{
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

/* An init that exits when it is told to. */
static pid_t start(int cfd, const int *p)
{
	pid_t pid = fork_into_container(cfd);

	if (!pid) {
		close(p[1]);
		hear(p[0]);
		_exit(3);
	}
	return pid;
}

/* Who it was is there as before. */
static void expect_identity(struct __test_metadata *_metadata, int cfd,
			    const struct container_info *before, bool started, int status)
{
	struct container_info info;
	int got = -1;

	ASSERT_TRUE(container_info(cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_DEAD, info.state);
	EXPECT_EQ(before->id, info.id);
	EXPECT_EQ(before->id, container_id(cfd));
	EXPECT_EQ(before->created, info.created);
	EXPECT_STREQ(before->name, info.name);
	EXPECT_EQ(started ? CONTAINER_EVENT_EXITED : 0, info.events);
	EXPECT_EQ(status, info.status);
	EXPECT_EQ(started ? 0 : ECHILD, ERRNO(container_wait(cfd, &got, 0, NULL)));
	if (started)
		EXPECT_EQ(status, got);
}

TEST_F_TIMEOUT(held, no_namespace, TIMEOUT)
{
	struct container_info before;
	ino_t ino[NR_NS_TYPES];
	int fd, i;

	if (variant->started) {
		self->init = start(self->cfd, self->p);
		ASSERT_LT(0, self->init);
	}
	for (i = 0; i < NR_NS_TYPES; i++) {
		fd = container_get_ns(self->cfd, ns_types[i].type);
		ino[i] = fd < 0 ? 0 : fd_inode(fd);
		close(fd);
		/* Before the start that one is kept secret. */
		if (variant->started || ns_types[i].type != CLONE_NEWPID)
			ASSERT_NE(0, ino[i]);
		if (ino[i])
			ASSERT_NE(ns_inode(0, ns_types[i].name), ino[i]);
		/* While it lives, no other one has that. */
		if (ns_types[i].type == CLONE_NEWNET)
			EXPECT_FALSE(given_again(ino[i]));
	}
	ASSERT_TRUE(container_info(self->cfd, &before));
	variant->end(&self->cfd, self->init, self->p[1]);
	ASSERT_TRUE(poll_until(self->cfd, POLLHUP | (variant->started ? POLLIN : 0)));
	/* A zombie has its credentials and its pid, and with them two namespaces. */
	if (variant->started)
		wait_for_exit(self->init);
	expect_namespaces_gone(_metadata, ino);
	expect_identity(_metadata, self->cfd, &before, variant->started, variant->status);
}

/* --- what was inside ----------------------------------------------------------------- */

FIXTURE(inside)
{
	int cfd;
	int up[2], down[2];
};

FIXTURE_SETUP(inside)
{
	ENTER_SANDBOX();
	ASSERT_EQ(0, pipe2(self->up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->down, O_CLOEXEC));
	self->cfd = container_create("inside", CONTAINER_NEW_FS_NS | CONTAINER_NEW_IPC_NS |
				     CONTAINER_NEW_NET_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(inside)
{
	container_kill(self->cfd, 0, SIGKILL);
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

/* Writes @size bytes to a file; false: error. */
static bool fill_file(const char *path, long size)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	static char block[65536];

	memset(block, 0x5a, sizeof(block));
	for (; size > 0; size -= sizeof(block))
		if (write(fd, block, sizeof(block)) != sizeof(block))
			return false;
	return !close(fd);
}

/*
 * The mounts are the namespace's: nobody unmounts them. There is no zombie to wait
 * for either: it has left its mount namespace.
 */
TEST_F_TIMEOUT(inside, no_mount_and_no_file_in_it, TIMEOUT)
{
	long before = memory("Shmem:");
	dev_t dev = 0;
	pid_t init;

	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		dev = mount_tmpfs("/mnt");
		if (!dev || !fill_file("/mnt/file", SIZE) ||
		    write(self->up[1], &dev, sizeof(dev)) != sizeof(dev))
			_exit(1);
		pause_forever();
	}
	ASSERT_EQ(sizeof(dev), read(self->up[0], &dev, sizeof(dev)));
	/* It is there, and not in our mount namespace. */
	EXPECT_LE(before + SIZE - 4 * MIB, memory("Shmem:"));
	EXPECT_FALSE(device_given_again(dev));
	EXPECT_EQ(0, container_kill(self->cfd, 1, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(wait_until(memory("Shmem:") < before + 4 * MIB));
	EXPECT_TRUE(wait_until(device_given_again(dev)));
	EXPECT_EQ(CONTAINER_STATE_DEAD, container_state(self->cfd));
}

/* A segment of System V outlives its processes, but not its namespace. */
TEST_F_TIMEOUT(inside, no_shared_memory, TIMEOUT)
{
	long before = memory("Shmem:");
	pid_t init, pid;

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
		char *at = shmat(id, NULL, 0);

		if (at == (void *)-1)
			_exit(1);
		memset(at, 0x5a, SIZE);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_LE(before + SIZE - 4 * MIB, memory("Shmem:"));
	EXPECT_EQ(0, container_kill(self->cfd, 1, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(wait_until(memory("Shmem:") < before + 4 * MIB));
}

/* It is gone when the container is said to be empty, though nobody was reaped. */
TEST_F_TIMEOUT(inside, no_memory_of_a_process, TIMEOUT)
{
	long before = memory("AnonPages:");
	pid_t init;

	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(1);
		memset(p, 0x5a, SIZE);
		tell(self->up[1]);
		pause_forever();
	}
	ASSERT_TRUE(hear_in_time(self->up[0]));
	EXPECT_LE(before + SIZE - 8 * MIB, memory("AnonPages:"));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_GT(before + 8 * MIB, memory("AnonPages:"));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

/* --- roots --------------------------------------------------------------------------- */

FIXTURE(root)
{
	char dir[32];
	int cfd;
};

/* The container's root is a filesystem that nobody else uses. */
FIXTURE_SETUP(root)
{
	int sock[2], fd;
	pid_t pid;

	ENTER_SANDBOX();
	snprintf(self->dir, sizeof(self->dir), "/tmp/held.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ASSERT_NE(0, mount_tmpfs(self->dir));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (chroot(self->dir) || chdir("/"))
			_exit(1);
		fd = container_create("rooted", CONTAINER_FD_CLOEXEC);
		_exit(!send_fd(sock[1], fd));
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	self->cfd = recv_fd(sock[0]);
	ASSERT_LE(0, self->cfd);
	close(sock[0]);
	close(sock[1]);
}

FIXTURE_TEARDOWN(root)
{
	umount2(self->dir, MNT_DETACH);
	rmdir(self->dir);
	close(self->cfd);
	EXPECT_LE(0, reap_all());
}

TEST_F_TIMEOUT(root, no_root_of_one_that_ran, TIMEOUT)
{
	pid_t init;

	EXPECT_EQ(EBUSY, ERRNO(umount(self->dir)));
	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(EBUSY, ERRNO(umount(self->dir)));
	EXPECT_EQ(0, kill(init, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(0, ERRNO(umount(self->dir)));
	EXPECT_EQ(CONTAINER_STATE_DEAD, container_state(self->cfd));
}

TEST_F_TIMEOUT(root, no_root_of_one_that_was_not_started, TIMEOUT)
{
	EXPECT_EQ(EBUSY, ERRNO(umount(self->dir)));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLHUP));
	EXPECT_EQ(0, ERRNO(umount(self->dir)));
	EXPECT_EQ(CONTAINER_STATE_DEAD, container_state(self->cfd));
}

/* --- several ---------------------------------------------------------------------------- */

FIXTURE(several)
{
	int cfd[2];
};

FIXTURE_SETUP(several)
{
	ENTER_SANDBOX();
}

FIXTURE_TEARDOWN(several)
{
	EXPECT_LE(0, reap_all());
}

/* One that several share is there for as long as one of them lives. */
TEST_F_TIMEOUT(several, a_supplied_namespace_goes_with_its_last_user, TIMEOUT)
{
	pid_t init[2];
	int i, ns, sock;
	ino_t ino;

	for (i = 0; i < 2; i++) {
		self->cfd[i] = container_create("pod", CONTAINER_FD_CLOEXEC |
						(i ? 0 : CONTAINER_NEW_NET_NS));
		ASSERT_LE(0, self->cfd[i]);
	}
	ns = container_get_ns(self->cfd[0], CLONE_NEWNET);
	ASSERT_LE(0, ns);
	ino = fd_inode(ns);
	ASSERT_EQ(0, container_set_ns(self->cfd[1], ns));
	close(ns);
	for (i = 0; i < 2; i++) {
		init[i] = container_spawn_idle(self->cfd[i]);
		ASSERT_LT(0, init[i]);
	}
	kill_and_reap(init[0]);
	ASSERT_TRUE(poll_until(self->cfd[0], POLLIN | POLLHUP));
	EXPECT_EQ(ino, ns_inode(init[1], "net"));
	EXPECT_EQ(ECANCELED, ERRNO_FD(container_socket(self->cfd[0], AF_INET, SOCK_DGRAM, 0)));
	sock = container_socket(self->cfd[1], AF_INET, SOCK_DGRAM, 0);
	ASSERT_LE(0, sock);
	kill_and_reap(init[1]);
	ASSERT_TRUE(poll_until(self->cfd[1], POLLIN | POLLHUP));
	/* Who got hold of it by other means keeps it: here it is a socket. */
	EXPECT_FALSE(given_again(ino));
	close(sock);
	EXPECT_TRUE(namespace_is_gone(ino));
	close(self->cfd[0]);
	close(self->cfd[1]);
}

/* A nested one that dies with the one around it, and is held by somebody above. */
TEST_F_TIMEOUT(several, a_nested_one_lets_go_as_well, TIMEOUT)
{
	int outer = container_create("outer", CONTAINER_FD_CLOEXEC), inner, sock[2];
	ino_t ino[NR_NS_TYPES];
	pid_t init, pid;
	int i, fd;

	ASSERT_LE(0, outer);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	init = fork_into_container(outer);
	ASSERT_LE(0, init);
	if (!init) {
		inner = container_create("inner", NEW_ALL);
		if (container_spawn_idle(inner) < 0 || !send_fd(sock[1], inner))
			_exit(1);
		pause_forever();
	}
	inner = recv_fd(sock[0]);
	ASSERT_LE(0, inner);
	pid = fdinfo_number(inner, "Init:");
	for (i = 0; i < NR_NS_TYPES; i++) {
		fd = container_get_ns(inner, ns_types[i].type);
		ASSERT_LE(0, fd);
		ino[i] = fd_inode(fd);
		close(fd);
	}
	kill_and_reap(init);
	ASSERT_TRUE(poll_until(inner, POLLIN | POLLHUP));
	ASSERT_TRUE(poll_until(outer, POLLIN | POLLHUP));
	/* We are the reaper of this sandbox. */
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	expect_namespaces_gone(_metadata, ino);
	close(inner);
	close(outer);
	close(sock[0]);
	close(sock[1]);
}

TEST_HARNESS_MAIN
