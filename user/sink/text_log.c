// SPDX-License-Identifier: GPL-2.0-only
/* text_log: what a report from the kernel's log has to say about the log itself. */
#include "text_report.h"

#define CHOSEN_MAX 1024

/* The table of tasks: why this one. Live an oom_update tells it. */
void report_chosen(struct report *r)
{
	char words[CHOSEN_MAX];
	size_t len;

	len = headline_candidates(r->ev, words, sizeof(words));
	if (!len || r->detail >= DETAIL_OTHERS_COUNTED)
		return;
	report_label(r, "chosen");
	put_words(&r->w, words, len);
	put_newline(&r->w);
}

void report_log(struct report *r)
{
	const struct incident *incident = r->incident;
	struct text missing = incident->log.missing;
	const char *joint = "";

	if (r->detail >= DETAIL_LIMITS_ONLY && incident->log.ambiguous != 1)
		return;
	if (!missing.len && incident->log.ambiguous != 1 && incident->log.mixed != 1)
		return;
	report_label(r, "log");
	if (incident->log.ambiguous == 1) {
		say(&r->w, "a name in it looks like its own words: it can be read in two ways");
		joint = "; ";
	}
	if (incident->log.mixed == 1) {
		say(&r->w, "%sanother report's lines stand among these", joint);
		joint = "; ";
	}
	if (missing.len) {
		say(&r->w, "%slacks ", joint);
		put_words(&r->w, text_bytes(r->ev, missing), missing.len);
	}
	put_newline(&r->w);
}
