// SPDX-License-Identifier: GPL-2.0-only
/* klog_owner: whose limit it was, as the log's words and figures have it. */
#include <string.h>

#include "source/klog_event.h"

#define ORDER_SYSRQ (-1)

static bool is(const struct klog_report *report, const char *constraint)
{
	return !strcmp(report->constraint, constraint);
}

static enum constraint constraint_of(const struct klog_report *report)
{
	static const char *const names[] = {
		[OOM_CONSTRAINT_NONE] = "CONSTRAINT_NONE",
		[OOM_CONSTRAINT_CPUSET] = "CONSTRAINT_CPUSET",
		[OOM_CONSTRAINT_MEMORY_POLICY] = "CONSTRAINT_MEMORY_POLICY",
		[OOM_CONSTRAINT_MEMCG] = "CONSTRAINT_MEMCG",
	};

	for (int i = OOM_CONSTRAINT_NONE; i <= OOM_CONSTRAINT_MEMCG; i++)
		if (is(report, names[i]))
			return (enum constraint)i;
	/* Before 5.0: a limit's owner is named, or the tables tell which kind it was. */
	if (report->readings == 1 && report->reading[0].owner.len)
		return OOM_CONSTRAINT_MEMCG;
	if (report->is_global && report->parts & KLOG_HAS_HEADER && !report->nodemask &&
	    !report->cpuset && report->parts & KLOG_HAS_KILL)
		return OOM_CONSTRAINT_NONE;
	return OOM_CONSTRAINT_NOT_SAID;
}

/* "no limit" and NOT_KNOWN are above all. */
static bool is_full(const struct klog_counter *counter)
{
	return counter->usage != NOT_KNOWN && counter->limit < NO_LIMIT &&
	       counter->usage + counter->limit / 64 >= counter->limit;
}

static bool is_v1(const struct klog_report *report)
{
	/* Before 5.3 cgroup v2's report had these lines, too. */
	return report->kmem && !report->stats_sum;
}

/* As the live source does: memory alone being full means little where more may be swapped out. */
static void set_figures(struct event *ev, const struct klog_report *report)
{
	struct limit_owner *owner = &ev->incident.limit_owner;
	const struct klog_counter *counter = &report->memory;

	if (is_v1(report))
		ev->incident.cgroup_version = 1;
	else if (report->swap.limit != NOT_KNOWN)
		ev->incident.cgroup_version = 2;
	if (!(report->parts & KLOG_HAS_MEMORY))
		return;
	owner->counter = COUNTER_MEMORY;
	if (report->kmem && report->memory_and_swap.limit != NOT_KNOWN &&
	    report->memory_and_swap.limit > report->memory.limit &&
	    is_full(&report->memory_and_swap)) {
		owner->counter = COUNTER_MEMORY_AND_SWAP;
		counter = &report->memory_and_swap;
	}
	owner->usage_bytes = counter->usage;
	owner->limit_bytes = counter->limit;
	if (report->stats.inactive_file != NOT_KNOWN && owner->counter == COUNTER_MEMORY &&
	    report->stats.inactive_file <= counter->usage)
		owner->working_set_bytes = counter->usage - report->stats.inactive_file;
	klog_event_memory(ev, report);
}

/* Of two reports that are mixed the figures count if they stand with the owner's name. */
static bool figures_are_its_own(const struct klog_report *report)
{
	struct span stats = klog_report_span(report, report->stats_path);

	if (!report->mixed)
		return true;
	return report->readings == 1 && report->stats_line - report->memory_line <= 3 &&
	       span_equal(stats, klog_report_span(report, report->reading[0].owner));
}

/* The levels from the victim's cgroup outwards; the log has figures of the owner's alone. */
static void set_memcgs(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct text path = incident->victim.cgroup.path, owner = incident->limit_owner.cgroup.path;
	const char *bytes = text_bytes(ev, path);

	for (size_t len = path.len; len > 1; len--) {
		struct event_memcg *memcg = &incident->memcgs[incident->memcgs_count];

		if (len < path.len && bytes[len] != '/')
			continue;
		if (incident->memcgs_count == INCIDENT_LEVELS_MAX) {
			/* The innermost one and the outermost ones stay, as in a live record. */
			memmove(&incident->memcgs[1], &incident->memcgs[2],
				(INCIDENT_LEVELS_MAX - 2) * sizeof(*memcg));
			incident->memcgs_omitted++;
			memcg = &incident->memcgs[--incident->memcgs_count];
		}
		incident->memcgs_count++;
		memcg->path = (struct text){ path.off, (__u16)len };
		memcg->usage_bytes = memcg->limit_bytes = NOT_KNOWN;
		memcg->swap_usage_bytes = memcg->swap_limit_bytes = NOT_KNOWN;
		if (len != owner.len || memcmp(bytes, text_bytes(ev, owner), len) != 0 ||
		    incident->limit_owner.counter != COUNTER_MEMORY)
			continue;
		memcg->usage_bytes = incident->limit_owner.usage_bytes;
		memcg->limit_bytes = incident->limit_owner.limit_bytes;
		memcg->working_set_bytes = incident->limit_owner.working_set_bytes;
	}
}

static void add_suspect(struct event *ev, enum limit_level level, struct text path)
{
	struct verdict *verdict = &ev->incident.verdict;
	struct suspect *suspect = &verdict->suspects[verdict->suspects_count];

	for (__u64 i = 0; i < verdict->suspects_count; i++)
		if (verdict->suspects[i].limit_level == level &&
		    text_equal(ev, verdict->suspects[i].cgroup.path, path))
			return;
	if (verdict->suspects_count == INCIDENT_SUSPECTS_MAX)
		return;
	verdict->suspects_count++;
	suspect->limit_level = level;
	suspect->cgroup.path = path;
}

/* Names that look like fields: each owner that the line may mean is a suspect. */
static void set_readings(struct event *ev, const struct klog_report *report)
{
	ev->incident.limit_owner.limit_level = LIMIT_UNKNOWN;
	ev->incident.log.ambiguous = 1;
	for (int i = 0; i < report->readings; i++)
		add_suspect(ev, LIMIT_UNKNOWN,
			    event_text_whole(ev, report->pool + report->reading[i].owner.off,
					     report->reading[i].owner.len));
}

static bool owners_differ(const struct klog_report *report)
{
	for (int i = 1; i < report->readings; i++)
		if (!span_equal(klog_report_span(report, report->reading[i].owner),
				klog_report_span(report, report->reading[0].owner)))
			return true;
	return false;
}

static void without_memcg(struct event *ev, const struct klog_report *report)
{
	struct incident *incident = &ev->incident;
	enum limit_level level = LIMIT_UNKNOWN;

	if (report->order == ORDER_SYSRQ)
		level = LIMIT_MANUAL;
	else if (incident->constraint == OOM_CONSTRAINT_CPUSET ||
		 incident->constraint == OOM_CONSTRAINT_MEMORY_POLICY)
		level = LIMIT_CPUSET;
	else if (incident->constraint == OOM_CONSTRAINT_NONE)
		level = LIMIT_HOST;
	incident->limit_owner.limit_level = level;
	if (level == LIMIT_UNKNOWN && report->is_global) {
		add_suspect(ev, LIMIT_HOST, (struct text){ 0 });
		add_suspect(ev, LIMIT_CPUSET, (struct text){ 0 });
		add_suspect(ev, LIMIT_MANUAL, (struct text){ 0 });
	}
}

void klog_event_owner(struct event *ev, const struct klog_report *report)
{
	struct incident *incident = &ev->incident;
	struct klog_path owner = report->readings ? report->reading[0].owner :
						    (struct klog_path){ 0 };
	bool is_nobody = report->parts & KLOG_HAS_NOBODY;

	/* Where nobody was chosen, the memory table is the owner's. */
	if (!report->readings && report->stats_path.len &&
	    (is_nobody || !(report->parts & KLOG_HAS_OOM_KILL)))
		owner = report->mixed ? owner : report->stats_path;
	incident->constraint = constraint_of(report);
	if (report->readings > 1)
		incident->log.ambiguous = 1;
	if (owners_differ(report)) {
		set_readings(ev, report);
		return;
	}
	if (owner.len) {
		incident->constraint = OOM_CONSTRAINT_MEMCG;
		incident->limit_owner.cgroup.path =
			event_text_whole(ev, report->pool + owner.off, owner.len);
	} else {
		without_memcg(ev, report);
	}
	if (figures_are_its_own(report) && !(report->parts & KLOG_HAS_MEM_INFO))
		set_figures(ev, report);
	set_memcgs(ev);
}
