// SPDX-License-Identifier: GPL-2.0
/* container top: what containers use, again and again. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tree.h"

#define REFRESH_MS	1000
#define CTRL(c)		((c) & 0x1f)

/* A process, as far as its use of the processor goes. */
struct member {
	pid_t pid;
	unsigned long long started;	/* tells one from the next with its pid */
	unsigned long long ticks;
	unsigned long long id;
	unsigned long long pages;
};

struct sample {
	struct member *members;		/* in the order of pids, as procfs has it */
	size_t nr, room;
	unsigned long long when;	/* nanoseconds since boot */
};

struct usage {
	unsigned long long processes;
	unsigned long long ticks;
	unsigned long long pages;
};

static const struct option options[] = {
	{ "once",	no_argument,	NULL, '1' },
	{ "help",	no_argument,	NULL, 'h' },
	{ }
};

/* Fields of proc_pid_stat(5), numbered as there. */
enum {
	STAT_STATE = 3,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_STARTTIME = 22,
	STAT_RSS = 24,
};

static bool read_stat(struct member *member)
{
	char path[32], text[1024], *field;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", member->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	/* The name, in parentheses, can have any character in it. */
	field = strrchr(text, ')');
	for (int i = STAT_STATE; field && i <= STAT_RSS; i++) {
		field = strchr(field + 1, ' ');
		if (!field)
			return false;
		if (i == STAT_UTIME || i == STAT_STIME)
			member->ticks += strtoull(field, NULL, 10);
		if (i == STAT_STARTTIME)
			member->started = strtoull(field, NULL, 10);
		if (i == STAT_RSS)
			member->pages = strtoull(field, NULL, 10);
	}
	return field;
}

static void add_member(void *arg, pid_t pid, unsigned long long id)
{
	struct sample *sample = arg;
	struct member member = { .pid = pid, .id = id };

	if (!read_stat(&member))
		return;
	if (sample->nr == sample->room) {
		sample->room = sample->room ? 2 * sample->room : 256;
		sample->members = realloc(sample->members,
					  sample->room * sizeof(*sample->members));
		if (!sample->members)
			die("out of memory");
	}
	sample->members[sample->nr++] = member;
}

static void take_sample(struct sample *sample)
{
	sample->nr = 0;
	sample->when = boot_time();
	each_member(add_member, sample);
}

static int compare_pids(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* What the process had used by the sample before. */
static unsigned long long ticks_before(const struct sample *before, const struct member *member)
{
	const struct member *found = NULL;

	if (before->nr)
		found = bsearch(member, before->members, before->nr,
				sizeof(*member), compare_pids);
	if (!found || found->started != member->started || found->ticks > member->ticks)
		return 0;
	return found->ticks;
}

static void sum_up(const struct tree *tree, const struct sample *sample,
		   const struct sample *before, struct usage *usage)
{
	memset(usage, 0, tree->nr * sizeof(*usage));
	for (size_t i = 0; i < sample->nr; i++) {
		const struct member *member = &sample->members[i];
		const struct node *node = tree_find(tree, member->id);

		if (!node)
			continue;
		usage[node - tree->nodes].processes++;
		usage[node - tree->nodes].pages += member->pages;
		usage[node - tree->nodes].ticks += member->ticks -
						   ticks_before(before, member);
	}
}

/* In tenths of a per cent of one processor. */
static unsigned long long per_mille(unsigned long long ticks, unsigned long long ns)
{
	unsigned long long ms = ns / 1000000;

	return ms ? ticks * 1000000 / sysconf(_SC_CLK_TCK) / ms : 0;
}

static void print_usage(const struct node *node, const struct usage *usage,
			unsigned long long elapsed, const char *end)
{
	unsigned long long cpu = per_mille(usage->ticks, elapsed);
	unsigned long long kib = usage->pages * (sysconf(_SC_PAGESIZE) / 1024);
	char name[256], line[512];

	printable(node->entry.name, name, sizeof(name));
	snprintf(line, sizeof(line), "%-5llu %5llu %4llu.%llu %8llu.%llu %*s%s",
		 node->entry.id, usage->processes, cpu / 10, cpu % 10, kib / 1024,
		 kib % 1024 * 10 / 1024, 2 * ((int)node->depth - 1), "", name);
	cut_columns(line, line_width());
	printf("%s%s", line, end);
}

/*
 * @before is empty at first: then the use of the processor is that since each
 * container's creation.
 */
static void print_table(const struct sample *sample, const struct sample *before,
			int lines, const char *end)
{
	struct node *node = NULL;
	struct usage *usage;
	struct tree tree;

	tree_load(&tree);
	usage = calloc(tree.nr, sizeof(*usage));
	if (!usage)
		die("out of memory");
	sum_up(&tree, sample, before, usage);
	printf("%-5s %5s %6s %10s %s%s", "ID", "PROCS", "CPU%", "RSS(MiB)", "NAME", end);
	while (--lines > 0 && (node = tree_next(&tree, node)))
		print_usage(node, &usage[node - tree.nodes],
			    before->when ? sample->when - before->when : node->age, end);
	free(usage);
	tree_free(&tree);
}

static int show_once(void)
{
	struct sample sample = { }, before = { };

	take_sample(&sample);
	print_table(&sample, &before, 1 << 30, "\n");
	free(sample.members);
	return finish_output();
}

static int screen_lines(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		return 24;
	return size.ws_row;
}

/* Alternate screen, no cursor; and back. */
static void enter_screen(struct tty *tty)
{
	tty_raw(tty);
	printf("\033[?1049h\033[?25l");
}

static void leave_screen(void)
{
	printf("\033[?25h\033[?1049l");
	fflush(stdout);
	tty_restore();
}

/* What ends the view, or changes its size, comes as a descriptor to poll. */
static int open_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die_errno(NULL, "signalfd");
	return fd;
}

static int read_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGWINCH)
		return 0;
	return info.ssi_signo;
}

/* False: that is all. */
static bool read_key(struct tty *tty)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1)
		return false;
	if (key == CTRL('z')) {
		leave_screen();
		raise(SIGTSTP);
		enter_screen(tty);
	}
	return key != 'q' && key != 'Q' && key != CTRL('c') && key != CTRL('d');
}

/* Returns the signal that ended it, or 0. */
static int view(struct tty *tty, int sigfd)
{
	struct sample samples[2] = { }, *now = &samples[0], *before = &samples[1], *swap;
	struct pollfd p[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};
	bool more = true;
	int sig = 0;

	while (more && !sig) {
		take_sample(now);
		printf("\033[H\033[2J");
		print_table(now, before, screen_lines() - 1, "\r\n");
		fflush(stdout);
		swap = now;
		now = before;
		before = swap;
		if (poll(p, ARRAY_SIZE(p), REFRESH_MS) <= 0)
			continue;
		if (p[1].revents)
			sig = read_signal(sigfd);
		if (p[0].revents)
			more = read_key(tty);
	}
	free(samples[0].members);
	free(samples[1].members);
	return sig;
}

static int show_live(void)
{
	struct tty tty = { .raw = true };
	int sigfd, sig;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		die("top wants a terminal, or --once");
	sigfd = open_signals();
	enter_screen(&tty);
	sig = view(&tty, sigfd);
	leave_screen();
	return sig ? EXIT_SIGNAL + sig : 0;
}

static int top_main(int argc, char **argv)
{
	bool once = false;
	int option;

	while ((option = next_option(&command_top, argc, argv, ":1", options)) >= 0) {
		switch (option) {
		case '1':
			once = true;
			break;
		case 'h':
			print_help(&command_top);
			break;
		}
	}
	if (optind < argc)
		die_usage(&command_top, "unexpected argument: %s", argv[optind]);
	return once ? show_once() : show_live();
}

const struct command command_top = {
	.name = "top",
	.main = top_main,
	.summary = "show what containers use, refreshed each second",
	.help =
"Usage: container top [OPTION]...\n"
"\n"
"Shows for each container below the caller's own: processes, use of processors in\n"
"per cent of one, and resident memory. Those in nested containers count there.\n"
"The keys q and Ctrl-C quit.\n"
"\n"
"  -1, --once              show it once, for scripts; processor use is the average\n"
"                          since the container was created\n"
"      --help              show this\n",
};
