// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names/index.h"

#define SECOND 1000000000ULL

static struct index idx;

static int setup(void **state)
{
	(void)state;
	index_init(&idx);
	index_put(&idx, 1, 0, "");
	index_put(&idx, 10, 1, "kubepods");
	index_put(&idx, 20, 10, "pod1");
	index_put(&idx, 30, 20, "c1");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	index_free(&idx);
	return 0;
}

static void assert_path(__u64 id, const char *expected)
{
	char buf[512];
	size_t len = index_path(&idx, id, buf, sizeof(buf) - 1);

	buf[len] = 0;
	assert_string_equal(buf, expected);
}

static void paths(void **state)
{
	(void)state;
	assert_path(1, "/");
	assert_path(10, "/kubepods");
	assert_path(30, "/kubepods/pod1/c1");
	assert_path(31, "");
	assert_path(0, "");
	assert_path(~0ULL, "");
	assert_int_equal(index_present(&idx), 4);
}

static __u64 id_of(const char *path)
{
	return index_id(&idx, path, strlen(path));
}

/* The other way round; of two that had a path, the one that has it. */
static void ids(void **state)
{
	(void)state;
	assert_int_equal(id_of("/"), 1);
	assert_int_equal(id_of("/kubepods"), 10);
	assert_int_equal(id_of("/kubepods/pod1/c1"), 30);
	assert_int_equal(id_of("/c1"), 0);
	assert_int_equal(id_of("c1"), 0);
	assert_int_equal(id_of("/x/kubepods/pod1/c1"), 0);
	assert_int_equal(id_of("/kubepods/pod1/c1/"), 0);
	assert_int_equal(id_of("/kubepods/pod1/xc1"), 0);
	assert_int_equal(index_id(&idx, "", 0), 0);
	index_remove(&idx, 30, SECOND);
	assert_int_equal(id_of("/kubepods/pod1/c1"), 30);
	index_put(&idx, 31, 20, "c1");
	assert_int_equal(id_of("/kubepods/pod1/c1"), 31);
	index_remove(&idx, 31, 2 * SECOND);
	assert_int_equal(id_of("/kubepods/pod1/c1"), 31);
}

static void small_buffers(void **state)
{
	static const char expected[] = "/kubepods/pod1/c1";
	char buf[64];

	(void)state;
	for (size_t size = 0; size < sizeof(expected) - 1; size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(index_path(&idx, 30, buf, size), 0);
		assert_int_equal(buf[size], '#');
	}
	assert_int_equal(index_path(&idx, 30, buf, sizeof(expected) - 1), sizeof(expected) - 1);
	assert_memory_equal(buf, expected, sizeof(expected) - 1);
	assert_int_equal(index_path(&idx, 1, buf, 0), 0);
	assert_int_equal(index_path(&idx, 1, buf, 1), 1);
}

/* Gone, but it may have been the last victim's. */
static void removed_stay_known(void **state)
{
	(void)state;
	index_remove(&idx, 30, 5 * SECOND);
	index_remove(&idx, 30, 7 * SECOND);
	index_remove(&idx, 99, 7 * SECOND);
	index_remove(&idx, 20, 6 * SECOND);
	assert_path(30, "/kubepods/pod1/c1");
	assert_int_equal(index_present(&idx), 2);
	index_expire(&idx, 5 * SECOND + INDEX_REMOVED_NS);
	assert_path(30, "/kubepods/pod1/c1");
	index_expire(&idx, 5 * SECOND + INDEX_REMOVED_NS + 1);
	assert_path(30, "");
	assert_path(20, "/kubepods/pod1");
	index_expire(&idx, 7 * SECOND + INDEX_REMOVED_NS);
	assert_path(20, "");
	assert_int_equal(index_present(&idx), 2);
	assert_int_equal(idx.count, 2);
}

static void added_again(void **state)
{
	(void)state;
	index_remove(&idx, 30, SECOND);
	index_put(&idx, 30, 20, "c1");
	index_expire(&idx, 100 * INDEX_REMOVED_NS);
	assert_path(30, "/kubepods/pod1/c1");
	/* The number again, another cgroup. */
	index_remove(&idx, 30, SECOND);
	index_put(&idx, 30, 10, "c2");
	index_expire(&idx, 100 * INDEX_REMOVED_NS);
	assert_path(30, "/kubepods/c2");
	assert_int_equal(index_present(&idx), 4);
	assert_int_equal(idx.removed, 0);
}

static void renamed(void **state)
{
	(void)state;
	index_put(&idx, 20, 10, "pod2");
	assert_path(30, "/kubepods/pod2/c1");
	assert_int_equal(index_present(&idx), 4);
}

static void damaged_parents(void **state)
{
	(void)state;
	index_put(&idx, 40, 41, "a");
	index_put(&idx, 41, 40, "b");
	index_put(&idx, 42, 42, "self");
	index_put(&idx, 43, 999, "orphan");
	assert_path(40, "");
	assert_path(41, "");
	assert_path(42, "");
	assert_path(43, "");
	/* Its parent comes later. */
	index_put(&idx, 999, 10, "late");
	assert_path(43, "/kubepods/late/orphan");
}

/* An endless way is left, even one that takes no room in the buffer. */
static void loop_of_empty_names(void **state)
{
	static char buf[1 << 16];

	(void)state;
	index_put(&idx, 50, 51, "");
	index_put(&idx, 51, 50, "");
	assert_int_equal(index_path(&idx, 50, buf, sizeof(buf)), 0);
}

static void rescan(void **state)
{
	(void)state;
	index_put(&idx, 31, 20, "c2");
	index_remove(&idx, 31, SECOND);
	index_rescan_begin(&idx);
	index_put(&idx, 1, 0, "");
	index_put(&idx, 10, 1, "kubepods");
	index_put(&idx, 60, 10, "pod6");
	index_rescan_end(&idx, 2 * SECOND);
	assert_int_equal(index_present(&idx), 3);
	assert_path(60, "/kubepods/pod6");
	assert_path(30, "/kubepods/pod1/c1");
	index_expire(&idx, 2 * SECOND + INDEX_REMOVED_NS + 1);
	assert_path(30, "");
	assert_path(31, "");
	assert_int_equal(idx.count, 3);
	/* A second one finds the same. */
	index_rescan_begin(&idx);
	index_put(&idx, 1, 0, "");
	index_put(&idx, 10, 1, "kubepods");
	index_put(&idx, 60, 10, "pod6");
	index_rescan_end(&idx, 3 * SECOND);
	assert_int_equal(index_present(&idx), 3);
}

static void put_many(__u64 first, __u64 count)
{
	char name[32];

	for (__u64 id = first; id < first + count; id++) {
		snprintf(name, sizeof(name), "c%llu", id);
		index_put(&idx, id, 10, name);
	}
}

static void more_than_there_is_room_for(void **state)
{
	const size_t room = INDEX_ENTRIES_MAX - 4;

	(void)state;
	put_many(1000, 70000);
	assert_int_equal(index_present(&idx), INDEX_ENTRIES_MAX);
	assert_int_equal(idx.refused, 70000 - room);
	assert_path(1000, "/kubepods/c1000");
	assert_path(1000 + room - 1, "/kubepods/c66531");
	assert_path(1000 + room, "");
	/* Those that are there can still be renamed, and what is gone makes room. */
	index_put(&idx, 1000, 10, "renamed");
	assert_path(1000, "/kubepods/renamed");
	index_remove(&idx, 1001, SECOND);
	index_remove(&idx, 1002, SECOND);
	index_put(&idx, 500000, 10, "fresh");
	assert_path(500000, "/kubepods/fresh");
	assert_path(1001, "");
	assert_path(1002, "/kubepods/c1002");
	assert_int_equal(idx.count, INDEX_ENTRIES_MAX);
	assert_int_equal(idx.refused, 70000 - room);
}

/* Put again what is about to make room for itself. */
static void full_of_removed(void **state)
{
	(void)state;
	put_many(1000, INDEX_ENTRIES_MAX - 4);
	index_remove(&idx, 1000, SECOND);
	index_put(&idx, 1000, 10, "again");
	assert_path(1000, "/kubepods/again");
	assert_int_equal(index_present(&idx), INDEX_ENTRIES_MAX);
	assert_int_equal(idx.removed, 0);
}

static void removed_are_bounded(void **state)
{
	(void)state;
	put_many(1000, 40000);
	for (__u64 id = 1000; id < 41000; id++)
		index_remove(&idx, id, SECOND + id);
	index_expire(&idx, 2 * SECOND);
	assert_int_equal(idx.removed, INDEX_REMOVED_MAX);
	assert_int_equal(idx.count, INDEX_REMOVED_MAX + 4);
	/* The oldest went. */
	assert_path(41000 - INDEX_REMOVED_MAX - 1, "");
	assert_path(40999, "/kubepods/c40999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths, setup, teardown),
		cmocka_unit_test_setup_teardown(ids, setup, teardown),
		cmocka_unit_test_setup_teardown(small_buffers, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_stay_known, setup, teardown),
		cmocka_unit_test_setup_teardown(added_again, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(loop_of_empty_names, setup, teardown),
		cmocka_unit_test_setup_teardown(rescan, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_there_is_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(full_of_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_are_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
