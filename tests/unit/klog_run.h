/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_run: text of a kernel log through all of the way: lines, reports, place, judge. */
#ifndef OOMWHY_TESTS_KLOG_RUN_H
#define OOMWHY_TESTS_KLOG_RUN_H

#include <stddef.h>

#include "event.h"
#include "source/klog.h"
#include "source/klog_feed.h"

#define KLOG_RUN_MAX 16

struct klog_run {
	struct klog klog;
	struct klog_reader reader;
	struct klog_feed feed;
	struct event ev[KLOG_RUN_MAX];
	size_t count; /* events, also of more than are kept */
	size_t piece; /* bytes given at a time; 0: as many as there is room for */
};

/* klog_run_begin() - dates without a year are of 2026. */
void klog_run_begin(struct klog_run *run);
void klog_run_bytes(struct klog_run *run, const char *bytes, size_t len);
void klog_run_next_file(struct klog_run *run);
void klog_run_end(struct klog_run *run);

/* klog_run_text() - all of it at once. */
void klog_run_text(struct klog_run *run, const char *text);

/* klog_run_read() - the file below tests/data/klog (else OOMWHY_KLOG), to be freed. */
char *klog_run_read(const char *name, size_t *ret_len);

/* text_is() - the text of an event. */
#define text_is(ev, text, string) klog_text_is((ev), (text), (string), __FILE__, __LINE__)
void klog_text_is(const struct event *ev, struct text text, const char *string, const char *file,
		  int line);

#endif
