// SPDX-License-Identifier: GPL-2.0
/*
 * A share of the fuzzer, with seeds that are always the same.
 */
#define _GNU_SOURCE
#include "container_util.h"
#include "../kselftest_harness.h"

#define FUZZER		"./container_fuzz"

/* Seconds of one test: the fuzzer stops before, and winds up. */
#define TIMEOUT		200

/* Runs it; its own output is for whoever looks for the cause. */
static int fuzz(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(FUZZER, argv);
		_exit(127);
	}
	return wait_for_exit(pid);
}

FIXTURE(fuzz)
{
};

FIXTURE_VARIANT(fuzz)
{
	char *seed;
	char *calls, *calls_debug;
	char *workers, *threads;
	char *users;			/* -u: ordinary ones only */
};

FIXTURE_VARIANT_ADD(fuzz, root_and_others)
{
	.seed = "1", .calls = "350000", .calls_debug = "130000",
	.workers = "4", .threads = "2", .users = "-p60",
};

FIXTURE_VARIANT_ADD(fuzz, many_threads)
{
	.seed = "2", .calls = "250000", .calls_debug = "60000",
	.workers = "2", .threads = "6", .users = "-p40",
};

FIXTURE_VARIANT_ADD(fuzz, ordinary_users)
{
	.seed = "3", .calls = "150000", .calls_debug = "60000",
	.workers = "5", .threads = "1", .users = "-u",
};

FIXTURE_SETUP(fuzz)
{
	if (geteuid())
		SKIP(return, "needs root");
	if (access(FUZZER, X_OK))
		SKIP(return, "not built: there was no static C library");
}

FIXTURE_TEARDOWN(fuzz)
{
}

TEST_F_TIMEOUT(fuzz, random_calls_break_no_promise, TIMEOUT)
{
	bool debug = debug_kernel();
	char *const argv[] = {
		"container_fuzz", "-s", variant->seed,
		"-n", debug ? variant->calls_debug : variant->calls,
		"-t", debug ? "60" : "100", "-w", variant->workers, "-j", variant->threads,
		variant->users, NULL,
	};

	EXPECT_EQ(EXIT_SUCCESS, fuzz(argv));
}

/* --- the fuzzer itself --------------------------------------------------------- */

FIXTURE(fuzzer)
{
	int out;
};

FIXTURE_SETUP(fuzzer)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (geteuid())
		SKIP(return, "needs root");
	if (access(FUZZER, X_OK))
		SKIP(return, "not built: there was no static C library");
	/* Its report would look like a failure. */
	self->out = dup(STDOUT_FILENO);
	ASSERT_EQ(STDOUT_FILENO, dup2(null, STDOUT_FILENO));
	close(null);
}

FIXTURE_TEARDOWN(fuzzer)
{
	dup2(self->out, STDOUT_FILENO);
	close(self->out);
}

/* It is told that a container is dead which lives. */
TEST_F_TIMEOUT(fuzzer, a_broken_promise_is_noticed, TIMEOUT)
{
	char *const argv[] = { "container_fuzz", "-x", "-t", "60", NULL };

	EXPECT_EQ(EXIT_FAILURE, fuzz(argv));
}

TEST_HARNESS_MAIN
