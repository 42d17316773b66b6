// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's log. Its first byte says in how large pieces it comes, and whether twice, as two files
 * have it. Whatever it tells is judged and written.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "sink/json.h"
#include "sink/text.h"
#include "source/jsonl.h"
#include "source/klog.h"
#include "source/klog_export.h"
#include "source/klog_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct klog klog;
static struct klog_reader reader;
static struct event again;
static char out[TEXT_WRITE_MAX];

static void must(_Bool condition)
{
	if (!condition)
		abort();
}

/* It fits into a line, and the line says all of it. */
static void take(void *context, struct event *ev)
{
	static const struct text_style style = { .utf8 = true };
	const char *why;
	int len;

	(void)context;
	identify_event(ev);
	judge_event(ev);
	headline(ev);
	must(ev->text_len <= EVENT_TEXT_MAX);
	must(text_write(ev, &style, out, sizeof(out)) > 0);
	len = json_write(ev, out, sizeof(out));
	must(len > 0 && len <= JSON_LINE_MAX);
	must(jsonl_read(&again, &reader, out, (size_t)len - 1, &why));
	must(again.type == ev->type);
	if (event_has_incident(ev))
		must(again.incident.victim.pid == ev->incident.victim.pid &&
		     again.incident.limit_owner.limit_bytes ==
			     ev->incident.limit_owner.limit_bytes);
}

static void feed_all(struct klog_feed *feed, const uint8_t *data, size_t size, size_t piece)
{
	size_t room, part;

	for (size_t at = 0; at < size; at += part) {
		char *to = klog_feed_room(feed, &room);

		part = size - at < room ? size - at : room;
		part = piece < part ? piece : part;
		memcpy(to, data + at, part);
		klog_feed_take(feed, part);
	}
	klog_feed_end(feed);
}

/* The journal's export format comes by another way: from a file. */
static void read_export(const uint8_t *data, size_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct klog_source *source;
	const char *packed;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	must(!klog_source_open(fd, &source, &packed));
	must(!klog_export_read(&klog, &reader, source));
	klog_source_close(source);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct klog_config config = { .emit = take };
	struct klog_feed feed;

	if (!size)
		return 0;
	must(!klog_init(&klog, &config));
	must(!klog_reader_init(&reader, 1795500000ULL * 1000000000ULL));
	must(!klog_feed_init(&feed, &klog, &reader));
	if (klog_export_is((const char *)data + 1, size - 1))
		read_export(data + 1, size - 1);
	feed.bytes_as_numbers = data[0] & 1;
	feed_all(&feed, data + 1, size - 1, data[0] & 2 ? 1 + (data[0] >> 3) : SIZE_MAX);
	if (data[0] & 4)
		feed_all(&feed, data + 1, size - 1, SIZE_MAX);
	klog_flush(&klog);
	klog_feed_free(&feed);
	klog_free(&klog);
	klog_reader_free(&reader);
	return 0;
}
