// SPDX-License-Identifier: GPL-2.0-only
/* How often before, storms, and how a victim went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures_make.h"
#include "history/repeat.h"
#include "stream.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)
#define START (10000 * SECOND)

static struct repeats repeats;
static struct event ev;

static int setup(void **state)
{
	memset(&repeats, 0, sizeof(repeats));
	return stream_setup(state);
}

/* In container @container of one pod, at its own limit; its ID is new at each start. */
static const struct repeat *kill_at(__u64 boot_time_ns, const char *container)
{
	static unsigned int starts;
	char id[65];

	begin_kill(&ev, 10, "java", 77, 1);
	ev.boot_time_ns = boot_time_ns;
	snprintf(ev.id, sizeof(ev.id), "id-%llu", boot_time_ns / SECOND);
	snprintf(id, sizeof(id), "%064u", ++starts);
	set_who(&ev, &ev.incident.victim.who, "shop", "cart", "7c1d0e2a", container);
	ev.incident.victim.who.container_id = make_text(&ev, id);
	ev.incident.limit_owner.limit_level = LIMIT_CONTAINER;
	ev.incident.limit_owner.cgroup.path = ev.incident.victim.who.container_id;
	repeat_take(&repeats, &ev);
	return &ev.incident.repeat;
}

static void kills_of_one_container(void **state)
{
	(void)state;
	assert_int_equal(kill_at(START, "cart")->container_kills_1h, 1);
	assert_int_equal(kill_at(START, "other")->container_kills_1h, 1);
	assert_int_equal(kill_at(START + 10 * MINUTE, "cart")->container_kills_1h, 2);
	assert_int_equal(ev.incident.repeat.container_since_ns, 10 * MINUTE);
	assert_int_equal(ev.incident.repeat.limit_owner_kills_1h, 2);
	assert_int_equal(kill_at(START + 40 * MINUTE, "cart")->container_kills_1h, 3);
	assert_int_equal(ev.incident.repeat.container_since_ns, 40 * MINUTE);
}

static void only_the_last_hour_counts(void **state)
{
	(void)state;
	kill_at(START, "cart");
	kill_at(START + 30 * MINUTE, "cart");
	assert_int_equal(kill_at(START + 70 * MINUTE, "cart")->container_kills_1h, 2);
	/* The first one's minute is forgotten, the second's begins what counts. */
	assert_in_range(ev.incident.repeat.container_since_ns, 40 * MINUTE, 41 * MINUTE);
	assert_int_equal(kill_at(START + 500 * MINUTE, "cart")->container_kills_1h, 1);
	assert_int_equal(ev.incident.repeat.container_since_ns, 0);
}

static void each_kill_of_an_hour(void **state)
{
	(void)state;
	for (__u64 i = 1; i <= 300; i++)
		assert_int_equal(kill_at(START + i * 11 * SECOND, "cart")->container_kills_1h, i);
	/* 327 kills an hour: what counts stays within one. */
	for (__u64 i = 301; i <= 1000; i++)
		assert_in_range(kill_at(START + i * 11 * SECOND, "cart")->container_kills_1h, 300,
				328);
	assert_in_range(ev.incident.repeat.container_since_ns, 58 * MINUTE, 60 * MINUTE);
}

static void a_kill_that_was_none_does_not_count(void **state)
{
	(void)state;
	begin_kill(&ev, 10, "java", 77, 1);
	ev.incident.victim.fate = FATE_ALREADY_EXITING;
	repeat_take(&repeats, &ev);
	assert_int_equal(ev.incident.repeat.container_kills_1h, NOT_KNOWN);
}

static void more_containers_than_tallies(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 3 * REPEAT_TALLIES; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_int_equal(kill_at(START + i * SECOND, name)->container_kills_1h, 1);
	}
	assert_int_equal(kill_at(START + 10 * MINUTE, name)->container_kills_1h, 2);
}

static void a_storm(void **state)
{
	__u64 next_ns, now_ns = START;

	(void)state;
	for (int i = 0; i < STORM_KILLS; i++, now_ns += SECOND / 10)
		assert_int_equal(kill_at(now_ns, "cart")->storm_kills, NOT_KNOWN);
	assert_int_equal(kill_at(now_ns, "cart")->storm_kills, 1);
	assert_int_equal(kill_at(now_ns + SECOND, "other")->storm_kills, 2);
	assert_false(repeat_tick(&repeats, now_ns + 2 * SECOND, 0, &next_ns));
	assert_int_equal(next_ns, now_ns + SECOND + STORM_CALM_NS);
	assert_true(repeat_tick(&repeats, next_ns, 0, &next_ns));
	assert_int_equal(next_ns, 0);
	assert_string_equal(repeats.ev.id, "id-10001");
	assert_int_equal(repeats.ev.update.storm.kills, 2);
	assert_int_equal(repeats.ev.update.storm.duration_ns, SECOND);
	assert_int_equal(repeats.ev.update.storm.is_over, 1);
	assert_int_equal(kill_at(now_ns + 60 * SECOND, "cart")->storm_kills, NOT_KNOWN);
	assert_false(repeat_tick(&repeats, now_ns + 61 * SECOND, 0, &next_ns));
}

static void a_storm_that_goes_on(void **state)
{
	__u64 next_ns, told = 0;

	(void)state;
	for (__u64 i = 0; i < 1300; i++) {
		kill_at(START + i * SECOND / 10, "cart");
		if (repeat_tick(&repeats, START + i * SECOND / 10, 0, &next_ns)) {
			assert_int_equal(repeats.ev.update.storm.is_over, 0);
			told++;
		}
	}
	assert_int_equal(told, 2);
}

/* ---- how a victim went ---- */

static struct level_spec tree[STREAM_LEVELS];

static void send_death(__u32 tgid, __u32 what, __u64 after_ns)
{
	struct oomwhy_death record = { .tgid = tgid, .what = what };

	record.header.kind = OOMWHY_DEATH;
	record.header.size = sizeof(record);
	record.header.boot_time_ns = stream.now_ns + after_ns;
	stream_send(&record, sizeof(record));
}

static void kill_one(void)
{
	stream_tree(tree);
	stream_hit(&tree[CONTAINER]);
	stream_decision(&tree[CONTAINER], 700, ASKER(700));
	stream_victim(tree, 700, ASKER(700));
}

static void the_end_comes_after_the_incident(void **state)
{
	const struct after *after = &stream.got[1].update.after;

	(void)state;
	stream.as.deaths.config.freed_is_told = true;
	kill_one();
	send_death(700, OOMWHY_ENDED, 12 * STREAM_MS);
	assert_int_equal(stream.count, 0); /* before the kernel is through with it */
	stream_end();
	assert_int_equal(stream.count, 1);
	send_death(701, OOMWHY_FREED, 13 * STREAM_MS); /* another's */
	send_death(700, OOMWHY_FREED, 13 * STREAM_MS);
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].type, EVENT_UPDATE);
	assert_string_equal(stream.got[1].id, stream.got[0].id);
	assert_int_equal(after->pid, 700);
	assert_int_equal(after->ended_ns, 12 * STREAM_MS);
	assert_int_equal(after->freed_ns, 14 * STREAM_MS); /* END took one more */
	send_death(700, OOMWHY_FREED, 15 * STREAM_MS);
	assert_int_equal(stream.count, 2);
}

static void where_the_kernel_does_not_say_when_it_is_free(void **state)
{
	(void)state;
	kill_one();
	stream_end();
	send_death(700, OOMWHY_ENDED, 12 * STREAM_MS);
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].update.after.freed_ns, NOT_KNOWN);
}

static void one_that_does_not_end(void **state)
{
	__u64 next_ns;

	(void)state;
	kill_one();
	stream_end();
	next_ns = assemble_tick(&stream.as, stream.now_ns);
	assert_in_range(next_ns, stream.now_ns + 9 * SECOND, stream.now_ns + 10 * SECOND);
	assert_int_equal(assemble_tick(&stream.as, next_ns), 0);
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].update.after.ended_ns, NOT_KNOWN);
	assert_int_equal(stream.got[1].update.after.waited_ns, 10 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kills_of_one_container, setup),
		cmocka_unit_test_setup(only_the_last_hour_counts, setup),
		cmocka_unit_test_setup(each_kill_of_an_hour, setup),
		cmocka_unit_test_setup(a_kill_that_was_none_does_not_count, setup),
		cmocka_unit_test_setup(more_containers_than_tallies, setup),
		cmocka_unit_test_setup(a_storm, setup),
		cmocka_unit_test_setup(a_storm_that_goes_on, setup),
		cmocka_unit_test_setup(the_end_comes_after_the_incident, setup),
		cmocka_unit_test_setup(where_the_kernel_does_not_say_when_it_is_free, setup),
		cmocka_unit_test_setup(one_that_does_not_end, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
