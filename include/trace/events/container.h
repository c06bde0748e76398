/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM container

#if !defined(_TRACE_CONTAINER_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CONTAINER_H

#include <linux/tracepoint.h>

struct container;

TRACE_EVENT(container_create,
	TP_PROTO(const struct container *c),

	TP_ARGS(c),

	TP_STRUCT__entry(
		__field(u64,		id)
		__field(u64,		parent)
		__field(unsigned int,	flags)
		__string(name,		c->name)
	),

	TP_fast_assign(
		__entry->id	= c->id;
		__entry->parent	= c->parent->id;
		__entry->flags	= c->flags;
		__assign_str(name);
	),

	TP_printk("id=%llu parent=%llu flags=%#x name=%s",
		  __entry->id, __entry->parent, __entry->flags, __get_str(name))
);

TRACE_EVENT(container_enter,
	TP_PROTO(const struct container *c, pid_t pid, bool init),

	TP_ARGS(c, pid, init),

	TP_STRUCT__entry(
		__field(u64,		id)
		__field(pid_t,		pid)
		__field(bool,		init)
	),

	TP_fast_assign(
		__entry->id	= c->id;
		__entry->pid	= pid;
		__entry->init	= init;
	),

	TP_printk("id=%llu pid=%d init=%d",
		  __entry->id, __entry->pid, __entry->init)
);

TRACE_EVENT(container_init_exit,
	TP_PROTO(const struct container *c),

	TP_ARGS(c),

	TP_STRUCT__entry(
		__field(u64,		id)
		__field(int,		status)
	),

	TP_fast_assign(
		__entry->id	= c->id;
		__entry->status	= c->status;
	),

	TP_printk("id=%llu status=%#x", __entry->id, __entry->status)
);

TRACE_EVENT(container_gone,
	TP_PROTO(const struct container *c),

	TP_ARGS(c),

	TP_STRUCT__entry(
		__field(u64,		id)
	),

	TP_fast_assign(
		__entry->id	= c->id;
	),

	TP_printk("id=%llu", __entry->id)
);

#endif /* _TRACE_CONTAINER_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
