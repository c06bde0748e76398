// SPDX-License-Identifier: GPL-2.0
/*
 * A supervisor that dies, and the next one that takes its containers over.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>

#include "container_cred.h"
#include "container_handle.h"
#include "container_proc.h"
#include "process_util.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define NR		4

static const unsigned int kinds[NR] = {
	0, CONTAINER_NEW_PID_NS, CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS,
	CONTAINER_NEW_USER_NS,
};

/* What the first supervisor reports before it is killed. */
struct report {
	__u64 ids[NR];
	pid_t inits[NR];
};

/* Makes containers and reports them; lives until it is killed. */
static pid_t spawn_supervisor(uid_t uid, unsigned int flags, const unsigned int *more,
			      int to)
{
	struct report report = { };
	pid_t pid = fork();

	if (pid)
		return pid;
	if (uid && !become_user(uid))
		_exit(1);
	for (int i = 0; i < NR; i++) {
		int cfd = container_create("taken", flags | (more ? more[i] : 0) |
					   CONTAINER_FD_CLOEXEC);

		report.ids[i] = container_id(cfd);
		report.inits[i] = container_spawn_idle(cfd);
		if (report.inits[i] < 0)
			_exit(2);
	}
	if (write(to, &report, sizeof(report)) != sizeof(report))
		_exit(3);
	pause_forever();
}

static bool read_report(int fd, struct report *report)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, CONTAINER_TIMEOUT_MS) == 1 &&
	       read(fd, report, sizeof(*report)) == sizeof(*report);
}

FIXTURE(takeover)
{
	int p[2];
	struct report report;
	int containers;
};

FIXTURE_SETUP(takeover)
{
	ASSERT_EQ(0, pipe2(self->p, O_CLOEXEC));
	/* What the dead one leaves behind is ours to reap. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	self->containers = container_count();
}

FIXTURE_TEARDOWN(takeover)
{
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	EXPECT_TRUE(wait_until(container_count() == self->containers));
	close(self->p[0]);
	close(self->p[1]);
}

TEST_F_TIMEOUT(takeover, by_id_and_by_pidfd_is_complete, TIMEOUT)
{
	pid_t first = spawn_supervisor(0, 0, kinds, self->p[1]), pid;
	int i, cfd, status;

	ASSERT_TRUE(read_report(self->p[0], &self->report));
	kill_and_reap(first);
	for (i = 0; i < NR; i++) {
		EXPECT_TRUE(container_listed(self->report.ids[i]));
		cfd = i % 2 ? container_open(self->report.ids[i]) :
			      container_of_pid(self->report.inits[i]);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(self->report.ids[i], container_id(cfd));
		EXPECT_EQ(CONTAINER_RIGHTS_ALL, container_rights(cfd));
		EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(cfd));
		EXPECT_EQ(self->report.inits[i], (pid_t)fdinfo_number(cfd, "Init:"));
		/* Everything that its creator could have done. */
		EXPECT_EQ(0, try_enter(cfd));
		EXPECT_EQ(0, ERRNO(container_wait(cfd, &status, WNOHANG, NULL)));
		EXPECT_EQ(0, container_kill(cfd, 1, 0));
		EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
		EXPECT_EQ(0, container_wait(cfd, &status, 0, NULL));
		EXPECT_EQ(SIGKILL, status);
		pid = self->report.inits[i];
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
		EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		close(cfd);
		EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->report.ids[i])));
	}
}

static __u64 wanted;

static int take(int fd)
{
	int cfd = container_open(wanted);
	int ret;

	if (cfd < 0)
		return errno;
	ret = ERRNO(container_kill(cfd, 0, 0));
	close(cfd);
	return ret;
}

TEST_F_TIMEOUT(takeover, is_for_the_same_user, TIMEOUT)
{
	pid_t first = spawn_supervisor(1000, 0, NULL, self->p[1]);
	int i, cfd;

	ASSERT_TRUE(read_report(self->p[0], &self->report));
	kill_and_reap(first);
	for (i = 0; i < NR; i++) {
		wanted = self->report.ids[i];
		EXPECT_EQ(0, run_as(1000, -1, take));
		EXPECT_EQ(EPERM, run_as(1001, -1, take));
		/* Not even root, who has its own user namespace and other ids. */
		cfd = container_open(wanted);
		EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(cfd));
		close(cfd);
		kill_and_reap(self->report.inits[i]);
	}
}

/* Nobody held it: there is nothing to be found, and nothing is left over. */
TEST_F_TIMEOUT(takeover, what_ended_meanwhile_is_gone, TIMEOUT)
{
	pid_t first = spawn_supervisor(0, 0, kinds, self->p[1]);
	int i;

	ASSERT_TRUE(read_report(self->p[0], &self->report));
	kill_and_reap(first);
	for (i = 0; i < NR; i++) {
		kill_and_reap(self->report.inits[i]);
		EXPECT_TRUE(wait_until(!container_listed(self->report.ids[i])));
		EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->report.ids[i])));
	}
}

TEST_F_TIMEOUT(takeover, kill_on_close_leaves_nothing, TIMEOUT)
{
	pid_t first = spawn_supervisor(0, CONTAINER_KILL_ON_CLOSE, kinds, self->p[1]);
	int i;

	ASSERT_TRUE(read_report(self->p[0], &self->report));
	kill_and_reap(first);
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(self->report.inits[i]));
		EXPECT_TRUE(wait_until(!container_listed(self->report.ids[i])));
	}
}

TEST_F_TIMEOUT(takeover, a_descriptor_handed_on_keeps_it, TIMEOUT)
{
	int sock[2], cfd;
	pid_t first, init;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	first = fork();
	ASSERT_LE(0, first);
	if (!first) {
		cfd = container_create("handed on", CONTAINER_KILL_ON_CLOSE);
		if (container_spawn_idle(cfd) < 0 || !send_fd(sock[1], cfd))
			_exit(1);
		pause_forever();
	}
	cfd = recv_fd(sock[0]);
	ASSERT_LE(0, cfd);
	kill_and_reap(first);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(cfd));
	EXPECT_EQ(0, try_enter(cfd));
	init = fdinfo_number(cfd, "Init:");
	/* Now it is ours: it is the same description that create returned. */
	close(cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(sock[0]);
	close(sock[1]);
}

TEST_F_TIMEOUT(takeover, an_unstarted_one_dies_with_its_supervisor, TIMEOUT)
{
	pid_t first = fork();
	__u64 id = 0;

	ASSERT_LE(0, first);
	if (!first) {
		int cfd = container_create("unstarted", 0);

		id = container_id(cfd);
		if (write(self->p[1], &id, sizeof(id)) != sizeof(id))
			_exit(1);
		pause_forever();
	}
	ASSERT_TRUE(read(self->p[0], &id, sizeof(id)) == sizeof(id));
	EXPECT_TRUE(container_listed(id));
	kill_and_reap(first);
	EXPECT_FALSE(container_listed(id));
}

/* In a container there is nothing else to be taken over. */
TEST_F_TIMEOUT(takeover, stays_within_the_own_container, TIMEOUT)
{
	int cfd = container_create("around", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE);
	pid_t host = spawn_supervisor(0, 0, kinds, self->p[1]), init;
	int i, p[2];

	ASSERT_TRUE(read_report(self->p[0], &self->report));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		struct report inner = { };
		pid_t first = spawn_supervisor(0, 0, NULL, p[1]);

		EXPECT_TRUE(read_report(p[0], &inner));
		kill_and_reap(first);
		for (i = 0; i < NR; i++) {
			int fd = container_open(inner.ids[i]);

			EXPECT_EQ(CONTAINER_RIGHTS_ALL, container_rights(fd));
			EXPECT_EQ(0, container_kill(fd, 0, SIGKILL));
			close(fd);
			EXPECT_EQ(ENOENT, ERRNO_FD(container_open(self->report.ids[i])));
		}
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(init));
	kill_and_reap(host);
	for (i = 0; i < NR; i++) {
		EXPECT_TRUE(container_listed(self->report.ids[i]));
		kill_and_reap(self->report.inits[i]);
	}
	close(cfd);
	close(p[0]);
	close(p[1]);
}

/* Killed at any moment, what it had started is found, and nothing else is left. */
TEST_F_TIMEOUT(takeover, finds_all_whenever_the_supervisor_dies, TIMEOUT)
{
	int rounds = scaled(100), round, i, n, cfd;
	struct container_row rows[64];
	pid_t first;

	for (round = 0; round < rounds; round++) {
		first = fork();
		ASSERT_LE(0, first);
		if (!first) {
			tell(self->p[1]);
			for (i = 0; i < 20; i++)
				container_spawn_idle(container_create("some", 0));
			pause_forever();
		}
		ASSERT_TRUE(hear_in_time(self->p[0]));
		delay_of_round(round, 5000000);
		kill_and_reap(first);
		n = container_rows(rows, ARRAY_SIZE(rows));
		for (i = 0; i < n; i++) {
			if (strcmp(rows[i].name, "some"))
				continue;
			cfd = container_open(rows[i].id);
			if (cfd < 0)
				continue;
			EXPECT_EQ(CONTAINER_RIGHTS_ALL, container_rights(cfd));
			EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
			EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
			close(cfd);
		}
		while (waitpid(-1, NULL, __WALL) > 0)
			;
		EXPECT_EQ(self->containers, container_count())
			TH_LOG("round %d", round);
	}
}

TEST_HARNESS_MAIN
