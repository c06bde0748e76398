// SPDX-License-Identifier: GPL-2.0
/* The options that run and exec have in common. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

void launch_option(struct launch *launch, int option, char *value)
{
	switch (option) {
	case 'e':
		if (!strchr(value, '=') || *value == '=')
			die("-e %s: want KEY=VALUE", value);
		launch->set[launch->nr_set++] = value;
		break;
	case 'w':
		launch->workdir = value;
		break;
	case 'u':
		launch->user = value;
		break;
	case 't':
		launch->want_tty = true;
		launch->no_tty = false;
		break;
	case 'T':
		launch->no_tty = true;
		launch->want_tty = false;
		break;
	}
}

/* Room for all variables, for HOME, which is found inside, and for the end. */
size_t environment_slots(const struct launch *launch)
{
	size_t n = 0;

	while (environ[n])
		n++;
	return n + launch->nr_set + 2;
}

static bool same_key(const char *a, const char *b)
{
	while (*a == *b && *a != '=' && *a) {
		a++;
		b++;
	}
	return *a == '=' && *b == '=';
}

bool launch_sets(const struct launch *launch, const char *key)
{
	for (unsigned int s = 0; s < launch->nr_set; s++) {
		if (same_key(launch->set[s], key))
			return true;
	}
	return false;
}

void make_environment(const struct launch *launch, const char **env)
{
	size_t n = 0, i;

	while (environ[n]) {
		env[n] = environ[n];
		n++;
	}
	for (unsigned int s = 0; s < launch->nr_set; s++) {
		for (i = 0; i < n && !same_key(env[i], launch->set[s]); i++)
			;
		env[i] = launch->set[s];
		if (i == n)
			n++;
	}
	env[n] = NULL;
	env[n + 1] = NULL;
}

/*
 * Who asks for a terminal gets one. Who does not gets one if all is interactive:
 * with the output in a pipeline, the terminal belongs to another program as well
 * (less, say), and must not be put into raw mode.
 */
static bool uses_tty(const struct launch *launch)
{
	if (launch->want_tty)
		return true;
	return !launch->no_tty && !launch->detach && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}

/* Starts it and stays until it has ended. Returns the status to exit with. */
int launch_attended(const struct launch *launch, struct process *process,
		    struct attended *attended, bool stops_container)
{
	bool use_tty = uses_tty(launch);
	struct signals signals;
	struct tty tty;

	if (use_tty) {
		tty_open(&tty);
		tty_stdio(&tty, launch->want_tty, process->stdio);
		tty_raw(&tty);
		process->new_session = true;
		process->terminal = true;
		attended->tty = &tty;
	}
	signals_take(&signals, stops_container || use_tty);
	process->mask = &signals.old;
	attended->signals = &signals;
	attended->pid = start_process(process);
	if (attended->pid < 0) {
		tty_restore();
		return -attended->pid;
	}
	return attend(attended);
}
