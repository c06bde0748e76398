// SPDX-License-Identifier: GPL-2.0
/*
 * Every call on a container's descriptor, by everybody who may hold one: from
 * outside and from inside, from above, below and beside, with a descriptor of
 * one's own or a passed one, with more and with less privilege. The descriptor
 * has all rights; what becomes of it without is in rights_test.
 */
#define _GNU_SOURCE
#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define HELPER_NAME	"caller_helper"

/* --- calls: each says 0 or the errno ------------------------------------------------ */

static int call_fork(int cfd)
{
	return try_enter(cfd);
}

static int call_clone3(int cfd)
{
	return try_clone(cfd);
}

static int call_setns(int cfd)
{
	return try_setns(cfd, CLONE_NEWUTS);
}

static int call_get_namespace(int cfd)
{
	return ERRNO_FD(container_get_ns(cfd, CLONE_NEWNET));
}

static int call_kill(int cfd)
{
	return ERRNO(container_kill(cfd, 0, 0));
}

static int call_kill_init(int cfd)
{
	return ERRNO(container_kill(cfd, 1, SIGCONT));
}

static int call_wait(int cfd)
{
	return ERRNO(container_wait(cfd, NULL, WNOHANG, NULL));
}

static int call_socket(int cfd)
{
	return ERRNO_FD(container_socket(cfd, AF_UNIX, SOCK_STREAM, 0));
}

static int call_set_namespace(int cfd)
{
	int fd = ns_open(0, "ipc"), err = ERRNO(container_set_ns(cfd, fd));

	close(fd);
	return err;
}

static int call_info(int cfd)
{
	struct container_info info;

	return ERRNO(ioctl(cfd, CONTAINER_GET_INFO, &info));
}

static int call_dup(int cfd)
{
	return ERRNO_FD(container_dup(cfd, CONTAINER_RIGHTS_ALL));
}

static int call_drop(int cfd)
{
	return ERRNO(container_drop(cfd, 0));
}

static int call_poll(int cfd)
{
	return poll_now(cfd) & (POLLERR | POLLNVAL) ? EIO : 0;
}

static const struct call {
	const char *name;
	int (*fn)(int cfd);
	int running;		/* what it says to who may, of a running container, */
	int dead;		/* and of a dead one */
	bool anybody;		/* the descriptor is all it takes */
	bool entry;		/* one enters, or could */
} calls[] = {
	{ "fork_into_container", call_fork, 0, ECANCELED, false, true },
	{ "clone3", call_clone3, 0, ECANCELED, false, true },
	{ "setns", call_setns, 0, ECANCELED, false, true },
	{ "GET_NAMESPACE", call_get_namespace, 0, ECANCELED, false, true },
	{ "container_kill", call_kill, 0, ESRCH, false, false },
	{ "container_kill(init)", call_kill_init, 0, ESRCH, false, false },
	{ "container_wait", call_wait, 0, 0, false, false },
	{ "container_socket", call_socket, 0, ECANCELED, false, false },
	{ "SET_NAMESPACE", call_set_namespace, EBUSY, ECANCELED, false, false },
	{ "GET_INFO", call_info, 0, 0, true, false },
	{ "DUP", call_dup, 0, 0, true, false },
	{ "DROP_RIGHTS", call_drop, 0, 0, true, false },
	{ "poll", call_poll, 0, 0, true, false },
	{ }
};

/*
 * Who calls, for these tests: host -- outer -- inner, and host -- sibling. All run
 * until the test ends them; inner was created by outer's init.
 */
FIXTURE(caller)
{
	int outer, inner, sibling;
	pid_t init, sibling_init;
	int quit[2];
};

/* One that has left its entry guard behind, which would be for its forker's like only. */
static pid_t spawn_execed(int cfd)
{
	char fd[16];
	pid_t pid;
	int p[2];

	if (pipe(p))
		return -1;
	pid = fork_into_container(cfd);
	if (pid == 0) {
		snprintf(fd, sizeof(fd), "%d", p[1]);
		execl(own_path(), HELPER_NAME, fd, NULL);
		_exit(1);
	}
	close(p[1]);
	if (pid > 0 && !hear_in_time(p[0])) {
		kill_and_reap(pid);
		pid = -1;
	}
	close(p[0]);
	return pid;
}

FIXTURE_SETUP(caller)
{
	int sock[2];

	own_path();
	ASSERT_EQ(0, pipe2(self->quit, O_CLOEXEC));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	self->outer = container_create("outer", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->outer);
	self->sibling = container_create("sibling", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, self->sibling);
	self->sibling_init = container_spawn_idle(self->sibling);
	ASSERT_LT(0, self->sibling_init);
	self->init = fork_into_container(self->outer);
	ASSERT_LE(0, self->init);
	if (!self->init) {
		int fd = container_create("inner", 0);
		pid_t pid = spawn_execed(fd);

		if (pid < 0 || !send_fd(sock[1], fd))
			_exit(1);
		/* Its init ends when it is told to; ours stays. */
		close(self->quit[1]);
		hear(self->quit[0]);
		kill_and_reap(pid);
		pause_forever();
	}
	self->inner = recv_fd(sock[0]);
	ASSERT_LE(0, self->inner);
	close(sock[0]);
	close(sock[1]);
}

FIXTURE_TEARDOWN(caller)
{
	container_kill(self->outer, 0, SIGKILL);
	close(self->quit[0]);
	close(self->quit[1]);
	wait_for_exit(self->init);
	kill_and_reap(self->sibling_init);
	EXPECT_TRUE(poll_until(self->outer, POLLIN | POLLHUP));
	close(self->inner);
	close(self->outer);
	close(self->sibling);
}

static bool end_inner(int inner, int quit)
{
	return tell(quit) && poll_until(inner, POLLIN | POLLHUP) &&
	       container_state(inner) == CONTAINER_STATE_DEAD;
}

/* @said by the caller @who of @call, who may or may not. */
static void expect_said(struct __test_metadata *_metadata, const char *who,
			const struct call *call, int said, bool may, bool dead)
{
	int expected = dead ? call->dead : call->running;

	EXPECT_EQ(may || call->anybody ? expected : EPERM, said)
		TH_LOG("%s by %s", call->name, who);
}

/* From outside: of a child of the host's, and of its child. */
TEST_F_TIMEOUT(caller, outside_may, TIMEOUT)
{
	const struct call *c;
	bool dead;

	for (dead = false;; dead = true) {
		for (c = calls; c->fn; c++) {
			expect_said(_metadata, "who is above", c, c->fn(self->inner), true, dead);
			expect_said(_metadata, "who is far above", c, c->fn(self->outer),
				    true, false);
		}
		if (dead)
			break;
		ASSERT_TRUE(end_inner(self->inner, self->quit[1]));
	}
}

/* In a container one may do to those below what those outside may. */
TEST_F_TIMEOUT(caller, above_may_inside_as_well, TIMEOUT)
{
	const struct call *c;

	for (c = calls; c->fn; c++)
		expect_said(_metadata, "a member of the outer", c,
			    run_inside(self->outer, self->inner, c->fn), true, false);
	ASSERT_TRUE(end_inner(self->inner, self->quit[1]));
	for (c = calls; c->fn; c++)
		expect_said(_metadata, "a member of the outer", c,
			    run_inside(self->outer, self->inner, c->fn), true, true);
}

TEST_F_TIMEOUT(caller, nobody_may_to_his_own_or_around_or_beside_it, TIMEOUT)
{
	const struct call *c;

	for (c = calls; c->fn; c++) {
		expect_said(_metadata, "its own member", c,
			    run_inside(self->inner, self->inner, c->fn), false, false);
		expect_said(_metadata, "its own member, above another", c,
			    run_inside(self->outer, self->outer, c->fn), false, false);
		expect_said(_metadata, "who is below", c,
			    run_inside(self->inner, self->outer, c->fn), false, false);
		expect_said(_metadata, "who is beside", c,
			    run_inside(self->sibling, self->outer, c->fn), false, false);
		expect_said(_metadata, "who is beside and above", c,
			    run_inside(self->sibling, self->inner, c->fn), false, false);
		expect_said(_metadata, "who is beside and below", c,
			    run_inside(self->inner, self->sibling, c->fn), false, false);
	}
	/* That is not a question of its state. */
	ASSERT_TRUE(end_inner(self->inner, self->quit[1]));
	for (c = calls; c->fn; c++)
		expect_said(_metadata, "who is beside a dead one", c,
			    run_inside(self->sibling, self->inner, c->fn), false, true);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->outer));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->sibling));
}

/* --- who has less ---------------------------------------------------------------------- */

static bool as_user(void)
{
	return become_user(1000);
}

static bool without_a_capability(void)
{
	return drop_capabilities(CAP_BIT(CAP_SYSLOG));
}

static bool with_another_gid(void)
{
	return !setresgid(-1, 7, -1);
}

static bool with_another_uid(void)
{
	/* all capabilities are kept, which are not what counts */
	return !prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) && !setresuid(-1, 7, -1);
}

static bool in_a_user_namespace(void)
{
	return enter_user_namespace();
}

static const struct less {
	const char *name;
	bool (*become)(void);
} less[] = {
	{ "an ordinary user", as_user },
	{ "root without a capability", without_a_capability },
	{ "root with another gid", with_another_gid },
	{ "another uid with all capabilities", with_another_uid },
	{ "root of a user namespace", in_a_user_namespace },
};

static int run_with(bool (*become)(void), int cfd, int (*fn)(int cfd))
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(become() ? fn(cfd) : NOT_TRIED);
	return pid < 0 ? -1 : wait_for_exit(pid);
}

TEST_F_TIMEOUT(caller, with_less_one_may_not, TIMEOUT)
{
	const struct call *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(less); i++)
		for (c = calls; c->fn; c++)
			expect_said(_metadata, less[i].name, c,
				    run_with(less[i].become, self->outer, c->fn), false, false);
	/* Of a dead one it suffices to be around it: nothing is left to be done to it. */
	ASSERT_TRUE(end_inner(self->inner, self->quit[1]));
	for (i = 0; i < ARRAY_SIZE(less); i++)
		for (c = calls; c->fn; c++)
			expect_said(_metadata, less[i].name, c,
				    run_with(less[i].become, self->inner, c->fn), true, true);
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->outer));
}

/* --- passed ones --------------------------------------------------------------------------- */

/* Has another process, which @become says who it is, call with a descriptor it received. */
static int run_passed(bool (*become)(void), int cfd, int (*fn)(int cfd))
{
	int sock[2], ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(cfd);
		if (become && !become())
			_exit(NOT_TRIED);
		cfd = recv_fd(sock[1]);
		_exit(cfd < 0 ? NOT_TRIED : fn(cfd));
	}
	send_fd(sock[0], cfd);
	ret = pid < 0 ? -1 : wait_for_exit(pid);
	close(sock[0]);
	close(sock[1]);
	return ret;
}

TEST_F_TIMEOUT(caller, a_passed_one_is_as_good_as_who_has_it, TIMEOUT)
{
	const struct call *c;
	int users, cut;

	users = container_created_by(1000, 0);
	ASSERT_LE(0, users);
	cut = container_dup(self->outer, 0);
	ASSERT_LE(0, cut);
	for (c = calls; c->fn; c++) {
		expect_said(_metadata, "who was passed it", c,
			    run_passed(NULL, self->outer, c->fn), true, false);
		expect_said(_metadata, "a user who was passed it", c,
			    run_passed(as_user, self->outer, c->fn), false, false);
		/* Passing on adds no right. */
		if (!c->anybody)
			EXPECT_EQ(EPERM, run_passed(NULL, cut, c->fn))
				TH_LOG("%s", c->name);
	}
	/* Root is not the user. */
	for (c = calls; c->fn; c++) {
		EXPECT_EQ(c->anybody ? 0 : EPERM, c->fn(users))
			TH_LOG("%s", c->name);
	}
	/* It is his, and ends when the first one who entered it leaves. */
	for (c = calls; c->fn; c++) {
		if (c->entry)
			EXPECT_EQ(c->fn == call_fork ? 0 : ECANCELED,
				  run_passed(as_user, users, c->fn))
				TH_LOG("%s", c->name);
	}
	close(cut);
	close(users);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME)) {
		tell(atoi(argv[1]));
		pause_forever();
	}
	return test_harness_run(argc, argv);
}
