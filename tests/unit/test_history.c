// SPDX-License-Identifier: GPL-2.0-only
/* What is sampled of each cgroup, how long it is kept, and what it says of a kill. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "history/store.h"
#include "history/trend.h"

#define SECOND 1000000000ULL
#define MIB (1024 * 1024ULL)

static struct store store;

static int setup(void **state)
{
	(void)state;
	store_init(&store);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_free(&store);
	return 0;
}

static void numbers_of_files(void **state)
{
	(void)state;
	assert_int_equal(sample_number("12345\n", ""), 12345);
	assert_int_equal(sample_number("12345", ""), 12345);
	assert_int_equal(sample_number("max\n", ""), NO_LIMIT);
	assert_int_equal(sample_number("anon 1\ninactive_file 77\n", "inactive_file"), 77);
	assert_int_equal(sample_number("oom 3\noom_kill 4\n", "oom"), 3);
	assert_int_equal(sample_number("oom 3\noom_kill 4\n", "oom_kill"), 4);
	assert_int_equal(sample_number("low 0\nhigh 5\nmax 12\n", "max"), 12);
}

static void numbers_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",	     "\n",     "-1\n",	     "99999999999999999999999\n", "12x\n", " 12\n",
		"maximum\n", "0x10\n", "\xff\xfe\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sample_number(bad[i], ""), NOT_KNOWN);
	assert_int_equal(sample_number("inactive_filexx 7\n", "inactive_file"), NOT_KNOWN);
	assert_int_equal(sample_number("xinactive_file 7\n", "inactive_file"), NOT_KNOWN);
	assert_int_equal(sample_number("inactive_file", "inactive_file"), NOT_KNOWN);
	assert_int_equal(sample_number("inactive_file \n7\n", "inactive_file"), NOT_KNOWN);
}

static void pressure(void **state)
{
	static const char text[] = "some avg10=0.00 avg60=1.22 avg300=0.05 total=84000\n"
				   "full avg10=0.00 avg60=0.00 avg300=0.00 total=512\n";

	(void)state;
	assert_int_equal(sample_pressure_ns(text, "some"), 84000000);
	assert_int_equal(sample_pressure_ns(text, "full"), 512000);
	assert_int_equal(sample_pressure_ns("some avg10=0.00\nfull total=5\n", "some"), NOT_KNOWN);
	assert_int_equal(sample_pressure_ns("some total=18446744073709551615\n", "some"),
			 NOT_KNOWN);
}

static int claim(__u64 id, __u64 pod_key)
{
	struct slot slot = { .id = id, .level = LIMIT_CONTAINER, .pod_key = pod_key };

	return store_claim(&store, &slot);
}

static void put(int index, __u64 boot_time_ns, __u64 usage_bytes)
{
	struct sample sample;

	memset(&sample, 0xff, sizeof(sample));
	sample.boot_time_ns = boot_time_ns;
	sample.usage_bytes = usage_bytes;
	sample.limit_hits = boot_time_ns / SECOND;
	store_put(&store, index, &sample, true);
}

/* Ninety minutes of one sample a second. */
static struct slot *fill_long(struct slot *ret)
{
	int index = claim(7, 0);

	for (__u64 second = 1; second <= 5400; second++)
		put(index, second * SECOND, second * MIB);
	assert_true(store_get(&store, 7, ret));
	return ret;
}

static void the_older_the_coarser(void **state)
{
	struct slot slot;
	struct point points[STORE_POINTS_MAX];
	int count = store_points(fill_long(&slot), points);

	(void)state;
	assert_int_equal(points[count - 1].time_ds, 54000);
	assert_in_range(5400 - points[0].time_ds / 10, 3600, 4000);
	for (int i = 1; i < count; i++) {
		__u32 age = 5400 - points[i].time_ds / 10;
		__u32 gap = (points[i].time_ds - points[i - 1].time_ds) / 10;

		assert_in_range(gap, 1, 120);
		if (age < 30)
			assert_int_equal(gap, 1);
		if (age < 280)
			assert_in_range(gap, 1, 10);
	}
	/* All that it holds, whatever the time. */
	assert_in_range(count, STORE_POINTS_MAX - 10, STORE_POINTS_MAX);
}

static void places_of_the_gone_are_used_again(void **state)
{
	struct slot slot;

	(void)state;
	for (__u64 id = 1; id <= STORE_SLOTS; id++)
		assert_true(claim(id, 0) >= 0);
	assert_int_equal(claim(9999999, 0), -1);
	assert_true(store_is_full(&store));
	store_removed(&store, store_index(&store, 40), 200);
	store_removed(&store, store_index(&store, 30), 100);
	/* Gone, and still known. */
	assert_true(store_get(&store, 40, &slot));
	assert_true(claim(9999999, 0) >= 0);
	assert_false(store_get(&store, 30, &slot));
	assert_true(store_get(&store, 40, &slot));
	assert_true(store_get(&store, 9999999, &slot));
	/* Back, with the place that it had: nobody takes it. */
	assert_true(claim(40, 0) >= 0);
	assert_int_equal(claim(8888888, 0), -1);
}

static void age_of_a_cgroup(void **state)
{
	struct slot made = { .id = 5, .made_ns = 90 * SECOND }, slot;
	struct trend trend = { 0 };

	(void)state;
	store_born(&store, 5, 60 * SECOND);
	store_claim(&store, &made);
	made.id = 6;
	store_claim(&store, &made);
	assert_true(store_get(&store, 5, &slot));
	trend_from_slot(&slot, 100 * SECOND, NOT_KNOWN, &trend);
	assert_int_equal(trend.cgroup_age_ns, 40 * SECOND);
	assert_int_equal(trend.cgroup_age_is_minimum, 0);
	assert_true(store_get(&store, 6, &slot));
	trend_from_slot(&slot, 100 * SECOND, NOT_KNOWN, &trend);
	assert_int_equal(trend.cgroup_age_ns, 10 * SECOND);
	assert_int_equal(trend.cgroup_age_is_minimum, 1);
	assert_int_equal(store_made_ns(&store, 5), 60 * SECOND);
	assert_int_equal(store_made_ns(&store, 6), NOT_KNOWN);
}

static struct trend trend_of(__u64 id, __u64 kill_ns, __u64 usage_bytes)
{
	struct event ev;
	struct slot slot;

	event_init(&ev, EVENT_INCIDENT);
	assert_true(store_get(&store, id, &slot));
	trend_from_slot(&slot, kill_ns, usage_bytes, &ev.incident.history);
	return ev.incident.history;
}

static void growth_begins_at_the_last_low(void **state)
{
	int index = claim(7, 0);
	struct trend trend;

	(void)state;
	/* Up, down to 100 Mi at 300 s, and up from there by 1 Mi a second. */
	for (__u64 s = 10; s < 300; s += 10)
		put(index, s * SECOND, (200 + s % 100) * MIB);
	for (__u64 s = 300; s <= 600; s += 10)
		put(index, s * SECOND, (s - 200) * MIB);
	trend = trend_of(7, 605 * SECOND, 410 * MIB);
	assert_in_range(trend.from_bytes, 100 * MIB, 120 * MIB);
	assert_int_equal(trend.growth_bytes, 410 * MIB - trend.from_bytes);
	assert_int_equal(trend.growth_ns / SECOND, 405 - (trend.from_bytes / MIB - 100) - 100);
	assert_int_equal(trend.sample_age_ns, 5 * SECOND);
	assert_int_equal(trend.points_count, TREND_POINTS_MAX);
	assert_int_equal(trend.points[0].usage_bytes, trend.from_bytes);
	assert_int_equal(trend.points[TREND_POINTS_MAX - 1].age_ns, 0);
	assert_int_equal(trend.points[TREND_POINTS_MAX - 1].usage_bytes, 410 * MIB);
	for (int i = 1; i < TREND_POINTS_MAX; i++) {
		assert_true(trend.points[i].age_ns < trend.points[i - 1].age_ns);
		assert_in_range((trend.points[i - 1].age_ns - trend.points[i].age_ns) / SECOND, 5,
				40);
	}
}

static void what_comes_after_the_kill_does_not_count(void **state)
{
	int index = claim(7, 0);
	struct trend trend;

	(void)state;
	put(index, 10 * SECOND, 50 * MIB);
	put(index, 20 * SECOND, 60 * MIB);
	put(index, 30 * SECOND, 1 * MIB); /* everything is free again */
	trend = trend_of(7, 25 * SECOND, 64 * MIB);
	assert_int_equal(trend.points_count, 3);
	assert_int_equal(trend.points_omitted, 0);
	assert_int_equal(trend.from_bytes, 50 * MIB);
	assert_int_equal(trend.growth_bytes, 14 * MIB);
	assert_int_equal(trend.growth_ns, 15 * SECOND);
	assert_int_equal(trend.sample_age_ns, 5 * SECOND);
}

static void nothing_sampled_is_no_history(void **state)
{
	struct trend trend;

	(void)state;
	claim(7, 0);
	trend = trend_of(7, 25 * SECOND, 64 * MIB);
	assert_int_equal(trend.points_count, 0);
	assert_int_equal(trend.growth_ns, NOT_KNOWN);
	assert_int_equal(trend.sample_age_ns, NOT_KNOWN);
}

static void no_growth(void **state)
{
	int index = claim(7, 0);
	struct trend trend;

	(void)state;
	for (__u64 s = 10; s <= 100; s += 10)
		put(index, s * SECOND, (200 - s) * MIB);
	trend = trend_of(7, 105 * SECOND, 90 * MIB);
	assert_int_equal(trend.growth_bytes, 0);
	assert_int_equal(trend.growth_ns, 0);
	assert_int_equal(trend.points_count, 11);
	assert_int_equal(trend.points[0].usage_bytes, 190 * MIB);
}

static void counters_over_a_window(void **state)
{
	int index = claim(7, 0);
	struct trend trend;

	(void)state;
	for (__u64 s = 10; s <= 2000; s += 10)
		put(index, s * SECOND, MIB);
	trend = trend_of(7, 2005 * SECOND, MIB);
	assert_in_range(trend.window_ns / SECOND, 150, 310);
	assert_int_equal(trend.limit_hits, trend.window_ns / SECOND);
	assert_int_equal(trend.oom_kills, NOT_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_files),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(pressure),
		cmocka_unit_test_setup_teardown(the_older_the_coarser, setup, teardown),
		cmocka_unit_test_setup_teardown(places_of_the_gone_are_used_again, setup, teardown),
		cmocka_unit_test_setup_teardown(age_of_a_cgroup, setup, teardown),
		cmocka_unit_test_setup_teardown(growth_begins_at_the_last_low, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_after_the_kill_does_not_count, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nothing_sampled_is_no_history, setup, teardown),
		cmocka_unit_test_setup_teardown(no_growth, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_over_a_window, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
