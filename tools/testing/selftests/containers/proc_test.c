// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/containers and /proc/PID/container: their format, whom they show what,
 * and that ids only ever go upwards.
 */
#include <sys/mount.h>

#include "container_cred.h"
#include "../kselftest_harness.h"

#define TIMEOUT		240

#define MAX_ROWS	512

FIXTURE(proc)
{
	struct container_row *rows;
	struct container_row row;
	int others;		/* that are there already */
};

FIXTURE_SETUP(proc)
{
	self->rows = calloc(MAX_ROWS, sizeof(*self->rows));
	ASSERT_NE(NULL, self->rows);
	self->others = container_baseline();
	ASSERT_LE(1, self->others);
	ASSERT_EQ(self->others, container_rows(self->rows, MAX_ROWS));
}

FIXTURE_TEARDOWN(proc)
{
	EXPECT_EQ(self->others, container_count());
	free(self->rows);
}

TEST_F_TIMEOUT(proc, a_header_and_a_line_for_the_initial_container, TIMEOUT)
{
	char buf[4096], *line = buf + strlen(CONTAINERS_HEADER);

	ASSERT_TRUE(read_file("/proc/containers", buf, sizeof(buf)));
	EXPECT_EQ(0, strncmp(buf, CONTAINERS_HEADER, strlen(CONTAINERS_HEADER)));
	line[strcspn(line, "\n")] = '\0';
	EXPECT_STREQ("1\t0\trunning\t-\t1\t<current>", line);
	EXPECT_EQ(1, self->rows[0].id);
	EXPECT_EQ(0, self->rows[0].parent);
	EXPECT_EQ(1, self->rows[0].init);
}

TEST_F_TIMEOUT(proc, anybody_may_read_it_and_nobody_write, TIMEOUT)
{
	struct stat st;

	ASSERT_EQ(0, stat("/proc/containers", &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);
	ASSERT_EQ(0, stat("/proc/self/container", &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);
	ASSERT_TRUE(become_user(1000));
	EXPECT_EQ(self->others, container_count());
}

TEST_F_TIMEOUT(proc, a_container_has_a_line_from_create_to_its_end, TIMEOUT)
{
	struct container_row row;
	pid_t init, pid;
	__u64 id;
	int cfd;

	cfd = container_create("line", 0);
	ASSERT_LE(0, cfd);
	id = container_id(cfd);
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_EQ(1, row.parent);
	EXPECT_STREQ("new", row.state);
	EXPECT_STREQ("0", row.procs);
	EXPECT_EQ(0, row.init);
	EXPECT_STREQ("line", row.name);

	init = container_spawn_idle(cfd);
	ASSERT_LT(0, init);
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_STREQ("running", row.state);
	EXPECT_STREQ("1", row.procs);
	EXPECT_EQ(init, row.init);

	pid = container_spawn_idle(cfd);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_STREQ("2", row.procs);
	EXPECT_EQ(init, row.init);
	kill_and_reap(pid);
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_STREQ("1", row.procs);

	/* Neither a descriptor nor a zombie keeps it. */
	kill(init, SIGKILL);
	ASSERT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	EXPECT_FALSE(container_listed(id));
	wait_for_exit(init);
	EXPECT_FALSE(container_listed(id));
	close(cfd);
}

TEST_F_TIMEOUT(proc, lines_are_in_the_order_of_ids, TIMEOUT)
{
	int nr = debug_kernel() ? 60 : 300, cfd[300], i, n;

	for (i = 0; i < nr; i++) {
		cfd[i] = container_create("order", 0);
		ASSERT_LE(0, cfd[i]);
	}
	for (i = 0; i < nr; i += 3)
		close(cfd[i]);
	for (i = 0; i < nr; i += 3) {
		cfd[i] = container_create("late", 0);
		ASSERT_LE(0, cfd[i]);
	}
	n = container_rows(self->rows, MAX_ROWS);
	EXPECT_EQ(nr + self->others, n);
	for (i = 1; i < n; i++)
		EXPECT_LT(self->rows[i - 1].id, self->rows[i].id);
	for (i = 0; i < nr; i++)
		close(cfd[i]);
}

struct stable {
	__u64 previous;
	int seen;
	bool ascending;
};

static void count_stable(struct container_row *row, void *arg)
{
	struct stable *s = arg;

	if (row->id <= s->previous)
		s->ascending = false;
	s->previous = row->id;
	if (!strcmp(row->name, "stable"))
		s->seen++;
}

/* Containers that are there all the time are seen, once each. */
TEST_F_TIMEOUT(proc, reading_in_pieces_loses_nothing_while_others_come_and_go, TIMEOUT)
{
	static const size_t chunks[] = { 1, 7, 64, 4096 };
	int nr = debug_kernel() ? 20 : 100, rounds = scaled(40), cfd[100], fd, i, p[2], rows;
	struct stable s = {};
	pid_t pid;

	for (i = 0; i < nr; i++) {
		cfd[i] = container_create("stable", 0);
		ASSERT_LE(0, cfd[i]);
	}
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int fds[8];

		close(p[1]);
		while (!poll_now(p[0])) {
			for (i = 0; i < 8; i++)
				fds[i] = container_create("volatile", 0);
			for (i = 0; i < 8; i++)
				close(fds[i]);
		}
		_exit(0);
	}
	fd = open("/proc/containers", O_RDONLY);
	ASSERT_LE(0, fd);
	for (i = 0; i < rounds; i++) {
		s = (struct stable){ .ascending = true };
		rows = container_rows_walk(fd, chunks[i % ARRAY_SIZE(chunks)], count_stable, &s);
		ASSERT_LE(nr + self->others, rows);
		ASSERT_EQ(nr, s.seen);
		ASSERT_TRUE(s.ascending);
	}
	close(fd);
	tell(p[1]);
	EXPECT_EQ(0, wait_for_exit(pid));
	for (i = 0; i < nr; i++)
		close(cfd[i]);
}

/* Reads /proc/PID/container; "" if it is empty, NULL if it cannot be read. */
static char *container_of_process(pid_t pid, char *buf, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/container", pid);
	return read_file(path, buf, size) ? buf : NULL;
}

#define WHITE		" \t\n\\#"
#define ESCAPED		"\\040\\011\\012\\134\\043"

TEST_F_TIMEOUT(proc, names_are_escaped_as_in_proc_mounts, TIMEOUT)
{
	static const struct {
		const char *name;
		const char *escaped;
	} names[] = {
		{ "a b",		"a\\040b" },
		{ "a\tb",		"a\\011b" },
		{ "a\nb",		"a\\012b" },
		{ "a\\b",		"a\\134b" },
		{ "a#b",		"a\\043b" },
		{ "\\040",		"\\134040" },
		{ WHITE WHITE WHITE WHITE " \t\n", ESCAPED ESCAPED ESCAPED ESCAPED
						   "\\040\\011\\012" },
		{ "<current>",		"<current>" },
		{ "\"'$&\x7f\xc3\xa9\xff\x01\r", "\"'$&\x7f\xc3\xa9\xff\x01\r" },
	};
	char buf[256], line[256];
	size_t i;
	pid_t pid;
	int cfd;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		cfd = container_create(names[i].name, 0);
		ASSERT_LE(0, cfd);
		EXPECT_TRUE(container_row_of(container_id(cfd), &self->row));
		EXPECT_STREQ(names[i].escaped, self->row.name);
		ASSERT_NE(NULL, fdinfo_field(cfd, "Name:", buf, sizeof(buf)));
		EXPECT_STREQ(names[i].escaped, buf);
		pid = container_spawn_idle(cfd);
		ASSERT_LT(0, pid);
		snprintf(line, sizeof(line), "%llu\t%s\n", container_id(cfd), names[i].escaped);
		ASSERT_NE(NULL, container_of_process(pid, buf, sizeof(buf)));
		EXPECT_STREQ(line, buf);
		kill_and_reap(pid);
		close(cfd);
	}
}

/*
 *  host -- outer -- inner -- innermost
 *      \-- sibling
 *
 * An agent in each does what it is told over a socket.
 */
enum { OUTER, INNER, INNERMOST, SIBLING, NR_AGENTS, HOST = NR_AGENTS };

static const char * const agent_names[] = { "outer", "inner", "innermost", "sibling" };

enum agent_op { AGENT_CREATE, AGENT_ROWS, AGENT_ROWS_OF_FD, AGENT_OPEN, AGENT_PROCESS };

struct order {
	enum agent_op op;
	pid_t pid;
	char name[CONTAINER_NAME_MAX];
};

struct view {
	int nr;
	struct container_row rows[8];
};

static bool obey(int sock, struct order *order)
{
	char text[128] = "";
	struct view view;
	int fd;

	switch (order->op) {
	case AGENT_CREATE:
		return send_fd(sock, container_create(order->name, CONTAINER_KILL_ON_CLOSE));
	case AGENT_ROWS:
		view.nr = container_rows(view.rows, 8);
		return write(sock, &view, sizeof(view)) == sizeof(view);
	case AGENT_ROWS_OF_FD:
		fd = recv_fd(sock);
		view.nr = container_rows_fd(fd, view.rows, 8);
		close(fd);
		return write(sock, &view, sizeof(view)) == sizeof(view);
	case AGENT_OPEN:
		fd = open("/proc/containers", O_RDONLY);
		return send_fd(sock, fd) && !close(fd);
	case AGENT_PROCESS:
		if (!container_of_process(order->pid, text, sizeof(text)))
			snprintf(text, sizeof(text), "%s", strerror(errno));
		return write(sock, text, sizeof(text)) == sizeof(text);
	}
	return false;
}

/* Puts an agent into the container; ours is the last handle then. */
static pid_t start_agent(int cfd, int *sock)
{
	int pair[2];
	struct order order;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	pid = fork_into_container(cfd);
	if (!pid) {
		close(pair[0]);
		while (read(pair[1], &order, sizeof(order)) == sizeof(order) &&
		       obey(pair[1], &order))
			;
		_exit(0);
	}
	close(pair[1]);
	*sock = pair[0];
	return pid;
}

FIXTURE(view)
{
	int sock[NR_AGENTS];
	int cfd[NR_AGENTS];
	pid_t pid[NR_AGENTS + 1];
	__u64 id[NR_AGENTS + 1];
	struct view view;
};

static bool give_order(int sock, enum agent_op op, const char *name, pid_t pid)
{
	struct order order = { .op = op, .pid = pid };

	snprintf(order.name, sizeof(order.name), "%s", name);
	return write(sock, &order, sizeof(order)) == sizeof(order);
}

static bool read_view(int sock, struct view *view)
{
	return recv(sock, view, sizeof(*view), MSG_WAITALL) == sizeof(*view);
}

FIXTURE_SETUP(view)
{
	int i;

	ASSERT_TRUE(wait_until(containers_settled()));
	for (i = 0; i < NR_AGENTS; i++) {
		if (i == OUTER || i == SIBLING) {
			self->cfd[i] = container_create(agent_names[i], CONTAINER_KILL_ON_CLOSE);
		} else {
			ASSERT_TRUE(give_order(self->sock[i - 1], AGENT_CREATE,
					       agent_names[i], 0));
			self->cfd[i] = recv_fd(self->sock[i - 1]);
		}
		ASSERT_LE(0, self->cfd[i]);
		self->id[i] = container_id(self->cfd[i]);
		self->pid[i] = start_agent(self->cfd[i], &self->sock[i]);
		ASSERT_LT(0, self->pid[i]);
	}
	self->id[HOST] = 1;
	self->pid[HOST] = getpid();
}

FIXTURE_TEARDOWN(view)
{
	int i;

	for (i = 0; i < NR_AGENTS; i++) {
		close(self->sock[i]);
		close(self->cfd[i]);
	}
	for (i = 0; i < NR_AGENTS; i++)
		wait_for_exit(self->pid[i]);
}

/* Does one in @a know of @b? */
static bool knows(int a, int b)
{
	if (a == HOST || a == b)
		return true;
	return a != SIBLING && b != SIBLING && b != HOST && a < b;
}

/* The view must be that of the one in @who. */
static void expect_view(struct __test_metadata *_metadata, struct _test_data_view *self, int who)
{
	struct container_row *row = self->view.rows;
	int parent, i, nr = 0;

	if (who == HOST) {
		EXPECT_EQ(1, row->id);
		EXPECT_STREQ("<current>", row->name);
		row++;
		nr++;
	}
	for (i = 0; i < NR_AGENTS; i++) {
		if (!knows(who, i))
			continue;
		EXPECT_EQ(self->id[i], row->id);
		parent = i == OUTER || i == SIBLING ? HOST : i - 1;
		EXPECT_EQ(i == who ? 0 : self->id[parent], row->parent);
		EXPECT_STREQ("running", row->state);
		EXPECT_STREQ("1", row->procs);
		EXPECT_EQ(self->pid[i], row->init);
		EXPECT_STREQ(i == who ? "<current>" : agent_names[i], row->name);
		row++;
		nr++;
	}
	EXPECT_EQ(nr, self->view.nr)
		TH_LOG("reader %d", who);
}

TEST_F_TIMEOUT(view, one_sees_ones_own_container_and_those_below, TIMEOUT)
{
	int i;

	for (i = 0; i < NR_AGENTS; i++) {
		ASSERT_TRUE(give_order(self->sock[i], AGENT_ROWS, "", 0));
		ASSERT_TRUE(read_view(self->sock[i], &self->view));
		expect_view(_metadata, self, i);
	}
	self->view.nr = container_rows(self->view.rows, 8);
	expect_view(_metadata, self, HOST);
}

TEST_F_TIMEOUT(view, the_view_belongs_to_who_opened_the_file, TIMEOUT)
{
	int i, fd, host = open("/proc/containers", O_RDONLY);

	ASSERT_LE(0, host);
	for (i = 0; i < NR_AGENTS; i++) {
		/* Their view, read by the host, and by another one, */
		ASSERT_TRUE(give_order(self->sock[i], AGENT_OPEN, "", 0));
		fd = recv_fd(self->sock[i]);
		ASSERT_LE(0, fd);
		self->view.nr = container_rows_fd(fd, self->view.rows, 8);
		expect_view(_metadata, self, i);
		ASSERT_TRUE(give_order(self->sock[SIBLING - i], AGENT_ROWS_OF_FD, "", 0));
		ASSERT_TRUE(send_fd(self->sock[SIBLING - i], fd));
		close(fd);
		ASSERT_TRUE(read_view(self->sock[SIBLING - i], &self->view));
		expect_view(_metadata, self, i);

		/* and the host's, read by them. */
		ASSERT_TRUE(give_order(self->sock[i], AGENT_ROWS_OF_FD, "", 0));
		ASSERT_TRUE(send_fd(self->sock[i], host));
		ASSERT_TRUE(read_view(self->sock[i], &self->view));
		expect_view(_metadata, self, HOST);
	}
	close(host);
}

TEST_F_TIMEOUT(view, a_processs_container_is_told_to_who_may_know_of_it, TIMEOUT)
{
	char expected[64], got[128];
	int reader, of;

	for (reader = 0; reader <= HOST; reader++) {
		for (of = 0; of <= HOST; of++) {
			expected[0] = '\0';
			if (reader == of)
				snprintf(expected, sizeof(expected), "%llu\t<current>\n",
					 self->id[of]);
			else if (knows(reader, of))
				snprintf(expected, sizeof(expected), "%llu\t%s\n",
					 self->id[of], agent_names[of]);
			if (reader == HOST) {
				ASSERT_NE(NULL, container_of_process(self->pid[of], got,
								     sizeof(got)));
			} else {
				ASSERT_TRUE(give_order(self->sock[reader], AGENT_PROCESS, "",
						       self->pid[of]));
				ASSERT_EQ(sizeof(got), recv(self->sock[reader], got, sizeof(got),
							    MSG_WAITALL));
			}
			EXPECT_STREQ(expected, got)
				TH_LOG("%d of %d", reader, of);
		}
	}
}

TEST_F_TIMEOUT(view, it_follows_what_happens_below, TIMEOUT)
{
	/* The innermost one ends, and its row goes from everybody's view. */
	close(self->cfd[INNERMOST]);
	self->cfd[INNERMOST] = -1;
	ASSERT_TRUE(give_order(self->sock[INNERMOST], AGENT_CREATE, "unstarted", 0));
	close(recv_fd(self->sock[INNERMOST]));
	ASSERT_TRUE(give_order(self->sock[INNER], AGENT_ROWS, "", 0));
	ASSERT_TRUE(read_view(self->sock[INNER], &self->view));
	EXPECT_EQ(3, self->view.nr);
	kill(self->pid[INNERMOST], SIGKILL);
	EXPECT_TRUE(wait_until(!container_listed(self->id[INNERMOST])));
	ASSERT_TRUE(give_order(self->sock[OUTER], AGENT_ROWS, "", 0));
	ASSERT_TRUE(read_view(self->sock[OUTER], &self->view));
	EXPECT_EQ(2, self->view.nr);
	EXPECT_EQ(self->id[OUTER], self->view.rows[0].id);
	EXPECT_EQ(self->id[INNER], self->view.rows[1].id);
	ASSERT_TRUE(give_order(self->sock[INNER], AGENT_ROWS, "", 0));
	ASSERT_TRUE(read_view(self->sock[INNER], &self->view));
	EXPECT_EQ(1, self->view.nr);
}

TEST_F_TIMEOUT(proc, descendants_are_where_their_ancestors_are, TIMEOUT)
{
	char expected[64], buf[64];
	pid_t init, pid;
	int cfd, p[2];

	ASSERT_EQ(0, pipe(p));
	cfd = container_create("family", CONTAINER_KILL_ON_CLOSE);
	ASSERT_LE(0, cfd);
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		pid = fork();
		if (!pid) {
			pid = fork();
			if (!pid)
				pause_forever();
			if (write(p[1], &pid, sizeof(pid)) < 0)
				_exit(1);
			_exit(0);
		}
		wait_for_exit(pid);
		pause_forever();
	}
	ASSERT_EQ(sizeof(pid), read(p[0], &pid, sizeof(pid)));
	snprintf(expected, sizeof(expected), "%llu\tfamily\n", container_id(cfd));
	EXPECT_STREQ(expected, container_of_process(pid, buf, sizeof(buf)));
	EXPECT_STREQ("1\t<current>\n", container_of_process(getpid(), buf, sizeof(buf)));
	EXPECT_STREQ("1\t<current>\n", container_of_process(1, buf, sizeof(buf)));
	kill_and_reap(init);
	/* The grandchild is not ours to be reaped. */
	EXPECT_TRUE(poll_until(cfd, POLLIN | POLLHUP));
	close(cfd);
}

/* As ever in /proc, pids are those of the PID namespace that it was mounted in. */
TEST_F_TIMEOUT(proc, the_pid_of_init_is_that_of_the_mounted_proc, TIMEOUT)
{
	int cfd = container_create("pids", CONTAINER_KILL_ON_CLOSE | CONTAINER_NEW_PID_NS |
				   CONTAINER_NEW_FS_NS);
	struct container_row row;
	__u64 id = container_id(cfd);
	pid_t init, pid;
	int p[2];

	ASSERT_LE(0, cfd);
	ASSERT_EQ(0, pipe(p));
	init = fork_into_container(cfd);
	ASSERT_LE(0, init);
	if (!init) {
		hear(p[0]);
		EXPECT_TRUE(container_row_of(id, &row));
		EXPECT_LT(1, row.init);
		EXPECT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		EXPECT_EQ(0, mount("proc", "/proc", "proc", 0, NULL));
		EXPECT_TRUE(container_row_of(id, &row));
		EXPECT_EQ(1, row.init);
		_exit(0);
	}
	ASSERT_TRUE(container_row_of(id, &row));
	EXPECT_EQ(init, row.init);

	/* Elsewhere it has none. */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID | CLONE_NEWNS));
		EXPECT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		pid = fork();
		if (!pid) {
			EXPECT_EQ(0, mount("proc", "/proc", "proc", 0, NULL));
			EXPECT_TRUE(container_row_of(id, &row));
			EXPECT_EQ(0, row.init);
			EXPECT_STREQ("1", row.procs);
			_exit(0);
		}
		_exit(wait_for_exit(pid));
	}
	EXPECT_EQ(0, wait_for_exit(pid));
	tell(p[1]);
	EXPECT_EQ(0, wait_for_exit(init));
	close(cfd);
}

TEST_F_TIMEOUT(proc, ids_go_up_and_never_come_back, TIMEOUT)
{
	static const unsigned int flags[] = { 0, CONTAINER_NEW_UTS_NS, CONTAINER_NEW_PID_NS };
	__u64 last = 1, id;
	int i, cfd;
	pid_t pid;

	for (i = 0; i < scaled(1000); i++) {
		cfd = container_create("id", flags[i % ARRAY_SIZE(flags)]);
		ASSERT_LE(0, cfd);
		id = container_id(cfd);
		ASSERT_LT(last, id);
		last = id;
		if (i % 16 == 0) {
			pid = fork_into_container(cfd);
			ASSERT_LE(0, pid);
			if (!pid)
				_exit(0);
			ASSERT_EQ(0, wait_for_exit(pid));
			ASSERT_EQ(id, container_id(cfd));
		}
		close(cfd);
	}

	/* Not even what fails brings them back. */
	EXPECT_EQ(-1, container_create("i/d", 0));
	EXPECT_EQ(-1, container_create("id", CONTAINER_NEW_EMPTY_FS_NS));
	cfd = container_create("id", 0);
	EXPECT_LT(last, container_id(cfd));
	close(cfd);
}

static int compare_ids(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

TEST_F_TIMEOUT(proc, ids_are_unique_among_racing_creators, TIMEOUT)
{
	int each = scaled(200), nr = 4 * each, i, j, p[2], cfd;
	__u64 *ids = calloc(nr, sizeof(*ids)), id, last;
	pid_t pid[4];

	ASSERT_NE(NULL, ids);
	ASSERT_EQ(0, pipe(p));
	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		ASSERT_LE(0, pid[i]);
		if (pid[i])
			continue;
		last = 0;
		for (j = 0; j < each; j++) {
			cfd = container_create("race", 0);
			id = container_id(cfd);
			close(cfd);
			if (id <= last || write(p[1], &id, sizeof(id)) != sizeof(id))
				_exit(1);
			last = id;
		}
		_exit(0);
	}
	for (i = 0; i < nr; i++)
		ASSERT_EQ(sizeof(id), read(p[0], &ids[i], sizeof(id)));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, wait_for_exit(pid[i]));
	qsort(ids, nr, sizeof(*ids), compare_ids);
	for (i = 1; i < nr; i++)
		EXPECT_LT(ids[i - 1], ids[i]);
	free(ids);
}

TEST_HARNESS_MAIN
