// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "klog_run.h"

#define REFERENCE_NS (1795500000ULL * 1000000000ULL) /* 2026-11-24 06:00:00 UTC */

static void take(void *context, struct event *ev)
{
	struct klog_run *run = context;

	identify_event(ev);
	judge_event(ev);
	headline(ev);
	if (run->count < KLOG_RUN_MAX)
		memcpy(&run->ev[run->count], ev, event_size(ev));
	run->count++;
}

void klog_run_begin(struct klog_run *run)
{
	struct klog_config config = { .emit = take, .context = run };

	setenv("TZ", "UTC", 1);
	run->count = run->piece = 0;
	assert_int_equal(klog_init(&run->klog, &config), 0);
	assert_int_equal(klog_reader_init(&run->reader, REFERENCE_NS), 0);
	assert_int_equal(klog_feed_init(&run->feed, &run->klog, &run->reader), 0);
}

void klog_run_bytes(struct klog_run *run, const char *bytes, size_t len)
{
	size_t room, part;

	for (size_t at = 0; at < len; at += part) {
		char *to = klog_feed_room(&run->feed, &room);

		assert_true(room > 0);
		part = len - at < room ? len - at : room;
		part = run->piece && run->piece < part ? run->piece : part;
		memcpy(to, bytes + at, part);
		klog_feed_take(&run->feed, part);
	}
}

void klog_run_next_file(struct klog_run *run)
{
	klog_feed_end(&run->feed);
}

void klog_run_end(struct klog_run *run)
{
	klog_feed_end(&run->feed);
	klog_flush(&run->klog);
	klog_feed_free(&run->feed);
	klog_free(&run->klog);
	klog_reader_free(&run->reader);
}

void klog_run_text(struct klog_run *run, const char *text)
{
	klog_run_begin(run);
	klog_run_bytes(run, text, strlen(text));
	klog_run_end(run);
}

char *klog_run_read(const char *name, size_t *ret_len)
{
	const char *folder = getenv("OOMWHY_KLOG");
	char path[4096], *bytes;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "tests/data/klog", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s cannot be read", path);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = calloc(1, (size_t)size + 1);
	assert_non_null(bytes);
	*ret_len = fread(bytes, 1, (size_t)size, file);
	fclose(file);
	return bytes;
}

void klog_text_is(const struct event *ev, struct text text, const char *string, const char *file,
		  int line)
{
	if (text.len == strlen(string) && !memcmp(text_bytes(ev, text), string, text.len))
		return;
	print_error("\"%.*s\" is not \"%s\"\n", text.len, text_bytes(ev, text), string);
	_fail(file, line);
}
