/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * candidates: whom the OOM killer could have chosen: a pass over all processes, after the kill.
 *
 * The kernel's iterator of tasks would need bpf() at that time, and shows a container only its own
 * PID namespace. So the list of processes is followed here, from the asking thread's own on; it is
 * run within an RCU reader, for which processes that end keep their way to the next one.
 */
#ifndef OOMWHY_CANDIDATES_BPF_H
#define OOMWHY_CANDIDATES_BPF_H

#include "capture.bpf.h"

#define STRIDE 32
#define STRIDES_TAKEN (OOMWHY_PROCESSES_VISITED / STRIDE)
#define STRIDES_PASSED 64 /* at once */
#define PASSED_ONCE (STRIDE * STRIDES_PASSED)
#define PASSES_MAX 32

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct oomwhy_candidates_page);
} candidates_page SEC(".maps");

struct bpf_pidns_info {
	u32 pid; /* of the thread */
	u32 tgid;
};

static __always_inline struct oomwhy_candidates_page *the_page(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&candidates_page, &zero);
}

static __always_inline bool is_below(const struct cgroup_subsys_state *css, u64 owner_id)
{
	for (int i = 0; i < OOMWHY_DEPTH_MAX && css; i++) {
		if (BPF_CORE_READ(css, cgroup, kn, id) == owner_id)
			return true;
		css = BPF_CORE_READ(css, parent);
	}
	return !owner_id;
}

static __always_inline u64 next_process(u64 task)
{
	u64 next = (u64)BPF_CORE_READ((const struct task_struct *)task, tasks.next);

	return next ? next - bpf_core_field_offset(struct task_struct, tasks) : 0;
}

/*
 * Global functions are verified once, not wherever they are called: loops in them, which the
 * verifier unrolls, add up and do not multiply.
 */
__noinline u64 pass_stride(u64 task, u64 first, u32 count)
{
	for (u32 i = 0; i < STRIDE && i < count; i++) {
		task = next_process(task);
		if (!task || task == first)
			return 0;
	}
	return task;
}

__noinline u64 pass_processes(u64 task, u64 first, u32 count)
{
	for (u32 i = 0; i < STRIDES_PASSED && task && i * STRIDE < count; i++)
		task = pass_stride(task, first, count - i * STRIDE);
	return task;
}

__noinline int take_process(u64 task)
{
	struct oomwhy_candidates_page *page = the_page();
	const struct task_struct *leader = (const struct task_struct *)task, *thread;
	const struct cgroup_subsys_state *css;
	struct oomwhy_candidate *record;
	u32 at;

	if (!page || page->count >= OOMWHY_CANDIDATES_MAX)
		return 0;
	/* The compiler would leave out the mask, which the verifier needs. */
	at = page->count;
	barrier_var(at);
	record = &page->list[at & (OOMWHY_CANDIDATES_MAX - 1)];
	thread = thread_with_memory(leader);
	if (!thread || BPF_CORE_READ(leader, flags) & PF_KTHREAD)
		return 0;
	css = task_memcg_css(leader);
	record->is_outside = !is_below(css, page->owner_id);
	capture_task(&record->task, thread);
	if (record->is_outside &&
	    record->task.anon_pages + record->task.file_pages + record->task.shmem_pages <=
		    page->victim_pages)
		return 0;
	record->memcg_id = BPF_CORE_READ(css, cgroup, kn, id);
	page->count++;
	return 0;
}

/* Returns the next process to look at; 0: there is none. page->next counts. */
__noinline u64 take_stride(u64 task, u64 first)
{
	struct oomwhy_candidates_page *page = the_page();

	if (!page)
		return 0;
	for (u32 i = 0; i < STRIDE && page->count < OOMWHY_CANDIDATES_MAX; i++) {
		take_process(task);
		page->next++;
		task = next_process(task);
		if (!task || task == first)
			return 0;
	}
	return task;
}

__noinline u64 take_processes(u64 task, u64 first)
{
	for (u32 i = 0; i < STRIDES_TAKEN && task; i++)
		task = take_stride(task, first);
	return task;
}

static __always_inline bool is_asker(const struct oomwhy_candidates_page *page)
{
	struct bpf_pidns_info ids = {};

	return !bpf_get_ns_current_pid_tgid(page->pidns_dev, page->pidns_inode, &ids,
					    sizeof(ids)) &&
	       ids.pid == page->asker_tid && ids.tgid == page->asker_tgid;
}

SEC("?tp_btf/task_rename")
int candidates(void *ctx)
{
	struct oomwhy_candidates_page *page = the_page();
	const struct task_struct *current = (const struct task_struct *)bpf_get_current_task();
	u64 first, task;

	if (!page || !page->is_asked || !is_asker(page))
		return 0;
	first = task = (u64)BPF_CORE_READ(current, group_leader);
	for (u32 i = 0; i < PASSES_MAX && task && i * PASSED_ONCE < page->from; i++)
		task = pass_processes(task, first, page->from - i * PASSED_ONCE);
	page->count = 0;
	page->next = page->from;
	page->is_last = !take_processes(task, first);
	page->is_asked = 0;
	return 0;
}

#endif
