// SPDX-License-Identifier: GPL-2.0
/* Calls on descriptors. */
#include "fuzz.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define BAD_POINTER	((void *)8)

static const unsigned long ns_types[] = {
	CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS,
	CLONE_NEWNET, CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME */,
};

/* --- handles ---------------------------------------------------------------------- */

/* NULL: it is an empty one, and there is nothing to be done. */
struct handle *some_handle(struct self *s)
{
	struct handle *h = &s->handles[pick(s, NR_HANDLES)];
	struct record *r = h->fd < 0 ? NULL : record_of(h->id);

	/* Rather one that runs. */
	if (!r || load(&r->state) != CONTAINER_STATE_RUNNING)
		h = &s->handles[pick(s, NR_HANDLES)];
	return h->fd < 0 ? NULL : h;
}

void handle_close(struct self *s, struct handle *h)
{
	if (h->fd >= 0 && CALL(s, close, h->fd, h->id, h->rights, close(h->fd)))
		violation(s, "close of descriptor %d", h->fd);
	h->fd = -1;
}

/* In the place of another. */
struct handle *handle_put(struct self *s, int fd, uint64_t id, unsigned int rights,
			  enum below below)
{
	struct handle *h = &s->handles[pick(s, NR_HANDLES)];

	handle_close(s, h);
	h->fd = fd;
	h->id = id;
	h->rights = rights;
	h->below = below;
	return h;
}

/* Others may have dropped it since, but nobody can have given it back. */
bool has_right(struct handle *h, unsigned int right)
{
	int fd = ioctl(h->fd, CONTAINER_DUP, (unsigned long)right);

	if (fd >= 0)
		close(fd);
	else if (errno == EPERM)
		h->rights &= ~right;
	return fd >= 0;
}

/* @h has been used successfully for what takes @right. */
void must_be_usable(struct self *s, struct handle *h, unsigned int right, long ret,
		    const char *what)
{
	if (ret < 0)
		return;
	if (!(h->rights & right))
		violation(s, "%s: container %llu with rights %x only", what,
			  (unsigned long long)h->id, h->rights);
	if (h->below == NOT_BELOW)
		violation(s, "%s: container %llu, which is not below ours", what,
			  (unsigned long long)h->id);
}

static void must_be(struct self *s, const char *what, long ret, long expected)
{
	if (ret != -expected)
		violation(s, "%s: %s, expected %s", what, ret < 0 ? strerror(-ret) : "success",
			  strerror(expected));
}

struct odd {
	int fd;
	int error;	/* for who wants a container */
};

static struct odd odd_descriptor(struct self *s)
{
	struct odd odds[] = {
		{ -1, EBADF }, { 9999, EBADF }, { s->path, EBADF },
		{ s->null, EINVAL }, { s->epoll, EINVAL }, { s->proc, EINVAL },
	};
	struct odd odd = odds[pick(s, ARRAY_LEN(odds))];

	if (odd.fd < 0)
		odd.error = EBADF;
	return odd;
}

int odd_fd(struct self *s)
{
	return odd_descriptor(s).fd;
}

/* --- what a descriptor tells ------------------------------------------------------ */

/* It says that the container is dead; who waits must be told. */
void wait_for_hangup(struct self *s, struct handle *h)
{
	struct pollfd pfd = { .fd = h->fd };

	if (!has_right(h, CONTAINER_RIGHT_OBSERVE))
		return;
	while (!(pfd.revents & POLLHUP)) {
		int n = poll(&pfd, 1, 60000);

		if (pfd.revents & POLLERR)
			return;
		if (!n)
			violation(s, "container %llu is dead, and there is no POLLHUP",
				  (unsigned long long)h->id);
	}
	record_dead(h->id);
}

void op_info(struct self *s)
{
	struct handle *h = some_handle(s);
	struct container_info info = {};
	struct record before;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	ret = CALL(s, info, h->fd, h->id, 0, ioctl(h->fd, CONTAINER_GET_INFO, &info));
	MAY_FAIL(s, "CONTAINER_GET_INFO", ret, EPERM);
	if (ret < 0) {
		if (has_right(h, CONTAINER_RIGHT_OBSERVE))
			violation(s, "CONTAINER_GET_INFO: not permitted with the right");
		return;
	}
	check_info(s, h, &info, &before);
	if (info.state == CONTAINER_STATE_DEAD && !before.dead)
		wait_for_hangup(s, h);
}

static void op_info_invalid(struct self *s)
{
	struct handle *h = some_handle(s);
	unsigned char buf[256];
	unsigned int size, i;
	long ret;

	if (!h)
		return;
	size = pick(s, 200) + 1;
	memset(buf, 0xa5, sizeof(buf));
	if (chance(s, 20)) {
		ret = CALL(s, info_invalid, h->fd, h->id, size,
			   ioctl(h->fd, CONTAINER_GET_INFO, chance(s, 50) ? NULL : BAD_POINTER));
		MAY_FAIL(s, "CONTAINER_GET_INFO of a bad pointer", ret, EFAULT, EPERM);
		if (ret >= 0)
			violation(s, "CONTAINER_GET_INFO of a bad pointer");
		return;
	}
	ret = CALL(s, info_invalid, h->fd, h->id, size,
		   ioctl(h->fd, _IOC(_IOC_READ, CONTAINER_IOC, 1, size), buf));
	if (size < CONTAINER_INFO_SIZE_VER0)
		must_be(s, "CONTAINER_GET_INFO of a small size", ret, EINVAL);
	MAY_FAIL(s, "CONTAINER_GET_INFO of another size", ret, EINVAL, EPERM);
	for (i = ret ? 0 : size; i < sizeof(buf); i++)
		if (buf[i] != 0xa5)
			violation(s, "CONTAINER_GET_INFO of size %u wrote byte %u", size, i);
	for (i = sizeof(struct container_info); !ret && i < size; i++)
		if (buf[i])
			violation(s, "CONTAINER_GET_INFO of size %u: byte %u is not 0", size, i);
}

static void check_events(struct self *s, struct handle *h, short events,
			 const struct record *before)
{
	unsigned long long id = h->id;

	if (events & POLLERR) {
		if (events != POLLERR)
			violation(s, "container %llu: poll says %x", id, events);
		h->rights &= ~CONTAINER_RIGHT_OBSERVE;
		return;
	}
	if (!(h->rights & CONTAINER_RIGHT_OBSERVE))
		violation(s, "container %llu: poll says %x without the right", id, events);
	if (before->status && !(events & POLLIN))
		violation(s, "container %llu: init has exited, poll says %x", id, events);
	if (before->dead && !(events & POLLHUP))
		violation(s, "container %llu: it was dead, poll says %x", id, events);
	if (events & POLLHUP)
		record_dead(id);
}

void op_poll(struct self *s)
{
	struct handle *h = some_handle(s);
	struct record before;
	struct pollfd pfd;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	pfd = (struct pollfd){ .fd = h->fd, .events = POLLIN };
	ret = CALL(s, poll, h->fd, h->id, 0, poll(&pfd, 1, 0));
	if (ret < 0 || (pfd.revents & POLLNVAL))
		violation(s, "poll of descriptor %d: %ld, %x", h->fd, ret, pfd.revents);
	check_events(s, h, pfd.revents, &before);
}

/* Of its own descriptor it keeps what it is told of; who closes that may be early. */
static void op_epoll(struct self *s)
{
	struct epoll_event events[4], add = { .events = EPOLLIN | EPOLLET };
	struct handle *h = some_handle(s);
	long i, ret;

	if (s->epoll < 0)
		return;
	if (h && chance(s, 60)) {
		add.data.u64 = h->id;
		ret = CALL(s, epoll, h->fd, h->id, 0,
			   epoll_ctl(s->epoll, chance(s, 70) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
				     h->fd, &add));
		MAY_FAIL(s, "epoll_ctl", ret, EEXIST, ENOENT, ENOMEM, ENOSPC);
		return;
	}
	ret = CALL(s, epoll, -1, 0, 0, epoll_wait(s->epoll, events, ARRAY_LEN(events), 0));
	MAY_FAIL(s, "epoll_wait", ret, EINTR);
	for (i = 0; i < ret; i++)
		if (events[i].events & EPOLLHUP)
			record_dead(events[i].data.u64);
}

static void op_stat(struct self *s)
{
	struct handle *h = some_handle(s);
	struct stat st;
	long ret;

	if (!h)
		return;
	ret = CALL(s, stat, h->fd, h->id, 0, fstat(h->fd, &st));
	if (ret || st.st_ino != h->id)
		violation(s, "container %llu: fstat of descriptor %d says %ld, inode %llu",
			  (unsigned long long)h->id, h->fd, ret, (unsigned long long)st.st_ino);
}

/* --- wait, kill, socket ----------------------------------------------------------- */

static uint64_t usage_of(const struct rusage *r)
{
	return (r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000000ULL +
	       r->ru_utime.tv_usec + r->ru_stime.tv_usec;
}

static void check_wait(struct self *s, struct handle *h, long ret, int status,
		       const struct rusage *r, const struct record *before)
{
	unsigned long long id = h->id;

	must_be_usable(s, h, CONTAINER_RIGHT_OBSERVE, ret, "container_wait");
	if (ret == -ECHILD && (before->status || before->state == CONTAINER_STATE_RUNNING))
		violation(s, "container %llu: ECHILD, although it had an init", id);
	if (ret)
		return;
	if (status != -1) {
		record_status(s, id, status);
		check_usage(s, id, usage_of(r), before);
	} else if (before->status || before->dead) {
		violation(s, "container %llu: there is no status, and init has exited", id);
	}
}

static void op_wait(struct self *s)
{
	struct handle *h = some_handle(s);
	struct rusage r = {};
	struct record before;
	int status = -1;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	ret = CALL(s, wait, h->fd, h->id, 0, container_wait(h->fd, &status, WNOHANG, &r));
	MAY_FAIL(s, "container_wait", ret, EPERM, ECHILD);
	check_wait(s, h, ret, status, &r, &before);
}

static void set_timer(struct self *s, long ns)
{
	struct itimerspec its = { { 0, ns }, { 0, ns } };

	timer_settime(s->timer, 0, &its, NULL);
}

/* A few milliseconds at most. The timer goes on: its first signal may be early. */
static void op_wait_blocking(struct self *s)
{
	struct handle *h = some_handle(s);
	struct rusage r = {};
	struct record before;
	int status = -1;
	long ret;

	if (!h || !s->has_timer)
		return;
	before = record_snapshot(h->id);
	set_timer(s, (pick(s, 10) + 1) * 1000000L);
	ret = CALL(s, wait_blocking, h->fd, h->id, 0, container_wait(h->fd, &status, 0, &r));
	set_timer(s, 0);
	MAY_FAIL(s, "container_wait", ret, EPERM, ECHILD, EINTR);
	if (ret == -EINTR && before.status)
		violation(s, "container %llu: wait was interrupted, and init had exited",
			  (unsigned long long)h->id);
	if (!ret && status == -1)
		violation(s, "container %llu: wait returned without a status",
			  (unsigned long long)h->id);
	check_wait(s, h, ret, status, &r, &before);
}

static void op_wait_invalid(struct self *s)
{
	struct odd odd = odd_descriptor(s);
	struct handle *h = some_handle(s);
	struct record before;
	long ret;

	switch (pick(s, h ? 3 : 1)) {
	case 0:
		ret = CALL(s, wait_invalid, odd.fd, 0, 0,
			   container_wait(odd.fd, NULL, WNOHANG, NULL));
		must_be(s, "container_wait of another file", ret, odd.error);
		break;
	case 1:
		ret = CALL(s, wait_invalid, h->fd, 0, 1,
			   container_wait(h->fd, NULL, WNOHANG | 2 << pick(s, 31), NULL));
		must_be(s, "container_wait with other options", ret, EINVAL);
		break;
	case 2:
		before = record_snapshot(h->id);
		ret = CALL(s, wait_invalid, h->fd, 0, 2,
			   chance(s, 50) ? container_wait(h->fd, BAD_POINTER, WNOHANG, NULL) :
			   container_wait(h->fd, NULL, WNOHANG, BAD_POINTER));
		MAY_FAIL(s, "container_wait to a bad pointer", ret, EFAULT, EPERM, ECHILD);
		if (!ret && before.status)
			violation(s, "container_wait to a bad pointer");
		break;
	}
}

static void op_kill(struct self *s)
{
	static const int signals[] = { SIGTERM, SIGUSR1, SIGSTOP, SIGCONT, SIGCONT, SIGKILL, 64 };
	int sig = chance(s, 85) ? 0 : signals[pick(s, ARRAY_LEN(signals))];
	struct handle *h = some_handle(s);
	bool initonly = chance(s, 50);
	struct record before;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	ret = CALL(s, kill, h->fd, h->id, sig | initonly << 8,
		   container_kill(h->fd, initonly, sig));
	MAY_FAIL(s, "container_kill", ret, EPERM, ESRCH);
	must_be_usable(s, h, CONTAINER_RIGHT_KILL, ret, "container_kill");
	if (!ret && before.dead)
		violation(s, "container_kill: container %llu was dead", (unsigned long long)h->id);
	if (!ret && sig == SIGKILL && !initonly)
		record_state(h->id, CONTAINER_STATE_DYING);
}

static void op_kill_invalid(struct self *s)
{
	static const int signals[] = { 65, -1, 128, 1 << 30 };
	struct odd odd = odd_descriptor(s);
	struct handle *h = some_handle(s);
	int sig = signals[pick(s, ARRAY_LEN(signals))];
	long ret;

	if (!h || chance(s, 50)) {
		ret = CALL(s, kill_invalid, odd.fd, 0, 0, container_kill(odd.fd, 0, 0));
		must_be(s, "container_kill of another file", ret, odd.error);
	} else {
		ret = CALL(s, kill_invalid, h->fd, h->id, sig, container_kill(h->fd, 0, sig));
		must_be(s, "container_kill with no signal", ret, EINVAL);
	}
}

static void op_socket(struct self *s)
{
	static const int domains[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, 77, -1 };
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, 0, SOCK_DGRAM | 0x100 };
	int domain = domains[pick(s, ARRAY_LEN(domains))];
	int type = types[pick(s, ARRAY_LEN(types))] | SOCK_CLOEXEC;
	int nsfd = s->nsfds[pick(s, NR_NSFDS)];
	struct handle *h = some_handle(s);
	struct record before;
	long ret;

	if (nsfd >= 0 && chance(s, 10)) {
		ret = CALL(s, socket, nsfd, domain, type, container_socket(nsfd, domain, type, 0));
	} else if (h) {
		before = record_snapshot(h->id);
		ret = CALL(s, socket, h->fd, domain, type,
			   container_socket(h->fd, domain, type, 0));
		must_be_usable(s, h, CONTAINER_RIGHT_CONFIGURE, ret, "container_socket");
		if (ret >= 0 && before.dead)
			violation(s, "container_socket: container %llu was dead",
				  (unsigned long long)h->id);
	} else {
		return;
	}
	MAY_FAIL(s, "container_socket", ret, EPERM, ECANCELED, EACCES, EINVAL, EAFNOSUPPORT,
		 EPROTONOSUPPORT, ESOCKTNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM);
	if (ret >= 0)
		close(ret);
}

/* --- namespaces ------------------------------------------------------------------- */

static unsigned long some_type(struct self *s)
{
	return ns_types[pick(s, ARRAY_LEN(ns_types))];
}

static void op_get_namespace(struct self *s)
{
	unsigned long type = some_type(s);
	struct handle *h = some_handle(s);
	struct record before;
	int *nsfd;
	long ret;

	if (!h)
		return;
	if (chance(s, 20)) {
		type = chance(s, 50) ? type | CLONE_NEWUTS | CLONE_NEWIPC : random_next(&s->random);
		ret = CALL(s, get_namespace, h->fd, h->id, type,
			   ioctl(h->fd, CONTAINER_GET_NAMESPACE, type));
		must_be(s, "CONTAINER_GET_NAMESPACE of several types", ret, EINVAL);
		return;
	}
	before = record_snapshot(h->id);
	ret = CALL(s, get_namespace, h->fd, h->id, type,
		   ioctl(h->fd, CONTAINER_GET_NAMESPACE, type));
	MAY_FAIL(s, "CONTAINER_GET_NAMESPACE", ret, EPERM, ENOENT, ECANCELED, EOPNOTSUPP, EMFILE,
		 ENFILE, ENOMEM);
	must_be_usable(s, h, CONTAINER_RIGHT_ENTER, ret, "CONTAINER_GET_NAMESPACE");
	if (ret < 0)
		return;
	if (before.dead)
		violation(s, "CONTAINER_GET_NAMESPACE: container %llu was dead",
			  (unsigned long long)h->id);
	nsfd = &s->nsfds[pick(s, NR_NSFDS)];
	if (*nsfd >= 0)
		close(*nsfd);
	*nsfd = ret;
}

static void op_set_namespace(struct self *s)
{
	int nsfd = s->nsfds[pick(s, NR_NSFDS)];
	struct odd odd = odd_descriptor(s);
	struct handle *h = some_handle(s);
	struct record before;
	long ret;

	if (!h)
		return;
	if (nsfd < 0 || chance(s, 20)) {
		ret = CALL(s, set_namespace, h->fd, h->id, odd.fd,
			   ioctl(h->fd, CONTAINER_SET_NAMESPACE, (long)odd.fd));
		must_be(s, "CONTAINER_SET_NAMESPACE of another file", ret, odd.error);
		return;
	}
	before = record_snapshot(h->id);
	ret = CALL(s, set_namespace, h->fd, h->id, nsfd,
		   ioctl(h->fd, CONTAINER_SET_NAMESPACE, (long)nsfd));
	MAY_FAIL(s, "CONTAINER_SET_NAMESPACE", ret, EINVAL, EPERM, EBUSY, ECANCELED, ENOMEM);
	must_be_usable(s, h, CONTAINER_RIGHT_CONFIGURE, ret, "CONTAINER_SET_NAMESPACE");
	if (!ret && before.state >= CONTAINER_STATE_RUNNING)
		violation(s, "CONTAINER_SET_NAMESPACE: container %llu had state %u",
			  (unsigned long long)h->id, before.state);
	if (ret == -EBUSY && before.state >= CONTAINER_STATE_DYING)
		violation(s, "CONTAINER_SET_NAMESPACE: container %llu had state %u, and is busy",
			  (unsigned long long)h->id, before.state);
}

/* A thread cannot go to all types; to the others go processes (member.c). */
static void op_setns(struct self *s)
{
	static const int types[] = { CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP, CLONE_NEWNET };
	struct handle *h = some_handle(s);
	int type = chance(s, 20) ? 0 : types[pick(s, ARRAY_LEN(types))] |
				       types[pick(s, ARRAY_LEN(types))];
	struct record before;
	long ret;

	if (!h)
		return;
	before = record_snapshot(h->id);
	ret = CALL(s, setns, h->fd, h->id, type, setns(h->fd, type));
	if (!type) {
		must_be(s, "setns without a type", ret, EINVAL);
		return;
	}
	MAY_FAIL(s, "setns", ret, EPERM, ECANCELED, ENOMEM);
	must_be_usable(s, h, CONTAINER_RIGHT_ENTER, ret, "setns");
	if (!ret && before.dead)
		violation(s, "setns: container %llu was dead", (unsigned long long)h->id);
	/* So that not every namespace is held for good. */
	if (!ret && (type & CLONE_NEWNET) && s->home >= 0)
		setns(s->home, CLONE_NEWNET);
}

/* --- further descriptors ---------------------------------------------------------- */

static const unsigned int namespace_flags[] = {
	CONTAINER_NEW_UTS_NS, CONTAINER_NEW_IPC_NS, CONTAINER_NEW_USER_NS,
	CONTAINER_NEW_PID_NS, CONTAINER_NEW_TIME_NS, CONTAINER_NEW_CGROUP_NS,
	CONTAINER_NEW_FS_NS, CONTAINER_NEW_NET_NS,
};

/* Most have none: those with a network cost a hundred times as much. */
static unsigned int some_flags(struct self *s)
{
	unsigned int flags = 0, n = chance(s, 20) ? pick(s, 3) + 1 : 0;

	if (chance(s, 60))
		flags |= CONTAINER_KILL_ON_CLOSE;
	if (chance(s, 70))
		flags |= CONTAINER_FD_CLOEXEC;
	if (chance(s, 20))
		flags |= CONTAINER_CLOSE_FDS;
	if (s->ordinary && n)
		flags |= CONTAINER_NEW_USER_NS;
	while (n--)
		flags |= namespace_flags[pick(s, ARRAY_LEN(namespace_flags) -
						 (chance(s, 90) ? 2 : 0))];
	return flags;
}

static void op_create(struct self *s)
{
	static const char * const names[] = { "a", "fuzz", "two words", "line\nend", "\\#\t\001",
					      "12345678901234567890123" };
	unsigned int flags = some_flags(s);
	uint64_t max = load(&shared->max_id);
	struct handle *h;
	struct stat st;
	long ret;

	ret = CALL(s, create, flags, max, 0,
		   container_create(names[pick(s, ARRAY_LEN(names))], flags));
	/* Who has another PID namespace for its children than its own, as with clone(). */
	if (ret == -EINVAL && s->moved)
		return;
	MAY_FAIL(s, "container_create", ret, ENOSPC, EPERM, EMFILE, ENFILE, ENOMEM, ECANCELED,
		 EAGAIN);
	if (ret == -ECANCELED && !s->member)
		violation(s, "container_create: ECANCELED outside of all containers");
	if (ret < 0)
		return;
	if (fstat(ret, &st))
		violation(s, "fstat of a new container");
	record_created(s, st.st_ino, flags, max);
	h = handle_put(s, ret, st.st_ino, CONTAINER_RIGHTS_ALL, BELOW);
	/* Or else most would never be started. */
	if (chance(s, shared->debug ? 10 : 40))
		enter(s, h);
}

static void op_create_invalid(struct self *s)
{
	static const struct {
		const char *name;
		unsigned int flags;
		unsigned long spare[3];
		int error;
		bool ordinary;
	} calls[] = {
		{ .name = NULL, .error = EINVAL },
		{ .name = "", .error = EINVAL },
		{ .name = "a/b", .error = EINVAL },
		{ .name = BAD_POINTER, .error = EFAULT },
		{ .name = "123456789012345678901234", .error = ENAMETOOLONG },
		{ .name = "a", .flags = 0x1000, .error = EINVAL },
		{ .name = "a", .flags = 0x80000000, .error = EINVAL },
		{ .name = "a", .flags = CONTAINER_NEW_FS_NS | CONTAINER_NEW_EMPTY_FS_NS,
		  .error = EINVAL },
		{ .name = "a", .flags = CONTAINER_NEW_EMPTY_FS_NS, .error = EOPNOTSUPP },
		{ .name = "a", .spare = { 1 }, .error = EINVAL },
		{ .name = "a", .spare = { 0, 1UL << 31 }, .error = EINVAL },
		{ .name = "a", .spare = { 0, 0, -1UL }, .error = EINVAL },
		{ .name = "a", .flags = CONTAINER_NEW_NET_NS, .error = EPERM, .ordinary = true },
		{ .name = "a", .flags = CONTAINER_NEW_FS_NS, .error = EPERM, .ordinary = true },
	};
	unsigned int i = pick(s, ARRAY_LEN(calls));
	long ret;

	if (calls[i].ordinary && (!s->ordinary || s->member))
		return;
	ret = CALL(s, create_invalid, i, calls[i].flags, 0,
		   syscall(__NR_container_create, calls[i].name, calls[i].flags,
			   calls[i].spare[0], calls[i].spare[1], calls[i].spare[2]));
	/* Too many containers, or none may be made any more, comes first. */
	if (calls[i].ordinary && (ret == -ENOSPC || ret == -EAGAIN))
		return;
	must_be(s, "container_create with wrong arguments", ret, calls[i].error);
}

static void op_drop_rights(struct self *s)
{
	unsigned long rights = 1UL << pick(s, 4);
	struct handle *h = some_handle(s);
	long ret;

	if (!h)
		return;
	if (chance(s, 50))
		rights |= 0x10UL << pick(s, 60);
	/* To observe is what most checks need. */
	if (rights == CONTAINER_RIGHT_OBSERVE && chance(s, 80))
		rights = 0;
	ret = CALL(s, drop_rights, h->fd, h->id, rights,
		   ioctl(h->fd, CONTAINER_DROP_RIGHTS, rights));
	if (rights & ~(unsigned long)CONTAINER_RIGHTS_ALL) {
		must_be(s, "CONTAINER_DROP_RIGHTS of unknown bits", ret, EINVAL);
		return;
	}
	must_be(s, "CONTAINER_DROP_RIGHTS", ret, 0);
	h->rights &= ~rights;
}

static void op_dup_handle(struct self *s)
{
	unsigned long rights = chance(s, 50) ? CONTAINER_RIGHTS_ALL : pick(s, 16);
	struct handle *h = some_handle(s);
	long ret;

	if (!h)
		return;
	if (chance(s, 20))
		rights |= 0x10UL << pick(s, 60);
	ret = CALL(s, dup_handle, h->fd, h->id, rights, ioctl(h->fd, CONTAINER_DUP, rights));
	if (rights & ~(unsigned long)CONTAINER_RIGHTS_ALL) {
		must_be(s, "CONTAINER_DUP with unknown bits", ret, EINVAL);
		return;
	}
	MAY_FAIL(s, "CONTAINER_DUP", ret, EPERM, EMFILE, ENFILE, ENOMEM);
	if (ret < 0)
		return;
	if (rights & ~h->rights)
		violation(s, "CONTAINER_DUP: rights %lx of %x", rights, h->rights);
	handle_put(s, ret, h->id, rights, h->below);
}

/* --- descriptors of what was found ------------------------------------------------ */

/* A new handle, and whether it may be one: @clock is from before the call. */
static struct handle *put_found(struct self *s, int fd, unsigned int clock, const char *what)
{
	struct container_info info;
	struct handle *h;
	struct stat st;

	if (fstat(fd, &st))
		violation(s, "fstat of what %s gave", what);
	if (dead_by(st.st_ino, clock))
		violation(s, "%s: container %llu was dead", what, (unsigned long long)st.st_ino);
	h = handle_put(s, fd, st.st_ino, CONTAINER_RIGHTS_ALL, below(st.st_ino, s->own));
	if (ioctl(fd, CONTAINER_GET_INFO, &info))
		violation(s, "CONTAINER_GET_INFO of what %s gave", what);
	if (info.rights != CONTAINER_RIGHTS_ALL && info.rights != CONTAINER_RIGHT_OBSERVE)
		violation(s, "%s: container %llu with rights %x", what, (unsigned long long)h->id,
			  info.rights);
	if (info.rights == CONTAINER_RIGHTS_ALL && h->below == NOT_BELOW)
		violation(s, "%s: our own container with all rights", what);
	h->rights = info.rights;
	record_seen(h->id);
	return h;
}

static void op_open_id(struct self *s)
{
	unsigned int clock = load(&shared->clock);
	struct container_info info = {};
	struct handle *h = NULL;
	uint64_t id;
	long ret;

	if (s->proc < 0)
		return;
	switch (pick(s, 8)) {
	case 0:
		id = chance(s, 50) ? random_next(&s->random) : load(&shared->max_id) + 1000000;
		ret = CALL(s, open_id, id, 0, 0, ioctl(s->proc, CONTAINER_OPEN, &id));
		must_be(s, "CONTAINER_OPEN of no id", ret, ENOENT);
		return;
	case 1:
		ret = CALL(s, open_id, 0, 0, 0, ioctl(s->proc, CONTAINER_OPEN, BAD_POINTER));
		must_be(s, "CONTAINER_OPEN of a bad pointer", ret, EFAULT);
		return;
	case 2:
		id = s->own;
		break;
	case 3:
	case 4:
		h = some_handle(s);
		if (!h)
			return;
		id = h->id;
		break;
	default:
		id = recent_id(s);
	}
	ret = CALL(s, open_id, id, 0, 0, ioctl(s->proc, CONTAINER_OPEN, &id));
	MAY_FAIL(s, "CONTAINER_OPEN", ret, ENOENT, EMFILE, ENFILE, ENOMEM);
	if (ret >= 0) {
		if (put_found(s, ret, clock, "CONTAINER_OPEN")->id != id)
			violation(s, "CONTAINER_OPEN of %llu gave another",
				  (unsigned long long)id);
	} else if (ret == -ENOENT && h && !s->member && (h->rights & CONTAINER_RIGHT_OBSERVE) &&
		   !ioctl(h->fd, CONTAINER_GET_INFO, &info) &&
		   info.state != CONTAINER_STATE_DEAD) {
		violation(s, "CONTAINER_OPEN: no container %llu, which has state %u",
			  (unsigned long long)id, info.state);
	}
}

static void op_pid_container(struct self *s)
{
	unsigned int clock = load(&shared->clock);
	pid_t pid = s->member ? getpid() : recent_pid(s);
	int pidfd;
	long ret;

	if (!pid)
		return;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return;
	if (chance(s, 20)) {
		ret = CALL(s, pid_container, pid, 1, 0, ioctl(pidfd, PIDFD_GET_CONTAINER, 1UL));
		must_be(s, "PIDFD_GET_CONTAINER with an argument", ret, EINVAL);
	} else {
		ret = CALL(s, pid_container, pid, 0, 0, ioctl(pidfd, PIDFD_GET_CONTAINER, 0UL));
		MAY_FAIL(s, "PIDFD_GET_CONTAINER", ret, ESRCH, EACCES, EPERM, EMFILE, ENFILE,
			 ENOMEM);
		if (ret >= 0)
			put_found(s, ret, clock, "PIDFD_GET_CONTAINER");
	}
	close(pidfd);
}

static void op_ioctl_invalid(struct self *s)
{
	static const unsigned int foreign[] = {
		CONTAINER_OPEN, PIDFD_GET_CONTAINER, _IO(CONTAINER_IOC, 0),
		_IO(CONTAINER_IOC, 8), _IOW(CONTAINER_IOC, 1, struct container_info),
		_IO(CONTAINER_IOC, 1), _IOR(CONTAINER_IOC, 2, int), _IO(0xb7, 1),
	};
	static const unsigned int ours[] = {
		CONTAINER_GET_INFO, CONTAINER_GET_NAMESPACE, CONTAINER_SET_NAMESPACE,
		CONTAINER_DROP_RIGHTS, CONTAINER_DUP,
	};
	struct odd odd = odd_descriptor(s);
	struct handle *h = some_handle(s);
	unsigned int cmd;
	long ret;

	if (h && chance(s, 50)) {
		cmd = foreign[pick(s, ARRAY_LEN(foreign))];
		ret = CALL(s, ioctl_invalid, h->fd, cmd, 0, ioctl(h->fd, cmd, 0UL));
		must_be(s, "ioctl of another kind of file", ret, ENOTTY);
	} else {
		cmd = ours[pick(s, ARRAY_LEN(ours))];
		/* epoll has its own word for it. */
		if (odd.fd == s->epoll)
			return;
		ret = CALL(s, ioctl_invalid, odd.fd, cmd, 0, ioctl(odd.fd, cmd, 0UL));
		must_be(s, "ioctl of another file", ret, odd.error == EBADF ? EBADF : ENOTTY);
	}
}

/* --- descriptors that come and go ------------------------------------------------- */

static void op_close(struct self *s)
{
	struct handle *h = some_handle(s);

	if (h)
		handle_close(s, h);
}

static void op_dup(struct self *s)
{
	struct handle *h = some_handle(s);
	long ret;

	if (!h)
		return;
	if (chance(s, 50)) {
		ret = CALL(s, dup, h->fd, h->id, WILD_BASE,
			   dup3(h->fd, WILD_BASE + pick(s, NR_WILD), O_CLOEXEC));
		MAY_FAIL(s, "dup3", ret, EBUSY);
	} else {
		ret = CALL(s, dup, h->fd, h->id, 0, fcntl(h->fd, F_DUPFD_CLOEXEC, 0));
		MAY_FAIL(s, "dup", ret, EMFILE);
		if (ret >= 0)
			handle_put(s, ret, h->id, h->rights, h->below);
	}
}

/* What is sent along with a descriptor. */
struct parcel {
	uint64_t	id;
	unsigned int	rights;
};

union control {
	struct cmsghdr	align;
	char		buf[CMSG_SPACE(sizeof(int))];
};

static void op_send(struct self *s)
{
	struct handle *h = some_handle(s);
	struct parcel parcel;
	union control control = {};
	struct iovec iov = { .iov_base = &parcel, .iov_len = sizeof(parcel) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int to;

	if (!h || !s->nr_outboxes)
		return;
	parcel = (struct parcel){ .id = h->id, .rights = h->rights };
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &h->fd, sizeof(int));
	to = s->outboxes[pick(s, s->nr_outboxes)];
	/* Whatever becomes of it: a full queue, or too many under way. */
	CALL(s, send, h->fd, h->id, to, sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static void op_receive(struct self *s)
{
	struct parcel parcel;
	union control control;
	struct iovec iov = { .iov_base = &parcel, .iov_len = sizeof(parcel) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct stat st;
	long ret;
	int fd;

	if (s->inbox < 0)
		return;
	ret = CALL(s, receive, s->inbox, 0, 0,
		   recvmsg(s->inbox, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
	if (ret != sizeof(parcel))
		return;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	if (fstat(fd, &st) || st.st_ino != parcel.id)
		violation(s, "container %llu was sent, and %llu came",
			  (unsigned long long)parcel.id, (unsigned long long)st.st_ino);
	handle_put(s, fd, parcel.id, parcel.rights, below(parcel.id, s->own));
}

/* --- what other threads close meanwhile ------------------------------------------- */

static void op_wild(struct self *s)
{
	int fd = WILD_BASE + pick(s, NR_WILD), fd2 = WILD_BASE + pick(s, NR_WILD);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct container_info info;
	int which = pick(s, 9);
	struct stat st;
	long ret;

	switch (which) {
	case 0:
		ret = CALL(s, wild, fd, which, 0, close(fd));
		break;
	case 1:
		ret = CALL(s, wild, fd, which, fd2, dup3(fd, fd2, O_CLOEXEC));
		break;
	case 2:
		ret = CALL(s, wild, fd, which, 0, ioctl(fd, CONTAINER_GET_INFO, &info));
		break;
	case 3:
		ret = CALL(s, wild, fd, which, 0, poll(&pfd, 1, 0));
		break;
	case 4:
		ret = CALL(s, wild, fd, which, 0, container_kill(fd, 0, 0));
		break;
	case 5:
		ret = CALL(s, wild, fd, which, 0, container_wait(fd, NULL, WNOHANG, NULL));
		break;
	case 6:
		ret = CALL(s, wild, fd, which, 0, ioctl(fd, CONTAINER_DROP_RIGHTS,
							1UL << pick(s, 3)));
		break;
	case 7:
		ret = CALL(s, wild, fd, which, 0, fstat(fd, &st));
		break;
	default:
		ret = CALL(s, wild, fd, which, 0, ioctl(fd, CONTAINER_DUP, 0UL));
		if (ret >= 0)
			close(ret);
	}
	MAY_FAIL(s, "a call on a changing descriptor", ret, EBADF, EPERM, ECHILD, ESRCH, EBUSY,
		 EINVAL);
}

static const struct {
	void (*fn)(struct self *s);
	unsigned int weight;
} choices[] = {
	{ op_info, 100 }, { op_poll, 100 }, { op_stat, 40 }, { op_wait, 60 },
	{ op_kill, 60 }, { op_epoll, 40 }, { op_dup_handle, 30 }, { op_drop_rights, 30 },
	{ op_open_id, 40 }, { op_pid_container, 20 }, { op_get_namespace, 30 },
	{ op_set_namespace, 25 }, { op_socket, 25 }, { op_setns, 10 },
	{ op_create, 15 }, { op_create_invalid, 60 }, { op_close, 20 }, { op_dup, 40 },
	{ op_send, 30 }, { op_receive, 30 }, { op_wild, 100 },
	{ op_info_invalid, 40 }, { op_wait_invalid, 40 }, { op_kill_invalid, 40 },
	{ op_ioctl_invalid, 40 }, { op_wait_blocking, 1 },
};

void handles_random(struct self *s)
{
	static unsigned int total;
	unsigned int i, n, sum = 0;

	if (!total) {
		for (i = 0; i < ARRAY_LEN(choices); i++)
			sum += choices[i].weight;
		total = sum;
	}
	n = pick(s, total);
	for (i = 0; n >= choices[i].weight; i++)
		n -= choices[i].weight;
	choices[i].fn(s);
}
