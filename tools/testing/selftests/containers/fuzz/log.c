// SPDX-License-Identifier: GPL-2.0
/* Random numbers, the log of calls, and how a violation is told. */
#include "fuzz.h"

#define OP(name)	#name
const char * const op_names[NR_OPS] = {
#include "ops.h"
};

/* splitmix64: any seed is as good as any other. */
uint64_t random_next(uint64_t *random)
{
	uint64_t x = *random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

unsigned int pick(struct self *s, unsigned int n)
{
	return (random_next(&s->random) >> 32) % n;
}

bool chance(struct self *s, unsigned int percent)
{
	return pick(s, 100) < percent;
}

/* No call is under way any more when the ring comes round to it. */
struct entry *call_begin(struct self *s, enum op kind, long a, long b, long c)
{
	struct entry *e = &s->ring->entries[s->ring->next % RING_SIZE];

	s->ring->next++;
	e->op = kind;
	e->done = 0;
	e->args[0] = a;
	e->args[1] = b;
	e->args[2] = c;
	if (s->post)
		store(&s->post->since, load(&shared->ticks));
	return e;
}

long call_end(struct self *s, struct entry *e, long ret)
{
	if (ret < 0)
		ret = -errno;
	e->ret = ret;
	e->done = 1;
	s->calls++;
	__atomic_add_fetch(&shared->counts[e->op][ret >= 0], 1, __ATOMIC_RELAXED);
	return ret;
}

bool one_of(long err, const short *errs)
{
	for (; *errs; errs++)
		if (*errs == err)
			return true;
	return false;
}

/* No stdio and no allocation: members were forked off from among threads. */
void violation(struct self *s, const char *format, ...)
{
	int len;
	va_list ap;

	if (!__atomic_exchange_n(&shared->failed, 1, __ATOMIC_SEQ_CST)) {
		len = snprintf(shared->message, MESSAGE_SIZE, "%s %d.%d (pid %d, container %llu): ",
			       s->member ? "member of worker" : "worker", s->worker, s->thread,
			       getpid(), (unsigned long long)s->own);
		va_start(ap, format);
		vsnprintf(shared->message + len, MESSAGE_SIZE - len, format, ap);
		va_end(ap);
		shared->ring = *s->ring;
		store(&shared->failed, 2);
	}
	store(&shared->stop, 1);
	_exit(EXIT_VIOLATION);
}

void ring_print(const struct ring *ring, unsigned int n, FILE *f)
{
	unsigned int i, end = ring->next;

	n = n < RING_SIZE ? n : RING_SIZE;
	for (i = end > n ? end - n : 0; i < end; i++) {
		const struct entry *e = &ring->entries[i % RING_SIZE];

		fprintf(f, "#   %u: %s(%ld, %#lx, %#lx)", i, op_names[e->op % NR_OPS],
			e->args[0], e->args[1], e->args[2]);
		if (e->done)
			fprintf(f, " = %d%s%s\n", e->ret, e->ret < 0 ? " " : "",
				e->ret < 0 ? strerror(-e->ret) : "");
		else
			fprintf(f, " has not returned\n");
	}
}
