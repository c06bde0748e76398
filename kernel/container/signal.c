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
#include <linux/rcupdate_wait.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "../audit.h"
#include "internal.h"

/* So many threads, or one process, are signalled in one go with interrupts off. */
#define SIGNAL_BATCH	16

/*
 * As __send_signal_locked() does it for signals to many processes, but not only if
 * @p itself takes the signal: it may be one that ignores what its children do not
 * (SIGNAL_UNKILLABLE), or have it pending already.
 */
static void signal_forks(struct task_struct *p, int signo)
{
	struct multiprocess_signals *delayed;
	unsigned long flags;

	if (!lock_task_sighand(p, &flags))
		return;
	hlist_for_each_entry(delayed, &p->signal->multiprocess, node) {
		if (signo == SIGCONT)
			sigdelsetmask(&delayed->signal, SIG_KERNEL_STOP_MASK);
		else if (sig_kernel_stop(signo))
			sigdelset(&delayed->signal, SIGCONT);
		sigaddset(&delayed->signal, signo);
	}
	unlock_task_sighand(p, &flags);
}

/* What container_kill() is to do. */
struct delivery {
	int		signo;
	enum pid_type	type;	/* PIDTYPE_MAX: it goes to many */
	bool		ask;	/* only find out whether it may */
};

/* Anew for each receiver: it is told what it can see of current. */
static void fill_info(struct kernel_siginfo *info, int signo, struct task_struct *p)
{
	clear_siginfo(info);
	info->si_signo = signo;
	info->si_code = SI_USER;
	info->si_pid = task_tgid_nr_ns(current, task_active_pid_ns(p));
	info->si_uid = from_kuid_munged(current_user_ns(), current_uid());
}

/* As kill(2), but for the check of ids: who may control the container may. */
static int signal_process(struct signal_struct *sig, const struct delivery *d)
{
	struct task_struct *p = pid_task(sig->pids[PIDTYPE_TGID], PIDTYPE_TGID);
	struct kernel_siginfo info;
	int ret;

	/* As pidfd_send_signal(2): only what is in our PID namespace, or below. */
	if (!task_tgid_vnr(p))
		return -EINVAL;
	if (d->signo != SIGKILL && container_guard_denies_signal(p))
		return -EPERM;

	fill_info(&info, d->signo, p);
	ret = audit_signal_info(d->signo, p);
	ret = ret ?: security_task_kill(p, &info, d->signo, NULL);
	if (ret || !d->signo || d->ask)
		return ret;
	if (d->type == PIDTYPE_MAX)
		signal_forks(p, d->signo);
	return do_send_sig_info(d->signo, &info, p, d->type);
}

static int signal_init(struct container *c, int signo)
{
	const struct delivery d = { .signo = signo, .type = PIDTYPE_TGID };
	int ret = -ESRCH;

	read_lock(&tasklist_lock);
	if (c->init)
		ret = signal_process(c->init, &d);
	read_unlock(&tasklist_lock);
	return ret;
}

/*
 * What comes of a number of processes: success if there was any, as kill(2). But all
 * or nobody is killed, so whoever asks for that is told of the first refusal.
 */
static void add_result(int *result, int ret, const struct delivery *d)
{
	if (d->ask ? !*result || *result == -ESRCH : *result)
		*result = ret;
}

/* Signals the next members that have not been by this call; are there more? */
static bool signal_batch(struct container *c, unsigned int mark,
			 const struct delivery *d, int *result)
{
	bool more = true;

	write_lock_irq(&tasklist_lock);
	for (int batch = SIGNAL_BATCH; more && batch > 0;) {
		struct signal_struct *sig;

		sig = list_first_entry_or_null(&c->members, struct signal_struct,
					       container_link);
		more = sig && sig->container_signalled != mark;
		if (!more)
			break;
		sig->container_signalled = mark;
		batch -= sig->nr_threads;
		list_move_tail(&sig->container_link, &c->members);
		add_result(result, signal_process(sig, d), d);
	}
	/* Those have a SIGKILL to come, which is as good. */
	if (!list_empty(&c->killed))
		add_result(result, 0, d);
	write_unlock_irq(&tasklist_lock);
	return more;
}

static int signal_members(struct container *c, const struct delivery *d, int *result)
{
	unsigned int mark;
	int ret = 0;

	if (mutex_lock_killable(&c->signal_mutex))
		return -EINTR;

	write_lock_irq(&tasklist_lock);
	mark = ++c->signalled;
	write_unlock_irq(&tasklist_lock);

	while (signal_batch(c, mark, d, result)) {
		/* Nobody is told, but destroy() must know that not all were asked for. */
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	mutex_unlock(&c->signal_mutex);
	return ret;
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
		cond_resched_rcu();
	}
	return NULL;
}

static int signal_all(struct container *top, const struct delivery *d)
{
	struct container *c = top, *next;
	int result = -ESRCH;
	int ret;

	ret = signal_members(top, d, &result);
	/* A member that has not been reached could not have created one since. */
	if (!READ_ONCE(top->nr_children))
		return ret ?: result;

	container_get(c);
	while (!ret) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		next = next_below(top, c->id);
		container_put(c);
		c = next;
		if (!c)
			break;
		ret = signal_members(c, d, &result);
	}
	if (c)
		container_put(c);
	return ret ?: result;
}

/*
 * SIGKILL to all. Security modules are asked for each process; whoever is forked
 * after that is as its parent is, and who enters then comes too late to be asked
 * for. One that was not started has none.
 */
static int destroy(struct container *c)
{
	const struct delivery d = { .signo = SIGKILL, .type = PIDTYPE_MAX, .ask = true };
	int ret;

	if (READ_ONCE(c->state) == CONTAINER_DEAD)
		return -ESRCH;
	ret = signal_all(c, &d);
	if (ret && ret != -ESRCH)
		return ret;
	container_destroy(c);
	return 0;
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
	struct delivery d = { .type = PIDTYPE_MAX };
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
	if (signal == SIGKILL)
		return destroy(c);
	d.signo = signal;
	return signal_all(c, &d);
}
