/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf_direct: which of the kernel side's programs are loaded where bpf_probe_read_kernel() is
 * forbidden (lockdown=confidentiality).
 */
#ifndef OOMWHY_BPF_DIRECT_H
#define OOMWHY_BPF_DIRECT_H

#include "event.h"
#include "source/probe.h"

struct bpf_program;
struct oomwhy_bpf;

/* bpf_direct_choose() - the twins, and none of the programs that need the helper. Before loading.
 */
void bpf_direct_choose(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan);

/* bpf_direct_shrink() - as little memory as can be for what only the twins use. Before loading. */
void bpf_direct_shrink(struct oomwhy_bpf *skel);

/* bpf_direct_baseline() - the iterator that is loaded; NULL: none is. */
struct bpf_program *bpf_direct_baseline(const struct oomwhy_bpf *skel);

#endif
