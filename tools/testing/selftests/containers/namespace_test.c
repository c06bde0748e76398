// SPDX-License-Identifier: GPL-2.0
/*
 * The namespaces, root and working directory of who enters a container: which
 * ones are new, which are the creator's, and who may ask for new ones.
 */
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <linux/nsfs.h>

#include "container_cgroup.h"
#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

#define NEW_BUT_USER	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			 CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS |		\
			 CONTAINER_NEW_TIME_NS)
#define NEW_ALL		(NEW_BUT_USER | CONTAINER_NEW_USER_NS)

static const struct {
	const char *name;
	unsigned int flag;	/* the one that makes it new */
} namespaces[] = {
	{ "mnt",		CONTAINER_NEW_FS_NS },
	{ "cgroup",		CONTAINER_NEW_CGROUP_NS },
	{ "uts",		CONTAINER_NEW_UTS_NS },
	{ "ipc",		CONTAINER_NEW_IPC_NS },
	{ "user",		CONTAINER_NEW_USER_NS },
	{ "pid",		CONTAINER_NEW_PID_NS },
	{ "pid_for_children",	CONTAINER_NEW_PID_NS },
	{ "net",		CONTAINER_NEW_NET_NS },
	{ "time",		CONTAINER_NEW_TIME_NS },
	{ "time_for_children",	CONTAINER_NEW_TIME_NS },
};

#define NR_NAMESPACES	ARRAY_SIZE(namespaces)

struct place {
	dev_t dev;
	ino_t ino;
	__u64 mnt_id;
};

/* What a process says of itself. */
struct report {
	__u64 ns[NR_NAMESPACES];
	struct place root, cwd, above;
	char cwd_path[64];
	bool root_is_mounted;	/* its mount is one of its mount namespace */
	pid_t pid;
	uid_t uid;
	gid_t gid;
	struct capabilities caps;
};

static bool get_place(const char *path, struct place *place)
{
	struct stat st;
	struct statx stx;

	if (stat(path, &st) || statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx))
		return false;
	place->dev = st.st_dev;
	place->ino = st.st_ino;
	place->mnt_id = stx.stx_mnt_id;
	return true;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->mnt_id == b->mnt_id;
}

/* Is the mount one that our mountinfo shows? */
static bool is_mounted(__u64 mnt_id)
{
	char line[1024];
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		found |= strtoull(line, NULL, 10) == mnt_id;
	if (f)
		fclose(f);
	return found;
}

static bool get_report(struct report *r)
{
	char path[64];
	struct stat st;
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < NR_NAMESPACES; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].name);
		if (stat(path, &st))
			return false;
		r->ns[i] = st.st_ino;
	}
	if (!get_place("/", &r->root) || !get_place(".", &r->cwd) ||
	    !get_place("/..", &r->above) || !get_capabilities(&r->caps) ||
	    !getcwd(r->cwd_path, sizeof(r->cwd_path)))
		return false;
	r->root_is_mounted = is_mounted(r->root.mnt_id);
	r->pid = getpid();
	r->uid = getuid();
	r->gid = getgid();
	return true;
}

static bool send_report(int fd)
{
	struct report r;

	return get_report(&r) && write(fd, &r, sizeof(r)) == sizeof(r);
}

/* The report of who enters the container, or of a child of his. */
static bool report_from(int cfd, bool from_child, struct report *r)
{
	bool got;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return false;
	pid = fork_into_container(cfd);
	if (pid == 0) {
		if (from_child) {
			pid = fork();
			if (pid)
				_exit(pid < 0 ? 1 : wait_for_exit(pid));
		}
		_exit(!send_report(p[1]));
	}
	close(p[1]);
	got = read(p[0], r, sizeof(*r)) == sizeof(*r);
	close(p[0]);
	return pid > 0 && wait_for_exit(pid) == 0 && got;
}

#define EXPECT_NAMESPACES(ours, theirs, flags) do {				\
	size_t __i;								\
										\
	for (__i = 0; __i < NR_NAMESPACES; __i++) {				\
		EXPECT_EQ(!!((flags) & namespaces[__i].flag),			\
			  (ours)->ns[__i] != (theirs)->ns[__i])			\
			TH_LOG("the %s namespace", namespaces[__i].name);	\
	}									\
} while (0)

/* Creates a container, and enters it for a report. */
static int create_and_report(unsigned int flags, struct report *r)
{
	int cfd = container_create("ns", flags | CONTAINER_KILL_ON_CLOSE);

	if (cfd >= 0 && !report_from(cfd, false, r)) {
		close(cfd);
		errno = EPROTO;
		return -1;
	}
	return cfd;
}

FIXTURE(flags)
{
	struct report outside;
};

FIXTURE_VARIANT(flags)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(flags, none) { .flags = 0 };
FIXTURE_VARIANT_ADD(flags, fs) { .flags = CONTAINER_NEW_FS_NS };
FIXTURE_VARIANT_ADD(flags, cgroup) { .flags = CONTAINER_NEW_CGROUP_NS };
FIXTURE_VARIANT_ADD(flags, uts) { .flags = CONTAINER_NEW_UTS_NS };
FIXTURE_VARIANT_ADD(flags, ipc) { .flags = CONTAINER_NEW_IPC_NS };
FIXTURE_VARIANT_ADD(flags, user) { .flags = CONTAINER_NEW_USER_NS };
FIXTURE_VARIANT_ADD(flags, pid) { .flags = CONTAINER_NEW_PID_NS };
FIXTURE_VARIANT_ADD(flags, net) { .flags = CONTAINER_NEW_NET_NS };
FIXTURE_VARIANT_ADD(flags, time) { .flags = CONTAINER_NEW_TIME_NS };
FIXTURE_VARIANT_ADD(flags, fs_pid) { .flags = CONTAINER_NEW_FS_NS | CONTAINER_NEW_PID_NS };
FIXTURE_VARIANT_ADD(flags, user_fs) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_FS_NS };
FIXTURE_VARIANT_ADD(flags, user_cgroup) {
	.flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_CGROUP_NS
};

FIXTURE_VARIANT_ADD(flags, user_uts) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_UTS_NS };
FIXTURE_VARIANT_ADD(flags, user_ipc) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_IPC_NS };
FIXTURE_VARIANT_ADD(flags, user_pid) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS };
FIXTURE_VARIANT_ADD(flags, user_net) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_NET_NS };
FIXTURE_VARIANT_ADD(flags, user_time) { .flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_TIME_NS };
FIXTURE_VARIANT_ADD(flags, all_but_user) { .flags = NEW_BUT_USER };
FIXTURE_VARIANT_ADD(flags, all) { .flags = NEW_ALL };

FIXTURE_SETUP(flags)
{
	ASSERT_TRUE(get_report(&self->outside));
}

FIXTURE_TEARDOWN(flags)
{
}

TEST_F_TIMEOUT(flags, exactly_the_flagged_namespaces_are_new, TIMEOUT)
{
	struct report inside, after;
	int cfd = create_and_report(variant->flags, &inside);

	ASSERT_LE(0, cfd)
		TH_LOG("%s", strerror(errno));
	EXPECT_NAMESPACES(&self->outside, &inside, variant->flags);

	/* The creator has not moved. */
	ASSERT_TRUE(get_report(&after));
	EXPECT_EQ(0, memcmp(&self->outside, &after, sizeof(after)));
	close(cfd);
}

TEST_F_TIMEOUT(flags, later_entrants_and_children_share_them, TIMEOUT)
{
	struct report first, second, child;
	pid_t init, pid;
	int cfd, p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	cfd = container_create("shared", variant->flags | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		if (!send_report(p[1]))
			_exit(1);
		pause_forever();
	}
	close(p[1]);
	ASSERT_EQ(sizeof(first), read(p[0], &first, sizeof(first)));
	ASSERT_TRUE(report_from(cfd, false, &second));
	ASSERT_TRUE(report_from(cfd, true, &child));

	EXPECT_NAMESPACES(&self->outside, &first, variant->flags);
	EXPECT_NAMESPACES(&first, &second, 0);
	EXPECT_NAMESPACES(&first, &child, 0);

	/* Another container has others. */
	pid = init;
	cfd = create_and_report(variant->flags, &second);
	ASSERT_LE(0, cfd);
	EXPECT_NAMESPACES(&first, &second, variant->flags);
	close(cfd);
	kill_and_reap(pid);
}

TEST_F_TIMEOUT(flags, an_ordinary_user_needs_a_user_namespace, TIMEOUT)
{
	struct report inside;
	int cfd;

	ASSERT_TRUE(become_user(1000));
	cfd = create_and_report(variant->flags, &inside);
	if (variant->flags & NEW_BUT_USER && !(variant->flags & CONTAINER_NEW_USER_NS)) {
		EXPECT_EQ(-1, cfd);
		EXPECT_EQ(EPERM, errno);
	} else {
		ASSERT_LE(0, cfd)
			TH_LOG("%s", strerror(errno));
		EXPECT_NAMESPACES(&self->outside, &inside, variant->flags);
	}
	close(cfd);
}

/* Root without CAP_SYS_ADMIN is an ordinary user here. */
TEST_F_TIMEOUT(flags, the_privilege_is_cap_sys_admin, TIMEOUT)
{
	bool refused = variant->flags & NEW_BUT_USER &&
		       !(variant->flags & CONTAINER_NEW_USER_NS);
	int cfd;

	ASSERT_TRUE(drop_capabilities(CAP_BIT(CAP_SYS_ADMIN)));
	cfd = container_create("nocap", variant->flags);
	if (refused) {
		EXPECT_EQ(-1, cfd);
		EXPECT_EQ(EPERM, errno);
	} else {
		EXPECT_LE(0, cfd);
	}
	close(cfd);
}

TEST_F_TIMEOUT(flags, new_namespaces_belong_to_the_user_namespace_inside, TIMEOUT)
{
	struct stat user, owner;
	char path[64];
	int cfd, fd, up;
	pid_t pid;
	size_t i;

	cfd = container_create("owner", variant->flags | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, stat("/proc/self/ns/user", &user));
		for (i = 0; i < NR_NAMESPACES; i++) {
			if (!(variant->flags & namespaces[i].flag) ||
			    namespaces[i].flag == CONTAINER_NEW_USER_NS)
				continue;
			snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].name);
			fd = open(path, O_RDONLY);
			EXPECT_LE(0, fd);
			up = ioctl(fd, NS_GET_USERNS);
			EXPECT_LE(0, up);
			EXPECT_EQ(0, fstat(up, &owner));
			EXPECT_EQ(user.st_ino, owner.st_ino)
				TH_LOG("%s", namespaces[i].name);
			close(fd);
			close(up);
		}
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

TEST_F_TIMEOUT(flags, root_and_cwd_are_the_containers_root, TIMEOUT)
{
	struct report inside, after;
	int cfd;

	ASSERT_EQ(0, chdir("/proc/self"));
	ASSERT_TRUE(get_report(&self->outside));
	cfd = create_and_report(variant->flags, &inside);
	ASSERT_LE(0, cfd);

	EXPECT_STREQ("/", inside.cwd_path);
	EXPECT_TRUE(same_place(&inside.root, &inside.cwd));
	EXPECT_TRUE(same_place(&inside.root, &inside.above));
	EXPECT_TRUE(inside.root_is_mounted);
	EXPECT_EQ(self->outside.root.dev, inside.root.dev);
	EXPECT_EQ(self->outside.root.ino, inside.root.ino);
	EXPECT_EQ(!!(variant->flags & CONTAINER_NEW_FS_NS),
		  self->outside.root.mnt_id != inside.root.mnt_id);

	/* The entrant's fs_struct was its own. */
	ASSERT_TRUE(get_report(&after));
	EXPECT_EQ(0, memcmp(&self->outside, &after, sizeof(after)));
	close(cfd);
}

FIXTURE(namespace)
{
	struct report outside;
};

FIXTURE_SETUP(namespace)
{
	ASSERT_TRUE(get_report(&self->outside));
}

FIXTURE_TEARDOWN(namespace)
{
}

TEST_F_TIMEOUT(namespace, pids_count_from_1_in_a_new_pid_namespace, TIMEOUT)
{
	struct report r;
	pid_t pid;
	int cfd;

	cfd = container_create("pids", CONTAINER_NEW_PID_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(1, getpid());
		EXPECT_EQ(0, getppid());
		pause_forever();
	}
	EXPECT_LT(1, pid);
	ASSERT_TRUE(report_from(cfd, false, &r));
	EXPECT_EQ(2, r.pid);
	ASSERT_TRUE(report_from(cfd, true, &r));
	EXPECT_EQ(4, r.pid);
	kill_and_reap(pid);
	close(cfd);
}

/*
 * As for a child of clone(2): what the caller unshared is for its children. But two
 * containers cannot both have the first process of a PID namespace.
 */
TEST_F_TIMEOUT(namespace, an_unshared_pid_namespace_is_inherited_once_started, TIMEOUT)
{
	struct report inside;
	pid_t first;
	int cfd;

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	EXPECT_EQ(-1, container_create("pid", CONTAINER_NEW_PID_NS));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, container_create("pid", 0));
	EXPECT_EQ(EINVAL, errno);

	first = fork();
	ASSERT_LE(0, first);
	if (!first)
		pause_forever();
	cfd = create_and_report(0, &inside);
	ASSERT_LE(0, cfd)
		TH_LOG("%s", strerror(errno));
	EXPECT_NAMESPACES(&self->outside, &inside, CONTAINER_NEW_PID_NS);
	EXPECT_EQ(2, inside.pid);
	close(cfd);
	kill_and_reap(first);
}

static long long monotonic_vdso(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static long long monotonic_syscall(void)
{
	struct timespec ts;

	syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

TEST_F_TIMEOUT(namespace, a_time_namespace_is_entered_for_real, TIMEOUT)
{
	static const unsigned int flags[] = { 0, CONTAINER_NEW_TIME_NS };
	const long long offset = 1000000;
	struct report inside;
	long long before;
	size_t i;
	pid_t pid;
	int cfd;

	/* Its offsets are frozen for whoever is in it. */
	cfd = container_create("time", CONTAINER_NEW_TIME_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_FALSE(write_file("/proc/self/timens_offsets", "monotonic 5000 0"));
		EXPECT_EQ(EACCES, errno);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);

	/* The offsets of the creator's children hold in there, in the vDSO, too. */
	ASSERT_EQ(0, unshare(CLONE_NEWTIME));
	ASSERT_TRUE(write_file("/proc/self/timens_offsets", "monotonic 1000000 0"));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		before = monotonic_syscall();
		cfd = container_create("time", flags[i] | CONTAINER_KILL_ON_CLOSE);
		ASSERT_LE(0, cfd);
		pid = fork_into_container(cfd);
		ASSERT_LE(0, pid);
		if (!pid) {
			EXPECT_LE(before + offset, monotonic_syscall());
			EXPECT_GT(before + 2 * offset, monotonic_syscall());
			EXPECT_LE(before + offset, monotonic_vdso());
			EXPECT_GT(before + 2 * offset, monotonic_vdso());
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		close(cfd);
		cfd = create_and_report(flags[i], &inside);
		ASSERT_LE(0, cfd);
		EXPECT_EQ(inside.ns[8], inside.ns[9]);
		EXPECT_NE(self->outside.ns[8], inside.ns[8]);
		close(cfd);
		EXPECT_GT(before + offset, monotonic_vdso());
	}
}

/* Only who is in a time namespace, or had a child in it, can set it no more. */
TEST_F_TIMEOUT(namespace, an_entry_leaves_the_callers_time_namespace_settable, TIMEOUT)
{
	int cfd = container_create("time", CONTAINER_KILL_ON_CLOSE);
	struct report inside;

	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, unshare(CLONE_NEWTIME));
	ASSERT_TRUE(report_from(cfd, false, &inside));
	EXPECT_EQ(self->outside.ns[8], inside.ns[8]);
	EXPECT_TRUE(write_file("/proc/self/timens_offsets", "monotonic 1000 0"));
	close(cfd);
}

TEST_F_TIMEOUT(namespace, a_new_user_namespace_has_no_ids_until_they_are_mapped, TIMEOUT)
{
	int cfd, to[2], from[2];
	struct capabilities caps;
	pid_t pid;

	ASSERT_EQ(0, pipe2(to, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(from, O_CLOEXEC));
	cfd = container_create("ids", CONTAINER_NEW_USER_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(65534, getuid());
		EXPECT_EQ(65534, geteuid());
		EXPECT_EQ(65534, getgid());
		EXPECT_TRUE(get_capabilities(&caps));
		EXPECT_EQ(self->outside.caps.permitted, caps.effective);
		tell(from[1]);
		hear(to[0]);
		EXPECT_EQ(0, getuid());
		EXPECT_EQ(0, getgid());
		EXPECT_EQ(0, setresuid(7, 7, 7));
		_exit(0);
	}
	ASSERT_TRUE(hear(from[0]));
	EXPECT_TRUE(map_ids(pid, 100));
	tell(to[1]);
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

TEST_F_TIMEOUT(namespace, a_user_namespace_is_refused_where_clone_refuses_it, TIMEOUT)
{
	char dir[] = "/tmp/chroot.XXXXXX";
	pid_t pid;

	/* to who is in a chroot */
	ASSERT_NE(NULL, mkdtemp(dir));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, chroot(dir));
		EXPECT_EQ(-1, container_create("chroot", CONTAINER_NEW_USER_NS));
		EXPECT_EQ(EPERM, errno);
		EXPECT_LE(0, container_create("chroot", 0));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, rmdir(dir));

	/* to who has an id that is not mapped */
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-1, container_create("unmapped", CONTAINER_NEW_USER_NS));
	EXPECT_EQ(EPERM, errno);
	EXPECT_LE(0, container_create("unmapped", CONTAINER_NEW_UTS_NS));
}

TEST_F_TIMEOUT(namespace, names_and_queues_stay_inside, TIMEOUT)
{
	struct utsname before, after;
	char line[256];
	int cfd, queue, lines = 0;
	key_t key = 0x6b737431;
	FILE *f;
	pid_t pid;

	ASSERT_EQ(0, uname(&before));
	queue = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, queue);
	cfd = container_create("inside", CONTAINER_KILL_ON_CLOSE | CONTAINER_NEW_UTS_NS |
			       CONTAINER_NEW_IPC_NS | CONTAINER_NEW_NET_NS);
	ASSERT_LE(0, cfd);
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, sethostname("inside", 6));
		EXPECT_EQ(-1, msgget(key, 0));
		EXPECT_EQ(ENOENT, errno);
		f = fopen("/proc/self/net/dev", "re");
		EXPECT_NE(NULL, f);
		while (f && fgets(line, sizeof(line), f))
			if (!strchr(line, '|')) {
				EXPECT_NE(NULL, strstr(line, "lo:"));
				lines++;
			}
		EXPECT_EQ(1, lines);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	ASSERT_EQ(0, uname(&after));
	EXPECT_STREQ(before.nodename, after.nodename);
	EXPECT_EQ(0, msgctl(queue, IPC_RMID, NULL));
	close(cfd);
}

TEST_F_TIMEOUT(namespace, mounts_stay_inside, TIMEOUT)
{
	char dir[] = "/tmp/mount.XXXXXX";
	struct stat before, after;
	pid_t pid;
	int cfd;

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, stat(dir, &before));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Whatever the machine's mounts propagate, ours do not. */
		EXPECT_EQ(0, unshare(CLONE_NEWNS));
		EXPECT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		cfd = container_create("mounts", CONTAINER_NEW_FS_NS | CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, cfd);
		pid = fork_into_container(cfd);
		if (!pid) {
			EXPECT_EQ(0, mount("inside", dir, "tmpfs", 0, NULL));
			EXPECT_EQ(0, stat(dir, &after));
			EXPECT_NE(before.st_dev, after.st_dev);
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		EXPECT_EQ(0, stat(dir, &after));
		EXPECT_EQ(before.st_dev, after.st_dev);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, rmdir(dir));
}

/* The creator's root at that time, wherever who enters has gone since. */
TEST_F_TIMEOUT(namespace, the_root_is_the_creators_at_create, TIMEOUT)
{
	static const unsigned int flags[] = { 0, CONTAINER_NEW_FS_NS };
	char dir[] = "/tmp/root.XXXXXX", path[64];
	struct stat jail, outside, st;
	int cfd[2], jailed[2];
	pid_t pid;
	size_t i;

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, stat(dir, &jail));
	ASSERT_EQ(0, stat("/", &outside));
	snprintf(path, sizeof(path), "%s/inside", dir);
	ASSERT_EQ(0, mkdir(path, 0755));

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		cfd[i] = container_create("free", flags[i] | CONTAINER_KILL_ON_CLOSE);
		ASSERT_LE(0, cfd[i]);
	}
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, chroot(dir));
		EXPECT_EQ(0, chdir("/inside"));
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			jailed[i] = container_create("jailed", flags[i] | CONTAINER_KILL_ON_CLOSE);
			EXPECT_LE(0, jailed[i]);
		}
		EXPECT_EQ(0, chroot("/inside"));

		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			pid = fork_into_container(cfd[i]);
			if (!pid) {
				EXPECT_EQ(0, stat("/", &st));
				EXPECT_EQ(outside.st_dev, st.st_dev);
				EXPECT_EQ(outside.st_ino, st.st_ino);
				_exit(0);
			}
			EXPECT_EQ(0, wait_for_exit(pid));

			pid = fork_into_container(jailed[i]);
			if (!pid) {
				EXPECT_EQ(0, stat(".", &st));
				EXPECT_EQ(jail.st_dev, st.st_dev);
				EXPECT_EQ(jail.st_ino, st.st_ino);
				EXPECT_EQ(0, stat("/..", &st));
				EXPECT_EQ(jail.st_ino, st.st_ino);
				EXPECT_EQ(0, access("/inside", F_OK));
				_exit(0);
			}
			EXPECT_EQ(0, wait_for_exit(pid));
		}
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, rmdir(path));
	EXPECT_EQ(0, rmdir(dir));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		close(cfd[i]);
}

/* Makes a tmpfs at @dir, with a file "new" in it, the root of this mount namespace. */
static bool new_root(const char *dir)
{
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("root", dir, "tmpfs", 0, NULL) && !chdir(dir) &&
	       !mkdir("old", 0755) && !mknod("new", S_IFREG | 0600, 0) &&
	       !syscall(__NR_pivot_root, ".", "old") && !chdir("/");
}

/* Is who enters at that root? */
static int enters_new_root(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(!access("new", F_OK) && !access("/new", F_OK));
	return pid < 0 ? -errno : wait_for_exit(pid);
}

TEST_F_TIMEOUT(namespace, a_new_root_of_the_creators_is_the_containers, TIMEOUT)
{
	char dir[] = "/tmp/pivot.XXXXXX";
	int inherited, copied;
	pid_t pid;

	ASSERT_NE(NULL, mkdtemp(dir));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWNS));
		/* Who still is where it was when it created them needs no privilege. */
		EXPECT_TRUE(drop_capabilities(CAP_BIT(CAP_SYS_CHROOT)));
		inherited = container_create("inherited", 0);
		EXPECT_LE(0, inherited);
		copied = container_create("copied", CONTAINER_NEW_FS_NS);
		EXPECT_LE(0, copied);
		EXPECT_TRUE(new_root(dir));
		EXPECT_EQ(1, enters_new_root(inherited));
		EXPECT_EQ(0, enters_new_root(copied));
		EXPECT_EQ(-1, chroot("/old"));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, rmdir(dir));
}

/* The same without pivot_root(), by moving the tmpfs onto the root. */
static bool moved_root(const char *dir)
{
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("root", dir, "tmpfs", 0, NULL) && !chdir(dir) &&
	       !mknod("new", S_IFREG | 0600, 0) &&
	       !mount(".", "/", NULL, MS_MOVE, NULL) && !chroot(".");
}

static void expect_new_root(struct __test_metadata *_metadata,
			    bool (*make_root)(const char *dir))
{
	char dir[] = "/tmp/pivot.XXXXXX";
	int cfd, other, up[2], down[2];
	pid_t init;

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, pipe2(up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	cfd = container_create("pivot", CONTAINER_NEW_FS_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	other = container_create("other", CONTAINER_NEW_FS_NS | CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, other);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		if (!hear(down[0]) || !make_root(dir) || !tell(up[1]))
			_exit(1);
		pause_forever();
	}
	close(up[1]);
	EXPECT_EQ(0, enters_new_root(cfd));
	ASSERT_TRUE(tell(down[1]));
	ASSERT_TRUE(hear(up[0]));
	EXPECT_EQ(1, enters_new_root(cfd));
	/* and nobody else's */
	EXPECT_EQ(0, enters_new_root(other));
	EXPECT_NE(0, access("/new", F_OK));
	kill_and_reap(init);
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	close(cfd);
	close(other);
	close(up[0]);
	close(down[0]);
	close(down[1]);
	EXPECT_TRUE(wait_until(!rmdir(dir)));
}

TEST_F_TIMEOUT(namespace, a_new_root_inside_is_for_those_who_enter_later, TIMEOUT)
{
	expect_new_root(_metadata, new_root);
}

TEST_F_TIMEOUT(namespace, a_mount_moved_onto_the_root_is_for_those_who_enter_later, TIMEOUT)
{
	expect_new_root(_metadata, moved_root);
}

TEST_F_TIMEOUT(namespace, limits_session_umask_and_priority_are_the_callers, TIMEOUT)
{
	struct rlimit limit = { 77, 78 }, rlim;
	pid_t pid, sid, pgrp;
	int cfd;

	cfd = container_create("caller", CONTAINER_NEW_FS_NS | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);

	/* Set after the container was created. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		sid = setsid();
		pgrp = getpgrp();
		umask(0123);
		EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		EXPECT_EQ(0, setpriority(PRIO_PROCESS, 0, 7));
		pid = fork_into_container(cfd);
		if (!pid) {
			EXPECT_EQ(sid, getsid(0));
			EXPECT_EQ(pgrp, getpgrp());
			EXPECT_EQ(0123, umask(0));
			EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &rlim));
			EXPECT_EQ(77, rlim.rlim_cur);
			EXPECT_EQ(78, rlim.rlim_max);
			EXPECT_EQ(7, getpriority(PRIO_PROCESS, 0));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		/* and the entrant's umask() was not ours */
		EXPECT_EQ(0123, umask(0));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(cfd);
}

/* The path of our cgroup as our cgroup namespace shows it. */
static char *own_cgroup(char *buf, size_t size)
{
	char *path;

	if (!read_file("/proc/self/cgroup", buf, size))
		return "?";
	path = strstr(buf, "0::");
	if (!path)
		return "?";
	path[strcspn(path, "\n")] = '\0';
	return path + 3;
}

TEST_F_TIMEOUT(namespace, a_cgroup_namespace_is_rooted_at_the_creators_cgroup, TIMEOUT)
{
	char one[128], two[128], buf[4096], name[128];
	int plain, rooted;
	pid_t init, pid;

	if (!cgroup2_root())
		SKIP(return, "no unified cgroup hierarchy");
	ASSERT_TRUE(cgroup2_make("ns_one", one, sizeof(one)));
	ASSERT_TRUE(cgroup2_make("ns_two", two, sizeof(two)));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(cgroup_move(one, getpid()));
		plain = container_create("plain", CONTAINER_KILL_ON_CLOSE);
		rooted = container_create("rooted", CONTAINER_NEW_CGROUP_NS |
					  CONTAINER_KILL_ON_CLOSE);
		EXPECT_LE(0, plain);
		EXPECT_LE(0, rooted);

		/* The cgroup itself is that of who forks. */
		EXPECT_TRUE(cgroup_move(two, getpid()));
		pid = fork_into_container(plain);
		if (!pid) {
			EXPECT_STREQ(strrchr(two, '/'), own_cgroup(buf, sizeof(buf)));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		init = fork_into_container(rooted);
		if (!init) {
			snprintf(name, sizeof(name), "/..%s", strrchr(two, '/'));
			EXPECT_STREQ(name, own_cgroup(buf, sizeof(buf)));
			pause_forever();
		}
		EXPECT_TRUE(cgroup_move(one, getpid()));
		pid = fork_into_container(rooted);
		if (!pid) {
			EXPECT_STREQ("/", own_cgroup(buf, sizeof(buf)));
			_exit(0);
		}
		EXPECT_EQ(0, wait_for_exit(pid));
		kill_and_reap(init);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_TRUE(wait_until(!rmdir(one) || errno != EBUSY));
	EXPECT_TRUE(wait_until(!rmdir(two) || errno != EBUSY));
	EXPECT_NE(0, access(one, F_OK));
	EXPECT_NE(0, access(two, F_OK));
}

#define USERNS_CLONE	"/proc/sys/kernel/unprivileged_userns_clone"

/* Debian's switch, which mainline does not have. */
FIXTURE(userns_clone)
{
	char before[16];
};

FIXTURE_SETUP(userns_clone)
{
	if (!read_file(USERNS_CLONE, self->before, sizeof(self->before)))
		SKIP(return, "no kernel.unprivileged_userns_clone");
	ASSERT_TRUE(write_file(USERNS_CLONE, "0"));
}

/* From outside of the test, which drops its privileges. */
FIXTURE_TEARDOWN_PARENT(userns_clone)
{
	EXPECT_TRUE(write_file(USERNS_CLONE, self->before));
}

TEST_F_TIMEOUT(userns_clone, off_refuses_user_namespaces_to_ordinary_users, TIMEOUT)
{
	struct report inside;
	int cfd;

	cfd = create_and_report(NEW_ALL, &inside);
	EXPECT_LE(0, cfd);
	close(cfd);

	ASSERT_TRUE(become_user(1000));
	EXPECT_EQ(-1, container_create("user", CONTAINER_NEW_USER_NS));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, container_create("user", NEW_ALL));
	EXPECT_EQ(EPERM, errno);
	cfd = create_and_report(0, &inside);
	EXPECT_LE(0, cfd);
	close(cfd);
}

TEST_F_TIMEOUT(userns_clone, off_is_told_after_the_limits, TIMEOUT)
{
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	ASSERT_TRUE(write_file("/proc/sys/user/max_containers", "0"));
	EXPECT_EQ(-1, container_create("user", CONTAINER_NEW_USER_NS));
	EXPECT_EQ(ENOSPC, errno);
	ASSERT_TRUE(write_file("/proc/sys/user/max_containers", "1"));
	EXPECT_EQ(-1, container_create("user", CONTAINER_NEW_USER_NS));
	EXPECT_EQ(EPERM, errno);
	EXPECT_LE(0, container_create("plain", 0));
}

TEST_F_TIMEOUT(userns_clone, on_allows_them, TIMEOUT)
{
	struct report inside;
	int cfd;

	ASSERT_TRUE(write_file(USERNS_CLONE, "1"));
	ASSERT_TRUE(become_user(1000));
	cfd = create_and_report(NEW_ALL, &inside);
	EXPECT_LE(0, cfd);
	close(cfd);
}

TEST_HARNESS_MAIN
