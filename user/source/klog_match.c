// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "source/klog_match.h"

#define PATIENCE_NS (10 * 1000000000ULL) /* a slow console prints a long report for seconds */
#define AT_ONCE_NS 1000000000ULL /* what one kill prints after its report */
#define ENDED (KLOG_HAS_KILL | KLOG_HAS_KILLED | KLOG_HAS_EXITING | KLOG_HAS_NOBODY)

static __u64 difference(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

/* The line's time by the clock of the report; NOT_KNOWN where it has no such time. */
static __u64 line_ns(const struct klog_report *report, const struct klog_line *line)
{
	return report->boot_ns != NOT_KNOWN ? line->boot_ns : line->time_ns;
}

static bool is_within(const struct klog_report *report, const struct klog_line *line, __u64 ns)
{
	__u64 now = line_ns(report, line);

	return now == NOT_KNOWN || report->latest_ns == NOT_KNOWN ||
	       difference(now, report->latest_ns) <= ns;
}

bool klog_same_place(const struct klog_report *report, const struct klog_line *line)
{
	if (report->caller && line->caller && report->caller != line->caller)
		return false;
	return report->host_len == line->host_len &&
	       (!line->host_len || !memcmp(report->host, line->host, line->host_len));
}

bool klog_is_over(const struct klog_report *report, const struct klog_line *line)
{
	if (report->host_len != line->host_len ||
	    (line->host_len && memcmp(report->host, line->host, line->host_len) != 0))
		return false; /* another machine's line says nothing of it */
	return !is_within(report, line, PATIENCE_NS);
}

static bool is_before_5_0(const struct klog_report *report)
{
	return report->parts & KLOG_HAS_OOM_KILL && report->pid == NOT_KNOWN; /* "Task in" */
}

bool klog_has_tables_to_come(const struct klog_report *report)
{
	if (!report->open || report->parts & ENDED || !(report->parts & KLOG_HAS_HEADER))
		return false;
	return !(report->parts & KLOG_HAS_OOM_KILL) || is_before_5_0(report);
}

static struct klog_report *newer(struct klog_report *a, struct klog_report *b)
{
	return !a || b->begun > a->begun ? b : a;
}

/* Lines of two reports alternate: of their figures it is not sure whose they are. */
static void mix(struct klog *klog, struct klog_report *report, const struct klog_line *line)
{
	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *other = &klog->report[i];

		if (other != report && other->open && klog_same_place(other, line) &&
		    other->begun > report->begun && !line->caller)
			other->mixed = report->mixed = true;
	}
}

static struct klog_report *found(struct klog_report *report, const struct klog_line *line)
{
	__u64 now = report ? line_ns(report, line) : NOT_KNOWN;

	if (now != NOT_KNOWN)
		report->latest_ns = now;
	return report;
}

struct klog_report *klog_match_header(struct klog *klog, const struct klog_line *line,
				      const struct klog_header *header)
{
	struct klog_comm comm = klog_comm_of(header->comm);

	if (line->boot_ns == NOT_KNOWN)
		return NULL;
	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (klog_has_tables_to_come(report) && report->parts == KLOG_HAS_HEADER &&
		    klog_same_place(report, line) && report->boot_ns == line->boot_ns &&
		    klog_comm_equal(&report->asker, &comm))
			return report;
	}
	return NULL;
}

struct klog_report *klog_match_table(struct klog *klog, const struct klog_line *line, __u32 part)
{
	struct klog_report *newest = NULL, *lacking = NULL, *continued = NULL;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (!klog_has_tables_to_come(report) || !klog_same_place(report, line))
			continue;
		newest = newer(newest, report);
		if (!continued || report->latest > continued->latest)
			continued = report;
		if (!(report->parts & part))
			lacking = newer(lacking, report);
	}
	/* A table goes on where it began; a new one belongs to who has none. */
	if (!part || !lacking)
		return found(continued, line);
	if (lacking != newest)
		mix(klog, lacking, line);
	return found(lacking, line);
}

static bool ends_with(const struct klog_comm *name, const struct klog_comm *end)
{
	return end->len && end->len <= name->len &&
	       !memcmp(name->bytes + name->len - end->len, end->bytes, end->len);
}

/* After an unknown prefix a name may have lost its first words, or taken on the prefix's last. */
static bool is_asker(const struct klog_report *report, const struct klog_line *line,
		     const struct klog_comm *comm)
{
	if (line->prefixed)
		return klog_comm_equal(&report->asker, comm);
	return ends_with(&report->asker, comm) || ends_with(comm, &report->asker);
}

struct klog_report *klog_match_asker(struct klog *klog, const struct klog_line *line,
				     const struct klog_comm *comm)
{
	struct klog_report *ret = NULL;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (klog_has_tables_to_come(report) && klog_same_place(report, line) &&
		    report->asker_pid == NOT_KNOWN && is_asker(report, line, comm))
			ret = newer(ret, report);
	}
	return found(ret, line);
}

/* How well this end fits what the report has; 0: not at all. */
static int fit_end(const struct klog_report *report, const struct klog_oom_kill *oom_kill)
{
	struct span stats = klog_report_span(report, report->stats_path);
	bool is_memcg = oom_kill->reading[0].owner.len != 0, owner_fits = !stats.len;

	for (int i = 0; i < oom_kill->readings; i++)
		owner_fits = owner_fits || span_equal(stats, oom_kill->reading[i].owner);
	if (is_memcg && !owner_fits && !report->stats_sum)
		return 0;
	if (is_memcg ? report->parts & KLOG_HAS_MEM_INFO : report->parts & KLOG_HAS_MEMORY)
		return 0;
	if (klog_report_task(report, oom_kill->pid))
		return 3;
	return report->tasks && !report->tasks_left_out ? 1 : 2; /* its line may be lost */
}

struct klog_report *klog_match_oom_kill(struct klog *klog, const struct klog_line *line,
					const struct klog_oom_kill *oom_kill)
{
	struct klog_report *ret = NULL;
	int best = 0;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];
		int fits = 0;

		if (klog_has_tables_to_come(report) && !(report->parts & KLOG_HAS_OOM_KILL) &&
		    klog_same_place(report, line))
			fits = fit_end(report, oom_kill);
		if (fits > best || (fits && fits == best && report->begun > ret->begun)) {
			best = fits;
			ret = report;
		}
	}
	if (ret)
		mix(klog, ret, line);
	return found(ret, line);
}

/* Its own line, once more: the group's first member, or a second logger. */
static bool has_killed(const struct klog_report *report, __u64 pid)
{
	if (!(report->parts & KLOG_HAS_KILLED))
		return false;
	for (int i = 0; i < report->others; i++)
		if (report->other[i].figures.pid == pid)
			return true;
	return report->victim.figures.pid == pid;
}

/*
 * A member of the group that dies: one of the table, where there is one. Of a group the chosen one
 * is named twice; that shows it where the group's own line is missing.
 */
static bool is_member(const struct klog_report *report, const struct klog_line *line,
		      const struct klog_killed *killed)
{
	if ((!(report->parts & KLOG_HAS_GROUP) && report->victim.counted < 2) || killed->global ||
	    !is_within(report, line, AT_ONCE_NS))
		return false;
	if (!report->tasks || report->tasks_left_out)
		return true;
	return klog_report_task(report, killed->pid) != NULL;
}

/*
 * Where the chosen process's first thread has ended, the line names another of its threads: one of
 * as big an address space.
 */
static bool is_thread(const struct klog_report *report, const struct klog_line *line,
		      const struct klog_killed *killed)
{
	const struct klog_task *task = klog_report_task(report, report->pid);

	if (task && task->pid == killed->pid)
		return true;
	return task && is_within(report, line, AT_ONCE_NS) && task->total_vm != NOT_KNOWN &&
	       task->total_vm && killed->total_vm_bytes != NOT_KNOWN &&
	       killed->total_vm_bytes % task->total_vm == 0 &&
	       killed->total_vm_bytes / task->total_vm >= 4096 &&
	       killed->total_vm_bytes / task->total_vm <= 65536;
}

/*
 * With vm.oom_kill_allocating_task a thread is chosen, which the table does not have, and the line
 * names its process, which it has.
 */
static bool is_process_of(const struct klog_report *report, const struct klog_line *line,
			  const struct klog_killed *killed)
{
	struct klog_comm comm = klog_comm_of(killed->comm);

	return report->readings && klog_comm_equal(&report->reading[0].comm, &comm) &&
	       !klog_report_task(report, report->pid) && klog_report_task(report, killed->pid) &&
	       is_within(report, line, AT_ONCE_NS);
}

/* How well the line fits; 0: not at all. */
static int fit(const struct klog_report *report, const struct klog_line *line,
	       const struct klog_killed *killed)
{
	bool awaits = !(report->parts & (KLOG_HAS_KILLED | KLOG_HAS_EXITING));

	if (killed->memcg && report->is_global)
		return 0;
	if (killed->global && report->is_memcg)
		return 0;
	if (report->pid == killed->pid && awaits)
		return 5;
	if (has_killed(report, killed->pid) && is_within(report, line, AT_ONCE_NS))
		return 4;
	if (is_member(report, line, killed))
		return 3;
	if (!awaits)
		return 0;
	/* Before 5.1 a child may be killed in place of the chosen one. */
	if (report->parts & KLOG_HAS_KILL || is_before_5_0(report))
		return !report->tasks || report->tasks_left_out ||
				       klog_report_task(report, killed->pid) ?
			       2 :
			       0;
	if (report->pid != NOT_KNOWN)
		return is_thread(report, line, killed) || is_process_of(report, line, killed);
	/* Its "oom-kill:" line is missing. */
	return klog_has_tables_to_come(report) &&
	       (!report->tasks || report->tasks_left_out || klog_report_task(report, killed->pid));
}

struct klog_report *klog_match_killed(struct klog *klog, const struct klog_line *line,
				      const struct klog_killed *killed)
{
	struct klog_report *ret = NULL;
	int best = 0;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];
		int fits = report->open && klog_same_place(report, line) ?
				   fit(report, line, killed) :
				   0;

		if (fits > best || (fits && fits == best && report->begun > ret->begun)) {
			best = fits;
			ret = report;
		}
	}
	if (ret && !(ret->parts & KLOG_HAS_KILLED))
		mix(klog, ret, line);
	return found(ret, line);
}

static bool is_above(struct span path, const struct klog_report *report)
{
	for (int i = 0; i < report->readings; i++) {
		struct span memcg = klog_report_span(report, report->reading[i].memcg);

		if (memcg.len >= path.len && !memcmp(memcg.at, path.at, path.len))
			return true;
	}
	return !report->readings;
}

struct klog_report *klog_match_group(struct klog *klog, const struct klog_line *line,
				     struct span path)
{
	struct klog_report *ret = NULL;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (report->open && klog_same_place(report, line) &&
		    report->parts & (KLOG_HAS_KILLED | KLOG_HAS_OOM_KILL | KLOG_HAS_EXITING) &&
		    !(report->parts & KLOG_HAS_GROUP) && is_within(report, line, AT_ONCE_NS) &&
		    is_above(path, report))
			ret = newer(ret, report);
	}
	return found(ret, line);
}
