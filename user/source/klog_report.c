// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "source/klog_report.h"

static void forget(__u64 *numbers, size_t size)
{
	memset(numbers, 0xff, size); /* NOT_KNOWN */
}

void klog_report_init(struct klog_report *report, const struct klog_line *line, __u64 number)
{
	memset(report, 0, offsetof(struct klog_report, task));
	report->tasks = report->others = 0;
	report->tasks_left_out = report->others_left_out = 0;
	report->pool_len = 0;
	memset(&report->victim, 0, sizeof(report->victim));
	report->open = true;
	report->begun = report->latest = number;
	report->time_ns = line->time_ns;
	report->boot_ns = line->boot_ns;
	report->latest_ns = line->boot_ns != NOT_KNOWN ? line->boot_ns : line->time_ns;
	report->caller = line->caller;
	if (line->host_len < sizeof(report->host)) {
		memcpy(report->host, line->host ? line->host : "", line->host_len);
		report->host_len = (__u16)line->host_len;
	}
	if (line->boot_id)
		memcpy(report->boot_id, line->boot_id, 32);
	report->asker_pid = report->gfp_mask = report->pid = report->uid = NOT_KNOWN;
	report->order = report->asker_adj = NOT_KNOWN_SIGNED;
	forget(&report->memory.usage, sizeof(report->memory));
	forget(&report->swap.usage, sizeof(report->swap));
	forget(&report->memory_and_swap.usage, sizeof(report->memory_and_swap));
	forget(&report->stats.anon, sizeof(report->stats));
	report->kmem_usage = NOT_KNOWN;
	report->ram_pages = report->reserved_pages = NOT_KNOWN;
	report->free_pages = report->high_bytes = NOT_KNOWN;
}

struct klog_path klog_report_path(struct klog_report *report, struct span path)
{
	struct klog_path ret = { .off = (__u16)report->pool_len, .len = (__u16)path.len };

	if (path.len > KLOG_POOL_SIZE - report->pool_len) {
		report->pool_full = true;
		return (struct klog_path){ 0 };
	}
	if (path.len)
		memcpy(report->pool + report->pool_len, path.at, path.len);
	report->pool_len += path.len;
	return ret;
}

struct span klog_report_span(const struct klog_report *report, struct klog_path path)
{
	return (struct span){ report->pool + path.off, path.len };
}

struct klog_comm klog_comm_of(struct span comm)
{
	struct klog_comm ret = { .known = true };

	ret.len = (__u8)(comm.len < KLOG_COMM_MAX ? comm.len : KLOG_COMM_MAX);
	if (ret.len)
		memcpy(ret.bytes, comm.at, ret.len);
	return ret;
}

bool klog_comm_equal(const struct klog_comm *a, const struct klog_comm *b)
{
	return a->known && b->known && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

void klog_report_header(struct klog_report *report, const struct klog_header *header)
{
	report->parts |= KLOG_HAS_HEADER;
	report->asker = klog_comm_of(header->comm);
	report->gfp_mask = header->gfp_mask;
	report->order = header->order;
	report->asker_adj = header->oom_score_adj;
	report->nodemask = header->nodemask;
}

void klog_report_oom_kill(struct klog_report *report, const struct klog_oom_kill *line)
{
	size_t len = line->constraint.len;

	report->parts |= KLOG_HAS_OOM_KILL;
	if (len < sizeof(report->constraint)) {
		memcpy(report->constraint, len ? line->constraint.at : "", len);
		report->constraint[len] = '\0';
	}
	if (line->pid != NOT_KNOWN) {
		report->pid = line->pid;
		report->uid = line->uid;
	}
	report->readings = 0;
	for (int i = 0; i < line->readings; i++) {
		report->reading[i].owner = klog_report_path(report, line->reading[i].owner);
		report->reading[i].memcg = klog_report_path(report, line->reading[i].memcg);
		if (line->reading[i].comm.at)
			report->reading[i].comm = klog_comm_of(line->reading[i].comm);
		report->readings++;
	}
}

static void count_victim(struct klog_report *report, struct klog_victim *victim,
			 const struct klog_killed *line, __u64 boot_ns)
{
	/* At the same moment it is the same line, from a second logger. */
	if (victim->counted && boot_ns != NOT_KNOWN && boot_ns == victim->boot_ns &&
	    !(report->parts & KLOG_HAS_GROUP))
		return;
	victim->boot_ns = boot_ns;
	if (victim->counted++)
		return;
	victim->figures = *line;
	victim->figures.comm = (struct span){ 0 };
	victim->comm = klog_comm_of(line->comm);
}

void klog_report_killed(struct klog_report *report, const struct klog_killed *line, __u64 boot_ns)
{
	report->is_memcg = report->is_memcg || line->memcg;
	report->is_global = report->is_global || line->global;
	if (!(report->parts & KLOG_HAS_KILLED) || report->victim.figures.pid == line->pid) {
		report->parts |= KLOG_HAS_KILLED;
		count_victim(report, &report->victim, line, boot_ns);
		return;
	}
	for (int i = 0; i < report->others; i++) {
		if (report->other[i].figures.pid == line->pid) {
			count_victim(report, &report->other[i], line, boot_ns);
			return;
		}
	}
	if (report->others == INCIDENT_OTHER_VICTIMS_MAX) {
		report->others_left_out++;
		return;
	}
	memset(&report->other[report->others], 0, sizeof(report->other[0]));
	count_victim(report, &report->other[report->others++], line, boot_ns);
}

const struct klog_task *klog_report_task(const struct klog_report *report, __u64 pid)
{
	for (int i = 0; i < report->tasks && pid != NOT_KNOWN; i++)
		if (report->task[i].pid == pid || report->task[i].tgid == pid)
			return &report->task[i];
	return NULL;
}

static bool is_below(struct span path, struct span top)
{
	return path.len >= top.len && !memcmp(path.at, top.at, top.len) &&
	       (path.len == top.len || path.at[top.len] == '/' || top.len == 1);
}

/* Does the rest of the report agree with reading @i? */
static bool agrees(const struct klog_report *report, int i)
{
	struct span owner = klog_report_span(report, report->reading[i].owner);
	struct span memcg = klog_report_span(report, report->reading[i].memcg);
	struct span stats = klog_report_span(report, report->stats_path);
	struct span group = klog_report_span(report, report->group_path);
	const struct klog_comm *comm = &report->reading[i].comm;
	const struct klog_task *task = klog_report_task(report, report->pid);

	if (stats.len && owner.len && !report->stats_sum && !span_equal(stats, owner))
		return false;
	if (group.len && !is_below(memcg, group))
		return false;
	if (task && comm->known && !klog_comm_equal(&task->comm, comm))
		return false;
	return report->victim.figures.pid != report->pid || !report->victim.comm.known ||
	       !comm->known || klog_comm_equal(&report->victim.comm, comm);
}

void klog_report_settle(struct klog_report *report)
{
	int kept = 0;

	if (report->readings < 2)
		return;
	for (int i = 0; i < report->readings; i++)
		if (agrees(report, i))
			report->reading[kept++] = report->reading[i];
	/* With none left the report contradicts itself: then it says nothing new. */
	if (kept)
		report->readings = kept;
}
