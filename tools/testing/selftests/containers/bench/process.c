// SPDX-License-Identifier: GPL-2.0
/*
 * Processes and threads, of the host's and in a container.
 */
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>

#include "bench.h"

#define SAMPLES		300
#define FAULT_PAGES	64

int cfd;

static void reap(pid_t pid, const char *what)
{
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die(what);
}

/* The bare system call, as fork_into_container() is one. */
static pid_t fork_raw(void)
{
#ifdef SYS_fork
	return syscall(SYS_fork);
#else
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

void fork_exit_wait(void)
{
	pid_t pid = fork_raw();

	if (pid == 0)
		_exit(0);
	reap(pid, "fork");
}

static void vfork_exit_wait(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	reap(pid, "vfork");
}

static void spawn_true(void)
{
	char *const argv[] = { (char *)"static-true", NULL };
	pid_t pid;

	errno = posix_spawn(&pid, "/bin/static-true", NULL, NULL, argv, NULL);
	if (errno)
		die("posix_spawn");
	reap(pid, "posix_spawn");
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

static char *faults;

/* Parent and child write each page of what they share no longer. */
static void fork_and_fault(void)
{
	pid_t pid = fork_raw();

	for (int i = 0; i < FAULT_PAGES; i++)
		faults[i * 4096]++;
	if (pid == 0)
		_exit(0);
	reap(pid, "fork");
}

void enter_exit_wait(void)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0)
		_exit(0);
	reap(pid, "fork_into_container");
}

static pid_t bare_clone3(__u64 flags, __u64 stack, __u64 stack_size, size_t size)
{
#ifdef __x86_64__
	struct clone_into_container args = {
		.flags = flags,
		.exit_signal = SIGCHLD,
		.stack = stack,
		.stack_size = stack_size,
		.container = flags & CLONE_INTO_CONTAINER ? cfd : 0,
	};
	long pid = __NR_clone3;

	/* The child may have our memory, and then nothing but a stack of its own. */
	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%edi, %%edi\n\t"
		     "mov $231, %%eax\n\t"	/* exit_group */
		     "syscall\n"
		     "1:"
		     : "+a" (pid)
		     : "D" (&args), "S" (size)
		     : "rcx", "r11", "memory");
	return pid;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static char stack[4096] __attribute__((aligned(16)));

static void clone3_vfork(void)
{
	reap(bare_clone3(CLONE_VM | CLONE_VFORK, (unsigned long)stack, sizeof(stack),
			 offsetof(struct clone_into_container, container)),
	     "clone3");
}

static void clone3_vfork_into(void)
{
	reap(bare_clone3(CLONE_VM | CLONE_VFORK | CLONE_INTO_CONTAINER,
			 (unsigned long)stack, sizeof(stack),
			 sizeof(struct clone_into_container)),
	     "clone3 into container");
}

void create_close(void)
{
	int fd = container_create("bench", 0);

	if (fd < 0)
		die("container_create");
	close(fd);
}

/* A container that lives until @cfd is closed. */
void start_container(unsigned int flags)
{
	cfd = container_create("bench", CONTAINER_KILL_ON_CLOSE | flags);
	if (cfd < 0 || container_spawn_idle(cfd) < 0)
		die("container");
}

/* On a system that has never seen a container or a new namespace. */
void bench_process(void)
{
	const struct subject subjects[] = {
		{ "fork+exit+wait", fork_exit_wait },
		{ "vfork+exit+wait", vfork_exit_wait },
		{ "posix_spawn+wait", spawn_true },
		{ "fork+64 faults", fork_and_fault },
		{ "thread create+join", thread_create_join },
	};

	faults = mmap(NULL, FAULT_PAGES * 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (faults == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < ARRAY_SIZE(subjects); i++)
		measure(&subjects[i], 1, SAMPLES);
}

/* For who looks at them from outside. */
void bench_forks(void)
{
	for (int i = 0; i < 1000; i++)
		fork_exit_wait();
}

void bench_enter(void)
{
	const struct subject forks[] = {
		{ "fork beside enter", fork_exit_wait },
		{ "enter+exit+wait", enter_exit_wait, .contained = true },
	};
	const struct subject vforks[] = {
		{ "vfork beside enter", vfork_exit_wait },
		{ "clone3, vfork", clone3_vfork },
		{ "clone3, vfork, into", clone3_vfork_into, .contained = true },
	};
	const struct subject create = { "create+close", create_close, .contained = true };

	if (containers)
		start_container(0);
	measure(forks, ARRAY_SIZE(forks), SAMPLES);
	measure(vforks, ARRAY_SIZE(vforks), SAMPLES);
	measure(&create, 1, SAMPLES);
}
