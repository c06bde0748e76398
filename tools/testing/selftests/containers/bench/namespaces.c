// SPDX-License-Identifier: GPL-2.0
/*
 * A process in new namespaces, by clone3() and in a container made for it.
 */
#include <stddef.h>

#include "bench.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

#define SAMPLES		11
#define ROUNDS		3
/* Of the set with a budget: rounds differ by a few per cent. */
#define MORE_ROUNDS	15

static const struct {
	const char *name;
	unsigned int container;
	unsigned int clone;
} sets[] = {
	{ "no namespace", 0, 0 },
	{ "mount", CONTAINER_NEW_FS_NS, CLONE_NEWNS },
	{ "UTS", CONTAINER_NEW_UTS_NS, CLONE_NEWUTS },
	{ "IPC", CONTAINER_NEW_IPC_NS, CLONE_NEWIPC },
	{ "user", CONTAINER_NEW_USER_NS, CLONE_NEWUSER },
	{ "PID", CONTAINER_NEW_PID_NS, CLONE_NEWPID },
	{ "network", CONTAINER_NEW_NET_NS, CLONE_NEWNET },
	{ "cgroup", CONTAINER_NEW_CGROUP_NS, CLONE_NEWCGROUP },
	{ "time", CONTAINER_NEW_TIME_NS, CLONE_NEWTIME },
	{ "five",
	  CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |
	  CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS,
	  CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET },
	{ "six",
	  CONTAINER_NEW_FS_NS | CONTAINER_NEW_UTS_NS | CONTAINER_NEW_IPC_NS |
	  CONTAINER_NEW_PID_NS | CONTAINER_NEW_NET_NS | CONTAINER_NEW_CGROUP_NS,
	  CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET |
	  CLONE_NEWCGROUP },
};

static int set;

static void clone_namespaces(void)
{
	struct clone_into_container args = {
		.flags = sets[set].clone,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = syscall(__NR_clone3, &args, offsetof(typeof(args), container));

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("clone3");
}

static void contain(void)
{
	cfd = container_create("bench", sets[set].container);
	if (cfd < 0)
		die("container_create");
	enter_exit_wait();
	close(cfd);
}

void bench_namespaces(void)
{
	char names[2][64];
	const struct subject subjects[] = {
		{ names[0], clone_namespaces },
		{ names[1], contain, .contained = true },
	};

	for (set = 0; set < ARRAY_SIZE(sets); set++) {
		snprintf(names[0], sizeof(names[0]), "clone3, %s", sets[set].name);
		snprintf(names[1], sizeof(names[1]), "create+enter, %s", sets[set].name);
		measure_settled(subjects, ARRAY_SIZE(subjects), SAMPLES);
		measure_amortised(subjects, ARRAY_SIZE(subjects),
				  set == ARRAY_SIZE(sets) - 1 ? MORE_ROUNDS : ROUNDS);
	}
}
