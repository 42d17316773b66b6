/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * checkup: what `oomwhy doctor` found: one finding for each thing that was looked at, and what
 * follows from all of them.
 */
#ifndef OOMWHY_CHECKUP_H
#define OOMWHY_CHECKUP_H

#include <stddef.h>
#include <linux/types.h>

#include "event.h"
#include "fields.h"

#define CHECKUP_TYPE "doctor" /* of its JSON line */
#define CHECKUP_FINDINGS_MAX 48

enum finding_state {
	FINDING_NONE,
	FINDING_OK,
	FINDING_DEGRADED, /* there, but not as it should be */
	FINDING_MISSING,
};

enum checkup_severity {
	CHECKUP_INFO = 1, /* all is well */
	CHECKUP_WARN, /* less than all can be told */
	CHECKUP_ERROR, /* nothing can */
};

struct finding {
	__u64 state; /* enum finding_state */
	char name[24]; /* a word that never changes: programs look for it */
	char detail[160];
	char fix[256]; /* a sentence; "" where nothing is to be done */
};

struct checkup {
	__u64 severity; /* enum checkup_severity */
	__u64 time_ns; /* since 1970 */
	__u64 boot_time_ns; /* since boot */
	__u64 possible; /* bool */
	__u64 attach; /* enum attach_plan that would be used; ATTACH_NONE: nothing can be told */
	__u64 evidence; /* enum evidence */
	__u64 findings_count;
	__u64 findings_omitted; /* there was no room for them */
	char id[EVENT_ID_MAX];
	char node_name[256];
	char kernel[65];
	char version[64]; /* ours */
	char verdict[400]; /* one sentence: which plan, and why */
	struct finding findings[CHECKUP_FINDINGS_MAX];
};

extern const char *const finding_state_names[];

/* The fields that every line has, and those of this one (fields_checkup.c). */
extern const struct field_table checkup_head, checkup_table;

/*
 * checkup_add() - add a finding, without a fix.
 * Returns it; where there is no room it takes the last one's place, which is counted as omitted.
 */
struct finding *checkup_add(struct checkup *checkup, enum finding_state state, const char *name,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* finding_fix() - the sentence that tells how to get what is missing. */
void finding_fix(struct finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
