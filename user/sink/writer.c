// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdint.h>
#include <unistd.h>

#include "base/thread.h"
#include "sink/json.h"
#include "sink/write_whole.h"
#include "sink/writer.h"

static size_t format_json(struct writer *writer)
{
	int len = json_write(&writer->ev, writer->buf, sizeof(writer->buf));

	return len > 0 ? len : 0; /* the buffer is larger than any line */
}

/* Recorded as JSON, whatever stdout gets. */
static size_t format(struct writer *writer)
{
	size_t len = 0;

	if (writer->json || writer->recorder.path)
		len = format_json(writer);
	recorder_put(&writer->recorder, writer->buf, len, writer->ev.type != EVENT_LOSS);
	if (writer->json)
		return len;
	return text_write(&writer->ev, &writer->style, writer->buf, sizeof(writer->buf));
}

static void write_event(struct writer *writer)
{
	size_t len = format(writer), written;

	if (writer->writing)
		__atomic_store_n(writer->writing, 1, __ATOMIC_RELEASE);
	writer->error = write_whole(writer->fd, writer->buf, len, &written);
	if (writer->error)
		return;
	if (writer->writing)
		__atomic_store_n(writer->writing, 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&writer->written, 1, __ATOMIC_RELEASE);
}

__u64 writer_written(const struct writer *writer)
{
	return __atomic_load_n(&writer->written, __ATOMIC_ACQUIRE);
}

static void *run(void *context)
{
	struct writer *writer = context;
	uint64_t one = 1;
	size_t written;

	if (writer->ends_line)
		writer->error = write_whole(writer->fd, "\n", 1, &written);
	while (!writer->error && queue_pop(writer->queue, &writer->ev))
		write_event(writer);
	if (write(writer->stopped_fd, &one, sizeof(one)) < 0) {
		/* The tracer has gone already: nobody waits. */
	}
	return NULL;
}

int writer_start(struct writer *writer)
{
	return thread_start(&writer->thread, "oomwhy-writer", PRIVILEGES_NONE, run, writer);
}

int writer_finish(struct writer *writer, int timeout_ms)
{
	int err = thread_join(writer->thread, timeout_ms);

	return err ? err : -writer->error;
}
