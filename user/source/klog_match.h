/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_match: which of the open reports a line belongs to. Each returns NULL where none fits. */
#ifndef OOMWHY_KLOG_MATCH_H
#define OOMWHY_KLOG_MATCH_H

#include "source/klog.h"

/* klog_same_place() - the same machine, and not another thread. */
bool klog_same_place(const struct klog_report *report, const struct klog_line *line);

/* klog_is_over() - the line is so much later, or earlier, that the report has ended before it. */
bool klog_is_over(const struct klog_report *report, const struct klog_line *line);

/* klog_has_tables_to_come() - its header is there and nobody was chosen yet. */
bool klog_has_tables_to_come(const struct klog_report *report);

/* klog_match_header() - a report that began with this very line, and has no other yet. */
struct klog_report *klog_match_header(struct klog *klog, const struct klog_line *line,
				      const struct klog_header *header);

/* klog_match_table() - for a line of a table; @part: the newest report that has none yet. */
struct klog_report *klog_match_table(struct klog *klog, const struct klog_line *line, __u32 part);
struct klog_report *klog_match_asker(struct klog *klog, const struct klog_line *line,
				     const struct klog_comm *comm);
struct klog_report *klog_match_oom_kill(struct klog *klog, const struct klog_line *line,
					const struct klog_oom_kill *oom_kill);
struct klog_report *klog_match_killed(struct klog *klog, const struct klog_line *line,
				      const struct klog_killed *killed);
struct klog_report *klog_match_group(struct klog *klog, const struct klog_line *line,
				     struct span path);

/*
 * klog_was_told() - the same kill was told already: another file has it, too. If not, it is
 * remembered.
 */
bool klog_was_told(struct klog *klog, const struct klog_report *report);

/*
 * The kernel breaks a line that is too long for one record.
 * klog_join_begin(): an "oom-kill:" line that has no end yet.
 * klog_join(): what follows it; true when the line was taken.
 * klog_join_end(): nothing follows.
 */
void klog_join_begin(struct klog *klog, const struct klog_line *line);
bool klog_join(struct klog *klog, const struct klog_line *line, enum klog_kind kind);
void klog_join_end(struct klog *klog);

/* klog_take_oom_kill() - of klog.c, for the line that was joined. */
void klog_take_oom_kill(struct klog *klog, const struct klog_line *line,
			const struct klog_oom_kill *oom_kill);

#endif
