// SPDX-License-Identifier: GPL-2.0
/* Carries bytes between the caller's terminal and the one inside. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tool.h"

/* A pipe that is said to be writable takes this much without blocking. */
#define CHUNK	4096

struct flow {
	size_t start, end;
	bool ended;		/* nothing more comes in, or nobody takes it */
	char last;
	char buf[CHUNK];
};

struct pump {
	struct flow in, out;
	bool end_sent;
};

static bool pending(const struct flow *flow)
{
	return flow->start < flow->end;
}

static void fill(struct flow *flow, int fd)
{
	ssize_t len = read(fd, flow->buf, sizeof(flow->buf));

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		flow->ended = true;
		return;
	}
	flow->start = 0;
	flow->end = len;
	flow->last = flow->buf[len - 1];
}

/* False: nobody takes it any more. */
static bool drain(struct flow *flow, int fd)
{
	ssize_t len = write(fd, flow->buf + flow->start, flow->end - flow->start);

	if (len > 0)
		flow->start += len;
	return len >= 0 || errno == EAGAIN || errno == EINTR;
}

/* The keys that interrupt, if the process that they are for ignores them. */
static void notice_keys(struct attended *attended, const struct flow *flow)
{
	int master = attended->tty->master;
	struct termios termios;
	pid_t foreground;

	if (!attended->pid_namespace_init || tcgetattr(master, &termios) ||
	    !(termios.c_lflag & ISIG) || ioctl(master, TIOCGPGRP, &foreground) ||
	    foreground != attended->pid)
		return;
	if (memchr(flow->buf, termios.c_cc[VINTR], flow->end))
		attend_discarded(attended, SIGINT);
	else if (memchr(flow->buf, termios.c_cc[VQUIT], flow->end))
		attend_discarded(attended, SIGQUIT);
}

/* The end of a file or a pipe is a key on a terminal. */
static void send_end(struct pump *pump, int master)
{
	struct termios termios;

	pump->end_sent = true;
	if (tcgetattr(master, &termios) || !(termios.c_lflag & ICANON))
		return;
	/* In a line, the first one ends the line. */
	pump->in.buf[0] = termios.c_cc[VEOF];
	pump->in.buf[1] = termios.c_cc[VEOF];
	pump->in.start = 0;
	pump->in.end = pump->in.last && pump->in.last != '\n' ? 2 : 1;
}

static void read_input(struct pump *pump, struct attended *attended)
{
	fill(&pump->in, STDIN_FILENO);
	if (pending(&pump->in))
		notice_keys(attended, &pump->in);
	else if (pump->in.ended && !attended->tty->raw && !pump->end_sent)
		send_end(pump, attended->tty->master);
}

static void read_signals(int sigfd, struct attended *attended)
{
	struct signalfd_siginfo info;

	while (read(sigfd, &info, sizeof(info)) == sizeof(info))
		attend_signal(attended, info.ssi_signo, info.ssi_code == SI_KERNEL);
}

static void move(struct pump *pump, struct attended *attended, int sigfd)
{
	int master = attended->tty->master;
	struct pollfd p[] = {
		{ .fd = sigfd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
		{ .fd = -1 },
		{ .fd = -1, .events = POLLOUT },
	};

	if (!pending(&pump->in) && !pump->in.ended)
		p[1].fd = STDIN_FILENO;
	if (pending(&pump->in))
		p[2].events |= POLLOUT;
	if (!pending(&pump->out))
		p[2].events |= POLLIN;
	/* One that hung up would be reported again and again. */
	if (p[2].events && !pump->out.ended)
		p[2].fd = master;
	if (pending(&pump->out))
		p[3].fd = STDOUT_FILENO;

	if (poll(p, ARRAY_SIZE(p), -1) < 0)
		return;
	if (p[0].revents)
		read_signals(sigfd, attended);
	if (p[1].revents)
		read_input(pump, attended);
	if (p[2].revents & POLLOUT && !drain(&pump->in, master))
		pump->in.start = pump->in.end;
	if (p[2].revents & ~POLLOUT && !pending(&pump->out))
		fill(&pump->out, master);
	/* With nobody to read it, output is thrown away: the command goes on. */
	if (p[3].revents && !drain(&pump->out, STDOUT_FILENO))
		pump->out.start = pump->out.end;
}

/*
 * Writes what is left, when it is taken. False: nobody takes it, or a signal asks
 * for the end meanwhile.
 */
static bool drain_last(struct flow *flow, int sigfd)
{
	struct pollfd p[] = {
		{ .fd = sigfd, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = POLLOUT },
	};
	struct signalfd_siginfo info;

	while (poll(p, ARRAY_SIZE(p), -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	while (p[0].revents && read(sigfd, &info, sizeof(info)) == sizeof(info)) {
		if (is_request_to_end(info.ssi_signo))
			return false;
	}
	return !p[1].revents || drain(flow, STDOUT_FILENO);
}

/* What was written before the command ended is all there to be read. */
static void flush(struct pump *pump, int master, int sigfd)
{
	for (;;) {
		if (!pending(&pump->out)) {
			fill(&pump->out, master);
			if (!pending(&pump->out))
				return;
		}
		if (!drain_last(&pump->out, sigfd))
			return;
	}
}

int pump(struct attended *attended)
{
	struct pump pump = { .end_sent = false };
	int status, sigfd;

	sigfd = signalfd(-1, &attended->signals->watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigfd < 0)
		die_errno(NULL, "signalfd");
	/*
	 * The slave stays open here: who closes all that it has of the terminal
	 * may open it again by its name.
	 */
	while (waitpid(attended->pid, &status, WNOHANG) != attended->pid)
		move(&pump, attended, sigfd);
	flush(&pump, attended->tty->master, sigfd);
	tty_restore();
	close(sigfd);
	return status;
}
