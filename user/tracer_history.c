// SPDX-License-Identifier: GPL-2.0-only
/* tracer_history: what the history needs of the rest, and when it is told. */
#include "oomwhy_record.h"
#include "tracer_state.h"

int tracer_history_start(struct tracer *tracer)
{
	struct history_config config = {
		.root = tracer->keeper.root,
		.is_v1 = tracer->probe.memory_hierarchy != 0,
		.index = &tracer->keeper.index,
	};

	return history_start(&tracer->history, &config);
}

void tracer_history_cgroup(struct tracer *tracer, const void *data, size_t size)
{
	const struct oomwhy_cgroup *record = data;

	if (size >= sizeof(*record) && record->change == OOMWHY_CGROUP_MADE)
		history_made(&tracer->history, record->id, record->header.boot_time_ns);
}
