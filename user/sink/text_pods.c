// SPDX-License-Identifier: GPL-2.0-only
/* text_pods: who holds the memory that many pods share, and who is to blame. */
#include <stdio.h>
#include <string.h>

#include "text_report.h"

#define ROWS_MAX 4

static bool same_text(const struct report *r, struct text a, struct text b)
{
	return a.len && text_equal(r->ev, a, b);
}

static bool is_pod_of(const struct report *r, const struct event_pod *pod,
		      const struct event_task *task)
{
	return same_text(r, pod->who.pod_uid, task->who.pod_uid) ||
	       same_text(r, pod->who.static_pod_hash, task->who.static_pod_hash);
}

static void put_size(struct report *r, __u64 bytes)
{
	char size[UNITS_MAX];

	say_solid(&r->w, "%s", units_bytes(bytes, size, sizeof(size)));
}

static void put_pod(struct report *r, const struct event_pod *pod, enum who_part parts)
{
	struct event_task task = { .who = pod->who, .cgroup = pod->cgroup };

	report_who(r, &task, parts);
}

bool report_has_pods(const struct report *r)
{
	return r->incident->pods_count && r->incident->pods_count <= INCIDENT_PODS_MAX &&
	       (r->level == LIMIT_NODE || r->level == LIMIT_HOST);
}

void report_blame(struct report *r)
{
	const struct incident *incident = r->incident;
	__u64 whole = r->level == LIMIT_NODE ? incident->limit_owner.usage_bytes :
					       incident->limits.host.limit_bytes;
	__u64 held = incident->limits.pod.usage_bytes;

	if (incident->verdict.victim_is_cause != 0 || r->ev->type != EVENT_INCIDENT)
		return;
	put_newline(&r->w);
	say_solid(&r->w, "%*s", REPORT_INDENT, "");
	put_ink(&r->w, INK_ALARM);
	say(&r->w, "NOT the cause");
	put_ink(&r->w, INK_PLAIN);
	if (!known(held) || !known(whole) || whole == NO_LIMIT || !whole)
		return;
	say(&r->w, ": its pod holds ");
	put_size(r, held);
	say(&r->w, ", %llu%% of it", (unsigned long long)((double)held * 100.0 / (double)whole));
}

bool report_culprit_asked(const struct report *r)
{
	return report_has_pods(r) && r->incident->verdict.cause == CAUSE_POD_OVER_REQUEST &&
	       is_pod_of(r, &r->incident->culprit.pod, &r->incident->trigger);
}

/* "~2.0Gi", "none", "?" */
static const char *request_text(const struct request *request, char *buf, size_t size)
{
	char bytes[UNITS_MAX];

	if (!known(request->bytes))
		return "?";
	if (!request->bytes && !request->error_bytes)
		return "none";
	snprintf(buf, size, "%s%s", request->error_bytes ? "~" : "",
		 units_limit(request->bytes, bytes, sizeof(bytes)));
	return buf;
}

static void put_culprit(struct report *r, const struct culprit *culprit)
{
	const struct event_pod *pod = &culprit->pod;
	char request[UNITS_MAX + 1];

	put_pod(r, pod, WHO_ALL);
	say(&r->w, ": ");
	put_size(r, pod->usage_bytes);
	say(&r->w,
	    " used, %s requested: ", request_text(&pod->who.request, request, sizeof(request)));
	put_size(r, pod->over_request_bytes);
	say(&r->w, " over");
	if (r->detail < DETAIL_HIT_ONLY && culprit->history.points_count > 1) {
		say(&r->w, ";");
		put_newline(&r->w);
		say_solid(&r->w, "%*s", REPORT_INDENT, "");
		report_trend(r, &culprit->history, false);
	}
	if (report_culprit_asked(r))
		say(&r->w, "; asked for the page that was too much");
}

static void put_nobody(struct report *r)
{
	say(&r->w, "nobody: no pod is above its request. The requests do not fit");
	if (r->level == LIMIT_HOST)
		say(&r->w, " beside what is no pod's");
}

static void put_unknown(struct report *r)
{
	__u64 unknown = r->incident->pods_unknown;

	if (known(unknown) && unknown)
		say(&r->w, "not known: what %llu pod%s request%s is not",
		    (unsigned long long)unknown, unknown == 1 ? "" : "s", unknown == 1 ? "s" : "");
	else
		say(&r->w, "not known: a pod has grown since all were looked at");
}

void report_cause(struct report *r)
{
	report_label(r, "cause");
	if (r->incident->verdict.cause == CAUSE_POD_OVER_REQUEST)
		put_culprit(r, &r->incident->culprit);
	else if (r->incident->verdict.cause == CAUSE_REQUESTS_DO_NOT_FIT)
		put_nobody(r);
	else
		put_unknown(r);
	put_newline(&r->w);
}

/* What the reader looks for in the table first. */
static bool is_marked(const struct report *r, __u64 i)
{
	const struct event_pod *pod = &r->incident->pods[i];

	return (!i && r->incident->verdict.cause == CAUSE_POD_OVER_REQUEST) ||
	       (r->incident->verdict.cause == CAUSE_NONE && !known(pod->over_request_bytes)) ||
	       is_pod_of(r, pod, &r->incident->victim);
}

static void put_marks(struct report *r, __u64 i)
{
	const struct event_pod *pod = &r->incident->pods[i];
	const char *gap = "   ";

	if (!i && r->incident->verdict.cause == CAUSE_POD_OVER_REQUEST) {
		say_solid(&r->w, "%scause", gap);
		gap = ", ";
	}
	if (is_pod_of(r, pod, &r->incident->victim) && r->ev->type == EVENT_INCIDENT) {
		say_solid(&r->w, "%skilled", gap);
		gap = ", ";
	}
	if (is_pod_of(r, pod, &r->incident->trigger))
		say_solid(&r->w, "%sasked", gap);
}

static void put_row(struct report *r, __u64 i)
{
	const struct event_pod *pod = &r->incident->pods[i];
	char used[UNITS_MAX], request[UNITS_MAX + 1], over[UNITS_MAX], plus[UNITS_MAX + 1] = "-";

	if (!known(pod->over_request_bytes))
		snprintf(plus, sizeof(plus), "?");
	else if (pod->over_request_bytes)
		snprintf(plus, sizeof(plus), "+%s",
			 units_bytes(pod->over_request_bytes, over, sizeof(over)));
	say_solid(&r->w, "  %14s%10s%10s    ", units_bytes(pod->usage_bytes, used, sizeof(used)),
		  request_text(&pod->who.request, request, sizeof(request)), plus);
	put_pod(r, pod, WHO_POD);
	put_marks(r, i);
	put_newline(&r->w);
}

static void put_head(struct report *r, __u64 rows)
{
	const struct incident *incident = r->incident;
	char age[UNITS_MAX];

	put_ink(&r->w, INK_DIM);
	say_solid(&r->w, "  %-8s%6s%10s%10s    ", "pods", "used", "request", "over");
	say_solid(&r->w, "%llu of %llu", (unsigned long long)rows,
		  (unsigned long long)(incident->pods_count + incident->pods_omitted));
	if (known(incident->pods_age_ns) && incident->pods_age_ns)
		say_solid(&r->w, ", up to %s old",
			  units_duration(incident->pods_age_ns, age, sizeof(age)));
	put_ink(&r->w, INK_PLAIN);
	put_newline(&r->w);
}

void report_pods(struct report *r)
{
	__u64 count = r->incident->pods_count, rows = ROWS_MAX, marked = 0, plain;
	__u64 fewer = r->detail > DETAIL_OTHERS_COUNTED ? r->detail - DETAIL_OTHERS_COUNTED : 0;

	for (__u64 i = 0; i < count; i++)
		marked += is_marked(r, i);
	rows = rows > fewer + 1 ? rows - fewer : 1;
	rows = rows > marked ? rows : marked;
	rows = rows < count ? rows : count;
	plain = rows - marked;
	put_head(r, rows);
	for (__u64 i = 0; i < count; i++) {
		if (is_marked(r, i) || (plain && plain--))
			put_row(r, i);
	}
}

static void put_limit(struct report *r, const char *joint, const char *name, enum limit_level level,
		      bool hit)
{
	const struct limit *limit = incident_limit_of(r->incident, level);
	char size[UNITS_MAX];

	say(&r->w, "%s", joint);
	say_solid(&r->w, "%s %s%s", name,
		  limit->limit_bytes == NO_LIMIT ?
			  "none" :
			  units_limit(limit->limit_bytes, size, sizeof(size)),
		  hit ? " FULL" : "");
}

void report_limits_line(struct report *r)
{
	static const struct {
		enum limit_level level;
		const char *name;
	} levels[] = {
		{ LIMIT_CONTAINER, "container" }, { LIMIT_POD, "pod" },	     { LIMIT_QOS, "class" },
		{ LIMIT_NODE, "node pods" },	  { LIMIT_HOST, "machine" },
	};
	const char *joint = "";

	report_label(r, "limits");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		const struct limit *limit = incident_limit_of(r->incident, levels[i].level);
		bool hit = levels[i].level == r->level;

		if (!known(limit->limit_bytes) ||
		    (levels[i].level == LIMIT_QOS && limit->limit_bytes == NO_LIMIT))
			continue;
		put_limit(r, joint, levels[i].name, levels[i].level, hit);
		joint = ", ";
	}
	put_newline(&r->w);
}
