/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The calls that make and use containers, for C and C++ programs. It needs no
 * library, and no kernel headers that know of containers. There are three ways
 * to be compiled, and the convention of the functions goes by them:
 *
 * - with a C library: on an error they return -1 and set errno;
 * - with nolibc, which has to be included before: the same, with errno as nolibc
 *   has it (none, if NOLIBC_IGNORE_ERRNO is defined);
 * - without any library: on an error they return -errno. So it is in a
 *   freestanding program (-ffreestanding), and if CONTAINER_FREESTANDING is
 *   defined. x86 and arm64 only.
 *
 * Where a comment says "fails with", the error is meant in that sense. The system
 * calls fail with ENOSYS on a kernel without containers. What takes a container's
 * descriptor fails with EBADF if it is none that is open; with EINVAL, or an ioctl
 * with ENOTTY, if it is not a container's; and with EPERM if the descriptor lacks
 * the right that it takes or the caller is not permitted. The manual page of each
 * system call has more.
 *
 * Where both are included, <linux/container.h> comes before this file.
 */
#ifndef _TOOLS_CONTAINER_H
#define _TOOLS_CONTAINER_H

#if !defined(CONTAINER_FREESTANDING) && !defined(NOLIBC) && !defined(__GLIBC__) && \
	!__STDC_HOSTED__
#define CONTAINER_FREESTANDING
#endif

/* Of the kernel's headers we take what there is: a C library may hide them. */
#ifdef __has_include
#if __has_include(<linux/types.h>) && __has_include(<asm/types.h>)
#define CONTAINER__KERNEL_HEADERS
#if __has_include(<linux/container.h>)
#include <linux/container.h>
#endif
#endif
#else
#define CONTAINER__KERNEL_HEADERS
#endif

#ifdef CONTAINER__KERNEL_HEADERS
#include <linux/ioctl.h>
#include <linux/types.h>
#else
typedef signed int __s32;
typedef unsigned int __u32;
__extension__ typedef unsigned long long __u64;
#endif

#ifdef CONTAINER_FREESTANDING
#include <stddef.h>
#if !defined(__pid_t_defined) && !defined(__DEFINED_pid_t)
#define __pid_t_defined
#define __DEFINED_pid_t
typedef int pid_t;
#endif
/* As the kernel has it, which is not how each C library has it. */
struct rusage;
#elif !defined(NOLIBC)
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#endif

/*
 * Numbers of system calls. Some architectures do not begin at 0.
 */
#if defined(__mips__) && defined(_MIPS_SIM) && _MIPS_SIM == 1		/* o32 */
#define CONTAINER__NR(nr)		(4000 + (nr))
#elif defined(__mips__) && defined(_MIPS_SIM) && _MIPS_SIM == 2	/* n32 */
#define CONTAINER__NR(nr)		(6000 + (nr))
#elif defined(__mips__)
#define CONTAINER__NR(nr)		(5000 + (nr))
#elif defined(__alpha__)
#define CONTAINER__NR(nr)		(110 + (nr))
#elif defined(__x86_64__) && defined(__ILP32__)
#define CONTAINER__NR(nr)		(0x40000000 + (nr))
#else
#define CONTAINER__NR(nr)		(nr)
#endif

#ifndef __NR_container_create
#define __NR_container_create		CONTAINER__NR(500)
#endif
#ifndef __NR_fork_into_container
#define __NR_fork_into_container	CONTAINER__NR(501)
#endif
#ifndef __NR_container_wait
#define __NR_container_wait		CONTAINER__NR(502)
#endif
#ifndef __NR_container_kill
#define __NR_container_kill		CONTAINER__NR(503)
#endif
#ifndef __NR_container_socket
#define __NR_container_socket		CONTAINER__NR(504)
#endif
#ifndef __NR_clone3
#define __NR_clone3			CONTAINER__NR(435)
#endif

/*
 * What <linux/container.h> has, which explains it.
 */
#ifndef CONTAINER_NEW_FS_NS
#define CONTAINER_NEW_FS_NS		0x00000001
#endif
#ifndef CONTAINER_NEW_EMPTY_FS_NS
#define CONTAINER_NEW_EMPTY_FS_NS	0x00000002
#endif
#ifndef CONTAINER_NEW_CGROUP_NS
#define CONTAINER_NEW_CGROUP_NS		0x00000004
#endif
#ifndef CONTAINER_NEW_UTS_NS
#define CONTAINER_NEW_UTS_NS		0x00000008
#endif
#ifndef CONTAINER_NEW_IPC_NS
#define CONTAINER_NEW_IPC_NS		0x00000010
#endif
#ifndef CONTAINER_NEW_USER_NS
#define CONTAINER_NEW_USER_NS		0x00000020
#endif
#ifndef CONTAINER_NEW_PID_NS
#define CONTAINER_NEW_PID_NS		0x00000040
#endif
#ifndef CONTAINER_NEW_NET_NS
#define CONTAINER_NEW_NET_NS		0x00000080
#endif
#ifndef CONTAINER_KILL_ON_CLOSE
#define CONTAINER_KILL_ON_CLOSE		0x00000100
#endif
#ifndef CONTAINER_FD_CLOEXEC
#define CONTAINER_FD_CLOEXEC		0x00000200
#endif
#ifndef CONTAINER_NEW_TIME_NS
#define CONTAINER_NEW_TIME_NS		0x00000400
#endif
#ifndef CONTAINER_CLOSE_FDS
#define CONTAINER_CLOSE_FDS		0x00000800
#endif
#ifndef CONTAINER__FLAG_MASK
#define CONTAINER__FLAG_MASK		0x00000fff
#endif

#ifndef CONTAINER_NAME_MAX
#define CONTAINER_NAME_MAX		24
#endif

#ifndef CONTAINER_RIGHT_ENTER
#define CONTAINER_RIGHT_ENTER		0x1
#endif
#ifndef CONTAINER_RIGHT_KILL
#define CONTAINER_RIGHT_KILL		0x2
#endif
#ifndef CONTAINER_RIGHT_CONFIGURE
#define CONTAINER_RIGHT_CONFIGURE	0x4
#endif
#ifndef CONTAINER_RIGHT_OBSERVE
#define CONTAINER_RIGHT_OBSERVE		0x8
#endif
#ifndef CONTAINER_RIGHTS_ALL
#define CONTAINER_RIGHTS_ALL		0xf
#endif

#ifndef CONTAINER_STATE_NEW
#define CONTAINER_STATE_NEW		1
#endif
#ifndef CONTAINER_STATE_RUNNING
#define CONTAINER_STATE_RUNNING		2
#endif
#ifndef CONTAINER_STATE_DYING
#define CONTAINER_STATE_DYING		3
#endif
#ifndef CONTAINER_STATE_DEAD
#define CONTAINER_STATE_DEAD		4
#endif

#ifndef CONTAINER_EVENT_EXITED
#define CONTAINER_EVENT_EXITED		0x1
#endif

#ifndef CONTAINER_INFO_SIZE_VER0
#define CONTAINER_INFO_SIZE_VER0	88
struct container_info {
	__u64	id;
	__u64	parent_id;
	__u32	flags;
	__u32	state;
	__u32	nr_processes;
	__u32	nr_containers;
	__s32	init_pid;
	__s32	status;
	__u64	created;
	__u32	uid;
	__u32	gid;
	__u32	events;
	__u32	rights;
	char	name[CONTAINER_NAME_MAX];
};
#endif

#ifdef _IOC
#define CONTAINER__IO(nr)		_IO(CONTAINER_IOC, nr)
#define CONTAINER__IOR(nr, type)	_IOR(CONTAINER_IOC, nr, type)
#define CONTAINER__IOW(nr, type)	_IOW(CONTAINER_IOC, nr, type)
#else	/* no headers, no library: so x86 or arm64 */
#define CONTAINER__IO(nr)		((unsigned int)CONTAINER_IOC << 8 | (nr))
#define CONTAINER__IOR(nr, type)	\
	(2U << 30 | (unsigned int)sizeof(type) << 16 | CONTAINER__IO(nr))
#define CONTAINER__IOW(nr, type)	\
	(1U << 30 | (unsigned int)sizeof(type) << 16 | CONTAINER__IO(nr))
#endif

#ifndef CONTAINER_IOC
#define CONTAINER_IOC			0xba
#endif
#ifndef CONTAINER_GET_INFO
#define CONTAINER_GET_INFO		CONTAINER__IOR(1, struct container_info)
#endif
#ifndef CONTAINER_GET_NAMESPACE
#define CONTAINER_GET_NAMESPACE		CONTAINER__IO(2)
#endif
#ifndef CONTAINER_SET_NAMESPACE
#define CONTAINER_SET_NAMESPACE		CONTAINER__IO(3)
#endif
#ifndef CONTAINER_DROP_RIGHTS
#define CONTAINER_DROP_RIGHTS		CONTAINER__IO(4)
#endif
#ifndef CONTAINER_DUP
#define CONTAINER_DUP			CONTAINER__IO(5)
#endif
#ifndef CONTAINER_OPEN
#define CONTAINER_OPEN			CONTAINER__IOW(6, __u64)
#endif
#ifndef PIDFD_GET_CONTAINER
#define PIDFD_GET_CONTAINER		CONTAINER__IO(7)
#endif

/* From <linux/sched.h>, which does not go with the <sched.h> of each C library. */
#ifndef CLONE_INTO_CONTAINER
#define CLONE_INTO_CONTAINER		((__u64)1 << 63)
#endif

/**
 * struct container_clone_args - struct clone_args with the field for a container
 * @flags: CLONE_*; %CLONE_INTO_CONTAINER makes @container count
 * @pidfd: address of an int, for %CLONE_PIDFD
 * @child_tid: address of a pid_t, for %CLONE_CHILD_SETTID
 * @parent_tid: address of a pid_t, for %CLONE_PARENT_SETTID
 * @exit_signal: what the parent gets; SIGCHLD, as a rule
 * @stack: must be 0 for container_clone()
 * @stack_size: must be 0 for container_clone()
 * @tls: for %CLONE_SETTLS
 * @set_tid: address of an array of pid_t
 * @set_tid_size: number of its elements
 * @cgroup: a descriptor, for %CLONE_INTO_CGROUP
 * @container: a descriptor, for %CLONE_INTO_CONTAINER
 */
struct container_clone_args {
	__u64	flags;
	__u64	pidfd;
	__u64	child_tid;
	__u64	parent_tid;
	__u64	exit_signal;
	__u64	stack;
	__u64	stack_size;
	__u64	tls;
	__u64	set_tid;
	__u64	set_tid_size;
	__u64	cgroup;
	__u64	container;
};

/*
 * From here to container_create() is ours only: how to make a system call.
 */
#ifdef CONTAINER_FREESTANDING

#if defined(__x86_64__) && !defined(__ILP32__)

#define CONTAINER__NR_ioctl		16
#define CONTAINER__NR_openat		257
#define CONTAINER__NR_close		3

static inline long container__syscall(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
			 : "memory", "cc", "rcx", "r11");
	return ret;
}

#elif defined(__i386__)

#define CONTAINER__NR_ioctl		54
#define CONTAINER__NR_openat		295
#define CONTAINER__NR_close		6

/* Position-independent code of old compilers needs ebx, so it is no operand. */
static inline long container__syscall(long nr, long a, long b, long c, long d, long e)
{
	long in[2], ret;

	in[0] = nr;
	in[1] = a;
	__asm__ volatile("pushl %%ebx\n\t"
			 "movl 4(%%eax), %%ebx\n\t"
			 "movl (%%eax), %%eax\n\t"
			 "int $0x80\n\t"
			 "popl %%ebx"
			 : "=a" (ret)
			 : "0" (in), "c" (b), "d" (c), "S" (d), "D" (e)
			 : "memory", "cc");
	return ret;
}

#elif defined(__aarch64__) && !defined(__ILP32__)

#define CONTAINER__NR_ioctl		29
#define CONTAINER__NR_openat		56
#define CONTAINER__NR_close		57

static inline long container__syscall(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r" (x0)
			 : "r" (x8), "r" (x1), "r" (x2), "r" (x3), "r" (x4)
			 : "memory", "cc");
	return x0;
}

#else
#error "container.h makes no system calls of its own on this architecture: use a C library"
#endif

#define CONTAINER__EINVAL		22
#define CONTAINER__ENOSYS		38

static inline int container__fail(int error)
{
	return -error;
}

#else	/* a C library or nolibc */

#define CONTAINER__NR_ioctl		__NR_ioctl
#define CONTAINER__NR_openat		__NR_openat
#define CONTAINER__NR_close		__NR_close
#define CONTAINER__EINVAL		EINVAL
#define CONTAINER__ENOSYS		ENOSYS

#if !defined(NOLIBC) && !defined(__cplusplus)
/* The library hides it if the standard that is asked for has not got it. */
long syscall(long nr, ...);
#endif

static inline long container__syscall(long nr, long a, long b, long c, long d, long e)
{
	return syscall(nr, a, b, c, d, e);
}

static inline int container__fail(int error)
{
#ifdef NOLIBC
	SET_ERRNO(error);
	(void)error;
#else
	errno = error;
#endif
	return -1;
}

#endif

static inline int container__ioctl(int fd, unsigned long request, long arg)
{
	return (int)container__syscall(CONTAINER__NR_ioctl, fd, (long)request, arg, 0, 0);
}

/**
 * container_create - make a container in the caller's own one
 * @name: 1 to 23 bytes, no '/'; need not be unique
 * @flags: CONTAINER_NEW_*, %CONTAINER_KILL_ON_CLOSE, %CONTAINER_FD_CLOEXEC,
 *	%CONTAINER_CLOSE_FDS
 * @spare3: 0
 * @spare4: 0
 * @spare5: 0
 *
 * Returns a descriptor. Fails with EINVAL for bad arguments, EFAULT or
 * ENAMETOOLONG for @name, EPERM without the privilege for a new namespace, ENOSPC
 * if that would be too many or nested too deep, and as open(2) and clone(2) do.
 */
static inline int container_create(const char *name, unsigned int flags,
				   unsigned long spare3, unsigned long spare4,
				   unsigned long spare5)
{
	return (int)container__syscall(__NR_container_create, (long)name, (long)flags,
				       (long)spare3, (long)spare4, (long)spare5);
}

/**
 * fork_into_container - fork into a container; the first one in is its init
 * @cfd: the container
 *
 * Returns as fork(2) does, but beside the C library: what it does at a fork, such
 * as calling handlers of pthread_atfork(3), is not done, as with a clone3(2) of
 * one's own. In a program with threads, the child can use functions only that are
 * async-signal-safe. Fails with ECANCELED if the container is dying or dead, and
 * as fork(2) does.
 */
static inline pid_t fork_into_container(int cfd)
{
	return (pid_t)container__syscall(__NR_fork_into_container, cfd, 0, 0, 0, 0);
}

/**
 * container_wait - wait until a container's init has exited
 * @cfd: the container
 * @wstatus: for the status, as wait4(2) has it; or NULL
 * @options: 0 or WNOHANG
 * @rusage: for what all processes used that have left the container; or NULL
 *
 * Returns 0; with WNOHANG also, and nothing stored, if init has not exited yet.
 * It reaps nobody: init's parent waits for it as for any child. Fails with ECHILD
 * if there was never an init, and as wait4(2) does.
 */
static inline int container_wait(int cfd, int *wstatus, unsigned int options,
				 struct rusage *rusage)
{
#if !defined(CONTAINER_FREESTANDING) && !defined(NOLIBC) && \
	!(defined(__x86_64__) && defined(__ILP32__))
	/* The kernel's struct rusage is of longs; that of a library may not be. */
	if (rusage && sizeof(rusage->ru_utime.tv_sec) > sizeof(long)) {
		long use[18];
		int ret;

		use[4] = -1;	/* maxrss: never negative, so it tells of a store */
		ret = (int)container__syscall(__NR_container_wait, cfd, (long)wstatus,
					      (long)options, (long)use, 0);
		if (ret || use[4] == -1)
			return ret;
		rusage->ru_utime.tv_sec = use[0];
		rusage->ru_utime.tv_usec = use[1];
		rusage->ru_stime.tv_sec = use[2];
		rusage->ru_stime.tv_usec = use[3];
		rusage->ru_maxrss = use[4];
		rusage->ru_ixrss = use[5];
		rusage->ru_idrss = use[6];
		rusage->ru_isrss = use[7];
		rusage->ru_minflt = use[8];
		rusage->ru_majflt = use[9];
		rusage->ru_nswap = use[10];
		rusage->ru_inblock = use[11];
		rusage->ru_oublock = use[12];
		rusage->ru_msgsnd = use[13];
		rusage->ru_msgrcv = use[14];
		rusage->ru_nsignals = use[15];
		rusage->ru_nvcsw = use[16];
		rusage->ru_nivcsw = use[17];
		return 0;
	}
#endif
	return (int)container__syscall(__NR_container_wait, cfd, (long)wstatus,
				       (long)options, (long)rusage, 0);
}

/**
 * container_kill - send a signal to a container's init, or to all in it
 * @cfd: the container
 * @initonly: 0: to every process, those of nested containers included
 * @signal: 0 only checks
 *
 * Returns 0 if there was somebody to signal. Fails with EINVAL if there is no such
 * signal, and with ESRCH if there is nobody.
 */
static inline int container_kill(int cfd, int initonly, int signal)
{
	return (int)container__syscall(__NR_container_kill, cfd, initonly, signal, 0, 0);
}

/**
 * container_socket - make a socket in a container's network namespace
 * @cfd: the container; or an nsfs descriptor of a network namespace
 * @domain: as for socket(2)
 * @type: as for socket(2)
 * @protocol: as for socket(2)
 *
 * Returns a descriptor. Fails with ECANCELED if the container is dying or dead,
 * and as socket(2) does.
 */
static inline int container_socket(int cfd, int domain, int type, int protocol)
{
	return (int)container__syscall(__NR_container_socket, cfd, domain, type, protocol, 0);
}

/**
 * container_mount - mount a file system in a container before its init starts
 * @cfd: the container
 * @source: as for mount(2)
 * @target: in the container; NULL: its root
 * @fstype: as for mount(2)
 * @flags: as for mount(2)
 * @data: as for mount(2)
 *
 * This kernel does not offer it yet: fails with ENOSYS.
 */
static inline int container_mount(int cfd, const char *source, const char *target,
				  const char *fstype, unsigned long flags,
				  const void *data)
{
	(void)cfd;
	(void)source;
	(void)target;
	(void)fstype;
	(void)flags;
	(void)data;
	return container__fail(CONTAINER__ENOSYS);
}

/**
 * container_chroot - set a container's root directory before its init starts
 * @cfd: the container
 * @path: in the container
 *
 * This kernel does not offer it yet: fails with ENOSYS.
 */
static inline int container_chroot(int cfd, const char *path)
{
	(void)cfd;
	(void)path;
	return container__fail(CONTAINER__ENOSYS);
}

/**
 * container_bind_mount_across - mount what the caller has in a container
 * @cfd: the container
 * @source: a path of the caller's
 * @target: in the container; NULL: its root
 *
 * This kernel does not offer it yet: fails with ENOSYS.
 */
static inline int container_bind_mount_across(int cfd, const char *source,
					      const char *target)
{
	(void)cfd;
	(void)source;
	(void)target;
	return container__fail(CONTAINER__ENOSYS);
}

/**
 * container_add_key - put a key into a container's keyring
 * @type: as for add_key(2)
 * @description: as for add_key(2)
 * @payload: as for add_key(2)
 * @plen: as for add_key(2)
 * @cfd: the container
 *
 * This kernel does not offer it yet: fails with ENOSYS.
 */
static inline int container_add_key(const char *type, const char *description,
				    const void *payload, size_t plen, int cfd)
{
	(void)type;
	(void)description;
	(void)payload;
	(void)plen;
	(void)cfd;
	return container__fail(CONTAINER__ENOSYS);
}

/**
 * container_get_info - ask what a container is and how it does
 * @cfd: the container
 * @info: for the answer
 *
 * Returns 0. The container may be dead.
 */
static inline int container_get_info(int cfd, struct container_info *info)
{
	return container__ioctl(cfd, CONTAINER_GET_INFO, (long)info);
}

/**
 * container_get_namespace - get hold of one of a container's namespaces
 * @cfd: the container
 * @clone_flag: the CLONE_NEW* of its type
 *
 * Returns an nsfs descriptor, close-on-exec. Fails with EINVAL for what is not
 * one such flag, ENOENT for the new PID namespace of a container without init,
 * ECANCELED if the container is dying or dead, and EOPNOTSUPP if this kernel has
 * no such namespaces.
 */
static inline int container_get_namespace(int cfd, int clone_flag)
{
	return container__ioctl(cfd, CONTAINER_GET_NAMESPACE, clone_flag);
}

/**
 * container_set_namespace - replace a container's namespace before its init starts
 * @cfd: the container
 * @nsfd: an nsfs descriptor; it replaces the namespace of the same type
 *
 * Returns 0. Fails with EBADF or EINVAL for @nsfd, EPERM without privilege over
 * that namespace, EBUSY once init has started, and ECANCELED if the container is
 * dying or dead.
 */
static inline int container_set_namespace(int cfd, int nsfd)
{
	return container__ioctl(cfd, CONTAINER_SET_NAMESPACE, nsfd);
}

/**
 * container_drop_rights - drop rights of a descriptor and its duplicates
 * @cfd: the container
 * @rights: CONTAINER_RIGHT_* to do without from now on; they may be gone already
 *
 * Returns 0. Fails with EINVAL for unknown rights.
 */
static inline int container_drop_rights(int cfd, unsigned int rights)
{
	return container__ioctl(cfd, CONTAINER_DROP_RIGHTS, (long)rights);
}

/**
 * container_dup - make another descriptor that may have fewer rights
 * @cfd: the container
 * @rights: CONTAINER_RIGHT_* of the new one
 *
 * Returns a descriptor, close-on-exec, whose rights can be dropped by themselves.
 * Fails with EINVAL for unknown rights, and EPERM for those that @cfd has not.
 */
static inline int container_dup(int cfd, unsigned int rights)
{
	return container__ioctl(cfd, CONTAINER_DUP, (long)rights);
}

/**
 * container_open - get hold of a container by its id
 * @id: as in /proc/containers
 *
 * Returns a descriptor, close-on-exec; if the caller is not permitted to control
 * the container, it can only observe. Fails with ENOENT if there is no such
 * container, or none that the caller can see, and as open(2) of /proc/containers
 * does.
 */
static inline int container_open(__u64 id)
{
	/* The same on all architectures, but for O_CLOEXEC. */
#if defined(__alpha__) || defined(__hppa__)
	const long flags = 0x200000;
#elif defined(__sparc__)
	const long flags = 0x400000;
#else
	const long flags = 0x80000;
#endif
	const long at_fdcwd = -100;
	int proc, cfd;

	proc = (int)container__syscall(CONTAINER__NR_openat, at_fdcwd,
				       (long)"/proc/containers", flags, 0, 0);
	if (proc < 0)
		return proc;
	cfd = container__ioctl(proc, CONTAINER_OPEN, (long)&id);
	/* This never fails, so errno stays. */
	container__syscall(CONTAINER__NR_close, proc, 0, 0, 0, 0);
	return cfd;
}

/**
 * container_from_pidfd - get hold of the container that a process is in
 * @pidfd: of the process
 *
 * Returns a descriptor as container_open() does. Fails with ESRCH if the process
 * is dead, EACCES if the caller may not inspect it, and EPERM if the container is
 * none that the caller can see.
 */
static inline int container_from_pidfd(int pidfd)
{
	return container__ioctl(pidfd, PIDFD_GET_CONTAINER, 0);
}

/**
 * container_clone - clone3(2), which can fork into a container
 * @args: with %CLONE_INTO_CONTAINER in the flags, and @container
 *
 * Returns as fork(2) does, and all that fork_into_container() says holds. Fails
 * with EINVAL for CLONE_VM or a stack: the child returns from here as the parent
 * does, which takes a stack that is a copy. A kernel without containers fails with
 * E2BIG, for the field that it does not know; or with EINVAL, if @container is 0.
 */
static inline pid_t container_clone(struct container_clone_args *args)
{
	const __u64 clone_vm = 0x100;

	if ((args->flags & clone_vm) || args->stack || args->stack_size)
		return container__fail(CONTAINER__EINVAL);
	return (pid_t)container__syscall(__NR_clone3, (long)args, sizeof(*args), 0, 0, 0);
}

#endif /* _TOOLS_CONTAINER_H */
