/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * churn: containers that come and go, as far as oomwhy can see them: for each a bundle as
 * containerd's CRI plugin writes it, and a cgroup in a pod's. Nothing runs in them: so there can be
 * a thousand a second.
 */
#ifndef RUNTIME_CHURN_H
#define RUNTIME_CHURN_H

#include <pthread.h>
#include <stdatomic.h>

#include "cri.h"

#define CHURN_ALIVE 64 /* containers at a time */

struct churn {
	struct world *world;
	struct cri_pod pod;
	struct cri_container alive[CHURN_ALIVE];
	unsigned long made; /* so far */
	double rate; /* containers a second to make; 0: as fast as possible */
	atomic_bool stop;
	pthread_t thread;
	long long began_ns;
};

/* One that appears, and goes: the bundle comes before the cgroup and goes after it; -errno. */
int ghost_make(const struct world *w, const struct cri_container *c);
void ghost_remove(const struct world *w, const struct cri_container *c);

void churn_init(struct churn *churn, struct world *w);
/* Makes @n containers, and removes those that were made CHURN_ALIVE before. Fails no test: it
 * counts. */
void churn_make(struct churn *churn, unsigned long n);
/* In a thread of its own, at so many a second. */
void churn_start(struct churn *churn, double rate);
/* Returns what was reached, in containers a second. */
double churn_stop(struct churn *churn);
/* Removes those that are alive. */
void churn_end(struct churn *churn);

#endif
