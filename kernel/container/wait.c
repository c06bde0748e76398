// SPDX-License-Identifier: GPL-2.0
/*
 * container_wait(2).
 *
 * Waiting reaps nothing: init's status and the totals stay with the container.
 */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>

#include "internal.h"

/*
 * Has init exited, or will there never be one? Of the two that are read, @exited
 * is set first.
 */
static bool init_over(struct container *c)
{
	/* Pairs with the smp_store_release() in container_release_dead(). */
	bool released = smp_load_acquire(&c->released);

	/* Pairs with the smp_store_release() in __container_exit(). */
	return smp_load_acquire(&c->exited) || released;
}

/* 1: it has exited; 0: not yet. */
static int wait_for_init(struct container *c, unsigned int options)
{
	if (READ_ONCE(c->state) == CONTAINER_NEW)
		return -ECHILD;
	if (!(options & WNOHANG) && wait_event_interruptible(c->wait, init_over(c)))
		return -ERESTARTSYS;
	if (!init_over(c))
		return 0;
	/* Pairs with the smp_store_release() in __container_exit(). */
	return smp_load_acquire(&c->exited) ? 1 : -ECHILD;
}

/* Who waits does not keep the descriptor's last close from having its effect. */
static struct container *get_container_to_wait_for(int cfd, unsigned int options)
{
	struct container *c;

	CLASS(fd, f)(cfd);
	if (fd_empty(f))
		return ERR_PTR(-EBADF);
	if (options & ~WNOHANG)
		return ERR_PTR(-EINVAL);
	c = container_with_right(fd_file(f), CONTAINER_RIGHT_OBSERVE);
	return IS_ERR(c) ? c : container_get(c);
}

/* 1: it has exited, *@status and *@r are set; 0: not yet. */
static int do_wait(int cfd, unsigned int options, int *status, struct rusage *r)
{
	struct container *c;
	int ret;

	c = get_container_to_wait_for(cfd, options);
	if (IS_ERR(c))
		return PTR_ERR(c);

	container_close_pending();
	ret = container_may_control(c);
	ret = ret ?: wait_for_init(c, options);
	if (ret > 0) {
		*status = c->status;
		container_get_rusage(c, r);
	}
	container_put(c);
	return ret;
}

/**
 * sys_container_wait - wait for a container's init to exit
 * @cfd: A descriptor of the container, with CONTAINER_RIGHT_OBSERVE.
 * @wstatus: Gets its status, as wait4() has it; or NULL.
 * @options: 0 or WNOHANG.
 * @rusage: Gets what those that were in the container have used; or NULL.
 *
 * Return: 0, or a negative errno. With WNOHANG, 0 with nothing stored if init has
 * not exited yet.
 */
SYSCALL_DEFINE4(container_wait, int, cfd, int __user *, wstatus,
		unsigned int, options, struct rusage __user *, rusage)
{
	struct rusage r;
	int status, ret;

	ret = do_wait(cfd, options, &status, &r);
	if (ret <= 0)
		return ret;
	if (wstatus && put_user(status, wstatus))
		return -EFAULT;
	if (rusage && copy_to_user(rusage, &r, sizeof(r)))
		return -EFAULT;
	return 0;
}

#ifdef CONFIG_COMPAT
COMPAT_SYSCALL_DEFINE4(container_wait, int, cfd, int __user *, wstatus,
		       unsigned int, options, struct compat_rusage __user *, rusage)
{
	struct rusage r;
	int status, ret;

	ret = do_wait(cfd, options, &status, &r);
	if (ret <= 0)
		return ret;
	if (wstatus && put_user(status, wstatus))
		return -EFAULT;
	if (rusage && put_compat_rusage(&r, rusage))
		return -EFAULT;
	return 0;
}
#endif
