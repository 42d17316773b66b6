// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

#define PAGE 4096ULL
#define VICTIM 700
#define OTHER 800 /* asks from another process */

static const struct level_spec siblings[] = {
	{ STREAM_CID, 104, 131000, STREAM_PAGES, 0, 0 },
	{ "sandbox", 105, 60, 0, 0, 0 },
	{ "", 0, 0, 0, 0, 0 },
};

static const struct incident *incident(size_t n)
{
	assert_in_range(n, 0, stream.count - 1);
	assert_int_equal(stream.got[n].type, EVENT_INCIDENT);
	return &stream.got[n].incident;
}

static void assert_text(size_t n, struct text text, const char *expected)
{
	assert_string_equal(stream_text(&stream.got[n], text), expected);
}

/* One kill at the pod's limit, asked for by another process of the pod. */
static void kill_with_decision(struct level_spec levels[STREAM_LEVELS], __u32 tgid)
{
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], tgid, ASKER(OTHER));
	stream_trigger(levels, OTHER, ASKER(OTHER));
	stream_children(siblings, 103, ASKER(OTHER));
	stream_victim(levels, tgid, ASKER(OTHER));
	stream_end();
}

static void kill_without_decision(struct level_spec levels[STREAM_LEVELS], __u32 tgid)
{
	stream_hit(&levels[POD]);
	stream_trigger(levels, OTHER, ASKER(OTHER));
	stream_children(siblings, 103, ASKER(OTHER));
	stream_victim(levels, tgid, ASKER(OTHER));
}

static void assert_pod_kill(size_t n)
{
	const struct incident *in = incident(n);

	assert_text(n, in->limit_owner.cgroup.path, STREAM_POD_PATH);
	assert_int_equal(in->limit_owner.cgroup.id, 103);
	assert_int_equal(in->limit_owner.limit_bytes, STREAM_PAGES * PAGE);
	assert_int_equal(in->limit_owner.usage_bytes, STREAM_PAGES * PAGE);
	assert_int_equal(in->victim.pid, VICTIM);
	assert_int_equal(in->victim.tid, NOT_KNOWN);
	assert_int_equal(in->victim.fate, FATE_KILLED);
	assert_int_equal(in->victim.anon_bytes, 100 * PAGE);
	assert_int_equal(in->victim.rss_bytes, 100 * PAGE);
	assert_text(n, in->victim.cgroup.path, STREAM_PATH);
	assert_text(n, in->victim.comm, "task700");
	assert_int_equal(in->trigger.pid, OTHER);
	assert_text(n, in->trigger.comm, "task800");
	assert_int_equal(in->trigger.fate, FATE_NONE);
	assert_int_equal(in->memcgs_count, STREAM_LEVELS);
	assert_text(n, in->memcgs[NODE].path, "/kubepods");
	assert_text(n, in->memcgs[ROOT].path, "/");
	assert_int_equal(in->memcgs[QOS].limit_bytes, NO_LIMIT);
	assert_int_equal(in->children_count, 2);
	assert_int_equal(in->children_of.id, 103);
	assert_text(n, in->children[1].name, "sandbox");
	assert_int_equal(in->children[1].limit_bytes, NO_LIMIT);
	assert_int_equal(in->children[0].usage_bytes, 131000 * PAGE);
	assert_int_equal(in->other_victims_count, 0);
	assert_int_equal(in->cgroup_version, 2);
}

static void decision_plan(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_with_decision(levels, VICTIM);
	assert_int_equal(stream.count, 1);
	assert_pod_kill(0);
	assert_int_equal(incident(0)->verdict.evidence, EVIDENCE_EXACT);
	assert_int_equal(incident(0)->verdict.cross_check, CROSS_CHECK_AGREES);
	assert_int_equal(incident(0)->victim.points, 1234);
	assert_int_equal(incident(0)->constraint, OOM_CONSTRAINT_MEMCG);
	assert_int_equal(incident(0)->total_pages_bytes, STREAM_PAGES * PAGE);
	assert_int_equal(incident(0)->allocation.order, 0);
	assert_int_equal(incident(0)->allocation.gfp_mask, 0xcc0);
	assert_string_equal(stream.got[0].id, "1f0c9a6e-100-700");
	assert_int_equal(stream.got[0].boot_time_ns, 100 * RECORD_SECOND + STREAM_MS);
	assert_int_equal(stream.got[0].time_ns, 1000100 * RECORD_SECOND + STREAM_MS);
	assert_int_equal(stream.got[0].origin, ORIGIN_LIVE);
	assert_int_equal(stream.as.stats.agreed, 1);
	assert_int_equal(stream.as.stats.victims, 1);
	assert_int_equal(stream.as.stats.incomplete, 0);
}

static void tracepoint_plan(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_without_decision(levels, VICTIM);
	assert_int_equal(stream.count, 1);
	assert_pod_kill(0);
	assert_int_equal(incident(0)->verdict.evidence, EVIDENCE_INFERRED);
	assert_int_equal(incident(0)->verdict.cross_check, CROSS_CHECK_NONE);
	assert_int_equal(incident(0)->victim.points, NOT_KNOWN_SIGNED);
	assert_int_equal(incident(0)->allocation.order, NOT_KNOWN_SIGNED);
	assert_int_equal(incident(0)->constraint, OOM_CONSTRAINT_NOT_SAID);
	assert_int_equal(stream.as.stats.agreed + stream.as.stats.differed, 0);
}

/* The counters say another level than oom_control: the kernel's word stands, the doubt is told. */
static void cross_check_differs(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[NODE], VICTIM, ASKER(VICTIM));
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	assert_text(0, incident(0)->limit_owner.cgroup.path, "/kubepods");
	assert_int_equal(incident(0)->verdict.cross_check, CROSS_CHECK_DIFFERS);
	assert_int_equal(stream.as.stats.differed, 1);
}

static void victim_asks_for_itself(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	assert_int_equal(stream.count, 1);
	assert_int_equal(incident(0)->trigger.pid, VICTIM);
	assert_text(0, incident(0)->trigger.cgroup.path, STREAM_PATH);
	assert_int_equal(incident(0)->trigger.fate, FATE_NONE);
	assert_int_equal(incident(0)->trigger.kin.parent_pid, NOT_KNOWN);
	assert_text(0, incident(0)->limit_owner.cgroup.path, STREAM_PATH);
}

static void host_wide(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;

	(void)state;
	stream_tree(levels);
	stream_decision(NULL, VICTIM, ASKER(OTHER));
	stream_trigger(levels, OTHER, ASKER(OTHER));
	victim = stream_next_victim(levels, VICTIM, ASKER(OTHER));
	record_set_host(victim, 1, 1);
	stream_send_victim(victim);
	stream_end();
	assert_int_equal(stream.count, 1);
	assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_HOST);
	assert_int_equal(incident(0)->limit_owner.cgroup.path.len, 0);
	assert_int_equal(incident(0)->verdict.cross_check, CROSS_CHECK_AGREES);
	assert_int_equal(incident(0)->host_low_bytes, 2000 * PAGE);
	assert_int_equal(incident(0)->children_count, 0);
}

/* sysrq-f without a visible decision: the kernel thread that did it asked for nothing. */
static void manual_has_no_trigger(void **state)
{
	static const struct level_spec worker[] = { { "", 1, 0, 0, 0, 0 } };
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_trigger *trigger;

	(void)state;
	stream_tree(levels);
	stream.sequence++;
	trigger = record_trigger(worker, OTHER, ASKER(OTHER), stream.sequence, stream.now_ns);
	trigger->task.flags = OOMWHY_TASK_KTHREAD;
	stream_send(trigger, trigger->header.size);
	stream_victim(levels, VICTIM, ASKER(OTHER));
	assert_int_equal(stream.count, 1);
	assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_MANUAL);
	assert_int_equal(incident(0)->trigger.pid, NOT_KNOWN);
}

static void two_that_follow(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_with_decision(levels, VICTIM);
	kill_with_decision(levels, VICTIM + 1);
	levels[POD].usage_pages = 5;
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM + 2, ASKER(VICTIM + 2));
	assert_int_equal(stream.count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(incident(i)->victim.pid, VICTIM + i);
	/* Nothing of an older one. */
	assert_int_equal(incident(2)->trigger.pid, VICTIM + 2);
	assert_int_equal(incident(2)->children_count, 0);
	assert_int_equal(incident(2)->verdict.evidence, EVIDENCE_INFERRED);
	assert_int_equal(stream.as.stats.incomplete, 0);
}

static void group(bool decided, __u32 count)
{
	struct level_spec levels[STREAM_LEVELS];

	stream_tree(levels);
	levels[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[CONTAINER]);
	if (decided)
		stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	for (__u32 i = 0; i < count; i++) {
		if (!decided && i)
			stream_trigger(levels, VICTIM, ASKER(VICTIM));
		stream_victim(levels, VICTIM + i, ASKER(VICTIM));
	}
	assert_int_equal(stream.count, 0);
	if (decided)
		stream_end();
	else
		assemble_tick(&stream.as, stream.now_ns + RECORD_SECOND);
	assert_int_equal(stream.count, 1);
	assert_int_equal(stream.as.stats.victims, count);
	assert_int_equal(incident(0)->victim.pid, VICTIM);
	assert_int_equal(incident(0)->victim.fate, FATE_KILLED);
	assert_int_equal(incident(0)->trigger.pid, VICTIM);
	assert_int_equal(incident(0)->other_victims[0].pid, VICTIM + 1);
	assert_int_equal(incident(0)->other_victims[0].fate, FATE_GROUP);
	assert_text(0, incident(0)->other_victims[2].cgroup.path, STREAM_PATH);
}

static void group_kills(void **state)
{
	for (int decided = 0; decided < 2; decided++) {
		stream_setup(state);
		group(decided, 4);
		assert_int_equal(incident(0)->other_victims_count, 3);
		assert_int_equal(incident(0)->other_victims_omitted, 0);
	}
}

static void group_of_more_than_fit(void **state)
{
	for (int decided = 0; decided < 2; decided++) {
		stream_setup(state);
		group(decided, 40);
		assert_int_equal(incident(0)->other_victims_count, INCIDENT_OTHER_VICTIMS_MAX);
		assert_int_equal(incident(0)->other_victims_omitted,
				 39 - INCIDENT_OTHER_VICTIMS_MAX);
	}
}

/* The owner has run into its limit again: no member of the group that is open. */
static void second_decision_while_a_group_is_open(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	levels[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[NODE]);
	stream_victim(levels, VICTIM, ASKER(OTHER));
	stream_hit(&levels[NODE]);
	stream_victim(levels, VICTIM + 1, ASKER(OTHER));
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 2);
	assert_int_equal(incident(1)->victim.pid, VICTIM + 1);
}

/* The same task asks at another limit; its victim is outside of the group. */
static void victim_outside_the_group(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	levels[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM, ASKER(OTHER));
	levels[CONTAINER] = (struct level_spec){ "other", 204, 10, 0, 0, OOMWHY_MEMCG_OOM_GROUP };
	levels[POD] = (struct level_spec){ "podother", 203, 20, 0, 0, 0 };
	stream_hit(&levels[NODE]);
	stream_victim(levels, VICTIM + 1, ASKER(OTHER));
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 2);
	assert_text(0, incident(0)->limit_owner.cgroup.path, STREAM_PATH);
	assert_text(1, incident(1)->limit_owner.cgroup.path, "/kubepods");
}

/* memory.oom.group above the owner has no say: each victim is one incident, told at once. */
static void group_above_the_owner(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	levels[POD].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	assert_int_equal(stream.count, 1);
}

static void already_exiting(void **state)
{
	for (int decided = 0; decided < 2; decided++) {
		struct level_spec levels[STREAM_LEVELS];
		struct oomwhy_victim *victim;

		stream_setup(state);
		stream_tree(levels);
		stream_hit(&levels[CONTAINER]);
		if (decided)
			stream_decision(&levels[CONTAINER], VICTIM, ASKER(OTHER));
		stream_trigger(levels, OTHER, ASKER(OTHER));
		victim = stream_next_victim(levels, VICTIM, ASKER(OTHER));
		victim->signalled = 0;
		victim->task.flags |= OOMWHY_TASK_EXITING;
		stream_send_victim(victim);
		if (decided)
			stream_end();
		assert_int_equal(stream.count, 1);
		assert_int_equal(incident(0)->victim.fate, FATE_ALREADY_EXITING);
		assert_int_equal(stream.as.stats.victims, 0);
	}
}

static void mark_itself(const struct level_spec *levels, __u32 tgid)
{
	struct oomwhy_victim *victim = stream_next_victim(levels, tgid, ASKER(tgid));

	victim->signalled = 0;
	victim->task.flags |= OOMWHY_TASK_EXITING;
	stream_send_victim(victim);
}

static void dying_task_marks_itself(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	mark_itself(levels, VICTIM);
	assert_int_equal(stream.count, 0);
	assert_int_equal(assemble_tick(&stream.as, stream.now_ns), 0);
	assert_int_equal(stream.as.stats.incomplete, 0);
}

/* The dying threads of a victim count their container's limit again; the next kill is the pod's. */
static void self_marks_are_no_evidence(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	for (int i = 0; i < 4; i++) {
		stream_hit(&levels[CONTAINER]);
		mark_itself(levels, VICTIM);
	}
	stream.now_ns += 10 * RECORD_SECOND;
	stream_hit(&levels[POD]);
	stream_victim(levels, VICTIM + 1, ASKER(VICTIM + 1));
	assert_int_equal(stream.count, 2);
	assert_text(1, incident(1)->limit_owner.cgroup.path, STREAM_POD_PATH);
}

static void same_victim_twice(void **state)
{
	for (int decided = 0; decided < 2; decided++) {
		struct level_spec levels[STREAM_LEVELS];

		stream_setup(state);
		stream_tree(levels);
		stream_hit(&levels[CONTAINER]);
		if (decided)
			stream_decision(&levels[CONTAINER], VICTIM, ASKER(OTHER));
		stream_victim(levels, VICTIM, ASKER(OTHER));
		stream_victim(levels, VICTIM, ASKER(OTHER));
		if (decided)
			stream_end();
		stream_victim(levels, VICTIM, ASKER(OTHER));
		assert_int_equal(stream.count, 1);
		assert_int_equal(incident(0)->other_victims_count, 0);
		assert_int_equal(stream.as.stats.victims, 1);
	}
}

/* The same pid, another process. */
static void reused_pid(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, VICTIM, ASKER(OTHER));
	stream_hit(&levels[CONTAINER]);
	victim = stream_next_victim(levels, VICTIM, ASKER(OTHER));
	victim->task.start_time_ns++;
	stream_send_victim(victim);
	assert_int_equal(stream.count, 2);
}

/* Chosen and gone before it could be marked: nobody was killed, nothing is told. */
static void decision_without_a_victim(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	stream_decision(&levels[POD], VICTIM, ASKER(OTHER));
	stream_trigger(levels, OTHER, ASKER(OTHER));
	stream_end();
	assert_int_equal(stream.count, 0);
	assert_int_equal(stream.as.stats.incidents, 0);
	assert_int_equal(stream.as.stats.incomplete, 0);
}

/* Hooks may fall silent after a while: the decision that was seen is not the next victim's. */
static void no_decision_after_one(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_with_decision(levels, VICTIM);
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, OTHER, ASKER(OTHER));
	assert_int_equal(stream.count, 2);
	assert_text(1, incident(1)->trigger.comm, "task800");
	assert_int_equal(incident(1)->trigger.anon_bytes, incident(1)->victim.anon_bytes);
	assert_int_equal(incident(1)->verdict.evidence, EVIDENCE_INFERRED);
	assert_int_equal(incident(1)->total_pages_bytes, NOT_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(decision_plan, stream_setup),
		cmocka_unit_test_setup(tracepoint_plan, stream_setup),
		cmocka_unit_test_setup(cross_check_differs, stream_setup),
		cmocka_unit_test_setup(victim_asks_for_itself, stream_setup),
		cmocka_unit_test_setup(host_wide, stream_setup),
		cmocka_unit_test_setup(manual_has_no_trigger, stream_setup),
		cmocka_unit_test_setup(two_that_follow, stream_setup),
		cmocka_unit_test_setup(group_kills, stream_setup),
		cmocka_unit_test_setup(group_of_more_than_fit, stream_setup),
		cmocka_unit_test_setup(second_decision_while_a_group_is_open, stream_setup),
		cmocka_unit_test_setup(victim_outside_the_group, stream_setup),
		cmocka_unit_test_setup(group_above_the_owner, stream_setup),
		cmocka_unit_test_setup(already_exiting, stream_setup),
		cmocka_unit_test_setup(dying_task_marks_itself, stream_setup),
		cmocka_unit_test_setup(self_marks_are_no_evidence, stream_setup),
		cmocka_unit_test_setup(same_victim_twice, stream_setup),
		cmocka_unit_test_setup(reused_pid, stream_setup),
		cmocka_unit_test_setup(decision_without_a_victim, stream_setup),
		cmocka_unit_test_setup(no_decision_after_one, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
