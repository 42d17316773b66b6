// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

struct stream stream;

static __u64 wall_ns(__u64 boot_time_ns)
{
	return boot_time_ns + 1000000 * RECORD_SECOND;
}

static void take(void *context, struct event *ev)
{
	struct stream *s = context;

	if (s->count < STREAM_GOT_MAX)
		memcpy(&s->got[s->count], ev, event_size(ev));
	s->count++;
}

static struct oomwhy_attempts attempts(void *context, __u32 slot)
{
	struct stream *s = context;

	return s->attempts[slot];
}

int stream_setup(void **state)
{
	static const struct assemble_config config = {
		.page_bytes = 4096,
		.memory_total_bytes = 16ULL << 30,
		.cpus = 2,
		.boot_id = "1f0c9a6e-0000-0000-0000-000000000000",
		.wall_ns = wall_ns,
		.attempts = attempts,
		.emit = take,
		.context = &stream,
	};

	(void)state;
	memset(&stream, 0, sizeof(stream));
	stream.now_ns = 100 * RECORD_SECOND;
	assemble_init(&stream.as, &config);
	return 0;
}

void stream_tree(struct level_spec levels[STREAM_LEVELS])
{
	levels[CONTAINER] = (struct level_spec){ STREAM_CID, 104, 70000, STREAM_PAGES, 0, 0 };
	levels[POD] = (struct level_spec){ "pod" STREAM_UID, 103, 80000, STREAM_PAGES, 0, 0 };
	levels[QOS] = (struct level_spec){ "burstable", 102, 900000, 0, 0, 0 };
	levels[NODE] = (struct level_spec){ "kubepods", 101, 1000000, 3000000, 0, 0 };
	levels[ROOT] = (struct level_spec){ "", 1, 1100000, 0, 0, 0 };
}

void stream_hit(struct level_spec *level)
{
	level->usage_pages = level->limit_pages;
	level->oom_events++;
}

void stream_send(const void *record, size_t size)
{
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, record, size);
	assemble_record(&stream.as, copy, size);
	free(copy);
}

/* The next record's place in the ring. */
static void advance(void)
{
	stream.sequence++;
	stream.now_ns += STREAM_MS;
}

static void send_next(const void *record)
{
	const struct oomwhy_header *header = record;

	if (header->sequence != stream.lose)
		stream_send(record, header->size);
}

void stream_decision(const struct level_spec *owner, __u32 chosen, __u64 asker)
{
	struct oomwhy_decision *record;

	advance();
	stream.decision = stream.sequence;
	record = record_decision(owner, chosen, asker, stream.sequence, stream.now_ns);
	record->total_pages = owner ? owner->limit_pages : 4000000;
	record->gfp_mask = 0xcc0;
	send_next(record);
}

void stream_trigger(const struct level_spec *levels, __u32 tgid, __u64 asker)
{
	advance();
	send_next(record_trigger(levels, tgid, asker, stream.sequence, stream.now_ns));
}

void stream_children(const struct level_spec *children, __u64 parent_id, __u64 asker)
{
	advance();
	send_next(record_children(children, parent_id, asker, stream.sequence, stream.now_ns));
}

struct oomwhy_memory *stream_next_memory(__u64 memcg_id, __u64 asker)
{
	advance();
	return record_memory(memcg_id, asker, stream.sequence, stream.now_ns);
}

void stream_send_memory(const struct oomwhy_memory *memory)
{
	send_next(memory);
}

struct oomwhy_victim *stream_next_victim(const struct level_spec *levels, __u32 tgid, __u64 asker)
{
	struct oomwhy_victim *record;

	advance();
	record = record_victim(levels, tgid, asker, stream.sequence, stream.now_ns);
	record->decision = stream.decision;
	return record;
}

void stream_send_victim(const struct oomwhy_victim *victim)
{
	send_next(victim);
}

void stream_victim(const struct level_spec *levels, __u32 tgid, __u64 asker)
{
	stream_send_victim(stream_next_victim(levels, tgid, asker));
}

void stream_survivor(__u32 tgid)
{
	advance();
	send_next(record_survivor(tgid, stream.decision, stream.sequence, stream.now_ns));
}

void stream_end(void)
{
	advance();
	send_next(record_end(stream.decision, stream.sequence, stream.now_ns));
	stream.decision = 0;
}

const char *stream_text(const struct event *ev, struct text text)
{
	static char buf[EVENT_TEXT_MAX + 1];

	assert_true(text.off + text.len <= EVENT_TEXT_MAX);
	memcpy(buf, text_bytes(ev, text), text.len);
	buf[text.len] = 0;
	return buf;
}
