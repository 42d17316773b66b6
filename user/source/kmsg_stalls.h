/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmsg_stalls: where nobody can be killed the kernel writes a report at each attempt. The first of
 * them is told, and, when they have ended, how many there were.
 */
#ifndef OOMWHY_SOURCE_KMSG_STALLS_H
#define OOMWHY_SOURCE_KMSG_STALLS_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"

#define KMSG_STALLS_MAX 8 /* at once; of more each attempt is told */
#define KMSG_STALL_PATH_MAX 1024 /* a longer path's stalls are told at each attempt */

struct kmsg_stall {
	__u64 attempts; /* 0: free */
	__u64 seen_ns; /* CLOCK_BOOTTIME: when the latest was read */
	__u64 first_ns, last_ns; /* by the log's clock; NOT_KNOWN */
	char id[EVENT_ID_MAX];
	char path[KMSG_STALL_PATH_MAX]; /* of the limit's owner; not NUL-terminated */
	size_t path_len; /* 0: the machine */
};

struct kmsg_stalls {
	struct kmsg_stall stall[KMSG_STALLS_MAX];
	struct event ev;
};

/* kmsg_stalls_take() - whether @ev, a stall, is to be told; else it is one more attempt. */
bool kmsg_stalls_take(struct kmsg_stalls *stalls, const struct event *ev, __u64 boot_time_ns);

/*
 * kmsg_stalls_end() - the event that tells of one that has ended; the caller may change it. NULL:
 * none has. *@ret_next_ns: when to ask again, 0: none is open.
 */
struct event *kmsg_stalls_end(struct kmsg_stalls *stalls, __u64 boot_time_ns, __u64 *ret_next_ns);

#endif
