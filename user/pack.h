/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pack: an event in few bytes, while it waits in the queue. Most of an event says "not known" or 0,
 * and most of its numbers are small: a kill takes a sixth of its size, an update a fiftieth.
 */
#ifndef OOMWHY_PACK_H
#define OOMWHY_PACK_H

#include <stdbool.h>

#include "event.h"

/* Words of 8 bytes, and the most that one becomes. */
#define PACK_WORDS ((offsetof(struct event, text) + 7) / 8)
#define PACK_MAX (PACK_WORDS * 10 + EVENT_TEXT_MAX)

/* event_pack() - put @ev into @ret; returns how many bytes it took. */
size_t event_pack(const struct event *ev, unsigned char ret[PACK_MAX]);

/* event_unpack() - the same event again. Returns false where @len bytes at @packed are none. */
bool event_unpack(const unsigned char *packed, size_t len, struct event *ret);

#endif
