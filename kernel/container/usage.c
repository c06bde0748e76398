// SPDX-License-Identifier: GPL-2.0
/*
 * What the processes of a container have used.
 *
 * Each is added to the container's totals when it leaves, without the children
 * that it has waited for: those were members as well. Times are kept as the
 * scheduler and the ticks tell them, and made to fit each other when somebody
 * wants to know.
 */
#include <linux/resource.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/task_io_accounting_ops.h>
#include <linux/time.h>

#include "internal.h"

/**
 * container_add_usage - sum up what containers have used
 * @to: The sum.
 * @from: What is to be added.
 *
 * Context: Any; the caller protects both.
 */
void container_add_usage(struct container_usage *to, const struct container_usage *from)
{
	to->cpu.utime += from->cpu.utime;
	to->cpu.stime += from->cpu.stime;
	to->cpu.sum_exec_runtime += from->cpu.sum_exec_runtime;
	to->maxrss = max(to->maxrss, from->maxrss);
	to->minflt += from->minflt;
	to->majflt += from->majflt;
	to->inblock += from->inblock;
	to->oublock += from->oublock;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
}

/**
 * container_account_exit - add what the process of current has used
 * @usage: The sum of its container.
 *
 * As getrusage(2) has it for RUSAGE_SELF, and what wait4(2) tells its parent later.
 *
 * Context: tasklist_lock is held for writing, so threads that end do not move what
 * they have used; current is past exit_mm().
 */
void container_account_exit(struct container_usage *usage)
{
	struct signal_struct *sig = current->signal;
	struct container_usage own = {
		.maxrss		= sig->maxrss,
		.minflt		= sig->min_flt,
		.majflt		= sig->maj_flt,
		.inblock	= sig->inblock,
		.oublock	= sig->oublock,
		.nvcsw		= sig->nvcsw,
		.nivcsw		= sig->nivcsw,
	};
	struct task_struct *t;

	lockdep_assert_held_write(&tasklist_lock);

	thread_group_cputime(current, &own.cpu);
	for_each_thread(current, t) {
		own.minflt += t->min_flt;
		own.majflt += t->maj_flt;
		own.inblock += task_io_get_inblock(t);
		own.oublock += task_io_get_oublock(t);
		own.nvcsw += t->nvcsw;
		own.nivcsw += t->nivcsw;
	}
	container_add_usage(usage, &own);
}

/**
 * container_get_rusage - what those who were in a container have used
 * @c: The container.
 * @r: Gets it.
 *
 * Context: Takes tasklist_lock.
 */
void container_get_rusage(struct container *c, struct rusage *r)
{
	struct container_usage totals;
	u64 utime, stime;

	read_lock(&tasklist_lock);
	totals = c->totals;
	read_unlock(&tasklist_lock);

	cputime_adjust(&totals.cpu, &c->told_cputime, &utime, &stime);
	*r = (struct rusage){
		.ru_utime	= ns_to_kernel_old_timeval(utime),
		.ru_stime	= ns_to_kernel_old_timeval(stime),
		.ru_maxrss	= totals.maxrss * (PAGE_SIZE / 1024),
		.ru_minflt	= totals.minflt,
		.ru_majflt	= totals.majflt,
		.ru_inblock	= totals.inblock,
		.ru_oublock	= totals.oublock,
		.ru_nvcsw	= totals.nvcsw,
		.ru_nivcsw	= totals.nivcsw,
	};
}
