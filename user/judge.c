// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "judge.h"
#include "judge_culprit.h"
#include "judge_filled.h"

#define MIB (1024 * 1024ULL)
#define SANDBOX_MAX_BYTES (2 * MIB) /* a pause process and its kernel memory stay well below */

static const struct event_memcg *find_level(const struct incident *incident, enum limit_level level)
{
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		if (incident->memcgs[i].limit_level == level)
			return &incident->memcgs[i];
	return NULL;
}

static bool has_prefix(const struct event *ev, struct text text, const char *prefix)
{
	return text.len >= strlen(prefix) && !memcmp(text_bytes(ev, text), prefix, strlen(prefix));
}

/* Where nobody knows the sandbox by name: a sibling without a limit that holds next to nothing. */
static bool is_sandbox(const struct event_child *child)
{
	if (child->is_sandbox != NOT_KNOWN)
		return child->is_sandbox;
	return child->limit_bytes == NO_LIMIT && child->usage_bytes < SANDBOX_MAX_BYTES;
}

/* Is @container the only one of its pod beside the sandbox, as far as the list of the pod's
 * children tells? */
static bool is_only_container(const struct event *ev, const struct event_memcg *container)
{
	const struct incident *incident = &ev->incident;
	bool found = false, has_sandbox = false;

	if (incident->children_of.id != incident->limit_owner.cgroup.id ||
	    incident->children_omitted)
		return false;
	for (__u64 i = 0; i < incident->children_count; i++) {
		const struct event_child *child = &incident->children[i];

		if (child->id == container->id)
			found = true;
		else if (!child->online || has_prefix(ev, child->name, "crio-conmon-"))
			continue;
		else if (has_sandbox || !is_sandbox(child))
			return false;
		else
			has_sandbox = true;
	}
	return found;
}

/* What a pod may hold beside its one container before it counts: the sandbox, and charges in
 * flight. */
static __u64 small_bytes(__u64 limit_bytes)
{
	__u64 percent = limit_bytes / 100;

	if (percent < 4 * MIB)
		return 4 * MIB;
	return percent < 64 * MIB ? percent : 64 * MIB;
}

/* The kernel blames the pod; whether it is the trap cannot be told. */
static enum limit_level suspect_container_or_pod(struct incident *incident,
						 const struct event_memcg *container)
{
	struct verdict *verdict = &incident->verdict;

	verdict->suspects[0].limit_level = LIMIT_CONTAINER;
	verdict->suspects[0].cgroup = (struct event_cgroup){ container->path, container->id };
	verdict->suspects[1].limit_level = LIMIT_POD;
	verdict->suspects[1].cgroup = incident->limit_owner.cgroup;
	verdict->suspects_count = 2;
	return LIMIT_UNKNOWN;
}

/*
 * The trap: in a one-container pod kubelet gives the pod's cgroup the container's limit, and the
 * kernel, which charges the pod for the sandbox as well, blames the pod. It is the container's
 * limit all the same when the container holds all of it; memory that dead containers left behind is
 * the pod's.
 */
static enum limit_level judge_pod(struct event *ev, __u64 *ret_equal)
{
	struct incident *incident = &ev->incident;
	const struct limit_owner *owner = &incident->limit_owner;
	const struct event_memcg *container = find_level(incident, LIMIT_CONTAINER);

	if (container && (container->limit_bytes == NOT_KNOWN || owner->limit_bytes == NOT_KNOWN))
		return suspect_container_or_pod(incident, container);
	*ret_equal = container && owner->limit_bytes < NO_LIMIT &&
		     container->limit_bytes == owner->limit_bytes;
	if (!*ret_equal ||
	    owner->usage_bytes > container->usage_bytes + small_bytes(owner->limit_bytes))
		return LIMIT_POD;
	if (incident->children_of.id == NOT_KNOWN)
		return suspect_container_or_pod(incident, container); /* is it the only one? */
	return is_only_container(ev, container) ? LIMIT_CONTAINER : LIMIT_POD;
}

static bool is_runtime_shim(const struct event *ev, struct text comm)
{
	return has_prefix(ev, comm, "containerd-shim") || has_prefix(ev, comm, "conmon") ||
	       has_prefix(ev, comm, "docker-init") || has_prefix(ev, comm, "shim");
}

/*
 * Does the container end with this process? Process 1 of the container's PID namespace takes the
 * container with it.
 * - Process 1 of a namespace that the workload itself made (its parent is inside the container)
 * does not. With hostPID its parent is in the machine's namespace, as a runtime's would be.
 * - In the machine's own PID namespace (hostPID), or in one shared by the pod, no number tells the
 * main process: a child of the runtime may be it.
 */
static __u64 judge_process(const struct event *ev, const struct event_task *victim)
{
	struct place place;
	__u64 container_levels;
	bool parent_inside;

	place_path(text_bytes(ev, victim->cgroup.path), victim->cgroup.path.len, &place);
	if (!place.container_depth ||
	    (victim->vpid == NOT_KNOWN && victim->kin.is_init == NOT_KNOWN))
		return NOT_KNOWN;
	container_levels = place.container_depth + 1;
	parent_inside = victim->kin.parent_shared_levels != NOT_KNOWN &&
			victim->kin.parent_shared_levels >= container_levels;
	if (victim->vpid == 1 && parent_inside && !victim->kin.parent_pidns_level)
		return is_runtime_shim(ev, victim->kin.parent_comm) ? 1 : NOT_KNOWN;
	if (victim->vpid == 1)
		return !parent_inside;
	if (parent_inside || victim->kin.pidns_level == NOT_KNOWN)
		return 0;
	if (victim->kin.pidns_level == 0)
		return is_runtime_shim(ev, victim->kin.parent_comm) ? NOT_KNOWN : 0;
	if (victim->kin.reaper_shared_levels >= container_levels || victim->kin.parent_same_pidns)
		return 0;
	return NOT_KNOWN;
}

/*
 * With memory.oom.group process 1 may be among those that died with the chosen one: "it goes on" is
 * said only where each of them is known not to be it.
 */
static __u64 judge_container_ends(const struct event *ev)
{
	const struct incident *incident = &ev->incident;
	__u64 ends = judge_process(ev, &incident->victim);

	for (__u64 i = 0; i < incident->other_victims_count && ends != 1; i++) {
		const struct event_task *other = &incident->other_victims[i];

		if (other->fate != FATE_ALREADY_EXITING &&
		    text_equal(ev, other->who.container_id, incident->victim.who.container_id) &&
		    judge_process(ev, other) != 0)
			ends = judge_process(ev, other);
	}
	return !ends && incident->other_victims_omitted ? NOT_KNOWN : ends;
}

/* What to change. The report says elsewhere what happened: each begins with the remedy. */
static void advise_container(struct event *ev, const char *now)
{
	struct verdict *verdict = &ev->incident.verdict;
	struct text name = incident_subject(&ev->incident)->who.container_name;

	verdict->manifest_field = event_textf(ev, "resources.limits.memory");
	verdict->action = event_textf(ev,
				      "raise resources.limits.memory of %s%.*s%s%s, or stop the "
				      "growth of what it runs",
				      name.len ? "container \"" : "the container", name.len,
				      text_bytes(ev, name), name.len ? "\"" : "", now);
}

/* The node cannot tell a container's own limit from one that it inherits: both fields are named. */
static void advise_pod(struct event *ev, const char *now)
{
	struct verdict *verdict = &ev->incident.verdict;

	verdict->manifest_field =
		event_textf(ev, "%s",
			    verdict->equal_limits == 1 || verdict->limit_level == LIMIT_UNKNOWN ?
				    "spec.resources.limits.memory, resources.limits.memory" :
				    "spec.resources.limits.memory");
	verdict->action =
		event_textf(ev,
			    "raise the pod's limit%s: spec.resources.limits.memory, "
			    "or resources.limits.memory of its containers; or stop what grows",
			    now);
}

static void advise_node(struct event *ev)
{
	struct verdict *verdict = &ev->incident.verdict;

	verdict->manifest_field = event_textf(ev, "resources.requests.memory");
	if (judge_advise_culprit(ev))
		return;
	verdict->action = event_textf(ev,
				      "bring resources.requests.memory of the pods closer to what "
				      "they use, or add nodes; raising the victim's limit changes "
				      "nothing");
}

static const char *advice_of(enum limit_level level)
{
	switch (level) {
	case LIMIT_NESTED:
		return "change it inside the container, where it was set: the manifest is not the remedy";
	case LIMIT_QOS:
		return "review kubelet's --qos-reserved and the requests of the pods of this QoS class";
	case LIMIT_SLICE:
		return "change it where it is set (systemd unit, system-reserved, container engine): it is "
		       "no pod's";
	case LIMIT_HOST:
		return "raise system-reserved and kube-reserved, so that pods leave more to the machine, or "
		       "add memory";
	case LIMIT_CPUSET:
		return "widen the cpuset or memory policy: only the NUMA nodes that it allows are full";
	case LIMIT_MANUAL:
		return "nothing: somebody asked for this kill with sysrq-f";
	case LIMIT_UNKNOWN:
		return "look in the kernel log for the line oom-kill: of this process: its oom_memcg= is the "
		       "limit's owner";
	default:
		return NULL;
	}
}

/* Somebody chose that nothing dies there: more memory is not the first remedy. */
static void advise_stall(struct event *ev, const char *now)
{
	struct verdict *verdict = &ev->incident.verdict;

	if (ev->incident.stall.kind == STALL_KILLER_DISABLED)
		verdict->action = event_textf(
			ev,
			"write 0 to the cgroup's memory.oom_control, raise its limit%s, "
			"or end a process in it",
			now);
	else
		verdict->action =
			event_textf(ev,
				    "give a process in it an oom_score_adj above -1000, raise the "
				    "limit%s, or end a process by hand",
				    now);
}

static void advise(struct event *ev)
{
	struct incident *incident = &ev->incident;
	enum limit_level level = incident->verdict.limit_level;
	char limit[UNITS_MAX], now[sizeof(" (now )") + UNITS_MAX] = "";

	if (incident->limit_owner.limit_bytes < NO_LIMIT) {
		units_limit(incident->limit_owner.limit_bytes, limit, sizeof(limit));
		snprintf(now, sizeof(now), " (now %s)", limit);
	}
	if (ev->type == EVENT_STALL)
		advise_stall(ev, now);
	else if (level == LIMIT_CONTAINER)
		advise_container(ev, now);
	else if (level == LIMIT_POD || ev->incident.limit_owner.limit_level == LIMIT_POD)
		advise_pod(ev, now);
	else if (level == LIMIT_NODE)
		advise_node(ev);
	else if (level == LIMIT_UNKNOWN && incident->verdict.evidence == EVIDENCE_LOG)
		incident->verdict.action = event_textf(
			ev,
			"%s: it sees whose limit it is at each kill, also where the kernel's "
			"log has no room for its report",
			ev->origin == ORIGIN_LIVE ?
				"let oomwhy use BPF ('oomwhy doctor' says how)" :
				"run oomwhy on the node");
	else if (advice_of(level))
		incident->verdict.action = event_textf(ev, "%s", advice_of(level));
}

void judge_event(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct verdict *verdict = &incident->verdict;
	__u64 equal = NOT_KNOWN;

	if (!event_has_incident(ev))
		return;
	/* Nothing of an older verdict stays. */
	verdict->manifest_field = verdict->action = (struct text){ 0 };
	verdict->equal_limits = NOT_KNOWN;
	verdict->limit_level = incident->limit_owner.limit_level;
	if (verdict->limit_level == LIMIT_NONE)
		verdict->limit_level = LIMIT_UNKNOWN;
	if (verdict->limit_level == LIMIT_POD) {
		verdict->limit_level = judge_pod(ev, &equal);
		verdict->equal_limits = equal;
	}
	judge_culprit(ev);
	verdict->container_ends = ev->type == EVENT_STALL ? NOT_KNOWN : judge_container_ends(ev);
	judge_filled(ev);
	advise(ev);
	if (ev->type == EVENT_INCIDENT)
		judge_filled_advise(ev);
}
