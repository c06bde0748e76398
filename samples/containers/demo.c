// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a container with namespaces of its own, as an ordinary user, runs shell
 * commands in it and watches it go:
 *
 *	demo [command]...
 *
 * The exit status is that of the last command.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/container.h>

#ifndef __NR_container_create
#define __NR_container_create		500
#endif
#ifndef __NR_fork_into_container
#define __NR_fork_into_container	501
#endif

#define NAME	"foo-test"

static int container_create(const char *name, unsigned int flags)
{
	return syscall(__NR_container_create, name, flags, 0UL, 0UL, 0UL);
}

static pid_t fork_into_container(int cfd)
{
	return syscall(__NR_fork_into_container, cfd);
}

static void show(const char *path)
{
	char buf[4096];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "open %s", path);
	printf("%s:\n", path);
	fflush(stdout);
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, len) != len)
			err(1, "write");
	}
	if (len < 0)
		err(1, "read %s", path);
	close(fd);
}

static void write_file(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "open %s", path);
	if (write(fd, text, len) != len)
		err(1, "write %s", path);
	close(fd);
}

static void write_map(const char *path, unsigned int outer)
{
	char line[32];

	snprintf(line, sizeof(line), "0 %u 1", outer);
	write_file(path, line);
}

/*
 * The container's first process. Its user namespace has no id maps yet, so it
 * has all capabilities in there, but shows up as the overflow user.
 */
static void set_up(uid_t uid, gid_t gid)
{
	write_file("/proc/self/setgroups", "deny");
	write_map("/proc/self/uid_map", uid);
	write_map("/proc/self/gid_map", gid);

	if (sethostname(NAME, strlen(NAME)))
		err(1, "sethostname");
	/* The old one shows the processes of another PID namespace. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		err(1, "mount /proc");
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *command)
{
	int status;

	printf("$ %s\n", command);
	fflush(stdout);
	status = system(command);
	if (status < 0)
		err(1, "system");
	return exit_status(status);
}

/* Runs the commands one after the other and returns the last one's status. */
static int run_commands(int argc, char **argv)
{
	char hostname[64] = "";
	int i, status = 0;

	gethostname(hostname, sizeof(hostname) - 1);
	printf("\n--- inside: pid %d, uid %u, host name %s\n",
	       getpid(), getuid(), hostname);
	show("/proc/containers");
	show("/proc/net/dev");
	fflush(stdout);

	if (argc == 1)
		return run("echo hello from pid $$ in $(hostname); ps");
	for (i = 1; i < argc; i++)
		status = run(argv[i]);
	return status;
}

int main(int argc, char **argv)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct pollfd pollfd;
	int cfd, status;
	pid_t pid;

	cfd = container_create(NAME, CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS |
			       CONTAINER_NEW_IPC_NS | CONTAINER_NEW_USER_NS |
			       CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS |
			       CONTAINER_KILL_ON_CLOSE | CONTAINER_FD_CLOEXEC);
	if (cfd < 0)
		err(1, "container_create");

	printf("--- created: descriptor %d, uid %u\n", cfd, uid);
	show("/proc/containers");

	fflush(stdout);
	pid = fork_into_container(cfd);
	if (pid < 0)
		err(1, "fork_into_container");
	if (pid == 0) {
		set_up(uid, gid);
		exit(run_commands(argc, argv));
	}

	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");

	/* Once init has exited and no other process is left. */
	pollfd = (struct pollfd) { .fd = cfd, .events = POLLIN };
	do {
		if (poll(&pollfd, 1, 10000) != 1)
			errx(1, "the container does not end");
	} while (!(pollfd.revents & POLLHUP));

	printf("\n--- outside: pid %d has ended, poll says%s%s\n", pid,
	       pollfd.revents & POLLIN ? " POLLIN" : "",
	       pollfd.revents & POLLHUP ? " POLLHUP" : "");
	show("/proc/containers");
	close(cfd);

	return exit_status(status);
}
