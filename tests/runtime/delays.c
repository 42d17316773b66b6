/* SPDX-License-Identifier: GPL-2.0-only */
#include "delays.h"

#include <stdlib.h>

void delays_add(struct delays *delays, const struct tracer *t, json_t *line)
{
	if (delays->n < DELAYS_MAX)
		delays->ns[delays->n++] = t->read_ns - line_integer(line, "boot_time_ns");
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

long long delays_percentile(struct delays *delays, int percent)
{
	qsort(delays->ns, delays->n, sizeof(*delays->ns), compare);
	return delays->n ? delays->ns[(long)(delays->n - 1) * percent / 100] : 0;
}
