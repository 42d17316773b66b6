// SPDX-License-Identifier: GPL-2.0-only
/* Whom the kernel could have chosen: its arithmetic, and who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures_make.h"
#include "history/candidates.h"

static struct candidates candidates;
static struct index index_;
static struct event ev, update;

static int setup(void **state)
{
	(void)state;
	index_init(&index_);
	begin_kill(&ev, 10, "report", 77, 1);
	ev.incident.victim.oom_score_adj = 1000;
	ev.incident.victim.cgroup.id = 5;
	set_memory(&ev.incident.victim, MIB(100), 0, 0, KIB(400));
	ev.incident.total_pages_bytes = GIB(1);
	ev.incident.victim.points = 25600 + 100 + 1000 * 262; /* as the kernel told */
	ev.incident.limit_owner.cgroup.id = 9;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	index_free(&index_);
	return 0;
}

static void begin(void)
{
	struct candidates_ask ask;

	assert_true(candidates_ask(&ev, 4096, &ask));
	candidates_begin(&candidates, &ask);
}

static void add(__u32 pid, __u64 mib, int adj)
{
	struct oomwhy_candidate record = { .memcg_id = 6 };

	record.task.tgid = pid;
	record.task.anon_pages = MIB(mib) / 4096;
	record.task.swap_pages = 10;
	record.task.pagetables_bytes = 8192;
	record.task.oom_score_adj = adj;
	snprintf(record.task.comm, sizeof(record.task.comm), "p%u", pid);
	candidates_add(&candidates, &record);
}

static void the_kernels_arithmetic(void **state)
{
	const struct candidate *list = update.update.candidates;

	(void)state;
	begin();
	add(1, 50, 0);
	add(2, 400, 500);
	add(3, 900, -1000);
	add(4, 300, 0);
	add(77, 1, 1000); /* the victim, which is dying */
	candidates_end(&candidates, &index_, &update);
	assert_int_equal(update.update.candidates_count, 5);
	assert_int_equal(update.update.domain_bytes, GIB(1));
	assert_string_equal(update.id, ev.id);
	assert_int_equal(list[0].pid, 77);
	assert_int_equal(list[0].chosen, 1);
	assert_int_equal(list[0].points, 25600 + 100 + 1000 * 262);
	assert_int_equal(list[0].rss_bytes, MIB(100));
	/* 400 Mi, swap, page tables, and half of a GiB by the thousandth. */
	assert_int_equal(list[1].pid, 2);
	assert_int_equal(list[1].points, 102400 + 10 + 2 + 500 * 262);
	assert_int_equal(list[1].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[2].pid, 4);
	assert_int_equal(list[2].points, 76800 + 12);
	assert_int_equal(list[2].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[3].pid, 1);
	assert_int_equal(list[3].spared, SPARED_NOT_SAID);
	assert_int_equal(list[4].pid, 3);
	assert_int_equal(list[4].points, NOT_KNOWN_SIGNED);
	assert_int_equal(list[4].spared, SPARED_PROTECTED);
}

static void where_the_whole_is_not_known_memory_ranks(void **state)
{
	(void)state;
	ev.incident.total_pages_bytes = NOT_KNOWN;
	ev.incident.victim.points = NOT_KNOWN_SIGNED;
	begin();
	add(1, 50, 1000);
	add(2, 400, 0);
	candidates_end(&candidates, &index_, &update);
	assert_int_equal(update.update.candidates[0].pid, 77);
	assert_int_equal(update.update.candidates[0].points, NOT_KNOWN_SIGNED);
	assert_int_equal(update.update.candidates[1].pid, 2);
	assert_int_equal(update.update.candidates[2].pid, 1);
}

static void the_list_is_cut(void **state)
{
	(void)state;
	begin();
	for (__u32 i = 1; i <= 40; i++)
		add(100 + i, i, 0);
	candidates_end(&candidates, &index_, &update);
	assert_int_equal(update.update.candidates_count, CANDIDATES_MAX);
	assert_int_equal(update.update.candidates_omitted, 41 - CANDIDATES_MAX);
	assert_int_equal(update.update.candidates[0].pid, 77);
	assert_int_equal(update.update.candidates[1].pid, 140);
	assert_int_equal(update.update.candidates[CANDIDATES_MAX - 1].pid,
			 140 - (CANDIDATES_MAX - 2));
}

static void nothing_is_asked_of_what_is_no_kill(void **state)
{
	struct candidates_ask ask;

	(void)state;
	ev.incident.victim.fate = FATE_ALREADY_EXITING;
	assert_false(candidates_ask(&ev, 4096, &ask));
	ev.incident.victim.fate = FATE_KILLED;
	ev.incident.verdict.limit_level = LIMIT_UNKNOWN;
	assert_false(candidates_ask(&ev, 4096, &ask));
	event_init(&ev, EVENT_STALL);
	assert_false(candidates_ask(&ev, 4096, &ask));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernels_arithmetic),
		TEST(where_the_whole_is_not_known_memory_ranks),
		TEST(the_list_is_cut),
		TEST(nothing_is_asked_of_what_is_no_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
