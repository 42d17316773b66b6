// SPDX-License-Identifier: GPL-2.0-only
/* The names that the index keeps, and the order in which they are looked up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names/index.h"

#define SECOND 1000000000ULL
#define MS 1000000ULL

static struct index idx;

static int setup(void **state)
{
	(void)state;
	index_init(&idx);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	index_free(&idx);
	return 0;
}

static void take(__u64 now_ns, __u64 expected_id, const char *expected_path)
{
	char path[256];
	size_t len = 0;

	assert_int_equal(index_take(&idx, now_ns, path, sizeof(path) - 1, &len), expected_id);
	path[len] = 0;
	assert_string_equal(path, expected_path);
}

static void put_tree(void)
{
	index_put(&idx, 1, 0, "");
	index_put(&idx, 10, 1, "kubepods");
	index_put(&idx, 20, 10, "pod1");
	index_put(&idx, 30, 20, "c1");
	index_put(&idx, 40, 30, "below");
}

static void take_all(void)
{
	char path[256];
	size_t len;

	while (index_take(&idx, 0, path, sizeof(path), &len))
		;
}

static struct container_names make_names(const char *pod, const char *container)
{
	struct container_names names = {
		.namespace_name = "shop",
		.pod_uid = "0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901",
		.image = "registry.example/cart:1",
		.restarts = 3,
		.oom_score_adj = -997,
		.is_sandbox = 0,
		.request_bytes = 4711,
		.request_error_bytes = 17,
		.pod_request_bytes = 5000,
		.request_source = REQUEST_OOM_SCORE_ADJ,
		.source = IDENTITY_BUNDLE,
	};

	snprintf(names.pod_name, sizeof(names.pod_name), "%s", pod);
	snprintf(names.container_name, sizeof(names.container_name), "%s", container);
	return names;
}

static void assert_same(const struct container_names *a, const struct container_names *b)
{
	assert_string_equal(a->namespace_name, b->namespace_name);
	assert_string_equal(a->pod_name, b->pod_name);
	assert_string_equal(a->pod_uid, b->pod_uid);
	assert_string_equal(a->container_name, b->container_name);
	assert_string_equal(a->image, b->image);
	assert_true(a->restarts == b->restarts && a->oom_score_adj == b->oom_score_adj);
	assert_true(a->is_sandbox == b->is_sandbox);
	assert_true(a->request_bytes == b->request_bytes);
	assert_true(a->request_error_bytes == b->request_error_bytes);
	assert_true(a->pod_request_bytes == b->pod_request_bytes);
	assert_true(a->request_source == b->request_source && a->source == b->source);
}

static void kept_as_they_are(void **state)
{
	struct container_names names = make_names("cart-0", "cart"), got;

	(void)state;
	put_tree();
	assert_false(index_names(&idx, 30, 0, &got));
	index_keep(&idx, 40, 1, &names);
	assert_true(index_names(&idx, 30, 0, &got));
	assert_same(&got, &names);
	assert_true(index_names(&idx, 40, 1, &got));
	assert_same(&got, &names);
	/* Neither the cgroup below nor the pod has them. */
	assert_false(index_names(&idx, 40, 0, &got));
	assert_false(index_names(&idx, 40, 2, &got));
	/* Nor does anything beyond the root, or unknown. */
	assert_false(index_names(&idx, 40, 5, &got));
	assert_false(index_names(&idx, 40, -1, &got));
	assert_false(index_names(&idx, 99, 0, &got));
	index_keep(&idx, 99, 0, &names);
	index_keep(&idx, 40, 17, &names);
	names = make_names("cart-1", "");
	index_keep(&idx, 30, 0, &names);
	assert_true(index_names(&idx, 30, 0, &got));
	assert_same(&got, &names);
}

static void longest_names(void **state)
{
	struct container_names names, got;

	(void)state;
	put_tree();
	memset(&names, 'x', sizeof(names)); /* not even ended */
	names.source = IDENTITY_PATH;
	names.request_source = REQUEST_NONE;
	index_keep(&idx, 30, 0, &names);
	assert_true(index_names(&idx, 30, 0, &got));
	assert_int_equal(strlen(got.namespace_name), sizeof(got.namespace_name) - 1);
	assert_int_equal(strlen(got.pod_name), sizeof(got.pod_name) - 1);
	assert_int_equal(strlen(got.pod_uid), sizeof(got.pod_uid) - 1);
	assert_int_equal(strlen(got.container_name), sizeof(got.container_name) - 1);
	assert_int_equal(strlen(got.image), sizeof(got.image) - 1);
	memset(&names, 0, sizeof(names));
	index_keep(&idx, 30, 0, &names);
	assert_true(index_names(&idx, 30, 0, &got));
	assert_same(&got, &names);
}

static void removed_keep_their_names(void **state)
{
	struct container_names names = make_names("cart-0", "cart"), got;

	(void)state;
	put_tree();
	index_keep(&idx, 30, 0, &names);
	index_remove(&idx, 30, 5 * SECOND);
	index_expire(&idx, 5 * SECOND + INDEX_REMOVED_NS);
	assert_true(index_names(&idx, 30, 0, &got));
	assert_same(&got, &names);
	assert_true(idx.names_bytes > 0 && idx.names_bytes < 256);
	index_expire(&idx, 5 * SECOND + INDEX_REMOVED_NS + 1);
	assert_false(index_names(&idx, 30, 0, &got));
	assert_int_equal(idx.names_bytes, 0);
	/* The same number, another cgroup: not the old one's names. */
	index_keep(&idx, 20, 0, &names);
	index_put(&idx, 20, 10, "pod2");
	assert_false(index_names(&idx, 20, 0, &got));
	assert_int_equal(idx.names_bytes, 0);
}

/* What is there matters more than what was; and what has no room is counted. */
static void names_are_bounded(void **state)
{
	struct container_names names, got;
	char name[32];
	__u64 id, kept = 0;

	(void)state;
	memset(&names, 'x', sizeof(names));
	index_put(&idx, 1, 0, "");
	for (id = 1000; id < 31000; id++) {
		snprintf(name, sizeof(name), "c%llu", id);
		index_put(&idx, id, 1, name);
		if (id < 3000)
			index_remove(&idx, id, SECOND);
		index_keep(&idx, id, 0, &names);
		assert_true(idx.names_bytes <= INDEX_NAMES_BYTES_MAX);
	}
	assert_int_equal(idx.removed, 0);
	for (id = 3000; id < 31000; id++)
		kept += index_names(&idx, id, 0, &got);
	assert_true(kept > 10000 && kept < 28000);
	assert_int_equal(idx.refused, 28000 - kept);
	assert_int_equal(index_present(&idx), 28001);
}

/* The newest first: its files may soon be gone. */
static void fresh_ones(void **state)
{
	(void)state;
	assert_true(index_due_ns(&idx) == NOT_KNOWN);
	put_tree();
	assert_int_equal(index_due_ns(&idx), 0);
	take(0, 40, "/kubepods/pod1/c1/below");
	index_put(&idx, 50, 20, "c2");
	take(0, 50, "/kubepods/pod1/c2");
	take(0, 30, "/kubepods/pod1/c1");
	index_put(&idx, 30, 20, "c1"); /* known: as it was */
	take(0, 20, "/kubepods/pod1");
	take(0, 10, "/kubepods");
	take(0, 1, "/");
	take(0, 0, "");
	assert_true(index_due_ns(&idx) == NOT_KNOWN);
	index_put(&idx, 30, 20, "renamed");
	take(0, 30, "/kubepods/pod1/renamed");
	index_put(&idx, 61, 60, "orphan");
	take(0, 61, "");
}

/* Each time after a longer pause, then no more. */
static void again(void **state)
{
	static const __u64 pauses_ns[] = { 20 * MS, 100 * MS, SECOND, 10 * SECOND };
	__u64 now_ns = SECOND;

	(void)state;
	put_tree();
	take_all();
	for (int i = 0; i < 4; i++) {
		index_again(&idx, 30, now_ns);
		now_ns += pauses_ns[i];
		assert_true(index_due_ns(&idx) == now_ns);
		take(now_ns - 1, 0, "");
		take(now_ns, 30, "/kubepods/pod1/c1");
	}
	index_again(&idx, 30, now_ns);
	index_again(&idx, 99, now_ns);
	assert_true(index_due_ns(&idx) == NOT_KNOWN);
}

/* What is gone comes last, once; and what is there again is as new. */
static void removed_come_last(void **state)
{
	(void)state;
	put_tree();
	take_all();
	index_again(&idx, 20, SECOND);
	index_put(&idx, 50, 20, "c2");
	index_put(&idx, 51, 20, "c3");
	index_remove(&idx, 51, SECOND);
	index_again(&idx, 30, SECOND);
	index_remove(&idx, 30, SECOND);
	take(SECOND + 20 * MS, 50, "/kubepods/pod1/c2");
	take(SECOND + 20 * MS, 20, "/kubepods/pod1");
	take(SECOND + 20 * MS, 51, "/kubepods/pod1/c3");
	index_again(&idx, 51, SECOND);
	index_put(&idx, 52, 20, "c4");
	index_put(&idx, 30, 20, "c1");
	take(SECOND, 30, "/kubepods/pod1/c1");
	take(SECOND, 52, "/kubepods/pod1/c4");
	take(100 * SECOND, 0, "");
	/* Forgotten while it waits. */
	index_put(&idx, 53, 20, "c5");
	index_remove(&idx, 53, SECOND);
	index_expire(&idx, 2 * INDEX_REMOVED_NS);
	take(100 * SECOND, 0, "");
}

/* What has names is looked up once more, after all that has none. */
static void refreshed(void **state)
{
	struct container_names names = make_names("cart-0", "cart");

	(void)state;
	put_tree();
	take_all();
	index_keep(&idx, 30, 0, &names);
	index_keep(&idx, 20, 0, &names);
	index_remove(&idx, 20, SECOND);
	index_put(&idx, 50, 10, "pod2");
	index_refresh(&idx);
	index_refresh(&idx);
	take(0, 50, "/kubepods/pod2");
	take(0, 30, "/kubepods/pod1/c1");
	take(0, 0, "");
}

static __u64 seed = 20261125;

static __u32 random_number(__u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (__u32)(seed >> 33) % below;
}

static void do_something(__u64 now_ns)
{
	struct container_names names = make_names("cart-0", "cart");
	__u64 id = 2 + random_number(50);
	char name[16], path[256];
	size_t len;

	switch (random_number(8)) {
	case 0:
	case 1:
		snprintf(name, sizeof(name), "c%u", random_number(3));
		index_put(&idx, id, 1, name);
		break;
	case 2:
		index_remove(&idx, id, now_ns);
		break;
	case 3:
		index_again(&idx, id, now_ns);
		break;
	case 4:
		index_keep(&idx, id, 0, &names);
		break;
	case 5:
		index_take(&idx, now_ns, path, sizeof(path), &len);
		break;
	case 7:
		if (!random_number(20))
			index_refresh(&idx);
		break;
	case 6:
		index_expire(&idx, now_ns + (random_number(50) ? 0 : INDEX_REMOVED_NS));
		break;
	}
}

/* Whatever the order, each cgroup waits at most once, and none that is forgotten does. */
static void any_order(void **state)
{
	char path[256];
	size_t len, waiting = 0;
	__u64 id;

	(void)state;
	index_put(&idx, 1, 0, "");
	for (__u64 i = 0; i < 200000; i++)
		do_something(i * MS);
	while ((id = index_take(&idx, NOT_KNOWN - 1, path, sizeof(path), &len))) {
		assert_true(index_knows(&idx, id));
		waiting++;
	}
	assert_true(waiting <= idx.count);
	assert_true(index_due_ns(&idx) == NOT_KNOWN);
	index_expire(&idx, NOT_KNOWN - 1);
	assert_int_equal(idx.count, index_present(&idx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kept_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(longest_names, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_keep_their_names, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(fresh_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(again, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_come_last, setup, teardown),
		cmocka_unit_test_setup_teardown(refreshed, setup, teardown),
		cmocka_unit_test_setup_teardown(any_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
