// SPDX-License-Identifier: GPL-2.0
/*
 * Waits for a command as a shell's own child would behave: signals for this
 * process are for the command, and to stop the one is to stop the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "tool.h"

/* Is there a line "@key<tab>mask" in @status with the bit for @sig? */
static bool has_signal(const char *status, const char *key, int sig)
{
	const char *line = strstr(status, key);

	if (!line)
		return true;
	return strtoull(line + strlen(key), NULL, 16) >> (sig - 1) & 1;
}

/* Does the process catch, ignore or block it? Yes, if that cannot be known. */
static bool cares_for(pid_t pid, int sig)
{
	char path[32] = "/proc/", status[4096];
	char digits[12], *d = digits + sizeof(digits) - 1;
	ssize_t len;
	int fd;

	*d = '\0';
	for (; pid; pid /= 10)
		*--d = '0' + pid % 10;
	strcat(strcat(path, d), "/status");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	len = read(fd, status, sizeof(status) - 1);
	close(fd);
	if (len <= 0)
		return true;
	status[len] = '\0';
	return has_signal(status, "\nSigBlk:\t", sig) ||
	       has_signal(status, "\nSigIgn:\t", sig) ||
	       has_signal(status, "\nSigCgt:\t", sig);
}

/*
 * The init of a PID namespace never gets a signal that it has no handler for.
 * What ends any other command ends the container then.
 */
void attend_discarded(struct attended *attended, int sig)
{
	if (!attended->pid_namespace_init || cares_for(attended->pid, sig))
		return;
	if (!container_kill(attended->cfd, 0, SIGKILL))
		attended->killed_by = sig;
}

/* Stops the container with this process, and continues with it. */
static void stop(struct attended *attended, int sig)
{
	sigset_t set, old;

	if (attended->cfd >= 0)
		container_kill(attended->cfd, 0, SIGSTOP);
	tty_restore();

	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, &old);	/* stops here */
	sigprocmask(SIG_SETMASK, &old, NULL);

	if (attended->tty) {
		tty_raw(attended->tty);
		tty_resize(attended->tty);
	}
	if (attended->cfd >= 0)
		container_kill(attended->cfd, 0, SIGCONT);
}

bool is_request_to_end(int sig)
{
	return sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTERM;
}

static void forward(struct attended *attended, int sig, bool from_terminal)
{
	/* The command is in the same process group then, and has it already. */
	if (!from_terminal) {
		if (attended->cfd >= 0)
			container_kill(attended->cfd, 1, sig);
		else
			kill(attended->pid, sig);
	}
	if (is_request_to_end(sig))
		attend_discarded(attended, sig);
}

void attend_signal(struct attended *attended, int sig, bool from_terminal)
{
	switch (sig) {
	case SIGCHLD:
	case SIGPIPE:
		break;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		stop(attended, sig);
		break;
	case SIGWINCH:
		if (attended->tty)
			tty_resize(attended->tty);
		else
			forward(attended, sig, from_terminal);
		break;
	case SIGCONT:
		/* After a SIGSTOP, which nobody sees coming. */
		if (attended->tty) {
			tty_raw(attended->tty);
			tty_resize(attended->tty);
		}
		forward(attended, sig, from_terminal);
		break;
	default:
		forward(attended, sig, from_terminal && !attended->tty);
		break;
	}
}

static int wait_without_terminal(struct attended *attended)
{
	int status, sig;
	siginfo_t info;

	while (waitpid(attended->pid, &status, WNOHANG) != attended->pid) {
		sig = sigwaitinfo(&attended->signals->watched, &info);
		if (sig > 0)
			attend_signal(attended, sig, info.si_code == SI_KERNEL);
	}
	return status;
}

/* So that nothing of the container is left when this program has ended. */
static void wait_until_dead(int cfd)
{
	struct pollfd pollfd = { .fd = cfd };

	while (poll(&pollfd, 1, -1) < 0 && errno == EINTR)
		;
}

int attend(struct attended *attended)
{
	int status;

	if (attended->tty)
		status = pump(attended);
	else
		status = wait_without_terminal(attended);
	if (attended->cfd >= 0)
		wait_until_dead(attended->cfd);
	if (attended->killed_by)
		return EXIT_SIGNAL + attended->killed_by;
	return exit_status(status);
}
