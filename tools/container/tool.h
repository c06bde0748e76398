/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of container(1) share.
 *
 * The way from main() to the start of a process is kept short: no stdio, no
 * malloc, no system call that is not needed. Who looks or waits (ps, top) may
 * take its time.
 */
#ifndef CONTAINER_TOOL_H
#define CONTAINER_TOOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/container.h>

#ifndef VERSION
#define VERSION		"unknown"
#endif
#ifndef LIBEXECDIR
#define LIBEXECDIR	"/usr/libexec/container"
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __noreturn	__attribute__((noreturn))

/* As env(1) has them; any other status is that of the command. */
enum {
	EXIT_TOOL = 125,		/* the tool itself failed */
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,		/* plus the signal's number */
};

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *summary;
	const char *help;
};

extern const struct command command_run, command_exec, command_ps, command_wait,
	command_kill, command_top, command_inspect;

/* message.c: each is one line on standard error. */
void complain(const char *format, ...) __printf(1, 2);
void die(const char *format, ...) __printf(1, 2) __noreturn;
/* With the meaning of errno, and what may help: @hint, or what is known of it. */
void complain_errno(const char *hint, const char *format, ...) __printf(2, 3);
void die_errno(const char *hint, const char *format, ...) __printf(2, 3) __noreturn;
void die_usage(const struct command *command, const char *format, ...)
	__printf(2, 3) __noreturn;
void print_help(const struct command *command) __noreturn;
int finish_output(void);
/* For who may not control a container. */
#define NOT_YOURS	"it is not yours, or not below your own"
/* What can be shown on a terminal: escapes control characters. */
const char *printable(const char *text, char *buf, size_t size);

/* text.c */
bool parse_number(const char *text, unsigned long long max, unsigned long long *value);
int parse_signal(const char *text);
/* Cuts what does not fit. */
void copy_text(char *to, size_t size, const char *from);
int exit_status(int wstatus);

/* option.c: getopt_long(), whose messages would be in another form. */
struct option;
int next_option(const struct command *command, int argc, char **argv,
		const char *letters, const struct option *options);

/* find.c */
struct container_entry {
	unsigned long long id;
	unsigned long long parent;
	char state[12];
	long processes;			/* -1: not counted */
	pid_t init;
	bool own;			/* the caller's own container */
	char name[CONTAINER_NAME_MAX];
};

struct container_list {
	int fd;
	size_t start, end;
	bool past_own;
	char buf[4096];
};

void list_open(struct container_list *list);
bool list_next(struct container_list *list, struct container_entry *entry);
int open_by_id(int list_fd, unsigned long long id);
/* A descriptor of the container that @what, an id or a name, stands for. */
int open_container(const char *what);
/* The same, or -1 after a complaint. */
int try_open_container(const char *what);

/* launch.c: options that run and exec share. */
#define LAUNCH_SHORT_OPTIONS	"e:w:u:tT"

struct launch {
	char **argv;
	const char **set;		/* -e, in order */
	unsigned int nr_set;
	const char *workdir;
	const char *user;
	bool want_tty, no_tty;
	bool detach;
};

void launch_option(struct launch *launch, int option, char *value);
size_t environment_slots(const struct launch *launch);
void make_environment(const struct launch *launch, const char **env);
bool launch_sets(const struct launch *launch, const char *key);

/* start.c */
struct setup {
	unsigned int flags;		/* CONTAINER_NEW_* */
	const char *hostname;
	bool mount_proc;
};

struct process {
	int cfd;
	char **argv;
	/* Ends with a NULL and has one entry more, for HOME. */
	const char **env;
	const char *workdir;
	const char *user;		/* UID|NAME[:GID|NAME], or NULL */
	bool keep_home;			/* HOME was set by the caller */
	const struct setup *setup;	/* NULL: entering a container that runs */
	const sigset_t *mask;
	int stdio[3];			/* -1: as it is */
	bool new_session;
	bool terminal;			/* standard input is to control the session */
};

/*
 * Returns the pid of a process that has executed the command. Else it has
 * complained, and returns minus the status to exit with.
 */
pid_t start_process(const struct process *process);

/* inside.c: what the new process does before it executes the command. */
enum step {
	STEP_NONE,
	STEP_SESSION,
	STEP_TERMINAL,
	STEP_PRIVATE,
	STEP_PROC,
	STEP_HOSTNAME,
	STEP_LOOPBACK,
	STEP_USER,
	STEP_GROUP,
	STEP_IDS,
	STEP_WORKDIR,
	STEP_EXEC,
};

struct report {
	enum step step;
	int error;			/* 0: no such entry */
};

/* Returns only if something fails. */
void become_command(const struct process *process, struct report *report);
int explain_report(const struct process *process, const struct report *report);

/* user.c: reads files of the container, so it runs inside. */
struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[64];
	int nr_groups;
	char home[256];			/* "HOME=...", or empty */
};

bool find_identity(const char *user, struct identity *identity, struct report *report);

/* idmap.c */
void map_caller_to_root(pid_t pid);

/* signals.c */
struct signals {
	sigset_t watched;
	sigset_t old;
};

void signals_take(struct signals *signals, bool with_stops);

/* tty.c */
struct tty {
	int master;
	int slave;
	bool raw;
};

void tty_open(struct tty *tty);
void tty_stdio(const struct tty *tty, bool all, int stdio[3]);
void tty_raw(struct tty *tty);
void tty_restore(void);
void tty_resize(const struct tty *tty);

/* attend.c: until the command has ended. */
struct attended {
	pid_t pid;
	int cfd;			/* -1: the container is not ours to end */
	bool pid_namespace_init;
	const struct signals *signals;
	struct tty *tty;		/* NULL: without */
	int killed_by;
};

int attend(struct attended *attended);
/* A signal came that @pid was to get. */
void attend_signal(struct attended *attended, int sig, bool from_terminal);
/* What programs end on, unless they have reasons. */
bool is_request_to_end(int sig);
void attend_discarded(struct attended *attended, int sig);

/* pump.c: between the terminal and the pty, till @pid has ended. */
int pump(struct attended *attended);

/* launch.c: from the options to the command's end. */
int launch_attended(const struct launch *launch, struct process *process,
		    struct attended *attended, bool stops_container);

#endif /* CONTAINER_TOOL_H */
