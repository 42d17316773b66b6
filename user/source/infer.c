// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "source/infer.h"

/* After this long an OOM that was counted is not waiting for oom_lock any more: it ended without a
 * kill. */
#define PENDING_NS (5 * 1000000000ULL)
/* As long may a task that was told to wait still come back and kill without counting again. */
#define ECHO_NS (2 * 1000000000ULL)
#define CHARGE_BATCH_PAGES 64 /* MEMCG_CHARGE_BATCH: the stock that one CPU may hold */
#define NO_LIMIT_PAGES \
	(1ULL << 47) /* PAGE_COUNTER_MAX with pages of 64 KiB; no machine is so big */

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

void infer_restore(struct infer *infer, const struct infer_counter *counter)
{
	*find_or_make(infer, counter->id) = *counter;
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

/* On cgroup v2 a full swap counter is no reason for an OOM, only one for no more swapping. */
static bool is_full(const struct infer *infer, const struct oomwhy_chain *chain, __u32 level)
{
	const struct oomwhy_memcg *memcg = &chain->level[level];

	return counter_is_full(memcg->usage_pages, memcg->limit_pages, infer->slack_pages) ||
	       (chain->hierarchy && counter_is_full(memcg->swap_usage_pages,
						    memcg->swap_limit_pages, infer->slack_pages));
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

static bool is_single(__u64 bits)
{
	return bits && !(bits & (bits - 1));
}

/* The levels that are the trigger's, too. */
static __u32 shared_with(const struct oomwhy_chain *chain, const struct oomwhy_chain *trigger)
{
	__u32 shared = 0;

	/* Of a trigger whose outer levels are missing nobody knows what it shares. */
	for (__u32 i = 0; i < chain->count; i++)
		if (!trigger || trigger->unreached || chain_has(trigger, chain->level[i].id))
			shared |= 1u << i;
	return shared;
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

static __u32 at_limit(const struct oomwhy_chain *chain)
{
	__u32 memory = 0, swap = 0;

	for (__u32 i = 0; i < chain->count; i++) {
		const struct oomwhy_memcg *memcg = &chain->level[i];

		if (memcg->usage_pages >= memcg->limit_pages)
			memory |= 1u << i;
		if (chain->hierarchy && memcg->swap_usage_pages >= memcg->swap_limit_pages)
			swap |= 1u << i;
	}
	return swap ? swap : memory; /* all levels of memory+swap are asked first */
}

/*
 * A charge asks the task's memcgs from the innermost one outwards and fails at the first without
 * room. So the innermost suspect it is, if it still stands at its limit; if it has a little room by
 * now, who can say.
 */
static __u32 keep_innermost(__u32 levels, const struct oomwhy_chain *chain)
{
	__u32 innermost = levels & -levels;

	return innermost & at_limit(chain) ? innermost : levels;
}

/* @blind: levels of which nobody knows whether they counted: page cache alone may fill these. */
static __u32 narrow(__u32 levels, __u32 blind, const struct oomwhy_chain *chain)
{
	__u32 locked, innermost;

	if (!levels || is_single(levels))
		return levels;
	locked = keep_locked(levels, chain);
	innermost = levels & -levels & blind ? levels : keep_innermost(levels, chain);
	if (is_single(locked) && is_single(innermost))
		return locked | innermost; /* two, if they contradict each other */
	return is_single(innermost) ? innermost : locked;
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

/* Sets of levels of the victim's chain, and what else there is to see. */
struct look {
	__u32 counted; /* an OOM, since we last looked or a moment ago: the owner has */
	__u32 grown; /* of these, since we last looked */
	__u32 lately; /* of these, the owners of a moment ago */
	__u32 full, over, limited;
	__u32 blind; /* whether they counted, nobody knows (nor, of some, whether they are full) */
	__u32 shared; /* with the trigger */
	bool some_short, all_short, some_roomy; /* NUMA nodes */
	bool one_node;
	bool host_is_unread;
	bool kthread; /* asked */
};

static void look_at_host(struct look *ret, const struct oomwhy_host *host)
{
	ret->some_short = host->short_nodes;
	ret->some_roomy = host->roomy_nodes;
	ret->all_short = host->nodes && host->short_nodes == host->nodes;
	ret->one_node = is_single(host->nodes);
	ret->host_is_unread = host->free_pages == OOMWHY_HOST_NOT_READ;
}

static bool is_root(const struct oomwhy_chain *chain, __u32 level)
{
	return level == chain->count - 1 && !chain->unreached;
}

/* Under lockdown=confidentiality less is seen. What may be the owner is a suspect. */
static void look_at_unread(struct look *ret, const struct oomwhy_chain *chain, __u32 level)
{
	const struct oomwhy_memcg *memcg = &chain->level[level];
	bool has_swap_limit = chain->hierarchy && memcg->swap_limit_pages < NO_LIMIT_PAGES;
	__u32 bit = 1u << level;

	if (memcg->flags & OOMWHY_MEMCG_NO_COUNTERS && !is_root(chain, level)) {
		ret->full |= bit;
		ret->limited |= bit;
	}
	if (!(memcg->flags & OOMWHY_MEMCG_NO_EVENTS) || memcg->flags & OOMWHY_MEMCG_KILL_DISABLED)
		return;
	if (ret->limited & bit || (has_swap_limit && !is_root(chain, level)))
		ret->blind |= bit;
}

static void look_at_chain(struct look *ret, const struct infer *infer,
			  const struct oomwhy_victim *victim)
{
	const struct oomwhy_chain *chain = &victim->chain;

	for (__u32 i = 0; i < chain->count; i++) {
		const struct oomwhy_memcg *memcg = &chain->level[i];
		__u32 bit = 1u << i;

		if (!(memcg->flags & OOMWHY_MEMCG_NO_COUNTERS)) {
			if (is_full(infer, chain, i))
				ret->full |= bit;
			if (memcg->usage_pages > memcg->limit_pages)
				ret->over |= bit;
			if (memcg->limit_pages < NO_LIMIT_PAGES)
				ret->limited |= bit;
		}
		look_at_unread(ret, chain, i);
		if (memcg->flags & OOMWHY_MEMCG_NO_EVENTS)
			continue;
		if (has_grown(infer, memcg, victim->header.boot_time_ns))
			ret->grown |= bit;
		if (was_owner_lately(infer, memcg, victim->header.boot_time_ns))
			ret->lately |= bit;
	}
	ret->counted |= ret->grown | ret->lately;
}

/* Of the levels that counted an OOM, or may have, those that may have done so for this kill. */
static __u32 suspects(const struct look *look)
{
	__u32 counted = look->counted | look->blind, full = counted & look->full;
	__u32 full_shared = full & look->shared, full_over = full & look->over;

	if (full_shared & (look->grown | look->blind))
		return full_shared;
	/* Whom the last kill has given room may still be served: a task that had counted before. */
	if (full_shared)
		return full_shared | (look->lately & look->shared);
	/* A charge cannot have run into any of these. Lowering a limit is done from outside. */
	if (full_over)
		return full_over;
	if (counted & look->shared)
		return full | (counted & look->shared);
	return counted;
}

/* The asker reclaimed the machine's memory last (then @is_known), or no memcg is suspect. */
static struct infer_result of_machine(const struct look *look, bool is_known)
{
	if (look->all_short)
		return (struct infer_result){ .answer = INFER_HOST };
	if (look->kthread && is_known && look->host_is_unread)
		return (struct infer_result){ .answer = INFER_UNKNOWN, .host = true };
	if (look->kthread)
		return (struct infer_result){ .answer = INFER_MANUAL };
	if (!is_known && look->full) /* by page cache it may be */
		return memcg_or_unknown(look->full, true);
	if (look->some_short && look->some_roomy)
		return (struct infer_result){ .answer = INFER_CPUSET };
	if (is_known && look->one_node) /* free pages, but not enough in a row */
		return (struct infer_result){ .answer = INFER_HOST };
	return (struct infer_result){ .answer = INFER_UNKNOWN, .host = true };
}

/* The asker reclaimed a memcg last: one of them it is. */
static struct infer_result of_memcg(const struct look *look, const struct oomwhy_chain *chain)
{
	__u32 levels = suspects(look);

	/* Kernel threads work for memcgs at times; and one of them does what sysrq-f asks for. */
	if (look->kthread && !(levels & (look->grown | look->blind) & look->full))
		return (struct infer_result){ .answer = INFER_MANUAL };
	if (!levels)
		levels = look->full & look->shared;
	if (!levels)
		levels = look->limited & look->shared;
	return memcg_or_unknown(narrow(levels, look->blind, chain),
				look->kthread && levels & look->blind);
}

static struct infer_result of_any(const struct look *look, const struct oomwhy_chain *chain)
{
	__u32 levels = suspects(look), narrowed = narrow(levels, look->blind, chain);

	if (levels & look->grown & look->full)
		return memcg_or_unknown(narrowed, false);
	if (levels & look->grown)
		return memcg_or_unknown(narrowed, look->some_short || look->kthread);
	if (levels & look->full)
		return memcg_or_unknown(narrowed, look->all_short || (look->host_is_unread &&
								      levels & look->blind));
	return of_machine(look, false);
}

static struct infer_result conclude(const struct look *look, const struct oomwhy_chain *chain,
				    __u32 reclaim)
{
	switch (reclaim) {
	case OOMWHY_RECLAIM_MACHINE:
		return of_machine(look, true);
	case OOMWHY_RECLAIM_MEMCG:
		return of_memcg(look, chain);
	case OOMWHY_RECLAIM_NONE:
		if (look->kthread)
			return (struct infer_result){ .answer = INFER_MANUAL };
	}
	return of_any(look, chain);
}

struct infer_result infer_owner(const struct infer *infer, const struct oomwhy_victim *victim,
				const struct oomwhy_chain *trigger, bool trigger_is_kthread)
{
	struct look look = { .kthread = trigger_is_kthread };
	struct infer_result result;

	look.shared = shared_with(&victim->chain, trigger);
	look_at_host(&look, &victim->host);
	look_at_chain(&look, infer, victim);
	result = conclude(&look, &victim->chain, victim->reclaim & ~OOMWHY_RECLAIM_KILLED_SINCE);
	result.cpuset = result.host && !look.one_node;
	return result;
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

		if (memcg->flags & OOMWHY_MEMCG_NO_EVENTS)
			continue;
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
