// SPDX-License-Identifier: GPL-2.0
/*
 * container_socket(2): a socket in somebody else's network namespace, by a
 * descriptor of a container or of the namespace itself.
 *
 * What the socket may do is judged as for any other: by the caller's capabilities
 * in the user namespace that owns the network namespace.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/syscalls.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "internal.h"

/* The network namespace of @c, with a reference. */
static struct net *net_of_container(struct file *file)
{
	struct container_means means;
	struct net *net = ERR_PTR(-ECANCELED);
	struct container *c;
	int ret;

	c = container_with_right(file, CONTAINER_RIGHT_CONFIGURE);
	if (IS_ERR(c))
		return ERR_CAST(c);
	ret = container_may_control(c);
	if (ret)
		return ERR_PTR(ret);

	if (!container_get_means(c, &means))
		return net;
	if (means.ns) {
		net = means.ns->net_ns;
		if (net == current->nsproxy->net_ns ||
		    ns_capable(net->user_ns, CAP_SYS_ADMIN))
			get_net(net);
		else
			net = ERR_PTR(-EPERM);
	}
	container_put_means(&means);
	return net;
}

/* As setns(2) has it. */
static struct net *net_of_nsfs(struct file *file)
{
	struct ns_common *ns = get_proc_ns(file_inode(file));
	struct net *net;

	if (ns->ops->type != CLONE_NEWNET)
		return ERR_PTR(-EINVAL);
	net = container_of(ns, struct net, ns);
	if (!ns_capable(net->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(current_user_ns(), CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	return get_net(net);
}

static int socket_in(struct net *net, int domain, int type, int protocol)
{
	int flags = type & ~SOCK_TYPE_MASK;
	struct socket *sock;
	struct file *file;
	int ret;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	ret = __sock_create(net, domain, type & SOCK_TYPE_MASK, protocol, &sock, 0);
	if (ret)
		return ret;

	ret = get_unused_fd_flags(flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
	if (ret < 0) {
		sock_release(sock);
		return ret;
	}
	/* Releases the socket if it fails. */
	file = sock_alloc_file(sock, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0, NULL);
	if (IS_ERR(file)) {
		put_unused_fd(ret);
		return PTR_ERR(file);
	}
	fd_install(ret, file);
	return ret;
}

/**
 * sys_container_socket - make a socket in a container's network namespace
 * @cfd: A descriptor of the container, with CONTAINER_RIGHT_CONFIGURE, or an nsfs
 *	descriptor of a network namespace.
 * @domain: As socket(2).
 * @type: As socket(2).
 * @protocol: As socket(2).
 *
 * Return: the socket's descriptor, or a negative errno.
 */
SYSCALL_DEFINE4(container_socket, int, cfd, int, domain, int, type, int, protocol)
{
	struct net *net;
	int ret;

	CLASS(fd, f)(cfd);
	if (fd_empty(f))
		return -EBADF;
	net = proc_ns_file(fd_file(f)) ? net_of_nsfs(fd_file(f)) :
					 net_of_container(fd_file(f));
	if (IS_ERR(net))
		return PTR_ERR(net);

	ret = socket_in(net, domain, type, protocol);
	put_net(net);
	return ret;
}
