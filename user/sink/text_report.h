/* SPDX-License-Identifier: GPL-2.0-only */
/* text_report: what the parts of the text sink share. */
#ifndef OOMWHY_TEXT_REPORT_H
#define OOMWHY_TEXT_REPORT_H

#include "../base/units.h"
#include "../headline.h"
#include "text_writer.h"

#define REPORT_INDENT 11 /* two spaces, a label of eight columns, a space */
#define REPORT_ONE_LINE 1000000 /* columns: never folded */

/* A report that is too long is written again, a step further: each leaves out one thing more. */
enum report_detail {
	DETAIL_ALL,
	DETAIL_NO_RESTARTS,
	DETAIL_OTHERS_COUNTED, /* not named; nor is a trigger that is the victim */
	DETAIL_LIMITS_ONLY, /* no row without a limit, unless it was hit */
	DETAIL_MAIN_ROWS, /* of the others container, node and machine */
	DETAIL_NO_TRIGGER,
	DETAIL_HIT_ONLY, /* of the table only what was hit */
};

struct report {
	struct text_writer w;
	const struct event *ev;
	const struct incident *incident;
	enum limit_level level;
	enum report_detail detail;
};

static inline bool known(__u64 value)
{
	return value != NOT_KNOWN;
}

/* report_is_one_line() - is it told in one line, or not at all? */
bool report_is_one_line(const struct event *ev);

/* report_one_line() - that line; nothing where others tell it. */
void report_one_line(struct report *r);

/* report_time() - when it happened, and a space. */
void report_time(struct report *r);

void report_label(struct report *r, const char *word);

/* report_name() - a name that others wrote. */
void report_name(struct report *r, struct text name);

/* report_container() - the victim's container, as a noun: "cart" in quotes, or "the container". */
void report_container(struct report *r);

/* report_who() - whose process; returns false where nothing is known. */
bool report_who(struct report *r, const struct event_task *task, enum who_part parts);

/* report_evidence() - how the limit owner is known, in brackets; @right: at the right edge. */
void report_evidence(struct report *r, bool right);

/* report_before() - what led to it: the limit owner's memory over time. */
void report_before(struct report *r);

/*
 * report_trend() - the same of any cgroup, within a line, and, if asked for, how fast it grew.
 * Returns false where nothing is known.
 */
bool report_trend(struct report *r, const struct trend *trend, bool rate);

/* report_has_pods() - is it known who shares the limit? Then the next are told, not the table. */
bool report_has_pods(const struct report *r);

/* report_blame() - to the line of the victim: that it is not the cause. */
void report_blame(struct report *r);

/* report_cause() - who is. */
void report_cause(struct report *r);

/* report_culprit_asked() - was that said with the cause? */
bool report_culprit_asked(const struct report *r);

/* report_pods() - the table of those that hold most above their requests. */
void report_pods(struct report *r);

/* report_limits_line() - each level's limit, in one line. */
void report_limits_line(struct report *r);

/* report_filled() - what fills the memory; in text_filled.c. */
void report_filled(struct report *r);

/* report_limit() - why it is this limit, how that is known, and each level's state. */
void report_limit(struct report *r);

/* report_stack() - how who asked came to the OOM killer, where it was asked for. */
void report_stack(struct report *r);

/* report_chosen() - why this process, as the kernel log's table of tasks tells it. */
void report_chosen(struct report *r);

/* report_log() - what its kernel log lacks, or leaves open. */
void report_log(struct report *r);

#endif
