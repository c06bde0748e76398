// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/containers and /proc/PID/container.
 *
 * Both know of the viewer's own container and of those below it, and of nothing
 * else.
 */
#include <linux/compat.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate_wait.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "internal.h"

/* The viewer of /proc/containers is who opened it; a reference is held. */
struct containers_view {
	struct container *viewer;
};

static void show_name(struct seq_file *m, const struct container *c,
		      const struct container *viewer)
{
	if (c == viewer)
		seq_puts(m, "<current>");
	else
		seq_escape(m, c->name, " \t\n\\#");
}

static bool listed(const struct container *c)
{
	enum container_state state = READ_ONCE(c->state);

	return state != CONTAINER_UNLINKED && state != CONTAINER_DEAD;
}

/*
 * The first container to be shown whose id is at least *@pos, with a reference;
 * *@pos becomes its id. The viewer has the lowest id of all that it sees.
 */
static struct container *next_in_view(struct container *viewer, loff_t *pos)
{
	unsigned long id = max_t(unsigned long, *pos, viewer->id);
	struct container *c;

	/* Past the last id of a 32-bit machine. */
	if ((u64)*pos > ULONG_MAX)
		return NULL;

	if (id == viewer->id) {
		*pos = id;
		return container_get(viewer);
	}

	guard(rcu)();
	xa_for_each_start(&containers, id, c, id) {
		if (listed(c) && container_below(c, viewer) && refcount_inc_not_zero(&c->usage)) {
			*pos = id;
			return c;
		}
		cond_resched_rcu();
	}
	return NULL;
}

static void *containers_start(struct seq_file *m, loff_t *pos)
{
	struct containers_view *view = m->private;

	return *pos ? next_in_view(view->viewer, pos) : SEQ_START_TOKEN;
}

static void *containers_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct containers_view *view = m->private;

	if (v != SEQ_START_TOKEN)
		container_put(v);
	++*pos;
	return next_in_view(view->viewer, pos);
}

static void containers_stop(struct seq_file *m, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		container_put(v);
}

static int containers_show(struct seq_file *m, void *v)
{
	struct containers_view *view = m->private;
	struct container_condition now;
	struct container *c = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "ID\tPARENT\tSTATE\tPROCS\tINIT\tNAME\n");
		return 0;
	}

	container_get_condition(c, proc_pid_ns(file_inode(m->file)->i_sb), &now);
	seq_printf(m, "%llu\t%llu\t%s\t", c->id,
		   c == view->viewer ? 0 : c->parent->id,
		   container_state_name(now.state));
	if (c == &init_container)
		seq_puts(m, "-");
	else
		seq_printf(m, "%u", now.nr_members);
	seq_printf(m, "\t%d\t", now.init_pid);
	show_name(m, c, view->viewer);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations containers_seq_ops = {
	.start	= containers_start,
	.next	= containers_next,
	.stop	= containers_stop,
	.show	= containers_show,
};

static int containers_open(struct inode *inode, struct file *file)
{
	struct containers_view *view;

	view = __seq_open_private(file, &containers_seq_ops, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->viewer = container_get(task_container(current));
	return 0;
}

static int containers_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct containers_view *view = m->private;

	container_put(view->viewer);
	return seq_release_private(inode, file);
}

/* CONTAINER_OPEN: the opener must see the container, and so must the caller. */
static long open_by_id(struct container *viewer, const u64 __user *arg)
{
	struct container *c;
	long fd;
	u64 id;

	if (get_user(id, arg))
		return -EFAULT;

	rcu_read_lock();
	c = id == init_container.id ? &init_container :
	    id <= ULONG_MAX ? xa_load(&containers, id) : NULL;
	if (c && (!container_in_view(c, viewer) ||
		  !container_in_view(c, task_container(current)) ||
		  (c != &init_container && !listed(c)) ||
		  (c != &init_container && !refcount_inc_not_zero(&c->usage))))
		c = NULL;
	rcu_read_unlock();
	if (!c)
		return -ENOENT;

	fd = containerfs_open_found(c);
	container_put(c);
	return fd;
}

static long containers_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct seq_file *m = file->private_data;
	struct containers_view *view = m->private;

	if (cmd != CONTAINER_OPEN)
		return -ENOTTY;
	return open_by_id(view->viewer, (const u64 __user *)arg);
}

#ifdef CONFIG_COMPAT
static long containers_compat_ioctl(struct file *file, unsigned int cmd,
				    unsigned long arg)
{
	return containers_ioctl(file, cmd, (unsigned long)compat_ptr(arg));
}
#endif

static const struct proc_ops containers_proc_ops = {
	.proc_flags	= PROC_ENTRY_PERMANENT,
	.proc_open	= containers_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= containers_release,
	.proc_ioctl	= containers_ioctl,
#ifdef CONFIG_COMPAT
	.proc_compat_ioctl = containers_compat_ioctl,
#endif
};

/**
 * proc_pid_container - show /proc/PID/container
 * @m: The file.
 * @ns: Not used.
 * @pid: Not used.
 * @task: The process, or a thread of it.
 *
 * The id of the process's container, a tab, and its name; nothing if the reader
 * has no view of it.
 *
 * Return: 0.
 */
int proc_pid_container(struct seq_file *m, struct pid_namespace *ns,
		       struct pid *pid, struct task_struct *task)
{
	const struct container *c = task_container(task);
	const struct container *viewer = task_container(current);

	if (!container_in_view(c, viewer))
		return 0;
	seq_printf(m, "%llu\t", c->id);
	show_name(m, c, viewer);
	seq_putc(m, '\n');
	return 0;
}

static int __init proc_containers_init(void)
{
	proc_create("containers", 0444, NULL, &containers_proc_ops);
	return 0;
}
fs_initcall(proc_containers_init);
