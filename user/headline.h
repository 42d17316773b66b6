/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * headline: an event in one line. Pure. It says what is known and nothing else.
 */
#ifndef OOMWHY_HEADLINE_H
#define OOMWHY_HEADLINE_H

#include "event.h"

#define HEADLINE_LIMIT_MAX 128
#define WHO_PIECES_MAX 8 /* seven: namespace, slash, pod, space and the container in brackets */

/*
 * headline() - set ev->message from the rest of the event; without the time. Valid UTF-8,
 * printable, one line.
 */
void headline(struct event *ev);

/*
 * headline_limit() - whose limit was hit: "container limit 512Mi", "machine out of memory, 15.6Gi".
 * For LIMIT_SLICE the phrase ends in "of" and the caller adds the limit owner's path: all that is
 * in it is ours.
 */
char *headline_limit(const struct incident *incident, char *buf, size_t size);

/*
 * headline_candidates() - whom the kernel could choose, as a kernel log's table of tasks has them.
 * Valid UTF-8, printable, not ended by NUL. Returns the length; 0: there was no choice, or nobody
 * knows.
 */
size_t headline_candidates(const struct event *ev, char *buf, size_t size);

/* headline_had_choice() - is below the limit anybody who lives? */
bool headline_had_choice(const struct candidate *list, __u64 count);

/* headline_stall() - why nobody was killed, as a clause about the cgroup. */
const char *headline_stall(const struct stall *stall);

/* incident_level() - the verdict's level; where nobody has judged, the limit owner's own. */
enum limit_level incident_level(const struct incident *incident);

/*
 * A part of a phrase: our own words, or a name that somebody else wrote (any bytes; never to be
 * broken).
 */
struct piece {
	const char *bytes;
	size_t len;
	bool name;
};

enum who_part {
	WHO_POD = 1, /* shop/cart-7d9f8c6b5-x2x7q */
	WHO_CONTAINER = 2, /* [cart] */
	WHO_ALL = 3,
};

/*
 * headline_who() - whose process: namespace/pod [container] where known, else what the path tells
 * (pod UID, short container id), else, for WHO_ALL, the cgroup's path. Returns the number of
 * pieces, 0 when nothing is known.
 */
size_t headline_who(const struct event *ev, const struct event_task *task, enum who_part parts,
		    struct piece ret[WHO_PIECES_MAX]);

#endif
