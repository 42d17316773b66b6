// SPDX-License-Identifier: GPL-2.0-only
#include "source/owner.h"
#include "source/record_event.h"

int owner_level_of(const struct oomwhy_chain *chain, __u64 id)
{
	for (__u32 i = 0; id && i < chain->count; i++)
		if (chain->level[i].id == id)
			return i;
	return -1;
}

/* Level of the memcg that dies as a whole with this victim, or may: the outermost memory.oom.group
 * up to the owner; -1: none. */
static int group_of(const struct oomwhy_chain *chain, int owner)
{
	for (int i = owner >= 0 ? owner : (int)chain->count - 1; i >= 0; i--)
		if (chain->level[i].flags & (OOMWHY_MEMCG_OOM_GROUP | OOMWHY_MEMCG_NO_GROUP))
			return i;
	return -1;
}

static bool same_answer(const struct assembler *as, const struct oomwhy_victim *record,
			const struct infer_result *inferred)
{
	if (as->owner_id)
		return inferred->answer == INFER_MEMCG &&
		       record->chain.level[inferred->level].id == as->owner_id;
	return (inferred->answer == INFER_HOST &&
		as->ev.incident.limit_owner.limit_level == LIMIT_HOST) ||
	       (inferred->answer == INFER_CPUSET &&
		as->ev.incident.limit_owner.limit_level == LIMIT_CPUSET) ||
	       (inferred->answer == INFER_MANUAL &&
		as->ev.incident.limit_owner.limit_level == LIMIT_MANUAL);
}

static struct infer_result infer(const struct assembler *as, const struct oomwhy_victim *record)
{
	bool kthread = as->has_trigger && asker_is_kthread(&as->trigger.task);

	return infer_owner(&as->infer, record, as->has_trigger ? &as->trigger.chain : NULL,
			   kthread);
}

int owner_find(struct assembler *as, const struct oomwhy_victim *record)
{
	struct verdict *verdict = &as->ev.incident.verdict;
	struct infer_result inferred = infer(as, record);

	if (as->decided) {
		if (inferred.answer != INFER_UNKNOWN) {
			bool same = same_answer(as, record, &inferred);

			verdict->cross_check = same ? CROSS_CHECK_AGREES : CROSS_CHECK_DIFFERS;
			*(same ? &as->stats.agreed : &as->stats.differed) += 1;
		}
		return owner_level_of(&record->chain, as->owner_id);
	}
	verdict->evidence = EVIDENCE_INFERRED;
	event_from_inference(&as->ev, record, &inferred);
	return inferred.answer == INFER_MEMCG ? inferred.level : -1;
}

static void take_children_of_owner(struct assembler *as, const struct oomwhy_victim *record,
				   int owner)
{
	for (__u64 i = 0; i < as->children_count; i++) {
		const struct oomwhy_children *children = &as->children[i];

		if (owner >= 0 && children->parent_id == record->chain.level[owner].id)
			event_from_children(&as->ev, children, as->config.page_bytes);
	}
}

/* What fills the owner, or the machine; and the machine's working set. */
static void take_memories(struct assembler *as, const struct oomwhy_victim *record, int owner)
{
	__u64 owner_id = owner >= 0 ? record->chain.level[owner].id : 0;

	for (__u64 i = 0; i < as->memories_count; i++) {
		const struct oomwhy_memory *memory = &as->memories[i];

		if (!memory->memcg_id || memory->memcg_id == owner_id)
			event_from_memory(&as->ev, memory, as->config.page_bytes);
	}
}

/*
 * A charge stops at the limit. Far above it is who lowers the limit; and if the asker is not below
 * the owner at all, it has not charged anything there: it is who wrote the limit.
 */
static void look_for_lowering(struct assembler *as, const struct oomwhy_victim *record, int owner)
{
	const struct oomwhy_memcg *memcg = owner >= 0 ? &record->chain.level[owner] : NULL;
	struct incident *incident = &as->ev.incident;
	bool is_outside;

	if (!memcg || memcg->usage_pages <= memcg->limit_pages)
		return;
	is_outside = as->has_trigger && !(as->trigger.task.flags & OOMWHY_TASK_KTHREAD) &&
		     !as->trigger.chain.unreached && !as->trigger.chain.skipped &&
		     owner_level_of(&as->trigger.chain, memcg->id) < 0;
	if (is_outside)
		incident->trigger_lowers_limit = 1;
	if (is_outside || memcg->usage_pages - memcg->limit_pages > as->owner_slack_pages)
		incident->limit_owner.lowered = 1;
}

static void take_group(struct assembler *as, const struct oomwhy_victim *record, int owner)
{
	int level = record->signalled ? group_of(&record->chain, owner) : -1;
	struct event_cgroup *group = &as->ev.incident.oom_group;

	as->group_id = level < 0 ? 0 : record->chain.level[level].id;
	if (level < 0 || record->chain.level[level].flags & OOMWHY_MEMCG_NO_GROUP)
		return;
	group->id = as->group_id;
	group->path = as->ev.incident.memcgs[level].path;
}

void owner_take(struct assembler *as, const struct oomwhy_victim *record, int owner)
{
	event_owner_level(&as->ev, &record->chain, owner, as->config.page_bytes);
	look_for_lowering(as, record, owner);
	take_children_of_owner(as, record, owner);
	take_memories(as, record, owner);
	infer_settle(&as->infer, record, owner);
	take_group(as, record, owner);
}

void owner_settle_only(struct assembler *as, const struct oomwhy_victim *record)
{
	struct infer_result inferred = infer(as, record);

	infer_settle(&as->infer, record, inferred.answer == INFER_MEMCG ? inferred.level : -1);
}
