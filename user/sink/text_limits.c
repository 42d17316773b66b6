// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_limits: the part of a report that answers "whose limit, and how do you know": a sentence and
 * a table.
 */
#include <stdio.h>
#include <string.h>

#include "text_report.h"

#define LEFTOVER_MIN (1ULL << 20) /* less than this without a living container is noise */

/* "512Mi" or "" */
static const char *limit_text(__u64 bytes, char *buf, size_t size)
{
	if (!known(bytes) || bytes == NO_LIMIT)
		return "";
	return units_limit(bytes, buf, size);
}

static void say_bytes(struct report *r, __u64 bytes)
{
	char buf[UNITS_MAX];

	say_solid(&r->w, "%s", units_bytes(bytes, buf, sizeof(buf)));
}

/* Which row of the table is the kernel's limit owner. */
static enum limit_level hit_level(const struct report *r)
{
	__u64 owner = r->incident->limit_owner.limit_level;

	return (enum limit_level)(owner && r->level != LIMIT_UNKNOWN ? owner : r->level);
}

/* cgroup v1 has a second limit, for memory and swap together. */
static bool hit_with_swap(const struct report *r, const struct limit *row)
{
	return row && r->incident->limit_owner.counter == COUNTER_MEMORY_AND_SWAP &&
	       known(row->swap_usage_bytes);
}

/* But for the sandbox and charges in flight. */
static bool holds_all(const struct incident *incident)
{
	__u64 pod = incident->limit_owner.usage_bytes;
	__u64 container = incident->limits.container.usage_bytes;

	return known(pod) && known(container) && container + pod / 32 >= pod;
}

static void why_container(struct report *r)
{
	const struct incident *incident = r->incident;
	char limit[UNITS_MAX];
	const char *size = limit_text(incident->limit_owner.limit_bytes, limit, sizeof(limit));

	if (incident->limit_owner.limit_level == LIMIT_POD) {
		say(&r->w, "the kernel blames the pod's cgroup%s%s, ", *size ? ": also " : "",
		    size);
		if (incident_subject(incident)->who.container_name.len)
			report_container(r);
		else
			say(&r->w, "this one");
		say(&r->w, " is its only container and holds %s of it. So: the container's limit",
		    holds_all(incident) ? "all" : "nearly all");
		return;
	}
	report_container(r);
	say(&r->w, " reached its own limit");
}

/* What the children of the limit owner tell about a pod. */
struct pod_parts {
	__u64 containers;
	__u64 leftover_bytes; /* held by removed cgroups */
};

static struct pod_parts pod_parts(const struct report *r)
{
	const struct incident *incident = r->incident;
	struct pod_parts parts = { 0 };

	if (!text_equal(r->ev, incident->children_of.path, incident->limit_owner.cgroup.path) ||
	    !known(incident->children_count))
		return parts;
	for (__u64 i = 0; i < incident->children_count && i < INCIDENT_CHILDREN_MAX; i++) {
		const struct event_child *child = &incident->children[i];

		if (child->online == 0 && known(child->usage_bytes))
			parts.leftover_bytes += child->usage_bytes;
		else if (child->online == 1 && child->is_sandbox == 0)
			parts.containers++;
	}
	if (known(incident->children_omitted) && incident->children_omitted)
		parts.containers = 0; /* not all were seen: no number */
	return parts;
}

static void why_pod(struct report *r)
{
	struct pod_parts parts = pod_parts(r);
	const struct limit *container = &r->incident->limits.container;

	if (parts.containers > 1)
		say(&r->w, "the pod's %llu containers together reached its limit",
		    (unsigned long long)parts.containers);
	else
		say(&r->w, "all in the pod together reached its limit");
	if (known(container->usage_bytes)) {
		say(&r->w, "; ");
		report_container(r);
		say(&r->w, " holds ");
		say_bytes(r, container->usage_bytes);
		say(&r->w, " of it");
	}
	if (parts.leftover_bytes >= LEFTOVER_MIN) {
		say(&r->w, ", ");
		say_bytes(r, parts.leftover_bytes);
		say(&r->w, " belong to no living container");
	}
	if (r->incident->verdict.equal_limits == 1) {
		say(&r->w, ". ");
		report_container(r);
		say(&r->w, holds_all(r->incident) ?
				   " has the same limit" :
				   " has the same limit, but did not fill it alone");
	}
}

/* The owner's path below the container's, which the headline has named. */
static struct text path_below_container(const struct report *r)
{
	const struct incident *incident = r->incident;
	struct text path = incident->limit_owner.cgroup.path;

	for (__u64 i = 0;
	     known(incident->memcgs_count) && i < incident->memcgs_count && i < INCIDENT_LEVELS_MAX;
	     i++) {
		struct text above = incident->memcgs[i].path;

		if (incident->memcgs[i].limit_level != LIMIT_CONTAINER ||
		    above.len + 1 >= path.len ||
		    memcmp(text_bytes(r->ev, above), text_bytes(r->ev, path), above.len) != 0)
			continue;
		path.off += above.len + 1;
		path.len -= above.len + 1;
		break;
	}
	return path;
}

static void why_nested(struct report *r)
{
	struct text path = path_below_container(r);

	say(&r->w, "the workload in ");
	report_container(r);
	say(&r->w, " made this cgroup and set its limit");
	if (path.len) {
		say(&r->w, ": ");
		report_name(r, path);
	}
	say(&r->w, ". It is not in the manifest");
}

/* So that it can be found in what kubectl describe node shows. */
static void put_allocatable(struct report *r)
{
	__u64 allocatable = r->incident->node_reserve.allocatable_bytes;
	__u64 eviction = r->incident->node_reserve.eviction_bytes;
	__u64 hugepages = r->incident->node_reserve.hugepages_bytes;

	if (!known(allocatable)) {
		say(&r->w, ": Allocatable + eviction threshold");
		return;
	}
	say(&r->w, ": Allocatable ");
	say_bytes(r, allocatable);
	say(&r->w, " + eviction threshold ");
	say_bytes(r, eviction);
	if (!hugepages)
		return;
	say(&r->w, " + huge pages ");
	say_bytes(r, hugepages);
}

/* @whose: words before "pods" */
static void why_shared(struct report *r, const char *whose)
{
	const struct limit_owner *owner = &r->incident->limit_owner;
	char limit[UNITS_MAX];
	const char *size = limit_text(owner->limit_bytes, limit, sizeof(limit));

	say(&r->w, "all %s pods together share %s and have used it up", whose, *size ? size : "it");
	if (owner->cgroup.path.len && r->level == LIMIT_NODE) {
		say(&r->w, " (");
		report_name(r, owner->cgroup.path);
		put_allocatable(r);
		say(&r->w, ")");
	}
	say(&r->w, ". No limit of the victim's own was hit");
}

static void why_host(struct report *r)
{
	const struct incident *incident = r->incident;

	say(&r->w, "no cgroup's: the machine itself ran out of memory");
	if (!known(incident->host_free_bytes))
		return;
	say(&r->w, " (");
	say_bytes(r, incident->host_free_bytes);
	say(&r->w, " free");
	if (known(incident->host_low_bytes)) {
		say(&r->w, ", short below ");
		say_bytes(r, incident->host_low_bytes);
	}
	say(&r->w, ")");
}

static void why_unknown(struct report *r)
{
	const struct verdict *verdict = &r->incident->verdict;

	if (r->incident->limit_owner.limit_level == LIMIT_POD) {
		say(&r->w, "the kernel blames the pod's cgroup; whether the container's own limit "
			   "is the same, and it alone reached it, was not seen");
		return;
	}
	say(&r->w, "which one was hit cannot be told from what was seen");
	for (__u64 i = 0; known(verdict->suspects_count) && i < verdict->suspects_count &&
			  i < INCIDENT_SUSPECTS_MAX;
	     i++) {
		const struct suspect *suspect = &verdict->suspects[i];

		/* The table marks the others. */
		if (!suspect->cgroup.path.len ||
		    (suspect->limit_level != LIMIT_SLICE && suspect->limit_level != LIMIT_NESTED))
			continue;
		say(&r->w, "; perhaps ");
		report_name(r, suspect->cgroup.path);
	}
	if (known(verdict->suspects_omitted) && verdict->suspects_omitted)
		say(&r->w, "; and %llu more", (unsigned long long)verdict->suspects_omitted);
}

static void why(struct report *r)
{
	const struct event_task *subject = incident_subject(r->incident);
	const char *qos = qos_class_name((enum qos_class)subject->who.qos);

	if (r->level == LIMIT_CONTAINER)
		why_container(r);
	else if (r->level == LIMIT_POD)
		why_pod(r);
	else if (r->level == LIMIT_NESTED)
		why_nested(r);
	else if (r->level == LIMIT_QOS)
		why_shared(r, *qos ? qos : "this class's");
	else if (r->level == LIMIT_NODE)
		why_shared(r, "this node's");
	else if (r->level == LIMIT_SLICE)
		say(&r->w, "the cgroup as a whole reached it; it is no pod's limit");
	else if (r->level == LIMIT_HOST)
		why_host(r);
	else if (r->level == LIMIT_CPUSET)
		say(&r->w,
		    "no cgroup's: the NUMA nodes that the process may use had no free memory");
	else if (r->level == LIMIT_MANUAL)
		say(&r->w, "none: somebody asked the kernel for a kill, by sysrq-f or "
			   "/proc/sysrq-trigger");
	else
		why_unknown(r);
}

void report_evidence(struct report *r, bool right)
{
	static const char *const words[] = { "", "exact", "inferred", "log" };
	__u64 evidence = r->incident->verdict.evidence;
	char bracket[64];

	if (evidence == EVIDENCE_NONE || evidence > EVIDENCE_LOG)
		return;
	snprintf(bracket, sizeof(bracket), "[%s%s]", words[evidence],
		 r->incident->verdict.cross_check == CROSS_CHECK_DIFFERS ? "; cross-check differs" :
									   "");
	if (right)
		put_right(&r->w, bracket);
	else
		say_solid(&r->w, "%s", bracket);
}

struct row {
	enum limit_level level;
	const char *name;
};

/* Innermost first: what stands after the limit that was hit is wider than it. */
static const struct row rows[] = {
	{ LIMIT_NESTED, "sub-cgroup" }, { LIMIT_CONTAINER, "container" }, { LIMIT_POD, "pod" },
	{ LIMIT_QOS, "QoS class" },	{ LIMIT_NODE, "node pods" },	  { LIMIT_SLICE, "slice" },
	{ LIMIT_HOST, "machine" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_suspect(const struct report *r, enum limit_level level)
{
	const struct verdict *verdict = &r->incident->verdict;

	if (r->level != LIMIT_UNKNOWN || !known(verdict->suspects_count))
		return false;
	for (__u64 i = 0; i < verdict->suspects_count && i < INCIDENT_SUSPECTS_MAX; i++)
		if (verdict->suspects[i].limit_level == level)
			return true;
	return false;
}

static bool row_shown(const struct report *r, const struct row *row)
{
	const struct limit *limit = incident_limit_of(r->incident, row->level);
	bool marked = row->level == hit_level(r) || is_suspect(r, row->level);

	if (!known(limit->limit_bytes) && !known(limit->usage_bytes))
		return false;
	if (marked)
		return true;
	if (r->detail >= DETAIL_HIT_ONLY)
		return false;
	if (r->detail >= DETAIL_MAIN_ROWS && row->level != LIMIT_CONTAINER &&
	    row->level != LIMIT_NODE && row->level != LIMIT_HOST)
		return false;
	/* Rarely limited: without a limit they tell nothing. */
	if (row->level == LIMIT_NESTED || row->level == LIMIT_QOS || row->level == LIMIT_SLICE ||
	    r->detail >= DETAIL_LIMITS_ONLY)
		return known(limit->limit_bytes) && limit->limit_bytes != NO_LIMIT;
	return true;
}

static const char *room_text(const struct limit *limit, char *buf, size_t size)
{
	if (limit->limit_bytes == NO_LIMIT)
		return "-";
	if (!known(limit->limit_bytes) || !known(limit->usage_bytes))
		return "";
	if (limit->usage_bytes >= limit->limit_bytes)
		return "0";
	return units_bytes(limit->limit_bytes - limit->usage_bytes, buf, size);
}

static void put_mark(struct report *r, const struct row *row, bool wider)
{
	const struct limit *limit = incident_limit_of(r->incident, row->level);
	bool hit = row->level == hit_level(r);

	if (hit || is_suspect(r, row->level)) {
		put_ink(&r->w, INK_ALARM);
		say_solid(&r->w, hit ? "   <- hit" : "   <- hit?");
		put_ink(&r->w, INK_PLAIN);
	} else if (wider && known(limit->limit_bytes) && limit->limit_bytes != NO_LIMIT &&
		   known(limit->usage_bytes) && limit->usage_bytes < limit->limit_bytes / 20 * 19) {
		say_solid(&r->w, "   not short");
	}
}

/* "request ~256Mi": what the scheduler counted with; "~" where it is not known exactly. */
static void put_request(struct report *r, const struct request *request)
{
	char bytes[UNITS_MAX];

	if (!known(request->bytes))
		return;
	say_solid(&r->w, "   request %s%s", request->error_bytes ? "~" : "",
		  request->bytes ? units_limit(request->bytes, bytes, sizeof(bytes)) : "none");
}

static void put_row(struct report *r, const struct row *row, bool working_sets, bool wider)
{
	const struct limit *limit = incident_limit_of(r->incident, row->level);
	char used[UNITS_MAX] = "", working_set[UNITS_MAX] = "", max[UNITS_MAX] = "",
	     room[UNITS_MAX];

	if (known(limit->usage_bytes))
		units_bytes(limit->usage_bytes, used, sizeof(used));
	if (known(limit->working_set_bytes))
		units_bytes(limit->working_set_bytes, working_set, sizeof(working_set));
	say_solid(&r->w, "    %-10s%7s", row->name, used);
	if (working_sets)
		say_solid(&r->w, "%10s", working_set);
	say_solid(&r->w, "%9s%7s",
		  limit->limit_bytes == NO_LIMIT ? "none" :
						   limit_text(limit->limit_bytes, max, sizeof(max)),
		  room_text(limit, room, sizeof(room)));
	put_mark(r, row, wider);
	put_request(r, &limit->request);
	put_newline(&r->w);
}

static void put_table(struct report *r)
{
	bool working_sets = false, any = false, wider = false;

	for (size_t i = 0; i < ROWS; i++) {
		if (!row_shown(r, &rows[i]))
			continue;
		any = true;
		working_sets =
			working_sets ||
			known(incident_limit_of(r->incident, rows[i].level)->working_set_bytes);
	}
	if (!any)
		return;
	put_ink(&r->w, INK_DIM);
	say_solid(&r->w, "  %-12s%7s%s%9s%7s", "level", "used", working_sets ? "  work.set" : "",
		  "limit", "room");
	put_ink(&r->w, INK_PLAIN);
	put_newline(&r->w);
	for (size_t i = 0; i < ROWS; i++) {
		if (row_shown(r, &rows[i]))
			put_row(r, &rows[i], working_sets, wider);
		wider = wider || rows[i].level == hit_level(r);
	}
}

void report_limit(struct report *r)
{
	const struct limit *row = incident_limit_of(r->incident, hit_level(r));

	report_label(r, "limit");
	why(r);
	if (hit_with_swap(r, row)) {
		say(&r->w, ". Full is memory and swap together: ");
		say_bytes(r, row->swap_usage_bytes);
	}
	report_evidence(r, true);
	put_newline(&r->w);
	report_filled(r);
	put_table(r);
}
