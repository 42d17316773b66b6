/* SPDX-License-Identifier: GPL-2.0-only */
/* crowd: containers that are there and do nothing, for oomwhy to know and to look at. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "runtime/churn.h"

#define CROWD_MAX 10000

struct crowd {
	struct world *world;
	struct cri_pod *pods;
	struct cri_container *containers;
	int count;
};

/* An empty one; fails the test without memory. */
void crowd_init(struct crowd *crowd, struct world *world);
/* Makes or removes containers until there are @count. */
void crowd_resize(struct crowd *crowd, int count);
void crowd_free(struct crowd *crowd);

#endif
