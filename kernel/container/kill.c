// SPDX-License-Identifier: GPL-2.0
/*
 * How containers die.
 *
 * The last thread of a container's init makes the container CONTAINER_DYING as
 * soon as it is the last (__container_group_dead()), and kills everybody. A fork
 * by a member tests the state in the same section of tasklist_lock that makes
 * the child a member, so either the fork fails or the kill finds the child.
 *
 * A process ceases to be a member when its last thread is about to go through
 * exit_notify() (__container_exit()). That is not always the thread that was
 * last to drop signal->live. It is not done in exit_notify() itself, where the
 * init of a PID namespace waits until others have reaped the processes they
 * forked into it: who waits for the container to be empty before reaping
 * anybody must be told all the same.
 */
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>

#include "internal.h"

#include <trace/events/container.h>

/* So many threads, or one process, are killed in one go with interrupts off. */
#define KILL_BATCH	16

/*
 * SIGKILL, and an end to the wait of threads that it does not reach since the
 * process is exiting already: those in PTRACE_EVENT_EXIT, for a tracer that might
 * be a dying member as well. A thread that has not come to that point finds there
 * that the container is dying; at any other stop it finds the signal.
 */
static void kill_process(struct signal_struct *sig)
{
	struct task_struct *p, *t;
	unsigned long flags;

	p = pid_task(sig->pids[PIDTYPE_TGID], PIDTYPE_TGID);
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);

	if (!lock_task_sighand(p, &flags))
		return;
	for_each_thread(p, t) {
		/*
		 * Past ptrace_stop(): what it waits for now is no tracer. Its other
		 * flags change without a lock.
		 */
		if (data_race(t->flags) & PF_EXITING)
			continue;
		sigaddset(&t->pending.signal, SIGKILL);
		if (t->jobctl & JOBCTL_TRACED)
			signal_wake_up(t, 1);
	}
	unlock_task_sighand(p, &flags);
}

static void kill_members(struct container *c)
{
	bool more;

	do {
		int batch = KILL_BATCH;

		write_lock_irq(&tasklist_lock);
		while (batch > 0 && !list_empty(&c->members)) {
			struct signal_struct *sig;

			sig = list_first_entry(&c->members, struct signal_struct,
					       container_link);
			list_move_tail(&sig->container_link, &c->killed);
			batch -= sig->nr_threads;
			kill_process(sig);
		}
		more = !list_empty(&c->members);
		write_unlock_irq(&tasklist_lock);
		cond_resched();
	} while (more);
}

/*
 * A container in @c whose processes have not all been killed, marked as dying;
 * the caller puts it. If there is none, @c is done with.
 */
static struct container *next_to_sweep(struct container *c, struct list_head *dead)
{
	struct container *child;

	write_lock_irq(&tasklist_lock);
	child = list_first_entry_or_null(&c->children, struct container, sibling);
	if (child && !child->swept) {
		container_get(child);
		container_mark_dying(child, dead);
	} else {
		child = NULL;
		/* Out of the way of those who come by. */
		c->swept = true;
		if (c->state != CONTAINER_DEAD)
			list_move_tail(&c->sibling, &c->parent->children);
	}
	write_unlock_irq(&tasklist_lock);
	return child;
}

/*
 * Kills all in @top, which is dying, and below. Each container is marked before
 * the kill of its members, and they are killed before those below: when it comes
 * to the containers in a container, no further ones can be created there. If
 * somebody else is at it already, it is done twice rather than left to who may be
 * slow.
 */
static void sweep(struct container *top)
{
	struct container *c = top;

	kill_members(c);
	for (;;) {
		LIST_HEAD(dead);
		struct container *child = next_to_sweep(c, &dead);

		if (child) {
			c = child;
			container_drop_places(c);
			container_release_dead(&dead);
			kill_members(c);
		} else if (c != top) {
			/* Its reference on the parent is what pins that. */
			child = c;
			c = c->parent;
			container_put(child);
		} else {
			break;
		}
	}
}

/**
 * container_destroy - kill a container, and all containers in it
 * @c: The container. One that has not been started just ceases to be; one that
 *	is not linked, or is dead, is left alone.
 *
 * Context: May sleep; takes tasklist_lock. The caller has a reference on @c.
 */
void container_destroy(struct container *c)
{
	LIST_HEAD(dead);

	if (READ_ONCE(c->state) == CONTAINER_UNLINKED)
		return;

	write_lock_irq(&tasklist_lock);
	container_mark_dying(c, &dead);
	write_unlock_irq(&tasklist_lock);

	container_drop_places(c);
	container_release_dead(&dead);
	sweep(c);
}

/**
 * container_destroy_unstartable - destroy a container that nobody can start
 * @c: The container; left alone if it was started, or somebody can start it.
 *
 * Context: As container_destroy().
 */
void container_destroy_unstartable(struct container *c)
{
	LIST_HEAD(dead);

	write_lock_irq(&tasklist_lock);
	if (c->state == CONTAINER_NEW && !atomic_read(&c->nr_starters))
		container_mark_dying(c, &dead);
	write_unlock_irq(&tasklist_lock);

	if (__container_dying(c))
		container_drop_places(c);
	container_release_dead(&dead);
}

/**
 * __container_dying - is a container dying or dead?
 * @c: The container.
 *
 * Context: Any. Once true, it stays so.
 * Return: whether nobody can enter any more.
 */
bool __container_dying(const struct container *c)
{
	return READ_ONCE(c->state) >= CONTAINER_DYING;
}

/**
 * __container_group_dead - a process has one thread left, which is in do_exit()
 * @tsk: The thread, which is current.
 *
 * With init, all others in the container and below die.
 *
 * Context: May sleep; takes tasklist_lock.
 */
void __container_group_dead(struct task_struct *tsk)
{
	struct container *c = tsk->signal->container;

	/* c->init changes from us to NULL only by our own doing, later. */
	if (READ_ONCE(c->init) == tsk->signal)
		container_destroy(c);
}

/* As waitid() would have it, but for who is in a PID namespace that rebooted. */
static int init_status(struct task_struct *tsk)
{
	struct pid_namespace *ns = task_active_pid_ns(tsk);
	/* Whoever reboots it, a process in it or above, writes this without a lock. */
	int reboot = READ_ONCE(ns->reboot);

	if (reboot && same_thread_group(ns->child_reaper, tsk))
		return reboot;
	return tsk->signal->group_exit_code;
}

/**
 * __container_exit - a thread of a member is about to go through exit_notify()
 * @tsk: The thread, which is current.
 *
 * With its last thread a process leaves the container.
 *
 * Context: May sleep; takes tasklist_lock.
 */
void __container_exit(struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;
	struct container *c = sig->container;
	LIST_HEAD(dead);
	bool init;

	if (!atomic_dec_and_test(&sig->container_threads))
		return;

	write_lock_irq(&tasklist_lock);
	container_account_exit(&c->totals);
	init = c->init == sig;
	if (init) {
		c->status = init_status(tsk);
		WRITE_ONCE(c->init, NULL);
		/* Pairs with the smp_load_acquire() in containerfs_poll(). */
		smp_store_release(&c->exited, true);
	}
	container_del_member(sig, &dead);
	write_unlock_irq(&tasklist_lock);

	/* Current still is one who holds a reference on @c. */
	if (init) {
		trace_container_init_exit(c);
		container_wake(c, EPOLLIN | EPOLLRDNORM);
	}
	container_release_dead(&dead);
}

/**
 * __container_reaper - who adopts the orphans of a container
 * @c: The container.
 * @p: A process in the container: the orphan, or its dying father.
 *
 * Context: tasklist_lock is held.
 * Return: the leader of the container's init; NULL if that is dying or @p itself,
 * or is in another PID namespace.
 */
struct task_struct *__container_reaper(struct container *c, struct task_struct *p)
{
	struct task_struct *leader;

	if (c->state != CONTAINER_RUNNING || c->init == p->signal)
		return NULL;
	leader = pid_task(c->init->pids[PIDTYPE_TGID], PIDTYPE_TGID);
	if (task_active_pid_ns(leader) != task_active_pid_ns(p))
		return NULL;
	return leader;
}

/**
 * container_move_orphans - hand orphans to those who adopt them
 * @father: Who leaves them behind; they know their new ->real_parent already.
 * @reaper: Who gets those that stay on the list of @father.
 *
 * Context: tasklist_lock is held for writing.
 */
void container_move_orphans(struct task_struct *father, struct task_struct *reaper)
{
	struct task_struct *p, *next;

	lockdep_assert_held_write(&tasklist_lock);

	list_for_each_entry_safe(p, next, &father->children, sibling) {
		struct task_struct *own;

		own = rcu_dereference_protected(p->real_parent, true);
		if (own != reaper)
			list_move_tail(&p->sibling, &own->children);
	}
}
