// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's paths cost, for a guest whose clock counts instructions
 * (scripts/overlay/bench): one nanosecond is one instruction there.
 *
 * Runs on kernels with and without containers. Prints a line for each subject:
 * its name, the cost of one operation, which is the median of BATCHES batches, and
 * the name of what it is to be compared with, unless that is itself. With a name
 * and a command, what starting that and waiting for it costs.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "container_util.h"

#define BATCHES	21

struct subject {
	const char *name;
	const char *reference;	/* NULL: itself, on the unpatched kernel */
	void (*run)(void);
	int count;		/* runs in a batch */
	long cost[BATCHES];
};

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void report(struct subject *subject)
{
	long *cost = subject->cost;
	double count = subject->count;

	qsort(cost, BATCHES, sizeof(cost[0]), compare);
	printf("bench %s\t%.1f\t%s\t(%.1f to %.1f)\n", subject->name,
	       cost[BATCHES / 2] / count, subject->reference ?: subject->name,
	       cost[0] / count, cost[BATCHES - 1] / count);
	fflush(stdout);
}

static void run_batch(struct subject *subject, int batch)
{
	long start = now();

	for (int i = 0; i < subject->count; i++)
		subject->run();
	subject->cost[batch] = now() - start;
}

static void measure(const char *name, int count, void (*run)(void))
{
	struct subject subject = { name, NULL, run, count };

	run();
	for (int batch = 0; batch < BATCHES; batch++)
		run_batch(&subject, batch);
	report(&subject);
}

/* Lets what is put off be done, so that no batch pays for another one. */
static void settle(void)
{
	const struct timespec second = { .tv_sec = 1 };

	nanosleep(&second, NULL);
}

/*
 * A pair is measured in turn, as what a batch costs depends on how long the
 * system has been up. The second one may be missing.
 */
static void measure_pair(int count, const char *name, void (*run)(void),
			 const char *other_name, void (*other_run)(void))
{
	struct subject one = { name, NULL, run, count };
	struct subject other = { other_name, name, other_run, count };

	run();
	if (other_run)
		other_run();
	for (int batch = 0; batch < BATCHES; batch++) {
		settle();
		run_batch(&one, batch);
		settle();
		if (other_run)
			run_batch(&other, batch);
	}
	report(&one);
	if (other_run)
		report(&other);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The bare system call, as fork_into_container() is one. */
static void fork_exit_wait(void)
{
	pid_t pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("fork");
}

static void *thread_main(void *arg)
{
	return arg;
}

static void thread_create_join(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, NULL) ||
	    pthread_join(thread, NULL))
		die("pthread");
}

static void open_close(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd < 0)
		die("open");
	close(fd);
}

static void stat_path(void)
{
	struct stat st;

	if (stat("/etc/passwd", &st))
		die("stat");
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void vfork_exit_wait(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("vfork");
}

#define SIX_NAMESPACES	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |	\
			 CLONE_NEWNET | CLONE_NEWCGROUP)

static void clone_six_namespaces(void)
{
	struct clone_into_container args = {
		.flags = SIX_NAMESPACES,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = syscall(__NR_clone3, &args, offsetof(typeof(args), container));

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("clone3");
}

static int cfd;
static int own_net, other_net;

static void setns_socket_setns(void)
{
	int sock;

	if (setns(other_net, CLONE_NEWNET))
		die("setns");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0 || setns(own_net, CLONE_NEWNET))
		die("socket");
	close(sock);
}

static void socket_in_container(void)
{
	int sock = container_socket(cfd, AF_INET, SOCK_DGRAM, 0);

	if (sock < 0)
		die("container_socket");
	close(sock);
}

/* A network namespace that lives while its descriptor is open. */
static void make_other_net(void)
{
	own_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_net < 0 || unshare(CLONE_NEWNET))
		die("unshare");
	other_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (other_net < 0 || setns(own_net, CLONE_NEWNET))
		die("setns");
}

static void enter_exit_wait(void)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("fork_into_container");
}

#ifdef __x86_64__
/* The child has a stack of its own, as it must, which it does not even use. */
static void vfork_into_container(void)
{
	static char stack[4096];
	struct clone_into_container args = {
		.flags = CLONE_INTO_CONTAINER | CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.stack = (unsigned long)stack,
		.stack_size = sizeof(stack),
		.container = cfd,
	};
	long pid = __NR_clone3;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%edi, %%edi\n\t"
		     "mov $231, %%eax\n\t"	/* exit_group */
		     "syscall\n"
		     "1:"
		     : "+a" (pid)
		     : "D" (&args), "S" (sizeof(args))
		     : "rcx", "r11", "memory");
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("clone3 into container");
}
#else
#define vfork_into_container	NULL
#endif

static void create_close(void)
{
	int fd = container_create("bench", 0);

	if (fd < 0)
		die("container_create");
	close(fd);
}

static void contain_six_namespaces(void)
{
	cfd = container_create("bench", CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS |
			       CONTAINER_NEW_IPC_NS | CONTAINER_NEW_PID_NS |
			       CONTAINER_NEW_NET_NS | CONTAINER_NEW_CGROUP_NS);
	if (cfd < 0)
		die("container_create");
	enter_exit_wait();
	close(cfd);
}

static void idle(void)
{
	for (;;)
		pause();
}

/* A container of @members processes. */
static void populate(int members)
{
	int ready[2];
	pid_t init;
	char byte;

	cfd = container_create("bench", CONTAINER_KILL_ON_CLOSE);
	if (cfd < 0 || pipe(ready))
		die("container");
	init = fork_into_container(cfd);
	if (init < 0)
		die("fork_into_container");
	if (init == 0) {
		/* Nobody waits for them: they go as they die. */
		signal(SIGCHLD, SIG_IGN);
		for (int i = 1; i < members; i++) {
			pid_t pid = fork();

			if (pid < 0)
				die("fork");
			if (pid == 0)
				idle();
		}
		if (write(ready[1], "", 1) != 1)
			die("write");
		idle();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("members");
	close(ready[0]);
	settle();
}

/* Both calls, by the member: a flat line is a linear call. */
static void measure_kill(int members)
{
	struct pollfd pfd = { };
	long start, checked, killed;

	populate(members);
	pfd.fd = cfd;
	start = now();
	if (container_kill(cfd, 0, 0))
		die("container_kill");
	checked = now() - start;

	start = now();
	if (container_kill(cfd, 0, SIGKILL) || poll(&pfd, 1, -1) != 1)
		die("container_kill");
	killed = now() - start;
	printf("bench signal 0 to %d\t%.1f\t-\n", members, (double)checked / members);
	printf("bench SIGKILL to %d\t%.1f\t-\n", members, (double)killed / members);
	fflush(stdout);
	close(cfd);
	while (waitpid(-1, NULL, 0) > 0)
		;
	settle();
}

/* A container that lives until @cfd is closed. */
static void start_container(unsigned int flags)
{
	cfd = container_create("bench", CONTAINER_KILL_ON_CLOSE | flags);
	if (cfd < 0 || container_spawn_idle(cfd) < 0)
		die("container");
}

static char **command;

static void run_command(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die(command[0]);
}

static void measure_command(const char *name)
{
	struct subject subject = { name, NULL, run_command, 1 };

	/* What it needs is in memory then. */
	run_command();
	for (int batch = 0; batch < BATCHES; batch++) {
		settle();
		run_batch(&subject, batch);
	}
	report(&subject);
}

static void measure_all(bool containers)
{
	if (containers)
		start_container(CONTAINER_NEW_NET_NS);
	make_other_net();
	measure_pair(1000, "setns+socket+setns", setns_socket_setns,
		     "socket in container", containers ? socket_in_container : NULL);
	if (containers) {
		close(cfd);
		start_container(0);
	}
	measure_pair(1000, "fork+exit+wait", fork_exit_wait,
		     "enter+exit+wait", containers ? enter_exit_wait : NULL);
	measure_pair(1000, "vfork+exit+wait", vfork_exit_wait,
		     "enter by vfork", containers ? vfork_into_container : NULL);
	if (containers)
		close(cfd);
	measure_pair(1, "clone3, 6 ns", clone_six_namespaces,
		     "create+enter, 6 ns", containers ? contain_six_namespaces : NULL);
	if (containers) {
		measure("create+close", 1000, create_close);
		for (int members = 10; members <= 10000; members *= 10)
			measure_kill(members);
	}
	measure("thread create+join", 1000, thread_create_join);
	measure("open+close", 10000, open_close);
	measure("stat", 10000, stat_path);
	measure("getppid", 10000, call_getppid);
}

int main(int argc, char **argv)
{
	bool containers = syscall(__NR_container_create, NULL, 0, 0, 0, 0) >= 0 ||
			  errno != ENOSYS;

	if (argc > 2) {
		command = argv + 2;
		measure_command(argv[1]);
	} else {
		measure_all(containers);
	}
	return 0;
}
