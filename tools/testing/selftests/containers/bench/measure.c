// SPDX-License-Identifier: GPL-2.0
/*
 * How something is measured: many samples, each of one run or, if a run is short, of
 * several. The least of them is the path itself, without a timer's interrupt, a slab
 * that is empty or a neighbour's deferred work. The median is what one may expect. The
 * mean is what it costs, as far as it is not put off; see measure_amortised() for that.
 */
#include <time.h>

#include "bench.h"

#define DRAIN_NS	100000000L
#define AMORTISED	20

long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

/* Lets what is put off be done, so that no sample pays for another one. */
void settle(void)
{
	const struct timespec second = { .tv_sec = 1 };

	nanosleep(&second, NULL);
}

void die(const char *what)
{
	perror(what);
	exit(1);
}

void report(const char *subject, double number, const char *unit, const char *what)
{
	printf("bench\t%s\t%.1f\t%s\t%s\n", subject, number, unit, what);
	fflush(stdout);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void report_samples(const char *subject, double *samples, int nr)
{
	double sum = 0;

	for (int i = 0; i < nr; i++)
		sum += samples[i];
	qsort(samples, nr, sizeof(samples[0]), compare);
	report(subject, samples[0], "instructions", "least");
	report(subject, samples[nr / 2], "instructions", "median");
	report(subject, sum / nr, "instructions", "mean");
}

static double sample(const struct subject *subject)
{
	int loops = subject->loops ?: 1;
	long start = now();

	for (int i = 0; i < loops; i++)
		subject->run();
	return (double)(now() - start) / loops;
}

/* In turn, as what a run costs depends on how long the system has been up. */
static void measure_in_turn(const struct subject *subjects, int nr, int samples,
			    bool settled)
{
	double *results = calloc(nr * samples, sizeof(*results));

	if (!results)
		die("calloc");
	for (int i = -1; i < samples; i++) {
		for (int s = 0; s < nr; s++) {
			if (subjects[s].contained && !containers)
				continue;
			if (settled)
				settle();
			/* The first one is for the caches' sake. */
			results[s * samples + (i < 0 ? 0 : i)] = sample(&subjects[s]);
		}
	}
	for (int s = 0; s < nr; s++)
		if (!subjects[s].contained || containers)
			report_samples(subjects[s].name, results + s * samples, samples);
	free(results);
}

void measure(const struct subject *subjects, int nr, int samples)
{
	measure_in_turn(subjects, nr, samples, false);
}

void measure_settled(const struct subject *subjects, int nr, int samples)
{
	measure_in_turn(subjects, nr, samples, true);
}

/* Turns that a loop can do in @ns of all that this CPU does. */
static long spin(long ns)
{
	long end = now() + ns, turns = 0;

	while (now() < end)
		turns++;
	return turns;
}

/*
 * What all of it costs, what the kernel does later included: what a loop in user mode
 * that goes on meanwhile falls behind.
 */
static double sample_amortised(const struct subject *subject)
{
	const struct sched_param none = { };
	double result;
	long turns, start;

	settle();
	spin(DRAIN_NS / 10);
	turns = spin(DRAIN_NS);
	start = now();
	for (int i = 0; i < AMORTISED; i++)
		subject->run();
	result = now() - start;
	/* What was put off is to go first. */
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		die("sched_setscheduler");
	result += DRAIN_NS * (1 - (double)spin(DRAIN_NS) / turns);
	if (sched_setscheduler(0, SCHED_OTHER, &none))
		die("sched_setscheduler");
	return result / AMORTISED;
}

/* In turn, for the same reason as above. */
void measure_amortised(const struct subject *subjects, int nr, int rounds)
{
	double *results = calloc(nr * rounds, sizeof(*results));

	if (!results)
		die("calloc");
	for (int round = 0; round < rounds; round++)
		for (int s = 0; s < nr; s++)
			if (!subjects[s].contained || containers)
				results[s * rounds + round] = sample_amortised(&subjects[s]);
	for (int s = 0; s < nr; s++) {
		if (subjects[s].contained && !containers)
			continue;
		qsort(results + s * rounds, rounds, sizeof(results[0]), compare);
		report(subjects[s].name, results[s * rounds + rounds / 2], "instructions",
		       "amortised");
	}
	free(results);
}
