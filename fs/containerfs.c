// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of containers: a pseudo filesystem with one inode for each
 * container that somebody has open. The inode number is the container's id.
 *
 * A container file cannot be opened by a path (that is, through /proc/PID/fd):
 * whoever was handed a descriptor has what came with it and no more. So the
 * inode's operations refuse to open, and a container file is known by its own.
 *
 * The rights that a descriptor has are in ->private_data of its file.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/pseudo_fs.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "../kernel/container/internal.h"

static struct vfsmount *containerfs_mnt __ro_after_init;

/* In ->private_data, besides CONTAINER_RIGHT_*: container_create() made the file. */
#define HANDLE_CREATED		(CONTAINER_RIGHTS_ALL + 1UL)

static struct container *file_container(const struct file *file)
{
	return file_inode(file)->i_private;
}

static unsigned long handle_bits(const struct file *file)
{
	return (unsigned long)READ_ONCE(file->private_data);
}

static unsigned int handle_rights(const struct file *file)
{
	return handle_bits(file) & CONTAINER_RIGHTS_ALL;
}

/* Of the container around @c, if @viewer is that or around it; else 0. */
static u64 container_parent_id(const struct container *c, const struct container *viewer)
{
	return c->parent && container_in_view(c->parent, viewer) ? c->parent->id : 0;
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
 * Rights:	what the descriptor can be used for; without the right to observe,
 *		only this and the id are shown.
 */
static void show_rights(struct seq_file *m, unsigned int rights)
{
	static const char * const names[] = { "enter", "kill", "configure", "observe" };
	const char *separator = "";

	seq_puts(m, "Rights:\t");
	for (int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(rights & BIT(i)))
			continue;
		seq_printf(m, "%s%s", separator, names[i]);
		separator = ",";
	}
	seq_puts(m, rights ? "\n" : "none\n");
}

static void containerfs_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct container *c = file_container(file);
	struct container *viewer = task_container(current);
	unsigned int rights = handle_rights(file);
	struct container_condition now;

	seq_printf(m, "Container:\t%llu\n", c->id);
	show_rights(m, rights);
	if (!(rights & CONTAINER_RIGHT_OBSERVE))
		return;
	seq_printf(m, "Parent:\t%llu\n", container_parent_id(c, viewer));
	seq_puts(m, "Name:\t");
	seq_escape(m, c->name, " \t\n\\#");
	container_get_condition(c, proc_pid_ns(file_inode(m->file)->i_sb), &now);
	seq_printf(m, "\nState:\t%s\n", container_state_name(now.state));
	seq_printf(m, "Processes:\t%u\n", now.nr_members);
	seq_printf(m, "Init:\t%d\n", now.init_pid);
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

	/* First: who takes the right away after we have looked wakes us. */
	poll_wait(file, &c->wait, pts);
	if (!(handle_rights(file) & CONTAINER_RIGHT_OBSERVE))
		return EPOLLERR;

	/* Pairs with the smp_store_release() in __container_exit(). */
	if (smp_load_acquire(&c->exited))
		events |= EPOLLIN | EPOLLRDNORM;
	/* Pairs with the smp_store_release() in container_release_dead(). */
	if (smp_load_acquire(&c->released))
		events |= EPOLLHUP;
	return events;
}

/* One descriptor less to start the container with. */
static void drop_starter(struct container *c)
{
	if (atomic_dec_and_test(&c->nr_starters) && READ_ONCE(c->state) == CONTAINER_NEW)
		container_destroy_unstartable(c);
}

static int containerfs_release(struct inode *inode, struct file *file)
{
	struct container *c = inode->i_private;

	if ((c->flags & CONTAINER_KILL_ON_CLOSE) && (handle_bits(file) & HANDLE_CREATED))
		container_destroy(c);
	if (handle_rights(file) & CONTAINER_RIGHT_ENTER)
		drop_starter(c);
	return 0;
}

static long get_info(struct file *file, unsigned int cmd, void __user *to)
{
	struct container *c = file_container(file);
	struct container_condition now;
	unsigned int rights = handle_rights(file);
	struct container_info info = { };
	size_t size = _IOC_SIZE(cmd);

	BUILD_BUG_ON(sizeof(info) != CONTAINER_INFO_SIZE_VER0);

	if (size < CONTAINER_INFO_SIZE_VER0)
		return -EINVAL;
	if (!(rights & CONTAINER_RIGHT_OBSERVE))
		return -EPERM;

	info.id = c->id;
	info.parent_id = container_parent_id(c, task_container(current));
	info.flags = c->flags;
	info.created = timens_add_boottime_ns(c->created);
	info.uid = from_kuid_munged(current_user_ns(), c->owner_uid);
	info.gid = from_kgid_munged(current_user_ns(), c->owner_gid);
	info.rights = rights;
	strscpy_pad(info.name, c->name);

	container_get_condition(c, task_active_pid_ns(current), &now);
	info.state = now.state;
	info.nr_processes = now.nr_members;
	info.nr_containers = now.nr_children;
	info.init_pid = now.init_pid;
	if (now.exited) {
		info.events |= CONTAINER_EVENT_EXITED;
		info.status = now.status;
	}

	if (copy_to_user(to, &info, min(size, sizeof(info))))
		return -EFAULT;
	if (size > sizeof(info) && clear_user(to + sizeof(info), size - sizeof(info)))
		return -EFAULT;
	return 0;
}

static long drop_rights(struct file *file, unsigned long rights)
{
	void *old, *new;

	if (rights & ~(unsigned long)CONTAINER_RIGHTS_ALL)
		return -EINVAL;

	old = READ_ONCE(file->private_data);
	do {
		new = (void *)((unsigned long)old & ~rights);
	} while (!try_cmpxchg(&file->private_data, &old, new));

	if ((unsigned long)old & rights & CONTAINER_RIGHT_OBSERVE)
		container_wake(file_container(file), EPOLLERR);
	if ((unsigned long)old & rights & CONTAINER_RIGHT_ENTER)
		drop_starter(file_container(file));
	return 0;
}

static long dup_handle(struct file *file, unsigned long rights)
{
	struct container *c = file_container(file);
	long ret = -EPERM;

	if (rights & ~(unsigned long)CONTAINER_RIGHTS_ALL)
		return -EINVAL;

	/*
	 * Before a look at the rights: who drops the last one then sees this one.
	 * Pairs with the try_cmpxchg() in drop_rights().
	 */
	atomic_inc(&c->nr_starters);
	smp_mb__after_atomic();	/* see above */
	if (!(rights & ~handle_rights(file)))
		ret = containerfs_open(c, rights);
	drop_starter(c);
	return ret;
}

static long containerfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CONTAINER_GET_NAMESPACE:
		return container_get_namespace(file, arg);
	case CONTAINER_SET_NAMESPACE:
		return container_set_namespace(file, arg);
	case CONTAINER_DROP_RIGHTS:
		return drop_rights(file, arg);
	case CONTAINER_DUP:
		return dup_handle(file, arg);
	}

	/* Of any size. */
	if (_IOC_TYPE(cmd) == CONTAINER_IOC && _IOC_DIR(cmd) == _IOC_READ &&
	    _IOC_NR(cmd) == _IOC_NR(CONTAINER_GET_INFO))
		return get_info(file, cmd, (void __user *)arg);
	return -ENOTTY;
}

static const struct file_operations containerfs_file_operations = {
	.poll		= containerfs_poll,
	.release	= containerfs_release,
	.unlocked_ioctl	= containerfs_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
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
struct container *container_from_file(const struct file *file)
{
	if (file->f_op != &containerfs_file_operations)
		return ERR_PTR(-EINVAL);
	return file_container(file);
}

/**
 * container_with_right - the container that a file may be used on
 * @file: Any file.
 * @right: CONTAINER_RIGHT_* that it takes.
 *
 * Return: the container, pinned by @file; -EINVAL if @file is something else,
 * -EPERM if it does not have the right.
 */
struct container *container_with_right(struct file *file, unsigned int right)
{
	struct container *c = container_from_file(file);

	if (!IS_ERR(c) && !(handle_rights(file) & right))
		return ERR_PTR(-EPERM);
	return c;
}

/**
 * container_file - is a file a handle of a container?
 * @file: Any file.
 *
 * Return: whether it is.
 */
bool container_file(const struct file *file)
{
	return file->f_op == &containerfs_file_operations;
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

static struct file *make_file(struct container *c, unsigned long bits)
{
	struct inode *inode = containerfs_get_inode(c);
	struct file *file;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	file = alloc_file_pseudo(inode, containerfs_mnt, "", O_RDWR,
				 &containerfs_file_operations);
	if (IS_ERR(file)) {
		iput(inode);
		return file;
	}
	file->private_data = (void *)bits;
	if (bits & CONTAINER_RIGHT_ENTER)
		atomic_inc(&c->nr_starters);
	return file;
}

/**
 * containerfs_create_file - the file that container_create() returns
 * @c: The container.
 *
 * Context: May sleep.
 * Return: the file, which has a reference on @c, or an ERR_PTR().
 */
struct file *containerfs_create_file(struct container *c)
{
	return make_file(c, CONTAINER_RIGHTS_ALL | HANDLE_CREATED);
}

/**
 * containerfs_open - a further descriptor of a container
 * @c: The container; the caller has a reference.
 * @rights: CONTAINER_RIGHT_* that it gets.
 *
 * Context: May sleep.
 * Return: the descriptor, which is close-on-exec, or a negative errno.
 */
int containerfs_open(struct container *c, unsigned int rights)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = make_file(c, rights);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/**
 * containerfs_open_found - a descriptor for who found a container
 * @c: The container, which current may know of; the caller has a reference.
 *
 * Of a container that has not been started somebody else holds a descriptor, and is
 * about to start it.
 *
 * Context: May sleep.
 * Return: the descriptor, with all rights for who may control @c and inspect its
 * init, else with the one to observe; or a negative errno.
 */
int containerfs_open_found(struct container *c)
{
	bool all = container_may_have_found(c);

	return containerfs_open(c, all ? CONTAINER_RIGHTS_ALL : CONTAINER_RIGHT_OBSERVE);
}

/**
 * container_wants_pidfd - is an ioctl on a pidfd one for us?
 * @cmd: The ioctl.
 *
 * Return: whether container_open_pid() is what it asks for.
 */
bool container_wants_pidfd(unsigned int cmd)
{
	return cmd == PIDFD_GET_CONTAINER;
}

/**
 * container_open_pid - a descriptor of the container that a process is in
 * @pid: Of the process.
 *
 * Context: May sleep.
 * Return: the descriptor; -ESRCH if the process is dead or exiting; -EACCES if
 * current may not inspect it; -EPERM if the container is not in current's view.
 */
int container_open_pid(struct pid *pid)
{
	struct task_struct *task __free(put_task) = get_pid_task(pid, PIDTYPE_PID);
	struct container *c;

	/* A zombie has left its container. */
	if (!task || !atomic_read(&task->signal->live))
		return -ESRCH;
	if (!ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS))
		return -EACCES;
	c = task_container(task);
	if (!container_in_view(c, task_container(current)))
		return -EPERM;
	return containerfs_open_found(c);
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
