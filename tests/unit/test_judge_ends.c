// SPDX-License-Identifier: GPL-2.0-only
/* record -> event -> identify -> judge: does the container end with its victim? */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "identify.h"
#include "judge.h"
#include "stream.h"

#define VICTIM 700

/* Levels that are shared, the root included. */
#define WITH_ROOT 1
#define WITH_POD 4
#define WITH_CONTAINER 5

struct process {
	__u32 vpid, pidns_level;
	const char *parent;
	__u32 parent_pidns_level, parent_shared_levels, parent_same_pidns, reaper_shared_levels;
};

static const struct process pid_1 = { 1, 1, "containerd-shim", 0, WITH_ROOT, 0, WITH_CONTAINER };
static const struct process child = { 17, 1, "java", 1, WITH_CONTAINER, 1, WITH_CONTAINER };
static const struct process main_of_host_pid = { VICTIM,    0, "containerd-shim", 0,
						 WITH_ROOT, 1, WITH_ROOT };

static void send(const struct level_spec *levels, __u32 tgid, const struct process *process)
{
	struct oomwhy_victim *victim = stream_next_victim(levels, tgid, ASKER(VICTIM));

	victim->task.vpid = process->vpid;
	victim->kin.pidns_level = process->pidns_level;
	victim->kin.parent_pidns_level = process->parent_pidns_level;
	victim->kin.parent_shared_levels = process->parent_shared_levels;
	victim->kin.parent_same_pidns = process->parent_same_pidns;
	victim->kin.reaper_shared_levels = process->reaper_shared_levels;
	snprintf(victim->kin.parent_comm, sizeof(victim->kin.parent_comm), "%s", process->parent);
	stream_send_victim(victim);
}

static __u64 judged(void)
{
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 1);
	identify_event(&stream.got[0]);
	judge_event(&stream.got[0]);
	return stream.got[0].incident.verdict.container_ends;
}

static __u64 one(const struct process *process)
{
	struct level_spec levels[STREAM_LEVELS];

	stream_setup(NULL);
	stream_tree(levels);
	stream_hit(&levels[CONTAINER]);
	send(levels, VICTIM, process);
	return judged();
}

static void one_process(void **state)
{
	static const struct {
		struct process process;
		__u64 ends;
	} cases[] = {
		/* A daemon that was started by an exec: its parent is outside. */
		{ { 60, 1, "containerd-shim", 0, WITH_ROOT, 0, WITH_CONTAINER }, 0 },
		/* Process 1 of a namespace that the workload made. */
		{ { 1, 2, "unshare", 1, WITH_CONTAINER, 0, WITH_CONTAINER }, 0 },
		/* The same in a container with hostPID: its parent is in the machine's own. */
		{ { 1, 1, "unshare", 0, WITH_CONTAINER, 0, WITH_CONTAINER }, NOT_KNOWN },
		/* hostPID: a child of the main process, or of one that is nobody's. */
		{ { 900, 0, "java", 0, WITH_CONTAINER, 1, WITH_ROOT }, 0 },
		{ { 900, 0, "systemd", 0, WITH_ROOT, 1, WITH_ROOT }, 0 },
		{ { 900, 0, "conmon", 0, WITH_ROOT, 1, WITH_ROOT }, NOT_KNOWN },
		/* Shared by the pod: process 1 is the sandbox's pause; a child of the runtime may
		 * be the main process. */
		{ { 7, 1, "containerd-shim", 0, WITH_ROOT, 0, WITH_POD }, NOT_KNOWN },
		{ { 8, 1, "java", 1, WITH_CONTAINER, 1, WITH_POD }, 0 },
		{ { 9, 1, "pause", 1, WITH_POD, 1, WITH_POD }, 0 },
		/* Its own pid could not be read. */
		{ { 0, 1, "containerd-shim", 0, WITH_ROOT, 0, WITH_CONTAINER }, NOT_KNOWN },
	};

	(void)state;
	assert_int_equal(one(&pid_1), 1);
	assert_int_equal(one(&child), 0);
	assert_int_equal(one(&main_of_host_pid), NOT_KNOWN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(one(&cases[i].process), cases[i].ends);
}

/* In a cgroup of its own below the container's: what counts is the container. */
static void in_a_nested_cgroup(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1] = { { "init.scope", 990, 10, 20, 1, 0 } };

	(void)state;
	stream_tree(levels + 1);
	levels[0].usage_pages = 20;
	send(levels, VICTIM, &pid_1);
	assert_int_equal(judged(), 1);
}

static void not_in_a_container(void **state)
{
	static const struct level_spec levels[] = {
		{ "cron.service", 30, 100, 100, 1, 0 },
		{ "system.slice", 20, 1000, 0, 0, 0 },
		{ "", 1, 5000, 0, 0, 0 },
	};

	(void)state;
	send(levels, VICTIM, &pid_1);
	assert_int_equal(judged(), NOT_KNOWN);
}

/* @first dies with @count others, of which the last is @last. */
static __u64 group(const struct process *first, __u32 count, const struct process *last)
{
	struct level_spec levels[STREAM_LEVELS];

	stream_setup(NULL);
	stream_tree(levels);
	levels[CONTAINER].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[CONTAINER]);
	send(levels, VICTIM, first);
	for (__u32 i = 1; i <= count; i++)
		send(levels, VICTIM + i, i == count ? last : &child);
	return judged();
}

static void groups(void **state)
{
	(void)state;
	assert_int_equal(group(&child, 3, &pid_1), 1);
	assert_int_equal(group(&pid_1, 3, &child), 1);
	assert_int_equal(group(&child, 3, &child), 0);
	/* One of them may be the main process. */
	assert_int_equal(group(&child, 3, &main_of_host_pid), NOT_KNOWN);
	assert_int_equal(group(&main_of_host_pid, 3, &child), NOT_KNOWN);
	/* It may be one of those that had no room. */
	assert_int_equal(group(&child, 40, &pid_1), NOT_KNOWN);
	assert_int_equal(group(&pid_1, 40, &child), 1);
}

/* Process 1 of another container dies with a group of pods' processes: the victim's lives on. */
static void group_over_two_containers(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	char other[] = STREAM_CID;

	(void)state;
	stream_tree(levels);
	levels[POD].flags = OOMWHY_MEMCG_OOM_GROUP;
	stream_hit(&levels[POD]);
	send(levels, VICTIM, &child);
	other[0] = 'a';
	levels[CONTAINER].name = other;
	levels[CONTAINER].id = 204;
	send(levels, VICTIM + 1, &pid_1);
	assert_int_equal(judged(), 0);
	assert_int_equal(stream.got[0].incident.other_victims_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_process, stream_setup),
		cmocka_unit_test_setup(in_a_nested_cgroup, stream_setup),
		cmocka_unit_test_setup(not_in_a_container, stream_setup),
		cmocka_unit_test_setup(groups, stream_setup),
		cmocka_unit_test_setup(group_over_two_containers, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
