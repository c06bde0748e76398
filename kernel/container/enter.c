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
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>

#include "internal.h"

#include <trace/events/container.h>

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
	if (READ_ONCE(c->state) == CONTAINER_NEW && (entry->means.made & CLONE_NEWPID))
		restart_pid_ns(entry->means.ns->pid_ns_for_children);
	entry->starting = false;
	mutex_unlock(&c->start_mutex);
}

/* Leaves nothing to be done by a second call. */
static void container_finish_entry(struct container_entry *entry)
{
	unlock_start(entry);
	container_guard_put(entry->guard);
	entry->guard = NULL;
	container_put_means(&entry->means);
}

/* Who shares memory shares its time namespace until exec: vvar is one page. */
static int keep_time_ns(struct container_means *means)
{
	struct time_namespace *mine = current->nsproxy->time_ns;
	struct nsproxy *ns;

	if (means->ns->time_ns == mine)
		return 0;
	ns = copy_container_namespaces(means->ns);
	if (!ns)
		return -ENOMEM;
	put_time_ns(ns->time_ns);
	ns->time_ns = get_time_ns(mine);
	put_nsproxy(means->ns);
	means->ns = ns;
	return 0;
}

/*
 * Can current have a child in this PID namespace? The first process of one must come
 * from directly around it, as it does by clone(2): whoever is further out may outlive
 * what is between, whose init is still woken when processes below it end (free_pid()).
 */
static bool pid_ns_open(const struct container_entry *entry)
{
	struct pid_namespace *ns = entry->means.ns->pid_ns_for_children;

	if (entry->starting && !READ_ONCE(ns->child_reaper))
		return ns->parent == task_active_pid_ns(current);
	return container_pid_ns_reachable(ns);
}

/* On success, container_finish_entry() is due after the fork. */
static int container_prepare_entry(struct container_entry *entry, struct container *c,
				   u64 clone_flags)
{
	int ret;

	*entry = (struct container_entry){ .container = c };

	if (!container_below(c, task_container(current)))
		return -EPERM;
	/* First, so that a namespace that is being supplied is seen. */
	ret = lock_start(entry);
	if (ret)
		return ret;
	ret = container_get_entry(c, &entry->means);
	if (ret)
		goto finish;
	ret = -EINVAL;
	if (!pid_ns_open(entry))
		goto finish;
	/* As setns() does: somebody inside may have moved a mount onto the root. */
	if (entry->means.ns->mnt_ns != current->nsproxy->mnt_ns) {
		ret = follow_down(&entry->means.root, 0);
		if (ret)
			goto finish;
	}
	if (clone_flags & CLONE_VM) {
		ret = keep_time_ns(&entry->means);
		if (ret)
			goto finish;
	}

	ret = -ENOMEM;
	entry->guard = container_guard_alloc();
	if (!entry->guard)
		goto finish;
	return 0;

finish:
	container_finish_entry(entry);
	/* Whatever else it was, there is no point in another try. */
	return ret != -EPERM && __container_dying(c) ? -ECANCELED : ret;
}

/* What would share with the forker, or be, what the container is to give. */
#define CONTAINER_CONTRARY_FLAGS						\
	(CLONE_THREAD | CLONE_PARENT | CLONE_FILES | CLONE_FS | CLONE_SIGHAND |	\
	 CLONE_SYSVSEM | CLONE_IO | CLONE_PTRACE | CLONE_NEWNS | CLONE_NEWUTS |	\
	 CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUSER |		\
	 CLONE_NEWCGROUP | CLONE_NEWTIME)

/*
 * With a reference of our own: the descriptor's file is let go of, so that its last
 * close has its effect while the caller is here, maybe waiting for a vfork.
 */
static struct container *get_container_to_enter(const struct kernel_clone_args *args)
{
	struct container *c;

	CLASS(fd, f)(args->container_fd);
	if (fd_empty(f))
		return ERR_PTR(-EBADF);
	if ((args->flags & CONTAINER_CONTRARY_FLAGS) ||
	    (args->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		return ERR_PTR(-EINVAL);
	c = container_with_right(fd_file(f), CONTAINER_RIGHT_ENTER);
	return IS_ERR(c) ? c : container_get(c);
}

/**
 * container_clone - clone3() and fork_into_container() into a container
 * @args: What the caller wants; ->container_fd is the container's descriptor.
 *
 * Return: as kernel_clone().
 */
pid_t container_clone(struct kernel_clone_args *args)
{
	struct container_entry entry;
	struct container *c;
	int ret;

	c = get_container_to_enter(args);
	if (IS_ERR(c))
		return PTR_ERR(c);

	container_close_pending();
	ret = container_prepare_entry(&entry, c, args->flags);
	if (ret)
		goto put;
	args->flags |= CLONE_UNTRACED;
	args->container = &entry;
	ret = kernel_clone(args);
	container_finish_entry(&entry);
	if (ret < 0 && __container_dying(c))
		ret = -ECANCELED;
put:
	container_put(c);
	return ret;
}

/**
 * sys_fork_into_container - fork into a container
 * @cfd: A descriptor of the container, with CONTAINER_RIGHT_ENTER.
 *
 * Return: as fork(); the child is in the container, and its first process is its
 * init.
 */
SYSCALL_DEFINE1(fork_into_container, int, cfd)
{
	struct kernel_clone_args args = {
		.exit_signal	= SIGCHLD,
		.container_fd	= cfd,
	};

	return container_clone(&args);
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

	/*
	 * What the caller has locked stays as it is. To keep capabilities over a
	 * setuid() is a wish of the moment, for which nobody needs a privilege: that
	 * the creator had it must not keep an entrant from giving them up.
	 */
	locked = (new->securebits & SECURE_ALL_LOCKS) >> 1;
	new->securebits |= to->securebits & ~locked & ~issecure_mask(SECURE_KEEP_CAPS);
	new->cap_inheritable = cap_intersect(new->cap_inheritable, to->cap_inheritable);
	new->cap_permitted = cap_intersect(new->cap_permitted, to->cap_permitted);
	new->cap_effective = cap_intersect(new->cap_effective, to->cap_effective);
	new->cap_bset = cap_intersect(new->cap_bset, to->cap_bset);
	new->cap_ambient = cap_intersect(new->cap_ambient, to->cap_ambient);
}

/* Are all of these ids and groups the same, with nothing to look up? */
static bool same_ids(const struct cred *a, const struct cred *b)
{
	return a->user_ns == b->user_ns && a->group_info == b->group_info &&
	       uid_eq(a->uid, b->uid) && uid_eq(a->suid, b->suid) &&
	       uid_eq(a->euid, b->euid) && uid_eq(a->fsuid, b->fsuid) &&
	       gid_eq(a->gid, b->gid) && gid_eq(a->sgid, b->sgid) &&
	       gid_eq(a->egid, b->egid) && gid_eq(a->fsgid, b->fsgid);
}

static int become_root_user(struct cred *new)
{
	kuid_t uid = make_kuid(new->user_ns, 0);
	struct user_struct *user;

	if (!uid_valid(uid))
		return -EINVAL;
	user = alloc_uid(uid);
	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	new->uid = uid;
	new->suid = uid;
	new->euid = uid;
	new->fsuid = uid;
	return 0;
}

static int become_root_group(struct cred *new)
{
	kgid_t gid = make_kgid(new->user_ns, 0);
	struct group_info *none;

	if (!gid_valid(gid))
		return -EINVAL;
	new->gid = gid;
	new->sgid = gid;
	new->egid = gid;
	new->fsgid = gid;
	if (!userns_may_setgroups(new->user_ns))
		return 0;
	none = groups_alloc(0);
	if (!none)
		return -ENOMEM;
	set_groups(new, none);
	put_group_info(none);
	return 0;
}

/*
 * Once ids are mapped, nobody is unmapped, and somebody of the host by accident:
 * who would be is the root inside, where he could become that in any case.
 */
static int assume_mapped_ids(struct cred *new)
{
	struct user_namespace *ns = new->user_ns;
	int ret = 0;

	if (READ_ONCE(ns->uid_map.nr_extents) && !kuid_has_mapping(ns, new->euid))
		ret = become_root_user(new);
	if (!ret && READ_ONCE(ns->gid_map.nr_extents) && !kgid_has_mapping(ns, new->egid))
		ret = become_root_group(new);
	return ret;
}

static int assume_ids(struct cred *new, const struct cred *to)
{
	const struct cred *me = current_cred();
	int ret;

	if (same_ids(new, to))
		return 0;
	container_assume_ids(new, to);
	ret = new->user_ns == me->user_ns ? 0 : assume_mapped_ids(new);
	ret = ret ?: security_task_fix_setgroups(new, me);
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
	sig->container_program = old->container_program;
}

/**
 * __container_enter - give a process what those in a container have
 * @p: The process, complete but for its pid; it has its credentials already.
 * @entry: The entry under way.
 *
 * Instead of copy_namespaces(), which would also make the caller's time namespace for
 * children one that has been used. Undone by free_signal_struct(),
 * exit_task_namespaces(), exit_fs() and exit_files().
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

	/* Its fs_struct is nobody else's yet. */
	if (!path_equal(&p->fs->root, &means->root))
		set_fs_root(p->fs, &means->root);
	if (!path_equal(&p->fs->pwd, &means->root))
		set_fs_pwd(p->fs, &means->root);

	/* So far it was the caller's, and no reference was taken. */
	get_nsproxy(means->ns);
	p->nsproxy = means->ns;
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

/*
 * Is the child to be in another cgroup than current? Who controls that may have all
 * of it killed when it is out of memory (memory.oom.group), and whoever shares
 * memory with it.
 */
static bool other_cgroup(const struct kernel_clone_args *args)
{
#ifdef CONFIG_CGROUPS
	return args->cgrp && args->cgrp != task_dfl_cgroup(current);
#else
	return false;
#endif
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
	if (container_entering(args) && (args->flags & CLONE_VM) && other_cgroup(args))
		return -EINVAL;

	if (c->state == CONTAINER_NEW) {
		lockdep_assert_held(&c->start_mutex);
		WRITE_ONCE(c->init, sig);
		WRITE_ONCE(c->state, CONTAINER_RUNNING);
	}
	atomic_set(&sig->container_threads, 1);
	container_add_member(c, sig, container_entering(args) ? NULL : current->signal);
	if (c->no_new_privs)
		task_set_no_new_privs(p);
	return 0;
}

/**
 * __container_post_fork - the fork into a container is done
 * @p: The child, which does not run yet.
 * @entry: The entry under way; finished with, so that who shares memory with the
 *	child, and waits until it execs, holds nothing of it.
 *
 * Context: May sleep.
 */
void __container_post_fork(struct task_struct *p, struct container_entry *entry)
{
	trace_container_enter(entry->container, p->pid, entry->starting);
	container_finish_entry(entry);
	/* Of descriptors that were not taken along, when nobody else has them any more. */
	container_close_pending();
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
