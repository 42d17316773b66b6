/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_journal: an entry of the journal, by its fields; and container logs that are JSON. */
#ifndef OOMWHY_KLOG_JOURNAL_H
#define OOMWHY_KLOG_JOURNAL_H

#include "source/klog_line.h"

enum json_line {
	JSON_NOT, /* no JSON, or JSON of somebody else */
	JSON_FOREIGN, /* an entry of the journal that is not the kernel's */
	JSON_KERNEL, /* one that is: the line is read */
	JSON_WRAPPED, /* Docker's json-file: text is a line of the container's, to be read */
};

/* An entry that is being read, field by field. */
struct journal_entry {
	bool kernel; /* the kernel wrote it */
	bool foreign;
	bool has_message;
	__u64 monotonic_ns, source_monotonic_ns, realtime_ns, source_realtime_ns;
};

/*
 * journal_field() - one field of an entry. @line gets what it says; its texts are @value's, or, for
 * short ones, the reader's.
 */
void journal_field(struct klog_reader *reader, struct journal_entry *entry, struct klog_line *line,
		   const char *key, size_t key_len, const char *value, size_t len);

/* journal_end() - all fields are there: is it a line of the kernel's? */
bool journal_end(const struct journal_entry *entry, struct klog_line *line);

/* klog_read_json() - @bytes begins with '{'. */
enum json_line klog_read_json(struct klog_reader *reader, const char *bytes, size_t len,
			      struct klog_line *ret);

#endif
