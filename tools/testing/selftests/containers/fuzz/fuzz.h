/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzzer for containers: what its parts share.
 *
 *	fuzz.c		options, processes, the end of a run
 *	log.c		random numbers, the log of calls, how a violation is told
 *	record.c	what has been seen of each container, and must stay true
 *	handles.c	calls on descriptors
 *	spawn.c		calls that make processes
 *	member.c	what processes do that were put into a container
 *	procfs.c	/proc: what it lists, and what it says of processes
 *	audit.c		looks at all processes and containers from outside
 *
 * Workers are processes outside of all containers, with some threads each. Each
 * thread has descriptors of its own, for which it knows what to expect, and all
 * threads of a worker share some "wild" numbers, which anybody opens and closes at
 * any time. What is known of a container is in memory that all share, members
 * included. What can only grow (a state, a total) is read before a call, compared
 * with what the call says, and written after it.
 */
#ifndef CONTAINERS_FUZZ_H
#define CONTAINERS_FUZZ_H

#include "../container_util.h"

#include <stdarg.h>
#include <stdint.h>

#define NR_HANDLES	16		/* of each thread */
#define NR_NSFDS	3		/* likewise */
#define NR_WILD		16		/* of each worker */
#define WILD_BASE	600		/* their numbers, out of the way of others */
#define MAX_WORKERS	16
#define MAX_THREADS	8		/* of each worker */
#define NR_RECENT	64
#define NR_RECORDS	4194304
#define RING_SIZE	64
#define MAX_DEPTH	3		/* of members of members */
#define MESSAGE_SIZE	512

#define USER_ID		1000		/* who the ordinary workers are */

/* Exit codes of members and workers; members also exit with smaller ones. */
#define EXIT_VIOLATION	99

/* Kinds of calls, for the log and for the summary. */
#define OP(name)	OP_##name
enum op {
#include "ops.h"
	, NR_OPS
};

#undef OP

extern const char * const op_names[NR_OPS];

struct entry {
	unsigned int	op;
	int		ret;		/* or -errno */
	int		done;
	long		args[3];
};

/* The last calls of somebody. */
struct ring {
	unsigned int	next;
	struct entry	entries[RING_SIZE];
};

/* What somebody has seen of the container with an id; all 0 at first. */
struct record {
	unsigned int	created;	/* how often container_create() made it */
	unsigned int	state;		/* the highest */
	unsigned int	dead;		/* when POLLHUP was seen; see shared.clock */
	unsigned int	status;		/* EXITED | init's status */
	unsigned int	flags;		/* FLAGS_KNOWN | of its creation */
	unsigned int	parent;		/* id of the container around it */
	uint64_t	time;		/* of its creation, for the workers */
	uint64_t	usage;		/* processor time of its dead, in microseconds */
	uint64_t	final_usage;	/* 1 + that when it was dead */
};

#define EXITED		0x40000000
#define FLAGS_KNOWN	0x40000000

/* A worker's thread, for those who look after it. */
struct post {
	pid_t		tid;
	unsigned int	since;		/* when its call began, in ticks */
	unsigned int	idle;		/* it pauses, or is done */
	struct ring	ring;
};

struct shared {
	/* What was asked for. */
	uint64_t	seed;
	uint64_t	ops;
	unsigned int	nr_workers, nr_threads;
	unsigned int	max_procs;
	bool		debug;
	bool		lie;		/* claim something false, for a test of ourselves */
	char		exe[256], path[64];

	uint64_t	own;		/* id of the container that we are in */
	uint64_t	base;		/* what is recorded are ids above */

	/* The run. */
	unsigned int	stop, pause, failed, ticks, nr_procs;
	uint64_t	taken;		/* calls that threads have promised to do */
	unsigned int	clock;		/* one more for each death that is seen */
	uint64_t	max_id;
	unsigned int	nr_recent, nr_pids;
	uint64_t	recent[NR_RECENT];
	pid_t		pids[NR_RECENT];	/* of members, or what were ones */
	unsigned int	survivors_checked, counts_checked, counts_unstable;

	uint64_t	counts[NR_OPS][2];	/* failed, ok */

	/* The first violation. */
	char		message[MESSAGE_SIZE];
	struct ring	ring;

	struct post	posts[MAX_WORKERS * MAX_THREADS];
	struct record	records[NR_RECORDS];
};

extern struct shared *shared;

/* Whether a container is below the one that the holder of a handle is in. */
enum below { BELOW, NOT_BELOW, MAYBE_BELOW };

struct handle {
	int		fd;		/* -1: none */
	unsigned int	rights;		/* it has no others */
	uint64_t	id;
	enum below	below;
};

/* Whoever makes calls: a thread of a worker, or a member. */
struct self {
	uint64_t	random;
	uint64_t	calls;
	struct post	*post;		/* of a worker's thread */
	struct ring	*ring;
	int		worker, thread;
	bool		ordinary;	/* a worker without privilege */
	bool		member;		/* else outside of all containers */
	bool		moved;		/* has perhaps another time namespace */
	int		depth;		/* of members */
	int		budget;		/* processes that a member may make */
	uint64_t	own;		/* id of the container that it is in */
	struct handle	handles[NR_HANDLES];
	int		nsfds[NR_NSFDS];
	int		proc;		/* /proc/containers */
	int		epoll;
	int		exe;
	int		null;
	int		path;		/* O_PATH */
	int		home;		/* the network namespace to come back to */
	int		inbox;
	const int	*outboxes;	/* of all threads */
	int		nr_outboxes;
	timer_t		timer;
	bool		has_timer;
};

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)
#define add(p, v)	__atomic_add_fetch(p, v, __ATOMIC_SEQ_CST)

#define ARRAY_LEN(a)	((unsigned int)(sizeof(a) / sizeof((a)[0])))

/* log.c */
uint64_t random_next(uint64_t *random);
unsigned int pick(struct self *s, unsigned int n);
bool chance(struct self *s, unsigned int percent);
struct entry *call_begin(struct self *s, enum op kind, long a, long b, long c);
long call_end(struct self *s, struct entry *e, long ret);
void violation(struct self *s, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void ring_print(const struct ring *ring, unsigned int n, FILE *f);
bool one_of(long err, const short *errs);

/* CALL(s, op, a, b, c, expression): the value, or -errno; logged and counted. */
#define CALL(s, op, a, b, c, call) ({						\
	struct self *__s = (s);							\
	struct entry *__e = call_begin(__s, OP_##op, (long)(a), (long)(b), (long)(c)); \
										\
	call_end(__s, __e, (long)(call));					\
})

/* The call, after an error (-errno in @ret) that is none of those listed. */
#define MAY_FAIL(s, what, ret, ...) do {					\
	static const short __errs[] = { __VA_ARGS__, 0 };			\
	long __ret = (ret);							\
										\
	if (__ret < 0 && !one_of(-__ret, __errs))				\
		violation(s, "%s: errno %ld (%s) is not documented", what,	\
			  -__ret, strerror(-__ret));				\
} while (0)

/* record.c */
struct record *record_of(uint64_t id);
void record_seen(uint64_t id);
void record_created(struct self *s, uint64_t id, unsigned int flags, uint64_t max_before);
void record_state(uint64_t id, unsigned int state);
void record_dead(uint64_t id);
bool dead_by(uint64_t id, unsigned int clock);
bool dead_around(uint64_t id, unsigned int clock);
void record_status(struct self *s, uint64_t id, int status);
void check_info(struct self *s, struct handle *h, const struct container_info *info,
		const struct record *before);
void check_usage(struct self *s, uint64_t id, uint64_t usage, const struct record *before);
struct record record_snapshot(uint64_t id);
enum below below(uint64_t id, uint64_t top);
uint64_t recent_id(struct self *s);
pid_t recent_pid(struct self *s);
void publish_pid(pid_t pid);

/* handles.c */
struct handle *some_handle(struct self *s);
struct handle *handle_put(struct self *s, int fd, uint64_t id, unsigned int rights,
			  enum below below);
void handle_close(struct self *s, struct handle *h);
bool has_right(struct handle *h, unsigned int right);
void must_be_usable(struct self *s, struct handle *h, unsigned int right, long ret,
		    const char *what);
int odd_fd(struct self *s);
void op_info(struct self *s);
void op_poll(struct self *s);
void wait_for_hangup(struct self *s, struct handle *h);
void handles_random(struct self *s);

/* spawn.c */
void enter(struct self *s, struct handle *h);
void spawn_random(struct self *s);
void op_reap(struct self *s);

/* member.c */
void member_main(struct self *s, uint64_t id) __attribute__((noreturn));
void stranger_main(struct self *s) __attribute__((noreturn));
int member_exec_main(char **argv);
int member_exec(struct self *s, int how);
int vfork_child(void *arg);
void fresh_self(struct self *s, uint64_t seed);
void forget_files(struct self *s);

/* procfs.c */
struct process {
	char		state;
	unsigned int	flags;		/* PF_* */
	uint64_t	container;	/* 0: not in view */
};

#define PF_EXITING	0x4

bool read_process(pid_t pid, struct process *p);
ssize_t read_text(const char *path, char *buf, size_t size);
void check_survivor(struct self *s, pid_t pid);
void op_fdinfo(struct self *s);
void procfs_random(struct self *s);

/* audit.c */
void audit_processes(struct self *s);
void audit_counts(struct self *s);
bool audit_teardown(struct self *s);
int count_fds(void);

/* fuzz.c */
bool is_worker(pid_t pid);
void become_ordinary(void);
double now(void);

#endif /* CONTAINERS_FUZZ_H */
