/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf_fingerprint: by it another process knows whether the programs that run are those that it
 * would load. */
#ifndef OOMWHY_SOURCE_BPF_FINGERPRINT_H
#define OOMWHY_SOURCE_BPF_FINGERPRINT_H

#include <linux/types.h>

struct oomwhy_bpf;

/*
 * bpf_fingerprint() - of the programs as they were built, of which of them were chosen, and of all
 * that was set before loading.
 */
__u64 bpf_fingerprint(const struct oomwhy_bpf *skel);

#endif
