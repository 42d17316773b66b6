// SPDX-License-Identifier: GPL-2.0-only
/* How the index is filled: the walk over a tree of folders, and the lifecycle records. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "identify.h"
#include "names/keeper.h"
#include "names/walk.h"
#include "stream.h"

static struct keeper keeper;
static char root[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	memset(&keeper, 0, sizeof(keeper));
	index_init(&keeper.index);
	snprintf(root, sizeof(root), "/tmp/oomwhy-test-XXXXXX");
	return mkdtemp(root) ? stream_setup(state) : -1;
}

static int teardown(void **state)
{
	(void)state;
	index_free(&keeper.index);
	return nftw(root, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static const char *in_root(const char *path)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s%s", root, path);
	return buf;
}

static __u64 make_folder(const char *path)
{
	struct stat st;

	assert_int_equal(mkdir(in_root(path), 0755), 0);
	assert_int_equal(stat(in_root(path), &st), 0);
	return st.st_ino;
}

static void assert_path(__u64 id, const char *expected)
{
	char buf[512];
	size_t len = index_path(&keeper.index, id, buf, sizeof(buf) - 1);

	buf[len] = 0;
	assert_string_equal(buf, expected);
}

static void walk_finds_folders(void **state)
{
	__u64 pods = make_folder("/kubepods"), pod = make_folder("/kubepods/pod1");
	__u64 container = make_folder("/kubepods/pod1/c1"), slice = make_folder("/system.slice");
	struct stat st;
	FILE *file = fopen(in_root("/kubepods/memory.limit_in_bytes"), "w");

	(void)state;
	assert_non_null(file);
	fclose(file);
	assert_int_equal(symlink("/", in_root("/kubepods/link")), 0);
	assert_int_equal(walk_cgroups(root, &keeper.index), 0);
	assert_int_equal(stat(root, &st), 0);
	assert_path(st.st_ino, "/");
	assert_path(pods, "/kubepods");
	assert_path(pod, "/kubepods/pod1");
	assert_path(container, "/kubepods/pod1/c1");
	assert_path(slice, "/system.slice");
	assert_int_equal(index_present(&keeper.index), 5);
}

/* A hierarchy's folder may be a link to one of several controllers' (cpu,memory). */
static void walk_of_a_linked_root(void **state)
{
	__u64 pods;
	char link[128];

	(void)state;
	make_folder("/cpu,memory");
	pods = make_folder("/cpu,memory/kubepods");
	snprintf(link, sizeof(link), "%s/memory", root);
	assert_int_equal(symlink("cpu,memory", link), 0);
	assert_int_equal(walk_cgroups(link, &keeper.index), 0);
	assert_path(pods, "/kubepods");
}

/* What cannot be read must not look like an empty tree: a rescan would take all for gone. */
static void walk_of_no_root(void **state)
{
	(void)state;
	assert_int_equal(walk_cgroups(in_root("/nowhere"), &keeper.index), -ENOENT);
	fclose(fopen(in_root("/file"), "w"));
	assert_int_equal(walk_cgroups(in_root("/file"), &keeper.index), -ENOTDIR);
	assert_int_equal(index_present(&keeper.index), 0);
}

static void walk_of_a_deep_tree(void **state)
{
	char path[512] = "";
	__u64 id = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		strcat(path, "/d");
		id = make_folder(path);
	}
	assert_int_equal(walk_cgroups(root, &keeper.index), 0);
	assert_path(id, path);
	assert_int_equal(index_present(&keeper.index), 101);
}

static void no_root_there(void **state)
{
	char ret[512];

	(void)state;
	assert_int_equal(walk_find_root(root, true, ret, sizeof(ret)), -ENOENT);
	assert_int_equal(walk_find_root(root, false, ret, sizeof(ret)), -ENOENT);
	assert_int_equal(walk_find_root(root, false, ret, 8), -ENAMETOOLONG);
}

static struct oomwhy_cgroup *record(__u32 change, __u64 id, __u64 parent_id, const char *name)
{
	static struct oomwhy_cgroup ret;

	ret.header = (struct oomwhy_header){ OOMWHY_CGROUP, sizeof(ret), ++stream.sequence,
					     stream.now_ns };
	ret.id = id;
	ret.parent_id = parent_id;
	ret.change = change;
	memset(ret.name, 0, sizeof(ret.name));
	snprintf(ret.name, sizeof(ret.name), "%s", name);
	return &ret;
}

static void send(__u32 change, __u64 id, __u64 parent_id, const char *name)
{
	keeper_record(&keeper, record(change, id, parent_id, name), sizeof(struct oomwhy_cgroup));
}

static void records_keep_the_index(void **state)
{
	(void)state;
	index_put(&keeper.index, 1, 0, "");
	send(OOMWHY_CGROUP_MADE, 10, 1, "kubepods");
	send(OOMWHY_CGROUP_MADE, 20, 10, "pod1");
	assert_path(20, "/kubepods/pod1");
	send(OOMWHY_CGROUP_RENAMED, 20, 10, "pod2");
	assert_path(20, "/kubepods/pod2");
	send(OOMWHY_CGROUP_REMOVED, 20, 10, "pod2");
	send(OOMWHY_CGROUP_RELEASED, 20, 10, "pod2");
	assert_path(20, "/kubepods/pod2");
	assert_int_equal(keeper_cgroups(&keeper), 2);
	assert_false(keeper.stale);
	stream.sequence++;
	send(OOMWHY_CGROUP_MADE, 30, 10, "pod3");
	assert_true(keeper.stale);
}

/* What the kernel side could not read leads to a walk, not to a wrong path. */
static void records_that_say_less(void **state)
{
	(void)state;
	index_put(&keeper.index, 1, 0, "");
	send(OOMWHY_CGROUP_MADE, 10, 1, "");
	assert_true(keeper.stale);
	assert_path(10, "");
	keeper.stale = false;
	send(OOMWHY_CGROUP_MADE, 11, 0, "kubepods");
	assert_true(keeper.stale);
	assert_path(11, "");
}

static void garbage(void **state)
{
	struct oomwhy_cgroup *good;
	static unsigned char bytes[2 * sizeof(struct oomwhy_cgroup)];
	__u64 seed = 20260821;

	(void)state;
	for (size_t size = 0; size < sizeof(*good); size++) {
		void *copy = malloc(size ? size : 1);

		good = record(OOMWHY_CGROUP_MADE, 10, 1, "kubepods");
		memcpy(copy, good, size);
		keeper_record(&keeper, copy, size);
		free(copy);
	}
	good = record(OOMWHY_CGROUP_MADE, 10, 1, "kubepods");
	good->header.kind = OOMWHY_VICTIM;
	keeper_record(&keeper, good, sizeof(*good));
	good = record(OOMWHY_CGROUP_MADE, 10, 1, "kubepods");
	memset(good->name, 'x', sizeof(good->name));
	keeper_record(&keeper, good, sizeof(*good));
	send(77, 10, 1, "kubepods");
	assert_int_equal(keeper_cgroups(&keeper), 0);
	for (int i = 0; i < 100000; i++) {
		__u32 kind = OOMWHY_CGROUP;

		for (size_t b = 0; b < sizeof(bytes); b++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			bytes[b] = (unsigned char)(seed >> 56);
		}
		memcpy(bytes, &kind, sizeof(kind));
		bytes[offsetof(struct oomwhy_cgroup, change)] %= 6;
		memset(bytes + offsetof(struct oomwhy_cgroup, change) + 1, 0, 3);
		keeper_record(&keeper, bytes, sizeof(bytes));
	}
	assert_true(keeper.index.count <= INDEX_ENTRIES_MAX);
}

/* The kernel side read no name of the victim's memcg: the index has its path, and those above. */
static void complete_what_was_not_read(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;
	struct event *ev = &stream.got[0];

	(void)state;
	index_put(&keeper.index, 1, 0, "");
	send(OOMWHY_CGROUP_MADE, 101, 1, "kubepods");
	send(OOMWHY_CGROUP_MADE, 102, 101, "burstable");
	send(OOMWHY_CGROUP_MADE, 103, 102, "pod" STREAM_UID);
	send(OOMWHY_CGROUP_MADE, 104, 103, STREAM_CID);
	stream.sequence = 0;
	stream_tree(levels);
	stream_hit(&levels[POD]);
	victim = stream_next_victim(levels, 700, ASKER(700));
	victim->chain.level[CONTAINER].name_size = (__u32)-15;
	stream_send_victim(victim);
	assert_int_equal(stream.count, 1);
	keeper_complete(&keeper, ev);
	identify_event(ev);
	assert_string_equal(stream_text(ev, ev->incident.victim.cgroup.path), STREAM_PATH);
	assert_string_equal(stream_text(ev, ev->incident.trigger.cgroup.path), STREAM_PATH);
	assert_string_equal(stream_text(ev, ev->incident.limit_owner.cgroup.path), STREAM_POD_PATH);
	assert_string_equal(stream_text(ev, ev->incident.victim.who.container_id), STREAM_CID);
	assert_int_equal(ev->incident.limit_owner.limit_level, LIMIT_POD);
	assert_int_equal(ev->incident.memcgs[CONTAINER].limit_level, LIMIT_CONTAINER);
	assert_int_equal(ev->incident.memcgs[NODE].limit_level, LIMIT_NODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walk_finds_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(walk_of_a_linked_root, setup, teardown),
		cmocka_unit_test_setup_teardown(walk_of_no_root, setup, teardown),
		cmocka_unit_test_setup_teardown(walk_of_a_deep_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(no_root_there, setup, teardown),
		cmocka_unit_test_setup_teardown(records_keep_the_index, setup, teardown),
		cmocka_unit_test_setup_teardown(records_that_say_less, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(complete_what_was_not_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
