// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "past.h"

#define SECOND 1000000000ULL
#define NOW (1700000000 * SECOND)

static struct past past;
static struct explain explain;
static struct explain_options options;
static struct filter filter;
static struct event ev;

static int setup(void **context)
{
	(void)context;
	memset(&past, 0, sizeof(past));
	memset(&explain, 0, sizeof(explain));
	memset(&filter, 0, sizeof(filter));
	options = (struct explain_options){ .filter = &filter };
	explain.options = &options;
	strcpy(explain.machine.boot_id, "17bde0e3-0000-0000-0000-000000000000");
	past.explain = &explain;
	past.slack_ns = 2 * SECOND;
	past.keys = calloc(PAST_KEYS, sizeof(*past.keys));
	return 0;
}

static int teardown(void **context)
{
	(void)context;
	past.explain = NULL;
	past_free(&past);
	return 0;
}

static struct event *kill_of(__u64 pid, __u64 time_ns, const char *path)
{
	event_init(&ev, EVENT_INCIDENT);
	ev.time_ns = time_ns;
	ev.incident.victim.pid = pid;
	ev.incident.victim.fate = FATE_KILLED;
	ev.incident.victim.counted = 1;
	ev.incident.victim.cgroup.path = event_text(&ev, path, strlen(path));
	snprintf(ev.id, sizeof(ev.id), "17bde0e3-%llu-%llu", time_ns / SECOND, pid);
	return &ev;
}

static void test_each_kill_once(void **context)
{
	(void)context;
	assert_true(past_take(&past, kill_of(7, NOW, "/a")));
	assert_false(past_take(&past, kill_of(7, NOW, "/a")));
	/* printk's stamp is a little off; a line of the log may lack the path */
	assert_false(past_take(&past, kill_of(7, NOW + SECOND, "/a")));
	assert_false(past_take(&past, kill_of(7, NOW - SECOND, "")));
	/* another process, another place, another time: the number was used again */
	assert_true(past_take(&past, kill_of(8, NOW, "/a")));
	assert_true(past_take(&past, kill_of(7, NOW, "/b")));
	assert_true(past_take(&past, kill_of(7, NOW + 60 * SECOND, "/a")));
	assert_true(past_take(&past, kill_of(7 + PAST_KEYS, NOW, "/a")));
	assert_int_equal(past.known_kills, 5);
	/* a clock that has drifted for months */
	past.slack_ns = 90 * SECOND;
	assert_false(past_take(&past, kill_of(8, NOW + 80 * SECOND, "/a")));
}

/* The wall clock was set between: what the log says of a kill is by the clock of now. */
static void test_clock_was_set(void **context)
{
	const __u64 hour = 3600 * SECOND, boot = 100 * SECOND;

	(void)context;
	past.boot_wall_ns = NOW;
	kill_of(7, NOW + boot + hour, "/a"); /* kept while the clock was ahead */
	ev.boot_time_ns = boot;
	assert_int_equal(past_when_ns(&past, &ev), NOW + boot);
	assert_true(past_take(&past, &ev));
	kill_of(7, NOW + boot + SECOND, "/a"); /* the same, by the log */
	ev.boot_time_ns = boot + SECOND;
	assert_false(past_take(&past, &ev));
	kill_of(7, NOW + boot + hour, "/a"); /* an hour later by both */
	ev.boot_time_ns = boot + hour;
	assert_true(past_take(&past, &ev));
	kill_of(7, NOW + boot + 2 * hour, "/a");
	ev.boot_time_ns = boot; /* of another boot's start nobody knows when that was */
	memcpy(ev.id, "00000000", 8);
	assert_int_equal(past_when_ns(&past, &ev), NOW + boot + 2 * hour);
}

static void test_what_counts(void **context)
{
	(void)context;
	past.kernel_kills = 10;
	kill_of(7, NOW, "/a");
	ev.incident.victim.counted = 2; /* the first of a group */
	ev.incident.other_victims_count = 3;
	for (int i = 0; i < 3; i++) {
		ev.incident.other_victims[i].counted = i < 2;
		ev.incident.other_victims[i].fate = i < 2 ? FATE_GROUP : FATE_SHARES_MEMORY;
	}
	assert_true(past_take(&past, &ev));
	assert_int_equal(past.known_kills, 4);
	kill_of(9, NOW, "/a");
	memcpy(ev.id, "00000000", 8); /* another boot's */
	assert_true(past_take(&past, &ev));
	assert_int_equal(past.known_kills, 4);
	past.this_boot = true;
	kill_of(10, NOW, "/a");
	memcpy(ev.id, "00000000", 8);
	assert_false(past_take(&past, &ev));
	event_init(&ev, EVENT_STALL);
	assert_int_equal(past.known_kills, 4);
	assert_int_equal(past_missing(&past), 6);
	past.known_kills = 11;
	assert_int_equal(past_missing(&past), 0);
	past.kernel_kills = NOT_KNOWN;
	assert_int_equal(past_missing(&past), NOT_KNOWN);
}

/* The newest are kept, in whatever order they come. */
static void test_newest_are_kept(void **context)
{
	(void)context;
	for (__u64 i = 0; i < PAST_MAX + 50; i++)
		past_keep(&past, kill_of(i + 1, NOW + (i * 7919 % (PAST_MAX + 50)) * SECOND, "/a"));
	assert_int_equal(past.count, PAST_MAX);
	assert_int_equal(past.older, 50);
	for (size_t i = 0; i < past.count; i++)
		assert_true(past.kept[i]->time_ns >= NOW + 50 * SECOND);
}

static void test_whose_nobody_knows(void **context)
{
	(void)context;
	past_keep(&past, kill_of(1, NOW, "/a"));
	assert_int_equal(past.unnamed, 0);
	filter_add(&filter.pods, "shop/cart");
	past_keep(&past, kill_of(2, NOW, "/a"));
	assert_int_equal(past.unnamed, 1);
	assert_int_equal(past.count, 1);
	kill_of(3, NOW, "/a");
	ev.incident.victim.who.pod_name = event_text(&ev, "cart", 4);
	past_keep(&past, &ev);
	assert_int_equal(past.count, 2);
}

/* How far back "none" can be said. */
static void test_reach(void **context)
{
	bool is_boot;

	(void)context;
	explain.reach = (struct klog_reach){ 5 * SECOND, 400 }; /* overwritten before */
	past.kernel_kills = 3;
	past.known_kills = 2;
	assert_true(past_from_ns(&past, &is_boot) > 0);
	assert_false(is_boot);
	past.known_kills = 3; /* the kernel counts no other */
	past_from_ns(&past, &is_boot);
	assert_true(is_boot);
	past.kernel_kills = NOT_KNOWN;
	past_from_ns(&past, &is_boot);
	assert_false(is_boot);
	explain.reach.first_sequence = 0;
	past_from_ns(&past, &is_boot);
	assert_true(is_boot);
	explain.reach = (struct klog_reach){ NOT_KNOWN, NOT_KNOWN };
	assert_int_equal(past_from_ns(&past, &is_boot), NOT_KNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_kill_once),  TEST(test_clock_was_set),	   TEST(test_what_counts),
		TEST(test_newest_are_kept), TEST(test_whose_nobody_knows), TEST(test_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
