// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <string.h>

#include "source/record_event.h"
#include "source/record_history.h"

#define ORDER_SYSRQ (-1)
#define ROUGH_PAGES 256 /* OOMWHY_TASK_ROUGH: four counters are rounded down to it */
#define PATH_SIZE (OOMWHY_LEVELS_MAX * OOMWHY_NAME_SIZE + 8)

/* Not longer, either: records are copied by their size. */
static bool is_whole(const struct oomwhy_header *header, size_t fixed_size, __u32 count,
		     __u32 count_max)
{
	return count <= count_max &&
	       header->size == fixed_size + count * sizeof(struct oomwhy_memcg);
}

static bool chain_is_whole(const struct oomwhy_header *header, size_t chain_offset)
{
	const struct oomwhy_chain *chain = (const void *)((const char *)header + chain_offset);
	size_t fixed_size = chain_offset + offsetof(struct oomwhy_chain, level);

	return header->size >= fixed_size &&
	       is_whole(header, fixed_size, chain->count, OOMWHY_LEVELS_MAX);
}

bool record_is_sound(const void *record, size_t size)
{
	const struct oomwhy_header *header = record;

	if (size < sizeof(*header) || header->size < sizeof(*header) || header->size > size)
		return false;
	switch (header->kind) {
	case OOMWHY_DECISION:
		return chain_is_whole(header, offsetof(struct oomwhy_decision, owner));
	case OOMWHY_TRIGGER:
		return chain_is_whole(header, offsetof(struct oomwhy_trigger, chain));
	case OOMWHY_VICTIM:
		return chain_is_whole(header, offsetof(struct oomwhy_victim, chain)) &&
		       ((const struct oomwhy_victim *)record)->chain.count > 0;
	case OOMWHY_CHILDREN:
		return header->size >= offsetof(struct oomwhy_children, child) &&
		       is_whole(header, offsetof(struct oomwhy_children, child),
				((const struct oomwhy_children *)record)->count,
				OOMWHY_CHILDREN_MAX);
	case OOMWHY_RECLAIMS:
		return reclaims_are_whole(record);
	case OOMWHY_STACK:
		return header->size == sizeof(struct oomwhy_stack) &&
		       ((const struct oomwhy_stack *)record)->count <= OOMWHY_FRAMES_MAX;
	case OOMWHY_DEATH:
		return header->size == sizeof(struct oomwhy_death);
	case OOMWHY_END:
		return header->size == sizeof(struct oomwhy_end);
	case OOMWHY_SURVIVOR:
		return header->size == sizeof(struct oomwhy_survivor);
	case OOMWHY_STALL:
		return chain_is_whole(header, offsetof(struct oomwhy_stall, chain)) &&
		       ((const struct oomwhy_stall *)record)->chain.count > 0;
	case OOMWHY_MEMORY:
		return header->size == sizeof(struct oomwhy_memory);
	case OOMWHY_AGAIN:
		return header->size == sizeof(struct oomwhy_again);
	case OOMWHY_WAIT:
		return header->size == sizeof(struct oomwhy_wait);
	}
	return false;
}

/* PAGE_COUNTER_MAX, LONG_MAX / page size, is the kernel's "no limit". */
static __u64 limit_bytes(__u64 pages, __u64 page_bytes)
{
	return pages >= LONG_MAX / page_bytes ? NO_LIMIT : pages * page_bytes;
}

static bool name_is_known(const struct oomwhy_memcg *memcg)
{
	return memcg->name_size < OOMWHY_NAME_SIZE;
}

static size_t name_size(const struct oomwhy_memcg *memcg)
{
	return name_is_known(memcg) ? memcg->name_size : 0;
}

static bool path_is_known(const struct oomwhy_chain *chain)
{
	for (__u32 i = 0; i < chain->count; i++)
		if (!name_is_known(&chain->level[i]))
			return false;
	return chain->count && !chain->unreached;
}

/*
 * The chain as a path. @ret_prefix, if not NULL, gets for each level the length of its own path.
 * Returns the length; 0 where the outermost levels or a name are missing: such a path would be
 * another cgroup's.
 */
static size_t chain_path(const struct oomwhy_chain *chain, char *path, size_t *ret_prefix)
{
	size_t len = 0;

	if (!path_is_known(chain))
		return 0;
	for (int i = (int)chain->count - 1; i >= 0; i--) {
		const struct oomwhy_memcg *memcg = &chain->level[i];

		if (i == 0 && chain->skipped) {
			memcpy(path + len, "/...",
			       4); /* levels that the workload nested too deep */
			len += 4;
		}
		if (name_size(memcg) || (int)chain->count - 1 != i) {
			path[len++] = '/';
			memcpy(path + len, memcg->name, name_size(memcg));
			len += name_size(memcg);
		}
		if (ret_prefix)
			ret_prefix[i] = len ? len : 1;
	}
	if (!len)
		path[len++] = '/';
	return len;
}

static void cgroup_from_chain(struct event *ev, struct event_cgroup *cgroup,
			      const struct oomwhy_chain *chain)
{
	char path[PATH_SIZE];

	if (!chain->count)
		return;
	cgroup->id = chain->level[0].id;
	cgroup->path = event_text_whole(ev, path, chain_path(chain, path, NULL));
}

static void task_from_record(struct event *ev, struct event_task *task,
			     const struct oomwhy_task *record, __u64 page_bytes)
{
	task->pid = record->tgid;
	if (record->tid != record->tgid)
		task->tid = record->tid;
	if (record->vpid)
		task->vpid = record->vpid;
	task->uid = record->uid;
	task->comm = event_text(ev, record->comm, strnlen(record->comm, sizeof(record->comm)));
	if (record->flags & OOMWHY_TASK_ONLY_NAMED)
		return;
	task->oom_score_adj = record->oom_score_adj;
	if (!(record->flags & OOMWHY_TASK_HAS_MM))
		return;
	if (record->flags & OOMWHY_TASK_ROUGH)
		task->rounded_bytes = ROUGH_PAGES * page_bytes;
	task->anon_bytes = record->anon_pages * page_bytes;
	task->file_bytes = record->file_pages * page_bytes;
	task->shmem_bytes = record->shmem_pages * page_bytes;
	task->rss_bytes = task->anon_bytes + task->file_bytes + task->shmem_bytes;
	task->swap_bytes = record->swap_pages * page_bytes;
	task->pagetables_bytes = record->pagetables_bytes;
	task->total_vm_bytes = record->total_vm_pages * page_bytes;
}

/*
 * The kernel does not say which limit was hit. Where memory and swap together may be more than
 * memory alone, memory being full means little: it can be swapped out until that is full, too.
 * (kubelet sets both to one value.)
 */
static enum counter counter_of(const struct oomwhy_memcg *memcg, bool is_v1)
{
	__u64 near = memcg->swap_limit_pages / 64;

	if (is_v1 && memcg->swap_limit_pages > memcg->limit_pages &&
	    memcg->swap_usage_pages + near >= memcg->swap_limit_pages)
		return COUNTER_MEMORY_AND_SWAP;
	return COUNTER_MEMORY;
}

void event_owner_figures(struct event *ev, const struct oomwhy_memcg *record, bool is_v1,
			 __u64 page_bytes)
{
	struct limit_owner *owner = &ev->incident.limit_owner;

	if (record->flags & OOMWHY_MEMCG_NO_COUNTERS)
		return;
	owner->counter = counter_of(record, is_v1);
	owner->usage_bytes = record->usage_pages * page_bytes;
	owner->limit_bytes = limit_bytes(record->limit_pages, page_bytes);
	if (owner->counter == COUNTER_MEMORY_AND_SWAP) {
		owner->usage_bytes = record->swap_usage_pages * page_bytes;
		owner->limit_bytes = limit_bytes(record->swap_limit_pages, page_bytes);
	}
}

/* Of sysrq-f, which asks for nothing, the numbers mean nothing. */
static void set_allocation(struct incident *incident, __s64 order, __u64 gfp_mask)
{
	if (order == ORDER_SYSRQ)
		return;
	incident->allocation.order = (__s32)order;
	incident->allocation.gfp_mask = gfp_mask;
}

static void owner_without_memcg(struct incident *incident, __s64 order)
{
	if (order == ORDER_SYSRQ)
		incident->limit_owner.limit_level = LIMIT_MANUAL;
	else if (incident->constraint == OOM_CONSTRAINT_CPUSET ||
		 incident->constraint == OOM_CONSTRAINT_MEMORY_POLICY)
		incident->limit_owner.limit_level = LIMIT_CPUSET;
	else
		incident->limit_owner.limit_level = LIMIT_HOST;
}

void event_from_decision(struct event *ev, const struct oomwhy_decision *record, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	struct limit_owner *owner = &incident->limit_owner;

	set_allocation(incident, record->order, record->gfp_mask);
	incident->constraint = record->constraint <= 3 ? record->constraint + 1 :
							 OOM_CONSTRAINT_NOT_SAID;
	incident->total_pages_bytes = record->total_pages * page_bytes;
	incident->victim.points = record->points;
	if (!record->is_memcg) {
		owner_without_memcg(incident, record->order);
		return;
	}
	cgroup_from_chain(ev, &owner->cgroup, &record->owner);
	if (record->owner.count)
		event_owner_figures(ev, &record->owner.level[0], record->owner.hierarchy != 0,
				    page_bytes);
}

bool asker_is_kthread(const struct oomwhy_task *asker)
{
	static const char worker[] = "kworker/";

	/* Then nobody tells, and this is who does sysrq-f. */
	if (asker->flags & OOMWHY_TASK_ONLY_NAMED)
		return !strncmp(asker->comm, worker, strlen(worker));
	return asker->flags & OOMWHY_TASK_KTHREAD;
}

void event_from_trigger(struct event *ev, const struct oomwhy_trigger *record, __u64 page_bytes)
{
	struct event_task *trigger = &ev->incident.trigger;

	/* sysrq-f is done by a kernel thread: it asked for nothing. */
	if (asker_is_kthread(&record->task) && ev->incident.limit_owner.limit_level == LIMIT_MANUAL)
		return;
	task_from_record(ev, trigger, &record->task, page_bytes);
	cgroup_from_chain(ev, &trigger->cgroup, &record->chain);
}

void event_from_victim(struct event *ev, struct event_task *victim,
		       const struct oomwhy_victim *record, __u64 page_bytes)
{
	const struct oomwhy_kin *kin = &record->kin;

	task_from_record(ev, victim, &record->task, page_bytes);
	cgroup_from_chain(ev, &victim->cgroup, &record->chain);
	if (record->task.flags & OOMWHY_TASK_NOT_INIT)
		victim->kin.is_init = 0;
	victim->kin.pidns_level = kin->pidns_level;
	victim->kin.parent_pid = kin->parent_pid;
	victim->kin.parent_comm = event_text(ev, kin->parent_comm,
					     strnlen(kin->parent_comm, sizeof(kin->parent_comm)));
	victim->kin.parent_pidns_level = kin->parent_pidns_level;
	victim->kin.parent_same_pidns = kin->parent_same_pidns;
	victim->kin.parent_shared_levels = kin->parent_shared_levels;
	victim->kin.reaper_shared_levels = kin->reaper_shared_levels;
}

/*
 * oom_badness(): points are its memory, swap and page tables, and its oom_score_adj in thousandths
 * of the domain. Of its memory the lowest bits are missing, of the points none.
 */
void event_refine_rss(struct event *ev, const struct oomwhy_task *record, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	__u64 counted = record->anon_pages + record->file_pages + record->shmem_pages;
	__s64 domain = (__s64)(incident->total_pages_bytes / page_bytes);
	__s64 pages = incident->victim.points - record->oom_score_adj * (domain / 1000) -
		      (__s64)(record->pagetables_bytes / page_bytes) - (__s64)record->swap_pages;

	/* Without points (oom_kill_allocating_task), or if it has changed since, nothing is
	 * learned. */
	if (record->flags & OOMWHY_TASK_ROUGH && pages >= (__s64)counted &&
	    pages <= (__s64)(counted + 4 * (ROUGH_PAGES - 1)))
		incident->victim.rss_bytes = pages * page_bytes;
}

void event_from_children(struct event *ev, const struct oomwhy_children *record, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;

	incident->children_count = record->count;
	incident->children_omitted = record->omitted;
	for (__u32 i = 0; i < record->count; i++) {
		const struct oomwhy_memcg *memcg = &record->child[i];
		struct event_child *child = &incident->children[i];

		child->name = event_text_whole(ev, memcg->name, name_size(memcg));
		child->id = memcg->id;
		child->usage_bytes = memcg->usage_pages * page_bytes;
		child->limit_bytes = limit_bytes(memcg->limit_pages, page_bytes);
		child->online = !!(memcg->flags & OOMWHY_MEMCG_ONLINE);
	}
	incident->children_of = incident->limit_owner.cgroup;
}

void event_from_host(struct event *ev, const struct oomwhy_victim *record, __u64 page_bytes,
		     __u64 memory_total_bytes)
{
	struct incident *incident = &ev->incident;

	incident->limits.host.limit_bytes = memory_total_bytes;
	if (!record->host.nodes || record->host.free_pages == OOMWHY_HOST_NOT_READ)
		return;
	incident->host_free_bytes = record->host.free_pages * page_bytes;
	incident->host_low_bytes = record->host.low_pages * page_bytes;
	if (incident->host_free_bytes <= memory_total_bytes)
		incident->limits.host.usage_bytes = memory_total_bytes - incident->host_free_bytes;
}

void event_from_chain(struct event *ev, const struct oomwhy_chain *chain, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	size_t prefix[OOMWHY_LEVELS_MAX] = { 0 };
	char bytes[PATH_SIZE];
	struct text path;

	path = event_text_whole(ev, bytes, chain_path(chain, bytes, prefix));
	incident->cgroup_version = chain->hierarchy ? 1 : 2;
	incident->memcgs_count = chain->count;
	incident->memcgs_omitted = chain->skipped;
	for (__u32 i = 0; i < chain->count; i++) {
		const struct oomwhy_memcg *record = &chain->level[i];
		struct event_memcg *memcg = &incident->memcgs[i];

		memcg->path =
			(struct text){ path.off, prefix[i] < path.len ? prefix[i] : path.len };
		memcg->id = record->id;
		if (!(record->flags & OOMWHY_MEMCG_NO_EVENTS))
			memcg->oom_events = record->oom_events;
		if (!(record->flags & OOMWHY_MEMCG_NO_GROUP))
			memcg->oom_group = !!(record->flags & OOMWHY_MEMCG_OOM_GROUP);
		if (record->flags & OOMWHY_MEMCG_NO_COUNTERS)
			continue;
		memcg->usage_bytes = record->usage_pages * page_bytes;
		memcg->limit_bytes = limit_bytes(record->limit_pages, page_bytes);
		memcg->swap_usage_bytes = record->swap_usage_pages * page_bytes;
		memcg->swap_limit_bytes = limit_bytes(record->swap_limit_pages, page_bytes);
		event_memcg_protection(memcg, record, page_bytes);
	}
}

static struct suspect *add_suspect(struct event *ev, enum limit_level level)
{
	struct verdict *verdict = &ev->incident.verdict;

	if (verdict->suspects_count == INCIDENT_SUSPECTS_MAX) {
		verdict->suspects_omitted++;
		return NULL;
	}
	verdict->suspects[verdict->suspects_count].limit_level = level;
	return &verdict->suspects[verdict->suspects_count++];
}

static void add_suspects(struct event *ev, const struct infer_result *inferred)
{
	const struct incident *incident = &ev->incident;

	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		struct suspect *suspect;

		if (!(inferred->levels & 1u << i))
			continue;
		suspect = add_suspect(ev, LIMIT_UNKNOWN); /* which, is seen by its path */
		if (!suspect)
			continue;
		suspect->cgroup.path = incident->memcgs[i].path;
		suspect->cgroup.id = incident->memcgs[i].id;
	}
	if (inferred->host)
		add_suspect(ev, LIMIT_HOST);
	if (inferred->cpuset)
		add_suspect(ev, LIMIT_CPUSET);
}

void event_from_inference(struct event *ev, const struct oomwhy_victim *record,
			  const struct infer_result *inferred)
{
	struct incident *incident = &ev->incident;
	struct limit_owner *owner = &incident->limit_owner;

	switch (inferred->answer) {
	case INFER_MEMCG:
		owner->cgroup.id = record->chain.level[inferred->level].id;
		owner->cgroup.path = incident->memcgs[inferred->level].path;
		break;
	case INFER_HOST:
		owner->limit_level = LIMIT_HOST;
		break;
	case INFER_CPUSET:
		owner->limit_level = LIMIT_CPUSET;
		break;
	case INFER_MANUAL:
		owner->limit_level = LIMIT_MANUAL;
		break;
	case INFER_UNKNOWN:
		owner->limit_level = LIMIT_UNKNOWN;
		add_suspects(ev, inferred);
		break;
	}
}

void event_owner_level(struct event *ev, const struct oomwhy_chain *chain, int owner,
		       __u64 page_bytes)
{
	struct incident *incident = &ev->incident;

	if (owner < 0)
		return;
	if (incident->memcgs[owner].path.len)
		incident->limit_owner.cgroup.path = incident->memcgs[owner].path;
	event_owner_figures(ev, &chain->level[owner], chain->hierarchy != 0, page_bytes);
	incident->limit_owner.working_set_bytes = incident->memcgs[owner].working_set_bytes;
}

void event_trigger_is_victim(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct event_task trigger = incident->trigger;
	bool only_named = trigger.pid != NOT_KNOWN && trigger.oom_score_adj == NOT_KNOWN_SIGNED;

	if (trigger.pid != NOT_KNOWN && !only_named)
		return;
	incident->trigger = incident->victim;
	incident->trigger.points = trigger.points;
	incident->trigger.counted = NOT_KNOWN;
	incident->trigger.fate = FATE_NONE;
	incident->trigger.counted = NOT_KNOWN;
	memset(&incident->trigger.kin, 0xff, sizeof(incident->trigger.kin));
	incident->trigger.kin.parent_comm = (struct text){ 0, 0 };
	if (!only_named)
		return;
	incident->trigger.tid = trigger.tid;
	incident->trigger.comm = trigger.comm;
}

void event_from_survivor(struct event *ev, const struct oomwhy_survivor *record, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	const struct oomwhy_task *task = &record->task;
	struct survivor *survivor;

	if (incident->survivors_count == INCIDENT_SURVIVORS_MAX) {
		incident->survivors_omitted++;
		return;
	}
	survivor = &incident->survivors[incident->survivors_count++];
	survivor->pid = task->tgid;
	survivor->comm = event_text(ev, task->comm, strnlen(task->comm, sizeof(task->comm)));
	survivor->oom_score_adj = task->oom_score_adj;
	survivor->rss_bytes =
		(task->anon_pages + task->file_pages + task->shmem_pages) * page_bytes;
}

void event_from_stall(struct event *ev, const struct oomwhy_stall *record, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	struct limit_owner *owner = &incident->limit_owner;
	const struct oomwhy_chain *chain = &record->chain;
	bool is_inside = false;

	incident->stall.kind = record->kind == OOMWHY_KILLER_DISABLED ? STALL_KILLER_DISABLED :
									STALL_NOTHING_KILLABLE;
	event_from_chain(ev, chain, page_bytes);
	set_allocation(incident, record->order, record->gfp_mask);
	if (!record->memcg_id)
		owner->limit_level = record->order == ORDER_SYSRQ ? LIMIT_MANUAL : LIMIT_HOST;
	for (__u32 i = 0; i < chain->count && record->memcg_id; i++) {
		if (chain->level[i].id != record->memcg_id)
			continue;
		owner->cgroup.id = record->memcg_id;
		event_owner_level(ev, chain, (int)i, page_bytes);
		is_inside = !record->asker_is_outside;
	}
	if (asker_is_kthread(&record->task) && !is_inside)
		return;
	task_from_record(ev, &incident->trigger, &record->task, page_bytes);
	if (is_inside)
		cgroup_from_chain(ev, &incident->trigger.cgroup, chain);
}
