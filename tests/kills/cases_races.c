/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several limits that are hit at the same moment: each kill has its own victim and its own owner.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "klog.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define AT_ONCE 4
#define ROUNDS 5

static struct workload *filled(struct fixture *fx, const struct container *c, const char *kib)
{
	struct workload *w = fixture_eat(fx, &c->cg, OWN_PIDNS, "--size-kib", kib, "--push",
					 "--adj", "990", NULL);

	fixture_fill(w);
	return w;
}

static void push(struct workload *const *w, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(workload_go(w[i]), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(workload_wait_end(w[i], KILL_MS), 0);
}

/* Containers that have nothing to do with each other. */
static void two_at_once(struct fixture *fx)
{
	struct workload *w[AT_ONCE];
	struct container *c[AT_ONCE];

	for (int i = 0; i < AT_ONCE; i++)
		c[i] = fixture_container(fx, fixture_pod(fx, BURSTABLE, 96), 16);
	for (int round = 1; round <= ROUNDS; round++) {
		for (int i = 0; i < AT_ONCE; i++)
			w[i] = filled(fx, c[i], "14336");
		round == 1 ? fixture_mark(fx) : fixture_mark_at_once(fx);
		push(w, AT_ONCE);
		for (int i = 0; i < AT_ONCE; i++) {
			struct expect e = expect_death(w[i], c[i], 990);

			e.flags = EXPECT_OTHER_OOMS;
			e.kills = round;
			e.trigger = w[i]->pid;
			expect_limit(&e, "container", "container", &c[i]->cg);
			check_kill(fx, &e);
		}
		fixture_end_workloads(fx);
	}
}

/* Whose limit the kernel's log names: that is the truth here. */
static void check_either(struct fixture *fx, struct workload *w, struct container *c, int round,
			 int *ret_known)
{
	struct pod *pod = c->pod;
	struct expect e = expect_death(w, c, 990);
	struct klog_kill log;
	bool is_pod;

	klog_find(fx->log_mark, w->pid, &log);
	if (!log.has_dump) {
		if (!fx->kernel_only && !tracer_kill_of(&fx->tracer, w->pid, TRACER_LINE_MS))
			fail_msg("no oom_kill line for process %d", w->pid);
		return;
	}
	(*ret_known)++;
	is_pod = !strcmp(log.oom_memcg, pod->cg.path);
	e.flags = EXPECT_OTHER_OOMS | EXPECT_OR_UNKNOWN;
	e.kills = round;
	e.trigger = log.trigger;
	expect_limit(&e, is_pod ? "pod" : "container", is_pod ? "pod" : "container",
		     is_pod ? &pod->cg : &c->cg);
	check_kill(fx, &e);
}

/*
 * A container and its pod: about when the container has eaten 2 MiB more, both limits are full. Who
 * is left over runs into a limit a moment later: there are two kills in each round.
 */
static void child_and_parent(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 48);
	struct container *a = fixture_container(fx, pod, 24), *b = fixture_container(fx, pod, 0);
	static const char *const sizes[ROUNDS] = { "20480", "21504", "22016", "22528", "23040" };
	int known = 0;

	for (int round = 1; round <= ROUNDS; round++) {
		struct workload *w[2] = { filled(fx, a, "22016"), filled(fx, b, sizes[round - 1]) };

		fixture_mark(fx);
		fixture_mark(fx); /* two kills: the log has room for so many */
		push(w, 2);
		check_either(fx, w[0], a, round, &known);
		check_either(fx, w[1], b, round, &known);
		fixture_end_workloads(fx);
	}
	print_message("  the owner of %d kills of %d is known\n", known, 2 * ROUNDS);
	assert_true(known >= ROUNDS);
}

const struct kill_case race_cases[] = {
	{ "child-and-parent", "a container and its pod at their limits at once", CASE_ONE_SHAPE,
	  child_and_parent },
	{ "two-at-once", "four containers at their limits at once", CASE_ONE_SHAPE, two_at_once },
};
const int n_race_cases = COUNT(race_cases);
