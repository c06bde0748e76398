// SPDX-License-Identifier: GPL-2.0
/*
 * container_create(2): what it refuses and in which order, what it takes, and
 * that a refused call leaves nothing behind.
 */
#include <limits.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

#define NAME_23		"abcdefghijklmnopqrstuvw"
#define NAME_24		"abcdefghijklmnopqrstuvwx"
#define NEW_NAMESPACES	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			 CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |		\
			 CONTAINER_NEW_NET_NS | CONTAINER_NEW_TIME_NS)
#define BOTH_FS		(CONTAINER_NEW_FS_NS | CONTAINER_NEW_EMPTY_FS_NS)
#define UNKNOWN_FLAG	0x80000000

static int create_raw(const char *name, unsigned int flags, unsigned long spare3,
		      unsigned long spare4, unsigned long spare5)
{
	return syscall(__NR_container_create, name, flags, spare3, spare4, spare5);
}

/* Closes what a call that should have failed returned; says how it failed. */
static int errno_of(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* A page with an inaccessible one behind it. */
static char *page_before_hole(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || munmap(page + size, size))
		return NULL;
	return page;
}

FIXTURE(create)
{
	char *hole;		/* where nothing is mapped */
	int fds;
	int containers;
};

FIXTURE_SETUP(create)
{
	char *page = page_before_hole();

	ASSERT_NE(NULL, page);
	self->hole = page + sysconf(_SC_PAGESIZE);
	self->fds = open_fds();
	ASSERT_LT(0, self->fds);
	self->containers = container_baseline();
	ASSERT_LT(0, self->containers);
}

/* Every test closes what it made, so whatever is more now has leaked. */
FIXTURE_TEARDOWN(create)
{
	EXPECT_EQ(self->fds, open_fds());
	EXPECT_EQ(self->containers, container_count());
}

TEST_F_TIMEOUT(create, spares_must_be_0, TIMEOUT)
{
	static const unsigned long bad[] = { 1, 0x80000000UL, ~0UL, ~0UL << 16 << 16 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(EINVAL, errno_of(create_raw("spare", 0, bad[i], 0, 0)));
		EXPECT_EQ(EINVAL, errno_of(create_raw("spare", 0, 0, bad[i], 0)));
		EXPECT_EQ(EINVAL, errno_of(create_raw("spare", 0, 0, 0, bad[i])));
	}
}

TEST_F_TIMEOUT(create, unknown_flags_are_refused, TIMEOUT)
{
	int bit;

	EXPECT_EQ(0xfff, CONTAINER__FLAG_MASK);
	for (bit = 0; bit < 32; bit++) {
		if (CONTAINER__FLAG_MASK & (1U << bit))
			continue;
		EXPECT_EQ(EINVAL, errno_of(container_create("flag", 1U << bit)))
			TH_LOG("flag bit %d", bit);
		EXPECT_EQ(EINVAL, errno_of(container_create("flag",
							    CONTAINER_NEW_UTS_NS | 1U << bit)))
			TH_LOG("flag bit %d", bit);
	}
	EXPECT_EQ(EINVAL, errno_of(container_create("flag", ~0U)));
}

TEST_F_TIMEOUT(create, a_copied_and_an_empty_mount_namespace_exclude_each_other, TIMEOUT)
{
	EXPECT_EQ(EINVAL, errno_of(container_create("fs", BOTH_FS)));
	EXPECT_EQ(EINVAL, errno_of(container_create("fs", BOTH_FS | CONTAINER_NEW_UTS_NS)));
}

TEST_F_TIMEOUT(create, bad_names_are_refused, TIMEOUT)
{
	const struct {
		const char *name;
		int error;
	} bad[] = {
		{ NULL,				EINVAL },
		{ "",				EINVAL },
		{ "/",				EINVAL },
		{ "/a",				EINVAL },
		{ "a/",				EINVAL },
		{ "a/b",			EINVAL },
		{ "..//",			EINVAL },
		{ "abcdefghijklmnopqrstuv/",	EINVAL },
		{ NAME_24,			ENAMETOOLONG },
		{ "/" NAME_23,			ENAMETOOLONG },
		{ NAME_24 NAME_24 NAME_24,	ENAMETOOLONG },
		{ (const char *)1,		EFAULT },
		{ self->hole,			EFAULT },
		{ (const char *)(~0UL << 12),	EFAULT },
		{ (const char *)(LONG_MAX & ~4095UL), EFAULT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].error, errno_of(container_create(bad[i].name, 0)))
			TH_LOG("name %zu", i);
	}
}

TEST_F_TIMEOUT(create, names_have_1_to_23_bytes, TIMEOUT)
{
	char buf[CONTAINER_ESCAPED_MAX];
	int len, fd;

	ASSERT_EQ(24, CONTAINER_NAME_MAX);
	for (len = 1; len < CONTAINER_NAME_MAX; len++) {
		const char *name = NAME_23 + 23 - len;

		fd = container_create(name, 0);
		ASSERT_LE(0, fd)
			TH_LOG("%d bytes: %s", len, strerror(errno));
		ASSERT_NE(NULL, fdinfo_field(fd, "Name:", buf, sizeof(buf)));
		EXPECT_STREQ(name, buf);
		close(fd);
	}
}

TEST_F_TIMEOUT(create, names_have_any_byte_but_a_slash, TIMEOUT)
{
	char name[2] = {};
	int byte;

	for (byte = 1; byte < 256; byte++) {
		name[0] = byte;
		EXPECT_EQ(byte == '/' ? EINVAL : 0, errno_of(container_create(name, 0)))
			TH_LOG("byte %d", byte);
	}
	EXPECT_EQ(0, errno_of(container_create(".", 0)));
	EXPECT_EQ(0, errno_of(container_create("..", 0)));
	EXPECT_EQ(0, errno_of(container_create(".init", 0)));
	EXPECT_EQ(0, errno_of(container_create("<current>", 0)));
}

TEST_F_TIMEOUT(create, a_name_may_end_where_the_memory_ends, TIMEOUT)
{
	char buf[CONTAINER_ESCAPED_MAX], *name;
	int len, fd;

	for (len = 1; len < CONTAINER_NAME_MAX; len++) {
		name = self->hole - len - 1;
		memcpy(name, NAME_23 + 23 - len, len + 1);
		fd = container_create(name, 0);
		ASSERT_LE(0, fd)
			TH_LOG("%d bytes: %s", len, strerror(errno));
		ASSERT_NE(NULL, fdinfo_field(fd, "Name:", buf, sizeof(buf)));
		EXPECT_STREQ(name, buf);
		close(fd);
	}

	/* The memory ends before the name does. */
	for (len = 1; len < CONTAINER_NAME_MAX; len++) {
		memset(self->hole - len, 'x', len);
		EXPECT_EQ(EFAULT, errno_of(container_create(self->hole - len, 0)))
			TH_LOG("%d bytes", len);
	}

	/* Too long whatever follows. */
	memset(self->hole - 24, 'x', 24);
	EXPECT_EQ(ENAMETOOLONG, errno_of(container_create(self->hole - 24, 0)));
}

/* Of two things that are wrong, the first in the documented order is told. */
TEST_F_TIMEOUT(create, errors_come_in_their_order, TIMEOUT)
{
	const struct {
		const char *name;
		unsigned int flags;
		unsigned long spare;
		int error;
	} bad[] = {
		/* spares, flags: before the name is looked at */
		{ self->hole,	0,				1, EINVAL },
		{ NAME_24,	0,				1, EINVAL },
		{ "name",	CONTAINER_NEW_EMPTY_FS_NS,	1, EINVAL },
		{ self->hole,	UNKNOWN_FLAG,			0, EINVAL },
		{ NAME_24,	UNKNOWN_FLAG,			0, EINVAL },
		{ "name",	UNKNOWN_FLAG | CONTAINER_NEW_EMPTY_FS_NS, 0, EINVAL },
		{ self->hole,	BOTH_FS,			0, EINVAL },
		{ NAME_24,	BOTH_FS,			0, EINVAL },
		/* the name: before what is not supported */
		{ NULL,		CONTAINER_NEW_EMPTY_FS_NS,	0, EINVAL },
		{ "",		CONTAINER_NEW_EMPTY_FS_NS,	0, EINVAL },
		{ "a/b",	CONTAINER_NEW_EMPTY_FS_NS,	0, EINVAL },
		{ self->hole,	CONTAINER_NEW_EMPTY_FS_NS,	0, EFAULT },
		{ NAME_24,	CONTAINER_NEW_EMPTY_FS_NS,	0, ENAMETOOLONG },
		{ "name",	CONTAINER_NEW_EMPTY_FS_NS,	0, EOPNOTSUPP },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].error, errno_of(create_raw(bad[i].name, bad[i].flags,
							    bad[i].spare, 0, 0)))
			TH_LOG("case %zu", i);
	}

	/* All of that comes before privilege. */
	ASSERT_TRUE(drop_capabilities(~0ULL));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].error, errno_of(create_raw(bad[i].name,
							    bad[i].flags | CONTAINER_NEW_UTS_NS,
							    bad[i].spare, 0, 0)))
			TH_LOG("case %zu, unprivileged", i);
	}
	EXPECT_EQ(EPERM, errno_of(container_create("name", CONTAINER_NEW_UTS_NS)));
}

TEST_F_TIMEOUT(create, limits_come_before_privilege, TIMEOUT)
{
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	ASSERT_TRUE(write_file("/proc/sys/user/max_containers", "0"));
	EXPECT_EQ(ENOSPC, errno_of(container_create("limit", 0)));
	ASSERT_TRUE(drop_capabilities(~0ULL));
	EXPECT_EQ(ENOSPC, errno_of(container_create("limit", 0)));
	EXPECT_EQ(ENOSPC, errno_of(container_create("limit", CONTAINER_NEW_UTS_NS)));
	EXPECT_EQ(EOPNOTSUPP, errno_of(container_create("limit", CONTAINER_NEW_EMPTY_FS_NS)));
	EXPECT_EQ(EINVAL, errno_of(container_create("lim/it", 0)));
}

TEST_F_TIMEOUT(create, an_empty_mount_namespace_is_not_supported_yet, TIMEOUT)
{
	EXPECT_EQ(EOPNOTSUPP, errno_of(container_create("empty", CONTAINER_NEW_EMPTY_FS_NS)));
	EXPECT_EQ(EOPNOTSUPP, errno_of(container_create("empty", CONTAINER__FLAG_MASK &
							~CONTAINER_NEW_FS_NS)));
	ASSERT_TRUE(become_user(1000));
	EXPECT_EQ(EOPNOTSUPP, errno_of(container_create("empty", CONTAINER_NEW_EMPTY_FS_NS)));
}

TEST_F_TIMEOUT(create, every_other_flag_is_supported, TIMEOUT)
{
	int bit;

	for (bit = 0; bit < 12; bit++) {
		if (1U << bit == CONTAINER_NEW_EMPTY_FS_NS)
			continue;
		EXPECT_EQ(0, errno_of(container_create("flag", 1U << bit)))
			TH_LOG("flag bit %d", bit);
	}
	EXPECT_EQ(0, errno_of(container_create("flags", CONTAINER__FLAG_MASK &
					       ~CONTAINER_NEW_EMPTY_FS_NS)));
}

TEST_F_TIMEOUT(create, the_lowest_free_descriptor_is_returned, TIMEOUT)
{
	int next = dup(0), fd[3], i;

	ASSERT_LE(0, next);
	close(next);
	for (i = 0; i < 3; i++) {
		fd[i] = container_create("lowest", 0);
		EXPECT_EQ(next + i, fd[i]);
	}
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

TEST_F_TIMEOUT(create, names_need_not_be_unique, TIMEOUT)
{
	int one = container_create("same", 0), two = container_create("same", 0);

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_LT(container_id(one), container_id(two));
	EXPECT_TRUE(container_listed(container_id(one)));
	EXPECT_TRUE(container_listed(container_id(two)));
	close(one);
	close(two);
}

TEST_F_TIMEOUT(create, needs_no_privilege_without_new_namespaces, TIMEOUT)
{
	unsigned int flags = CONTAINER__FLAG_MASK & ~NEW_NAMESPACES & ~CONTAINER_NEW_EMPTY_FS_NS;
	int bit;

	ASSERT_TRUE(become_user(1000));
	EXPECT_EQ(0, errno_of(container_create("user", 0)));
	EXPECT_EQ(0, errno_of(container_create("user", flags)));
	for (bit = 0; bit < 12; bit++) {
		if (!(flags & (1U << bit)))
			continue;
		EXPECT_EQ(0, errno_of(container_create("user", 1U << bit)))
			TH_LOG("flag bit %d", bit);
	}
}

/* Whatever fails often would show in the counts of the teardown. */
TEST_F_TIMEOUT(create, failures_leave_nothing_behind, TIMEOUT)
{
	struct rlimit limit, full;
	int i, next;

	for (i = 0; i < scaled(200); i++) {
		ASSERT_EQ(EINVAL, errno_of(create_raw("leak", NEW_NAMESPACES, 0, 0, 1)));
		ASSERT_EQ(EINVAL, errno_of(container_create("leak", UNKNOWN_FLAG)));
		ASSERT_EQ(EINVAL, errno_of(container_create("le/ak", NEW_NAMESPACES)));
		ASSERT_EQ(EFAULT, errno_of(container_create(self->hole, NEW_NAMESPACES)));
		ASSERT_EQ(ENAMETOOLONG, errno_of(container_create(NAME_24, NEW_NAMESPACES)));
		ASSERT_EQ(EOPNOTSUPP, errno_of(container_create("leak",
								CONTAINER_NEW_EMPTY_FS_NS)));
	}

	/* The descriptor table is full, but all else is in order. */
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	next = dup(0);
	close(next);
	full = limit;
	full.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	for (i = 0; i < scaled(100); i++)
		ASSERT_EQ(EMFILE, errno_of(container_create("leak", NEW_NAMESPACES)));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));

	ASSERT_TRUE(become_user(1000));
	for (i = 0; i < scaled(200); i++) {
		ASSERT_EQ(EPERM, errno_of(container_create("leak", CONTAINER_NEW_TIME_NS)));
		ASSERT_EQ(EPERM, errno_of(container_create("leak", NEW_NAMESPACES &
							   ~CONTAINER_NEW_USER_NS)));
	}
}

TEST_HARNESS_MAIN
