// SPDX-License-Identifier: GPL-2.0-only
/* tracer_history: what the history needs of the rest, and when it is told. */
#include "base/clock.h"
#include "identify.h"
#include "oomwhy_record.h"
#include "tracer_state.h"

static int candidates(void *context, struct candidates *candidates)
{
	struct tracer *tracer = context;

	return bpf_source__candidates(tracer->source, candidates);
}

static void emit(void *context, struct event *ev)
{
	struct tracer *tracer = context;

	keeper_complete(&tracer->keeper, ev);
	identify_event(ev);
	keeper_name(&tracer->keeper, ev);
	tracer_send(tracer, ev);
}

int tracer_history_start(struct tracer *tracer)
{
	struct history_config config = {
		.root = tracer->keeper.root,
		.is_v1 = tracer->probe.memory_hierarchy != 0,
		.index = &tracer->keeper.index,
		.candidates = candidates,
		.emit = emit,
		.context = tracer,
	};

	tracer->assembler.deaths.config.freed_is_told = tracer->probe.has_exit_mmap;
	return history_start(&tracer->history, &config);
}

void tracer_history_cgroup(struct tracer *tracer, const void *data, size_t size)
{
	const struct oomwhy_cgroup *record = data;

	if (size >= sizeof(*record) && record->change == OOMWHY_CGROUP_MADE)
		history_made(&tracer->history, record->id, record->header.boot_time_ns);
}

__u64 tracer_history_tick(struct tracer *tracer, __u64 next_ns)
{
	__u64 storm_ns;

	if (repeat_tick(&tracer->repeats, clock_boot_ns(), clock_wall_ns(), &storm_ns))
		tracer_send(tracer, &tracer->repeats.ev);
	return storm_ns && (!next_ns || storm_ns < next_ns) ? storm_ns : next_ns;
}

/* In a storm the first answer has to do; the kernel's log tells with the kill. */
void tracer_history_ask(struct tracer *tracer, const struct event *ev)
{
	if (tracer->source && ev->type == EVENT_INCIDENT &&
	    ev->incident.repeat.storm_kills == NOT_KNOWN)
		history_ask(&tracer->history, ev, tracer->machine.page_bytes);
}
