// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memrchr(), memmem() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/klog_feed.h"
#include "source/klog_scan.h"

#define CHUNK (256 * 1024) /* stays in the cache between reading and scanning */
#define SIZE (CHUNK + KLOG_LINE_MAX)
#define BEFORE_MAX 4096 /* what is kept before a place whose line began long ago */

int klog_feed_init(struct klog_feed *feed, struct klog *klog, struct klog_reader *reader)
{
	*feed = (struct klog_feed){ .klog = klog, .reader = reader, .buf = malloc(SIZE) };
	return feed->buf ? 0 : -ENOMEM;
}

void klog_feed_free(struct klog_feed *feed)
{
	free(feed->buf);
	feed->buf = NULL;
}

char *klog_feed_room(struct klog_feed *feed, size_t *ret_size)
{
	*ret_size = SIZE - feed->len;
	return feed->buf + feed->len;
}

static void take_line(struct klog_feed *feed, const char *line, const char *end)
{
	struct klog_line read;

	if (!klog_read_line(feed->reader, line, (size_t)(end - line), &read))
		return;
	read.prefixed = read.prefixed && line != feed->broken;
	klog_take(feed->klog, &read);
}

/*
 * The line that has @hit in it, from @from on. Returns where to go on; NULL: more bytes are needed
 * from @ret_keep on.
 */
static const char *take_hit(struct klog_feed *feed, const char *from, const char *hit,
			    const char *end, bool last, const char **ret_keep)
{
	const char *before = memrchr(from, '\n', (size_t)(hit - from));
	const char *line = before ? before + 1 : from;
	const char *newline = memchr(hit, '\n', (size_t)(end - hit));

	if (hit - line > BEFORE_MAX)
		feed->broken = line = hit - BEFORE_MAX;
	if (!newline && !last && end - line < KLOG_LINE_MAX) {
		*ret_keep = line;
		return NULL;
	}
	if (newline && newline - line <= KLOG_LINE_MAX) {
		take_line(feed, line, newline);
		return newline + 1;
	}
	newline = end - line > KLOG_LINE_MAX ? line + KLOG_LINE_MAX : end;
	take_line(feed, line, newline);
	feed->broken = newline;
	return newline;
}

/* Without a place of interest the last line's beginning is kept, or as much as may matter of it. */
static const char *keep_of(struct klog_feed *feed, const char *from, const char *end)
{
	const char *newline = memrchr(from, '\n', (size_t)(end - from));
	const char *line = newline ? newline + 1 : from;

	if (end - line > KLOG_LINE_MAX)
		feed->broken = line = end - BEFORE_MAX;
	return line;
}

/* "ill" of "Killed", as a list of bytes. */
static const char *scan_numbers(const char *at, const char *end)
{
	static const char word[] = ",105,108,108,";

	return memmem(at, (size_t)(end - at), word, strlen(word));
}

static const char *scan(const struct klog_feed *feed, const char *at, const char *end)
{
	const char *hit = klog_scan(at, end), *other;

	if (!feed->bytes_as_numbers)
		return hit;
	other = scan_numbers(at, hit ? hit : end);
	return other ? other : hit;
}

/* Takes what is whole, or, with @last, all; returns where the rest begins. */
static const char *take_all(struct klog_feed *feed, bool last)
{
	const char *at = feed->buf, *end = feed->buf + feed->len, *hit, *next, *keep = at;

	while (at < end) {
		hit = at;
		if (!klog_wants_lines(feed->klog)) {
			hit = scan(feed, at, end);
			if (!hit)
				return last ? end : keep_of(feed, at, end);
		}
		next = take_hit(feed, at, hit, end, last, &keep);
		if (!next)
			return keep;
		at = next;
	}
	return end;
}

void klog_feed_take(struct klog_feed *feed, size_t len)
{
	const char *rest;

	feed->len += len;
	rest = take_all(feed, false);
	feed->len = (size_t)(feed->buf + feed->len - rest);
	memmove(feed->buf, rest, feed->len);
	feed->broken = feed->broken == rest ? feed->buf : NULL;
}

void klog_feed_end(struct klog_feed *feed)
{
	take_all(feed, true);
	feed->len = 0;
	feed->broken = NULL;
}
