/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog: lines of a kernel log -> incidents.
 *
 * The kernel writes one report at a time (oom_lock), yet a log may have parts of several at once:
 * of several machines, of a report that was cut, of kills whose report the kernel left out (it
 * writes 10 in 5 s, but "Killed process" always). So some reports are open at a time, and each line
 * goes to the one that it fits: by machine, by the thread that printed it, by time, by the
 * processes and cgroups that it names. What a report lacks at its end is told.
 *
 * A kill that stands in two files is one: what was told is remembered.
 */
#ifndef OOMWHY_KLOG_H
#define OOMWHY_KLOG_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "source/klog_line.h"
#include "source/klog_report.h"

#define KLOG_OPEN_MAX 8 /* reports at a time */
#define KLOG_TOLD_MAX 65536 /* kills remembered */
#define KLOG_JOIN_MAX 4096 /* bytes of a line that the kernel broke */

struct klog_config {
	__u64 page_bytes; /* of the machine, where a report does not tell; 0: 4 KiB */
	const char *boot_id; /* of the log, where its lines do not say; NULL */
	bool comes_once; /* no report stands there twice: none is remembered */
	/* Wall clock of a boot time; NULL where the log may be another boot's. */
	__u64 (*wall_ns)(__u64 boot_time_ns);
	/* Takes a complete event: an incident, a stall, a loss; may change it. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

struct klog_stats {
	__u64 lines; /* that were looked at */
	__u64 incidents, stalls, losses; /* told */
	__u64 repeated; /* kills that stand there again */
	__u64 first_ns, last_ns; /* wall clock of the lines; NOT_KNOWN */
};

struct klog_told {
	__u64 pid; /* 0: nothing is remembered here */
	__u64 time_ns, boot_ns;
	__u64 memcg, host; /* hashes; 0: not known */
};

struct klog {
	struct klog_config config;
	struct klog_stats stats;
	struct klog_report report[KLOG_OPEN_MAX];
	struct klog_told *told; /* KLOG_TOLD_MAX, of which those in use cost memory */
	__u64 suppressed; /* reports that the kernel left out, so far */
	size_t guess; /* where the text began in the last line with an unknown prefix */
	size_t join_len; /* an "oom-kill:" line that goes on */
	struct klog_line join_line;
	char join[KLOG_JOIN_MAX];
	char join_host[256];
	struct event ev;
};

/* klog_init() - returns 0 or -ENOMEM. */
int klog_init(struct klog *klog, const struct klog_config *config);
void klog_free(struct klog *klog);

/* klog_take() - the next line of the log. */
void klog_take(struct klog *klog, const struct klog_line *given);

/* klog_wants_lines() - what comes next may be a table of an open report, whatever is in it. */
bool klog_wants_lines(const struct klog *klog);

/* klog_close() - nothing more will come to one of klog->report[]: tell it, if it is open. */
void klog_close(struct klog *klog, struct klog_report *report);

/* klog_flush() - nothing more will come: tell what is open. */
void klog_flush(struct klog *klog);

#endif
