// SPDX-License-Identifier: GPL-2.0
/*
 * What the new process does inside, on its way to the command. It may share the
 * memory of its parent, and shares none of its permissions: it leaves a note of
 * what failed and does not explain it.
 */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC	0x4
#endif

static bool failed(struct report *report, enum step step)
{
	report->error = errno;
	report->step = step;
	return false;
}

static bool new_session(const struct process *process, struct report *report)
{
	if (process->new_session && setsid() < 0)
		return failed(report, STEP_SESSION);
	if (process->terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0))
		return failed(report, STEP_TERMINAL);
	return true;
}

static bool loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, ret;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ret = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return !ret;
}

static bool set_up(const struct setup *setup, struct report *report)
{
	if (setup->flags & CONTAINER_NEW_FS_NS &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return failed(report, STEP_PRIVATE);
	if (setup->mount_proc &&
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return failed(report, STEP_PROC);
	if (setup->hostname && sethostname(setup->hostname, strlen(setup->hostname)))
		return failed(report, STEP_HOSTNAME);
	if (setup->flags & CONTAINER_NEW_NET_NS && !loopback_up())
		return failed(report, STEP_LOOPBACK);
	return true;
}

static void set_home(const struct process *process, const char *home)
{
	const char **env = process->env;

	while (*env && strncmp(*env, "HOME=", 5))
		env++;
	if (!*env)
		env[1] = NULL;
	*env = home;
}

/* The calls themselves: C libraries' want to tell threads, and there are none. */
#ifdef SYS_setuid32
#define SET_GROUPS	SYS_setgroups32
#define SET_GID		SYS_setgid32
#define SET_UID		SYS_setuid32
#else
#define SET_GROUPS	SYS_setgroups
#define SET_GID		SYS_setgid
#define SET_UID		SYS_setuid
#endif

static bool change_ids(const struct process *process, const struct identity *identity,
		       struct report *report)
{
	/* The terminal is the user's, so that it can be opened by its name. */
	if (process->terminal)
		fchown(STDIN_FILENO, identity->uid, -1);
	/*
	 * A user namespace can deny this. Then nobody in it gets rid of groups,
	 * and whoever lacks the privilege fails below as well.
	 */
	if (syscall(SET_GROUPS, identity->nr_groups, identity->groups) && errno != EPERM)
		return failed(report, STEP_IDS);
	if (syscall(SET_GID, identity->gid) || syscall(SET_UID, identity->uid))
		return failed(report, STEP_IDS);
	return true;
}

/* In a frame of its own, which stays: @identity goes into the environment. */
static bool change_user(const struct process *process, struct identity *identity,
			struct report *report)
{
	if (!find_identity(process->user, identity, report))
		return false;
	if (!change_ids(process, identity, report))
		return false;
	if (identity->home[0] && !process->keep_home)
		set_home(process, identity->home);
	return true;
}

static void execute(const struct process *process, struct report *report)
{
	if (process->workdir && chdir(process->workdir)) {
		failed(report, STEP_WORKDIR);
		return;
	}
	/* No descriptor gets in by accident. */
	syscall(SYS_close_range, 3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	sigprocmask(SIG_SETMASK, process->mask, NULL);
	environ = (char **)process->env;
	execvp(process->argv[0], process->argv);
	failed(report, STEP_EXEC);
}

static void become_user_and_execute(const struct process *process, struct report *report)
{
	struct identity identity;

	if (change_user(process, &identity, report))
		execute(process, report);
}

void become_command(const struct process *process, struct report *report)
{
	if (!new_session(process, report))
		return;
	if (process->setup && !set_up(process->setup, report))
		return;
	if (process->user)
		become_user_and_execute(process, report);
	else
		execute(process, report);
}

static void explain(const char *hint, const char *what, const char *object)
{
	if (object)
		complain_errno(hint, "%s '%s'", what, object);
	else
		complain_errno(hint, "%s", what);
}

int explain_report(const struct process *process, const struct report *report)
{
	errno = report->error;
	switch (report->step) {
	case STEP_SESSION:
		explain(NULL, "cannot make a session", NULL);
		break;
	case STEP_TERMINAL:
		explain(NULL, "cannot take over the new terminal", NULL);
		break;
	case STEP_PRIVATE:
		explain("is / a mount point?", "cannot make the mounts private", NULL);
		break;
	case STEP_PROC:
		explain("--no-proc does without", "cannot mount /proc", NULL);
		break;
	case STEP_HOSTNAME:
		explain(NULL, "cannot set host name", process->setup->hostname);
		break;
	case STEP_LOOPBACK:
		explain(NULL, "cannot bring up interface", "lo");
		break;
	case STEP_USER:
		complain("'%s': no such user in the container's /etc/passwd", process->user);
		break;
	case STEP_GROUP:
		complain("'%s': no such group in the container's /etc/group", process->user);
		break;
	case STEP_IDS:
		explain(report->error == EINVAL ? "has the user namespace a map for it?" : NULL,
			"cannot become user", process->user);
		break;
	case STEP_WORKDIR:
		explain(NULL, "cannot change to directory", process->workdir);
		break;
	default:
		explain(NULL, "cannot run", process->argv[0]);
		return report->error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	}
	return EXIT_TOOL;
}
