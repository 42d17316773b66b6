// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/klog.h"
#include "source/klog_event.h"
#include "source/klog_match.h"

#define IDLE_LINES_MAX 4096 /* other people's lines between two of a report */

int klog_init(struct klog *klog, const struct klog_config *config)
{
	memset(&klog->stats, 0, sizeof(klog->stats));
	for (int i = 0; i < KLOG_OPEN_MAX; i++)
		klog->report[i].open = false;
	klog->suppressed = 0;
	klog->guess = klog->join_len = 0;
	klog->config = *config;
	klog->stats.first_ns = klog->stats.last_ns = NOT_KNOWN;
	klog->told = config->comes_once ? NULL : calloc(KLOG_TOLD_MAX, sizeof(*klog->told));
	return klog->told || config->comes_once ? 0 : -ENOMEM;
}

void klog_free(struct klog *klog)
{
	free(klog->told);
	klog->told = NULL;
}

void klog_close(struct klog *klog, struct klog_report *report)
{
	if (!report->open)
		return;
	report->open = false;
	klog_report_settle(report);
	if (!klog->config.comes_once && klog_was_told(klog, report)) {
		klog->stats.repeated++;
		return;
	}
	klog_event_from_report(&klog->ev, report, &klog->config);
	klog->stats.incidents += klog->ev.type == EVENT_INCIDENT;
	klog->stats.stalls += klog->ev.type == EVENT_STALL;
	/* That nothing was lost a log cannot say. */
	if (klog->suppressed)
		klog->ev.incident.losses_total = klog->suppressed;
	klog->config.emit(klog->config.context, &klog->ev);
}

static struct klog_report *open_report(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *ret = &klog->report[0];

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (!report->open) {
			ret = report;
			break;
		}
		if (report->latest < ret->latest)
			ret = report;
	}
	klog_close(klog, ret);
	klog_report_init(ret, line, klog->stats.lines);
	return ret;
}

/* What begins now ends the reports of its place whose victims are named. */
static void close_complete(struct klog *klog, const struct klog_line *line)
{
	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &klog->report[i];

		if (report->open && klog_same_place(report, line) &&
		    report->parts & (KLOG_HAS_KILLED | KLOG_HAS_EXITING))
			klog_close(klog, report);
	}
}

static void take_header(struct klog *klog, const struct klog_line *line)
{
	struct klog_header header;
	struct klog_report *same;

	if (!klog_read_header(line->text, line->len, &header))
		return;
	same = klog_match_header(klog, line, &header);
	if (same) {
		same->latest = klog->stats.lines; /* two loggers wrote the same line */
		return;
	}
	close_complete(klog, line);
	klog_report_header(open_report(klog, line), &header);
}

void klog_take_oom_kill(struct klog *klog, const struct klog_line *line,
			const struct klog_oom_kill *oom_kill)
{
	struct klog_report *report = klog_match_oom_kill(klog, line, oom_kill);

	if (!report)
		report = open_report(klog, line);
	report->latest = klog->stats.lines;
	klog_report_oom_kill(report, oom_kill);
}

static void take_killed(struct klog *klog, const struct klog_line *line)
{
	struct klog_killed killed;
	struct klog_report *report;

	if (!klog_read_killed(line->text, line->len, &killed))
		return;
	report = klog_match_killed(klog, line, &killed);
	if (!report)
		report = open_report(klog, line);
	report->latest = klog->stats.lines;
	klog_report_killed(report, &killed, line->boot_ns);
}

/* Before 5.1: who was chosen; a child may be killed in its place. */
static void take_kill(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *report;
	struct span comm;
	__u64 pid;

	if (!klog_read_victim(line->text, line->len, "Kill process ", &pid, &comm))
		return;
	report = klog_match_table(klog, line, KLOG_HAS_KILL);
	if (!report)
		report = open_report(klog, line);
	report->latest = klog->stats.lines;
	report->parts |= KLOG_HAS_KILL;
	report->is_memcg = klog_begins(line->text, line->len, "Memory cgroup");
	report->is_global = !report->is_memcg;
	if (report->pid == NOT_KNOWN) {
		report->pid = pid;
		if (report->readings) /* "Task in" had no name */
			report->reading[0].comm = klog_comm_of(comm);
	}
}

static void take_exiting(struct klog *klog, const struct klog_line *line)
{
	struct klog_killed killed = { .uid = NOT_KNOWN, .oom_score_adj = NOT_KNOWN_SIGNED };
	struct klog_report *report;

	memset(&killed.total_vm_bytes, 0xff,
	       offsetof(struct klog_killed, oom_score_adj) -
		       offsetof(struct klog_killed, total_vm_bytes));
	if (!klog_read_victim(line->text, line->len, "OOM victim ", &killed.pid, &killed.comm))
		return;
	killed.memcg = klog_begins(line->text, line->len, "Memory cgroup");
	killed.global = !killed.memcg;
	report = klog_match_killed(klog, line, &killed);
	if (!report)
		report = open_report(klog, line);
	report->latest = klog->stats.lines;
	klog_report_killed(report, &killed, line->boot_ns);
	report->parts |= KLOG_HAS_EXITING;
}

static void take_group(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *report;
	struct span path;

	if (!klog_read_group(line->text, line->len, &path))
		return;
	report = klog_match_group(klog, line, path);
	if (!report)
		report = open_report(klog, line);
	report->latest = klog->stats.lines;
	report->parts |= KLOG_HAS_GROUP;
	report->group_path = klog_report_path(report, path);
}

static void take_nobody(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *report = klog_match_table(klog, line, KLOG_HAS_NOBODY);

	if (!report)
		return; /* without a report it does not say where */
	report->latest = klog->stats.lines;
	report->parts |= KLOG_HAS_NOBODY;
	klog_close(klog, report);
}

static void take_suppressed(struct klog *klog, const struct klog_line *line)
{
	__u64 count;

	if (!klog_value(line->text, line->len, "oom_kill_process: ", &count) || !count)
		return;
	close_complete(klog, line);
	klog->suppressed += count;
	klog->stats.losses++;
	klog_event_from_loss(&klog->ev, line, klog->suppressed, &klog->config);
	klog->config.emit(klog->config.context, &klog->ev);
}

static void take_asker(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *report;
	struct klog_comm comm;
	struct span name;
	__u64 pid;

	if (!klog_read_cpu(line->text, line->len, &pid, &name))
		return;
	comm = klog_comm_of(name);
	report = klog_match_asker(klog, line, &comm);
	if (report) {
		report->asker = comm; /* with an unknown prefix the header's was cut */
		report->asker_pid = pid;
		report->latest = klog->stats.lines;
	}
}

static void take_cpuset(struct klog *klog, const struct klog_line *line)
{
	struct klog_report *report = klog_match_table(klog, line, 0);

	if (report && !memmem(line->text, line->len, " cpuset=/ ", 10))
		report->cpuset = true;
}

static __u32 part_of(enum klog_kind kind, const char *text)
{
	switch (kind) {
	case KLOG_COUNTER:
		return *text == 'm' && text[6] == ':' ? KLOG_HAS_MEMORY : 0;
	case KLOG_MEM_INFO:
		return KLOG_HAS_MEM_INFO;
	case KLOG_TASKS:
		return KLOG_HAS_TASKS;
	default:
		return 0;
	}
}

static void take_table(struct klog *klog, const struct klog_line *line, enum klog_kind kind)
{
	__u32 part = part_of(kind, line->text);
	struct klog_report *report = klog_match_table(klog, line, part);

	if (!report)
		return;
	/* Any line may look like one of the memory table. */
	if (kind == KLOG_STAT &&
	    (!(report->parts & KLOG_HAS_STATS) || report->parts & KLOG_HAS_TASKS))
		return;
	report->latest = klog->stats.lines;
	switch (kind) {
	case KLOG_COUNTER:
		klog_table_counter(report, line->text, line->len);
		break;
	case KLOG_STATS_OF:
		klog_table_stats_of(report, line->text, line->len);
		break;
	case KLOG_STAT:
		klog_table_stat(report, line->text, line->len);
		break;
	case KLOG_TASKS:
		klog_table_columns(report, line->text, line->len);
		break;
	case KLOG_TASK:
		klog_table_task(report, line->text, line->len);
		break;
	case KLOG_ELSE:
		report->elsewhere = true;
		break;
	default:
		report->parts |= part;
		if (!report->elsewhere)
			klog_table_memory_info(report, kind, line->text, line->len);
	}
}

static void take_kind(struct klog *klog, const struct klog_line *line, enum klog_kind kind)
{
	struct klog_oom_kill oom_kill;

	switch (kind) {
	case KLOG_HEADER:
		take_header(klog, line);
		break;
	case KLOG_OOM_KILL:
		if (klog_read_oom_kill(line->text, line->len, &oom_kill))
			klog_take_oom_kill(klog, line, &oom_kill);
		else
			klog_join_begin(klog, line);
		break;
	case KLOG_TASK_IN:
		if (klog_read_task_in(line->text, line->len, &oom_kill))
			klog_take_oom_kill(klog, line, &oom_kill);
		break;
	case KLOG_KILL:
		take_kill(klog, line);
		break;
	case KLOG_KILLED:
		take_killed(klog, line);
		break;
	case KLOG_EXITING:
		take_exiting(klog, line);
		break;
	case KLOG_GROUP:
		take_group(klog, line);
		break;
	case KLOG_NOBODY:
		take_nobody(klog, line);
		break;
	case KLOG_SUPPRESSED:
		take_suppressed(klog, line);
		break;
	case KLOG_CPU:
		take_asker(klog, line);
		break;
	case KLOG_CPUSET:
		take_cpuset(klog, line);
		break;
	case KLOG_OTHER:
		break;
	default:
		take_table(klog, line, kind);
	}
}

/* A record of many lines: the memory table before 6.12, Mem-Info. Loggers escape its newlines. */
static void take_lines(struct klog *klog, struct klog_line line, enum klog_kind kind)
{
	static const char *const breaks[] = { "\n", "\\x0a", "#012" };
	const char *end = line.text + line.len, *next;
	size_t skip = 0;

	for (const char *at = line.text; at < end; at = next ? next + skip : end) {
		next = NULL;
		for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]) && !next; i++) {
			skip = strlen(breaks[i]);
			next = memmem(at, (size_t)(end - at), breaks[i], skip);
		}
		if (at != line.text)
			kind = klog_kind(at, (size_t)((next ? next : end) - at));
		line.text = at;
		line.len = (size_t)((next ? next : end) - at);
		if (kind == KLOG_STAT || kind == KLOG_PAGES)
			take_kind(klog, &line, kind);
	}
}

/* Of an unknown prefix: where the words of a report stand, else where they stood before. */
static enum klog_kind find_text(struct klog *klog, struct klog_line *line)
{
	const char *found = klog_find_text(line->text, line->len);
	enum klog_kind kind;

	if (found) {
		klog->guess = (size_t)(found - line->text);
		line->len -= klog->guess;
		line->text = found;
		return klog_kind(line->text, line->len);
	}
	kind = klog_kind(line->text, line->len);
	if (kind == KLOG_OTHER && klog->guess && line->len > klog->guess) {
		line->text += klog->guess;
		line->len -= klog->guess;
	}
	/* The journal writes the further lines of a record indented. */
	while (kind == KLOG_OTHER && line->len && (*line->text == ' ' || *line->text == '\t')) {
		line->text++;
		line->len--;
	}
	return kind == KLOG_OTHER ? klog_kind(line->text, line->len) : kind;
}

void klog_take(struct klog *klog, const struct klog_line *given)
{
	struct klog_line line = *given;
	enum klog_kind kind;

	klog->stats.lines++;
	if (line.time_ns != NOT_KNOWN) {
		if (klog->stats.first_ns == NOT_KNOWN)
			klog->stats.first_ns = line.time_ns;
		klog->stats.last_ns = line.time_ns;
	}
	kind = line.prefixed ? klog_kind(line.text, line.len) : find_text(klog, &line);
	if (klog->join_len && klog_join(klog, &line, kind))
		return;
	if (kind == KLOG_OTHER)
		return;
	for (int i = 0; i < KLOG_OPEN_MAX; i++)
		if (klog->report[i].open && klog_is_over(&klog->report[i], &line))
			klog_close(klog, &klog->report[i]);
	if (kind == KLOG_STAT || kind == KLOG_PAGES)
		take_lines(klog, line, kind);
	else
		take_kind(klog, &line, kind);
}

bool klog_wants_lines(const struct klog *klog)
{
	if (klog->join_len)
		return true;
	for (int i = 0; i < KLOG_OPEN_MAX; i++)
		if (klog_has_tables_to_come(&klog->report[i]) &&
		    klog->stats.lines - klog->report[i].latest < IDLE_LINES_MAX)
			return true;
	return false;
}

void klog_flush(struct klog *klog)
{
	klog_join_end(klog);
	/* Oldest first. */
	for (int n = 0; n < KLOG_OPEN_MAX; n++) {
		struct klog_report *oldest = NULL;

		for (int i = 0; i < KLOG_OPEN_MAX; i++)
			if (klog->report[i].open &&
			    (!oldest || klog->report[i].begun < oldest->begun))
				oldest = &klog->report[i];
		if (oldest)
			klog_close(klog, oldest);
	}
}
