// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "sink/metrics_http.h"
#include "sink/metrics_text.h"

#define TICK_MS 100 /* while connections are open */
#define PODS_S 60 /* how often it is looked which pods are gone */
#define IDLE_S 5 /* libevent closes what says nothing for so long */

/*
 * evhttp has no bound for the number of connections, nor for how long one lasts that says a byte
 * now and then. So each is made here, and a reference kept: once evhttp has freed its side there
 * are no callbacks any more.
 */
struct connection {
	struct bufferevent *bev; /* NULL: free */
	__u64 since_ns;
};

struct metrics_http {
	struct metrics_http_config config;
	struct event_base *base;
	struct evhttp *evhttp;
	struct evconnlistener *listener;
	struct event *tick, *pods, *stop;
	bool is_paused; /* nobody is let in */
	int stop_fd;
	pthread_t thread;
	struct connection connections[METRICS_CONNECTIONS_MAX];
	struct metrics_figures figures; /* as last read */
};

static const struct timeval tick_time = { .tv_usec = TICK_MS * 1000 };
static const struct timeval pods_time = { .tv_sec = PODS_S };

static struct connection *free_connection(struct metrics_http *http)
{
	for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		if (!http->connections[i].bev)
			return &http->connections[i];
	return NULL;
}

/* Nobody is let in for a tick at least. Whoever knocks meanwhile waits in the kernel's queue. */
static void pause_listening(struct metrics_http *http)
{
	http->is_paused = true;
	evconnlistener_disable(http->listener);
	evtimer_add(http->tick, &tick_time);
}

static struct bufferevent *begin_connection(struct event_base *base, void *context)
{
	struct metrics_http *http = context;
	struct connection *connection = free_connection(http);
	struct bufferevent *bev = NULL;

	/* Its descriptor lives as long as our reference: else the next connection got the same, and
	 * this one went on reading from it. */
	if (connection)
		bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		return NULL;
	bufferevent_incref(bev);
	bufferevent_setwatermark(bev, EV_READ, 0, 2 * METRICS_REQUEST_BYTES_MAX);
	connection->bev = bev;
	connection->since_ns = clock_boot_ns();
	evtimer_add(http->tick, &tick_time);
	if (!free_connection(http))
		pause_listening(http);
	return bev;
}

static bool is_over(struct bufferevent *bev)
{
	bufferevent_data_cb read_cb, write_cb;
	bufferevent_event_cb event_cb;

	bufferevent_getcb(bev, &read_cb, &write_cb, &event_cb, NULL);
	return !read_cb && !write_cb && !event_cb;
}

/* Returns whether it is still open. */
static bool watch_connection(struct connection *connection, __u64 now_ns, __u64 patience_ns)
{
	if (!connection->bev)
		return false;
	if (is_over(connection->bev)) {
		bufferevent_decref(connection->bev);
		connection->bev = NULL;
		return false;
	}
	/* evhttp notices, and frees its side. */
	if (now_ns - connection->since_ns >= patience_ns)
		shutdown(bufferevent_getfd(connection->bev), SHUT_RDWR);
	return true;
}

static void tick(evutil_socket_t fd, short what, void *context)
{
	struct metrics_http *http = context;
	__u64 now_ns = clock_boot_ns();
	bool is_open = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		is_open |= watch_connection(&http->connections[i], now_ns,
					    http->config.connection_ms * 1000000ULL);
	if (http->is_paused && free_connection(http)) {
		http->is_paused = false;
		evconnlistener_enable(http->listener);
	}
	if (is_open)
		evtimer_add(http->tick, &tick_time);
}

/* Of this thread: the context of the listener's callbacks is evhttp's. */
static __thread struct metrics_http *served;

/* Mostly no descriptor is left: asking again at once would keep a CPU busy. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	(void)listener;
	(void)context;
	log_debug("metrics: a connection cannot be taken: %s", strerror(errno));
	pause_listening(served);
}

static void look_for_pods(evutil_socket_t fd, short what, void *context)
{
	struct metrics_http *http = context;
	struct metrics *metrics = http->config.metrics;

	(void)fd;
	(void)what;
	metrics_read(metrics, &http->figures);
	for (size_t i = 0; i < METRICS_CONTAINERS_MAX; i++) {
		const struct metrics_entry *entry = &http->figures.containers[i];

		if (entry->used)
			metrics_pod(metrics, i, entry,
				    *entry->pod_path &&
					    metrics_node_has(&http->config.node, entry->pod_path),
				    clock_boot_ns());
	}
}

static enum metrics_format wanted_format(struct evhttp_request *request)
{
	const char *accept =
		evhttp_find_header(evhttp_request_get_input_headers(request), "Accept");

	return accept && strstr(accept, "application/openmetrics-text") ? METRICS_OPEN :
									  METRICS_CLASSIC;
}

/* Returns 0 or -errno. */
static int write_metrics(struct metrics_http *http, enum metrics_format format,
			 struct evbuffer *ret)
{
	struct metrics_readings readings;
	char *bytes = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&bytes, &len);
	int err = 0;

	if (!file)
		return -errno;
	metrics_read(http->config.metrics, &http->figures);
	metrics_node_read(&http->config.node, &readings);
	metrics_write(file, format, &http->figures, &readings);
	if (ferror(file))
		err = -ENOMEM;
	if (fclose(file) || evbuffer_add(ret, bytes, len))
		err = -ENOMEM;
	free(bytes);
	return err;
}

static void answer(struct evhttp_request *request, void *context)
{
	struct metrics_http *http = context;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	enum metrics_format format = wanted_format(request);
	struct evbuffer *body;

	evhttp_add_header(headers, "Connection", "close");
	if (!path || strcmp(path, "/metrics") != 0) {
		evhttp_send_error(request, HTTP_NOTFOUND, NULL);
		return;
	}
	body = evbuffer_new();
	if (body && !write_metrics(http, format, body)) {
		evhttp_add_header(headers, "Content-Type", metrics_content_type(format));
		evhttp_send_reply(request, HTTP_OK, "OK", body);
	} else {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
	}
	if (body)
		evbuffer_free(body);
}

static void on_stop(evutil_socket_t fd, short what, void *context)
{
	const struct metrics_http *http = context;

	(void)fd;
	(void)what;
	event_base_loopbreak(http->base);
}

static void *run(void *context)
{
	served = context;
	event_base_dispatch(served->base);
	return NULL;
}

static void tell(int severity, const char *message)
{
	(void)severity;
	log_debug("libevent: %s", message);
}

static bool open_server(struct metrics_http *http)
{
	struct evhttp_bound_socket *bound;

	http->base = event_base_new();
	http->evhttp = http->base ? evhttp_new(http->base) : NULL;
	if (!http->evhttp)
		return false;
	evhttp_set_max_headers_size(http->evhttp, METRICS_REQUEST_BYTES_MAX);
	evhttp_set_max_body_size(http->evhttp, METRICS_REQUEST_BYTES_MAX);
	evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(http->evhttp, IDLE_S);
	evhttp_set_gencb(http->evhttp, answer, http);
	evhttp_set_bevcb(http->evhttp, begin_connection, http);
	http->tick = evtimer_new(http->base, tick, http);
	http->pods = event_new(http->base, -1, EV_PERSIST, look_for_pods, http);
	http->stop = event_new(http->base, http->stop_fd, EV_READ, on_stop, http);
	if (!http->tick || !http->pods || !http->stop || event_add(http->stop, NULL) ||
	    event_add(http->pods, &pods_time))
		return false;
	bound = evhttp_accept_socket_with_handle(http->evhttp, http->config.listen_fd);
	if (!bound)
		return false;
	http->config.listen_fd = -1; /* it is evhttp's */
	http->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(http->listener, on_accept_error);
	return true;
}

static void close_server(struct metrics_http *http)
{
	if (http->evhttp)
		evhttp_free(http->evhttp);
	for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		if (http->connections[i].bev)
			bufferevent_decref(http->connections[i].bev);
	if (http->tick)
		event_free(http->tick);
	if (http->pods)
		event_free(http->pods);
	if (http->stop)
		event_free(http->stop);
	if (http->base)
		event_base_free(http->base);
	if (http->config.listen_fd >= 0)
		close(http->config.listen_fd);
	if (http->stop_fd >= 0)
		close(http->stop_fd);
	free(http);
}

int metrics_http_start(const struct metrics_http_config *config, struct metrics_http **ret)
{
	struct metrics_http *http = calloc(1, sizeof(*http));
	int err;

	if (!http)
		return -ENOMEM;
	event_set_log_callback(tell);
	http->config = *config;
	http->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = http->stop_fd < 0 ? -errno : open_server(http) ? 0 : -ENOMEM;
	err = err ? err : thread_start(&http->thread, "oomwhy-metrics", PRIVILEGES_NONE, run, http);
	if (err) {
		close_server(http);
		return err;
	}
	*ret = http;
	return 0;
}

void metrics_http_stop(struct metrics_http *http)
{
	uint64_t one = 1;

	if (!http)
		return;
	if (write(http->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(http->thread, NULL);
	close_server(http);
}
