// SPDX-License-Identifier: GPL-2.0
/*
 * Container objects: allocation, references, the tree, members and states.
 *
 * A container is made by container_create(2), which puts it on its parent's
 * list as CONTAINER_NEW. The first fork into it makes it CONTAINER_RUNNING. The
 * death of its init, of the container around it or of a descriptor that kills
 * on close makes it CONTAINER_DYING. It is CONTAINER_DEAD when, in addition,
 * no process is left in it or in a container below it; what it held for its
 * members is dropped then, whoever may still hold the container itself.
 */
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/key.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched/cputime.h>
#include <linux/sched/user.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/container.h>

static struct kmem_cache *container_cachep __ro_after_init;

/* Ids of containers go upwards from the initial container's. */
static atomic64_t last_id = ATOMIC64_INIT(1);

/*
 * All containers but the initial one, by id, from just before they are linked
 * until they are dead, so before the last reference is dropped. Readers are under
 * RCU, and skip those that are not linked.
 *
 * The index is an unsigned long: a 32-bit machine runs out of ids, with ENOSPC,
 * when it has made 2^32 containers.
 */
DEFINE_XARRAY_FLAGS(containers, XA_FLAGS_ACCOUNT);

/* Where every process is that was not forked into another container. */
struct container init_container = {
	.id		= 1,
	.name		= ".init",
	.state		= CONTAINER_RUNNING,
	.members	= LIST_HEAD_INIT(init_container.members),
	.killed		= LIST_HEAD_INIT(init_container.killed),
	.children	= LIST_HEAD_INIT(init_container.children),
	.sibling	= LIST_HEAD_INIT(init_container.sibling),
	.start_mutex	= __MUTEX_INITIALIZER(init_container.start_mutex),
	.signal_mutex	= __MUTEX_INITIALIZER(init_container.signal_mutex),
	.wait		= __WAIT_QUEUE_HEAD_INITIALIZER(init_container.wait),
	.means_lock	= __SPIN_LOCK_UNLOCKED(init_container.means_lock),
};

/**
 * container_state_name - how user space is told of a state
 * @state: A state of a container that somebody can see.
 *
 * Return: the name of @state.
 */
const char *container_state_name(enum container_state state)
{
	static const char * const names[] = {
		[CONTAINER_UNLINKED]	= "new",
		[CONTAINER_NEW]		= "new",
		[CONTAINER_RUNNING]	= "running",
		[CONTAINER_DYING]	= "dying",
		[CONTAINER_DEAD]	= "dead",
	};

	return names[state];
}

/**
 * container_security - where a container keeps its LSM blob
 * @c: The container.
 *
 * Return: the place of the pointer; constant while @c can be found.
 */
void **container_security(struct container *c)
{
	return &c->security;
}

static void container_free(struct rcu_head *rcu)
{
	struct container *c = container_of(rcu, struct container, rcu);

	security_container_free(c);
	container_put(c->parent);
	kmem_cache_free(container_cachep, c);
}

static void container_uncharge(struct container *c)
{
	if (c->ucounts)
		dec_ucount(c->ucounts, UCOUNT_CONTAINERS);
	c->ucounts = NULL;
}

/**
 * container_alloc - make a container that nobody can see yet
 * @name: Its name, of less than CONTAINER_NAME_MAX bytes.
 * @flags: The CONTAINER_* flags it is created with.
 *
 * It is nested in the container of current. The caller sets ->means and
 * ->no_new_privs, and calls container_link() or container_discard().
 *
 * Context: May sleep.
 * Return: the container, on which the caller has the only reference, or an
 * ERR_PTR(): -ENOSPC if it would be nested too deeply or the user has too many,
 * -ENOMEM, or what the security module says.
 */
struct container *container_alloc(const char *name, unsigned int flags)
{
	struct container *parent = task_container(current);
	struct container *c;
	int ret;

	if (parent->depth == CONTAINER_MAX_DEPTH)
		return ERR_PTR(-ENOSPC);

	c = kmem_cache_zalloc(container_cachep, GFP_KERNEL);
	if (!c)
		return ERR_PTR(-ENOMEM);

	refcount_set(&c->usage, 1);
	strscpy(c->name, name);
	c->flags = flags;
	c->depth = parent->depth + 1;
	c->owner_uid = current_euid();
	c->owner_gid = current_egid();
	c->created = ktime_get_boottime_ns();
	INIT_LIST_HEAD(&c->members);
	INIT_LIST_HEAD(&c->killed);
	INIT_LIST_HEAD(&c->children);
	INIT_LIST_HEAD(&c->sibling);
	mutex_init(&c->start_mutex);
	mutex_init(&c->signal_mutex);
	init_waitqueue_head(&c->wait);
	spin_lock_init(&c->means_lock);
	prev_cputime_init(&c->told_cputime);

	ret = -ENOSPC;
	c->ucounts = inc_ucount(current_user_ns(), current_euid(), UCOUNT_CONTAINERS);
	if (!c->ucounts)
		goto free;

	c->id = atomic64_inc_return(&last_id);
	c->parent = container_get(parent);
	ret = security_container_alloc(c, flags);
	if (ret)
		goto put_parent;
	return c;

put_parent:
	container_put(parent);
	container_uncharge(c);
free:
	kmem_cache_free(container_cachep, c);
	return ERR_PTR(ret);
}

/**
 * container_put - drop a reference
 * @c: The container.
 *
 * Context: Any; what is left to do is done after an RCU grace period.
 */
void container_put(struct container *c)
{
	if (c != &init_container && refcount_dec_and_test(&c->usage))
		call_rcu(&c->rcu, container_free);
}

/**
 * container_link - put a container into the tree, for all to see
 * @c: A container from container_alloc().
 *
 * Nothing that can fail may follow: the container around this one may die and
 * take it along at any time.
 *
 * Context: May sleep. Takes tasklist_lock.
 * Return: 0; -ECANCELED if the container around it is dying; -ENOMEM; -ENOSPC if
 * there are no more ids.
 */
int container_link(struct container *c)
{
	struct container *parent = c->parent;
	int ret;

	/* The last one is left out, so that there always is a next index. */
	if (c->id >= ULONG_MAX)
		return -ENOSPC;
	ret = xa_insert(&containers, c->id, c, GFP_KERNEL);
	if (ret)
		return ret;

	ret = -ECANCELED;
	write_lock_irq(&tasklist_lock);
	if (parent->state < CONTAINER_DYING) {
		WRITE_ONCE(c->state, CONTAINER_NEW);
		list_add(&c->sibling, &parent->children);
		WRITE_ONCE(parent->nr_children, parent->nr_children + 1);
		ret = 0;
	}
	write_unlock_irq(&tasklist_lock);

	if (ret)
		xa_erase(&containers, c->id);
	return ret;
}

/**
 * container_below - is a container nested in another?
 * @c: The container that may be nested.
 * @top: The container that may be around it.
 *
 * Context: Any; the caller has a reference on @c, which pins those around it.
 * Return: whether @c is nested in @top, at any depth; not if they are the same.
 */
bool container_below(const struct container *c, const struct container *top)
{
	while (c->depth > top->depth + 1)
		c = c->parent;
	return c->depth > top->depth && c->parent == top;
}

/**
 * container_in_view - may who is in one container know of another?
 * @c: The container to be known of.
 * @viewer: The container of who asks.
 *
 * Context: As container_below().
 * Return: whether @c is @viewer or below it.
 */
bool container_in_view(const struct container *c, const struct container *viewer)
{
	return c == viewer || container_below(c, viewer);
}

/*
 * Nothing lives in @c or below it, and nothing ever will: the caller, or a
 * reference that its caller has on a container below, pins @c until it has gone
 * through container_release_dead().
 */
static void container_mark_dead(struct container *c, struct list_head *dead)
{
	WRITE_ONCE(c->state, CONTAINER_DEAD);
	list_move_tail(&c->sibling, dead);
	WRITE_ONCE(c->parent->nr_children, c->parent->nr_children - 1);
	if (c->parent != &init_container)
		container_add_usage(&c->parent->totals, &c->totals);
}

/**
 * container_add_member - let a process be a member
 * @c: The container.
 * @sig: The process.
 * @parent: The member that forks it, NULL if it is forked into @c.
 *
 * Context: tasklist_lock is held for writing. The caller has set sig->container,
 * and the reference that goes with it.
 */
void container_add_member(struct container *c, struct signal_struct *sig,
			  struct signal_struct *parent)
{
	lockdep_assert_held_write(&tasklist_lock);

	/* Sorted for container_kill(2): who has been signalled comes last. */
	if (parent) {
		sig->container_signalled = parent->container_signalled;
		list_add(&sig->container_link, &parent->container_link);
	} else {
		sig->container_signalled = c->signalled;
		list_add_tail(&sig->container_link, &c->members);
	}
	if (c->nr_members++)
		return;
	for (; c != &init_container; c = c->parent)
		if (c->nr_populated++)
			break;
}

/**
 * container_del_member - a process leaves its container, on its way out
 * @sig: The process; it keeps sig->container and the reference on it.
 * @dead: Gets the containers that die of it, for container_release_dead().
 *
 * Context: tasklist_lock is held for writing.
 */
void container_del_member(struct signal_struct *sig, struct list_head *dead)
{
	struct container *c = sig->container;

	lockdep_assert_held_write(&tasklist_lock);

	list_del_init(&sig->container_link);
	if (--c->nr_members)
		return;
	for (; c != &init_container; c = c->parent) {
		if (--c->nr_populated)
			break;
		if (c->state == CONTAINER_DYING)
			container_mark_dead(c, dead);
	}
}

/**
 * container_mark_dying - let nobody enter a container any more
 * @c: The container; nothing happens if it is dying already, or not linked.
 * @dead: Gets @c if it is empty, for container_release_dead().
 *
 * Context: tasklist_lock is held for writing.
 */
void container_mark_dying(struct container *c, struct list_head *dead)
{
	lockdep_assert_held_write(&tasklist_lock);

	if (c->state != CONTAINER_NEW && c->state != CONTAINER_RUNNING)
		return;

	WRITE_ONCE(c->state, CONTAINER_DYING);
	if (!c->nr_populated)
		container_mark_dead(c, dead);
}

/**
 * container_drop_places - let go of a container's namespaces and root
 * @c: A container that is dying, or was not linked. Nobody can enter it.
 *
 * Done early, so that all of it is gone when the last member is.
 *
 * Context: May sleep. Takes c->means_lock.
 */
void container_drop_places(struct container *c)
{
	struct container_means places = { };

	spin_lock(&c->means_lock);
	swap(places.ns, c->means.ns);
	swap(places.root, c->means.root);
	swap(places.creator_root, c->means.creator_root);
	spin_unlock(&c->means_lock);
	container_put_means(&places);
}

/* Takes from @c all that it holds. Nobody else is about to. */
static void release_means(struct container *c)
{
	const struct cred *cred = NULL;

	container_drop_places(c);
	spin_lock(&c->means_lock);
	swap(cred, c->means.cred);
	spin_unlock(&c->means_lock);
	put_cred(cred);
	container_uncharge(c);
}

/**
 * container_discard - undo container_alloc()
 * @c: A container that was not linked; the caller's reference is dropped.
 *
 * Context: May sleep.
 */
void container_discard(struct container *c)
{
	release_means(c);
	container_put(c);
}

/**
 * container_wake - tell all who poll a container, or wait for it
 * @c: The container.
 * @events: What has come; it stays.
 *
 * All of them, exclusive ones as well: no further event will come for the others.
 *
 * Context: Any.
 */
void container_wake(struct container *c, __poll_t events)
{
	__wake_up(&c->wait, TASK_NORMAL, 0, poll_to_key(events));
}

/**
 * container_release_dead - drop what dead containers still hold, tell pollers
 * @dead: Containers that were found dead; empty afterwards. The caller pins them.
 *
 * Context: May sleep; the caller found them dead in the same context, and has
 * dropped tasklist_lock since.
 */
void container_release_dead(struct list_head *dead)
{
	struct container *c, *next;

	list_for_each_entry_safe(c, next, dead, sibling) {
		list_del_init(&c->sibling);
		trace_container_gone(c);
		xa_erase(&containers, c->id);
		release_means(c);
		/* Pairs with the smp_load_acquire() in containerfs_poll(). */
		smp_store_release(&c->released, true);
		container_wake(c, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	}
}

static bool own_root(const struct container_means *means)
{
	struct fs_struct *fs = current->fs;
	bool own;

	spin_lock(&fs->lock);
	own = path_equal(&fs->root, &means->root) ||
	      path_equal(&fs->root, &means->creator_root);
	spin_unlock(&fs->lock);
	return own;
}

/**
 * container_get_means - take references on what a container gives
 * @c: The container.
 * @means: Gets the references, for container_put_means().
 *
 * Context: Process context. Takes c->means_lock and current's fs->lock.
 * Return: whether there are credentials to be had; not if @c is dead. There is
 * nothing else if it is dying.
 */
bool container_get_means(struct container *c, struct container_means *means)
{
	spin_lock(&c->means_lock);
	*means = (struct container_means){
		.cred	= get_cred(c->means.cred),
		.ns	= c->means.ns,
		.root	= c->means.root,
		.made	= c->means.made,
	};
	if (means->ns) {
		get_nsproxy(means->ns);
		path_get(&means->root);
		means->own_root = own_root(&c->means);
	}
	spin_unlock(&c->means_lock);
	return means->cred;
}

/**
 * container_put_means - drop the references that a container's means are
 * @means: The means; all NULL afterwards. May be all NULL, or hold some only.
 *
 * Context: May sleep.
 */
void container_put_means(struct container_means *means)
{
	if (means->ns)
		put_nsproxy(means->ns);
	path_put(&means->root);
	path_put(&means->creator_root);
	put_cred(means->cred);
	memset(means, 0, sizeof(*means));
}

/**
 * container_drop_keyrings - take from credentials what is for one process only
 * @cred: Credentials that nobody uses yet.
 */
void container_drop_keyrings(struct cred *cred)
{
#ifdef CONFIG_KEYS
	key_put(cred->thread_keyring);
	key_put(cred->process_keyring);
	key_put(cred->session_keyring);
	key_put(cred->request_key_auth);
	cred->thread_keyring = NULL;
	cred->process_keyring = NULL;
	cred->session_keyring = NULL;
	cred->request_key_auth = NULL;
#endif
}

/**
 * container_assume_ids - take over who somebody is
 * @new: Credentials that nobody uses yet.
 * @to: Whose ids, groups and user namespace they get.
 */
void container_assume_ids(struct cred *new, const struct cred *to)
{
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
}

/**
 * container_get_condition - how a container does
 * @c: The container.
 * @ns: PID namespace in which the pid of its init is asked for.
 * @condition: Gets it, all of one moment.
 *
 * Context: Takes tasklist_lock.
 */
void container_get_condition(const struct container *c, struct pid_namespace *ns,
			     struct container_condition *condition)
{
	read_lock(&tasklist_lock);
	*condition = (struct container_condition){
		.state		= c->state,
		.nr_members	= c->nr_members,
		.nr_children	= c->nr_children,
		.exited		= c->exited,
		.status		= c->status,
	};
	if (c == &init_container)
		condition->init_pid = ns == &init_pid_ns ? 1 : 0;
	else if (c->init)
		condition->init_pid = pid_nr_ns(c->init->pids[PIDTYPE_TGID], ns);
	read_unlock(&tasklist_lock);
}

static int replace_root(struct path *root, const struct path *old_root,
			const struct path *new_root)
{
	if (!path_equal(root, old_root))
		return 0;
	path_get(new_root);
	*root = *new_root;
	return 1;
}

/**
 * container_pivot_root - a mount namespace has a new root
 * @old_root: The root so far.
 * @new_root: The root from now on.
 *
 * As chroot_fs_refs() does for processes, so that who enters later is where the
 * processes inside are. Done before those, so that nobody who begins to enter
 * after they have been looked at finds the old root.
 *
 * Context: Process context.
 * Return: the number of references on @old_root that the caller must drop.
 */
int container_pivot_root(const struct path *old_root, const struct path *new_root)
{
	struct container *c;
	unsigned long id;
	int count = 0;

	rcu_read_lock();
	xa_for_each(&containers, id, c) {
		spin_lock(&c->means_lock);
		count += replace_root(&c->means.root, old_root, new_root);
		count += replace_root(&c->means.creator_root, old_root, new_root);
		spin_unlock(&c->means_lock);
	}
	rcu_read_unlock();
	return count;
}

static int __init container_init(void)
{
	container_cachep = KMEM_CACHE(container, SLAB_PANIC | SLAB_ACCOUNT);
	return 0;
}
core_initcall(container_init);
