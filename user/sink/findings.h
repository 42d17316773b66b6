/* SPDX-License-Identifier: GPL-2.0-only */
/* The two printers of `oomwhy doctor`. */
#ifndef OOMWHY_SINK_FINDINGS_H
#define OOMWHY_SINK_FINDINGS_H

#include "checkup.h"
#include "sink/text.h"

/*
 * findings_json() - one JSON object on one line, '\n' included.
 * Returns its length (there is no NUL after it), or -E2BIG; JSON_LINE_MAX bytes are enough for
 * what a kernel tells.
 */
int findings_json(const struct checkup *checkup, char *buf, size_t size);

/*
 * findings_text() - a check list, and the verdict below it.
 * Returns the bytes written, without the NUL that follows them.
 */
size_t findings_text(const struct checkup *checkup, const struct text_style *style, char *buf,
		     size_t size);

#endif
