// SPDX-License-Identifier: GPL-2.0
/*
 * What processes do that were put into a container, and their children. They know
 * that they live, so their container must not be dead.
 */
#include "fuzz.h"

#include <linux/reboot.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x80
#endif

static struct ring private_ring;

static void time_is_up(int sig)
{
	_exit(3);
}

/* SIGALRM would do nothing to the init of a PID namespace without a handler. */
static void limit_life(struct self *s, unsigned int ms)
{
	struct itimerval value = {};

	signal(SIGALRM, time_is_up);
	value.it_value.tv_sec = ms / 1000;
	value.it_value.tv_usec = (ms % 1000) * 1000;
	setitimer(ITIMER_REAL, &value, NULL);
}

/* No files but the standard ones. */
void forget_files(struct self *s)
{
	int i;

	for (i = 0; i < NR_HANDLES; i++)
		s->handles[i].fd = -1;
	for (i = 0; i < NR_NSFDS; i++)
		s->nsfds[i] = -1;
	s->proc = -1;
	s->epoll = -1;
	s->exe = -1;
	s->null = -1;
	s->path = -1;
	s->home = -1;
	s->inbox = -1;
	s->nr_outboxes = 0;
}

void fresh_self(struct self *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->random = seed;
	s->ring = &private_ring;
	forget_files(s);
}

static void become_member(struct self *s)
{
	char text[64];

	s->post = NULL;
	s->ring = &private_ring;
	s->member = true;
	s->moved = true;
	s->ordinary = false;
	s->has_timer = false;
	s->depth++;
	s->budget = 3 - s->depth;
	if (read_text("/proc/self/container", text, sizeof(text)) > 0)
		s->own = strtoull(text, NULL, 10);
}

/* Is @id that of our container, or of one around it? */
static bool around_us(struct self *s, uint64_t id)
{
	struct record *r;
	uint64_t c = s->own;

	while (c && c != id) {
		r = record_of(c);
		c = r ? load(&r->parent) : 0;
	}
	return c && c != shared->own;
}

/* What came along of the descriptors of who forked us. */
static void check_descriptors(struct self *s)
{
	struct record *r = record_of(s->own);
	unsigned int flags = r ? load(&r->flags) : 0;
	struct stat st;
	int i;

	if (flags & CONTAINER_CLOSE_FDS) {
		if (s->null > 2 && fcntl(s->null, F_GETFD) >= 0)
			violation(s, "descriptor %d is open after entry", s->null);
		forget_files(s);
		return;
	}
	for (i = 0; i < NR_HANDLES; i++) {
		struct handle *h = &s->handles[i];

		if (h->fd < 0)
			continue;
		h->below = below(h->id, s->own);
		if (fstat(h->fd, &st))
			h->fd = -1;
		else if (st.st_ino != h->id)
			violation(s, "descriptor %d is of %llu after entry, and was of %llu", h->fd,
				  (unsigned long long)st.st_ino, (unsigned long long)h->id);
		else if (around_us(s, h->id))
			violation(s, "descriptor %d of container %llu is open after entry", h->fd,
				  (unsigned long long)h->id);
	}
}

static void check_alive(struct self *s)
{
	if (dead_around(s->own, ~0U))
		violation(s, "we live, and our container is dead, or one around it");
	if (load(&shared->stop))
		_exit(0);
}

/* --- exec ------------------------------------------------------------------------- */

/* By a path from inside, by one from outside perhaps, or by a descriptor. */
int member_exec(struct self *s, int how)
{
	char seed[24], depth[8];
	char *const argv[] = { "container_fuzz", "member", shared->path, seed, depth, NULL };

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)(s->random ^ how));
	snprintf(depth, sizeof(depth), "%d", s->depth + !s->member);
	switch (how) {
	case 0:
		execve("/proc/self/exe", argv, environ);
		break;
	case 1:
		syscall(SYS_execveat, s->exe, "", argv, environ, AT_EMPTY_PATH);
		break;
	default:
		execve(shared->exe, argv, environ);
	}
	return 4;
}

static void op_exec(struct self *s)
{
	CALL(s, exec, 0, 0, 0, -member_exec(s, pick(s, 6)));
}

/* --- threads ---------------------------------------------------------------------- */

#define STACK_SIZE	(32 * 1024)

static char stacks[2][STACK_SIZE] __attribute__((aligned(16)));
static struct self *thread_self;

/* Nothing but system calls: the C library knows nothing of this thread. */
static int thread_main(void *arg)
{
	switch ((long)arg) {
	case 0:
		for (;;)
			syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	case 1:
		return 0;
	case 2:
		return member_exec(thread_self, 3);
	case 3:
		syscall(SYS_exit_group, 5);
		break;
	default:
		sched_yield();
	}
	return 0;
}

static void op_thread(struct self *s)
{
	static int nr;
	long what = pick(s, 5);

	if (nr == 2)
		return;
	thread_self = s;
	CALL(s, thread, what, 0, 0,
	     clone(thread_main, stacks[nr++] + STACK_SIZE, CLONE_VM | CLONE_FS | CLONE_FILES |
		   CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, (void *)what));
}

/* --- children --------------------------------------------------------------------- */

static void live(struct self *s) __attribute__((noreturn));

static long fork_member(struct self *s, unsigned long flags)
{
	uint64_t seed = random_next(&s->random);
	uint64_t own = s->own;
	long ret;

	if (s->budget <= 0 || s->depth > MAX_DEPTH || load(&shared->stop))
		return 0;
	s->budget--;
	ret = CALL(s, fork, flags, 0, 0, syscall(SYS_clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL));
	if (ret == 0) {
		become_member(s);
		s->random = seed;
		if (s->own != own)
			violation(s, "a child of a process in %llu", (unsigned long long)own);
		limit_life(s, 500 + pick(s, 2000));
		live(s);
	}
	return ret;
}

static void op_fork_member(struct self *s)
{
	fork_member(s, chance(s, 10) ? CLONE_PARENT : 0);
}

static void op_daemon(struct self *s)
{
	if (fork_member(s, 0) > 0)
		_exit(6);
}

static void op_vfork(struct self *s)
{
	struct entry *e;
	long ret;

	if (s->budget-- <= 0)
		return;
	e = call_begin(s, OP_fork, CLONE_VFORK, 0, 0);
	ret = syscall(SYS_clone, (unsigned long)(CLONE_VFORK | SIGCHLD), 0UL, 0UL, 0UL, 0UL);
	if (ret == 0)
		_exit(7);
	call_end(s, e, ret);
}

/* Two who wait for each other when they exit. */
static void op_trace_each_other(struct self *s)
{
	pid_t pid, parent = getpid();
	long ret;

	if (s->budget <= 0)
		return;
	pid = fork_member(s, 0);
	if (pid <= 0)
		return;
	ret = CALL(s, ptrace, pid, 1, 0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	if (ret)
		return;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_SEIZE, parent, 0, PTRACE_O_TRACEEXIT);
		limit_life(s, 1000);
		for (;;)
			pause();
	}
}

static void op_traced_child(struct self *s)
{
	int status, tries = 50;
	pid_t pid;

	if (s->budget-- <= 0)
		return;
	pid = syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
	if (pid == 0) {
		limit_life(s, 1000);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		kill(getpid(), SIGSTOP);
		_exit(8);
	}
	CALL(s, ptrace, pid, 2, 0, pid > 0 ? 0 : -1);
	while (pid > 0 && tries-- && waitpid(pid, &status, WNOHANG | WUNTRACED) == 0)
		sched_yield();
	if (pid > 0 && chance(s, 50))
		ptrace(PTRACE_CONT, pid, 0, 0);
}

/* --- others ----------------------------------------------------------------------- */

static void op_unshare(struct self *s)
{
	static const int flags[] = {
		CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP, CLONE_NEWUSER, CLONE_NEWPID,
		CLONE_NEWTIME, CLONE_NEWNS, CLONE_NEWUTS | CLONE_NEWUSER, CLONE_FILES,
		CLONE_NEWNET,
	};
	unsigned int n = ARRAY_LEN(flags) - (chance(s, 90) ? 1 : 0);
	int flag = flags[pick(s, n)];
	char text[64];

	CALL(s, unshare, flag, 0, 0, unshare(flag));
	if (read_text("/proc/self/container", text, sizeof(text)) > 0 &&
	    strtoull(text, NULL, 10) != s->own)
		violation(s, "our container is \"%s\" after unshare", text);
}

static void op_signal_self(struct self *s)
{
	static const int signals[] = { SIGSTOP, SIGTERM, SIGKILL, SIGSEGV, SIGTSTP };

	kill(getpid(), signals[pick(s, ARRAY_LEN(signals))]);
}

/* Pid 1, so of a PID namespace in which there are members only. */
static void op_pid_one(struct self *s)
{
	static const int signals[] = { SIGCONT, SIGSTOP, SIGTERM, SIGKILL };

	if (getpid() != 1)
		return;
	if (chance(s, 90))
		kill(-1, signals[pick(s, ARRAY_LEN(signals))]);
	else
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			chance(s, 50) ? LINUX_REBOOT_CMD_RESTART : LINUX_REBOOT_CMD_HALT, 0);
}

static void op_subreaper(struct self *s)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void op_handles(struct self *s)
{
	int n = 5 + pick(s, 20);

	while (n--) {
		handles_random(s);
		check_alive(s);
	}
}

static const struct {
	void (*fn)(struct self *s);
	unsigned int weight;
} choices[] = {
	{ op_handles, 80 }, { spawn_random, 30 }, { procfs_random, 10 },
	{ op_fork_member, 12 }, { op_daemon, 4 }, { op_vfork, 4 }, { op_thread, 8 },
	{ op_exec, 4 }, { op_unshare, 6 }, { op_signal_self, 3 }, { op_pid_one, 4 },
	{ op_traced_child, 4 }, { op_trace_each_other, 2 }, { op_subreaper, 2 },
};

static void member_random(struct self *s)
{
	unsigned int i, n, sum = 0;

	for (i = 0; i < ARRAY_LEN(choices); i++)
		sum += choices[i].weight;
	n = pick(s, sum);
	for (i = 0; n >= choices[i].weight; i++)
		n -= choices[i].weight;
	choices[i].fn(s);
}

static void live(struct self *s)
{
	int n = pick(s, 16);

	check_alive(s);
	while (n--) {
		member_random(s);
		check_alive(s);
	}
	switch (pick(s, 8)) {
	case 0:
	case 1:
	case 2:
		_exit(pick(s, 64));
	case 3:
		member_exec(s, pick(s, 6));
		break;
	case 4:
		/* The leader of a process that may have other threads. */
		op_thread(s);
		syscall(SYS_exit, 9);
	}
	for (;;) {
		pause();
		check_alive(s);
	}
}

void member_main(struct self *s, uint64_t id)
{
	become_member(s);
	if (s->own != id)
		violation(s, "we were put into container %llu", (unsigned long long)id);
	check_descriptors(s);
	limit_life(s, 500 + pick(s, 3000));
	live(s);
}

/* container_fuzz member PATH SEED DEPTH, in a container or in one in that. */
int member_exec_main(char **argv)
{
	int fd = open(argv[2], O_RDWR | O_CLOEXEC);
	struct self s;

	/* Who has gone to another mount namespace, or user namespace. */
	if (fd < 0)
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		return 0;
	close(fd);
	fresh_self(&s, strtoull(argv[3], NULL, 10));
	s.depth = atoi(argv[4]) - 1;
	become_member(&s);
	if (s.own == shared->own)
		violation(&s, "exec took us out of our container");
	CALL(&s, exec, 0, 0, 0, 0);
	s.proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	limit_life(&s, 500 + pick(&s, 3000));
	live(&s);
}

/* --- outside of all containers ---------------------------------------------------- */

/* A process that can go where a thread cannot, with copies of the descriptors. */
void stranger_main(struct self *s)
{
	static const int types[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWTIME,
				     CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS };
	int n = 20 + pick(s, 80);
	struct handle *h = some_handle(s);
	struct record before;
	long ret;

	s->post = NULL;
	s->ring = &private_ring;
	s->has_timer = false;
	s->nr_outboxes = 0;
	s->inbox = -1;
	limit_life(s, 4000);
	if (h && chance(s, 50)) {
		int type = types[pick(s, ARRAY_LEN(types))];

		s->moved = true;
		before = record_snapshot(h->id);
		ret = CALL(s, setns, h->fd, h->id, type, setns(h->fd, type));
		MAY_FAIL(s, "setns", ret, EPERM, EINVAL, ENOENT, ECANCELED, ENOMEM);
		must_be_usable(s, h, CONTAINER_RIGHT_ENTER, ret, "setns");
		if (!ret && before.dead)
			violation(s, "setns: container %llu was dead",
				  (unsigned long long)h->id);
		/* It is all-powerful in there. */
		if (!ret)
			s->ordinary = false;
	}
	while (n-- && !load(&shared->stop)) {
		if (chance(s, 90))
			handles_random(s);
		else
			procfs_random(s);
	}
	_exit(0);
}
