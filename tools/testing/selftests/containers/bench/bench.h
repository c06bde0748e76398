/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program that measures what the kernel's paths cost, in a virtual machine whose
 * clock counts instructions: a nanosecond is an instruction there.
 *
 * It runs on kernels with and without containers, and measures on the latter what
 * they have. It prints, tab-separated, "bench", a subject's name, a number, what it
 * is a number of, and what of that: one line for each.
 */
#ifndef SELFTESTS_CONTAINER_BENCH_H
#define SELFTESTS_CONTAINER_BENCH_H

#include "../container_util.h"

struct subject {
	const char *name;
	void (*run)(void);
	int loops;		/* runs in a sample, 0 is one */
	bool contained;		/* only for kernels with containers */
};

struct group {
	const char *name;
	void (*run)(void);
};

extern bool containers;		/* the kernel has them */

/* measure.c */
long now(void);
void settle(void);
void report(const char *subject, double number, const char *unit, const char *what);
void report_samples(const char *subject, double *samples, int nr);
void measure(const struct subject *subjects, int nr, int samples);
void measure_settled(const struct subject *subjects, int nr, int samples);
void measure_amortised(const struct subject *subjects, int nr, int rounds);
void die(const char *what) __attribute__((noreturn));

/* process.c */
extern int cfd;			/* the container that subjects use */
void fork_exit_wait(void);
void enter_exit_wait(void);
void create_close(void);
void start_container(unsigned int flags);
void bench_process(void);
void bench_enter(void);

/* One a file. */
void bench_command(const char *name, char **argv);
void bench_contention(int processes);
void bench_forks(void);
void bench_kill(void);
void bench_memory(void);
void bench_namespaces(void);
void bench_path(void);
void bench_scale(void);
void bench_socket(void);

#define ARRAY_SIZE(a)	((int)(sizeof(a) / sizeof((a)[0])))

#endif /* SELFTESTS_CONTAINER_BENCH_H */
