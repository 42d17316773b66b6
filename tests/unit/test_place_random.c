/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place, on random paths that are built by the rules of those who make them (gen_paths), whole, at
 * every prefix, and damaged. OOMWHY_TEST_SEED repeats a run, OOMWHY_TEST_PATHS sets its length.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen_paths.h"
#include "place.h"
#include "place_checks.h"

static uint64_t start_seed(void)
{
	const char *text = getenv("OOMWHY_TEST_SEED");

	return text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
}

static int path_count(void)
{
	const char *text = getenv("OOMWHY_TEST_PATHS");

	return text ? atoi(text) : 40000;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->level == b->level && a->qos == b->qos && a->runtime == b->runtime &&
	       a->depth == b->depth && a->node_depth == b->node_depth &&
	       a->qos_depth == b->qos_depth && a->pod_depth == b->pod_depth &&
	       a->container_depth == b->container_depth && a->static_pod == b->static_pod &&
	       a->monitor == b->monitor && strcmp(a->pod_uid, b->pod_uid) == 0 &&
	       strcmp(a->container_id, b->container_id) == 0;
}

/* A copy of exactly these bytes, so that the sanitizer sees a read beyond them. */
static void place_exact(const char *path, size_t len, struct place *ret)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, path, len);
	place_path(copy, len, ret);
	free(copy);
}

static void check_generated(const struct gen_path *g, uint64_t seed)
{
	struct place p, prefix;

	place_exact(g->path, g->len, &p);
	check_invariants(&p);
	if (!same_place(&p, &g->want))
		fail_msg("seed %llu: %s: %s, qos %s, runtime %s, depths %d %d %d %d of %d, pod %s, "
			 "container %s",
			 (unsigned long long)seed, g->path, limit_level_name(p.level),
			 qos_class_name(p.qos), runtime_name(p.runtime), p.node_depth, p.qos_depth,
			 p.pod_depth, p.container_depth, p.depth, p.pod_uid, p.container_id);
	for (int i = 0; i <= p.depth; i++) {
		enum limit_level alone = i == g->twin_root && i > 0 ? LIMIT_NODE : g->at[i];

		place_exact(g->path, g->end[i], &prefix);
		check_invariants(&prefix);
		if (place_level_at(&p, i) != g->at[i] || prefix.level != alone)
			fail_msg("seed %llu: %s: component %d: %s, alone %s, should be %s",
				 (unsigned long long)seed, g->path, i,
				 limit_level_name(place_level_at(&p, i)),
				 limit_level_name(prefix.level), limit_level_name(g->at[i]));
	}
}

static void test_generated(void **state)
{
	uint64_t random = start_seed();
	struct gen_path g;

	(void)state;
	for (int i = path_count(); i > 0; i--) {
		uint64_t seed = random;

		gen_path(&random, &g);
		check_generated(&g, seed);
	}
}

/* Damaged paths may mean anything, but must not break anything. */
static void test_damaged(void **state)
{
	uint64_t random = start_seed();
	struct gen_path g;
	struct place p;

	(void)state;
	for (int i = path_count(); i > 0; i--) {
		gen_path(&random, &g);
		for (uint32_t n = gen_below(&random, 4); n > 0 && g.len > 0; n--) {
			size_t at = gen_below(&random, (uint32_t)g.len);

			g.path[at] = gen_below(&random, 3) ? (char)gen_below(&random, 256) : '/';
			if (gen_below(&random, 4) == 0)
				g.len = at;
		}
		place_exact(g.path, g.len, &p);
		check_invariants(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
