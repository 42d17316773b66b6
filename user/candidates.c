// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "candidates.h"

#define ADJ_PROTECTED (-1000)

static __u64 pages_of(__u64 bytes, __u64 page_bytes)
{
	return bytes == NOT_KNOWN ? 0 : bytes / page_bytes;
}

static void ask_of_victim(const struct event *ev, __u64 page_bytes, struct oomwhy_candidate *ret)
{
	const struct event_task *victim = &ev->incident.victim;
	struct oomwhy_task *task = &ret->task;

	ret->memcg_id = victim->cgroup.id;
	task->tgid = (__u32)victim->pid;
	task->oom_score_adj = (__s32)victim->oom_score_adj;
	task->anon_pages = pages_of(victim->rss_bytes, page_bytes);
	task->swap_pages = pages_of(victim->swap_bytes, page_bytes);
	task->pagetables_bytes = victim->pagetables_bytes == NOT_KNOWN ? 0 :
									 victim->pagetables_bytes;
	memcpy(task->comm, text_bytes(ev, victim->comm),
	       victim->comm.len < sizeof(task->comm) ? victim->comm.len : sizeof(task->comm));
}

bool candidates_ask(const struct event *ev, __u64 page_bytes, struct candidates_ask *ret)
{
	const struct incident *incident = &ev->incident;
	const struct event_task *victim = &incident->victim;

	if (ev->type != EVENT_INCIDENT || victim->fate != FATE_KILLED || victim->pid == NOT_KNOWN ||
	    victim->rss_bytes == NOT_KNOWN || victim->oom_score_adj == NOT_KNOWN_SIGNED ||
	    incident->limit_owner.limit_level == LIMIT_UNKNOWN)
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, ev->id, sizeof(ret->id));
	ret->owner_id = incident->limit_owner.cgroup.id;
	if (ret->owner_id == NOT_KNOWN)
		ret->owner_id = 0;
	ret->kill_ns = ev->boot_time_ns;
	ret->domain_bytes = incident->total_pages_bytes;
	ret->page_bytes = page_bytes;
	ret->victim_points = victim->points;
	ret->asker_is_victim = incident->trigger.pid == victim->pid;
	ask_of_victim(ev, page_bytes, &ret->victim);
	for (__u64 i = 0; i < incident->other_victims_count; i++) {
		ret->others[i].pid = incident->other_victims[i].pid;
		ret->others[i].fate = incident->other_victims[i].fate;
	}
	ret->others_count = incident->other_victims_count;
	return true;
}

static __u64 rss_pages(const struct oomwhy_task *task)
{
	return task->anon_pages + task->file_pages + task->shmem_pages;
}

/* The kernel passes over them whatever they hold. */
static enum spared unkillable(const struct oomwhy_candidate *record)
{
	if (record->is_outside)
		return SPARED_OTHER_MEMCG;
	if (record->task.tgid == 1)
		return SPARED_INIT;
	return record->task.oom_score_adj == ADJ_PROTECTED ? SPARED_PROTECTED : SPARED_NOT_SAID;
}

/* oom_badness() */
static __s64 points_of(const struct candidates_ask *ask, const struct oomwhy_candidate *record)
{
	const struct oomwhy_task *task = &record->task;
	__u64 held = rss_pages(task) + task->swap_pages + task->pagetables_bytes / ask->page_bytes;

	if (ask->domain_bytes == NOT_KNOWN || unkillable(record))
		return NOT_KNOWN_SIGNED;
	return (__s64)held +
	       task->oom_score_adj * (__s64)(ask->domain_bytes / ask->page_bytes / 1000);
}

static bool is_before(const struct ranked_candidate *a, const struct ranked_candidate *b,
		      bool by_points)
{
	if (by_points && a->points != b->points)
		return a->points > b->points;
	return rss_pages(&a->record.task) > rss_pages(&b->record.task);
}

static bool is_ranked(const struct candidate_ranking *ranking,
		      const struct oomwhy_candidate *record)
{
	for (__u64 i = 0; i < ranking->count; i++)
		if (ranking->entries[i].record.task.tgid == record->task.tgid)
			return true;
	return false;
}

/* Keeps the first @max. */
static void rank(struct candidate_ranking *ranking, const struct ranked_candidate *it, __u64 max,
		 bool by_points)
{
	__u64 at = ranking->count;

	/* While processes come and go the pass may meet one twice. */
	if (is_ranked(ranking, &it->record))
		return;
	while (at > 0 && is_before(it, &ranking->entries[at - 1], by_points))
		at--;
	if (at >= max)
		return;
	if (ranking->count < max)
		ranking->count++;
	memmove(&ranking->entries[at + 1], &ranking->entries[at],
		(ranking->count - 1 - at) * sizeof(*it));
	ranking->entries[at] = *it;
}

void candidates_begin(struct candidates *candidates, const struct candidates_ask *ask)
{
	memset(candidates, 0, sizeof(*candidates));
	candidates->ask = *ask;
	candidates->victim.record = ask->victim;
	candidates->victim.points = ask->victim_points != NOT_KNOWN_SIGNED ?
					    ask->victim_points :
					    points_of(ask, &ask->victim);
}

void candidates_add(struct candidates *candidates, const struct oomwhy_candidate *record)
{
	struct ranked_candidate it = { .record = *record };
	bool bigger = rss_pages(&record->task) > rss_pages(&candidates->victim.record.task);

	/* The victim itself may still be dying. */
	if (record->task.tgid == candidates->ask.victim.task.tgid ||
	    record->task.start_time_ns > candidates->ask.kill_ns)
		return;
	it.points = points_of(&candidates->ask, record);
	if (record->is_outside) {
		if (bigger)
			rank(&candidates->outside, &it, CANDIDATES_OUTSIDE, false);
		return;
	}
	if (bigger)
		rank(&candidates->bigger, &it, CANDIDATES_BIGGER, false);
	if (unkillable(record))
		return;
	candidates->seen++;
	rank(&candidates->next, &it, CANDIDATES_RANKED - 1, true);
}

static enum spared spared_of(const struct candidates *candidates, const struct ranked_candidate *it)
{
	const struct ranked_candidate *victim = &candidates->victim;

	if (it == victim || rss_pages(&it->record.task) <= rss_pages(&victim->record.task))
		return SPARED_NOT_SAID;
	if (unkillable(&it->record))
		return unkillable(&it->record);
	/* Then nobody has points. */
	if (!candidates->ask.victim_points && candidates->ask.asker_is_victim)
		return SPARED_ASKER_DIES;
	if (it->record.task.oom_score_adj < victim->record.task.oom_score_adj &&
	    (it->points == NOT_KNOWN_SIGNED || it->points <= victim->points))
		return SPARED_LOWER_SCORE;
	return SPARED_UNKNOWN;
}

static __u64 fate_of(const struct candidates *candidates, const struct ranked_candidate *it)
{
	const struct candidates_ask *ask = &candidates->ask;

	if (it == &candidates->victim)
		return FATE_KILLED;
	for (__u64 i = 0; i < ask->others_count; i++)
		if (ask->others[i].pid == it->record.task.tgid)
			return ask->others[i].fate;
	return FATE_NONE;
}

static void put(const struct candidates *candidates, const struct ranked_candidate *it,
		struct event *ev, struct candidate *ret)
{
	const struct oomwhy_task *task = &it->record.task;
	__u64 page_bytes = candidates->ask.page_bytes;

	ret->cgroup.id = it->record.memcg_id;
	ret->pid = task->tgid;
	ret->comm = event_text(ev, task->comm, strnlen(task->comm, sizeof(task->comm)));
	ret->chosen = it == &candidates->victim;
	ret->fate = fate_of(candidates, it);
	ret->oom_score_adj = task->oom_score_adj;
	ret->rss_bytes = rss_pages(task) * page_bytes;
	ret->swap_bytes = task->swap_pages * page_bytes;
	ret->pagetables_bytes = task->pagetables_bytes;
	if (it->points != NOT_KNOWN_SIGNED) {
		ret->points = it->points;
		ret->points_bytes = it->points * (__s64)page_bytes;
	}
	ret->spared = ret->fate ? SPARED_NOT_SAID : spared_of(candidates, it);
}

static bool is_in(const struct candidate *list, __u64 count, const struct ranked_candidate *it)
{
	for (__u64 i = 0; i < count; i++)
		if (list[i].pid == it->record.task.tgid)
			return true;
	return false;
}

__u64 candidates_end(const struct candidates *candidates, struct event *ev, struct candidate *list,
		     __u64 *ret_omitted)
{
	const struct candidate_ranking *const rankings[] = { &candidates->next, &candidates->bigger,
							     &candidates->outside };
	__u64 count = 1, inside = 0;

	put(candidates, &candidates->victim, ev, &list[0]);
	for (size_t r = 0; r < sizeof(rankings) / sizeof(rankings[0]); r++) {
		for (__u64 i = 0; i < rankings[r]->count; i++) {
			const struct ranked_candidate *it = &rankings[r]->entries[i];

			if (is_in(list, count, it))
				continue;
			put(candidates, it, ev, &list[count++]);
			inside += !unkillable(&it->record);
		}
	}
	*ret_omitted = candidates->seen - inside;
	return count;
}
