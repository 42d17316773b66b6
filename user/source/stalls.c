// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source/record_event.h"
#include "source/stalls.h"

/* As often the kernel's counts are looked at: a slot may be used for another memcg later. */
#define LOOK_NS 500000000ULL

void stalls_init(struct stalls *stalls, const struct stalls_config *config)
{
	memset(stalls, 0, sizeof(*stalls));
	stalls->config = *config;
}

static struct open_stall *find(struct stalls *stalls, __u64 memcg_id, __u32 kind)
{
	for (int i = 0; i < STALLS_MAX; i++)
		if (stalls->open[i].kind == kind && stalls->open[i].memcg_id == memcg_id)
			return &stalls->open[i];
	return NULL;
}

static struct open_stall *find_free(struct stalls *stalls)
{
	for (int i = 0; i < STALLS_MAX; i++)
		if (!stalls->open[i].kind)
			return &stalls->open[i];
	return NULL;
}

static void begin_event(struct stalls *stalls, enum event_type type, __u64 boot_time_ns)
{
	event_init(&stalls->ev, type);
	stalls->ev.boot_time_ns = boot_time_ns;
	stalls->ev.time_ns = stalls->config.wall_ns(boot_time_ns);
	stalls->ev.origin = ORIGIN_LIVE;
}

static void tell_begin(struct stalls *stalls, const struct oomwhy_stall *record, const char *id)
{
	struct event *ev = &stalls->ev;

	begin_event(stalls, EVENT_STALL, record->header.boot_time_ns);
	snprintf(ev->id, sizeof(ev->id), "%s", id);
	event_from_stall(ev, record, stalls->config.page_bytes);
	ev->incident.verdict.evidence = EVIDENCE_EXACT;
	/* Where the asker is only named, nobody knows where it stands. */
	if (record->asker_is_outside && !(record->task.flags & OOMWHY_TASK_ONLY_NAMED)) {
		ev->incident.limit_owner.lowered = 1;
		ev->incident.trigger_lowers_limit = 1;
	}
	stalls->count++;
	stalls->config.emit(stalls->config.context, ev);
}

void stalls_record(struct stalls *stalls, const struct oomwhy_stall *record)
{
	struct open_stall *stall = find(stalls, record->memcg_id, record->kind);
	char id[EVENT_ID_MAX];

	if (stall) {
		stall->slot = record->slot; /* told again after a while: it goes on */
		stall->last_ns = record->header.boot_time_ns;
		return;
	}
	snprintf(id, sizeof(id), "%.8s-%llu-stall-%llu", stalls->config.boot_id,
		 record->header.boot_time_ns / 1000000000ULL, record->memcg_id);
	stall = find_free(stalls);
	if (stall) {
		memset(stall, 0, sizeof(*stall));
		stall->memcg_id = record->memcg_id;
		stall->kind = record->kind;
		stall->slot = record->slot;
		stall->first_ns = stall->last_ns = record->header.boot_time_ns;
		stall->attempts = record->kind == OOMWHY_NOTHING_KILLABLE;
		memcpy(stall->id, id, sizeof(id));
	}
	tell_begin(stalls, record, id);
}

void stalls_wait(struct stalls *stalls, const struct oomwhy_wait *record)
{
	struct open_stall *stall = find(stalls, record->memcg_id, OOMWHY_KILLER_DISABLED);

	if (!stall)
		return;
	stall->last_ns = record->header.boot_time_ns;
	stall->waiting += record->begins ? 1 : -1;
	if (record->begins && stall->waiting > (__s64)stall->tasks)
		stall->tasks = stall->waiting;
}

static void tell_end(struct stalls *stalls, struct open_stall *stall)
{
	struct event *ev = &stalls->ev;
	struct stall *told = &ev->update.stall;

	begin_event(stalls, EVENT_UPDATE, stall->last_ns);
	memcpy(ev->id, stall->id, sizeof(stall->id));
	if (stall->memcg_id)
		ev->update.limit_owner.cgroup.id = stall->memcg_id;
	told->kind = stall->kind == OOMWHY_KILLER_DISABLED ? STALL_KILLER_DISABLED :
							     STALL_NOTHING_KILLABLE;
	told->duration_ns = stall->last_ns - stall->first_ns;
	if (stall->kind == OOMWHY_NOTHING_KILLABLE)
		told->attempts = stall->attempts;
	else
		told->tasks = stall->tasks;
	stall->kind = 0;
	stalls->config.emit(stalls->config.context, ev);
}

static void look(struct stalls *stalls, struct open_stall *stall)
{
	struct oomwhy_attempts attempts =
		stalls->config.attempts(stalls->config.context, stall->slot);

	if (stall->kind != OOMWHY_NOTHING_KILLABLE || attempts.memcg_id != stall->memcg_id ||
	    attempts.last_ns < stall->last_ns)
		return;
	stall->attempts = attempts.count;
	stall->last_ns = attempts.last_ns;
}

static bool has_ended(const struct open_stall *stall, __u64 boot_time_ns)
{
	__u64 quiet_ns = boot_time_ns - stall->last_ns;

	/* A freed page wakes those that wait; most find no room and wait again, at once. */
	return boot_time_ns >= stall->last_ns && stall->waiting <= 0 &&
	       quiet_ns >= OOMWHY_STALL_QUIET_NS;
}

__u64 stalls_tick(struct stalls *stalls, __u64 boot_time_ns)
{
	bool any = false;

	for (int i = 0; i < STALLS_MAX; i++) {
		struct open_stall *stall = &stalls->open[i];

		if (!stall->kind)
			continue;
		look(stalls, stall);
		if (has_ended(stall, boot_time_ns))
			tell_end(stalls, stall);
		else
			any = true;
	}
	return any ? boot_time_ns + LOOK_NS : 0;
}
