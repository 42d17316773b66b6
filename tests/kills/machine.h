/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine: what a case changes outside of its cgroups (settings, swap, a mounted hierarchy), and
 * how the end of the case undoes it. Functions fail the test by themselves.
 */
#ifndef KILLS_MACHINE_H
#define KILLS_MACHINE_H

#include "fixture.h"

/* Writes to a file of /proc; the case's end writes back what was there. */
void machine_set(struct fixture *fx, const char *path, const char *text);
/* The OOM killer must not choose the test or the tracer. */
void machine_protect(struct fixture *fx);
/* May a process of ours have an oom_score_adj of -1000? (CAP_SYS_RESOURCE) */
bool machine_may_protect(void);
/* Swap on the device that OOMWHY_SWAP_DEVICE names, which is overwritten. */
void machine_swap_on(struct fixture *fx);
/* What all CPUs together may keep to themselves of one memcg: MEMCG_CHARGE_BATCH pages each. */
long long machine_stock_bytes(void);
/* NUMA nodes that have memory. */
int machine_nodes(void);

/* A new cgroup of a v1 controller, in fx->side.dir; false: the kernel does not have it so. */
bool machine_side(struct fixture *fx, const char *controller);
void machine_side_write(const struct fixture *fx, const char *file, const char *text);
bool machine_side_reads(const struct fixture *fx, const char *file, const char *text);

/* What is frozen goes on: it could not be killed. */
void machine_thaw(const struct fixture *fx);
/* Undoes all. */
void machine_restore(struct fixture *fx);

#endif
