/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Container objects: what the rest of the kernel needs to know about them.
 *
 * A container is a set of processes with the namespaces, credentials and root
 * that they were given on entry. Rules:
 *
 *  1. Membership is a property of the process (signal_struct->container), set
 *     before the process can be seen and never changed. NULL means the initial
 *     container, which has no list of members and is not counted.
 *
 *  2. A member holds a reference on its container from copy_process() until
 *     free_signal_struct(), so tsk->signal->container can be followed without
 *     a lock by whoever may follow tsk->signal.
 *
 *  3. A descriptor, a member and a nested container each hold one reference.
 *     A container is taken off its parent's list before the last one can go.
 *
 *  4. States, member lists and the tree of containers change with tasklist_lock
 *     held for writing. A state only ever grows, so one that was read without
 *     the lock is a lower bound.
 */
#ifndef _LINUX_CONTAINER_H
#define _LINUX_CONTAINER_H

#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

struct container;
struct container_entry;
struct container_guard;
struct cred;
struct file;
struct fs_struct;
struct linux_binprm;
struct mnt_namespace;
struct ns_common;
struct nsproxy;
struct nsset;
struct path;
struct pid;
struct pid_namespace;
struct seq_file;

/* What security_container_permission() is asked for. */
#define CONTAINER_MAY_ENTER	0x1	/* put a process into it */
#define CONTAINER_MAY_CONTROL	0x2	/* set it up, signal or wait for it */

#ifdef CONFIG_CONTAINERS

/* How much of struct clone_args clone3(2) takes. */
#define CONTAINER_CLONE_ARGS_SIZE	sizeof(struct clone_args)

/* Beside what they work on. */
struct nsproxy *create_container_namespaces(unsigned long flags, struct cred *cred,
					    struct fs_struct *fs);
struct nsproxy *copy_container_namespaces(const struct nsproxy *old);
void restart_pid_ns(struct pid_namespace *ns);
struct mnt_namespace *get_mnt_ns_root(struct ns_common *ns, struct path *root);

void **container_security(struct container *c);
int container_copy_creds(struct task_struct *p, struct kernel_clone_args *args);
void __container_inherit(struct signal_struct *sig);
void __container_enter(struct task_struct *p, struct container_entry *entry);
int __container_fork(struct task_struct *p, struct kernel_clone_args *args);
void __container_post_fork(struct task_struct *p, struct container_entry *entry);
pid_t container_clone(struct kernel_clone_args *args);
bool container_file(const struct file *file);
int container_validate_nsset(struct nsset *nsset, struct file *file);
bool container_wants_pidfd(unsigned int cmd);
int container_open_pid(struct pid *pid);
void __container_free_signal(struct signal_struct *sig);
bool __container_dying(const struct container *c);
void __container_group_dead(struct task_struct *tsk);
void __container_exit(struct task_struct *tsk);
struct task_struct *__container_reaper(struct container *c, struct task_struct *p);
bool __container_guard_denies_signal(struct task_struct *task);
bool __container_guard_denies(struct task_struct *task, unsigned int mode);
bool __container_guard_refuses(struct task_struct *task);
bool __container_guard_traceme(struct task_struct *parent);
int __container_exec_file(struct file *file, const char *name, int flags);
int __container_exec_interpreter(struct file *file);
void __container_exec(const struct linux_binprm *bprm);
void container_move_orphans(struct task_struct *father, struct task_struct *reaper);
int container_pivot_root(const struct path *old_root, const struct path *new_root);
int proc_pid_container(struct seq_file *m, struct pid_namespace *ns,
		       struct pid *pid, struct task_struct *task);

/* Is this fork one into a container? */
static inline bool container_entering(const struct kernel_clone_args *args)
{
	return unlikely(args->container);
}

/* @sig, a new process, is where current is. */
static inline void container_inherit(struct signal_struct *sig)
{
	if (unlikely(current->signal->container))
		__container_inherit(sig);
}

/*
 * What @p gets of the container that it is forked into, besides credentials; in place
 * of copy_namespaces().
 */
static inline void container_enter(struct task_struct *p, struct kernel_clone_args *args)
{
	__container_enter(p, args->container);
}

/* The last step of a fork that can fail; makes @p a member. */
static inline int container_fork(struct task_struct *p,
				 struct kernel_clone_args *args)
{
	if (likely(!p->signal->container))
		return 0;
	return __container_fork(p, args);
}

/* Nothing can fail any more, and @p does not run yet. */
static inline void container_post_fork(struct task_struct *p,
				       struct kernel_clone_args *args)
{
	if (container_entering(args))
		__container_post_fork(p, args->container);
}

/* Is this a clone3() into a container? Then it is one for container_clone(). */
static inline bool container_wanted(const struct kernel_clone_args *args)
{
	return unlikely(args->container_fd >= 0);
}

/* Is what user space says in @args, of @size bytes, about a container valid? */
static inline bool container_clone_args_valid(const struct clone_args *args, size_t size)
{
	if (!(args->flags & CLONE_INTO_CONTAINER))
		return !args->container;
	return args->container <= INT_MAX && size >= CLONE_ARGS_SIZE_VER3;
}

/* Takes the flag: who goes on with @kargs knows nothing of it. */
static inline void container_set_fd(struct kernel_clone_args *kargs,
				    const struct clone_args *args)
{
	kargs->container_fd = args->flags & CLONE_INTO_CONTAINER ? args->container : -1;
	kargs->flags &= ~CLONE_INTO_CONTAINER;
}

static inline void container_free_signal(struct signal_struct *sig)
{
	if (unlikely(sig->container))
		__container_free_signal(sig);
}

/* Is @tsk in a container that is dying or dead? */
static inline bool container_dying(const struct task_struct *tsk)
{
	const struct container *c = tsk->signal->container;

	return unlikely(c) && __container_dying(c);
}

/* No thread of the process of @tsk, but @tsk in do_exit(), is left. */
static inline void container_group_dead(struct task_struct *tsk)
{
	if (unlikely(tsk->signal->container))
		__container_group_dead(tsk);
}

/* @tsk is about to enter exit_notify(). */
static inline void container_exit(struct task_struct *tsk)
{
	if (unlikely(tsk->signal->container))
		__container_exit(tsk);
}

/* Does a walk up the process tree from @a to @b cross a container's boundary? */
static inline bool container_crossed(const struct task_struct *a,
				     const struct task_struct *b)
{
	return a->signal->container != b->signal->container;
}

/*
 * The leader of the container's init, if it may adopt @p: an orphan that is in
 * the container, or a process of the container that leaves children behind.
 */
static inline struct task_struct *container_reaper(struct task_struct *p)
{
	struct container *c = p->signal->container;

	return unlikely(c) ? __container_reaper(c, p) : NULL;
}

/* Is @task under the entry guard? */
static inline bool container_guarded(const struct task_struct *task)
{
	/*
	 * Pairs with the smp_store_release() in __container_exec(): who finds no
	 * guard finds nothing of the forker's either.
	 */
	return unlikely(smp_load_acquire(&task->signal->container_guard));
}

/* Does a guard keep current from sending signals to @task? */
static inline bool container_guard_denies_signal(struct task_struct *task)
{
	return container_guarded(task) && __container_guard_denies_signal(task);
}

/* Does a guard deny current what asks for the ptrace permission @mode? */
static inline bool container_guard_denies(struct task_struct *task, unsigned int mode)
{
	return container_guarded(task) && __container_guard_denies(task, mode);
}

/*
 * Is @task under the entry guard, and is current one whom it keeps off? For
 * interfaces that ask for no ptrace permission.
 */
static inline bool container_guard_refuses(struct task_struct *task)
{
	return container_guarded(task) && __container_guard_refuses(task);
}

/* May current be traced by its @parent, by its own wish? */
static inline bool container_guard_traceme(struct task_struct *parent)
{
	return !container_guarded(current) || __container_guard_traceme(parent);
}

/* May current execute @file, opened as @name with the AT_* @flags? */
static inline int container_exec_file(struct file *file, const char *name, int flags)
{
	return container_guarded(current) ? __container_exec_file(file, name, flags) : 0;
}

/* May current, executing @file, be given an interpreter for it? */
static inline int container_exec_interpreter(struct file *file)
{
	return container_guarded(current) ? __container_exec_interpreter(file) : 0;
}

/* Current has become what @bprm says; under exec_update_lock. */
static inline void container_exec(const struct linux_binprm *bprm)
{
	if (container_guarded(current))
		__container_exec(bprm);
}

#else /* !CONFIG_CONTAINERS */

#define CONTAINER_CLONE_ARGS_SIZE	CLONE_ARGS_SIZE_VER2

static inline bool container_wanted(const struct kernel_clone_args *args)
{
	return false;
}

static inline bool container_clone_args_valid(const struct clone_args *args, size_t size)
{
	return true;
}

static inline void container_set_fd(struct kernel_clone_args *kargs,
				    const struct clone_args *args) { }

static inline void container_post_fork(struct task_struct *p,
				       struct kernel_clone_args *args) { }

static inline pid_t container_clone(struct kernel_clone_args *args)
{
	return -EINVAL;
}

static inline bool container_file(const struct file *file)
{
	return false;
}

static inline int container_validate_nsset(struct nsset *nsset, struct file *file)
{
	return -EINVAL;
}

static inline bool container_wants_pidfd(unsigned int cmd)
{
	return false;
}

static inline int container_open_pid(struct pid *pid)
{
	return -ENOTTY;
}

static inline bool container_entering(const struct kernel_clone_args *args)
{
	return false;
}

static inline int container_copy_creds(struct task_struct *p,
				       struct kernel_clone_args *args)
{
	return 0;
}

static inline void container_inherit(struct signal_struct *sig) { }

static inline void container_enter(struct task_struct *p,
				   struct kernel_clone_args *args) { }

static inline int container_fork(struct task_struct *p,
				 struct kernel_clone_args *args)
{
	return 0;
}

static inline void container_free_signal(struct signal_struct *sig) { }

static inline bool container_dying(const struct task_struct *tsk)
{
	return false;
}

static inline void container_group_dead(struct task_struct *tsk) { }
static inline void container_exit(struct task_struct *tsk) { }

static inline bool container_crossed(const struct task_struct *a,
				     const struct task_struct *b)
{
	return false;
}

static inline struct task_struct *container_reaper(struct task_struct *p)
{
	return NULL;
}

static inline void container_move_orphans(struct task_struct *father,
					  struct task_struct *reaper) { }

static inline bool container_guard_denies_signal(struct task_struct *task)
{
	return false;
}

static inline bool container_guarded(const struct task_struct *task)
{
	return false;
}

static inline bool container_guard_denies(struct task_struct *task, unsigned int mode)
{
	return false;
}

static inline bool container_guard_refuses(struct task_struct *task)
{
	return false;
}

static inline bool container_guard_traceme(struct task_struct *parent)
{
	return true;
}

static inline int container_exec_file(struct file *file, const char *name, int flags)
{
	return 0;
}

static inline int container_exec_interpreter(struct file *file)
{
	return 0;
}

static inline void container_exec(const struct linux_binprm *bprm) { }

static inline int container_pivot_root(const struct path *old_root,
				       const struct path *new_root)
{
	return 0;
}

#endif /* CONFIG_CONTAINERS */
#endif /* _LINUX_CONTAINER_H */
