// SPDX-License-Identifier: GPL-2.0-only
/* record -> event -> identify -> judge: the levels, and the trap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "identify.h"
#include "judge.h"
#include "stream.h"

#define VICTIM 700
#define MIB (1024 * 1024ULL)
#define MIB_PAGES 256
#define CONMON "crio-conmon-" STREAM_CID

static struct event *ev;

/* The one incident that came out, judged. */
static struct verdict *judged(void)
{
	assert_int_equal(stream.count, 1);
	ev = &stream.got[0];
	identify_event(ev);
	judge_event(ev);
	return &ev->incident.verdict;
}

static bool says(struct text text, const char *words)
{
	return strstr(stream_text(ev, text), words) != NULL;
}

static struct verdict *kill_at(const struct level_spec *levels, const struct level_spec *owner,
			       bool decided)
{
	if (decided)
		stream_decision(owner, VICTIM, ASKER(VICTIM));
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	if (decided)
		stream_end();
	return judged();
}

static void levels_of_a_pod(void **state)
{
	static const struct {
		int owner;
		enum limit_level level;
		const char *field, *action;
	} cases[] = {
		{ CONTAINER, LIMIT_CONTAINER, "resources.limits.memory",
		  "raise resources.limits.memory of the container (now 512Mi)" },
		{ POD, LIMIT_POD, "spec.resources.limits.memory", "pod's limit (now 512Mi)" },
		{ QOS, LIMIT_QOS, "", "--qos-reserved" },
		{ NODE, LIMIT_NODE, "resources.requests.memory", "add nodes" },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct level_spec levels[STREAM_LEVELS];
		struct verdict *verdict;

		stream_setup(state);
		stream_tree(levels);
		levels[CONTAINER].limit_pages *= cases[i / 2].owner == POD ? 2 : 1;
		levels[QOS].limit_pages = 2000000;
		stream_hit(&levels[cases[i / 2].owner]);
		verdict = kill_at(levels, &levels[cases[i / 2].owner], i % 2);
		assert_int_equal(verdict->limit_level, cases[i / 2].level);
		assert_int_equal(verdict->evidence, i % 2 ? EVIDENCE_EXACT : EVIDENCE_INFERRED);
		assert_true(says(verdict->manifest_field, cases[i / 2].field));
		assert_true(says(verdict->action, cases[i / 2].action));
	}
}

static void nested(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1] = { { "pod1", 990, 10, 20, 0, 0 } };
	struct verdict *verdict;

	(void)state;
	stream_tree(levels + 1);
	stream_hit(&levels[0]);
	verdict = kill_at(levels, NULL, false);
	assert_int_equal(verdict->limit_level, LIMIT_NESTED);
	assert_int_equal(verdict->manifest_field.len, 0);
	assert_true(says(verdict->action, "not the remedy"));
	assert_string_equal(stream_text(ev, ev->incident.victim.who.container_id), STREAM_CID);
	assert_int_equal(ev->incident.limits.nested.limit_bytes, 20 * 4096);
}

static void slice(void **state)
{
	static const struct level_spec levels[] = {
		{ "cron.service", 30, 100, 100, 1, 0 },
		{ "system.slice", 20, 1000, 0, 0, 0 },
		{ "", 1, 5000, 0, 0, 0 },
	};
	struct verdict *verdict;

	(void)state;
	verdict = kill_at(levels, NULL, false);
	assert_int_equal(verdict->limit_level, LIMIT_SLICE);
	assert_int_equal(verdict->container_ends, NOT_KNOWN);
	assert_true(says(verdict->action, "no pod's"));
	assert_int_equal(ev->incident.victim.who.pod_uid.len, 0);
}

/* Whose limit is no memcg's: the machine's, some NUMA nodes', or nobody's. */
static void without_a_memcg(void **state)
{
	static const struct {
		__u32 constraint;
		__s64 order;
		enum limit_level level;
		const char *action;
	} cases[] = {
		{ 0, 0, LIMIT_HOST, "system-reserved" },
		{ 1, 0, LIMIT_CPUSET, "cpuset" },
		{ 2, 0, LIMIT_CPUSET, "memory policy" },
		{ 0, -1, LIMIT_MANUAL, "sysrq-f" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct level_spec levels[STREAM_LEVELS];
		struct oomwhy_decision *decision;
		struct verdict *verdict;

		stream_setup(state);
		stream_tree(levels);
		decision = record_decision(NULL, VICTIM, ASKER(VICTIM), 1, stream.now_ns);
		decision->constraint = cases[i].constraint;
		decision->order = cases[i].order;
		stream_send(decision, decision->header.size);
		stream.sequence = stream.decision = 1;
		stream_victim(levels, VICTIM, ASKER(VICTIM));
		stream_end();
		verdict = judged();
		assert_int_equal(verdict->limit_level, cases[i].level);
		assert_true(says(verdict->action, cases[i].action));
		assert_int_equal(verdict->manifest_field.len, 0);
	}
}

/* Two limits at once: both are named, nothing is advised that takes a side. */
static void unknown(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct verdict *verdict;

	(void)state;
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	levels[CONTAINER].usage_pages--; /* it has room again: nobody can say which came first */
	stream_hit(&levels[NODE]);
	verdict = kill_at(levels, NULL, false);
	assert_int_equal(verdict->limit_level, LIMIT_UNKNOWN);
	assert_int_equal(verdict->suspects_count, 2);
	assert_int_equal(verdict->suspects[0].limit_level, LIMIT_CONTAINER);
	assert_int_equal(verdict->suspects[1].limit_level, LIMIT_NODE);
	assert_int_equal(verdict->manifest_field.len, 0);
	assert_true(says(verdict->action, "look in the kernel log"));
	assert_false(says(verdict->action, "raise"));
}

/* The pod of the trap, and what may be different about it. */
struct trap {
	__u64 container_limit, pod_limit; /* pages */
	__u64 container_usage;
	struct level_spec children[INCIDENT_CHILDREN_MAX];
	bool no_children, omitted, foreign_children;
};

static void make_trap(struct trap *trap)
{
	static const struct trap it = {
		.container_limit = STREAM_PAGES,
		.pod_limit = STREAM_PAGES,
		.container_usage = STREAM_PAGES - 74,
		.children = { { STREAM_CID, 104, STREAM_PAGES - 74, STREAM_PAGES, 0, 0 },
			      { "sandbox", 105, 74, 0, 0, 0 } },
	};

	*trap = it;
}

static struct verdict *spring(void **state, const struct trap *trap)
{
	struct level_spec levels[STREAM_LEVELS];
	struct level_spec children[INCIDENT_CHILDREN_MAX + 1] = { 0 };
	struct oomwhy_children *record;

	stream_setup(state);
	stream_tree(levels);
	levels[CONTAINER].limit_pages = trap->container_limit;
	levels[CONTAINER].usage_pages = trap->container_usage;
	levels[POD].limit_pages = trap->pod_limit;
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], VICTIM, ASKER(VICTIM));
	memcpy(children, trap->children, sizeof(trap->children));
	for (int i = 0; i < INCIDENT_CHILDREN_MAX + 1; i++)
		children[i].name = children[i].name ? children[i].name : "";
	record = record_children(children, trap->foreign_children ? 102 : 103, ASKER(VICTIM),
				 ++stream.sequence, stream.now_ns);
	record->omitted = trap->omitted;
	if (trap->no_children)
		stream.sequence--;
	else
		stream_send(record, record->header.size);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	return judged();
}

static void assert_trap(void **state, const struct trap *trap, enum limit_level level)
{
	struct verdict *verdict = spring(state, trap);

	assert_int_equal(ev->incident.limit_owner.limit_level, LIMIT_POD);
	assert_int_equal(verdict->limit_level, level);
	assert_int_equal(verdict->equal_limits, trap->container_limit == trap->pod_limit);
	if (level == LIMIT_POD)
		assert_true(says(verdict->action, "raise the pod's limit (now"));
	else
		assert_true(says(verdict->action, "of the container (now 512Mi)"));
}

static void the_trap(void **state)
{
	struct trap trap;

	make_trap(&trap);
	assert_trap(state, &trap, LIMIT_CONTAINER);
	/* No sandbox to be seen (CRI-O runs without one), or CRI-O's monitor beside it. */
	trap.children[1] = (struct level_spec){ CONMON, 106, 9999, 0, 0, 0 };
	assert_trap(state, &trap, LIMIT_CONTAINER);
	trap.children[2] = (struct level_spec){ "sandbox", 105, 74, 0, 0, 0 };
	assert_trap(state, &trap, LIMIT_CONTAINER);
	/* What dead containers have left is no container, as long as it is little. */
	make_trap(&trap);
	trap.children[2] = (struct level_spec){ "dead", 107, 900, 5, 0, OOMWHY_MEMCG_ONLINE };
	trap.children[3] = (struct level_spec){ "dead2", 108, 9000, 0, 0, OOMWHY_MEMCG_ONLINE };
	assert_trap(state, &trap, LIMIT_CONTAINER);
}

/* Each of its conditions, one at a time. */
static void no_trap(void **state)
{
	struct trap trap;

	make_trap(&trap);
	trap.container_limit--;
	assert_trap(state, &trap, LIMIT_POD);
	make_trap(&trap);
	trap.container_limit = 0; /* none */
	assert_trap(state, &trap, LIMIT_POD);
	make_trap(&trap);
	trap.omitted = true;
	assert_trap(state, &trap, LIMIT_POD);
	make_trap(&trap);
	trap.children[0].id = 999; /* the victim's container is none of them */
	assert_trap(state, &trap, LIMIT_POD);
}

static void assert_undecided(struct verdict *verdict)
{
	assert_int_equal(verdict->limit_level, LIMIT_UNKNOWN);
	assert_int_equal(ev->incident.limit_owner.limit_level, LIMIT_POD);
	assert_int_equal(verdict->suspects_count, 2);
	assert_int_equal(verdict->suspects[0].limit_level, LIMIT_CONTAINER);
	assert_int_equal(verdict->suspects[0].cgroup.id, 104);
	assert_int_equal(verdict->suspects[1].limit_level, LIMIT_POD);
	assert_int_equal(verdict->suspects[1].cgroup.id, 103);
	assert_true(says(verdict->manifest_field,
			 "spec.resources.limits.memory, resources.limits.memory"));
	assert_true(says(verdict->action, "raise the pod's limit"));
}

/* Who shares the pod was not seen, or what the container's limit is: it may be the trap. */
static void perhaps_the_trap(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_victim *victim;
	struct trap trap;

	make_trap(&trap);
	trap.no_children = true;
	assert_undecided(spring(state, &trap));
	trap.container_usage = STREAM_PAGES / 2; /* it holds half only: a second one there must be */
	assert_trap(state, &trap, LIMIT_POD);
	make_trap(&trap);
	trap.foreign_children = true;
	assert_undecided(spring(state, &trap));

	stream_setup(state);
	stream_tree(levels);
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], VICTIM, ASKER(VICTIM));
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.level[CONTAINER].flags |= OOMWHY_MEMCG_NO_COUNTERS;
	stream_send_victim(victim);
	stream_end();
	assert_undecided(judged());
	assert_int_equal(ev->incident.verdict.equal_limits, NOT_KNOWN);
	assert_int_equal(ev->incident.limits.container.limit_bytes, NOT_KNOWN);
}

/* A sibling that is alive and no sandbox is a second container. */
static void two_containers(void **state)
{
	static const struct level_spec seconds[] = {
		{ "small", 107, 10, 25, 0, 0 }, /* has a limit */
		{ "big", 107, 2 * MIB_PAGES, 0, 0, 0 }, /* a sandbox holds less */
		{ "second", 107, 74, 0, 0, 0 }, /* one of the two is no sandbox */
	};
	struct trap trap;

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		make_trap(&trap);
		trap.children[2] = seconds[i];
		assert_trap(state, &trap, LIMIT_POD);
	}
	make_trap(&trap);
	trap.children[1].usage_pages = 2 * MIB_PAGES;
	assert_trap(state, &trap, LIMIT_POD);
	trap.children[1].usage_pages--;
	assert_trap(state, &trap, LIMIT_CONTAINER);
}

/* 1% of the limit, but 4 MiB at least and 64 MiB at most. */
static void much_beyond_the_container(void **state)
{
	static const struct {
		__u64 limit, beyond;
	} edges[] = {
		{ 64 * MIB_PAGES, 4 * MIB_PAGES },
		{ 512 * MIB_PAGES, 512 * MIB_PAGES / 100 },
		{ 1024 * 1024 * MIB_PAGES, 64 * MIB_PAGES },
	};
	struct trap trap;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		for (int more = 0; more < 2; more++) {
			make_trap(&trap);
			trap.container_limit = trap.pod_limit = edges[i].limit;
			trap.container_usage = edges[i].limit - edges[i].beyond - (__u64)more;
			assert_int_equal(spring(state, &trap)->limit_level,
					 more ? LIMIT_POD : LIMIT_CONTAINER);
		}
	}
}

/* Where names/ has told which child is the sandbox, sizes do not count. */
static void sandbox_known_by_name(void **state)
{
	struct trap trap;

	make_trap(&trap);
	spring(state, &trap);
	ev->incident.children[1].is_sandbox = 1;
	ev->incident.children[1].usage_bytes = 3 * MIB;
	judge_event(ev);
	assert_int_equal(ev->incident.verdict.limit_level, LIMIT_CONTAINER);
	ev->incident.children[1].is_sandbox = 0;
	ev->incident.children[1].usage_bytes = 0;
	judge_event(ev);
	assert_int_equal(ev->incident.verdict.limit_level, LIMIT_POD);
}

/* A verdict is given again when a recording is read: nothing of the old one stays. */
static void judged_again(void **state)
{
	struct incident *in;
	struct trap trap;
	__u32 len;

	make_trap(&trap);
	spring(state, &trap);
	in = &ev->incident;
	len = ev->text_len;
	judge_event(ev);
	assert_int_equal(ev->text_len, len);
	in->limit_owner.limit_level = LIMIT_NONE;
	judge_event(ev);
	assert_int_equal(in->verdict.limit_level, LIMIT_UNKNOWN);
	assert_int_equal(in->verdict.equal_limits, NOT_KNOWN);
	assert_int_equal(in->verdict.manifest_field.len, 0);
}

/* Figures that nobody knows are not made up. */
static void minimal(void **state)
{
	struct incident *in;

	stream_setup(state);
	ev = &stream.got[0];
	event_init(ev, EVENT_INCIDENT);
	in = &ev->incident;
	for (__u64 level = LIMIT_NONE; level <= LIMIT_UNKNOWN; level++) {
		in->limit_owner.limit_level = level;
		judge_event(ev);
		assert_int_equal(in->verdict.limit_level, level ? level : LIMIT_UNKNOWN);
		assert_int_equal(in->verdict.container_ends, NOT_KNOWN);
		assert_true(in->verdict.action.len > 0);
		assert_false(says(in->verdict.action, "now"));
		assert_false(says(in->verdict.action, "no limit"));
	}
	in->victim.who.container_name = event_textf(ev, "cart");
	in->limit_owner.limit_level = LIMIT_CONTAINER;
	in->limit_owner.limit_bytes = 512 * MIB;
	judge_event(ev);
	assert_true(says(in->verdict.action, "of container \"cart\" (now 512Mi), or stop"));
}

static void other_types_stay(void **state)
{
	struct event copy;

	(void)state;
	ev = &stream.got[0];
	for (enum event_type type = EVENT_START; type <= EVENT_UPDATE; type++) {
		if (type == EVENT_INCIDENT || type == EVENT_STALL)
			continue;
		event_init(ev, type);
		memcpy(&copy, ev, event_size(ev));
		identify_event(ev);
		judge_event(ev);
		assert_memory_equal(&copy, ev, event_size(&copy));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(levels_of_a_pod, stream_setup),
		cmocka_unit_test_setup(nested, stream_setup),
		cmocka_unit_test_setup(slice, stream_setup),
		cmocka_unit_test_setup(without_a_memcg, stream_setup),
		cmocka_unit_test_setup(unknown, stream_setup),
		cmocka_unit_test_setup(the_trap, stream_setup),
		cmocka_unit_test_setup(no_trap, stream_setup),
		cmocka_unit_test_setup(perhaps_the_trap, stream_setup),
		cmocka_unit_test_setup(two_containers, stream_setup),
		cmocka_unit_test_setup(much_beyond_the_container, stream_setup),
		cmocka_unit_test_setup(sandbox_known_by_name, stream_setup),
		cmocka_unit_test_setup(judged_again, stream_setup),
		cmocka_unit_test_setup(minimal, stream_setup),
		cmocka_unit_test_setup(other_types_stay, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
