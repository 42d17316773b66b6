// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracer_past: what is known since boot, told before what happens.
 *
 * It is read when the hooks are attached, so that no kill falls between the two; one of the moments
 * before may be in both. Such kills wait until what was seen live is told.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tracer_state.h"

#define TOLD_BYTES (512 * 1024) /* they fit into the queue, which is empty */
#define SEEN_NS (2 * 1000000000ULL) /* after this all is told that was seen at the start */

static void see(void *context, const struct event *ev)
{
	struct tracer *tracer = context;

	audit_take(&tracer->audit, ev);
}

static struct past *read_past(struct tracer *tracer, const struct explain_options *options)
{
	struct past *past = calloc(1, sizeof(*past));
	bool failed;

	if (!past)
		return NULL;
	past->this_boot = true;
	past->see = see;
	past->context = tracer;
	if (!past_read(past, options, &failed))
		return past;
	past_free(past);
	free(past);
	return NULL;
}

/* The oldest that is told: of many, the newest ones. */
static size_t first_told(const struct past *past)
{
	size_t first = past->count, bytes = 0;

	while (first) {
		bytes += event_size(past->kept[first - 1]);
		if (bytes > TOLD_BYTES)
			break;
		first--;
	}
	return first;
}

static void tell_one(struct tracer *tracer, struct event *ev)
{
	ev->origin = ORIGIN_BACKFILL;
	tracer_send(tracer, ev);
}

/* The rest, from @first on, waits. */
static void keep_rest(struct past *past, size_t first)
{
	for (size_t i = 0; i < first; i++)
		free(past->kept[i]);
	past->count -= first;
	memmove(past->kept, past->kept + first, past->count * sizeof(past->kept[0]));
}

static void say_what_is_not_told(const struct past *past, size_t left_out)
{
	bool is_boot;

	left_out += past->older;
	if (left_out)
		log_error("%zu older kills since boot: 'oomwhy last' tells them", left_out);
	else if (!past->count && past_from_ns(past, &is_boot) != NOT_KNOWN && is_boot)
		log_error("no OOM kill before, since boot");
}

static void tell(struct tracer *tracer, struct past *past, __u64 attach_ns)
{
	size_t first = first_told(past), next = first;

	say_what_is_not_told(past, first);
	for (; next < past->count; next++) {
		__u64 at_ns = past->kept[next]->boot_time_ns;

		if (at_ns == NOT_KNOWN || at_ns + past->slack_ns >= attach_ns)
			break;
		tell_one(tracer, past->kept[next]);
	}
	tracer->past_until_ns = clock_boot_ns() + past->slack_ns + SEEN_NS;
	keep_rest(past, next);
}

void tracer_past_tell(struct tracer *tracer, __u64 attach_ns)
{
	const struct tracer_options *given = &tracer->options;
	struct explain_options options = {
		.json = given->json,
		.filter = &given->filter,
		.node_name = given->node_name,
		.cluster_name = given->cluster_name,
		.host_root = given->host_root,
		.state_dir = given->state_dir ? given->state_dir : STATE_DEFAULT_DIR,
	};
	__u64 unknown = 0;

	tracer->before_start = NOT_KNOWN;
	if (given->tells_past)
		tracer->past = read_past(tracer, &options);
	if (tracer->past) {
		unknown = past_missing(tracer->past);
		if (unknown == NOT_KNOWN)
			unknown = 0;
		if (unknown)
			tracer->before_start = unknown;
		tell(tracer, tracer->past, attach_ns);
	}
	audit_begin(&tracer->audit, unknown);
}

void tracer_past_seen(struct tracer *tracer, const struct event *ev)
{
	struct past *past = tracer->past;

	if (!past || !event_has_incident(ev))
		return;
	for (size_t i = 0; i < past->count; i++)
		if (incident_subject(&past->kept[i]->incident)->pid ==
		    incident_subject(&ev->incident)->pid)
			past->kept[i]->origin = ORIGIN_NONE; /* told */
}

void tracer_past_tick(struct tracer *tracer)
{
	struct past *past = tracer->past;

	if (!past || clock_boot_ns() < tracer->past_until_ns || tracer_pin_is_behind(tracer))
		return;
	for (size_t i = 0; i < past->count; i++)
		if (past->kept[i]->origin != ORIGIN_NONE)
			tell_one(tracer, past->kept[i]);
	past_free(past);
	free(past);
	tracer->past = NULL;
}
