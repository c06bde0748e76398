// SPDX-License-Identifier: GPL-2.0
/*
 * The entry guard: a process that was forked into a container carries its
 * forker's memory, executable and descriptors until it execs, and nobody inside
 * gets at those, root with every capability included.
 *
 * The attacker is an exec'ed process in the container, its init in most tests;
 * the target is forked in by the test and takes orders. The same attacks must
 * succeed once the target has exec'ed: what fails then was not the guard's work.
 */
#define _GNU_SOURCE
#include <asm/unistd.h>
#include <libgen.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <linux/elf.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>

#include "container_cred.h"
#include "process_util.h"
#include "../kselftest_harness.h"

#ifndef PIDFD_GET_UTS_NAMESPACE
#define PIDFD_GET_UTS_NAMESPACE		_IO(0xFF, 10)
#endif

#ifndef __NR_process_madvise
#define __NR_process_madvise		440
#endif

#define UID		1000
#define PROBED		42		/* exit code of an exec that went through */
#define PROBE_ENV	"GUARD_PROBE"
#define HELPER_NAME	"helper"
#define HELPER_PATH	"/tmp/guard_test_helper"
#define SCRIPT_PATH	"/tmp/guard_test_script"
#define ELF_PATH	"/tmp/guard_test_elf"
#define HANDLER_DIR	"/tmp/guard_test_handlers"
#define HANDLER_NAME	"guard_test"
#define HANDLER_MAGIC	"GUARD_TEST"
#define HANDLED_PATH	"/tmp/guard_test_handled"
#define CORE_PATH	"/tmp/guard_test_core"
#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* Descriptors of the forker; all but one survive exec. */
#define HOST_FD		60		/* /dev/null */
#define CLOEXEC_FD	61
#define PROGRAM_FD	62		/* our program */
#define PROGRAM_DIR_FD	63		/* the directory that it is in */
#define MEMFD		64		/* a copy of our program */

static int received;		/* SIGUSR2s */
static long secret = 0x5ec2e7;		/* of the forker */

/* --- attacks --------------------------------------------------------------- */

/* On whom, and what it takes to name that one. */
struct victim {
	pid_t pid;		/* as the attacker's system calls know it */
	pid_t proc_pid;		/* as /proc does */
	unsigned long addr;	/* of a long there that may be read and written */
};

struct attack {
	const char *name;
	/* 0: it worked; else -errno */
	int (*fn)(const struct victim *victim, const char *arg);
	const char *arg;
	unsigned int flags;
};

#define DEADLY		1	/* not for a victim that it may succeed with */
#define NEEDS_HOST_CAPS	2	/* with a user namespace, fails by other rules */
#define COUNTED		4	/* succeeds by being received */
#define BROADCAST	8	/* reaches whoever is in the PID namespace */
#define ON_THREADS	16	/* can be tried on a thread that does not lead */
#define NOT_WHILE_GUARDED 32	/* for nobody, since who wants it cannot be told */
#define TYPICAL		64	/* one of the few that most tests make do with */
#define OF_AUTOGROUP	128	/* where the kernel has automatic groups */

#define AUTOGROUP	"/proc/self/autogroup"

static const char *proc_path(const struct victim *victim, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "/proc/%d/%s", victim->proc_pid, file);
	return path;
}

static int result(long ret)
{
	return ret < 0 ? -errno : 0;
}

static int try_readlink(const struct victim *victim, const char *arg)
{
	char buf[256];

	return result(readlink(proc_path(victim, arg), buf, sizeof(buf)));
}

static int try_open(const struct victim *victim, const char *arg)
{
	int fd = open(proc_path(victim, arg), O_RDONLY | O_CLOEXEC);
	int err = result(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int try_open_write(const struct victim *victim, const char *arg)
{
	int fd = open(proc_path(victim, arg), O_RDWR | O_CLOEXEC);
	int err = result(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int try_read(const struct victim *victim, const char *arg)
{
	int fd = open(proc_path(victim, arg), O_RDONLY | O_CLOEXEC);
	int err = result(fd);
	char buf[8];	/* what pagemap wants at least */

	if (fd < 0)
		return err;
	err = result(read(fd, buf, sizeof(buf)));
	close(fd);
	return err;
}

/* -ENODATA: there is nothing in it. */
static int try_read_any(const struct victim *victim, const char *arg)
{
	char buf[256];

	if (!read_file(proc_path(victim, arg), buf, sizeof(buf)))
		return -errno;
	return buf[0] ? 0 : -ENODATA;
}

static int try_readdir(const struct victim *victim, const char *arg)
{
	DIR *dir = opendir(proc_path(victim, arg));
	int err = 0, n = 0;
	struct dirent *de;

	if (!dir)
		return -errno;
	errno = 0;
	while ((de = readdir(dir)))
		n += de->d_name[0] != '.';
	err = -errno;
	closedir(dir);
	return err ?: n ? 0 : -ENODATA;
}

/* @arg: the file, and what to write to it. */
static int try_write(const struct victim *victim, const char *arg)
{
	char file[32];
	int len = strcspn(arg, " ");

	snprintf(file, sizeof(file), "%.*s", len, arg);
	return write_file(proc_path(victim, file), arg + len + 1) ? 0 : -errno;
}

/* The whole session's; changes of those without privilege are rationed. */
static int try_autogroup(const struct victim *victim, const char *arg)
{
	const char *path = proc_path(victim, "autogroup");
	bool done;

	wait_until((done = write_file(path, arg)) || errno != EAGAIN);
	return done ? 0 : -errno;
}

/* The address of the stack, which is 0 for those whom it is kept from. */
static int try_stat_addresses(const struct victim *victim, const char *arg)
{
	char buf[1024], *at;
	int i;

	if (!read_file(proc_path(victim, "stat"), buf, sizeof(buf)))
		return -errno;
	at = strrchr(buf, ')');
	for (i = 2; at && i < 28; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EINVAL;
	return strtoul(at, NULL, 10) ? 0 : -ENODATA;
}

static int try_attach(const struct victim *victim, const char *arg)
{
	int status;

	if (ptrace(PTRACE_ATTACH, victim->pid, 0, 0))
		return -errno;
	waitpid(victim->pid, &status, __WALL);
	return result(ptrace(PTRACE_DETACH, victim->pid, 0, 0));
}

static int try_seize(const struct victim *victim, const char *arg)
{
	int status;

	if (ptrace(PTRACE_SEIZE, victim->pid, 0, 0))
		return -errno;
	if (ptrace(PTRACE_INTERRUPT, victim->pid, 0, 0))
		return -errno;
	waitpid(victim->pid, &status, __WALL);
	return result(ptrace(PTRACE_DETACH, victim->pid, 0, 0));
}

static int try_vm_readv(const struct victim *victim, const char *arg)
{
	long value;
	struct iovec local = { &value, sizeof(value) };
	struct iovec remote = { (void *)victim->addr, sizeof(value) };

	return result(process_vm_readv(victim->pid, &local, 1, &remote, 1, 0));
}

static int try_vm_writev(const struct victim *victim, const char *arg)
{
	long value = 0;
	struct iovec local = { &value, sizeof(value) };
	struct iovec remote = { (void *)victim->addr, sizeof(value) };

	return result(process_vm_writev(victim->pid, &local, 1, &remote, 1, 0));
}

static int try_pidfd_getfd(const struct victim *victim, const char *arg)
{
	int pidfd = open_pidfd(victim->pid), fd, err;

	if (pidfd < 0)
		return -errno;
	fd = syscall(SYS_pidfd_getfd, pidfd, HOST_FD, 0);
	err = result(fd);
	close(pidfd);
	if (fd >= 0)
		close(fd);
	return err;
}

static int try_pidfd_signal(const struct victim *victim, const char *arg)
{
	int pidfd = open_pidfd(victim->pid), err;

	if (pidfd < 0)
		return -errno;
	err = result(syscall(SYS_pidfd_send_signal, pidfd, atoi(arg), NULL, 0));
	close(pidfd);
	return err;
}

static int try_pidfd_namespace(const struct victim *victim, const char *arg)
{
	int pidfd = open_pidfd(victim->pid), fd, err;

	if (pidfd < 0)
		return -errno;
	fd = ioctl(pidfd, PIDFD_GET_UTS_NAMESPACE, 0);
	err = result(fd);
	close(pidfd);
	if (fd >= 0)
		close(fd);
	return err;
}

/* In a child, so that it changes nothing. */
static int try_pidfd_setns(const struct victim *victim, const char *arg)
{
	int pidfd = open_pidfd(victim->pid);
	pid_t pid;

	if (pidfd < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		_exit(-result(setns(pidfd, CLONE_NEWUTS)));
	close(pidfd);
	return -wait_for_exit(pid);
}

static int try_process_madvise(const struct victim *victim, const char *arg)
{
	struct iovec range = { (void *)(victim->addr & ~4095UL), 4096 };
	int pidfd = open_pidfd(victim->pid), err;

	if (pidfd < 0)
		return -errno;
	err = result(syscall(__NR_process_madvise, pidfd, &range, 1UL,
			     MADV_COLD, 0));
	close(pidfd);
	return err;
}

static int try_kcmp(const struct victim *victim, const char *arg)
{
	return result(syscall(SYS_kcmp, getpid(), victim->pid, KCMP_VM, 0, 0));
}

static int try_robust_list(const struct victim *victim, const char *arg)
{
	void *head;
	size_t len;

	return result(syscall(SYS_get_robust_list, victim->pid, &head, &len));
}

static int try_perf(const struct victim *victim, const char *arg)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, victim->pid, -1, -1,
			 PERF_FLAG_FD_CLOEXEC);
	int err = result(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int try_kill(const struct victim *victim, const char *arg)
{
	return result(kill(victim->pid, atoi(arg)));
}

/* The victim leads a process group of its own, of which it is all. */
static int try_killpg(const struct victim *victim, const char *arg)
{
	/* That would be everybody. */
	if (victim->pid == 1)
		return -EOPNOTSUPP;
	return result(kill(-victim->pid, atoi(arg)));
}

static int try_kill_everybody(const struct victim *victim, const char *arg)
{
	return result(kill(-1, atoi(arg)));
}

static int try_tgkill(const struct victim *victim, const char *arg)
{
	return result(syscall(SYS_tgkill, victim->pid, victim->pid, atoi(arg)));
}

static int try_tkill(const struct victim *victim, const char *arg)
{
	return result(syscall(SYS_tkill, victim->pid, atoi(arg)));
}

static int try_sigqueue(const struct victim *victim, const char *arg)
{
	union sigval value = { .sival_int = 1 };

	return result(sigqueue(victim->pid, atoi(arg), value));
}

static int try_tgsigqueue(const struct victim *victim, const char *arg)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return result(syscall(SYS_rt_tgsigqueueinfo, victim->pid, victim->pid,
			      atoi(arg), &info));
}

/* Has the kernel send a signal, because there is something to read. */
static int sigio(const struct f_owner_ex *owner, pid_t setown)
{
	int sv[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return -errno;
	if (setown ? fcntl(sv[0], F_SETOWN, setown) :
		     fcntl(sv[0], F_SETOWN_EX, owner))
		err = -errno;
	else if (fcntl(sv[0], F_SETSIG, SIGUSR2) ||
		 fcntl(sv[0], F_SETFL, O_ASYNC | O_NONBLOCK) || !tell(sv[1]))
		err = -(errno ?: EIO);
	close(sv[0]);
	close(sv[1]);
	return err;
}

static int try_sigio(const struct victim *victim, const char *arg)
{
	return sigio(NULL, victim->pid);
}

static int try_sigio_group(const struct victim *victim, const char *arg)
{
	return sigio(NULL, -victim->pid);
}

static int try_sigio_thread(const struct victim *victim, const char *arg)
{
	struct f_owner_ex owner = { F_OWNER_TID, victim->pid };

	return sigio(&owner, 0);
}

static int try_setpriority(const struct victim *victim, const char *arg)
{
	return result(setpriority(PRIO_PROCESS, victim->pid, 1));
}

static int try_setscheduler(const struct victim *victim, const char *arg)
{
	const struct sched_param param = { };

	return result(sched_setscheduler(victim->pid, SCHED_BATCH, &param));
}

/* Limits that stay what they are; but who can do that can make them others. */
static int try_prlimit(const struct victim *victim, const char *arg)
{
	struct rlimit limit;

	if (prlimit(victim->pid, RLIMIT_CORE, NULL, &limit))
		return -errno;
	return result(prlimit(victim->pid, RLIMIT_CORE, &limit, NULL));
}

static int try_setaffinity(const struct victim *victim, const char *arg)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return result(sched_setaffinity(victim->pid, sizeof(cpus), &cpus));
}

#define STR_(x)		#x
#define STR(x)		STR_(x)

#define FD(dir)		dir "/" STR(HOST_FD)

static const struct attack attacks[] = {
	{ "PTRACE_ATTACH", try_attach, "", ON_THREADS },
	{ "PTRACE_SEIZE", try_seize, "", ON_THREADS | TYPICAL },
	{ "readlink exe", try_readlink, "exe", ON_THREADS | TYPICAL },
	{ "open exe", try_open, "exe", ON_THREADS },
	{ "readlink cwd", try_readlink, "cwd", ON_THREADS },
	{ "open cwd", try_open, "cwd/.", ON_THREADS },
	{ "readlink root", try_readlink, "root", ON_THREADS },
	{ "open root", try_open, "root/.", ON_THREADS },
	{ "readlink fd", try_readlink, FD("fd"), ON_THREADS },
	{ "open fd", try_open, FD("fd"), ON_THREADS | TYPICAL },
	{ "read fdinfo", try_read, FD("fdinfo"), ON_THREADS },
	{ "open mem", try_open, "mem", ON_THREADS | TYPICAL },
	{ "open mem to write", try_open_write, "mem", ON_THREADS },
	{ "read maps", try_read, "maps", ON_THREADS },
	{ "read smaps", try_read, "smaps", ON_THREADS },
	{ "read smaps_rollup", try_read, "smaps_rollup", 0 },
	{ "read pagemap", try_read, "pagemap", ON_THREADS },
	{ "read environ", try_read, "environ", ON_THREADS | TYPICAL },
	{ "read auxv", try_read, "auxv", ON_THREADS },
	{ "read io", try_read, "io", 0 },
	{ "read syscall", try_read, "syscall", ON_THREADS },
	{ "read personality", try_read, "personality", ON_THREADS },
	{ "read cmdline", try_read_any, "cmdline", ON_THREADS | TYPICAL },
	{ "addresses in stat", try_stat_addresses, "", ON_THREADS },
	{ "list map_files", try_readdir, "map_files", 0 },
	{ "readlink ns/mnt", try_readlink, "ns/mnt", ON_THREADS },
	{ "open ns/mnt", try_open, "ns/mnt", ON_THREADS | TYPICAL },
	{ "open ns/pid", try_open, "ns/pid", ON_THREADS },
	{ "open ns/pid_for_children", try_open, "ns/pid_for_children", 0 },
	{ "open ns/user", try_open, "ns/user", ON_THREADS },
	{ "open ns/net", try_open, "ns/net", ON_THREADS },
	{ "open ns/uts", try_open, "ns/uts", ON_THREADS },
	{ "open ns/ipc", try_open, "ns/ipc", ON_THREADS },
	{ "open ns/cgroup", try_open, "ns/cgroup", ON_THREADS },
	{ "open ns/time", try_open, "ns/time", ON_THREADS },
	{ "write oom_score_adj", try_write, "oom_score_adj 500", TYPICAL },
	{ "write autogroup", try_autogroup, "1", OF_AUTOGROUP },
	{ "write coredump_filter", try_write, "coredump_filter 0x33", 0 },
	{ "write clear_refs", try_write, "clear_refs 1", 0 },
	{ "process_vm_readv", try_vm_readv, "", ON_THREADS | TYPICAL },
	{ "process_vm_writev", try_vm_writev, "", ON_THREADS },
	{ "pidfd_getfd", try_pidfd_getfd, "", TYPICAL },
	{ "PIDFD_GET_UTS_NAMESPACE", try_pidfd_namespace, "", 0 },
	{ "setns to a pidfd", try_pidfd_setns, "", NEEDS_HOST_CAPS },
	{ "process_madvise", try_process_madvise, "", NEEDS_HOST_CAPS },
	{ "kcmp", try_kcmp, "", ON_THREADS | TYPICAL },
	{ "get_robust_list", try_robust_list, "", ON_THREADS },
	{ "perf_event_open", try_perf, "", ON_THREADS | TYPICAL },
	{ "setpriority", try_setpriority, "", ON_THREADS | TYPICAL },
	{ "sched_setscheduler", try_setscheduler, "", ON_THREADS },
	{ "sched_setaffinity", try_setaffinity, "", ON_THREADS },
	{ "prlimit", try_prlimit, "", ON_THREADS | TYPICAL },
	{ "kill 0", try_kill, "0", ON_THREADS },
	{ "kill SIGUSR2", try_kill, STR(SIGUSR2), COUNTED | TYPICAL },
	{ "kill the group", try_killpg, STR(SIGUSR2), COUNTED },
	{ "kill everybody", try_kill_everybody, STR(SIGUSR2),
	  COUNTED | BROADCAST },
	{ "tgkill", try_tgkill, STR(SIGUSR2), COUNTED },
	{ "tkill", try_tkill, STR(SIGUSR2), COUNTED | ON_THREADS },
	{ "sigqueue", try_sigqueue, STR(SIGUSR2), COUNTED },
	{ "rt_tgsigqueueinfo", try_tgsigqueue, STR(SIGUSR2),
	  COUNTED },
	{ "pidfd_send_signal", try_pidfd_signal, STR(SIGUSR2),
	  COUNTED },
	{ "F_SETOWN", try_sigio, "", COUNTED | NOT_WHILE_GUARDED | TYPICAL },
	{ "F_SETOWN of the group", try_sigio_group, "", COUNTED | NOT_WHILE_GUARDED },
	{ "F_SETOWN_EX", try_sigio_thread, "", COUNTED | NOT_WHILE_GUARDED },
	{ "kill SIGSTOP", try_kill, STR(SIGSTOP), TYPICAL },
	{ "kill SIGCONT", try_kill, STR(SIGCONT), TYPICAL },
	{ "kill SIGKILL", try_kill, STR(SIGKILL), DEADLY | TYPICAL },
	{ "kill SIGABRT", try_kill, STR(SIGABRT), DEADLY },
};

#define NR_ATTACKS	((int)ARRAY_SIZE(attacks))

/* What a machine without the means answers, guard or not. */
static bool unsupported(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP || err == -ENOTTY;
}

/* --- processes that take orders -------------------------------------------- */

enum verb {
	ATTACK,		/* number of the attack, victim */
	SPIN,		/* victim: try what it must not have until it execs */
	GET_PID,
	GET_ADDRESS,
	GET_COUNT,	/* of the signals received */
	EXEC,		/* path; the new program answers, or else -errno */
	EXEC_FD,	/* descriptor: the same by execveat(AT_EMPTY_PATH) */
	PROBE,		/* path: exec it in a child; PROBED, or the errno */
	PROBE_FD,	/* descriptor: the same by execveat(AT_EMPTY_PATH) */
	PROBE_AT,	/* descriptor, path: by execveat() below the one */
	PROBE_IN,	/* descriptor, path: by execve() in there */
	FORK,		/* descriptor: a child takes orders from there */
	VFORK,		/* the same, and we wait for it */
	FORK_ATTACKER,	/* descriptor: the child execs first */
	THREAD,		/* starts one; its thread id */
	TRACEME,
	SETPGID,	/* the victim gets a process group of its own */
	SET_DUMPABLE,
	NEST,		/* flags, descriptor: as FORK, into a new container */
	NEST_ATTACKER,	/* flags, descriptor: as FORK_ATTACKER, the same */
	ENTER,		/* descriptor: as FORK, into that container again */
	ABORT,		/* no answer */
};

struct request {
	enum verb order;
	int attack;
	struct victim victim;
	unsigned int flags;
	int fd;
	char path[64];
};

static void serve(int fd, bool hello);

static void count_signal(int sig)
{
	__atomic_add_fetch(&received, 1, __ATOMIC_SEQ_CST);
}

static void exec_helper(const char *path, int fd)
{
	char arg[16];

	snprintf(arg, sizeof(arg), "%d", fd);
	execl(path, HELPER_NAME, arg, NULL);
}

static void exec_helper_fd(int program, int fd)
{
	char arg[16], *argv[3];

	snprintf(arg, sizeof(arg), "%d", fd);
	argv[0] = HELPER_NAME;
	argv[1] = arg;
	argv[2] = NULL;
	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
}

/* A program of ours that is run in this way exits with PROBED. */
static long probe(const struct request *req)
{
	char *argv[2], *envp[2];
	pid_t pid;

	pid = fork();
	if (pid)
		return wait_for_exit(pid);
	argv[0] = PROBE_ENV;
	argv[1] = NULL;
	envp[0] = PROBE_ENV "=1";
	envp[1] = NULL;
	switch (req->order) {
	case PROBE_FD:
		syscall(SYS_execveat, req->fd, "", argv, envp, AT_EMPTY_PATH);
		break;
	case PROBE_AT:
		syscall(SYS_execveat, req->fd, req->path, argv, envp, 0);
		break;
	case PROBE_IN:
		if (fchdir(req->fd))
			_exit(EXIT_FAILURE);
		execve(req->path, argv, envp);
		break;
	default:
		execve(req->path, argv, envp);
	}
	_exit(errno);
}

static int thread_id;

static void *idle_thread(void *arg)
{
	__atomic_store_n(&thread_id, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	pause_forever();
}

static long start_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle_thread, NULL))
		return -1;
	while (!__atomic_load_n(&thread_id, __ATOMIC_SEQ_CST))
		sched_yield();
	return thread_id;
}

#define SPIN_OK		0
#define SPIN_OLD_EXE	1	/* we got at the executable of the forker */
#define SPIN_OLD_FD	2	/* or at a descriptor that exec had to close */
#define SPIN_HUNG	3

/* Tries what the guard withholds until it is lifted, and looks what we got. */
static long spin(const struct victim *victim, int fd)
{
	char exe_path[64], fd_path[64];
	long long end = now_ms() + CONTAINER_TIMEOUT_MS;
	struct stat st, helper;
	const long ready = 0;
	int exe, old;

	if (stat(HELPER_PATH, &helper))
		return SPIN_HUNG;
	snprintf(exe_path, sizeof(exe_path), "/proc/%d/exe", victim->proc_pid);
	snprintf(fd_path, sizeof(fd_path), "/proc/%d/fd/%d", victim->proc_pid,
		 CLOEXEC_FD);
	if (write(fd, &ready, sizeof(ready)) != sizeof(ready))
		return SPIN_HUNG;
	do {
		old = open(fd_path, O_RDONLY | O_CLOEXEC);
		if (old >= 0) {
			close(old);
			return SPIN_OLD_FD;
		}
		exe = open(exe_path, O_RDONLY | O_CLOEXEC);
	} while (exe < 0 && now_ms() < end);
	if (exe < 0)
		return SPIN_HUNG;
	if (fstat(exe, &st))
		st.st_ino = 0;
	close(exe);
	return st.st_ino == helper.st_ino && st.st_dev == helper.st_dev ?
	       SPIN_OK : SPIN_OLD_EXE;
}

/* The child side of a fork() of whatever kind. */
static void be_child(const struct request *req, bool attacker)
{
	if (attacker) {
		exec_helper(own_path(), req->fd);
		_exit(EXIT_FAILURE);
	}
	setpgid(0, 0);
	serve(req->fd, true);
	_exit(EXIT_SUCCESS);
}

static int nested_fd = -1;

static long enter_nested(const struct request *req)
{
	pid_t pid = fork_into_container(nested_fd);

	if (pid == 0)
		be_child(req, req->order == NEST_ATTACKER);
	return result(pid);
}

static long take_order(const struct request *req, int fd)
{
	const struct attack *attack = &attacks[req->attack];
	pid_t pid;

	switch (req->order) {
	case ATTACK:
		return attack->fn(&req->victim, attack->arg);
	case SPIN:
		return spin(&req->victim, fd);
	case GET_PID:
		return getpid();
	case GET_ADDRESS:
		return (long)&secret;
	case GET_COUNT:
		return __atomic_load_n(&received, __ATOMIC_SEQ_CST);
	case EXEC:
		exec_helper(req->path, fd);
		return -errno;
	case EXEC_FD:
		exec_helper_fd(req->fd, fd);
		return -errno;
	case PROBE:
	case PROBE_FD:
	case PROBE_AT:
	case PROBE_IN:
		return probe(req);
	case FORK:
	case FORK_ATTACKER:
		pid = fork();
		if (pid == 0)
			be_child(req, req->order == FORK_ATTACKER);
		return result(pid);
	case VFORK:
		/* The answer comes when the child is gone. */
		pid = vfork();
		if (pid == 0)
			be_child(req, false);
		return result(pid);
	case THREAD:
		return start_thread();
	case TRACEME:
		return result(ptrace(PTRACE_TRACEME, 0, 0, 0));
	case SETPGID:
		return result(setpgid(req->victim.pid, req->victim.pid));
	case SET_DUMPABLE:
		return result(prctl(PR_SET_DUMPABLE, 1));
	case NEST:
	case NEST_ATTACKER:
		nested_fd = container_create("nested", req->flags);
		return enter_nested(req);
	case ENTER:
		return enter_nested(req);
	case ABORT:
		abort();
	}
	return -EINVAL;
}

/*
 * Takes orders from @fd. @hello: says first that we are there, from which the
 * other side also learns who we are.
 */
static void serve(int fd, bool hello)
{
	struct request req;
	long answer = 0;

	signal(SIGUSR2, count_signal);
	if (hello && write(fd, &answer, sizeof(answer)) != sizeof(answer))
		return;
	while (read(fd, &req, sizeof(req)) == sizeof(req)) {
		answer = take_order(&req, fd);
		if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
			return;
	}
}

/* helper FD: takes orders. */
static int helper_main(char **argv)
{
	setpgid(0, 0);
	serve(atoi(argv[1]), true);
	return EXIT_SUCCESS;
}

/* --- those who give them --------------------------------------------------- */

/* One who takes orders, and how to reach it. */
struct servant {
	pid_t pid;		/* as we and /proc know it */
	int fd;			/* our end */
	int theirs;		/* its end */
};

static bool servant_open(struct servant *s)
{
	int on = 1, sv[2];

	/* The other end survives exec. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) ||
	    fcntl(sv[0], F_SETFD, FD_CLOEXEC) ||
	    setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		return false;
	s->pid = -1;
	s->fd = sv[0];
	s->theirs = sv[1];
	return true;
}

static void servant_close(struct servant *s)
{
	close(s->fd);
	close(s->theirs);
}

/* An answer, and who sent it; LONG_MIN: none came. */
static long servant_answer(struct servant *s)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	long answer;
	struct iovec iov = { .iov_base = &answer, .iov_len = sizeof(answer) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct ucred cred;

	if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) != 1 ||
	    recvmsg(s->fd, &msg, 0) != sizeof(answer))
		return LONG_MIN;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_CREDENTIALS)
		return LONG_MIN;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	s->pid = cred.pid;
	return answer;
}

static long servant_ask(struct servant *s, const struct request *req)
{
	if (write(s->fd, req, sizeof(*req)) != sizeof(*req))
		return LONG_MIN;
	return servant_answer(s);
}

static long servant_do(struct servant *s, enum verb order)
{
	struct request req = { .order = order };

	return servant_ask(s, &req);
}

static long servant_setpgid(struct servant *s, const struct victim *victim)
{
	struct request req = { .order = SETPGID, .victim = *victim };

	return servant_ask(s, &req);
}

static long servant_do_path(struct servant *s, enum verb order, const char *path)
{
	struct request req = { .order = order };

	snprintf(req.path, sizeof(req.path), "%s", path);
	return servant_ask(s, &req);
}

static long servant_do_fd(struct servant *s, enum verb order, int fd,
			  unsigned int flags)
{
	struct request req = { .order = order, .fd = fd, .flags = flags };

	return servant_ask(s, &req);
}

/*
 * The servant execs the helper, as what it stays in service; 0 or -errno.
 * What a call from the old program answers, the hello of the new one does.
 */
static long servant_exec(struct servant *s, const char *path)
{
	return servant_do_path(s, EXEC, path);
}

/* Sends a process into a container, that takes orders. */
static bool servant_enter(struct servant *s, int cfd)
{
	pid_t pid = fork_into_container(cfd);

	if (pid == 0) {
		setpgid(0, 0);
		serve(s->theirs, true);
		_exit(EXIT_SUCCESS);
	}
	return pid > 0 && servant_answer(s) == 0 && s->pid == pid;
}

/* Has @s do @order, by which a further one comes to be. */
static bool servant_beget(struct servant *s, struct servant *child,
			  enum verb order, unsigned int flags)
{
	return servant_do_fd(s, order, child->theirs, flags) == 0 &&
	       servant_answer(child) == 0;
}

/* How an attacker has to address a servant. */
static bool servant_is_victim(struct servant *s, struct victim *victim,
			      bool same_pid_ns)
{
	victim->proc_pid = s->pid;
	victim->pid = same_pid_ns ? s->pid : servant_do(s, GET_PID);
	victim->addr = servant_do(s, GET_ADDRESS);
	return victim->pid > 0 && (long)victim->addr > 0;
}

/*
 * The attack as it came out: what fn returns, or -ENOMSG if a signal was sent and
 * has not come. @attacker NULL: we ourselves attack.
 */
static int attack(struct servant *attacker, int n, struct servant *target,
		  const struct victim *victim)
{
	struct request req = { .order = ATTACK, .attack = n, .victim = *victim };
	long before = 0, err;
	bool counted = attacks[n].flags & COUNTED;

	if (counted)
		before = servant_do(target, GET_COUNT);
	err = attacker ? servant_ask(attacker, &req) :
			 attacks[n].fn(victim, attacks[n].arg);
	if (err == LONG_MIN)
		return -EIO;
	if (!err && counted && servant_do(target, GET_COUNT) != before + 1)
		return -ENOMSG;
	return err;
}

/* What attacks have to have, to be tried. */
static unsigned int all_have;

static bool applies(int n, unsigned int container_flags)
{
	unsigned int flags = attacks[n].flags;

	if ((flags & BROADCAST) && !(container_flags & CONTAINER_NEW_PID_NS))
		return false;
	if ((flags & OF_AUTOGROUP) && access(AUTOGROUP, F_OK))
		return false;
	return (flags & all_have) == all_have;
}

static bool is_refusal(int err)
{
	return err == -EPERM || err == -EACCES || err == -ENODATA ||
	       err == -ENOMSG;
}

static void log_attack(struct __test_metadata *_metadata, int n, int err)
{
	TH_LOG("%s: %s", attacks[n].name, err ? strerror(-err) : "worked");
}

/* Refused, and nothing has come of it. */
static void expect_refused(struct __test_metadata *_metadata,
			   struct servant *attacker, struct servant *target,
			   const struct victim *victim, unsigned int flags)
{
	int n, err;

	for (n = 0; n < NR_ATTACKS; n++) {
		if (!applies(n, flags))
			continue;
		err = attack(attacker, n, target, victim);
		EXPECT_TRUE(is_refusal(err) || unsupported(err)) {
			log_attack(_metadata, n, err);
		}
	}
	/* It still answers. */
	EXPECT_LE(0, servant_do(target, GET_COUNT));
}

/* All of it works, but for those attacks with a flag of @not. */
static void expect_allowed(struct __test_metadata *_metadata,
			   struct servant *attacker, struct servant *target,
			   const struct victim *victim, unsigned int flags,
			   unsigned int not)
{
	int n, err;

	for (n = 0; n < NR_ATTACKS; n++) {
		if (!applies(n, flags) || (attacks[n].flags & not))
			continue;
		err = attack(attacker, n, target, victim);
		EXPECT_TRUE(!err || unsupported(err)) {
			log_attack(_metadata, n, err);
		}
	}
	EXPECT_LE(0, servant_do(target, GET_COUNT));
}

/* --- a container with an attacker and a target in it ----------------------- */

struct world {
	int cfd;
	struct servant attacker;	/* the container's init, exec'ed */
	struct servant target;
	struct servant other;
	struct servant third;
	struct victim victim;		/* the target, for those in there */
};

#define PERF_PARANOID	"/proc/sys/kernel/perf_event_paranoid"

/*
 * What keeps ordinary users from things that the guard is to keep them from here:
 * distributions restrict perf, and for the first five minutes after boot nobody may
 * change an autogroup before somebody privileged has.
 */
static char perf_paranoid[16];

static bool relax(void)
{
	if (!access(AUTOGROUP, F_OK) && !write_file(AUTOGROUP, "0"))
		return false;
	if (access(PERF_PARANOID, F_OK))
		return true;
	return read_file(PERF_PARANOID, perf_paranoid, sizeof(perf_paranoid)) &&
	       write_file(PERF_PARANOID, "2");
}

static void unrelax(void)
{
	if (perf_paranoid[0])
		write_file(PERF_PARANOID, perf_paranoid);
}

static bool copy_file(const char *from, int out)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n = -1;

	if (in >= 0 && out >= 0)
		while ((n = read(in, buf, sizeof(buf))) > 0)
			if (write(out, buf, n) != n)
				break;
	close(in);
	return n == 0 && !fchmod(out, 0755);
}

static bool open_as(int number, int fd, int flags)
{
	bool ok = fd >= 0 && dup3(fd, number, flags) == number;

	close(fd);
	return ok;
}

static bool open_host_fds(void)
{
	static char dir[PATH_MAX];
	int fd;

	snprintf(dir, sizeof(dir), "%s", own_path());
	/* To be told from the one that is running. */
	fd = open(HELPER_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (!copy_file(own_path(), fd))
		return false;
	close(fd);
	/* One that is being written could not be executed. */
	fd = memfd_create("guard_test", 0);
	if (!copy_file(own_path(), fd))
		return false;
	return open_as(MEMFD, fd, 0) &&
	       open_as(HOST_FD, open("/dev/null", O_RDWR), 0) &&
	       open_as(CLOEXEC_FD, open("/dev/null", O_RDWR), O_CLOEXEC) &&
	       open_as(PROGRAM_FD, open(own_path(), O_RDONLY), 0) &&
	       open_as(PROGRAM_DIR_FD, open(dirname(dir), O_RDONLY), 0);
}

/* A process that is root in there, with every capability, and has exec'ed. */
static bool start_attacker(struct servant *s, int cfd, unsigned int flags)
{
	pid_t pid;

	pid = fork_into_container(cfd);
	if (pid == 0) {
		/* In its user namespace it is somebody after that only. */
		if (hear(s->theirs))
			exec_helper(own_path(), s->theirs);
		_exit(EXIT_FAILURE);
	}
	if (pid < 0 || ((flags & CONTAINER_NEW_USER_NS) && !map_ids(pid, 65536)))
		return false;
	return tell(s->fd) && servant_answer(s) == 0 && s->pid == pid;
}

static bool world_open(struct world *w, unsigned int flags)
{
	if (!relax() || !open_host_fds() || !servant_open(&w->attacker) ||
	    !servant_open(&w->target) || !servant_open(&w->other) ||
	    !servant_open(&w->third))
		return false;
	w->cfd = container_create("guard", flags | CONTAINER_KILL_ON_CLOSE |
				  CONTAINER_FD_CLOEXEC);
	return w->cfd >= 0 &&
	       start_attacker(&w->attacker, w->cfd, flags) &&
	       servant_enter(&w->target, w->cfd) &&
	       servant_is_victim(&w->target, &w->victim, false);
}

static void world_close(struct world *w)
{
	unrelax();
	close(w->cfd);
	servant_close(&w->attacker);
	servant_close(&w->target);
	servant_close(&w->other);
	servant_close(&w->third);
	unlink(HELPER_PATH);
	unlink(SCRIPT_PATH);
	unlink(ELF_PATH);
	unlink(CORE_PATH);
}

/* What those inside cannot do for other reasons, once there is no guard. */
#define INSIDE_NOT(flags)						\
	(DEADLY | ((flags) & CONTAINER_NEW_USER_NS ? NEEDS_HOST_CAPS : 0))

/* What those outside cannot do. */
#define OUTSIDE_NOT	(DEADLY | NOT_WHILE_GUARDED)

#define EXPECT_REFUSED(attacker, target, victim, flags)			\
	expect_refused(_metadata, attacker, target, victim, flags)

#define EXPECT_ALLOWED(attacker, target, victim, flags, not)		\
	expect_allowed(_metadata, attacker, target, victim, flags, not)

/* The world's attacker on the world's target. */
static void expect_target_refused(struct __test_metadata *_metadata,
				  struct world *w, unsigned int flags)
{
	EXPECT_REFUSED(&w->attacker, &w->target, &w->victim, flags);
}

static void expect_target_allowed(struct __test_metadata *_metadata,
				  struct world *w, unsigned int flags)
{
	EXPECT_ALLOWED(&w->attacker, &w->target, &w->victim, flags,
		       INSIDE_NOT(flags));
}

FIXTURE(guard)
{
	struct world world;
};

FIXTURE_VARIANT(guard)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(guard, no_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(guard, pid_ns)
{
	.flags = CONTAINER_NEW_PID_NS,
};

FIXTURE_VARIANT_ADD(guard, user_ns)
{
	.flags = CONTAINER_NEW_USER_NS,
};

FIXTURE_VARIANT_ADD(guard, fs_ns)
{
	.flags = CONTAINER_NEW_FS_NS,
};

#define ALL_NAMESPACES	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_CGROUP_NS |	\
			 CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |		\
			 CONTAINER_NEW_USER_NS | CONTAINER_NEW_PID_NS |		\
			 CONTAINER_NEW_NET_NS | CONTAINER_NEW_TIME_NS)

FIXTURE_VARIANT_ADD(guard, all_ns)
{
	.flags = ALL_NAMESPACES,
};

FIXTURE_SETUP(guard)
{
	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(world_open(&self->world, variant->flags));
}

FIXTURE_TEARDOWN(guard)
{
	world_close(&self->world);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
}

/* --- from inside, from outside, before and after --------------------------- */

TEST_F_TIMEOUT(guard, refuses_those_inside_until_exec, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	expect_target_refused(_metadata, w, variant->flags);
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	expect_target_allowed(_metadata, w, variant->flags);
}

TEST_F_TIMEOUT(guard, allows_the_forker, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim victim;

	ASSERT_TRUE(servant_is_victim(&w->target, &victim, true));
	EXPECT_ALLOWED(NULL, &w->target, &victim, 0, OUTSIDE_NOT);
	/* That did not lift it. */
	expect_target_refused(_metadata, w, variant->flags);
}

FIXTURE(guard_rules)
{
	struct world world;
	char core_pattern[128];
};

FIXTURE_VARIANT(guard_rules)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(guard_rules, no_ns)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(guard_rules, all_ns)
{
	.flags = ALL_NAMESPACES,
};

FIXTURE_SETUP(guard_rules)
{
	own_path();
	ENTER_SANDBOX();
	all_have = TYPICAL;
	ASSERT_TRUE(world_open(&self->world, variant->flags));
}

FIXTURE_TEARDOWN(guard_rules)
{
	if (self->core_pattern[0])
		write_file(CORE_PATTERN, self->core_pattern);
	world_close(&self->world);
	EXPECT_NE(-1, reap_all());
	EXPECT_TRUE(is_alone());
}

/* Somebody else outside, to whom the ordinary rules apply. */
TEST_F_TIMEOUT(guard_rules, allows_root_outside, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim victim;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (pid == 0) {
		close(w->cfd);
		serve(w->other.theirs, true);
		_exit(EXIT_SUCCESS);
	}
	ASSERT_EQ(0, servant_answer(&w->other));
	ASSERT_TRUE(servant_is_victim(&w->target, &victim, true));
	EXPECT_ALLOWED(&w->other, &w->target, &victim, 0, OUTSIDE_NOT);
	kill_and_reap(pid);
}

TEST_F_TIMEOUT(guard_rules, refuses_a_sibling_container, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim victim;
	int cfd;

	cfd = container_create("sibling", CONTAINER_KILL_ON_CLOSE |
			       CONTAINER_FD_CLOEXEC);
	ASSERT_GE(cfd, 0);
	ASSERT_TRUE(start_attacker(&w->other, cfd, 0));
	ASSERT_TRUE(servant_is_victim(&w->target, &victim, true));
	EXPECT_REFUSED(&w->other, &w->target, &victim, 0);
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->target, &victim, true));
	EXPECT_ALLOWED(&w->other, &w->target, &victim, 0, DEADLY);
	close(cfd);
}

TEST_F_TIMEOUT(guard_rules, refuses_a_nested_container, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	/* Without namespaces of its own, so that pids are the same. */
	ASSERT_TRUE(servant_beget(&w->attacker, &w->other, NEST_ATTACKER, 0));
	EXPECT_REFUSED(&w->other, &w->target, &w->victim, 0);
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	EXPECT_ALLOWED(&w->other, &w->target, &w->victim, 0, INSIDE_NOT(variant->flags));
}

/* --- who is under it ------------------------------------------------------- */

TEST_F_TIMEOUT(guard_rules, covers_threads, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim thread = w->victim;
	struct dirent *de;
	char path[64];
	DIR *dir;

	thread.proc_pid = 0;
	thread.pid = servant_do(&w->target, THREAD);
	ASSERT_GT(thread.pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/task", w->target.pid);
	dir = opendir(path);
	ASSERT_NE(NULL, dir);
	while ((de = readdir(dir)))
		if (atoi(de->d_name) > 0 && atoi(de->d_name) != w->target.pid)
			thread.proc_pid = atoi(de->d_name);
	closedir(dir);
	ASSERT_GT(thread.proc_pid, 0);
	all_have |= ON_THREADS;
	EXPECT_REFUSED(&w->attacker, &w->target, &thread, variant->flags);
}

TEST_F_TIMEOUT(guard_rules, covers_a_forked_child, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim child;

	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	ASSERT_TRUE(servant_is_victim(&w->other, &child, false));
	EXPECT_REFUSED(&w->attacker, &w->other, &child, variant->flags);

	/* What its father does is none of its business, */
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	EXPECT_REFUSED(&w->attacker, &w->other, &child, variant->flags);
	/* and its father is one of those inside now. */
	EXPECT_REFUSED(&w->target, &w->other, &child, variant->flags);

	ASSERT_EQ(0, servant_exec(&w->other, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->other, &child, false));
	EXPECT_ALLOWED(&w->attacker, &w->other, &child, variant->flags,
		       INSIDE_NOT(variant->flags));
}

TEST_F_TIMEOUT(guard_rules, covers_a_vforked_child, PROCESS_TEST_TIMEOUT)
{
	struct request req = { .order = VFORK };
	struct world *w = &self->world;
	struct victim child;
	long err;
	int n;

	/* The answer comes when the child has gone. */
	req.fd = w->other.theirs;
	ASSERT_EQ(sizeof(req), (size_t)write(w->target.fd, &req, sizeof(req)));
	ASSERT_EQ(0, servant_answer(&w->other));
	ASSERT_TRUE(servant_is_victim(&w->other, &child, false));
	EXPECT_REFUSED(&w->attacker, &w->other, &child, variant->flags);

	/* The father cannot count what it receives. */
	req.order = ATTACK;
	req.victim = w->victim;
	for (n = 0; n < NR_ATTACKS; n++) {
		if ((attacks[n].flags & COUNTED) ||
		    !applies(n, variant->flags))
			continue;
		req.attack = n;
		err = servant_ask(&w->attacker, &req);
		EXPECT_TRUE(is_refusal(err) || unsupported(err)) {
			TH_LOG("%s: %ld", attacks[n].name, err);
		}
	}

	/* It lets go of its father by exec. */
	ASSERT_EQ(0, servant_exec(&w->other, own_path()));
	ASSERT_EQ(0, servant_answer(&w->target));
	expect_target_refused(_metadata, w, variant->flags);
}

/* A guarded process that goes further down takes its guard along. */
TEST_F_TIMEOUT(guard_rules, covers_who_goes_further_down, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim child;

	ASSERT_TRUE(servant_beget(&w->target, &w->other, NEST, 0));
	ASSERT_TRUE(servant_is_victim(&w->other, &child, false));
	EXPECT_REFUSED(&w->attacker, &w->other, &child, variant->flags);
	/* Its memory comes from us. */
	ASSERT_TRUE(servant_is_victim(&w->other, &child, true));
	EXPECT_ALLOWED(NULL, &w->other, &child, 0, OUTSIDE_NOT);
}

/* Whom a member sends into a nested container is guarded from those there only. */
TEST_F_TIMEOUT(guard_rules, is_for_where_the_forker_was, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim child;

	ASSERT_TRUE(servant_beget(&w->attacker, &w->other, NEST_ATTACKER, 0));
	ASSERT_TRUE(servant_beget(&w->attacker, &w->third, ENTER, 0));
	ASSERT_TRUE(servant_is_victim(&w->third, &child, false));
	EXPECT_REFUSED(&w->other, &w->third, &child, 0);
	EXPECT_ALLOWED(&w->attacker, &w->third, &child, 0,
		       INSIDE_NOT(variant->flags) | NOT_WHILE_GUARDED);
	ASSERT_EQ(0, servant_exec(&w->third, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->third, &child, false));
	EXPECT_ALLOWED(&w->other, &w->third, &child, 0, INSIDE_NOT(variant->flags));
}

/* init is an entrant, too, and those inside are its children. */
TEST_F_TIMEOUT(guard_rules, covers_init, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim init;
	int cfd;

	cfd = container_create("second", variant->flags |
			       CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	ASSERT_GE(cfd, 0);
	ASSERT_TRUE(servant_enter(&w->other, cfd));
	if (variant->flags & CONTAINER_NEW_USER_NS)
		ASSERT_TRUE(map_ids(w->other.pid, 65536));
	ASSERT_TRUE(servant_beget(&w->other, &w->third, FORK_ATTACKER, 0));
	ASSERT_TRUE(servant_is_victim(&w->other, &init, false));
	/* As pid 1 it is not among "everybody". */
	EXPECT_REFUSED(&w->third, &w->other, &init, 0);
	close(cfd);
}

/* Those of one guard are to each other what they are outside. */
TEST_F_TIMEOUT(guard_rules, is_none_between_those_under_it, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim child;

	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	EXPECT_ALLOWED(&w->other, &w->target, &w->victim, variant->flags,
		       INSIDE_NOT(variant->flags) | NOT_WHILE_GUARDED);
	/*
	 * But for one that execs a program of the forker's: guarded it still
	 * is, and yet it might be led astray by what is in the container.
	 */
	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, MEMFD, 0));
	ASSERT_TRUE(servant_is_victim(&w->other, &child, false));
	EXPECT_REFUSED(&w->target, &w->other, &child, variant->flags);
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	expect_target_refused(_metadata, w, variant->flags);
}

/* --- what does not lift it ------------------------------------------------- */

TEST_F_TIMEOUT(guard_rules, survives_an_exec_that_fails, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_EQ(-ENOENT, servant_exec(&w->target, "/nonexistent"));
	ASSERT_EQ(-EACCES, servant_exec(&w->target, "/dev/null"));
	expect_target_refused(_metadata, w, variant->flags);
}

TEST_F_TIMEOUT(guard_rules, survives_becoming_dumpable, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_EQ(0, servant_do(&w->target, SET_DUMPABLE));
	expect_target_refused(_metadata, w, variant->flags);
}

TEST_F_TIMEOUT(guard_rules, survives_exec_of_the_forkers_program, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, MEMFD, 0));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	expect_target_refused(_metadata, w, variant->flags);
	/* Once more, and then one of the container's. */
	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, MEMFD, 0));
	expect_target_refused(_metadata, w, variant->flags);
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	expect_target_allowed(_metadata, w, variant->flags);
}

/* --- tracing by consent ---------------------------------------------------- */

TEST_F_TIMEOUT(guard_rules, lets_the_forker_trace, PROCESS_TEST_TIMEOUT)
{
	EXPECT_EQ(0, servant_do(&self->world.target, TRACEME));
}

TEST_F_TIMEOUT(guard_rules, judges_the_forker_by_what_he_has_become, PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;

	ASSERT_EQ(0, setresuid(UID, UID, 0));
	EXPECT_EQ(-EPERM, servant_do(target, TRACEME));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	/* The same user, who has the capabilities. */
	ASSERT_EQ(0, prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
	ASSERT_EQ(0, setresuid(UID, UID, 0));
	EXPECT_EQ(0, servant_do(target, TRACEME));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	ASSERT_EQ(0, prctl(PR_SET_SECUREBITS, 0));
}

TEST_F_TIMEOUT(guard_rules, lets_a_father_under_it_trace, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	EXPECT_EQ(0, servant_do(&w->other, TRACEME));
}

TEST_F_TIMEOUT(guard_rules, keeps_a_father_inside_from_tracing, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	ASSERT_EQ(0, servant_exec(&w->target, own_path()));
	EXPECT_EQ(-EPERM, servant_do(&w->other, TRACEME));
	ASSERT_EQ(0, servant_exec(&w->other, own_path()));
	EXPECT_EQ(0, servant_do(&w->other, TRACEME));
}

/* Its forker dies, and the container's init is its father. */
TEST_F_TIMEOUT(guard_rules, keeps_init_from_an_orphan, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;
	struct victim orphan, child;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (pid == 0) {
		if (fork_into_container(w->cfd) == 0)
			serve(w->other.theirs, true);
		_exit(EXIT_SUCCESS);
	}
	ASSERT_EQ(0, servant_answer(&w->other));
	ASSERT_EQ(EXIT_SUCCESS, wait_for_exit(pid));
	ASSERT_EQ(w->attacker.pid, proc_parent(w->other.pid));
	ASSERT_TRUE(servant_is_victim(&w->other, &orphan, false));
	EXPECT_EQ(-EPERM, servant_setpgid(&w->attacker, &orphan));
	ASSERT_TRUE(servant_beget(&w->attacker, &w->third, FORK, 0));
	ASSERT_TRUE(servant_is_victim(&w->third, &child, false));
	EXPECT_EQ(0, servant_setpgid(&w->attacker, &child));
	EXPECT_EQ(-EPERM, servant_do(&w->other, TRACEME));
	ASSERT_EQ(0, servant_exec(&w->other, own_path()));
	EXPECT_EQ(0, servant_do(&w->other, TRACEME));
}

/* --- core dumps ------------------------------------------------------------ */

/* Has it abort; the wait status. */
static int servant_abort(struct servant *s)
{
	struct request req = { .order = ABORT };
	int status = -1;

	if (write(s->fd, &req, sizeof(req)) != sizeof(req) ||
	    waitpid(s->pid, &status, 0) != s->pid)
		return -1;
	return status;
}

TEST_F_TIMEOUT(guard_rules, dumps_no_core, PROCESS_TEST_TIMEOUT)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct world *w = &self->world;
	int status;

	ASSERT_TRUE(read_file(CORE_PATTERN, self->core_pattern,
			      sizeof(self->core_pattern)));
	ASSERT_TRUE(write_file(CORE_PATTERN, CORE_PATH));
	ASSERT_EQ(0, setrlimit(RLIMIT_CORE, &unlimited));

	ASSERT_TRUE(servant_enter(&w->other, w->cfd));
	status = servant_abort(&w->other);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_FALSE(WCOREDUMP(status));
	EXPECT_NE(0, access(CORE_PATH, F_OK));

	/* Whatever it says itself. */
	ASSERT_TRUE(servant_enter(&w->other, w->cfd));
	ASSERT_EQ(0, servant_do(&w->other, SET_DUMPABLE));
	status = servant_abort(&w->other);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_FALSE(WCOREDUMP(status));
	EXPECT_NE(0, access(CORE_PATH, F_OK));

	/* With a program of the forker's no more than without. */
	ASSERT_TRUE(servant_enter(&w->other, w->cfd));
	ASSERT_EQ(0, servant_do_fd(&w->other, EXEC_FD, MEMFD, 0));
	status = servant_abort(&w->other);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_FALSE(WCOREDUMP(status));
	EXPECT_NE(0, access(CORE_PATH, F_OK));

	/* After exec it does. */
	ASSERT_TRUE(servant_enter(&w->other, w->cfd));
	ASSERT_EQ(0, servant_exec(&w->other, own_path()));
	status = servant_abort(&w->other);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_TRUE(WCOREDUMP(status));
	EXPECT_EQ(0, access(CORE_PATH, F_OK));
}

/* --- the moment of exec ---------------------------------------------------- */

/*
 * Who waits for it gets at the new program when the guard is lifted, not at the
 * forker's, and at no descriptor that exec closes.
 */
TEST_F_TIMEOUT(guard_rules, is_lifted_when_the_old_program_is_gone,
	       PROCESS_TEST_TIMEOUT)
{
	struct request req = { .order = SPIN };
	struct world *w = &self->world;
	int round;

	for (round = 0; round < scaled(50); round++) {
		ASSERT_TRUE(servant_enter(&w->other, w->cfd));
		ASSERT_TRUE(servant_is_victim(&w->other, &req.victim, false));
		/* It says when it spins, and then what it got. */
		ASSERT_EQ(0, servant_ask(&w->attacker, &req));
		ASSERT_EQ(0, servant_exec(&w->other, HELPER_PATH));
		ASSERT_EQ(SPIN_OK, servant_answer(&w->attacker));
		kill_and_reap(w->other.pid);
	}
}

/* --- what may be executed -------------------------------------------------- */

/*
 * Not in a sandbox: that has a mount namespace of its own, to which the program
 * that we are running does not belong.
 */
FIXTURE(guarded_exec)
{
	struct world world;
};

FIXTURE_VARIANT(guarded_exec)
{
	unsigned int flags;
	/* What becomes of a file that is not on a mount of the container's. */
	int foreign;
};

FIXTURE_VARIANT_ADD(guarded_exec, no_ns)
{
	.flags = 0,
	.foreign = PROBED,
};

FIXTURE_VARIANT_ADD(guarded_exec, fs_ns)
{
	.flags = CONTAINER_NEW_FS_NS,
	.foreign = EACCES,
};

FIXTURE_VARIANT_ADD(guarded_exec, all_ns)
{
	.flags = ALL_NAMESPACES,
	.foreign = EACCES,
};

FIXTURE_SETUP(guarded_exec)
{
	ASSERT_TRUE(world_open(&self->world, variant->flags));
}

FIXTURE_TEARDOWN(guarded_exec)
{
	int fd;

	world_close(&self->world);
	EXPECT_NE(-1, reap_all());
	for (fd = HOST_FD; fd <= MEMFD; fd++)
		close(fd);
}

static bool make_script(const char *interpreter)
{
	FILE *f = fopen(SCRIPT_PATH, "we");

	if (!f)
		return false;
	fprintf(f, "#!%s\n", interpreter);
	return !fchmod(fileno(f), 0755) & !fclose(f);
}

/* The ELF machine that this program is for; 0 on a failure. */
static int own_machine(void)
{
	struct elf64_hdr ehdr = {};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, &ehdr, sizeof(ehdr)) == sizeof(ehdr);

	close(fd);
	return ok ? ehdr.e_machine : 0;
}

/*
 * A program whose dynamic linker is the first @size bytes of @interpreter, which
 * should end with a NUL; it contains nothing else.
 */
static bool make_elf_of_size(const char *interpreter, size_t size)
{
	struct {
		struct elf64_hdr ehdr;
		struct elf64_phdr phdr[2];
		char interpreter[64];
	} elf = {
		.ehdr = {
			.e_ident = {
				ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				ELFDATA2LSB, EV_CURRENT,
			},
			.e_type = ET_EXEC,
			.e_machine = own_machine(),
			.e_version = EV_CURRENT,
			.e_entry = 0x10000000,
			.e_phoff = offsetof(typeof(elf), phdr),
			.e_ehsize = sizeof(struct elf64_hdr),
			.e_phentsize = sizeof(struct elf64_phdr),
			.e_phnum = 2,
		},
		.phdr = {
			{
				.p_type = PT_INTERP,
				.p_offset = offsetof(typeof(elf), interpreter),
				.p_filesz = size,
				.p_memsz = size,
				.p_flags = PF_R,
			}, {
				.p_type = PT_LOAD,
				.p_vaddr = 0x10000000,
				.p_filesz = sizeof(elf),
				.p_memsz = sizeof(elf),
				.p_flags = PF_R | PF_X,
				.p_align = 4096,
			},
		},
	};
	int fd;
	bool ok;

	snprintf(elf.interpreter, sizeof(elf.interpreter), "%s", interpreter);
	fd = open(ELF_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ok = fd >= 0 && write(fd, &elf, sizeof(elf)) == sizeof(elf);
	close(fd);
	return ok;
}

static bool make_elf(const char *interpreter)
{
	return make_elf_of_size(interpreter, strlen(interpreter) + 1);
}

static long servant_probe(struct servant *s, enum verb order, int fd,
			  const char *path)
{
	struct request req = { .order = order, .fd = fd };

	snprintf(req.path, sizeof(req.path), "%s", path);
	return servant_ask(s, &req);
}

static const char *fd_path(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static const char *own_name(void)
{
	return strrchr(own_path(), '/') + 1;
}

TEST_F_TIMEOUT(guarded_exec, of_the_containers_files, PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;

	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, own_path()));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, HELPER_PATH));
	ASSERT_TRUE(make_script(own_path()));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, SCRIPT_PATH));
}

TEST_F_TIMEOUT(guarded_exec, of_the_forkers_program, PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;

	EXPECT_EQ(variant->foreign,
		  servant_probe(target, PROBE, 0, "/proc/self/exe"));
	EXPECT_EQ(variant->foreign,
		  servant_probe(target, PROBE, 0, "/proc/thread-self/exe"));
}

TEST_F_TIMEOUT(guarded_exec, by_the_containers_script, PROCESS_TEST_TIMEOUT)
{
	ASSERT_TRUE(make_script("/proc/self/exe"));
	EXPECT_EQ(variant->foreign, servant_probe(&self->world.target, PROBE, 0,
						  SCRIPT_PATH));
}

TEST_F_TIMEOUT(guarded_exec, by_the_containers_dynamic_program,
	       PROCESS_TEST_TIMEOUT)
{
	if (variant->foreign != EACCES)
		return;	/* It would run, if not for long. */
	ASSERT_TRUE(make_elf("/proc/self/exe"));
	EXPECT_EQ(EACCES, servant_probe(&self->world.target, PROBE, 0,
					ELF_PATH));
	/* It is that, and nothing else, which is wrong with it. */
	ASSERT_TRUE(make_elf("/nonexistent"));
	EXPECT_EQ(ENOENT, servant_probe(&self->world.target, PROBE, 0,
					ELF_PATH));
}

TEST_F_TIMEOUT(guarded_exec, through_the_forkers_descriptors,
	       PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;
	char path[PATH_MAX];

	EXPECT_EQ(variant->foreign,
		  servant_probe(target, PROBE, 0, fd_path(PROGRAM_FD)));
	EXPECT_EQ(variant->foreign,
		  servant_probe(target, PROBE_AT, PROGRAM_DIR_FD, own_name()));
	snprintf(path, sizeof(path), "./%s", own_name());
	EXPECT_EQ(variant->foreign,
		  servant_probe(target, PROBE_IN, PROGRAM_DIR_FD, path));
	snprintf(path, sizeof(path), "%s/%s", fd_path(PROGRAM_DIR_FD),
		 own_name());
	EXPECT_EQ(variant->foreign, servant_probe(target, PROBE, 0, path));
	/* What is on no mount at all is on none of the container's. */
	EXPECT_EQ(EACCES, servant_probe(target, PROBE, 0, fd_path(MEMFD)));

	ASSERT_TRUE(make_script(fd_path(PROGRAM_FD)));
	EXPECT_EQ(variant->foreign, servant_probe(target, PROBE, 0, SCRIPT_PATH));
}

TEST_F_TIMEOUT(guarded_exec, by_descriptor_is_allowed, PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;

	EXPECT_EQ(PROBED, servant_probe(target, PROBE_FD, PROGRAM_FD, ""));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE_FD, MEMFD, ""));
}

/* On a mount of its own the container's program lifts it, else it stays. */
TEST_F_TIMEOUT(guarded_exec, by_descriptor_keeps_the_guard, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, PROGRAM_FD, 0));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	all_have = TYPICAL;
	if (variant->foreign == EACCES) {
		expect_target_refused(_metadata, w, variant->flags);
		EXPECT_EQ(EACCES, servant_probe(&w->target, PROBE, 0,
						"/proc/self/exe"));
	} else {
		expect_target_allowed(_metadata, w, variant->flags);
	}
}

/* A file of the forker's with an interpreter of the container's. */
TEST_F_TIMEOUT(guarded_exec, by_descriptor_needs_no_interpreter,
	       PROCESS_TEST_TIMEOUT)
{
	struct servant *other = &self->world.other;
	int script, elf;

	ASSERT_TRUE(make_script(own_path()));
	script = memfd_create("script", 0);
	ASSERT_GE(script, 0);
	ASSERT_TRUE(copy_file(SCRIPT_PATH, script));
	ASSERT_TRUE(make_elf(own_path()));
	elf = memfd_create("elf", 0);
	ASSERT_GE(elf, 0);
	ASSERT_TRUE(copy_file(ELF_PATH, elf));
	ASSERT_TRUE(servant_enter(other, self->world.cfd));
	EXPECT_EQ(EACCES, servant_probe(other, PROBE_FD, script, ""));
	EXPECT_EQ(EACCES, servant_probe(other, PROBE_FD, elf, ""));
	EXPECT_EQ(PROBED, servant_probe(other, PROBE, 0, SCRIPT_PATH));
	close(script);
	close(elf);
}

/* It is not looked at any further, so that it does not matter if it is a path. */
TEST_F_TIMEOUT(guarded_exec, by_descriptor_needs_no_malformed_interpreter,
	       PROCESS_TEST_TIMEOUT)
{
	struct servant *other = &self->world.other;
	int elf;

	ASSERT_TRUE(make_elf_of_size(own_path(), strlen(own_path())));
	elf = memfd_create("elf", 0);
	ASSERT_GE(elf, 0);
	ASSERT_TRUE(copy_file(ELF_PATH, elf));
	ASSERT_TRUE(servant_enter(other, self->world.cfd));
	EXPECT_EQ(EACCES, servant_probe(other, PROBE_FD, elf, ""));
	EXPECT_EQ(ENOEXEC, servant_probe(other, PROBE, 0, ELF_PATH));
	close(elf);
}

static void remove_handled(void)
{
	write_file(HANDLER_DIR "/" HANDLER_NAME, "-1");
	umount2(HANDLER_DIR, MNT_DETACH);
	rmdir(HANDLER_DIR);
	unlink(HANDLED_PATH);
}

/*
 * A file inside whose handler is this program, opened where it is registered: by
 * us, as for programs of other machines, or by who is root in the container's user
 * namespace.
 */
static bool make_handled(void)
{
	FILE *f = fopen(HANDLED_PATH, "we");
	char line[PATH_MAX + 64];

	if (!f)
		return false;
	fputs(HANDLER_MAGIC "\n", f);
	snprintf(line, sizeof(line), ":" HANDLER_NAME ":M::" HANDLER_MAGIC "::%s:F",
		 own_path());
	if (fchmod(fileno(f), 0755) | fclose(f) |
	    (mkdir(HANDLER_DIR, 0755) && errno != EEXIST) ||
	    mount("binfmt_misc", HANDLER_DIR, "binfmt_misc", 0, NULL) ||
	    !write_file(HANDLER_DIR "/register", line)) {
		remove_handled();
		return false;
	}
	return true;
}

/* The guard is for what the forker had executed; this is what the container has. */
TEST_F_TIMEOUT(guarded_exec, by_a_handler_opened_elsewhere_ends_it, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	ASSERT_TRUE(make_handled());
	EXPECT_EQ(0, servant_exec(&w->target, HANDLED_PATH));
	remove_handled();
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	all_have = TYPICAL;
	expect_target_allowed(_metadata, w, variant->flags);
}

/* Or else those inside could run what gets at a program that is under it. */
TEST_F_TIMEOUT(guarded_exec, by_a_handler_opened_elsewhere_gets_at_nobody,
	       PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	if (variant->foreign != EACCES)
		return;	/* The program has no guard. */
	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, PROGRAM_FD, 0));
	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	all_have = TYPICAL;
	/* As long as it is the same program, it does. */
	EXPECT_ALLOWED(&w->other, &w->target, &w->victim, variant->flags,
		       INSIDE_NOT(variant->flags) | NOT_WHILE_GUARDED);
	ASSERT_TRUE(make_handled());
	EXPECT_EQ(0, servant_exec(&w->other, HANDLED_PATH));
	remove_handled();
	EXPECT_REFUSED(&w->other, &w->target, &w->victim, variant->flags);
}

/* Each program that was executed by descriptor is one of its own. */
TEST_F_TIMEOUT(guarded_exec, by_descriptor_again_gets_at_nobody, PROCESS_TEST_TIMEOUT)
{
	struct world *w = &self->world;

	if (variant->foreign != EACCES)
		return;
	ASSERT_EQ(0, servant_do_fd(&w->target, EXEC_FD, PROGRAM_FD, 0));
	ASSERT_TRUE(servant_beget(&w->target, &w->other, FORK, 0));
	ASSERT_EQ(0, servant_do_fd(&w->other, EXEC_FD, MEMFD, 0));
	ASSERT_TRUE(servant_is_victim(&w->target, &w->victim, false));
	all_have = TYPICAL;
	EXPECT_REFUSED(&w->other, &w->target, &w->victim, variant->flags);
}

TEST_F_TIMEOUT(guarded_exec, is_unrestricted_afterwards, PROCESS_TEST_TIMEOUT)
{
	struct servant *target = &self->world.target;

	ASSERT_EQ(0, servant_exec(target, own_path()));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, "/proc/self/exe"));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, fd_path(PROGRAM_FD)));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE, 0, fd_path(MEMFD)));
	EXPECT_EQ(PROBED, servant_probe(target, PROBE_AT, PROGRAM_DIR_FD,
					own_name()));
}

#define JAIL_PATH	"/tmp/guard_test_jail"
#define JAIL_PROGRAM	"/program"

/* In a chroot, with our program in it; exits with the number of what failed. */
static void probe_in_jail(void)
{
	struct request req = { .order = PROBE_AT, .fd = PROGRAM_DIR_FD };
	pid_t pid;
	int cfd;

	if (chroot(JAIL_PATH) || chdir("/"))
		_exit(1);
	cfd = container_create("jail", CONTAINER_KILL_ON_CLOSE);
	pid = fork_into_container(cfd);
	if (pid)
		_exit(pid < 0 ? 2 : wait_for_exit(pid));

	/* The same mount namespace, but out of its reach. */
	snprintf(req.path, sizeof(req.path), "%s", own_name());
	if (probe(&req) != EACCES)
		_exit(3);
	req.order = PROBE_IN;
	if (probe(&req) != EACCES)
		_exit(4);
	req.order = PROBE_FD;
	req.fd = PROGRAM_FD;
	if (probe(&req) != PROBED)
		_exit(5);
	req.order = PROBE;
	snprintf(req.path, sizeof(req.path), "%s", JAIL_PROGRAM);
	if (probe(&req) != PROBED)
		_exit(6);
	_exit(EXIT_SUCCESS);
}

/* What is outside of the root counts as much as what is on another mount. */
TEST_F_TIMEOUT(guarded_exec, of_what_is_out_of_reach, PROCESS_TEST_TIMEOUT)
{
	pid_t pid;
	int fd;

	if (variant->flags)
		return;
	ASSERT_EQ(0, mkdir(JAIL_PATH, 0755));
	fd = open(JAIL_PATH JAIL_PROGRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ASSERT_TRUE(copy_file(own_path(), fd));
	close(fd);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (pid == 0)
		probe_in_jail();
	EXPECT_EQ(EXIT_SUCCESS, wait_for_exit(pid));
	unlink(JAIL_PATH JAIL_PROGRAM);
	rmdir(JAIL_PATH);
}

/* --- one outside who is less than the forker ------------------------------- */

FIXTURE(guard_of_root)
{
	struct servant user;		/* outside, of no privilege */
	struct servant target;		/* in its container, where we sent it */
	int cfd;
};

FIXTURE_SETUP(guard_of_root)
{
	int sv[2];
	pid_t pid;

	own_path();
	ENTER_SANDBOX();
	ASSERT_TRUE(relax());
	ASSERT_TRUE(open_host_fds());
	ASSERT_TRUE(servant_open(&self->user));
	ASSERT_TRUE(servant_open(&self->target));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (pid == 0) {
		if (!become_user(UID))
			_exit(EXIT_FAILURE);
		self->cfd = container_create("user", CONTAINER_NEW_USER_NS |
					     CONTAINER_KILL_ON_CLOSE);
		if (!send_fd(sv[1], self->cfd))
			_exit(EXIT_FAILURE);
		close(self->cfd);
		serve(self->user.theirs, true);
		_exit(EXIT_SUCCESS);
	}
	self->cfd = recv_fd(sv[0]);
	ASSERT_GE(self->cfd, 0);
	close(sv[0]);
	close(sv[1]);
	ASSERT_EQ(0, servant_answer(&self->user));
	ASSERT_TRUE(servant_enter(&self->target, self->cfd));
}

FIXTURE_TEARDOWN(guard_of_root)
{
	unrelax();
	close(self->cfd);
	kill_and_reap(self->user.pid);
	servant_close(&self->user);
	servant_close(&self->target);
	EXPECT_NE(-1, reap_all());
	unlink(HELPER_PATH);
}

/*
 * The user who made the container owns its user namespace, and has the ids of
 * the process; but until exec that is root's memory.
 */
TEST_F_TIMEOUT(guard_of_root, refuses_the_containers_owner, PROCESS_TEST_TIMEOUT)
{
	struct victim victim;

	ASSERT_TRUE(servant_is_victim(&self->target, &victim, true));
	EXPECT_REFUSED(&self->user, &self->target, &victim, 0);
	ASSERT_EQ(0, servant_exec(&self->target, own_path()));
	ASSERT_TRUE(servant_is_victim(&self->target, &victim, true));
	EXPECT_ALLOWED(&self->user, &self->target, &victim, 0,
		       DEADLY | NEEDS_HOST_CAPS);
}

int main(int argc, char **argv)
{
	if (getenv(PROBE_ENV))
		return PROBED;
	if (!strcmp(argv[0], HELPER_NAME))
		return helper_main(argv);
	/* As the handler of a file, for which that helper's argument is. */
	if (argc == 3 && !strcmp(argv[1], HANDLED_PATH))
		return helper_main(argv + 1);
	return test_harness_run(argc, argv);
}
