// SPDX-License-Identifier: GPL-2.0
/*
 * Who may use a container that he holds a descriptor of.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ipc_namespace.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "internal.h"

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

/* ns_capable(), or ns_capable_noaudit() where nobody is refused anything. */
typedef bool capable_fn(struct user_namespace *ns, int cap);

static bool may_become_user(const struct cred *me, const struct cred *to,
			    capable_fn *capable)
{
	return uid_in_reach(me->user_ns, to) && capable(me->user_ns, CAP_SETUID);
}

static bool may_become_groups(const struct cred *me, const struct cred *to,
			      capable_fn *capable)
{
	return gids_in_reach(me->user_ns, to) && capable(me->user_ns, CAP_SETGID);
}

/*
 * May current use a container of a user namespace below its own? setns() would
 * let it in, all-powerful there, but as who it is: becoming somebody else takes
 * what it takes inside, or outside.
 */
static bool may_use_below(const struct cred *me, const struct cred *to,
			  capable_fn *capable)
{
	if (!in_userns(me->user_ns, to->user_ns) || !capable(to->user_ns, CAP_SYS_ADMIN))
		return false;

	if (!uid_eq(me->euid, to->euid) &&
	    !uid_in_reach(to->user_ns, to) && !may_become_user(me, to, capable))
		return false;

	return (gid_eq(me->egid, to->egid) &&
		groups_equal(me->group_info, to->group_info)) ||
	       gids_in_reach(to->user_ns, to) || may_become_groups(me, to, capable);
}

/*
 * May current use a container of its own user namespace? As one who could have
 * created it. Its real and saved ids become the effective ones, for which no
 * privilege is needed.
 */
static bool may_use_beside(const struct cred *me, const struct cred *to)
{
	return uid_eq(me->euid, to->euid) &&
	       gid_eq(me->egid, to->egid) &&
	       groups_subset(to->group_info, me->group_info) &&
	       cap_issubset(to->cap_permitted, me->cap_permitted);
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
	return means->own_root || ns_capable(current_user_ns(), CAP_SYS_CHROOT);
}

static bool may_use(const struct cred *to, capable_fn *capable)
{
	const struct cred *me = current_cred();

	return to->user_ns == me->user_ns ? may_use_beside(me, to) :
					    may_use_below(me, to, capable);
}

/* Fewer groups than before can be more power, for who is inside. */
static bool may_have_groups(const struct cred *to)
{
	const struct cred *me = current_cred();

	return to->user_ns != me->user_ns ||
	       groups_subset(me->group_info, to->group_info) ||
	       may_become_groups(me, to, ns_capable);
}

static int check_entry(struct container *c, const struct container_means *means)
{
	if (!may_use(means->cred, ns_capable) || !may_have_groups(means->cred))
		return -EPERM;
	/* It is dying: there are neither namespaces nor a root to judge. */
	if (!means->ns)
		return -ECANCELED;
	if (!may_join_namespaces(means->ns) || !may_use_root(means))
		return -EPERM;
	return security_container_permission(c, CONTAINER_MAY_ENTER);
}

/**
 * container_get_entry - what a container gives, for who may enter it
 * @c: The container.
 * @means: Gets references, for container_put_means().
 *
 * Context: May sleep. Takes c->means_lock.
 * Return: 0; -EPERM, or what a security module says, if current may not enter;
 * -ECANCELED if @c is dying or dead.
 */
int container_get_entry(struct container *c, struct container_means *means)
{
	int ret;

	if (!container_below(c, task_container(current)))
		return -EPERM;
	if (!container_get_means(c, means))
		return -ECANCELED;
	ret = check_entry(c, means);
	if (ret)
		container_put_means(means);
	return ret;
}

/*
 * One that is dead has no credentials to judge by any more; being around it
 * suffices, as there is nothing to be done to it.
 */
static int check_control(struct container *c, capable_fn *capable)
{
	struct container_means means;
	bool ok = true;

	if (!container_below(c, task_container(current)))
		return -EPERM;
	if (container_get_means(c, &means)) {
		ok = may_use(means.cred, capable);
		container_put_means(&means);
	}
	return ok ? security_container_permission(c, CONTAINER_MAY_CONTROL) : -EPERM;
}

/**
 * container_may_control - may current signal, set up and wait for a container?
 * @c: The container.
 *
 * Context: May sleep. Takes c->means_lock.
 * Return: 0, -EPERM, or what a security module says.
 */
int container_may_control(struct container *c)
{
	return check_control(c, ns_capable);
}

/* May current look at the init of @c, as ptrace has it? False if there is none. */
static bool may_inspect(struct container *c)
{
	struct task_struct *init __free(put_task) = NULL;

	read_lock(&tasklist_lock);
	if (c->init)
		init = get_task_struct(pid_task(c->init->pids[PIDTYPE_TGID], PIDTYPE_TGID));
	read_unlock(&tasklist_lock);
	return init && ptrace_may_access(init, PTRACE_MODE_READ_FSCREDS |
					       PTRACE_MODE_NOAUDIT);
}

/**
 * container_may_have_found - may current have all rights to what it has found?
 * @c: The container.
 *
 * Who was not handed a descriptor must not get by the container's name more than by
 * that of a process in it: a security module may keep him off that.
 *
 * Context: May sleep. Takes c->means_lock and tasklist_lock.
 * Return: whether current may control @c and inspect its init. That it may not is
 * not audited: it is given less, and refused nothing.
 */
bool container_may_have_found(struct container *c)
{
	return !check_control(c, ns_capable_noaudit) && may_inspect(c);
}

/**
 * container_pid_ns_reachable - can current have children in a PID namespace?
 * @ns: The PID namespace.
 *
 * As pidns_install(): only down, or pids could not be told to the parent.
 *
 * Return: whether @ns is that of current, or below it.
 */
bool container_pid_ns_reachable(struct pid_namespace *ns)
{
	struct pid_namespace *active = task_active_pid_ns(current);

	while (ns->level > active->level)
		ns = ns->parent;
	return ns == active;
}
