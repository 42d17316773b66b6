// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "history/candidates.h"
#include "place.h"

#define PATH_SIZE 8192
#define ADJ_PROTECTED (-1000)

static __u64 pages_of(__u64 bytes, __u64 page_bytes)
{
	return bytes == NOT_KNOWN ? 0 : bytes / page_bytes;
}

bool candidates_ask(const struct event *ev, __u64 page_bytes, struct candidates_ask *ret)
{
	const struct incident *incident = &ev->incident;
	const struct event_task *victim = &incident->victim;
	struct oomwhy_task *task = &ret->victim.task;

	if (ev->type != EVENT_INCIDENT || victim->fate != FATE_KILLED || victim->pid == NOT_KNOWN ||
	    victim->rss_bytes == NOT_KNOWN || incident->verdict.limit_level == LIMIT_UNKNOWN)
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, ev->id, sizeof(ret->id));
	ret->owner_id = incident->limit_owner.cgroup.id;
	if (ret->owner_id == NOT_KNOWN)
		ret->owner_id = 0;
	ret->domain_bytes = incident->total_pages_bytes;
	ret->page_bytes = page_bytes;
	ret->victim_points = victim->points;
	ret->victim.memcg_id = victim->cgroup.id;
	task->tgid = victim->pid;
	task->oom_score_adj = victim->oom_score_adj;
	task->anon_pages = pages_of(victim->rss_bytes, page_bytes);
	task->swap_pages = pages_of(victim->swap_bytes, page_bytes);
	task->pagetables_bytes = victim->pagetables_bytes == NOT_KNOWN ? 0 :
									 victim->pagetables_bytes;
	memcpy(task->comm, text_bytes(ev, victim->comm),
	       victim->comm.len < sizeof(task->comm) ? victim->comm.len : sizeof(task->comm));
	return true;
}

static __u64 rss_pages(const struct oomwhy_task *task)
{
	return task->anon_pages + task->file_pages + task->shmem_pages;
}

/* oom_badness() */
static __s64 points_of(const struct candidates_ask *ask, const struct oomwhy_task *task)
{
	__u64 held = rss_pages(task) + task->swap_pages + task->pagetables_bytes / ask->page_bytes;

	if (ask->domain_bytes == NOT_KNOWN || task->oom_score_adj == ADJ_PROTECTED)
		return NOT_KNOWN_SIGNED;
	return (__s64)held +
	       task->oom_score_adj * (__s64)(ask->domain_bytes / ask->page_bytes / 1000);
}

static void insert(struct candidates *candidates, const struct oomwhy_candidate *record,
		   __s64 points)
{
	__u64 at = candidates->count;

	/* The victim stays the first. */
	while (at > 1 &&
	       (points > candidates->top[at - 1].points ||
		(points == candidates->top[at - 1].points &&
		 rss_pages(&record->task) > rss_pages(&candidates->top[at - 1].record.task))))
		at--;
	candidates->omitted += candidates->count == CANDIDATES_MAX;
	if (at == CANDIDATES_MAX)
		return;
	if (candidates->count < CANDIDATES_MAX)
		candidates->count++;
	memmove(&candidates->top[at + 1], &candidates->top[at],
		(candidates->count - 1 - at) * sizeof(candidates->top[0]));
	candidates->top[at].record = *record;
	candidates->top[at].points = points;
}

void candidates_begin(struct candidates *candidates, const struct candidates_ask *ask)
{
	memset(candidates, 0, sizeof(*candidates));
	candidates->ask = *ask;
	insert(candidates, &ask->victim,
	       ask->victim_points != NOT_KNOWN_SIGNED ? ask->victim_points :
							points_of(ask, &ask->victim.task));
}

void candidates_add(struct candidates *candidates, const struct oomwhy_candidate *record)
{
	/* The victim itself may still be dying. */
	if (record->task.tgid != candidates->ask.victim.task.tgid)
		insert(candidates, record, points_of(&candidates->ask, &record->task));
}

static void put_name(struct event *ev, struct text *ret, const char *name)
{
	if (name[0])
		*ret = event_text_whole(ev, name, strlen(name));
}

static void identify(struct event *ev, struct index *index, struct candidate *candidate)
{
	struct container_names names;
	char path[PATH_SIZE];
	struct place place;
	size_t len = index_path(index, candidate->cgroup.id, path, sizeof(path));

	if (!len)
		return;
	place_path(path, len, &place);
	candidate->cgroup.path = event_text_whole(ev, path, len);
	candidate->who.qos = place.qos;
	candidate->who.runtime = place.runtime;
	put_name(ev, place.static_pod ? &candidate->who.static_pod_hash : &candidate->who.pod_uid,
		 place.pod_uid);
	put_name(ev, &candidate->who.container_id, place.container_id);
	if (!place.container_depth ||
	    !index_names(index, candidate->cgroup.id, place.depth - place.container_depth, &names))
		return;
	put_name(ev, &candidate->who.namespace_name, names.namespace_name);
	put_name(ev, &candidate->who.pod_name, names.pod_name);
	put_name(ev, &candidate->who.container_name, names.container_name);
	candidate->who.source = names.source;
}

static enum spared spared_of(const struct candidates *candidates, __u64 i)
{
	const struct oomwhy_task *task = &candidates->top[i].record.task;

	if (!i || rss_pages(task) <= rss_pages(&candidates->top[0].record.task))
		return SPARED_NOT_SAID;
	if (task->oom_score_adj == ADJ_PROTECTED)
		return SPARED_PROTECTED;
	return task->oom_score_adj < candidates->top[0].record.task.oom_score_adj ?
		       SPARED_LOWER_SCORE :
		       SPARED_NOT_SAID;
}

static void put(const struct candidates *candidates, __u64 i, struct event *ev,
		struct candidate *ret)
{
	const struct oomwhy_task *task = &candidates->top[i].record.task;
	__u64 page_bytes = candidates->ask.page_bytes;

	ret->cgroup.id = candidates->top[i].record.memcg_id;
	ret->pid = task->tgid;
	ret->comm = event_text(ev, task->comm, strnlen(task->comm, sizeof(task->comm)));
	ret->chosen = i == 0;
	ret->oom_score_adj = task->oom_score_adj;
	ret->rss_bytes = rss_pages(task) * page_bytes;
	ret->swap_bytes = task->swap_pages * page_bytes;
	ret->pagetables_bytes = task->pagetables_bytes;
	ret->points = candidates->top[i].points;
	ret->spared = spared_of(candidates, i);
}

void candidates_end(const struct candidates *candidates, struct index *index, struct event *ret)
{
	event_init(ret, EVENT_UPDATE);
	ret->origin = ORIGIN_LIVE;
	memcpy(ret->id, candidates->ask.id, sizeof(ret->id));
	ret->update.domain_bytes = candidates->ask.domain_bytes;
	ret->update.candidates_count = candidates->count;
	ret->update.candidates_omitted = candidates->omitted;
	for (__u64 i = 0; i < candidates->count; i++) {
		put(candidates, i, ret, &ret->update.candidates[i]);
		identify(ret, index, &ret->update.candidates[i]);
	}
}
