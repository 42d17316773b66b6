// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/klog_export.h"
#include "source/klog_journal.h"
#include "source/klog_words.h"

#define SIZE (4 * KLOG_LINE_MAX)

struct export
{
	struct klog *klog;
	struct klog_reader *reader;
	struct journal_entry entry;
	struct klog_line line;
	__u64 skip; /* bytes of a value that is too long, and its newline, still to come */
	char *buf;
	size_t len;
	size_t message_len;
	char message[KLOG_LINE_MAX];
};

bool klog_export_is(const char *bytes, size_t len)
{
	return klog_begins(bytes, len, "__CURSOR=") ||
	       klog_begins(bytes, len, "__REALTIME_TIMESTAMP=");
}

static void begin_entry(struct export *e)
{
	e->entry = (struct journal_entry){ .monotonic_ns = NOT_KNOWN,
					   .source_monotonic_ns = NOT_KNOWN,
					   .realtime_ns = NOT_KNOWN,
					   .source_realtime_ns = NOT_KNOWN };
	e->line = (struct klog_line){ .time_ns = NOT_KNOWN, .boot_ns = NOT_KNOWN };
}

static void end_entry(struct export *e)
{
	if (journal_end(&e->entry, &e->line))
		klog_take(e->klog, &e->line);
	begin_entry(e);
}

/* The buffer moves on: what the entry keeps of it is copied. */
static void take_field(struct export *e, const char *key, size_t key_len, const char *value,
		       size_t len)
{
	if (klog_begins(key, key_len, "MESSAGE") && key_len == 7) {
		len = len < sizeof(e->message) ? len : sizeof(e->message);
		memcpy(e->message, value, len);
		value = e->message;
	}
	journal_field(e->reader, &e->entry, &e->line, key, key_len, value, len);
}

/* "KEY\n", eight bytes of length, the value, "\n". Returns where it ends; NULL: more is needed. */
static const char *take_binary(struct export *e, const char *key, const char *newline,
			       const char *end)
{
	const char *value = newline + 9;
	__u64 len = 0;

	if (value > end)
		return NULL;
	for (int i = 8; i >= 1; i--)
		len = len << 8 | (unsigned char)newline[i];
	if (len < (__u64)(end - value)) {
		take_field(e, key, (size_t)(newline - key), value, (size_t)len);
		return value + len + 1;
	}
	if (len + 1 < SIZE - KLOG_LINE_MAX)
		return NULL;
	/* No kernel's message. */
	e->skip = len - (__u64)(end - value);
	e->skip += e->skip < NOT_KNOWN;
	return end;
}

static const char *take_fields(struct export *e, const char *at, const char *end)
{
	const char *newline, *equals, *next;

	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		next = newline + 1;
		equals = memchr(at, '=', (size_t)(newline - at));
		if (newline == at)
			end_entry(e);
		else if (equals)
			take_field(e, at, (size_t)(equals - at), equals + 1,
				   (size_t)(newline - equals) - 1);
		else
			next = take_binary(e, at, newline, end);
		if (!next)
			break;
		at = next;
	}
	return at;
}

static void take(struct export *e)
{
	size_t skipped = e->skip < e->len ? (size_t)e->skip : e->len;
	const char *rest = e->buf + skipped;

	e->skip -= skipped;
	rest = take_fields(e, rest, e->buf + e->len);
	e->len = (size_t)(e->buf + e->len - rest);
	memmove(e->buf, rest, e->len);
	if (e->len == SIZE)
		e->len = 0; /* a line of this size is no field */
}

int klog_export_read(struct klog *klog, struct klog_reader *reader, struct klog_source *source)
{
	struct export *e = calloc(1, sizeof(*e));
	ssize_t n = -ENOMEM;

	if (!e)
		return -ENOMEM;
	e->klog = klog;
	e->reader = reader;
	e->buf = malloc(SIZE);
	begin_entry(e);
	while (e->buf && (n = klog_source_read(source, e->buf + e->len, SIZE - e->len)) > 0) {
		e->len += (size_t)n;
		take(e);
	}
	if (e->buf)
		end_entry(e);
	free(e->buf);
	free(e);
	return (int)n;
}
