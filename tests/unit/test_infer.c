// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "records.h"
#include "source/infer.h"

#define CONTAINER 0
#define POD 1
#define NODE 2
#define FULL 10000

static struct infer infer;

static int setup(void **state)
{
	(void)state;
	infer_init(&infer, 2);
	return 0;
}

/* container < pod < kubepods < root, with room everywhere and nothing counted. */
static void tree(struct level_spec levels[4])
{
	levels[CONTAINER] = (struct level_spec){ "c", 103, 5000, FULL, 0, 0 };
	levels[POD] = (struct level_spec){ "pod", 102, 6000, 2 * FULL, 0, 0 };
	levels[NODE] = (struct level_spec){ "kubepods", 101, 7000, 4 * FULL, 0, 0 };
	levels[3] = (struct level_spec){ "", 1, 9000, 0, 0, 0 };
}

static void hit(struct level_spec *level)
{
	level->usage_pages = level->limit_pages;
	level->oom_events++;
}

static struct infer_result ask(const struct level_spec *levels, __u64 time_ns)
{
	return infer_owner(&infer, record_victim(levels, 7, 7ULL << 32, 1, time_ns), NULL, false);
}

/* As the tracepoint plan sees it: the asker's last reclaim is known. */
static struct infer_result ask_after(const struct level_spec *levels, __u32 reclaim,
				     __u64 short_nodes, bool kthread)
{
	struct oomwhy_victim *victim =
		record_victim(levels, 7, kthread ? 9ULL << 32 : 7ULL << 32, 1, RECORD_SECOND);

	victim->reclaim = reclaim;
	record_set_host(victim, 1, short_nodes);
	return infer_owner(&infer, victim, NULL, kthread);
}

static void settle(const struct level_spec *levels, int owner, __u64 time_ns)
{
	infer_settle(&infer, record_victim(levels, 7, 7ULL << 32, 1, time_ns), owner);
}

static void assert_owner(struct infer_result result, int level)
{
	assert_int_equal(result.answer, INFER_MEMCG);
	assert_int_equal(result.level, level);
}

static void test_each_level(void **state)
{
	(void)state;
	for (int owner = CONTAINER; owner <= NODE; owner++) {
		struct level_spec levels[4];

		tree(levels);
		hit(&levels[owner]);
		assert_owner(ask(levels, RECORD_SECOND), owner);
	}
}

/* An OOM that was counted before we came is not the reason of this kill. */
static void test_baseline(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	levels[CONTAINER].oom_events = 41;
	levels[CONTAINER].usage_pages = levels[CONTAINER].limit_pages;
	infer_baseline(&infer, levels[CONTAINER].id, 41);
	hit(&levels[NODE]);
	assert_owner(ask(levels, RECORD_SECOND), NODE);
}

static void test_settled_growth_is_used_up(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	settle(levels, CONTAINER, RECORD_SECOND);
	levels[CONTAINER].usage_pages = 10;
	hit(&levels[NODE]);
	assert_owner(ask(levels, 2 * RECORD_SECOND), NODE);
}

/* Child and parent at once: both have counted. A charge asks the child first: if that has no room,
 * it is the child. */
static void test_innermost_of_two(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	assert_owner(ask(levels, RECORD_SECOND), CONTAINER);
}

/* By now the child has a page to spare: it may have had one then, too, and the parent not. */
static void test_innermost_with_room_is_a_suspect(void **state)
{
	struct level_spec levels[4];
	struct infer_result result;

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	levels[CONTAINER].usage_pages--;
	result = ask(levels, RECORD_SECOND);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_int_equal(result.levels, 1u << CONTAINER | 1u << NODE);
	assert_false(result.host);
}

/* The trigger is in another pod: it cannot have run into this container's limit. */
static void test_triggers_chain_decides(void **state)
{
	struct level_spec levels[4], trigger[4];
	struct oomwhy_chain chain;

	(void)state;
	tree(levels);
	tree(trigger);
	trigger[CONTAINER].id = 203;
	trigger[POD].id = 202;
	record_chain(&chain, trigger);
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	assert_owner(infer_owner(&infer, record_victim(levels, 7, 9ULL << 32, 1, RECORD_SECOND),
				 &chain, false),
		     NODE);
}

/* cgroup v1: the flags show which of the two is being served. */
static void test_oom_lock_decides(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	for (int i = 0; i < 4; i++)
		levels[i].flags = OOMWHY_MEMCG_HAS_OOM_LOCK;
	levels[CONTAINER].flags |= OOMWHY_MEMCG_OOM_LOCK;
	levels[POD].flags |= OOMWHY_MEMCG_OOM_LOCK;
	hit(&levels[CONTAINER]);
	hit(&levels[POD]);
	levels[CONTAINER].usage_pages--;
	assert_owner(ask(levels, RECORD_SECOND), POD);
	/* It has none left: that and the flags contradict each other. */
	levels[CONTAINER].usage_pages++;
	assert_int_equal(ask(levels, RECORD_SECOND).answer, INFER_UNKNOWN);
}

/* A suspect above the topmost flag may be the one that found the flags taken: then nobody decides.
 */
static void test_oom_lock_below_a_suspect_is_no_proof(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	for (int i = 0; i < 4; i++)
		levels[i].flags = OOMWHY_MEMCG_HAS_OOM_LOCK;
	levels[CONTAINER].flags |= OOMWHY_MEMCG_OOM_LOCK;
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	levels[CONTAINER].usage_pages--;
	assert_int_equal(ask(levels, RECORD_SECOND).answer, INFER_UNKNOWN);
}

/* The second of two that waited: its counter had grown at the first kill and must not have been
 * used up by it. */
static void test_pending_growth_is_kept(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	settle(levels, NODE, RECORD_SECOND);
	levels[NODE].usage_pages = 100;
	assert_owner(ask(levels, RECORD_SECOND + 1000000), CONTAINER);
}

/* It ended without a kill: after some seconds the growth is no news any more. */
static void test_old_pending_growth_is_dropped(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	hit(&levels[NODE]);
	settle(levels, NODE, RECORD_SECOND);
	levels[NODE].oom_events++;
	settle(levels, NODE, 10 * RECORD_SECOND);
	levels[NODE].oom_events++;
	assert_owner(ask(levels, 11 * RECORD_SECOND), NODE);
}

/* Told to wait at the first kill, comes back and kills without counting again. */
static void test_echo_without_growth(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	settle(levels, CONTAINER, RECORD_SECOND);
	assert_owner(ask(levels, RECORD_SECOND + 1000000), CONTAINER);
}

/* Both have been owners a moment ago, and the one that has room again may have it from that. */
static void test_echo_of_two(void **state)
{
	struct level_spec levels[4];
	struct infer_result result;

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	settle(levels, CONTAINER, RECORD_SECOND);
	levels[CONTAINER].usage_pages = 100;
	hit(&levels[POD]);
	settle(levels, POD, 2 * RECORD_SECOND);
	levels[CONTAINER].usage_pages = levels[CONTAINER].limit_pages - 1;
	levels[POD].usage_pages = 100;
	result = ask(levels, 2 * RECORD_SECOND + 1000000);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_int_equal(result.levels, 1U << CONTAINER | 1U << POD);
	levels[CONTAINER].oom_events++;
	assert_owner(ask(levels, 2 * RECORD_SECOND + 1000000), CONTAINER);
}

static void test_host(void **state)
{
	struct level_spec levels[4];
	struct oomwhy_victim *victim;

	(void)state;
	tree(levels);
	levels[CONTAINER].usage_pages =
		levels[CONTAINER].limit_pages; /* page cache fills it, as often */
	victim = record_victim(levels, 7, 7ULL << 32, 1, RECORD_SECOND);
	record_set_host(victim, 3, 3);
	assert_int_equal(infer_owner(&infer, victim, NULL, false).answer, INFER_HOST);
}

static void test_one_numa_node_is_short(void **state)
{
	struct level_spec levels[4];
	struct oomwhy_victim *victim;

	(void)state;
	tree(levels);
	victim = record_victim(levels, 7, 7ULL << 32, 1, RECORD_SECOND);
	record_set_host(victim, 3, 2);
	assert_int_equal(infer_owner(&infer, victim, NULL, false).answer, INFER_CPUSET);
}

/* One node has a little more than its watermarks: perhaps since somebody freed it. */
static void test_one_numa_node_is_not_quite_short(void **state)
{
	struct level_spec levels[4];
	struct oomwhy_victim *victim;
	struct infer_result result;

	(void)state;
	tree(levels);
	victim = record_victim(levels, 7, 7ULL << 32, 1, RECORD_SECOND);
	record_set_host(victim, 3, 2);
	victim->host.roomy_nodes = 0;
	victim->reclaim = OOMWHY_RECLAIM_MACHINE;
	result = infer_owner(&infer, victim, NULL, false);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_true(result.host && result.cpuset);
	assert_int_equal(result.levels, 0);
}

static void test_sysrq(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	assert_int_equal(infer_owner(&infer, record_victim(levels, 7, 9ULL << 32, 1, RECORD_SECOND),
				     NULL, true)
				 .answer,
			 INFER_MANUAL);
}

static void test_nothing_known_is_unknown(void **state)
{
	struct level_spec levels[4];
	struct infer_result result;

	(void)state;
	tree(levels);
	result = ask(levels, RECORD_SECOND);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_true(result.host);
}

/* An in-place resize lowers the limit below the usage; the trigger is the writer, from outside. */
static void test_lowered_limit(void **state)
{
	struct level_spec levels[4],
		writer[2] = { { "kubelet", 50, 1, 0, 0, 0 }, { "", 1, 1, 0, 0, 0 } };
	struct oomwhy_chain chain;

	(void)state;
	tree(levels);
	record_chain(&chain, writer);
	levels[POD].limit_pages = 3000;
	levels[POD].oom_events = 1;
	assert_owner(infer_owner(&infer, record_victim(levels, 7, 9ULL << 32, 1, RECORD_SECOND),
				 &chain, false),
		     POD);
}

/* Tasks that waited count after their first's kill: old growth, in a pod that page cache keeps
 * full. */
static void test_reclaim_of_the_machine(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[POD]);
	assert_int_equal(ask_after(levels, OOMWHY_RECLAIM_MACHINE, 1, false).answer, INFER_HOST);
	/* Free pages, but none in a row; a lone NUMA node cannot be a cpuset's. */
	assert_int_equal(ask_after(levels, OOMWHY_RECLAIM_MACHINE, 0, false).answer, INFER_HOST);
}

/* The machine is short as well; that is not why. */
static void test_reclaim_of_a_memcg(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[NODE]);
	assert_owner(ask_after(levels, OOMWHY_RECLAIM_MEMCG, 1, false), NODE);
	/* Its other pods have freed much since. */
	levels[NODE].usage_pages /= 2;
	assert_owner(ask_after(levels, OOMWHY_RECLAIM_MEMCG, 1, false), NODE);
}

static void test_sysrq_needs_no_reclaim(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[POD]);
	assert_int_equal(ask_after(levels, OOMWHY_RECLAIM_NONE, 1, true).answer, INFER_MANUAL);
}

/* Page cache fills limits, without an OOM: where it is all there is to see it is no proof. */
static void test_full_alone_is_a_suspect(void **state)
{
	struct level_spec levels[4];
	struct infer_result result;

	(void)state;
	tree(levels);
	levels[POD].usage_pages = levels[POD].limit_pages;
	result = ask(levels, RECORD_SECOND);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_int_equal(result.levels, 1u << POD);
	assert_true(result.host);
}

/* A container's growth is old and it has room; its pod's owner of a moment ago comes back. */
static void test_echo_beside_old_growth(void **state)
{
	struct level_spec levels[4];
	struct infer_result result;

	(void)state;
	tree(levels);
	hit(&levels[NODE]);
	settle(levels, NODE, RECORD_SECOND);
	levels[NODE].usage_pages /= 2;
	levels[CONTAINER].oom_events++;
	result = ask(levels, RECORD_SECOND + 1000000);
	assert_int_equal(result.answer, INFER_UNKNOWN);
	assert_int_equal(result.levels, 1u << CONTAINER | 1u << NODE);
}

/* kubelet sets memory.swap.max to 0: such a container is not full. On v1 the counter is
 * memory+swap. */
static void test_swap_limit(void **state)
{
	struct level_spec levels[4];
	struct oomwhy_victim *victim;

	(void)state;
	tree(levels);
	levels[CONTAINER].oom_events++;
	hit(&levels[NODE]);
	victim = record_victim(levels, 7, 7ULL << 32, 1, RECORD_SECOND);
	victim->chain.level[CONTAINER].swap_limit_pages = 0;
	assert_owner(infer_owner(&infer, victim, NULL, false), NODE);
	victim->chain.hierarchy = 4;
	victim->chain.level[CONTAINER].swap_usage_pages = 5000;
	victim->chain.level[CONTAINER].swap_limit_pages = 5000;
	assert_owner(infer_owner(&infer, victim, NULL, false), CONTAINER);
}

/* cgroup v1's memory.oom_control: it counts, and nobody is killed. */
static void test_disabled_killer_owns_nothing(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	hit(&levels[CONTAINER]);
	levels[CONTAINER].flags = OOMWHY_MEMCG_KILL_DISABLED;
	hit(&levels[NODE]);
	assert_owner(ask(levels, RECORD_SECOND), NODE);
}

/* More memcgs than there is room for: the oldest are forgotten, nothing breaks. */
static void test_many_memcgs(void **state)
{
	struct level_spec levels[4];

	(void)state;
	tree(levels);
	for (__u64 id = 1000; id < 1000 + 4ULL * INFER_COUNTERS_MAX; id++) {
		levels[CONTAINER].id = id;
		levels[CONTAINER].oom_events = 0;
		hit(&levels[CONTAINER]);
		assert_owner(ask(levels, id * RECORD_SECOND), CONTAINER);
		settle(levels, CONTAINER, id * RECORD_SECOND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_level, setup),
		cmocka_unit_test_setup(test_baseline, setup),
		cmocka_unit_test_setup(test_settled_growth_is_used_up, setup),
		cmocka_unit_test_setup(test_innermost_of_two, setup),
		cmocka_unit_test_setup(test_innermost_with_room_is_a_suspect, setup),
		cmocka_unit_test_setup(test_triggers_chain_decides, setup),
		cmocka_unit_test_setup(test_oom_lock_decides, setup),
		cmocka_unit_test_setup(test_oom_lock_below_a_suspect_is_no_proof, setup),
		cmocka_unit_test_setup(test_pending_growth_is_kept, setup),
		cmocka_unit_test_setup(test_old_pending_growth_is_dropped, setup),
		cmocka_unit_test_setup(test_echo_without_growth, setup),
		cmocka_unit_test_setup(test_echo_of_two, setup),
		cmocka_unit_test_setup(test_host, setup),
		cmocka_unit_test_setup(test_one_numa_node_is_short, setup),
		cmocka_unit_test_setup(test_one_numa_node_is_not_quite_short, setup),
		cmocka_unit_test_setup(test_sysrq, setup),
		cmocka_unit_test_setup(test_nothing_known_is_unknown, setup),
		cmocka_unit_test_setup(test_lowered_limit, setup),
		cmocka_unit_test_setup(test_reclaim_of_the_machine, setup),
		cmocka_unit_test_setup(test_reclaim_of_a_memcg, setup),
		cmocka_unit_test_setup(test_sysrq_needs_no_reclaim, setup),
		cmocka_unit_test_setup(test_full_alone_is_a_suspect, setup),
		cmocka_unit_test_setup(test_echo_beside_old_growth, setup),
		cmocka_unit_test_setup(test_swap_limit, setup),
		cmocka_unit_test_setup(test_disabled_killer_owns_nothing, setup),
		cmocka_unit_test_setup(test_many_memcgs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
