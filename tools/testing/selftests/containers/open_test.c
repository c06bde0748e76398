// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors for containers that one did not create: by id, through
 * /proc/containers, and by a process that is in it, through a pidfd.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define ALL		CONTAINER_RIGHTS_ALL

/* Exit code of a child that reports rights; errnos stay below it. */
#define RIGHTS_CODE(rights)	(200 + (rights))

static int rights_code(int cfd)
{
	return cfd < 0 ? errno : RIGHTS_CODE(container_rights(cfd));
}

static int proc_open(void)
{
	return open("/proc/containers", O_RDONLY | O_CLOEXEC);
}

static int open_by(int proc, __u64 id)
{
	return ioctl(proc, CONTAINER_OPEN, &id);
}

FIXTURE(open)
{
	int cfd;
	__u64 id;
	pid_t init;
};

FIXTURE_SETUP(open)
{
	self->cfd = container_create("open", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->cfd);
	self->id = container_id(self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
}

FIXTURE_TEARDOWN(open)
{
	/* Some tests have become somebody who may not signal it. */
	if (self->init > 0 && !kill(self->init, SIGKILL))
		wait_for_exit(self->init);
	close(self->cfd);
}

TEST_F_TIMEOUT(open, by_id_gives_a_full_handle_to_who_controls_it, TIMEOUT)
{
	int fd = container_open(self->id);
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(self->id, container_id(fd));
	EXPECT_EQ(ALL, container_rights(fd));
	close(self->cfd);
	self->cfd = -1;
	pid = container_spawn_idle(fd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, ERRNO(container_kill(fd, 0, SIGKILL)));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_TRUE(poll_until(fd, POLLIN | POLLHUP));
	close(fd);
}

TEST_F_TIMEOUT(open, by_pidfd_gives_a_full_handle_to_who_controls_it, TIMEOUT)
{
	int fd = container_of_pid(self->init), second;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(self->id, container_id(fd));
	EXPECT_EQ(ALL, container_rights(fd));
	EXPECT_EQ(0, try_enter(fd));

	/* Each is a handle of its own. */
	second = container_of_pid(self->init);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, container_drop(fd, ALL));
	EXPECT_EQ(ALL, container_rights(second));
	EXPECT_EQ(ALL, container_rights(self->cfd));
	close(second);
	close(fd);
}

/* A pidfd of a thread leads to the container of its process. */
static void *idle_thread(void *arg)
{
	tell_int((long)arg, syscall(SYS_gettid));
	pause_forever();
}

TEST_F_TIMEOUT(open, by_the_pidfd_of_a_thread, TIMEOUT)
{
	int p[2], pidfd, fd, tid;
	pthread_t thread;
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		pthread_create(&thread, NULL, idle_thread, (void *)(long)p[1]);
		pause_forever();
	}
	tid = hear_int(p[0]);
	ASSERT_NE(INT_MIN, tid);
	ASSERT_NE(pid, tid);
	pidfd = syscall(SYS_pidfd_open, tid, O_EXCL /* PIDFD_THREAD */);
	ASSERT_LE(0, pidfd);
	fd = ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->id, container_id(fd));
	EXPECT_EQ(ALL, container_rights(fd));
	close(fd);
	kill_and_reap(pid);
	EXPECT_EQ(ESRCH, ERRNO_FD(ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL)));
	close(pidfd);
	close(p[0]);
	close(p[1]);
}

/* A supervisor that lost everything. */
TEST_F_TIMEOUT(open, a_restarted_supervisor_finds_its_containers, TIMEOUT)
{
	struct container_row rows[64];
	int n, i, fd, found = 0;

	close(self->cfd);
	self->cfd = -1;
	n = container_rows(rows, 64);
	for (i = 1; i < n && i < 64; i++) {
		if (strcmp(rows[i].name, "open") || rows[i].init != self->init)
			continue;
		found++;
		fd = container_open(rows[i].id);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, container_kill(fd, 0, SIGKILL));
		EXPECT_TRUE(poll_until(fd, POLLIN | POLLHUP));
		close(fd);
	}
	EXPECT_EQ(1, found);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(self->init));
	self->init = -1;
}

TEST_F_TIMEOUT(open, does_not_carry_kill_on_close, TIMEOUT)
{
	int cfd = container_create("fragile", CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	pid_t init = container_spawn_idle(cfd);
	int one, two;

	ASSERT_LT(0, init);
	one = container_open(container_id(cfd));
	two = container_of_pid(init);
	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	close(one);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(cfd));
	close(cfd);
	EXPECT_TRUE(poll_until(two, POLLIN | POLLHUP));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(two);
}

TEST_F_TIMEOUT(open, an_unknown_id_is_enoent, TIMEOUT)
{
	int cfd = container_create("last", CONTAINER_FD_CLOEXEC);
	__u64 last = container_id(cfd);

	ASSERT_LE(0, cfd);
	close(cfd);
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(last)));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(0)));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(last + 1000)));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(~0ULL)));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->id | 1ULL << 32)));
}

TEST_F_TIMEOUT(open, a_dead_container_is_gone, TIMEOUT)
{
	int pidfd = open_pidfd(self->init), zombie = open_pidfd(self->init);

	ASSERT_LE(0, pidfd);
	ASSERT_EQ(0, kill(self->init, SIGKILL));
	ASSERT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->id)));
	EXPECT_EQ(ESRCH, ERRNO_FD(ioctl(zombie, PIDFD_GET_CONTAINER, 0UL)));
	wait_for_exit(self->init);
	self->init = -1;
	EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->id)));
	EXPECT_EQ(ESRCH, ERRNO_FD(ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL)));
	close(pidfd);
	close(zombie);
}

TEST_F_TIMEOUT(open, a_dying_container_is_there, TIMEOUT)
{
	struct dying_container d;
	int fd;

	if (!freezer_init(&d.freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(dying_open(&d, 0));
	fd = container_open(container_id(d.cfd));
	ASSERT_LE(0, fd);
	EXPECT_TRUE(container_rights(fd) & CONTAINER_RIGHT_OBSERVE);
	EXPECT_EQ(CONTAINER_STATE_DYING, container_state(fd));
	dying_close(&d);
	EXPECT_TRUE(poll_until(fd, POLLIN | POLLHUP));
	close(fd);
}

/* Nobody in it tells whom a security module keeps off; its creator holds it. */
TEST_F_TIMEOUT(open, an_unstarted_one_can_only_be_observed, TIMEOUT)
{
	int cfd = container_create("unstarted", CONTAINER_FD_CLOEXEC), fd;
	pid_t pid;

	ASSERT_LE(0, cfd);
	fd = container_open(container_id(cfd));
	ASSERT_LE(0, fd);
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
	EXPECT_EQ(EPERM, try_enter(fd));
	EXPECT_EQ(EPERM, ERRNO(container_kill(fd, 0, SIGKILL)));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(fd));

	/* Once started, it can be had. */
	pid = container_spawn_idle(cfd);
	ASSERT_LT(0, pid);
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
	close(fd);
	fd = container_open(container_id(cfd));
	EXPECT_EQ(ALL, container_rights(fd));
	close(fd);
	kill_and_reap(pid);
	close(cfd);
}

TEST_F_TIMEOUT(open, a_bad_argument_gives_nothing, TIMEOUT)
{
	int proc = proc_open(), fds = open_fds(), fd, pidfd = open_pidfd(self->init);
	long size = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page, size));
	EXPECT_EQ(EFAULT, ERRNO_FD(ioctl(proc, CONTAINER_OPEN, NULL)));
	EXPECT_EQ(EFAULT, ERRNO_FD(ioctl(proc, CONTAINER_OPEN, 1UL)));
	EXPECT_EQ(EFAULT, ERRNO_FD(ioctl(proc, CONTAINER_OPEN, page)));
	EXPECT_EQ(EFAULT, ERRNO_FD(ioctl(proc, CONTAINER_OPEN, -8L)));
	EXPECT_EQ(ENOTTY, ERRNO_FD(ioctl(proc, PIDFD_GET_CONTAINER, 0UL)));
	EXPECT_EQ(ENOTTY, ERRNO_FD(ioctl(proc, _IOR(CONTAINER_IOC, 6, __u64), &self->id)));
	EXPECT_EQ(ENOTTY, ERRNO_FD(ioctl(proc, _IOW(CONTAINER_IOC, 6, __u32), &self->id)));

	EXPECT_EQ(EINVAL, ERRNO_FD(ioctl(pidfd, PIDFD_GET_CONTAINER, 1UL)));
	EXPECT_EQ(EINVAL, ERRNO_FD(ioctl(pidfd, PIDFD_GET_CONTAINER, &self->id)));
	fd = open("/proc/self", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(ENOTTY, ERRNO_FD(ioctl(fd, CONTAINER_OPEN, &self->id)));
	EXPECT_EQ(ENOTTY, ERRNO_FD(ioctl(fd, PIDFD_GET_CONTAINER, 0UL)));
	close(fd);
	close(pidfd);
	EXPECT_EQ(fds, open_fds());
	close(proc);
}

/* As with a system call that returns a descriptor. */
TEST_F_TIMEOUT(open, a_full_descriptor_table_is_emfile, TIMEOUT)
{
	int proc = proc_open(), pidfd = open_pidfd(self->init), next = dup(0);
	struct rlimit limit, full;

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	full = limit;
	full.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	EXPECT_EQ(EMFILE, ERRNO_FD(open_by(proc, self->id)));
	EXPECT_EQ(EMFILE, ERRNO_FD(ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL)));
	EXPECT_EQ(EMFILE, ERRNO_FD(container_dup(self->cfd, ALL)));
	EXPECT_EQ(EMFILE, ERRNO_FD(container_get_ns(self->cfd, CLONE_NEWNET)));
	EXPECT_EQ(EMFILE, ERRNO_FD(container_socket(self->cfd, AF_UNIX, SOCK_STREAM, 0)));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	close(proc);
	close(pidfd);
}

/* --- views ------------------------------------------------------------------- */

/* The ids that a process inside asks for. */
static struct {
	__u64 own, sibling, below;
	int sibling_pidfd;
	pid_t initial;
} ids;

TEST_F_TIMEOUT(open, ones_own_container_can_be_observed, TIMEOUT)
{
	int fd;
	pid_t pid;

	fd = container_open(1);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, container_id(fd));
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
	close(fd);
	fd = container_of_pid(getpid());
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, container_id(fd));
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
	close(fd);

	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = container_open(self->id);
		EXPECT_LE(0, fd);
		EXPECT_EQ(self->id, container_id(fd));
		EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
		EXPECT_EQ(EPERM, try_enter(fd));
		close(fd);
		fd = container_of_pid(getpid());
		EXPECT_LE(0, fd);
		EXPECT_EQ(self->id, container_id(fd));
		EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
		close(fd);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/*
 *  host -- open -- below
 *     \-- sibling
 */
TEST_F_TIMEOUT(open, only_what_is_in_view_can_be_opened, TIMEOUT)
{
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC), below, sock[2];
	pid_t sibling_init = container_spawn_idle(sibling), pid, inner, in_below;

	ASSERT_LT(0, sibling_init);
	ids.own = self->id;
	ids.sibling = container_id(sibling);
	ids.sibling_pidfd = open_pidfd(sibling_init);
	ids.initial = getpid();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		below = container_create("below", CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, below);
		inner = container_spawn_idle(below);
		EXPECT_LT(0, inner);
		EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(container_open(container_id(below))));
		EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(container_of_pid(inner)));
		EXPECT_EQ(ENOENT, ERRNO_FD(container_open(1)));
		EXPECT_EQ(ENOENT, ERRNO_FD(container_open(ids.sibling)));
		/* It has not had an exec, so it is guarded: there is not even ptrace. */
		EXPECT_EQ(EACCES, ERRNO_FD(ioctl(ids.sibling_pidfd, PIDFD_GET_CONTAINER, 0UL)));
		EXPECT_EQ(EPERM, ERRNO_FD(container_of_pid(ids.initial)));

		in_below = fork_into_container(below);
		if (!in_below) {
			EXPECT_EQ(ENOENT, ERRNO_FD(container_open(ids.own)));
			EXPECT_EQ(ENOENT, ERRNO_FD(container_open(ids.sibling)));
			EXPECT_EQ(ENOENT, ERRNO_FD(container_open(1)));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(in_below));
		EXPECT_TRUE(send_fd(sock[1], below));
		hear(sock[1]);
		kill_and_reap(inner);
		_exit(0);
	}
	below = recv_fd(sock[0]);
	ASSERT_LE(0, below);
	/* From above, however far. */
	EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(container_open(container_id(below))));
	tell(sock[0]);
	EXPECT_EQ(0, wait_for_exit(pid));
	kill_and_reap(sibling_init);
	close(below);
	close(sibling);
	close(ids.sibling_pidfd);
	close(sock[0]);
	close(sock[1]);
}

static int open_others(int proc)
{
	if (ERRNO_FD(open_by(proc, 1)) != ENOENT)
		return 1;
	if (ERRNO_FD(open_by(proc, ids.sibling)) != ENOENT)
		return 2;
	if (rights_code(open_by(proc, ids.own)) != RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE))
		return 3;
	return 0;
}

/* Both the opener and who uses his descriptor must see it. */
TEST_F_TIMEOUT(open, anothers_proc_containers_is_no_way_out, TIMEOUT)
{
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC), proc = proc_open();
	int sock[2], narrow;
	pid_t pid;

	ASSERT_LE(0, sibling);
	ASSERT_LE(0, proc);
	ids.own = self->id;
	ids.sibling = container_id(sibling);
	EXPECT_EQ(0, ERRNO_FD(open_by(proc, ids.sibling)));
	EXPECT_EQ(0, run_inside(self->cfd, proc, open_others));

	/* and the other way round: one from inside is as narrow as he who opened it */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!send_fd(sock[1], proc_open()));
	narrow = recv_fd(sock[0]);
	ASSERT_LE(0, narrow);
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(ENOENT, ERRNO_FD(open_by(narrow, ids.sibling)));
	EXPECT_EQ(ENOENT, ERRNO_FD(open_by(narrow, 1)));
	EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(open_by(narrow, self->id)));
	close(narrow);
	close(proc);
	close(sibling);
	close(sock[0]);
	close(sock[1]);
}

/* --- permissions --------------------------------------------------------------- */

static int open_own_id(int proc)
{
	return rights_code(open_by(proc, ids.own));
}

static int of_pidfd(int pidfd)
{
	return rights_code(ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL));
}

TEST_F_TIMEOUT(open, who_may_not_control_it_observes_only, TIMEOUT)
{
	int proc = proc_open(), users = container_started_by(1000, 0), init;

	ids.own = self->id;
	EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), run_as(1000, proc, open_own_id));

	/* Root is not the user. */
	ASSERT_LE(0, users);
	ids.own = container_id(users);
	EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), open_own_id(proc));
	EXPECT_EQ(RIGHTS_CODE(ALL), run_as(1000, proc, open_own_id));
	EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), run_as(1001, proc, open_own_id));
	init = container_open(ids.own);
	EXPECT_EQ(EPERM, ERRNO(container_kill(init, 0, 0)));
	close(init);
	close(users);
	close(proc);
}

/* By its id one does not get more than by the pid of its init. */
TEST_F_TIMEOUT(open, who_may_not_inspect_init_observes_only, TIMEOUT)
{
	int proc = proc_open(), pidfd = open_pidfd(self->init);
	pid_t pid;

	ids.own = self->id;
	EXPECT_EQ(RIGHTS_CODE(ALL), open_own_id(proc));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!enter_landlock_domain())
			_exit(NOT_TRIED);
		EXPECT_EQ(EACCES, of_pidfd(pidfd));
		_exit(open_own_id(proc));
	}
	EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), wait_for_exit(pid));
	close(pidfd);
	close(proc);
}

static bool without_groups(void)
{
	return !setgroups(0, NULL);
}

TEST_F_TIMEOUT(open, the_rule_is_that_of_ids_groups_and_capabilities, TIMEOUT)
{
	static const gid_t groups[] = { 10, 20 };
	int cfd, proc;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		proc = proc_open();
		EXPECT_EQ(0, setgroups(2, groups));
		cfd = container_create("groups", CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, cfd);
		EXPECT_LT(0, container_spawn_idle(cfd));
		ids.own = container_id(cfd);
		EXPECT_EQ(RIGHTS_CODE(ALL), open_own_id(proc));

		pid = fork();
		if (!pid)
			_exit(without_groups() ? open_own_id(proc) : NOT_TRIED);
		EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), wait_for_exit(pid));

		pid = fork();
		if (!pid)
			_exit(drop_capabilities(CAP_BIT(CAP_SYSLOG)) ?
			      open_own_id(proc) : NOT_TRIED);
		EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), wait_for_exit(pid));

		pid = fork();
		if (!pid)
			_exit(!setresgid(-1, 7, -1) ? open_own_id(proc) : NOT_TRIED);
		EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE), wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* Who has CAP_SYS_ADMIN over a container's user namespace controls it. */
TEST_F_TIMEOUT(open, root_controls_a_users_container_with_a_user_namespace, TIMEOUT)
{
	int users = container_started_by(1000, CONTAINER_NEW_USER_NS), fd;

	ASSERT_LE(0, users);
	fd = container_open(container_id(users));
	ASSERT_LE(0, fd);
	EXPECT_EQ(ALL, container_rights(fd));
	close(fd);
	close(users);
}

TEST_F_TIMEOUT(open, by_pidfd_needs_ptrace_permission, TIMEOUT)
{
	int users = container_created_by(1000, 0), pidfd = open_pidfd(self->init), p[2];
	pid_t pid;

	ASSERT_LE(0, pidfd);
	EXPECT_EQ(EACCES, run_as(1000, pidfd, of_pidfd));
	close(pidfd);

	/* A member that is the caller's like, in a container of root's. */
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!become_user(1000))
			_exit(1);
		tell(p[1]);
		pause_forever();
	}
	ASSERT_TRUE(hear_in_time(p[0]));
	pidfd = open_pidfd(pid);
	/* It is guarded by its forker, who is root. */
	EXPECT_EQ(EACCES, run_as(1000, pidfd, of_pidfd));
	EXPECT_EQ(RIGHTS_CODE(ALL), of_pidfd(pidfd));
	kill_and_reap(pid);
	close(pidfd);
	close(users);
	close(p[0]);
	close(p[1]);
}

TEST_F_TIMEOUT(open, by_pidfd_of_an_ordinary_user, TIMEOUT)
{
	pid_t pid = fork(), init;
	int cfd;

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		cfd = container_create("mine", CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, cfd);
		init = container_spawn_idle(cfd);
		EXPECT_LT(0, init);
		EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(container_of_pid(init)));
		EXPECT_EQ(RIGHTS_CODE(ALL), rights_code(container_open(container_id(cfd))));
		EXPECT_EQ(RIGHTS_CODE(CONTAINER_RIGHT_OBSERVE),
			  rights_code(container_of_pid(getpid())));
		kill_and_reap(init);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* Nobody is given a container that is not there any more. */
TEST_F_TIMEOUT(open, races_with_the_end, TIMEOUT)
{
	int rounds = scaled(200), i, cfd, fd, pidfd, p[2], err;
	pid_t init, closer;
	__u64 id;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		cfd = container_create("race", CONTAINER_FD_CLOEXEC);
		ASSERT_LE(0, cfd);
		id = container_id(cfd);
		init = -1;
		pidfd = -1;
		if (i % 2) {
			init = container_spawn_idle(cfd);
			ASSERT_LT(0, init);
			pidfd = open_pidfd(init);
		}
		closer = fork();
		ASSERT_LE(0, closer);
		if (!closer) {
			/* The last copy of the descriptor is his. */
			hear_in_time(p[0]);
			if (init > 0)
				kill(init, SIGKILL);
			_exit(0);
		}
		close(cfd);
		tell(p[1]);
		do {
			fd = pidfd < 0 || i % 4 == 1 ? container_open(id) :
				ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL);
			err = fd < 0 ? errno : 0;
			if (fd >= 0) {
				EXPECT_EQ(id, container_id(fd));
				/* It would keep an unstarted one for ever. */
				ASSERT_EQ(0, container_drop(fd, CONTAINER_RIGHT_ENTER));
				EXPECT_NE(0, container_state(fd));
				close(fd);
			}
		} while (!err);
		EXPECT_TRUE(err == ENOENT || err == ESRCH)
			TH_LOG("%s", strerror(err));
		EXPECT_EQ(0, wait_for_exit(closer));
		if (init > 0) {
			wait_for_exit(init);
			close(pidfd);
		}
		EXPECT_TRUE(wait_until(!container_listed(id)));
		close(p[0]);
		close(p[1]);
	}
}

TEST_HARNESS_MAIN
