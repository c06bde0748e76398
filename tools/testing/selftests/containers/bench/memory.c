// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that a container without namespaces of its own takes, by the caches that
 * it comes from. Wants a kernel with /proc/slabinfo that was booted with slab_nomerge.
 */
#include <sys/resource.h>

#include "bench.h"

#define MADE		1000
#define CACHES		512

struct cache {
	char name[48];
	long objects;
	long size;
};

static struct cache before[CACHES], after[CACHES];

static int read_caches(struct cache *caches)
{
	char line[512];
	int nr = 0;
	FILE *f = fopen("/proc/slabinfo", "re");

	if (!f)
		return -1;
	while (nr < CACHES && fgets(line, sizeof(line), f)) {
		struct cache *cache = &caches[nr];

		if (sscanf(line, "%47s %ld %*d %ld", cache->name, &cache->objects,
			   &cache->size) == 3)
			nr++;
	}
	fclose(f);
	return nr;
}

/* Unused objects on a CPU's slab count as active: what makes them few. */
static void shrink(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0 || write(fd, "3", 1) != 1)
		die("drop_caches");
	close(fd);
	settle();
}

static long total_slab(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

void bench_memory(void)
{
	struct rlimit files = { MADE + 100, MADE + 100 };
	long slab;
	int nr;

	if (!containers)
		return;
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	create_close();
	/* The table of descriptors is not a container's. */
	if (dup2(0, MADE + 50) < 0)
		die("dup2");
	shrink();
	slab = total_slab();
	nr = read_caches(before);
	if (nr < 0)
		return;
	for (int i = 0; i < MADE; i++)
		if (container_create("bench", 0) < 0)
			die("container_create");
	settle();
	if (read_caches(after) != nr)
		die("slabinfo");
	report("memory: all slabs", (total_slab() - slab) * 1024.0 / MADE, "bytes", "total");
	for (int i = 0; i < nr; i++) {
		double objects = (double)(after[i].objects - before[i].objects) / MADE;
		char name[sizeof(after[i].name) + 16];

		/* Less than one for two containers is somebody else's. */
		if (objects < 0.01)
			continue;
		snprintf(name, sizeof(name), "memory: %.47s", after[i].name);
		report(name, objects * after[i].size, "bytes", "objects");
	}
}
