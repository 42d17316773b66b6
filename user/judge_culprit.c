// SPDX-License-Identifier: GPL-2.0-only
#include "judge_culprit.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "fields.h"

/* Less is noise: a sandbox, charges in flight. */
#define OVER_MIN_BYTES (4 * 1024 * 1024ULL)
#define MISSING_PART_MAX 8 /* of the owner's usage, for "nobody is above its request" */

static bool is_over(const struct event_pod *pod)
{
	return pod->over_request_bytes != NOT_KNOWN && pod->over_request_bytes >= OVER_MIN_BYTES &&
	       (pod->who.request.error_bytes == NOT_KNOWN ||
		pod->over_request_bytes > pod->who.request.error_bytes);
}

/* Could a pod whose request nobody knows be further above it? They stand at the end of the list. */
static bool may_be_another(const struct incident *incident, __u64 over_bytes)
{
	if (incident->pods_unknown == NOT_KNOWN || !incident->pods_unknown)
		return false;
	for (__u64 i = 0; i < incident->pods_count; i++) {
		const struct event_pod *pod = &incident->pods[i];

		if (pod->over_request_bytes == NOT_KNOWN)
			return pod->usage_bytes > over_bytes;
	}
	return true; /* they are among those that had no place */
}

/*
 * What the limit owner holds and no pod's figure has: some pod has grown since it was looked at, or
 * dead ones left it. 0 also where nobody knows.
 */
static __u64 missing_bytes(const struct incident *incident)
{
	__u64 usage_bytes = incident->limit_owner.usage_bytes;

	if (incident->verdict.limit_level != LIMIT_NODE || usage_bytes == NOT_KNOWN ||
	    incident->pods_usage_bytes == NOT_KNOWN || usage_bytes < incident->pods_usage_bytes)
		return 0;
	return usage_bytes - incident->pods_usage_bytes;
}

/* Is there so little missing that to say "nobody" is no guess? */
static bool is_all_known(const struct incident *incident)
{
	return incident->pods_unknown == 0 &&
	       missing_bytes(incident) <= incident->limit_owner.usage_bytes / MISSING_PART_MAX;
}

static __u64 pod_of_victim(const struct incident *incident)
{
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		if (incident->memcgs[i].limit_level == LIMIT_POD)
			return incident->memcgs[i].id;
	return NOT_KNOWN;
}

/* What was put there as the first one's own. */
static void forget_culprit(struct incident *incident)
{
	event_forget(&incident->culprit, &culprit_table);
}

void judge_culprit(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct verdict *verdict = &incident->verdict;
	const struct event_pod *first = &incident->pods[0];
	bool is_shared = verdict->limit_level == LIMIT_NODE || verdict->limit_level == LIMIT_HOST;

	verdict->cause = CAUSE_NONE;
	verdict->victim_is_cause = NOT_KNOWN;
	if (!is_shared || !incident->pods_count || !is_over(first) ||
	    may_be_another(incident, first->over_request_bytes) ||
	    missing_bytes(incident) > first->over_request_bytes) {
		forget_culprit(incident);
		if (is_shared && incident->pods_count && !is_over(first) &&
		    is_all_known(incident)) {
			verdict->cause = CAUSE_REQUESTS_DO_NOT_FIT;
			verdict->victim_is_cause = 0;
		}
		return;
	}
	incident->culprit.pod = *first;
	verdict->cause = CAUSE_POD_OVER_REQUEST;
	if (ev->type == EVENT_INCIDENT && pod_of_victim(incident) != NOT_KNOWN)
		verdict->victim_is_cause = pod_of_victim(incident) == first->cgroup.id;
	else
		verdict->victim_is_cause = ev->type == EVENT_INCIDENT ? 0 : NOT_KNOWN;
}

/* "ml/trainer-0", or nothing where its name is not known. */
static void name_pod(const struct event *ev, const struct identity *who, char *ret, size_t size)
{
	ret[0] = '\0';
	if (who->pod_name.len)
		snprintf(ret, size, "%.*s%s%.*s: ", who->namespace_name.len,
			 text_bytes(ev, who->namespace_name), who->namespace_name.len ? "/" : "",
			 who->pod_name.len, text_bytes(ev, who->pod_name));
}

bool judge_advise_culprit(struct event *ev)
{
	struct verdict *verdict = &ev->incident.verdict;
	const struct event_pod *pod = &ev->incident.culprit.pod;
	char usage[UNITS_MAX], name[512];

	if (verdict->cause == CAUSE_REQUESTS_DO_NOT_FIT)
		verdict->action = event_textf(
			ev, "more was promised than fits: move pods or add nodes, and look for "
			    "what runs beside scheduled pods (static pods, dead pods' tmpfs)");
	if (verdict->cause != CAUSE_POD_OVER_REQUEST)
		return verdict->cause == CAUSE_REQUESTS_DO_NOT_FIT;
	name_pod(ev, &pod->who, name, sizeof(name));
	verdict->action = event_textf(ev,
				      "%sresources.requests.memory near %s, or a "
				      "resources.limits.memory%s",
				      name, units_bytes(pod->usage_bytes, usage, sizeof(usage)),
				      verdict->victim_is_cause == 0 ?
					      "; raising limits of the victim changes nothing" :
					      "");
	return true;
}
