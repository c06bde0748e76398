// SPDX-License-Identifier: GPL-2.0
/* The caller's terminal, and the new one that stands in for it inside. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tool.h"

/* How the caller's terminal was; every way out of the program restores it. */
static struct termios caller_termios;
static bool changed;

void tty_open(struct tty *tty)
{
	struct termios termios;
	int unlock = 0;

	tty->raw = isatty(STDIN_FILENO);
	tty->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (tty->master < 0)
		die_errno("-T does without a terminal", "cannot make a terminal");
	if (ioctl(tty->master, TIOCSPTLCK, &unlock))
		die_errno(NULL, "cannot unlock the new terminal");
	/* By its master: no name, so no other devpts, can mislead it. */
	tty->slave = ioctl(tty->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty->slave < 0)
		die_errno(NULL, "cannot open the new terminal");
	if (tty->raw && !tcgetattr(STDIN_FILENO, &termios))
		tcsetattr(tty->slave, TCSANOW, &termios);
	tty_resize(tty);
}

/* Everything goes to the new terminal, or what was the caller's terminal only. */
void tty_stdio(const struct tty *tty, bool all, int stdio[3])
{
	for (int fd = 0; fd < 3; fd++)
		stdio[fd] = all || isatty(fd) ? tty->slave : -1;
}

void tty_resize(const struct tty *tty)
{
	struct winsize size;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size) ||
	    !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		ioctl(tty->master, TIOCSWINSZ, &size);
}

/*
 * From now on keys are for the program inside. If this is a job in the
 * background, SIGTTOU stops it here until it is in the foreground.
 */
void tty_raw(struct tty *tty)
{
	struct termios termios;
	sigset_t set, old;

	if (!tty->raw)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	if (!changed && tcgetattr(STDIN_FILENO, &caller_termios))
		die_errno(NULL, "the terminal's settings");
	termios = caller_termios;
	cfmakeraw(&termios);
	while (tcsetattr(STDIN_FILENO, TCSANOW, &termios)) {
		if (errno != EINTR)
			die_errno(NULL, "cannot change the terminal's settings");
	}
	changed = true;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void tty_restore(void)
{
	sigset_t set, old;

	if (!changed)
		return;
	/* From the background, too, where it would stop otherwise. */
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, &old);
	tcsetattr(STDIN_FILENO, TCSANOW, &caller_termios);
	changed = false;
	sigprocmask(SIG_SETMASK, &old, NULL);
}
