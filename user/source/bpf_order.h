/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf_order: in which order the kernel counts a memcg's memory by kind. From Linux 6.10 on only a
 * table says so, which is a symbol with CONFIG_KALLSYMS_ALL only; without it the order of 6.10 is
 * believed where it proves right.
 */
#ifndef OOMWHY_BPF_ORDER_H
#define OOMWHY_BPF_ORDER_H

#include <stdbool.h>

#include "oomwhy_record.h"

struct oomwhy_bpf;

/*
 * bpf_order_check() - before the programs are attached: ask the kernel, and tell the programs.
 * Where the order is not known, what fills the memory will not be told.
 */
void bpf_order_check(struct oomwhy_bpf *skel);

/* bpf_order_is_right() - are these four of the root memcg's, looked up by that order, the
 * machine's? Pure. */
bool bpf_order_is_right(const struct oomwhy_order *record);

#endif
