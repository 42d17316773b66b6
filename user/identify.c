// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "identify.h"

static struct place place_of(const struct event *ev, struct text path)
{
	struct place place;

	place_path(text_bytes(ev, path), path.len, &place);
	return place;
}

static struct text text_of(struct event *ev, const char *string)
{
	return event_text(ev, string, strlen(string));
}

static void identify_task(struct event *ev, struct event_task *task)
{
	struct place place;

	if (!task->cgroup.path.len)
		return;
	place = place_of(ev, task->cgroup.path);
	if (place.static_pod)
		task->who.static_pod_hash = text_of(ev, place.pod_uid);
	else
		task->who.pod_uid = text_of(ev, place.pod_uid);
	task->who.container_id = text_of(ev, place.container_id);
	task->who.runtime = place.runtime;
	task->who.qos = place.qos;
}

static __u64 level_of(const struct event *ev, struct text path)
{
	return path.len ? place_of(ev, path).level : LIMIT_NONE;
}

/*
 * A level's own path would do for all but those below a container, which look like anything: the
 * victim's whole path says what each of its prefixes is.
 */
static void identify_memcgs(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct place place = place_of(ev, incident->victim.cgroup.path);

	if (!incident->victim.cgroup.path.len)
		return;
	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		int depth = (int)(incident->memcgs_count - 1 - i);

		/* Without a path the outermost levels are missing, and the depths with them. */
		if (incident->memcgs[i].path.len)
			incident->memcgs[i].limit_level =
				place_level_at(&place, i ? depth : place.depth);
	}
}

/*
 * The table of levels. Of nested cgroups and slices there may be many: the one that owned the limit
 * stands for them, and without it none does.
 */
static void fill_limits(struct incident *incident)
{
	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		const struct event_memcg *memcg = &incident->memcgs[i];
		struct limit *limit = incident_limit(incident, memcg->limit_level);
		bool is_many = memcg->limit_level == LIMIT_NESTED ||
			       memcg->limit_level == LIMIT_SLICE;

		/* The root memcg has no limit and counts not all: the machine's figures are others.
		 */
		if (!limit || memcg->limit_level == LIMIT_HOST ||
		    (is_many && memcg->id != incident->limit_owner.cgroup.id))
			continue;
		limit->limit_bytes = memcg->limit_bytes;
		limit->usage_bytes = memcg->usage_bytes;
		limit->swap_limit_bytes = memcg->swap_limit_bytes;
		limit->swap_usage_bytes = memcg->swap_usage_bytes;
	}
}

static void identify_owner(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct limit_owner *owner = &incident->limit_owner;
	struct verdict *verdict = &incident->verdict;

	if (owner->cgroup.path.len)
		owner->limit_level = level_of(ev, owner->cgroup.path);
	for (__u64 i = 0; i < verdict->suspects_count; i++)
		if (verdict->suspects[i].cgroup.path.len)
			verdict->suspects[i].limit_level =
				level_of(ev, verdict->suspects[i].cgroup.path);
}

void identify_event(struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type != EVENT_INCIDENT)
		return;
	identify_task(ev, &incident->victim);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		identify_task(ev, &incident->other_victims[i]);
	identify_task(ev, &incident->trigger);
	identify_memcgs(ev);
	identify_owner(ev);
	fill_limits(incident);
}
