// SPDX-License-Identifier: GPL-2.0
/*
 * container_kill(2).
 *
 * Signals go to the members in batches, so that interrupts are never off for
 * longer than one batch takes. Who has been signalled is moved to the end of the
 * list and marked with the number of this call. A fork puts the child right after
 * its parent, with the parent's mark: that of a parent which has not been reached
 * yet is reached as well, and the list stays sorted. A fork in flight sees the
 * signal as one to many processes (PIDTYPE_MAX), and hands it on to the child or
 * begins anew. So nobody gets away by forking and exiting.
 *
 * Nested containers come after those around them, in the order of their ids: who
 * gets away into a container below, existing or new, is reached there.
 */
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "../audit.h"
#include "internal.h"

/* So many processes are signalled in one go with interrupts off. */
#define SIGNAL_BATCH	16

/* As kill(2), but for the check of ids: who may control the container may. */
static int signal_process(struct signal_struct *sig, int signo, enum pid_type type)
{
	struct task_struct *p = pid_task(sig->pids[PIDTYPE_TGID], PIDTYPE_TGID);
	struct kernel_siginfo info;
	int ret;

	if (signo != SIGKILL && container_guard_denies_signal(p))
		return -EPERM;

	/* Anew for each: it is translated to the namespaces of the receiver. */
	clear_siginfo(&info);
	info.si_signo = signo;
	info.si_code = SI_USER;
	info.si_pid = task_tgid_vnr(current);
	info.si_uid = from_kuid_munged(current_user_ns(), current_uid());

	ret = audit_signal_info(signo, p);
	ret = ret ?: security_task_kill(p, &info, signo, NULL);
	if (ret || !signo)
		return ret;
	return do_send_sig_info(signo, &info, p, type);
}

static int signal_init(struct container *c, int signo)
{
	int ret = -ESRCH;

	read_lock(&tasklist_lock);
	if (c->init)
		ret = signal_process(c->init, signo, PIDTYPE_TGID);
	read_unlock(&tasklist_lock);
	return ret;
}

/* What comes of a number of processes: success if there was any, as kill(2). */
static void add_result(int *result, int ret)
{
	if (*result)
		*result = ret;
}

/* Signals the next members that have not been by this call; are there more? */
static bool signal_batch(struct container *c, unsigned int mark, int signo, int *result)
{
	bool more = true;

	write_lock_irq(&tasklist_lock);
	for (int i = 0; i < SIGNAL_BATCH; i++) {
		struct signal_struct *sig;

		sig = list_first_entry_or_null(&c->members, struct signal_struct,
					       container_link);
		more = sig && sig->container_signalled != mark;
		if (!more)
			break;
		sig->container_signalled = mark;
		list_move_tail(&sig->container_link, &c->members);
		add_result(result, signal_process(sig, signo, PIDTYPE_MAX));
	}
	/* Those have a SIGKILL to come, which is as good. */
	if (!list_empty(&c->killed))
		*result = 0;
	write_unlock_irq(&tasklist_lock);
	return more;
}

static int signal_members(struct container *c, int signo, int *result)
{
	unsigned int mark;

	if (mutex_lock_killable(&c->signal_mutex))
		return -EINTR;

	write_lock_irq(&tasklist_lock);
	mark = ++c->signalled;
	write_unlock_irq(&tasklist_lock);

	while (signal_batch(c, mark, signo, result)) {
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	mutex_unlock(&c->signal_mutex);
	return 0;
}

/* The container below @top with the lowest id above @id, with a reference. */
static struct container *next_below(struct container *top, unsigned long id)
{
	struct container *c;

	guard(rcu)();
	xa_for_each_start(&containers, id, c, id + 1) {
		/* Not before it is linked: its ->depth and ->parent are set earlier. */
		if (container_below(c, top) && refcount_inc_not_zero(&c->usage))
			return c;
	}
	return NULL;
}

static int signal_all(struct container *top, int signo)
{
	struct container *c = top, *next;
	int result = -ESRCH;
	int ret;

	ret = signal_members(top, signo, &result);
	/* A member that has not been reached could not have created one since. */
	if (!READ_ONCE(top->nr_children))
		return ret ?: result;

	container_get(c);
	while (!ret) {
		next = next_below(top, c->id);
		container_put(c);
		c = next;
		if (!c)
			break;
		ret = signal_members(c, signo, &result);
	}
	if (c)
		container_put(c);
	return ret ?: result;
}

/**
 * sys_container_kill - signal the processes of a container
 * @cfd: A descriptor of the container, with CONTAINER_RIGHT_KILL.
 * @initonly: Whether to signal its init only, instead of all processes in it and
 *	in nested containers.
 * @signal: The signal; 0 only checks.
 *
 * SIGKILL to all destroys the container: nobody enters it any more.
 *
 * Return: 0 if there was any process that could be signalled, or a negative errno.
 */
SYSCALL_DEFINE3(container_kill, int, cfd, int, initonly, int, signal)
{
	struct container *c;
	int ret;

	CLASS(fd, f)(cfd);
	if (fd_empty(f))
		return -EBADF;
	if (!valid_signal(signal))
		return -EINVAL;
	c = container_with_right(fd_file(f), CONTAINER_RIGHT_KILL);
	if (IS_ERR(c))
		return PTR_ERR(c);

	ret = container_may_control(c);
	if (ret)
		return ret;

	if (initonly)
		return signal_init(c, signal);
	if (signal != SIGKILL)
		return signal_all(c, signal);
	if (READ_ONCE(c->state) == CONTAINER_DEAD)
		return -ESRCH;
	container_destroy(c);
	return 0;
}
