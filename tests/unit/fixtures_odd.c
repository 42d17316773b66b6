// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixtures_odd: the lines that are no kill, and kills with texts or sizes that nobody would wish
 * for.
 */
#include <stdio.h>
#include <string.h>

#include "fixtures_make.h"
#include "fixtures.h"
#include "fields.h"

void fixture_start(struct event *ev)
{
	event_init(ev, EVENT_START);
	set_time(ev, 11220, 17000450);
	ev->cluster_name = make_text(ev, "prod-weu");
	ev->message = make_text(ev, "oomwhy 0.1.0 follows OOM kills: fentry, evidence exact");
	ev->start.version = make_text(ev, "0.1.0");
	ev->start.kernel = make_text(ev, "6.1.0-44-amd64");
	ev->start.boot_id = make_text(ev, "1f0c9a6e-52b7-4d0e-9c38-7a1f5e0b6d24");
	ev->start.attach = ATTACH_FENTRY;
	ev->start.evidence = EVIDENCE_EXACT;
	ev->start.cgroup_version = 2;
	ev->start.cgroups = 214;
	ev->start.memory_total_bytes = MIB(15974);
	ev->start.memory_locked = 1;
	ev->start.oom_score_adj = -999;
}

static void set_losses(struct losses *losses, __u64 kills, __u64 queue)
{
	losses->total = kills + queue;
	losses->ring_kills = kills;
	losses->downtime = 0;
	losses->ring_records = 0;
	losses->ring_cgroups = 0;
	losses->queue = queue;
	losses->queue_others = 0;
	losses->record = 0;
	losses->incomplete = 0;
	losses->hook_misses = 0;
}

void fixture_loss(struct event *ev)
{
	event_init(ev, EVENT_LOSS);
	set_time(ev, 20000, 17000450);
	ev->message = make_text(
		ev,
		"5 kills are lost: for 3 the ring was full, for 2 the reader too slow");
	set_losses(&ev->loss, 3, 2);
}

void fixture_stop(struct event *ev)
{
	event_init(ev, EVENT_STOP);
	set_time(ev, 21220, 17000450);
	ev->message =
		make_text(ev, "oomwhy ends: 12 OOM kills with 14 victims in 2h46m, nothing lost");
	ev->stop.incidents = 12;
	ev->stop.victims = 14;
	ev->stop.cross_check_agreed = 11;
	ev->stop.cross_check_differed = 1;
	ev->stop.duration_ns = 10000000000000ULL;
	set_losses(&ev->stop.losses, 0, 0);
}

/* What a workload can name its processes and cgroups. */
void fixture_hostile(struct event *ev)
{
	static const char comm[] = "a\"\\\n\033[2J\377\300\257\355\240\200";
	static const char path[] =
		"/kube\001pods/\302\205\342\200\250\342\200\256\177x\360\237\230\200/"
		"\364\220\200\200";
	struct event_task *victim;

	event_init(ev, EVENT_INCIDENT);
	set_time(ev, 13000, 17000450);
	victim = &ev->incident.victim;
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-378196-666");
	ev->message = event_textf(ev, "OOM kill: container limit 64Mi; killed %s", comm);
	ev->incident.verdict.limit_level = LIMIT_CONTAINER;
	ev->incident.verdict.evidence = EVIDENCE_EXACT;
	victim->fate = FATE_KILLED;
	victim->pid = 666;
	victim->comm = event_text(ev, comm, sizeof(comm) - 1);
	victim->who.pod_name = make_text(ev, "pod\",\"severity\":\"INFO");
	victim->who.container_name = event_text(ev, "nul\0in", 6);
	victim->cgroup.path = event_text(ev, path, sizeof(path) - 1);
	ev->incident.limit_owner.cgroup.path = victim->cgroup.path;
	ev->incident.limit_owner.limit_level = LIMIT_CONTAINER;
	ev->incident.limit_owner.limit_bytes = MIB(64);
	ev->incident.limits.container.limit_bytes = MIB(64);
}

/* What a kernel log that begins in the middle of a report leaves. */
void fixture_minimal(struct event *ev)
{
	event_init(ev, EVENT_INCIDENT);
	ev->origin = ORIGIN_LOG;
	ev->incident.victim.pid = 48121;
	ev->incident.victim.comm = make_text(ev, "java");
	ev->incident.verdict.evidence = EVIDENCE_LOG;
}

static void fill_task(struct event *ev, struct event_task *task, __u64 n)
{
	const struct identity who = task->who;
	struct event_task filled = {
		.who = who,
		.fate = FATE_GROUP,
		.pid = 4194000 + n,
		.tid = 4194100 + n,
		.vpid = 1 + n,
		.uid = 4294967294,
		.oom_score_adj = -999,
		.points = 34078720 + (__s64)n,
		.rss_bytes = MIB(4096000),
		.anon_bytes = MIB(2048000),
		.file_bytes = MIB(1024000),
		.shmem_bytes = MIB(1024000),
		.swap_bytes = MIB(512000),
		.pagetables_bytes = MIB(8000),
		.total_vm_bytes = MIB(64000000),
	};

	filled.cgroup.path = ev->incident.memcgs[0].path;
	filled.cgroup.id = 9007199254740993 + n;
	filled.comm = event_textf(ev, "worker-%02llu-busy", n);
	filled.who.namespace_name = event_textf(ev, "%063llu", 1ULL);
	filled.who.pod_name = event_textf(ev, "%0250llu", n);
	filled.who.pod_uid = event_textf(ev, "%08llu-6d0f-4c6b-b7f0-02d9f2a6c1e8", n);
	filled.who.container_name = event_textf(ev, "%063llu", 2ULL);
	filled.who.container_id = event_textf(ev, "%064llu", n);
	filled.who.runtime = RUNTIME_CONTAINERD;
	filled.who.qos = QOS_GUARANTEED;
	*task = filled;
}

static void fill_chain(struct event *ev)
{
	char path[INCIDENT_LEVELS_MAX * 251 + 1];

	for (size_t i = 0; i < INCIDENT_LEVELS_MAX; i++) {
		path[i * 251] = '/';
		memset(path + i * 251 + 1, 'a' + (int)i, 250);
	}
	for (size_t i = 0; i < INCIDENT_LEVELS_MAX; i++) {
		struct event_memcg *memcg = &ev->incident.memcgs[i];

		memcg->path = event_text(ev, path, (INCIDENT_LEVELS_MAX - i) * 251);
		memcg->limit_level = LIMIT_NESTED;
		memcg->id = 9007199254740993 + i;
		memcg->usage_bytes = memcg->limit_bytes = MIB(4096000);
		memcg->swap_usage_bytes = memcg->swap_limit_bytes = MIB(4096000);
		memcg->oom_events = 18446744073709551ULL;
		memcg->oom_group = 1;
	}
	ev->incident.memcgs_count = INCIDENT_LEVELS_MAX;
	ev->incident.memcgs_omitted = 40;
}

/* Everything is there, and everything is as long as a kernel allows. */
void fixture_huge(struct event *ev)
{
	struct incident *incident = &ev->incident;

	event_init(ev, EVENT_INCIDENT);
	set_time(ev, 13001, 17000450);
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-378197-4194000");
	fill_chain(ev);
	incident->limit_owner.limit_level = LIMIT_NESTED;
	incident->limit_owner.cgroup.path = incident->memcgs[0].path;
	incident->limit_owner.limit_bytes = MIB(4096000);
	incident->children_of = incident->limit_owner.cgroup;
	fill_task(ev, &incident->victim, 0);
	fill_task(ev, &incident->trigger, 1);
	for (size_t i = 0; i < INCIDENT_OTHER_VICTIMS_MAX; i++)
		fill_task(ev, &incident->other_victims[i], 2 + i);
	incident->other_victims_count = INCIDENT_OTHER_VICTIMS_MAX;
	incident->other_victims_omitted = 984;
	for (size_t i = 0; i < INCIDENT_CHILDREN_MAX; i++) {
		incident->children[i].name = event_textf(ev, "%0250zu", i);
		incident->children[i].usage_bytes = MIB(256000 - i);
	}
	incident->children_count = INCIDENT_CHILDREN_MAX;
	set_limit(&incident->limits.nested, MIB(4096000), MIB(4096000), MIB(4095999));
	incident->limits.container = incident->limits.pod = incident->limits.nested;
	incident->limits.qos = incident->limits.node = incident->limits.nested;
	incident->limits.slice = incident->limits.host = incident->limits.nested;
	incident->children_omitted = 65536;
	incident->verdict.limit_level = LIMIT_UNKNOWN;
	incident->verdict.evidence = EVIDENCE_INFERRED;
	for (size_t i = 0; i < INCIDENT_SUSPECTS_MAX; i++)
		incident->verdict.suspects[i].cgroup.path = incident->memcgs[i].path;
	incident->verdict.suspects_count = INCIDENT_SUSPECTS_MAX;
	incident->verdict.suspects_omitted = 3;
	ev->message = event_textf(ev, "OOM kill: %0900d", 7);
}

/* A value for each field, each number another one; lists have one entry. */
static void fill(struct event *ev, char *base, const struct field_table *table, __u64 *next)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		char *at = base + field->offset;

		if (field->type == FIELD_DERIVED)
			continue;
		if (field->type == FIELD_TABLE || field->type == FIELD_LIST)
			fill(ev, at, field->table, next);
		else if (field->type == FIELD_TEXT)
			*(struct text *)at = event_textf(ev, "%s %llu", field->key, ++*next);
		else if (field->type == FIELD_CHARS)
			snprintf(at, field->max, "%s %llu", field->key, ++*next);
		else
			*(__u64 *)at = ++*next;
		if (field->type == FIELD_ENUM || field->type == FIELD_BOOL)
			*(__u64 *)at = 1;
		if (field->type == FIELD_LIST)
			*(__u64 *)(base + field->count_offset) = 1;
	}
}

void fixture_full(struct event *ev, enum event_type type)
{
	__u64 next = 1000;

	event_init(ev, type);
	fill(ev, (char *)ev, &fields_common, &next);
	fill(ev, (char *)ev, fields_of(type), &next);
	ev->type = type;
}
