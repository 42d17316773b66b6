// SPDX-License-Identifier: GPL-2.0-only
/* fill: T1's part: from what was sampled to what belongs to one kill. */
#include <string.h>

#include "history/history.h"
#include "history/trend.h"
#include "place.h"

#define PATH_SIZE 8192
/* Where nobody knows the sandbox: it has no limit, and a pause process stays well below this. */
#define SANDBOX_MAX_BYTES (2 * 1024 * 1024ULL)

static void fill_trend(struct history *history, __u64 id, __u64 kill_ns, __u64 usage_bytes,
		       struct trend *ret)
{
	struct slot slot;

	if (store_get(&history->store, id, &slot))
		trend_from_slot(&slot, kill_ns, usage_bytes, ret);
	else
		trend_age(store_made_ns(&history->store, id), false, kill_ns, ret);
}

/* ---- requests and usage, pod by pod ---- */

static struct pod_sum *sum_of(struct history *history, __u64 key)
{
	for (__u32 i = 0; i < STORE_SLOTS; i++) {
		struct pod_sum *sum = &history->pods[(key + i) % STORE_SLOTS];

		if (sum->key == key)
			return sum;
		if (sum->key)
			continue;
		sum->key = key;
		sum->slot = -1;
		return sum;
	}
	return NULL; /* there are no more pods than slots */
}

static bool may_be_sandbox(const struct slot *slot)
{
	if (slot->is_sandbox != NOT_KNOWN)
		return slot->is_sandbox;
	return slot->request.bytes == NOT_KNOWN && slot->last.limit_bytes == NO_LIMIT &&
	       slot->last.usage_bytes < SANDBOX_MAX_BYTES;
}

static void add_container(struct pod_sum *sum, const struct slot *slot)
{
	if (slot->last.usage_bytes != NOT_KNOWN &&
	    (!sum->biggest_id || slot->last.usage_bytes > sum->biggest_bytes)) {
		sum->biggest_id = slot->id;
		sum->biggest_bytes = slot->last.usage_bytes;
	}
	if (may_be_sandbox(slot))
		return;
	sum->has_container = true;
	if (slot->request.bytes == NOT_KNOWN || slot->request.error_bytes == NOT_KNOWN) {
		sum->unknown = true;
		return;
	}
	sum->request.bytes += slot->request.bytes;
	sum->request.error_bytes += slot->request.error_bytes;
	if (slot->request.source > sum->request.source)
		sum->request.source = slot->request.source; /* the less exact one */
}

/* What the pod's own request says, or the QoS class alone. */
static void settle_request(struct pod_sum *sum, const struct slot *pod)
{
	bool fits_all = pod->qos == QOS_BEST_EFFORT;

	/* So young that none of its containers, or none that is surely no sandbox, was looked at.
	 */
	if (!sum->has_container)
		sum->unknown = true;
	if (pod->request.bytes != NOT_KNOWN) {
		sum->unknown = false;
		sum->request = pod->request;
		return;
	}
	if (!fits_all &&
	    (pod->qos != QOS_GUARANTEED || !sum->unknown || pod->last.limit_bytes >= NO_LIMIT))
		return;
	sum->unknown = false;
	sum->request.bytes = fits_all ? 0 : pod->last.limit_bytes;
	sum->request.error_bytes = 0;
	sum->request.source = REQUEST_QOS_CLASS;
}

static void sum_up(struct history *history)
{
	struct store *store = &history->store;

	memset(history->pods, 0, sizeof(history->pods));
	for (__u64 i = 0; i < store->used; i++) {
		const struct slot *slot = &store->slots[i];
		struct pod_sum *sum;

		/* Its end may be known before the next sample finds it gone. */
		if (!slot->pod_key || slot->removed_ns ||
		    !index_is_there(history->config.index, slot->id))
			continue;
		sum = sum_of(history, slot->pod_key);
		if (!sum)
			continue;
		if (slot->level == LIMIT_CONTAINER) {
			add_container(sum, slot);
		} else if (slot->last.usage_bytes != NOT_KNOWN) {
			sum->slot = (int)i;
			sum->usage_bytes = slot->last.usage_bytes;
		}
	}
	for (__u64 i = 0; i < STORE_SLOTS; i++)
		if (history->pods[i].key && history->pods[i].slot >= 0)
			settle_request(&history->pods[i], &store->slots[history->pods[i].slot]);
}

/* Figures that the kill itself brought. */
static void put_exact(struct history *history, __u64 id, __u64 usage_bytes)
{
	int index = store_index(&history->store, id);
	struct pod_sum *sum;

	if (index < 0 || usage_bytes == NOT_KNOWN ||
	    history->store.slots[index].level != LIMIT_POD ||
	    history->store.slots[index].removed_ns)
		return;
	sum = sum_of(history, history->store.slots[index].pod_key);
	if (!sum || sum->slot != index)
		return;
	sum->usage_bytes = usage_bytes;
	sum->exact = true;
}

static void put_all_exact(struct history *history, const struct incident *incident)
{
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		put_exact(history, incident->memcgs[i].id, incident->memcgs[i].usage_bytes);
	for (__u64 i = 0; i < incident->children_count; i++)
		put_exact(history, incident->children[i].id, incident->children[i].usage_bytes);
}

/* ---- the list ---- */

static bool is_ranked_before(const struct pod_sum *a, const struct pod_sum *b)
{
	if (a->unknown != b->unknown)
		return b->unknown;
	if (a->over_bytes != b->over_bytes)
		return a->over_bytes > b->over_bytes;
	return a->usage_bytes > b->usage_bytes;
}

struct ranking {
	struct pod_sum *top[INCIDENT_PODS_MAX];
	int count;
	__u64 pods, unknown, usage_bytes;
	__u64 oldest_ns; /* boot time of the oldest figure */
};

static void rank(struct ranking *ranking, struct pod_sum *sum)
{
	int at = ranking->count;

	while (at > 0 && is_ranked_before(sum, ranking->top[at - 1]))
		at--;
	if (at == INCIDENT_PODS_MAX)
		return;
	if (ranking->count < INCIDENT_PODS_MAX)
		ranking->count++;
	memmove(&ranking->top[at + 1], &ranking->top[at],
		(ranking->count - 1 - at) * sizeof(ranking->top[0]));
	ranking->top[at] = sum;
}

static void rank_all(struct history *history, struct ranking *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->oldest_ns = NOT_KNOWN;
	for (__u64 i = 0; i < STORE_SLOTS; i++) {
		struct pod_sum *sum = &history->pods[i];
		__u64 read_ns;

		if (!sum->key || sum->slot < 0)
			continue;
		if (sum->usage_bytes > sum->request.bytes)
			sum->over_bytes = sum->usage_bytes - sum->request.bytes;
		ret->pods++;
		ret->unknown += sum->unknown;
		ret->usage_bytes += sum->usage_bytes;
		read_ns = history->store.slots[sum->slot].last.boot_time_ns;
		if (!sum->exact && read_ns < ret->oldest_ns)
			ret->oldest_ns = read_ns;
		rank(ret, sum);
	}
}

static struct pod_sum *sum_at(struct history *history, const struct event *ev, struct text path)
{
	__u64 key = path.len ? history_pod_key(text_bytes(ev, path), path.len) : 0;
	struct pod_sum *sum = key ? sum_of(history, key) : NULL;

	return sum && sum->slot >= 0 ? sum : NULL;
}

/* Into the last place of a full list, but not instead of @other. */
static void keep(struct ranking *ranking, struct pod_sum *sum, const struct pod_sum *other)
{
	int last = INCIDENT_PODS_MAX - 1;

	for (int i = 0; i < ranking->count; i++)
		if (ranking->top[i] == sum)
			return;
	if (sum)
		ranking->top[ranking->top[last] == other ? last - 1 : last] = sum;
}

/* Who died and who asked are told in any case. */
static void keep_both(struct history *history, struct ranking *ranking, const struct event *ev)
{
	struct pod_sum *victim = sum_at(history, ev, ev->incident.victim.cgroup.path);
	struct pod_sum *trigger = sum_at(history, ev, ev->incident.trigger.cgroup.path);

	keep(ranking, victim, trigger);
	keep(ranking, trigger, victim);
}

static void put_name(struct event *ev, struct text *ret, const char *name)
{
	if (name[0])
		*ret = event_text_whole(ev, name, strlen(name));
}

/* By its container that holds most: names are kept for containers. */
static void put_names(struct history *history, struct event *ev, struct event_pod *pod)
{
	struct container_names names;

	if (pod->biggest_id == NOT_KNOWN ||
	    !index_names(history->config.index, pod->biggest_id, 0, &names))
		return;
	put_name(ev, &pod->who.namespace_name, names.namespace_name);
	put_name(ev, &pod->who.pod_name, names.pod_name);
	put_name(ev, &pod->who.container_name, names.container_name);
	pod->who.source = names.source;
}

static void identify(struct history *history, struct event *ev, struct event_pod *pod)
{
	char path[PATH_SIZE];
	size_t len = index_path(history->config.index, pod->cgroup.id, path, sizeof(path));
	struct place place;

	place_path(path, len, &place);
	pod->cgroup.path = event_text_whole(ev, path, len);
	pod->who.qos = place.qos;
	put_name(ev, place.static_pod ? &pod->who.static_pod_hash : &pod->who.pod_uid,
		 place.pod_uid);
	put_names(history, ev, pod);
}

static __u64 age_of(__u64 read_ns, __u64 kill_ns)
{
	return read_ns < kill_ns ? kill_ns - read_ns : 0;
}

static void put_pod(struct history *history, const struct event *ev, const struct pod_sum *sum,
		    struct event_pod *ret)
{
	const struct slot *slot = &history->store.slots[sum->slot];
	const struct sample *last = &slot->last;

	ret->cgroup.id = slot->id;
	if (sum->biggest_id)
		ret->biggest_id = sum->biggest_id;
	ret->usage_bytes = sum->usage_bytes;
	ret->usage_age_ns = sum->exact ? 0 : age_of(last->boot_time_ns, ev->boot_time_ns);
	if (last->inactive_file_bytes != NOT_KNOWN && store_usage_stays(slot, sum->usage_bytes))
		ret->working_set_bytes = sum->usage_bytes > last->inactive_file_bytes ?
						 sum->usage_bytes - last->inactive_file_bytes :
						 0;
	if (sum->unknown)
		return;
	ret->who.request = sum->request;
	ret->over_request_bytes = sum->over_bytes;
}

static void fill_pods(struct history *history, struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct ranking ranking;

	pthread_mutex_lock(&history->store.lock);
	sum_up(history);
	put_all_exact(history, incident);
	rank_all(history, &ranking);
	keep_both(history, &ranking, ev);
	for (int i = 0; i < ranking.count; i++)
		put_pod(history, ev, ranking.top[i], &incident->pods[i]);
	pthread_mutex_unlock(&history->store.lock);
	incident->pods_count = ranking.count;
	incident->pods_omitted = ranking.pods - ranking.count;
	incident->pods_unknown = ranking.unknown;
	incident->pods_usage_bytes = ranking.usage_bytes;
	incident->pods_age_ns =
		ranking.oldest_ns == NOT_KNOWN ? 0 : age_of(ranking.oldest_ns, ev->boot_time_ns);
	for (int i = 0; i < ranking.count; i++)
		identify(history, ev, &incident->pods[i]);
}

static bool is_shared_by_pods(__u64 level)
{
	return level == LIMIT_NODE || level == LIMIT_HOST;
}

void history_fill(struct history *history, struct event *ev)
{
	struct incident *incident = &ev->incident;
	const struct limit_owner *owner = &incident->limit_owner;

	if (!event_has_incident(ev))
		return;
	if (owner->cgroup.id != NOT_KNOWN)
		fill_trend(history, owner->cgroup.id, ev->boot_time_ns, owner->usage_bytes,
			   &incident->history);
	if (!is_shared_by_pods(owner->limit_level))
		return;
	fill_pods(history, ev);
	if (!incident->pods_count)
		return;
	/* Whether the first one is to blame is not said here. */
	fill_trend(history, incident->pods[0].cgroup.id, ev->boot_time_ns,
		   incident->pods[0].usage_age_ns ? NOT_KNOWN : incident->pods[0].usage_bytes,
		   &incident->culprit.history);
}
