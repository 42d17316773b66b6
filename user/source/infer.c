// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "source/infer.h"

/* After this long an OOM that was counted is not waiting for oom_lock any more: it ended without a
 * kill. */
#define PENDING_NS (5 * 1000000000ULL)
/* As long may a task that was told to wait still come back and kill without counting again. */
#define ECHO_NS (2 * 1000000000ULL)
#define CHARGE_BATCH_PAGES 64 /* MEMCG_CHARGE_BATCH: the stock that one CPU may hold */

void infer_init(struct infer *infer, int cpus)
{
	memset(infer, 0, sizeof(*infer));
	infer->slack_pages = CHARGE_BATCH_PAGES * (__u64)(cpus > 0 ? cpus : 1);
}

static __u32 slot_of(__u64 id)
{
	return (id * 0x9e3779b97f4a7c15ULL) >> 52 & (INFER_COUNTERS_MAX - 1);
}

/* Eight places per memcg: a bounded search, and the oldest of eight makes room. */
#define WAYS 8

static const struct infer_counter *find(const struct infer *infer, __u64 id)
{
	for (__u32 i = 0; i < WAYS; i++) {
		const struct infer_counter *counter =
			&infer->counters[(slot_of(id) + i) & (INFER_COUNTERS_MAX - 1)];

		if (counter->id == id)
			return counter;
	}
	return NULL;
}

static struct infer_counter *find_or_make(struct infer *infer, __u64 id)
{
	struct infer_counter *oldest = NULL;

	for (__u32 i = 0; i < WAYS; i++) {
		struct infer_counter *counter =
			&infer->counters[(slot_of(id) + i) & (INFER_COUNTERS_MAX - 1)];

		if (counter->id == id)
			return counter;
		if (!oldest || !counter->id || (oldest->id && counter->used_ns < oldest->used_ns))
			oldest = counter;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->id = id;
	return oldest;
}

void infer_baseline(struct infer *infer, __u64 id, __u64 oom_events)
{
	find_or_make(infer, id)->oom_events = oom_events;
}

/*
 * Has @memcg run into its own limit since it was last looked at? A cgroup that nobody has told of
 * is younger than we are: it began at 0. With the OOM killer disabled (cgroup v1) it only counts.
 */
static bool has_grown(const struct infer *infer, const struct oomwhy_memcg *memcg, __u64 now_ns)
{
	const struct infer_counter *counter = find(infer, memcg->id);

	if (memcg->flags & OOMWHY_MEMCG_KILL_DISABLED)
		return false;
	if (counter && counter->grown_ns && now_ns - counter->grown_ns >= PENDING_NS &&
	    memcg->oom_events == counter->pending_events)
		return false;
	return memcg->oom_events > (counter ? counter->oom_events : 0);
}

static bool was_owner_lately(const struct infer *infer, const struct oomwhy_memcg *memcg,
			     __u64 now_ns)
{
	const struct infer_counter *counter = find(infer, memcg->id);

	return counter && counter->owner_ns && now_ns - counter->owner_ns < ECHO_NS;
}

/* Stock given back by many CPUs is small beside a real limit; it must not make a small one always
 * full. */
static bool counter_is_full(__u64 usage, __u64 limit, __u64 slack)
{
	if (slack > limit / 8)
		slack = limit / 8;
	return usage + slack >= limit;
}

/* Only cgroup v1's memory+swap can start an OOM; a full memory.swap.max (often 0) just means no
 * swap. */
static bool is_full(const struct infer *infer, const struct oomwhy_chain *chain, __u32 level)
{
	const struct oomwhy_memcg *memcg = &chain->level[level];

	return counter_is_full(memcg->usage_pages, memcg->limit_pages, infer->slack_pages) ||
	       (chain->hierarchy && counter_is_full(memcg->swap_usage_pages,
						    memcg->swap_limit_pages, infer->slack_pages));
}

/* Memory may be freed between the decision and the mark, but seldom a quarter of the limit. */
static bool is_near(const struct oomwhy_memcg *memcg)
{
	return memcg->usage_pages >= memcg->limit_pages / 4 * 3;
}

static bool chain_has(const struct oomwhy_chain *chain, __u64 id)
{
	for (__u32 i = 0; i < chain->count; i++)
		if (chain->level[i].id == id)
			return true;
	return false;
}

static int lowest(__u32 levels)
{
	return __builtin_ctz(levels);
}

static bool is_single(__u32 levels)
{
	return levels && !(levels & (levels - 1));
}

/* A charge runs into a limit of the task's own chain: a suspect that is none of the trigger's is
 * none. */
static __u32 keep_triggers(__u32 levels, const struct oomwhy_chain *chain,
			   const struct oomwhy_chain *trigger)
{
	__u32 kept = 0;

	if (!trigger)
		return levels;
	for (__u32 i = 0; i < chain->count; i++)
		if (levels & 1u << i && chain_has(trigger, chain->level[i].id))
			kept |= 1u << i;
	return kept ? kept : levels; /* lowering a limit is done from outside */
}

/* cgroup v1 marks the memcg that is out of memory and all below it: the topmost mark is its own. */
static __u32 keep_locked(__u32 levels, const struct oomwhy_chain *chain)
{
	int top = -1;

	for (__u32 i = 0; i < chain->count; i++) {
		if (!(chain->level[i].flags & OOMWHY_MEMCG_HAS_OOM_LOCK))
			return levels;
		if (chain->level[i].flags & OOMWHY_MEMCG_OOM_LOCK)
			top = i;
	}
	/* Two at once that contain each other: the later one finds the mark taken and goes on
	 * without. */
	if (top < 0 || levels >> (top + 1))
		return levels;
	return levels & 1u << top ? 1u << top : levels;
}

static struct infer_result memcg_or_unknown(__u32 levels, bool host)
{
	struct infer_result result = { .levels = levels, .host = host };

	if (is_single(levels) && !host) {
		result.answer = INFER_MEMCG;
		result.level = lowest(levels);
	}
	return result;
}

/* Nobody's own counter has grown. */
static struct infer_result without_growth(const struct oomwhy_victim *victim, __u32 full,
					  __u32 echoes, bool trigger_is_kthread)
{
	const struct oomwhy_host *host = &victim->host;
	bool host_short = host->nodes && host->short_nodes == host->nodes;

	if (echoes)
		return memcg_or_unknown(echoes, host_short);
	if (host_short)
		return (struct infer_result){ .answer = INFER_HOST };
	if (trigger_is_kthread)
		return (struct infer_result){ .answer = INFER_MANUAL };
	if (full)
		return memcg_or_unknown(full, false);
	if (host->short_nodes)
		return (struct infer_result){ .answer = INFER_CPUSET };
	return (struct infer_result){ .answer = INFER_UNKNOWN, .host = true };
}

/* Some counter has grown, but what it belongs to is not full: full it was, or the growth is an old
 * one. */
static struct infer_result without_full(const struct oomwhy_victim *victim, __u32 grown,
					bool trigger_is_kthread)
{
	const struct oomwhy_host *host = &victim->host;
	bool all_near = true;

	for (__u32 i = 0; i < victim->chain.count; i++)
		if (grown & 1u << i)
			all_near &= is_near(&victim->chain.level[i]);
	if (trigger_is_kthread && !all_near)
		return (struct infer_result){ .answer = INFER_MANUAL };
	return memcg_or_unknown(grown,
				!all_near || (host->nodes && host->short_nodes == host->nodes));
}

struct infer_result infer_owner(const struct infer *infer, const struct oomwhy_victim *victim,
				const struct oomwhy_chain *trigger, bool trigger_is_kthread)
{
	const struct oomwhy_chain *chain = &victim->chain;
	__u64 now_ns = victim->header.boot_time_ns;
	__u32 grown = 0, full = 0, echoes = 0, both;

	for (__u32 i = 0; i < chain->count; i++) {
		if (has_grown(infer, &chain->level[i], now_ns))
			grown |= 1u << i;
		if (is_full(infer, chain, i))
			full |= 1u << i;
		if (was_owner_lately(infer, &chain->level[i], now_ns))
			echoes |= 1u << i;
	}
	if (!grown)
		return without_growth(victim, full, full & echoes, trigger_is_kthread);
	both = grown & full;
	if (!both)
		return without_full(victim, grown, trigger_is_kthread);
	if (!is_single(both))
		both = keep_triggers(both, chain, trigger);
	if (!is_single(both))
		both = keep_locked(both, chain);
	return memcg_or_unknown(both, false);
}

/*
 * The owner's growth is used up. Another's may belong to a decision that still waits for oom_lock:
 * it is kept for a while.
 */
void infer_settle(struct infer *infer, const struct oomwhy_victim *victim, int owner)
{
	__u64 now_ns = victim->header.boot_time_ns;

	for (__u32 i = 0; i < victim->chain.count; i++) {
		const struct oomwhy_memcg *memcg = &victim->chain.level[i];
		struct infer_counter *counter;

		if ((int)i != owner && !has_grown(infer, memcg, now_ns))
			continue;
		counter = find_or_make(infer, memcg->id);
		counter->used_ns = now_ns;
		if ((int)i == owner) {
			counter->owner_ns = now_ns;
			counter->oom_events = memcg->oom_events;
			counter->grown_ns = 0;
		} else if (!counter->grown_ns || counter->pending_events != memcg->oom_events) {
			counter->grown_ns = now_ns;
			counter->pending_events = memcg->oom_events;
		}
	}
}
