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

#define CHECKUP_FINDINGS_MAX 32

enum finding_state {
	FINDING_OK,
	FINDING_DEGRADED, /* there, but not as it should be */
	FINDING_MISSING,
};

struct finding {
	enum finding_state state;
	const char *name; /* a word that never changes: programs look for it */
	char detail[160];
	char fix[256]; /* a sentence; "" where nothing is to be done */
};

struct checkup {
	__u64 time_ns; /* since 1970 */
	__u64 boot_time_ns; /* since boot */
	char id[EVENT_ID_MAX];
	char node_name[256];
	char kernel[65];
	const char *version; /* ours */
	enum attach_plan attach; /* that would be used; ATTACH_NONE: tracing is not possible */
	enum evidence evidence;
	char verdict[400]; /* one sentence: which plan, and why */
	size_t count;
	struct finding findings[CHECKUP_FINDINGS_MAX];
};

extern const char *const finding_state_names[];

/*
 * checkup_add() - add a finding, without a fix.
 * Returns it; where there is no room for one more, the last one, which is lost.
 */
struct finding *checkup_add(struct checkup *checkup, enum finding_state state, const char *name,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* finding_fix() - the sentence that tells how to get what is missing. */
void finding_fix(struct finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
