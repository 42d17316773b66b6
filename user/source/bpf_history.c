// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>

#include "source/bpf_history.h"

#include "oomwhy.skel.h"

/*
 * How a reclaim's memcg is known, best first: the tracepoint says it, the function's argument is
 * it, or the task's memcgs are looked at (which reads kernel memory).
 */
void bpf_history_choose(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	bool is_told = probe->reclaim_has_memcg;
	bool fentry = !is_told && plan == ATTACH_FENTRY && probe->has_memcg_reclaim;
	bool kprobe = !is_told && plan == ATTACH_KPROBE && probe->has_memcg_reclaim;
	bool inferred = !is_told && !fentry && !kprobe && !probe->reads_are_direct;
	struct bpf_program *const programs[] = {
		skel->progs.reclaim_tracepoint,
		skel->progs.reclaim_fentry,
		skel->progs.reclaim_kprobe,
		skel->progs.reclaim_inferred,
	};
	const bool chosen[] = { is_told, fentry, kprobe, inferred };

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		bpf_program__set_autoload(programs[i], chosen[i]);
		bpf_program__set_autoattach(programs[i], false);
	}
	skel->rodata->reclaim_is_inferred = inferred;
	/* These read nothing. */
	bpf_program__set_autoload(skel->progs.process_exits, true);
	bpf_program__set_autoattach(skel->progs.process_exits, false);
	bpf_program__set_autoload(skel->progs.memory_is_free, probe->has_exit_mmap);
	bpf_program__set_autoattach(skel->progs.memory_is_free, false);
}

struct bpf_program *bpf_history_begins(const struct oomwhy_bpf *skel)
{
	struct bpf_program *const programs[] = {
		skel->progs.reclaim_tracepoint,
		skel->progs.reclaim_fentry,
		skel->progs.reclaim_kprobe,
		skel->progs.reclaim_inferred,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (bpf_program__autoload(programs[i]))
			return programs[i];
	return NULL;
}
