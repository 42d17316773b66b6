/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text: an event as people read it: a report of at most 15 lines of 80 columns for an incident, one
 * line for the rest. Only a name may pass the right edge: names are never cut.
 */
#ifndef OOMWHY_SINK_TEXT_H
#define OOMWHY_SINK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "../event.h"

#define TEXT_LINES_MAX 15
#define TEXT_WRITE_MAX 65536 /* a buffer that every event with names of a sane length fits into */

struct text_style {
	bool colour;
	bool utf8; /* false: ASCII only */
	int columns; /* 0: 80 */
};

/*
 * text_write() - write @ev into @buf; allocates nothing, opens nothing.
 * Returns the bytes written, whole lines and without the NUL that follows them; 0 for an event
 * without text. What does not fit is cut at a line's end.
 */
size_t text_write(const struct event *ev, const struct text_style *style, char *buf, size_t size);

#endif
