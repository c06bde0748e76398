// SPDX-License-Identifier: GPL-2.0
/* Messages for people. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static size_t append(char *line, size_t size, size_t len, const char *text)
{
	size_t n = strlen(text);

	if (n > size - len - 1)
		n = size - len - 1;
	memcpy(line + len, text, n);
	line[len + n] = '\0';
	return len + n;
}

/* One write(2), so that the lines of several processes do not mix. */
static void write_line(const char *format, va_list args, const char *meaning,
		       const char *hint)
{
	char line[1024] = "container: ";
	size_t len = strlen(line), size = sizeof(line) - 1;
	int n;

	n = vsnprintf(line + len, size - len, format, args);
	if (n > 0)
		len += (size_t)n < size - len ? (size_t)n : size - len - 1;
	if (meaning) {
		len = append(line, size, len, ": ");
		len = append(line, size, len, meaning);
	}
	if (hint) {
		len = append(line, size, len, " (");
		len = append(line, size, len, hint);
		len = append(line, size, len, ")");
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return;		/* nobody is left to be told */
}

static const char *usual_hint(int error)
{
	switch (error) {
	case ENOSYS:
		return "this kernel has no containers";
	case ECANCELED:
		return "the container is dying or dead";
	case ENOSPC:
		return "nested too deep, or a limit of user.max_* is reached";
	default:
		return NULL;
	}
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(format, args, NULL, NULL);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	tty_restore();
	va_start(args, format);
	write_line(format, args, NULL, NULL);
	va_end(args);
	exit(EXIT_TOOL);
}

void complain_errno(const char *hint, const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	write_line(format, args, strerror(error), hint ? hint : usual_hint(error));
	va_end(args);
}

void die_errno(const char *hint, const char *format, ...)
{
	int error = errno;
	va_list args;

	tty_restore();
	va_start(args, format);
	write_line(format, args, strerror(error), hint ? hint : usual_hint(error));
	va_end(args);
	exit(EXIT_TOOL);
}

void die_usage(const struct command *command, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	complain("%s: %s (see container %s --help)", command->name, message,
		 command->name);
	exit(EXIT_TOOL);
}

/* The status to exit with: an error of any write before counts as well. */
int finish_output(void)
{
	if (!ferror(stdout) && !fflush(stdout))
		return 0;
	complain("cannot write to standard output");
	return EXIT_TOOL;
}

void print_help(const struct command *command)
{
	fputs(command->help, stdout);
	exit(finish_output());
}

/*
 * C0 and C1 are what terminals act upon. C1 is two bytes in UTF-8, of which the
 * first one, escaped, leaves the second one without a meaning; in other
 * encodings it is one byte, which as part of a UTF-8 character must stay.
 */
static bool is_control(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f ||
	       (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0);
}

const char *printable(const char *text, char *buf, size_t size)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = 0;

	for (; *c && len + 5 < size; c++) {
		if (!is_control(c)) {
			buf[len++] = *c;
			continue;
		}
		buf[len++] = '\\';
		buf[len++] = '0' + (*c >> 6);
		buf[len++] = '0' + ((*c >> 3) & 7);
		buf[len++] = '0' + (*c & 7);
	}
	buf[len] = '\0';
	return buf;
}
