// SPDX-License-Identifier: GPL-2.0
/* What has been seen of each container, and must stay true. */
#include "fuzz.h"

/* NULL: not one of ours, or one too many. */
struct record *record_of(uint64_t id)
{
	if (id <= shared->base || id - shared->base >= NR_RECORDS)
		return NULL;
	return &shared->records[id - shared->base];
}

static void raise_to(uint64_t *to, uint64_t value)
{
	uint64_t old = load(to);

	while (old < value &&
	       !__atomic_compare_exchange_n(to, &old, value, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		continue;
}

/* There is such a container: those created later have higher ids. */
void record_seen(uint64_t id)
{
	raise_to(&shared->max_id, id);
}

void record_created(struct self *s, uint64_t id, unsigned int flags, uint64_t max_before)
{
	struct record *r = record_of(id);

	if (id <= max_before)
		violation(s, "a new container has id %llu, and there was %llu before",
			  (unsigned long long)id, (unsigned long long)max_before);
	record_seen(id);
	store(&shared->recent[add(&shared->nr_recent, 1) % NR_RECENT], id);
	if (!r)
		return;
	if (add(&r->created, 1) != 1)
		violation(s, "id %llu was given to two containers", (unsigned long long)id);
	store(&r->flags, flags | FLAGS_KNOWN);
	store(&r->parent, s->own);
}

void record_state(uint64_t id, unsigned int state)
{
	struct record *r = record_of(id);
	unsigned int old;

	if (!r)
		return;
	old = load(&r->state);
	while (old < state &&
	       !__atomic_compare_exchange_n(&r->state, &old, state, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		continue;
}

/* POLLHUP was seen. */
void record_dead(uint64_t id)
{
	struct record *r = record_of(id);

	if (!r || load(&r->dead))
		return;
	record_state(id, CONTAINER_STATE_DEAD);
	store(&r->dead, add(&shared->clock, 1));
}

/* Was it known as dead, at that time of shared->clock? */
bool dead_by(uint64_t id, unsigned int clock)
{
	struct record *r = record_of(id);
	unsigned int dead = r ? load(&r->dead) : 0;

	return dead && dead <= clock;
}

/* Likewise, or one around it: nobody lives in such a container either. */
bool dead_around(uint64_t id, unsigned int clock)
{
	struct record *r;

	while (id > shared->base) {
		if (dead_by(id, clock))
			return true;
		r = record_of(id);
		id = r ? load(&r->parent) : 0;
	}
	return false;
}

/* Is @id below @top? Who creates a container says where, but may die before. */
enum below below(uint64_t id, uint64_t top)
{
	struct record *r;

	if (top == shared->own)
		return id == top ? NOT_BELOW : BELOW;
	if (id == top)
		return NOT_BELOW;
	while (id > shared->base) {
		r = record_of(id);
		id = r ? load(&r->parent) : 0;
		if (id == top)
			return BELOW;
	}
	return id == shared->own ? NOT_BELOW : MAYBE_BELOW;
}

struct record record_snapshot(uint64_t id)
{
	struct record none = {}, *r = record_of(id);

	if (!r)
		return none;
	none.dead = load(&r->dead);
	none.state = load(&r->state);
	none.status = load(&r->status);
	none.flags = load(&r->flags);
	none.parent = load(&r->parent);
	none.time = load(&r->time);
	none.usage = load(&r->usage);
	return none;
}

void record_status(struct self *s, uint64_t id, int status)
{
	struct record *r = record_of(id);
	unsigned int old = 0, new = status | EXITED;

	if (!r)
		return;
	if (!__atomic_compare_exchange_n(&r->status, &old, new, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST) && old != new)
		violation(s, "container %llu: status 0x%x, and 0x%x before",
			  (unsigned long long)id, status, old & ~EXITED);
}

static void check_counts(struct self *s, const struct container_info *info)
{
	bool exited = info->events & CONTAINER_EVENT_EXITED;
	bool empty = !info->nr_processes && !info->nr_containers && !info->init_pid;
	bool ok = false;

	switch (info->state) {
	case CONTAINER_STATE_NEW:
		ok = empty && !exited;
		break;
	case CONTAINER_STATE_RUNNING:
		ok = (info->nr_processes || info->id == 1) && !exited;
		break;
	case CONTAINER_STATE_DYING:
		ok = true;
		break;
	case CONTAINER_STATE_DEAD:
		ok = empty;
		break;
	}
	if (!ok)
		violation(s, "container %llu: state %u, %u members, %u nested, init %d, events %x",
			  (unsigned long long)info->id, info->state, info->nr_processes,
			  info->nr_containers, info->init_pid, info->events);
}

/* @before: what was known when the call began. */
void check_info(struct self *s, struct handle *h, const struct container_info *info,
		const struct record *before)
{
	struct record *r = record_of(h->id);
	unsigned long long id = h->id;
	uint64_t none = 0;

	if (info->id != id)
		violation(s, "descriptor %d of container %llu says it is %llu", h->fd, id,
			  (unsigned long long)info->id);
	if (info->rights & ~h->rights)
		violation(s, "container %llu: descriptor %d has rights %x, and had %x", id, h->fd,
			  info->rights, h->rights);
	if (!(info->rights & CONTAINER_RIGHT_OBSERVE))
		violation(s, "container %llu: information without the right", id);
	h->rights = info->rights;
	if (info->state < before->state)
		violation(s, "container %llu: state %u, and %u before", id, info->state,
			  before->state);
	check_counts(s, info);
	record_state(id, info->state);
	if (info->events & CONTAINER_EVENT_EXITED)
		record_status(s, id, info->status);
	else if (info->status || before->status)
		violation(s, "container %llu: status 0x%x without the event, 0x%x before", id,
			  info->status, before->status);
	if (before->flags && info->flags != (before->flags & ~FLAGS_KNOWN))
		violation(s, "container %llu: flags %x, created with %x", id, info->flags,
			  before->flags & ~FLAGS_KNOWN);
	if (s->member || !r)
		return;
	if (before->parent && info->parent_id != before->parent)
		violation(s, "container %llu: parent %llu, created in %u", id,
			  (unsigned long long)info->parent_id, before->parent);
	if (!s->moved &&
	    !__atomic_compare_exchange_n(&r->time, &none, info->created, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
	    none != info->created)
		violation(s, "container %llu: created at %llu, and at %llu before", id,
			  (unsigned long long)info->created, (unsigned long long)none);
}

/* The usage never falls, and is final once the container is dead. */
void check_usage(struct self *s, uint64_t id, uint64_t usage, const struct record *before)
{
	struct record *r = record_of(id);
	uint64_t none = 0;

	if (!r)
		return;
	if (usage < before->usage)
		violation(s, "container %llu: usage %llu us, and %llu us before",
			  (unsigned long long)id, (unsigned long long)usage,
			  (unsigned long long)before->usage);
	raise_to(&r->usage, usage);
	if (before->dead &&
	    !__atomic_compare_exchange_n(&r->final_usage, &none, usage + 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && none != usage + 1)
		violation(s, "dead container %llu: usage %llu us, and %llu us before",
			  (unsigned long long)id, (unsigned long long)usage,
			  (unsigned long long)none - 1);
}

/* A container of late, by whomever; it may be gone. */
uint64_t recent_id(struct self *s)
{
	return load(&shared->recent[pick(s, NR_RECENT)]);
}

/* 0: there are none yet. It may be anybody's by now but a worker's. */
pid_t recent_pid(struct self *s)
{
	return load(&shared->pids[pick(s, NR_RECENT)]);
}

void publish_pid(pid_t pid)
{
	store(&shared->pids[add(&shared->nr_pids, 1) % NR_RECENT], pid);
}
