// SPDX-License-Identifier: GPL-2.0-only
/* What the assembler makes of records that are missing, late, damaged or none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

#define FIRST 700
#define SECOND 701
#define FIRST_ASKER 800
#define SECOND_ASKER 801
#define RECORDS 5 /* of one kill with a decision */

/* The figures of a kill tell whose they are: the limit owner's child holds as many pages as its
 * victim's pid. */
static void children_of(__u32 tgid, __u32 asker)
{
	struct level_spec children[] = {
		{ STREAM_CID, 104, tgid, STREAM_PAGES, 0, 0 },
		{ "", 0, 0, 0, 0, 0 },
	};

	stream_children(children, 103, ASKER(asker));
}

static void kill_at_pod(struct level_spec levels[STREAM_LEVELS], __u32 tgid, __u32 asker,
			bool decided)
{
	stream_hit(&levels[POD]);
	if (decided)
		stream_decision(&levels[POD], tgid, ASKER(asker));
	stream_trigger(levels, asker, ASKER(asker));
	children_of(tgid, asker);
	stream_victim(levels, tgid, ASKER(asker));
	if (decided)
		stream_end();
}

/* All that @n says is of one kill. */
static void assert_of_one_kill(size_t n, __u32 tgid, __u32 asker)
{
	const struct incident *in = &stream.got[n].incident;

	assert_int_equal(in->victim.pid, tgid);
	assert_true(in->trigger.pid == asker || in->trigger.pid == NOT_KNOWN);
	assert_int_equal(in->other_victims_count, 0);
	if (in->children_count)
		assert_int_equal(in->children[0].usage_bytes, tgid * 4096ULL);
	if (in->limit_owner.cgroup.id != NOT_KNOWN)
		assert_int_equal(in->limit_owner.cgroup.id, 103);
}

/* Two kills, the @lose-th record of both is not delivered. Both may be asked for by one task. */
static void two_kills(void **state, __u64 lose, bool decided, __u32 second_asker)
{
	struct level_spec levels[STREAM_LEVELS];

	stream_setup(state);
	stream_tree(levels);
	stream.lose = lose;
	kill_at_pod(levels, FIRST, FIRST_ASKER, decided);
	kill_at_pod(levels, SECOND, second_asker, decided);
	assemble_flush(&stream.as);
	assert_int_equal(stream.as.stats.incidents, stream.count);
}

static void one_record_lost_with_decisions(void **state)
{
	for (int i = 0; i < 2; i++) {
		__u32 second = i ? FIRST_ASKER : SECOND_ASKER;

		for (__u64 lose = 1; lose < 2 * RECORDS; lose++) {
			two_kills(state, lose, true, second);
			assert_int_equal(stream.count, 2);
			assert_of_one_kill(0, FIRST, FIRST_ASKER);
			assert_of_one_kill(1, SECOND, second);
			/* Before the first record there is nothing that tells of a gap, but the
			 * victim names its decision. */
			assert_int_equal(stream.as.stats.lost_records, lose > 1);
			assert_int_equal(stream.as.stats.incomplete, 1);
		}
	}
}

static void one_record_lost_without_decisions(void **state)
{
	for (int i = 0; i < 2; i++) {
		__u32 second = i ? FIRST_ASKER : SECOND_ASKER;

		for (__u64 lose = 2; lose <= 6; lose++) {
			bool no_first = lose == 3, no_second = lose == 6;

			two_kills(state, lose, false, second);
			assert_int_equal(stream.count, 2 - no_first - no_second);
			if (!no_first)
				assert_of_one_kill(0, FIRST, FIRST_ASKER);
			if (!no_second)
				assert_of_one_kill(!no_first, SECOND, second);
			assert_int_equal(stream.as.stats.lost_records, lose < 6);
			/* A missing victim takes its kill along, and what follows is whole. */
			assert_int_equal(stream.as.stats.incomplete, !no_first && !no_second);
		}
	}
}

static void send_one(int record, const struct level_spec *levels, __u32 tgid)
{
	if (record == 0)
		stream_decision(&levels[POD], tgid, ASKER(FIRST_ASKER));
	else if (record == 1)
		stream_trigger(levels, FIRST_ASKER, ASKER(FIRST_ASKER));
	else if (record == 2)
		children_of(tgid, FIRST_ASKER);
	else if (record == 3)
		stream_victim(levels, tgid, ASKER(FIRST_ASKER));
	else
		stream_end();
}

/* Any run of records lost, of three kills: never one made of two, each at most once. */
static void runs_of_records_lost(void **state)
{
	for (__u64 from = 1; from <= 3 * RECORDS; from++) {
		for (__u64 to = from; to <= 3 * RECORDS; to++) {
			struct level_spec levels[STREAM_LEVELS];

			stream_setup(state);
			stream_tree(levels);
			for (__u64 next = 1; next <= 3 * RECORDS; next++) {
				if (next % RECORDS == 1)
					stream_hit(&levels[POD]);
				stream.lose = next >= from && next <= to ? next : 0;
				send_one((int)((next - 1) % RECORDS), levels,
					 FIRST + (__u32)((next - 1) / RECORDS));
			}
			assemble_flush(&stream.as);
			for (size_t i = 0; i < stream.count; i++) {
				__u32 tgid = (__u32)stream.got[i].incident.victim.pid;

				assert_in_range(tgid, FIRST, FIRST + 2);
				assert_of_one_kill(i, tgid, FIRST_ASKER);
				if (i)
					assert_true(tgid > stream.got[i - 1].incident.victim.pid);
			}
		}
	}
}

/* The decision's own word for who was chosen, and whose limit, where the victim's record is
 * missing. */
static void victim_missing(void **state)
{
	two_kills(state, 4, true, SECOND_ASKER);
	assert_int_equal(stream.got[0].incident.verdict.evidence, EVIDENCE_EXACT);
	assert_string_equal(stream.got[0].id, "1f0c9a6e-100-700");
	assert_int_equal(stream.got[0].incident.victim.points, 1234);
	assert_string_equal(stream_text(&stream.got[0],
					stream.got[0].incident.limit_owner.cgroup.path),
			    STREAM_POD_PATH);
}

static void decision_missing(void **state)
{
	two_kills(state, 6, true, SECOND_ASKER);
	assert_int_equal(stream.got[1].incident.verdict.evidence, EVIDENCE_INFERRED);
	assert_int_equal(stream.got[1].incident.limit_owner.cgroup.id, 103);
	assert_int_equal(stream.got[1].incident.trigger.pid, SECOND_ASKER);
	assert_int_equal(stream.got[1].incident.children_count, 1);
	assert_int_equal(stream.got[1].incident.victim.points, NOT_KNOWN_SIGNED);
}

/* Four die together; their decision is missing, or the first of them, or another. */
static void group_with_a_record_missing(void **state)
{
	for (__u64 lose = 2; lose <= 6; lose++) {
		struct level_spec levels[STREAM_LEVELS];
		const struct incident *in = &stream.got[1].incident;

		stream_setup(state);
		stream_tree(levels);
		kill_at_pod(levels, 1, 1, false);
		levels[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
		stream_hit(&levels[CONTAINER]);
		stream.lose = stream.sequence + lose - 1;
		stream_decision(&levels[CONTAINER], FIRST, ASKER(FIRST));
		for (__u32 i = 0; i < 4; i++)
			stream_victim(levels, FIRST + i, ASKER(FIRST));
		stream_end();
		assert_int_equal(stream.count, 2);
		assert_int_equal(stream.as.stats.incomplete, 1);
		assert_int_equal(stream.as.stats.lost_records, 1);
		assert_int_equal(in->other_victims_count, lose == 2 ? 3 : 2);
		assert_int_equal(in->victim.pid, lose == 3 ? FIRST + 1 : FIRST);
		/* The points are those of the one that was chosen. */
		assert_int_equal(in->victim.points, lose <= 3 ? NOT_KNOWN_SIGNED : 1234);
	}
}

static void losses_are_counted_to_the_unit(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_at_pod(levels, FIRST, FIRST_ASKER, true);
	stream.sequence += 17;
	kill_at_pod(levels, SECOND, FIRST_ASKER, true);
	stream.sequence += 1;
	kill_at_pod(levels, SECOND + 1, FIRST_ASKER, false);
	assert_int_equal(stream.as.stats.lost_records, 18);
	assert_int_equal(stream.count, 3);
	assert_int_equal(stream.as.stats.incomplete, 0);
}

/* A ring delivers a record again that was read before a crash. */
static void delivered_again(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_at_pod(levels, FIRST, FIRST_ASKER, true);
	stream.sequence = 0;
	kill_at_pod(levels, FIRST, FIRST_ASKER, true);
	assert_int_equal(stream.count, 1);
	assert_int_equal(stream.as.stats.lost_records, 0);
}

static void time_outs(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	__u64 decided_ns;

	(void)state;
	stream_tree(levels);
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns), 0);
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], FIRST, ASKER(FIRST));
	decided_ns = stream.now_ns;
	/* A slow console: seconds pass before the victim is marked. */
	assert_int_equal(assemble_tick(&stream.as, decided_ns + 9 * RECORD_SECOND),
			 decided_ns + 10 * RECORD_SECOND);
	stream.now_ns += 9 * RECORD_SECOND;
	stream_victim(levels, FIRST, ASKER(FIRST));
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns), stream.now_ns + RECORD_SECOND);
	assert_int_equal(stream.count, 0);
	/* Its end is missing; and nobody has told yet that the process has ended. */
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns + RECORD_SECOND),
			 stream.now_ns + DEATHS_PATIENCE_NS);
	assert_int_equal(stream.count, 1);
	memset(stream.as.deaths.dying, 0, sizeof(stream.as.deaths.dying));
	stream_end();
	assert_int_equal(stream.count, 1);
	/* Given up, and then it comes all the same: told once, as incomplete. */
	stream_decision(&levels[POD], SECOND, ASKER(SECOND));
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns + 10 * RECORD_SECOND), 0);
	assert_int_equal(stream.count, 1);
	stream_victim(levels, SECOND, ASKER(SECOND));
	stream_end();
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.as.stats.incomplete, 1);
}

/* One of each kind, in a buffer of its own; returns its size. */
static size_t sample(int kind, __u64 *buf)
{
	struct level_spec levels[STREAM_LEVELS];
	const struct oomwhy_header *header;

	stream_tree(levels);
	if (kind == 0)
		header = &record_decision(levels, FIRST, ASKER(FIRST), 1, 1)->header;
	else if (kind == 1)
		header = &record_trigger(levels, FIRST, ASKER(FIRST), 1, 1)->header;
	else if (kind == 2)
		header = &record_victim(levels, FIRST, ASKER(FIRST), 1, 1)->header;
	else if (kind == 3)
		header = &record_children(levels, 103, ASKER(FIRST), 1, 1)->header;
	else
		header = &record_end(1, 1, 1)->header;
	memcpy(buf, header, header->size);
	return header->size;
}

static __u64 buffer[2048];

static void truncated_records(void **state)
{
	for (int kind = 0; kind < RECORDS; kind++) {
		size_t size = sample(kind, buffer);
		struct oomwhy_header *header = (void *)buffer;

		for (size_t cut = 0; cut < size; cut++) {
			stream_setup(state);
			stream_send(buffer, cut);
			assert_int_equal(stream.as.stats.malformed, 1);
			/* It says that it is that short itself. */
			header->size = (__u32)cut;
			stream_send(buffer, cut);
			assert_int_equal(stream.as.stats.malformed, 2);
			header->size = (__u32)size;
		}
		stream_setup(state);
		stream_send(buffer, size);
		assert_int_equal(stream.as.stats.malformed, 0);
		/* Longer than its kind can be: it would not fit where it is copied to. */
		header->size = sizeof(buffer);
		stream_send(buffer, sizeof(buffer));
		assert_int_equal(stream.as.stats.malformed, 1);
	}
}

static void damaged_counts_and_kinds(void **state)
{
	static const __u32 counts[] = { 17, 18, 4096, 0x80000000u, 0xffffffffu };
	static const size_t at[] = {
		offsetof(struct oomwhy_decision, owner.count),
		offsetof(struct oomwhy_trigger, chain.count),
		offsetof(struct oomwhy_victim, chain.count),
		offsetof(struct oomwhy_children, count),
	};
	struct oomwhy_header *header = (void *)buffer;

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		size_t size = sample(kind, buffer);

		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			memcpy((char *)buffer + at[kind], &counts[i], sizeof(counts[i]));
			stream_send(buffer, size);
		}
	}
	assert_int_equal(stream.as.stats.malformed, 20);
	for (__u32 kind = 0; kind < 256; kind++) {
		size_t size = sample(2, buffer);

		header->kind = kind;
		if (kind != OOMWHY_VICTIM)
			stream_send(buffer, size);
	}
	assert_int_equal(stream.as.stats.malformed, 20 + 255);
	assert_int_equal(stream.count, 0);
}

static __u64 seed;

static __u64 random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Nothing but noise, and good records with some bytes of noise. */
static void random_bytes(void **state)
{
	(void)state;
	seed = 20260821;
	for (int i = 0; i < 100000; i++) {
		struct oomwhy_header *header = (void *)buffer;
		size_t size = sample((int)(random_bits() % RECORDS), buffer);

		if (i % 4 == 0) {
			size = random_bits() % 512;
			for (size_t b = 0; b < size / 8 + 1; b++)
				buffer[b] = random_bits();
			header->kind = random_bits() % 8;
			header->size = (__u32)(random_bits() % 2 ? size : random_bits());
		}
		for (__u64 n = random_bits() % 8; n; n--)
			((unsigned char *)buffer)[random_bits() % (size + 1)] =
				(unsigned char)random_bits();
		stream_send(buffer, size);
		if (i % 1000 == 0)
			assemble_tick(&stream.as, random_bits());
	}
	assemble_flush(&stream.as);
	assert_true(stream.as.stats.malformed > 10000);
	assert_true(stream.as.stats.incidents > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_record_lost_with_decisions, stream_setup),
		cmocka_unit_test_setup(one_record_lost_without_decisions, stream_setup),
		cmocka_unit_test_setup(runs_of_records_lost, stream_setup),
		cmocka_unit_test_setup(victim_missing, stream_setup),
		cmocka_unit_test_setup(decision_missing, stream_setup),
		cmocka_unit_test_setup(group_with_a_record_missing, stream_setup),
		cmocka_unit_test_setup(losses_are_counted_to_the_unit, stream_setup),
		cmocka_unit_test_setup(delivered_again, stream_setup),
		cmocka_unit_test_setup(time_outs, stream_setup),
		cmocka_unit_test_setup(truncated_records, stream_setup),
		cmocka_unit_test_setup(damaged_counts_and_kinds, stream_setup),
		cmocka_unit_test_setup(random_bytes, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
