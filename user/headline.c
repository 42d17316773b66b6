// SPDX-License-Identifier: GPL-2.0-only
#include "headline.h"
#include "headline_line.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define SHORT_ID 12 /* digits of a container id, as crictl and docker print it */

enum limit_level incident_level(const struct incident *incident)
{
	return (enum limit_level)(incident->verdict.limit_level ?
					  incident->verdict.limit_level :
					  incident->limit_owner.limit_level);
}

/* " 512Mi", or nothing where the limit is not known. */
static char *limit_size(const struct incident *incident, enum limit_level level, char *buf,
			size_t size)
{
	const struct limit *row = incident_limit_of(incident, level);
	__u64 bytes = level == LIMIT_HOST ? NOT_KNOWN : incident->limit_owner.limit_bytes;

	if ((!known(bytes) || bytes == NO_LIMIT) && row)
		bytes = row->limit_bytes;
	buf[0] = '\0';
	if (known(bytes) && bytes != NO_LIMIT) {
		buf[0] = ' ';
		units_limit(bytes, buf + 1, size - 1);
	}
	return buf;
}

static const char *suspect_name(__u64 level)
{
	static const char *const names[] = {
		[LIMIT_NESTED] = "inside the container",
		[LIMIT_CONTAINER] = "container",
		[LIMIT_POD] = "pod",
		[LIMIT_QOS] = "QoS class",
		[LIMIT_NODE] = "node limit for pods",
		[LIMIT_SLICE] = "another slice",
		[LIMIT_HOST] = "machine",
		[LIMIT_CPUSET] = "cpuset",
		[LIMIT_MANUAL] = "by hand",
	};

	return level < sizeof(names) / sizeof(names[0]) && names[level] ? names[level] :
									  "another cgroup";
}

static char *limit_unknown(const struct verdict *verdict, char *buf, size_t size)
{
	__u64 count = verdict->suspects_count;
	size_t len = (size_t)snprintf(buf, size, "limit owner unknown");

	if (!known(count))
		return buf;
	if (count > INCIDENT_SUSPECTS_MAX)
		count = INCIDENT_SUSPECTS_MAX;
	for (__u64 i = 0; i < count && len < size; i++) {
		const char *name = suspect_name(verdict->suspects[i].limit_level);

		/* Two of one level have one word. */
		if (i == 0 || name != suspect_name(verdict->suspects[i - 1].limit_level))
			len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? " or " : ": ",
						name);
	}
	return buf;
}

char *headline_limit(const struct incident *incident, char *buf, size_t size)
{
	enum limit_level level = incident_level(incident);
	const char *qos = qos_class_name((enum qos_class)incident_subject(incident)->who.qos);
	char bytes[UNITS_MAX];

	limit_size(incident, level, bytes, sizeof(bytes));
	buf[0] = '\0';
	if (level == LIMIT_NESTED)
		snprintf(buf, size, "limit%s inside the container", bytes);
	else if (level == LIMIT_CONTAINER)
		snprintf(buf, size, "container limit%s", bytes);
	else if (level == LIMIT_POD)
		snprintf(buf, size, "pod limit%s", bytes);
	else if (level == LIMIT_QOS)
		snprintf(buf, size, *qos ? "QoS limit%s (%s)" : "QoS limit%s%s", bytes, qos);
	else if (level == LIMIT_NODE)
		snprintf(buf, size, "node limit for pods%s", bytes);
	else if (level == LIMIT_SLICE)
		snprintf(buf, size, "limit%s of%s", bytes,
			 incident->limit_owner.cgroup.path.len ? "" : " another cgroup");
	else if (level == LIMIT_HOST)
		snprintf(buf, size, "machine out of memory%s%s", *bytes ? "," : "", bytes);
	else if (level == LIMIT_CPUSET)
		snprintf(buf, size, "%s out of memory",
			 incident->constraint == OOM_CONSTRAINT_MEMORY_POLICY ?
				 "NUMA memory policy" :
				 "cpuset");
	else if (level == LIMIT_MANUAL)
		snprintf(buf, size, "by hand (sysrq-f)");
	else if (incident->limit_owner.limit_level == LIMIT_POD)
		snprintf(buf, size, "limit%s of the pod or its container", bytes);
	else
		limit_unknown(&incident->verdict, buf, size);
	return buf;
}

static size_t add(struct piece *ret, size_t n, const char *bytes, size_t len, bool name)
{
	ret[n] = (struct piece){ .bytes = bytes, .len = len, .name = name };
	return n + 1;
}

static size_t add_text(const struct event *ev, struct piece *ret, size_t n, struct text text)
{
	return add(ret, n, text_bytes(ev, text), text.len, true);
}

static size_t who_pod(const struct event *ev, const struct identity *who, struct piece *ret)
{
	size_t n = 0;

	if (who->pod_name.len) {
		if (who->namespace_name.len) {
			n = add_text(ev, ret, n, who->namespace_name);
			n = add(ret, n, "/", 1, true);
		}
		return add_text(ev, ret, n, who->pod_name);
	}
	if (who->pod_uid.len) {
		n = add(ret, n, "pod ", 4, false);
		return add_text(ev, ret, n, who->pod_uid);
	}
	if (who->static_pod_hash.len) {
		n = add(ret, n, "static pod ", 11, false);
		return add_text(ev, ret, n, who->static_pod_hash);
	}
	return 0;
}

size_t headline_who(const struct event *ev, const struct event_task *task, enum who_part parts,
		    struct piece ret[WHO_PIECES_MAX])
{
	const struct identity *who = &task->who;
	struct text id = who->container_id;
	size_t n = parts & WHO_POD ? who_pod(ev, who, ret) : 0;

	if (id.len > SHORT_ID)
		id.len = SHORT_ID;
	if (parts & WHO_CONTAINER && who->container_name.len) {
		n = n ? add(ret, n, " ", 1, false) : n;
		n = add(ret, n, "[", 1, true);
		n = add_text(ev, ret, n, who->container_name);
		return add(ret, n, "]", 1, true);
	}
	if (parts & WHO_CONTAINER && id.len) {
		n = n ? add(ret, n, " container ", 11, false) :
			add(ret, n, "container ", 10, false);
		return add_text(ev, ret, n, id);
	}
	if (!n && parts == WHO_ALL && task->cgroup.path.len)
		n = add_text(ev, ret, n, task->cgroup.path);
	return n;
}

/* "(java, 497Mi)" */
static void put_process(struct line *line, const struct event *ev, const struct event_task *task)
{
	char bytes[UNITS_MAX];

	if (task->comm.len)
		line_text(line, ev, task->comm);
	else if (known(task->pid))
		line_putf(line, "pid %llu", (unsigned long long)task->pid);
	else
		line_putf(line, "a process");
	if (known(task->rss_bytes))
		line_putf(line, ", %s", units_bytes(task->rss_bytes, bytes, sizeof(bytes)));
}

/* Of a limit that many pods share. */
static void put_cause(struct line *line, const struct event *ev)
{
	const struct verdict *verdict = &ev->incident.verdict;
	const struct event_pod *pod = &ev->incident.culprit.pod;
	struct event_task task = { .who = pod->who, .cgroup = pod->cgroup };
	struct piece who[WHO_PIECES_MAX];
	char bytes[UNITS_MAX];
	size_t pieces;

	if (verdict->cause == CAUSE_REQUESTS_DO_NOT_FIT)
		line_putf(line, "; no pod is above its request");
	if (verdict->cause != CAUSE_POD_OVER_REQUEST)
		return;
	pieces = headline_who(ev, &task, WHO_ALL, who);
	line_putf(line, verdict->victim_is_cause == 0 ? ", not the cause; cause " : "; cause ");
	for (size_t i = 0; i < pieces; i++)
		line_name(line, who[i].bytes, who[i].len);
	line_putf(line, ", %s over its request",
		  units_bytes(pod->over_request_bytes, bytes, sizeof(bytes)));
}

static void incident_line(struct line *line, const struct event *ev)
{
	const struct incident *incident = &ev->incident;
	struct piece who[WHO_PIECES_MAX];
	struct text path = incident->victim.cgroup.path;
	bool said = incident_level(incident) == LIMIT_SLICE &&
		    text_equal(ev, path, incident->limit_owner.cgroup.path);
	size_t pieces = said ? 0 : headline_who(ev, &incident->victim, WHO_ALL, who);
	__u64 others = known(incident->other_victims_count) ? incident->other_victims_count : 0;
	bool killed = incident->victim.fate != FATE_ALREADY_EXITING;
	char limit[HEADLINE_LIMIT_MAX];

	if (known(incident->other_victims_omitted))
		others += incident->other_victims_omitted;
	line_putf(line, "%s: %s", killed ? "OOM kill" : "OOM without a kill",
		  headline_limit(incident, limit, sizeof(limit)));
	if (incident_level(incident) == LIMIT_SLICE) {
		line_putf(line, " ");
		line_text(line, ev, incident->limit_owner.cgroup.path);
	}
	if (incident->verdict.evidence == EVIDENCE_LOG && incident->victim.fate == FATE_NONE &&
	    !incident->victim.comm.len) {
		line_putf(line, "; who died is not known");
		return;
	}
	line_putf(line, killed ? "; killed " : "; already exiting: ");
	for (size_t i = 0; i < pieces; i++)
		line_name(line, who[i].bytes, who[i].len);
	if (pieces)
		line_putf(line, " (");
	put_process(line, ev, &incident->victim);
	if (pieces)
		line_putf(line, ")");
	if (others) {
		line_putf(line, " and ");
		line_count(line, others, "more process", "more processes");
	}
	put_cause(line, ev);
}

const char *headline_stall(const struct stall *stall)
{
	return stall->kind == STALL_KILLER_DISABLED ? "its OOM killer is disabled, tasks wait" :
						      "nothing in it may be killed";
}

static void stall_line(struct line *line, const struct event *ev)
{
	const struct incident *incident = &ev->incident;
	const struct event_task *subject = incident_subject(incident);
	struct piece who[WHO_PIECES_MAX];
	size_t pieces = headline_who(ev, subject, WHO_ALL, who);
	char limit[HEADLINE_LIMIT_MAX];

	line_putf(line, "OOM stall: %s", headline_limit(incident, limit, sizeof(limit)));
	if (incident_level(incident) == LIMIT_SLICE) {
		line_putf(line, " ");
		line_text(line, ev, incident->limit_owner.cgroup.path);
	}
	line_putf(line, "; %s", headline_stall(&incident->stall));
	if (!known(subject->pid))
		return;
	line_putf(line, "; ");
	for (size_t i = 0; i < pieces; i++)
		line_name(line, who[i].bytes, who[i].len);
	line_putf(line, pieces ? " (" : "");
	put_process(line, ev, subject);
	line_putf(line, pieces ? ")" : "");
}

void headline(struct event *ev)
{
	struct line line;

	line.len = 0;
	line.cut = false;
	if (ev->type == EVENT_INCIDENT)
		incident_line(&line, ev);
	else if (ev->type == EVENT_STALL)
		stall_line(&line, ev);
	else
		line_of_note(&line, ev);
	if (!line.len)
		return;
	ev->message = event_text(ev, line.text, line.len);
	if (line.cut)
		ev->text_cut = 1;
}
