// SPDX-License-Identifier: GPL-2.0-only
/* tracer_metrics: the metrics' part of the tracer, if they were asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tracer_state.h"

int tracer_metrics_open(struct tracer *tracer)
{
	const struct metrics_address *address = &tracer->options.metrics;
	char url[128];

	tracer->metrics_fd = -1;
	if (!address->len)
		return 0;
	tracer->metrics = malloc(sizeof(*tracer->metrics));
	if (!tracer->metrics)
		return -ENOMEM;
	metrics_init(tracer->metrics);
	tracer->metrics_fd = metrics_http_listen(address, url, sizeof(url));
	if (tracer->metrics_fd < 0)
		return tracer->metrics_fd;
	log_error("metrics at %s", url);
	return 0;
}

int tracer_metrics_start(struct tracer *tracer)
{
	struct metrics_http_config config = {
		.metrics = tracer->metrics,
		.node = {
			.cgroup_root = tracer->keeper.root,
			.proc = "/proc",
			.own_cgroups = "/sys/fs/cgroup",
			.is_v1 = tracer->probe.memory_hierarchy != 0,
		},
		.listen_fd = tracer->metrics_fd,
		.connection_ms = METRICS_CONNECTION_MS,
	};

	if (!tracer->metrics)
		return 0;
	tracer->metrics_fd = -1;
	return metrics_http_start(&config, &tracer->metrics_http);
}

void tracer_metrics_take(struct tracer *tracer, const struct event *ev)
{
	if (tracer->metrics)
		metrics_take(tracer->metrics, ev);
}

void tracer_metrics_lookup(struct tracer *tracer, enum identity_source source)
{
	if (tracer->metrics)
		metrics_count_lookup(tracer->metrics, source);
}

void tracer_metrics_close(struct tracer *tracer)
{
	metrics_http_stop(tracer->metrics_http);
	if (tracer->metrics_fd >= 0)
		close(tracer->metrics_fd);
	if (tracer->metrics)
		metrics_free(tracer->metrics);
	free(tracer->metrics);
}
