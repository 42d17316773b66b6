/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A limit is hit and nobody is killed: the tasks wait, or come back again and again.
 */
#define _GNU_SOURCE
#include <errno.h>
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
#include "check_line.h"
#include "klog.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define ATTEMPTS 3 /* of the kernel, before we make room: each writes a report to its log */
#define STALL_MS 500

static struct expect expect_stall(const struct container *a, const struct pod *pod)
{
	struct expect e = { .counter = "memory", .container = a };

	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	return e;
}

/* It can go on, it holds what it was asked to, and nobody has died. */
static void make_room(struct fixture *fx, struct container *a, struct workload *w)
{
	fixture_limit(fx, &a->cg, 64);
	fixture_ready(w);
	assert_int_equal(workload_wait_end(w, 0), -ETIME);
	assert_int_equal(cgroup_oom_kills(&fx->h, &a->cg), 0);
}

/* All are protected. The kernel's reports of this have no rate limit: it is kept short. */
static void nothing_killable(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--children", "2", "--size", "16",
					 "--adj", "-1000", NULL);
	struct expect e = expect_stall(a, pod);
	int reports = 0;

	fixture_grow(fx, w);
	for (int waited = 0; reports < ATTEMPTS && waited < KILL_MS; waited += 2) {
		poll(NULL, 0, 2);
		reports = klog_count(fx->log_mark, "no killable processes");
	}
	assert_true(reports >= ATTEMPTS);
	int64_t limit = a->cg.limit; /* the line has the limit of then */
	make_room(fx, a, w);
	int64_t ooms = cgroup_ooms(&fx->h, &a->cg);
	reports = klog_count(fx->log_mark, "no killable processes");
	print_message("  kernel: %d reports, %lld OOMs\n", reports, (long long)ooms);
	assert_true(ooms == -ENODATA || ooms >= reports);

	a->cg.limit = limit;
	json_t *stall = check_stall(fx, &e, "nothing_killable"), *end = check_stall_end(fx, stall);
	long long attempts = end ? line_integer(end, "stall.attempts") : 0;
	if (end && (attempts < 2 || attempts < reports || (ooms > 0 && attempts > ooms)))
		line_wrong(end, "stall.attempts is %lld: %d reports, %lld OOMs", attempts, reports,
			   (long long)ooms);
	check_no_kill(fx);
}

static bool is_waiting(pid_t pid)
{
	char path[64], line[256], *end = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(line, sizeof(line), f))
		end = strrchr(line, ')');
	fclose(f);
	return end && end[1] == ' ' && end[2] == 'D';
}

/*
 * Until @count of its tasks wait. One that has not come so far when room is made finds no room, and
 * waits for the next: the kernel wakes only those that wait.
 */
static void wait_for_waiting(struct fixture *fx, const struct container *a, int count)
{
	pid_t pids[8];
	int waiting = 0;

	for (int waited = 0; waiting != count && waited < KILL_MS; waited += 20) {
		int n = cgroup_members(&fx->h, &a->cg, pids, COUNT(pids));

		poll(NULL, 0, 20);
		waiting = 0;
		for (int i = 0; i < n && i < COUNT(pids); i++)
			waiting += is_waiting(pids[i]);
	}
	assert_int_equal(waiting, count);
}

/*
 * cgroup v1: memory.oom_control says that nobody may be killed. Two tasks wait:
 * neither finds room for what it holds by itself.
 */
static void killer_disabled(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--children", "2", "--size", "28",
					 "--adj", "990", NULL);
	struct expect e = expect_stall(a, pod);
	int64_t stalled = 0;

	assert_int_equal(cgroup_write(&fx->h, &a->cg, "memory.oom_control", "1"), 0);
	fixture_grow(fx, w);
	for (int waited = 0; !stalled && waited < KILL_MS; waited += 5) {
		poll(NULL, 0, 5);
		stalled = cgroup_read(&fx->h, &a->cg, "memory.oom_control", "under_oom");
	}
	assert_int_equal(stalled, 1);
	wait_for_waiting(fx, a, 2);
	poll(NULL, 0, STALL_MS);
	int64_t limit = a->cg.limit;
	make_room(fx, a, w);
	assert_int_equal(cgroup_read(&fx->h, &a->cg, "memory.oom_control", "under_oom"), 0);

	a->cg.limit = limit;
	json_t *stall = check_stall(fx, &e, "killer_disabled"), *end = check_stall_end(fx, stall);
	if (end && line_integer(end, "stall.tasks") != 2)
		line_wrong(end, "stall.tasks is not 2");
	if (end && line_integer(end, "stall.duration_ns") < STALL_MS * 1000000LL)
		line_wrong(end, "stall.duration_ns is less than %d ms", STALL_MS);
	check_no_kill(fx);
}

const struct kill_case stall_cases[] = {
	{ "nothing-killable", "all in the container are protected", CASE_ONE_SHAPE | CASE_PROTECT,
	  nothing_killable },
	{ "killer-disabled", "memory.oom_control: tasks wait", CASE_ONE_SHAPE | CASE_V1,
	  killer_disabled },
};
const int n_stall_cases = COUNT(stall_cases);
