// SPDX-License-Identifier: GPL-2.0-only
/* keeper_event: T1's side of the keeper: what the index knows goes into an event. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "names/keeper.h"
#include "oomwhy_record.h"

#define PATH_SIZE 8192

/*
 * A container may run into its limit before its name has been looked for. T1 waits for nobody
 * longer than this.
 */
#define PATIENCE_NS (50 * 1000000ULL)

/* A path that the victim's begins with, as those of its levels do, is not kept twice. */
static struct text put_path(struct event *ev, const char *path, size_t len)
{
	struct text victims = ev->type == EVENT_INCIDENT ? ev->incident.victim.cgroup.path :
							   (struct text){ 0 };

	if (len && len <= victims.len && !memcmp(text_bytes(ev, victims), path, len))
		return (struct text){ victims.off, (__u16)len };
	return event_text_whole(ev, path, len);
}

static void complete(struct keeper *keeper, struct event *ev, struct event_cgroup *cgroup)
{
	char path[PATH_SIZE];

	if (cgroup->path.len || cgroup->id == NOT_KNOWN)
		return;
	cgroup->path =
		put_path(ev, path, index_path(&keeper->index, cgroup->id, path, sizeof(path)));
}

static void complete_memcg(struct keeper *keeper, struct event *ev, struct event_memcg *memcg)
{
	struct event_cgroup cgroup = { .path = memcg->path, .id = memcg->id };

	complete(keeper, ev, &cgroup);
	memcg->path = cgroup.path;
}

static void complete_child(struct keeper *keeper, struct event *ev, struct event_child *child)
{
	char name[OOMWHY_NAME_SIZE];

	if (child->name.len || child->id == NOT_KNOWN)
		return;
	child->name = event_text_whole(ev, name,
				       index_name(&keeper->index, child->id, name, sizeof(name)));
}

static bool is_awaited(struct keeper *keeper, const struct event_cgroup *cgroup)
{
	return !cgroup->path.len && cgroup->id != NOT_KNOWN &&
	       !index_knows(&keeper->index, cgroup->id);
}

static void wait_for_paths(struct keeper *keeper, const struct incident *incident)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	while (clock_boot_ns() < keeper->deadline_ns) {
		if (!is_awaited(keeper, &incident->victim.cgroup) &&
		    !is_awaited(keeper, &incident->limit_owner.cgroup) &&
		    !is_awaited(keeper, &incident->trigger.cgroup))
			return;
		nanosleep(&pause, NULL);
	}
}

static void complete_update(struct keeper *keeper, struct event *ev)
{
	struct update *update = &ev->update;

	complete(keeper, ev, &update->limit_owner.cgroup);
	for (__u64 i = 0; i < update->candidates_count; i++)
		complete(keeper, ev, &update->candidates[i].cgroup);
}

void keeper_complete(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type == EVENT_UPDATE)
		complete_update(keeper, ev);
	if (!event_has_incident(ev))
		return;
	keeper->deadline_ns = clock_boot_ns() + PATIENCE_NS;
	if (keeper->config.names_are_unread && keeper->root[0])
		wait_for_paths(keeper, incident);
	complete(keeper, ev, &incident->victim.cgroup);
	complete(keeper, ev, &incident->limit_owner.cgroup);
	complete(keeper, ev, &incident->trigger.cgroup);
	complete(keeper, ev, &incident->oom_group);
	complete(keeper, ev, &incident->children_of);
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		complete_memcg(keeper, ev, &incident->memcgs[i]);
	for (__u64 i = 0; i < incident->children_count; i++)
		complete_child(keeper, ev, &incident->children[i]);
	for (__u64 i = 0; i < incident->verdict.suspects_count; i++)
		complete(keeper, ev, &incident->verdict.suspects[i].cgroup);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		complete(keeper, ev, &incident->other_victims[i].cgroup);
}

static void find(struct keeper *keeper, const struct event *ev, struct text path, __u64 *ret_id)
{
	__u64 id;

	if (!path.len || *ret_id != NOT_KNOWN)
		return;
	id = index_id(&keeper->index, text_bytes(ev, path), path.len);
	if (id)
		*ret_id = id;
}

void keeper_find(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type == EVENT_UPDATE)
		find(keeper, ev, ev->update.limit_owner.cgroup.path,
		     &ev->update.limit_owner.cgroup.id);
	if (!event_has_incident(ev))
		return;
	find(keeper, ev, incident->victim.cgroup.path, &incident->victim.cgroup.id);
	find(keeper, ev, incident->limit_owner.cgroup.path, &incident->limit_owner.cgroup.id);
	find(keeper, ev, incident->trigger.cgroup.path, &incident->trigger.cgroup.id);
	find(keeper, ev, incident->oom_group.path, &incident->oom_group.id);
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		find(keeper, ev, incident->memcgs[i].path, &incident->memcgs[i].id);
	for (__u64 i = 0; i < incident->verdict.suspects_count; i++)
		find(keeper, ev, incident->verdict.suspects[i].cgroup.path,
		     &incident->verdict.suspects[i].cgroup.id);
}

static void put_text(struct event *ev, struct text *ret, const char *string)
{
	if (string[0])
		*ret = event_text_whole(ev, string, strlen(string));
}

static void put_pod(struct event *ev, struct identity *who, const struct container_names *names)
{
	put_text(ev, &who->namespace_name, names->namespace_name);
	put_text(ev, &who->pod_name, names->pod_name);
	/* A path outside of kubelet's cgroups has no UID. */
	if (!who->pod_uid.len && !who->static_pod_hash.len)
		put_text(ev, &who->pod_uid, names->pod_uid);
	who->source = names->source;
}

static void put_container(struct event *ev, struct identity *who,
			  const struct container_names *names)
{
	put_pod(ev, who, names);
	put_text(ev, &who->container_name, names->container_name);
	put_text(ev, &who->image, names->image);
	who->restarts = names->restarts;
	who->is_sandbox = names->is_sandbox;
	who->request.bytes = names->request_bytes;
	who->request.error_bytes = names->request_error_bytes;
	who->request.source = names->request_source;
}

struct question {
	size_t count;
	struct lookup parts[LOOKUPS_ASKED_MAX];
};

static bool is_same(const struct place *a, const struct place *b)
{
	return !strcmp(a->container_id, b->container_id) && !strcmp(a->pod_uid, b->pod_uid);
}

static struct lookup *find_part(struct question *question, const struct place *place)
{
	for (size_t i = 0; i < question->count; i++)
		if (is_same(&question->parts[i].place, place))
			return &question->parts[i];
	return NULL;
}

static void place_of(const struct event *ev, const struct event_cgroup *cgroup, struct place *ret)
{
	place_path(text_bytes(ev, cgroup->path), cgroup->path.len, ret);
}

/* Ask for the container of @cgroup if more can be known of it than is. */
static void add_question(struct keeper *keeper, const struct event *ev,
			 const struct event_cgroup *cgroup, struct question *question)
{
	struct container_names names;
	struct place place;

	place_of(ev, cgroup, &place);
	if (!place.container_depth || find_part(question, &place))
		return;
	if (index_names(&keeper->index, cgroup->id, place.depth - place.container_depth, &names) &&
	    lookups_suffice(&names))
		return;
	question->parts[question->count].place = place;
	question->parts[question->count++].id = cgroup->id;
}

/* Whose cgroup it is: a container's (or one below it), a pod's, or nobody's. */
static void name(struct keeper *keeper, struct event *ev, const struct event_cgroup *cgroup,
		 struct question *question, struct identity *who)
{
	struct container_names names;
	const struct lookup *part;
	struct place place;

	place_of(ev, cgroup, &place);
	part = place.container_depth ? find_part(question, &place) : NULL;
	if (part && part->found)
		put_container(ev, who, &part->names);
	else if (place.container_depth && index_names(&keeper->index, cgroup->id,
						      place.depth - place.container_depth, &names))
		put_container(ev, who, &names);
	else if (place.pod_depth &&
		 index_names(&keeper->index, cgroup->id, place.depth - place.pod_depth, &names))
		put_pod(ev, who, &names);
}

/* Who it is, and nothing else. */
static void leave_names(struct identity *who)
{
	who->image = (struct text){ 0 };
	who->restarts = who->is_sandbox = NOT_KNOWN;
	who->request = (struct request){ NOT_KNOWN, NOT_KNOWN, REQUEST_NONE };
}

/* Of one container there may be many: it is described once. */
static void name_other(struct keeper *keeper, struct event *ev, struct event_task *other,
		       struct question *question)
{
	struct identity *who = &other->who;

	name(keeper, ev, &other->cgroup, question, who);
	if (!who->container_id.len ||
	    !text_equal(ev, who->container_id, ev->incident.victim.who.container_id))
		return;
	leave_names(who);
}

static void name_child(struct keeper *keeper, struct event *ev, struct event_child *child)
{
	struct container_names names;

	if (!index_names(&keeper->index, child->id, 0, &names))
		return;
	put_text(ev, &child->container_name, names.container_name);
	child->is_sandbox = names.is_sandbox;
}

/* The sum of the living containers' requests, if each of them is known exactly. */
static struct request sum_requests(struct keeper *keeper, const struct incident *incident)
{
	static const struct request unknown = { NOT_KNOWN, NOT_KNOWN, REQUEST_NONE };
	struct request sum = { .source = REQUEST_NONE };

	if (incident->children_omitted)
		return unknown;
	for (__u64 i = 0; i < incident->children_count; i++) {
		const struct event_child *child = &incident->children[i];
		struct container_names names;

		if (child->online == 0 || child->is_sandbox == 1)
			continue;
		if (!index_names(&keeper->index, child->id, 0, &names) ||
		    names.request_bytes == NOT_KNOWN || names.request_error_bytes)
			return unknown;
		sum.bytes += names.request_bytes;
		sum.source = names.request_source;
	}
	return sum.source ? sum : unknown;
}

/* A pod may have a request of its own, above its containers'; else their sum is its. */
static void request_of_pod(struct keeper *keeper, struct incident *incident,
			   const struct event_memcg *pod)
{
	struct request *request = &incident->limits.pod.request;
	struct container_names names;

	if (index_names(&keeper->index, pod->id, 0, &names) && names.pod_request_bytes != NOT_KNOWN)
		*request = (struct request){ names.pod_request_bytes, 0, REQUEST_ALLOCATED };
	else if (incident->children_of.id == pod->id)
		*request = sum_requests(keeper, incident);
}

static void name_limits(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;

	incident->limits.container.request = incident_subject(incident)->who.request;
	for (__u64 i = 0; i < incident->children_count; i++)
		name_child(keeper, ev, &incident->children[i]);
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		if (incident->memcgs[i].limit_level == LIMIT_POD)
			request_of_pod(keeper, incident, &incident->memcgs[i]);
}

static void name_update(struct keeper *keeper, struct event *ev)
{
	struct update *update = &ev->update;
	struct question nothing = { 0 };

	name(keeper, ev, &update->limit_owner.cgroup, &nothing, &update->limit_owner.who);
	for (__u64 i = 0; i < update->candidates_count; i++) {
		struct candidate *candidate = &update->candidates[i];

		name(keeper, ev, &candidate->cgroup, &nothing, &candidate->who);
		leave_names(&candidate->who);
	}
}

void keeper_name(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct question question = { 0 };

	if (ev->type == EVENT_UPDATE)
		name_update(keeper, ev);
	if (!event_has_incident(ev))
		return;
	add_question(keeper, ev, &incident->victim.cgroup, &question);
	add_question(keeper, ev, &incident->trigger.cgroup, &question);
	lookups_ask(&keeper->lookups, question.parts, question.count, keeper->deadline_ns);
	name(keeper, ev, &incident->victim.cgroup, &question, &incident->victim.who);
	name(keeper, ev, &incident->trigger.cgroup, &question, &incident->trigger.who);
	name(keeper, ev, &incident->limit_owner.cgroup, &question, &incident->limit_owner.who);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		name_other(keeper, ev, &incident->other_victims[i], &question);
	name_limits(keeper, ev);
}
