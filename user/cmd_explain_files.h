/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_explain_files: which logs are read, and in what order. */
#ifndef OOMWHY_CMD_EXPLAIN_FILES_H
#define OOMWHY_CMD_EXPLAIN_FILES_H

#include "cmd_explain.h"
#include "machine.h"
#include "sink/text.h"
#include "source/klog.h"
#include "source/klog_feed.h"

struct explain {
	const struct explain_options *options;
	struct klog klog;
	struct klog_reader reader;
	struct klog_feed feed;
	struct machine machine;
	const char *host_name; /* this machine's, where the log is its own; else NULL */
	bool is_live; /* stdin may be a log that goes on */
	struct text_style style;
	__u64 told; /* kills and stalls written */
	__u64 left_out; /* by --since and --until */
	__u64 damaged; /* JSON lines that could not be read */
	int write_error;
	struct event ev; /* of a JSON line */
	char buf[TEXT_WRITE_MAX];
};

/* explain_event() - judge and write it. */
void explain_event(void *context, struct event *ev);

/*
 * explain_files() - all that is asked for, to explain_event(). *@ret_failed: some of it could not
 * be read, which was told. Returns an exit status where nothing at all can be read.
 */
int explain_files(struct explain *explain, bool *ret_failed);

#endif
