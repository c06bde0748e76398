// SPDX-License-Identifier: GPL-2.0
/*
 * The namespaces of a container: handing them out, joining them by setns(2), and
 * supplying others before init starts.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/ipc_namespace.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/securebits.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "internal.h"

/* In the order in which setns() installs them. */
static const unsigned long types[] = {
	CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID,
	CLONE_NEWCGROUP, CLONE_NEWNET, CLONE_NEWTIME,
};

/*
 * The namespace of a type, with a reference; NULL if the kernel has no such ones.
 * Like fs/pidfs.c, there being no common way to get one.
 */
static struct ns_common *get_namespace(const struct container_means *means,
				       unsigned long type)
{
	struct nsproxy *ns = means->ns;

	switch (type) {
	case CLONE_NEWNS:
		return from_mnt_ns(copy_mnt_ns(0, ns->mnt_ns, NULL, NULL));
	case CLONE_NEWUTS:
		if (!IS_ENABLED(CONFIG_UTS_NS))
			return NULL;
		get_uts_ns(ns->uts_ns);
		return to_ns_common(ns->uts_ns);
	case CLONE_NEWIPC:
		if (!IS_ENABLED(CONFIG_IPC_NS))
			return NULL;
		return to_ns_common(get_ipc_ns(ns->ipc_ns));
	case CLONE_NEWPID:
		if (!IS_ENABLED(CONFIG_PID_NS))
			return NULL;
		return to_ns_common(get_pid_ns(ns->pid_ns_for_children));
	case CLONE_NEWNET:
		if (!IS_ENABLED(CONFIG_NET_NS))
			return NULL;
		return to_ns_common(get_net(ns->net_ns));
	case CLONE_NEWCGROUP:
		if (!IS_ENABLED(CONFIG_CGROUPS))
			return NULL;
		get_cgroup_ns(ns->cgroup_ns);
		return to_ns_common(ns->cgroup_ns);
	case CLONE_NEWTIME:
		if (!IS_ENABLED(CONFIG_TIME_NS))
			return NULL;
		return to_ns_common(get_time_ns(ns->time_ns));
	case CLONE_NEWUSER:
		if (!IS_ENABLED(CONFIG_USER_NS))
			return NULL;
		return to_ns_common(get_user_ns(means->cred->user_ns));
	default:
		return NULL;
	}
}

/*
 * A PID namespace must not be seen before it has its first process: that fork can
 * fail, and nobody else's may come between.
 */
static bool started(const struct pid_namespace *ns)
{
	return READ_ONCE(ns->child_reaper);
}

static bool hidden(const struct container_means *means, unsigned long types)
{
	return (types & CLONE_NEWPID) && !started(means->ns->pid_ns_for_children);
}

/**
 * container_get_namespace - hand out a namespace of a container
 * @file: A file of the container.
 * @type: One CLONE_NEW* flag.
 *
 * Return: an nsfs descriptor, or a negative errno.
 */
int container_get_namespace(struct file *file, unsigned long type)
{
	struct container_means means;
	struct ns_common *ns;
	struct container *c;
	bool known = false;
	int ret;

	for (int i = 0; i < ARRAY_SIZE(types); i++)
		known |= type == types[i];
	if (!known)
		return -EINVAL;

	c = container_with_right(file, CONTAINER_RIGHT_ENTER);
	if (IS_ERR(c))
		return PTR_ERR(c);
	ret = container_get_entry(c, &means);
	if (ret)
		return ret;
	if (hidden(&means, type)) {
		ret = -ENOENT;
	} else {
		ns = get_namespace(&means, type);
		/* Takes over the reference. */
		ret = ns ? open_namespace(ns) : -EOPNOTSUPP;
	}
	container_put_means(&means);
	return ret;
}

/**
 * container_validate_nsset - setns() to a container
 * @nsset: What is being prepared.
 * @file: A file of the container.
 *
 * The container's permission is asked for besides what each namespace asks for.
 *
 * Return: 0 or a negative errno.
 */
int container_validate_nsset(struct nsset *nsset, struct file *file)
{
	struct container_means means;
	struct ns_common *ns;
	struct container *c;
	int ret;

	c = container_with_right(file, CONTAINER_RIGHT_ENTER);
	if (IS_ERR(c))
		return PTR_ERR(c);
	ret = container_get_entry(c, &means);
	if (ret)
		return ret;
	if (hidden(&means, nsset->flags))
		ret = -ENOENT;

	for (int i = 0; !ret && i < ARRAY_SIZE(types); i++) {
		if (!(nsset->flags & types[i]))
			continue;
		/* The caller knows that there are such namespaces. */
		ns = get_namespace(&means, types[i]);
		ret = ns->ops->install(nsset, ns);
		ns->ops->put(ns);
	}
	container_put_means(&means);
	return ret;
}

/* Who enters is all-powerful there, as after setns(). */
static int supply_user_ns(struct container_means *new, struct user_namespace *user_ns)
{
	struct cred *cred;

	if (user_ns == current_user_ns() || !in_userns(current_user_ns(), user_ns))
		return -EINVAL;

	cred = prepare_creds();
	if (!cred)
		return -ENOMEM;
	container_drop_keyrings(cred);
	container_assume_ids(cred, new->cred);
	put_user_ns(cred->user_ns);
	cred->user_ns = get_user_ns(user_ns);
	cred->securebits = SECUREBITS_DEFAULT;
	cred->cap_inheritable = CAP_EMPTY_SET;
	cred->cap_permitted = CAP_FULL_SET;
	cred->cap_effective = CAP_FULL_SET;
	cred->cap_ambient = CAP_EMPTY_SET;
	cred->cap_bset = CAP_FULL_SET;
	if (set_cred_ucounts(cred) < 0) {
		put_cred(cred);
		return -EAGAIN;
	}
	put_cred(new->cred);
	new->cred = cred;
	return 0;
}

static int supply_pid_ns(struct container_means *new, struct pid_namespace *pid_ns)
{
	if (!started(pid_ns) || !container_pid_ns_reachable(pid_ns))
		return -EINVAL;
	put_pid_ns(new->ns->pid_ns_for_children);
	new->ns->pid_ns_for_children = get_pid_ns(pid_ns);
	return 0;
}

static int supply_mnt_ns(struct container_means *new, struct ns_common *ns)
{
	struct mnt_namespace *mnt_ns;
	struct path root;

	if (!ns_capable(new->cred->user_ns, CAP_SYS_CHROOT))
		return -EPERM;
	mnt_ns = get_mnt_ns_root(ns, &root);
	if (IS_ERR(mnt_ns))
		return PTR_ERR(mnt_ns);
	path_put(&new->root);
	new->root = root;
	put_mnt_ns(new->ns->mnt_ns);
	new->ns->mnt_ns = mnt_ns;
	return 0;
}

/* Puts @ns into its slot of @new, whose nsproxy is a private copy. */
static int supply(struct container_means *new, struct ns_common *ns)
{
	struct nsproxy *to = new->ns;
	struct user_namespace *owner;

	owner = ns->ops->type == CLONE_NEWUSER ?
		container_of(ns, struct user_namespace, ns) : ns->ops->owner(ns);
	if (!ns_capable(owner, CAP_SYS_ADMIN) ||
	    !ns_capable(new->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;

	switch (ns->ops->type) {
	case CLONE_NEWUSER:
		return supply_user_ns(new, owner);
	case CLONE_NEWNS:
		return supply_mnt_ns(new, ns);
	case CLONE_NEWUTS:
		put_uts_ns(to->uts_ns);
		to->uts_ns = container_of(ns, struct uts_namespace, ns);
		get_uts_ns(to->uts_ns);
		return 0;
	case CLONE_NEWIPC:
		put_ipc_ns(to->ipc_ns);
		to->ipc_ns = get_ipc_ns(container_of(ns, struct ipc_namespace, ns));
		return 0;
	case CLONE_NEWPID:
		return supply_pid_ns(new, container_of(ns, struct pid_namespace, ns));
	case CLONE_NEWNET:
		put_net(to->net_ns);
		to->net_ns = get_net(container_of(ns, struct net, ns));
		return 0;
	case CLONE_NEWCGROUP:
		put_cgroup_ns(to->cgroup_ns);
		to->cgroup_ns = container_of(ns, struct cgroup_namespace, ns);
		get_cgroup_ns(to->cgroup_ns);
		return 0;
#ifdef CONFIG_TIME_NS
	case CLONE_NEWTIME:
		put_time_ns(to->time_ns);
		put_time_ns(to->time_ns_for_children);
		to->time_ns = get_time_ns(container_of(ns, struct time_namespace, ns));
		to->time_ns_for_children = get_time_ns(to->time_ns);
		return 0;
#endif
	default:
		return -EINVAL;
	}
}

/* Prepares with copies, and swaps what has changed; the root may have as well. */
static int set_namespace(struct container *c, struct ns_common *ns)
{
	struct container_means new;
	struct nsproxy *copy;
	int ret;

	if (!container_get_means(c, &new))
		return -ECANCELED;
	ret = -ECANCELED;
	if (!new.ns)
		goto put_means;
	ret = -ENOMEM;
	copy = copy_container_namespaces(new.ns);
	if (!copy)
		goto put_means;
	put_nsproxy(new.ns);
	new.ns = copy;
	ret = supply(&new, ns);
	if (ret)
		goto put_means;

	ret = -ECANCELED;
	spin_lock(&c->means_lock);
	if (c->means.ns) {
		swap(c->means.ns, new.ns);
		c->means.made &= ~(unsigned long)ns->ops->type;
		if (ns->ops->type == CLONE_NEWUSER)
			swap(c->means.cred, new.cred);
		if (ns->ops->type == CLONE_NEWNS) {
			if (!c->means.creator_root.mnt)
				swap(c->means.creator_root, c->means.root);
			swap(c->means.root, new.root);
		}
		ret = 0;
	}
	spin_unlock(&c->means_lock);

put_means:
	container_put_means(&new);
	return ret;
}

/**
 * container_set_namespace - supply a container with a namespace
 * @file: A file of the container, which has not been started.
 * @fd: An nsfs descriptor.
 *
 * Return: 0 or a negative errno.
 */
int container_set_namespace(struct file *file, unsigned long fd)
{
	enum container_state state;
	struct container *c;
	int ret;

	if (fd > INT_MAX)
		return -EBADF;
	CLASS(fd, f)(fd);
	if (fd_empty(f))
		return -EBADF;
	if (!proc_ns_file(fd_file(f)))
		return -EINVAL;
	c = container_with_right(file, CONTAINER_RIGHT_CONFIGURE);
	if (IS_ERR(c))
		return PTR_ERR(c);
	ret = container_may_control(c);
	if (ret)
		return ret;

	if (mutex_lock_killable(&c->start_mutex))
		return -EINTR;
	state = READ_ONCE(c->state);
	if (state == CONTAINER_NEW)
		ret = set_namespace(c, get_proc_ns(file_inode(fd_file(f))));
	else
		ret = state == CONTAINER_RUNNING ? -EBUSY : -ECANCELED;
	mutex_unlock(&c->start_mutex);
	return ret;
}
