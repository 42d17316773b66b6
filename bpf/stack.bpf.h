/* SPDX-License-Identifier: GPL-2.0-only */
/* stack: the kernel stack of the task that asked, where somebody wants to see it. */
#ifndef OOMWHY_STACK_BPF_H
#define OOMWHY_STACK_BPF_H

#include "send.bpf.h"

/* From user space. */
const volatile bool stacks_are_wanted = false;

/* Like all that is sent of a kill: one is enough, under oom_lock. */
static struct oomwhy_stack scratch_stack SEC(".data.scratch");

/* Before the decision, or before the victim whose decision is not visible. */
static __always_inline void send_stack(void *ctx, u64 asker)
{
	struct oomwhy_stack *record = &scratch_stack;
	long size;

	if (!stacks_are_wanted)
		return;
	size = bpf_get_stack(ctx, record->frames, sizeof(record->frames), 0);
	if (size <= 0)
		return;
	head_unordered(&record->header, OOMWHY_STACK);
	record->asker = asker;
	record->count = size / sizeof(record->frames[0]);
	send_bytes(&record->header, sizeof(*record));
}

#endif
