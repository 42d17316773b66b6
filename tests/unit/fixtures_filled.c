// SPDX-License-Identifier: GPL-2.0-only
/* Sample events: memory that is filled by something else than a heap. Judged as they are. */
#include "fixtures.h"
#include "fixtures_make.h"
#include "judge.h"

#define CONTAINER_ID "c3fc82bb5a48e3d9c8bbf5f1a1f18ef0e8b1f0c2d94e7a18355d20c1fe9a4487"
#define POD "/kubepods/burstable/pod5e1f0c9a-7d52-4c0b-8a3e-6be1c7d8e902"
#define CONTAINER POD "/" CONTAINER_ID

static void begin(struct event *ev, __u64 pod_bytes, __u64 container_bytes, __u64 pod_limit)
{
	const struct level levels[] = {
		{ LIMIT_CONTAINER, 512, container_bytes, MIB(512) },
		{ LIMIT_POD, 498, pod_bytes, pod_limit },
		{ LIMIT_QOS, 161, MIB(6720), NO_LIMIT },
		{ LIMIT_NODE, 158, MIB(9318), GIB(13) },
		{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;
	struct event_task *victim = &incident->victim;

	begin_kill(ev, 20001, "etl", 61377, 1);
	set_who(ev, &victim->who, "data", "etl-0", "5e1f0c9a-7d52-4c0b-8a3e-6be1c7d8e902", "etl");
	victim->who.container_id = make_text(ev, CONTAINER_ID);
	victim->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &victim->cgroup, CONTAINER, 512);
	set_memory(victim, MIB(90), MIB(9), 0, KIB(640));
	set_chain(ev, CONTAINER, levels, 5);
	set_limit(&incident->limits.container, MIB(512), container_bytes, container_bytes);
	set_limit(&incident->limits.pod, pod_limit, pod_bytes, pod_bytes);
	set_limit(&incident->limits.node, GIB(13), MIB(9318), MIB(7987));
	incident->verdict.evidence = EVIDENCE_EXACT;
	incident->trigger = incident->victim;
	incident->trigger.fate = FATE_NONE;
}

static void end(struct event *ev, const char *message)
{
	judge_event(ev);
	ev->message = make_text(ev, message);
}

void fixture_tmpfs(struct event *ev)
{
	begin(ev, MIB(513), MIB(512), GIB(1));
	set_owner(ev, LIMIT_CONTAINER, CONTAINER, 512, MIB(512));
	set_filled(ev, MIB(512), MIB(94), MIB(400), MIB(2), MIB(12));
	end(ev, "OOM kill: container limit 512Mi; killed data/etl-0 [etl] (etl, 99Mi)");
}

/* A dead container has left files in a volume of medium Memory. */
void fixture_left_behind(struct event *ev)
{
	begin(ev, MIB(512), MIB(330), MIB(512));
	set_owner(ev, LIMIT_POD, POD, 498, MIB(512));
	add_child(ev, CONTAINER_ID, 512, MIB(330), MIB(512), 0);
	add_child(ev, "77e0b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f84be13d6a9075fe2", 499,
		  KIB(296), NO_LIMIT, 1);
	set_cgroup(ev, &ev->incident.children_of, POD, 498);
	set_filled(ev, MIB(512), MIB(318), MIB(182), MIB(2), MIB(9));
	ev->incident.memory.source = MEMORY_SUM;
	ev->incident.memory.cgroups = 4;
	ev->incident.memory.left_bytes = ev->incident.memory.left_shmem_bytes = MIB(180);
	end(ev, "OOM kill: pod limit 512Mi; killed data/etl-0 [etl] (etl, 99Mi)");
}

/* Linux 5.10 counts none for a memcg: the victim's own tell. */
void fixture_pagetables(struct event *ev)
{
	struct memory *memory = &ev->incident.memory;

	begin(ev, MIB(513), MIB(512), GIB(1));
	ev->incident.victim.pagetables_bytes = MIB(410);
	set_owner(ev, LIMIT_CONTAINER, CONTAINER, 512, MIB(512));
	set_filled(ev, MIB(512), MIB(90), 0, MIB(2), MIB(4));
	memory->kernel_bytes = memory->pagetables_bytes = NOT_KNOWN;
	memory->rest_bytes += KIB(512);
	end(ev, "OOM kill: container limit 512Mi; killed data/etl-0 [etl] (etl, 99Mi)");
}
