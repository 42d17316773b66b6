/* SPDX-License-Identifier: GPL-2.0-only */
/* direct_stall: the twins of stall.bpf.h's programs, which read no kernel memory. */
#ifndef OOMWHY_DIRECT_STALL_BPF_H
#define OOMWHY_DIRECT_STALL_BPF_H

#include "direct_capture.bpf.h"
#include "stall.bpf.h"

/* See capture_stall(). Where no helper gives the asker's task, nobody knows where it stands. */
static __always_inline void direct_capture_stall(struct oomwhy_stall *record,
						 const struct mem_cgroup *memcg)
{
	record->asker = bpf_get_current_pid_tgid();
	record->memcg_id = memcg ? direct_id(&memcg->css) : 0;
	record->asker_is_outside = memcg != NULL;
	record->chain.count = 0;
	if (direct_has_current()) {
		const struct task_struct *task = bpf_get_current_task_btf();
		const struct cgroup_subsys_state *css = direct_css(task);

		direct_task(&record->task, task);
		if (!memcg ||
		    direct_shared_levels(css, &memcg->css) == memcg->css.cgroup->level + 1) {
			record->asker_is_outside = 0;
			direct_chain(&record->chain, css, direct_task_memcg(task));
			return;
		}
	} else {
		direct_current(&record->task);
		direct_current_chain(&record->chain);
	}
	if (memcg)
		direct_chain(&record->chain, &memcg->css, memcg);
}

/* See out_of_memory_ends(). */
SEC("?fexit/out_of_memory")
int BPF_PROG(direct_nothing, const struct oom_control *oc, bool done)
{
	struct oomwhy_stall *record = &scratch_stall;
	const struct mem_cgroup *memcg;
	u32 slot = 0;

	if (done || oc->chosen)
		return 0;
	memcg = oc->memcg;
	if (!count_attempt(memcg ? direct_id(&memcg->css) : 0, &slot))
		return 0;
	direct_capture_stall(record, memcg);
	if (!record->chain.count) /* sysrq-f, asked for by nobody knows whom */
		return 0;
	record->kind = OOMWHY_NOTHING_KILLABLE;
	record->gfp_mask = oc->gfp_mask;
	record->order = oc->order;
	record->slot = slot;
	head(&record->header, OOMWHY_STALL);
	send_chain(record, chain);
	return 0;
}

static __noinline const struct mem_cgroup *direct_memcg_in_oom(const struct task_struct *task)
{
	return ((const struct task_struct___v1 *)task)->memcg_in_oom;
}

static __noinline int direct_memcg_oom(struct oomwhy_stall *record, const struct task_struct *task)
{
	record->gfp_mask = ((const struct task_struct___v1 *)task)->memcg_oom_gfp_mask;
	record->order = ((const struct task_struct___v1 *)task)->memcg_oom_order;
	return 0;
}

/* See tell_stall(). */
static __always_inline void direct_tell_stall(const struct mem_cgroup *memcg, u64 memcg_id)
{
	u64 now_ns = bpf_ktime_get_boot_ns(), *last_ns = bpf_map_lookup_elem(&told, &memcg_id);
	struct oomwhy_stall *record;

	if (last_ns && now_ns - *last_ns < OOMWHY_STALL_QUIET_NS)
		return;
	bpf_map_update_elem(&told, &memcg_id, &now_ns, BPF_ANY);
	record = bpf_ringbuf_reserve(&kill_ring, sizeof(*record), 0);
	if (!record) {
		count(OOMWHY_LOST_KILL_RECORDS);
		return;
	}
	head_unordered(&record->header, OOMWHY_STALL);
	record->kind = OOMWHY_KILLER_DISABLED;
	direct_memcg_oom(record, bpf_get_current_task_btf());
	record->slot = 0;
	direct_capture_stall(record, memcg);
	record->header.size = offsetof(struct oomwhy_stall, chain.level) +
			      record->chain.count * sizeof(struct oomwhy_memcg);
	bpf_ringbuf_submit(record, kill_wake_flags);
}

/* See wait_begins(). Only where a helper gives the running task. */
SEC("?fentry/mem_cgroup_oom_synchronize")
int BPF_PROG(direct_wait, bool handle)
{
	u64 task = bpf_get_current_pid_tgid(), memcg_id;
	const struct mem_cgroup *memcg;

	if (!direct_has_current() || !handle)
		return 0;
	memcg = direct_memcg_in_oom(bpf_get_current_task_btf());
	if (!memcg || !(direct_oom_lock(memcg) & OOMWHY_MEMCG_KILL_DISABLED))
		return 0;
	memcg_id = direct_id(&memcg->css);
	bpf_map_update_elem(&waiting, &task, &memcg_id, BPF_ANY);
	direct_tell_stall(memcg, memcg_id);
	send_wait(memcg_id, true);
	return 0;
}

SEC("?fexit/mem_cgroup_oom_synchronize")
int BPF_PROG(direct_wait_ends)
{
	return wait_ends();
}

#endif
