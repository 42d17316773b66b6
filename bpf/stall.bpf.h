/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stall: a limit is hit and nobody is killed. Tasks spin in the kernel or wait there, and nothing
 * else tells of it but the kernel's log.
 */
#ifndef OOMWHY_STALL_BPF_H
#define OOMWHY_STALL_BPF_H

#include "capture.bpf.h"
#include "send.bpf.h"

/* ---- nothing killable ---- */

/*
 * The kernel comes back hundreds of times a second: the first attempt is sent, all are counted.
 * Serialised by oom_lock; user space reads it without bpf().
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OOMWHY_ATTEMPTS_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct oomwhy_attempts);
} attempts SEC(".maps");

static struct oomwhy_stall scratch_stall SEC(".data.scratch");
static const struct oom_control *running_oom; /* for a kretprobe, which sees no arguments */

/* The memcg's own slot, else the one that was unused for longest. Returns whether it was its own.
 */
static __always_inline bool find_attempts(u64 memcg_id, u64 now_ns, u32 *ret_slot)
{
	u64 oldest_ns = ~0ULL;

	for (u32 i = 0; i < OOMWHY_ATTEMPTS_MAX; i++) {
		u32 key = i;
		const struct oomwhy_attempts *slot = bpf_map_lookup_elem(&attempts, &key);

		if (!slot)
			return false;
		if (slot->count && slot->memcg_id == memcg_id &&
		    now_ns - slot->last_ns < OOMWHY_STALL_QUIET_NS) {
			*ret_slot = i;
			return true;
		}
		if (slot->last_ns < oldest_ns) {
			oldest_ns = slot->last_ns;
			*ret_slot = i;
		}
	}
	return false;
}

/* Returns whether it is the first of its stall. */
static __always_inline bool count_attempt(u64 memcg_id, u32 *ret_slot)
{
	u64 now_ns = bpf_ktime_get_boot_ns();
	bool known = find_attempts(memcg_id, now_ns, ret_slot);
	struct oomwhy_attempts *slot = bpf_map_lookup_elem(&attempts, ret_slot);

	if (!slot)
		return false;
	slot->memcg_id = memcg_id;
	slot->count = known ? slot->count + 1 : 1;
	slot->last_ns = now_ns;
	return !known;
}

/* A memcg's own chain is told where the asker is not in it: it has lowered the limit. */
static __always_inline void capture_stall(struct oomwhy_stall *record,
					  const struct mem_cgroup *memcg)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct cgroup_subsys_state *css = task_memcg_css(task);
	u32 level = BPF_CORE_READ(memcg, css.cgroup, level);

	record->asker = bpf_get_current_pid_tgid();
	record->memcg_id = memcg ? BPF_CORE_READ(memcg, css.cgroup, kn, id) : 0;
	capture_task(&record->task, task);
	record->asker_is_outside = memcg && shared_levels((u64)css, (u64)&memcg->css) != level + 1;
	if (record->asker_is_outside)
		css = &memcg->css;
	capture_chain(&record->chain, css);
}

/*
 * out_of_memory() has found nothing to do: not even a victim that still dies, which would be
 * "chosen". (While the OOM killer is frozen for a suspend it returns the same.)
 */
static __always_inline int out_of_memory_ends(const struct oom_control *oc, bool done)
{
	struct oomwhy_stall *record = &scratch_stall;
	const struct mem_cgroup *memcg;
	u32 slot = 0;

	if (done || !oc || BPF_CORE_READ(oc, chosen))
		return 0;
	memcg = BPF_CORE_READ(oc, memcg);
	if (!count_attempt(memcg ? BPF_CORE_READ(memcg, css.cgroup, kn, id) : 0, &slot))
		return 0;
	head(&record->header, OOMWHY_STALL);
	record->kind = OOMWHY_NOTHING_KILLABLE;
	record->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	record->order = BPF_CORE_READ(oc, order);
	record->slot = slot;
	capture_stall(record, memcg);
	send_chain(record, chain);
	return 0;
}

SEC("?fexit/out_of_memory")
int BPF_PROG(nothing_fexit, const struct oom_control *oc, bool done)
{
	return out_of_memory_ends(oc, done);
}

SEC("?kprobe/out_of_memory")
int BPF_KPROBE(nothing_kprobe, const struct oom_control *oc)
{
	running_oom = oc;
	return 0;
}

SEC("?kretprobe/out_of_memory")
int BPF_KRETPROBE(nothing_kretprobe, bool done)
{
	const struct oom_control *oc = running_oom;

	running_oom = NULL;
	return out_of_memory_ends(oc, done);
}

/* ---- cgroup v1: the OOM killer is disabled ---- */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64); /* pid_tgid */
	__type(value, u64); /* the memcg's id */
} waiting SEC(".maps");

/* When a memcg's stall was last told in full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u64); /* the memcg's id */
	__type(value, u64); /* CLOCK_BOOTTIME */
} told SEC(".maps");

/* Each freed page wakes all that wait, and most of them wait again: not each time in full. */
static __always_inline void tell_stall(const struct mem_cgroup *memcg, u64 memcg_id)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
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
	record->gfp_mask = compat_memcg_oom_gfp_mask(task);
	record->order = compat_memcg_oom_order(task);
	record->slot = 0;
	capture_stall(record, memcg);
	record->header.size = offsetof(struct oomwhy_stall, chain.level) +
			      record->chain.count * sizeof(struct oomwhy_memcg);
	bpf_ringbuf_submit(record, kill_wake_flags);
}

static __always_inline void send_wait(u64 memcg_id, bool begins)
{
	struct oomwhy_wait record = { .memcg_id = memcg_id, .begins = begins };

	head_unordered(&record.header, OOMWHY_WAIT);
	send_bytes(&record.header, sizeof(record));
}

/* @handle: false where the fault is not repeated, and only the mark on the task is taken away. */
static __always_inline int wait_begins(bool handle)
{
	const struct mem_cgroup *memcg = compat_memcg_in_oom((const void *)bpf_get_current_task());
	u64 task = bpf_get_current_pid_tgid(), memcg_id;

	if (!handle || !memcg || !compat_oom_kill_disable(memcg))
		return 0;
	memcg_id = BPF_CORE_READ(memcg, css.cgroup, kn, id);
	bpf_map_update_elem(&waiting, &task, &memcg_id, BPF_ANY);
	tell_stall(memcg, memcg_id);
	send_wait(memcg_id, true);
	return 0;
}

static __always_inline int wait_ends(void)
{
	u64 task = bpf_get_current_pid_tgid(), *memcg_id = bpf_map_lookup_elem(&waiting, &task);

	if (!memcg_id)
		return 0;
	send_wait(*memcg_id, false);
	bpf_map_delete_elem(&waiting, &task);
	return 0;
}

SEC("?fentry/mem_cgroup_oom_synchronize")
int BPF_PROG(wait_fentry, bool handle)
{
	return wait_begins(handle);
}

SEC("?fexit/mem_cgroup_oom_synchronize")
int BPF_PROG(wait_fexit)
{
	return wait_ends();
}

SEC("?kprobe/mem_cgroup_oom_synchronize")
int BPF_KPROBE(wait_kprobe, bool handle)
{
	return wait_begins(handle);
}

SEC("?kretprobe/mem_cgroup_oom_synchronize")
int BPF_KRETPROBE(wait_kretprobe)
{
	return wait_ends();
}

#endif
