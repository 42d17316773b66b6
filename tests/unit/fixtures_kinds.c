// SPDX-License-Identifier: GPL-2.0-only
/* Sample events: limits that are lowered, groups that spare somebody, stalls, a static pod. */
#include <stdio.h>

#include "fixtures.h"
#include "fixtures_make.h"

#define CONTAINER_ID "3e6d1590a7c2f84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b"
#define POD "/kubepods/burstable/pod0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901"
#define CONTAINER POD "/" CONTAINER_ID

static const struct level levels[] = {
	{ LIMIT_CONTAINER, 412, MIB(512), MIB(512) }, { LIMIT_POD, 398, MIB(513), GIB(1) },
	{ LIMIT_QOS, 61, MIB(6720), NO_LIMIT },	      { LIMIT_NODE, 58, MIB(9318), GIB(13) },
	{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
};

static void set_db(struct event *ev, struct event_task *task)
{
	set_who(ev, &task->who, "shop", "db-0", "0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901", "db");
	task->who.container_id = make_text(ev, CONTAINER_ID);
	task->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &task->cgroup, CONTAINER, 412);
}

static void set_levels(struct event *ev)
{
	struct incident *incident = &ev->incident;

	set_owner(ev, LIMIT_CONTAINER, CONTAINER, 412, MIB(512));
	incident->limit_owner.counter = COUNTER_MEMORY;
	set_chain(ev, CONTAINER, levels, 5);
	set_limit(&incident->limits.container, MIB(512), MIB(512), NOT_KNOWN);
	set_limit(&incident->limits.pod, GIB(1), MIB(513), NOT_KNOWN);
	set_limit(&incident->limits.node, GIB(13), MIB(9318), NOT_KNOWN);
}

/* An in-place resize: the runtime writes memory.max. */
void fixture_resize(struct event *ev)
{
	struct incident *incident = &ev->incident;

	begin_kill(ev, 18001, "postgres", 51377, 1);
	set_db(ev, &incident->victim);
	set_memory(&incident->victim, MIB(587), MIB(9), 0, KIB(2040));
	set_levels(ev);
	incident->limit_owner.usage_bytes = incident->limits.container.usage_bytes = MIB(640);
	incident->limit_owner.lowered = 1;
	set_task(ev, &incident->trigger, "runc", 52004, 52004);
	set_cgroup(ev, &incident->trigger.cgroup, "/system.slice/containerd.service", 77);
	incident->trigger_lowers_limit = 1;
	set_verdict(ev, LIMIT_CONTAINER, EVIDENCE_EXACT, true);
	set_message(ev, "", "resources.limits.memory",
		    "raise resources.limits.memory of container \"db\" (now 512Mi)");
}

void fixture_spared(struct event *ev)
{
	struct incident *incident = &ev->incident;

	begin_kill(ev, 18061, "postgres", 51377, 1);
	set_db(ev, &incident->victim);
	set_memory(&incident->victim, MIB(400), MIB(9), 0, KIB(2040));
	set_levels(ev);
	incident->memcgs[0].oom_group = 1;
	set_cgroup(ev, &incident->oom_group, CONTAINER, 412);
	incident->other_victims_count = 1;
	set_task(ev, &incident->other_victims[0], "walwriter", 51390, 12);
	incident->other_victims[0].fate = FATE_GROUP;
	incident->survivors_count = 1;
	incident->survivors[0].pid = 51301;
	incident->survivors[0].comm = make_text(ev, "supervisor");
	incident->survivors[0].oom_score_adj = -1000;
	incident->survivors[0].rss_bytes = MIB(3);
	set_verdict(ev, LIMIT_CONTAINER, EVIDENCE_EXACT, true);
	set_message(ev, "", "resources.limits.memory",
		    "raise resources.limits.memory of container \"db\" (now 512Mi)");
}

static void begin_stall(struct event *ev, enum stall_kind kind, __u64 seconds)
{
	event_init(ev, EVENT_STALL);
	set_time(ev, seconds, 204117385);
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-%llu-stall-412",
		 ev->boot_time_ns / 1000000000ULL);
	ev->incident.stall.kind = kind;
	ev->incident.losses_total = 0;
	set_task(ev, &ev->incident.trigger, "postgres", 51377, 1);
	set_db(ev, &ev->incident.trigger);
	set_memory(&ev->incident.trigger, MIB(500), MIB(9), 0, KIB(2040));
	set_levels(ev);
	set_limit(&ev->incident.limits.host, MIB(15974), MIB(10854), NOT_KNOWN);
	ev->incident.cgroup_version = kind == STALL_KILLER_DISABLED ? 1 : 2;
	ev->incident.verdict.limit_level = LIMIT_CONTAINER;
	ev->incident.verdict.evidence = EVIDENCE_EXACT;
}

void fixture_stall(struct event *ev)
{
	begin_stall(ev, STALL_NOTHING_KILLABLE, 18121);
	ev->incident.allocation.order = 0;
	ev->incident.verdict.action =
		make_text(ev, "give a process in it an oom_score_adj above -1000, raise the limit "
			      "(now 512Mi), or end a process by hand");
}

void fixture_disabled(struct event *ev)
{
	begin_stall(ev, STALL_KILLER_DISABLED, 18181);
	ev->incident.verdict.action =
		make_text(ev, "write 0 to the cgroup's memory.oom_control, raise its limit "
			      "(now 512Mi), or end a process in it");
}

void fixture_update(struct event *ev)
{
	event_init(ev, EVENT_UPDATE);
	set_time(ev, 18129, 104117385);
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-383317-stall-412");
	set_cgroup(ev, &ev->update.limit_owner.cgroup, CONTAINER, 412);
	ev->update.limit_owner.limit_level = LIMIT_CONTAINER;
	set_who(ev, &ev->update.limit_owner.who, "shop", "db-0",
		"0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901", "db");
	ev->update.stall.kind = STALL_NOTHING_KILLABLE;
	ev->update.stall.attempts = 2417;
	ev->update.stall.duration_ns = 7900000000ULL;
}

/* The API's UID of a static pod does not stand in its path; nothing but the path is known here. */
void fixture_static_pod(struct event *ev)
{
	struct event_task *victim = &ev->incident.victim;

	begin_kill(ev, 17110, "kube-proxy", 2410, 1);
	victim->who.static_pod_hash = make_text(ev, "e63d8cfa70f2e7a0d2d5b6f1a9c34b77");
	victim->who.container_id = make_text(ev, CONTAINER_ID);
	victim->who.runtime = RUNTIME_CRIO;
	victim->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &victim->cgroup,
		   "/kubepods.slice/kubepods-burstable.slice/"
		   "kubepods-burstable-pode63d8cfa70f2e7a0d2d5b6f1a9c34b77.slice/crio-" CONTAINER_ID
		   ".scope",
		   3301);
	ev->incident.limit_owner.limit_level = LIMIT_CONTAINER;
	ev->incident.limit_owner.cgroup = victim->cgroup;
	ev->incident.limit_owner.limit_bytes = ev->incident.limit_owner.usage_bytes = MIB(128);
	set_limit(&ev->incident.limits.container, MIB(128), MIB(128), NOT_KNOWN);
	set_verdict(ev, LIMIT_CONTAINER, EVIDENCE_EXACT, true);
	set_message(ev,
		    "OOM kill: container limit 128Mi; killed static pod e63d8cfa (kube-proxy, pid "
		    "2410); it restarts",
		    "resources.limits.memory",
		    "Raise resources.limits.memory in the static pod's manifest (now 128Mi).");
}
