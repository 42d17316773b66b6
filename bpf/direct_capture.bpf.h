/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct_capture: what capture.bpf.h does, for kernels that let no program call
 * bpf_probe_read_kernel(): lockdown=confidentiality.
 *
 * Each access goes along a typed pointer, and the verifier checks its type: so a css cannot be
 * taken for the memcg that it begins, names (char *) and the lists of children cannot be read at
 * all. A memcg's counters are found all the same where one memcg is typed: a page_counter points to
 * its parent. What stays unknown is flagged as such.
 *
 * Linux 5.10 takes only offsets that are known when the program is loaded: loops over fields are
 * unrolled.
 */
#ifndef OOMWHY_DIRECT_CAPTURE_BPF_H
#define OOMWHY_DIRECT_CAPTURE_BPF_H

#include "compat.bpf.h"
#include "oomwhy_record.h"

#define NOT_READ (~0U) /* as a name's size */

/* The verifier lets nobody read memory_events_local: see rough_count(). */
const volatile bool events_are_denied = false;

/*
 * What stands @offset bytes into a field. Not &(p)->field: clang would make one access of both, and
 * libbpf wants such a one to be as big as the field.
 */
#define direct_at(ctype, p, field, offset)                                                 \
	(*(ctype const *)((const char *)(p) + bpf_core_field_offset(typeof(*(p)), field) + \
			  (offset)))

/* Everything behind a pointer that is NULL reads as 0. */
static __always_inline const struct cgroup_subsys_state *direct_css(const struct task_struct *task)
{
	u32 memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	const struct css_set *cgroups = task->cgroups;

	return direct_at(struct cgroup_subsys_state *, cgroups, subsys, memory * sizeof(void *));
}

static __always_inline u64 direct_id(const struct cgroup_subsys_state *css)
{
	return css->cgroup->kn->id;
}

/*
 * mm->lru_gen.memcg, since bd74fdaea146 ("mm: multi-gen LRU: support page table walks", v6.1) with
 * CONFIG_LRU_GEN, switched on or not: the only way from a task to a typed memcg.
 */
struct mm_struct___lru_gen {
	struct {
		struct mem_cgroup *memcg;
	} lru_gen;
} __attribute__((preserve_access_index));

struct task_struct___lru_gen {
	struct mm_struct___lru_gen *mm;
} __attribute__((preserve_access_index));

static __always_inline bool direct_has_task_memcg(void)
{
	return bpf_core_field_exists(struct mm_struct___lru_gen, lru_gen.memcg);
}

static __noinline const struct mem_cgroup *read_lru_gen_memcg(const struct task_struct *task)
{
	return ((const struct task_struct___lru_gen *)task)->mm->lru_gen.memcg;
}

/* The memcg of @task, typed; NULL where no way leads there, or only to that of its mm's owner. */
static __noinline const struct mem_cgroup *direct_task_memcg(const struct task_struct *task)
{
	const struct mem_cgroup *memcg;

	if (!direct_has_task_memcg())
		return NULL;
	memcg = read_lru_gen_memcg(task);
	if (!memcg || direct_id(&memcg->css) != direct_id(direct_css(task)))
		return NULL;
	return memcg;
}

static __always_inline u64 direct_oom_events(const struct mem_cgroup *memcg)
{
	u32 oom = bpf_core_enum_value(enum memcg_memory_event, MEMCG_OOM);

	return direct_at(u64, memcg, memory_events_local, oom * sizeof(u64));
}

static __noinline u32 direct_oom_lock(const struct mem_cgroup *memcg)
{
	const struct mem_cgroup___v1 *v1 = (const void *)memcg;

	return OOMWHY_MEMCG_HAS_OOM_LOCK | (v1->oom_lock & 1) * OOMWHY_MEMCG_OOM_LOCK |
	       (v1->oom_kill_disable & 1) * OOMWHY_MEMCG_KILL_DISABLED;
}

static __always_inline void direct_counters(struct oomwhy_memcg *record,
					    const struct page_counter *memory,
					    const struct page_counter *swap)
{
	record->usage_pages = memory->usage.counter;
	record->limit_pages = memory->max;
	record->swap_usage_pages = swap->usage.counter;
	record->swap_limit_pages = swap->max;
	record->high_pages = memory->high;
	record->low_pages = memory->low;
	record->min_pages = memory->min;
}

/* A level of which nothing but its ID is known. */
static __always_inline void only_id(struct oomwhy_memcg *record, u64 id)
{
	record->id = id;
	record->usage_pages = record->limit_pages = 0;
	record->swap_usage_pages = record->swap_limit_pages = 0;
	record->high_pages = record->low_pages = record->min_pages = 0;
	record->inactive_file_pages = 0;
	record->oom_events = 0;
	record->flags = OOMWHY_MEMCG_NO_COUNTERS | OOMWHY_MEMCG_NO_EVENTS | OOMWHY_MEMCG_NO_GROUP |
			OOMWHY_MEMCG_NO_STATS;
	record->name_size = NOT_READ;
	record->name[0] = 0;
}

/* One level: @memory and @swap are its counters, or both NULL. */
static __noinline int direct_level(struct oomwhy_memcg *record,
				   const struct cgroup_subsys_state *css,
				   const struct page_counter *memory,
				   const struct page_counter *swap)
{
	only_id(record, direct_id(css));
	record->flags |= (css->flags / CSS_ONLINE & 1) * OOMWHY_MEMCG_ONLINE;
	if (memory && swap) {
		direct_counters(record, memory, swap);
		record->flags &= ~OOMWHY_MEMCG_NO_COUNTERS;
	}
	return 0;
}

/* What only the memcg itself tells, not its counters. */
static __always_inline void direct_own(struct oomwhy_memcg *record, const struct mem_cgroup *memcg)
{
	record->flags &= ~OOMWHY_MEMCG_NO_GROUP;
	record->flags |= (memcg->oom_group & 1) * OOMWHY_MEMCG_OOM_GROUP;
	if (compat_has_oom_lock())
		record->flags |= direct_oom_lock(memcg);
	if (events_are_denied)
		return;
	record->flags &= ~OOMWHY_MEMCG_NO_EVENTS;
	record->oom_events = direct_oom_events(memcg);
}

/*
 * Does each level of @css have its counter in the line of @memcg's? Not where cgroup v1 is told to
 * do without a hierarchy (memory.use_hierarchy=0, before Linux 5.11).
 */
static __noinline bool counters_are_parallel(const struct cgroup_subsys_state *css,
					     const struct mem_cgroup *memcg)
{
	u32 levels = css->cgroup->level, i;
	const struct page_counter *counter = memcg->memory.parent;

	for (i = 0; i < OOMWHY_DEPTH_MAX && counter; i++)
		counter = counter->parent;
	return i == levels;
}

/* See capture_chain(). @memcg: the one of @css, typed, or NULL. */
static __noinline int direct_chain(struct oomwhy_chain *chain,
				   const struct cgroup_subsys_state *css,
				   const struct mem_cgroup *memcg)
{
	const struct page_counter *memory = NULL, *swap = NULL;
	u32 levels = css->cgroup->level + 1, i;
	u32 skip = levels > OOMWHY_LEVELS_MAX ? levels - OOMWHY_LEVELS_MAX : 0;

	chain->hierarchy = css->cgroup->root->hierarchy_id;
	chain->skipped = skip;
	if (memcg) {
		direct_level(&chain->level[0], css, &memcg->memory, &memcg->swap);
		direct_own(&chain->level[0], memcg);
		if (counters_are_parallel(css, memcg)) {
			memory = memcg->memory.parent;
			swap = memcg->swap.parent;
		}
	} else {
		direct_level(&chain->level[0], css, NULL, NULL);
	}
	css = css->parent;
	for (i = 0; i < OOMWHY_DEPTH_MAX && i < skip; i++) {
		css = css->parent;
		if (memory && swap) {
			memory = memory->parent;
			swap = swap->parent;
		}
	}
	for (i = 1; i < OOMWHY_LEVELS_MAX && css; i++) {
		direct_level(&chain->level[i], css, memory, swap);
		css = css->parent;
		if (memory && swap) {
			memory = memory->parent;
			swap = swap->parent;
		}
	}
	chain->count = i;
	chain->unreached = css != NULL;
	return 0;
}

/* See shared_levels(). */
static __noinline u32 direct_shared_levels(const struct cgroup_subsys_state *a,
					   const struct cgroup_subsys_state *b)
{
	u32 a_level = a->cgroup->level, b_level = b->cgroup->level;

	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && a_level > b_level; i++) {
		a = a->parent;
		a_level--;
	}
	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && b_level > a_level; i++) {
		b = b->parent;
		b_level--;
	}
	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && a != b; i++) {
		a = a->parent;
		b = b->parent;
	}
	return a && a == b ? a->cgroup->level + 1 : 0;
}

static __noinline int direct_comm(char *comm, const struct task_struct *task)
{
#pragma unroll
	for (int i = 0; i < OOMWHY_COMM_SIZE; i++)
		comm[i] = task->comm[i];
	return 0;
}

/*
 * A counter of mm->rss_stat without its lowest byte: the verifier of these kernels denies access to
 * the very start of an array's element whose type is a typedef of a struct, and to nothing but it
 * (btf_struct_walk()). So it is up to 255 pages more than told.
 */
static __always_inline u64 rough_count(const struct mm_struct___pre_v62 *mm, u32 member)
{
	u32 at = member * sizeof(s64);
	u64 pages = (u64)direct_at(u8, mm, rss_stat.count, at + 1) << 8 |
		    (u64)direct_at(u16, mm, rss_stat.count, at + 2) << 16 |
		    (u64)direct_at(u32, mm, rss_stat.count, at + 4) << 32;

	return (s64)pages > 0 ? pages : 0;
}

/* See read_rss_atomic() and read_rss_percpu(). */
static __noinline int direct_rss_atomic(struct oomwhy_task *record,
					const struct mm_struct___pre_v62 *mm)
{
	record->file_pages = rough_count(mm, MM_FILEPAGES);
	record->anon_pages = rough_count(mm, MM_ANONPAGES);
	record->swap_pages = rough_count(mm, MM_SWAPENTS);
	record->shmem_pages = rough_count(mm, MM_SHMEMPAGES);
	record->flags |= OOMWHY_TASK_ROUGH;
	return 0;
}

/* Without the CPUs' parts: to pointers to per-CPU numbers the verifier gives no access. */
static __always_inline u64 direct_rss_counter(const struct mm_struct___v62 *mm, u32 member)
{
	u64 at = member * bpf_core_type_size(struct percpu_counter) +
		 bpf_core_field_offset(struct percpu_counter, count);
	s64 pages = direct_at(s64, mm, rss_stat, at);

	return pages > 0 ? pages : 0;
}

static __noinline int direct_rss_percpu(struct oomwhy_task *record,
					const struct mm_struct___v62 *mm)
{
	record->file_pages = direct_rss_counter(mm, MM_FILEPAGES);
	record->anon_pages = direct_rss_counter(mm, MM_ANONPAGES);
	record->swap_pages = direct_rss_counter(mm, MM_SWAPENTS);
	record->shmem_pages = direct_rss_counter(mm, MM_SHMEMPAGES);
	return 0;
}

static __always_inline void direct_mm(struct oomwhy_task *record, const struct mm_struct *mm)
{
	if (bpf_core_field_exists(struct mm_struct___pre_v62, rss_stat.count))
		direct_rss_atomic(record, (const void *)mm);
	else
		direct_rss_percpu(record, (const void *)mm);
	record->pagetables_bytes = mm->pgtables_bytes.counter;
	record->total_vm_pages = mm->total_vm;
}

static __always_inline const struct pid *direct_pid(const struct task_struct *task)
{
	u32 type = bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
	const struct signal_struct *signal = task->signal;

	return direct_at(struct pid *, signal, pids, type * sizeof(void *));
}

/*
 * The PID namespace of the process: it is the one of its children, too, if it has as many above it.
 * (One process may enter namespaces below its own only.) Else NULL.
 */
static __always_inline const struct pid_namespace *direct_pidns(const struct task_struct *task)
{
	const struct pid_namespace *ns = task->nsproxy->pid_ns_for_children;

	return ns && ns->level == direct_pid(task)->level ? ns : NULL;
}

/*
 * pid->numbers is as long as its namespaces are deep. It was declared with one member, and what is
 * beyond that is out of bounds, until b69f0aeb0689 ("pid: Replace struct pid 1-element array with
 * flex-array", v6.5, and 6.1.y).
 */
static __always_inline bool direct_has_numbers(void)
{
	return bpf_core_field_size(struct pid, numbers) == 0;
}

#define DIRECT_PIDNS_LEVELS 8

static __noinline u32 read_number(const struct pid *pid)
{
	u32 level = pid->level;

#pragma unroll
	for (u32 i = 1; i < DIRECT_PIDNS_LEVELS; i++)
		if (level == i) {
			u64 at = i;

			barrier_var(at); /* a constant: not the same as level */
			at = at * bpf_core_type_size(struct upid) +
			     bpf_core_field_offset(struct upid, nr);
			return direct_at(u32, pid, numbers, at);
		}
	return 0;
}

/* Its process ID in its innermost namespace; 0: not known. */
static __noinline u32 direct_vpid(const struct task_struct *task, u32 *ret_flags)
{
	const struct pid *pid = direct_pid(task);
	const struct pid_namespace *ns;

	if (!pid->level)
		return task->tgid;
	if (direct_has_numbers())
		return read_number(pid);
	ns = direct_pidns(task);
	if (!ns)
		return 0;
	if (ns->child_reaper->tgid == task->tgid)
		return 1;
	*ret_flags |= OOMWHY_TASK_NOT_INIT;
	return 0;
}

/* See capture_task(). */
static __noinline int direct_task(struct oomwhy_task *record, const struct task_struct *task)
{
	const struct mm_struct *mm = task->mm;
	u32 flags = 0;

	__builtin_memset(record, 0, sizeof(*record));
	record->tid = task->pid;
	record->tgid = task->tgid;
	record->vpid = direct_vpid(task, &flags);
	record->uid = task->real_cred->uid.val;
	record->oom_score_adj = task->signal->oom_score_adj;
	record->start_time_ns = task->group_leader->start_boottime;
	direct_comm(record->comm, task);
	if (task->flags & PF_KTHREAD)
		flags |= OOMWHY_TASK_KTHREAD;
	if (task->flags & PF_EXITING)
		flags |= OOMWHY_TASK_EXITING;
	if (mm)
		flags |= OOMWHY_TASK_HAS_MM;
	if (mm && mm->mm_users.counter > task->signal->nr_threads)
		flags |= OOMWHY_TASK_MM_SHARED;
	record->flags = flags;
	if (mm)
		direct_mm(record, mm);
	return 0;
}

/*
 * See capture_kin(). A parent's namespace is its child's or one above: as deep means the same. (A
 * child is made in its parent's or in a new one, and inherited by a process of its own namespace or
 * of its parent's.)
 */
static __noinline int direct_kin(struct oomwhy_kin *record, const struct task_struct *task)
{
	const struct cgroup_subsys_state *css = direct_css(task);
	const struct task_struct *parent = task->real_parent;
	const struct pid_namespace *ns = direct_pidns(task);

	__builtin_memset(record, 0, sizeof(*record));
	record->pidns_level = direct_pid(task)->level;
	if (ns && ns->child_reaper)
		record->reaper_shared_levels =
			direct_shared_levels(css, direct_css(ns->child_reaper));
	if (!parent)
		return 0;
	record->parent_pidns_level = direct_pid(parent)->level;
	record->parent_same_pidns = record->parent_pidns_level == record->pidns_level;
	record->parent_pid = parent->tgid;
	record->parent_shared_levels = direct_shared_levels(css, direct_css(parent));
	direct_comm(record->parent_comm, parent);
	return 0;
}

/* What helpers tell of the running task, where none gives the task itself. */
static __noinline int direct_current(struct oomwhy_task *record)
{
	u64 asker = bpf_get_current_pid_tgid();

	__builtin_memset(record, 0, sizeof(*record));
	record->tid = asker;
	record->tgid = asker >> 32;
	record->uid = bpf_get_current_uid_gid();
	record->flags = OOMWHY_TASK_ONLY_NAMED;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	return 0;
}

/* Its cgroup, which on cgroup v2 is its memcg or below it. On v1 nobody tells its memcg. */
static __noinline int direct_current_chain(struct oomwhy_chain *chain)
{
	chain->hierarchy = memory_hierarchy;
	chain->count = memory_hierarchy == 0;
	chain->skipped = 0;
	chain->unreached = 1;
	only_id(&chain->level[0], memory_hierarchy ? 0 : bpf_get_current_cgroup_id());
	return 0;
}

static __always_inline bool direct_has_current(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

#endif
