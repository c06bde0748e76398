// SPDX-License-Identifier: GPL-2.0
/*
 * container_kill(2): who is signalled, how often, by whom, and who may not.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/userfaultfd.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define TIMEOUT		PROCESS_TEST_TIMEOUT
#define STORM_UID	4242
#define MANY		1000

/* What members tell the test, which cannot be asked for with a pipe to each. */
struct counters {
	int ready;
	int got;		/* signals, by all */
	int twice;		/* members that got more than one */
	int alien;		/* signals not sent as they should be */
	int forks;		/* by members that fork all the time */
	int member[MANY];	/* signals, by each of those that are known by number */
};

static struct counters *shared;
static pid_t expected_sender;
static int my_signals;
static int my_number;
static pid_t my_pid;		/* whose number it is, which a child has as well */

static void count_signal(int sig, siginfo_t *info, void *context)
{
	__atomic_add_fetch(&shared->got, 1, __ATOMIC_SEQ_CST);
	if (++my_signals > 1)
		__atomic_add_fetch(&shared->twice, 1, __ATOMIC_SEQ_CST);
	if (getpid() == my_pid)
		__atomic_add_fetch(&shared->member[my_number], 1, __ATOMIC_SEQ_CST);
	/* One that is forked meanwhile is told no sender, as with kill(2). */
	if (my_pid && getpid() != my_pid)
		return;
	if (info->si_code != SI_USER || info->si_pid != expected_sender ||
	    info->si_uid != getuid())
		__atomic_add_fetch(&shared->alien, 1, __ATOMIC_SEQ_CST);
}

static void catch(int sig)
{
	struct sigaction action = {
		.sa_sigaction = count_signal,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	sigaction(sig, &action, NULL);
}

static int count(int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void add(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

/* One that catches @sig, and is ready when it says so. */
static pid_t spawn_catcher(int cfd, int sig)
{
	pid_t pid = fork_into_container(cfd);

	if (pid)
		return pid;
	catch(sig);
	add(&shared->ready);
	pause_forever();
}

static bool spawn_catchers(int cfd, int n, pid_t *pids)
{
	for (int i = 0; i < n; i++) {
		pids[i] = spawn_catcher(cfd, SIGUSR1);
		if (pids[i] < 0)
			return false;
	}
	return wait_until(count(&shared->ready) == n);
}

static int reap(pid_t *pids, int n)
{
	int killed = 0;

	for (int i = 0; i < n; i++)
		killed += wait_for_exit(pids[i]) == 128 + SIGKILL;
	return killed;
}

FIXTURE(kill)
{
	int cfd;
};

FIXTURE_SETUP(kill)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	expected_sender = getpid();
	self->cfd = container_create("kill", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, self->cfd);
}

FIXTURE_TEARDOWN(kill)
{
	close(self->cfd);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	munmap(shared, sizeof(*shared));
}

TEST_F_TIMEOUT(kill, initonly_is_for_init_alone, TIMEOUT)
{
	pid_t pids[3];

	ASSERT_TRUE(spawn_catchers(self->cfd, 3, pids));
	ASSERT_EQ(0, container_kill(self->cfd, 1, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got) == 1));
	ASSERT_EQ(0, container_kill(self->cfd, -1, 0));
	/* Another member than init would die of this. */
	ASSERT_EQ(0, container_kill(self->cfd, 0x7fffffff, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got) == 2));
	EXPECT_EQ(1, count(&shared->twice));
	EXPECT_EQ(0, container_kill(self->cfd, 1, SIGTERM));
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(pids[0]));
	EXPECT_EQ(2, reap(pids + 1, 2));
}

/* The kernel goes through them in batches of 16. */
TEST_F_TIMEOUT(kill, all_are_signalled_once, TIMEOUT)
{
	static const int sizes[] = { 1, 15, 16, 17, 31, 32, 33, 100 };
	pid_t pids[100];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		int cfd = container_create("sized", CONTAINER_FD_CLOEXEC);

		memset(shared, 0, sizeof(*shared));
		ASSERT_TRUE(spawn_catchers(cfd, sizes[i], pids));
		ASSERT_EQ(0, container_kill(cfd, 0, SIGUSR1));
		EXPECT_TRUE(wait_until(count(&shared->got) >= sizes[i]));
		ASSERT_EQ(0, container_kill(cfd, 0, SIGKILL));
		ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		EXPECT_EQ(sizes[i], reap(pids, sizes[i]));
		EXPECT_EQ(sizes[i], count(&shared->got));
		EXPECT_EQ(0, count(&shared->twice));
		EXPECT_EQ(0, count(&shared->alien));
		close(cfd);
	}
}

TEST_F_TIMEOUT(kill, nested_ones_are_included_and_nobody_else, TIMEOUT)
{
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC);
	pid_t init, other = spawn_catcher(sibling, SIGUSR1);
	int depth = 5, i;

	ASSERT_LT(0, other);
	init = fork_into_container(self->cfd);
	ASSERT_LE(0, init);
	if (!init) {
		for (i = 0; i < depth; i++) {
			int cfd = container_create("nested", CONTAINER_FD_CLOEXEC);

			catch(SIGUSR1);
			add(&shared->ready);
			if (fork_into_container(cfd))
				pause_forever();
		}
		catch(SIGUSR1);
		add(&shared->ready);
		pause_forever();
	}
	ASSERT_TRUE(wait_until(count(&shared->ready) == 1 + depth + 1));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got) == depth + 1));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(depth + 1, count(&shared->got));
	EXPECT_EQ(0, count(&shared->twice));
	EXPECT_EQ(0, kill(other, 0));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(sibling));
	kill_and_reap(other);
	close(sibling);
}

TEST_F_TIMEOUT(kill, signal_0_only_checks, TIMEOUT)
{
	pid_t pids[2];

	ASSERT_TRUE(spawn_catchers(self->cfd, 2, pids));
	EXPECT_EQ(0, container_kill(self->cfd, 0, 0));
	EXPECT_EQ(0, container_kill(self->cfd, 1, 0));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(2, reap(pids, 2));
	EXPECT_EQ(0, count(&shared->got));
}

TEST_F_TIMEOUT(kill, there_must_be_somebody, TIMEOUT)
{
	int dead = container_dead(0);

	ASSERT_LE(0, dead);
	EXPECT_EQ(ESRCH, ERRNO(container_kill(dead, 0, SIGTERM)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(dead, 0, SIGKILL)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(dead, 1, SIGKILL)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(dead, 0, 0)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(self->cfd, 0, 0)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(self->cfd, 0, SIGTERM)));
	EXPECT_EQ(ESRCH, ERRNO(container_kill(self->cfd, 1, SIGKILL)));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));
	close(dead);
}

TEST_F_TIMEOUT(kill, sigkill_to_all_destroys, TIMEOUT)
{
	int cfd = container_create("running", CONTAINER_FD_CLOEXEC);
	pid_t pid = container_spawn_idle(cfd);

	ASSERT_LT(0, pid);
	EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
	EXPECT_EQ(ECANCELED, try_enter(cfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(pid));
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	close(cfd);

	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(ECANCELED, try_enter(self->cfd));
	EXPECT_EQ(POLLHUP, poll_now(self->cfd) & (POLLIN | POLLHUP));
	EXPECT_FALSE(container_listed(container_id(self->cfd)));
}

TEST_F_TIMEOUT(kill, what_is_stopped_or_traced_dies_too, TIMEOUT)
{
	pid_t init = container_spawn_idle(self->cfd), traced, stopped;

	ASSERT_LT(0, init);
	stopped = container_spawn_idle(self->cfd);
	ASSERT_EQ(0, kill(stopped, SIGSTOP));
	ASSERT_EQ(stopped, waitpid(stopped, NULL, WUNTRACED));
	traced = fork_into_container(self->cfd);
	if (!traced) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		pause_forever();
	}
	ASSERT_EQ(traced, waitpid(traced, NULL, WUNTRACED));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(stopped));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(traced));
}

TEST_F_TIMEOUT(kill, stops_and_continues_all, TIMEOUT)
{
	pid_t pids[20];
	int i;

	ASSERT_TRUE(spawn_catchers(self->cfd, 20, pids));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGSTOP));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(pids[i], waitpid(pids[i], NULL, WUNTRACED));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGCONT));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(pids[i], waitpid(pids[i], NULL, WCONTINUED));
}

/* The kernel's own rule for who is process 1, even for who is outside. */
TEST_F_TIMEOUT(kill, process_1_dies_of_sigkill_only, TIMEOUT)
{
	int cfd = container_create("pidns", CONTAINER_FD_CLOEXEC | CONTAINER_NEW_PID_NS);
	pid_t init;

	ASSERT_LE(0, cfd);
	/* Its parent is none that it knows. */
	expected_sender = 0;
	init = spawn_catcher(cfd, SIGUSR1);
	ASSERT_LT(0, init);
	ASSERT_TRUE(wait_until(count(&shared->ready) == 1));
	EXPECT_EQ(0, container_kill(cfd, 1, SIGTERM));
	EXPECT_EQ(0, container_kill(cfd, 0, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got) == 1));
	EXPECT_EQ(0, count(&shared->alien));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(cfd));
	EXPECT_EQ(0, container_kill(cfd, 1, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	close(cfd);
}

static void *take_one(void *arg)
{
	pause_forever();
}

TEST_F_TIMEOUT(kill, a_process_with_threads_gets_one, TIMEOUT)
{
	pthread_t thread;
	pid_t init = fork_into_container(self->cfd);
	int i;

	ASSERT_LE(0, init);
	if (!init) {
		catch(SIGUSR1);
		for (i = 0; i < 8; i++)
			pthread_create(&thread, NULL, take_one, NULL);
		add(&shared->ready);
		pause_forever();
	}
	ASSERT_TRUE(wait_until(count(&shared->ready) == 1));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got) == 1));
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
	EXPECT_EQ(1, count(&shared->got));
}

TEST_F_TIMEOUT(kill, bad_arguments_do_nothing, TIMEOUT)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t init = container_spawn_idle(self->cfd);

	ASSERT_LT(0, init);
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, 65)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, -1)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 1, 0x7fffffff)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(null, 0, SIGKILL)));
	EXPECT_EQ(EBADF, ERRNO(container_kill(-1, 0, SIGKILL)));
	EXPECT_EQ(EBADF, ERRNO(container_kill(-1, 0, 65)));
	EXPECT_EQ(EINVAL, ERRNO(container_kill(null, 0, 65)));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
	close(null);
}

static int kill_all(int cfd)
{
	return ERRNO(container_kill(cfd, 0, SIGKILL));
}

static int kill_init(int cfd)
{
	return ERRNO(container_kill(cfd, 1, 0));
}

TEST_F_TIMEOUT(kill, is_for_those_who_control_it, TIMEOUT)
{
	int sibling = container_create("sibling", CONTAINER_FD_CLOEXEC);
	int fd = container_dup(self->cfd, CONTAINER_RIGHTS_ALL & ~CONTAINER_RIGHT_KILL);
	pid_t init = container_spawn_idle(self->cfd), other = container_spawn_idle(sibling);

	ASSERT_LT(0, init);
	ASSERT_LT(0, other);
	EXPECT_EQ(EPERM, kill_all(fd));
	EXPECT_EQ(EPERM, kill_init(fd));
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, kill_all));
	EXPECT_EQ(EPERM, run_as(1000, self->cfd, kill_init));
	/* One's own, that around it, and its sibling. */
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, kill_all));
	EXPECT_EQ(EPERM, run_inside(self->cfd, self->cfd, kill_init));
	EXPECT_EQ(EPERM, run_inside(self->cfd, sibling, kill_all));
	EXPECT_EQ(EPERM, run_inside(sibling, self->cfd, kill_init));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(sibling));
	kill_and_reap(other);
	close(sibling);
	close(fd);
}

/* Each forks for ever; a child that were missed would go on. */
static void __attribute__((noreturn)) fork_storm(void)
{
	signal(SIGCHLD, SIG_IGN);
	add(&shared->ready);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0 && count(&shared->ready) < MANY)
			fork_storm();
		if (pid == 0)
			_exit(0);
	}
}

/* Where they end more slowly than they are forked, the machine would be full of them. */
static void limit_storm(void)
{
	const struct rlimit limit = { 256, 256 };

	if (setrlimit(RLIMIT_NPROC, &limit) || setresuid(STORM_UID, STORM_UID, STORM_UID))
		_exit(1);
}

TEST_F_TIMEOUT(kill, nobody_forks_away_from_a_signal, TIMEOUT)
{
	int rounds = scaled(40), i;
	pid_t init;

	for (i = 0; i < rounds; i++) {
		int cfd = container_create("storm", CONTAINER_FD_CLOEXEC);

		memset(shared, 0, sizeof(*shared));
		/* Init ignores it, so that nobody dies because init does. */
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init) {
			signal(SIGTERM, SIG_IGN);
			signal(SIGCHLD, SIG_IGN);
			/* Nobody but init ignores it once the storm has begun. */
			if (!fork()) {
				signal(SIGTERM, SIG_DFL);
				limit_storm();
				fork_storm();
			}
			pause_forever();
		}
		ASSERT_TRUE(wait_until(count(&shared->ready) >= 16));
		ASSERT_EQ(0, container_kill(cfd, 0, SIGTERM));
		EXPECT_TRUE(wait_until(fdinfo_number(cfd, "Processes:") == 1))
			TH_LOG("round %d", i);
		EXPECT_EQ(0, container_kill(cfd, 0, SIGKILL));
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
		close(cfd);
	}
}

/* A page on which the kernel waits until it is let go on. */
static char *hold_page(int *uffd)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	reg.range.start = (unsigned long)page;
	reg.range.len = 4096;
	if (page == MAP_FAILED || *uffd < 0 || ioctl(*uffd, UFFDIO_API, &api) ||
	    ioctl(*uffd, UFFDIO_REGISTER, &reg))
		return NULL;
	return page;
}

static bool release_page(int uffd, char *page)
{
	struct uffdio_zeropage zero = { .range = { (unsigned long)page, 4096 } };

	return !ioctl(uffd, UFFDIO_ZEROPAGE, &zero);
}

/*
 * Init of a PID namespace, which ignores SIGTERM as such: its child must not, even
 * if it is about to be forked. That takes place in a thread, which copy_process()
 * lets wait for the place to store a pidfd.
 */
struct forker {
	char *page;
	int up;
};

static void *fork_slowly(void *arg)
{
	struct forker *forker = arg;
	struct clone_into_container args = {
		.flags = CLONE_PIDFD,
		.pidfd = (unsigned long)forker->page,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = syscall(__NR_clone3, &args, sizeof(args));

	if (pid == 0)
		pause_forever();
	tell_int(forker->up, wait_for_exit(pid));
	return NULL;
}

TEST_F_TIMEOUT(kill, a_fork_in_flight_is_signalled_though_its_parent_ignores_it, TIMEOUT)
{
	int cfd = container_create("slow", CONTAINER_FD_CLOEXEC | CONTAINER_NEW_PID_NS |
				   CONTAINER_KILL_ON_CLOSE);
	int up[2], down[2];
	pid_t init;

	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, pipe2(up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		struct forker forker = { .up = up[1] };
		struct uffd_msg msg;
		pthread_t thread;
		int uffd;

		forker.page = hold_page(&uffd);
		if (!forker.page || pthread_create(&thread, NULL, fork_slowly, &forker) ||
		    read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			_exit(1);
		tell_int(up[1], 0);
		hear(down[0]);
		if (!release_page(uffd, forker.page))
			_exit(1);
		pause_forever();
	}
	ASSERT_EQ(0, hear_int(up[0]));
	EXPECT_EQ(0, container_kill(cfd, 0, SIGTERM));
	EXPECT_TRUE(tell(down[1]));
	EXPECT_EQ(128 + SIGTERM, hear_int(up[0]));
	close(cfd);
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init));
}

/* Children are signalled as well, or not: they do not count. */
static void fork_until_signalled(void)
{
	while (!my_signals) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		add(&shared->forks);
		waitpid(pid, NULL, 0);
	}
	pause_forever();
}

/* Who was there when the call began is signalled once, whatever it does. */
TEST_F_TIMEOUT(kill, a_thousand_that_fork_are_signalled_once, TIMEOUT)
{
	int members = scaled(MANY), i, go[2], before;
	pid_t init = fork_into_container(self->cfd);

	ASSERT_LE(0, init);
	if (!init) {
		signal(SIGUSR1, SIG_IGN);
		add(&shared->ready);
		pause_forever();
	}
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	for (i = 0; i < members; i++) {
		pid_t pid = fork_into_container(self->cfd);

		ASSERT_LE(0, pid);
		if (pid)
			continue;
		my_number = i;
		my_pid = getpid();
		catch(SIGUSR1);
		/* They begin together, and leave some time to the test. */
		close(go[1]);
		if (nice(19) < 0)
			_exit(1);
		add(&shared->ready);
		hear(go[0]);
		fork_until_signalled();
	}
	ASSERT_TRUE(wait_until(count(&shared->ready) == 1 + members));
	close(go[0]);
	close(go[1]);
	/* Nobody has to be woken first: they are at it. */
	ASSERT_TRUE(wait_until(count(&shared->forks) >= members / 2));
	before = count(&shared->forks);
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGUSR1));
	for (i = 0; i < members; i++)
		ASSERT_TRUE(wait_until(count(&shared->member[i])))
			TH_LOG("member %d", i);
	for (i = 0; i < members; i++)
		EXPECT_EQ(1, count(&shared->member[i]));
	EXPECT_EQ(0, count(&shared->twice));
	EXPECT_EQ(0, count(&shared->alien));
	TH_LOG("%d forks before, %d while they were signalled", before,
	       count(&shared->forks) - before);
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
}

/* --- security modules --------------------------------------------------------------- */

/*
 * Landlock denies a signal to who is outside of one's own domain. It is asked for
 * each process, and one that may be signalled makes it a success. But SIGKILL to all
 * is for all of them, or nobody.
 */
TEST_F_TIMEOUT(kill, security_modules_are_asked_for_each, TIMEOUT)
{
	pid_t pids[3], own;

	ASSERT_TRUE(spawn_catchers(self->cfd, 3, pids));
	ASSERT_TRUE(enter_landlock_domain());
	EXPECT_EQ(EPERM, ERRNO(kill(pids[0], 0)));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 0, 0)));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 0, SIGUSR1)));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 1, SIGUSR1)));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 1, SIGKILL)));

	/* One more, in our domain. */
	own = spawn_catcher(self->cfd, SIGUSR1);
	ASSERT_LT(0, own);
	ASSERT_TRUE(wait_until(count(&shared->ready) == 4));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 1, SIGUSR1)));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGUSR1));
	EXPECT_TRUE(wait_until(count(&shared->got)));
	EXPECT_EQ(EPERM, ERRNO(container_kill(self->cfd, 0, SIGKILL)));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));

	/* What was agreed on with the creator takes place. */
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_EQ(3, reap(pids, 3));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(own));
	EXPECT_EQ(1, count(&shared->got));
}

TEST_F_TIMEOUT(kill, sigkill_to_all_is_not_denied_by_those_who_are_allowed, TIMEOUT)
{
	pid_t pids[3];

	ASSERT_TRUE(enter_landlock_domain());
	ASSERT_TRUE(spawn_catchers(self->cfd, 3, pids));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(3, reap(pids, 3));
}

/* In a domain with all members but the last: kills killers of the container. */
static void be_killed_killing(int cfd, int up, int down, int rounds)
{
	pid_t killer, pids[64];

	if (!enter_landlock_domain() || !spawn_catchers(cfd, 64, pids))
		_exit(1);
	tell(up);
	hear(down);
	for (int i = 0; i < rounds; i++) {
		killer = fork();
		if (!killer)
			for (;;)
				container_kill(cfd, 0, SIGKILL);
		delay_of_round(i, 200000);
		kill(killer, SIGKILL);
		if (wait_for_exit(killer) != 128 + SIGKILL)
			_exit(1);
	}
	_exit(0);
}

/* Who does not live to ask for all has not been allowed to kill all. */
TEST_F_TIMEOUT(kill, sigkill_to_all_is_asked_for_to_the_end, TIMEOUT)
{
	int up[2], down[2];
	pid_t pid, other;

	ASSERT_EQ(0, pipe2(up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		be_killed_killing(self->cfd, up[1], down[0], scaled(2000));
	ASSERT_TRUE(hear_in_time(up[0]));
	other = container_spawn_idle(self->cfd);
	ASSERT_LT(0, other);
	EXPECT_TRUE(tell(down[1]));
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
	EXPECT_EQ(65, fdinfo_number(self->cfd, "Processes:"));
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(other));
}

/* --- PID namespaces ----------------------------------------------------------------- */

/* What has no pid where the caller is cannot be signalled from there. */
TEST_F_TIMEOUT(kill, is_for_what_is_in_the_callers_pid_namespace, TIMEOUT)
{
	pid_t catcher = spawn_catcher(self->cfd, SIGUSR1), pid;

	ASSERT_LT(0, catcher);
	ASSERT_TRUE(wait_until(count(&shared->ready) == 1));
	pid = raw_fork(CLONE_NEWPID);
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 1, SIGUSR1)));
		EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, SIGUSR1)));
		EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, SIGKILL)));
		EXPECT_EQ(EINVAL, ERRNO(container_kill(self->cfd, 0, 0)));
		_exit(0);
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	EXPECT_EQ(0, count(&shared->got));
	EXPECT_EQ(CONTAINER_STATE_RUNNING, container_state(self->cfd));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(catcher));
}

/* --- audit ------------------------------------------------------------------------- */

/* What the kernel says to audit; -1: error. The reply is in @buf. */
static int audit_ask(int sock, int type, const void *data, size_t size, void *buf, size_t buf_size)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	struct {
		struct nlmsghdr nlh;
		char data[256];
	} msg = { };
	struct nlmsghdr *answer = buf;
	ssize_t n;

	msg.nlh.nlmsg_len = NLMSG_LENGTH(size);
	msg.nlh.nlmsg_type = type;
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	msg.nlh.nlmsg_seq = 1;
	memcpy(msg.data, data, size);
	if (sendto(sock, &msg, msg.nlh.nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		return -1;
	/* Other records may come in between. */
	do {
		if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) != 1)
			return -1;
		n = recv(sock, buf, buf_size, 0);
		if (n < (ssize_t)sizeof(*answer))
			return -1;
		if (answer->nlmsg_type == NLMSG_ERROR && *(int *)NLMSG_DATA(answer))
			return -1;
	} while (answer->nlmsg_type != (type == AUDIT_SET ? NLMSG_ERROR : type));
	return 0;
}

/* The one who logs, as a member; exit code 0: it was told that @sender signalled it. */
static int audit_member(pid_t sender, int signalled, int ready)
{
	struct audit_status status = { .mask = AUDIT_STATUS_PID, .pid = getpid() };
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	union {
		struct nlmsghdr nlh;
		char bytes[8192];
	} buf;
	struct audit_sig_info {
		uid_t uid;
		pid_t pid;
	} *info;
	pid_t pid;

	if (sock < 0 || audit_ask(sock, AUDIT_SET, &status, sizeof(status), &buf, sizeof(buf)))
		return 1;
	tell(ready);
	if (!hear_in_time(signalled))
		return 2;
	if (audit_ask(sock, AUDIT_SIGNAL_INFO, "", 0, &buf, sizeof(buf)))
		return 3;
	info = NLMSG_DATA(&buf.nlh);
	pid = info->pid;
	status.pid = 0;
	audit_ask(sock, AUDIT_SET, &status, sizeof(status), &buf, sizeof(buf));
	return pid == sender ? 0 : 4;
}

/* Who stops the audit daemon is known to it, as with kill(2). */
TEST_F_TIMEOUT(kill, audit_knows_who_it_was, TIMEOUT)
{
	int ready[2], go[2], i;
	pid_t init;

	for (i = 0; i < 2; i++) {
		int cfd = container_create("audit", CONTAINER_FD_CLOEXEC);

		ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
		ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init) {
			/* It is enough that it is sent. */
			signal(SIGUSR2, SIG_IGN);
			_exit(audit_member(expected_sender, go[0], ready[1]));
		}
		ASSERT_TRUE(hear_in_time(ready[0]));
		/* To init, and to all. */
		EXPECT_EQ(0, container_kill(cfd, !i, SIGUSR2));
		tell(go[1]);
		EXPECT_EQ(0, wait_for_exit(init));
		close(ready[0]);
		close(ready[1]);
		close(go[0]);
		close(go[1]);
		close(cfd);
	}
}

/* --- races ------------------------------------------------------------------------- */

/* It either finds somebody or not, and whoever is found dies. */
TEST_F_TIMEOUT(kill, races_with_the_exit_of_init, TIMEOUT)
{
	int rounds = scaled(1000), i, p[2], error;
	pid_t init;

	for (i = 0; i < rounds; i++) {
		int cfd = container_create("race", CONTAINER_FD_CLOEXEC);

		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		init = fork_into_container(cfd);
		ASSERT_LE(0, init);
		if (!init) {
			hear(p[0]);
			_exit(0);
		}
		tell(p[1]);
		do {
			error = ERRNO(container_kill(cfd, i % 2, i % 3 ? SIGTERM : 0));
		} while (!error);
		EXPECT_EQ(ESRCH, error);
		wait_for_exit(init);
		EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
		close(cfd);
		close(p[0]);
		close(p[1]);
	}
}

/* Several at a time: each has its own mark, and all end. */
TEST_F_TIMEOUT(kill, killers_do_not_disturb_each_other, TIMEOUT)
{
	int rounds = scaled(100), i, k;
	pid_t killers[4], pids[40];

	ASSERT_TRUE(spawn_catchers(self->cfd, 40, pids));
	for (k = 0; k < 4; k++) {
		killers[k] = fork();
		ASSERT_LE(0, killers[k]);
		if (killers[k])
			continue;
		for (i = 0; i < rounds; i++)
			if (container_kill(self->cfd, 0, i % 2 ? SIGCONT : 0))
				_exit(1);
		_exit(0);
	}
	for (k = 0; k < 4; k++)
		EXPECT_EQ(0, wait_for_exit(killers[k]));
	EXPECT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_EQ(40, reap(pids, 40));
}

TEST_F_TIMEOUT(kill, a_killer_can_be_killed, TIMEOUT)
{
	pid_t pids[60], killer;
	int rounds = scaled(100), i;

	ASSERT_TRUE(spawn_catchers(self->cfd, 60, pids));
	for (i = 0; i < rounds; i++) {
		killer = fork();
		ASSERT_LE(0, killer);
		if (!killer)
			for (;;)
				container_kill(self->cfd, 0, SIGCONT);
		delay_of_round(i, 1000000);
		EXPECT_EQ(0, kill(killer, SIGKILL));
		EXPECT_EQ(128 + SIGKILL, wait_for_exit(killer));
		/* and leaves nothing locked */
		EXPECT_EQ(0, container_kill(self->cfd, 0, 0));
	}
}

TEST_HARNESS_MAIN
