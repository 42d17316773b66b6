/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * repeat: how often the same container was killed, and the same limit hit, within an hour; and
 * storms, in which kills come too fast for a report each. T1's; of a fixed size, no I/O.
 */
#ifndef OOMWHY_HISTORY_REPEAT_H
#define OOMWHY_HISTORY_REPEAT_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"

#define REPEAT_MINUTES 60
#define REPEAT_TALLIES \
	512 /* containers and limits; the one that was killed longest ago is forgotten */
#define STORM_KILLS 10 /* within the time below: a storm */
#define STORM_NS (10 * 1000000000ULL)
#define STORM_CALM_NS (5 * 1000000000ULL) /* without a kill: it is over */
#define STORM_TOLD_NS (60 * 1000000000ULL) /* one that goes on is told so often */

/* Kills of one container, or at one limit. */
struct tally {
	__u64 key; /* 0: free */
	__u64 first_ns; /* boot time of the first one of those that count */
	__u64 last_ns;
	__u64 minute; /* that the last one was in */
	__u16 kills[REPEAT_MINUTES]; /* by minute, modulo their number */
};

struct repeats {
	struct tally tallies[REPEAT_TALLIES];
	__u64 times[STORM_KILLS]; /* boot times of the last kills */
	__u32 next;
	struct {
		char id[EVENT_ID_MAX]; /* of the kill with which it began; "": there is none */
		__u64 first_ns, last_ns, told_ns;
		__u64 kills;
	} storm;
	struct event ev;
};

/* repeat_take() - fill in @ev's repeat, if it is a kill. Its places and names are known. */
void repeat_take(struct repeats *repeats, struct event *ev);

/*
 * repeat_tick() - is a storm over, or long? Then @repeats->ev is its update.
 * @ret_next_ns: boot time at which to ask again; 0: no storm
 */
bool repeat_tick(struct repeats *repeats, __u64 boot_time_ns, __u64 wall_ns, __u64 *ret_next_ns);

#endif
