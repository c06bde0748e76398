// SPDX-License-Identifier: GPL-2.0
/*
 * container(1), as people and scripts use it: at the end of pipes, and at a
 * terminal. It is expected at /bin/container; without it these tests are skipped.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <termios.h>

#include "container_proc.h"
#include "../kselftest_harness.h"

#define TOOL		"/bin/container"
#define TOOL_FAILED	125
#define USER		1000
#define MAX_ARGS	24
#define TEST_SECONDS	180

/* What a command wrote, and how it ended. */
struct result {
	int status;		/* as wait_for_exit() has it */
	char out[16384];
	char err[4096];
};

/* A running tool, with pipes or with a terminal. */
struct session {
	pid_t pid;
	int out;		/* its output, or the terminal's master */
	int slave;		/* the terminal, or -1 */
	char seen[16384];
	size_t len;
};

static void fill_argv(char **argv, char *first, va_list args)
{
	int n = 1;

	argv[0] = TOOL;
	argv[1] = first;
	while (argv[n] && n < MAX_ARGS - 1)
		argv[++n] = va_arg(args, char *);
	argv[n] = NULL;
}

/* Appends what can be read; false at the end, or if it takes too long. */
static bool read_more(int fd, char *text, size_t size, size_t *len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) <= 0)
		return false;
	n = read(fd, text + *len, size - 1 - *len);
	if (n <= 0)
		return false;
	*len += n;
	text[*len] = '\0';
	return true;
}

/* What the shell that runs this ignores is nothing to what is tested. */
static void reset_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

static void become(uid_t uid)
{
	if (!uid)
		return;
	if (setgroups(0, NULL) || setgid(uid) || setuid(uid) || chdir("/"))
		_exit(99);
	/* Else its own files in /proc are root's until it executes something. */
	prctl(PR_SET_DUMPABLE, 1);
}

/* Starts a program; its input comes from @in. Returns its pid. */
static pid_t spawn(uid_t uid, int in, int out, int err, char *const *argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close_range(3, ~0U, 0);
	become(uid);
	reset_signals();
	execv(argv[0], argv);
	_exit(98);
}

static void run_argv(struct result *result, uid_t uid, const char *input, char *const *argv)
{
	size_t out_len = 0, err_len = 0;
	int in[2], out[2], err[2];
	pid_t pid;

	memset(result, 0, sizeof(*result));
	result->status = -1;
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return;
	pid = spawn(uid, in[0], out[1], err[1], argv);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	if (write(in[1], input, strlen(input)) != (ssize_t)strlen(input))
		return;
	close(in[1]);
	while (read_more(out[0], result->out, sizeof(result->out), &out_len))
		;
	while (read_more(err[0], result->err, sizeof(result->err), &err_len))
		;
	close(out[0]);
	close(err[0]);
	result->status = wait_for_exit(pid);
}

static void run_tool(struct result *result, char *first, ...)
{
	char *argv[MAX_ARGS];
	va_list args;

	va_start(args, first);
	fill_argv(argv, first, args);
	va_end(args);
	run_argv(result, 0, "", argv);
}

static void run_with_input(struct result *result, const char *input, char *first, ...)
{
	char *argv[MAX_ARGS];
	va_list args;

	va_start(args, first);
	fill_argv(argv, first, args);
	va_end(args);
	run_argv(result, 0, input, argv);
}

static void run_as(struct result *result, uid_t uid, char *first, ...)
{
	char *argv[MAX_ARGS];
	va_list args;

	va_start(args, first);
	fill_argv(argv, first, args);
	va_end(args);
	run_argv(result, uid, "", argv);
}

/* Starts the tool with its output in a pipe. */
static bool start(struct session *session, char *first, ...)
{
	char *argv[MAX_ARGS];
	int out[2], null;
	va_list args;

	memset(session, 0, sizeof(*session));
	session->slave = -1;
	va_start(args, first);
	fill_argv(argv, first, args);
	va_end(args);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || pipe2(out, O_CLOEXEC))
		return false;
	session->out = out[0];
	session->pid = spawn(0, null, out[1], STDERR_FILENO, argv);
	close(out[1]);
	close(null);
	return session->pid > 0;
}

static bool open_terminal(struct session *session)
{
	const struct winsize size = { .ws_row = 33, .ws_col = 77 };
	int unlock = 0;

	memset(session, 0, sizeof(*session));
	session->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (session->out < 0 || ioctl(session->out, TIOCSPTLCK, &unlock))
		return false;
	session->slave = ioctl(session->out, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return session->slave >= 0 && !ioctl(session->out, TIOCSWINSZ, &size);
}

/* Starts the tool as the leader of a session at a terminal. */
static bool start_at_terminal(struct session *session, char *first, ...)
{
	char *argv[MAX_ARGS];
	va_list args;

	va_start(args, first);
	fill_argv(argv, first, args);
	va_end(args);
	if (!open_terminal(session))
		return false;
	session->pid = fork();
	if (session->pid)
		return session->pid > 0;
	setsid();
	if (ioctl(session->slave, TIOCSCTTY, 0))
		_exit(97);
	for (int fd = 0; fd < 3; fd++)
		dup2(session->slave, fd);
	close_range(3, ~0U, 0);
	setenv("PS1", "prompt> ", 1);
	reset_signals();
	execv(TOOL, argv);
	_exit(98);
}

/* Reads till @text comes, and forgets what was up to there. */
static bool expect(struct session *session, const char *text)
{
	char *found;

	while (!(found = strstr(session->seen, text))) {
		if (session->len == sizeof(session->seen) - 1 ||
		    !read_more(session->out, session->seen, sizeof(session->seen),
			       &session->len)) {
			ksft_print_msg("'%s' did not come, but '%s'\n", text, session->seen);
			return false;
		}
	}
	found += strlen(text);
	session->len -= found - session->seen;
	memmove(session->seen, found, session->len + 1);
	return true;
}

static bool type(struct session *session, const char *text)
{
	return write(session->out, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Nobody holds the other end of the tool's output any more. */
static bool at_end(struct session *session)
{
	struct pollfd pfd = { .fd = session->out, .events = POLLIN };
	char text[256];

	while (poll(&pfd, 1, CONTAINER_TIMEOUT_MS) > 0) {
		if (read(session->out, text, sizeof(text)) <= 0)
			return true;
	}
	return false;
}

static void close_session(struct session *session)
{
	close(session->out);
	if (session->slave >= 0)
		close(session->slave);
}

static int finish(struct session *session)
{
	int status = wait_for_exit(session->pid);

	close_session(session);
	return status;
}

static bool same_settings(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, NCCS);
}

static bool is_raw(int fd)
{
	struct termios termios;

	return !tcgetattr(fd, &termios) && !(termios.c_lflag & (ICANON | ECHO | ISIG));
}

static unsigned int count_containers(void)
{
	unsigned int lines = 0;
	FILE *f = fopen("/proc/containers", "re");
	int c;

	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines;
}

/* Its one line of output, a container's id. */
static const char *id_of(struct result *result)
{
	result->out[strcspn(result->out, "\n")] = '\0';
	return result->out;
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool is_one_line(const char *text)
{
	return starts_with(text, "container: ") && strchr(text, '\n') == text + strlen(text) - 1;
}

/* Shows @text in the place of a file, for as long as this mount namespace lasts. */
static bool replace_file(const char *path, const char *text)
{
	char new[] = "/tmp/tool_test.XXXXXX";
	int fd = mkstemp(new);
	bool ok;

	if (fd < 0)
		return false;
	ok = !fchmod(fd, 0644) && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
	     !mount(new, path, NULL, MS_BIND, NULL);
	close(fd);
	unlink(new);
	return ok;
}

/* The same users and groups, wherever the tests run. */
static bool have_users(void)
{
	return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       replace_file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"
					   "user:x:1000:1000::/home/user:/bin/sh\n"
					   "nobody:x:65534:65534::/:/bin/sh\n") &&
	       replace_file("/etc/group", "root:x:0:\nuser:x:1000:\nguest:x:1001:\n");
}

FIXTURE(tool)
{
	struct result r;
	struct result r2;
	struct session s;
	unsigned int containers;
};

FIXTURE_SETUP(tool)
{
	if (access(TOOL, X_OK))
		SKIP(return, "there is no " TOOL);
	ASSERT_EQ(0, geteuid());
	ASSERT_TRUE(have_users());
	signal(SIGPIPE, SIG_IGN);
	self->containers = count_containers();
	ASSERT_LE(2, self->containers);
}

/* Whatever a test does, all is dead and gone. */
FIXTURE_TEARDOWN(tool)
{
	EXPECT_TRUE(wait_until(self->containers == count_containers()));
}

TEST_F_TIMEOUT(tool, passes_exit_status_on, TEST_SECONDS)
{
	run_tool(&self->r, "run", "sh", "-c", "exit 7", NULL);
	EXPECT_EQ(7, self->r.status);
	run_tool(&self->r, "run", "true", NULL);
	EXPECT_EQ(0, self->r.status);
	run_tool(&self->r, "run", "sh", "-c", "kill -TERM $$", NULL);
	EXPECT_EQ(128 + SIGTERM, self->r.status);
	run_tool(&self->r, "run", "--pid", "--", "sh", "-c", "exit 9", NULL);
	EXPECT_EQ(9, self->r.status);
	EXPECT_STREQ("", self->r.err);
}

TEST_F_TIMEOUT(tool, tells_what_cannot_be_run, TEST_SECONDS)
{
	run_tool(&self->r, "run", "no-such-command", NULL);
	EXPECT_EQ(127, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	EXPECT_NE(NULL, strstr(self->r.err, "no-such-command"));
	run_tool(&self->r, "run", "/etc/passwd", NULL);
	EXPECT_EQ(126, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	/* The other way to start a process. */
	run_tool(&self->r, "run", "--user", "no-such-command", NULL);
	EXPECT_EQ(127, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "run", "-w", "/no/such/directory", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.err, "/no/such/directory"));
	run_tool(&self->r, "run", "-d", "no-such-command", NULL);
	EXPECT_EQ(127, self->r.status);
	EXPECT_STREQ("", self->r.out);
}

TEST_F_TIMEOUT(tool, passes_input_and_output, TEST_SECONDS)
{
	run_with_input(&self->r, "through\n", "run", "sh", "-c", "cat; echo oops >&2", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_STREQ("through\n", self->r.out);
	EXPECT_STREQ("oops\n", self->r.err);
}

TEST_F_TIMEOUT(tool, passes_no_other_descriptor, TEST_SECONDS)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD, 77);

	ASSERT_EQ(77, fd);
	run_tool(&self->r, "run", "sh", "-c", "ls /proc/$$/fd", NULL);
	EXPECT_EQ(NULL, strstr(self->r.out, "77"));
	close(fd);
}

TEST_F_TIMEOUT(tool, makes_namespaces, TEST_SECONDS)
{
	run_tool(&self->r, "run", "-m", "--uts", "-i", "-p", "-n", "-C", "--hostname", "box",
		 "sh", "-c",
		 "echo $$ $(hostname); echo /proc/[0-9]*; cat /proc/net/fib_trie", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_STREQ("", self->r.err);
	EXPECT_TRUE(starts_with(self->r.out, "1 box\n/proc/1\n"))
		TH_LOG("%s", self->r.out);
	EXPECT_NE(NULL, strstr(self->r.out, "127.0.0.1"));

	/* Without one for mounts, /proc is not touched. */
	run_tool(&self->r, "run", "-p", "sh", "-c", "echo $$", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_STREQ("1\n", self->r.out);
	EXPECT_EQ(0, access("/proc/self/exe", F_OK));

	run_tool(&self->r, "run", "--all", "sh", "-c", "echo $$ $(id -u); grep -c . /proc/mounts",
		 NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_TRUE(starts_with(self->r.out, "1 0\n"));
}

TEST_F_TIMEOUT(tool, tells_that_proc_is_denied, TEST_SECONDS)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	/* Whose /proc shows a part only may not mount one that shows all. */
	ASSERT_EQ(0, mount("tmpfs", "/proc/sys", "tmpfs", 0, NULL));
	run_as(&self->r, USER, "run", "--user", "-m", "-p", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	EXPECT_NE(NULL, strstr(self->r.err, "--no-proc"));
	run_as(&self->r, USER, "run", "--user", "-m", "-p", "--no-proc", "true", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
}

TEST_F_TIMEOUT(tool, sets_environment_directory_and_user, TEST_SECONDS)
{
	run_tool(&self->r, "run", "-e", "A=b", "--env=C=d e", "-w", "/tmp", "-u", "user",
		 "sh", "-c", "echo $A,$C,$(pwd),$(id -u):$(id -g),$HOME", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_STREQ("b,d e,/tmp,1000:1000,/home/user\n", self->r.out);
	run_tool(&self->r, "run", "--user=12:34", "-e", "HOME=/x", "sh", "-c",
		 "echo $(id -u):$(id -g):$(id -G),$HOME", NULL);
	EXPECT_STREQ("12:34:34,/x\n", self->r.out);
	run_tool(&self->r, "run", "-u", "nobody:user", "sh", "-c", "echo $(id -u):$(id -g)", NULL);
	EXPECT_STREQ("65534:1000\n", self->r.out);
	run_tool(&self->r, "run", "sh", "-c", "pwd", NULL);
	EXPECT_STREQ("/\n", self->r.out);
	run_tool(&self->r, "run", "-u", "stranger", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "run", "-u", "user:strangers", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	run_tool(&self->r, "run", "-e", "A", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
}

/* Without a PID namespace of its own, and with one. */
static char * const kinds[] = { "-T", "-p" };

FIXTURE(signals)
{
	struct session s;
};

FIXTURE_VARIANT(signals)
{
	int signal;
	const char *name;
};

FIXTURE_VARIANT_ADD(signals, hup)
{
	.signal = SIGHUP,
	.name = "HUP",
};

FIXTURE_VARIANT_ADD(signals, int)
{
	.signal = SIGINT,
	.name = "INT",
};

FIXTURE_VARIANT_ADD(signals, quit)
{
	.signal = SIGQUIT,
	.name = "QUIT",
};

FIXTURE_VARIANT_ADD(signals, usr1)
{
	.signal = SIGUSR1,
	.name = "USR1",
};

FIXTURE_VARIANT_ADD(signals, usr2)
{
	.signal = SIGUSR2,
	.name = "USR2",
};

FIXTURE_VARIANT_ADD(signals, term)
{
	.signal = SIGTERM,
	.name = "TERM",
};

FIXTURE_SETUP(signals)
{
	if (access(TOOL, X_OK))
		SKIP(return, "there is no " TOOL);
	ASSERT_TRUE(have_users());
}

FIXTURE_TEARDOWN(signals)
{
}

TEST_F_TIMEOUT(signals, are_passed_on, TEST_SECONDS)
{
	char script[128];

	snprintf(script, sizeof(script),
		 "trap 'echo got; exit 5' %s; sleep 1000 & echo ready; wait", variant->name);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_TRUE(start(&self->s, "run", kinds[i], "sh", "-c", script, NULL));
		ASSERT_TRUE(expect(&self->s, "ready"));
		kill(self->s.pid, variant->signal);
		EXPECT_TRUE(expect(&self->s, "got"));
		EXPECT_TRUE(at_end(&self->s));
		EXPECT_EQ(5, finish(&self->s));
	}
}

TEST_F_TIMEOUT(signals, end_who_has_no_handler, TEST_SECONDS)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool lost = !strcmp(kinds[i], "-p") &&
			    (variant->signal == SIGUSR1 || variant->signal == SIGUSR2);
		int sig = lost ? SIGKILL : variant->signal;

		/* No shell, which may ignore signals until it executes something. */
		ASSERT_TRUE(start(&self->s, "run", kinds[i], "tail", "-f", "/etc/group",
				  NULL));
		ASSERT_TRUE(expect(&self->s, "guest:"));
		kill(self->s.pid, variant->signal);
		/* These are no request to end. */
		if (lost)
			kill(self->s.pid, SIGKILL);
		EXPECT_TRUE(at_end(&self->s));
		EXPECT_EQ(128 + sig, finish(&self->s));
	}
}

static bool ignores(char *option)
{
	struct session s;

	if (!start(&s, "run", option, "sh", "-c",
		   "trap '' TERM; echo ready; exec sleep 1000", NULL) ||
	    !expect(&s, "ready"))
		return false;
	kill(s.pid, SIGTERM);
	kill(s.pid, SIGKILL);
	return at_end(&s) && finish(&s) == 128 + SIGKILL;
}

TEST_F_TIMEOUT(tool, respects_who_ignores_signals, TEST_SECONDS)
{
	EXPECT_TRUE(ignores("-T"));
	EXPECT_TRUE(ignores("-p"));
}

TEST_F_TIMEOUT(tool, stops_and_continues_the_container, TEST_SECONDS)
{
	int status;

	ASSERT_TRUE(start(&self->s, "run", "-p", "sh", "-c",
			  "trap 'echo back; exit 3' CONT; sleep 1000 & echo ready; wait", NULL));
	/* In an orphaned process group nothing stops: this one has its parent. */
	ASSERT_TRUE(expect(&self->s, "ready"));
	kill(self->s.pid, SIGTSTP);
	ASSERT_EQ(self->s.pid, waitpid(self->s.pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(SIGTSTP, WSTOPSIG(status));
	kill(self->s.pid, SIGCONT);
	EXPECT_TRUE(expect(&self->s, "back"));
	EXPECT_EQ(3, finish(&self->s));
}

TEST_F_TIMEOUT(tool, takes_all_with_it, TEST_SECONDS)
{
	ASSERT_TRUE(start(&self->s, "run", "sh", "-c",
			  "sleep 1000 & setsid sleep 1000 & trap '' TERM; echo ready; wait", NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	kill(self->s.pid, SIGKILL);
	/* Each of them had the pipe. */
	EXPECT_TRUE(at_end(&self->s));
	EXPECT_EQ(128 + SIGKILL, finish(&self->s));

	/* The command's end is the end of all, too, before the tool's own. */
	run_tool(&self->r, "run", "sh", "-c", "setsid sleep 1000 & exit 4", NULL);
	EXPECT_EQ(4, self->r.status);
}

TEST_F_TIMEOUT(tool, manages_a_detached_container, TEST_SECONDS)
{
	const char *id;
	char line[32];

	run_tool(&self->r2, "run", "-d", "-pm", "--name", "servant", "sleep", "1000", NULL);
	ASSERT_EQ(0, self->r2.status)
		TH_LOG("%s", self->r2.err);
	id = id_of(&self->r2);
	ASSERT_LT(1, atoi(id));

	run_tool(&self->r, "ps", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.out, "servant"));
	EXPECT_NE(NULL, strstr(self->r.out, "sleep 1000"));
	EXPECT_NE(NULL, strstr(self->r.out, "running"));
	run_tool(&self->r, "ps", "-q", NULL);
	snprintf(line, sizeof(line), "%.20s\n", id);
	EXPECT_NE(NULL, strstr(self->r.out, line));
	run_tool(&self->r, "top", "--once", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.out, "servant"));

	run_tool(&self->r, "exec", "servant", "sh", "-c", "cat /proc/1/cmdline; exit 6", NULL);
	EXPECT_EQ(6, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_STREQ("sleep", self->r.out);
	run_tool(&self->r, "exec", "-u", "user", "-w", "/tmp", "-e", "A=b", id, "sh", "-c",
		 "echo $(id -u) $(pwd) $A", NULL);
	EXPECT_STREQ("1000 /tmp b\n", self->r.out);
	run_tool(&self->r, "exec", id, "no-such-command", NULL);
	EXPECT_EQ(127, self->r.status);

	ASSERT_TRUE(start(&self->s, "wait", "servant", NULL));
	run_tool(&self->r, "kill", "-s", "0", id, NULL);
	EXPECT_EQ(0, self->r.status);
	run_tool(&self->r, "kill", "servant", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	/* It may have gone before the tool looked for it. */
	switch (finish(&self->s)) {
	case 128 + SIGKILL:
	case TOOL_FAILED:
		break;
	default:
		EXPECT_TRUE(false);
	}
}

TEST_F_TIMEOUT(tool, waits_for_init, TEST_SECONDS)
{
	char fifo[] = "/tmp/tool-test-XXXXXX", script[128];
	int cfd, fd;

	ASSERT_NE(NULL, mkdtemp(fifo));
	ASSERT_EQ(0, rmdir(fifo));
	ASSERT_EQ(0, mkfifo(fifo, 0600));
	snprintf(script, sizeof(script), "read x < %s; exit 11", fifo);
	run_tool(&self->r2, "run", "-d", "sh", "-c", script, NULL);
	ASSERT_EQ(0, self->r2.status);
	cfd = container_open(strtoull(id_of(&self->r2), NULL, 10));
	ASSERT_LE(0, cfd);
	ASSERT_TRUE(start(&self->s, "wait", self->r2.out, NULL));
	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	/* As long as the container is held it can be found and waited for. */
	ASSERT_TRUE(tell(fd));
	close(fd);
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	switch (finish(&self->s)) {
	case 11:
	case TOOL_FAILED:
		break;
	default:
		EXPECT_TRUE(false);
	}
	close(cfd);
	unlink(fifo);
}

TEST_F_TIMEOUT(tool, kills_init_only, TEST_SECONDS)
{
	static char script[] =
		"trap 'kill -0 $! && echo alive; exit 2' USR1; sleep 1000 & echo ready; wait";

	ASSERT_TRUE(start(&self->s, "run", "--name", "victim", "sh", "-c", script, NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	run_tool(&self->r, "kill", "-s", "USR1", "--init", "victim", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_TRUE(expect(&self->s, "alive"));
	EXPECT_EQ(2, finish(&self->s));
}

TEST_F_TIMEOUT(tool, explains_errors, TEST_SECONDS)
{
	struct session other;

	run_tool(&self->r, "exec", "nobody-has-this-name", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "wait", "999999999", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.err, "no such container"));
	run_tool(&self->r, "exec", "1", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "run", "-d", "--kill-on-close", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.err, "--kill-on-close"));
	run_tool(&self->r, "run", "--name", "a/b", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	run_tool(&self->r, "run", "--name", "123456789012345678901234", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	run_tool(&self->r, "frobnicate", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	run_tool(&self->r, "kill", "-s", "NOSUCH", "1", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);

	ASSERT_TRUE(start(&self->s, "run", "--name", "twin", "sh", "-c",
			  "echo ready; exec sleep 1000", NULL));
	ASSERT_TRUE(start(&other, "run", "--name", "twin", "sh", "-c",
			  "echo ready; exec sleep 1000", NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	ASSERT_TRUE(expect(&other, "ready"));
	run_tool(&self->r, "exec", "twin", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.err, "2 containers"));
	kill(self->s.pid, SIGTERM);
	kill(other.pid, SIGTERM);
	EXPECT_EQ(128 + SIGTERM, finish(&self->s));
	EXPECT_EQ(128 + SIGTERM, finish(&other));
}

TEST_F_TIMEOUT(tool, explains_wrong_arguments_in_one_line, TEST_SECONDS)
{
	static char *const wrong[][2] = {
		{ "run", "--bogus" }, { "run", "-Z" }, { "run", "-mZ" }, { "run", "-e" },
		{ "run", "--name" }, { "run", "--uts=x" }, { "run", "--u" }, { "exec", "-Z" },
		{ "exec", "box" }, { "ps", "-Z" }, { "ps", "box" }, { "top", "--bogus" },
		{ "top", "box" }, { "kill", "-s" }, { "kill", "-i" }, { "wait", "-Z" },
		{ "wait", "--bogus" }, { "inspect", "--bogus" }, { "inspect", "--" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		run_tool(&self->r, wrong[i][0], wrong[i][1], NULL);
		EXPECT_EQ(TOOL_FAILED, self->r.status);
		EXPECT_TRUE(is_one_line(self->r.err))
			TH_LOG("%s %s: %s", wrong[i][0], wrong[i][1], self->r.err);
	}
	/* In what follows the command, nothing is an option. */
	run_tool(&self->r, "run", "echo", "--bogus", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_STREQ("--bogus\n", self->r.out);
}

TEST_F_TIMEOUT(tool, tells_that_output_is_lost, TEST_SECONDS)
{
	static char *const commands[] = {
		"--help", "--version", "run --help", "ps", "top --once", "inspect 1",
		"run -d sleep 0",
	};
	char line[128];
	char *const argv[] = { "/bin/sh", "-c", line, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(line, sizeof(line), TOOL " %s > /dev/full", commands[i]);
		run_argv(&self->r, 0, "", argv);
		EXPECT_EQ(TOOL_FAILED, self->r.status)
			TH_LOG("%s", commands[i]);
		EXPECT_TRUE(is_one_line(self->r.err));
	}
}

TEST_F_TIMEOUT(tool, explains_missing_proc, TEST_SECONDS)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	/* Its input and output are not the command's any more when this fails. */
	run_tool(&self->r, "run", "-d", "--user", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "run", "-t", "--user", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	run_tool(&self->r, "ps", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	ASSERT_EQ(0, umount("/proc"));
}

/* How many columns the widest line has that the tool writes to a terminal. */
static size_t widest_line(struct session *session)
{
	size_t widest = 0, width;
	char *line, *next = session->seen;

	while (read_more(session->out, session->seen, sizeof(session->seen), &session->len))
		;
	while ((line = strsep(&next, "\r\n"))) {
		width = 0;
		for (; *line; line++)
			width += (*line & 0xc0) != 0x80;
		if (width > widest)
			widest = width;
	}
	return widest;
}

TEST_F_TIMEOUT(tool, cuts_lines_for_a_terminal, TEST_SECONDS)
{
	static char *const views[][2] = { { "ps", NULL }, { "top", "--once" } };
	struct session other;

	ASSERT_TRUE(start(&other, "run", "--name", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
			  "sh", "-c", "echo ready; exec sleep 1000", NULL));
	ASSERT_TRUE(expect(&other, "ready"));
	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		ASSERT_TRUE(start_at_terminal(&self->s, views[i][0], views[i][1], NULL));
		close(self->s.slave);
		self->s.slave = -1;
		/* The terminal has 77. */
		EXPECT_EQ(77, widest_line(&self->s));
		EXPECT_EQ(0, finish(&self->s));
	}
	kill(other.pid, SIGTERM);
	EXPECT_EQ(128 + SIGTERM, finish(&other));
}

TEST_F_TIMEOUT(tool, helps, TEST_SECONDS)
{
	static char *const commands[] = {
		"run", "exec", "ps", "top", "inspect", "wait", "kill",
	};

	run_tool(&self->r, "--help", NULL);
	EXPECT_EQ(0, self->r.status);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_NE(NULL, strstr(self->r.out, commands[i]));
		run_tool(&self->r2, commands[i], "--help", NULL);
		EXPECT_EQ(0, self->r2.status);
		EXPECT_TRUE(starts_with(self->r2.out, "Usage: container "));
	}
	run_tool(&self->r, "--version", NULL);
	EXPECT_EQ(0, self->r.status);
}

/* Brackets and quotes in pairs: what a parser would stumble over first. */
static bool is_balanced(const char *json)
{
	char open[64];
	int depth = 0;

	for (; *json; json++) {
		if (*json == '"') {
			for (json++; *json && *json != '"'; json++)
				json += *json == '\\';
			if (!*json)
				return false;
		} else if (*json == '[' || *json == '{') {
			if (depth == sizeof(open))
				return false;
			open[depth++] = *json;
		} else if (*json == ']' || *json == '}') {
			if (!depth || open[--depth] != *json - 2)
				return false;
		}
	}
	return !depth;
}

/* Is there "key": followed by this, whatever spaces there are? */
static bool has_field(const char *json, const char *key, const char *value)
{
	char pattern[64];
	const char *found;

	snprintf(pattern, sizeof(pattern), "\"%s\":", key);
	found = strstr(json, pattern);
	if (!found)
		return false;
	found += strlen(pattern);
	found += strspn(found, "\n ");
	return !strncmp(found, value, strlen(value));
}

TEST_F_TIMEOUT(tool, inspects, TEST_SECONDS)
{
	char text[128];
	struct stat st;
	int pid;

	ASSERT_TRUE(start(&self->s, "run", "-pu", "user", "--uts", "--name", "a\"b\\c", "sh", "-c",
			  "echo ready; exec sleep 1000", NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	run_tool(&self->r, "inspect", "a\"b\\c", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_EQ('[', self->r.out[0]);
	EXPECT_TRUE(is_balanced(self->r.out));
	EXPECT_TRUE(has_field(self->r.out, "name", "\"a\\\"b\\\\c\""));
	EXPECT_TRUE(has_field(self->r.out, "state", "\"running\""));
	EXPECT_TRUE(has_field(self->r.out, "nr_processes", "1"));
	EXPECT_TRUE(has_field(self->r.out, "exited", "false"));
	EXPECT_TRUE(has_field(self->r.out, "status", "null"));
	EXPECT_NE(NULL, strstr(self->r.out, "\"new-pid\""));
	EXPECT_NE(NULL, strstr(self->r.out, "\"kill-on-close\""));
	ASSERT_NE(NULL, strstr(self->r.out, "\"init_pid\":"));
	pid = atoi(strstr(self->r.out, "\"init_pid\":") + strlen("\"init_pid\":"));
	ASSERT_LT(1, pid);
	snprintf(text, sizeof(text), "/proc/%d/ns/uts", pid);
	ASSERT_EQ(0, stat(text, &st));
	snprintf(text, sizeof(text), "%lu", (unsigned long)st.st_ino);
	EXPECT_TRUE(has_field(self->r.out, "uts", text));
	snprintf(text, sizeof(text), "%d", pid);
	EXPECT_NE(NULL, strstr(strstr(self->r.out, "\"pids\":"), text));
	kill(self->s.pid, SIGTERM);
	EXPECT_EQ(128 + SIGTERM, finish(&self->s));
}

TEST_F_TIMEOUT(tool, serves_ordinary_users, TEST_SECONDS)
{
	run_as(&self->r, USER, "run", "id", "-u", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_STREQ("1000\n", self->r.out);

	run_as(&self->r, USER, "run", "-p", "true", NULL);
	EXPECT_EQ(TOOL_FAILED, self->r.status);
	EXPECT_TRUE(is_one_line(self->r.err));
	EXPECT_NE(NULL, strstr(self->r.err, "--user"));

	run_as(&self->r, USER, "run", "--user", "-mpn", "--hostname", "box", "sh", "-c",
	       "echo $$ $(id -u):$(id -g) $(hostname); tr -s ' ' < /proc/self/uid_map; "
	       "cat /proc/self/setgroups; echo /proc/[0-9]*; cat /proc/net/fib_trie", NULL);
	EXPECT_EQ(0, self->r.status)
		TH_LOG("%s", self->r.err);
	EXPECT_TRUE(starts_with(self->r.out, "1 0:0 box\n 0 1000 1\ndeny\n/proc/1\n"))
		TH_LOG("%s", self->r.out);
	EXPECT_NE(NULL, strstr(self->r.out, "127.0.0.1"));

	/* Root's maps do not take setgroups away. */
	run_tool(&self->r, "run", "--user", "cat", "/proc/self/setgroups", NULL);
	EXPECT_STREQ("allow\n", self->r.out);
}

TEST_F_TIMEOUT(tool, gives_a_terminal, TEST_SECONDS)
{
	ASSERT_TRUE(start_at_terminal(&self->s, "run", "sh", "-c",
				      "tty; stty size; test -t 0 && test -t 1 && test -t 2; "
				      "echo $?; : < /dev/tty && echo control; exit 8", NULL));
	EXPECT_TRUE(expect(&self->s, "/dev/pts/"));
	EXPECT_TRUE(expect(&self->s, "33 77"));
	EXPECT_TRUE(expect(&self->s, "0\r\n"));
	EXPECT_TRUE(expect(&self->s, "control"));
	EXPECT_EQ(8, finish(&self->s));
}

TEST_F_TIMEOUT(tool, restores_the_terminal, TEST_SECONDS)
{
	struct termios before, after;

	/* All new terminals have the same settings. */
	ASSERT_TRUE(open_terminal(&self->s));
	ASSERT_EQ(0, tcgetattr(self->s.slave, &before));
	close_session(&self->s);

	ASSERT_TRUE(start_at_terminal(&self->s, "run", "sh", "-c",
				      "echo ready; exec sleep 1000", NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	EXPECT_TRUE(is_raw(self->s.slave));
	kill(self->s.pid, SIGTERM);
	EXPECT_EQ(128 + SIGTERM, wait_for_exit(self->s.pid));
	ASSERT_EQ(0, tcgetattr(self->s.slave, &after));
	EXPECT_TRUE(same_settings(&before, &after));
	close_session(&self->s);

	ASSERT_TRUE(start_at_terminal(&self->s, "run", "no-such-command", NULL));
	EXPECT_TRUE(expect(&self->s, "no-such-command"));
	EXPECT_EQ(127, wait_for_exit(self->s.pid));
	ASSERT_EQ(0, tcgetattr(self->s.slave, &after));
	EXPECT_TRUE(same_settings(&before, &after));
	close_session(&self->s);
}

TEST_F_TIMEOUT(tool, passes_window_size_on, TEST_SECONDS)
{
	const struct winsize size = { .ws_row = 44, .ws_col = 99 };

	ASSERT_TRUE(start_at_terminal(&self->s, "run", "-p", "sh", "-c",
				      "trap 'stty size; exit 0' WINCH; sleep 1000 & echo ready; wait",
				      NULL));
	ASSERT_TRUE(expect(&self->s, "ready"));
	ASSERT_EQ(0, ioctl(self->s.out, TIOCSWINSZ, &size));
	EXPECT_TRUE(expect(&self->s, "44 99"));
	EXPECT_EQ(0, finish(&self->s));
}

TEST_F_TIMEOUT(tool, lets_shells_control_jobs, TEST_SECONDS)
{
	ASSERT_TRUE(start_at_terminal(&self->s, "run", "-pm", "sh", NULL));
	ASSERT_TRUE(expect(&self->s, "prompt> "));
	/* What is typed is echoed: it must differ from what is expected. */
	ASSERT_TRUE(type(&self->s, "sh -c 'echo star\"\"ted; exec sleep 1000'\r"));
	ASSERT_TRUE(expect(&self->s, "started"));
	ASSERT_TRUE(type(&self->s, "\003"));
	ASSERT_TRUE(expect(&self->s, "prompt> "));
	ASSERT_TRUE(type(&self->s, "echo status=$?\r"));
	EXPECT_TRUE(expect(&self->s, "status=130"));

	ASSERT_TRUE(expect(&self->s, "prompt> "));
	ASSERT_TRUE(type(&self->s, "sh -c 'echo star\"\"ted; exec sleep 1000'\r"));
	ASSERT_TRUE(expect(&self->s, "started"));
	ASSERT_TRUE(type(&self->s, "\032"));
	ASSERT_TRUE(expect(&self->s, "Stopped"));
	ASSERT_TRUE(expect(&self->s, "prompt> "));
	ASSERT_TRUE(type(&self->s, "kill -KILL %1; fg; exit 3\r"));
	EXPECT_EQ(3, wait_for_exit(self->s.pid));
	EXPECT_FALSE(is_raw(self->s.slave));
	close_session(&self->s);
}

/* Process 1 has no handler for it, and nobody else is there to be killed. */
TEST_F_TIMEOUT(tool, interrupts_process_1, TEST_SECONDS)
{
	ASSERT_TRUE(start_at_terminal(&self->s, "run", "-p", "tail", "-f", "/etc/group",
				      NULL));
	ASSERT_TRUE(expect(&self->s, "guest:"));
	ASSERT_TRUE(type(&self->s, "\003"));
	EXPECT_EQ(128 + SIGINT, finish(&self->s));
}

TEST_F_TIMEOUT(tool, executes_at_a_terminal, TEST_SECONDS)
{
	run_tool(&self->r2, "run", "-d", "-pm", "sleep", "1000", NULL);
	ASSERT_EQ(0, self->r2.status);
	ASSERT_TRUE(start_at_terminal(&self->s, "exec", "-u", "user", id_of(&self->r2), "sh", "-c",
				      "tty; : < $(tty) && echo mine; kill -INT $$", NULL));
	EXPECT_TRUE(expect(&self->s, "/dev/pts/"));
	EXPECT_TRUE(expect(&self->s, "mine"));
	EXPECT_EQ(128 + SIGINT, finish(&self->s));
	run_tool(&self->r, "kill", self->r2.out, NULL);
	EXPECT_EQ(0, self->r.status);
}

/* Asked for, there is one at the end of a pipe, too. */
TEST_F_TIMEOUT(tool, makes_a_terminal_of_pipes, TEST_SECONDS)
{
	run_with_input(&self->r, "one line\nhalf a line", "run", "-t", "sh", "-c",
		       "stty -echo; test -t 1 && cat", NULL);
	EXPECT_EQ(0, self->r.status);
	EXPECT_NE(NULL, strstr(self->r.out, "half a line"));
}

/* All of it, and the last of it too. */
TEST_F_TIMEOUT(tool, carries_much, TEST_SECONDS)
{
	int lines = scaled(30000);
	char line[32], script[64];

	snprintf(script, sizeof(script), "seq 1 %d; echo 'the'' end'", lines);
	ASSERT_TRUE(start_at_terminal(&self->s, "run", "sh", "-c", script, NULL));
	for (int i = 1; i < lines; i += 500) {
		snprintf(line, sizeof(line), "\n%d\r", i);
		ASSERT_TRUE(expect(&self->s, line + (i == 1)));
	}
	EXPECT_TRUE(expect(&self->s, "the end"));
	EXPECT_EQ(0, finish(&self->s));
}

/* A terminal is not gone because nobody has it open. */
TEST_F_TIMEOUT(tool, carries_from_a_terminal_opened_again, TEST_SECONDS)
{
	char fifo[] = "/tmp/tool-test-XXXXXX", script[160], line[32];
	int lines = scaled(30000);

	ASSERT_NE(NULL, mkdtemp(fifo));
	ASSERT_EQ(0, rmdir(fifo));
	ASSERT_EQ(0, mkfifo(fifo, 0600));
	snprintf(script, sizeof(script), "exec <&- >&- 2>&-; : > %s; : < %s; "
		 "seq 1 %d > /dev/tty; echo 'the'' end' > /dev/tty", fifo, fifo, lines);
	ASSERT_TRUE(start(&self->s, "run", "-t", "sh", "-c", script, NULL));
	/* All is closed, then the tool knows, then the command goes on. */
	close(open(fifo, O_RDONLY | O_CLOEXEC));
	ASSERT_TRUE(wait_until_asleep(self->s.pid));
	close(open(fifo, O_WRONLY | O_CLOEXEC));
	unlink(fifo);
	for (int i = 1; i < lines; i += 500) {
		snprintf(line, sizeof(line), "\n%d\r", i);
		ASSERT_TRUE(expect(&self->s, line + (i == 1)));
	}
	EXPECT_TRUE(expect(&self->s, "the end"));
	EXPECT_EQ(0, finish(&self->s));
}

/* A reader that reads no more does not keep the tool for ever. */
TEST_F_TIMEOUT(tool, ends_with_its_output_in_a_full_pipe, TEST_SECONDS)
{
	char *const argv[] = { TOOL, "run", "-t", "sh", "-c", "read x; echo text; exit 4", NULL };
	char page[4096] = "";
	int in[2], out[2], status;
	pid_t pid;

	ASSERT_EQ(0, pipe2(in, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(out, O_CLOEXEC | O_NONBLOCK));
	while (write(out[1], page, sizeof(page)) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, fcntl(out[1], F_SETFL, 0));
	pid = spawn(0, in[0], out[1], STDERR_FILENO, argv);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_until(count_containers() > self->containers));
	ASSERT_EQ(1, write(in[1], "\n", 1));
	ASSERT_TRUE(wait_until(count_containers() == self->containers));
	/* The first one may come while the tool does not know of the end yet. */
	EXPECT_TRUE(wait_until(!kill(pid, SIGTERM) && waitpid(pid, &status, WNOHANG) == pid));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(4, WEXITSTATUS(status));
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
}

TEST_HARNESS_MAIN
