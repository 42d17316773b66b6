/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_explain_files: which logs are read, and in what order. */
#ifndef OOMWHY_CMD_EXPLAIN_FILES_H
#define OOMWHY_CMD_EXPLAIN_FILES_H

#include "cmd_explain.h"
#include "exit_status.h"
#include "machine.h"
#include "names/names.h"
#include "sink/text.h"
#include "source/klog.h"
#include "source/klog_feed.h"
#include "source/klog_running.h"

struct explain {
	const struct explain_options *options;
	struct klog klog;
	struct klog_reader reader;
	struct klog_feed feed;
	struct machine machine;
	struct names *names; /* of this boot's kills on this machine; else NULL */
	struct klog_reach reach; /* of this machine's log */
	const char *host_name; /* this machine's, where the log is its own; else NULL */
	bool reads_state; /* just now */
	bool is_live; /* stdin may be a log that goes on */
	struct text_style style;
	__u64 told; /* kills and stalls written */
	__u64 left_out; /* by --since and --until */
	__u64 damaged; /* JSON lines that could not be read */
	int write_error;
	/* Is it one that was not there before? NULL: yes. Comes before all filters. */
	bool (*is_new)(void *context, const struct event *ev);
	/* Takes an event that is to be told; NULL: it is written. */
	void (*keep)(void *context, const struct event *ev);
	void *context;
	struct event ev; /* of a JSON line */
	char buf[TEXT_WRITE_MAX];
};

/* explain_begin() - one with these options; NULL where memory is short, which was told. */
struct explain *explain_begin(const struct explain_options *options);

/* explain_event() - judge and write it. */
void explain_event(void *context, struct event *ev);
void explain_write(struct explain *explain, const struct event *ev);

/* explain_end() - the exit status, and an end of it; @none: what is said where nothing was told. */
enum exit_status explain_end(struct explain *explain, bool failed,
			     void (*none)(const struct explain *explain));

/*
 * explain_files() - all that is asked for, to explain_event(). *@ret_failed: some of it could not
 * be read, which was told. Returns an exit status where nothing at all can be read.
 */
int explain_files(struct explain *explain, bool *ret_failed);

#endif
