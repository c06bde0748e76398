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
 * A successful exec ends it, as long as what is executed comes from the
 * process's own mount namespace. Of a binary that does not, by a path, nothing
 * good can come: it would run on hostile libraries and be open to everybody
 * inside (a container's "#!/proc/self/exe"). By descriptor it is the forker's
 * wish, and the guard stays on.
 *
 * Processes of one guard are no more to each other than they are to the forker,
 * unless one has exec'ed: that one may have been led astray by the container's
 * libraries, so it is treated as any process inside is.
 */
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
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
 * NULL if @guard does not stand between @reader and who is under it; else whose
 * credentials @reader must match, or an error. Under RCU.
 */
static const struct cred *guard_cred(const struct container_guard *guard,
				     struct task_struct *reader)
{
	const struct signal_struct *sig = reader->signal;

	if (!guard)
		return NULL;
	if (guard == rcu_access_pointer(sig->container_guard) &&
	    !(READ_ONCE(sig->container_flags) & CONTAINER_GUARD_EXECED))
		return NULL;
	if (!container_in_view(guard->container, task_container(reader)))
		return ERR_PTR(-EPERM);
	return guard->cred;
}

/**
 * __container_guard_cred - whom must current match, to have access to a process?
 * @task: Of that process.
 *
 * Context: rcu_read_lock() is held.
 * Return: the credentials that current must be judged by, besides those of
 * @task; NULL if there are no such; -EPERM if current may not have access.
 */
const struct cred *__container_guard_cred(struct task_struct *task)
{
	return guard_cred(rcu_dereference(task->signal->container_guard), current);
}

/**
 * __container_guard_refuses - is current kept off a process?
 * @task: Of that process, which is under a guard.
 *
 * For what in /proc is open to more than those who may ptrace.
 *
 * Context: Process context.
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
	const struct cred *cred, *pcred;
	bool ok;

	rcu_read_lock();
	cred = guard_cred(rcu_dereference(current->signal->container_guard), parent);
	pcred = __task_cred(parent);
	ok = !cred ||
	     (!IS_ERR(cred) &&
	      ((uid_eq(pcred->uid, cred->euid) && uid_eq(pcred->uid, cred->suid) &&
		uid_eq(pcred->uid, cred->uid) && gid_eq(pcred->gid, cred->egid) &&
		gid_eq(pcred->gid, cred->sgid) && gid_eq(pcred->gid, cred->gid)) ||
	       has_ns_capability(parent, cred->user_ns, CAP_SYS_PTRACE)));
	rcu_read_unlock();
	return ok;
}

/**
 * __container_exec_file - may current, under a guard, execute a file?
 * @file: The binary, script or interpreter.
 * @name: How it was named.
 * @flags: AT_* flags of execveat(2).
 *
 * Return: 0, or -EACCES if it was named by a path and is not in current's mount
 * namespace.
 */
int __container_exec_file(struct file *file, const char *name, int flags)
{
	if ((flags & AT_EMPTY_PATH) && !*name)
		return 0;
	return our_mnt(file->f_path.mnt) ? 0 : -EACCES;
}

/**
 * __container_exec - current, under a guard, has exec'ed
 * @exe: What it executes now.
 *
 * Context: Current has no other threads, and nothing of the forker's memory any
 * more; its exec_update_lock is held for writing.
 */
void __container_exec(struct file *exe)
{
	struct signal_struct *sig = current->signal;
	struct container_guard *guard;

	if (!our_mnt(exe->f_path.mnt)) {
		WRITE_ONCE(sig->container_flags,
			   sig->container_flags | CONTAINER_GUARD_EXECED);
		return;
	}
	guard = rcu_replace_pointer(sig->container_guard, NULL,
				    lockdep_is_held(&sig->exec_update_lock));
	WRITE_ONCE(sig->container_flags,
		   sig->container_flags & ~CONTAINER_GUARD_EXECED);
	container_guard_put(guard);
}
