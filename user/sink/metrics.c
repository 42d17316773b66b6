// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/utf8.h"
#include "sink/metrics.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void metrics_init(struct metrics *metrics)
{
	memset(metrics, 0, sizeof(*metrics));
	pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_free(struct metrics *metrics)
{
	pthread_mutex_destroy(&metrics->lock);
}

/*
 * A name as a label, here and not where it is written: names that look the same are one series.
 * Returns false where it does not fit: a part would be another's name.
 */
static bool put_name(const struct event *ev, struct text text, char ret[METRICS_NAMES_MAX])
{
	const char *bytes = text_bytes(ev, text), *put;
	size_t len = 0, size;
	__u32 cp;

	for (size_t at = 0, step; at < text.len; at += step) {
		step = utf8_next(bytes + at, text.len - at, &cp);
		put = utf8_is_printable(cp) ? bytes + at : REPLACEMENT;
		size = utf8_is_printable(cp) ? step : strlen(REPLACEMENT);
		if (len + size >= METRICS_NAMES_MAX)
			return false;
		memcpy(ret + len, put, size);
		len += size;
	}
	ret[len] = '\0';
	return true;
}

/* The cgroup of the pod, by which it is told later whether it is there. */
static void put_pod_path(const struct event *ev, struct text path, char *ret, size_t size)
{
	const char *bytes = text_bytes(ev, path);
	struct place place;
	size_t len = 0;

	ret[0] = '\0';
	place_path(bytes, path.len, &place);
	for (int depth = 0; depth < place.pod_depth; depth++)
		do
			len++;
		while (len < path.len && bytes[len] != '/');
	if (!place.pod_depth || len > path.len || len >= size || memchr(bytes, 0, len))
		return;
	memcpy(ret, bytes, len);
	ret[len] = '\0';
}

static bool is_same(const struct metrics_entry *a, const struct metrics_entry *b)
{
	return !strcmp(a->pod_name, b->pod_name) && !strcmp(a->container_name, b->container_name) &&
	       !strcmp(a->namespace_name, b->namespace_name);
}

/* Series that @entry is told by: one for each level, and the time of the last. */
static __u64 count_series(const struct metrics_entry *entry)
{
	__u64 count = 1;

	for (int level = 0; level < METRICS_LEVELS; level++)
		count += entry->kills[level] > 0;
	return count;
}

/* The entry of @key's names; where there is none it takes the place of the one not used longest. */
static struct metrics_entry *find(struct metrics *metrics, struct metrics_entry *entries,
				  size_t count, const struct metrics_entry *key)
{
	struct metrics_entry *oldest = &entries[0];

	for (size_t i = 0; i < count; i++) {
		if (entries[i].used && is_same(&entries[i], key))
			return &entries[i];
		if (entries[i].used < oldest->used)
			oldest = &entries[i];
	}
	if (oldest->used)
		metrics->figures.evicted += count_series(oldest);
	*oldest = *key;
	return oldest;
}

/* Whose names are not known has no series of its own. */
static struct metrics_entry *find_named(struct metrics *metrics, const struct event *ev,
					const struct identity *who, bool is_container)
{
	struct metrics_figures *figures = &metrics->figures;
	struct metrics_entry key = { .used = 0 };

	if (!who->namespace_name.len || !who->pod_name.len ||
	    !put_name(ev, who->namespace_name, key.namespace_name) ||
	    !put_name(ev, who->pod_name, key.pod_name))
		return NULL;
	if (!is_container)
		return find(metrics, figures->culprits, METRICS_CULPRITS_MAX, &key);
	if (!put_name(ev, who->container_name, key.container_name))
		return NULL;
	return find(metrics, figures->containers, METRICS_CONTAINERS_MAX, &key);
}

static enum limit_level level_of(const struct event *ev)
{
	__u64 level = ev->incident.verdict.limit_level;

	return level > LIMIT_NONE && level < LIMIT_UNKNOWN ? level : LIMIT_UNKNOWN;
}

static enum metrics_ends ends_of(const struct event *ev)
{
	__u64 ends = ev->incident.verdict.container_ends;

	return ends == NOT_KNOWN ? ENDS_UNKNOWN : ends ? ENDS_TRUE : ENDS_FALSE;
}

static bool is_killed(const struct event_task *task)
{
	return task->fate == FATE_KILLED || task->fate == FATE_GROUP ||
	       task->fate == FATE_SHARES_MEMORY;
}

static void count_victim(struct metrics *metrics, const struct event *ev,
			 const struct event_task *task)
{
	struct metrics_entry *entry;

	if (!is_killed(task))
		return;
	metrics->figures.kills[level_of(ev)][ends_of(ev)]++;
	entry = find_named(metrics, ev, &task->who, true);
	if (!entry)
		return;
	entry->used = ++metrics->clock;
	entry->gone_ns = 0;
	entry->kills[level_of(ev)]++;
	entry->last_ns = ev->time_ns;
	put_pod_path(ev, task->cgroup.path, entry->pod_path, sizeof(entry->pod_path));
}

/* Who is above its request, where all pods share the limit. */
static void note_culprit(struct metrics *metrics, const struct event *ev)
{
	struct metrics_entry *entry;

	if (ev->incident.verdict.cause != CAUSE_POD_OVER_REQUEST)
		return;
	entry = find_named(metrics, ev, &ev->incident.culprit.pod.who, false);
	if (!entry)
		return;
	entry->used = ++metrics->clock;
	entry->last_ns = ev->time_ns;
}

static void count_incident(struct metrics *metrics, const struct event *ev)
{
	const struct incident *incident = &ev->incident;

	metrics->figures.incidents[level_of(ev)]++;
	note_culprit(metrics, ev);
	count_victim(metrics, ev, &incident->victim);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		count_victim(metrics, ev, &incident->other_victims[i]);
	/* Whose containers they were in was not kept. */
	metrics->figures.kills[level_of(ev)][ends_of(ev)] += incident->other_victims_omitted;
}

static void take_start(struct metrics *metrics, const struct event *ev)
{
	struct metrics_figures *figures = &metrics->figures;
	size_t len = ev->start.version.len;

	figures->attach = ev->start.attach;
	figures->evidence = ev->start.evidence;
	figures->cgroup_version = ev->start.cgroup_version;
	if (len >= sizeof(figures->version))
		len = sizeof(figures->version) - 1;
	memcpy(figures->version, text_bytes(ev, ev->start.version), len);
	figures->version[len] = '\0';
}

void metrics_take(struct metrics *metrics, const struct event *ev)
{
	/* What happened before this process began is none of its counts. */
	if (ev->origin == ORIGIN_BACKFILL)
		return;
	pthread_mutex_lock(&metrics->lock);
	switch (ev->type) {
	case EVENT_START:
		take_start(metrics, ev);
		break;
	case EVENT_INCIDENT:
		count_incident(metrics, ev);
		break;
	case EVENT_LOSS:
		metrics->figures.losses = ev->loss;
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_count_lookup(struct metrics *metrics, enum identity_source source)
{
	if (source >= METRICS_SOURCES)
		return;
	pthread_mutex_lock(&metrics->lock);
	metrics->figures.lookups[source ? source : IDENTITY_PATH]++;
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_read(struct metrics *metrics, struct metrics_figures *ret)
{
	pthread_mutex_lock(&metrics->lock);
	*ret = metrics->figures;
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_pod(struct metrics *metrics, size_t slot, const struct metrics_entry *seen,
		 bool is_there, __u64 now_ns)
{
	struct metrics_entry *entry = &metrics->figures.containers[slot];

	pthread_mutex_lock(&metrics->lock);
	if (entry->used == seen->used) {
		if (is_there)
			entry->gone_ns = 0;
		else if (!entry->gone_ns)
			entry->gone_ns = now_ns;
		else if (now_ns - entry->gone_ns >= METRICS_GONE_NS)
			memset(entry, 0, sizeof(*entry));
	}
	pthread_mutex_unlock(&metrics->lock);
}
