// SPDX-License-Identifier: GPL-2.0-only
/* klog_candidates: from the log's table of tasks to whom the kernel could have chosen. */
#include <string.h>

#include "candidates.h"
#include "source/klog_event.h"

#define PAGES_MAX (1ULL << 40) /* more is no machine's */
#define ADJ_MAX 1000

/* What a kernel has no column for counts as nothing. */
static bool pages_of(__u64 value, __u64 *ret)
{
	*ret = value == NOT_KNOWN ? 0 : value;
	return *ret < PAGES_MAX;
}

static bool read_row(const struct klog_task *row, __u64 page_bytes, struct oomwhy_candidate *ret)
{
	struct oomwhy_task *task = &ret->task;
	__u64 pid = row->tgid != NOT_KNOWN ? row->tgid : row->pid, pagetables;

	memset(ret, 0, sizeof(*ret));
	if (pid != (__u32)pid || row->rss == NOT_KNOWN || row->oom_score_adj < -ADJ_MAX ||
	    row->oom_score_adj > ADJ_MAX || !pages_of(row->rss, &task->anon_pages) ||
	    !pages_of(row->swap, &task->swap_pages) ||
	    !pages_of(row->pagetables_pages, &pagetables))
		return false;
	ret->memcg_id = NOT_KNOWN;
	task->tgid = (__u32)pid;
	task->oom_score_adj = (__s32)row->oom_score_adj;
	task->pagetables_bytes = row->pagetables_bytes < PAGES_MAX ? row->pagetables_bytes :
								     pagetables * page_bytes;
	if (row->comm.known)
		memcpy(task->comm, row->comm.bytes,
		       row->comm.len < sizeof(task->comm) ? row->comm.len : sizeof(task->comm));
	return true;
}

void klog_event_candidates(struct event *ev, const struct klog_report *report, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	struct oomwhy_candidate record;
	struct candidates candidates;
	struct candidates_ask ask;

	/* Of two that alternate it is not said which table is whose. */
	if (!report->tasks || report->mixed || !candidates_ask(ev, page_bytes, &ask))
		return;
	candidates_begin(&candidates, &ask);
	for (int i = 0; i < report->tasks; i++)
		if (read_row(&report->task[i], page_bytes, &record))
			candidates_add(&candidates, &record);
	incident->candidates_count = candidates_end(&candidates, ev, incident->candidates,
						    &incident->candidates_omitted);
	incident->candidates_omitted += report->tasks_left_out;
}
