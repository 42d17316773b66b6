/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * infer: whose limit was hit, from the memcgs' own state when the victim was marked.
 *
 * For kernels that let nobody see oom_control, and as a cross-check where they do. Pure but for the
 * counters that it remembers: numbers in, an answer out.
 *
 * What it goes by:
 * - A memcg that runs into its own limit counts MEMCG_OOM in its own, non-hierarchical counter,
 * right before the OOM killer is called for it (mem_cgroup_oom(), mem_cgroup_resize_max()). So the
 * limit owner is a level of the victim's chain whose counter has grown since it was last looked at,
 * and its usage stands at its limit.
 * - Two memcgs may run into their limits at once: both have grown, one is served first. And growth
 * may be old: of an OOM that ended without a kill, or of tasks that counted after their first's
 * kill. Then the trigger's own chain decides, the order in which a charge asks its levels, and the
 * oom_lock flags of kernels with cgroup v1; or nobody does and all are suspects.
 * - Under lockdown=confidentiality a level's count may not be readable: then it is a suspect if it
 * is full (or nobody knows), and none is preferred for being the innermost.
 * - What the asker reclaimed last, a memcg's memory or the machine's, tells which of the two was
 * short, where it is tracked. It is certain: with it neither old growth nor a limit that page cache
 * fills can lead astray.
 * - Else, if no counter has grown: the machine itself, if its free memory is under the watermarks;
 * a NUMA node, if only that is and another has plenty (a little may have been freed since);
 * sysrq-f, if a kernel thread asked.
 */
#ifndef OOMWHY_INFER_H
#define OOMWHY_INFER_H

#include <stdbool.h>
#include <linux/types.h>

#include "oomwhy_record.h"

#define INFER_COUNTERS_MAX \
	4096 /* memcgs with OOMs whose counters are remembered; the oldest is forgotten */

enum infer_answer {
	INFER_UNKNOWN, /* suspects: the levels in `levels`, and the machine if `host` */
	INFER_MEMCG, /* level `level` */
	INFER_HOST,
	INFER_CPUSET,
	INFER_MANUAL,
};

struct infer_result {
	enum infer_answer answer;
	int level; /* index into the victim's chain */
	__u32 levels; /* bit i: level i is a suspect */
	bool host; /* the machine is one, too */
	bool cpuset; /* and so are some of its NUMA nodes */
};

struct infer_counter {
	__u64 id; /* 0: free */
	__u64 oom_events; /* as last seen */
	__u64 grown_ns; /* when it was seen to have grown without being the owner; 0: not */
	__u64 pending_events; /* oom_events at that time */
	__u64 owner_ns; /* when it was last the limit owner; 0: never */
	__u64 used_ns;
};

struct infer {
	__u64 slack_pages; /* how far under its limit a full memcg may be: stock that CPUs gave back
			    */
	struct infer_counter counters[INFER_COUNTERS_MAX];
};

/* infer_init() - no counter known; @cpus: of the machine. */
void infer_init(struct infer *infer, int cpus);

/* infer_baseline() - the memcg @id had @oom_events before we came. */
void infer_baseline(struct infer *infer, __u64 id, __u64 oom_events);

/* infer_restore() - a counter as another process knew it. */
void infer_restore(struct infer *infer, const struct infer_counter *counter);

/*
 * infer_owner() - answer for one victim.
 * @trigger: the chain of the task that asked; NULL: it is the victim's own
 * @trigger_is_kthread: a kernel thread asked
 */
struct infer_result infer_owner(const struct infer *infer, const struct oomwhy_victim *victim,
				const struct oomwhy_chain *trigger, bool trigger_is_kthread);

/*
 * infer_settle() - remember the counters for the next time.
 * @owner: index of the limit owner in the victim's chain; -1: none of them
 */
void infer_settle(struct infer *infer, const struct oomwhy_victim *victim, int owner);

#endif
