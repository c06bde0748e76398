/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The container object and what its parts share. See <linux/container.h> for
 * the rules on membership, references and locks.
 */
#ifndef _KERNEL_CONTAINER_INTERNAL_H
#define _KERNEL_CONTAINER_INTERNAL_H

#include <linux/container.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <uapi/linux/container.h>

/* Containers in containers: the initial one is at depth 0. */
#define CONTAINER_MAX_DEPTH	32

/**
 * enum container_state - the life of a container
 * @CONTAINER_UNLINKED: Under construction (or never finished): nobody sees it.
 * @CONTAINER_NEW: Waits for its first process.
 * @CONTAINER_RUNNING: Its init lives.
 * @CONTAINER_DYING: Its init is dead, or it was killed: nobody enters any more,
 *	and all members have been sent SIGKILL or are about to be.
 * @CONTAINER_DEAD: No process is left in it or below it. It is on no list, and
 *	has dropped all that it held but its identity and its init's status.
 */
enum container_state {
	CONTAINER_UNLINKED,
	CONTAINER_NEW,
	CONTAINER_RUNNING,
	CONTAINER_DYING,
	CONTAINER_DEAD,
};

/**
 * struct container_means - what who enters is given
 * @cred: Ids, groups, user namespace, and the bounds of the capabilities.
 * @ns: Namespaces; ->pid_ns_for_children is the active PID namespace of the
 *	members, and ->time_ns equals ->time_ns_for_children.
 * @root: Root and working directory.
 * @creator_root: The creator's root when it created the container, if that is not
 *	@root; who still has it may enter @root without CAP_SYS_CHROOT. In the
 *	container only.
 * @made: CLONE_NEW* flags of the namespaces that were made for the container.
 * @own_root: In a copy: current's root is @root or @creator_root.
 *
 * References are held. Of a container that is dying all but @cred become NULL, of
 * one that is dead that as well.
 */
struct container_means {
	const struct cred	*cred;
	struct nsproxy		*ns;
	struct path		root;
	struct path		creator_root;
	unsigned long		made;
	bool			own_root;
};

/**
 * struct container_usage - what processes have used, for struct rusage
 * @cpu: Time in user mode and in the kernel, by ticks, and the exact sum.
 * @maxrss: The most that any of them had at a time, in pages.
 * @minflt: Page faults without I/O.
 * @majflt: Page faults with I/O.
 * @inblock: Block input operations.
 * @oublock: Block output operations.
 * @nvcsw: Voluntary context switches.
 * @nivcsw: Involuntary context switches.
 */
struct container_usage {
	struct task_cputime	cpu;
	unsigned long		maxrss;
	unsigned long		minflt;
	unsigned long		majflt;
	unsigned long		inblock;
	unsigned long		oublock;
	unsigned long		nvcsw;
	unsigned long		nivcsw;
};

/**
 * struct container - a container
 * @id: Never reused, 1 is the initial container; also the inode number. Constant.
 * @name: A label, not unique. Constant.
 * @flags: CONTAINER_* flags that it was created with. Constant.
 * @depth: Number of containers around it. Constant.
 * @no_new_privs: Who enters gets no_new_privs: it (or one around it) was created
 *	without CAP_SYS_ADMIN and without a user namespace of its own. Constant.
 * @owner_uid: Effective uid of its creator. Constant.
 * @owner_gid: Effective gid of its creator. Constant.
 * @created: When, in nanoseconds of CLOCK_BOOTTIME. Constant.
 * @usage: References; not used in the initial container.
 * @nr_starters: Files of it with %CONTAINER_RIGHT_ENTER. One that is new and has
 *	none is destroyed; whoever brings it to 0 looks at that.
 * @parent: The container of the process that created this one, NULL in the
 *	initial container only. A reference is held until @usage is 0. Constant.
 * @security: LSM blob. Constant.
 * @state: Grows only; written under tasklist_lock.
 * @init: The first process, from its fork until it leaves @members. Identity
 *	and a way to its pid; under tasklist_lock. No reference is held: a
 *	process leaves before its signal_struct can be freed.
 * @exited: @status is valid. Written once, under tasklist_lock, after @status;
 *	read with smp_load_acquire().
 * @status: How init exited, as wait4() encodes it.
 * @totals: What those that were members, and nested containers that are dead,
 *	have used. Under tasklist_lock; final when @released.
 * @told_cputime: What container_wait() has told of @totals.cpu, so that no part of
 *	it ever shrinks. Has a lock of its own.
 * @members: Processes (signal_struct->container_link) that have not been killed
 *	because the container is dying. Those with @signalled for their
 *	container_signalled come last; a child comes right after its parent.
 *	Under tasklist_lock.
 * @killed: Processes that have, and are still on their way to exit_notify().
 *	Under tasklist_lock.
 * @nr_members: Length of @members and @killed. Under tasklist_lock.
 * @nr_populated: 1 if @nr_members is not 0, plus the number of nested containers
 *	whose own is not 0. Under tasklist_lock.
 * @nr_children: Length of @children. Written under tasklist_lock.
 * @signalled: Number of times that container_kill() has signalled @members, this
 *	time included. Under tasklist_lock.
 * @swept: All in it and below have been killed because it is dying. Under
 *	tasklist_lock.
 * @released: It is dead and has dropped what it held. Written once; read with
 *	smp_load_acquire().
 * @children: Nested containers that are not dead, those that are swept last.
 *	Under tasklist_lock.
 * @sibling: In @children of @parent; when dead, in the list of those that wait
 *	for container_release_dead(), on its caller's stack. Under tasklist_lock.
 * @start_mutex: Held over the fork of the first process, so that it is init, and
 *	over changes of what it is given.
 * @signal_mutex: Held by who signals @members one after the other.
 * @wait: Pollers and waiters; woken without locks held.
 * @means_lock: Protects @means. Taken in process context only; only fs->lock is
 *	taken while it is held.
 * @means: What is given to who enters.
 * @ucounts: Charge of the creator; dropped when dead. Owned by who constructs
 *	the container, then by who finds it dead.
 * @rcu: Frees the container after a grace period.
 */
struct container {
	u64			id;
	char			name[CONTAINER_NAME_MAX];
	unsigned int		flags;
	unsigned int		depth;
	bool			no_new_privs;
	kuid_t			owner_uid;
	kgid_t			owner_gid;
	u64			created;
	refcount_t		usage;
	atomic_t		nr_starters;
	struct container	*parent;
	void			*security;

	enum container_state	state;
	struct signal_struct	*init;
	bool			exited;
	int			status;
	struct container_usage	totals;
	struct prev_cputime	told_cputime;
	struct list_head	members;
	struct list_head	killed;
	unsigned int		nr_members;
	unsigned int		nr_populated;
	unsigned int		nr_children;
	unsigned int		signalled;
	bool			swept;
	bool			released;
	struct list_head	children;
	struct list_head	sibling;

	struct mutex		start_mutex;	/* who forks the first process */
	struct mutex		signal_mutex;	/* who signals the members */
	wait_queue_head_t	wait;
	spinlock_t		means_lock;	/* means */
	struct container_means	means;
	struct ucounts		*ucounts;
	struct rcu_head		rcu;
};

/**
 * struct container_condition - what user space is told of a container that changes
 * @state: Its state.
 * @nr_members: Number of its processes.
 * @nr_children: Number of the containers in it that are not dead.
 * @init_pid: Pid of its init; 0 if there is none, or none to be seen.
 * @exited: Whether its init has exited.
 * @status: How it did.
 */
struct container_condition {
	enum container_state	state;
	unsigned int		nr_members;
	unsigned int		nr_children;
	pid_t			init_pid;
	bool			exited;
	int			status;
};

/**
 * struct container_guard - protects who entered a container until it execs
 * @usage: References: one by each process under this guard.
 * @container: The container that the forker was in; a reference is held.
 * @cred: The forker's credentials; a reference is held.
 * @execs: How often a process has exec'ed and stayed under the guard, which numbers
 *	the programs (signal_struct->container_program).
 * @rcu: Readers look at the guard of another process under RCU.
 *
 * Until a process that was forked into a container execs, it carries the
 * forker's memory, executable and descriptors: whoever gets at those gets at
 * the forker. So it is guarded as if it still were the forker.
 */
struct container_guard {
	refcount_t		usage;
	struct container	*container;
	const struct cred	*cred;
	atomic_long_t		execs;
	struct rcu_head		rcu;
};

/**
 * struct container_entry - a fork into a container, under way
 * @container: The container; pinned by the system call.
 * @means: References of our own on what the child is given.
 * @guard: The child's entry guard; the child takes the reference.
 * @starting: @container's start_mutex is held: the child will be init.
 */
struct container_entry {
	struct container	*container;
	struct container_means	means;
	struct container_guard	*guard;
	bool			starting;
};

extern struct container init_container;
extern struct xarray containers;

/* The container that @tsk is in; the caller may follow @tsk->signal. */
static inline struct container *task_container(const struct task_struct *tsk)
{
	return tsk->signal->container ?: &init_container;
}

static inline struct container *container_get(struct container *c)
{
	if (c != &init_container)
		refcount_inc(&c->usage);
	return c;
}

/* core.c */
struct container *container_alloc(const char *name, unsigned int flags);
void container_put(struct container *c);
int container_link(struct container *c);
bool container_below(const struct container *c, const struct container *top);
bool container_in_view(const struct container *c, const struct container *viewer);
void container_add_member(struct container *c, struct signal_struct *sig,
			  struct signal_struct *parent);
void container_del_member(struct signal_struct *sig, struct list_head *dead);
void container_mark_dying(struct container *c, struct list_head *dead);
void container_discard(struct container *c);
void container_wake(struct container *c, __poll_t events);
void container_release_dead(struct list_head *dead);
void container_drop_places(struct container *c);
bool container_get_means(struct container *c, struct container_means *means);
void container_put_means(struct container_means *means);
void container_drop_keyrings(struct cred *cred);
void container_assume_ids(struct cred *new, const struct cred *to);
void container_get_condition(const struct container *c, struct pid_namespace *ns,
			     struct container_condition *condition);
const char *container_state_name(enum container_state state);

/* kill.c */
void container_destroy(struct container *c);
void container_destroy_unstartable(struct container *c);

/* permission.c */
int container_may_control(struct container *c);
bool container_may_have_found(struct container *c);
int container_get_entry(struct container *c, struct container_means *means);
bool container_pid_ns_reachable(struct pid_namespace *ns);

/* usage.c */
void container_add_usage(struct container_usage *to, const struct container_usage *from);
void container_account_exit(struct container_usage *usage);
void container_get_rusage(struct container *c, struct rusage *r);

/* namespaces.c */
int container_get_namespace(struct file *file, unsigned long type);
int container_set_namespace(struct file *file, unsigned long fd);

/* guard.c */
struct container_guard *container_guard_alloc(void);
struct container_guard *container_guard_get(struct container_guard *guard);
void container_guard_put(struct container_guard *guard);

/* fs/containerfs.c */
struct file *containerfs_create_file(struct container *c);
int containerfs_open(struct container *c, unsigned int rights);
int containerfs_open_found(struct container *c);
struct container *container_from_file(const struct file *file);
struct container *container_with_right(struct file *file, unsigned int right);
void containerfs_close_fds(struct files_struct *files, const struct container *c);

/*
 * The last close of a file that another thread has closed while current used it would
 * be put off until current is back in user space. That is too late where current is
 * about to wait, maybe for what that close does.
 */
static inline void container_close_pending(void)
{
	if (task_work_pending(current))
		task_work_run();
}

#endif /* _KERNEL_CONTAINER_INTERNAL_H */
