// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memrchr() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "source/kmsg_tail.h"
#include "source/syslog_actions.h"

#define COPY_BYTES (256 * 1024) /* of the newest; a second's lines are far less */

int kmsg_tail_open(struct kmsg_tail *tail)
{
	const char *first;
	bool gap;
	long len;

	memset(tail, 0, sizeof(*tail));
	tail->copy = malloc(COPY_BYTES);
	if (!tail->copy)
		return -ENOMEM;
	memset(tail->copy, 0, COPY_BYTES); /* in memory from the start */
	len = kmsg_tail_read(tail, &first, &gap);
	if (len >= 0)
		return 0;
	kmsg_tail_close(tail);
	return (int)len;
}

void kmsg_tail_close(struct kmsg_tail *tail)
{
	free(tail->copy);
	tail->copy = NULL;
}

long kmsg_tail_read(struct kmsg_tail *tail, const char **ret, bool *ret_gap)
{
	int len = klogctl(SYSLOG_READ_ALL, tail->copy, COPY_BYTES);

	return len < 0 ? -errno : (long)kmsg_tail_new(tail, (size_t)len, ret, ret_gap);
}

/* The line that ends at @end, its newline not counted. */
static const char *line_before(const char *from, const char *end)
{
	const char *newline = memrchr(from, '\n', (size_t)(end - from));

	return newline ? newline + 1 : from;
}

static size_t end_of_line(const char *line, const char *end, const char **ret)
{
	size_t len = (size_t)(end - line);

	len = len < KMSG_TAIL_LAST_MAX ? len : KMSG_TAIL_LAST_MAX;
	*ret = end - len;
	return len;
}

/* Where the lines after the one that was last seen begin; NULL: it is not there. */
static const char *after_last(const struct kmsg_tail *tail, const char *end)
{
	const char *line, *part;

	for (; end > tail->copy; end = line - 1) {
		line = line_before(tail->copy, end);
		if (end_of_line(line, end, &part) == tail->last_len &&
		    !memcmp(part, tail->last, tail->last_len))
			return end + 1;
		if (line == tail->copy)
			break;
	}
	return NULL;
}

size_t kmsg_tail_new(struct kmsg_tail *tail, size_t len, const char **ret, bool *ret_gap)
{
	const char *end = tail->copy + len, *from = NULL, *part;
	bool had_lines = tail->last_len;

	*ret = tail->copy;
	*ret_gap = false;
	if (len && end[-1] == '\n')
		end--;
	if (end == tail->copy)
		return 0; /* emptied (dmesg -C), or never written to: what was seen stays seen */
	if (had_lines)
		from = after_last(tail, end);
	*ret_gap = had_lines && !from;
	if (!from)
		from = tail->copy;
	if (from > end)
		from = end;
	tail->last_len = end_of_line(line_before(tail->copy, end), end, &part);
	memcpy(tail->last, part, tail->last_len);
	*ret = from;
	return (size_t)(end - from);
}
