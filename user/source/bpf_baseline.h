/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf_baseline: how many OOM events each memcg had before we began to count. */
#ifndef OOMWHY_BPF_BASELINE_H
#define OOMWHY_BPF_BASELINE_H

#include "source/bpf.h"

struct oomwhy_bpf;

/*
 * bpf_baseline_take() - hands each memcg to @handlers->baseline. After loading, and before the
 * other programs are attached, or the kills that they see would be in the baseline already. Returns
 * 0, also where no iterator is loaded, or -errno.
 */
int bpf_baseline_take(const struct oomwhy_bpf *skel, const struct bpf_handlers *handlers);

#endif
