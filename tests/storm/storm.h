/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storm: OOM kills as fast as the machine makes them, in many memcgs at once, while cgroups come
 * and go beside them. All of it is in one cgroup of our own.
 *
 * In each memcg lives a killer, which starts one victim after the other: a victim eats until the
 * kernel kills it at the memcg's limit. How many were killed is what the kernel has counted.
 */
#ifndef STORM_STORM_H
#define STORM_STORM_H

#include <pthread.h>
#include <stdatomic.h>

#include "kills/cgroups.h"

#define STORM_CGROUP "/oomwhy-storm"
#define STORM_COMM "storm-victim" /* of each victim */
#define STORM_MEMCGS_MAX 1000

struct storm_shared;

struct storm {
	const struct hierarchy *h;
	struct cgroup memcgs[STORM_MEMCGS_MAX];
	pid_t killers[STORM_MEMCGS_MAX];
	int count;
	struct storm_shared *shared; /* with the killers */
	int64_t kills_before;
	long long began_ns; /* CLOCK_BOOTTIME */
};

/* Cgroups that come and go, in a thread of its own. */
struct storm_churn {
	const struct hierarchy *h;
	double rate; /* cgroups made a second, and as many removed */
	unsigned long made, failed;
	long long began_ns;
	atomic_bool stop;
	pthread_t thread;
};

long long storm_now_ns(void); /* CLOCK_BOOTTIME */

/* @count memcgs as kubelet makes them, a killer in each. Fails the test by itself, as do the
 * others. */
void storm_prepare(struct storm *storm, const struct hierarchy *h, int count);
/* The same without limits: a victim eats until the machine has no memory left. */
void storm_prepare_host(struct storm *storm, const struct hierarchy *h, int count);
/* Lets them kill, @kills in all; storm_wait() returns when they have, storm_wait_made() earlier. */
void storm_begin(struct storm *storm, int kills);
void storm_wait(struct storm *storm);
void storm_wait_made(struct storm *storm, int kills);
/* What the kernel has counted in these memcgs since storm_begin(). */
int64_t storm_made(const struct storm *storm);
/* Ends the killers. The cgroups are left to the ledger. */
void storm_end(struct storm *storm);

void storm_churn_start(struct storm_churn *churn, const struct hierarchy *h, double rate);
/* Returns how many were made a second. */
double storm_churn_stop(struct storm_churn *churn);

#endif
