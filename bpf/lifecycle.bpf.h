/* SPDX-License-Identifier: GPL-2.0-only */
/* lifecycle: cgroups that come and go, for the index; and what they had counted before we came. */
#ifndef OOMWHY_LIFECYCLE_BPF_H
#define OOMWHY_LIFECYCLE_BPF_H

#include <bpf/bpf_tracing.h>

#include "capture.bpf.h"
#include "send.bpf.h"

/* Its own ring: it may drop under churn, and takes no room from a kill. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} cgroup_ring SEC(".maps");

static __u64 cgroup_sequence;

static __always_inline int cgroup_changed(const struct cgroup *cgroup, u32 change)
{
	const struct kernfs_node *kn = BPF_CORE_READ(cgroup, kn);
	struct oomwhy_cgroup *record;

	/* On cgroup v1 the event comes once per hierarchy, and ids are per hierarchy. */
	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != memory_hierarchy)
		return 0;
	cgroup_sequence++; /* serialised by cgroup_mutex */
	record = bpf_ringbuf_reserve(&cgroup_ring, sizeof(*record), 0);
	if (!record) {
		count(OOMWHY_LOST_CGROUP_RECORDS);
		return 0;
	}
	record->header.kind = OOMWHY_CGROUP;
	record->header.size = sizeof(*record);
	record->header.sequence = cgroup_sequence;
	record->header.boot_time_ns = bpf_ktime_get_boot_ns();
	record->id = BPF_CORE_READ(kn, id);
	record->parent_id = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	record->change = change;
	record->level = BPF_CORE_READ(cgroup, level);
	if (bpf_probe_read_kernel_str(record->name, sizeof(record->name),
				      BPF_CORE_READ(kn, name)) <= 0)
		record->name[0] = 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_MADE);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_REMOVED);
}

SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_release, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_RELEASED);
}

SEC("tp_btf/cgroup_rename")
int BPF_PROG(cgroup_rename, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_RENAMED);
}

/*
 * The memcgs that have run into their limits before we came, one pass over the tasks at start:
 * cgroup v1 has no file that tells it. User space drops the doubles.
 */
SEC("iter/task")
int baseline(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	const struct task_struct *task = ctx->task;
	const struct cgroup_subsys_state *css;

	if (!task || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	css = task_memcg_css(task);
	for (int i = 0; i < OOMWHY_DEPTH_MAX && css; i++) {
		struct oomwhy_baseline record = {};

		record.oom_events = memcg_oom_events((const void *)css);
		if (record.oom_events) {
			record.id = BPF_CORE_READ(css, cgroup, kn, id);
			bpf_seq_write(seq, &record, sizeof(record));
		}
		css = BPF_CORE_READ(css, parent);
	}
	return 0;
}

#endif
