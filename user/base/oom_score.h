/* SPDX-License-Identifier: GPL-2.0-only */
/* oom_score: how soon this process itself is chosen when memory is short. */
#ifndef OOMWHY_OOM_SCORE_H
#define OOMWHY_OOM_SCORE_H

#include <stdbool.h>

/* As others that a node needs (kubelet, containerd). Not -1000: at our own limit it ends with us.
 */
#define OOM_SCORE_WANTED -999

/* oom_score_read() - our oom_score_adj, -1000 (never chosen) to 1000; false: it cannot be read. */
bool oom_score_read(int *ret);

/* oom_score_write() - Returns 0 or -errno; -EACCES: it was never so low, and CAP_SYS_RESOURCE is
 * missing. */
int oom_score_write(int score);

#endif
