// SPDX-License-Identifier: GPL-2.0-only
/* Whom the kernel could have chosen: its arithmetic, and who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "candidates.h"
#include "fixtures_make.h"

static struct candidates candidates;
static struct event ev, told;
static struct candidate list[CANDIDATES_MAX];
static __u64 count, omitted;

static int setup(void **state)
{
	(void)state;
	begin_kill(&ev, 10, "report", 77, 1);
	ev.incident.victim.oom_score_adj = 1000;
	ev.incident.victim.cgroup.id = 5;
	set_memory(&ev.incident.victim, MIB(100), 0, 0, KIB(400));
	ev.incident.total_pages_bytes = GIB(1);
	ev.incident.victim.points = 25600 + 100 + 1000 * 262; /* as the kernel told */
	ev.incident.limit_owner.cgroup.id = 9;
	ev.incident.limit_owner.limit_level = LIMIT_POD;
	ev.boot_time_ns = 1000;
	return 0;
}

static void begin(void)
{
	struct candidates_ask ask;

	assert_true(candidates_ask(&ev, 4096, &ask));
	candidates_begin(&candidates, &ask);
}

static void end(void)
{
	event_init(&told, EVENT_UPDATE);
	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		list[i] = told.update.candidates[i]; /* nothing is known */
	count = candidates_end(&candidates, &told, list, &omitted);
}

static struct oomwhy_candidate process(__u32 pid, __u64 mib, int adj)
{
	struct oomwhy_candidate record = { .memcg_id = 6 };

	record.task.tgid = pid;
	record.task.anon_pages = MIB(mib) / 4096;
	record.task.swap_pages = 10;
	record.task.pagetables_bytes = 8192;
	record.task.oom_score_adj = adj;
	snprintf(record.task.comm, sizeof(record.task.comm), "p%u", pid);
	return record;
}

static void add(__u32 pid, __u64 mib, int adj)
{
	struct oomwhy_candidate record = process(pid, mib, adj);

	candidates_add(&candidates, &record);
}

static const struct candidate *told_of(__u64 pid)
{
	for (__u64 i = 0; i < count; i++)
		if (list[i].pid == pid)
			return &list[i];
	fail_msg("process %llu is not told", (unsigned long long)pid);
	return NULL;
}

static void the_kernels_arithmetic(void **state)
{
	(void)state;
	begin();
	add(2, 400, 500);
	add(4, 300, 0);
	add(5, 50, -10);
	add(77, 1, 1000); /* the victim, which is dying */
	end();
	assert_int_equal(count, 4);
	assert_int_equal(omitted, 0);
	assert_int_equal(list[0].pid, 77);
	assert_int_equal(list[0].chosen, 1);
	assert_int_equal(list[0].fate, FATE_KILLED);
	assert_int_equal(list[0].points, 25600 + 100 + 1000 * 262);
	assert_int_equal(list[0].points_bytes, (25600 + 100 + 1000 * 262) * 4096LL);
	assert_int_equal(list[0].rss_bytes, MIB(100));
	/* 400 Mi, swap, page tables, and half of a GiB by the thousandth. */
	assert_int_equal(list[1].pid, 2);
	assert_int_equal(list[1].points, 102400 + 10 + 2 + 500 * 262);
	assert_int_equal(list[1].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[1].fate, FATE_NONE);
	assert_int_equal(list[2].pid, 4);
	assert_int_equal(list[2].points, 76800 + 12);
	assert_int_equal(list[2].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[3].pid, 5);
	assert_int_equal(list[3].points, 12800 + 12 - 10 * 262);
	assert_int_equal(list[3].spared, SPARED_NOT_SAID);
}

static void bigger_ones_are_told_however_few_their_points(void **state)
{
	struct oomwhy_candidate outside = process(30, 5000, 0), smaller = process(31, 99, 0);

	(void)state;
	begin();
	for (__u32 i = 0; i < 20; i++)
		add(100 + i, 60 + i, 1000);
	add(3, 900, -1000);
	add(1, 800, 0);
	outside.is_outside = smaller.is_outside = 1;
	candidates_add(&candidates, &outside);
	candidates_add(&candidates, &smaller);
	end();
	assert_int_equal(count, 1 + 3 + 2 + 1);
	assert_int_equal(list[1].pid, 119);
	assert_int_equal(told_of(3)->spared, SPARED_PROTECTED);
	assert_int_equal(told_of(3)->points, NOT_KNOWN_SIGNED);
	assert_int_equal(told_of(1)->spared, SPARED_INIT);
	assert_int_equal(told_of(30)->spared, SPARED_OTHER_MEMCG);
	assert_int_equal(list[count - 1].pid, 30);
	assert_int_equal(omitted, 22 - 5);
}

static void who_asked_dies_where_that_is_set(void **state)
{
	(void)state;
	ev.incident.victim.points = 0;
	ev.incident.trigger.pid = 77;
	begin();
	add(2, 400, 1000);
	end();
	assert_int_equal(told_of(2)->spared, SPARED_ASKER_DIES);
}

static void what_has_more_points_is_not_explained(void **state)
{
	(void)state;
	begin();
	add(2, 400, 1000);
	end();
	assert_int_equal(told_of(2)->spared, SPARED_UNKNOWN);
}

static void who_died_with_it_was_not_spared(void **state)
{
	(void)state;
	ev.incident.other_victims_count = 1;
	ev.incident.other_victims[0].pid = 2;
	ev.incident.other_victims[0].fate = FATE_GROUP;
	begin();
	add(2, 400, 0);
	end();
	assert_int_equal(told_of(2)->fate, FATE_GROUP);
	assert_int_equal(told_of(2)->spared, SPARED_NOT_SAID);
}

static void what_began_later_was_no_candidate(void **state)
{
	struct oomwhy_candidate young = process(2, 400, 1000);

	(void)state;
	begin();
	young.task.start_time_ns = 1001;
	candidates_add(&candidates, &young);
	end();
	assert_int_equal(count, 1);
}

static void where_the_whole_is_not_known_memory_ranks(void **state)
{
	(void)state;
	ev.incident.total_pages_bytes = NOT_KNOWN;
	ev.incident.victim.points = NOT_KNOWN_SIGNED;
	begin();
	add(9, 50, 1000);
	add(2, 400, 0);
	end();
	assert_int_equal(list[0].pid, 77);
	assert_int_equal(list[0].points, NOT_KNOWN_SIGNED);
	assert_int_equal(list[1].pid, 2);
	assert_int_equal(list[1].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[2].pid, 9);
}

static void nothing_is_asked_of_what_is_no_kill(void **state)
{
	struct candidates_ask ask;

	(void)state;
	ev.incident.victim.fate = FATE_ALREADY_EXITING;
	assert_false(candidates_ask(&ev, 4096, &ask));
	ev.incident.victim.fate = FATE_KILLED;
	ev.incident.limit_owner.limit_level = LIMIT_UNKNOWN;
	assert_false(candidates_ask(&ev, 4096, &ask));
	event_init(&ev, EVENT_STALL);
	assert_false(candidates_ask(&ev, 4096, &ask));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernels_arithmetic),
		TEST(where_the_whole_is_not_known_memory_ranks),
		TEST(bigger_ones_are_told_however_few_their_points),
		TEST(who_asked_dies_where_that_is_set),
		TEST(what_has_more_points_is_not_explained),
		TEST(who_died_with_it_was_not_spared),
		TEST(what_began_later_was_no_candidate),
		TEST(nothing_is_asked_of_what_is_no_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
