/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * past: the kills that this machine knows of: from the state folder, where live ones are kept, and
 * from the kernel's log. Each once: it is the same where the process, its cgroup and the time are.
 */
#ifndef OOMWHY_PAST_H
#define OOMWHY_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "cmd_explain_files.h"

#define PAST_MAX 200 /* kills that are kept: the newest */
#define PAST_KEYS 65536 /* kills that are known from one another */

struct past_key {
	__u64 pid; /* 0: free */
	__u64 time_ns; /* past_when_ns() */
	__u64 memcg; /* hash of the victim's path; 0: not known */
};

struct past {
	struct explain *explain;
	struct event *kept[PAST_MAX]; /* oldest first, once it is read */
	size_t count;
	__u64 older; /* of those that were to be kept */
	__u64 unnamed; /* kills of pods whose names nobody knows any more, while some are asked for
			*/
	bool this_boot; /* only its kills are told */
	/* Sees each kill of this boot, also those that are not told. */
	void (*see)(void *context, const struct event *ev);
	void *context;
	__u64 boot_wall_ns; /* when this boot began, by the wall clock of now */
	__u64 slack_ns; /* between the log's stamps and the clock */
	__u64 kernel_kills; /* that the kernel has counted since boot; NOT_KNOWN */
	__u64 known_kills; /* of these */
	struct past_key *keys;
};

/*
 * past_read() - all of it, judged, with what @ret says of this_boot and see; the rest of it is 0.
 * @options outlive it. To be freed by past_free(), whatever it returns: 0, or an exit status where
 * nothing at all can be read, which was told. *@ret_failed: some of it could not be read.
 */
int past_read(struct past *ret, const struct explain_options *options, bool *ret_failed);
void past_free(struct past *past);

/* past_missing() - kills since boot that the kernel has counted and nobody knows; NOT_KNOWN. */
__u64 past_missing(const struct past *past);

/*
 * past_from_ns() - since when it is known that there were no others; wall clock, NOT_KNOWN.
 * @ret_is_boot: since the machine was started
 */
__u64 past_from_ns(const struct past *past, bool *ret_is_boot);

/*
 * past_when_ns() - when it happened, by the wall clock as it goes now: an event of this boot may
 * say another time, if the clock was set since. NOT_KNOWN.
 */
__u64 past_when_ns(const struct past *past, const struct event *ev);

/* past_take() - is it a kill or stall that was not there before? For past_read(), and for tests. */
bool past_take(void *past, const struct event *ev);

/* past_keep() - one that is to be told, judged. The same. */
void past_keep(void *context, const struct event *ev);

#endif
