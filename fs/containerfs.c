// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of containers: a pseudo filesystem with one inode for each
 * container that somebody has open. The inode number is the container's id.
 *
 * A container file cannot be opened by a path (that is, through /proc/PID/fd):
 * whoever was handed a descriptor has what came with it and no more. So the
 * inode's operations refuse to open, and a container file is known by its own.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/pseudo_fs.h>
#include <linux/seq_file.h>

#include "internal.h"
#include "../kernel/container/internal.h"

static struct vfsmount *containerfs_mnt __ro_after_init;

static struct container *file_container(const struct file *file)
{
	return file_inode(file)->i_private;
}

#ifdef CONFIG_PROC_FS
/*
 * Container:	its id.
 * Parent:	the id of the container around it; 0 if that is not in view of the
 *		reader's own container.
 * Name:	escaped as in /proc/mounts.
 * State:	new, running, dying (being killed), dead (and empty).
 * Processes:	members, those of nested containers not included.
 * Init:	pid of its init, as seen in the PID namespace of this procfs; 0 if
 *		there is none, or it is not seen there.
 */
static void containerfs_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct container *c = file_container(file);
	struct container *viewer = task_container(current);
	struct pid_namespace *ns = proc_pid_ns(file_inode(m->file)->i_sb);

	seq_printf(m, "Container:\t%llu\n", c->id);
	seq_printf(m, "Parent:\t%llu\n",
		   container_in_view(c->parent, viewer) ? c->parent->id : 0);
	seq_puts(m, "Name:\t");
	seq_escape(m, c->name, " \t\n\\#");
	seq_printf(m, "\nState:\t%s\n", container_state_name(READ_ONCE(c->state)));
	seq_printf(m, "Processes:\t%u\n", READ_ONCE(c->nr_members));
	seq_printf(m, "Init:\t%d\n", container_init_pid(c, ns));
}
#endif

/*
 * EPOLLIN: init has exited. EPOLLHUP: nothing lives in the container, or in one
 * below it, and never will.
 */
static __poll_t containerfs_poll(struct file *file, struct poll_table_struct *pts)
{
	struct container *c = file_container(file);
	__poll_t events = 0;

	poll_wait(file, &c->wait, pts);

	/* Pairs with the smp_store_release() in __container_exit(). */
	if (smp_load_acquire(&c->exited))
		events |= EPOLLIN | EPOLLRDNORM;
	/* Pairs with the smp_store_release() in container_release_dead(). */
	if (smp_load_acquire(&c->released))
		events |= EPOLLHUP;
	return events;
}

/*
 * The last descriptor of the file that container_create() made is closed. It is
 * the only one there is: nobody will ever start what has not been.
 */
static int containerfs_release(struct inode *inode, struct file *file)
{
	struct container *c = inode->i_private;

	if ((c->flags & CONTAINER_KILL_ON_CLOSE) ||
	    READ_ONCE(c->state) == CONTAINER_NEW)
		container_destroy(c);
	return 0;
}

static const struct file_operations containerfs_file_operations = {
	.poll		= containerfs_poll,
	.release	= containerfs_release,
	.llseek		= noop_llseek,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= containerfs_show_fdinfo,
#endif
};

/**
 * container_from_file - the container that a file is a handle of
 * @file: Any file.
 *
 * Return: the container, pinned by @file, or -EINVAL if @file is something else.
 */
struct container *container_from_file(struct file *file)
{
	if (file->f_op != &containerfs_file_operations)
		return ERR_PTR(-EINVAL);
	return file_container(file);
}

static int containerfs_refuse_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations containerfs_inode_fops = {
	.open		= containerfs_refuse_open,
};

static int containerfs_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			       struct iattr *attr)
{
	return -EOPNOTSUPP;
}

static const struct inode_operations containerfs_inode_operations = {
	.setattr	= containerfs_setattr,
};

static int containerfs_test_inode(struct inode *inode, void *data)
{
	return inode->i_private == data;
}

/* Under the inode hash lock; the new inode takes a reference on the container. */
static int containerfs_set_inode(struct inode *inode, void *data)
{
	struct container *c = data;

	inode->i_private = container_get(c);
	inode->i_ino = c->id;
	return 0;
}

static struct inode *containerfs_get_inode(struct container *c)
{
	struct inode *inode;

	inode = iget5_locked(containerfs_mnt->mnt_sb, c->id, containerfs_test_inode,
			     containerfs_set_inode, c);
	if (!inode)
		return NULL;
	if (!(inode->i_state & I_NEW))
		return inode;

	inode->i_mode = S_IFREG;
	inode->i_flags |= S_PRIVATE;
	inode->i_op = &containerfs_inode_operations;
	inode->i_fop = &containerfs_inode_fops;
	simple_inode_init_ts(inode);
	unlock_new_inode(inode);
	return inode;
}

static void containerfs_evict_inode(struct inode *inode)
{
	struct container *c = inode->i_private;

	clear_inode(inode);
	container_put(c);
}

static const struct super_operations containerfs_super_operations = {
	.drop_inode	= generic_delete_inode,
	.evict_inode	= containerfs_evict_inode,
	.statfs		= simple_statfs,
};

static char *containerfs_dname(struct dentry *dentry, char *buffer, int buflen)
{
	return dynamic_dname(buffer, buflen, "container:[%lu]",
			     d_inode(dentry)->i_ino);
}

static const struct dentry_operations containerfs_dentry_operations = {
	.d_delete	= always_delete_dentry,
	.d_dname	= containerfs_dname,
};

/**
 * containerfs_create_file - the file that container_create() returns
 * @c: The container.
 *
 * Context: May sleep.
 * Return: the file, which has a reference on @c, or an ERR_PTR().
 */
struct file *containerfs_create_file(struct container *c)
{
	struct inode *inode = containerfs_get_inode(c);
	struct file *file;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	file = alloc_file_pseudo(inode, containerfs_mnt, "", O_RDWR,
				 &containerfs_file_operations);
	if (IS_ERR(file))
		iput(inode);
	return file;
}

/* Is @file a handle of @c, or of a container around it? */
static bool handle_around(struct file *file, const struct container *c)
{
	const struct container *handle = container_from_file(file);

	return !IS_ERR(handle) && container_in_view(c, handle);
}

/**
 * containerfs_close_fds - close what must not be taken into a container
 * @files: Descriptors of a process that is being forked into it, and that nobody
 *	else has got at yet.
 * @c: The container.
 *
 * That is every descriptor of the container itself and of those around it: an
 * open one would keep %CONTAINER_KILL_ON_CLOSE from ever taking place. With
 * %CONTAINER_CLOSE_FDS it is everything but descriptors 0, 1 and 2.
 *
 * Context: May sleep.
 */
void containerfs_close_fds(struct files_struct *files, const struct container *c)
{
	struct fdtable *fdt;
	unsigned int fd;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	for_each_set_bit(fd, fdt->open_fds, fdt->max_fds) {
		struct file *file = files_lookup_fd_locked(files, fd);
		bool unwanted = fd > 2 && (c->flags & CONTAINER_CLOSE_FDS);

		if (!file || !(unwanted || handle_around(file, c)))
			continue;
		file_close_fd_locked(files, fd);
		spin_unlock(&files->file_lock);
		/* Never used by @files, so there is nothing to flush. */
		fput(file);
		cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

static int containerfs_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx;

	ctx = init_pseudo(fc, CONTAINERFS_MAGIC);
	if (!ctx)
		return -ENOMEM;

	fc->s_iflags |= SB_I_NOEXEC;
	fc->s_iflags |= SB_I_NODEV;
	ctx->ops = &containerfs_super_operations;
	ctx->dops = &containerfs_dentry_operations;
	return 0;
}

static struct file_system_type containerfs_type = {
	.name			= "containerfs",
	.init_fs_context	= containerfs_init_fs_context,
	.kill_sb		= kill_anon_super,
};

static int __init containerfs_init(void)
{
	containerfs_mnt = kern_mount(&containerfs_type);
	if (IS_ERR(containerfs_mnt))
		panic("Failed to mount the container pseudo filesystem");
	return 0;
}
fs_initcall(containerfs_init);
