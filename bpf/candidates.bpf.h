/* SPDX-License-Identifier: GPL-2.0-only */
/* candidates: whom the OOM killer could have chosen: one pass over all tasks, after the kill. */
#ifndef OOMWHY_CANDIDATES_BPF_H
#define OOMWHY_CANDIDATES_BPF_H

#include "capture.bpf.h"

/* From user space before each pass: the limit owner's id; 0: the machine, all processes. */
volatile __u64 candidates_owner = 0;

/* There is one reader. */
static struct oomwhy_candidate scratch_candidate SEC(".data.scratch");

static __always_inline bool is_below(const struct cgroup_subsys_state *css, u64 owner_id)
{
	for (int i = 0; i < OOMWHY_DEPTH_MAX && css; i++) {
		if (BPF_CORE_READ(css, cgroup, kn, id) == owner_id)
			return true;
		css = BPF_CORE_READ(css, parent);
	}
	return !owner_id;
}

SEC("?iter/task")
int candidates(struct bpf_iter__task *ctx)
{
	struct oomwhy_candidate *record = &scratch_candidate;
	const struct task_struct *task = ctx->task;
	const struct cgroup_subsys_state *css;

	if (!task || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid) ||
	    !BPF_CORE_READ(task, mm) || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return 0;
	css = task_memcg_css(task);
	if (!is_below(css, candidates_owner))
		return 0;
	capture_task(&record->task, task);
	record->memcg_id = BPF_CORE_READ(css, cgroup, kn, id);
	bpf_seq_write(ctx->meta->seq, record, sizeof(*record));
	return 0;
}

#endif
