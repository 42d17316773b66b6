// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <bpf/libbpf.h>

#include "source/bpf_direct.h"

#include "oomwhy.skel.h"

#define PREFIX "direct_"

/* Each program of direct.bpf.h has its prefix: whatever else there is cannot be loaded here. */
static bool is_twin(const struct bpf_program *program)
{
	return !strncmp(bpf_program__name(program), PREFIX, strlen(PREFIX));
}

void bpf_direct_choose(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj)
		if (!is_twin(program))
			bpf_program__set_autoload(program, false);
	/* These read nothing. */
	bpf_program__set_autoload(skel->progs.memcg_reclaim_ends, true);
	bpf_program__set_autoload(skel->progs.machine_reclaim_ends, true);
	bpf_program__set_autoload(skel->progs.direct_decision, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.direct_decision_ends, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.direct_mark_victim, true);
	bpf_program__set_autoload(skel->progs.direct_signal, true);
	bpf_program__set_autoload(skel->progs.direct_cgroup_mkdir, true);
	bpf_program__set_autoload(skel->progs.direct_cgroup_rmdir, true);
	bpf_program__set_autoload(skel->progs.direct_cgroup_release, true);
	bpf_program__set_autoload(skel->progs.direct_cgroup_rename, true);
	bpf_program__set_autoload(skel->progs.direct_baseline, !probe->direct_events_are_denied);
	bpf_program__set_autoattach(skel->progs.direct_baseline, false);
	skel->rodata->events_are_denied = probe->direct_events_are_denied;
	if (probe->mark_victim_has_task)
		bpf_map__set_max_entries(skel->maps.direct_victims, 1);
}

void bpf_direct_shrink(struct oomwhy_bpf *skel)
{
	bpf_map__set_max_entries(skel->maps.direct_walked, 1);
	bpf_map__set_max_entries(skel->maps.direct_victims, 1);
}

struct bpf_program *bpf_direct_baseline(const struct oomwhy_bpf *skel)
{
	if (bpf_program__autoload(skel->progs.baseline))
		return skel->progs.baseline;
	if (bpf_program__autoload(skel->progs.direct_baseline))
		return skel->progs.direct_baseline;
	return NULL;
}
