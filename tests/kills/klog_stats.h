/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_stats: the table "Memory cgroup stats for" of a report, of cgroup v1 and v2. */
#ifndef KILLS_KLOG_STATS_H
#define KILLS_KLOG_STATS_H

#include "klog.h"

struct klog_table {
	bool open; /* its lines come */
	struct klog_stats stats;
};

void klog_table_init(struct klog_table *ret);
/* One record of the log, which may hold one line of the table, all of it, or none. */
void klog_table_read(struct klog_table *table, const char *text);

#endif
