/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmsg: the running kernel's log, followed from now on: the same reports as explain's, told as they
 * are written. For kernels that refuse BPF.
 *
 * /dev/kmsg is read; where it is not to be had, as in most containers, what syslog(2) copies, once
 * a second. Nothing is allocated for a record, and nobody is waited for.
 */
#ifndef OOMWHY_SOURCE_KMSG_H
#define OOMWHY_SOURCE_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "source/klog.h"
#include "source/kmsg_tail.h"

#define KMSG_RECORD_MAX 16384 /* the kernel's own bound is 8 KiB */

struct kmsg_config {
	__u64 page_bytes;
	const char *boot_id; /* outlives it */
	void (*begun)(void *context); /* a report begins */
	/* Takes a complete event: a kill, a stall; may change it. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

/* What the log has besides kills. */
struct kmsg_losses {
	__u64 overwritten; /* records that were gone before they were read; at least */
	__u64 suppressed; /* reports that the kernel left out */
};

/* Why the log cannot be read: -errno each. */
struct kmsg_errors {
	int device, syslog;
};

struct kmsg {
	struct kmsg_config config;
	struct kmsg_losses losses;
	int fd; /* becomes readable when there may be something to read */
	bool is_device; /* /dev/kmsg, or what stands for it in a test; else a timer */
	__u64 next_sequence; /* 0: none was read yet */
	__s64 skew_ns; /* CLOCK_MONOTONIC less printk's clock */
	__u64 skew_at_ns; /* when that was seen, 0: never */
	__u64 touched_ns[KLOG_OPEN_MAX]; /* boot time at which an open report has grown */
	__u64 touched_line[KLOG_OPEN_MAX]; /* and to which line */
	struct klog klog;
	struct klog_reader reader;
	struct kmsg_tail tail;
	char record[KMSG_RECORD_MAX];
};

/*
 * kmsg__open() - begin at the log's end.
 * Returns 0 and *@ret, to be closed by the caller, or -errno and *@ret_errors.
 */
int kmsg__open(const struct kmsg_config *config, struct kmsg **ret, struct kmsg_errors *ret_errors);

/* kmsg__open_fd() - the same for a descriptor that gives one record a read; it is taken over. */
int kmsg__open_fd(const struct kmsg_config *config, int fd, struct kmsg **ret);
void kmsg__close(struct kmsg *kmsg);

/*
 * kmsg__consume() - take what is there, or a good part of it: the rest with the next call. Returns
 * 0, or -errno where the log cannot be read any more.
 */
int kmsg__consume(struct kmsg *kmsg);

/*
 * kmsg__tick() - tell the reports that are complete, or to which nothing comes any more.
 * Returns the boot time at which it wants to be called again; 0: no report is open.
 */
__u64 kmsg__tick(struct kmsg *kmsg, __u64 boot_time_ns);

/* kmsg__is_open() - a report has begun and is not told yet. */
bool kmsg__is_open(const struct kmsg *kmsg);

/* kmsg__flush() - tell all that is open. */
void kmsg__flush(struct kmsg *kmsg);

#endif
