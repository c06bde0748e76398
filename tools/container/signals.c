// SPDX-License-Identifier: GPL-2.0
/* Signals are blocked and read: no handler ever runs. */
#include <stdlib.h>

#include "tool.h"

/* What a fault of the tool itself gives must kill it. */
static const int faults[] = {
	SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS,
};

static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };

/* nohup(1) and shells without job control ask for these to be left alone. */
static const int left_alone[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

static void remove_signals(sigset_t *set, const int *signals, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		sigdelset(set, signals[i]);
}

/* Without @with_stops, what stops a job stops this process as any other. */
void signals_take(struct signals *signals, bool with_stops)
{
	struct sigaction action;

	sigfillset(&signals->watched);
	remove_signals(&signals->watched, faults, ARRAY_SIZE(faults));
	if (!with_stops)
		remove_signals(&signals->watched, stops, ARRAY_SIZE(stops));
	sigprocmask(SIG_BLOCK, &signals->watched, &signals->old);

	for (size_t i = 0; i < ARRAY_SIZE(left_alone); i++) {
		if (!sigaction(left_alone[i], NULL, &action) &&
		    action.sa_handler == SIG_IGN)
			sigdelset(&signals->watched, left_alone[i]);
	}
	/* Else children would be reaped by the kernel, and their status lost. */
	signal(SIGCHLD, SIG_DFL);
}
