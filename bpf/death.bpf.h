/* SPDX-License-Identifier: GPL-2.0-only */
/* death: how long a marked process takes to end, and until its memory is free. */
#ifndef OOMWHY_DEATH_BPF_H
#define OOMWHY_DEATH_BPF_H

#include "capture.bpf.h"
#include "send.bpf.h"

#define DYING_MAX 256

/* Marked processes by their PIDs, and by the addresses of their memory's mm. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DYING_MAX);
	__type(key, u32);
	__type(value, u32);
} dying_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DYING_MAX);
	__type(key, u64);
	__type(value, u32);
} dying_mms SEC(".maps");

/* Until the first kill nobody has to look. */
static bool any_dying;

static __always_inline void note_dying(u32 tgid, u64 mm)
{
	any_dying = true;
	bpf_map_update_elem(&dying_tasks, &tgid, &tgid, BPF_ANY);
	if (mm)
		bpf_map_update_elem(&dying_mms, &mm, &tgid, BPF_ANY);
}

static __always_inline void send_death(u32 tgid, u32 what)
{
	struct oomwhy_death record = { .tgid = tgid, .what = what };

	head_unordered(&record.header, OOMWHY_DEATH);
	if (ring_has_room())
		send_bytes(&record.header, sizeof(record));
	else
		count(OOMWHY_LOST_KILL_RECORDS);
}

/* Each thread comes here; the last one is the process's end. Reads no kernel memory. */
SEC("?tp_btf/sched_process_exit")
int process_exits(u64 *ctx)
{
	const struct task_struct *task = (const void *)ctx[0];
	u32 tgid;

	if (!any_dying)
		return 0;
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (!bpf_map_lookup_elem(&dying_tasks, &tgid) || task->signal->live.counter)
		return 0;
	bpf_map_delete_elem(&dying_tasks, &tgid);
	send_death(tgid, OOMWHY_ENDED);
	return 0;
}

/* The last user of a memory is gone, and all of it is free. */
SEC("?tp_btf/exit_mmap")
int memory_is_free(u64 *ctx)
{
	u64 mm = ctx[0];
	const u32 *tgid;

	if (!any_dying)
		return 0;
	tgid = bpf_map_lookup_elem(&dying_mms, &mm);
	if (!tgid)
		return 0;
	send_death(*tgid, OOMWHY_FREED);
	bpf_map_delete_elem(&dying_mms, &mm);
	return 0;
}

#endif
