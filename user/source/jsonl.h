/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jsonl: our own JSON lines, read back by the field table that wrote them. What a line says of
 * meaning (level, verdict, headline) is read like the rest; identify and judge say it anew.
 */
#ifndef OOMWHY_JSONL_H
#define OOMWHY_JSONL_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "source/klog_line.h"

/*
 * jsonl_read() - @ev from one line. A container's log may have wrapped it (CRI, Docker's
 * json-file). Keys that the table does not have are passed over: a newer oomwhy wrote them.
 * Returns false where it is none of our lines, or damaged: then *@ret_why says what is wrong.
 */
bool jsonl_read(struct event *ev, struct klog_reader *reader, const char *line, size_t len,
		const char **ret_why);

/* jsonl_is_ours() - do these bytes, the first of a file, begin with a line of ours? */
bool jsonl_is_ours(const char *bytes, size_t len);

#endif
