// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fields.h"
#include "headline.h"
#include "tracer_state.h"
#include "version.h"

void tracer_read_losses(struct tracer *tracer, struct losses *ret)
{
	const struct assemble_stats *stats = &tracer->assembler.stats;
	struct queue_dropped dropped = queue_dropped(&tracer->queue);

	ret->ring_kills = bpf_source__counter(tracer->source, OOMWHY_LOST_KILLS);
	ret->ring_records = bpf_source__counter(tracer->source, OOMWHY_LOST_KILL_RECORDS);
	ret->downtime = tracer->pin ? pins_downtime(tracer_pin_pins(tracer)) : NOT_KNOWN;
	ret->ring_cgroups = bpf_source__counter(tracer->source, OOMWHY_LOST_CGROUP_RECORDS);
	ret->queue = dropped.kills;
	ret->queue_others = dropped.others;
	ret->record = recorder_lost(&tracer->writer.recorder);
	ret->incomplete = stats->incomplete;
	ret->hook_misses = bpf_source__counter(tracer->source, OOMWHY_UNKNOWN_VICTIMS);
	ret->state = tracer->state ? state_lost(tracer->state) : 0;
	ret->before_start = tracer->before_start;
	ret->unseen_kills = audit_missing(&tracer->audit);
	ret->total = ret->ring_kills + ret->hook_misses + stats->malformed;
	if (tracer->pin)
		ret->total += ret->downtime;
	tracer_kmsg_losses(tracer, ret);
	/* A kill that nobody saw has lost a record: mostly these are known. */
	if (ret->unseen_kills > ret->total)
		ret->total = ret->unseen_kills;
	ret->total += ret->queue;
}

void tracer_complete(struct tracer *tracer, struct event *ev)
{
	ev->node_name = event_textf(ev, "%s",
				    tracer->options.node_name ? tracer->options.node_name :
								tracer->machine.host_name);
	if (tracer->options.cluster_name)
		ev->cluster_name = event_textf(ev, "%s", tracer->options.cluster_name);
	headline(ev);
}

bool tracer_send(struct tracer *tracer, struct event *ev)
{
	tracer_complete(tracer, ev);
	return queue_push(&tracer->queue, ev);
}

static struct event *begin_note(struct tracer *tracer, enum event_type type)
{
	struct event *ev = &tracer->note;

	event_init(ev, type);
	ev->boot_time_ns = clock_boot_ns();
	ev->time_ns = clock_wall_ns();
	ev->origin = ORIGIN_LIVE;
	snprintf(ev->id, sizeof(ev->id), "%.8s-%llu-%s", tracer->machine.boot_id,
		 ev->boot_time_ns / 1000000000ULL, event_type_names[type]);
	return ev;
}

static enum evidence evidence_of(enum attach_plan plan)
{
	return plan == ATTACH_KMSG	 ? EVIDENCE_LOG :
	       plan == ATTACH_TRACEPOINT ? EVIDENCE_INFERRED :
					   EVIDENCE_EXACT;
}

void tracer_note_start(struct tracer *tracer)
{
	struct event *ev = begin_note(tracer, EVENT_START);
	struct start *start = &ev->start;

	start->version = event_textf(ev, "%s", OOMWHY_VERSION);
	start->kernel = event_textf(ev, "%s", tracer->machine.kernel);
	start->boot_id = event_textf(ev, "%s", tracer->machine.boot_id);
	start->attach = tracer->plan;
	start->degraded_from = tracer->silent_plan;
	start->evidence = evidence_of(tracer->plan);
	start->cgroup_version = tracer->probe.memory_hierarchy ? 1 : 2;
	start->cgroups = keeper_cgroups(&tracer->keeper);
	start->memory_total_bytes = tracer->machine.memory_total_bytes;
	start->memory_locked = tracer->memory_locked;
	start->pins = tracer_pin_use(tracer);
	start->oom_score_adj = tracer->oom_score_adj;
	tracer_metrics_take(tracer, ev);
	tracer_send(tracer, ev);
}

void tracer_note_losses(struct tracer *tracer)
{
	struct losses losses;
	struct event *ev;

	tracer_read_losses(tracer, &losses);
	if (!memcmp(&losses, &tracer->reported, sizeof(losses)))
		return;
	ev = begin_note(tracer, EVENT_LOSS);
	ev->loss = losses;
	audit_fill(&tracer->audit, ev);
	tracer_metrics_take(tracer, ev);
	if (tracer_send(tracer, ev))
		tracer->reported = losses; /* else it is told when there is room */
}

void tracer_note_stop(struct tracer *tracer)
{
	struct event *ev = begin_note(tracer, EVENT_STOP);
	struct stop *stop = &ev->stop;

	stop->incidents = tracer->incidents;
	stop->victims = tracer->victims;
	stop->stalls = tracer->stalls;
	if (filter_is_set(&tracer->options.filter))
		stop->filtered = tracer->filtered;
	stop->cross_check_agreed = tracer->assembler.stats.agreed;
	stop->cross_check_differed = tracer->assembler.stats.differed;
	stop->duration_ns = ev->boot_time_ns - tracer->started_ns;
	tracer_read_losses(tracer, &stop->losses);
	tracer->stop_is_told = tracer_send(tracer, ev);
}
