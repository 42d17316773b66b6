/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_time: dates as logs write them -> ns since 1970. Pure but for the zone of local times (TZ).
 */
#ifndef OOMWHY_KLOG_TIME_H
#define OOMWHY_KLOG_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

#include "source/klog_line.h"

/* A place in a line: @at moves on over what was read. */
struct cursor {
	const char *at, *end;
};

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

static inline bool cursor_at(const struct cursor *c, char byte)
{
	return c->at < c->end && *c->at == byte;
}

/* cursor_skip() - over @word, if it stands there. */
static inline bool cursor_skip(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if (cursor_left(c) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* cursor_number() - decimal digits, at most @digits_max; false where there are none or too many. */
bool cursor_number(struct cursor *c, int digits_max, __u64 *ret);

/* cursor_token() - up to the next space, and over the spaces; its length. */
size_t cursor_token(struct cursor *c, const char **ret);

/*
 * Each returns false, and @c stays, where no such date stands there.
 * klog_time_iso(): "2026-11-23T10:11:12.123456Z", also with a space for the T, a comma for the dot,
 * "+01:00", "+0100", without a zone (local time). @ret_comma: the fraction had a comma.
 * klog_time_classic(): "Nov 23 10:11:12", with a fraction or a year after it; local time.
 * klog_time_stamp(): printk's "   14.450177" seconds.
 */
bool klog_time_iso(struct klog_reader *reader, struct cursor *c, __u64 *ret_ns, bool *ret_comma);
bool klog_time_classic(struct klog_reader *reader, struct cursor *c, __u64 *ret_ns);
bool klog_time_stamp(struct cursor *c, __u64 *ret_ns);

#endif
