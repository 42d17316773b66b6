/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog_line: one line of a log -> the kernel's own text, and what the prefix before it says: when,
 * on which machine, by which thread or CPU.
 *
 * Known are dmesg (plain, -T, -x, -r, ISO times), records of /dev/kmsg, syslog (classic, with
 * RFC 3339 times, RFC 5424), the journal (short and its kin, json), container logs (CRI, Docker's
 * json-file). Of a prefix that is none of these nothing is read: where a report's own words stand
 * in such a line, the text begins there.
 */
#ifndef OOMWHY_KLOG_LINE_H
#define OOMWHY_KLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define KLOG_LINE_MAX 65536 /* bytes of a line that are looked at; a kernel's record has 8 KiB */
#define KLOG_CALLER_CPU (1ULL << 32) /* the number is a CPU's, not a thread's */

struct klog_line {
	const char *text; /* the kernel's own words */
	size_t len;
	__u64 time_ns; /* wall clock, since 1970; NOT_KNOWN */
	__u64 boot_ns; /* printk's stamp; NOT_KNOWN */
	__u64 caller; /* the thread that printed it, or KLOG_CALLER_CPU and the CPU; 0: not said */
	const char *host; /* name of the machine; not NUL-terminated */
	size_t host_len; /* 0: not said */
	const char *boot_id; /* 32 hex digits; NULL: not said */
	bool prefixed; /* the prefix was one of the known: the text is all that follows it */
};

/* Where a reader stands: what helps with the next line. */
struct klog_reader {
	__u64 reference_ns; /* "now": a date without a year is the last one before it */
	__u64 year, year_of_ns; /* the year that it was in, and when that was looked up for */
	__u64 hour; /* the last local hour that was looked up, and what it is since 1970 */
	__u64 hour_ns;
	char *scratch; /* KLOG_LINE_MAX bytes: what was escaped, as it was */
	char host[256];
	char boot_id[33];
};

/* klog_reader_init() - returns 0 or -ENOMEM. @reference_ns: when the log was last written to. */
int klog_reader_init(struct klog_reader *reader, __u64 reference_ns);
void klog_reader_free(struct klog_reader *reader);

/*
 * klog_read_line() - @bytes without its newline.
 * Returns false where the line is not the kernel's (another program's, or written to /dev/kmsg by
 * one). What @ret points to is @bytes' or the reader's, until the next call.
 */
bool klog_read_line(struct klog_reader *reader, const char *bytes, size_t len,
		    struct klog_line *ret);

/* klog_find_text() - where the words of a report begin in a line whose prefix is not known; NULL.
 */
const char *klog_find_text(const char *bytes, size_t len);

struct cursor;

/* What each record of /dev/kmsg begins with: "6,394,3829411,". They are numbered, whoever wrote
 * them. */
struct kmsg_prefix {
	__u64 priority, sequence, us;
};

/* klog_kmsg_prefix() - over it, and what it says; false: it is none, and @c somewhere in it. */
bool klog_kmsg_prefix(struct cursor *c, struct kmsg_prefix *ret);

#endif
