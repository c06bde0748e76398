// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer for containers; see fuzz.h. Options: see print_usage(). It exits with 0 if all
 * that must hold did hold, 1 if something did not, 4 if it cannot run here.
 */
#include "fuzz.h"

#include <getopt.h>
#include <grp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#define EXIT_SKIP	4
#define CHUNK		256		/* calls that a thread takes on at a time */
#define TICK_MS		100

struct shared *shared;

static pid_t workers[MAX_WORKERS];
static int pairs[MAX_WORKERS * MAX_THREADS][2];
static int outboxes[MAX_WORKERS * MAX_THREADS];
static struct self selves[MAX_THREADS];
static struct self auditor;
static unsigned int max_seconds;
static bool all_ordinary;

bool is_worker(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < shared->nr_workers; i++)
		if (workers[i] == pid)
			return true;
	return false;
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void fatal(const char *what)
{
	printf("# container_fuzz: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* --- workers ---------------------------------------------------------------------- */

static void on_alarm(int sig)
{
}

static int new_timer(struct self *s)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
		._sigev_un._tid = syscall(SYS_gettid),
	};

	return timer_create(CLOCK_MONOTONIC, &event, &s->timer);
}

static void open_files(struct self *s)
{
	int n = s->worker * shared->nr_threads + s->thread;

	s->proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->exe = open(shared->exe, O_RDONLY | O_CLOEXEC);
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	s->path = open("/", O_PATH | O_CLOEXEC);
	s->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	s->inbox = pairs[n][0];
	s->outboxes = outboxes;
	s->nr_outboxes = shared->nr_workers * shared->nr_threads;
	s->has_timer = !new_timer(s);
}

static void close_files(struct self *s)
{
	int fds[] = { s->proc, s->epoll, s->exe, s->null, s->path, s->home };
	unsigned int i;

	for (i = 0; i < NR_HANDLES; i++)
		handle_close(s, &s->handles[i]);
	for (i = 0; i < NR_NSFDS; i++)
		if (s->nsfds[i] >= 0)
			close(s->nsfds[i]);
	for (i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void rest(struct self *s)
{
	struct timespec ts = { 0, 2000000 };

	store(&s->post->idle, 1);
	while (load(&shared->pause) && !load(&shared->stop))
		nanosleep(&ts, NULL);
	store(&s->post->idle, 0);
}

/* A lie, to see that it is found: a container of ours that lives is said to be dead. */
static void tell_a_lie(struct self *s)
{
	struct handle *h = some_handle(s);

	if (h && h->below == BELOW)
		record_dead(h->id);
}

static void step(struct self *s)
{
	unsigned int n = pick(s, 1000);

	/* A fork costs as much as dozens of calls, and hundreds with the checkers in. */
	if (n < (shared->debug ? 976 : 925))
		handles_random(s);
	else if (n < (shared->debug ? 986 : 960))
		procfs_random(s);
	else
		spawn_random(s);
}

static void *thread_main(void *arg)
{
	struct self *s = arg;
	uint64_t end = 0;

	s->post->tid = syscall(SYS_gettid);
	open_files(s);
	while (!load(&shared->stop)) {
		if (add(&shared->taken, CHUNK) >= shared->ops + CHUNK)
			break;
		end += CHUNK;
		while (s->calls < end && !load(&shared->stop)) {
			step(s);
			if (load(&shared->pause))
				rest(s);
		}
		if (shared->lie && !s->worker && !s->thread)
			tell_a_lie(s);
		op_reap(s);
	}
	close_files(s);
	store(&s->post->idle, 1);
	return NULL;
}

void become_ordinary(void)
{
	if (setgroups(0, NULL) || setresgid(USER_ID, USER_ID, USER_ID) ||
	    setresuid(USER_ID, USER_ID, USER_ID) || prctl(PR_SET_DUMPABLE, 1))
		fatal("cannot become an ordinary user");
}

/* What it has opened itself is all that is open after a failed call. */
static void check_leaks(struct self *s, int before)
{
	int i, after;

	for (i = 0; i < NR_WILD; i++)
		close(WILD_BASE + i);
	after = count_fds();
	if (after != before)
		violation(s, "%d descriptors are open, and %d were at the start", after, before);
}

static void worker_main(int worker, bool ordinary)
{
	pthread_t threads[MAX_THREADS];
	struct sigaction sa = { .sa_handler = on_alarm };
	unsigned int i;
	int fds;

	if (ordinary)
		become_ordinary();
	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	fds = count_fds();
	for (i = 0; i < shared->nr_threads; i++) {
		struct self *s = &selves[i];
		uint64_t seed = shared->seed * 1000003 + worker * 101 + i;

		fresh_self(s, random_next(&seed));
		s->post = &shared->posts[worker * shared->nr_threads + i];
		s->ring = &s->post->ring;
		s->worker = worker;
		s->thread = i;
		s->ordinary = ordinary;
		s->own = shared->own;
		if (pthread_create(&threads[i], NULL, thread_main, s))
			fatal("pthread_create");
	}
	for (i = 0; i < shared->nr_threads; i++)
		pthread_join(threads[i], NULL);
	/* Nothing is to be left in flight to us; the others go on until they are done. */
	check_leaks(&selves[0], fds);
	_exit(0);
}

/* --- the main process ------------------------------------------------------------- */

static void print_file(const char *path)
{
	char text[4096], *line, *rest = text;

	if (read_text(path, text, sizeof(text)) <= 0)
		return;
	while ((line = strsep(&rest, "\n")) && *line)
		printf("#     %s\n", line);
}

static void report(void)
{
	unsigned int i, n = shared->nr_workers * shared->nr_threads;
	struct timespec ts = { 0, 1000000 };

	for (i = 0; i < 1000 && load(&shared->failed) == 1; i++)
		nanosleep(&ts, NULL);
	printf("# container_fuzz: VIOLATION: %s\n# its last calls:\n", shared->message);
	ring_print(&shared->ring, 40, stdout);
	for (i = 0; i < n; i++) {
		printf("# worker %u.%u:\n", i / shared->nr_threads, i % shared->nr_threads);
		ring_print(&shared->posts[i].ring, 8, stdout);
	}
}

/* Does a call take longer than anything may? */
static void check_progress(struct self *s)
{
	unsigned int i, limit = (shared->debug ? 300 : 120) * 1000 / TICK_MS;
	struct post *post;
	char path[64];

	for (i = 0; i < shared->nr_workers * shared->nr_threads; i++) {
		post = &shared->posts[i];
		if (!post->tid || load(&post->idle) ||
		    load(&shared->ticks) < load(&post->since) + limit)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stack", post->tid);
		printf("# stack of thread %d:\n", post->tid);
		print_file(path);
		snprintf(path, sizeof(path), "/proc/%d/syscall", post->tid);
		print_file(path);
		violation(s, "worker %u.%u does not get on", i / shared->nr_threads,
			  i % shared->nr_threads);
	}
}

static bool all_idle(void)
{
	unsigned int i;

	for (i = 0; i < shared->nr_workers * shared->nr_threads; i++)
		if (!load(&shared->posts[i].idle))
			return false;
	return true;
}

static void quiesce(struct self *s)
{
	struct timespec ts = { 0, TICK_MS * 1000000 };
	int i;

	store(&shared->pause, 1);
	for (i = 0; i < 100 && !all_idle() && !load(&shared->stop); i++) {
		nanosleep(&ts, NULL);
		audit_processes(s);
	}
	if (all_idle() && !load(&shared->stop))
		audit_counts(s);
	for (i = 0; i < (int)(shared->nr_workers * shared->nr_threads); i++)
		store(&shared->posts[i].since, load(&shared->ticks));
	store(&shared->pause, 0);
}

/* Returns how many workers are left; a worker that died of something is a violation. */
static unsigned int reap_workers(struct self *s, unsigned int left)
{
	unsigned int i;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		for (i = 0; i < shared->nr_workers; i++) {
			if (workers[i] != pid)
				continue;
			workers[i] = -1;
			left--;
			if (status && !load(&shared->failed))
				violation(s, "worker %u ended with status 0x%x", i, status);
		}
	}
	return left;
}

/* A user's containers are counted: all of them must be given back. */
static void check_limit(struct self *s)
{
	static const char path[] = "/proc/sys/user/max_containers";
	char old[32];
	int fd, n, status;
	pid_t pid;

	if (read_text(path, old, sizeof(old)) <= 0)
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "5", 1) != 1)
		return;
	pid = fork();
	if (pid == 0) {
		become_ordinary();
		for (n = 0; container_create("limit", 0) >= 0; n++)
			continue;
		_exit(errno == ENOSPC ? n : 100);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status != 5 << 8)
		violation(s, "an ordinary user has %d of 5 containers to make after all is gone",
			  WEXITSTATUS(status));
	if (pwrite(fd, old, strlen(old), 0) < 0)
		printf("# cannot restore %s\n", path);
	close(fd);
}

static void supervise(struct self *s)
{
	struct timespec ts = { 0, TICK_MS * 1000000 };
	unsigned int left = shared->nr_workers;
	double start = now(), looked = start, counted = start;
	double look_every = shared->debug ? 5 : 0.5, count_every = shared->debug ? 30 : 4;

	while (left) {
		nanosleep(&ts, NULL);
		add(&shared->ticks, 1);
		left = reap_workers(s, left);
		if (load(&shared->failed))
			return;
		if (max_seconds && now() - start > max_seconds)
			store(&shared->stop, 1);
		check_progress(s);
		if (now() - looked > look_every) {
			audit_processes(s);
			looked = now();
		}
		if (now() - counted > count_every && left == shared->nr_workers) {
			quiesce(s);
			counted = now();
		}
	}
}

static void summary(double seconds)
{
	uint64_t ok = 0, failed = 0;
	unsigned int i;

	for (i = 0; i < NR_OPS; i++) {
		printf("#   %-16s %9llu ok %9llu failed\n", op_names[i],
		       (unsigned long long)shared->counts[i][1],
		       (unsigned long long)shared->counts[i][0]);
		ok += shared->counts[i][1];
		failed += shared->counts[i][0];
	}
	printf("# container_fuzz: %llu containers, %u deaths seen, counts agreed %u times\n",
	       (unsigned long long)(shared->max_id - shared->base), shared->clock,
	       shared->counts_checked);
	printf("# container_fuzz: %u times they did not hold still, %u of the dead were exiting\n",
	       shared->counts_unstable, shared->survivors_checked);
	printf("# container_fuzz: seed %llu: %llu operations (%llu ok, %llu failed), ",
	       (unsigned long long)shared->seed, (unsigned long long)(ok + failed),
	       (unsigned long long)ok, (unsigned long long)failed);
	printf("%.1f s, %.0f a second\n", seconds, (ok + failed) / seconds);
}

static void start_workers(void)
{
	unsigned int i, n = shared->nr_workers * shared->nr_threads;

	for (i = 0; i < n; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pairs[i]))
			fatal("socketpair");
		outboxes[i] = pairs[i][1];
	}
	for (i = 0; i < shared->nr_workers; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			fatal("fork");
		if (workers[i] == 0)
			worker_main(i, all_ordinary || i % 3 == 2);
	}
	/* So that what is in flight is gone when the workers are. */
	for (i = 0; i < n; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

static int run(void)
{
	struct self *s = &auditor;
	struct container_info info;
	double start = now();
	char text[64];
	pid_t pid;
	int fd;

	/* Of the own procfs: the one above counts other processes, too. */
	if (read_text("/proc/self/container", text, sizeof(text)) <= 0)
		fatal("/proc/self/container");
	shared->own = strtoull(text, NULL, 10);
	fd = container_create("first", CONTAINER_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, CONTAINER_GET_INFO, &info))
		fatal("container_create");
	shared->base = info.id;
	shared->max_id = info.id;
	close(fd);

	start_workers();
	fresh_self(s, shared->seed);
	s->own = shared->own;
	s->worker = -1;
	s->proc = open("/proc/containers", O_RDONLY | O_CLOEXEC);
	/* A violation that is ours ends us; this one reports it. */
	pid = 0;
	supervise(s);
	if (!load(&shared->failed))
		audit_teardown(s);
	if (!load(&shared->failed))
		check_limit(s);
	summary(now() - start);
	return pid;
}

static void print_usage(void)
{
	printf("usage: container_fuzz [-s SEED] [-n CALLS] [-t SECONDS] [-w WORKERS] [-j THREADS]\n"
	       "                      [-p PROCESSES] [-u] [-x]\n"
	       "  -u  ordinary users only; else every third worker is one\n"
	       "  -x  claim that a live container is dead: this must be found\n");
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

/* Also what PATH is of: the shared memory, for those who exec. */
static void map_shared(void)
{
	char path[] = "/dev/shm/container_fuzz.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0666) || ftruncate(fd, sizeof(*shared)))
		fatal(path);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		fatal("mmap");
	close(fd);
	snprintf(shared->path, sizeof(shared->path), "%s", path);
	if (readlink("/proc/self/exe", shared->exe, sizeof(shared->exe) - 1) < 0)
		fatal("/proc/self/exe");
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:n:t:w:j:p:ux")) >= 0) {
		switch (c) {
		case 's':
			shared->seed = number(optarg);
			break;
		case 'n':
			shared->ops = number(optarg);
			break;
		case 't':
			max_seconds = number(optarg);
			break;
		case 'w':
			shared->nr_workers = number(optarg);
			break;
		case 'j':
			shared->nr_threads = number(optarg);
			break;
		case 'p':
			shared->max_procs = number(optarg);
			break;
		case 'u':
			all_ordinary = true;
			break;
		case 'x':
			shared->lie = true;
			break;
		default:
			print_usage();
			exit(2);
		}
	}
	if (shared->nr_workers < 1 || shared->nr_workers > MAX_WORKERS ||
	    shared->nr_threads < 1 || shared->nr_threads > MAX_THREADS) {
		print_usage();
		exit(2);
	}
}

/* Pid 1 of a PID namespace: nobody who gets away is lost, and none outlives us. */
static pid_t start_sandbox(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fatal("unshare");
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		if (mount("proc", "/proc", "proc", 0, NULL))
			fatal("mount");
		_exit(run() || load(&shared->failed));
	}
	return pid;
}

int main(int argc, char **argv)
{
	int status = -1;
	pid_t pid;

	if (argc == 5 && !strcmp(argv[1], "member"))
		return member_exec_main(argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid() || access("/proc/containers", F_OK)) {
		printf("# container_fuzz: needs root, and a kernel with containers\n");
		return EXIT_SKIP;
	}
	map_shared();
	shared->debug = debug_kernel();
	shared->seed = 1;
	shared->ops = 100000;
	shared->nr_workers = 4;
	shared->nr_threads = 2;
	shared->max_procs = 60;
	parse_options(argc, argv);
	printf("# container_fuzz: seed %llu, %llu operations, %u workers with %u threads\n",
	       (unsigned long long)shared->seed, (unsigned long long)shared->ops,
	       shared->nr_workers, shared->nr_threads);

	pid = start_sandbox();
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		fatal("waitpid");
	unlink(shared->path);
	if (shared->failed)
		report();
	else if (status)
		printf("# container_fuzz: pid 1 ended with status 0x%x\n", status);
	return status || shared->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
