// SPDX-License-Identifier: GPL-2.0
/*
 * container_create(2).
 *
 * Everything that can fail is prepared first; linking the container is the point
 * of no return.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/user.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/user_namespace.h>

#include "internal.h"

#include <trace/events/container.h>

/* A switch for user namespaces of some distributions; elsewhere they are allowed. */
extern int unprivileged_userns_clone;
int unprivileged_userns_clone __weak = 1;

static const struct {
	unsigned int	container;
	unsigned long	clone;
} namespace_flags[] = {
	{ CONTAINER_NEW_FS_NS,		CLONE_NEWNS },
	{ CONTAINER_NEW_CGROUP_NS,	CLONE_NEWCGROUP },
	{ CONTAINER_NEW_UTS_NS,		CLONE_NEWUTS },
	{ CONTAINER_NEW_IPC_NS,		CLONE_NEWIPC },
	{ CONTAINER_NEW_PID_NS,		CLONE_NEWPID },
	{ CONTAINER_NEW_NET_NS,		CLONE_NEWNET },
	{ CONTAINER_NEW_TIME_NS,	CLONE_NEWTIME },
};

static int get_name(char *name, const char __user *uname)
{
	long len;

	if (!uname)
		return -EINVAL;
	len = strncpy_from_user(name, uname, CONTAINER_NAME_MAX);
	if (len < 0)
		return len;
	if (len == CONTAINER_NAME_MAX)
		return -ENAMETOOLONG;
	if (len == 0 || strchr(name, '/'))
		return -EINVAL;
	return 0;
}

/* As setresuid() and setresgid(): nobody else is left to switch back to. */
static int assume_effective_ids(struct cred *cred)
{
	struct user_struct *user = alloc_uid(cred->euid);
	int ret;

	if (!user)
		return -EAGAIN;
	free_uid(cred->user);
	cred->user = user;

	cred->uid = cred->euid;
	cred->suid = cred->euid;
	cred->fsuid = cred->euid;
	cred->gid = cred->egid;
	cred->sgid = cred->egid;
	cred->fsgid = cred->egid;
	ret = security_task_fix_setgid(cred, current_cred(), LSM_SETID_RES);
	return ret ?: security_task_fix_setuid(cred, current_cred(), LSM_SETID_RES);
}

/* What copy_process() and create_user_ns() ask for, together. */
static int new_user_ns(struct cred *cred)
{
	if (!unprivileged_userns_clone && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return create_user_ns(cred);
}

/*
 * Who enters gets none of our keyrings, and of our ids the effective ones only: a
 * set-user-ID program does not hand out what it can switch back to.
 */
static struct cred *prepare_means_cred(unsigned int flags)
{
	struct cred *cred = prepare_creds();
	int ret;

	if (!cred)
		return ERR_PTR(-ENOMEM);

	container_drop_keyrings(cred);
	ret = assume_effective_ids(cred);
	if (!ret && (flags & CONTAINER_NEW_USER_NS))
		ret = new_user_ns(cred);
	if (ret < 0) {
		put_cred(cred);
		return ERR_PTR(ret);
	}
	return cred;
}

/* A copy of the mount namespace comes with the place in it that the root has. */
static int prepare_copied_places(struct container *c, unsigned long clone_flags,
				 struct cred *cred)
{
	struct fs_struct *fs = copy_fs_struct(current->fs);
	struct nsproxy *ns;

	if (!fs)
		return -ENOMEM;
	get_fs_root(fs, &c->means.creator_root);
	ns = create_container_namespaces(clone_flags, cred, fs);
	if (!IS_ERR(ns)) {
		c->means.ns = ns;
		get_fs_root(fs, &c->means.root);
	}
	free_fs_struct(fs);
	return PTR_ERR_OR_ZERO(ns);
}

static int prepare_places(struct container *c, unsigned long clone_flags,
			  struct cred *cred)
{
	struct nsproxy *ns;

	if (clone_flags & CLONE_NEWNS)
		return prepare_copied_places(c, clone_flags, cred);
	ns = create_container_namespaces(clone_flags, cred, current->fs);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	c->means.ns = ns;
	get_fs_root(current->fs, &c->means.root);
	return 0;
}

static int prepare_means(struct container *c)
{
	unsigned long clone_flags = 0;
	struct cred *cred;

	for (int i = 0; i < ARRAY_SIZE(namespace_flags); i++)
		if (c->flags & namespace_flags[i].container)
			clone_flags |= namespace_flags[i].clone;

	/*
	 * A PID namespace that has no process yet takes one fork at a time, see
	 * alloc_pid() and free_pid(): it cannot be what several containers inherit.
	 */
	if (!(clone_flags & CLONE_NEWPID) &&
	    !READ_ONCE(current->nsproxy->pid_ns_for_children->child_reaper))
		return -EINVAL;

	cred = prepare_means_cred(c->flags);
	if (IS_ERR(cred))
		return PTR_ERR(cred);
	c->means.cred = cred;
	c->means.made = clone_flags;
	return prepare_places(c, clone_flags, cred);
}

static struct container *prepare_container(const char *name, unsigned int flags)
{
	struct container *c;
	int ret;

	c = container_alloc(name, flags);
	if (IS_ERR(c))
		return c;

	/*
	 * Who is killed by membership must not be more privileged than who made
	 * the container.
	 */
	c->no_new_privs = c->parent->no_new_privs ||
			  (!(flags & CONTAINER_NEW_USER_NS) &&
			   !ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN));

	ret = prepare_means(c);
	if (ret) {
		container_discard(c);
		return ERR_PTR(ret);
	}
	return c;
}

/**
 * sys_container_create - make a container
 * @name: What to call it: 1 to 23 bytes without a '/'.
 * @flags: CONTAINER_*.
 * @spare3: Must be 0.
 * @spare4: Must be 0.
 * @spare5: Must be 0.
 *
 * Return: a descriptor for the container, which is nested in the caller's own
 * and has no process yet, or a negative errno.
 */
SYSCALL_DEFINE5(container_create,
		const char __user *, name, unsigned int, flags,
		unsigned long, spare3, unsigned long, spare4, unsigned long, spare5)
{
	char kname[CONTAINER_NAME_MAX];
	struct container *c;
	struct file *file;
	int fd, ret;

	if (spare3 || spare4 || spare5)
		return -EINVAL;
	if (flags & ~CONTAINER__FLAG_MASK)
		return -EINVAL;
	if ((flags & CONTAINER_NEW_FS_NS) && (flags & CONTAINER_NEW_EMPTY_FS_NS))
		return -EINVAL;
	ret = get_name(kname, name);
	if (ret)
		return ret;
	if (flags & CONTAINER_NEW_EMPTY_FS_NS)
		return -EOPNOTSUPP;

	c = prepare_container(kname, flags);
	if (IS_ERR(c))
		return PTR_ERR(c);

	fd = get_unused_fd_flags((flags & CONTAINER_FD_CLOEXEC) ? O_CLOEXEC : 0);
	ret = fd;
	if (fd < 0)
		goto discard;

	file = containerfs_create_file(c);
	ret = PTR_ERR_OR_ZERO(file);
	if (ret)
		goto put_fd;

	ret = container_link(c);
	if (ret)
		goto put_file;

	/* The file has a reference of its own. */
	trace_container_create(c);
	container_put(c);
	fd_install(fd, file);
	return fd;

put_file:
	fput(file);
put_fd:
	put_unused_fd(fd);
discard:
	container_discard(c);
	return ret;
}
