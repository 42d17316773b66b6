/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_running: the log of the running kernel, as far as its buffer reaches back. */
#ifndef OOMWHY_KLOG_RUNNING_H
#define OOMWHY_KLOG_RUNNING_H

#include "source/klog_feed.h"

/*
 * klog_running_read() - all that /dev/kmsg has now, or, where that may not be read, syslog(2).
 * Returns 0 or -errno: neither is readable.
 */
int klog_running_read(struct klog_feed *feed);

#endif
