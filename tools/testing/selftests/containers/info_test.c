// SPDX-License-Identifier: GPL-2.0
/*
 * CONTAINER_GET_INFO: every field in every state, as seen from everywhere, and a
 * structure that may grow.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT

#define INFO_OF_SIZE(size)	_IOC(_IOC_READ, CONTAINER_IOC, 1, size)

static __u64 boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* CONTAINER_GET_INFO into what was all ones before. */
static bool get_info(int cfd, struct container_info *info)
{
	memset(info, 0xff, sizeof(*info));
	return container_info(cfd, info);
}

FIXTURE(info)
{
	int cfd;
	__u64 id;
	__u64 before, after;	/* the times around its creation */
};

FIXTURE_SETUP(info)
{
	self->before = boottime();
	self->cfd = container_create("informed", CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	self->after = boottime();
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
}

FIXTURE_TEARDOWN(info)
{
	close(self->cfd);
}

TEST_F_TIMEOUT(info, its_structure_has_no_holes, TIMEOUT)
{
	EXPECT_EQ(CONTAINER_INFO_SIZE_VER0, sizeof(struct container_info));
	EXPECT_EQ(0, offsetof(struct container_info, id));
	EXPECT_EQ(16, offsetof(struct container_info, flags));
	EXPECT_EQ(40, offsetof(struct container_info, created));
	EXPECT_EQ(64, offsetof(struct container_info, name));
}

TEST_F_TIMEOUT(info, tells_who_a_container_is, TIMEOUT)
{
	static const char zeros[CONTAINER_NAME_MAX];
	struct container_info info;

	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_EQ(self->id, info.id);
	EXPECT_EQ(1, info.parent_id);
	EXPECT_EQ(CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC, info.flags);
	EXPECT_EQ(0, info.uid);
	EXPECT_EQ(0, info.gid);
	EXPECT_EQ(CONTAINER_RIGHTS_ALL, info.rights);
	EXPECT_STREQ("informed", info.name);
	EXPECT_EQ(0, memcmp(info.name + strlen("informed"), zeros,
			    CONTAINER_NAME_MAX - strlen("informed")));
	EXPECT_LE(self->before, info.created);
	EXPECT_GE(self->after, info.created);
}

TEST_F_TIMEOUT(info, tells_every_flag, TIMEOUT)
{
	unsigned int flags = CONTAINER__FLAG_MASK & ~CONTAINER_NEW_EMPTY_FS_NS, bit;
	struct container_info info;
	int cfd;

	for (bit = 1; bit & CONTAINER__FLAG_MASK; bit <<= 1) {
		if (bit == CONTAINER_NEW_EMPTY_FS_NS)
			continue;
		cfd = container_create("flag", bit);
		ASSERT_LE(0, cfd);
		ASSERT_TRUE(get_info(cfd, &info));
		EXPECT_EQ(bit, info.flags);
		close(cfd);
	}
	cfd = container_create("flags", flags);
	ASSERT_LE(0, cfd);
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_EQ(flags, info.flags);
	close(cfd);
}

TEST_F_TIMEOUT(info, tells_the_longest_name_as_it_is, TIMEOUT)
{
	static const char name[] = "a\tb\\\n.............next";
	char longest[CONTAINER_NAME_MAX];
	struct container_info info;
	int cfd;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cfd = container_create(longest, 0);
	ASSERT_LE(0, cfd);
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_EQ(0, memcmp(longest, info.name, sizeof(longest)));
	close(cfd);

	/* Nothing is escaped. */
	cfd = container_create(name, 0);
	ASSERT_LE(0, cfd);
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_STREQ(name, info.name);
	close(cfd);
}

static void expect_life(struct __test_metadata *_metadata,
			const struct container_info *info, unsigned int state,
			unsigned int processes, pid_t init, int status,
			unsigned int events)
{
	EXPECT_EQ(state, info->state);
	EXPECT_EQ(processes, info->nr_processes);
	EXPECT_EQ(init, info->init_pid);
	EXPECT_EQ(status, info->status);
	EXPECT_EQ(events, info->events);
}

#define EXPECT_LIFE(...)	expect_life(_metadata, __VA_ARGS__)

TEST_F_TIMEOUT(info, follows_a_containers_life, TIMEOUT)
{
	struct container_info first, info;
	pid_t init, second;

	ASSERT_TRUE(get_info(self->cfd, &first));
	EXPECT_LIFE(&first, CONTAINER_STATE_NEW, 0, 0, 0, 0);

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_RUNNING, 1, init, 0, 0);

	second = container_spawn_idle(self->cfd);
	ASSERT_LT(0, second);
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_RUNNING, 2, init, 0, 0);
	kill_and_reap(second);
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_RUNNING, 1, init, 0, 0);

	ASSERT_EQ(0, kill(init, SIGTERM));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	/* A zombie is no process of its any more. */
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_DEAD, 0, 0, SIGTERM, CONTAINER_EVENT_EXITED);
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(init));

	/* Who it is stays. */
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_DEAD, 0, 0, SIGTERM, CONTAINER_EVENT_EXITED);
	EXPECT_EQ(first.id, info.id);
	EXPECT_EQ(first.parent_id, info.parent_id);
	EXPECT_EQ(first.flags, info.flags);
	EXPECT_EQ(first.created, info.created);
	EXPECT_EQ(first.uid, info.uid);
	EXPECT_EQ(first.gid, info.gid);
	EXPECT_EQ(first.rights, info.rights);
	EXPECT_EQ(0, info.nr_containers);
	EXPECT_STREQ(first.name, info.name);
}

TEST_F_TIMEOUT(info, tells_the_exit_code, TIMEOUT)
{
	static const int codes[] = { 0, 1, 42, 255 };
	struct container_info info;
	int cfd, status;
	pid_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		cfd = container_create("exit", 0);
		pid = fork_into_container(cfd);
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(codes[i]);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(poll_until(cfd, POLLIN));
		ASSERT_TRUE(get_info(cfd, &info));
		EXPECT_EQ(CONTAINER_EVENT_EXITED, info.events);
		EXPECT_EQ(status, info.status);
		EXPECT_EQ(codes[i] << 8, info.status);
		close(cfd);
	}
}

TEST_F_TIMEOUT(info, says_dying_while_a_member_is_left, TIMEOUT)
{
	struct dying_container d;
	struct container_info info;

	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, 0));
	ASSERT_TRUE(get_info(d.cfd, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_DYING, 1, 0, SIGKILL, CONTAINER_EVENT_EXITED);
	EXPECT_EQ(1, info.parent_id);
	dying_close(&d);
}

TEST_F_TIMEOUT(info, says_dead_of_one_that_was_destroyed_unstarted, TIMEOUT)
{
	int observer = container_observer(self->cfd);
	struct container_info info;

	ASSERT_LE(0, observer);
	ASSERT_TRUE(get_info(observer, &info));
	EXPECT_LIFE(&info, CONTAINER_STATE_NEW, 0, 0, 0, 0);
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, info.rights);
	close(self->cfd);
	self->cfd = -1;
	ASSERT_TRUE(get_info(observer, &info));
	/* No init has exited. */
	EXPECT_LIFE(&info, CONTAINER_STATE_DEAD, 0, 0, 0, 0);
	EXPECT_EQ(self->id, info.id);
	EXPECT_STREQ("informed", info.name);
	close(observer);
}

/*
 *  host -- informed -- inner
 *     \        \------ other (unstarted)
 *      \-- sibling
 */
TEST_F_TIMEOUT(info, counts_and_names_what_is_in_view, TIMEOUT)
{
	struct container_info info;
	int sibling, sock[2], inner, other, fd;
	pid_t init, pid;

	sibling = container_create("sibling", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, sibling);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		close(sock[0]);
		inner = container_create("inner", CONTAINER_KILL_ON_CLOSE);
		pid = container_spawn_idle(inner);
		EXPECT_LT(0, pid);
		other = container_create("other", 0);

		/* Ours, and a sibling: their parent is not for us to know. */
		fd = recv_fd(sock[1]);
		EXPECT_TRUE(get_info(fd, &info));
		EXPECT_EQ(self->id, info.id);
		EXPECT_EQ(0, info.parent_id);
		EXPECT_EQ(1, info.nr_processes);
		EXPECT_EQ(2, info.nr_containers);
		EXPECT_EQ(getpid(), info.init_pid);
		close(fd);
		fd = recv_fd(sock[1]);
		EXPECT_TRUE(get_info(fd, &info));
		EXPECT_EQ(0, info.parent_id);
		EXPECT_STREQ("sibling", info.name);
		close(fd);

		/* What is below: we are its parent. */
		EXPECT_TRUE(get_info(inner, &info));
		EXPECT_EQ(self->id, info.parent_id);
		EXPECT_EQ(1, info.nr_processes);
		EXPECT_EQ(pid, info.init_pid);

		EXPECT_TRUE(send_fd(sock[1], inner));
		EXPECT_TRUE(send_fd(sock[1], other));
		hear(sock[1]);
		close(other);
		tell(sock[1]);
		hear(sock[1]);
		kill_and_reap(pid);
		_exit(0);
	}
	close(sock[1]);
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	ASSERT_TRUE(send_fd(sock[0], sibling));
	inner = recv_fd(sock[0]);
	ASSERT_LE(0, inner);
	other = recv_fd(sock[0]);
	ASSERT_LE(0, other);

	ASSERT_TRUE(get_info(inner, &info));
	EXPECT_EQ(self->id, info.parent_id);
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_EQ(1, info.nr_processes);
	EXPECT_EQ(2, info.nr_containers);

	/* One that is dead does not count, held or not. */
	close(other);
	tell(sock[0]);
	ASSERT_TRUE(hear_in_time(sock[0]));
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_EQ(1, info.nr_containers);
	tell(sock[0]);
	EXPECT_EQ(0, wait_for_exit(init));
	ASSERT_TRUE(poll_until(inner, POLLIN | POLLHUP));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	ASSERT_TRUE(get_info(self->cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_DEAD, info.state);
	EXPECT_EQ(0, info.nr_containers);
	ASSERT_TRUE(get_info(inner, &info));
	EXPECT_EQ(self->id, info.parent_id);
	EXPECT_EQ(SIGKILL, info.status);
	close(inner);
	close(sibling);
	close(sock[0]);
}

TEST_F_TIMEOUT(info, of_the_initial_container, TIMEOUT)
{
	int first = container_of_pid(getpid()), extra;
	struct container_info info;

	ASSERT_LE(0, first);
	ASSERT_TRUE(get_info(first, &info));
	EXPECT_EQ(1, info.id);
	EXPECT_EQ(0, info.parent_id);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, info.state);
	EXPECT_EQ(0, info.nr_processes);
	EXPECT_LE(1, info.nr_containers);
	EXPECT_EQ(0, info.status);
	EXPECT_EQ(0, info.events);
	EXPECT_EQ(0, info.uid);
	EXPECT_EQ(0, info.gid);
	EXPECT_GT(self->before, info.created);
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, info.rights);
	EXPECT_STREQ(".init", info.name);

	extra = info.nr_containers;
	close(self->cfd);
	self->cfd = -1;
	ASSERT_TRUE(get_info(first, &info));
	EXPECT_EQ(extra - 1, info.nr_containers);
	close(first);
}

static int init_pid_for(int cfd)
{
	struct container_info info;

	return get_info(cfd, &info) ? info.init_pid : NOT_TRIED;
}

TEST_F_TIMEOUT(info, tells_inits_pid_in_the_callers_pid_namespace, TIMEOUT)
{
	struct container_info info;
	int own, other;
	pid_t init, pid;

	own = container_create("own pids", CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, own);
	init = container_spawn_idle(own);
	ASSERT_LT(1, init);
	ASSERT_TRUE(get_info(own, &info));
	EXPECT_EQ(init, info.init_pid);
	/* inside it is 1; for who is elsewhere, there is none */
	EXPECT_EQ(1, run_inside(own, own, init_pid_for));
	other = container_create("other pids", CONTAINER_NEW_PID_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, run_inside(other, own, init_pid_for));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		/* The caller's own is what counts, not what its children get. */
		EXPECT_TRUE(get_info(own, &info));
		EXPECT_EQ(init, info.init_pid);
		pid = fork();
		if (!pid)
			_exit(init_pid_for(own));
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	kill_and_reap(init);
	close(own);
	close(other);
}

TEST_F_TIMEOUT(info, tells_the_creation_in_the_callers_boottime, TIMEOUT)
{
	const __u64 offset = 5000ULL * 1000000000;
	struct container_info info, ours;
	pid_t pid;
	int cfd;

	ASSERT_TRUE(get_info(self->cfd, &ours));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWTIME));
		EXPECT_TRUE(write_file("/proc/self/timens_offsets", "boottime 5000 0"));
		/* not in it yet */
		EXPECT_TRUE(get_info(self->cfd, &info));
		EXPECT_EQ(ours.created, info.created);
		pid = fork();
		if (!pid) {
			EXPECT_LE(offset, boottime());
			EXPECT_TRUE(get_info(self->cfd, &info));
			EXPECT_EQ(ours.created + offset, info.created);
			cfd = container_create("later", 0);
			EXPECT_TRUE(get_info(cfd, &info));
			EXPECT_LE(self->after + offset, info.created);
			EXPECT_GE(boottime(), info.created);
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(info, tells_the_owner_as_the_caller_knows_him, TIMEOUT)
{
	struct container_info info;
	int cfd = container_created_by(1000, 0);
	pid_t pid;

	ASSERT_LE(0, cfd);
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_EQ(1000, info.uid);
	EXPECT_EQ(1000, info.gid);

	/* 1000 is 7 there, and root is nobody */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		char path[64];
		pid_t parent = getpid();
		int up[2], down[2];

		EXPECT_EQ(0, pipe2(up, O_CLOEXEC));
		EXPECT_EQ(0, pipe2(down, O_CLOEXEC));
		pid = fork();
		if (!pid) {
			hear_in_time(down[0]);
			snprintf(path, sizeof(path), "/proc/%d/uid_map", parent);
			EXPECT_TRUE(write_file(path, "7 1000 1"));
			snprintf(path, sizeof(path), "/proc/%d/gid_map", parent);
			EXPECT_TRUE(write_file(path, "8 1000 1"));
			_exit(0);
		}
		EXPECT_EQ(0, unshare(CLONE_NEWUSER));
		tell(down[1]);
		EXPECT_EQ(0, wait_for_exit(pid));
		EXPECT_TRUE(get_info(cfd, &info));
		EXPECT_EQ(7, info.uid);
		EXPECT_EQ(8, info.gid);
		EXPECT_TRUE(get_info(self->cfd, &info));
		EXPECT_EQ(65534, info.uid);
		EXPECT_EQ(65534, info.gid);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

/* The creator's, whatever user namespace the container has. */
TEST_F_TIMEOUT(info, tells_the_owner_of_one_with_a_user_namespace, TIMEOUT)
{
	struct container_info info;
	int cfd = container_created_by(1000, CONTAINER_NEW_USER_NS);

	ASSERT_LE(0, cfd);
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_EQ(1000, info.uid);
	EXPECT_EQ(1000, info.gid);
	EXPECT_EQ(0, try_enter(cfd));
	ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	ASSERT_TRUE(get_info(cfd, &info));
	EXPECT_EQ(1000, info.uid);
	EXPECT_EQ(1000, info.gid);
	close(cfd);
}

static int sees_all(int cfd)
{
	struct container_info info;

	return !get_info(cfd, &info) || info.id != container_id(cfd);
}

TEST_F_TIMEOUT(info, is_for_whoever_holds_the_descriptor, TIMEOUT)
{
	struct container_info info;
	int none, fd;

	EXPECT_EQ(0, run_as(1000, self->cfd, sees_all));
	EXPECT_EQ(0, run_inside(self->cfd, self->cfd, sees_all));

	/* if it has the right to */
	none = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_OBSERVE);
	ASSERT_LE(0, none);
	EXPECT_EQ(EPERM, ERRNO(ioctl(none, CONTAINER_GET_INFO, &info)));
	close(none);

	/* And it is none with O_PATH, or when it is something else. */
	fd = open("/dev/null", O_RDONLY);
	EXPECT_EQ(ENOTTY, ERRNO(ioctl(fd, CONTAINER_GET_INFO, &info)));
	close(fd);
	fd = open("/proc/self/fd", O_PATH);
	EXPECT_EQ(EBADF, ERRNO(ioctl(fd, CONTAINER_GET_INFO, &info)));
	close(fd);
	EXPECT_EQ(EBADF, ERRNO(ioctl(-1, CONTAINER_GET_INFO, &info)));
}

TEST_F_TIMEOUT(info, is_truncated_and_filled_with_zeros, TIMEOUT)
{
	static const size_t larger[] = { 89, 96, 128, 4096, 16383 };
	static const size_t smaller[] = { 0, 1, 8, 64, 87 };
	unsigned char *buf = malloc(16384);
	struct container_info info;
	size_t i, at;

	ASSERT_NE(NULL, buf);
	ASSERT_TRUE(get_info(self->cfd, &info));
	for (i = 0; i < ARRAY_SIZE(larger); i++) {
		memset(buf, 0xff, 16384);
		ASSERT_EQ(0, ioctl(self->cfd, INFO_OF_SIZE(larger[i]), buf));
		EXPECT_EQ(0, memcmp(&info, buf, sizeof(info)));
		for (at = sizeof(info); at < larger[i]; at++)
			if (buf[at])
				break;
		EXPECT_EQ(larger[i], at);
		EXPECT_EQ(0xff, buf[larger[i]]);
	}
	for (i = 0; i < ARRAY_SIZE(smaller); i++) {
		memset(buf, 0xff, 128);
		EXPECT_EQ(EINVAL, ERRNO(ioctl(self->cfd, INFO_OF_SIZE(smaller[i]), buf)))
			TH_LOG("size %zu", smaller[i]);
		for (at = 0; at < 128; at++)
			if (buf[at] != 0xff)
				break;
		EXPECT_EQ(128, at);
	}
	free(buf);
}

TEST_F_TIMEOUT(info, is_read_only_and_other_ioctls_are_unknown, TIMEOUT)
{
	static const unsigned int unknown[] = {
		_IOW(CONTAINER_IOC, 1, struct container_info),
		_IOWR(CONTAINER_IOC, 1, struct container_info),
		_IO(CONTAINER_IOC, 0),
		_IO(CONTAINER_IOC, 8),
		_IO(CONTAINER_IOC, 255),
		_IOR('x', 1, struct container_info),
		_IOR(CONTAINER_IOC, 2, int),
		_IOW(CONTAINER_IOC, 4, int),
		/* those of other files */
		CONTAINER_OPEN,
		PIDFD_GET_CONTAINER,
		0xb701	/* NS_GET_USERNS */,
	};
	struct container_info info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(ENOTTY, ERRNO(ioctl(self->cfd, unknown[i], &info)))
			TH_LOG("ioctl %zu", i);
	}
	/* which are tested first: nothing is read from there */
	EXPECT_EQ(ENOTTY, ERRNO(ioctl(self->cfd, unknown[0], 1)));
}

TEST_F_TIMEOUT(info, goes_to_no_bad_address, TIMEOUT)
{
	long size = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + size, size));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, CONTAINER_GET_INFO, NULL)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, CONTAINER_GET_INFO, 1)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, CONTAINER_GET_INFO, -1L)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, CONTAINER_GET_INFO, page + size - 80)));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, INFO_OF_SIZE(100), page + size - 90)));
	EXPECT_EQ(0, ioctl(self->cfd, CONTAINER_GET_INFO, page + size - 88));
	ASSERT_EQ(0, mprotect(page, size, PROT_READ));
	EXPECT_EQ(EFAULT, ERRNO(ioctl(self->cfd, CONTAINER_GET_INFO, page)));
	munmap(page, size);
}

/* No field is of another moment than its neighbours. */
TEST_F_TIMEOUT(info, is_of_one_moment, TIMEOUT)
{
	struct container_info info;
	int rounds = scaled(200), i;
	pid_t init, observer;

	for (i = 0; i < rounds; i++) {
		int cfd = container_create("moment", CONTAINER_FD_CLOEXEC), p[2];

		ASSERT_LE(0, cfd);
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		observer = fork();
		ASSERT_LE(0, observer);
		if (!observer) {
			tell(p[1]);
			do {
				ASSERT_TRUE(get_info(cfd, &info));
				if (info.state == CONTAINER_STATE_RUNNING) {
					EXPECT_EQ(1, info.nr_processes);
					EXPECT_LT(0, info.init_pid);
				}
				if (info.state == CONTAINER_STATE_DEAD)
					EXPECT_EQ(CONTAINER_EVENT_EXITED, info.events);
				if (info.state < CONTAINER_STATE_DYING)
					EXPECT_EQ(0, info.events);
				/* It has left when there is a status. */
				if (info.events) {
					EXPECT_EQ(0, info.init_pid);
					EXPECT_EQ(0, info.nr_processes);
				}
			} while (info.state != CONTAINER_STATE_DEAD);
			_exit(0);
		}
		ASSERT_TRUE(hear_in_time(p[0]));
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init)
			_exit(0);
		EXPECT_EQ(0, wait_for_exit(init));
		EXPECT_EQ(0, wait_for_exit(observer));
		close(cfd);
		close(p[0]);
		close(p[1]);
	}
}

/* --- a right that is dropped meanwhile --------------------------------------------- */

struct dropper {
	pthread_barrier_t barrier;
	int cfd;
	int round;
};

static void *drop_observe(void *arg)
{
	struct dropper *d = arg;

	while (true) {
		pthread_barrier_wait(&d->barrier);
		if (d->cfd < 0)
			return NULL;
		delay_of_round(d->round, 20000);
		container_drop(d->cfd, CONTAINER_RIGHT_OBSERVE);
		pthread_barrier_wait(&d->barrier);
	}
}

/* Who is told something had the right to, by the same answer. */
TEST_F_TIMEOUT(info, an_answer_has_the_right_to_observe, TIMEOUT)
{
	struct container_info info;
	struct dropper d = {};
	pthread_t thread;
	int wrong = 0;

	ASSERT_EQ(0, pthread_barrier_init(&d.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, drop_observe, &d));
	for (d.round = 0; d.round < scaled(20000); d.round++) {
		d.cfd = container_dup(self->cfd, CONTAINER_RIGHTS_ALL);
		ASSERT_LE(0, d.cfd);
		pthread_barrier_wait(&d.barrier);
		while (get_info(d.cfd, &info))
			wrong += !(info.rights & CONTAINER_RIGHT_OBSERVE);
		EXPECT_EQ(EPERM, errno);
		pthread_barrier_wait(&d.barrier);
		close(d.cfd);
	}
	EXPECT_EQ(0, wrong);
	d.cfd = -1;
	pthread_barrier_wait(&d.barrier);
	pthread_join(thread, NULL);
}

TEST_HARNESS_MAIN
