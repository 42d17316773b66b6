/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * candidates: whom the OOM killer could have chosen, and why it chose the victim: its arithmetic,
 * done once more. Pure.
 */
#ifndef OOMWHY_HISTORY_CANDIDATES_H
#define OOMWHY_HISTORY_CANDIDATES_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "names/index.h"
#include "oomwhy_record.h"

/* What T1 wants to know of a kill. */
struct candidates_ask {
	char id[EVENT_ID_MAX]; /* of the incident */
	__u64 owner_id; /* the limit owner; 0: the machine */
	__u64 domain_bytes; /* NOT_KNOWN: nothing is added up */
	__u64 page_bytes;
	__s64 victim_points; /* the kernel's own; NOT_KNOWN_SIGNED */
	struct oomwhy_candidate victim; /* as it was at the kill */
};

struct candidates {
	struct candidates_ask ask;
	struct {
		struct oomwhy_candidate record;
		__s64 points; /* NOT_KNOWN_SIGNED */
	} top[CANDIDATES_MAX];
	__u64 count;
	__u64 omitted;
};

/* candidates_ask() - from a judged kill; false: there is nothing to ask. */
bool candidates_ask(const struct event *ev, __u64 page_bytes, struct candidates_ask *ret);

void candidates_begin(struct candidates *candidates, const struct candidates_ask *ask);
void candidates_add(struct candidates *candidates, const struct oomwhy_candidate *record);

/* candidates_end() - the update; @index: whose they are. Its time is the caller's to set. */
void candidates_end(const struct candidates *candidates, struct index *index, struct event *ret);

#endif
