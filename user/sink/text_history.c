// SPDX-License-Identifier: GPL-2.0-only
/* text_history: what led to it, as one line of blocks and a sentence. */
#include "text_report.h"

#define MINUTE_NS (60 * 1000000000ULL)
#define SECOND_NS 1000000000ULL
#define BLOCKS 8

/* In eighths of the most; each glyph is one column wide. */
static void put_blocks(struct report *r, const struct trend *trend)
{
	static const char *const utf8[BLOCKS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[BLOCKS] = { "_", ".", ":", "-", "=", "+", "*", "#" };
	__u64 most = 1;

	for (__u64 i = 0; i < trend->points_count; i++)
		if (trend->points[i].usage_bytes > most)
			most = trend->points[i].usage_bytes;
	for (__u64 i = 0; i < trend->points_count; i++) {
		__u64 usage = trend->points[i].usage_bytes;
		__u64 level = usage / (most / BLOCKS + 1);

		put_block(&r->w, r->w.utf8 ? utf8[level] : ascii[level]);
	}
}

static void put_rate(struct report *r, __u64 bytes, __u64 ns)
{
	bool slow = ns >= MINUTE_NS;
	char rate[UNITS_MAX];
	double per = (double)bytes * (double)(slow ? MINUTE_NS : SECOND_NS) / (double)ns;

	say_solid(&r->w, "+%s/%s", units_bytes((__u64)per, rate, sizeof(rate)), slow ? "min" : "s");
}

static void put_size(struct report *r, __u64 bytes)
{
	char size[UNITS_MAX];

	say_solid(&r->w, "%s", units_bytes(bytes, size, sizeof(size)));
}

static void put_time(struct report *r, __u64 ns)
{
	char time[UNITS_MAX];

	say_solid(&r->w, "%s", units_duration(ns, time, sizeof(time)));
}

bool report_trend(struct report *r, const struct trend *trend, bool rate)
{
	const struct trend_point *first = &trend->points[0];
	const struct trend_point *last;

	if (trend->points_count < 2 || trend->points_count > TREND_POINTS_MAX)
		return false;
	last = &trend->points[trend->points_count - 1];
	put_size(r, first->usage_bytes);
	say(&r->w, " ");
	put_blocks(r, trend);
	say(&r->w, " ");
	put_size(r, last->usage_bytes);
	say(&r->w, " in ");
	put_time(r, first->age_ns - last->age_ns);
	if (rate && known(trend->growth_bytes) && trend->growth_bytes && trend->growth_ns) {
		say(&r->w, ", ");
		put_rate(r, trend->growth_bytes, trend->growth_ns);
	}
	return true;
}

/* It was there too short, or is no pod's, and was not sampled. */
static bool put_age(struct report *r, const struct trend *trend)
{
	if (!known(trend->cgroup_age_ns))
		return false;
	say(&r->w, "not sampled; the cgroup is ");
	if (trend->cgroup_age_is_minimum == 1)
		say(&r->w, "at least ");
	put_time(r, trend->cgroup_age_ns);
	say(&r->w, " old");
	return true;
}

static void put_at_limit(struct report *r, const struct trend *trend, const char *joint)
{
	bool about = trend->reclaim_evidence == EVIDENCE_INFERRED;

	say(&r->w, "%slast ", joint);
	say_solid(&r->w, about ? "~" : "");
	put_time(r, trend->at_limit_ns);
	say(&r->w, " at the limit");
}

void report_before(struct report *r)
{
	const struct trend *trend = &r->incident->history;
	bool any;

	/* Of pods that share it the culprit's is told, with the cause. */
	if (r->detail >= DETAIL_HIT_ONLY ||
	    (report_has_pods(r) && r->incident->verdict.cause == CAUSE_POD_OVER_REQUEST) ||
	    (trend->points_count < 2 && !known(trend->cgroup_age_ns) && !known(trend->at_limit_ns)))
		return;
	report_label(r, "before");
	any = report_trend(r, trend, true) || put_age(r, trend);
	if (known(trend->at_limit_ns))
		put_at_limit(r, trend, any ? "; " : "");
	put_newline(&r->w);
}
