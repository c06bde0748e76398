/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_CONTAINER_H
#define _UAPI_LINUX_CONTAINER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: container_create(2) flags
 *
 * A container inherits each of its creator's namespaces unless a flag asks for
 * a new one. A new namespace needs what clone(2) needs for it: CAP_SYS_ADMIN in
 * the user namespace that will own it, which is the new one if
 * %CONTAINER_NEW_USER_NS is given as well.
 *
 * %CONTAINER_NEW_FS_NS
 *	A copy of the creator's mount namespace.
 * %CONTAINER_NEW_EMPTY_FS_NS
 *	A mount namespace with nothing in it; excludes %CONTAINER_NEW_FS_NS.
 *	Not implemented yet: fails with EOPNOTSUPP.
 * %CONTAINER_NEW_CGROUP_NS
 *	A new cgroup namespace, rooted at the creator's cgroup.
 * %CONTAINER_NEW_UTS_NS
 *	A new UTS namespace.
 * %CONTAINER_NEW_IPC_NS
 *	A new IPC namespace.
 * %CONTAINER_NEW_USER_NS
 *	A new user namespace, owned by the creator.
 * %CONTAINER_NEW_PID_NS
 *	A new PID namespace; the container's init is its pid 1.
 * %CONTAINER_NEW_NET_NS
 *	A new network namespace.
 * %CONTAINER_KILL_ON_CLOSE
 *	Kill every process in the container, nested containers included, when
 *	the open file description that container_create() made is released.
 * %CONTAINER_FD_CLOEXEC
 *	Set the close-on-exec flag on the new descriptor.
 * %CONTAINER_NEW_TIME_NS
 *	A new time namespace.
 * %CONTAINER_CLOSE_FDS
 *	Whoever enters the container keeps descriptors 0, 1 and 2 only.
 * %CONTAINER__FLAG_MASK
 *	All flags that this header knows; others fail with EINVAL.
 */
#define CONTAINER_NEW_FS_NS		0x00000001
#define CONTAINER_NEW_EMPTY_FS_NS	0x00000002
#define CONTAINER_NEW_CGROUP_NS		0x00000004
#define CONTAINER_NEW_UTS_NS		0x00000008
#define CONTAINER_NEW_IPC_NS		0x00000010
#define CONTAINER_NEW_USER_NS		0x00000020
#define CONTAINER_NEW_PID_NS		0x00000040
#define CONTAINER_NEW_NET_NS		0x00000080
#define CONTAINER_KILL_ON_CLOSE		0x00000100
#define CONTAINER_FD_CLOEXEC		0x00000200
#define CONTAINER_NEW_TIME_NS		0x00000400
#define CONTAINER_CLOSE_FDS		0x00000800
#define CONTAINER__FLAG_MASK		0x00000fff

/* Size of a container's name, the terminating NUL included. */
#define CONTAINER_NAME_MAX		24

/**
 * DOC: rights of a descriptor
 *
 * What a descriptor can be used for, by those who are permitted to. Rights
 * belong to the open file description: duplicates and copies in other processes
 * share them. They can be dropped and never added.
 *
 * %CONTAINER_RIGHT_ENTER
 *	fork_into_container(2), clone3(2), setns(2), %CONTAINER_GET_NAMESPACE.
 * %CONTAINER_RIGHT_KILL
 *	container_kill(2).
 * %CONTAINER_RIGHT_CONFIGURE
 *	%CONTAINER_SET_NAMESPACE, container_socket(2).
 * %CONTAINER_RIGHT_OBSERVE
 *	container_wait(2), poll(2), %CONTAINER_GET_INFO, fdinfo.
 * %CONTAINER_RIGHTS_ALL
 *	All of them.
 */
#define CONTAINER_RIGHT_ENTER		0x1
#define CONTAINER_RIGHT_KILL		0x2
#define CONTAINER_RIGHT_CONFIGURE	0x4
#define CONTAINER_RIGHT_OBSERVE		0x8
#define CONTAINER_RIGHTS_ALL		0xf

/**
 * DOC: states of a container
 *
 * %CONTAINER_STATE_NEW
 *	It waits for its first process.
 * %CONTAINER_STATE_RUNNING
 *	Its init lives.
 * %CONTAINER_STATE_DYING
 *	All processes in it are being killed; nobody enters any more.
 * %CONTAINER_STATE_DEAD
 *	No process is left in it, or in a container below it.
 */
#define CONTAINER_STATE_NEW		1
#define CONTAINER_STATE_RUNNING		2
#define CONTAINER_STATE_DYING		3
#define CONTAINER_STATE_DEAD		4

/* struct container_info.events: init has exited, @status is valid. */
#define CONTAINER_EVENT_EXITED		0x1

/**
 * struct container_info - what CONTAINER_GET_INFO tells of a container
 * @id: Never used again until the next boot; 1 is the initial container.
 * @parent_id: Id of the container around it; 0 if the caller's own container is
 *	neither that one nor around it.
 * @flags: CONTAINER_* flags that it was created with.
 * @state: CONTAINER_STATE_*.
 * @nr_processes: Members; those of nested containers do not count. 0 for the
 *	initial container, which does not count its own.
 * @nr_containers: Containers directly in it that are not dead.
 * @init_pid: Init's pid in the caller's PID namespace; 0 if there is no init, or
 *	it has no pid there.
 * @status: How init exited, as wait4(2) encodes it, if @events has
 *	%CONTAINER_EVENT_EXITED; else 0.
 * @created: When it was created, in nanoseconds of the caller's CLOCK_BOOTTIME.
 * @uid: Effective user id of its creator, in the caller's user namespace; the
 *	overflow id if that has none for it.
 * @gid: Effective group id of its creator, likewise.
 * @events: CONTAINER_EVENT_*.
 * @rights: CONTAINER_RIGHT_* that the descriptor has.
 * @name: Terminated by a NUL, and padded with NULs.
 *
 * The size of the structure is part of the ioctl's number. A kernel that knows
 * less fills the rest with zeros; one that knows more truncates.
 */
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

#define CONTAINER_INFO_SIZE_VER0	88	/* sizeof first published struct */

/**
 * DOC: ioctls
 *
 * All new descriptors are close-on-exec.
 *
 * %CONTAINER_GET_INFO
 *	Fill a &struct container_info.
 * %CONTAINER_GET_NAMESPACE
 *	Return an nsfs descriptor of one of the container's namespaces; the
 *	argument is its CLONE_NEW* flag.
 * %CONTAINER_SET_NAMESPACE
 *	Replace the container's namespace of a type, before its init starts, by
 *	the one that the argument, an nsfs descriptor, stands for.
 * %CONTAINER_DROP_RIGHTS
 *	Take the CONTAINER_RIGHT_* in the argument from the open file description.
 * %CONTAINER_DUP
 *	Return a descriptor of a new open file description, with those of this
 *	one's rights that are in the argument.
 * %CONTAINER_OPEN
 *	On /proc/containers: return a descriptor of the container whose id the
 *	argument points to. It has all rights if it has an init, and the caller
 *	is permitted to control it and to inspect that; else it can observe.
 * %PIDFD_GET_CONTAINER
 *	On a pidfd: return a descriptor of the container that the process is in,
 *	with rights as %CONTAINER_OPEN gives. The argument must be 0.
 */
#define CONTAINER_IOC			0xba
#define CONTAINER_GET_INFO		_IOR(CONTAINER_IOC, 1, struct container_info)
#define CONTAINER_GET_NAMESPACE		_IO(CONTAINER_IOC, 2)
#define CONTAINER_SET_NAMESPACE		_IO(CONTAINER_IOC, 3)
#define CONTAINER_DROP_RIGHTS		_IO(CONTAINER_IOC, 4)
#define CONTAINER_DUP			_IO(CONTAINER_IOC, 5)
#define CONTAINER_OPEN			_IOW(CONTAINER_IOC, 6, __u64)
#define PIDFD_GET_CONTAINER		_IO(CONTAINER_IOC, 7)

#endif /* _UAPI_LINUX_CONTAINER_H */
