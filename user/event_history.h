/* SPDX-License-Identifier: GPL-2.0-only */
/* event_history: what led to a kill, and who holds the memory; a part of the model, see event.h. */
#ifndef OOMWHY_EVENT_HISTORY_H
#define OOMWHY_EVENT_HISTORY_H

#include "event_parts.h"

#define INCIDENT_PODS_MAX 8 /* by memory above request */
#define CANDIDATES_MAX 8
#define TREND_POINTS_MAX 14 /* a line of text has room for so many */

/* Why a limit that many share was hit. */
enum cause {
	CAUSE_NONE, /* not said: another level's, or not known */
	CAUSE_POD_OVER_REQUEST,
	CAUSE_REQUESTS_DO_NOT_FIT, /* nobody holds more than it has requested */
};

/*
 * What led to it: the memory of one cgroup in the time before the kill. Sampled, and the last point
 * is the kill's own.
 */
struct trend_point {
	__u64 age_ns; /* before the kill */
	__u64 usage_bytes;
};

struct trend {
	__u64 cgroup_age_ns; /* since it was made */
	__u64 cgroup_age_is_minimum; /* bool: it is older than that */
	__u64 sample_age_ns; /* of the last sample */
	struct trend_point points[TREND_POINTS_MAX]; /* oldest first */
	__u64 points_count;
	__u64 points_omitted; /* samples between them */
	__u64 from_bytes; /* where the last growth began */
	__u64 growth_bytes; /* since then */
	__u64 growth_ns;
	/* Counted over window_ns, up to the last sample: */
	__u64 window_ns;
	__u64 limit_hits, high_hits, ooms, oom_kills;
	__u64 some_ns, full_ns; /* pressure: time in which some, or all, tasks waited */
	/* By each reclaim for its limit, as the kernel side has counted: */
	__u64 reclaim_evidence; /* enum evidence: whether the kernel said which cgroup's it was */
	__u64 reclaim_passes, reclaim_bytes;
	__u64 reclaim_ns; /* that tasks spent in it, summed */
	/* Of these, in the unbroken series that ended with the kill: */
	__u64 at_limit_ns;
	__u64 at_limit_passes, at_limit_bytes, at_limit_reclaim_ns;
};

/* A pod that shares the limit. */
struct event_pod {
	struct identity who; /* its container that holds most; but the request is the pod's */
	struct event_cgroup cgroup; /* the pod's */
	__u64 biggest_id; /* cgroup of that container */
	__u64 usage_bytes;
	__u64 usage_age_ns; /* 0: read at the kill; else sampled so long before it */
	__u64 working_set_bytes; /* sampled */
	__u64 over_request_bytes;
};

/* How often before; within the hour up to the kill, itself included. */
struct repeat {
	__u64 container_kills_1h; /* of the victim's container */
	__u64 container_since_ns; /* since the first of them */
	__u64 limit_owner_kills_1h; /* at this limit */
	__u64 storm_kills; /* so many since a storm has begun; else NOT_KNOWN */
};

/* Kills that came too fast for a report each. */
struct storm {
	__u64 kills;
	__u64 duration_ns; /* from the first to the last */
	__u64 is_over; /* bool */
};

/* Why one that holds more than the victim lives. */
enum spared {
	SPARED_NOT_SAID, /* it does not hold more */
	SPARED_PROTECTED, /* oom_score_adj -1000 */
	SPARED_LOWER_SCORE, /* its oom_score_adj counts less */
	SPARED_OTHER_MEMCG, /* it is not below the limit */
	SPARED_INIT, /* the machine's process 1 */
	SPARED_ASKER_DIES, /* vm.oom_kill_allocating_task: nobody was compared */
	SPARED_UNKNOWN, /* it may have grown since */
};

/* A process that the kernel could choose, right after the kill; the victim as it was at the kill.
 */
struct candidate {
	struct identity who;
	struct event_cgroup cgroup;
	struct text comm;
	__u64 pid;
	__u64 chosen; /* bool */
	__u64 fate; /* enum fate: it died, too */
	__s64 oom_score_adj;
	__u64 rss_bytes, swap_bytes, pagetables_bytes;
	__s64 points; /* these in pages, and oom_score_adj thousandths of the domain; as the kernel
			 counts */
	__s64 points_bytes; /* the same */
	__u64 spared; /* enum spared */
};

/* How the victim went. */
struct after {
	__u64 pid;
	struct text comm;
	__u64 ended_ns; /* from its mark to the end of its last thread */
	__u64 freed_ns; /* until the last user of its memory was gone */
	__u64 waited_ns; /* when this was told */
};

struct culprit {
	struct event_pod pod;
	struct trend history;
};

#endif
