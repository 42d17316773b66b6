/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * candidates: whom the OOM killer could have chosen, and why it chose the victim: its arithmetic,
 * done once more. Pure; for what is read right after a kill, and for the kernel log's table.
 */
#ifndef OOMWHY_CANDIDATES_H
#define OOMWHY_CANDIDATES_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "oomwhy_record.h"

/* Of CANDIDATES_MAX: the victim and the next by points; bigger ones; bigger ones elsewhere. */
#define CANDIDATES_RANKED 4
#define CANDIDATES_BIGGER 2
#define CANDIDATES_OUTSIDE 2

/* A kill, and the process that was chosen. */
struct candidates_ask {
	char id[EVENT_ID_MAX]; /* of the incident */
	__u64 owner_id; /* the limit owner; 0: the machine */
	__u64 kill_ns; /* boot time: what began later was no candidate; NOT_KNOWN */
	__u64 domain_bytes; /* NOT_KNOWN: nothing is added up */
	__u64 page_bytes;
	__s64 victim_points; /* the kernel's own; NOT_KNOWN_SIGNED */
	__u64 asker_is_victim; /* bool: vm.oom_kill_allocating_task may have chosen it */
	struct oomwhy_candidate victim; /* as it was at the kill */
	__u64 others_count; /* who died with it */
	struct {
		__u64 pid, fate;
	} others[INCIDENT_OTHER_VICTIMS_MAX];
};

struct ranked_candidate {
	struct oomwhy_candidate record;
	__s64 points; /* NOT_KNOWN_SIGNED: it could not be chosen, or the domain is not known */
};

struct candidate_ranking {
	struct ranked_candidate entries[CANDIDATES_RANKED];
	__u64 count;
};

struct candidates {
	struct candidates_ask ask;
	struct ranked_candidate victim;
	struct candidate_ranking next, bigger, outside;
	__u64 seen; /* that could be chosen, without the victim */
};

/*
 * candidates_ask() - what to ask of a kill; false: nothing. @page_bytes: this machine's, or the
 * log's.
 */
bool candidates_ask(const struct event *ev, __u64 page_bytes, struct candidates_ask *ret);

/* candidates_begin() - then _add() for each process, in any order, then _end(). */
void candidates_begin(struct candidates *candidates, const struct candidates_ask *ask);
void candidates_add(struct candidates *candidates, const struct oomwhy_candidate *record);

/*
 * candidates_end() - fill @list, of CANDIDATES_MAX: the victim first, then by points, then bigger
 * ones with fewer points, then those that are not below the limit. Names go into @ev's pool.
 * Returns how many; *@ret_omitted: candidates that are not in it.
 */
__u64 candidates_end(const struct candidates *candidates, struct event *ev, struct candidate *list,
		     __u64 *ret_omitted);

#endif
