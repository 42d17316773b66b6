// SPDX-License-Identifier: GPL-2.0-only
/* text_stack: how who asked came to the OOM killer. */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "text_report.h"

#define FRAMES_SHOWN 8 /* JSON has all */

/* The OOM killer's own functions are the same each time: what stands before them tells who asked.
 */
static size_t after_oom_killer(const char *bytes, size_t len)
{
	static const char last[] = "out_of_memory;";
	const char *found, *at = bytes;

	while ((found = memmem(at, len - (size_t)(at - bytes), last, strlen(last))))
		at = found + strlen(last);
	return (size_t)(at - bytes);
}

void report_stack(struct report *r)
{
	struct text stack = r->incident->trigger_stack;
	const char *bytes = text_bytes(r->ev, stack);
	size_t at = after_oom_killer(bytes, stack.len), len;

	if (!stack.len || r->detail >= DETAIL_HIT_ONLY)
		return;
	report_label(r, "stack");
	for (int i = 0; at < stack.len && i < FRAMES_SHOWN; i++, at += len + 1) {
		const char *end = memchr(bytes + at, ';', stack.len - at);

		len = end ? (size_t)(end - bytes) - at : stack.len - at;
		say(&r->w, i ? " < " : "");
		put_name(&r->w, bytes + at, len);
	}
	if (at < stack.len)
		say(&r->w, " < ...");
	put_newline(&r->w);
}
