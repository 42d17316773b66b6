/* SPDX-License-Identifier: GPL-2.0-only */
/* trend: what the samples of one cgroup say of the time before a kill. Pure. */
#ifndef OOMWHY_HISTORY_TREND_H
#define OOMWHY_HISTORY_TREND_H

#include "event.h"
#include "history/store.h"

/*
 * trend_from_slot() - fill @ret but for what the kernel side counts.
 * @kill_ns: boot time of the kill; what was sampled later does not count
 * @usage_bytes: at the kill; NOT_KNOWN: the last sample is the end
 */
void trend_from_slot(const struct slot *slot, __u64 kill_ns, __u64 usage_bytes, struct trend *ret);

/* trend_age() - of a cgroup that was made at @made_ns, which may be after it (@made_before). */
void trend_age(__u64 made_ns, bool made_before, __u64 kill_ns, struct trend *ret);

#endif
