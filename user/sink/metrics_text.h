/* SPDX-License-Identifier: GPL-2.0-only */
/* metrics_text: figures as Prometheus reads them. */
#ifndef OOMWHY_SINK_METRICS_TEXT_H
#define OOMWHY_SINK_METRICS_TEXT_H

#include <stdio.h>

#include "sink/metrics.h"
#include "sink/metrics_node.h"

enum metrics_format {
	METRICS_CLASSIC, /* the text format, 0.0.4 */
	METRICS_OPEN, /* OpenMetrics 1.0.0 */
};

/* metrics_write() - errors are left in @file. */
void metrics_write(FILE *file, enum metrics_format format, const struct metrics_figures *figures,
		   const struct metrics_readings *readings);

/* metrics_content_type() - as HTTP wants it said. */
const char *metrics_content_type(enum metrics_format format);

#endif
