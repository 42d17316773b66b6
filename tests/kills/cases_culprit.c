// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases where many pods share the limit: who holds the memory, who is to blame, and what led to it.
 * Requests come from the QoS class alone: BestEffort has none, Guaranteed has its limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "check_line.h"
#include "explained.h"
#include "machine.h"

#define SAMPLED_S 12 /* so long all that is there is sampled */

static json_t *pod_of(json_t *line, const char *list, const struct pod *pod)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(line, list), i, entry)
	{
		if (!strcmp(line_string(entry, "k8s.pod.uid"), pod->uid))
			return entry;
	}
	line_wrong(line, "%s has no pod %s", list, pod->uid);
	return NULL;
}

/* Two pods below the limit of all: one holds what it has, the other grows on. */
struct two_pods {
	struct pod *calm, *greedy;
	const char *calm_mib; /* in one process, which is the one to be chosen */
	const char *children, *child_mib, *adj; /* of the greedy one */
};

/* The line of the kill; NULL: the kernel alone is looked at. */
static json_t *line_of_two(struct fixture *fx, const struct two_pods *two)
{
	struct container *a = fixture_container(fx, two->calm, 0),
			 *b = fixture_container(fx, two->greedy, 0);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", two->calm_mib, "--adj", "1000", NULL);
	struct workload *grows = fixture_eat(fx, &b->cg, OWN_PIDNS, "--children", two->children,
					     "--size", two->child_mib, "--adj", two->adj, "--push",
					     NULL);

	fixture_tracer(fx);
	fixture_fill(w);
	fixture_fill(grows);
	sleep(SAMPLED_S);
	fixture_grow(fx, grows);
	struct expect e = expect_death(w, a, 1000);
	expect_limit(&e, "node", "node", &fx->node);
	expect_trigger(&e, &b->cg, two->greedy);
	return check_kill(fx, &e);
}

static void victim_is_not_the_cause(json_t *line)
{
	if (json_boolean_value(line_get(line, "verdict.victim_is_cause")))
		line_wrong(line, "verdict.victim_is_cause is true");
}

/* One culprit, and an innocent victim: the BestEffort pod grows, a Guaranteed one is chosen. */
static void culprit(struct fixture *fx)
{
	fixture_limit(fx, fixture_node(fx), 128);
	struct pod *calm = fixture_pod(fx, GUARANTEED, 48),
		   *greedy = fixture_pod(fx, BEST_EFFORT, 0);
	json_t *line = line_of_two(fx, &(struct two_pods){ .calm = calm,
							   .greedy = greedy,
							   .calm_mib = "32",
							   .children = "8",
							   .child_mib = "9",
							   .adj = "998" });

	if (!line)
		return;
	line_is(line, "verdict.cause", "pod_over_request");
	line_is(line, "culprit.k8s.pod.uid", greedy->uid);
	line_is(line, "culprit.request_source", "qos_class");
	line_is_number(line, "culprit.request_bytes", 0);
	victim_is_not_the_cause(line);
	if (line_integer(line, "culprit.over_request_bytes") < 72 * MIB)
		line_wrong(line, "culprit.over_request_bytes is too small");
	if (json_array_size(line_get(line, "culprit.history.points")) < 2)
		line_wrong(line, "the culprit has no history");
	if (line_integer(pod_of(line, "pods", calm), "over_request_bytes") != 0)
		line_wrong(line, "the victim's pod is above its request");
	if (line_integer(pod_of(line, "pods", calm), "usage_bytes") < 32 * MIB)
		line_wrong(line, "the victim's pod holds too little");
}

/* Two Guaranteed pods, neither of them full: what was promised is more than there is. */
static void nobody(struct fixture *fx)
{
	/* What grows at last is so little that it does not matter whether it was seen in time. */
	fixture_limit(fx, fixture_node(fx), 112);
	struct pod *one = fixture_pod(fx, GUARANTEED, 80), *two = fixture_pod(fx, GUARANTEED, 80);
	json_t *line = line_of_two(fx, &(struct two_pods){ .calm = one,
							   .greedy = two,
							   .calm_mib = "46",
							   .children = "6",
							   .child_mib = "9",
							   .adj = "0" });

	if (!line)
		return;
	line_is(line, "verdict.cause", "requests_do_not_fit");
	victim_is_not_the_cause(line);
	if (line_get(line, "culprit"))
		line_wrong(line, "somebody is to blame");
	line_is_number(pod_of(line, "pods", one), "request_bytes", 80 * MIB);
	line_is_number(pod_of(line, "pods", two), "over_request_bytes", 0);
}

/* A container that grows slowly, and stays at its limit for a while: page cache comes and goes. */
static void before(struct fixture *fx)
{
	fixture_tracer(fx); /* before the cgroups: it sees their beginning */
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 64);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--rate", "6", NULL);
	json_t *line, *points;
	long long last;

	fixture_grow(fx, w);
	struct expect e = expect_death(w, a, 0);
	expect_limit(&e, "container", "container", &a->cg);
	line = check_kill(fx, &e);
	if (!line)
		return;
	points = line_get(line, "history.points");
	if (json_array_size(points) < 3)
		line_wrong(line, "less than three points of a growth that took 10 s");
	last = json_array_size(points) - 1;
	if (line_integer(json_array_get(points, last), "age_ns") != 0 ||
	    line_integer(json_array_get(points, last), "usage_bytes") !=
		    line_integer(line, "limit_owner.usage_bytes"))
		line_wrong(line, "the last point is not the kill");
	for (long long i = 0; i < last; i++)
		if (line_integer(json_array_get(points, i), "age_ns") <=
			    line_integer(json_array_get(points, i + 1), "age_ns") ||
		    line_integer(json_array_get(points, i), "usage_bytes") >
			    line_integer(json_array_get(points, i + 1), "usage_bytes") +
				    machine_stock_bytes()) /* given back at the limit */
			line_wrong(line, "point %lld is not before the next", i);
	if (line_integer(line, "history.growth.bytes") < 20 * MIB)
		line_wrong(line, "history.growth.bytes is too small");
	if (line_integer(line, "history.reclaim.passes") < 1)
		line_wrong(line, "no reclaim was seen before the kill");
	if (line_integer(line, "history.at_limit.duration_ns") < 0)
		line_wrong(line, "history.at_limit.duration_ns is missing");
	if (json_is_true(line_get(line, "history.cgroup_age_is_minimum")))
		line_wrong(line, "the cgroup's beginning was not seen");
}

/* The update on that kill which tells @key; fails the test when it does not come. */
static json_t *update_of(struct fixture *fx, size_t from, json_t *kill, const char *key)
{
	for (;;) {
		json_t *line = tracer_line_of(&fx->tracer, from, "oom_update",
					      line_string(kill, "id"), TRACER_LINE_MS);

		if (!line)
			fail_msg("%s was not told", key);
		if (line_get(line, key))
			return line;
		while (json_array_get(fx->tracer.seen, from++) != line)
			;
	}
}

static json_t *candidate_of(json_t *line, pid_t pid)
{
	json_t *entry;
	size_t i;

	json_array_foreach(line_get(line, "candidates"), i, entry)
	{
		if (line_integer(entry, "process.pid") == pid)
			return entry;
	}
	line_wrong(line, "process %d is no candidate", pid);
	return NULL;
}

static void check_spared(json_t *line, const struct workload *w, const char *why, int adj)
{
	json_t *entry = candidate_of(line, w->pid);

	line_is(entry, "spared", why);
	line_is_number(entry, "oom_score_adj", adj);
	if (line_integer(entry, "rss_bytes") < 40 * MIB)
		line_wrong(line, "the memory of process %d", w->pid);
	if (line_integer(entry, "pagetables_bytes") < 40 * MIB / 512)
		line_wrong(line, "the page tables of process %d", w->pid);
}

/* It is told, unless the machine has bigger ones; two of them are. */
static void check_outside(json_t *line, const struct workload *w, const struct pod *pod)
{
	int others = 0;
	json_t *entry;
	size_t i;

	json_array_foreach(line_get(line, "candidates"), i, entry)
	{
		if (strcmp(line_string(entry, "spared"), "other_memcg") != 0)
			continue;
		if (line_integer(entry, "rss_bytes") < 160 * MIB)
			line_wrong(line, "a smaller one that is not below the limit");
		others++;
		if (line_integer(entry, "process.pid") == w->pid) {
			line_is(entry, "k8s.pod.uid", pod->uid);
			return;
		}
	}
	if (others != 2)
		line_wrong(line, "process %d is not told", w->pid);
}

/*
 * Bigger processes live: since the smaller one's oom_score_adj counts more, since one is protected,
 * and since one is not below the limit.
 */
static void choice(struct fixture *fx)
{
	bool may_protect = machine_may_protect();
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0), *other = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, may_protect ? 124 : 80);
	struct container *b = fixture_container(fx, other, 0);
	struct workload *big =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "40", "--adj", "0", NULL);
	struct workload *kept = may_protect ? fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "44",
							  "--adj", "-1000", NULL) :
					      NULL;
	struct workload *outside = fixture_eat(fx, &b->cg, OWN_PIDNS, "--size", "160", NULL);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "900", NULL);
	size_t from = json_array_size(fixture_tracer(fx)->seen);
	json_t *line, *update, *log, *chosen;

	fixture_fill(big);
	if (kept)
		fixture_fill(kept);
	fixture_fill(outside);
	fixture_grow(fx, w);
	struct expect e = expect_death(w, a, 900);
	expect_limit(&e, "container", "container", &a->cg);
	line = check_kill(fx, &e);
	if (!line)
		return;
	update = update_of(fx, from, line, "candidates");
	chosen = json_array_get(line_get(update, "candidates"), 0);
	if (!json_is_true(line_get(chosen, "chosen")) || candidate_of(update, w->pid) != chosen)
		line_wrong(update, "the victim is not the one that was chosen");
	check_spared(update, big, "lower_score", 0);
	if (kept)
		check_spared(update, kept, "protected", -1000);
	check_outside(update, outside, other);
	line_is(candidate_of(update, big->pid), "k8s.pod.uid", pod->uid);
	/* Where the kernel told what it took as the whole its own points come out. */
	if (line_get(line, "domain_bytes") &&
	    (line_integer(chosen, "points") != line_integer(line, "victim.points") ||
	     line_integer(candidate_of(update, big->pid), "points") >=
		     line_integer(line, "victim.points")))
		line_wrong(update, "points");
	log = explain_kill(fx, &e);
	if (line_get(log, "candidates")) { /* else the kernel had no room for its table */
		check_spared(log, big, "lower_score", 0);
		if (kept)
			check_spared(log, kept, "protected", -1000);
	}
	json_decref(log);
}

/* The same container three times; and how each victim went. */
static void again(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 24);
	size_t from = json_array_size(fixture_tracer(fx)->seen);

	for (int i = 1; i <= 3; i++) {
		struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, NULL);
		json_t *line, *update;

		fixture_grow(fx, w);
		struct expect e = expect_death(w, a, 0);
		e.kills = i;
		expect_limit(&e, "container", "container", &a->cg);
		line = check_kill(fx, &e);
		if (!line)
			return;
		line_is_number(line, "repeat.container_kills_1h", i);
		line_is_number(line, "repeat.limit_owner_kills_1h", i);
		update = update_of(fx, from, line, "after");
		line_is_number(update, "after.process.pid",
			       line_integer(line, "victim.process.pid"));
		line_is(update, "after.comm", "eat");
		if (line_integer(update, "after.ended_ns") <= 0 ||
		    line_integer(update, "after.ended_ns") > 10000000000LL)
			line_wrong(update, "after.ended_ns");
	}
}

const struct kill_case culprit_cases[] = {
	{ "culprit", "the kubepods limit: one pod is above its request, another dies",
	  CASE_ONE_SHAPE | CASE_TRACER, culprit },
	{ "nobody", "the kubepods limit: no pod is above its request",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER, nobody },
	{ "before", "a container grows for ten seconds: what led to it",
	  CASE_ONE_SHAPE | CASE_TRACER, before },
	{ "again", "a container is killed three times, and how long each took",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER, again },
	{ "choice", "who else could have been chosen, and why bigger ones live",
	  CASE_ONE_SHAPE | CASE_TRACER, choice },
};
const int n_culprit_cases = sizeof(culprit_cases) / sizeof(culprit_cases[0]);
