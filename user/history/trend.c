// SPDX-License-Identifier: GPL-2.0-only
#include "history/trend.h"

#define NS_PER_DS 100000000ULL

/* All points before the kill and the kill itself. */
struct points {
	int count;
	struct trend_point at[STORE_POINTS_MAX + 1];
};

static void collect(const struct slot *slot, __u64 kill_ns, __u64 usage_bytes, struct points *ret)
{
	struct point stored[STORE_POINTS_MAX];
	int count = store_points(slot, stored);

	ret->count = 0;
	for (int i = 0; i < count; i++) {
		__u64 time_ns = stored[i].time_ds * NS_PER_DS;

		if (time_ns >= kill_ns)
			continue;
		ret->at[ret->count].age_ns = kill_ns - time_ns;
		ret->at[ret->count++].usage_bytes = stored[i].usage_kib * 1024ULL;
	}
	if (usage_bytes == NOT_KNOWN)
		return;
	ret->at[ret->count].age_ns = 0;
	ret->at[ret->count++].usage_bytes = usage_bytes;
}

/*
 * Where the growth began that led to the last point: the youngest of those that are near the
 * lowest.
 */
static int find_begin(const struct points *points)
{
	__u64 low = NOT_KNOWN, last = points->at[points->count - 1].usage_bytes;
	int begin = 0;

	for (int i = 0; i < points->count; i++)
		if (points->at[i].usage_bytes < low)
			low = points->at[i].usage_bytes;
	for (int i = 0; i < points->count; i++)
		if (points->at[i].usage_bytes <= low + (last - low) / 16)
			begin = i;
	return begin;
}

/* Evenly in time, the first and the last among them. */
static void pick(const struct points *points, int begin, struct trend *ret)
{
	int count = points->count - begin, kept = count, at = begin;
	__u64 span_ns = points->at[begin].age_ns - points->at[points->count - 1].age_ns;

	if (kept > TREND_POINTS_MAX)
		kept = TREND_POINTS_MAX;
	for (int i = 0; i < kept; i++) {
		__u64 age_ns = points->at[begin].age_ns;
		int last = points->count - (kept - i); /* leaves one for each that follows */

		if (kept > 1)
			age_ns -= span_ns / (kept - 1) * i;
		while (at < last && points->at[at + 1].age_ns >= age_ns)
			at++;
		ret->points[i] = points->at[i == kept - 1 ? points->count - 1 : at];
		at += at < points->count - 1;
	}
	ret->points_count = kept;
	ret->points_omitted = count - kept;
}

static __u64 difference(__u64 now, __u64 before)
{
	return now >= NO_LIMIT || before >= NO_LIMIT || now < before ? NOT_KNOWN : now - before;
}

static void count_window(const struct slot *slot, struct trend *ret)
{
	const struct sample *now = &slot->last, *before = &slot->base[0];

	if (!before->boot_time_ns || slot->all_ns <= before->boot_time_ns)
		return;
	ret->window_ns = slot->all_ns - before->boot_time_ns;
	ret->limit_hits = difference(now->limit_hits, before->limit_hits);
	ret->high_hits = difference(now->high_hits, before->high_hits);
	ret->ooms = difference(now->ooms, before->ooms);
	ret->oom_kills = difference(now->oom_kills, before->oom_kills);
	ret->some_ns = difference(now->some_ns, before->some_ns);
	ret->full_ns = difference(now->full_ns, before->full_ns);
}

void trend_age(__u64 made_ns, bool made_before, __u64 kill_ns, struct trend *ret)
{
	if (made_ns == NOT_KNOWN || made_ns > kill_ns)
		return;
	ret->cgroup_age_ns = kill_ns - made_ns;
	ret->cgroup_age_is_minimum = made_before;
}

void trend_from_slot(const struct slot *slot, __u64 kill_ns, __u64 usage_bytes, struct trend *ret)
{
	struct points points;
	int begin, last;

	trend_age(slot->made_ns, slot->made_before, kill_ns, ret);
	collect(slot, kill_ns, usage_bytes, &points);
	last = points.count - 1 - (usage_bytes != NOT_KNOWN);
	if (last < 0)
		return; /* never sampled: the kill's own figure alone is no history */
	ret->sample_age_ns = points.at[last].age_ns;
	begin = find_begin(&points);
	ret->from_bytes = points.at[begin].usage_bytes;
	if (begin < points.count - 1) {
		const struct trend_point *end = &points.at[points.count - 1];

		ret->growth_bytes = end->usage_bytes - ret->from_bytes;
		ret->growth_ns = points.at[begin].age_ns - end->age_ns;
		pick(&points, begin, ret);
	} else {
		ret->growth_bytes = ret->growth_ns = 0;
		pick(&points, 0, ret);
	}
	count_window(slot, ret);
}
