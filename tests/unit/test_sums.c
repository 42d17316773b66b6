/* SPDX-License-Identifier: GPL-2.0-only */
/* What oomwhy has told, as the kernel counts it: tests/kills/sums.c. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kills/line.c"
#include "kills/sums.c"

#define MEMCGS "\"memcgs\":[{\"path\":\"/pods/a\",\"id\":3},{\"path\":\"/pods\",\"id\":2}]"
#define VICTIM(path, counted) "{\"counted\":" counted ",\"cgroup\":{\"path\":\"" path "\"}}"
#define SINGLE(counted) \
	"{\"type\":\"oom_kill\",\"victim\":" VICTIM("/pods/a", counted) "," MEMCGS "}"
/* Four of a group, two of them in a cgroup below; one more that does not count. */
#define OTHERS                 \
	VICTIM("/pods/a", "1") \
	"," VICTIM("/pods/a/x", "1") "," VICTIM("/pods/a", "1") "," VICTIM("/pods/a", "0")
#define GROUP                                        \
	"{\"type\":\"oom_kill\",\"victim\":" VICTIM( \
		"/pods/a/x", "2") ",\"other_victims\":[" OTHERS "]," MEMCGS "}"

static const struct cgroup pods = { .path = "/pods", .id = 2 };
static const struct cgroup a = { .path = "/pods/a", .id = 3 };
static const struct cgroup x = { .path = "/pods/a/x", .id = 4 };
static const struct cgroup ab = { .path = "/pods/ab", .id = 5 };
static int64_t counted, counted_below, counted_machine;

int64_t cgroup_oom_kills(const struct hierarchy *h, const struct cgroup *cg)
{
	(void)h, (void)cg;
	return counted;
}

int64_t cgroup_oom_kills_below(const struct hierarchy *h, const struct cgroup *cg)
{
	(void)h, (void)cg;
	return counted_below;
}

int64_t machine_oom_kills(void)
{
	return counted_machine;
}

json_t *tracer_line(struct tracer *t, int timeout_ms)
{
	(void)t, (void)timeout_ms;
	return NULL;
}

void tracer_print(struct tracer *t)
{
	(void)t;
}

static int told(const char *text, const struct cgroup *cg, enum reach reach)
{
	json_t *line = json_loads(text, 0, NULL);
	int n;

	assert_non_null(line);
	n = told_by(line, cg, reach);
	json_decref(line);
	return n;
}

static void test_single(void **state)
{
	(void)state;
	assert_int_equal(told(SINGLE("1"), &a, OWN), 1);
	assert_int_equal(told(SINGLE("1"), &a, BELOW), 1);
	assert_int_equal(told(SINGLE("1"), &pods, OWN), 0);
	assert_int_equal(told(SINGLE("1"), &pods, BELOW), 1);
	assert_int_equal(told(SINGLE("1"), &ab, BELOW), 0);
	assert_int_equal(told(SINGLE("0"), &a, BELOW), 0);
}

static void test_group(void **state)
{
	(void)state;
	assert_int_equal(told(GROUP, &a, BELOW), 5); /* the first one twice */
	assert_int_equal(told(GROUP, &a, OWN), 2);
	assert_int_equal(told(GROUP, &x, OWN), 3);
	assert_int_equal(told(GROUP, &pods, BELOW), 5);
}

/* An earlier case's cgroup had the same name. */
static void test_another(void **state)
{
	struct cgroup later = { .path = "/pods", .id = 20 };

	(void)state;
	assert_int_equal(told(SINGLE("1"), &later, BELOW), 0);
}

static void test_differs(void **state)
{
	struct fixture fx = { .kills_base = 100 };
	char why[256];

	(void)state;
	fx.tracer.seen = json_array();
	json_array_append_new(fx.tracer.seen, json_loads(GROUP, 0, NULL));
	json_array_append_new(fx.tracer.seen, json_loads("{\"type\":\"loss\"}", 0, NULL));
	counted = 2;
	counted_below = 5;
	assert_false(cgroup_differs(&fx, &a, why, sizeof(why)));
	counted_below = 6;
	assert_true(cgroup_differs(&fx, &a, why, sizeof(why)));
	counted_below = -ENODATA; /* cgroup v1 */
	assert_false(cgroup_differs(&fx, &a, why, sizeof(why)));
	counted = 1;
	assert_true(cgroup_differs(&fx, &a, why, sizeof(why)));
	counted = -EACCES;
	assert_true(cgroup_differs(&fx, &a, why, sizeof(why)));
	assert_false(cgroup_differs(&fx, NULL, why, sizeof(why)));

	fx.tracer.counted = 5;
	counted_machine = 105;
	assert_false(machine_differs(&fx, why, sizeof(why)));
	counted_machine = 104;
	assert_true(machine_differs(&fx, why, sizeof(why)));
	json_decref(fx.tracer.seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_another),
		cmocka_unit_test(test_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
