// SPDX-License-Identifier: GPL-2.0
/*
 * A fork into a container that fails leaves the container as it was: not started
 * if it would have made init, and running if there is one already.
 *
 * Every test runs as pid 1 of a sandbox.
 */
#define _GNU_SOURCE
#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "container_handle.h"
#include "../kselftest_harness.h"

#define UID		1000

FIXTURE(start)
{
	int cfd;
	int ours;	/* a socket pair, between the test ... */
	int theirs;	/* ... and those in the container */
	int fds;	/* open descriptors */
	char cgroup[128];
};

FIXTURE_VARIANT(start)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(start, shared_pid_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(start, own_pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_VARIANT_ADD(start, own_user_and_pid_ns)
{
	.flags = CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS,
};

FIXTURE_VARIANT_ADD(start, all_ns)
{
	.flags = CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |
		 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |
		 CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |
		 CONTAINER_NEW_NET_NS | CONTAINER_NEW_TIME_NS,
};

FIXTURE_SETUP(start)
{
	int sv[2];

	ENTER_SANDBOX();
	ASSERT_TRUE(pid_socketpair(sv));
	self->ours = sv[0];
	self->theirs = sv[1];
	self->cfd = container_create("start", variant->flags |
				     CONTAINER_KILL_ON_CLOSE |
				     CONTAINER_FD_CLOEXEC);
	ASSERT_GE(self->cfd, 0);
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(start)
{
	close(self->cfd);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
	if (self->cgroup[0]) {
		EXPECT_TRUE(cgroup_move(cgroup2_root(), getpid()));
		EXPECT_TRUE(wait_until(!rmdir(self->cgroup)));
	}
}

/* What the first process is as it sees itself. */
#define FIRST_PID(pid)	(variant->flags & CONTAINER_NEW_PID_NS ? 1 : (pid))

static pid_t fork_reporter(int cfd, int fd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0) {
		tell_int(fd, getpid());
		pause_forever();
	}
	return pid;
}

/* As if nothing had been tried: not started, nobody in it, nothing leaked. */
#define EXPECT_UNTOUCHED(self_) do {					\
	__typeof__(self_) s_ = (self_);					\
	char state_[16];						\
									\
	EXPECT_STREQ("new", fdinfo_field(s_->cfd, "State:", state_,	\
					 sizeof(state_)) ?: "");	\
	EXPECT_EQ(0, fdinfo_number(s_->cfd, "Init:"));			\
	EXPECT_EQ(0, fdinfo_number(s_->cfd, "Processes:"));		\
	EXPECT_EQ(0, poll_now(s_->cfd));				\
	EXPECT_EQ(s_->fds, open_fds());					\
	EXPECT_EQ(-1, waitpid(-1, NULL, __WALL | WNOHANG));		\
	EXPECT_EQ(ECHILD, errno);					\
} while (0)

/* The start that comes in the end is as good as a first one, and so is entry. */
#define EXPECT_STARTS(self_) do {					\
	__typeof__(self_) t_ = (self_);					\
	pid_t init_, pid_;						\
									\
	init_ = fork_reporter(t_->cfd, t_->theirs);			\
	ASSERT_GT(init_, 0);						\
	EXPECT_EQ(FIRST_PID(init_), hear_int(t_->ours));		\
	EXPECT_EQ(init_, fdinfo_number(t_->cfd, "Init:"));		\
	pid_ = fork_reporter(t_->cfd, t_->theirs);			\
	ASSERT_GT(pid_, 0);						\
	EXPECT_LT(FIRST_PID(init_), hear_int(t_->ours));		\
	EXPECT_EQ(2, fdinfo_number(t_->cfd, "Processes:"));		\
	kill_and_reap(pid_);						\
	EXPECT_EQ(0, poll_now(t_->cfd));				\
	EXPECT_EQ(0, kill(init_, SIGKILL));				\
	EXPECT_TRUE(poll_until(t_->cfd, POLLIN | POLLHUP));		\
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(init_));			\
} while (0)

/* Puts us into a cgroup of our own; false: the machine has no such thing. */
static bool limit_pids(char *cgroup, size_t size, int max)
{
	char text[16];

	if (!cgroup2_root())
		return false;
	/* It may be on already, and then it says nothing. */
	cgroup_write(cgroup2_root(), "cgroup.subtree_control", "+pids");
	if (!cgroup2_make("start_test", cgroup, size)) {
		cgroup[0] = '\0';
		return false;
	}
	snprintf(text, sizeof(text), "%d", max);
	return cgroup_write(cgroup, "pids.max", text) &&
	       cgroup_move(cgroup, getpid());
}

TEST_F_TIMEOUT(start, after_the_pids_controller_refused, PROCESS_TEST_TIMEOUT)
{
	int i;

	if (!limit_pids(self->cgroup, sizeof(self->cgroup), 1))
		SKIP(return, "no pids controller: %s", strerror(errno));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(-1, fork_reporter(self->cfd, self->theirs));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_UNTOUCHED(self);
	}
	ASSERT_TRUE(cgroup_write(self->cgroup, "pids.max", "max"));
	EXPECT_STARTS(self);
}

TEST_F_TIMEOUT(start, after_many_refusals, PROCESS_TEST_TIMEOUT)
{
	int i;

	if (!limit_pids(self->cgroup, sizeof(self->cgroup), 1))
		SKIP(return, "no pids controller: %s", strerror(errno));
	for (i = 0; i < scaled(300); i++) {
		ASSERT_EQ(-1, fork_reporter(self->cfd, self->theirs));
		ASSERT_EQ(EAGAIN, errno);
	}
	EXPECT_UNTOUCHED(self);
	ASSERT_TRUE(cgroup_write(self->cgroup, "pids.max", "max"));
	EXPECT_STARTS(self);
}

/* One that is refused again and again may be closed, too. */
TEST_F_TIMEOUT(start, never, PROCESS_TEST_TIMEOUT)
{
	int containers = container_count();

	if (!limit_pids(self->cgroup, sizeof(self->cgroup), 1))
		SKIP(return, "no pids controller: %s", strerror(errno));
	ASSERT_EQ(-1, fork_reporter(self->cfd, self->theirs));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_UNTOUCHED(self);
	EXPECT_EQ(0, close(self->cfd));
	EXPECT_EQ(containers - 1, container_count());
	self->cfd = -1;
}

/* Runs as an ordinary user, whose limit it is; the exit code is the step. */
static int start_as_user(int cfd, int ours, int theirs, unsigned int flags)
{
	struct rlimit none = { 0, 0 }, old;
	pid_t init, pid;
	int i, inside;

	if (getrlimit(RLIMIT_NPROC, &old))
		return 1;
	none.rlim_max = old.rlim_max;
	for (i = 0; i < 5; i++) {
		if (setrlimit(RLIMIT_NPROC, &none))
			return 2;
		pid = fork_reporter(cfd, theirs);
		if (pid != -1 || errno != EAGAIN)
			return 3;
		if (fdinfo_number(cfd, "Init:") || poll_now(cfd))
			return 4;
		if (waitpid(-1, NULL, __WALL | WNOHANG) != -1)
			return 5;
	}
	if (setrlimit(RLIMIT_NPROC, &old))
		return 6;
	init = fork_reporter(cfd, theirs);
	if (init < 0)
		return 7;
	inside = hear_int(ours);
	if (inside != (flags & CONTAINER_NEW_PID_NS ? 1 : init))
		return 8;

	/* A later entry that fails does no harm either. */
	if (setrlimit(RLIMIT_NPROC, &none))
		return 9;
	pid = fork_reporter(cfd, theirs);
	if (pid != -1 || errno != EAGAIN)
		return 10;
	if (poll_now(cfd) || fdinfo_number(cfd, "Processes:") != 1)
		return 11;
	if (setrlimit(RLIMIT_NPROC, &old))
		return 12;
	pid = fork_reporter(cfd, theirs);
	if (pid < 0 || hear_int(ours) <= inside)
		return 13;
	kill_and_reap(pid);
	if (poll_now(cfd))
		return 14;
	kill_and_reap(init);
	return poll_until(cfd, POLLIN | POLLHUP) ? 0 : 15;
}

TEST_F_TIMEOUT(start, after_the_process_limit_refused, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		unsigned int flags = variant->flags;
		int cfd;

		if (!become_user(UID))
			_exit(100);
		/* What a user may do at all. */
		if (!(flags & CONTAINER_NEW_USER_NS))
			flags = 0;
		cfd = container_create("user", flags | CONTAINER_KILL_ON_CLOSE);
		if (cfd < 0)
			_exit(101);
		_exit(start_as_user(cfd, self->ours, self->theirs, flags));
	}
	EXPECT_EQ(0, wait_for_exit(pid));
}

/* --- signals ------------------------------------------------------------------ */

static void on_alarm(int sig)
{
}

/* Interrupted all the time, each first fork makes an init all the same. */
TEST_F_TIMEOUT(start, under_a_hail_of_signals, PROCESS_TEST_TIMEOUT)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = {
		.it_interval.tv_usec = debug_kernel() ? 2000 : 200,
		.it_value.tv_usec = 100,
	}, off = {};
	int round, cfd, inside;
	pid_t pid;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (round = 0; round < scaled(100); round++) {
		cfd = container_create("hail", variant->flags |
				       CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd, 0);
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
		pid = fork_reporter(cfd, self->theirs);
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
		ASSERT_GT(pid, 0);
		inside = hear_int(self->ours);
		ASSERT_EQ(FIRST_PID(pid), inside);
		ASSERT_EQ(pid, fdinfo_number(cfd, "Init:"));
		kill_and_reap(pid);
		close(cfd);
	}
}

/* Killed somewhere in its first fork, a forker leaves all or nothing. */
TEST_F_TIMEOUT(start, although_the_forker_was_killed, PROCESS_TEST_TIMEOUT)
{
	int round, cfd, started = 0;
	pid_t forker, pid;
	long long span;

	/* How long does a fork take? */
	span = time_of_fork(self->cfd);
	ASSERT_LT(0, span);

	for (round = 0; round < scaled(200); round++) {
		cfd = container_create("orphan", variant->flags |
				       CONTAINER_KILL_ON_CLOSE);
		ASSERT_GE(cfd, 0);
		forker = fork();
		ASSERT_GE(forker, 0);
		if (forker == 0) {
			tell(self->theirs);
			container_spawn_idle(cfd);
			pause_forever();
		}
		ASSERT_TRUE(hear_in_time(self->ours));
		delay_of_round(round, span);
		kill_and_reap(forker);

		pid = fork_reporter(cfd, self->theirs);
		ASSERT_GT(pid, 0);
		if (fdinfo_number(cfd, "Init:") == pid) {
			ASSERT_EQ(FIRST_PID(pid), hear_int(self->ours));
			ASSERT_EQ(1, fdinfo_number(cfd, "Processes:"));
		} else {
			/* The forker's child has it, and is ours now. */
			ASSERT_NE(INT_MIN, hear_int(self->ours));
			ASSERT_EQ(2, fdinfo_number(cfd, "Processes:"));
			started++;
		}
		close(cfd);
		ASSERT_NE(-1, reap_all());
	}
	TH_LOG("%d of %d forkers got that far", started, round);
}

/* --- a first fork that takes its time ------------------------------------------- */

/* A process in the midst of the first fork: a page that it needs is not there. */
struct slow_start {
	pid_t forker;
	int uffd;	/* with it the page can be given */
	unsigned long page;
};

/* The forker: @sock gets its userfaultfd, and the page's address. */
static int start_slowly(int cfd, int sock)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_PIDFD,
		.exit_signal = SIGCHLD,
		.container = cfd,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	reg.range.start = (unsigned long)page;
	reg.range.len = 4096;
	if (uffd < 0 || page == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg) || !send_fd(sock, uffd) ||
	    write(sock, &page, sizeof(page)) != sizeof(page))
		return NOT_TRIED;
	/* Written to when the child is nearly complete. */
	args.pidfd = (unsigned long)page;
	pid = clone_into_container(&args);
	if (pid == 0)
		pause_forever();
	return pid < 0 ? errno : 0;
}

static bool slow_start_begin(struct slow_start *s, int cfd)
{
	struct uffd_msg msg;
	struct pollfd pfd;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return false;
	s->forker = fork();
	if (s->forker == 0)
		_exit(start_slowly(cfd, sv[1]));
	close(sv[1]);
	s->uffd = recv_fd(sv[0]);
	if (s->forker < 0 || s->uffd < 0 ||
	    read(sv[0], &s->page, sizeof(s->page)) != sizeof(s->page))
		return false;
	close(sv[0]);
	pfd = (struct pollfd){ .fd = s->uffd, .events = POLLIN };
	return poll(&pfd, 1, CONTAINER_TIMEOUT_MS) == 1 &&
	       read(s->uffd, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

static bool slow_start_go_on(struct slow_start *s)
{
	struct uffdio_zeropage zero = { .range = { .start = s->page, .len = 4096 } };

	return !ioctl(s->uffd, UFFDIO_ZEROPAGE, &zero);
}

/* A child that has to wait for the first fork to be over, and does; -1: error. */
static pid_t fork_waiting(int (*call)(int cfd, int arg), int cfd, int arg)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(call(cfd, arg));
	if (pid > 0 && wait_for_state(pid, 'D'))
		return pid;
	kill_and_reap(pid);
	return -1;
}

static int call_enter(int cfd, int arg)
{
	return try_enter(cfd);
}

static int call_set_uts(int cfd, int arg)
{
	return ERRNO(container_set_ns(cfd, arg));
}

/* Only the start can be waited for, and not by who is killed. */
TEST_F_TIMEOUT(start, is_waited_for, PROCESS_TEST_TIMEOUT)
{
	pid_t entrant, supplier, killed[2];
	struct slow_start slow;
	int uts, pid;

	uts = ns_open(0, "uts");
	ASSERT_LE(0, uts);
	ASSERT_TRUE(slow_start_begin(&slow, self->cfd));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));
	EXPECT_EQ(0, fdinfo_number(self->cfd, "Processes:"));
	entrant = fork_waiting(call_enter, self->cfd, 0);
	supplier = fork_waiting(call_set_uts, self->cfd, uts);
	killed[0] = fork_waiting(call_enter, self->cfd, 0);
	killed[1] = fork_waiting(call_set_uts, self->cfd, uts);
	ASSERT_LT(0, entrant);
	ASSERT_LT(0, supplier);
	ASSERT_LT(0, killed[0]);
	ASSERT_LT(0, killed[1]);

	ASSERT_EQ(0, kill(killed[0], SIGKILL));
	ASSERT_EQ(0, kill(killed[1], SIGKILL));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(killed[0]));
	EXPECT_EQ(128 + SIGKILL, wait_for_exit(killed[1]));
	EXPECT_EQ(CONTAINER_STATE_NEW, container_state(self->cfd));

	ASSERT_TRUE(slow_start_go_on(&slow));
	EXPECT_EQ(0, wait_for_exit(slow.forker));
	/* It is not the entrant that is init, and no namespace is supplied any more. */
	EXPECT_EQ(0, wait_for_exit(entrant));
	EXPECT_EQ(EBUSY, wait_for_exit(supplier));
	EXPECT_EQ(0, poll_now(self->cfd));
	EXPECT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
	pid = fdinfo_number(self->cfd, "Init:");
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	close(slow.uffd);
	close(uts);
}

/* Who waited to enter makes init if the one before was killed. */
TEST_F_TIMEOUT(start, is_taken_over_from_who_is_killed, PROCESS_TEST_TIMEOUT)
{
	struct slow_start slow;
	pid_t entrant;

	ASSERT_TRUE(slow_start_begin(&slow, self->cfd));
	entrant = fork_waiting(call_enter, self->cfd, 0);
	ASSERT_LT(0, entrant);
	kill_and_reap(slow.forker);
	EXPECT_EQ(0, wait_for_exit(entrant));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
	close(slow.uffd);
}

/* A container that is killed while it is being started is not. */
TEST_F_TIMEOUT(start, does_not_outlast_a_kill, PROCESS_TEST_TIMEOUT)
{
	pid_t entrant, supplier;
	struct slow_start slow;
	int uts;

	uts = ns_open(0, "uts");
	ASSERT_LE(0, uts);
	ASSERT_TRUE(slow_start_begin(&slow, self->cfd));
	entrant = fork_waiting(call_enter, self->cfd, 0);
	supplier = fork_waiting(call_set_uts, self->cfd, uts);
	ASSERT_LT(0, entrant);
	ASSERT_LT(0, supplier);
	ASSERT_EQ(0, container_kill(self->cfd, 0, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLHUP));
	ASSERT_TRUE(slow_start_go_on(&slow));
	EXPECT_EQ(ECANCELED, wait_for_exit(slow.forker));
	EXPECT_EQ(ECANCELED, wait_for_exit(entrant));
	EXPECT_EQ(ECANCELED, wait_for_exit(supplier));
	EXPECT_EQ(POLLHUP, poll_now(self->cfd));
	close(slow.uffd);
	close(uts);
}

/* --- injected faults ------------------------------------------------------------ */

TEST_F_TIMEOUT(start, after_each_allocation_failed, PROCESS_TEST_TIMEOUT)
{
	int n, fd, left = 0, failures = 0;
	pid_t pid;

	fd = fail_nth_open();
	if (fd < 0)
		SKIP(return, "no fault injection");
	/* fault_test does it to those with more namespaces. */
	if (variant->flags & CONTAINER_NEW_USER_NS)
		return;
	self->fds = open_fds();

	for (n = 1; n < 2000 && !left; n++) {
		ASSERT_TRUE(fail_nth(fd, n));
		pid = fork_into_container(self->cfd);
		if (pid == 0) {
			tell_int(self->theirs, getpid());
			pause_forever();
		}
		left = fail_nth_left(fd);
		fail_nth(fd, 0);
		if (pid < 0) {
			failures++;
			EXPECT_UNTOUCHED(self);
			continue;
		}
		/* It did without what it was not given; now for the next one. */
		EXPECT_EQ(FIRST_PID(pid), hear_int(self->ours));
		EXPECT_EQ(pid, fdinfo_number(self->cfd, "Init:"));
		if (left)
			break;
		kill_and_reap(pid);
		close(self->cfd);
		self->cfd = container_create("start", variant->flags |
					     CONTAINER_KILL_ON_CLOSE |
					     CONTAINER_FD_CLOEXEC);
		ASSERT_GE(self->cfd, 0);
	}
	EXPECT_LT(0, left);
	EXPECT_LT(10, failures);
	close(fd);
}

/* --- later entries ---------------------------------------------------------------- */

TEST_F_TIMEOUT(start, survives_entries_that_fail, PROCESS_TEST_TIMEOUT)
{
	pid_t init, pid;
	int i, inside, last;

	init = fork_reporter(self->cfd, self->theirs);
	ASSERT_GT(init, 0);
	last = hear_int(self->ours);
	EXPECT_EQ(FIRST_PID(init), last);

	if (!limit_pids(self->cgroup, sizeof(self->cgroup), 1))
		SKIP(return, "no pids controller: %s", strerror(errno));
	for (i = 0; i < scaled(50); i++) {
		ASSERT_TRUE(cgroup_write(self->cgroup, "pids.max", "1"));
		ASSERT_EQ(-1, fork_reporter(self->cfd, self->theirs));
		ASSERT_EQ(EAGAIN, errno);
		ASSERT_EQ(0, poll_now(self->cfd));
		ASSERT_EQ(init, fdinfo_number(self->cfd, "Init:"));
		ASSERT_EQ(1, fdinfo_number(self->cfd, "Processes:"));
		ASSERT_TRUE(cgroup_write(self->cgroup, "pids.max", "max"));
		pid = fork_reporter(self->cfd, self->theirs);
		ASSERT_GT(pid, 0);
		inside = hear_int(self->ours);
		EXPECT_LT(last, inside);
		last = inside;
		kill_and_reap(pid);
	}
	EXPECT_EQ(self->fds, open_fds());
	EXPECT_EQ(0, kill(init, SIGKILL));
	EXPECT_TRUE(poll_until(self->cfd, POLLIN | POLLHUP));
}

TEST_HARNESS_MAIN
