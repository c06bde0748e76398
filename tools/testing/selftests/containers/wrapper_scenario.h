/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What wrapper_test's helper programs do with tools/include/container.h, which
 * each of them includes in a way of its own. They define before:
 *
 * FAILS(call, error)	does the call fail so, by the convention of this way?
 * leave(code)		exits
 * rest()		does nothing until killed
 * reap(pid, status)	is waitpid(pid, status, 0)
 *
 * No designated initialisers and no 64-bit literals: it is C++98 as well.
 */
#ifndef SELFTESTS_WRAPPER_SCENARIO_H
#define SELFTESTS_WRAPPER_SCENARIO_H

#define SCENARIO_SIGKILL	9
#define SCENARIO_SIGCHLD	17
#define SCENARIO_WNOHANG	1
#define SCENARIO_CLONE_PIDFD	0x00001000
#define SCENARIO_CLONE_VM	0x00000100
#define SCENARIO_CLONE_NEWUTS	0x04000000
#define SCENARIO_AF_UNIX	1
#define SCENARIO_SOCK_DGRAM	2

/* The exit code tells the line; this file is short enough for that. */
#define CHECK(condition) do {			\
	if (!(condition))			\
		return __LINE__;		\
} while (0)

static inline int scenario(void)
{
	struct container_info info, other;
	static struct container_clone_args args;
	int cfd, observer, opened, pidfd = -1, status = -1;
	pid_t init, pid;

	CHECK(sizeof(info) == CONTAINER_INFO_SIZE_VER0 && sizeof(args) == 96);

	/* Each argument gets where it belongs. */
	CHECK(FAILS(container_create(NULL, 0, 0, 0, 0), EINVAL));
	CHECK(FAILS(container_create("wrapper", 0x80000000, 0, 0, 0), EINVAL));
	CHECK(FAILS(container_create("wrapper", 0, 1, 0, 0), EINVAL));
	CHECK(FAILS(container_create("wrapper", 0, 0, 1, 0), EINVAL));
	CHECK(FAILS(container_create("wrapper", 0, 0, 0, 1), EINVAL));
	cfd = container_create("wrapper", CONTAINER_FD_CLOEXEC | CONTAINER_KILL_ON_CLOSE, 0, 0, 0);
	CHECK(cfd >= 0);
	CHECK(FAILS(container_wait(cfd, &status, SCENARIO_WNOHANG, NULL), ECHILD));
	CHECK(FAILS(container_kill(cfd, 1, 0), ESRCH));
	CHECK(FAILS(container_kill(cfd, 1, 65), EINVAL));
	CHECK(FAILS(container_set_namespace(cfd, -1), EBADF));
	CHECK(container_get_info(cfd, &info) == 0);
	CHECK(info.state == CONTAINER_STATE_NEW && info.rights == CONTAINER_RIGHTS_ALL);
	CHECK(info.name[0] == 'w' && info.name[6] == 'r' && info.name[7] == '\0');

	/* The first one in is init. */
	args.flags = CLONE_INTO_CONTAINER | SCENARIO_CLONE_PIDFD;
	args.pidfd = (unsigned long)&pidfd;
	args.exit_signal = SCENARIO_SIGCHLD;
	args.container = cfd;
	init = container_clone(&args);
	CHECK(init >= 0);
	if (init == 0)
		rest();
	CHECK(container_get_info(cfd, &info) == 0);
	CHECK(info.state == CONTAINER_STATE_RUNNING && info.init_pid == init);
	CHECK(container_wait(cfd, &status, SCENARIO_WNOHANG, NULL) == 0 && status == -1);
	CHECK(container_kill(cfd, 1, 0) == 0);
	args.flags |= SCENARIO_CLONE_VM;
	CHECK(FAILS(container_clone(&args), EINVAL));

	pid = fork_into_container(cfd);
	CHECK(pid >= 0);
	if (pid == 0)
		leave(42);
	CHECK(reap(pid, &status) == pid && status == 42 << 8);

	/* Four descriptors of the same one. */
	opened = container_open(info.id);
	CHECK(opened >= 0 && container_get_info(opened, &other) == 0 && other.id == info.id);
	CHECK(FAILS(container_open(0), ENOENT));
	opened = container_from_pidfd(pidfd);
	CHECK(opened >= 0 && container_get_info(opened, &other) == 0 && other.id == info.id);
	CHECK(container_get_namespace(opened, SCENARIO_CLONE_NEWUTS) >= 0);
	CHECK(FAILS(container_get_namespace(opened, 0), EINVAL));
	CHECK(container_drop_rights(opened, CONTAINER_RIGHT_ENTER) == 0);
	CHECK(FAILS(fork_into_container(opened), EPERM));
	observer = container_dup(cfd, CONTAINER_RIGHT_OBSERVE);
	CHECK(observer >= 0 && container_get_info(observer, &other) == 0);
	CHECK(other.rights == CONTAINER_RIGHT_OBSERVE);
	CHECK(FAILS(container_kill(observer, 1, 0), EPERM));

	CHECK(container_socket(cfd, SCENARIO_AF_UNIX, SCENARIO_SOCK_DGRAM, 0) >= 0);
	CHECK(FAILS(container_mount(cfd, "", NULL, "tmpfs", 0, NULL), ENOSYS));
	CHECK(FAILS(container_chroot(cfd, "/"), ENOSYS));
	CHECK(FAILS(container_bind_mount_across(cfd, "/", NULL), ENOSYS));
	CHECK(FAILS(container_add_key("user", "key", "", 0, cfd), ENOSYS));

	CHECK(container_kill(cfd, 0, SCENARIO_SIGKILL) == 0);
	CHECK(container_wait(observer, &status, 0, NULL) == 0 && status == SCENARIO_SIGKILL);
	CHECK(reap(init, &status) == init && status == SCENARIO_SIGKILL);
	CHECK(FAILS(fork_into_container(cfd), ECANCELED));
	CHECK(FAILS(container_socket(cfd, SCENARIO_AF_UNIX, SCENARIO_SOCK_DGRAM, 0), ECANCELED));
	return 0;
}

#endif /* SELFTESTS_WRAPPER_SCENARIO_H */
