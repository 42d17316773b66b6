/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf_history: which programs count what is reclaimed for each memcg's limit, and see the dead. */
#ifndef OOMWHY_SOURCE_BPF_HISTORY_H
#define OOMWHY_SOURCE_BPF_HISTORY_H

#include "candidates.h"
#include "event.h"
#include "source/probe.h"

struct oomwhy_bpf;
struct bpf_program;

/*
 * bpf_history_choose() - after all other choices. What is chosen is to be attached by the caller,
 * and a kill is told without it.
 */
void bpf_history_choose(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan);

/* bpf_history_begins() - the program that was chosen for a reclaim's beginning; NULL: none. */
struct bpf_program *bpf_history_begins(const struct oomwhy_bpf *skel);

/* bpf_history_page() - the map by which candidates are asked for, the skeleton's; -1: none. */
int bpf_history_page(const struct oomwhy_bpf *skel);

/*
 * bpf_history_open() - @page_map: bpf_history_page(), or what was pinned of it; @ret: what it
 * holds, to be unmapped; NULL: nobody can be asked for candidates.
 */
void bpf_history_open(int page_map, struct oomwhy_candidates_page **ret);

/*
 * bpf_history_candidates() - add each process that there is, below the memcg that is asked for, or
 * bigger than the victim; without bpf(). For one thread at a time, not T1. Returns 0 or -errno;
 * -EOPNOTSUPP: not on this kernel.
 */
int bpf_history_candidates(struct oomwhy_candidates_page *page, struct candidates *candidates);

#endif
