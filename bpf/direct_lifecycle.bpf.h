/* SPDX-License-Identifier: GPL-2.0-only */
/* direct_lifecycle: the twins of lifecycle.bpf.h's programs, which read no kernel memory. */
#ifndef OOMWHY_DIRECT_LIFECYCLE_BPF_H
#define OOMWHY_DIRECT_LIFECYCLE_BPF_H

#include "direct_capture.bpf.h"
#include "lifecycle.bpf.h"

/* See cgroup_changed(). User space finds the name: the cgroup's folder has its ID. */
static __always_inline int direct_cgroup(const struct cgroup *cgroup, u32 change)
{
	struct oomwhy_cgroup *record;

	if (cgroup->root->hierarchy_id != memory_hierarchy)
		return 0;
	cgroup_sequence++;
	record = bpf_ringbuf_reserve(&cgroup_ring, sizeof(*record), 0);
	if (!record) {
		count(OOMWHY_LOST_CGROUP_RECORDS);
		return 0;
	}
	record->header.kind = OOMWHY_CGROUP;
	record->header.size = sizeof(*record);
	record->header.sequence = cgroup_sequence;
	record->header.boot_time_ns = bpf_ktime_get_boot_ns();
	record->id = cgroup->kn->id;
	record->parent_id = direct_id(cgroup->self.parent);
	record->change = change;
	record->level = cgroup->level;
	record->name[0] = 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(direct_cgroup_mkdir, const struct cgroup *cgroup)
{
	return direct_cgroup(cgroup, OOMWHY_CGROUP_MADE);
}

SEC("?tp_btf/cgroup_rmdir")
int BPF_PROG(direct_cgroup_rmdir, const struct cgroup *cgroup)
{
	return direct_cgroup(cgroup, OOMWHY_CGROUP_REMOVED);
}

SEC("?tp_btf/cgroup_release")
int BPF_PROG(direct_cgroup_release, const struct cgroup *cgroup)
{
	return direct_cgroup(cgroup, OOMWHY_CGROUP_RELEASED);
}

SEC("?tp_btf/cgroup_rename")
int BPF_PROG(direct_cgroup_rename, const struct cgroup *cgroup)
{
	return direct_cgroup(cgroup, OOMWHY_CGROUP_RENAMED);
}

/* See baseline(): of the tasks' own memcgs only. */
SEC("?iter/task")
int direct_baseline(struct bpf_iter__task *ctx)
{
	const struct task_struct *task = ctx->task;
	struct oomwhy_baseline record = {};
	const struct mem_cgroup *memcg;

	if (!task || task->pid != task->tgid)
		return 0;
	memcg = direct_task_memcg(task);
	if (!memcg)
		return 0;
	record.oom_events = direct_oom_events(memcg);
	if (!record.oom_events)
		return 0;
	record.id = direct_id(&memcg->css);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

#endif
