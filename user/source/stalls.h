/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stalls: limits that are hit while nobody is killed: each told once when it begins and once, with
 * its figures, when it has ended.
 *
 * The kernel tells that one begins, and counts. That it has ended shows only in silence: for
 * OOMWHY_STALL_QUIET_NS no attempt to kill, and no task that waits.
 */
#ifndef OOMWHY_STALLS_H
#define OOMWHY_STALLS_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "oomwhy_record.h"

#define STALLS_MAX 16 /* at once; of more only the beginning is told */

struct stalls_config {
	__u64 page_bytes;
	const char *boot_id; /* outlives the stalls */
	__u64 (*wall_ns)(__u64 boot_time_ns);
	/* The kernel's count of attempts, see struct oomwhy_stall. */
	struct oomwhy_attempts (*attempts)(void *context, __u32 slot);
	/* Takes a complete event; may change it. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

struct open_stall {
	__u64 memcg_id;
	__u32 kind; /* enum oomwhy_stall_kind; 0: free */
	__u32 slot;
	char id[EVENT_ID_MAX];
	__u64 first_ns, last_ns; /* CLOCK_BOOTTIME */
	__u64 attempts;
	__u64 tasks; /* that have begun to wait */
	__s64 waiting; /* now */
};

struct stalls {
	struct stalls_config config;
	__u64 count; /* told */
	struct open_stall open[STALLS_MAX];
	struct event ev;
};

void stalls_init(struct stalls *stalls, const struct stalls_config *config);

/* Records of the kill ring that are sound. */
void stalls_record(struct stalls *stalls, const struct oomwhy_stall *record);
void stalls_wait(struct stalls *stalls, const struct oomwhy_wait *record);

/*
 * stalls_tick() - tell of those that have ended.
 * Returns the boot time at which it wants to be called again, 0 if none is open.
 */
__u64 stalls_tick(struct stalls *stalls, __u64 boot_time_ns);

#endif
