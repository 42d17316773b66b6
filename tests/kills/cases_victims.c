/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function per kind of victim: a group, one that was already exiting, threads, somebody who
 * shares the memory. Whose limit it is is plain in all of them: the container's.
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "klog.h"
#include "machine.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define KILLS_MAX 16
#define USER_KILLS 3
#define USER_ROUNDS 12 /* in some of them what CPUs keep in stock is enough for the end */

static void wait_killed(struct workload *w)
{
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	if (!WIFSIGNALED(w->status) || WTERMSIG(w->status) != SIGKILL)
		fail_msg("process %d ended with wait status 0x%x", w->pid, w->status);
}

static bool has_pid(const pid_t *pids, int n, pid_t pid)
{
	for (int i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* The others by the log, where "Killed process" is never left out; the first one stands there
 * twice. */
static void expect_group(struct expect *e, const struct klog_kill *kills, int n)
{
	for (int i = 1; i < n; i++)
		if (kills[i].pid != e->pid)
			expect_other(e, kills[i].pid, "group", (long long)kills[i].rss_bytes);
}

/* memory.oom.group: four processes die at once, the fifth is protected. */
static void group(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 40);
	struct klog_kill kills[KILLS_MAX];
	struct workload *survivor = fixture_eat(fx, &a->cg, SAME_PIDNS, "--size", "1", "--adj",
						"-1000", "--comm", "survivor", NULL);
	struct workload *member[4], *w;
	pid_t pids[5];

	assert_int_equal(cgroup_write(&fx->h, &a->cg, "memory.oom.group", "1"), 0);
	fixture_fill(survivor);
	/* Nobody's death brings another's, but for the group's. */
	for (int i = 0; i < COUNT(member); i++)
		member[i] = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", i ? "--size" : NULL,
					"4", NULL);
	for (int i = 1; i < COUNT(member); i++)
		fixture_fill(member[i]);
	w = member[0];
	fixture_members(fx, &a->cg, pids, COUNT(pids));
	fixture_grow(fx, w);
	for (int i = 0; i < COUNT(member); i++)
		wait_killed(member[i]);
	int n = klog_kills(fx->log_mark, kills, KILLS_MAX);
	assert_in_range(n, COUNT(member), KILLS_MAX);
	for (int i = 0; i < n; i++)
		assert_true(has_pid(pids, COUNT(pids), kills[i].pid));
	assert_int_equal(workload_wait_end(survivor, 0), -ETIME);

	struct expect e = expect_death(w, a, 990);
	e.pid = kills[0].pid;
	e.kills = n;
	e.oom_group = &a->cg;
	expect_group(&e, kills, n);
	expect_survivor(&e, survivor->pid);
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

static void freeze(struct fixture *fx, pid_t pid)
{
	char text[16];

	if (!machine_side(fx, "freezer"))
		fail_msg("no freezer of cgroup v1");
	snprintf(text, sizeof(text), "%d", pid);
	machine_side_write(fx, "cgroup.procs", text);
	machine_side_write(fx, "freezer.state", "FROZEN");
	for (int waited = 0; waited < KILL_MS; waited += 5) {
		if (machine_side_reads(fx, "freezer.state", "FROZEN"))
			return;
		poll(NULL, 0, 5);
	}
	fail_msg("process %d does not freeze", pid);
}

/*
 * Killed already, but frozen: the OOM killer chooses it, lets it go, and counts nothing. Nothing
 * else would let it go: its end is what proves it. Linux 7.3 kills on at times before its memory is
 * free.
 */
static void exiting(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 40);
	struct workload *w =
		fixture_eat(fx, &a->cg, SAME_PIDNS, "--size", "24", "--adj", "1000", NULL);
	struct workload *other =
		fixture_eat(fx, &a->cg, SAME_PIDNS, "--size", "24", "--adj", "0", NULL);

	fixture_fill(w);
	freeze(fx, w->pid);
	assert_int_equal(kill(w->pid, SIGKILL), 0);
	assert_int_equal(workload_wait_end(w, 100), -ETIME);
	fixture_grow(fx, other);
	bool dies, holds = !workload_wait_ready(other, KILL_MS);
	dies = !holds && !workload_wait_end(other, KILL_MS);
	assert_true(holds || dies);
	struct expect e = expect_death_same_pidns(w, a, 1000);
	e.fate = "already_exiting";
	e.flags = EXPECT_NO_LOG;
	e.kills = dies;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	e.trigger = other->pid;
	check_kill(fx, &e);
}

/* Five threads ask at once. From 6.18 on the dying ones are marked, too: one victim stays one. */
static void threads(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct workload *w = fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--threads", "5",
							  "--adj", "990", NULL));

	struct expect e = expect_death(w, a, 990);
	e.flags = EXPECT_THREADS;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* The leading thread has exited: the kernel chooses it, and finds the memory with another one. */
static void leader_exited(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct workload *w = fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--threads", "2",
							  "--leader-exits", "--adj", "990", NULL));
	struct klog_kill log;

	wait_killed(w);
	assert_int_equal(klog_find(fx->log_mark, w->pid, &log), 0);
	assert_true(log.has_killed && log.killed_pid != w->pid);
	assert_true(log.rss_bytes > 20 * MIB);
	struct expect e = expect_death(w, a, 990);
	e.flags = EXPECT_THREADS;
	e.tid = log.killed_pid;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* Two processes with one memory: both have to die, one of them is counted. */
static void shared(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct workload *w = fixture_eat(fx, &a->cg, SAME_PIDNS, "--sharer", "--adj", "990", NULL);
	struct klog_kill kill;
	pid_t pids[2];
	int status;

	fixture_members(fx, &a->cg, pids, 2);
	fixture_grow(fx, w);
	wait_killed(w);
	pid_t sharer = pids[0] == w->pid ? pids[1] : pids[0];
	assert_int_equal(waitpid(sharer, &status, 0), sharer);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(klog_kills(fx->log_mark, &kill, 1), 1);
	assert_true(has_pid(pids, 2, kill.pid));

	/* either can be the one that is chosen */
	struct expect e = expect_death_same_pidns(w, a, 990);
	e.pid = e.vpid = kill.pid;
	expect_other(&e, kill.pid == sharer ? w->pid : sharer, "shares_memory", -1);
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	e.trigger = w->pid;
	check_kill(fx, &e);
}

/* Not memory+swap, whose failures Linux 6.18 does not count. */
static void limit_memory(struct fixture *fx, const struct cgroup *cg, int64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)bytes);
	assert_int_equal(cgroup_write(&fx->h, cg,
				      fx->h.version == 1 ? "memory.limit_in_bytes" : "memory.max",
				      text),
			 0);
}

/* How often a charge found the limit in its way. */
static int64_t limit_hits(struct fixture *fx, const struct cgroup *cg)
{
	if (fx->h.version == 1)
		return cgroup_read(&fx->h, cg, "memory.failcnt", "");
	return cgroup_read(&fx->h, cg, "memory.events.local", "max");
}

/*
 * A user's kill -9, at the limit: what the kernel allocates for the dying task has no room. From
 * 6.18 on the task is marked for that, as a victim is. It is no OOM kill.
 */
static void user_kill(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 0);
	int at_limit = 0;

	for (int round = 1; at_limit < USER_KILLS && round <= USER_ROUNDS; round++) {
		struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--heavy-exit", "--size",
						 "8", "--adj", "990", NULL);

		limit_memory(fx, &a->cg, 64 * MIB);
		fixture_fill(w);
		round == 1 ? fixture_mark(fx) : fixture_mark_at_once(fx);
		limit_memory(fx, &a->cg, cgroup_usage(&fx->h, &a->cg));
		int64_t hits = limit_hits(fx, &a->cg);
		assert_int_equal(kill(w->pid, SIGKILL), 0);
		wait_killed(w);
		at_limit += limit_hits(fx, &a->cg) > hits;
		assert_int_equal(cgroup_oom_kills(&fx->h, &a->cg), 0);
		fixture_end_workloads(fx);
	}
	assert_int_equal(at_limit, USER_KILLS);
	check_no_kill(fx);
}

/* A cgroup below the container, without a limit: crun's "container", systemd's slices. */
static void sub_cgroup(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct cgroup sub = fixture_cgroup(fx, &a->cg, "container", 0);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &sub, OWN_PIDNS, "--adj", "990", NULL));

	struct expect e = expect_death(w, a, 990);
	e.cgroup = &sub;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &sub, pod);
	check_kill(fx, &e);
}

const struct kill_case victim_cases[] = {
	{ "group", "memory.oom.group: all die but who is protected",
	  CASE_ONE_SHAPE | CASE_V2 | CASE_PROTECT, group },
	{ "exiting", "a victim that was dying already: marked, not killed", CASE_ONE_SHAPE,
	  exiting },
	{ "threads", "five threads at the limit: one victim", CASE_ONE_SHAPE, threads },
	{ "leader-exited", "the leading thread has exited", CASE_ONE_SHAPE, leader_exited },
	{ "shared", "a second process shares the memory", CASE_ONE_SHAPE, shared },
	{ "user-kill", "kill -9 at the limit: no OOM kill", CASE_ONE_SHAPE, user_kill },
	{ "sub-cgroup", "a victim below the container, at the container's limit", 0, sub_cgroup },
};
const int n_victim_cases = COUNT(victim_cases);
