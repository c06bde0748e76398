// SPDX-License-Identifier: GPL-2.0
/*
 * When a container dies, everything in it dies: whoever that is, however deep it
 * sits, whatever it is doing, and whether it was forked or entered before,
 * after or while.
 *
 * Every test runs as pid 1 of a sandbox. A survivor would be a child of it, or
 * of a child of it, so that waiting for all children proves that there is none.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/ptrace.h>

#include "container_cgroup.h"
#include "process_util.h"
#include "../kselftest_harness.h"

#define EXIT_CODE	7
#define HELPER_NAME	"helper"

#define ALL_NAMESPACES	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			 CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |		\
			 CONTAINER_NEW_NET_NS | CONTAINER_NEW_TIME_NS)

/* How a container comes to its end. */
enum end {
	INIT_KILLED,
	INIT_EXITS,
	DESCRIPTOR_CLOSED,
};

/* What a member does; it tells @fd, or has somebody tell, once it is ready. */
typedef void (*member_fn)(int fd);

/* A container to be killed, and the way to put members into it. */
struct zoo {
	int cfd;
	pid_t init;
	int orders;	/* to init */
	int ready;	/* our end of the pair on which members tell */
	int theirs;	/* their end */
	int containers;	/* how many there were before */
};

static void be_member(member_fn fn, int fd)
{
	/* Whatever a member forks and forgets is to vanish. */
	signal(SIGCHLD, SIG_IGN);
	fn(fd);
	tell(fd);
	pause_forever();
}

/* init: forks a member for each function that it is sent, exits on NULL. */
static void be_init(int orders, int fd)
{
	member_fn fn;

	signal(SIGCHLD, SIG_IGN);
	while (read(orders, &fn, sizeof(fn)) == sizeof(fn) && fn)
		if (fork() == 0)
			be_member(fn, fd);
	_exit(EXIT_CODE);
}

static bool zoo_open(struct zoo *zoo, unsigned int flags)
{
	int orders[2], sv[2];

	zoo->containers = container_count();
	if (pipe2(orders, O_CLOEXEC) || !pid_socketpair(sv))
		return false;
	zoo->orders = orders[1];
	zoo->ready = sv[0];
	zoo->theirs = sv[1];
	zoo->cfd = container_create("zoo", flags | CONTAINER_KILL_ON_CLOSE |
				    CONTAINER_FD_CLOEXEC);
	if (zoo->cfd < 0)
		return false;
	zoo->init = fork_into_container(zoo->cfd);
	if (zoo->init == 0)
		be_init(orders[0], zoo->theirs);
	close(orders[0]);
	return zoo->init > 0;
}

static pid_t zoo_send_in(struct zoo *zoo, member_fn fn)
{
	pid_t pid = fork_into_container(zoo->cfd);

	if (pid == 0)
		be_member(fn, zoo->theirs);
	return pid;
}

/* Has init fork a member. */
static bool zoo_order(struct zoo *zoo, member_fn fn)
{
	return write(zoo->orders, &fn, sizeof(fn)) == sizeof(fn);
}

/*
 * One member that init forks and one that enters from outside. Waits until all
 * are ready: @tells is how often each of the two has told by then.
 */
static bool populate(struct zoo *zoo, member_fn fn, int tells)
{
	return zoo_order(zoo, fn) && zoo_send_in(zoo, fn) > 0 &&
	       hear_times(zoo->ready, 2 * tells);
}

static bool populate_times(struct zoo *zoo, member_fn fn, int times)
{
	while (times-- > 0)
		if (!populate(zoo, fn, 1))
			return false;
	return true;
}

static bool zoo_end(struct zoo *zoo, enum end end)
{
	switch (end) {
	case INIT_KILLED:
		return !kill(zoo->init, SIGKILL);
	case INIT_EXITS:
		return zoo_order(zoo, NULL);
	case DESCRIPTOR_CLOSED:
		return !close(zoo->cfd);
	}
	return false;
}

/* Nobody has been waited for yet, and nobody needs to be. */
static bool zoo_hangs_up(struct zoo *zoo, enum end end)
{
	return end == DESCRIPTOR_CLOSED ||
	       poll_until(zoo->cfd, POLLIN | POLLHUP);
}

/* Everybody is gone, down to the last zombie, and so is the container. */
static bool zoo_is_empty(struct zoo *zoo)
{
	return reap_all() >= 0 && is_alone() &&
	       container_count() == zoo->containers;
}

static void zoo_close(struct zoo *zoo, enum end end)
{
	close(zoo->orders);
	close(zoo->ready);
	close(zoo->theirs);
	if (end != DESCRIPTOR_CLOSED)
		close(zoo->cfd);
}

#define EXPECT_DEATH(zoo_, end_) do {					\
	struct zoo *z_ = (zoo_);					\
	enum end e_ = (end_);						\
									\
	EXPECT_TRUE(zoo_end(z_, e_));					\
	EXPECT_TRUE(zoo_hangs_up(z_, e_));				\
	EXPECT_TRUE(zoo_is_empty(z_));					\
} while (0)

/* --- members ----------------------------------------------------------------- */

static void idler(int fd)
{
}

static void daemons(int fd)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (fork())
			continue;
		setsid();
		if (fork())
			_exit(EXIT_SUCCESS);
		tell(fd);
		pause_forever();
	}
}

#define DAEMONS_TELL	4

static void siblings(int fd)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (raw_fork(CLONE_PARENT))
			continue;
		tell(fd);
		pause_forever();
	}
}

#define SIBLINGS_TELL	4

/* Two that wait for a child each in vfork(), and one that lets them wait. */
static void vforker(int fd)
{
	if (vfork() == 0) {
		if (vfork() == 0) {
			tell(fd);
			pause_forever();
		}
		_exit(EXIT_FAILURE);
	}
}

#define VFORKER_TELLS	1

static void stopped(int fd)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		pid = fork();
		if (pid == 0) {
			raise(SIGSTOP);
			pause_forever();
		}
		waitpid(pid, &status, WUNTRACED);
	}
	tell(fd);
	raise(SIGSTOP);
}

#define STOPPED_TELLS	1

/* A child that stopped for its tracer, and one that runs traced. */
static void tracer(int fd)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGUSR1);
		pause_forever();
	}
	waitpid(pid, &status, 0);

	pid = fork();
	if (pid == 0)
		pause_forever();
	ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);

	pid = fork();
	if (pid == 0)
		pause_forever();
	ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, &status, 0);
}

static void *pausing_thread(void *arg)
{
	pause_forever();
}

/* Two that trace each other: neither would let the other exit. */
static void mutual(int fd)
{
	pid_t self = getpid(), pid;
	pthread_t thread;
	int pipefd[2];

	if (pipe(pipefd))
		return;
	pid = fork();
	if (pid == 0) {
		pthread_create(&thread, NULL, pausing_thread, NULL);
		if (!ptrace(PTRACE_SEIZE, self, 0, PTRACE_O_TRACEEXIT))
			tell(pipefd[1]);
		pause_forever();
	}
	close(pipefd[1]);
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) ||
	    !hear(pipefd[0]))
		_exit(EXIT_FAILURE);
}

static void *blocked_thread(void *arg)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static int never[2];
	sigset_t set;

	switch ((long)arg % 4) {
	case 0:
		pthread_mutex_lock(&mutex);
		pthread_mutex_lock(&mutex);
		break;
	case 1:
		if (!pipe(never))
			hear(never[0]);
		break;
	case 2:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigwaitinfo(&set, NULL);
		break;
	case 3:
		for (;;)
			sched_yield();
	}
	return NULL;
}

static void threads(int fd)
{
	pthread_t thread;
	long i;

	for (i = 0; i < 15; i++)
		pthread_create(&thread, NULL, blocked_thread, (void *)i);
}

/* Deaf to everything, init of a PID namespace of its own, with a child there. */
static void deaf(int fd)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	if (unshare(CLONE_NEWPID))
		return;
	if (fork() == 0) {
		if (fork() == 0)
			tell(fd);
		tell(fd);
		pause_forever();
	}
}

#define DEAF_TELL	3

/* An idle nested container that has not been started, and one that has died. */
static void make_lifeless(void)
{
	int cfd;
	pid_t pid;

	container_create("unstarted", CONTAINER_NEW_UTS_NS);
	cfd = container_create("dead", 0);
	pid = container_spawn_idle(cfd);
	kill_and_reap(pid);
}

/* Containers in containers, each with an init, another member and a daemon. */
static void nest(int fd, int depth)
{
	int cfd;

	make_lifeless();
	if (depth == 0)
		return;
	/* Without KILL_ON_CLOSE, and one with a PID namespace among them. */
	cfd = container_create("nested", depth == 2 ? CONTAINER_NEW_PID_NS : 0);
	if (fork_into_container(cfd) == 0) {
		nest(fd, depth - 1);
		tell(fd);
		pause_forever();
	}
	if (fork_into_container(cfd) == 0) {
		if (fork())
			_exit(EXIT_SUCCESS);
		setsid();
		tell(fd);
		pause_forever();
	}
	/* The middle one is held by nobody. */
	if (depth == 2)
		close(cfd);
}

static void nester(int fd)
{
	nest(fd, 3);
}

#define NESTER_TELLS	7

static void *exec_thread(void *arg)
{
	char *argv[3];

	argv[0] = HELPER_NAME;
	argv[1] = arg;
	argv[2] = NULL;
	execv(own_path(), argv);
	_exit(EXIT_FAILURE);
}

/* Execs itself for ever, each time from another thread than the leader. */
static void exec_for_ever(int fd)
{
	char fd_arg[16];
	pthread_t thread;
	int i;

	snprintf(fd_arg, sizeof(fd_arg), "%d", fd);
	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, pausing_thread, NULL);
	pthread_create(&thread, NULL, exec_thread, fd_arg);
	pause_forever();
}

static void execer(int fd)
{
	exec_for_ever(dup(fd));
}

/* helper FD: exec_for_ever(), which tells once in each life. */
static int helper_main(char **argv)
{
	int fd = atoi(argv[1]);

	send(fd, "", 1, MSG_DONTWAIT);
	exec_for_ever(fd);
	return EXIT_FAILURE;
}

/* --- everything dies --------------------------------------------------------- */

FIXTURE(die)
{
	struct zoo zoo;
};

FIXTURE_VARIANT(die)
{
	unsigned int flags;
	enum end end;
};

FIXTURE_VARIANT_ADD(die, no_ns_init_killed)
{
	.flags = 0,
	.end = INIT_KILLED,
};

FIXTURE_VARIANT_ADD(die, all_ns_closed)
{
	.flags = ALL_NAMESPACES,
	.end = DESCRIPTOR_CLOSED,
};

FIXTURE_SETUP(die)
{
	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(zoo_open(&self->zoo, variant->flags));
}

FIXTURE_TEARDOWN(die)
{
	zoo_close(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, init_alone, PROCESS_TEST_TIMEOUT)
{
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, idle_members, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, idler, 1));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, daemons, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, daemons, DAEMONS_TELL));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, clone_parent_children, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, siblings, SIBLINGS_TELL));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, vfork_children_and_their_fathers, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, vforker, VFORKER_TELLS));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, stopped_members, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, stopped, STOPPED_TELLS));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, members_traced_from_inside, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, tracer, 1));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, members_tracing_each_other, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, mutual, 1));
	EXPECT_DEATH(&self->zoo, variant->end);
}

/* We trace one, a bystander who never looks traces another; all want to know. */
TEST_F_TIMEOUT(die, members_traced_from_outside, PROCESS_TEST_TIMEOUT)
{
	const long options = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK;
	pid_t pid[4], bystander;
	int i, status;

	for (i = 0; i < 4; i++) {
		/* Two of init's children and two entrants. */
		ASSERT_TRUE(i < 2 ? zoo_order(&self->zoo, idler) :
				    zoo_send_in(&self->zoo, idler) > 0);
		pid[i] = hear_pid(self->zoo.ready);
		ASSERT_GT(pid[i], 0);
	}
	for (i = 0; i < 4; i += 2) {
		ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid[i], 0, options));
		if (i == 0)
			continue;
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid[i], 0, 0));
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, __WALL));
	}
	bystander = fork();
	ASSERT_GE(bystander, 0);
	if (bystander == 0) {
		close(self->zoo.cfd);
		for (i = 1; i < 4; i += 2)
			if (ptrace(PTRACE_SEIZE, pid[i], 0, options))
				_exit(EXIT_FAILURE);
		ptrace(PTRACE_INTERRUPT, pid[3], 0, 0);
		waitpid(pid[3], &status, __WALL);
		tell(self->zoo.theirs);
		pause_forever();
	}
	ASSERT_EQ(bystander, hear_pid(self->zoo.ready));

	EXPECT_TRUE(zoo_end(&self->zoo, variant->end));
	EXPECT_TRUE(zoo_hangs_up(&self->zoo, variant->end));
	for (i = 0; i < 4; i++) {
		char state = 0;

		/* None of them waits for its tracer: each is dead. */
		EXPECT_TRUE(wait_until((state = process_state(pid[i])) == 'Z' ||
				       !state));
	}
	kill_and_reap(bystander);
	EXPECT_TRUE(zoo_is_empty(&self->zoo));
}

TEST_F_TIMEOUT(die, threads, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, threads, 1));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, members_that_exec, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, execer, 5));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, members_deaf_to_signals, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, deaf, DEAF_TELL));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die, nested_containers, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(populate(&self->zoo, nester, NESTER_TELLS));
	/* Each of the two has three that run and four not started. */
	EXPECT_EQ(self->zoo.containers + 1 + 2 * (3 + 4), container_count());
	EXPECT_DEATH(&self->zoo, variant->end);
}

/* --- all of them at once ----------------------------------------------------- */

FIXTURE(die_together)
{
	struct zoo zoo;
};

FIXTURE_VARIANT(die_together)
{
	unsigned int flags;
	enum end end;
};

FIXTURE_VARIANT_ADD(die_together, no_ns_init_killed)
{
	.flags = 0,
	.end = INIT_KILLED,
};

FIXTURE_VARIANT_ADD(die_together, no_ns_closed)
{
	.flags = 0,
	.end = DESCRIPTOR_CLOSED,
};

FIXTURE_VARIANT_ADD(die_together, pid_ns_init_exits)
{
	.flags = CONTAINER_NEW_PID_NS,
	.end = INIT_EXITS,
};

FIXTURE_VARIANT_ADD(die_together, pid_ns_closed)
{
	.flags = CONTAINER_NEW_PID_NS,
	.end = DESCRIPTOR_CLOSED,
};

FIXTURE_VARIANT_ADD(die_together, all_ns_init_killed)
{
	.flags = ALL_NAMESPACES,
	.end = INIT_KILLED,
};

FIXTURE_SETUP(die_together)
{
	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(zoo_open(&self->zoo, variant->flags));
}

FIXTURE_TEARDOWN(die_together)
{
	zoo_close(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die_together, a_crowd, PROCESS_TEST_TIMEOUT)
{
	int n = scaled(250);

	ASSERT_TRUE(populate_times(&self->zoo, idler, n));
	EXPECT_EQ(2 * n + 1, fdinfo_number(self->zoo.cfd, "Processes:"));
	EXPECT_DEATH(&self->zoo, variant->end);
}

TEST_F_TIMEOUT(die_together, all_kinds_at_once, PROCESS_TEST_TIMEOUT)
{
	static const struct {
		member_fn fn;
		int tells;
	} kind[] = {
		{ idler, 1 },
		{ daemons, DAEMONS_TELL },
		{ siblings, SIBLINGS_TELL },
		{ vforker, VFORKER_TELLS },
		{ stopped, STOPPED_TELLS },
		{ tracer, 1 },
		{ mutual, 1 },
		{ threads, 1 },
		{ deaf, DEAF_TELL },
		{ nester, NESTER_TELLS },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kind); i++) {
		ASSERT_TRUE(populate(&self->zoo, kind[i].fn, kind[i].tells)) {
			TH_LOG("kind %zu", i);
		}
	}
	EXPECT_DEATH(&self->zoo, variant->end);
}

/*
 * While one is killed after the other, a tracer stops the last one again and again.
 * All of this is on one CPU, and those two go before whoever kills: if the member
 * went round in the kernel then, that would never get its turn.
 */
static bool take_turns(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus) &&
	       (!priority || !sched_setscheduler(0, SCHED_FIFO, &param));
}

static void hold_up(pid_t pid)
{
	const struct timespec moment = { .tv_nsec = 20000 };
	int status;

	while (!ptrace(PTRACE_INTERRUPT, pid, 0, 0)) {
		nanosleep(&moment, NULL);
		if (waitpid(pid, &status, __WALL | WNOHANG) == pid && WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, 0, 0);
		nanosleep(&moment, NULL);
	}
}

TEST(no_tracer_holds_up_the_killer)
{
	int cfd, fillers = scaled(400), sv[2];
	pid_t init, member, tracer;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	cfd = container_create("held up", CONTAINER_FD_CLOEXEC);
	ASSERT_LE(0, cfd);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		/* A child comes right after its parent: the first is the last one. */
		signal(SIGCHLD, SIG_IGN);
		if (!take_turns(0))
			_exit(EXIT_FAILURE);
		member = fork();
		if (!member) {
			take_turns(1);
			pause_forever();
		}
		while (fillers--)
			if (!fork())
				pause_forever();
		tell_int(sv[1], member);
		hear(sv[1]);
		_exit(EXIT_CODE);
	}
	member = hear_int(sv[0]);
	ASSERT_LT(0, member);
	tracer = fork();
	ASSERT_LE(0, tracer);
	if (!tracer) {
		if (ptrace(PTRACE_SEIZE, member, 0, 0) || !take_turns(1))
			_exit(EXIT_FAILURE);
		tell_int(sv[1], 0);
		hold_up(member);
		_exit(0);
	}
	ASSERT_EQ(0, hear_int(sv[0]));
	tell(sv[0]);
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	EXPECT_EQ(EXIT_CODE, wait_for_exit(init));
	EXPECT_EQ(0, wait_for_exit(tracer));
	close(cfd);
}

/* --- storms ------------------------------------------------------------------- */

/* Says that it goes on, but never waits for somebody to listen. */
static void mark(int fd)
{
	send(fd, "", 1, MSG_DONTWAIT);
}

/* A chain of processes: the child goes on, the father is gone. */
static void fork_chain(int fd)
{
	for (;;) {
		if (fork())
			_exit(EXIT_SUCCESS);
		mark(fd);
	}
}

static void sibling_chain(int fd)
{
	for (;;) {
		if (raw_fork(CLONE_PARENT))
			_exit(EXIT_SUCCESS);
		mark(fd);
	}
}

static void daemon_chain(int fd)
{
	for (;;) {
		if (fork())
			_exit(EXIT_SUCCESS);
		setsid();
		if (fork())
			_exit(EXIT_SUCCESS);
		mark(fd);
	}
}

static void vfork_storm(int fd)
{
	for (;;) {
		if (vfork() == 0)
			_exit(EXIT_SUCCESS);
		mark(fd);
	}
}

#define BROOD	6

/* Always has some children, and each of those has one. */
static void brood(int fd)
{
	pid_t pid[BROOD] = {};
	int i;

	for (i = 0;; i = (i + 1) % BROOD) {
		if (pid[i] > 0)
			kill(pid[i], SIGKILL);
		pid[i] = fork();
		if (pid[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (fork() == 0)
				prctl(PR_SET_PDEATHSIG, SIGKILL);
			mark(fd);
			pause_forever();
		}
	}
}

static void *forking_thread(void *arg)
{
	if (raw_fork(0) == 0) {
		mark((long)arg);
		_exit(EXIT_SUCCESS);
	}
	return NULL;
}

static void thread_storm(int fd)
{
	pthread_t thread;

	for (;;)
		if (!pthread_create(&thread, NULL, forking_thread,
				    (void *)(long)fd))
			pthread_join(thread, NULL);
}

/* Makes containers, with an init and another member, and lets them die. */
static void nesting_storm(int fd)
{
	pid_t pid[BROOD] = {};
	int i, cfd;

	for (i = 0;; i = (i + 1) % BROOD) {
		if (pid[i] > 0)
			kill(pid[i], SIGKILL);
		cfd = container_create("storm", i % 2 ? CONTAINER_NEW_PID_NS : 0);
		pid[i] = fork_into_container(cfd);
		if (pid[i] == 0) {
			/* A level below, unstarted and held by an orphan. */
			container_create("deeper", 0);
			fork();
			mark(fd);
			pause_forever();
		}
		container_spawn_idle(cfd);
		close(cfd);
	}
}

static const member_fn storms[] = {
	fork_chain,
	brood,
	vfork_storm,
	daemon_chain,
	thread_storm,
	sibling_chain,
	nesting_storm,
	execer,
};

FIXTURE(storm)
{
};

FIXTURE_VARIANT(storm)
{
	unsigned int flags;
	enum end end;
};

FIXTURE_VARIANT_ADD(storm, no_ns_init_killed)
{
	.flags = 0,
	.end = INIT_KILLED,
};

FIXTURE_VARIANT_ADD(storm, no_ns_closed)
{
	.flags = 0,
	.end = DESCRIPTOR_CLOSED,
};

FIXTURE_VARIANT_ADD(storm, pid_ns_init_exits)
{
	.flags = CONTAINER_NEW_PID_NS,
	.end = INIT_EXITS,
};

FIXTURE_VARIANT_ADD(storm, pid_ns_closed)
{
	.flags = CONTAINER_NEW_PID_NS,
	.end = DESCRIPTOR_CLOSED,
};

FIXTURE_SETUP(storm)
{
	own_path();
	ENTER_SANDBOX();
}

FIXTURE_TEARDOWN(storm)
{
}

/* One kind after the other, started from inside and from outside, and killed. */
TEST_F_TIMEOUT(storm, of_forks, PROCESS_TEST_TIMEOUT)
{
	int round, marks;
	struct zoo zoo;
	member_fn fn;

	for (round = 0; round < (debug_kernel() ? 3 : 75); round++) {
		ASSERT_TRUE(zoo_open(&zoo, variant->flags));
		fn = storms[round % ARRAY_SIZE(storms)];
		marks = round * 7 % 23;
		ASSERT_TRUE(zoo_order(&zoo, fn));
		ASSERT_TRUE(zoo_order(&zoo, fn));
		ASSERT_GT(zoo_send_in(&zoo, fn), 0);
		/* The marks come in any number, the wait ends after a few. */
		ASSERT_TRUE(hear_times(zoo.ready, marks));
		ASSERT_TRUE(zoo_end(&zoo, variant->end));
		ASSERT_TRUE(zoo_hangs_up(&zoo, variant->end));
		ASSERT_TRUE(zoo_is_empty(&zoo)) {
			TH_LOG("round %d: %d processes, %d containers",
			       round, count_processes(), container_count());
		}
		zoo_close(&zoo, variant->end);
	}
}

/* All kinds at once. */
TEST_F_TIMEOUT(storm, of_everything, PROCESS_TEST_TIMEOUT)
{
	struct zoo zoo;
	int round, i;

	for (round = 0; round < scaled(5); round++) {
		ASSERT_TRUE(zoo_open(&zoo, variant->flags));
		for (i = 0; i < (int)ARRAY_SIZE(storms); i++) {
			ASSERT_TRUE(zoo_order(&zoo, storms[i]));
			ASSERT_GT(zoo_send_in(&zoo, storms[i]), 0);
		}
		ASSERT_TRUE(hear_times(zoo.ready, 10 + round));
		ASSERT_TRUE(zoo_end(&zoo, variant->end));
		ASSERT_TRUE(zoo_hangs_up(&zoo, variant->end));
		ASSERT_TRUE(zoo_is_empty(&zoo));
		zoo_close(&zoo, variant->end);
	}
}

struct entrant {
	pthread_barrier_t *barrier;
	struct zoo *zoo;
	int *entered;
	bool *stop;
	int error;
};

/* Sends processes in until that fails, in each round. */
static void *entrant_thread(void *arg)
{
	struct entrant *entrant = arg;

	for (;;) {
		pthread_barrier_wait(entrant->barrier);
		if (*entrant->stop)
			return NULL;
		errno = 0;
		while (container_spawn_idle(entrant->zoo->cfd) > 0)
			__atomic_add_fetch(entrant->entered, 1, __ATOMIC_SEQ_CST);
		entrant->error = errno;
		pthread_barrier_wait(entrant->barrier);
	}
}

TEST_F_TIMEOUT(storm, of_entries, PROCESS_TEST_TIMEOUT)
{
	struct entrant entrant[2] = {};
	pthread_barrier_t barrier;
	int i, round, entered;
	pthread_t thread[2];
	bool stop = false;
	struct zoo zoo;

	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, 3));
	for (i = 0; i < 2; i++) {
		entrant[i].barrier = &barrier;
		entrant[i].zoo = &zoo;
		entrant[i].entered = &entered;
		entrant[i].stop = &stop;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, entrant_thread,
					    &entrant[i]));
	}
	for (round = 0; round < (debug_kernel() ? 3 : 50); round++) {
		entered = 0;
		ASSERT_TRUE(zoo_open(&zoo, variant->flags));
		pthread_barrier_wait(&barrier);
		ASSERT_TRUE(wait_until(__atomic_load_n(&entered,
						       __ATOMIC_SEQ_CST) >=
				       round % 7));
		ASSERT_TRUE(zoo_end(&zoo, variant->end));
		pthread_barrier_wait(&barrier);
		for (i = 0; i < 2; i++) {
			if (variant->end == DESCRIPTOR_CLOSED &&
			    entrant[i].error == EBADF)
				continue;
			ASSERT_EQ(ECANCELED, entrant[i].error);
		}
		ASSERT_TRUE(zoo_hangs_up(&zoo, variant->end));
		/* init, and whoever was told to be one in there. */
		ASSERT_EQ(entered + 1, reap_all());
		ASSERT_TRUE(zoo_is_empty(&zoo));
		zoo_close(&zoo, variant->end);
	}
	stop = true;
	pthread_barrier_wait(&barrier);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

/* --- on the way, and afterwards ------------------------------------------------ */

FIXTURE(dying)
{
	struct zoo zoo;
	struct freezer freezer;
	bool freezes;
};

FIXTURE_VARIANT(dying)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(dying, shared_pid_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(dying, own_pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_SETUP(dying)
{
	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(zoo_open(&self->zoo, variant->flags));
}

FIXTURE_TEARDOWN(dying)
{
	if (self->freezes)
		freezer_thaw(&self->freezer);
	zoo_close(&self->zoo, INIT_KILLED);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
	if (self->freezes)
		freezer_fini(&self->freezer);
}

/* Children of @zoo's owner who are nobody's business are still not reaped. */
TEST_F_TIMEOUT(dying, needs_nobody_to_reap, PROCESS_TEST_TIMEOUT)
{
	const int n = 10;

	ASSERT_TRUE(populate_times(&self->zoo, idler, n));
	EXPECT_EQ(0, kill(self->zoo.init, SIGKILL));
	EXPECT_TRUE(poll_until(self->zoo.cfd, POLLIN | POLLHUP));
	/* Now all of them, in an order of their own. */
	EXPECT_LE(n + 1, reap_all());
	EXPECT_TRUE(zoo_is_empty(&self->zoo));
}

TEST_F_TIMEOUT(dying, lets_nobody_in_afterwards, PROCESS_TEST_TIMEOUT)
{
	char state[16];
	int i;

	EXPECT_EQ(0, kill(self->zoo.init, SIGKILL));
	EXPECT_TRUE(poll_until(self->zoo.cfd, POLLIN));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, container_spawn_idle(self->zoo.cfd));
		EXPECT_EQ(ECANCELED, errno);
		EXPECT_NE(-1, reap_all());
	}
	EXPECT_TRUE(poll_until(self->zoo.cfd, POLLIN | POLLHUP));
	EXPECT_STREQ("dead", fdinfo_field(self->zoo.cfd, "State:", state,
					  sizeof(state)) ?: "");
	EXPECT_EQ(0, fdinfo_number(self->zoo.cfd, "Processes:"));
}

/* Makes a container and gives us its descriptor; it is not started. */
static void pass_container(int fd)
{
	send_fd(fd, container_create("passed", CONTAINER_FD_CLOEXEC));
	pause_forever();
}

/* recv_fd() on a socket that gives away who wrote, too. */
static int recv_passed(int sock)
{
	int off = 0;

	if (setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off)))
		return -1;
	return recv_fd(sock);
}

TEST_F_TIMEOUT(dying, takes_unstarted_children_along, PROCESS_TEST_TIMEOUT)
{
	char state[16];
	int cfd;

	ASSERT_GT(zoo_send_in(&self->zoo, pass_container), 0);
	cfd = recv_passed(self->zoo.ready);
	ASSERT_GE(cfd, 0);
	EXPECT_EQ(0, poll_now(cfd));
	EXPECT_EQ(0, kill(self->zoo.init, SIGKILL));
	EXPECT_TRUE(poll_until(self->zoo.cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(poll_until(cfd, POLLHUP));
	EXPECT_STREQ("dead", fdinfo_field(cfd, "State:", state,
					  sizeof(state)) ?: "");
	EXPECT_EQ(-1, container_spawn_idle(cfd));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_TRUE(zoo_is_empty(&self->zoo));
	close(cfd);
}

/* The same with one that runs, which dies although we hold it. */
static void pass_running_container(int fd)
{
	int cfd = container_create("passed", CONTAINER_KILL_ON_CLOSE);

	container_spawn_idle(cfd);
	send_fd(fd, cfd);
	pause_forever();
}

TEST_F_TIMEOUT(dying, takes_running_children_along, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;
	int cfd;

	ASSERT_GT(zoo_send_in(&self->zoo, pass_running_container), 0);
	cfd = recv_passed(self->zoo.ready);
	ASSERT_GE(cfd, 0);
	EXPECT_EQ(0, poll_now(cfd));
	/* It is below us: we may enter it, past the one in between. */
	pid = container_spawn_idle(cfd);
	EXPECT_GT(pid, 0);
	EXPECT_EQ(0, kill(self->zoo.init, SIGKILL));
	EXPECT_TRUE(poll_until(self->zoo.cfd, POLLIN | POLLHUP));
	/* Nothing of the outer one is left, so nothing of the inner one is. */
	EXPECT_EQ(POLLIN | POLLHUP, poll_now(cfd));
	EXPECT_EQ(-1, container_spawn_idle(cfd));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_TRUE(zoo_is_empty(&self->zoo));
	close(cfd);
}

/*
 * An init that a member traces, and that its tracer does not let exit, is not
 * dead; but a supervisor who wants it dead gets that.
 */
static void trace_init(int fd)
{
	if (ptrace(PTRACE_SEIZE, getppid(), 0, PTRACE_O_TRACEEXIT))
		_exit(EXIT_FAILURE);
}

TEST_F_TIMEOUT(dying, overrides_a_tracer_of_init, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(zoo_order(&self->zoo, trace_init));
	ASSERT_TRUE(hear_in_time(self->zoo.ready));
	ASSERT_TRUE(zoo_end(&self->zoo, INIT_EXITS));
	EXPECT_TRUE(wait_for_state(self->zoo.init, 't'));
	EXPECT_EQ(0, poll_now(self->zoo.cfd));
	EXPECT_EQ(0, close(self->zoo.cfd));
	EXPECT_TRUE(zoo_is_empty(&self->zoo));
	/* For the teardown. */
	self->zoo.cfd = -1;
}

/* Two members that do not let each other exit, and are exiting already. */
static void mutual_in_exit(int fd)
{
	int pipefd[2];
	pid_t self = getpid(), pid;

	if (pipe(pipefd))
		_exit(EXIT_FAILURE);
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_SEIZE, self, 0, PTRACE_O_TRACEEXIT) ||
		    !tell(pipefd[1]))
			_exit(EXIT_FAILURE);
		pause_forever();
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) ||
	    !hear(pipefd[0]))
		_exit(EXIT_FAILURE);
	tell(fd);
	kill(pid, SIGKILL);
	_exit(EXIT_SUCCESS);
}

TEST_F_TIMEOUT(dying, overrides_tracers_who_wait_already, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = zoo_send_in(&self->zoo, mutual_in_exit);
	ASSERT_GT(pid, 0);
	ASSERT_EQ(pid, hear_pid(self->zoo.ready));
	EXPECT_TRUE(wait_for_state(pid, 't'));
	EXPECT_EQ(3, fdinfo_number(self->zoo.cfd, "Processes:"));
	EXPECT_DEATH(&self->zoo, INIT_KILLED);
}

/* One who cannot leave: dying takes as long as that, and POLLHUP tells. */
static void expect_dying_takes_its_time(struct __test_metadata *_metadata,
					struct zoo *zoo, struct freezer *freezer,
					pid_t pid)
{
	char state[16];

	ASSERT_TRUE(freezer_freeze(freezer, pid));
	EXPECT_EQ(0, kill(zoo->init, SIGKILL));
	EXPECT_TRUE(poll_until(zoo->cfd, POLLIN));
	EXPECT_EQ(POLLIN, poll_now(zoo->cfd));
	EXPECT_STREQ("dying", fdinfo_field(zoo->cfd, "State:", state,
					   sizeof(state)) ?: "");
	EXPECT_LT(zoo->containers, container_count());
	EXPECT_EQ(-1, container_spawn_idle(zoo->cfd));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ(POLLIN, poll_now(zoo->cfd));

	EXPECT_TRUE(freezer_thaw(freezer));
	EXPECT_TRUE(poll_until(zoo->cfd, POLLIN | POLLHUP));
	EXPECT_TRUE(zoo_is_empty(zoo));
}

TEST_F_TIMEOUT(dying, lasts_until_the_last_member_left, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	self->freezes = freezer_init(&self->freezer);
	if (!self->freezes)
		SKIP(return, "no v1 freezer: %s", strerror(errno));
	pid = zoo_send_in(&self->zoo, idler);
	ASSERT_GT(pid, 0);
	ASSERT_EQ(pid, hear_pid(self->zoo.ready));
	expect_dying_takes_its_time(_metadata, &self->zoo, &self->freezer, pid);
}

/* The nested container is closed by its maker, so it lives by its init. */
static void nested_idler(int fd)
{
	int cfd = container_create("nested", 0);

	if (fork_into_container(cfd) == 0) {
		tell(fd);
		pause_forever();
	}
	close(cfd);
	pause_forever();
}

TEST_F_TIMEOUT(dying, lasts_until_the_last_nested_member_left,
	       PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	self->freezes = freezer_init(&self->freezer);
	if (!self->freezes)
		SKIP(return, "no v1 freezer: %s", strerror(errno));
	ASSERT_GT(zoo_send_in(&self->zoo, nested_idler), 0);
	pid = hear_pid(self->zoo.ready);
	ASSERT_GT(pid, 0);
	expect_dying_takes_its_time(_metadata, &self->zoo, &self->freezer, pid);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	return test_harness_run(argc, argv);
}
