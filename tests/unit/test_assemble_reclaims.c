// SPDX-License-Identifier: GPL-2.0-only
/* What was reclaimed before a kill: sums of the kernel side, for the limit owner alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

#define VICTIM 700
#define OTHER 800 /* asks from another process */

static struct level_spec tree[STREAM_LEVELS];
static struct oomwhy_reclaims reclaims;

static int setup(void **state)
{
	stream_tree(tree);
	memset(&reclaims, 0, sizeof(reclaims));
	return stream_setup(state);
}

/* Up to now for two seconds, after other passes long ago. */
static void add(__u64 memcg_id, __u64 passes)
{
	struct oomwhy_reclaim_sum *sum = &reclaims.sum[reclaims.count++];

	sum->memcg_id = memcg_id;
	sum->passes = passes;
	sum->pages = 50;
	sum->stalled_ns = 900 * STREAM_MS;
	sum->last_ns = stream.now_ns;
	sum->series_ns = stream.now_ns - 2000 * STREAM_MS;
	sum->passes_before = 3;
	sum->pages_before = 20;
	sum->stalled_before_ns = 100 * STREAM_MS;
}

static void send_reclaims(__u64 asker)
{
	stream.sequence++;
	reclaims.header.kind = OOMWHY_RECLAIMS;
	reclaims.header.sequence = stream.sequence;
	reclaims.header.size =
		offsetof(struct oomwhy_reclaims, sum) + reclaims.count * sizeof(reclaims.sum[0]);
	reclaims.asker = asker;
	if (stream.sequence != stream.lose)
		stream_send(&reclaims, reclaims.header.size);
}

static const struct trend *only_history(void)
{
	assert_int_equal(stream.count, 1);
	return &stream.got[0].incident.history;
}

static void the_owners_sums(void **state)
{
	const struct trend *history;

	(void)state;
	stream_hit(&tree[POD]);
	stream_decision(&tree[POD], VICTIM, ASKER(OTHER));
	add(0, 88); /* none was for this level */
	add(tree[CONTAINER].id, 77);
	add(tree[POD].id, 10);
	stream_trigger(tree, OTHER, ASKER(OTHER));
	send_reclaims(ASKER(OTHER));
	stream_victim(tree, VICTIM, ASKER(OTHER));
	stream_end();
	history = only_history();
	assert_int_equal(history->reclaim_passes, 10);
	assert_int_equal(history->reclaim_bytes, 50 * 4096);
	assert_int_equal(history->reclaim_ns, 900 * STREAM_MS);
	assert_int_equal(history->at_limit_ns, 2000 * STREAM_MS);
	assert_int_equal(history->at_limit_passes, 7);
	assert_int_equal(history->at_limit_bytes, 30 * 4096);
	assert_int_equal(history->at_limit_reclaim_ns, 800 * STREAM_MS);
	assert_int_equal(history->reclaim_evidence, EVIDENCE_EXACT);
}

static void inferred_and_without_a_decision(void **state)
{
	const struct trend *history;

	(void)state;
	stream_hit(&tree[CONTAINER]);
	add(tree[CONTAINER].id, 10);
	reclaims.inferred = 1;
	send_reclaims(ASKER(OTHER));
	stream_trigger(tree, OTHER, ASKER(OTHER));
	stream_victim(tree, VICTIM, ASKER(OTHER));
	history = only_history();
	assert_int_equal(history->reclaim_passes, 10);
	assert_int_equal(history->reclaim_evidence, EVIDENCE_INFERRED);
	/* It has not come between the trigger and its victim. */
	assert_int_equal(stream.got[0].incident.trigger.pid, OTHER);
}

static void a_series_that_has_ended_is_not_the_kills(void **state)
{
	const struct trend *history;

	(void)state;
	stream_hit(&tree[CONTAINER]);
	add(tree[CONTAINER].id, 10);
	reclaims.sum[0].last_ns -= 1500 * STREAM_MS;
	send_reclaims(ASKER(VICTIM));
	stream_victim(tree, VICTIM, ASKER(VICTIM));
	history = only_history();
	assert_int_equal(history->reclaim_passes, 10);
	assert_int_equal(history->at_limit_ns, NOT_KNOWN);
	assert_int_equal(history->at_limit_passes, NOT_KNOWN);
}

static void another_askers_do_not_count(void **state)
{
	(void)state;
	stream_hit(&tree[CONTAINER]);
	add(tree[CONTAINER].id, 10);
	send_reclaims(ASKER(OTHER));
	stream_victim(tree, VICTIM, ASKER(VICTIM));
	assert_int_equal(only_history()->reclaim_passes, NOT_KNOWN);
	assert_int_equal(only_history()->reclaim_evidence, EVIDENCE_NONE);
}

static void nor_do_those_of_a_victim_that_is_missing(void **state)
{
	(void)state;
	stream_hit(&tree[CONTAINER]);
	add(tree[CONTAINER].id, 10);
	send_reclaims(ASKER(VICTIM));
	stream.lose = stream.sequence + 1;
	stream_victim(tree, VICTIM + 1, ASKER(VICTIM));
	stream_victim(tree, VICTIM, ASKER(VICTIM));
	assert_int_equal(only_history()->reclaim_passes, NOT_KNOWN);
}

static void a_record_that_is_none(void **state)
{
	(void)state;
	add(tree[CONTAINER].id, 10);
	reclaims.count = 1;
	send_reclaims(ASKER(VICTIM));
	assert_int_equal(stream.as.stats.malformed, 0);
	reclaims.count = OOMWHY_LEVELS_MAX + 1; /* more than there is room for */
	reclaims.header.size = sizeof(reclaims);
	stream_send(&reclaims, sizeof(reclaims));
	reclaims.count = 2; /* more than came */
	reclaims.header.size = offsetof(struct oomwhy_reclaims, sum) + sizeof(reclaims.sum[0]);
	stream_send(&reclaims, reclaims.header.size);
	reclaims.header.size = sizeof(struct oomwhy_header); /* not even the count */
	stream_send(&reclaims, reclaims.header.size);
	assert_int_equal(stream.as.stats.malformed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_owners_sums, setup),
		cmocka_unit_test_setup(inferred_and_without_a_decision, setup),
		cmocka_unit_test_setup(a_series_that_has_ended_is_not_the_kills, setup),
		cmocka_unit_test_setup(another_askers_do_not_count, setup),
		cmocka_unit_test_setup(nor_do_those_of_a_victim_that_is_missing, setup),
		cmocka_unit_test_setup(a_record_that_is_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
