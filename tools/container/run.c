// SPDX-License-Identifier: GPL-2.0
/* container run: a command in a new container. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "tool.h"

#define ALL_NAMESPACES	(CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS |		\
			 CONTAINER_NEW_IPC_NS | CONTAINER_NEW_PID_NS |		\
			 CONTAINER_NEW_NET_NS | CONTAINER_NEW_USER_NS |		\
			 CONTAINER_NEW_CGROUP_NS | CONTAINER_NEW_TIME_NS)

enum {
	OPT_UTS = 256,
	OPT_USER,
	OPT_TIME,
	OPT_NAME,
	OPT_HOSTNAME,
	OPT_NO_PROC,
	OPT_KILL_ON_CLOSE,
	OPT_HELP,
};

struct run {
	struct launch launch;
	struct setup setup;
	const char *name;
	bool no_proc;
	bool kill_on_close;
};

static const struct option options[] = {
	{ "all",		no_argument,		NULL, 'a' },
	{ "mount",		no_argument,		NULL, 'm' },
	{ "uts",		no_argument,		NULL, OPT_UTS },
	{ "ipc",		no_argument,		NULL, 'i' },
	{ "pid",		no_argument,		NULL, 'p' },
	{ "net",		no_argument,		NULL, 'n' },
	{ "user",		optional_argument,	NULL, OPT_USER },
	{ "cgroup",		no_argument,		NULL, 'C' },
	{ "time",		no_argument,		NULL, OPT_TIME },
	{ "name",		required_argument,	NULL, OPT_NAME },
	{ "hostname",		required_argument,	NULL, OPT_HOSTNAME },
	{ "detach",		no_argument,		NULL, 'd' },
	{ "no-proc",		no_argument,		NULL, OPT_NO_PROC },
	{ "kill-on-close",	no_argument,		NULL, OPT_KILL_ON_CLOSE },
	{ "help",		no_argument,		NULL, OPT_HELP },
	{ "env",		required_argument,	NULL, 'e' },
	{ "workdir",		required_argument,	NULL, 'w' },
	{ "tty",		no_argument,		NULL, 't' },
	{ "no-tty",		no_argument,		NULL, 'T' },
	{ }
};

static unsigned int namespace_flag(int option)
{
	switch (option) {
	case 'a':
		return ALL_NAMESPACES;
	case 'm':
		return CONTAINER_NEW_FS_NS;
	case OPT_UTS:
		return CONTAINER_NEW_UTS_NS;
	case 'i':
		return CONTAINER_NEW_IPC_NS;
	case 'p':
		return CONTAINER_NEW_PID_NS;
	case 'n':
		return CONTAINER_NEW_NET_NS;
	case 'U':
		return CONTAINER_NEW_USER_NS;
	case 'C':
		return CONTAINER_NEW_CGROUP_NS;
	case OPT_TIME:
		return CONTAINER_NEW_TIME_NS;
	default:
		return 0;
	}
}

static void apply_option(struct run *run, int option)
{
	unsigned int flag = namespace_flag(option);

	if (flag) {
		run->setup.flags |= flag;
		return;
	}
	switch (option) {
	case OPT_USER:
		/* --user=UID is -u UID. */
		if (optarg)
			run->launch.user = optarg;
		else
			run->setup.flags |= CONTAINER_NEW_USER_NS;
		break;
	case OPT_NAME:
		run->name = optarg;
		break;
	case OPT_HOSTNAME:
		run->setup.hostname = optarg;
		run->setup.flags |= CONTAINER_NEW_UTS_NS;
		break;
	case 'd':
		run->launch.detach = true;
		break;
	case OPT_NO_PROC:
		run->no_proc = true;
		break;
	case OPT_KILL_ON_CLOSE:
		run->kill_on_close = true;
		break;
	case OPT_HELP:
		print_help(&command_run);
		break;
	default:
		launch_option(&run->launch, option, optarg);
	}
}

static void check_name(const char *name)
{
	unsigned long long number;

	if (!*name)
		die("--name: a name has a character at least");
	if (strchr(name, '/'))
		die("--name %s: a name has no '/'", name);
	if (strlen(name) >= CONTAINER_NAME_MAX)
		die("--name %s: a name has %d bytes at most", name, CONTAINER_NAME_MAX - 1);
	if (parse_number(name, ~0ULL, &number))
		die("--name %s: a number alone would be taken for an id", name);
}

static void parse(struct run *run, int argc, char **argv)
{
	static char *const shell[] = { "sh", NULL };
	int option;

	while ((option = next_option(&command_run, argc, argv,
				     "+:amipnUCd" LAUNCH_SHORT_OPTIONS, options)) >= 0)
		apply_option(run, option);
	run->launch.argv = argv[optind] ? argv + optind : (char **)shell;

	if (run->name)
		check_name(run->name);
	if (run->launch.detach && run->kill_on_close)
		die("-d and --kill-on-close: nobody would hold a detached container open");
	if (run->launch.detach && run->launch.want_tty)
		die("-d and -t: nobody would be at the terminal of a detached container");
	if (run->setup.hostname && strlen(run->setup.hostname) > 64)
		die("--hostname: a host name has 64 bytes at most");
	run->setup.mount_proc = !run->no_proc &&
				run->setup.flags & CONTAINER_NEW_PID_NS &&
				run->setup.flags & CONTAINER_NEW_FS_NS;
}

/* The command's name, unless told otherwise. */
static void choose_name(const struct run *run, char name[CONTAINER_NAME_MAX])
{
	const char *from = run->name, *slash;

	if (!from) {
		from = run->launch.argv[0];
		slash = strrchr(from, '/');
		from = slash ? slash + 1 : from;
	}
	if (!*from)
		from = "container";
	copy_text(name, CONTAINER_NAME_MAX, from);
}

static const char *hint_for_error(const struct run *run)
{
	if (errno == EPERM && !(run->setup.flags & CONTAINER_NEW_USER_NS))
		return "new namespaces need privilege, or --user for a user namespace";
	if (errno == EPERM)
		return "are user namespaces allowed to you?";
	if (errno == EINVAL)
		return "does the kernel have all of these namespaces?";
	return NULL;
}

static int make_container(const struct run *run)
{
	unsigned int flags = run->setup.flags | CONTAINER_FD_CLOEXEC;
	char name[CONTAINER_NAME_MAX];
	int cfd;

	if (!run->launch.detach)
		flags |= CONTAINER_KILL_ON_CLOSE;
	choose_name(run, name);
	cfd = container_create(name, flags);
	if (cfd < 0)
		die_errno(hint_for_error(run), "cannot create a container");
	return cfd;
}

static pid_t start_detached(struct process *process)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		die_errno(NULL, "/dev/null");
	for (int fd = 0; fd < 3; fd++)
		process->stdio[fd] = null;
	process->new_session = true;
	return start_process(process);
}

static int print_id(int cfd)
{
	struct stat st;

	if (fstat(cfd, &st))
		die_errno(NULL, "the container's id");
	printf("%llu\n", (unsigned long long)st.st_ino);
	return finish_output();
}

static int run_detached(struct process *process)
{
	sigset_t mask;
	pid_t pid;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	process->mask = &mask;
	pid = start_detached(process);
	return pid < 0 ? -pid : print_id(process->cfd);
}

static int run_attended(const struct run *run, struct process *process)
{
	struct attended attended = {
		.cfd = process->cfd,
		.pid_namespace_init = run->setup.flags & CONTAINER_NEW_PID_NS,
	};

	return launch_attended(&run->launch, process, &attended, true);
}

static int run_main(int argc, char **argv)
{
	const char *set[argc];
	struct run run = { .launch.set = set };

	parse(&run, argc, argv);

	const char *env[environment_slots(&run.launch)];
	struct process process = {
		.argv = run.launch.argv,
		.env = env,
		.workdir = run.launch.workdir,
		.user = run.launch.user,
		.keep_home = launch_sets(&run.launch, "HOME="),
		.setup = &run.setup,
		.stdio = { -1, -1, -1 },
	};

	make_environment(&run.launch, env);
	process.cfd = make_container(&run);
	if (run.launch.detach)
		return run_detached(&process);
	return run_attended(&run, &process);
}

const struct command command_run = {
	.name = "run",
	.main = run_main,
	.summary = "run a command in a new container",
	.help =
"Usage: container run [OPTION]... [--] [COMMAND [ARGUMENT]...]\n"
"\n"
"Creates a container, runs COMMAND (default: sh) as its init, and waits for it.\n"
"When the command ends, or this program does, everything in the container dies.\n"
"\n"
"New namespaces (default: none, the container is a group of processes):\n"
"  -m, --mount             mounts\n"
"      --uts               host name\n"
"  -i, --ipc               System V IPC and POSIX message queues\n"
"  -p, --pid               process ids; with --mount also a new /proc\n"
"  -n, --net               network, with the loopback interface up\n"
"  -U, --user              users, with the caller mapped to root\n"
"  -C, --cgroup            cgroups\n"
"      --time              clocks\n"
"  -a, --all               all of them\n"
"\n"
"      --name NAME         name of the container (default: the command's)\n"
"      --hostname NAME     host name inside; implies --uts\n"
"      --no-proc           leave /proc alone\n"
"  -d, --detach            do not wait: print the container's id\n"
"      --kill-on-close     everything dies with this program: always, without -d\n"
"  -e, --env KEY=VALUE     set an environment variable; can be repeated\n"
"  -w, --workdir DIR       working directory (default: /)\n"
"  -u, --user=UID[:GID]    user and group, numbers or names inside\n"
"  -t, --tty               give it a terminal of its own (default, if standard input\n"
"                          and output are a terminal)\n"
"  -T, --no-tty            give it no terminal of its own\n"
"      --help              show this\n",
};
