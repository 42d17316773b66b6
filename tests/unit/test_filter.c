// SPDX-License-Identifier: GPL-2.0-only
/* Which kills and stalls a filter shows; what is not known is not dropped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "filter.h"
#include "fixtures.h"

static struct event event;
static struct filter filter;

static int setup(void **state)
{
	(void)state;
	memset(&filter, 0, sizeof(filter));
	return 0;
}

/* Of shop/cart-7d9f8c6b5-x2x7q [cart], level container: is it shown? */
static bool shows_cart(void)
{
	fixture_build("container_trap", &event);
	return filter_shows(&filter, &event);
}

static bool shows(const char *fixture)
{
	fixture_build(fixture, &event);
	return filter_shows(&filter, &event);
}

static bool cart_with(struct filter_names *names, const char *name)
{
	setup(NULL);
	assert_true(filter_add(names, name));
	assert_true(filter_is_set(&filter));
	return shows_cart();
}

static void no_filter(void **state)
{
	(void)state;
	assert_false(filter_is_set(&filter));
	for (size_t i = 0; i < fixtures_count; i++)
		assert_true(shows(fixtures[i].name));
}

static void names_of_the_victim(void **state)
{
	(void)state;
	assert_true(cart_with(&filter.namespaces, "shop"));
	assert_false(cart_with(&filter.namespaces, "sho"));
	assert_false(cart_with(&filter.namespaces, "shopp"));
	assert_true(cart_with(&filter.pods, "shop/cart-7d9f8c6b5-x2x7q"));
	assert_true(cart_with(&filter.pods, "cart-7d9f8c6b5-x2x7q"));
	assert_false(cart_with(&filter.pods, "ml/cart-7d9f8c6b5-x2x7q"));
	assert_false(cart_with(&filter.pods, "shop/cart"));
	assert_true(cart_with(&filter.containers, "cart"));
	assert_false(cart_with(&filter.containers, "proxy"));
}

static void patterns(void **state)
{
	static const char *const good[] = {
		"shop/cart-*", "*/cart-*", "sh*p/*-x2x7q", "shop/*", "*/*", "shop/**-*-*x7q*",
	};
	static const char *const bad[] = { "shop/cart*y", "shop/*cart", "s*/x*", "*x/cart-*",
					   "shop/*-x2x7q-*" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(cart_with(&filter.pods, good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(cart_with(&filter.pods, bad[i]));
}

/* One of a kind is enough, and each kind is needed. */
static void joined(void **state)
{
	(void)state;
	filter_add(&filter.namespaces, "ml");
	filter_add(&filter.namespaces, "shop");
	assert_true(shows_cart());
	filter_add(&filter.containers, "proxy");
	assert_false(shows_cart());
	filter_add(&filter.containers, "cart");
	assert_true(shows_cart());
	assert_true(filter_add_levels(&filter, "node,host"));
	assert_false(shows_cart());
	assert_true(filter_add_levels(&filter, "container"));
	assert_true(shows_cart());
}

static void levels(void **state)
{
	(void)state;
	assert_false(filter_add_levels(&filter, ""));
	assert_false(filter_add_levels(&filter, "pods"));
	assert_false(filter_add_levels(&filter, "po"));
	assert_false(filter_is_set(&filter));
	assert_false(filter_add_levels(&filter, "pod,"));
	setup(NULL);
	assert_true(filter_add_levels(&filter, "pod,qos"));
	assert_true(shows("pod"));
	assert_true(shows("qos"));
	/* The verdict, not the kernel's limit owner. */
	assert_false(shows("container_trap"));
	assert_false(shows("node"));
	/* Not decided, and the pod is a candidate. */
	assert_true(shows("unknown"));
	setup(NULL);
	assert_true(filter_add_levels(&filter, "host"));
	assert_false(shows("unknown"));
	event.incident.verdict.suspects_count = 0;
	assert_true(filter_shows(&filter, &event));
	setup(NULL);
	assert_true(filter_add_levels(&filter, "unknown"));
	assert_true(shows("unknown"));
	assert_false(shows("pod"));
}

static void forget_names(struct event_task *task)
{
	task->who.namespace_name = task->who.pod_name = task->who.container_name =
		(struct text){ 0 };
}

/* A pod without names may be the one that is asked for. */
static void names_not_found(void **state)
{
	struct event_task *victim = &event.incident.victim;

	(void)state;
	filter_add(&filter.namespaces, "ml");
	assert_false(shows_cart());
	forget_names(victim);
	assert_true(filter_shows(&filter, &event));
	victim->who.pod_uid = (struct text){ 0 }; /* a container's ID is left */
	assert_true(filter_shows(&filter, &event));
	victim->who.container_id = (struct text){ 0 };
	assert_false(filter_shows(&filter, &event));
	victim->cgroup.path = (struct text){ 0 };
	assert_true(filter_shows(&filter, &event));
	/* What is known decides. */
	setup(NULL);
	filter_add(&filter.containers, "proxy");
	assert_false(shows_cart());
	victim->who.container_name = (struct text){ 0 };
	assert_true(filter_shows(&filter, &event));
	filter_add(&filter.namespaces, "ml");
	assert_false(filter_shows(&filter, &event));
}

/* No pod's process is in no namespace. */
static void outside_of_pods(void **state)
{
	(void)state;
	filter_add(&filter.namespaces, "*");
	assert_false(shows("slice"));
	setup(NULL);
	assert_true(filter_add_levels(&filter, "slice"));
	assert_true(shows("slice"));
}

static void others_count(void **state)
{
	struct event_task *other = &event.incident.other_victims[0];

	(void)state;
	filter_add(&filter.namespaces, "ml");
	fixture_build("node", &event);
	assert_false(filter_shows(&filter, &event)); /* it asked, and lives */
	*other = event.incident.trigger;
	event.incident.other_victims_count = 1;
	assert_true(filter_shows(&filter, &event));
	forget_names(other);
	assert_true(filter_shows(&filter, &event));
}

static void stalls_count_who_waits(void **state)
{
	(void)state;
	filter_add(&filter.pods, "shop/db-*");
	assert_true(shows("stall"));
	assert_true(shows("disabled"));
	setup(NULL);
	filter_add(&filter.pods, "shop/cart-*");
	assert_false(shows("stall"));
}

static void other_lines_are_always_told(void **state)
{
	static const char *const lines[] = { "start", "stop", "loss" };

	(void)state;
	filter_add(&filter.namespaces, "none");
	filter_add_levels(&filter, "manual");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_true(shows(lines[i]));
}

static void bounds(void **state)
{
	(void)state;
	assert_false(filter_add(&filter.pods, ""));
	for (int i = 0; i < FILTER_NAMES_MAX; i++)
		assert_true(filter_add(&filter.pods, "x"));
	assert_false(filter_add(&filter.pods, "x"));
	assert_false(shows_cart());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_filter, setup),
		cmocka_unit_test_setup(names_of_the_victim, setup),
		cmocka_unit_test_setup(patterns, setup),
		cmocka_unit_test_setup(joined, setup),
		cmocka_unit_test_setup(levels, setup),
		cmocka_unit_test_setup(names_not_found, setup),
		cmocka_unit_test_setup(outside_of_pods, setup),
		cmocka_unit_test_setup(others_count, setup),
		cmocka_unit_test_setup(stalls_count_who_waits, setup),
		cmocka_unit_test_setup(other_lines_are_always_told, setup),
		cmocka_unit_test_setup(bounds, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
