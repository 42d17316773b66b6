// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "history/repeat.h"

#define MINUTE_NS (60 * 1000000000ULL)

static __u64 add_bytes(__u64 key, const char *bytes, size_t len)
{
	return (hash_add(key, bytes, len) ^ 0xff) *
	       HASH_PRIME; /* where one text ends and the next begins */
}

static __u64 add_text(__u64 key, const struct event *ev, struct text text)
{
	return add_bytes(key, text_bytes(ev, text), text.len);
}

/*
 * A container that is started again has another ID, but its name in its pod. Where that is not
 * known the ID has to do, and for what is no container the cgroup.
 */
static __u64 container_key(const struct event *ev, const struct event_task *task)
{
	const struct identity *who = &task->who;
	__u64 key = add_bytes(HASH_BEGIN, "container", 9);

	if (who->container_name.len) {
		key = add_text(key, ev, who->pod_uid.len ? who->pod_uid : who->static_pod_hash);
		return add_text(key, ev, who->container_name);
	}
	return add_text(key, ev, who->container_id.len ? who->container_id : task->cgroup.path);
}

/* The limit of a container is that container's, also when it is started again. */
static __u64 owner_key(const struct event *ev)
{
	const struct limit_owner *owner = &ev->incident.limit_owner;
	char level = (char)owner->limit_level;
	__u64 key = add_bytes(HASH_BEGIN, &level, 1);

	if (owner->limit_level == LIMIT_CONTAINER) {
		__u64 container = container_key(ev, &ev->incident.victim);

		return add_bytes(key, (const char *)&container, sizeof(container));
	}
	return add_text(key, ev, owner->cgroup.path);
}

static struct tally *tally_of(struct repeats *repeats, __u64 key)
{
	struct tally *oldest = &repeats->tallies[0];

	for (int i = 0; i < REPEAT_TALLIES; i++) {
		struct tally *tally = &repeats->tallies[i];

		if (tally->key == key)
			return tally;
		if (tally->last_ns < oldest->last_ns)
			oldest = tally;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->key = key;
	return oldest;
}

/* Minutes that have gone by since the last kill count no more. */
static void forget_old(struct tally *tally, __u64 minute)
{
	__u64 passed = minute - tally->minute;

	if (minute < tally->minute)
		passed = 0; /* a record that came late */
	for (__u64 i = 0; i < passed && i < REPEAT_MINUTES; i++)
		tally->kills[(minute - i) % REPEAT_MINUTES] = 0;
	if (passed)
		tally->minute = minute;
}

/* Returns the kills of the last hour, this one included. */
static __u64 count(struct tally *tally, __u64 boot_time_ns, __u64 *ret_since_ns)
{
	__u64 minute = boot_time_ns / MINUTE_NS, kills = 0, oldest = 0;

	forget_old(tally, minute);
	if (tally->kills[tally->minute % REPEAT_MINUTES] < 0xffff)
		tally->kills[tally->minute % REPEAT_MINUTES]++;
	for (__u64 i = 0; i < REPEAT_MINUTES && i <= tally->minute; i++) {
		kills += tally->kills[(tally->minute - i) % REPEAT_MINUTES];
		if (tally->kills[(tally->minute - i) % REPEAT_MINUTES])
			oldest = tally->minute - i;
	}
	/* The first of all may have been longer ago: then its minute has to do. */
	if (!tally->first_ns || kills == 1)
		tally->first_ns = boot_time_ns;
	else if (tally->first_ns / MINUTE_NS < oldest)
		tally->first_ns = oldest * MINUTE_NS;
	tally->last_ns = boot_time_ns;
	if (ret_since_ns)
		*ret_since_ns = boot_time_ns > tally->first_ns ? boot_time_ns - tally->first_ns : 0;
	return kills;
}

static void watch_storm(struct repeats *repeats, struct event *ev)
{
	__u64 oldest_ns = repeats->times[repeats->next], now_ns = ev->boot_time_ns;

	repeats->times[repeats->next] = now_ns;
	repeats->next = (repeats->next + 1) % STORM_KILLS;
	if (!repeats->storm.id[0]) {
		if (!oldest_ns || now_ns - oldest_ns > STORM_NS)
			return;
		snprintf(repeats->storm.id, sizeof(repeats->storm.id), "%s", ev->id);
		repeats->storm.first_ns = repeats->storm.told_ns = now_ns;
		repeats->storm.kills = 0;
	}
	repeats->storm.last_ns = now_ns;
	ev->incident.repeat.storm_kills = ++repeats->storm.kills;
}

void repeat_take(struct repeats *repeats, struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct repeat *repeat = &incident->repeat;

	if (ev->type != EVENT_INCIDENT || incident->victim.fate == FATE_ALREADY_EXITING)
		return;
	repeat->container_kills_1h = count(tally_of(repeats, container_key(ev, &incident->victim)),
					   ev->boot_time_ns, &repeat->container_since_ns);
	repeat->limit_owner_kills_1h =
		count(tally_of(repeats, owner_key(ev)), ev->boot_time_ns, NULL);
	watch_storm(repeats, ev);
}

bool repeat_tick(struct repeats *repeats, __u64 boot_time_ns, __u64 wall_ns, __u64 *ret_next_ns)
{
	struct event *ev = &repeats->ev;
	bool over;

	*ret_next_ns = 0;
	if (!repeats->storm.id[0])
		return false;
	over = boot_time_ns >= repeats->storm.last_ns + STORM_CALM_NS;
	*ret_next_ns = over ? 0 : repeats->storm.last_ns + STORM_CALM_NS;
	if (!over && boot_time_ns < repeats->storm.told_ns + STORM_TOLD_NS)
		return false;
	event_init(ev, EVENT_UPDATE);
	ev->boot_time_ns = boot_time_ns;
	ev->time_ns = wall_ns;
	ev->origin = ORIGIN_LIVE;
	memcpy(ev->id, repeats->storm.id, sizeof(ev->id));
	ev->update.storm.kills = repeats->storm.kills;
	ev->update.storm.duration_ns = repeats->storm.last_ns - repeats->storm.first_ns;
	ev->update.storm.is_over = over;
	repeats->storm.told_ns = boot_time_ns;
	if (over)
		repeats->storm.id[0] = '\0';
	return true;
}
