/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter: which kills and stalls a reader wants to see: by the namespace, pod and container of who
 * died (or, where nobody did, who waits), and by the verdict's level.
 *
 * Pure. Who cannot be told is not dropped: where names or the level are not known, the event is
 * shown. A process that is in no pod is known to be in no namespace.
 */
#ifndef OOMWHY_FILTER_H
#define OOMWHY_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#define FILTER_NAMES_MAX 16 /* of each kind */

/* Names that the user gave; '*' in one stands for anything. Borrowed. */
struct filter_names {
	const char *names[FILTER_NAMES_MAX];
	size_t count;
};

/* All 0: shows everything. Kinds are joined by "and", what is of one kind by "or". */
struct filter {
	struct filter_names namespaces;
	struct filter_names pods; /* "NS/POD", or "POD" in any of the namespaces */
	struct filter_names containers;
	unsigned int levels; /* bits: 1 << enum limit_level */
};

/* filter_add() - @name is one more that is shown. False: it is empty, or there are too many. */
bool filter_add(struct filter_names *names, const char *name);

/* filter_add_levels() - "pod" or "pod,node". False: one of them is no level. */
bool filter_add_levels(struct filter *filter, const char *list);

/* filter_is_set() - is there anything that it may leave out? */
bool filter_is_set(const struct filter *filter);

/*
 * filter_shows() - is a judged kill or stall shown? All other events are.
 */
bool filter_shows(const struct filter *filter, const struct event *ev);

#endif
