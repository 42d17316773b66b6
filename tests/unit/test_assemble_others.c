// SPDX-License-Identifier: GPL-2.0-only
/* Who else died, who was spared, and limits that somebody lowers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

#define VICTIM 700
#define SECOND 701
#define SHARER 702
#define SPARED 703
#define OTHER 800 /* asks from another process */

static struct level_spec tree[STREAM_LEVELS];

static int setup(void **state)
{
	stream_tree(tree);
	return stream_setup(state);
}

static const struct incident *only_incident(void)
{
	assert_int_equal(stream.count, 1);
	assert_int_equal(stream.got[0].type, EVENT_INCIDENT);
	return &stream.got[0].incident;
}

static void decide(__u32 tgid)
{
	stream_hit(&tree[CONTAINER]);
	stream_decision(&tree[CONTAINER], tgid, ASKER(OTHER));
	stream_trigger(tree, OTHER, ASKER(OTHER));
}

static void send_sharer(__u32 tgid)
{
	struct oomwhy_victim *record = stream_next_victim(tree, tgid, ASKER(OTHER));

	record->shares_memory = 1;
	stream_send_victim(record);
}

static void a_process_that_shares_the_memory(void **state)
{
	const struct incident *in;

	(void)state;
	decide(VICTIM);
	stream_victim(tree, VICTIM, ASKER(OTHER));
	send_sharer(SHARER);
	stream_end();
	in = only_incident();
	assert_int_equal(in->victim.pid, VICTIM);
	assert_int_equal(in->other_victims_count, 1);
	assert_int_equal(in->other_victims[0].pid, SHARER);
	assert_int_equal(in->other_victims[0].fate, FATE_SHARES_MEMORY);
	assert_int_equal(in->oom_group.id, NOT_KNOWN);
	assert_int_equal(stream.as.stats.victims, 1); /* the kernel does not count it */
	assert_int_equal(stream.as.stats.incomplete, 0);
}

/* Without a visible end: the incident waits where the victim's memory may have other users. */
static void sharers_are_waited_for(void **state)
{
	struct oomwhy_victim *record;

	(void)state;
	stream_hit(&tree[CONTAINER]);
	stream_trigger(tree, OTHER, ASKER(OTHER));
	record = stream_next_victim(tree, VICTIM, ASKER(OTHER));
	record->task.flags |= OOMWHY_TASK_MM_SHARED;
	stream_send_victim(record);
	assert_int_equal(stream.count, 0);
	send_sharer(SHARER);
	assemble_tick(&stream.as, stream.now_ns + RECORD_SECOND);
	assert_int_equal(only_incident()->other_victims_count, 1);
	assert_int_equal(only_incident()->other_victims[0].fate, FATE_SHARES_MEMORY);
}

static void a_sharer_without_its_victim_is_counted(void **state)
{
	(void)state;
	send_sharer(SHARER);
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 0);
	assert_int_equal(stream.as.stats.incomplete, 1);
}

static void a_group_and_whom_it_spares(void **state)
{
	const struct incident *in;

	(void)state;
	tree[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	decide(VICTIM);
	stream_victim(tree, VICTIM, ASKER(OTHER));
	send_sharer(SECOND); /* shares the first one's memory, and is a member itself */
	stream_victim(tree, SECOND, ASKER(OTHER));
	stream_survivor(SPARED);
	stream_end();
	in = only_incident();
	assert_int_equal(in->oom_group.id, tree[CONTAINER].id);
	assert_string_equal(stream_text(&stream.got[0], in->oom_group.path), STREAM_PATH);
	assert_int_equal(in->other_victims_count, 1);
	assert_int_equal(in->other_victims[0].pid, SECOND);
	assert_int_equal(in->other_victims[0].fate, FATE_GROUP);
	assert_int_equal(in->survivors_count, 1);
	assert_int_equal(in->survivors[0].pid, SPARED);
	assert_int_equal(in->survivors[0].oom_score_adj, -1000);
	assert_int_equal(in->survivors[0].rss_bytes, 100 * 4096);
	assert_string_equal(stream_text(&stream.got[0], in->survivors[0].comm), "task703");
}

/* Without a decision: other tasks run into the same limit meanwhile, and only wait for their turn.
 */
static void a_group_whose_limit_is_hit_again(void **state)
{
	struct oomwhy_victim *record;

	(void)state;
	tree[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	for (__u32 i = 0; i < 3; i++) {
		stream_hit(&tree[CONTAINER]);
		stream_trigger(tree, OTHER, ASKER(OTHER));
		record = stream_next_victim(tree, VICTIM + i, ASKER(OTHER));
		record->reclaim = OOMWHY_RECLAIM_MEMCG | (i ? OOMWHY_RECLAIM_KILLED_SINCE : 0);
		stream_send_victim(record);
	}
	assert_int_equal(stream.count, 0);
	/* It has reclaimed once more: its next decision. */
	stream_trigger(tree, OTHER, ASKER(OTHER));
	record = stream_next_victim(tree, VICTIM + 3, ASKER(OTHER));
	record->reclaim = OOMWHY_RECLAIM_MEMCG;
	stream_send_victim(record);
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[0].incident.other_victims_count, 2);
	assert_int_equal(stream.got[1].incident.victim.pid, VICTIM + 3);
}

/* The kernel kills, and counts, the first victim once more as a member of its group. */
static void counted_twice(void **state)
{
	struct oomwhy_again again = {
		{ OOMWHY_AGAIN, sizeof(again), 0, 0 }, ASKER(OTHER), 0, 0, 0
	};

	(void)state;
	tree[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	decide(VICTIM);
	stream_victim(tree, VICTIM, ASKER(OTHER));
	stream_victim(tree, SECOND, ASKER(OTHER));
	again.decision = stream.decision;
	again.tgid = VICTIM;
	stream_send(&again, sizeof(again));
	again.tgid = SPARED; /* none of ours */
	stream_send(&again, sizeof(again));
	send_sharer(SHARER);
	stream_end();
	assert_int_equal(only_incident()->victim.counted, 2);
	assert_int_equal(only_incident()->other_victims[0].counted, 1);
	assert_int_equal(only_incident()->other_victims[1].counted, 0);
}

/* vm.oom_kill_allocating_task chooses a thread; its process is marked by another one. */
static void a_chosen_thread(void **state)
{
	struct oomwhy_decision *record;

	(void)state;
	stream_hit(&tree[CONTAINER]);
	record = record_decision(&tree[CONTAINER], VICTIM, ASKER(OTHER), ++stream.sequence,
				 stream.now_ns);
	record->chosen_tid = VICTIM + 5;
	stream.decision = stream.sequence;
	stream_send(record, record->header.size);
	stream_victim(tree, VICTIM, ASKER(OTHER));
	stream_end();
	assert_int_equal(only_incident()->victim.pid, VICTIM);
	assert_int_equal(only_incident()->victim.tid, VICTIM + 5);
}

static void survivors_are_bounded(void **state)
{
	(void)state;
	tree[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	decide(VICTIM);
	stream_victim(tree, VICTIM, ASKER(OTHER));
	for (__u32 i = 0; i < INCIDENT_SURVIVORS_MAX + 3; i++)
		stream_survivor(SPARED + i);
	stream_end();
	assert_int_equal(only_incident()->survivors_count, INCIDENT_SURVIVORS_MAX);
	assert_int_equal(only_incident()->survivors_omitted, 3);
}

/* A victim that was dying already takes no group with it. */
static void no_group_of_an_exiting_victim(void **state)
{
	struct oomwhy_victim *record;

	(void)state;
	tree[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	decide(VICTIM);
	record = stream_next_victim(tree, VICTIM, ASKER(OTHER));
	record->signalled = 0;
	stream_send_victim(record);
	stream_end();
	assert_int_equal(only_incident()->victim.fate, FATE_ALREADY_EXITING);
	assert_int_equal(only_incident()->oom_group.id, NOT_KNOWN);
}

static const struct level_spec elsewhere[] = {
	{ "kubelet.service", 201, 5000, 0, 0, 0 },
	{ "", 1, 1100000, 0, 0, 0 },
};

static void kill_at(__u64 over_pages, const struct level_spec *asker)
{
	stream_hit(&tree[CONTAINER]);
	tree[CONTAINER].usage_pages += over_pages;
	stream_decision(&tree[CONTAINER], VICTIM, ASKER(OTHER));
	stream_trigger(asker, OTHER, ASKER(OTHER));
	stream_victim(tree, VICTIM, ASKER(OTHER));
	stream_end();
}

static void who_lowers_the_limit_is_outside(void **state)
{
	(void)state;
	kill_at(1, elsewhere);
	assert_int_equal(only_incident()->trigger_lowers_limit, 1);
	assert_int_equal(only_incident()->limit_owner.lowered, 1);
}

/* A charge for another's memcg (a watched file, a map) does not bring it above its limit. */
static void who_charges_from_outside_lowers_nothing(void **state)
{
	(void)state;
	kill_at(0, elsewhere);
	assert_int_equal(only_incident()->trigger_lowers_limit, NOT_KNOWN);
	assert_int_equal(only_incident()->limit_owner.lowered, NOT_KNOWN);
}

/* Somebody else has lowered it, and this one's charge came first. */
static void far_above_the_limit_it_was_lowered(void **state)
{
	(void)state;
	kill_at(10000, tree);
	assert_int_equal(only_incident()->trigger_lowers_limit, NOT_KNOWN);
	assert_int_equal(only_incident()->limit_owner.lowered, 1);
}

/* Each CPU may have charged a batch that it takes back. */
static void charges_in_flight_lower_nothing(void **state)
{
	(void)state;
	kill_at(2 * 64, tree);
	assert_int_equal(only_incident()->limit_owner.lowered, NOT_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_process_that_shares_the_memory, setup),
		cmocka_unit_test_setup(sharers_are_waited_for, setup),
		cmocka_unit_test_setup(a_sharer_without_its_victim_is_counted, setup),
		cmocka_unit_test_setup(a_group_and_whom_it_spares, setup),
		cmocka_unit_test_setup(a_group_whose_limit_is_hit_again, setup),
		cmocka_unit_test_setup(counted_twice, setup),
		cmocka_unit_test_setup(a_chosen_thread, setup),
		cmocka_unit_test_setup(survivors_are_bounded, setup),
		cmocka_unit_test_setup(no_group_of_an_exiting_victim, setup),
		cmocka_unit_test_setup(who_lowers_the_limit_is_outside, setup),
		cmocka_unit_test_setup(who_charges_from_outside_lowers_nothing, setup),
		cmocka_unit_test_setup(far_above_the_limit_it_was_lowered, setup),
		cmocka_unit_test_setup(charges_in_flight_lower_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
