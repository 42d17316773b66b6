// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source/klog_event.h"

#define DEFAULT_PAGE_BYTES 4096
#define ORDER_SYSRQ (-1)
#define NS_PER_SECOND 1000000000ULL

static struct text text_of(struct event *ev, const struct klog_report *report,
			   struct klog_path path)
{
	return event_text_whole(ev, report->pool + path.off, path.len);
}

static struct text comm_of(struct event *ev, const struct klog_comm *comm)
{
	return comm->known ? event_text(ev, comm->bytes, comm->len) : (struct text){ 0 };
}

/* NOT_KNOWN stays. */
static __u64 times(__u64 pages, __u64 page_bytes)
{
	__u64 bytes;

	if (pages == NOT_KNOWN || __builtin_mul_overflow(pages, page_bytes, &bytes) ||
	    bytes > KLOG_NUMBER_MAX)
		return NOT_KNOWN;
	return bytes;
}

static __u64 sum3(__u64 a, __u64 b, __u64 c)
{
	if (c == NOT_KNOWN)
		c = 0; /* file-rss held shmem, before 4.5 */
	if (a == NOT_KNOWN || b == NOT_KNOWN || a > KLOG_NUMBER_MAX / 4 ||
	    b > KLOG_NUMBER_MAX / 4 || c > KLOG_NUMBER_MAX / 4)
		return NOT_KNOWN;
	return a + b + c;
}

/*
 * The tables count pages, the lines KiB: where one process stands in both, they tell the size of a
 * page. So does "no limit", which is the biggest number of pages.
 */
static __u64 page_bytes_of(const struct klog_report *report, const struct klog_config *config)
{
	const struct klog_victim *victim = &report->victim;
	const struct klog_task *task = klog_report_task(report, victim->figures.pid);
	__u64 ratio;

	if (report->parts & KLOG_HAS_KILLED && task && task->total_vm != NOT_KNOWN &&
	    task->total_vm && victim->figures.total_vm_bytes != NOT_KNOWN) {
		ratio = victim->figures.total_vm_bytes / task->total_vm;
		for (__u64 size = 4096; size <= 65536; size *= 4)
			if (ratio == size)
				return size;
	}
	return config->page_bytes ? config->page_bytes : DEFAULT_PAGE_BYTES;
}

static void set_time(struct event *ev, __u64 time_ns, __u64 boot_ns,
		     const struct klog_config *config)
{
	ev->time_ns = time_ns;
	ev->boot_time_ns = boot_ns;
	if (time_ns == NOT_KNOWN && boot_ns != NOT_KNOWN && config->wall_ns)
		ev->time_ns = config->wall_ns(boot_ns);
	ev->origin = ORIGIN_LOG;
}

/* As the live source makes it; without a boot's ID or time it is the log's own. */
static void set_id(struct event *ev, const char *boot_id, const struct klog_config *config,
		   const char *what)
{
	__u64 ns = ev->boot_time_ns != NOT_KNOWN ? ev->boot_time_ns : ev->time_ns;

	if (!boot_id || !*boot_id)
		boot_id = config->boot_id;
	if (ns == NOT_KNOWN)
		snprintf(ev->id, sizeof(ev->id), "log-%s", what);
	else if (boot_id && *boot_id && ev->boot_time_ns != NOT_KNOWN)
		snprintf(ev->id, sizeof(ev->id), "%.8s-%llu-%s", boot_id,
			 (unsigned long long)(ns / NS_PER_SECOND), what);
	else
		snprintf(ev->id, sizeof(ev->id), "log-%llu-%s",
			 (unsigned long long)(ns / NS_PER_SECOND), what);
}

/* The process of a thread that the log names, where the task table has it. */
static void set_process(struct event_task *task, const struct klog_report *report, __u64 pid)
{
	const struct klog_task *row = klog_report_task(report, pid);

	task->pid = pid;
	if (!row || row->tgid == NOT_KNOWN || row->tgid == pid)
		return;
	task->pid = row->tgid;
	task->tid = pid;
}

static void victim_from_line(struct event *ev, struct event_task *task,
			     const struct klog_report *report, const struct klog_victim *victim)
{
	const struct klog_killed *line = &victim->figures;

	set_process(task, report, line->pid);
	task->uid = line->uid;
	task->comm = comm_of(ev, &victim->comm);
	task->counted = victim->counted;
	task->oom_score_adj = line->oom_score_adj;
	task->anon_bytes = line->anon_bytes;
	task->file_bytes = line->file_bytes;
	task->shmem_bytes = line->shmem_bytes;
	task->rss_bytes = sum3(line->anon_bytes, line->file_bytes, line->shmem_bytes);
	task->pagetables_bytes = line->pagetables_bytes;
	task->total_vm_bytes = line->total_vm_bytes;
}

static void keep(__u64 *value, __u64 other)
{
	if (*value == NOT_KNOWN)
		*value = other;
}

/* What the task table has of it: a moment before, and more than the line. */
static void task_from_table(struct event *ev, struct event_task *task, const struct klog_task *row,
			    __u64 page_bytes)
{
	if (!row)
		return;
	keep(&task->uid, row->uid);
	keep(&task->anon_bytes, times(row->anon, page_bytes));
	keep(&task->file_bytes, times(row->file, page_bytes));
	keep(&task->shmem_bytes, times(row->shmem, page_bytes));
	keep(&task->rss_bytes, times(row->rss, page_bytes));
	keep(&task->swap_bytes, times(row->swap, page_bytes));
	keep(&task->total_vm_bytes, times(row->total_vm, page_bytes));
	keep(&task->pagetables_bytes, row->pagetables_bytes);
	keep(&task->pagetables_bytes, times(row->pagetables_pages, page_bytes));
	if (task->oom_score_adj == NOT_KNOWN_SIGNED)
		task->oom_score_adj = row->oom_score_adj;
	if (!task->comm.len)
		task->comm = comm_of(ev, &row->comm);
}

static void set_victims(struct event *ev, const struct klog_report *report, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	struct event_task *victim = &incident->victim;

	if (report->parts & KLOG_HAS_KILLED)
		victim_from_line(ev, victim, report, &report->victim);
	if (report->parts & KLOG_HAS_EXITING) {
		victim->fate = FATE_ALREADY_EXITING;
		victim->counted = 0;
	} else if (report->parts & (KLOG_HAS_OOM_KILL | KLOG_HAS_KILL | KLOG_HAS_KILLED)) {
		victim->fate = FATE_KILLED;
	}
	/* Before 5.1 a child may have died for the chosen one; since, a thread may stand for it. */
	if (report->pid != NOT_KNOWN && victim->pid != NOT_KNOWN && victim->pid != report->pid &&
	    !klog_report_task(report, report->pid) && klog_report_task(report, victim->pid)) {
		victim->tid = report->pid; /* a thread was chosen */
	} else if (report->pid != NOT_KNOWN && !(report->parts & KLOG_HAS_KILL)) {
		if (victim->pid != NOT_KNOWN && victim->pid != report->pid)
			victim->tid = victim->pid;
		victim->pid = report->pid;
		keep(&victim->uid, report->uid);
	} else if (victim->pid == NOT_KNOWN) {
		victim->pid = report->pid;
	}
	if (report->readings == 1) {
		victim->cgroup.path = text_of(ev, report, report->reading[0].memcg);
		if (!victim->comm.len && !(report->parts & KLOG_HAS_KILL))
			victim->comm = comm_of(ev, &report->reading[0].comm);
	}
	if (victim->pid != NOT_KNOWN)
		task_from_table(ev, victim, klog_report_task(report, victim->pid), page_bytes);
	incident->other_victims_count = (__u64)report->others;
	incident->other_victims_omitted = report->others_left_out;
	for (int i = 0; i < report->others; i++) {
		struct event_task *other = &incident->other_victims[i];

		victim_from_line(ev, other, report, &report->other[i]);
		other->fate = FATE_GROUP;
		task_from_table(ev, other, klog_report_task(report, other->pid), page_bytes);
	}
	if (report->group_path.len)
		incident->oom_group.path = text_of(ev, report, report->group_path);
}

/*
 * The log names the thread that asked; that it is a process's first one the task table shows, or
 * its being the victim.
 */
static void set_trigger(struct event *ev, const struct klog_report *report, __u64 page_bytes)
{
	struct event_task *trigger = &ev->incident.trigger;
	const struct klog_task *row = klog_report_task(report, report->asker_pid);

	/* Of two that alternate it is not said who asked for which. */
	if (!(report->parts & KLOG_HAS_HEADER) || report->order == ORDER_SYSRQ || report->mixed)
		return;
	ev->incident.allocation.order = report->order;
	ev->incident.allocation.gfp_mask = report->gfp_mask;
	trigger->comm = comm_of(ev, &report->asker);
	trigger->oom_score_adj = report->asker_adj;
	if (report->asker_pid == NOT_KNOWN)
		return;
	set_process(trigger, report, report->asker_pid);
	if (trigger->pid == ev->incident.victim.pid) {
		trigger->cgroup = ev->incident.victim.cgroup;
	} else if (report->asker_pid == ev->incident.victim.tid) {
		trigger->pid = ev->incident.victim.pid;
		trigger->tid = report->asker_pid;
		trigger->cgroup = ev->incident.victim.cgroup;
	} else if (!row) {
		trigger->tid = report->asker_pid;
		trigger->pid = NOT_KNOWN;
	}
	task_from_table(ev, trigger, row, page_bytes);
}

static void set_host(struct event *ev, const struct klog_report *report, __u64 page_bytes)
{
	struct incident *incident = &ev->incident;
	__u64 total;

	if (!(report->parts & KLOG_HAS_MEM_INFO) || report->mixed)
		return;
	incident->host_free_bytes = times(report->free_pages, page_bytes);
	incident->host_low_bytes = report->high_bytes;
	if (report->ram_pages == NOT_KNOWN || report->reserved_pages == NOT_KNOWN ||
	    report->reserved_pages > report->ram_pages)
		return;
	total = times(report->ram_pages - report->reserved_pages, page_bytes);
	incident->limits.host.limit_bytes = total;
	if (total != NOT_KNOWN && incident->host_free_bytes <= total)
		incident->limits.host.usage_bytes = total - incident->host_free_bytes;
}

/* What a memcg's limit bounds is known where it has no swap to add. */
static void set_domain(struct event *ev, const struct klog_report *report)
{
	const struct limit_owner *owner = &ev->incident.limit_owner;

	if (!report->mixed && owner->counter == COUNTER_MEMORY && !report->swap.limit &&
	    owner->limit_bytes < NO_LIMIT)
		ev->incident.total_pages_bytes = owner->limit_bytes;
}

static void set_missing(struct event *ev, const struct klog_report *report)
{
	bool memcg = !(report->parts & KLOG_HAS_MEM_INFO) && !report->is_global &&
		     ev->incident.limit_owner.limit_level != LIMIT_HOST;
	__u32 parts = report->parts, killed = KLOG_HAS_KILLED | KLOG_HAS_EXITING | KLOG_HAS_NOBODY;
	char list[160] = "";
	const struct {
		bool missing;
		const char *name;
	} rows[] = {
		/* Then a kill by hand looks like the machine's own. */
		{ !(parts & KLOG_HAS_HEADER) || report->mixed,
		  memcg ? "who asked" : "who asked (or whether it was sysrq-f)" },
		{ memcg && !(parts & KLOG_HAS_MEMORY), "usage and limit" },
		{ memcg && !(parts & KLOG_HAS_STATS), "memory table" },
		{ !(parts & KLOG_HAS_TASKS), "task table" },
		{ !(parts & (KLOG_HAS_OOM_KILL | KLOG_HAS_KILL | KLOG_HAS_NOBODY)),
		  "oom-kill line" },
		{ !(parts & killed), "Killed process line" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].missing)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 *list ? ", " : "", rows[i].name);
	ev->incident.log.missing = event_text(ev, list, strlen(list));
	if (report->mixed)
		ev->incident.log.mixed = 1;
	if (report->pool_full)
		ev->text_cut = 1;
}

void klog_event_from_report(struct event *ev, const struct klog_report *report,
			    const struct klog_config *config)
{
	bool nobody = report->parts & KLOG_HAS_NOBODY;
	__u64 page_bytes = page_bytes_of(report, config);
	char what[24] = "unknown";

	event_init(ev, nobody ? EVENT_STALL : EVENT_INCIDENT);
	set_time(ev, report->time_ns, report->boot_ns, config);
	ev->node_name = event_text(ev, report->host, report->host_len);
	ev->incident.verdict.evidence = EVIDENCE_LOG;
	if (nobody)
		ev->incident.stall.kind = STALL_NOTHING_KILLABLE;
	else
		set_victims(ev, report, page_bytes);
	set_trigger(ev, report, page_bytes);
	klog_event_owner(ev, report);
	set_host(ev, report, page_bytes);
	set_domain(ev, report);
	if (!nobody)
		klog_event_candidates(ev, report, page_bytes);
	set_missing(ev, report);
	if (nobody)
		snprintf(what, sizeof(what), "stall");
	else if (ev->incident.victim.pid != NOT_KNOWN)
		snprintf(what, sizeof(what), "%llu", (unsigned long long)ev->incident.victim.pid);
	set_id(ev, report->boot_id, config, what);
}

void klog_event_from_loss(struct event *ev, const struct klog_line *line, __u64 total,
			  const struct klog_config *config)
{
	event_init(ev, EVENT_LOSS);
	set_time(ev, line->time_ns, line->boot_ns, config);
	ev->node_name = event_text(ev, line->host, line->host_len);
	ev->loss.total = ev->loss.log_reports = total;
	set_id(ev, line->boot_id, config, "loss");
}
