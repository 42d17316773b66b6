// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/clock.h"
#include "oomwhy_record.h"
#include "source/kmsg_stalls.h"

static struct kmsg_stall *find(struct kmsg_stalls *stalls, const char *path, size_t len)
{
	for (int i = 0; i < KMSG_STALLS_MAX; i++) {
		struct kmsg_stall *stall = &stalls->stall[i];

		if (stall->attempts && stall->path_len == len && !memcmp(stall->path, path, len))
			return stall;
	}
	return NULL;
}

static void begin(struct kmsg_stalls *stalls, const struct event *ev, __u64 boot_time_ns)
{
	struct text path = ev->incident.limit_owner.cgroup.path;

	for (int i = 0; i < KMSG_STALLS_MAX; i++) {
		struct kmsg_stall *stall = &stalls->stall[i];

		if (stall->attempts)
			continue;
		stall->attempts = 1;
		stall->seen_ns = boot_time_ns;
		stall->first_ns = stall->last_ns = ev->boot_time_ns;
		stall->path_len = path.len;
		memcpy(stall->id, ev->id, sizeof(stall->id));
		memcpy(stall->path, text_bytes(ev, path), path.len);
		return;
	}
}

bool kmsg_stalls_take(struct kmsg_stalls *stalls, const struct event *ev, __u64 boot_time_ns)
{
	struct text path = ev->incident.limit_owner.cgroup.path;
	struct kmsg_stall *stall;

	if (path.len > KMSG_STALL_PATH_MAX)
		return true;
	stall = find(stalls, text_bytes(ev, path), path.len);
	if (!stall) {
		begin(stalls, ev, boot_time_ns);
		return true;
	}
	stall->attempts++;
	stall->seen_ns = boot_time_ns;
	stall->last_ns = ev->boot_time_ns;
	return false;
}

static struct event *end(struct kmsg_stalls *stalls, struct kmsg_stall *stall)
{
	struct event *ev = &stalls->ev;
	struct limit_owner *owner = &ev->update.limit_owner;

	event_init(ev, EVENT_UPDATE);
	ev->time_ns = clock_wall_of_boot(stall->seen_ns);
	ev->boot_time_ns = stall->last_ns;
	ev->origin = ORIGIN_LIVE;
	memcpy(ev->id, stall->id, sizeof(stall->id));
	if (stall->path_len)
		owner->cgroup.path = event_text_whole(ev, stall->path, stall->path_len);
	else
		owner->limit_level = LIMIT_HOST;
	ev->update.stall.kind = STALL_NOTHING_KILLABLE;
	ev->update.stall.attempts = stall->attempts;
	if (stall->first_ns != NOT_KNOWN && stall->last_ns != NOT_KNOWN)
		ev->update.stall.duration_ns = stall->last_ns - stall->first_ns;
	stall->attempts = 0;
	return ev;
}

struct event *kmsg_stalls_end(struct kmsg_stalls *stalls, __u64 boot_time_ns, __u64 *ret_next_ns)
{
	*ret_next_ns = 0;
	for (int i = 0; i < KMSG_STALLS_MAX; i++) {
		struct kmsg_stall *stall = &stalls->stall[i];
		__u64 due_ns = stall->seen_ns + OOMWHY_STALL_QUIET_NS;

		if (!stall->attempts)
			continue;
		if (due_ns <= boot_time_ns)
			return end(stalls, stall);
		*ret_next_ns = !*ret_next_ns || due_ns < *ret_next_ns ? due_ns : *ret_next_ns;
	}
	return NULL;
}
