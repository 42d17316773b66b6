// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source/deaths.h"

/* One whose incident is not told yet is looked at again after this. */
#define LATE_NS 1000000000ULL

void deaths_init(struct deaths *deaths, const struct deaths_config *config)
{
	memset(deaths, 0, sizeof(*deaths));
	deaths->config = *config;
}

static struct dying *find(struct deaths *deaths, __u64 pid)
{
	for (int i = 0; pid && i < DEATHS_MAX; i++)
		if (deaths->dying[i].pid == pid)
			return &deaths->dying[i];
	return NULL;
}

/* A free place; else that of the one who was marked first. */
static struct dying *find_place(struct deaths *deaths)
{
	struct dying *oldest = &deaths->dying[0];

	for (int i = 0; i < DEATHS_MAX; i++) {
		struct dying *dying = &deaths->dying[i];

		if (!dying->pid)
			return dying;
		if (dying->marked_ns < oldest->marked_ns)
			oldest = dying;
	}
	return oldest;
}

void deaths_begin(struct deaths *deaths, const struct oomwhy_victim *record)
{
	struct dying *dying = find(deaths, record->task.tgid);

	if (!dying)
		dying = find_place(deaths);
	memset(dying, 0, sizeof(*dying));
	dying->pid = record->task.tgid;
	dying->marked_ns = record->header.boot_time_ns;
	memcpy(dying->comm, record->task.comm, sizeof(dying->comm));
}

static void tell(struct deaths *deaths, struct dying *dying, __u64 boot_time_ns)
{
	struct event *ev = &deaths->ev;
	struct after *after = &ev->update.after;

	event_init(ev, EVENT_UPDATE);
	ev->boot_time_ns = boot_time_ns;
	ev->time_ns = deaths->config.wall_ns(boot_time_ns);
	ev->origin = ORIGIN_LIVE;
	memcpy(ev->id, dying->id, sizeof(ev->id));
	after->pid = dying->pid;
	after->comm = event_text(ev, dying->comm, strnlen(dying->comm, sizeof(dying->comm)));
	after->waited_ns = boot_time_ns - dying->marked_ns;
	if (dying->ended_ns)
		after->ended_ns = dying->ended_ns - dying->marked_ns;
	if (dying->freed_ns)
		after->freed_ns = dying->freed_ns - dying->marked_ns;
	dying->pid = 0;
	deaths->config.emit(deaths->config.context, ev);
}

static void tell_if_over(struct deaths *deaths, struct dying *dying)
{
	bool over = dying->ended_ns && (dying->freed_ns || !deaths->config.freed_is_told);

	if (over && dying->id[0])
		tell(deaths, dying,
		     dying->freed_ns > dying->ended_ns ? dying->freed_ns : dying->ended_ns);
}

void deaths_told(struct deaths *deaths, __u64 pid, const char *id)
{
	struct dying *dying = find(deaths, pid);

	if (!dying || dying->id[0])
		return;
	snprintf(dying->id, sizeof(dying->id), "%s", id);
	tell_if_over(deaths, dying);
}

void deaths_record(struct deaths *deaths, const struct oomwhy_death *record)
{
	struct dying *dying = find(deaths, record->tgid);

	if (!dying || record->header.boot_time_ns < dying->marked_ns)
		return;
	if (record->what == OOMWHY_ENDED && !dying->ended_ns)
		dying->ended_ns = record->header.boot_time_ns;
	if (record->what == OOMWHY_FREED && !dying->freed_ns)
		dying->freed_ns = record->header.boot_time_ns;
	tell_if_over(deaths, dying);
}

/* 0 is never. */
static __u64 earlier(__u64 a_ns, __u64 b_ns)
{
	return a_ns && a_ns < b_ns ? a_ns : b_ns;
}

__u64 deaths_tick(struct deaths *deaths, __u64 boot_time_ns)
{
	__u64 next_ns = 0;

	for (int i = 0; i < DEATHS_MAX; i++) {
		struct dying *dying = &deaths->dying[i];
		__u64 due_ns = dying->marked_ns + DEATHS_PATIENCE_NS;

		if (!dying->pid)
			continue;
		if (boot_time_ns >= due_ns && dying->id[0])
			tell(deaths, dying, boot_time_ns);
		else if (boot_time_ns >= due_ns + DEATHS_PATIENCE_NS)
			dying->pid = 0; /* its incident was never told */
		else
			next_ns = earlier(next_ns,
					  boot_time_ns < due_ns ? due_ns : boot_time_ns + LATE_NS);
	}
	return next_ns;
}
