/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_running: the log of the running kernel, as far as its buffer reaches back. */
#ifndef OOMWHY_KLOG_RUNNING_H
#define OOMWHY_KLOG_RUNNING_H

#include "source/klog_feed.h"

/* How far back it reaches. */
struct klog_reach {
	__u64 first_boot_ns; /* printk's stamp of its oldest record; NOT_KNOWN */
	__u64 first_sequence; /* 0: nothing was overwritten since boot; NOT_KNOWN */
};

/*
 * klog_running_read() - all that /dev/kmsg has now, or, where that may not be read, syslog(2).
 * Returns 0 or -errno: neither is readable.
 */
int klog_running_read(struct klog_feed *feed, struct klog_reach *ret_reach);

#endif
