/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log instead of BPF: the same kill as the other tracer sees, with the same names, by
 * what the log says.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "node_files.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct node_names cart = { "shop", "cart-0", "cart" };

static void follow_log(struct fixture *fx, const char *const *args)
{
	const char *old = getenv("OOMWHY_ATTACH");
	char *plan = old ? strdup(old) : NULL;

	setenv("OOMWHY_ATTACH", "kmsg", 1);
	node_tracer(fx, NULL, args);
	plan ? setenv("OOMWHY_ATTACH", plan, 1) : unsetenv("OOMWHY_ATTACH");
	free(plan);
	assert_string_equal(fx->own.attach, "kmsg");
}

/* How often it was told: others may die on this machine meanwhile. */
static int told(const struct tracer *t, pid_t victim)
{
	size_t i;
	json_t *line;
	int n = 0;

	json_array_foreach(t->seen, i, line)
		n += !strcmp(line_string(line, "type"), "oom_kill") &&
		     line_integer(line, "victim.process.pid") == victim;
	return n;
}

/* What the log says is what the kernel's hooks say. */
static void same_kill(json_t *log, json_t *live)
{
	static const char *const texts[] = {
		"verdict.limit_level",
		"limit_owner.limit_level",
		"limit_owner.cgroup.path",
		"victim.cgroup.path",
		"victim.comm",
		"victim.fate",
		"victim.k8s.pod.uid",
		"victim.container.id",
		"victim.qos_class",
		"trigger.allocation.gfp_flags",
	};
	static const char *const numbers[] = { "limit_owner.cgroup.id", "limit_owner.limit_bytes",
					       "victim.cgroup.id", "victim.oom_score_adj" };

	for (int i = 0; i < COUNT(texts); i++)
		if (line_get(live, texts[i]) &&
		    strcmp(line_string(log, texts[i]), line_string(live, texts[i])))
			fail_msg("%s is \"%s\" by the log, \"%s\" live", texts[i],
				 line_string(log, texts[i]), line_string(live, texts[i]));
	for (int i = 0; i < COUNT(numbers); i++)
		if (line_get(live, numbers[i]) &&
		    line_integer(log, numbers[i]) != line_integer(live, numbers[i]))
			fail_msg("%s is %lld by the log, %lld live", numbers[i],
				 line_integer(log, numbers[i]), line_integer(live, numbers[i]));
	assert_string_equal(line_string(log, "verdict.evidence"), "log");
	assert_string_equal(line_string(log, "origin"), "live");
}

static void container_kill(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);

	follow_log(fx, NULL);
	struct container *a = node_container(fx, pod, 24, &cart);
	struct workload *w = node_die_in(fx, &a->cg);
	json_t *line = node_line_of(&fx->own, w);
	same_kill(line, node_line_of(fixture_tracer(fx), w));
	assert_string_equal(line_string(line, "verdict.limit_level"), "container");
	assert_int_equal(line_integer(line, "limit_owner.limit_bytes"), 24 * MIB);
	node_check_names(line, "victim", &cart);
	node_check_names(line, "limit_owner", &cart);

	/* Once more: it is counted, by the container's and the limit's own number. */
	w = node_die_in(fx, &a->cg);
	line = node_line_of(&fx->own, w);
	same_kill(line, node_line_of(fixture_tracer(fx), w));
	assert_int_equal(line_integer(line, "repeat.limit_owner_kills_1h"), 2);
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
	assert_int_equal(told(&fx->own, w->pid), 1);
	line = json_array_get(fx->own.seen, json_array_size(fx->own.seen) - 1);
	assert_int_equal(line_integer(line, "losses.log_overwritten"), 0);
	assert_int_equal(line_integer(line, "losses.total"),
			 line_integer(line, "losses.log_reports"));
}

/* Of the node's limit the pod is not the owner; filters see names. */
static void node_kill(struct fixture *fx)
{
	static const char *const args[] = { "-n", "shop", "--level", "node", "--count", "1", NULL };
	struct pod *pod = fixture_pod(fx, BEST_EFFORT, 0), *other = fixture_pod(fx, BEST_EFFORT, 0);

	follow_log(fx, args);
	struct container *a = node_container(fx, pod, 24, &cart);
	node_die_in(fx, &a->cg); /* of another level: not shown */
	fixture_limit(fx, fixture_node(fx), 32);
	struct container *stranger = fixture_container(fx, other, 0);
	node_die_in(fx, &stranger->cg); /* of no known name: shown, as ever */
	json_t *line = tracer_line_of(&fx->own, 0, "oom_kill", NULL, TRACER_LINE_MS);
	assert_non_null(line);
	assert_string_equal(line_string(line, "verdict.limit_level"), "node");
	assert_string_equal(line_string(line, "victim.container.id"), stranger->id);
	assert_int_equal(tracer_stop(&fx->own, 0), 0);
}

/* Who dies with a group is in the same incident, though the log names one after the other. */
static void group_kill(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct workload *others[2];

	follow_log(fx, NULL);
	struct container *a = node_container(fx, pod, 40, &cart);
	assert_int_equal(cgroup_write(&fx->h, &a->cg, "memory.oom.group", "1"), 0);
	for (int i = 0; i < COUNT(others); i++) {
		others[i] = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "0", "--size", "4", NULL);
		fixture_fill(others[i]);
	}
	struct workload *w = node_die_in(fx, &a->cg);
	json_t *line = node_line_of(&fx->own, w);
	same_kill(line, node_line_of(fixture_tracer(fx), w));
	assert_int_equal(json_array_size(line_get(line, "other_victims")), COUNT(others));
	assert_string_equal(line_string(line, "oom_group.path"), a->cg.path);
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
	assert_int_equal(told(&fx->own, w->pid), 1);
	for (int i = 0; i < COUNT(others); i++)
		assert_int_equal(told(&fx->own, others[i]->pid), 0);
}

const struct kill_case kmsg_cases[] = {
	{ "kmsg", "the kernel's log is followed: the same kill, names, repeats",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER, container_kill },
	{ "kmsg-node", "by the kernel's log: the node's limit, filters",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER, node_kill },
	{ "kmsg-group", "by the kernel's log: memory.oom.group is one incident",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER | CASE_V2, group_kill },
};

const int n_kmsg_cases = COUNT(kmsg_cases);
