/* SPDX-License-Identifier: GPL-2.0-only */
/* headline_line: what headlines are written with; for headline*.c alone. */
#ifndef OOMWHY_HEADLINE_LINE_H
#define OOMWHY_HEADLINE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#define HEADLINE_MAX 4096 /* longer names are cut here; their own fields keep them whole */

struct line {
	size_t len;
	bool cut;
	char text[HEADLINE_MAX];
};

static inline bool known(__u64 value)
{
	return value != NOT_KNOWN;
}

/* line_put() - all of these bytes, or nothing from now on. */
void line_put(struct line *line, const char *bytes, size_t len);

/* line_name(), line_text() - what others wrote, made fit for one line. */
void line_name(struct line *line, const char *bytes, size_t len);
void line_text(struct line *line, const struct event *ev, struct text text);

/* line_putf() - words of ours, at most 191 bytes. */
void line_putf(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void line_count(struct line *line, __u64 count, const char *one, const char *many);

/* line_of_note() - the headline of a start, loss, stop or oom_update line. */
void line_of_note(struct line *line, const struct event *ev);

/*
 * line_of_candidates() - the chosen one, the next by points, and for each reason why a bigger one
 * lives the biggest. @list is not empty.
 */
void line_of_candidates(struct line *line, const struct event *ev, const struct candidate *list,
			__u64 count, __u64 domain_bytes);

#endif
