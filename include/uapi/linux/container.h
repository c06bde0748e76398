/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_CONTAINER_H
#define _UAPI_LINUX_CONTAINER_H

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

#endif /* _UAPI_LINUX_CONTAINER_H */
