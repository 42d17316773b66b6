// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "kills/line.h"
#include "storm.h"

#define CHUNK (1UL << 20)
#define SEEN_BUCKETS (1UL << 16) /* more than there are kills */

/* ---- the tracer's lines ---- */

static void mark(struct reader *reader)
{
	if (reader->marks_count == reader->marks_size) {
		reader->marks_size = 2 * reader->marks_size + 1024;
		reader->marks = realloc(reader->marks, reader->marks_size * sizeof(*reader->marks));
		if (!reader->marks)
			abort();
	}
	reader->marks[reader->marks_count++] = (struct reader_mark){ reader->len, storm_now_ns() };
}

/* @n bytes have come; the words may have begun before them. */
static void look_for_loss(struct reader *reader, size_t n)
{
	static const char words[] = "\"type\":\"loss\"";
	size_t back = reader->len < sizeof(words) ? reader->len : sizeof(words);

	if (memmem(reader->bytes + reader->len - back, n + back, words, sizeof(words) - 1))
		atomic_store(&reader->loss_is_told, true);
}

static void *read_all(void *context)
{
	struct reader *reader = context;
	ssize_t n;

	setpriority(PRIO_PROCESS, 0, -15); /* the delays are the tracer's */
	for (;;) {
		if (reader->size - reader->len < CHUNK) {
			reader->size = 2 * reader->size + CHUNK;
			reader->bytes = realloc(reader->bytes, reader->size);
			if (!reader->bytes)
				abort();
		}
		n = read(reader->fd, reader->bytes + reader->len, reader->size - reader->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		look_for_loss(reader, n);
		reader->len += n;
		mark(reader);
	}
}

void reader_start(struct reader *reader, int fd)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	assert_int_equal(pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

/* Ids that were told: an open table of strings that live as long as it. */
static bool seen_before(char **seen, const char *id)
{
	unsigned long at = 5381;

	for (const char *c = id; *c; c++)
		at = at * 33 + (unsigned char)*c;
	for (at %= SEEN_BUCKETS; seen[at]; at = (at + 1) % SEEN_BUCKETS)
		if (!strcmp(seen[at], id))
			return true;
	seen[at] = strdup(id);
	return false;
}

static long counted(json_t *line)
{
	long kills = (long)line_integer(line, "victim.counted");
	json_t *other;
	size_t i;

	json_array_foreach(line_get(line, "other_victims"), i, other)
		kills += (long)line_integer(other, "counted");
	return kills;
}

static void take_losses(json_t *line, struct told *told)
{
	told->lost = (long)line_integer(line, "losses.total");
	told->lost_ring = (long)line_integer(line, "losses.ring_kills");
	told->lost_queue = (long)line_integer(line, "losses.queue");
	told->lost_hooks = (long)line_integer(line, "losses.hook_misses");
	told->lost_records = (long)line_integer(line, "losses.ring_records");
	told->lost_lines = (long)line_integer(line, "losses.queue_others");
	told->lost_cgroups = (long)line_integer(line, "losses.ring_cgroups");
	told->incomplete = (long)line_integer(line, "losses.incomplete");
}

static void count_line(json_t *line, pid_t process, char **seen, struct told *told)
{
	const char *type = line_string(line, "type");

	if (!strcmp(type, "oom_kill")) {
		told->killed += counted(line);
		told->process_killed += line_integer(line, "victim.process.pid") == process;
		if (strncmp(line_string(line, "victim.cgroup.path"), STORM_CGROUP "/",
			    sizeof(STORM_CGROUP)))
			return;
		if (seen_before(seen, line_string(line, "id")))
			told->repeated++;
		else
			told->kills++;
		told->other_owners += strcmp(line_string(line, "victim.cgroup.path"),
					     line_string(line, "limit_owner.cgroup.path")) != 0;
	} else if (!strcmp(type, "loss") || !strcmp(type, "stop")) {
		take_losses(line, told);
		told->loss_lines += *type == 'l';
		if (!strcmp(type, "stop"))
			told->stop_incidents = (long)line_integer(line, "incidents");
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void put_delays(struct told *told, double *delays, size_t count)
{
	if (!count)
		return;
	qsort(delays, count, sizeof(*delays), compare);
	told->delay_ms = delays[count / 2];
	told->delay_max_ms = delays[count - 1];
}

void reader_finish(struct reader *reader, pid_t process, struct told *ret)
{
	char **seen = calloc(SEEN_BUCKETS, sizeof(*seen));
	double *delays = calloc(SEEN_BUCKETS, sizeof(*delays));
	size_t count = 0, next = 0;
	const char *at, *end;

	assert_true(seen && delays);
	pthread_join(reader->thread, NULL);
	*ret = (struct told){ .stop_incidents = -1 };
	for (at = reader->bytes; at < reader->bytes + reader->len; at = end + 1) {
		json_t *line;

		end = memchr(at, '\n', reader->bytes + reader->len - at);
		if (!end)
			fail_msg("the last line does not end");
		line = line_parse(at, end - at);
		count_line(line, process, seen, ret);
		while (reader->marks[next].len < (size_t)(end + 1 - reader->bytes))
			next++;
		if (!strcmp(line_string(line, "type"), "oom_kill") && count < SEEN_BUCKETS)
			delays[count++] =
				(reader->marks[next].ns - line_integer(line, "boot_time_ns")) / 1e6;
		json_decref(line);
	}
	put_delays(ret, delays, count);
	for (unsigned long i = 0; i < SEEN_BUCKETS; i++)
		free(seen[i]);
	free(seen);
	free(delays);
}

void reader_free(struct reader *reader)
{
	free(reader->bytes);
	free(reader->marks);
	memset(reader, 0, sizeof(*reader));
}

/* ---- the kernel's log ---- */

static void take_record(struct log_reader *reader, const char *record)
{
	if (strstr(record, ";oom-kill:") && strstr(record, STORM_CGROUP "/"))
		reader->reports++;
	else if (strstr(record, "Killed process ") && strstr(record, "(" STORM_COMM ")"))
		reader->killed++;
}

static void *read_log(void *context)
{
	struct log_reader *reader = context;
	char record[8192];

	for (;;) {
		struct pollfd ready = { .fd = reader->fd, .events = POLLIN };
		bool stop = atomic_load(&reader->stop);
		ssize_t n = read(reader->fd, record, sizeof(record) - 1);

		if (n > 0) {
			record[n] = '\0';
			take_record(reader, record);
		} else if (n < 0 && errno == EPIPE) {
			reader->overrun++;
		} else if (stop) {
			return NULL;
		} else {
			poll(&ready, 1, 50);
		}
	}
}

void log_reader_start(struct log_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader->fd < 0)
		return;
	lseek(reader->fd, 0, SEEK_END);
	assert_int_equal(pthread_create(&reader->thread, NULL, read_log, reader), 0);
}

void log_reader_finish(struct log_reader *reader)
{
	if (reader->fd < 0)
		return;
	atomic_store(&reader->stop, true);
	pthread_join(reader->thread, NULL);
	close(reader->fd);
}
