/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog_feed: the bytes of a log -> the lines that a report may have. Of all others only the bytes
 * are looked at, not the lines; memory does not grow with the file, whatever is in it.
 */
#ifndef OOMWHY_KLOG_FEED_H
#define OOMWHY_KLOG_FEED_H

#include "source/klog.h"
#include "source/klog_line.h"

struct klog_feed {
	struct klog *klog;
	struct klog_reader *reader;
	char *buf;
	size_t len; /* bytes in it */
	bool bytes_as_numbers; /* a journal in JSON may write a message as a list of bytes */
	const char *broken; /* the place in it where a line is not begun but goes on; NULL */
};

int klog_feed_init(struct klog_feed *feed, struct klog *klog, struct klog_reader *reader);
void klog_feed_free(struct klog_feed *feed);

/* klog_feed_room() - where the next bytes go; @ret_size is never 0. */
char *klog_feed_room(struct klog_feed *feed, size_t *ret_size);

/* klog_feed_take() - @len bytes are there. */
void klog_feed_take(struct klog_feed *feed, size_t len);

/* klog_feed_end() - that was the file: its last line may lack a newline. Reports stay open. */
void klog_feed_end(struct klog_feed *feed);

#endif
