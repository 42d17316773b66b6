// SPDX-License-Identifier: GPL-2.0-only
/* klog_told: a kill that two files have is told once; a line that the kernel broke is joined. */
#include <string.h>

#include "base/hash.h"
#include "source/klog_match.h"

#define WAYS 4
#define SAME_BOOT_NS 1000000000ULL /* printk's stamp and another of the same line */
#define SAME_TIME_NS (2 * 1000000000ULL) /* dates of whole seconds, and loggers that are late */

static __u64 hash(struct span bytes)
{
	return bytes.len ? hash_key(bytes.at, bytes.len) : 0;
}

static bool is_near(__u64 a, __u64 b, __u64 ns)
{
	return (a > b ? a - b : b - a) <= ns;
}

static bool both(__u64 a, __u64 b)
{
	return a != NOT_KNOWN && b != NOT_KNOWN;
}

static bool is_same(const struct klog_told *a, const struct klog_told *b)
{
	if (a->pid != b->pid || (a->host && b->host && a->host != b->host) ||
	    (a->memcg && b->memcg && a->memcg != b->memcg))
		return false;
	if (both(a->time_ns, b->time_ns) && !is_near(a->time_ns, b->time_ns, SAME_TIME_NS))
		return false;
	if (both(a->boot_ns, b->boot_ns))
		return is_near(a->boot_ns, b->boot_ns, SAME_BOOT_NS);
	return both(a->time_ns, b->time_ns);
}

/* By process: what is remembered of one makes room only for others in its place. */
static bool add(struct klog *klog, const struct klog_told *told)
{
	struct klog_told *place = &klog->told[told->pid % (KLOG_TOLD_MAX / WAYS) * WAYS];

	for (int i = 0; i < WAYS; i++)
		if (place[i].pid && is_same(&place[i], told))
			return true;
	memmove(place + 1, place, (WAYS - 1) * sizeof(*place));
	place[0] = *told;
	return false;
}

bool klog_was_told(struct klog *klog, const struct klog_report *report)
{
	struct klog_told told = {
		.pid = report->pid != NOT_KNOWN ? report->pid : report->victim.figures.pid,
		.time_ns = report->time_ns,
		.boot_ns = report->boot_ns,
		.host = hash((struct span){ report->host, report->host_len }),
	};

	if (report->pid == NOT_KNOWN && !(report->parts & KLOG_HAS_KILLED))
		told.pid = NOT_KNOWN - 1; /* nobody is named: then time and place tell */
	if (report->readings == 1)
		told.memcg = hash(klog_report_span(report, report->reading[0].memcg));
	if (add(klog, &told))
		return true;
	/* In a part of it that stands elsewhere the others may come first. */
	for (int i = 0; i < report->others; i++) {
		told.pid = report->other[i].figures.pid;
		add(klog, &told);
	}
	return false;
}

void klog_join_begin(struct klog *klog, const struct klog_line *line)
{
	klog->join_len = 0;
	if (line->len > KLOG_JOIN_MAX || line->len < 8)
		return;
	memcpy(klog->join, line->text, line->len);
	klog->join_len = line->len;
	klog->join_line = *line;
	klog->join_line.boot_id = NULL;
	klog->join_line.host = klog->join_host;
	if (line->host_len <= sizeof(klog->join_host))
		memcpy(klog->join_host, line->host ? line->host : "", line->host_len);
	else
		klog->join_line.host_len = 0;
}

static bool try_join(struct klog *klog)
{
	struct klog_oom_kill oom_kill;

	klog->join_line.text = klog->join;
	klog->join_line.len = klog->join_len;
	if (!klog_read_oom_kill(klog->join, klog->join_len, &oom_kill))
		return false;
	klog->join_len = 0;
	klog_take_oom_kill(klog, &klog->join_line, &oom_kill);
	return true;
}

bool klog_join(struct klog *klog, const struct klog_line *line, enum klog_kind kind)
{
	/* Paths go on with anything, but not with another line of a report. */
	if ((kind != KLOG_OTHER && kind != KLOG_STAT) ||
	    line->len > KLOG_JOIN_MAX - klog->join_len) {
		klog_join_end(klog);
		return false;
	}
	memcpy(klog->join + klog->join_len, line->text, line->len);
	klog->join_len += line->len;
	try_join(klog);
	return true;
}

/* It was cut: what stands there is taken, the rest may be in the report's other lines. */
void klog_join_end(struct klog *klog)
{
	struct klog_oom_kill oom_kill;
	size_t len = klog->join_len;

	klog->join_len = 0;
	klog->join_line.text = klog->join;
	klog->join_line.len = len;
	if (len && klog_read_oom_kill_cut(klog->join, len, &oom_kill))
		klog_take_oom_kill(klog, &klog->join_line, &oom_kill);
}
