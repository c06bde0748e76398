// SPDX-License-Identifier: GPL-2.0
/* Texts, and numbers, signals and statuses as people write them. */
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "tool.h"

bool parse_number(const char *text, unsigned long long max, unsigned long long *value)
{
	unsigned long long n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned char)*text - '0';

		if (digit > 9 || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

static const struct {
	const char *name;
	int number;
} signal_names[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
	{ "ILL", SIGILL }, { "TRAP", SIGTRAP }, { "ABRT", SIGABRT },
	{ "BUS", SIGBUS }, { "FPE", SIGFPE }, { "KILL", SIGKILL },
	{ "USR1", SIGUSR1 }, { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
	{ "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
	{ "URG", SIGURG }, { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "WINCH", SIGWINCH },
	{ "IO", SIGIO }, { "POLL", SIGIO }, { "PWR", SIGPWR }, { "SYS", SIGSYS },
};

/* A number, or a name with or without SIG; -1 if it is none. */
int parse_signal(const char *text)
{
	unsigned long long number;

	if (parse_number(text, 64, &number))
		return number;
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signal_names); i++) {
		if (!strcasecmp(text, signal_names[i].name))
			return signal_names[i].number;
	}
	/* C libraries keep some for themselves: the user's view starts at 34. */
	if (!strcasecmp(text, "RTMIN"))
		return 34;
	if (!strcasecmp(text, "RTMAX"))
		return 64;
	if (!strncasecmp(text, "RTMIN+", 6) && parse_number(text + 6, 30, &number))
		return 34 + number;
	if (!strncasecmp(text, "RTMAX-", 6) && parse_number(text + 6, 30, &number))
		return 64 - number;
	return -1;
}

int exit_status(int wstatus)
{
	return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : EXIT_SIGNAL + WTERMSIG(wstatus);
}

void copy_text(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}
