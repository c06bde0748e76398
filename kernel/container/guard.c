// SPDX-License-Identifier: GPL-2.0
/*
 * The entry guard: until it execs, a process that was forked into a container is
 * kept from those inside.
 *
 * It still carries the memory, executable and descriptors of its forker. So who
 * wants access to it must be where the forker was, or in a container around that,
 * and pass the usual check against the forker's credentials besides that against
 * the process's own. The guard is inherited by fork, and by a further entry: that
 * memory still is the first forker's.
 *
 * A successful exec ends it, as long as what is executed is in the process's own
 * mount namespace and below its root. Of a binary that is not, by a path, nothing
 * good can come: it would run on hostile libraries and be open to everybody
 * inside (a container's "#!/proc/self/exe"). By descriptor it is the forker's
 * wish; the guard stays on, and nothing from inside may interpret the file.
 *
 * Processes of one guard that have the same program, by fork, are nothing to each
 * other but processes. One that has exec'ed gets at no other program under it: it
 * is no copy of the forker any more. Who is one gets at what he sent in.
 */
#include <linux/atomic.h>
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * container_guard_alloc - the guard for a process that current forks
 *
 * Context: May sleep.
 * Return: the guard, on which the caller has a reference, or NULL.
 */
struct container_guard *container_guard_alloc(void)
{
	struct container_guard *guard;

	guard = rcu_access_pointer(current->signal->container_guard);
	if (guard)
		return container_guard_get(guard);

	guard = kmalloc(sizeof(*guard), GFP_KERNEL_ACCOUNT);
	if (!guard)
		return NULL;
	refcount_set(&guard->usage, 1);
	atomic_long_set(&guard->execs, 0);
	guard->container = container_get(task_container(current));
	guard->cred = get_current_cred();
	return guard;
}

/**
 * container_guard_get - take a reference
 * @guard: The guard, or NULL.
 *
 * Return: @guard.
 */
struct container_guard *container_guard_get(struct container_guard *guard)
{
	if (guard)
		refcount_inc(&guard->usage);
	return guard;
}

static void container_guard_free(struct rcu_head *rcu)
{
	struct container_guard *guard = container_of(rcu, struct container_guard, rcu);

	put_cred(guard->cred);
	container_put(guard->container);
	kfree(guard);
}

/**
 * container_guard_put - drop a reference
 * @guard: The guard, or NULL.
 *
 * Context: Any.
 */
void container_guard_put(struct container_guard *guard)
{
	if (guard && refcount_dec_and_test(&guard->usage))
		call_rcu(&guard->rcu, container_guard_free);
}

/*
 * Is @reader, under the guard of @target, a copy of the forker, or of the program
 * that @target is?
 */
static bool related(const struct signal_struct *target, const struct signal_struct *reader)
{
	unsigned long program = READ_ONCE(reader->container_program);

	return !program || program == READ_ONCE(target->container_program);
}

/*
 * NULL if the guard of @target does not stand between it and @reader; else whose
 * credentials @reader must match, or an error. Under RCU.
 */
static const struct cred *guard_cred(const struct signal_struct *target,
				     struct task_struct *reader)
{
	const struct container_guard *guard = rcu_dereference(target->container_guard);
	const struct signal_struct *sig = reader->signal;

	if (!guard)
		return NULL;
	if (guard == rcu_access_pointer(sig->container_guard) && related(target, sig))
		return NULL;
	if (!container_in_view(guard->container, task_container(reader)))
		return ERR_PTR(-EPERM);
	return guard->cred;
}

/**
 * __container_guard_denies_signal - does a guard keep current from a process?
 * @task: Of that process, which is under a guard.
 *
 * Context: As check_kill_permission().
 * Return: whether current may send it no signals, whatever its own credentials
 * are.
 */
bool __container_guard_denies_signal(struct task_struct *task)
{
	const struct cred *me = current_cred(), *to;
	bool denied;

	if (same_thread_group(current, task))
		return false;

	rcu_read_lock();
	to = guard_cred(task->signal, current);
	if (IS_ERR_OR_NULL(to))
		denied = to;
	else	/* as kill_ok_by_cred() */
		denied = !uid_eq(me->euid, to->suid) && !uid_eq(me->euid, to->uid) &&
			 !uid_eq(me->uid, to->suid) && !uid_eq(me->uid, to->uid) &&
			 !ns_capable(to->user_ns, CAP_KILL);
	rcu_read_unlock();
	return denied;
}

/* What __ptrace_may_access() and cap_ptrace_access_check() ask of a reader. */
static bool ids_and_caps_match(const struct cred *to, kuid_t uid, kgid_t gid,
			       struct user_namespace *user_ns, kernel_cap_t caps)
{
	return uid_eq(uid, to->euid) && uid_eq(uid, to->suid) &&
	       uid_eq(uid, to->uid) && gid_eq(gid, to->egid) &&
	       gid_eq(gid, to->sgid) && gid_eq(gid, to->gid) &&
	       user_ns == to->user_ns && cap_issubset(to->cap_permitted, caps);
}

/**
 * __container_guard_denies - does a guard deny current access to a process?
 * @task: Of that process, which current is no thread of.
 * @mode: PTRACE_MODE_*, what access is asked for.
 *
 * Context: Any that may ask for ptrace permission.
 * Return: whether it must be refused, whatever the process's own credentials are.
 */
bool __container_guard_denies(struct task_struct *task, unsigned int mode)
{
	const struct cred *me = current_cred(), *to;
	bool denied;

	rcu_read_lock();
	to = guard_cred(task->signal, current);
	if (IS_ERR_OR_NULL(to))
		denied = to;
	else if (mode & PTRACE_MODE_FSCREDS ?
		 ids_and_caps_match(to, me->fsuid, me->fsgid, me->user_ns, me->cap_effective) :
		 ids_and_caps_match(to, me->uid, me->gid, me->user_ns, me->cap_permitted))
		denied = false;
	else if (mode & PTRACE_MODE_NOAUDIT)
		denied = !ns_capable_noaudit(to->user_ns, CAP_SYS_PTRACE);
	else
		denied = !ns_capable(to->user_ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	return denied;
}

/**
 * __container_guard_refuses - is current kept off a process?
 * @task: Of that process, which is under a guard.
 *
 * For what is open to more than those who may ptrace.
 *
 * Context: Any that may take task_lock().
 * Return: whether access must be refused.
 */
bool __container_guard_refuses(struct task_struct *task)
{
	return !ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS);
}

/**
 * __container_guard_traceme - may current, under a guard, be traced by its parent?
 * @parent: The parent; it asked for nothing, and may be the container's init.
 *
 * Context: tasklist_lock is held, so that @parent is not released.
 * Return: whether @parent could trace current, as far as the guard goes.
 */
bool __container_guard_traceme(struct task_struct *parent)
{
	const struct cred *him, *to;
	bool ok;

	rcu_read_lock();
	to = guard_cred(current->signal, parent);
	him = __task_cred(parent);
	if (IS_ERR_OR_NULL(to))
		ok = !to;
	else
		ok = ids_and_caps_match(to, him->uid, him->gid, him->user_ns,
					him->cap_permitted) ||
		     has_ns_capability(parent, to->user_ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	return ok;
}

/* Can current reach @file by a path of its own? */
static bool inside(const struct file *file)
{
	struct path root;
	bool under;

	if (!our_mnt(file->f_path.mnt))
		return false;
	get_fs_root(current->fs, &root);
	under = path_is_under(&file->f_path, &root);
	path_put(&root);
	return under;
}

/**
 * __container_exec_file - may current, under a guard, execute a file?
 * @file: The binary, script or interpreter.
 * @name: How it was named.
 * @flags: AT_* flags of execveat(2).
 *
 * Return: 0, or -EACCES if it was named by a path and is not from inside.
 */
int __container_exec_file(struct file *file, const char *name, int flags)
{
	if ((flags & AT_EMPTY_PATH) && !*name)
		return 0;
	return inside(file) ? 0 : -EACCES;
}

/**
 * __container_exec_interpreter - may what current executes have an interpreter?
 * @file: The binary or script; current is under a guard.
 *
 * One from outside must not be interpreted, or linked, by a program from inside:
 * that would run with the outside's binary at hand.
 *
 * Return: 0, or -EACCES if @file is from outside.
 */
int __container_exec_interpreter(struct file *file)
{
	return inside(file) ? 0 : -EACCES;
}
EXPORT_SYMBOL_GPL(__container_exec_interpreter);	/* binfmt_misc */

/*
 * Was @bprm given by a descriptor alone, and is it that file which runs now, not an
 * interpreter? alloc_bprm() gives it the name /dev/fd/N; with a path, /dev/fd/N/PATH.
 */
static bool executed_by_descriptor(const struct linux_binprm *bprm)
{
	const char *name = bprm->fdpath;

	return name && bprm->interp == name && !strchr(name + strlen("/dev/fd/"), '/');
}

/**
 * __container_exec - current, under a guard, has exec'ed
 * @bprm: What it executes now.
 *
 * What was named by a path was inside when it was opened. That somebody has
 * unmounted it meanwhile, or has a handler for it opened elsewhere (binfmt_misc), does
 * not make it the forker's: those inside must not choose what is guarded.
 *
 * Context: Current has no other threads, and nothing of the forker's memory any
 * more; its exec_update_lock is held for writing.
 */
void __container_exec(const struct linux_binprm *bprm)
{
	struct signal_struct *sig = current->signal;
	struct container_guard *guard;

	guard = rcu_dereference_protected(sig->container_guard,
					  lockdep_is_held(&sig->exec_update_lock));
	if (executed_by_descriptor(bprm) && !inside(bprm->file)) {
		WRITE_ONCE(sig->container_program,
			   atomic_long_inc_return(&guard->execs));
		return;
	}
	/* Memory, descriptors and credentials have changed before. */
	smp_store_release(&sig->container_guard, NULL);
	WRITE_ONCE(sig->container_program, 0);
	container_guard_put(guard);
}
