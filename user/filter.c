// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "filter.h"

/* What is known of a question. */
enum answer {
	ANSWER_NO,
	ANSWER_UNKNOWN,
	ANSWER_YES,
};

bool filter_add(struct filter_names *names, const char *name)
{
	if (!name[0] || names->count == FILTER_NAMES_MAX)
		return false;
	names->names[names->count++] = name;
	return true;
}

static bool add_level(struct filter *filter, const char *name, size_t len)
{
	for (unsigned int level = 1; limit_level_names[level]; level++) {
		if (strlen(limit_level_names[level]) != len ||
		    memcmp(limit_level_names[level], name, len) != 0)
			continue;
		filter->levels |= 1U << level;
		return true;
	}
	return false;
}

bool filter_add_levels(struct filter *filter, const char *list)
{
	for (;;) {
		size_t len = strcspn(list, ",");

		if (!add_level(filter, list, len))
			return false;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

bool filter_is_set(const struct filter *filter)
{
	return filter->namespaces.count || filter->pods.count || filter->containers.count ||
	       filter->levels;
}

/* '*' stands for any bytes. The last '*' that was passed takes one more byte at each mismatch. */
static bool matches(const char *pattern, size_t pattern_len, const char *bytes, size_t len)
{
	size_t p = 0, i = 0, star = pattern_len, star_i = 0;

	while (i < len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			star_i = i;
		} else if (p < pattern_len && pattern[p] == bytes[i]) {
			p++;
			i++;
		} else if (star < pattern_len) {
			p = star + 1;
			i = ++star_i;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

static bool matches_text(const struct event *ev, const char *pattern, size_t pattern_len,
			 struct text text)
{
	return matches(pattern, pattern_len, text_bytes(ev, text), text.len);
}

static bool matches_any(const struct event *ev, const struct filter_names *names, struct text text)
{
	for (size_t i = 0; i < names->count; i++)
		if (matches_text(ev, names->names[i], strlen(names->names[i]), text))
			return true;
	return false;
}

static bool matches_pod(const struct event *ev, const struct filter_names *pods,
			const struct identity *who)
{
	for (size_t i = 0; i < pods->count; i++) {
		const char *slash = strchr(pods->names[i], '/');
		const char *pod = slash ? slash + 1 : pods->names[i];

		if (slash &&
		    !matches_text(ev, pods->names[i], slash - pods->names[i], who->namespace_name))
			continue;
		if (matches_text(ev, pod, strlen(pod), who->pod_name))
			return true;
	}
	return false;
}

static bool is_in_pod(const struct identity *who)
{
	return who->pod_uid.len || who->static_pod_hash.len || who->pod_name.len;
}

/* Does the process match? */
static enum answer ask_names(const struct event *ev, const struct filter *filter,
			     const struct event_task *task)
{
	const struct identity *who = &task->who;
	bool of_pod = filter->namespaces.count || filter->pods.count;

	if (!of_pod && !filter->containers.count)
		return ANSWER_YES;
	if (!task->cgroup.path.len)
		return ANSWER_UNKNOWN;
	if (!is_in_pod(who) && !who->container_id.len)
		return ANSWER_NO;
	if (who->pod_name.len && filter->namespaces.count &&
	    !matches_any(ev, &filter->namespaces, who->namespace_name))
		return ANSWER_NO;
	if (who->pod_name.len && filter->pods.count && !matches_pod(ev, &filter->pods, who))
		return ANSWER_NO;
	if (who->container_name.len && filter->containers.count &&
	    !matches_any(ev, &filter->containers, who->container_name))
		return ANSWER_NO;
	if (of_pod && !who->pod_name.len)
		return ANSWER_UNKNOWN;
	return filter->containers.count && !who->container_name.len ? ANSWER_UNKNOWN : ANSWER_YES;
}

/*
 * Of those that died one is enough. Who is not on the list died with the victim's memory.oom.group,
 * or shared its memory: it is taken to be of the same pod.
 */
static bool shows_who(const struct event *ev, const struct filter *filter)
{
	const struct incident *incident = &ev->incident;

	if (ask_names(ev, filter, incident_subject(incident)) != ANSWER_NO)
		return true;
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		if (ask_names(ev, filter, &incident->other_victims[i]) != ANSWER_NO)
			return true;
	return false;
}

/* Where the verdict does not say, each candidate counts. */
static bool shows_level(const struct filter *filter, const struct verdict *verdict)
{
	unsigned int levels = 1U << verdict->limit_level;

	if (!filter->levels)
		return true;
	if (verdict->limit_level != LIMIT_UNKNOWN)
		return filter->levels & levels;
	if (!verdict->suspects_count || verdict->suspects_omitted)
		return true;
	for (__u64 i = 0; i < verdict->suspects_count; i++)
		levels |= 1U << verdict->suspects[i].limit_level;
	return filter->levels & levels;
}

bool filter_shows(const struct filter *filter, const struct event *ev)
{
	if (!event_has_incident(ev))
		return true;
	return shows_level(filter, &ev->incident.verdict) && shows_who(ev, filter);
}
