// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "stream.h"

#define TASK 700
#define SLOT 3

static struct level_spec tree[STREAM_LEVELS];

static int setup(void **state)
{
	stream_tree(tree);
	return stream_setup(state);
}

static void send(const void *record)
{
	stream_send(record, ((const struct oomwhy_header *)record)->size);
}

static void attempts(__u64 memcg_id, __u64 count)
{
	stream.attempts[SLOT] = (struct oomwhy_attempts){ memcg_id, count, stream.now_ns };
}

static void stall_of_nothing_killable(void)
{
	struct oomwhy_stall *record;

	stream_hit(&tree[CONTAINER]);
	record = record_stall(tree, tree[CONTAINER].id, OOMWHY_NOTHING_KILLABLE, TASK,
			      stream.now_ns);
	record->slot = SLOT;
	attempts(tree[CONTAINER].id, 1);
	send(record);
}

static void tick_after(__u64 ns)
{
	stream.now_ns += ns;
	assemble_tick(&stream.as, stream.now_ns);
}

static const char *message(struct event *ev)
{
	identify_event(ev);
	judge_event(ev);
	headline(ev);
	return stream_text(ev, ev->message);
}

static void nothing_killable_is_told_once_and_counted(void **state)
{
	struct event *begin = &stream.got[0], *end = &stream.got[1];

	(void)state;
	stall_of_nothing_killable();
	assert_int_equal(stream.count, 1);
	for (int i = 0; i < 10; i++) {
		attempts(tree[CONTAINER].id, 10 * (i + 2));
		tick_after(RECORD_SECOND);
	}
	assert_int_equal(stream.count, 1);
	tick_after(3 * RECORD_SECOND);
	assert_int_equal(stream.count, 2);
	assert_int_equal(begin->type, EVENT_STALL);
	assert_int_equal(begin->incident.stall.kind, STALL_NOTHING_KILLABLE);
	assert_int_equal(begin->incident.trigger.pid, TASK);
	assert_int_equal(begin->incident.victim.pid, NOT_KNOWN);
	assert_int_equal(begin->incident.limit_owner.cgroup.id, tree[CONTAINER].id);
	assert_string_equal(message(begin),
			    "OOM stall: container limit 512Mi; nothing in it may be killed; "
			    "pod " STREAM_UID " container 3e6d1590a7c2 (task700, 400Ki)");
	assert_int_equal(begin->incident.verdict.limit_level, LIMIT_CONTAINER);
	assert_int_equal(end->type, EVENT_UPDATE);
	assert_string_equal(end->id, begin->id);
	assert_int_equal(end->update.stall.attempts, 110);
	assert_int_equal(end->update.stall.duration_ns, 9 * RECORD_SECOND);
	assert_string_equal(message(end), "OOM stall over: 110 attempts in 9.0s");
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns), 0);
}

/* Its slot went to another memcg: what was seen last stands. */
static void a_slot_that_was_taken_over(void **state)
{
	(void)state;
	stall_of_nothing_killable();
	attempts(tree[CONTAINER].id, 7);
	tick_after(RECORD_SECOND);
	attempts(999, 12345);
	tick_after(4 * RECORD_SECOND);
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].update.stall.attempts, 7);
}

/* memory.max was lowered, and nothing may be killed: the asker is somewhere else. */
static void a_writer_from_outside(void **state)
{
	struct oomwhy_stall *record = record_stall(tree, tree[CONTAINER].id,
						   OOMWHY_NOTHING_KILLABLE, TASK, stream.now_ns);

	(void)state;
	record->asker_is_outside = 1;
	send(record);
	assert_int_equal(stream.got[0].incident.trigger.pid, TASK);
	assert_int_equal(stream.got[0].incident.trigger.cgroup.id, NOT_KNOWN);
	assert_int_equal(stream.got[0].incident.trigger_lowers_limit, 1);
}

static void sysrq_finds_nobody(void **state)
{
	struct oomwhy_stall *record =
		record_stall(&tree[ROOT], 0, OOMWHY_NOTHING_KILLABLE, 9, stream.now_ns);

	(void)state;
	record->order = -1;
	record->task.flags = OOMWHY_TASK_KTHREAD;
	send(record);
	assert_int_equal(stream.got[0].incident.trigger.pid, NOT_KNOWN);
	message(&stream.got[0]);
	assert_int_equal(stream.got[0].incident.verdict.limit_level, LIMIT_MANUAL);
}

static void a_disabled_killer(void **state)
{
	struct event *begin = &stream.got[0], *end = &stream.got[1];
	__u64 id = tree[POD].id;

	(void)state;
	send(record_stall(tree, id, OOMWHY_KILLER_DISABLED, TASK, stream.now_ns));
	send(record_wait(id, true, stream.now_ns));
	send(record_wait(id, true, stream.now_ns));
	tick_after(3600 * RECORD_SECOND); /* they wait, and wait */
	assert_int_equal(stream.count, 1);
	send(record_wait(id, false, stream.now_ns));
	tick_after(10 * RECORD_SECOND);
	assert_int_equal(stream.count, 1);
	/* Woken in vain: it goes on. */
	send(record_wait(id, false, stream.now_ns));
	send(record_wait(id, true, stream.now_ns));
	tick_after(10 * RECORD_SECOND);
	assert_int_equal(stream.count, 1);
	send(record_wait(id, false, stream.now_ns));
	tick_after(3 * RECORD_SECOND);
	assert_int_equal(stream.count, 2);
	assert_string_equal(message(begin),
			    "OOM stall: pod limit 512Mi; its OOM killer is disabled, tasks wait; "
			    "pod " STREAM_UID " container 3e6d1590a7c2 (task700, 400Ki)");
	assert_string_equal(end->id, begin->id);
	assert_int_equal(end->update.stall.tasks, 2);
	assert_int_equal(end->update.stall.duration_ns, 3620 * RECORD_SECOND);
	assert_string_equal(message(end), "OOM stall over: 2 tasks waited in 60m");
}

/* Of more at once than there is room for only the beginning is told. */
static void many_at_once(void **state)
{
	(void)state;
	for (__u64 id = 1; id <= STALLS_MAX + 2; id++)
		send(record_stall(tree, 1000 + id, OOMWHY_KILLER_DISABLED, TASK, stream.now_ns));
	assert_int_equal(stream.count, STALLS_MAX + 2);
	tick_after(4 * RECORD_SECOND);
	assert_int_equal(stream.count, STALLS_MAX + 2 + STALLS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_killable_is_told_once_and_counted, setup),
		cmocka_unit_test_setup(a_slot_that_was_taken_over, setup),
		cmocka_unit_test_setup(a_writer_from_outside, setup),
		cmocka_unit_test_setup(sysrq_finds_nobody, setup),
		cmocka_unit_test_setup(a_disabled_killer, setup),
		cmocka_unit_test_setup(many_at_once, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
