/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_http: a thread of its own that answers GET /metrics, by libevent.
 *
 * Whoever reaches the port may be hostile: a request is bounded in size, a connection in time (it
 * serves one request), and only so many are open at once; more wait in the kernel's queue. What
 * goes wrong here never reaches a kill's way.
 */
#ifndef OOMWHY_SINK_METRICS_HTTP_H
#define OOMWHY_SINK_METRICS_HTTP_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "sink/metrics.h"
#include "sink/metrics_node.h"

#define METRICS_CONNECTIONS_MAX 8
#define METRICS_REQUEST_BYTES_MAX 8192 /* request line and headers */
#define METRICS_CONNECTION_MS 10000 /* from the first byte to the last */

struct metrics_address {
	struct sockaddr_storage address;
	socklen_t len; /* 0: none was asked for */
};

struct metrics_http_config {
	struct metrics *metrics;
	struct metrics_node node; /* what it points to outlives the thread */
	int listen_fd; /* taken over */
	int connection_ms; /* METRICS_CONNECTION_MS, but for tests */
};

struct metrics_http;

/*
 * metrics_http_parse() - "[ADDR:]PORT"; without ADDR only this machine can ask. ADDR is a number,
 * IPv6 with or without brackets. PORT 0: any that is free. Returns false where it is none.
 */
bool metrics_http_parse(const char *text, struct metrics_address *ret);

/*
 * metrics_http_listen() - returns a descriptor, or -errno.
 * @ret_url: where the metrics are
 */
int metrics_http_listen(const struct metrics_address *address, char *ret_url, size_t size);

/* metrics_http_start() - returns 0 and *@ret, or -errno. */
int metrics_http_start(const struct metrics_http_config *config, struct metrics_http **ret);

/* metrics_http_stop() - ends the thread and what is open. NULL: nothing. */
void metrics_http_stop(struct metrics_http *http);

#endif
