/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * audit: the kernel counts each kill, for the machine and for the victim's cgroup. Are there more
 * than were seen? Then how many, and where.
 *
 * A thread looks once a minute; T1 tells it what was seen, and fetches what it has found. A kill is
 * missing when T1 has emptied the rings after the count was read, and again a moment later.
 */
#ifndef OOMWHY_AUDIT_H
#define OOMWHY_AUDIT_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>

#include "event.h"

#define AUDIT_PERIOD_MS 60000
#define AUDIT_CGROUPS 8192 /* that kills were counted in */
#define AUDIT_PATH_MAX 1024

struct audit_config {
	const char *proc; /* "/proc", or a test's */
	const char *root; /* where the memory controller's hierarchy is mounted; "": nowhere */
	bool is_v1;
	int period_ms;
};

struct audit_place {
	char path[AUDIT_PATH_MAX];
	__u64 kills;
};

/* What was found so far. */
struct audit_finding {
	__u64 missing; /* kills that the kernel has counted and nobody saw */
	struct audit_place places[LOSS_PLACES_MAX]; /* those of the last ones that were found */
	__u64 places_count;
	__u64 places_omitted;
};

struct audit {
	struct audit_config config;
	__u64 base; /* the machine's count at the start; NOT_KNOWN: the kernel does not count */
	pthread_mutex_t lock; /* held for no I/O */
	__u64 seen, may_be_seen, ticks; /* T1's */
	/* Kills that are accounted for, by the hash of the cgroup's path. v2 counts them in all
	 * cgroups above, too. */
	struct {
		__u64 key, kills;
	} cgroups[AUDIT_CGROUPS];
	struct audit_finding finding;
	bool runs;
	int stop_fd;
	pthread_t thread;
};

/* audit_init() - from now on all kills are to be seen: what is counted so far does not count. */
void audit_init(struct audit *audit, const struct audit_config *config);

/*
 * audit_begin() - before it all kills that are known since boot may be taken: @unknown are not, and
 * where they were is the first finding. Reads the counts of all cgroups.
 */
void audit_begin(struct audit *audit, __u64 unknown);

/* audit_start() - begins to look, each period. Returns 0 or -errno. */
int audit_start(struct audit *audit);
void audit_stop(struct audit *audit);

/* audit_take() - T1: a kill that is known, with what the kernel counted for it. No I/O. */
void audit_take(struct audit *audit, const struct event *ev);

/*
 * audit_tick() - T1: all kills so far are taken, @seen as the kernel counts them since
 * audit_init(). Of @may_be_seen more a part was seen, and nobody knows whether they count. No I/O.
 */
void audit_tick(struct audit *audit, __u64 seen, __u64 may_be_seen);

/* audit_missing() - T1: how many are known to be missing. */
__u64 audit_missing(struct audit *audit);

/* audit_fill() - T1: the places, into a loss. */
void audit_fill(struct audit *audit, struct event *loss);

/* audit_count() - the machine's count of now; NOT_KNOWN. Reads a file. */
__u64 audit_count(const struct audit *audit);

/*
 * audit_new() - so many more are missing of @counted, if all that was counted then is taken by now;
 * at least: what was seen since may hide some.
 */
__u64 audit_new(struct audit *audit, __u64 counted);

/* audit_find() - they are missing: look where. Reads the counts of cgroups. */
void audit_find(struct audit *audit, __u64 counted);

#endif
