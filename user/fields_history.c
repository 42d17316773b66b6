// SPDX-License-Identifier: GPL-2.0-only
/* fields_history: the rows of what led to a kill, and of who holds the memory. */
#include "fields_rows.h"

const char *const cause_names[] = { "", "pod_over_request", "requests_do_not_fit", NULL };
#define IN struct trend_point
static const struct field trend_point_rows[] = {
	U64(age_ns, "age_ns", "How long before the kill, in ns; 0: the kill itself."),
	U64(usage_bytes, "usage_bytes", "Memory charged then, in bytes."),
};
static DEFINE(trend_point_table, trend_point_rows);
#undef IN

#define IN struct trend
static const struct field trend_rows[] = {
	U64(cgroup_age_ns, "cgroup_age_ns", "Since the cgroup was made, in ns."),
	BOOL(cgroup_age_is_minimum, "cgroup_age_is_minimum",
	     "True: that was before oomwhy came, and it may be older."),
	U64(sample_age_ns, "sample_age_ns", "How long before the kill it was last sampled, in ns."),
	LIST(points, "points", struct trend_point, trend_point_table,
	     "Memory charged over time, oldest first, the kill's own last."),
	U64(from_bytes, "growth.from_bytes", "Where the last growth began, in bytes."),
	U64(growth_bytes, "growth.bytes", "Growth since then in bytes."),
	U64(growth_ns, "growth.duration_ns", "How long that took, in ns."),
	U64(window_ns, "counters.window_ns", "Over how long the next are counted, in ns."),
	U64(limit_hits, "counters.limit_hits",
	    "Times that the limit (v2: or one below it) held back a charge."),
	U64(high_hits, "counters.high_hits", "Times that memory.high was exceeded."),
	U64(ooms, "counters.ooms", "Times that reclaim did not help (memory.events oom)."),
	U64(oom_kills, "counters.oom_kills", "Processes killed."),
	U64(some_ns, "pressure.some_ns",
	    "Time in that window in which some task waited for memory, in ns."),
	U64(full_ns, "pressure.full_ns", "The same, in which all tasks did."),
	ENUM(reclaim_evidence, "reclaim.evidence", evidence_names,
	     "Inferred: the kernel did not say for which cgroup it reclaimed."),
	U64(reclaim_passes, "reclaim.passes", "Times that memory was reclaimed for its limit."),
	U64(reclaim_bytes, "reclaim.bytes", "Memory reclaimed, in bytes."),
	U64(reclaim_ns, "reclaim.stalled_ns", "Time that tasks spent in it, summed, in ns."),
	U64(at_limit_ns, "at_limit.duration_ns",
	    "From the first to the last reclaim of the unbroken series before the kill, in ns."),
	U64(at_limit_passes, "at_limit.passes", "Times that memory was reclaimed meanwhile."),
	U64(at_limit_bytes, "at_limit.bytes", "Memory reclaimed meanwhile, in bytes."),
	U64(at_limit_reclaim_ns, "at_limit.stalled_ns", "Time that tasks spent in it, in ns."),
};
DEFINE(trend_table, trend_rows);
#undef IN

#define POD(p)                                                                             \
	IDENTITY_OF(p who, "The pod's"),                                                   \
		TABLE(p cgroup, "cgroup", struct event_cgroup, cgroup_table,               \
		      "Cgroup of the pod."),                                               \
		U64(p biggest_id, "biggest_container_cgroup_id",                           \
		    "ID of the cgroup of that container of the pod which holds most."),    \
		U64(p usage_bytes, "usage_bytes", "Memory charged to the pod, in bytes."), \
		U64(p usage_age_ns, "usage_age_ns",                                        \
		    "How long before the kill that was read, in ns; 0: at the kill."),     \
		U64(p working_set_bytes, "working_set_bytes",                              \
		    "Usage without inactive file cache, in bytes, as sampled."),           \
		U64(p over_request_bytes, "over_request_bytes",                            \
		    "Usage above the request, in bytes; 0: within it.")

#define IN struct event_pod
static const struct field pod_rows[] = { POD() };
DEFINE(pod_table, pod_rows);
#undef IN

#define IN struct culprit
static const struct field culprit_rows[] = {
	POD(pod.),
	TABLE(history, "history", struct trend, trend_table, "What led to it."),
};
DEFINE(culprit_table, culprit_rows);
#undef IN

#define IN struct repeat
static const struct field repeat_rows[] = {
	U64(container_kills_1h, "container_kills_1h",
	    "Kills in the victim's container within the last hour, this one included."),
	U64(container_since_ns, "container_since_ns", "Since the first of them, in ns."),
	U64(limit_owner_kills_1h, "limit_owner_kills_1h",
	    "Kills at this limit within the last hour, this one included."),
	U64(storm_kills, "storm_kills",
	    "In a storm, in which text is not told each kill: kills since it began."),
};
DEFINE(repeat_table, repeat_rows);
#undef IN

static const char *const spared_names[] = { "",	    "protected",  "lower_score", "other_memcg",
					    "init", "asker_dies", "unknown",	 NULL };

#define IN struct candidate
static const struct field candidate_rows[] = {
	IDENTITY(who),
	U64(pid, "process.pid", "Process ID as the node sees it."),
	TEXT(comm, "comm", "Name of the process, at most 15 bytes, chosen by the workload."),
	TABLE(cgroup, "cgroup", struct event_cgroup, cgroup_table, "Its memory cgroup."),
	BOOL(chosen, "chosen", "True: it is the victim, as it was at the kill."),
	ENUM(fate, "fate", fate_names, "How it died; absent: it lives."),
	S64(oom_score_adj, "oom_score_adj", "-1000 (never chosen) to 1000 (chosen first)."),
	U64(rss_bytes, "rss_bytes", "Resident memory in bytes."),
	U64(swap_bytes, "swap_bytes", "Swapped-out memory in bytes."),
	U64(pagetables_bytes, "pagetables_bytes", "Page tables in bytes."),
	S64(points, "points",
	    "The three in pages, plus oom_score_adj thousandths of domain_bytes in pages."),
	S64(points_bytes, "points_bytes", "The same in bytes."),
	ENUM(spared, "spared", spared_names,
	     "Why it lives though it holds more than the victim: oom_score_adj -1000; an "
	     "oom_score_adj that counts less; a cgroup that is not below the limit; it is the "
	     "machine's process 1; vm.oom_kill_allocating_task; or it is not known."),
};
DEFINE(candidate_table, candidate_rows);
#undef IN

#define IN struct storm
static const struct field storm_rows[] = {
	U64(kills, "kills", "Kills that came too fast for a report each."),
	U64(duration_ns, "duration_ns", "From the first of them to the last, in ns."),
	BOOL(is_over, "is_over", "False: it goes on."),
};
DEFINE(storm_table, storm_rows);
#undef IN

#define IN struct after
static const struct field after_rows[] = {
	U64(pid, "process.pid", "Process ID of the victim as the node sees it."),
	TEXT(comm, "comm", "Name of the process, at most 15 bytes, chosen by the workload."),
	U64(ended_ns, "ended_ns", "From the kill to the end of its last thread, in ns."),
	U64(freed_ns, "freed_ns",
	    "From the kill until its memory was free, in ns; not told before Linux 6.1."),
	U64(waited_ns, "waited_ns", "When this is told: so long after the kill, in ns."),
};
DEFINE(after_table, after_rows);
#undef IN
