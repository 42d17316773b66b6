/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct: twins of the programs that read kernel memory, for lockdown=confidentiality. They send
 * the same records; user space loads these or those. Part of oomwhy.bpf.c, whose rings, maps and
 * scratch records they use.
 */
#ifndef OOMWHY_DIRECT_BPF_H
#define OOMWHY_DIRECT_BPF_H

#include "direct_capture.bpf.h"
#include "direct_stall.bpf.h"

/*
 * The kernel walks through the memcgs that share the limit when it looks for a victim, and hands
 * out each of them typed: so it is seen what stands between the limit owner and the victim, and
 * which children the owner has. Only the walk for a memcg's limit that led to the decision counts.
 */
struct walked {
	u64 walk; /* in which it was seen last */
	u64 usage_pages;
	u64 limit_pages;
	u64 swap_usage_pages;
	u64 swap_limit_pages;
	u64 high_pages, low_pages, min_pages;
	u32 flags; /* OOMWHY_MEMCG_* */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192); /* 1 where it is not used */
	__type(key, u64); /* cgroup id */
	__type(value, struct walked);
} direct_walked SEC(".maps");

/*
 * Where mark_victim gives only a pid, the task is known from the signal that was sent right before,
 * by the same task.
 */
struct direct_victim {
	u64 mm; /* its address */
	struct oomwhy_victim record;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64); /* 1 where it is not used */
	__type(key, u64); /* pid_tgid of the sender */
	__type(value, struct direct_victim);
} direct_victims SEC(".maps");

/* Tracepoints are not preempted on such kernels. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct direct_victim);
} direct_scratch SEC(".maps");

static struct direct_victim scratch_chosen SEC(".data.scratch");

static __u64 walk_number;
static __u64 walk_asker; /* 0: none is running */

static __always_inline bool is_deciding(u64 asker)
{
	return decision_sequence && decision_asker == asker;
}

static __always_inline void note_walked(const struct oomwhy_memcg *memcg)
{
	struct walked entry = {};
	u64 id = memcg->id;

	entry.walk = walk_number;
	entry.usage_pages = memcg->usage_pages;
	entry.limit_pages = memcg->limit_pages;
	entry.swap_usage_pages = memcg->swap_usage_pages;
	entry.swap_limit_pages = memcg->swap_limit_pages;
	entry.high_pages = memcg->high_pages;
	entry.low_pages = memcg->low_pages;
	entry.min_pages = memcg->min_pages;
	entry.flags = memcg->flags;
	bpf_map_update_elem(&direct_walked, &id, &entry, BPF_ANY);
}

/* What the walk has seen of the levels to which no typed pointer leads. */
static __noinline int fill_from_walk(struct oomwhy_chain *chain)
{
	u32 kept = OOMWHY_MEMCG_NO_EVENTS;

	for (u32 i = 0; i < OOMWHY_LEVELS_MAX && i < chain->count; i++) {
		struct oomwhy_memcg *memcg = &chain->level[i];
		u64 id = memcg->id;
		const struct walked *entry;

		if (!(memcg->flags & OOMWHY_MEMCG_NO_COUNTERS))
			continue;
		entry = bpf_map_lookup_elem(&direct_walked, &id);
		if (!entry || entry->walk != walk_number)
			continue;
		memcg->usage_pages = entry->usage_pages;
		memcg->limit_pages = entry->limit_pages;
		memcg->swap_usage_pages = entry->swap_usage_pages;
		memcg->swap_limit_pages = entry->swap_limit_pages;
		memcg->high_pages = entry->high_pages;
		memcg->low_pages = entry->low_pages;
		memcg->min_pages = entry->min_pages;
		/* Its growth would be compared with what nobody has told of the others. */
		memcg->flags = entry->flags | kept;
	}
	return 0;
}

SEC("?fentry/mem_cgroup_scan_tasks")
int BPF_PROG(direct_walk_begins, const struct mem_cgroup *root)
{
	u64 asker = bpf_get_current_pid_tgid();

	if (is_deciding(asker)) /* for the report, or for memory.oom.group */
		return 0;
	walk_number++;
	walk_asker = asker;
	scratch_children.parent_id = direct_id(&root->css);
	scratch_children.count = 0;
	scratch_children.omitted = 0;
	return 0;
}

SEC("?fexit/mem_cgroup_scan_tasks")
int BPF_PROG(direct_walk_ends)
{
	if (walk_asker == bpf_get_current_pid_tgid())
		walk_asker = 0;
	return 0;
}

/* Where the next child of the limit owner goes; NULL: it has too many. */
static __always_inline struct oomwhy_memcg *next_child(void)
{
	struct oomwhy_children *record = &scratch_children;
	u32 i = record->count;

	if (i < OOMWHY_CHILDREN_MAX) {
		record->count = i + 1;
		return &record->child[i];
	}
	if (record->omitted < OOMWHY_OMITTED_MAX)
		record->omitted++;
	return NULL;
}

SEC("?fexit/mem_cgroup_iter")
int BPF_PROG(direct_walk_steps, const void *root, const void *prev, const void *reclaim,
	     const struct mem_cgroup *memcg)
{
	struct oomwhy_memcg *record = NULL;

	if (!walk_asker || walk_asker != bpf_get_current_pid_tgid() || !memcg)
		return 0;
	if (direct_id(memcg->css.parent) == scratch_children.parent_id)
		record = next_child();
	if (!record)
		record = &scratch_level;
	direct_level(record, &memcg->css, &memcg->memory, &memcg->swap);
	direct_own(record, memcg);
	note_walked(record);
	return 0;
}

/* Which walk led to this decision? None, for the machine's memory. */
static __noinline int settle_walk(const struct oomwhy_decision *record)
{
	if (!record->is_memcg || record->owner.level[0].id != scratch_children.parent_id) {
		walk_number++;
		scratch_children.parent_id = 0;
		scratch_children.count = 0;
	}
	for (u32 i = 0; i < OOMWHY_LEVELS_MAX && i < record->owner.count; i++)
		if (!(record->owner.level[i].flags & OOMWHY_MEMCG_NO_COUNTERS))
			note_walked(&record->owner.level[i]);
	return 0;
}

static __always_inline void direct_send_trigger(u64 asker)
{
	struct oomwhy_trigger *record = &scratch_trigger;

	head(&record->header, OOMWHY_TRIGGER);
	record->asker = asker;
	if (direct_has_current()) {
		const struct task_struct *task = bpf_get_current_task_btf();

		direct_task(&record->task, task);
		direct_chain(&record->chain, direct_css(task), NULL);
	} else {
		direct_current(&record->task);
		direct_current_chain(&record->chain);
	}
	send_chain(record, chain);
}

static __always_inline void direct_host(struct oomwhy_host *record)
{
	__builtin_memset(record, 0, sizeof(*record));
	record->nodes = possible_nodes == 1;
	record->free_pages = record->low_pages = OOMWHY_HOST_NOT_READ;
}

/* What can be known of a victim before it is marked. */
static __noinline int direct_victim(struct oomwhy_victim *record, const struct task_struct *task)
{
	record->signalled = record->shares_memory = 0;
	direct_task(&record->task, task);
	direct_kin(&record->kin, task);
	direct_host(&record->host);
	direct_chain(&record->chain, direct_css(task), direct_task_memcg(task));
	return 0;
}

static __always_inline void direct_remember(struct direct_victim *victim,
					    const struct task_struct *task, u64 asker)
{
	victim->mm = (u64)task->mm;
	direct_victim(&victim->record, task);
	bpf_map_update_elem(&direct_victims, &asker, victim, BPF_ANY);
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(direct_decision, const struct oom_control *oc)
{
	struct oomwhy_decision *record = &scratch_decision;
	u64 asker = bpf_get_current_pid_tgid();

	if (decision_is_refused(asker))
		return 0;
	head(&record->header, OOMWHY_DECISION);
	record->asker = asker;
	record->gfp_mask = oc->gfp_mask;
	record->order = oc->order;
	record->total_pages = oc->totalpages;
	record->points = oc->chosen_points;
	record->constraint = oc->constraint;
	record->chosen_tgid = oc->chosen->tgid;
	record->chosen_tid = oc->chosen->pid;
	record->is_memcg = oc->memcg != NULL;
	record->owner.count = 0;
	if (oc->memcg)
		direct_chain(&record->owner, &oc->memcg->css, oc->memcg);
	settle_walk(record);
	decision_sequence = record->header.sequence;
	decision_asker = asker;
	send_chain(record, owner);
	direct_send_trigger(asker);
	if (!mark_victim_has_task) /* it may be dying already: then no signal tells who it is */
		direct_remember(&scratch_chosen, oc->chosen, asker);
	return 0;
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(direct_decision_ends)
{
	if (is_deciding(bpf_get_current_pid_tgid()))
		walk_number++;
	return decision_ends();
}

/* Those of the limit owner, once: with its first victim. */
static __always_inline void direct_send_children(const struct oomwhy_victim *victim, u64 asker)
{
	struct oomwhy_children *record = &scratch_children;

	if (!victim->decision || !record->count || record->parent_id == victim->chain.level[0].id)
		return;
	head(&record->header, OOMWHY_CHILDREN);
	record->asker = asker;
	send(&record->header, offsetof(struct oomwhy_children, child), record->count,
	     OOMWHY_CHILDREN_MAX);
	record->count = 0;
}

/* What is known of it now that it is marked. See victim_marked(). */
static __always_inline int direct_marked(struct oomwhy_victim *record, u64 mm, u64 asker)
{
	marked_asker = 0;
	if (victim_is_refused(asker, record->signalled))
		return 0;
	record->decision = is_deciding(asker) ? decision_sequence : 0;
	record->asker = asker;
	record->asker_is_victim = record->task.tgid == asker >> 32;
	record->reclaim = last_reclaim(asker);
	fill_from_walk(&record->chain);
	send_reclaims(&record->chain, asker);
	if (!record->decision && !record->asker_is_victim)
		direct_send_trigger(asker);
	direct_send_children(record, asker);
	head(&record->header, OOMWHY_VICTIM);
	send_chain(record, chain);
	marked_asker = asker;
	marked_mm = mm;
	marked_tgid = record->task.tgid;
	marked_ns = record->header.boot_time_ns;
	note_dying(marked_tgid, mm);
	return 0;
}

/* Where only a pid is given: was that the task which got the asker's last signal? */
static __always_inline int direct_marked_pid(u32 pid, u64 asker)
{
	struct direct_victim *victim = bpf_map_lookup_elem(&direct_victims, &asker);

	if (victim && victim->record.task.tid == pid)
		return direct_marked(&victim->record, victim->mm, asker);
	if ((u32)asker != pid) /* else it is dying, and marks itself to get at reserves */
		count(OOMWHY_UNKNOWN_VICTIMS);
	return 0;
}

SEC("?tp_btf/mark_victim")
int direct_mark_victim(u64 *ctx)
{
	u64 asker = bpf_get_current_pid_tgid();
	const struct oom_signal *signal;
	const struct task_struct *task;

	if (!mark_victim_has_task)
		return direct_marked_pid(ctx[0], asker);
	task = (const void *)ctx[0];
	direct_victim(&scratch_victim, task);
	signal = bpf_map_lookup_elem(&oom_signals, &asker);
	scratch_victim.signalled = signal && signal->tgid == scratch_victim.task.tgid;
	return direct_marked(&scratch_victim, (u64)task->mm, asker);
}

/* See shares_marked_memory(). A process whose leader has ended is not recognised. */
static __always_inline bool direct_shares(const struct task_struct *task)
{
	return marked_mm && task->tgid != marked_tgid &&
	       bpf_ktime_get_boot_ns() - marked_ns < SHARERS_NS && (u64)task->mm == marked_mm;
}

static __always_inline void direct_sharer(struct oomwhy_victim *record, u64 asker)
{
	record->decision = is_deciding(asker) ? decision_sequence : 0;
	record->asker = asker;
	record->signalled = record->shares_memory = 1;
	record->asker_is_victim = record->task.tgid == asker >> 32;
	record->reclaim = OOMWHY_RECLAIM_NOT_TRACKED;
	head(&record->header, OOMWHY_VICTIM);
	send_chain(record, chain);
}

/* The task itself is known at its mark. */
static __always_inline void note_signal(const struct task_struct *task, u64 asker, bool shares)
{
	struct oom_signal entry = {};

	entry.tid = task->pid;
	entry.tgid = task->tgid;
	bpf_map_update_elem(&oom_signals, &asker, &entry, BPF_ANY);
	if (!shares)
		return;
	direct_victim(&scratch_victim, task);
	direct_sharer(&scratch_victim, asker);
}

static __always_inline void note_signalled(const struct task_struct *task, u64 asker, bool shares)
{
	u32 zero = 0;
	struct direct_victim *victim = bpf_map_lookup_elem(&direct_scratch, &zero);

	if (!victim)
		return;
	victim->mm = (u64)task->mm;
	direct_victim(&victim->record, task);
	victim->record.signalled = 1;
	bpf_map_update_elem(&direct_victims, &asker, victim, BPF_ANY);
	if (shares)
		direct_sharer(&victim->record, asker);
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(direct_signal, int signal, unsigned long info, const struct task_struct *task,
	     int group, int result)
{
	bool shares, is_first;
	u64 asker;

	if (signal != SIGKILL || info != SEND_SIG_PRIV)
		return 0;
	asker = bpf_get_current_pid_tgid();
	is_first = marked_asker != asker;
	shares = !is_first && direct_shares(task);
	if (!is_first && !shares && task->mm && task->signal->oom_mm)
		killed_again(task->tgid, asker);
	shares = shares && result != TRACE_SIGNAL_IGNORED;
	if (mark_victim_has_task)
		note_signal(task, asker, shares);
	else
		note_signalled(task, asker, shares);
	return 0;
}

SEC("?fentry/oom_kill_memcg_member")
int BPF_PROG(direct_member, const struct task_struct *task)
{
	struct oomwhy_survivor *record = &scratch_survivor;

	if (task->signal->oom_score_adj != OOM_SCORE_ADJ_MIN || !task->mm)
		return 0;
	head(&record->header, OOMWHY_SURVIVOR);
	record->decision = decision_sequence;
	direct_task(&record->task, task);
	send_bytes(&record->header, sizeof(*record));
	return 0;
}

#endif
