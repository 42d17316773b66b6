// SPDX-License-Identifier: GPL-2.0-only
/* tracer_audit: what the kernel has counted, against what was seen. */
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "tracer_state.h"

#define PAUSE_NS 100000000 /* between a kill's count and its record */
#define TRIES 10

void tracer_audit_begin(struct tracer *tracer)
{
	struct audit_config config = {
		.proc = "/proc",
		.root = tracer->keeper.root,
		.is_v1 = tracer->probe.memory_hierarchy != 0,
		.period_ms = AUDIT_PERIOD_MS,
	};

	audit_init(&tracer->audit, &config);
	tracer->assembler.counted_from_ns = clock_boot_ns();
}

void tracer_audit_take(struct tracer *tracer, const struct event *ev)
{
	if (ev->type != EVENT_INCIDENT ||
	    (!tracer->kmsg && ev->boot_time_ns < tracer->assembler.counted_from_ns))
		return;
	if (tracer->kmsg)
		tracer->log_kills += incident_kills(&ev->incident);
	audit_take(&tracer->audit, ev);
}

void tracer_audit_tick(struct tracer *tracer)
{
	const struct assembler *assembler = &tracer->assembler;

	if (tracer->kmsg)
		audit_tick(&tracer->audit, tracer->log_kills, 0);

	/* Of an open one more may come. */
	else if (!assembler->open)
		audit_tick(&tracer->audit, assembler->stats.counted,
			   assembler->stats.may_be_counted);
}

void tracer_audit_end(struct tracer *tracer)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	__u64 counted = NOT_KNOWN;

	audit_stop(&tracer->audit);
	for (int i = 0; i < TRIES; i++) {
		counted = audit_count(&tracer->audit);
		if (i)
			nanosleep(&pause, NULL);
		tracer_consume(tracer);
		if (!tracer->pin)
			assemble_flush(&tracer->assembler);
		tracer_kmsg_flush(tracer);
		tracer_audit_tick(tracer);
		if (!audit_new(&tracer->audit, counted))
			return;
	}
	audit_find(&tracer->audit, counted);
}
