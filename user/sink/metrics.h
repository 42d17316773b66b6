/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics: counts what happens, for Prometheus. Fed with events as every sink is; metrics_text.c
 * writes it down, metrics_http.c serves it.
 *
 * T1 hands the events over itself: to count one takes a short lock and memory that is there. So the
 * counts are right even while nobody reads stdout. Nothing is looked up here: names are those of
 * the event.
 *
 * A label is never what has no bound or is nobody's business: no pid, comm, UID, ID, path or image.
 */
#ifndef OOMWHY_SINK_METRICS_H
#define OOMWHY_SINK_METRICS_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>

#include "event.h"

#define METRICS_CONTAINERS_MAX 128
#define METRICS_CULPRITS_MAX 64
#define METRICS_NAMES_MAX 254 /* a Kubernetes name has at most 253 bytes */
#define METRICS_GONE_NS (3600 * 1000000000ULL) /* a pod's series outlive it by so much */
#define METRICS_LEVELS (LIMIT_UNKNOWN + 1)
#define METRICS_SOURCES (IDENTITY_PATH + 1)

enum metrics_ends { ENDS_FALSE, ENDS_TRUE, ENDS_UNKNOWN, METRICS_ENDS };

/* A container, or a pod (then without container_name). Names are printable UTF-8. */
struct metrics_entry {
	__u64 used; /* greater: later; 0: free */
	__u64 gone_ns; /* boot time at which its pod was found gone; 0: it was not */
	__u64 last_ns; /* wall clock, of the last kill */
	__u64 kills[METRICS_LEVELS];
	char namespace_name[METRICS_NAMES_MAX];
	char pod_name[METRICS_NAMES_MAX];
	char container_name[METRICS_NAMES_MAX];
	char pod_path[512]; /* its pod's cgroup; "": not known, or too long */
};

/* All that is counted. */
struct metrics_figures {
	__u64 kills[METRICS_LEVELS][METRICS_ENDS]; /* processes */
	__u64 incidents[METRICS_LEVELS];
	__u64 lookups[METRICS_SOURCES];
	__u64 evicted; /* series that were forgotten for others */
	struct losses losses;
	__u64 attach; /* enum attach_plan; ATTACH_NONE: nothing has started yet */
	__u64 evidence;
	__u64 cgroup_version;
	char version[64];
	struct metrics_entry containers[METRICS_CONTAINERS_MAX];
	struct metrics_entry culprits[METRICS_CULPRITS_MAX];
};

struct metrics {
	pthread_mutex_t lock; /* held for a copy or a search, never for I/O */
	__u64 clock; /* of `used` */
	struct metrics_figures figures;
};

void metrics_init(struct metrics *metrics);
void metrics_free(struct metrics *metrics); /* what is in it, not @metrics itself */

/* metrics_take() - T1: count an event that is judged. Allocates nothing, opens nothing. */
void metrics_take(struct metrics *metrics, const struct event *ev);

/* metrics_count_lookup() - T2: a container was looked up; IDENTITY_NONE, IDENTITY_PATH: in vain. */
void metrics_count_lookup(struct metrics *metrics, enum identity_source source);

/* metrics_read() - a copy of all at one moment. */
void metrics_read(struct metrics *metrics, struct metrics_figures *ret);

/*
 * metrics_pod() - say whether the pod of a container is there.
 * @seen: the container's entry as metrics_read() gave it; if it has changed since nothing is done
 * @now_ns: boot time. An hour after a pod was first found gone its series are dropped.
 */
void metrics_pod(struct metrics *metrics, size_t slot, const struct metrics_entry *seen,
		 bool is_there, __u64 now_ns);

#endif
