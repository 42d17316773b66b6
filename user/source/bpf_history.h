/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf_history: which programs count what is reclaimed for each memcg's limit, and see the dead. */
#ifndef OOMWHY_SOURCE_BPF_HISTORY_H
#define OOMWHY_SOURCE_BPF_HISTORY_H

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

#endif
