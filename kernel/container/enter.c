// SPDX-License-Identifier: GPL-2.0
/*
 * Entering a container: who may, what they are given, and the hooks in fork.
 *
 * An entry is prepared by the system call (container_prepare_entry()), which
 * judges the caller and takes references of its own on all that the child is
 * given. copy_process() then asks for three things: credentials, before the
 * child is charged to anybody (container_copy_creds()); everything else
 * (__container_enter()); and membership, as the last step that can fail, in the
 * section of tasklist_lock that makes the child visible (__container_fork()).
 * Until then nothing has happened to the container: a fork that fails leaves it
 * as it was, and in particular startable.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/securebits.h>
#include <linux/sched/user.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "internal.h"

#include <trace/events/container.h>

/* Is every group of @sub one of @set? */
static bool groups_subset(const struct group_info *sub, const struct group_info *set)
{
	for (int i = 0; i < sub->ngroups; i++)
		if (!groups_search(set, sub->gid[i]))
			return false;
	return true;
}

static bool groups_equal(const struct group_info *a, const struct group_info *b)
{
	return groups_subset(a, b) && groups_subset(b, a);
}

/* Can who is all-powerful in @ns be who @to is? As setuid(), setgroups() have it. */
static bool uid_in_reach(struct user_namespace *ns, const struct cred *to)
{
	return kuid_has_mapping(ns, to->euid);
}

static bool gids_in_reach(struct user_namespace *ns, const struct cred *to)
{
	if (!userns_may_setgroups(ns) || !kgid_has_mapping(ns, to->egid))
		return false;
	for (int i = 0; i < to->group_info->ngroups; i++)
		if (!kgid_has_mapping(ns, to->group_info->gid[i]))
			return false;
	return true;
}

static bool may_become_user(const struct cred *me, const struct cred *to)
{
	return uid_in_reach(me->user_ns, to) && ns_capable(me->user_ns, CAP_SETUID);
}

static bool may_become_groups(const struct cred *me, const struct cred *to)
{
	return gids_in_reach(me->user_ns, to) && ns_capable(me->user_ns, CAP_SETGID);
}

/*
 * May current use a container of a user namespace below its own? setns() would
 * let it in, all-powerful there, but as who it is: becoming somebody else takes
 * what it takes inside, or outside.
 */
static bool may_enter_below(const struct cred *me, const struct cred *to)
{
	if (!in_userns(me->user_ns, to->user_ns) ||
	    !ns_capable(to->user_ns, CAP_SYS_ADMIN))
		return false;

	if (!uid_eq(me->euid, to->euid) &&
	    !uid_in_reach(to->user_ns, to) && !may_become_user(me, to))
		return false;

	return (gid_eq(me->egid, to->egid) &&
		groups_equal(me->group_info, to->group_info)) ||
	       gids_in_reach(to->user_ns, to) || may_become_groups(me, to);
}

/*
 * May current use a container of its own user namespace? As one who could have
 * created it. Its real and saved ids become the effective ones, for which no
 * privilege is needed; fewer groups than before can be more power.
 */
static bool may_enter_beside(const struct cred *me, const struct cred *to)
{
	return uid_eq(me->euid, to->euid) &&
	       gid_eq(me->egid, to->egid) &&
	       groups_subset(to->group_info, me->group_info) &&
	       cap_issubset(to->cap_permitted, me->cap_permitted) &&
	       (groups_subset(me->group_info, to->group_info) ||
		may_become_groups(me, to));
}

static bool may_join(struct ns_common *ns)
{
	return ns_capable(ns->ops->owner(ns), CAP_SYS_ADMIN);
}

/*
 * Could current, or a child of it, be in these namespaces by setns()? In those
 * that the container was created with, who has passed the checks above could.
 */
static bool may_join_namespaces(const struct nsproxy *to)
{
	const struct nsproxy *my = current->nsproxy;

	return (to->mnt_ns == my->mnt_ns || may_join(from_mnt_ns(to->mnt_ns))) &&
	       (to->uts_ns == my->uts_ns || may_join(&to->uts_ns->ns)) &&
	       (to->ipc_ns == my->ipc_ns || may_join(&to->ipc_ns->ns)) &&
	       (to->net_ns == my->net_ns || may_join(&to->net_ns->ns)) &&
	       (to->cgroup_ns == my->cgroup_ns || may_join(&to->cgroup_ns->ns)) &&
	       (to->time_ns == my->time_ns_for_children || may_join(&to->time_ns->ns)) &&
	       (to->pid_ns_for_children == my->pid_ns_for_children ||
		may_join(&to->pid_ns_for_children->ns));
}

/* Does current leave no chroot by having @means' root for its own? */
static bool may_use_root(const struct container_means *means)
{
	struct path root;
	bool same;

	get_fs_root(current->fs, &root);
	same = path_equal(&root, &means->creator_root) ||
	       path_equal(&root, &means->root);
	path_put(&root);
	return same || ns_capable(current_user_ns(), CAP_SYS_CHROOT);
}

static int check_permission(struct container *c, const struct container_means *means)
{
	const struct cred *me = current_cred(), *to = means->cred;

	if (to->user_ns == me->user_ns ? !may_enter_beside(me, to) :
					 !may_enter_below(me, to))
		return -EPERM;
	/* It is dying: there are neither namespaces nor a root to judge. */
	if (!means->ns)
		return -ECANCELED;
	if (!may_join_namespaces(means->ns) || !may_use_root(means))
		return -EPERM;
	return security_container_permission(c, CONTAINER_MAY_ENTER);
}

/* As pidns_install(): only down, or pids could not be told to the parent. */
static bool pid_ns_reachable(struct pid_namespace *ns)
{
	struct pid_namespace *active = task_active_pid_ns(current);

	while (ns->level > active->level)
		ns = ns->parent;
	return ns == active;
}

/* Was @entry made for the fork that makes the first process? */
static int lock_start(struct container_entry *entry)
{
	struct container *c = entry->container;

	if (READ_ONCE(c->state) != CONTAINER_NEW)
		return 0;
	if (mutex_lock_killable(&c->start_mutex))
		return -EINTR;
	entry->starting = READ_ONCE(c->state) == CONTAINER_NEW;
	if (!entry->starting)
		mutex_unlock(&c->start_mutex);
	return 0;
}

/*
 * A PID namespace whose first fork failed takes no further ones (free_pid()).
 * It is not too late for one that nobody has seen.
 */
static void unlock_start(struct container_entry *entry)
{
	struct container *c = entry->container;

	if (!entry->starting)
		return;
	if (c->state == CONTAINER_NEW && (c->flags & CONTAINER_NEW_PID_NS))
		restart_pid_ns(entry->means.ns->pid_ns_for_children);
	mutex_unlock(&c->start_mutex);
}

static void container_finish_entry(struct container_entry *entry)
{
	unlock_start(entry);
	container_guard_put(entry->guard);
	container_put_means(&entry->means);
}

/* On success, container_finish_entry() is due after the fork. */
static int container_prepare_entry(struct container_entry *entry, struct container *c)
{
	int ret;

	*entry = (struct container_entry){ .container = c };

	if (!container_below(c, task_container(current)))
		return -EPERM;
	if (!container_get_means(c, &entry->means))
		return -ECANCELED;

	ret = check_permission(c, &entry->means);
	if (ret)
		goto put_means;
	ret = -EINVAL;
	if (!pid_ns_reachable(entry->means.ns->pid_ns_for_children))
		goto put_means;

	ret = -ENOMEM;
	entry->guard = container_guard_alloc();
	if (!entry->guard)
		goto put_means;
	ret = lock_start(entry);
	if (ret)
		goto put_guard;
	return 0;

put_guard:
	container_guard_put(entry->guard);
put_means:
	container_put_means(&entry->means);
	/* Whatever else it was, there is no point in another try. */
	return ret != -EPERM && __container_dying(c) ? -ECANCELED : ret;
}

/**
 * sys_fork_into_container - fork into a container
 * @cfd: A descriptor of the container.
 *
 * Return: as fork(); the child is in the container, and its first process is its
 * init.
 */
SYSCALL_DEFINE1(fork_into_container, int, cfd)
{
	struct kernel_clone_args args = {
		.flags		= CLONE_UNTRACED,
		.exit_signal	= SIGCHLD,
	};
	struct container_entry entry;
	struct container *c;
	long ret;

	CLASS(fd, f)(cfd);
	if (fd_empty(f))
		return -EBADF;
	c = container_from_file(fd_file(f));
	if (IS_ERR(c))
		return PTR_ERR(c);

	ret = container_prepare_entry(&entry, c);
	if (ret)
		return ret;
	args.container = &entry;
	ret = kernel_clone(&args);
	if (ret > 0)
		trace_container_enter(c, ret, entry.starting);
	container_finish_entry(&entry);

	return ret < 0 && __container_dying(c) ? -ECANCELED : ret;
}

/*
 * In a user namespace below the caller's, what the container's creator had there
 * is what everybody gets. In the caller's own, nobody gains anything.
 */
static void confine_caps(struct cred *new, const struct cred *to)
{
	unsigned int locked;

	if (current_user_ns() != to->user_ns) {
		new->securebits = to->securebits;
		new->cap_inheritable = to->cap_inheritable;
		new->cap_permitted = to->cap_permitted;
		new->cap_effective = to->cap_effective;
		new->cap_bset = to->cap_bset;
		new->cap_ambient = to->cap_ambient;
		return;
	}

	/* What the caller has locked stays as it is. */
	locked = (new->securebits & SECURE_ALL_LOCKS) >> 1;
	new->securebits |= to->securebits & ~locked;
	new->cap_inheritable = cap_intersect(new->cap_inheritable, to->cap_inheritable);
	new->cap_permitted = cap_intersect(new->cap_permitted, to->cap_permitted);
	new->cap_effective = cap_intersect(new->cap_effective, to->cap_effective);
	new->cap_bset = cap_intersect(new->cap_bset, to->cap_bset);
	new->cap_ambient = cap_intersect(new->cap_ambient, to->cap_ambient);
}

static int assume_ids(struct cred *new, const struct cred *to)
{
	const struct cred *me = current_cred();
	int ret;

	new->uid = to->uid;
	new->suid = to->suid;
	new->euid = to->euid;
	new->fsuid = to->fsuid;
	new->gid = to->gid;
	new->sgid = to->sgid;
	new->egid = to->egid;
	new->fsgid = to->fsgid;
	set_groups(new, to->group_info);

	free_uid(new->user);
	new->user = get_uid(to->user);
	put_user_ns(new->user_ns);
	new->user_ns = get_user_ns(to->user_ns);

	ret = security_task_fix_setgroups(new, me);
	ret = ret ?: security_task_fix_setgid(new, me, LSM_SETID_RES);
	return ret ?: security_task_fix_setuid(new, me, LSM_SETID_RES);
}

/**
 * container_copy_creds - copy_creds() for a fork into a container
 * @p: The child.
 * @args: What copy_process() was told.
 *
 * The caller's credentials stay the base, so that whatever security modules
 * confine it by confines the child.
 *
 * Context: May sleep.
 * Return: 0, with @p charged to its user; -ENOMEM, -EAGAIN, or what a security
 * module says.
 */
int container_copy_creds(struct task_struct *p, struct kernel_clone_args *args)
{
	const struct cred *to = args->container->means.cred;
	struct cred *new;
	int ret;

#ifdef CONFIG_KEYS_REQUEST_CACHE
	p->cached_requested_key = NULL;
#endif
	new = prepare_creds();
	if (!new)
		return -ENOMEM;

	container_drop_keyrings(new);
	ret = assume_ids(new, to);
	confine_caps(new, to);
	ret = ret ?: set_cred_ucounts(new);
	if (ret < 0) {
		put_cred(new);
		return ret;
	}

	RCU_INIT_POINTER(p->real_cred, new);
	RCU_INIT_POINTER(p->cred, get_cred(new));
	inc_rlimit_ucounts(task_ucounts(p), UCOUNT_RLIMIT_NPROC, 1);
	return 0;
}

/**
 * __container_inherit - give a process the container and guard of current
 * @sig: The new process.
 *
 * Undone by free_signal_struct().
 *
 * Context: Process context.
 */
void __container_inherit(struct signal_struct *sig)
{
	struct signal_struct *old = current->signal;

	sig->container = container_get(old->container);
	/* Only the exec of current, which has no other threads then, changes it. */
	RCU_INIT_POINTER(sig->container_guard,
			 container_guard_get(rcu_access_pointer(old->container_guard)));
	sig->container_flags = old->container_flags;
}

/**
 * __container_enter - give a process what those in a container have
 * @p: The process, complete but for its pid; it has its credentials already.
 * @entry: The entry under way.
 *
 * Undone by free_signal_struct(), exit_task_namespaces(), exit_fs() and
 * exit_files().
 *
 * Context: May sleep.
 */
void __container_enter(struct task_struct *p, struct container_entry *entry)
{
	struct container_means *means = &entry->means;
	struct signal_struct *sig = p->signal;

	/* In place of what was inherited. */
	container_free_signal(sig);
	sig->container = container_get(entry->container);
	RCU_INIT_POINTER(sig->container_guard, entry->guard);
	entry->guard = NULL;

	set_fs_root(p->fs, &means->root);
	set_fs_pwd(p->fs, &means->root);

	get_nsproxy(means->ns);
	switch_task_namespaces(p, means->ns);
	if (current->nsproxy->time_ns != means->ns->time_ns)
		timens_commit(p, means->ns->time_ns);

	containerfs_close_fds(p->files, entry->container);
}

/* Is @c, or one around it whose death has not come down to it yet, dying? */
static bool dying_around(const struct container *c)
{
	for (; c; c = c->parent)
		if (c->state >= CONTAINER_DYING)
			return true;
	return false;
}

/**
 * __container_fork - make a process a member
 * @p: The new process, or a new thread of a member.
 * @args: What copy_process() was told.
 *
 * If this succeeds, the fork does.
 *
 * Context: tasklist_lock is held for writing.
 * Return: 0, or -ECANCELED if the container is dying.
 */
int __container_fork(struct task_struct *p, struct kernel_clone_args *args)
{
	struct signal_struct *sig = p->signal;
	struct container *c = sig->container;

	lockdep_assert_held_write(&tasklist_lock);

	if (sig == current->signal) {
		if (c->state >= CONTAINER_DYING)
			return -ECANCELED;
		atomic_inc(&sig->container_threads);
		return 0;
	}

	/*
	 * An empty container must not be entered once one around it is dying:
	 * that might have been found dead. With members, @c keeps it alive.
	 */
	if (container_entering(args) ? dying_around(c) : c->state >= CONTAINER_DYING)
		return -ECANCELED;

	if (c->state == CONTAINER_NEW) {
		lockdep_assert_held(&c->start_mutex);
		WRITE_ONCE(c->init, sig);
		WRITE_ONCE(c->state, CONTAINER_RUNNING);
	}
	atomic_set(&sig->container_threads, 1);
	container_add_member(c, sig);
	if (c->no_new_privs)
		task_set_no_new_privs(p);
	return 0;
}

/**
 * __container_free_signal - a member, or one that never came to be, is freed
 * @sig: The process.
 *
 * Context: Any, softirq included.
 */
void __container_free_signal(struct signal_struct *sig)
{
	container_guard_put(rcu_access_pointer(sig->container_guard));
	container_put(sig->container);
}
