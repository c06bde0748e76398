// SPDX-License-Identifier: GPL-2.0
/*
 * Who may enter a container, and with which credentials he ends up in it. A
 * descriptor is needed, but does not suffice: the container must be below the
 * caller's own, and the caller must be no less than who created it.
 */
#include <stddef.h>

#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

/* Who enters tells this about himself. */
struct entrant {
	uid_t uid[3];		/* real, effective, saved */
	gid_t gid[3];
	int nr_groups;
	gid_t groups[8];
	struct capabilities caps;
	int securebits;
	int no_new_privs;
};

static bool get_entrant(struct entrant *e)
{
	memset(e, 0, sizeof(*e));
	if (getresuid(&e->uid[0], &e->uid[1], &e->uid[2]) ||
	    getresgid(&e->gid[0], &e->gid[1], &e->gid[2]) || !get_capabilities(&e->caps))
		return false;
	e->nr_groups = getgroups(8, e->groups);
	e->securebits = prctl(PR_GET_SECUREBITS);
	e->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return true;
}

/* Enters, and leaves again: 0 or the errno. */
static int try_enter(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	return wait_for_exit(pid);
}

/* As try_enter(), and has what the entrant tells about himself. */
static int enter(int cfd, struct entrant *e)
{
	struct entrant me;
	int p[2], ret;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return -1;
	pid = fork_into_container(cfd);
	if (pid == 0)
		_exit(!get_entrant(&me) || write(p[1], &me, sizeof(me)) != sizeof(me));
	ret = pid < 0 ? errno : wait_for_exit(pid);
	close(p[1]);
	if (!ret && read(p[0], e, sizeof(*e)) != sizeof(*e))
		ret = -1;
	close(p[0]);
	return ret;
}

/* What a process does to itself before it creates or enters. */
typedef bool (*setup_fn)(void);

#define SETUP_FAILED	255

/* What try_enter() says for a process that was set up so. */
static int enter_as(setup_fn setup, int cfd)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(setup() ? try_enter(cfd) : SETUP_FAILED);
	return pid < 0 ? -1 : wait_for_exit(pid);
}

/* What enter() says for such a process. */
static int report_as(setup_fn setup, int cfd, struct entrant *e)
{
	int p[2], ret;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		struct entrant in;

		ret = setup() ? enter(cfd, &in) : SETUP_FAILED;
		if (!ret && write(p[1], &in, sizeof(in)) != sizeof(in))
			ret = SETUP_FAILED;
		_exit(ret);
	}
	ret = pid < 0 ? -1 : wait_for_exit(pid);
	close(p[1]);
	if (!ret && read(p[0], e, sizeof(*e)) != sizeof(*e))
		ret = -1;
	close(p[0]);
	return ret;
}

/* A container that was created by a process set up so; ours is the last handle. */
static int create_as(setup_fn setup, unsigned int flags, struct entrant *creator)
{
	int sock[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return -1;
	pid = fork();
	if (pid == 0) {
		struct entrant me;

		if (!setup() || !get_entrant(&me))
			_exit(1);
		fd = container_create("as", flags | CONTAINER_KILL_ON_CLOSE);
		if (fd < 0 || !send_fd(sock[1], fd) || write(sock[1], &me, sizeof(me)) < 0)
			_exit(1);
		_exit(0);
	}
	close(sock[1]);
	fd = recv_fd(sock[0]);
	if (fd >= 0 && creator && read(sock[0], creator, sizeof(*creator)) != sizeof(*creator))
		fd = -1;
	close(sock[0]);
	if (pid > 0)
		wait_for_exit(pid);
	return fd;
}

static bool as_is(void)
{
	return true;
}

static bool as_user(void)
{
	return become_user(1000);
}

static bool as_other_user(void)
{
	return become_user(1001);
}

FIXTURE(permission)
{
	int cfd;
	pid_t init;
};

FIXTURE_SETUP(permission)
{
	self->cfd = container_create("permission", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
	self->init = container_spawn_idle(self->cfd);
	ASSERT_LT(0, self->init);
	ASSERT_EQ(0, try_enter(self->cfd));
}

FIXTURE_TEARDOWN(permission)
{
	/* Some tests have become somebody who may not signal it. */
	close(self->cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(self->init));
}

/*
 *  host -- ours -- nested -- innermost
 *      \-- sibling
 */
TEST_F_TIMEOUT(permission, only_a_container_below_ones_own_may_be_entered, TIMEOUT)
{
	int sock[2], down[2], sibling, unstarted, fd, nested, innermost, i;
	pid_t sibling_init, pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, down));
	sibling = container_create("sibling", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, sibling);
	sibling_init = container_spawn_idle(sibling);
	ASSERT_LT(0, sibling_init);
	unstarted = container_create("unstarted", 0);
	ASSERT_LE(0, unstarted);

	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		pid_t init;

		/* own, sibling, sibling that has not started */
		for (i = 0; i < 3; i++) {
			fd = recv_fd(sock[1]);
			EXPECT_EQ(EPERM, try_enter(fd))
				TH_LOG("handle %d", i);
			close(fd);
		}

		nested = container_create("nested", CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, nested);
		init = fork_into_container(nested);
		if (!init) {
			/* own, the one around it, its sibling, which is ours' */
			for (i = 0; i < 4; i++) {
				fd = recv_fd(down[1]);
				EXPECT_EQ(EPERM, try_enter(fd))
					TH_LOG("handle %d in the nested one", i);
				close(fd);
			}
			innermost = container_create("innermost", CONTAINER_KILL_ON_CLOSE);
			EXPECT_LE(0, innermost);
			send_fd(sock[1], innermost);
			send_fd(down[1], innermost);
			pause_forever();
		}
		send_fd(down[0], nested);
		for (i = 0; i < 3; i++) {
			fd = recv_fd(sock[1]);
			send_fd(down[0], fd);
			close(fd);
		}
		/* Below is below, however far. */
		innermost = recv_fd(down[0]);
		fd = fork_into_container(innermost);
		if (!fd)
			pause_forever();
		EXPECT_LT(0, fd);
		EXPECT_EQ(0, try_enter(innermost));
		EXPECT_EQ(0, try_enter(nested));
		send_fd(sock[1], nested);
		hear(sock[1]);
		kill_and_reap(init);
		wait_for_exit(fd);
		_exit(0);
	}
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(send_fd(sock[0], self->cfd));
		ASSERT_TRUE(send_fd(sock[0], sibling));
		ASSERT_TRUE(send_fd(sock[0], unstarted));
	}
	innermost = recv_fd(sock[0]);
	ASSERT_LE(0, innermost);
	nested = recv_fd(sock[0]);
	ASSERT_LE(0, nested);
	EXPECT_EQ(0, try_enter(innermost));
	EXPECT_EQ(0, try_enter(nested));
	tell(sock[0]);
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_TRUE(poll_until(innermost, POLLIN | POLLHUP));
	EXPECT_EQ(ECANCELED, try_enter(innermost));

	kill_and_reap(sibling_init);
	close(unstarted);
	close(sibling);
	close(nested);
	close(innermost);
}

TEST_F_TIMEOUT(permission, another_user_may_not_enter, TIMEOUT)
{
	int sock[2], unstarted = container_create("unstarted", 0), fd;
	pid_t pid;

	EXPECT_EQ(EPERM, enter_as(as_user, self->cfd));
	EXPECT_EQ(EPERM, enter_as(as_user, unstarted));

	/* whether he inherited the descriptor or was passed it */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		fd = recv_fd(sock[1]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(EPERM, try_enter(fd));
		_exit(0);
	}
	ASSERT_TRUE(send_fd(sock[0], self->cfd));
	EXPECT_EQ(0, wait_for_exit(pid));

	/* It did no harm: the container can still be started. */
	EXPECT_EQ(0, try_enter(unstarted));
	close(unstarted);
}

/* The creator's ids are 1000, 10 and 20 his groups; he has no capability. */
static bool as_user_with(uid_t ruid, uid_t euid, gid_t rgid, gid_t egid, int nr_groups)
{
	static const gid_t groups[] = { 10, 20, 30 };

	return !setgroups(nr_groups, groups) && !setresgid(rgid, egid, egid) &&
	       !setresuid(ruid, euid, euid) && drop_capabilities(~0ULL) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

static bool with_groups(void)
{
	return as_user_with(1000, 1000, 1000, 1000, 2);
}

static bool with_group_more(void)
{
	return as_user_with(1000, 1000, 1000, 1000, 3);
}

static bool with_group_missing(void)
{
	return as_user_with(1000, 1000, 1000, 1000, 1);
}

static bool with_other_euid(void)
{
	return as_user_with(1000, 1001, 1000, 1000, 2);
}

static bool with_other_ruid(void)
{
	return as_user_with(1001, 1000, 1000, 1000, 2);
}

static bool with_other_egid(void)
{
	return as_user_with(1000, 1000, 1000, 1001, 2);
}

static bool with_other_rgid(void)
{
	return as_user_with(1000, 1000, 1001, 1000, 2);
}

static bool root_with_groups(void)
{
	static const gid_t groups[] = { 10, 20 };

	return !setgroups(2, groups);
}

TEST_F_TIMEOUT(permission, the_callers_ids_and_groups_must_be_the_creators, TIMEOUT)
{
	struct entrant e;
	pid_t init;
	int cfd;

	cfd = create_as(with_groups, 0, NULL);
	ASSERT_LE(0, cfd);
	init = fork();
	ASSERT_LE(0, init);
	if (!init) {
		EXPECT_TRUE(with_groups());
		init = container_spawn_idle(cfd);
		close(cfd);
		_exit(wait_for_exit(init) != 128 + SIGKILL);
	}
	ASSERT_TRUE(wait_until(fdinfo_number(cfd, "Processes:") == 1));

	EXPECT_EQ(0, report_as(with_groups, cfd, &e));
	EXPECT_EQ(2, e.nr_groups);
	EXPECT_EQ(10, e.groups[0]);
	EXPECT_EQ(20, e.groups[1]);
	EXPECT_EQ(EPERM, enter_as(with_group_missing, cfd));
	EXPECT_EQ(EPERM, enter_as(with_other_euid, cfd));
	EXPECT_EQ(EPERM, enter_as(with_other_egid, cfd));
	EXPECT_EQ(EPERM, enter_as(as_user, cfd));

	/* To leave a group, which may mean more access, takes CAP_SETGID. */
	EXPECT_EQ(EPERM, enter_as(with_group_more, cfd));

	/* To make the real and saved ids the effective ones takes nothing. */
	ASSERT_EQ(0, report_as(with_other_ruid, cfd, &e));
	EXPECT_EQ(1000, e.uid[0]);
	ASSERT_EQ(0, report_as(with_other_rgid, cfd, &e));
	EXPECT_EQ(1000, e.gid[0]);

	/* Power is no substitute: root is somebody else. */
	EXPECT_EQ(EPERM, enter_as(as_is, cfd));
	EXPECT_EQ(EPERM, enter_as(root_with_groups, cfd));

	close(cfd);
	EXPECT_EQ(0, wait_for_exit(init));
}

/* Root's capabilities with the ids of somebody else. */
static bool as_user_with_caps(uid_t ruid, uid_t euid, gid_t rgid, gid_t egid)
{
	static const gid_t groups[] = { 10, 20, 30 };

	return !prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) &&
	       !setgroups(3, groups) && !setresgid(rgid, egid, rgid) &&
	       !setresuid(ruid, euid, ruid) && !prctl(PR_SET_DUMPABLE, 1);
}

static bool other_real_ids_and_caps(void)
{
	return as_user_with_caps(1001, 1000, 1001, 1000);
}

static bool other_groups_no_setgid(void)
{
	return as_user_with_caps(1000, 1000, 1000, 1000) &&
	       drop_capabilities(CAP_BIT(CAP_SETGID));
}

TEST_F_TIMEOUT(permission, who_enters_gets_the_containers_ids_and_groups, TIMEOUT)
{
	struct entrant e;
	int cfd, i;

	cfd = create_as(with_groups, 0, NULL);
	ASSERT_LE(0, cfd);

	EXPECT_EQ(EPERM, enter_as(other_groups_no_setgid, cfd));
	ASSERT_EQ(0, report_as(other_real_ids_and_caps, cfd, &e));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1000, e.uid[i]);
		EXPECT_EQ(1000, e.gid[i]);
	}
	EXPECT_EQ(2, e.nr_groups);
	EXPECT_EQ(10, e.groups[0]);
	EXPECT_EQ(20, e.groups[1]);
	EXPECT_EQ(0, e.caps.permitted);
	EXPECT_EQ(0, e.caps.effective);
	close(cfd);

	/* Of its creator's ids a container has the effective ones. */
	cfd = create_as(other_real_ids_and_caps, 0, NULL);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, report_as(other_real_ids_and_caps, cfd, &e));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1000, e.uid[i]);
		EXPECT_EQ(1000, e.gid[i]);
	}
	EXPECT_EQ(3, e.nr_groups);
	close(cfd);
}

/* What a set-user-ID program is that has gone back to its caller for a while. */
static bool with_saved_root(void)
{
	return !setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	       !setresuid(1000, 1000, 0) && !prctl(PR_SET_DUMPABLE, 1);
}

static bool with_saved_root_kept(void)
{
	return !prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) && with_saved_root();
}

TEST_F_TIMEOUT(permission, ids_are_set_by_the_rules_of_setuid, TIMEOUT)
{
	struct entrant e, creator;
	int cfd;

	cfd = create_as(with_saved_root, 0, &creator);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, creator.uid[2]);
	EXPECT_NE(0, creator.caps.permitted);
	ASSERT_EQ(0, report_as(with_saved_root, cfd, &e));
	EXPECT_EQ(1000, e.uid[0]);
	EXPECT_EQ(1000, e.uid[1]);
	EXPECT_EQ(1000, e.uid[2]);
	EXPECT_EQ(0, e.caps.permitted);
	EXPECT_EQ(0, e.caps.effective);
	EXPECT_EQ(0, e.caps.ambient);
	close(cfd);

	/* So it is for an ordinary user, whom the first does not give more. */
	cfd = create_as(with_saved_root, 0, NULL);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, report_as(as_user, cfd, &e));
	EXPECT_EQ(0, e.caps.permitted);
	close(cfd);

	/* Whoever switches those rules off has switched them off here. */
	cfd = create_as(with_saved_root_kept, 0, &creator);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, report_as(with_saved_root_kept, cfd, &e));
	EXPECT_EQ(1000, e.uid[2]);
	EXPECT_EQ(creator.caps.permitted, e.caps.permitted);
	EXPECT_EQ(creator.caps.effective, e.caps.effective);
	EXPECT_NE(0, e.caps.effective);
	close(cfd);
}

static bool without_net_raw(void)
{
	return drop_capabilities(CAP_BIT(CAP_NET_RAW));
}

static bool without_sys_admin(void)
{
	return drop_capabilities(CAP_BIT(CAP_SYS_ADMIN));
}

static bool without_setuid(void)
{
	return drop_capabilities(CAP_BIT(CAP_SETUID));
}

static bool without_setgid(void)
{
	return drop_capabilities(CAP_BIT(CAP_SETGID));
}

static bool without_caps(void)
{
	return drop_capabilities(~0ULL);
}

TEST_F_TIMEOUT(permission, who_has_a_capability_less_may_not_enter, TIMEOUT)
{
	int cfd;

	EXPECT_EQ(EPERM, enter_as(without_net_raw, self->cfd));
	EXPECT_EQ(EPERM, enter_as(without_sys_admin, self->cfd));
	EXPECT_EQ(EPERM, enter_as(without_caps, self->cfd));

	cfd = create_as(without_net_raw, 0, NULL);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, enter_as(without_sys_admin, cfd));
	EXPECT_EQ(EPERM, enter_as(without_caps, cfd));
	EXPECT_EQ(0, enter_as(without_net_raw, cfd));
	close(cfd);
}

/* Both sides differ from root in all five sets. */
static bool creator_caps(void)
{
	struct capabilities caps;
	__u64 inheritable = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETUID);

	return !prctl(PR_CAPBSET_DROP, CAP_SYS_TIME) && get_capabilities(&caps) &&
	       set_capabilities(caps.effective & ~CAP_BIT(CAP_NET_RAW),
				caps.permitted & ~CAP_BIT(CAP_NET_RAW), inheritable) &&
	       !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) &&
	       !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) &&
	       !prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS);
}

static bool caller_caps(void)
{
	struct capabilities caps;
	__u64 inheritable = CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETUID);

	return !prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) && get_capabilities(&caps) &&
	       set_capabilities(caps.effective, caps.permitted, inheritable) &&
	       !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_FOWNER, 0, 0) &&
	       !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) &&
	       !prctl(PR_SET_SECUREBITS, SECBIT_NOROOT);
}

TEST_F_TIMEOUT(permission, capabilities_are_those_that_both_sides_have, TIMEOUT)
{
	struct entrant caller, creator, e;
	int p[2], cfd;
	pid_t pid;

	cfd = create_as(creator_caps, 0, &creator);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(caller_caps());
		EXPECT_TRUE(get_entrant(&caller));
		EXPECT_EQ(sizeof(caller), write(p[1], &caller, sizeof(caller)));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	ASSERT_EQ(sizeof(caller), read(p[0], &caller, sizeof(caller)));
	EXPECT_NE(creator.caps.bounding, caller.caps.bounding);
	EXPECT_NE(creator.caps.ambient, caller.caps.ambient);
	EXPECT_NE(creator.caps.permitted, caller.caps.permitted);

	ASSERT_EQ(0, report_as(caller_caps, cfd, &e));
	EXPECT_EQ(creator.caps.permitted & caller.caps.permitted, e.caps.permitted);
	EXPECT_EQ(creator.caps.effective & caller.caps.effective, e.caps.effective);
	EXPECT_EQ(creator.caps.inheritable & caller.caps.inheritable, e.caps.inheritable);
	EXPECT_EQ(creator.caps.bounding & caller.caps.bounding, e.caps.bounding);
	EXPECT_EQ(creator.caps.ambient & caller.caps.ambient, e.caps.ambient);
	EXPECT_EQ(CAP_BIT(CAP_KILL), e.caps.ambient);
	/* To keep capabilities was a wish of the creator for himself. */
	EXPECT_EQ(SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, creator.securebits);
	EXPECT_EQ(SECBIT_NO_SETUID_FIXUP | SECBIT_NOROOT, e.securebits);
	close(cfd);
}

static bool keep_caps(void)
{
	return !prctl(PR_SET_KEEPCAPS, 1);
}

/* Whether who enters keeps capabilities as it becomes an ordinary user. */
static void expect_kept_by_setuid(struct __test_metadata *_metadata, int cfd, bool kept)
{
	struct capabilities caps;
	pid_t pid = fork_into_container(cfd);

	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_TRUE(get_capabilities(&caps));
		EXPECT_EQ(kept, caps.permitted != 0);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* Who gives up his capabilities by setuid() has none, whoever created it. */
TEST_F_TIMEOUT(permission, the_creators_keepcaps_is_not_the_entrants, TIMEOUT)
{
	pid_t init;
	int cfd;

	cfd = create_as(keep_caps, 0, NULL);
	ASSERT_LE(0, cfd);
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	expect_kept_by_setuid(_metadata, cfd, false);

	/* The caller's own is, as by fork(). */
	ASSERT_TRUE(keep_caps());
	expect_kept_by_setuid(_metadata, cfd, true);
	kill_and_reap(init);
	close(cfd);
}

TEST_F_TIMEOUT(permission, a_user_namespace_gives_all_capabilities_in_it, TIMEOUT)
{
	struct entrant e;
	int cfd;

	cfd = create_as(creator_caps, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, report_as(caller_caps, cfd, &e));
	EXPECT_EQ(e.caps.permitted, e.caps.effective);
	EXPECT_EQ(e.caps.permitted, e.caps.bounding);
	EXPECT_NE(0, e.caps.permitted & CAP_BIT(CAP_SYS_BOOT));
	EXPECT_NE(0, e.caps.permitted & CAP_BIT(CAP_SYS_TIME));
	EXPECT_NE(0, e.caps.permitted & CAP_BIT(CAP_NET_RAW));
	EXPECT_EQ(0, e.caps.inheritable);
	EXPECT_EQ(0, e.caps.ambient);
	EXPECT_EQ(SECUREBITS_DEFAULT, e.securebits);
	close(cfd);
}

static bool in_user_ns(void)
{
	return !unshare(CLONE_NEWUSER);
}

/* Root of a user namespace in which root is root. */
static bool in_mapped_user_ns(void)
{
	return !unshare(CLONE_NEWUSER) && write_file("/proc/self/uid_map", "0 0 1") &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/gid_map", "0 0 1");
}

static bool user_in_user_ns(void)
{
	return become_user(1000) && in_user_ns();
}

TEST_F_TIMEOUT(permission, who_is_in_a_child_user_namespace_may_not_enter, TIMEOUT)
{
	int cfd;

	EXPECT_EQ(EPERM, enter_as(in_user_ns, self->cfd));
	EXPECT_EQ(EPERM, enter_as(in_mapped_user_ns, self->cfd));

	cfd = create_as(as_user, 0, NULL);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, enter_as(user_in_user_ns, cfd));
	close(cfd);

	/* nor one with a user namespace beside his */
	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, enter_as(user_in_user_ns, cfd));
	EXPECT_EQ(EPERM, enter_as(in_mapped_user_ns, cfd));
	close(cfd);

	/* In his own he is as anybody is in his. */
	cfd = fork();
	ASSERT_LE(0, cfd);
	if (!cfd) {
		EXPECT_TRUE(user_in_user_ns());
		cfd = container_create("inside", CONTAINER_NEW_UTS_NS);
		EXPECT_LE(0, cfd);
		EXPECT_EQ(0, try_enter(cfd));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(cfd));
}

TEST_F_TIMEOUT(permission, a_user_namespace_is_entered_with_power_over_it, TIMEOUT)
{
	static const unsigned int flags[] = {
		CONTAINER_NEW_USER_NS,
		CONTAINER_NEW_USER_NS | CONTAINER_NEW_FS_NS | CONTAINER_NEW_PID_NS,
	};
	struct entrant e;
	size_t i;
	int cfd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* An ordinary user's: his own, and root's. */
		cfd = create_as(as_user, flags[i], NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(EPERM, enter_as(as_other_user, cfd));
		EXPECT_EQ(EPERM, enter_as(without_sys_admin, cfd));
		EXPECT_EQ(EPERM, enter_as(without_caps, cfd));
		/* Those inside are user 1000, not root, when seen from here. */
		EXPECT_EQ(EPERM, enter_as(without_setuid, cfd));
		EXPECT_EQ(EPERM, enter_as(without_setgid, cfd));
		EXPECT_EQ(0, enter_as(as_user, cfd));
		close(cfd);

		cfd = create_as(as_user, flags[i], NULL);
		ASSERT_LE(0, cfd);
		ASSERT_EQ(0, report_as(as_is, cfd, &e));
		EXPECT_EQ(65534, e.uid[0]);
		EXPECT_NE(0, e.caps.effective & CAP_BIT(CAP_SYS_ADMIN));
		close(cfd);

		/* Root's own, by its owner without a capability. */
		cfd = create_as(as_is, flags[i], NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(EPERM, enter_as(as_user, cfd));
		EXPECT_EQ(0, enter_as(without_caps, cfd));
		close(cfd);
	}
}

static bool without_setid(void)
{
	return drop_capabilities(CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID));
}

/* Writes a file of a process in /proc. */
static bool write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return write_file(path, text);
}

/* setuid() would do the same for who is powerful inside. */
TEST_F_TIMEOUT(permission, ids_that_are_mapped_inside_need_no_power_outside, TIMEOUT)
{
	struct entrant e;
	pid_t init;
	int cfd;

	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	EXPECT_EQ(EPERM, enter_as(without_setuid, cfd));
	ASSERT_TRUE(write_proc(init, "uid_map", "5 1000 1"));
	EXPECT_EQ(0, enter_as(without_setuid, cfd));

	EXPECT_EQ(EPERM, enter_as(without_setgid, cfd));
	EXPECT_EQ(EPERM, enter_as(without_setid, cfd));
	ASSERT_TRUE(write_proc(init, "gid_map", "6 1000 1"));
	ASSERT_EQ(0, report_as(without_setid, cfd, &e));
	EXPECT_EQ(5, e.uid[0]);
	EXPECT_EQ(6, e.gid[0]);
	EXPECT_EQ(0, e.nr_groups);
	close(cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));

	/* Some other id does not do. */
	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	ASSERT_TRUE(write_proc(init, "uid_map", "1000 1001 10"));
	ASSERT_TRUE(write_proc(init, "gid_map", "1000 1001 10"));
	EXPECT_EQ(EPERM, enter_as(without_setuid, cfd));
	EXPECT_EQ(EPERM, enter_as(without_setgid, cfd));
	/* Nobody is unmapped, and there is no root to be. */
	EXPECT_EQ(EINVAL, enter_as(as_is, cfd));
	close(cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));

	/* Where groups cannot be set, they cannot be had that way. */
	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	ASSERT_TRUE(write_proc(init, "setgroups", "deny"));
	ASSERT_TRUE(write_proc(init, "uid_map", "5 1000 1"));
	ASSERT_TRUE(write_proc(init, "gid_map", "6 1000 1"));
	EXPECT_EQ(EPERM, enter_as(without_setgid, cfd));
	EXPECT_EQ(0, enter_as(without_setuid, cfd));
	EXPECT_EQ(0, enter_as(as_is, cfd));
	close(cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

/* What join_namespace() joins. */
static int namespace_fd = -1;

static bool join_namespace(void)
{
	return !setns(namespace_fd, 0);
}

static bool join_without_groups(void)
{
	return !setgroups(0, NULL) && join_namespace();
}

static bool join_and_become_user(void)
{
	return join_namespace() && become_user(1000);
}

/*
 * A process in a user namespace has all power there, but over ids that are not
 * mapped there it has none: it cannot have the groups that the creator of a
 * container has brought along into the same user namespace.
 */
TEST_F_TIMEOUT(permission, groups_must_be_mapped_where_the_power_over_them_is, TIMEOUT)
{
	static const struct {
		const char *setgroups;
		const char *map;
		int error;
	} cases[] = {
		{ "allow",	"0 0 21",	0 },
		{ "allow",	"0 0 20",	EPERM },
		{ "allow",	"0 0 1",	EPERM },
		{ "deny",	"0 0 21",	EPERM },
	};
	int sock[2], cfd;
	char path[64];
	pid_t creator;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
		creator = fork();
		ASSERT_LE(0, creator);
		if (!creator) {
			EXPECT_TRUE(root_with_groups());
			EXPECT_TRUE(in_user_ns());
			tell(sock[1]);
			hear(sock[1]);
			cfd = container_create("groups", CONTAINER_NEW_USER_NS);
			EXPECT_LE(0, cfd);
			EXPECT_EQ(0, try_enter(cfd));
			close(cfd);
			cfd = container_create("groups", CONTAINER_NEW_USER_NS);
			send_fd(sock[1], cfd);
			_exit(0);
		}
		ASSERT_TRUE(hear(sock[0]));
		ASSERT_TRUE(write_proc(creator, "setgroups", cases[i].setgroups));
		ASSERT_TRUE(write_proc(creator, "uid_map", "0 0 1"));
		ASSERT_TRUE(write_proc(creator, "gid_map", cases[i].map));
		snprintf(path, sizeof(path), "/proc/%d/ns/user", creator);
		namespace_fd = open(path, O_RDONLY);
		ASSERT_LE(0, namespace_fd);
		tell(sock[0]);
		cfd = recv_fd(sock[0]);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(0, wait_for_exit(creator));

		EXPECT_EQ(cases[i].error, enter_as(join_without_groups, cfd))
			TH_LOG("case %zu", i);
		close(cfd);
		close(namespace_fd);
		close(sock[0]);
		close(sock[1]);
	}
}

static int unshared;		/* the CLONE_NEW* flag of what follows */
static int stay[2];		/* a pipe; its end is the end of those below */

/* A PID namespace has a first process, which goes when the test does. */
static bool unshare_it(void)
{
	pid_t pid;

	if (unshare(unshared))
		return false;
	if (unshared != CLONE_NEWPID)
		return true;
	pid = fork();
	if (pid)
		return pid > 0;
	close(stay[1]);
	hear(stay[0]);
	_exit(0);
}

static bool unshare_without_sys_admin(void)
{
	return unshare_it() && without_sys_admin();
}

static bool unshare_and_become_user(void)
{
	return unshare_it() && become_user(1000);
}

/* A container must be no way into namespaces that setns() refuses. */
TEST_F_TIMEOUT(permission, namespaces_that_it_was_created_in_need_cap_sys_admin, TIMEOUT)
{
	static const int flags[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME,
	};
	size_t i;
	pid_t pid;
	int cfd;

	ASSERT_EQ(0, pipe2(stay, O_CLOEXEC));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		unshared = flags[i];

		/* in the user namespace of the caller */
		cfd = create_as(unshare_without_sys_admin, 0, NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(EPERM, enter_as(without_sys_admin, cfd))
			TH_LOG("namespace %#x", flags[i]);
		/* others that the caller has unshared are not those, either */
		EXPECT_EQ(EPERM, enter_as(unshare_without_sys_admin, cfd))
			TH_LOG("namespace %#x", flags[i]);
		EXPECT_EQ(0, enter_as(as_is, cfd))
			TH_LOG("namespace %#x", flags[i]);
		close(cfd);

		/* and in one of its own, over which the caller has all power */
		cfd = create_as(unshare_and_become_user, CONTAINER_NEW_USER_NS, NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(EPERM, enter_as(as_user, cfd))
			TH_LOG("namespace %#x", flags[i]);
		EXPECT_EQ(0, enter_as(as_is, cfd))
			TH_LOG("namespace %#x", flags[i]);
		close(cfd);

		/* Who is in them already needs nothing. */
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			EXPECT_TRUE(unshare_without_sys_admin());
			cfd = container_create("same", 0);
			EXPECT_LE(0, cfd);
			EXPECT_EQ(0, try_enter(cfd))
				TH_LOG("namespace %#x", flags[i]);
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
	}

	/* whoever it is */
	unshared = CLONE_NEWNET;
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(unshared));
		namespace_fd = open("/proc/self/ns/net", O_RDONLY);
		EXPECT_LE(0, namespace_fd);
		EXPECT_TRUE(become_user(1000));
		cfd = container_create("net", CONTAINER_NEW_USER_NS | CONTAINER_NEW_UTS_NS);
		EXPECT_LE(0, cfd);
		EXPECT_EQ(0, try_enter(cfd));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	namespace_fd = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_LE(0, namespace_fd);
	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(EPERM, enter_as(unshare_and_become_user, cfd));
	EXPECT_EQ(0, enter_as(join_and_become_user, cfd));
	close(cfd);
	close(namespace_fd);
	close(stay[0]);
	close(stay[1]);
}

/* Those that a container around it created are in one's power as those it did. */
TEST_F_TIMEOUT(permission, an_ordinary_user_enters_what_is_nested_in_his_own, TIMEOUT)
{
	static const unsigned int flags[] = { 0, CONTAINER_NEW_FS_NS };
	int sock[2], cfd, nested, i;
	pid_t init;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	ASSERT_TRUE(become_user(1000));
	for (i = 0; i < 2; i++) {
		cfd = container_create("own", flags[i] | CONTAINER_NEW_USER_NS |
				       CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |
				       CONTAINER_NEW_NET_NS | CONTAINER_KILL_ON_CLOSE);
		ASSERT_LE(0, cfd);
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init) {
			send_fd(sock[1], container_create("nested", CONTAINER_KILL_ON_CLOSE));
			pause_forever();
		}
		nested = recv_fd(sock[0]);
		ASSERT_LE(0, nested);
		/* A root that he did not have when it was created is another matter. */
		EXPECT_EQ(flags[i] ? EPERM : 0, try_enter(nested));
		close(nested);
		kill_and_reap(init);
		close(cfd);
	}
}

TEST_F_TIMEOUT(permission, an_ordinary_user_enters_his_own, TIMEOUT)
{
	int cfd;

	ASSERT_TRUE(become_user(1000));
	cfd = container_create("own", 0);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, try_enter(cfd));
	close(cfd);
	cfd = container_create("own", CONTAINER_NEW_USER_NS | CONTAINER_NEW_FS_NS |
			       CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, try_enter(cfd));
	close(cfd);
}

TEST_F_TIMEOUT(permission, members_without_a_privileged_creator_get_no_new_privs, TIMEOUT)
{
	int sock[2], cfd, nested;
	struct entrant e;
	pid_t pid;

	/* Privileged creators: not. */
	ASSERT_EQ(0, enter(self->cfd, &e));
	EXPECT_EQ(0, e.no_new_privs);
	cfd = create_as(as_user, CONTAINER_NEW_USER_NS, NULL);
	ASSERT_EQ(0, report_as(as_user, cfd, &e));
	EXPECT_EQ(0, e.no_new_privs);
	close(cfd);

	cfd = create_as(without_sys_admin, 0, NULL);
	ASSERT_EQ(0, report_as(without_sys_admin, cfd, &e));
	EXPECT_EQ(1, e.no_new_privs);
	close(cfd);
	/* It is the container's, not the caller's, lack. */
	cfd = create_as(without_sys_admin, 0, NULL);
	ASSERT_EQ(0, report_as(as_is, cfd, &e));
	EXPECT_EQ(1, e.no_new_privs);
	close(cfd);

	/* A nested one inherits it, even for who enters from outside. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	ASSERT_TRUE(become_user(1000));
	cfd = container_create("user", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		send_fd(sock[1], container_create("plain", CONTAINER_KILL_ON_CLOSE));
		send_fd(sock[1], container_create("nested", CONTAINER_KILL_ON_CLOSE |
						  CONTAINER_NEW_USER_NS));
		pause_forever();
	}
	nested = recv_fd(sock[0]);
	ASSERT_LE(0, nested);
	ASSERT_EQ(0, enter(nested, &e));
	EXPECT_EQ(1, e.no_new_privs);
	nested = recv_fd(sock[0]);
	ASSERT_LE(0, nested);
	ASSERT_EQ(0, enter(nested, &e));
	EXPECT_EQ(1, e.no_new_privs);

	/* The caller stays as he was. */
	EXPECT_EQ(0, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	kill_and_reap(pid);
	close(cfd);
}

static bool no_new_privs(void)
{
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

TEST_F_TIMEOUT(permission, the_callers_no_new_privs_stays, TIMEOUT)
{
	struct entrant e;

	ASSERT_EQ(0, report_as(no_new_privs, self->cfd, &e));
	EXPECT_EQ(1, e.no_new_privs);
}

/* getppid() fails. */
static bool filter_system_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXFULL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	return !syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

TEST_F_TIMEOUT(permission, the_callers_seccomp_filter_stays, TIMEOUT)
{
	pid_t pid;

	ASSERT_TRUE(filter_system_calls());
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(-1, syscall(__NR_getppid));
		EXPECT_EQ(EXFULL, errno);
		EXPECT_EQ(SECCOMP_MODE_FILTER, prctl(PR_GET_SECCOMP));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

TEST_F_TIMEOUT(permission, the_callers_landlock_domain_stays, TIMEOUT)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR,
	};
	char dir[64];
	int cfd[2], ruleset, i;
	pid_t pid;

	if (syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		SKIP(return, "no Landlock");
	snprintf(dir, sizeof(dir), "/tmp/landlock.%d", getpid());
	cfd[0] = container_create("free", CONTAINER_KILL_ON_CLOSE);
	cfd[1] = container_create("fs", CONTAINER_KILL_ON_CLOSE | CONTAINER_NEW_FS_NS |
				  CONTAINER_NEW_USER_NS);
	ruleset = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	ASSERT_LE(0, ruleset);
	ASSERT_EQ(0, syscall(__NR_landlock_restrict_self, ruleset, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, cfd[i]);
		pid = fork_into_container(cfd[i]);
		ASSERT_LE(0, pid);
		if (!pid) {
			EXPECT_EQ(-1, mkdir(dir, 0700));
			EXPECT_EQ(EACCES, errno);
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		close(cfd[i]);
	}
	EXPECT_NE(0, access(dir, F_OK));
}

static bool without_sys_chroot(void)
{
	return drop_capabilities(CAP_BIT(CAP_SYS_CHROOT));
}

static bool chrooted(void)
{
	return !chroot("/proc");
}

static bool chrooted_without_sys_chroot(void)
{
	struct capabilities caps;

	/* The new root has no /proc/self/status. */
	return get_capabilities(&caps) && !chroot("/tmp") &&
	       set_capabilities(caps.effective & ~CAP_BIT(CAP_SYS_CHROOT),
				caps.permitted & ~CAP_BIT(CAP_SYS_CHROOT), 0);
}

TEST_F_TIMEOUT(permission, another_root_than_ones_own_needs_cap_sys_chroot, TIMEOUT)
{
	static const unsigned int flags[] = {
		0, CONTAINER_NEW_FS_NS, CONTAINER_NEW_FS_NS | CONTAINER_NEW_USER_NS,
	};
	size_t i;
	int cfd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* The creator lacks the capability, so only the root can require it. */
		cfd = create_as(without_sys_chroot, flags[i], NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(EPERM, enter_as(chrooted_without_sys_chroot, cfd))
			TH_LOG("flags %#x", flags[i]);
		EXPECT_EQ(0, enter_as(without_sys_chroot, cfd))
			TH_LOG("flags %#x", flags[i]);
		close(cfd);

		cfd = create_as(without_sys_chroot, flags[i], NULL);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(0, enter_as(chrooted, cfd))
			TH_LOG("flags %#x", flags[i]);
		close(cfd);
	}
}

TEST_F_TIMEOUT(permission, a_root_shared_with_the_creator_needs_no_capability, TIMEOUT)
{
	static const unsigned int flags[] = { 0, CONTAINER_NEW_FS_NS };
	size_t i;
	pid_t pid;
	int cfd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			EXPECT_TRUE(chrooted_without_sys_chroot());
			cfd = container_create("chrooted", flags[i] | CONTAINER_KILL_ON_CLOSE);
			EXPECT_LE(0, cfd);
			EXPECT_EQ(0, try_enter(cfd));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
	}
}

static long keyctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return syscall(__NR_keyctl, op, a, b, c, d);
}

#define KEYRING(id, create)	keyctl(KEYCTL_GET_KEYRING_ID, (int)(id), create, 0, 0)

TEST_F_TIMEOUT(permission, the_callers_keyrings_are_dropped, TIMEOUT)
{
	long session, key, creators;
	char secret[8];
	pid_t pid;
	int cfd;

	if (access("/proc/keys", F_OK))
		SKIP(return, "no keyrings");

	/* The creator's session is not what is entered, either. */
	creators = keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"kst-creator", 0, 0, 0);
	ASSERT_LT(0, creators);
	cfd = container_create("keys", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);

	session = keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"kst-caller", 0, 0, 0);
	ASSERT_LT(0, session);
	ASSERT_EQ(session, KEYRING(KEY_SPEC_SESSION_KEYRING, 0));
	key = syscall(__NR_add_key, "user", "kst-secret", "secret", 6, KEY_SPEC_SESSION_KEYRING);
	ASSERT_LT(0, key);
	ASSERT_LT(0, KEYRING(KEY_SPEC_THREAD_KEYRING, 1));
	ASSERT_LT(0, KEYRING(KEY_SPEC_PROCESS_KEYRING, 1));
	ASSERT_EQ(6, keyctl(KEYCTL_READ, key, (unsigned long)secret, sizeof(secret), 0));

	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(-1, KEYRING(KEY_SPEC_THREAD_KEYRING, 0));
		EXPECT_EQ(ENOKEY, errno);
		EXPECT_EQ(-1, KEYRING(KEY_SPEC_PROCESS_KEYRING, 0));
		EXPECT_EQ(ENOKEY, errno);
		EXPECT_NE(session, KEYRING(KEY_SPEC_SESSION_KEYRING, 0));
		EXPECT_NE(creators, KEYRING(KEY_SPEC_SESSION_KEYRING, 0));
		EXPECT_EQ(-1, keyctl(KEYCTL_SEARCH, (int)KEY_SPEC_SESSION_KEYRING,
				     (unsigned long)"user", (unsigned long)"kst-secret", 0));
		EXPECT_EQ(ENOKEY, errno);
		EXPECT_EQ(-1, keyctl(KEYCTL_READ, key, (unsigned long)secret, sizeof(secret), 0));
		EXPECT_EQ(EACCES, errno);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));

	/* The caller has his still. */
	EXPECT_EQ(session, KEYRING(KEY_SPEC_SESSION_KEYRING, 0));
	EXPECT_EQ(6, keyctl(KEYCTL_READ, key, (unsigned long)secret, sizeof(secret), 0));
	EXPECT_EQ(0, keyctl(KEYCTL_REVOKE, session, 0, 0, 0));
	close(cfd);
}

/* Has our parent take a session keyring of our making; 0, or the errno. */
static int give_parent_keyring(void)
{
	if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"kst-gift", 0, 0, 0) < 0 ||
	    keyctl(KEYCTL_SESSION_TO_PARENT, 0, 0, 0, 0))
		return errno;
	return 0;
}

TEST_F_TIMEOUT(permission, a_parent_outside_takes_no_keyring_of_a_members, TIMEOUT)
{
	long session;
	pid_t pid;

	if (access("/proc/keys", F_OK))
		SKIP(return, "no keyrings");

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, give_parent_keyring());
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));

	session = keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"kst-ours", 0, 0, 0);
	ASSERT_LT(0, session);
	pid = fork_into_container(self->cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(EPERM, give_parent_keyring());
		pid = fork();
		EXPECT_LE(0, pid);
		if (!pid) {
			EXPECT_EQ(0, give_parent_keyring());
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(session, KEYRING(KEY_SPEC_SESSION_KEYRING, 0));
}

/*
 * Whoever is further out may outlive what is between, and the namespaces there must
 * be left by all before that is gone.
 */
TEST_F_TIMEOUT(permission, a_pid_namespace_is_started_from_directly_around_it, TIMEOUT)
{
	int sv[2], waiting, started;
	pid_t creator;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	creator = fork();
	ASSERT_LE(0, creator);
	if (!creator) {
		waiting = container_create("waiting", CONTAINER_NEW_PID_NS);
		EXPECT_LE(0, waiting);
		EXPECT_TRUE(send_fd(sv[1], waiting));
		started = container_create("started", CONTAINER_NEW_PID_NS);
		EXPECT_LE(0, started);
		EXPECT_LT(0, container_spawn_idle(started));
		EXPECT_TRUE(send_fd(sv[1], started));
		pause_forever();
	}
	waiting = recv_fd(sv[0]);
	ASSERT_LE(0, waiting);
	started = recv_fd(sv[0]);
	ASSERT_LE(0, started);

	EXPECT_EQ(EINVAL, try_enter(waiting));
	EXPECT_EQ(0, try_enter(started));

	kill_and_reap(creator);
	EXPECT_EQ(EINVAL, try_enter(waiting));
	EXPECT_EQ(ECANCELED, try_enter(started));
	close(waiting);
	close(started);
}

TEST_F_TIMEOUT(permission, a_caller_in_another_pid_namespace_is_refused, TIMEOUT)
{
	int beside = container_create("beside", CONTAINER_NEW_PID_NS), own;
	pid_t pid;

	ASSERT_LE(0, beside);
	ASSERT_EQ(0, unshare(CLONE_NEWPID));

	/* Our own is still what it was, that of our children is not. */
	EXPECT_EQ(0, try_enter(self->cfd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(1, getpid());
		EXPECT_EQ(EINVAL, try_enter(self->cfd));
		EXPECT_EQ(EINVAL, try_enter(beside));
		own = container_create("own", 0);
		EXPECT_LE(0, own);
		EXPECT_EQ(0, try_enter(own));
		own = container_create("own", CONTAINER_NEW_PID_NS);
		EXPECT_LE(0, own);
		EXPECT_EQ(0, try_enter(own));

		/* Permission is looked at before that. */
		EXPECT_TRUE(become_user(1000));
		EXPECT_EQ(EPERM, try_enter(self->cfd));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, try_enter(beside));
	close(beside);
}

TEST_F_TIMEOUT(permission, state_is_told_to_who_may_enter_only, TIMEOUT)
{
	pid_t stuck = container_spawn_idle(self->cfd);
	struct freezer freezer;
	int cfd;

	ASSERT_LT(0, stuck);
	if (!freezer_init(&freezer))
		SKIP(return, "no cgroup v1 freezer");
	ASSERT_TRUE(freezer_freeze(&freezer, stuck));
	kill(self->init, SIGKILL);
	ASSERT_TRUE(poll_until(self->cfd, POLLIN));
	EXPECT_EQ(ECANCELED, try_enter(self->cfd));
	EXPECT_EQ(EPERM, enter_as(as_user, self->cfd));
	EXPECT_EQ(EPERM, enter_as(without_net_raw, self->cfd));
	EXPECT_EQ(EPERM, enter_as(in_mapped_user_ns, self->cfd));
	freezer_fini(&freezer);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(stuck));

	cfd = container_create("dead", 0);
	ASSERT_LE(0, cfd);
	EXPECT_EQ(0, try_enter(cfd));
	EXPECT_EQ(ECANCELED, try_enter(cfd));
	EXPECT_EQ(ECANCELED, try_enter(cfd));
	/* A dead one has no credentials left to compare with. */
	EXPECT_NE(0, enter_as(as_user, cfd));
	close(cfd);
}

TEST_HARNESS_MAIN
