/* SPDX-License-Identifier: GPL-2.0-only */
/* delays: from the kernel's record of a kill to the line in our hands. */
#ifndef RUNTIME_DELAYS_H
#define RUNTIME_DELAYS_H

#include "kills/tracer.h"

#define DELAYS_MAX 4096

struct delays {
	long long ns[DELAYS_MAX];
	int n;
};

/* The line must have been the tracer's last one. */
void delays_add(struct delays *delays, const struct tracer *t, json_t *line);
/* The value that so many of a hundred do not exceed; 0: there is none. Sorts. */
long long delays_percentile(struct delays *delays, int percent);

#endif
