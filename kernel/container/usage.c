// SPDX-License-Identifier: GPL-2.0
/*
 * What the processes of a container have used.
 *
 * Each is added to the container's totals when it leaves, without the children
 * that it has waited for: those were members as well.
 */
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/time.h>

#include "internal.h"

/**
 * container_add_usage - sum up what processes have used
 * @to: The sum.
 * @from: What is to be added.
 *
 * Context: Any; the caller protects @to.
 */
void container_add_usage(struct container_usage *to, const struct container_usage *from)
{
	to->utime += from->utime;
	to->stime += from->stime;
	to->maxrss = max(to->maxrss, from->maxrss);
	to->minflt += from->minflt;
	to->majflt += from->majflt;
	to->inblock += from->inblock;
	to->oublock += from->oublock;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
}

static u64 timeval_ns(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
}

/**
 * container_get_usage - what the process of current has used itself
 * @usage: Gets it.
 *
 * In whole microseconds, as wait4(2) tells the process's parent.
 *
 * Context: May sleep.
 */
void container_get_usage(struct container_usage *usage)
{
	struct rusage r;

	getrusage(current, RUSAGE_SELF, &r);
	*usage = (struct container_usage){
		.utime		= timeval_ns(&r.ru_utime),
		.stime		= timeval_ns(&r.ru_stime),
		.maxrss		= r.ru_maxrss,
		.minflt		= r.ru_minflt,
		.majflt		= r.ru_majflt,
		.inblock	= r.ru_inblock,
		.oublock	= r.ru_oublock,
		.nvcsw		= r.ru_nvcsw,
		.nivcsw		= r.ru_nivcsw,
	};
}
