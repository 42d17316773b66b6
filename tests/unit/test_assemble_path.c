// SPDX-License-Identifier: GPL-2.0-only
/* The paths of an incident where the kernel side could not read all of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "identify.h"
#include "stream.h"

#define VICTIM 700
#define UNREAD ((__u32)-15) /* what a failed read leaves: -EFAULT - 1 */

static const char *path_of(size_t n, struct text text)
{
	return stream_text(&stream.got[n], text);
}

static struct incident *incident(size_t n)
{
	assert_in_range(n, 0, stream.count - 1);
	return &stream.got[n].incident;
}

/* At the container's limit, with one level's name not read. */
static void kill_with_unread_name(int level, __u32 name_size)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;

	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.level[level].name_size = name_size;
	memset(victim->chain.level[level].name, 0, OOMWHY_NAME_SIZE);
	stream_send_victim(victim);
}

/* A path with a hole would be another cgroup's: none is given, the ids stay. */
static void names_not_read(void **state)
{
	static const __u32 sizes[] = { UNREAD, 256, 257, 0xffffffff };

	for (int level = CONTAINER; level <= ROOT; level++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			stream_setup(state);
			kill_with_unread_name(level, sizes[i]);
			assert_int_equal(stream.count, 1);
			identify_event(&stream.got[0]);
			assert_int_equal(incident(0)->victim.cgroup.path.len, 0);
			assert_int_equal(incident(0)->victim.cgroup.id, 104);
			assert_int_equal(incident(0)->limit_owner.cgroup.id, 104);
			assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_NONE);
			assert_int_equal(incident(0)->limit_owner.limit_bytes,
					 STREAM_PAGES * 4096ULL);
			assert_int_equal(incident(0)->memcgs_count, STREAM_LEVELS);
			for (int n = 0; n < STREAM_LEVELS; n++)
				assert_int_equal(incident(0)->memcgs[n].limit_level, LIMIT_NONE);
		}
	}
}

/* The decision could read the owner's path, the victim's record could not: it stays. */
static void owner_of_the_decision_stays(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], VICTIM, ASKER(VICTIM));
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.level[CONTAINER].name_size = UNREAD;
	stream_send_victim(victim);
	stream_end();
	assert_string_equal(path_of(0, incident(0)->limit_owner.cgroup.path), STREAM_POD_PATH);
	assert_int_equal(incident(0)->victim.cgroup.path.len, 0);
}

static void children_without_names(void **state)
{
	static const struct level_spec none[] = { { "x", 9, 1, 0, 0, 0 }, { "", 0, 0, 0, 0, 0 } };
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_children *children;

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[POD]);
	children = record_children(none, 103, ASKER(VICTIM), ++stream.sequence, stream.now_ns);
	children->child[0].name_size = UNREAD;
	memset(children->child[0].name, 'y', OOMWHY_NAME_SIZE);
	stream_send(children, children->header.size);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	assert_int_equal(incident(0)->children_count, 1);
	assert_int_equal(incident(0)->children[0].name.len, 0);
	assert_int_equal(incident(0)->children[0].id, 9);
}

/* The workload nests its cgroups deeper than a record holds: the pod is still found. */
static void skipped_levels(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1] = { { "deep", 990, 10, 0, 0, 0 } };
	struct oomwhy_victim *victim;
	struct event *ev = &stream.got[0];

	(void)state;
	stream_tree(levels + 1);
	stream_hit(&levels[1 + POD]);
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.skipped = 7;
	stream_send_victim(victim);
	assert_int_equal(stream.count, 1);
	identify_event(ev);
	assert_string_equal(path_of(0, incident(0)->victim.cgroup.path), STREAM_PATH "/.../deep");
	assert_string_equal(path_of(0, incident(0)->memcgs[1].path), STREAM_PATH);
	assert_int_equal(incident(0)->memcgs_omitted, 7);
	assert_int_equal(incident(0)->memcgs[0].limit_level, LIMIT_NESTED);
	assert_int_equal(incident(0)->memcgs[1].limit_level, LIMIT_CONTAINER);
	assert_int_equal(incident(0)->memcgs[2].limit_level, LIMIT_POD);
	assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_POD);
	assert_string_equal(path_of(0, incident(0)->victim.who.container_id), STREAM_CID);
	assert_string_equal(path_of(0, incident(0)->victim.who.pod_uid), STREAM_UID);
}

static void owner_among_the_skipped(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1] = { { "deep", 990, 10, 0, 0, 0 } };
	struct level_spec owner[STREAM_LEVELS + 1] = { { "middle", 980, 500, 500, 1, 0 } };
	struct oomwhy_victim *victim;

	(void)state;
	stream_tree(levels + 1);
	stream_tree(owner + 1);
	stream_decision(owner, VICTIM, ASKER(VICTIM));
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.skipped = 1;
	stream_send_victim(victim);
	stream_end();
	identify_event(&stream.got[0]);
	assert_string_equal(path_of(0, incident(0)->limit_owner.cgroup.path),
			    STREAM_PATH "/middle");
	assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_NESTED);
	assert_int_equal(incident(0)->limit_owner.limit_bytes, 500 * 4096);
}

/* Deeper than anybody looks: what is there could be anything. */
static void root_not_reached(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.unreached = 1;
	stream_send_victim(victim);
	assert_int_equal(stream.count, 1);
	identify_event(&stream.got[0]);
	assert_int_equal(incident(0)->victim.cgroup.path.len, 0);
	assert_int_equal(incident(0)->limit_owner.cgroup.path.len, 0);
	assert_int_equal(incident(0)->limit_owner.cgroup.id, 104);
	assert_int_equal(incident(0)->memcgs[POD].limit_level, LIMIT_NONE);
}

static void in_the_root(void **state)
{
	static const struct level_spec root[] = { { "", 1, 10, 0, 0, 0 } };

	(void)state;
	stream_victim(root, VICTIM, ASKER(VICTIM));
	assert_int_equal(stream.count, 1);
	assert_string_equal(path_of(0, incident(0)->victim.cgroup.path), "/");
	assert_string_equal(path_of(0, incident(0)->memcgs[0].path), "/");
}

/* Its own depth counts for a level, not its place in the list. */
static void docker_desktop(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1];

	(void)state;
	stream_tree(levels);
	levels[ROOT] = (struct level_spec){ "kubepods", 100, 10, 20, 0, 0 };
	levels[ROOT + 1] = (struct level_spec){ "", 1, 10, 0, 0, 0 };
	stream_hit(&levels[ROOT]);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	identify_event(&stream.got[0]);
	assert_string_equal(path_of(0, incident(0)->limit_owner.cgroup.path), "/kubepods");
	assert_int_equal(incident(0)->limit_owner.limit_level, LIMIT_SLICE);
	assert_int_equal(incident(0)->memcgs[NODE].limit_level, LIMIT_NODE);
}

/* Names as long as they can be, at every level and of every victim: each path is whole or not
 * there, and the sentences written last still have room. */
static void more_text_than_there_is_room_for(void **state)
{
	static char names[15][OOMWHY_NAME_SIZE];
	struct level_spec levels[16] = { 0 };

	(void)state;
	for (int i = 0; i < 15; i++) {
		snprintf(names[i], sizeof(names[i]), "%0255d", i);
		levels[i] = (struct level_spec){ names[i], 100 + i, 10, 20, 0, 0 };
	}
	levels[15] = (struct level_spec){ "", 1, 10, 0, 0, 0 };
	levels[14].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[14]);
	for (__u32 v = 0; v < 20; v++) {
		snprintf(names[0], sizeof(names[0]), "%0255u", 1000 + v);
		stream_victim(levels, VICTIM + v, ASKER(VICTIM));
	}
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 1);
	assert_int_equal(incident(0)->victim.cgroup.path.len, 15 * 256);
	assert_int_equal(stream.got[0].text_cut, 1);
	for (__u64 i = 0; i < incident(0)->other_victims_count; i++) {
		struct text path = incident(0)->other_victims[i].cgroup.path;

		assert_true(path.len == 0 || path.len == 15 * 256);
	}
	assert_true(EVENT_TEXT_MAX - stream.got[0].text_len >= 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_not_read, stream_setup),
		cmocka_unit_test_setup(owner_of_the_decision_stays, stream_setup),
		cmocka_unit_test_setup(children_without_names, stream_setup),
		cmocka_unit_test_setup(skipped_levels, stream_setup),
		cmocka_unit_test_setup(owner_among_the_skipped, stream_setup),
		cmocka_unit_test_setup(root_not_reached, stream_setup),
		cmocka_unit_test_setup(in_the_root, stream_setup),
		cmocka_unit_test_setup(docker_desktop, stream_setup),
		cmocka_unit_test_setup(more_text_than_there_is_room_for, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
