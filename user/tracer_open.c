// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/log.h"
#include "fields.h"
#include "tracer_state.h"

static int open_plan(struct tracer *tracer, enum attach_plan plan,
		     const struct bpf_handlers *handlers)
{
	struct pins *pins = tracer_pin_pins(tracer);
	int err;

	tracer->plan = plan;
	err = bpf_source__open(&tracer->probe, plan, handlers, pins, &tracer->source);
	if (err == -EOPNOTSUPP && pins)
		log_error("--pin: this kernel keeps no program of the plan %s (kprobes: from Linux "
			  "5.15 on)%s",
			  attach_names[plan], tracer->options.attach ? "" : ": trying another");
	return err;
}

static enum exit_status not_possible(const struct tracer *tracer, enum attach_plan plan, int err)
{
	if (err == -EOPNOTSUPP && tracer->pin)
		return STATUS_NOT_POSSIBLE; /* told already */
	if (tracer->options.attach)
		log_error("--attach %s is not possible here: %s", attach_names[plan],
			  probe_plan_hint(&tracer->probe, plan));
	else
		log_error("cannot trace here: %s",
			  probe_plan_hint(&tracer->probe, ATTACH_TRACEPOINT));
	return STATUS_NOT_POSSIBLE;
}

enum exit_status tracer_open_source(struct tracer *tracer, const struct bpf_handlers *handlers)
{
	enum attach_plan plan = tracer->options.attach;
	int err;

	probe_kernel(&tracer->probe);
	if (plan) {
		err = probe_plan_error(&tracer->probe, plan);
		err = err ? err : open_plan(tracer, plan, handlers);
		return err ? not_possible(tracer, plan, err) : STATUS_DONE;
	}
	for (plan = probe_best_plan(&tracer->probe); plan < ATTACH_KMSG; plan++) {
		if (probe_plan_error(&tracer->probe, plan))
			continue;
		if (!open_plan(tracer, plan, handlers))
			return STATUS_DONE;
	}
	return not_possible(tracer, ATTACH_KMSG, -ENOSYS);
}
