// SPDX-License-Identifier: GPL-2.0
/*
 * The security module hooks, as a BPF LSM sees and uses them. There is no libbpf
 * here: the programs are written out, and the ids that attaching needs are looked
 * up in the kernel's BTF.
 */
#include <sys/resource.h>

#include <linux/bpf.h>
#include <linux/btf.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

/* The errno of our policy, which nothing else gives. */
#define DENIED		EXFULL

/* What the permission hook is asked for (include/linux/container.h). */
#define MAY_ENTER	0x1
#define MAY_CONTROL	0x2

#define INSN(c, d, s, o, i)	((struct bpf_insn){ (c), (d), (s), (o), (i) })
#define MOV_REG(d, s)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_IMM(d, i)		INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define RSH_IMM(d, i)		INSN(BPF_ALU64 | BPF_RSH | BPF_K, d, 0, 0, i)
#define LOAD(d, s, o)		INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE_IMM32(d, o, i)	INSN(BPF_ST | BPF_MEM | BPF_W, d, 0, o, i)
#define ATOMIC_ADD(d, s)	INSN(BPF_STX | BPF_ATOMIC | BPF_DW, d, s, 0, BPF_ADD)
#define LOAD_IMM64_LOW(d, s, i)	INSN(BPF_LD | BPF_IMM | BPF_DW, d, s, 0, (__u32)(i))
#define LOAD_IMM64_HIGH(i)	INSN(0, 0, 0, 0, (__u64)(i) >> 32)
#define JUMP_IMM(op, d, i, o)	INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JUMP_REG(op, d, s, o)	INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define CALL(f)			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

struct btf {
	char *data;
	struct btf_type *types;
	size_t types_len;
	const char *strings;
};

static bool btf_read(struct btf *btf)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct btf_header *hdr;
	size_t len = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return false;
	btf->data = fstat(fd, &st) ? NULL : malloc(st.st_size);
	while (btf->data) {
		n = read(fd, btf->data + len, st.st_size - len);
		if (n <= 0)
			break;
		len += n;
	}
	close(fd);
	if (len < sizeof(*hdr))
		return false;
	hdr = (struct btf_header *)btf->data;
	btf->types = (struct btf_type *)(btf->data + hdr->hdr_len + hdr->type_off);
	btf->types_len = hdr->type_len;
	btf->strings = btf->data + hdr->hdr_len + hdr->str_off;
	return hdr->magic == BTF_MAGIC;
}

static struct btf_type *btf_next(struct btf_type *t)
{
	size_t vlen = BTF_INFO_VLEN(t->info), extra = 0;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		extra = sizeof(__u32);
		break;
	case BTF_KIND_ARRAY:
		extra = sizeof(struct btf_array);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		extra = vlen * sizeof(struct btf_member);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		extra = vlen * sizeof(struct btf_param);
		break;
	}
	return (struct btf_type *)((char *)(t + 1) + extra);
}

/* The id of a type; 0 if there is none. */
static int btf_find(struct btf *btf, int kind, const char *name, struct btf_type **type)
{
	struct btf_type *t = btf->types;
	int id;

	for (id = 1; (char *)t < (char *)btf->types + btf->types_len; id++) {
		if ((int)BTF_INFO_KIND(t->info) == kind &&
		    !strcmp(btf->strings + t->name_off, name)) {
			if (type)
				*type = t;
			return id;
		}
		t = btf_next(t);
	}
	return 0;
}

/* Where in struct container a member is; -1 if it is not known. */
static int btf_offset_of(struct btf *btf, const char *member)
{
	struct btf_member *m;
	struct btf_type *t;
	size_t i;

	if (!btf_find(btf, BTF_KIND_STRUCT, "container", &t))
		return -1;
	m = (struct btf_member *)(t + 1);
	for (i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (!strcmp(btf->strings + m[i].name_off, member))
			return BTF_MEMBER_BIT_OFFSET(m[i].offset) / 8;
	return -1;
}

static bool lsm_enabled(const char *name)
{
	char list[256], *lsm;

	if (!read_file("/sys/kernel/security/lsm", list, sizeof(list)))
		return false;
	for (lsm = strtok(list, ","); lsm; lsm = strtok(NULL, ","))
		if (!strcmp(lsm, name))
			return true;
	return false;
}

FIXTURE(lsm)
{
	struct btf btf;
	int containers;
	int fds;
};

FIXTURE_SETUP(lsm)
{
	if (!lsm_enabled("bpf"))
		SKIP(return, "the BPF LSM is not enabled");
	ASSERT_TRUE(btf_read(&self->btf));
	self->containers = container_baseline();
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(lsm)
{
	EXPECT_EQ(self->containers, container_count());
	EXPECT_EQ(self->fds, open_fds());
	free(self->btf.data);
}

/*
 * Attaches a program to a hook until the returned descriptor is closed. On an
 * error, -1 and errno: ENOENT if there is no such hook.
 */
static int attach(struct btf *btf, const char *hook, const struct bpf_insn *insns, size_t nr)
{
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_LSM,
		.expected_attach_type = BPF_LSM_MAC,
		.insns = (unsigned long)insns,
		.insn_cnt = nr,
		.license = (unsigned long)"GPL",
		.log_level = 1,
		.log_buf = (unsigned long)log,
		.log_size = sizeof(log),
	};
	char name[64];
	int prog, link, err;

	snprintf(name, sizeof(name), "bpf_lsm_%s", hook);
	attr.attach_btf_id = btf_find(btf, BTF_KIND_FUNC, name, NULL);
	if (!attr.attach_btf_id) {
		errno = ENOENT;
		return -1;
	}
	prog = bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0) {
		err = errno;
		fprintf(stderr, "# %s", log);
		errno = err;
		return -1;
	}
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = prog;
	link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	err = errno;
	close(prog);
	errno = err;
	return link;
}

/* Denies to create containers with any of @flags. */
static int deny_create(struct btf *btf, unsigned int flags)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_REG_2, BPF_REG_1, 8),
		JUMP_IMM(BPF_JSET, BPF_REG_2, flags, 2),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		MOV_IMM(BPF_REG_0, -DENIED),
		EXIT(),
	};

	return attach(btf, "container_alloc", insns, ARRAY_SIZE(insns));
}

/* Denies process @tgid one kind of access to container @id. */
static int deny(struct btf *btf, int access, pid_t tgid, __u64 id)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_REG_8, BPF_REG_1, 8),
		JUMP_IMM(BPF_JSET, BPF_REG_8, access, 1),
		JUMP_IMM(BPF_JA, 0, 0, 10),
		LOAD(BPF_REG_6, BPF_REG_1, 0),
		LOAD(BPF_REG_6, BPF_REG_6, btf_offset_of(btf, "id")),
		LOAD_IMM64_LOW(BPF_REG_7, 0, id),
		LOAD_IMM64_HIGH(id),
		JUMP_REG(BPF_JNE, BPF_REG_6, BPF_REG_7, 5),
		CALL(BPF_FUNC_get_current_pid_tgid),
		RSH_IMM(BPF_REG_0, 32),
		JUMP_IMM(BPF_JNE, BPF_REG_0, tgid, 2),
		MOV_IMM(BPF_REG_0, -DENIED),
		EXIT(),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};

	return attach(btf, "container_permission", insns, ARRAY_SIZE(insns));
}

/* The eight bytes that a name of seven characters is. */
static __u64 name_word(const char *name)
{
	__u64 word;

	memcpy(&word, name, sizeof(word));
	return word;
}

/*
 * Counts the calls of a hook for containers of a name of seven characters in slot
 * @slot of an array map. (Others may be on their way out.)
 */
static int count_calls(struct btf *btf, const char *hook, const char *name, int map, int slot)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_REG_6, BPF_REG_1, 0),
		LOAD(BPF_REG_6, BPF_REG_6, btf_offset_of(btf, "name")),
		LOAD_IMM64_LOW(BPF_REG_7, 0, name_word(name)),
		LOAD_IMM64_HIGH(name_word(name)),
		JUMP_REG(BPF_JNE, BPF_REG_6, BPF_REG_7, 9),
		STORE_IMM32(BPF_REG_10, -4, slot),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -4),
		LOAD_IMM64_LOW(BPF_REG_1, BPF_PSEUDO_MAP_FD, map),
		LOAD_IMM64_HIGH(0),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_1, 1),
		ATOMIC_ADD(BPF_REG_0, BPF_REG_1),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};

	return attach(btf, hook, insns, ARRAY_SIZE(insns));
}

static int array_map(int entries)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(__u32),
		.value_size = sizeof(__u64),
		.max_entries = entries,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static long long map_value(int map, __u32 key)
{
	__u64 value;
	union bpf_attr attr = {
		.map_fd = map,
		.key = (unsigned long)&key,
		.value = (unsigned long)&value,
	};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? -1 : (long long)value;
}

/* 0, or the errno; what was created is closed. */
static int create_errno(const char *name, unsigned int flags)
{
	int fd = container_create(name, flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int enter_errno(int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (!pid)
		_exit(0);
	return pid < 0 ? errno : wait_for_exit(pid);
}

TEST_F_TIMEOUT(lsm, every_hook_can_be_attached_to, TIMEOUT)
{
	static const char * const hooks[] = {
		"container_alloc", "container_free", "container_permission",
	};
	const struct bpf_insn allow[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	size_t i;
	int link;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		link = attach(&self->btf, hooks[i], allow, ARRAY_SIZE(allow));
		EXPECT_LE(0, link)
			TH_LOG("%s: %s", hooks[i], strerror(errno));
		EXPECT_EQ(0, create_errno("allow", 0));
		close(link);
	}
}

TEST_F_TIMEOUT(lsm, a_policy_may_deny_create, TIMEOUT)
{
	int link = deny_create(&self->btf, CONTAINER_NEW_UTS_NS | CONTAINER_CLOSE_FDS), i;

	ASSERT_LE(0, link)
		TH_LOG("%s", strerror(errno));
	for (i = 0; i < scaled(100); i++) {
		ASSERT_EQ(DENIED, create_errno("denied", CONTAINER_NEW_UTS_NS));
		ASSERT_EQ(DENIED, create_errno("denied", CONTAINER_CLOSE_FDS |
					       CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS));
		ASSERT_EQ(0, create_errno("allowed", CONTAINER_NEW_IPC_NS));
	}

	/* What is wrong anyway is not the policy's concern. */
	EXPECT_EQ(EINVAL, create_errno("de/nied", CONTAINER_NEW_UTS_NS));
	EXPECT_EQ(EOPNOTSUPP, create_errno("denied", CONTAINER_NEW_UTS_NS |
					   CONTAINER_NEW_EMPTY_FS_NS));
	close(link);
	EXPECT_EQ(0, create_errno("allowed", CONTAINER_NEW_UTS_NS));
}

TEST_F_TIMEOUT(lsm, what_is_denied_is_not_charged, TIMEOUT)
{
	int link = deny_create(&self->btf, CONTAINER_NEW_UTS_NS), i;
	pid_t pid;

	ASSERT_LE(0, link);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWUSER));
		EXPECT_TRUE(write_file("/proc/sys/user/max_containers", "2"));
		for (i = 0; i < 10; i++)
			EXPECT_EQ(DENIED, create_errno("denied", CONTAINER_NEW_UTS_NS));
		EXPECT_LE(0, container_create("one", 0));
		EXPECT_LE(0, container_create("two", 0));
		EXPECT_EQ(ENOSPC, create_errno("three", 0));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(link);
}

TEST_F_TIMEOUT(lsm, a_policy_may_deny_entry_to_a_container_by_its_id, TIMEOUT)
{
	int cfd = container_create("denied", CONTAINER_NEW_PID_NS);
	int other = container_create("allowed", CONTAINER_NEW_PID_NS);
	char state[16];
	pid_t pid;
	int link;

	ASSERT_LE(0, cfd);
	ASSERT_LE(0, other);
	ASSERT_LE(0, btf_offset_of(&self->btf, "id"));
	link = deny(&self->btf, MAY_ENTER, getpid(), container_id(cfd));
	ASSERT_LE(0, link)
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(DENIED, enter_errno(cfd));
	EXPECT_EQ(DENIED, enter_errno(cfd));
	EXPECT_EQ(0, enter_errno(other));

	/* The container waits for its init still, */
	EXPECT_EQ(0, fdinfo_number(cfd, "Processes:"));
	ASSERT_NE(NULL, fdinfo_field(cfd, "State:", state, sizeof(state)));
	EXPECT_STREQ("new", state);

	/* who does not ask for permission in vain is not denied anything, */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_EQ(EPERM, enter_errno(cfd));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	close(link);

	/* and the first one that is let in is pid 1. */
	pid = fork_into_container(cfd);
	ASSERT_LE(0, pid);
	if (!pid) {
		if (getpid() != 1)
			_exit(1);
		pause_forever();
	}

	/* So it is for those that come later. */
	link = deny(&self->btf, MAY_ENTER, getpid(), container_id(cfd));
	ASSERT_LE(0, link);
	EXPECT_EQ(DENIED, enter_errno(cfd));
	EXPECT_EQ(1, fdinfo_number(cfd, "Processes:"));
	close(link);
	EXPECT_EQ(0, enter_errno(cfd));
	kill_and_reap(pid);
	close(cfd);
	close(other);
}

/* Whatever is not an entry, and is more than a look at it. */
TEST_F_TIMEOUT(lsm, a_policy_may_deny_control_of_a_container_by_its_id, TIMEOUT)
{
	int cfd = container_create("denied", CONTAINER_FD_CLOEXEC), dead = container_dead(0);
	int fresh = container_create("unstarted", CONTAINER_FD_CLOEXEC);
	int links[3], ns = ns_open(0, "uts"), fd, i;
	pid_t init = container_spawn_idle(cfd);
	struct container_info info;

	ASSERT_LT(0, init);
	ASSERT_LE(0, dead);
	ASSERT_LE(0, fresh);
	links[0] = deny(&self->btf, MAY_CONTROL, getpid(), container_id(cfd));
	links[1] = deny(&self->btf, MAY_CONTROL, getpid(), container_id(dead));
	links[2] = deny(&self->btf, MAY_CONTROL, getpid(), container_id(fresh));
	for (i = 0; i < 3; i++)
		ASSERT_LE(0, links[i])
			TH_LOG("%s", strerror(errno));
	EXPECT_EQ(DENIED, ERRNO(container_kill(cfd, 0, SIGKILL)));
	EXPECT_EQ(DENIED, ERRNO(container_kill(cfd, 0, SIGTERM)));
	EXPECT_EQ(DENIED, ERRNO(container_kill(cfd, 1, SIGTERM)));
	EXPECT_EQ(DENIED, ERRNO(container_kill(cfd, 1, 0)));
	EXPECT_EQ(DENIED, ERRNO(container_wait(cfd, NULL, WNOHANG, NULL)));
	EXPECT_EQ(DENIED, ERRNO(container_wait(cfd, NULL, 0, NULL)));
	EXPECT_EQ(DENIED, ERRNO_FD(container_socket(cfd, AF_UNIX, SOCK_STREAM, 0)));
	EXPECT_EQ(DENIED, ERRNO(container_set_ns(cfd, ns)));
	EXPECT_EQ(DENIED, ERRNO(container_set_ns(fresh, ns)));
	/* It comes before the state. */
	EXPECT_EQ(DENIED, ERRNO(container_wait(dead, NULL, 0, NULL)));
	EXPECT_EQ(DENIED, ERRNO(container_kill(dead, 0, SIGKILL)));
	/* Who does not control it gets a descriptor to observe with. */
	fd = container_open(container_id(cfd));
	EXPECT_EQ(CONTAINER_RIGHT_OBSERVE, container_rights(fd));
	close(fd);
	/* Nothing else is denied. */
	EXPECT_TRUE(container_info(cfd, &info));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, info.state);
	EXPECT_EQ(0, try_enter(cfd));
	EXPECT_EQ(0, try_clone(cfd));
	EXPECT_EQ(0, try_setns(cfd, CLONE_NEWUTS));
	EXPECT_EQ(0, ERRNO_FD(container_get_ns(cfd, CLONE_NEWUTS)));
	for (i = 0; i < 3; i++)
		close(links[i]);
	EXPECT_EQ(0, container_set_ns(fresh, ns));
	EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(0, container_wait(cfd, NULL, 0, NULL));
	close(ns);
	close(cfd);
	close(dead);
	close(fresh);
}

/* The same for each way to enter, of which the namespaces are one. */
TEST_F_TIMEOUT(lsm, a_policy_may_deny_every_way_in, TIMEOUT)
{
	int cfd = container_create("denied", CONTAINER_FD_CLOEXEC), link;
	pid_t init = container_spawn_idle(cfd);

	ASSERT_LT(0, init);
	link = deny(&self->btf, MAY_ENTER, getpid(), container_id(cfd));
	ASSERT_LE(0, link);
	EXPECT_EQ(DENIED, try_enter(cfd));
	EXPECT_EQ(DENIED, try_clone(cfd));
	/* This one is called by the process itself. */
	EXPECT_EQ(DENIED, ERRNO(setns(cfd, CLONE_NEWUTS)));
	EXPECT_EQ(DENIED, ERRNO_FD(container_get_ns(cfd, CLONE_NEWUTS)));
	EXPECT_EQ(0, container_kill(cfd, 0, 0));
	EXPECT_EQ(1, fdinfo_number(cfd, "Processes:"));
	close(link);
	kill_and_reap(init);
	close(cfd);
}

/* Whatever a module attaches to a container, it is told when to free it. */
TEST_F_TIMEOUT(lsm, every_alloc_is_followed_by_one_free, TIMEOUT)
{
	int map = array_map(2), alloc, free, i;
	struct rlimit limit, full;
	char name[8];
	pid_t pid;

	ASSERT_LE(0, map);
	snprintf(name, sizeof(name), "c%06x", getpid() & 0xffffff);
	free = count_calls(&self->btf, "container_free", name, map, 1);
	ASSERT_LE(0, free)
		TH_LOG("%s", strerror(errno));
	alloc = count_calls(&self->btf, "container_alloc", name, map, 0);
	ASSERT_LE(0, alloc)
		TH_LOG("%s", strerror(errno));

	/* unstarted ones, those that ran, and those that failed half-way */
	for (i = 0; i < 10; i++) {
		int cfd = container_create(name, CONTAINER_NEW_UTS_NS);

		ASSERT_LE(0, cfd);
		if (i % 2)
			EXPECT_EQ(0, enter_errno(cfd));
		EXPECT_EQ(i + 1, map_value(map, 0));
		close(cfd);
	}
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	full = limit;
	full.rlim_cur = dup(0);
	close(full.rlim_cur);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	EXPECT_EQ(EMFILE, create_errno(name, 0));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_TRUE(become_user(1000));
		EXPECT_EQ(EPERM, create_errno(name, CONTAINER_NEW_UTS_NS));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));

	EXPECT_EQ(12, map_value(map, 0));
	EXPECT_TRUE(wait_until(map_value(map, 1) == 12))
		TH_LOG("%lld frees", map_value(map, 1));
	close(alloc);
	close(free);
	close(map);
}

/* Those that did not deny it have something to free, too. */
TEST_F_TIMEOUT(lsm, what_is_denied_is_freed_once, TIMEOUT)
{
	int map = array_map(2), free, last, link, i;
	char name[8], barrier[8];

	ASSERT_LE(0, map);
	snprintf(name, sizeof(name), "d%06x", getpid() & 0xffffff);
	snprintf(barrier, sizeof(barrier), "b%06x", getpid() & 0xffffff);
	free = count_calls(&self->btf, "container_free", name, map, 0);
	ASSERT_LE(0, free);
	last = count_calls(&self->btf, "container_free", barrier, map, 1);
	ASSERT_LE(0, last);
	link = deny_create(&self->btf, CONTAINER_NEW_UTS_NS);
	ASSERT_LE(0, link);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(DENIED, create_errno(name, CONTAINER_NEW_UTS_NS));
	EXPECT_TRUE(wait_until(map_value(map, 0) == 5))
		TH_LOG("%lld frees", map_value(map, 0));

	/* When a later one has been freed, all have. */
	EXPECT_EQ(0, create_errno(barrier, 0));
	EXPECT_TRUE(wait_until(map_value(map, 1) == 1));
	EXPECT_EQ(5, map_value(map, 0));
	close(link);
	close(last);
	close(free);
	close(map);
}

TEST_HARNESS_MAIN
