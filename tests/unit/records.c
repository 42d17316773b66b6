// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "records.h"

static void fill_memcg(struct oomwhy_memcg *memcg, const struct level_spec *level)
{
	memcg->id = level->id;
	memcg->usage_pages = level->usage_pages;
	memcg->limit_pages = level->limit_pages ? level->limit_pages : RECORD_NO_LIMIT;
	memcg->swap_limit_pages = memcg->high_pages = RECORD_NO_LIMIT;
	memcg->oom_events = level->oom_events;
	memcg->flags = level->flags ^ OOMWHY_MEMCG_ONLINE;
	memcg->name_size = snprintf(memcg->name, sizeof(memcg->name), "%s", level->name);
}

void record_chain(struct oomwhy_chain *chain, const struct level_spec *levels)
{
	memset(chain, 0, sizeof(*chain));
	for (__u32 i = 0; i < OOMWHY_LEVELS_MAX; i++) {
		fill_memcg(&chain->level[i], &levels[i]);
		chain->count = i + 1;
		if (!levels[i].name[0])
			return;
	}
}

static __u32 chain_size(const struct oomwhy_chain *chain)
{
	return offsetof(struct oomwhy_chain, level) + chain->count * sizeof(chain->level[0]);
}

static void fill_task(struct oomwhy_task *task, __u32 tgid)
{
	task->tid = task->tgid = task->vpid = tgid;
	task->start_time_ns = tgid * 1000ULL;
	task->flags = OOMWHY_TASK_HAS_MM;
	task->anon_pages = 100;
	snprintf(task->comm, sizeof(task->comm), "task%u", tgid);
}

#define HEAD(record, what, bytes)                        \
	do {                                             \
		(record)->header.kind = (what);          \
		(record)->header.size = (bytes);         \
		(record)->header.sequence = sequence;    \
		(record)->header.boot_time_ns = time_ns; \
	} while (0)

struct oomwhy_victim *record_victim(const struct level_spec *levels, __u32 tgid, __u64 asker,
				    __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_victim record;

	memset(&record, 0, sizeof(record));
	fill_task(&record.task, tgid);
	record.signalled = 1;
	record.asker = asker;
	record.asker_is_victim = asker >> 32 == tgid;
	record.host.nodes = 1;
	record_chain(&record.chain, levels);
	HEAD(&record, OOMWHY_VICTIM,
	     offsetof(struct oomwhy_victim, chain) + chain_size(&record.chain));
	return &record;
}

struct oomwhy_trigger *record_trigger(const struct level_spec *levels, __u32 tgid, __u64 asker,
				      __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_trigger record;

	memset(&record, 0, sizeof(record));
	fill_task(&record.task, tgid);
	record.asker = asker;
	record_chain(&record.chain, levels);
	HEAD(&record, OOMWHY_TRIGGER,
	     offsetof(struct oomwhy_trigger, chain) + chain_size(&record.chain));
	return &record;
}

struct oomwhy_decision *record_decision(const struct level_spec *levels, __u32 chosen, __u64 asker,
					__u64 sequence, __u64 time_ns)
{
	static struct oomwhy_decision record;

	memset(&record, 0, sizeof(record));
	record.asker = asker;
	record.chosen_tgid = record.chosen_tid = chosen;
	record.points = 1234;
	record.is_memcg = levels != NULL;
	record.constraint = levels ? 3 : 0;
	if (levels)
		record_chain(&record.owner, levels);
	HEAD(&record, OOMWHY_DECISION,
	     offsetof(struct oomwhy_decision, owner) + chain_size(&record.owner));
	return &record;
}

struct oomwhy_children *record_children(const struct level_spec *levels, __u64 parent_id,
					__u64 asker, __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_children record;

	memset(&record, 0, sizeof(record));
	record.asker = asker;
	record.parent_id = parent_id;
	for (; levels[record.count].name[0] && record.count < OOMWHY_CHILDREN_MAX; record.count++)
		fill_memcg(&record.child[record.count], &levels[record.count]);
	HEAD(&record, OOMWHY_CHILDREN,
	     offsetof(struct oomwhy_children, child) + record.count * sizeof(record.child[0]));
	return &record;
}

struct oomwhy_survivor *record_survivor(__u32 tgid, __u64 decision, __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_survivor record;

	memset(&record, 0, sizeof(record));
	fill_task(&record.task, tgid);
	record.task.oom_score_adj = -1000;
	record.decision = decision;
	HEAD(&record, OOMWHY_SURVIVOR, sizeof(record));
	return &record;
}

struct oomwhy_stall *record_stall(const struct level_spec *levels, __u64 memcg_id, __u32 kind,
				  __u32 tgid, __u64 time_ns)
{
	static struct oomwhy_stall record;
	const __u64 sequence = 0;

	memset(&record, 0, sizeof(record));
	fill_task(&record.task, tgid);
	record.asker = (__u64)tgid << 32 | tgid;
	record.memcg_id = memcg_id;
	record.kind = kind;
	record_chain(&record.chain, levels);
	HEAD(&record, OOMWHY_STALL,
	     offsetof(struct oomwhy_stall, chain) + chain_size(&record.chain));
	return &record;
}

struct oomwhy_wait *record_wait(__u64 memcg_id, bool begins, __u64 time_ns)
{
	static struct oomwhy_wait record;
	const __u64 sequence = 0;

	record.memcg_id = memcg_id;
	record.begins = begins;
	HEAD(&record, OOMWHY_WAIT, sizeof(record));
	return &record;
}

struct oomwhy_end *record_end(__u64 decision, __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_end record;

	record.decision = decision;
	HEAD(&record, OOMWHY_END, sizeof(record));
	return &record;
}

void record_set_host(struct oomwhy_victim *victim, __u64 nodes, __u64 short_nodes)
{
	victim->host.nodes = nodes;
	victim->host.short_nodes = short_nodes;
	victim->host.roomy_nodes = nodes & ~short_nodes;
	victim->host.free_pages = 1000;
	victim->host.low_pages = short_nodes ? 2000 : 500;
}

struct oomwhy_memory *record_memory(__u64 memcg_id, __u64 asker, __u64 sequence, __u64 time_ns)
{
	static struct oomwhy_memory record;

	memset(&record, 0, sizeof(record));
	record.asker = asker;
	record.memcg_id = memcg_id;
	record.memcgs = 1;
	record.flags = OOMWHY_MEMORY_WHOLE;
	record.known = (1ULL << OOMWHY_ITEMS) - 1;
	HEAD(&record, OOMWHY_MEMORY, sizeof(record));
	return &record;
}
