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

static void identify_cgroup(struct event *ev, const struct event_cgroup *cgroup,
			    struct identity *who)
{
	struct place place;

	if (!cgroup->path.len)
		return;
	place = place_of(ev, cgroup->path);
	if (place.static_pod)
		who->static_pod_hash = text_of(ev, place.pod_uid);
	else
		who->pod_uid = text_of(ev, place.pod_uid);
	who->container_id = text_of(ev, place.container_id);
	who->runtime = place.runtime;
	who->qos = place.qos;
	/* A recording may know more than its paths tell. */
	if (!who->source && (place.pod_uid[0] || place.container_id[0]))
		who->source = IDENTITY_PATH;
}

/*
 * A level's own path would do for all but those below a container, which look like anything: the
 * innermost one's path says what each of its prefixes is.
 */
static void identify_memcgs(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct text path = incident->memcgs[0].path;
	struct place place = place_of(ev, path);

	if (!path.len)
		return;
	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		struct event_memcg *memcg = &incident->memcgs[i];

		/* The path tells how deep it is: of the levels between some may be missing. */
		if (memcg->path.len)
			memcg->limit_level =
				place_level_at(&place, place_of(ev, memcg->path).depth);
	}
}

/* By number; a log has only paths. */
static bool is_same(const struct event *ev, const struct event_memcg *memcg,
		    const struct event_cgroup *cgroup)
{
	if (memcg->id != NOT_KNOWN || cgroup->id != NOT_KNOWN)
		return memcg->id == cgroup->id;
	return cgroup->path.len && text_equal(ev, memcg->path, cgroup->path);
}

/*
 * The table of levels. Of nested cgroups and slices there may be many: the one that owned the limit
 * stands for them, and without it none does.
 */
static void fill_limits(struct event *ev)
{
	struct incident *incident = &ev->incident;

	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		const struct event_memcg *memcg = &incident->memcgs[i];
		struct limit *limit = incident_limit(incident, memcg->limit_level);
		bool is_many = memcg->limit_level == LIMIT_NESTED ||
			       memcg->limit_level == LIMIT_SLICE;

		/* The root memcg has no limit and counts not all: the machine's figures are others.
		 */
		if (!limit || memcg->limit_level == LIMIT_HOST ||
		    (is_many && !is_same(ev, memcg, &incident->limit_owner.cgroup)))
			continue;
		limit->limit_bytes = memcg->limit_bytes;
		limit->usage_bytes = memcg->usage_bytes;
		limit->swap_limit_bytes = memcg->swap_limit_bytes;
		limit->swap_usage_bytes = memcg->swap_usage_bytes;
		limit->working_set_bytes = memcg->working_set_bytes;
		limit->high_bytes = memcg->high_bytes;
		limit->low_bytes = memcg->low_bytes;
		limit->min_bytes = memcg->min_bytes;
		limit->oom_group = memcg->oom_group;
	}
}

/* One of the victim's levels is what the victim's whole path says of it. */
static __u64 level_of(const struct event *ev, const struct event_cgroup *cgroup)
{
	const struct incident *incident = &ev->incident;

	for (__u64 i = 0; i < incident->memcgs_count; i++)
		if (incident->memcgs[i].limit_level && is_same(ev, &incident->memcgs[i], cgroup))
			return incident->memcgs[i].limit_level;
	return place_of(ev, cgroup->path).level;
}

static void identify_owner(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct limit_owner *owner = &incident->limit_owner;
	struct verdict *verdict = &incident->verdict;

	if (owner->cgroup.path.len)
		owner->limit_level = level_of(ev, &owner->cgroup);
	identify_cgroup(ev, &owner->cgroup, &owner->who);
	for (__u64 i = 0; i < verdict->suspects_count; i++)
		if (verdict->suspects[i].cgroup.path.len)
			verdict->suspects[i].limit_level =
				level_of(ev, &verdict->suspects[i].cgroup);
}

static void identify_update(struct event *ev)
{
	struct limit_owner *owner = &ev->update.limit_owner;

	if (owner->cgroup.path.len)
		owner->limit_level = place_of(ev, owner->cgroup.path).level;
	identify_cgroup(ev, &owner->cgroup, &owner->who);
	for (__u64 i = 0; i < ev->update.candidates_count; i++) {
		struct candidate *candidate = &ev->update.candidates[i];

		identify_cgroup(ev, &candidate->cgroup, &candidate->who);
	}
}

void identify_event(struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type == EVENT_UPDATE)
		identify_update(ev);
	if (!event_has_incident(ev))
		return;
	identify_cgroup(ev, &incident->victim.cgroup, &incident->victim.who);
	for (__u64 i = 0; i < incident->other_victims_count; i++) {
		struct event_task *other = &incident->other_victims[i];

		identify_cgroup(ev, &other->cgroup, &other->who);
	}
	identify_cgroup(ev, &incident->trigger.cgroup, &incident->trigger.who);
	identify_memcgs(ev);
	identify_owner(ev);
	fill_limits(ev);
}
