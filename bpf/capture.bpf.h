/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture: from the kernel's structs to records. Reads only; what to send and when is
 * oomwhy.bpf.c's.
 */
#ifndef OOMWHY_CAPTURE_BPF_H
#define OOMWHY_CAPTURE_BPF_H

#include "compat.bpf.h"
#include "oomwhy_record.h"

#define THREADS_ASKED_MAX 8

/* The memory controller's: 0 is cgroup v2. From user space. */
const volatile __u32 memory_hierarchy = 0;

/* NUMA nodes that may exist, from user space: as long are the kernel's arrays of them. */
const volatile __u32 possible_nodes = 1;

static __always_inline struct cgroup_subsys_state *task_memcg_css(const struct task_struct *task)
{
	u32 memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	const struct css_set *cgroups = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css),
			      (const char *)&cgroups->subsys + memory * sizeof(css));
	return css;
}

static __always_inline u64 memcg_oom_events(const struct mem_cgroup *memcg)
{
	u32 oom = bpf_core_enum_value(enum memcg_memory_event, MEMCG_OOM);
	u64 events = 0;

	bpf_probe_read_kernel(&events, sizeof(events),
			      (const char *)&memcg->memory_events_local + oom * sizeof(events));
	return events;
}

/* Without branches: each would double what the verifier has to follow. */
static __always_inline u32 memcg_flags(const struct mem_cgroup *memcg)
{
	u32 flags = (BPF_CORE_READ(memcg, css.flags) / CSS_ONLINE & 1) * OOMWHY_MEMCG_ONLINE;

	flags |= OOMWHY_MEMCG_NO_STATS; /* until somebody reads them */
	flags |= (BPF_CORE_READ(memcg, oom_group) & 1) * OOMWHY_MEMCG_OOM_GROUP;
	if (compat_has_oom_lock()) /* known when the program is loaded */
		flags |= OOMWHY_MEMCG_HAS_OOM_LOCK |
			 compat_oom_lock(memcg) * OOMWHY_MEMCG_OOM_LOCK |
			 compat_oom_kill_disable(memcg) * OOMWHY_MEMCG_KILL_DISABLED;
	return flags;
}

/* css is the first member of struct mem_cgroup; that is what makes the cast right. */
static __noinline int capture_memcg(struct oomwhy_memcg *record,
				    const struct cgroup_subsys_state *css)
{
	const struct mem_cgroup *memcg = (const void *)css;
	const struct kernfs_node *kn = BPF_CORE_READ(css, cgroup, kn);
	long size;

	record->id = BPF_CORE_READ(kn, id);
	record->usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
	record->limit_pages = BPF_CORE_READ(memcg, memory.max);
	record->swap_usage_pages = BPF_CORE_READ(memcg, swap.usage.counter);
	record->swap_limit_pages = BPF_CORE_READ(memcg, swap.max);
	record->high_pages = BPF_CORE_READ(memcg, memory.high);
	record->low_pages = BPF_CORE_READ(memcg, memory.low);
	record->min_pages = BPF_CORE_READ(memcg, memory.min);
	record->inactive_file_pages = 0;
	record->oom_events = memcg_oom_events(memcg);
	record->flags = memcg_flags(memcg);
	size = bpf_probe_read_kernel_str(record->name, sizeof(record->name),
					 BPF_CORE_READ(kn, name));
	record->name_size = size - 1; /* user space bounds it: a failed read looks huge */
	return 0;
}

/*
 * The way from @css to the root. Too deep a tree loses levels right after the innermost one, never
 * the outermost: these hold the pod, and a workload may nest cgroups below its own as it likes.
 */
static __noinline int capture_chain(struct oomwhy_chain *chain,
				    const struct cgroup_subsys_state *css)
{
	u32 levels = BPF_CORE_READ(css, cgroup, level) + 1;
	u32 skip = levels > OOMWHY_LEVELS_MAX ? levels - OOMWHY_LEVELS_MAX : 0;
	u32 i;

	chain->hierarchy = BPF_CORE_READ(css, cgroup, root, hierarchy_id);
	chain->skipped = skip;
	capture_memcg(&chain->level[0], css);
	css = BPF_CORE_READ(css, parent);
	for (i = 0; i < OOMWHY_DEPTH_MAX && i < skip; i++)
		css = BPF_CORE_READ(css, parent);
	for (i = 1; i < OOMWHY_LEVELS_MAX && css; i++) {
		capture_memcg(&chain->level[i], css);
		css = BPF_CORE_READ(css, parent);
	}
	chain->count = i;
	chain->unreached = css != NULL;
	return 0;
}

static __always_inline const struct cgroup_subsys_state *
ancestor(const struct cgroup_subsys_state *css, u32 steps)
{
	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && i < steps; i++)
		css = BPF_CORE_READ(css, parent);
	return css;
}

/*
 * How many levels, the root included, the ways of two memcgs (addresses of their css) to the root
 * share. A global function: the verifier goes through its loops once.
 */
__noinline u32 shared_levels(u64 one, u64 other)
{
	const struct cgroup_subsys_state *a = (const void *)one, *b = (const void *)other;
	u32 a_level = BPF_CORE_READ(a, cgroup, level), b_level = BPF_CORE_READ(b, cgroup, level);
	u32 level = a_level < b_level ? a_level : b_level;

	a = ancestor(a, a_level - level);
	b = ancestor(b, b_level - level);
	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && a != b; i++) {
		a = BPF_CORE_READ(a, parent);
		b = BPF_CORE_READ(b, parent);
	}
	return a && a == b ? BPF_CORE_READ(a, cgroup, level) + 1 : 0;
}

/* The process in its innermost PID namespace; signal->pids stays when the leader's own links are
 * gone. */
static __always_inline int task_upid(const struct task_struct *task, struct upid *ret,
				     u32 *ret_level)
{
	const struct pid *pid = NULL;
	u32 type = bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
	const struct signal_struct *signal = BPF_CORE_READ(task, signal);

	bpf_probe_read_kernel(&pid, sizeof(pid), (const char *)&signal->pids + type * sizeof(pid));
	if (!pid)
		return -1;
	*ret_level = BPF_CORE_READ(pid, level);
	return bpf_probe_read_kernel(
		ret, sizeof(*ret), (const char *)&pid->numbers + *ret_level * sizeof(struct upid));
}

/* A leader that has ended has no memory, the thread that goes on has. NULL: neither. */
static __always_inline const struct task_struct *thread_with_memory(const struct task_struct *task)
{
	const struct signal_struct *signal = BPF_CORE_READ(task, signal);
	const struct list_head *end = &signal->thread_head, *next = BPF_CORE_READ(end, next);

	if (BPF_CORE_READ(task, mm))
		return task;
	for (int i = 0; i < THREADS_ASKED_MAX && next && next != end; i++) {
		const char *thread =
			(const char *)next - bpf_core_field_offset(struct task_struct, thread_node);

		task = (const struct task_struct *)thread;
		if (BPF_CORE_READ(task, mm))
			return task;
		next = BPF_CORE_READ(next, next);
	}
	return NULL;
}

static __always_inline u64 not_negative(s64 pages)
{
	return pages > 0 ? pages : 0;
}

static __always_inline void capture_mm(struct oomwhy_task *record, const struct mm_struct *mm,
				       const struct task_struct *task)
{
	struct rss rss = {};

	compat_rss(&rss, mm, task);
	record->anon_pages = not_negative(rss.anon_pages);
	record->file_pages = not_negative(rss.file_pages);
	record->shmem_pages = not_negative(rss.shmem_pages);
	record->swap_pages = not_negative(rss.swap_pages);
	record->pagetables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
	record->total_vm_pages = BPF_CORE_READ(mm, total_vm);
}

static __noinline int capture_task(struct oomwhy_task *record, const struct task_struct *task)
{
	const struct mm_struct *mm = BPF_CORE_READ(task, mm);
	u32 flags = BPF_CORE_READ(task, flags);
	struct upid upid = {};
	u32 level = 0;

	__builtin_memset(record, 0, sizeof(*record));
	record->tid = BPF_CORE_READ(task, pid);
	record->tgid = BPF_CORE_READ(task, tgid);
	if (task_upid(task, &upid, &level) == 0)
		record->vpid = upid.nr;
	record->uid = BPF_CORE_READ(task, real_cred, uid.val);
	record->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	record->start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), &task->comm);
	if (flags & PF_KTHREAD)
		record->flags |= OOMWHY_TASK_KTHREAD;
	if (flags & PF_EXITING)
		record->flags |= OOMWHY_TASK_EXITING;
	if (mm) {
		record->flags |= OOMWHY_TASK_HAS_MM;
		if (BPF_CORE_READ(mm, mm_users.counter) > BPF_CORE_READ(task, signal, nr_threads))
			record->flags |= OOMWHY_TASK_MM_SHARED;
		capture_mm(record, mm, task);
	}
	return 0;
}

static __noinline int capture_kin(struct oomwhy_kin *record, const struct task_struct *task)
{
	const struct cgroup_subsys_state *css = task_memcg_css(task);
	const struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct upid own = {}, parents = {};
	const struct task_struct *reaper;

	__builtin_memset(record, 0, sizeof(*record));
	task_upid(task, &own, &record->pidns_level);
	reaper = BPF_CORE_READ(own.ns, child_reaper);
	if (reaper)
		record->reaper_shared_levels = shared_levels((u64)css, (u64)task_memcg_css(reaper));
	if (!parent)
		return 0;
	task_upid(parent, &parents, &record->parent_pidns_level);
	record->parent_same_pidns = parents.ns == own.ns;
	record->parent_pid = BPF_CORE_READ(parent, tgid);
	record->parent_shared_levels = shared_levels((u64)css, (u64)task_memcg_css(parent));
	bpf_probe_read_kernel(record->parent_comm, sizeof(record->parent_comm), &parent->comm);
	return 0;
}

/*
 * The machine's free memory against the watermarks under which allocations begin to wait for
 * reclaim. At a host-wide OOM every zone is under them; between two of them a busy node's page
 * cache lives, so they tell the two apart. A zone keeps lowmem_reserve back from allocations that
 * could use a higher zone. Fragmentation raises all watermarks of a zone by its boost for a while,
 * and an allocation fails under the raised ones.
 *
 * The kernel writes its report before the victim is marked, to a slow console it may be: meanwhile
 * others free some memory. A node that has more than this was not short at the decision either.
 */
#define ROOM_SHARE 8 /* an eighth of the node's pages */

static __always_inline bool capture_zone(struct oomwhy_host *record, const struct zone *zone,
					 u32 top, u64 *managed_pages)
{
	u32 low_index = bpf_core_enum_value(enum zone_watermarks, WMARK_LOW);
	u32 free_index = bpf_core_enum_value(enum zone_stat_item, NR_FREE_PAGES);
	long low = 0, reserve = 0, free = 0, managed = BPF_CORE_READ(zone, managed_pages.counter);

	if (!managed)
		return true;
	*managed_pages += managed;
	bpf_probe_read_kernel(&low, sizeof(low),
			      (const char *)&zone->_watermark + low_index * sizeof(low));
	bpf_probe_read_kernel(&reserve, sizeof(reserve),
			      (const char *)&zone->lowmem_reserve + top * sizeof(long));
	bpf_probe_read_kernel(&free, sizeof(free),
			      (const char *)&zone->vm_stat + free_index * sizeof(long));
	low += BPF_CORE_READ(zone, watermark_boost) + reserve;
	record->free_pages += free;
	record->low_pages += low;
	return free <= low;
}

static __noinline int capture_node(struct oomwhy_host *record, const struct pglist_data *node,
				   u32 number)
{
	u64 before_pages = record->free_pages - record->low_pages, managed_pages = 0;
	u32 zones = BPF_CORE_READ(node, nr_zones);
	bool is_short = true;

	for (u32 i = 0; i < OOMWHY_ZONES_MAX && i < zones; i++) {
		const char *zone =
			(const char *)&node->node_zones + i * bpf_core_type_size(struct zone);

		is_short &= capture_zone(record, (const struct zone *)zone, (zones - 1) & 7,
					 &managed_pages);
	}
	if (zones == 0)
		return 0;
	record->nodes |= 1ULL << (number & 63);
	if (is_short)
		record->short_nodes |= 1ULL << (number & 63);
	else if ((s64)(record->free_pages - record->low_pages - before_pages) >
		 (s64)(managed_pages / ROOM_SHARE))
		record->roomy_nodes |= 1ULL << (number & 63);
	return 0;
}

/* Each memcg knows the machine's NUMA nodes: the way there that needs no symbol's address. */
static __noinline int capture_host(struct oomwhy_host *record, const struct mem_cgroup *memcg)
{
	__builtin_memset(record, 0, sizeof(*record));
	for (u32 i = 0; i < OOMWHY_NODES_MAX && i < possible_nodes; i++) {
		const struct mem_cgroup_per_node *info = NULL;
		const struct pglist_data *node;

		bpf_probe_read_kernel(&info, sizeof(info),
				      (const char *)&memcg->nodeinfo + i * sizeof(info));
		if (!info)
			break;
		node = BPF_CORE_READ(info, lruvec.pgdat);
		if (node)
			capture_node(record, node, i);
	}
	return 0;
}

#endif
