/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe_direct: may programs read kernel memory with bpf_probe_read_kernel(), and what can they see
 * without it?
 */
#ifndef OOMWHY_PROBE_DIRECT_H
#define OOMWHY_PROBE_DIRECT_H

#include "source/probe.h"

/* probe_direct() - part of probe_kernel(), where tracing programs can be loaded. */
void probe_direct(struct probe *ret, const struct btf *btf);

#endif
