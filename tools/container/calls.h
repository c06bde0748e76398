/* SPDX-License-Identifier: GPL-2.0 */
/* The system calls of <linux/container.h> that the tool uses. */
#ifndef CONTAINER_CALLS_H
#define CONTAINER_CALLS_H

#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_container_create
#define __NR_container_create	500
#endif
#ifndef __NR_container_wait
#define __NR_container_wait	502
#endif
#ifndef __NR_container_kill
#define __NR_container_kill	503
#endif

static inline int container_create(const char *name, unsigned int flags)
{
	return syscall(__NR_container_create, name, flags, 0UL, 0UL, 0UL);
}

static inline int container_wait(int cfd, int *wstatus)
{
	return syscall(__NR_container_wait, cfd, wstatus, 0, NULL);
}

static inline int container_kill(int cfd, int initonly, int sig)
{
	return syscall(__NR_container_kill, cfd, initonly, sig);
}

#endif /* CONTAINER_CALLS_H */
