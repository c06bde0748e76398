// SPDX-License-Identifier: GPL-2.0
/*
 * A socket in another network namespace.
 */
#include <sys/socket.h>

#include "bench.h"

#define SAMPLES		200

static int own_net, other_net;

static void setns_socket_setns(void)
{
	int sock;

	if (setns(other_net, CLONE_NEWNET))
		die("setns");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0 || setns(own_net, CLONE_NEWNET))
		die("socket");
	close(sock);
}

static void socket_here(void)
{
	close(socket(AF_INET, SOCK_DGRAM, 0));
}

static void socket_in_container(void)
{
	int sock = container_socket(cfd, AF_INET, SOCK_DGRAM, 0);

	if (sock < 0)
		die("container_socket");
	close(sock);
}

static void socket_in_namespace(void)
{
	int sock = container_socket(other_net, AF_INET, SOCK_DGRAM, 0);

	if (sock < 0)
		die("container_socket");
	close(sock);
}

void bench_socket(void)
{
	const struct subject subjects[] = {
		{ "socket+close", socket_here },
		{ "setns+socket+setns", setns_socket_setns },
		{ "container_socket", socket_in_container, .contained = true },
		{ "container_socket, nsfs", socket_in_namespace, .contained = true },
	};

	own_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_net < 0 || unshare(CLONE_NEWNET))
		die("unshare");
	other_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (other_net < 0 || setns(own_net, CLONE_NEWNET))
		die("setns");
	if (containers)
		start_container(CONTAINER_NEW_NET_NS);
	settle();
	measure(subjects, ARRAY_SIZE(subjects), SAMPLES);
}
