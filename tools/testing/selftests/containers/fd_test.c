// SPDX-License-Identifier: GPL-2.0
/*
 * The container's descriptor: what it looks like, what can and cannot be done
 * with it, who has it, and what closing it does.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT			240

#ifndef CONTAINERFS_MAGIC
#define CONTAINERFS_MAGIC	0x636f6e74
#endif

FIXTURE(fd)
{
	int cfd;
	__u64 id;
	char path[32];		/* the descriptor's link in /proc */
};

FIXTURE_SETUP(fd)
{
	self->cfd = container_create("descriptor", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
	ASSERT_LT(1, self->id);
	snprintf(self->path, sizeof(self->path), "/proc/self/fd/%d", self->cfd);
}

FIXTURE_TEARDOWN(fd)
{
	close(self->cfd);
	EXPECT_FALSE(container_listed(self->id));
}

TEST_F_TIMEOUT(fd, its_link_in_proc_names_its_inode, TIMEOUT)
{
	char link[64], expected[64];
	ssize_t len = readlink(self->path, link, sizeof(link) - 1);

	ASSERT_LT(0, len);
	link[len] = '\0';
	snprintf(expected, sizeof(expected), "container:[%llu]", self->id);
	EXPECT_STREQ(expected, link);
}

TEST_F_TIMEOUT(fd, its_inode_is_the_containers_id, TIMEOUT)
{
	struct container_row row;

	EXPECT_EQ(self->id, fdinfo_number(self->cfd, "Container:"));
	ASSERT_TRUE(container_row_of(self->id, &row));
	EXPECT_STREQ("descriptor", row.name);
}

TEST_F_TIMEOUT(fd, stat_tells_two_containers_from_two_handles_of_one, TIMEOUT)
{
	int other = container_create("descriptor", 0), copy = dup(self->cfd);
	struct stat st, st_other, st_copy;

	ASSERT_EQ(0, fstat(self->cfd, &st));
	ASSERT_EQ(0, fstat(other, &st_other));
	ASSERT_EQ(0, fstat(copy, &st_copy));
	EXPECT_EQ(st.st_dev, st_other.st_dev);
	EXPECT_LT(st.st_ino, st_other.st_ino);
	EXPECT_EQ(st.st_dev, st_copy.st_dev);
	EXPECT_EQ(st.st_ino, st_copy.st_ino);
	close(copy);
	close(other);
}

TEST_F_TIMEOUT(fd, it_is_a_regular_file_that_nobody_may_open, TIMEOUT)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->cfd, &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_EQ(0, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_size);

	/* and neither root nor anybody else can change that */
	EXPECT_EQ(-1, fchmod(self->cfd, 0777));
	EXPECT_EQ(-1, fchown(self->cfd, 1000, 1000));
	EXPECT_EQ(-1, chmod(self->path, 0777));
	EXPECT_EQ(-1, truncate(self->path, 0));
	EXPECT_EQ(-1, ftruncate(self->cfd, 0));
	ASSERT_EQ(0, fstat(self->cfd, &st));
	EXPECT_EQ(0, st.st_mode & 07777);
}

TEST_F_TIMEOUT(fd, it_lives_on_containerfs, TIMEOUT)
{
	struct statfs st;

	ASSERT_EQ(0, fstatfs(self->cfd, &st));
	EXPECT_EQ(CONTAINERFS_MAGIC, st.f_type);
}

TEST_F_TIMEOUT(fd, containerfs_cannot_be_mounted, TIMEOUT)
{
	static const char * const names[] = { "containerfs", "container" };
	char dir[] = "/tmp/containerfs.XXXXXX", filesystems[4096];
	size_t i;

	ASSERT_NE(NULL, mkdtemp(dir));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(-1, mount("none", dir, names[i], 0, NULL));
		EXPECT_EQ(ENODEV, errno);
		EXPECT_EQ(-1, syscall(__NR_fsopen, names[i], 0));
		EXPECT_EQ(ENODEV, errno);
	}
	ASSERT_TRUE(read_file("/proc/filesystems", filesystems, sizeof(filesystems)));
	EXPECT_EQ(NULL, strstr(filesystems, "container"));

	/* nor can what is there be mounted elsewhere */
	EXPECT_EQ(-1, mount(self->path, dir, NULL, MS_BIND, NULL));
	EXPECT_EQ(-1, syscall(__NR_open_tree, self->cfd, "", AT_EMPTY_PATH | 1));
	EXPECT_EQ(0, rmdir(dir));
}

TEST_F_TIMEOUT(fd, it_cannot_be_read_written_or_mapped, TIMEOUT)
{
	char byte;

	EXPECT_EQ(-1, read(self->cfd, &byte, 1));
	EXPECT_EQ(-1, write(self->cfd, "x", 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->cfd, 0));
	EXPECT_EQ(-1, openat(self->cfd, "x", O_RDONLY));
	EXPECT_EQ(ENOTDIR, errno);
}

TEST_F_TIMEOUT(fd, it_cannot_be_opened_again, TIMEOUT)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };
	char path[64];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(-1, open(self->path, flags[i]));
		EXPECT_EQ(ENXIO, errno);
	}

	/* An O_PATH descriptor is none of a container, whatever it points to. */
	fd = open(self->path, O_PATH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->id, container_id(fd));
	EXPECT_EQ(-1, fork_into_container(fd));
	EXPECT_EQ(EBADF, errno);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(ENXIO, errno);
	close(fd);

	ASSERT_TRUE(become_user(1000));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(-1, open(self->path, flags[i]));
}

TEST_F_TIMEOUT(fd, only_a_container_is_one, TIMEOUT)
{
	int p[2], fds[6], i;

	ASSERT_EQ(0, pipe(p));
	fds[0] = p[0];
	fds[1] = open("/dev/null", O_RDWR);
	fds[2] = open("/", O_RDONLY | O_DIRECTORY);
	fds[3] = open("/proc/self/ns/net", O_RDONLY);
	fds[4] = syscall(__NR_pidfd_open, getpid(), 0);
	fds[5] = epoll_create1(0);
	for (i = 0; i < 6; i++) {
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(-1, fork_into_container(fds[i]))
			TH_LOG("descriptor %d", i);
		EXPECT_EQ(EINVAL, errno);
		close(fds[i]);
		EXPECT_EQ(-1, fork_into_container(fds[i]));
		EXPECT_EQ(EBADF, errno);
	}
	EXPECT_EQ(-1, fork_into_container(-1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, fork_into_container(AT_FDCWD));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, fork_into_container(0x7fffffff));
	EXPECT_EQ(EBADF, errno);
}

TEST_F_TIMEOUT(fd, fork_into_container_has_one_argument, TIMEOUT)
{
	pid_t pid = syscall(__NR_fork_into_container, self->cfd, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(7);
	EXPECT_EQ(7, wait_for_exit(pid));
}

TEST_F_TIMEOUT(fd, close_on_exec_is_a_flag_of_create, TIMEOUT)
{
	int fd = container_create("exec", CONTAINER_FD_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fcntl(self->cfd, F_GETFD));
	close(fd);
}

/* Two pages of descriptors, so that both end and middle of a table are seen. */
static int fill_table(int *highest)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	if (fd < 0)
		return -1;
	*highest = 300;
	for (i = fd + 1; i < *highest; i += 7)
		if (fcntl(fd, F_DUPFD, i) < 0)
			return -1;
	return fcntl(fd, F_DUPFD, *highest) == *highest ? fd : -1;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

TEST_F_TIMEOUT(fd, who_enters_keeps_all_but_the_containers_descriptors, TIMEOUT)
{
	int copy, cloexec, far, other, path, null, highest, fd;
	bool before[302];
	pid_t pid;

	null = fill_table(&highest);
	ASSERT_LE(0, null);
	copy = dup(self->cfd);
	cloexec = fcntl(self->cfd, F_DUPFD_CLOEXEC, 0);
	far = fcntl(self->cfd, F_DUPFD, highest + 1);
	ASSERT_EQ(highest + 1, far);
	other = container_create("other", 0);
	ASSERT_LE(0, other);
	path = open(self->path, O_PATH);
	ASSERT_LE(0, path);
	for (fd = 0; fd <= far; fd++)
		before[fd] = is_open(fd);

	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		for (fd = 0; fd <= far; fd++) {
			if (fd == self->cfd || fd == copy || fd == cloexec || fd == far) {
				EXPECT_FALSE(is_open(fd))
					TH_LOG("descriptor %d", fd);
			} else if (fd != path) {
				EXPECT_EQ(before[fd], is_open(fd))
					TH_LOG("descriptor %d", fd);
			}
		}
		EXPECT_EQ(EBADF, fork_into_container(self->cfd) < 0 ? errno : 0);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	for (fd = 0; fd <= far; fd++)
		EXPECT_EQ(before[fd], is_open(fd));
	close(other);
}

/*
 *  host -- outer -- inner		The host enters inner, and holds both, and a
 *      \-- sibling			sibling of each.
 *	         \-- (outer's) other
 */
TEST_F_TIMEOUT(fd, who_enters_has_no_descriptor_of_an_ancestor, TIMEOUT)
{
	int sibling, sock[2], inner, other, copy;
	pid_t init, pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	sibling = container_create("sibling", 0);
	ASSERT_LE(0, sibling);
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		if (!send_fd(sock[1], container_create("inner", CONTAINER_KILL_ON_CLOSE)) ||
		    !send_fd(sock[1], container_create("other", CONTAINER_KILL_ON_CLOSE)))
			_exit(1);
		pause_forever();
	}
	inner = recv_fd(sock[0]);
	ASSERT_LE(0, inner);
	other = recv_fd(sock[0]);
	ASSERT_LE(0, other);
	copy = dup(self->cfd);
	EXPECT_EQ(self->id, fdinfo_number(inner, "Parent:"));

	pid = fork_into_container(inner);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_FALSE(is_open(inner));
		EXPECT_FALSE(is_open(self->cfd));
		EXPECT_FALSE(is_open(copy));
		EXPECT_TRUE(is_open(sibling));
		EXPECT_TRUE(is_open(other));
		EXPECT_TRUE(is_open(sock[0]));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));

	/* Into the outer one he may take those of the nested ones along. */
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_FALSE(is_open(self->cfd));
		EXPECT_FALSE(is_open(copy));
		EXPECT_TRUE(is_open(inner));
		EXPECT_TRUE(is_open(sibling));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	kill_and_reap(init);
	close(copy);
	close(inner);
	close(other);
	close(sibling);
}

TEST_F_TIMEOUT(fd, close_fds_leaves_0_1_and_2, TIMEOUT)
{
	int cfd, null, highest, fd, sum;
	bool before[302];
	pid_t pid;

	null = fill_table(&highest);
	ASSERT_LE(0, null);
	cfd = container_create("close", CONTAINER_CLOSE_FDS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	for (fd = 0; fd <= highest; fd++)
		before[fd] = is_open(fd);

	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		for (fd = 0; fd <= highest; fd++) {
			EXPECT_EQ(fd <= 2 && before[fd], is_open(fd))
				TH_LOG("descriptor %d", fd);
		}
		EXPECT_EQ(3, open("/dev/null", O_RDONLY));
		pause_forever();
	}

	/* So do later ones, and one of 0 to 2 may be the container's, or closed. */
	fd = fork();
	ASSERT_LE(0, fd);
	if (!fd) {
		int saved = dup(2);

		dup2(cfd, 0);
		close(1);
		sum = fork_into_container(0);
		if (!sum)
			_exit(is_open(0) * 1 + is_open(1) * 2 + is_open(2) * 4 +
			      is_open(saved) * 8 + is_open(cfd) * 16);
		EXPECT_EQ(4, wait_for_exit(sum));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(fd));
	kill_and_reap(pid);

	for (fd = 0; fd <= highest; fd++)
		EXPECT_EQ(before[fd], is_open(fd));
	close(cfd);
}

TEST_F_TIMEOUT(fd, a_duplicate_is_the_same_handle, TIMEOUT)
{
	int copy = fcntl(self->cfd, F_DUPFD, 100);
	pid_t pid;

	ASSERT_EQ(100, copy);
	pid = container_spawn_idle(copy);
	ASSERT_LT(0, pid);

	/* KILL_ON_CLOSE waits for the last one. */
	close(self->cfd);
	self->cfd = copy;
	EXPECT_EQ(0, poll_now(copy));
	EXPECT_EQ(0, kill(pid, SIGTERM));
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(pid));
	EXPECT_EQ(-1, fork_into_container(copy));
	EXPECT_EQ(ECANCELED, errno);
}

TEST_F_TIMEOUT(fd, it_can_be_passed_over_a_socket, TIMEOUT)
{
	int sock[2], fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));

	/* While it is on the way, nothing else holds the container. */
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	close(self->cfd);
	EXPECT_TRUE(container_listed(self->id));
	fd = recv_fd(sock[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->id, container_id(fd));
	EXPECT_EQ(self->id, fdinfo_number(fd, "Container:"));
	EXPECT_EQ(0, poll_now(fd));

	/* Another process can use it, and it alone holds the container then. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(fd);
		fd = recv_fd(sock[1]);
		EXPECT_EQ(self->id, container_id(fd));
		tell(sock[1]);
		hear(sock[1]);
		EXPECT_TRUE(container_listed(self->id));
		pid = fork_into_container(fd);
		if (!pid)
			_exit(9);
		EXPECT_EQ(9, wait_for_exit(pid));
		EXPECT_TRUE(poll_until(fd, POLLIN | POLLHUP));
		_exit(0);
	}
	ASSERT_TRUE(send_fd(sock[0], fd));
	close(fd);
	ASSERT_TRUE(hear(sock[0]));
	tell(sock[0]);
	EXPECT_EQ(0, wait_for_exit(pid));

	EXPECT_FALSE(container_listed(self->id));

	/* A message that nobody reads is a last close, too. */
	fd = container_create("unread", 0);
	ASSERT_LE(0, fd);
	self->id = container_id(fd);
	ASSERT_TRUE(send_fd(sock[0], fd));
	close(fd);
	EXPECT_TRUE(container_listed(self->id));
	close(sock[0]);
	close(sock[1]);
	EXPECT_TRUE(wait_until(!container_listed(self->id)));
	self->cfd = -1;
}

TEST_F_TIMEOUT(fd, the_last_close_before_the_start_destroys_the_container, TIMEOUT)
{
	static const unsigned int flags[] = {
		0, CONTAINER_KILL_ON_CLOSE, CONTAINER_NEW_PID_NS,
		CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |
		CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS,
	};
	int containers = container_baseline(), fd, copy;
	size_t i;
	__u64 id;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = container_create("unstarted", flags[i]);
		ASSERT_LE(0, fd);
		id = container_id(fd);
		copy = dup(fd);
		close(fd);
		EXPECT_TRUE(container_listed(id));
		close(copy);
		EXPECT_FALSE(container_listed(id));
	}

	/* Exiting closes, too. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_LE(0, container_create("unstarted", 0));
		EXPECT_EQ(containers + 1, container_count());
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(containers, container_count());
}

/* Such a one keeps the inode in memory, and opens nothing. */
TEST_F_TIMEOUT(fd, an_o_path_descriptor_does_not_keep_a_container, TIMEOUT)
{
	char link[64];
	int cfd, path;
	__u64 id;

	cfd = container_create("held", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	id = container_id(cfd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", cfd);
	path = open(link, O_PATH);
	ASSERT_LE(0, path);
	EXPECT_TRUE(container_listed(id));
	close(cfd);
	EXPECT_FALSE(container_listed(id));
	close(path);
}

TEST_F_TIMEOUT(fd, a_close_after_the_start_leaves_the_container_running, TIMEOUT)
{
	struct container_row row;
	pid_t pid, second;
	__u64 id;
	int fd;

	fd = container_create("started", 0);
	ASSERT_LE(0, fd);
	id = container_id(fd);
	pid = container_spawn_idle(fd);
	ASSERT_LT(0, pid);
	second = container_spawn_idle(fd);
	ASSERT_LT(0, second);
	close(fd);
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_STREQ("running", row.state);
	EXPECT_STREQ("2", row.procs);
	EXPECT_EQ(pid, row.init);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));

	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(second));
	EXPECT_TRUE(wait_until(!container_listed(id)));
}

/* Does fdinfo say what it should about what changes? */
static bool fdinfo_is(int fd, const char *state, int procs, pid_t init)
{
	char buf[16];

	return fdinfo_field(fd, "State:", buf, sizeof(buf)) && !strcmp(state, buf) &&
	       fdinfo_number(fd, "Processes:") == procs &&
	       fdinfo_number(fd, "Init:") == init;
}

TEST_F_TIMEOUT(fd, fdinfo_follows_the_containers_life, TIMEOUT)
{
	char name[CONTAINER_ESCAPED_MAX] = "";
	pid_t init, second;

	EXPECT_EQ(self->id, fdinfo_number(self->cfd, "Container:"));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Parent:"));
	ASSERT_NE(NULL, fdinfo_field(self->cfd, "Name:", name, sizeof(name)));
	EXPECT_STREQ("descriptor", name);
	EXPECT_TRUE(fdinfo_is(self->cfd, "new", 0, 0));

	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	EXPECT_TRUE(fdinfo_is(self->cfd, "running", 1, init));
	second = container_spawn_idle(self->cfd);
	ASSERT_LT(0, second);
	EXPECT_TRUE(fdinfo_is(self->cfd, "running", 2, init));
	kill_and_reap(second);
	EXPECT_TRUE(fdinfo_is(self->cfd, "running", 1, init));

	kill(init, SIGKILL);
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	/* Zombies do not count. */
	EXPECT_TRUE(fdinfo_is(self->cfd, "dead", 0, 0));
	wait_for_exit(init);
	EXPECT_TRUE(fdinfo_is(self->cfd, "dead", 0, 0));

	/* It keeps its identity. */
	EXPECT_EQ(self->id, container_id(self->cfd));
	EXPECT_EQ(self->id, fdinfo_number(self->cfd, "Container:"));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Parent:"));
	ASSERT_NE(NULL, fdinfo_field(self->cfd, "Name:", name, sizeof(name)));
	EXPECT_STREQ("descriptor", name);
}

TEST_F_TIMEOUT(fd, fdinfo_says_dying_while_a_member_is_left, TIMEOUT)
{
	struct container_row row;
	struct freezer freezer;
	pid_t init, stuck;

	if (!freezer_init(&freezer))
		SKIP(return, "no cgroup v1 freezer");
	init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, init);
	stuck = container_spawn_idle(self->cfd);
	ASSERT_LT(0, stuck);
	ASSERT_TRUE(freezer_freeze(&freezer, stuck));

	kill_and_reap(init);
	EXPECT_TRUE(poll_until(self->cfd, POLLIN));
	EXPECT_TRUE(fdinfo_is(self->cfd, "dying", 1, 0));
	EXPECT_TRUE(container_row_of(self->id, &row));
	EXPECT_STREQ("dying", row.state);
	EXPECT_STREQ("1", row.procs);
	EXPECT_EQ(0, row.init);
	EXPECT_EQ(-1, fork_into_container(self->cfd));
	EXPECT_EQ(ECANCELED, errno);

	EXPECT_TRUE(freezer_thaw(&freezer));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(stuck));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(fdinfo_is(self->cfd, "dead", 0, 0));
	freezer_fini(&freezer);
}

TEST_F_TIMEOUT(fd, fdinfo_shows_what_is_in_the_readers_view, TIMEOUT)
{
	int sock[2], sibling, fd, cfd;
	pid_t init, pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	sibling = container_create("sibling", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, sibling);
	pid = container_spawn_idle(sibling);
	ASSERT_LT(0, pid);

	cfd = container_create("reader", CONTAINER_NEW_PID_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		/* The sibling's parent is not for us to know of. */
		fd = recv_fd(sock[1]);
		EXPECT_EQ(container_id(fd), fdinfo_number(fd, "Container:"));
		EXPECT_EQ(0, fdinfo_number(fd, "Parent:"));
		close(fd);
		/* Our own's is not, either. */
		fd = recv_fd(sock[1]);
		EXPECT_EQ(0, fdinfo_number(fd, "Parent:"));
		close(fd);
		/* That of our child is. */
		fd = container_create("child", 0);
		EXPECT_NE(0, fdinfo_number(fd, "Parent:"));
		EXPECT_NE(1, fdinfo_number(fd, "Parent:"));
		close(fd);
		_exit(0);
	}
	ASSERT_TRUE(send_fd(sock[0], sibling));
	ASSERT_TRUE(send_fd(sock[0], cfd));
	EXPECT_EQ(0, wait_for_exit(init));
	kill_and_reap(pid);
	close(cfd);
	close(sibling);
}

TEST_F_TIMEOUT(fd, a_full_descriptor_table_is_emfile, TIMEOUT)
{
	struct rlimit limit, full;
	int containers = container_baseline(), next;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	next = dup(0);
	ASSERT_LE(0, next);
	full = limit;
	full.rlim_cur = next;
	close(next);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	EXPECT_EQ(-1, container_create("full", 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, container_create("full", CONTAINER_NEW_UTS_NS | CONTAINER_NEW_NET_NS));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(containers, container_count());
	EXPECT_EQ(next, container_create("room", 0));
	close(next);
}

TEST_HARNESS_MAIN
