// SPDX-License-Identifier: GPL-2.0-only
/* The metrics' server, asked by friends and by others. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "sink/metrics_http.h"

#define SHORT_MS 600
#define ANSWER_MS 20000 /* more than a connection lasts */
#define GET "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

static struct metrics metrics;
static struct metrics_http *http;
static in_port_t port;
static char reply[1 << 20];

static int start_with(int connection_ms)
{
	struct metrics_http_config config = {
		.metrics = &metrics,
		.node = { .cgroup_root = "", .proc = "/proc", .own_cgroups = "/none" },
		.connection_ms = connection_ms,
	};
	struct metrics_address address;
	char url[64];

	signal(SIGPIPE, SIG_IGN);
	metrics_init(&metrics);
	assert_true(metrics_http_parse("0", &address));
	config.listen_fd = metrics_http_listen(&address, url, sizeof(url));
	assert_true(config.listen_fd >= 0);
	assert_int_equal(sscanf(url, "http://127.0.0.1:%hu/metrics", &port), 1);
	assert_int_equal(metrics_http_start(&config, &http), 0);
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with(METRICS_CONNECTION_MS);
}

static int start_impatient(void **state)
{
	(void)state;
	return start_with(SHORT_MS);
}

static int stop(void **state)
{
	(void)state;
	metrics_http_stop(http);
	metrics_free(&metrics);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* All until the other side closes; returns false if it does not in time. */
static bool listen_to(int fd, int ms)
{
	__u64 end_ns = clock_boot_ns() + ms * 1000000ULL;
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && clock_boot_ns() < end_ns && len < sizeof(reply) - 1) {
		if (poll(&ready, 1, 50) != 1)
			continue;
		got = read(fd, reply + len, sizeof(reply) - 1 - len);
		len += got > 0 ? got : 0;
	}
	reply[len] = '\0';
	return got <= 0;
}

static void say(int fd, const char *bytes)
{
	/* The other side may have had enough already. */
	if (send(fd, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
		assert_true(errno == EPIPE || errno == ECONNRESET);
}

static void ask(const char *request)
{
	int fd = dial();

	say(fd, request);
	assert_true(listen_to(fd, ANSWER_MS));
	close(fd);
}

static bool answers(const char *beginning)
{
	return !strncmp(reply, beginning, strlen(beginning));
}

/* With what was asked for. */
static void assert_answered(void)
{
	if (!answers("HTTP/1.1 200 "))
		fail_msg("the answer is '%.60s'", reply);
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		int port;
	} rows[] = {
		{ "9815", "127.0.0.1", 9815 },
		{ "10.1.2.3:80", "10.1.2.3", 80 },
		{ "0.0.0.0:0", "0.0.0.0", 0 },
		{ "[::1]:9815", "::1", 9815 },
		{ "fd00::7:9815", "fd00::7", 9815 },
		{ ":::65535", "::", 65535 },
		{ "", NULL, 0 },
		{ ":", NULL, 0 },
		{ "65536", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "9815x", NULL, 0 },
		{ "localhost:1", NULL, 0 },
		{ "[127.0.0.1]:1", NULL, 0 },
		{ "1.2.3.4:", NULL, 0 },
		{ "::1", NULL, 0 },
		{ "[::1]", NULL, 0 },
		{ "1.2.3.4.5:1", NULL, 0 },
		{ "+9815", NULL, 0 },
		{ "99999999999999999999", NULL, 0 },
		{ "0123456789012345678901234567890123456789012345678901234567890123:1", NULL, 0 },
	};
	struct metrics_address address;
	char host[INET6_ADDRSTRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct sockaddr_in *in = (void *)&address.address;
		const struct sockaddr_in6 *in6 = (void *)&address.address;
		bool is_v4;

		if (metrics_http_parse(rows[i].text, &address) != !!rows[i].host)
			fail_msg("'%s'", rows[i].text);
		if (!rows[i].host)
			continue;
		is_v4 = in->sin_family == AF_INET;
		inet_ntop(in->sin_family, is_v4 ? (void *)&in->sin_addr : (void *)&in6->sin6_addr,
			  host, sizeof(host));
		assert_string_equal(host, rows[i].host);
		assert_int_equal(ntohs(is_v4 ? in->sin_port : in6->sin6_port), rows[i].port);
	}
}

static void an_address_in_use(void **state)
{
	struct metrics_address address;
	char text[32], url[64];

	(void)state;
	snprintf(text, sizeof(text), "%u", port);
	assert_true(metrics_http_parse(text, &address));
	assert_int_equal(metrics_http_listen(&address, url, sizeof(url)), -EADDRINUSE);
}

static void each_asker_gets_its_format(void **state)
{
	(void)state;
	ask(GET);
	assert_answered();
	assert_non_null(
		strstr(reply, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(reply, "\noomwhy_series_evicted_total 0\n"));
	assert_null(strstr(reply, "# EOF"));
	ask("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n"
	    "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n\r\n");
	assert_answered();
	assert_non_null(strstr(reply, "Content-Type: application/openmetrics-text; version=1.0.0"));
	assert_non_null(strstr(reply, "\n# EOF\n"));
}

static void whatever_else_is_refused(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /metrics/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET //metrics HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
		"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
		"\r\n\r\n",
		"GET\r\n\r\n",
		"\x16\x03\x01\x02\x01\xff\xfe\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		ask(requests[i]);
		if (*reply && !answers("HTTP/1.1 4") && !answers("HTTP/1.0 4") &&
		    !answers("HTTP/1.1 501 "))
			fail_msg("'%s': %.40s", requests[i], reply);
	}
	ask(GET);
	assert_answered();
}

/* Neither a line, nor headers, nor what claims to follow may go on for ever. */
static void huge_requests(void **state)
{
	static const char *const begin[] = {
		"GET /",
		"GET /metrics HTTP/1.1\r\nX: ",
		"GET /metrics HTTP/1.1\r\n",
		"POST /metrics HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
	};
	static const char *const go_on[] = { "a", "a", "X: y\r\n", "a" };
	static char piece[4097];

	(void)state;
	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++) {
		size_t step = strlen(go_on[i]), len = sizeof(piece) / step * step;
		int fd = dial();

		for (size_t at = 0; at < len; at++)
			piece[at] = go_on[i][at % step];
		piece[len < sizeof(piece) ? len : len - 1] = '\0';
		say(fd, begin[i]);
		for (int times = 0; times < 64; times++)
			say(fd, piece);
		assert_true(listen_to(fd, ANSWER_MS));
		if (answers("HTTP/1.1 200 "))
			fail_msg("request %zu: %.300s", i, reply);
		close(fd);
	}
	ask(GET);
	assert_answered();
}

/*
 * More connections than are let in, each of which says a byte now and then. None lasts, no more
 * descriptors are in use than there may be, and whoever waits behind them is answered.
 */
static void slow_requests(void **state)
{
	int fds[3 * METRICS_CONNECTIONS_MAX], count = sizeof(fds) / sizeof(*fds);
	int before = count_fds(), open_max = 0;
	__u64 end_ns;

	(void)state;
	for (int i = 0; i < count; i++) {
		fds[i] = dial();
		say(fds[i], "GET /metrics HTTP/1.1\r\n");
	}
	end_ns = clock_boot_ns() + 2 * SHORT_MS * 1000000ULL;
	while (clock_boot_ns() < end_ns) {
		int open = count_fds() - before - count;

		open_max = open > open_max ? open : open_max;
		for (int i = 0; i < count; i++)
			say(fds[i], "X");
		usleep(20000);
	}
	assert_in_range(open_max, 1, METRICS_CONNECTIONS_MAX);
	ask(GET);
	assert_answered();
	for (int i = 0; i < count; i++) {
		assert_true(listen_to(fds[i], ANSWER_MS));
		close(fds[i]);
	}
}

/* It asks, and does not take the answer. */
static void slow_readers(void **state)
{
	int fds[METRICS_CONNECTIONS_MAX], one = 1;

	(void)state;
	for (int i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
		fds[i] = dial();
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &one, sizeof(one));
		say(fds[i], GET GET GET);
	}
	ask(GET);
	assert_answered();
	for (int i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		close(fds[i]);
}

static __u64 cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ULL +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* No descriptor is left: it does not keep a CPU busy with asking for one, and goes on later. */
static void no_descriptor_left(void **state)
{
	struct rlimit limit, none;
	int fd = dial(), next, waiting;
	__u64 before_us;

	(void)state;
	close(fd);
	usleep(3 * 100 * 1000); /* the server has let go of it */
	waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	next = dup(waiting);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	{
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		assert_int_equal(connect(waiting, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	say(waiting, GET);
	before_us = cpu_us();
	assert_false(listen_to(waiting, 500));
	assert_in_range(cpu_us() - before_us, 0, 150000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(listen_to(waiting, ANSWER_MS));
	assert_answered();
	close(waiting);
}

/* Each one is let go of at the end, however it ends. */
static void many_requests(void **state)
{
	int before;

	(void)state;
	ask(GET);
	usleep(300000);
	before = count_fds();
	for (int i = 0; i < 5 * METRICS_CONNECTIONS_MAX; i++) {
		int fd = dial();

		say(fd, i % 3 ? GET : "GET /met");
		if (i % 3 == 1)
			assert_true(listen_to(fd, ANSWER_MS));
		close(fd);
	}
	for (int i = 0; count_fds() != before && i < 50; i++)
		usleep(100000);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test_setup_teardown(an_address_in_use, start, stop),
		cmocka_unit_test_setup_teardown(each_asker_gets_its_format, start, stop),
		cmocka_unit_test_setup_teardown(whatever_else_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(huge_requests, start, stop),
		cmocka_unit_test_setup_teardown(slow_requests, start_impatient, stop),
		cmocka_unit_test_setup_teardown(slow_readers, start, stop),
		cmocka_unit_test_setup_teardown(no_descriptor_left, start, stop),
		cmocka_unit_test_setup_teardown(many_requests, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
