/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "check_line.h"
#include "explained.h"
#include "sums.h"
#include "unseen.h"

#define QUIET_MS 1000 /* so long after a kill its line has come */

struct expect expect_death(struct workload *w, const struct container *container, int adj)
{
	return (struct expect){
		.victim = w,
		.pid = w->pid,
		.vpid = container ? 1 : w->pid,
		.comm = "eat",
		.fate = "killed",
		.kills = 1,
		.counter = "memory",
		.oom_score_adj = adj,
		.container = container,
		.container_ends = container ? 1 : -1,
	};
}

struct expect expect_death_same_pidns(struct workload *w, const struct container *container,
				      int adj)
{
	struct expect e = expect_death(w, container, adj);

	e.vpid = w->pid;
	e.container_ends = -1;
	return e;
}

void expect_child(struct expect *e, pid_t pid)
{
	e->victim_is_child = true;
	e->pid = pid;
	e->vpid = 2;
	e->container_ends = 0;
}

void expect_limit(struct expect *e, const char *limit_level, const char *owner_level,
		  const struct cgroup *owner)
{
	e->limit_level = limit_level;
	e->owner_level = owner_level;
	e->owner = owner;
}

void expect_trigger(struct expect *e, const struct cgroup *cg, const struct pod *pod)
{
	e->trigger_cgroup = cg;
	e->trigger_pod = pod;
}

static void add_other(struct expect_other *list, int *n, struct expect_other other)
{
	assert_true(*n < EXPECT_OTHERS_MAX);
	list[(*n)++] = other;
}

void expect_other(struct expect *e, pid_t pid, const char *fate, long long rss_bytes)
{
	add_other(e->others, &e->n_others, (struct expect_other){ pid, fate, rss_bytes });
}

void expect_survivor(struct expect *e, pid_t pid)
{
	add_other(e->survivors, &e->n_survivors, (struct expect_other){ pid, NULL, -1 });
}

const struct cgroup *victim_cgroup(const struct expect *e)
{
	return e->cgroup ? e->cgroup : &e->container->cg;
}

static void wait_gone(pid_t pid)
{
	for (int waited = 0; !kill(pid, 0) && waited < KILL_MS; waited += 5)
		poll(NULL, 0, 5);
	if (!kill(pid, 0))
		fail_msg("process %d was not killed", pid);
}

/* ---- the kernel's word ---- */

static void check_death(const struct expect *e)
{
	struct workload *w = e->victim;

	if (e->victim_is_child) {
		wait_gone(e->pid);
		assert_int_equal(workload_wait_end(w, 0), -ETIME); /* its parent lives */
		return;
	}
	int err = workload_wait_end(w, KILL_MS);
	if (err)
		fail_msg("process %d was not killed: %s", w->pid, strerror(-err));
	if (!WIFSIGNALED(w->status) || WTERMSIG(w->status) != SIGKILL)
		fail_msg("process %d ended with wait status 0x%x", w->pid, w->status);
}

/* Every cgroup of the case is new, so its counters stood at 0. */
static void check_ooms(struct fixture *fx, const struct expect *e, const struct cgroup *cg)
{
	int64_t ooms = cg->id ? cgroup_ooms(&fx->h, cg) : -ENODATA;

	if (ooms == -ENODATA)
		return;
	if (e->owner && e->owner->id == cg->id)
		assert_true(ooms > 0);
	else if (ooms && !(e->flags & EXPECT_OTHER_OOMS))
		fail_msg("%s: %lld OOMs of its own limit", cg->path, (long long)ooms);
}

static void check_counters(struct fixture *fx, const struct expect *e)
{
	int64_t kills = cgroup_oom_kills(&fx->h, victim_cgroup(e));
	int64_t machine = machine_oom_kills();

	assert_int_equal(kills, e->kills);
	if (e->kills)
		assert_true(machine < 0 || machine > fx->kills_before);
	check_ooms(fx, e, &fx->node);
	for (int i = BURSTABLE; i <= BEST_EFFORT; i++)
		check_ooms(fx, e, &fx->qos[i]);
	for (int i = 0; i < fx->n_pods; i++)
		check_ooms(fx, e, &fx->pods[i].cg);
	for (int i = 0; i < fx->n_containers; i++)
		check_ooms(fx, e, &fx->containers[i].cg);
	if (e->owner)
		check_ooms(fx, e, e->owner);
}

/* Linux 7.3 kills on at times before the first victim's memory is free: then who asked is next. */
static bool was_killed_next(struct fixture *fx, const struct expect *e, pid_t pid)
{
	struct klog_kill next;

	if (pid == e->pid || klog_find(fx->log_mark, pid, &next) || !next.has_killed)
		return false;
	return !next.has_dump || !strcmp(next.task_memcg, e->trigger_cgroup->path);
}

static bool is_other(const struct expect *e, pid_t pid)
{
	for (int i = 0; i < e->n_others; i++)
		if (e->others[i].pid == pid)
			return true;
	return false;
}

/* Who asked is alive, or was killed next, or is a victim itself. */
bool is_trigger(struct fixture *fx, const struct expect *e, pid_t pid)
{
	pid_t members[64];
	int n;

	if (e->trigger)
		return pid == e->trigger;
	n = cgroup_members(&fx->h, e->trigger_cgroup, members, 64);
	for (int i = 0; i < n && i < 64; i++)
		if (members[i] == pid)
			return true;
	return (e->trigger_cgroup->id == victim_cgroup(e)->id && pid == e->pid) ||
	       is_other(e, pid) || was_killed_next(fx, e, pid);
}

static void check_log(struct fixture *fx, const struct expect *e, struct klog_kill *ret)
{
	int err = klog_find(fx->log_mark, e->tid ? e->tid : e->pid, ret);

	if (err)
		print_message("  note: the kernel's log cannot be read: %s\n", strerror(-err));
	else if (e->flags & EXPECT_NO_LOG)
		assert_false(ret->has_dump || ret->has_killed);
	else if (!ret->has_dump && !(e->flags & EXPECT_OTHER_OOMS))
		print_message("  note: no \"oom-kill:\" line for process %d (rate-limited)\n",
			      e->pid);
	if (!ret->has_dump)
		return;
	if (fx->verbose)
		print_message("  kernel: oom_memcg=%s task_memcg=%s pid=%d trigger=%d\n",
			      ret->global ? "(global)" : ret->oom_memcg, ret->task_memcg, e->pid,
			      ret->trigger);
	assert_int_equal(ret->global, !e->owner);
	if (e->owner)
		assert_string_equal(ret->oom_memcg, e->owner->path);
	assert_string_equal(ret->task_memcg, victim_cgroup(e)->path);
	if (ret->trigger && (e->trigger_cgroup || e->trigger) && !(e->flags & EXPECT_THREADS) &&
	    !is_trigger(fx, e, ret->trigger))
		fail_msg("the log's trigger is process %d", ret->trigger);
}

json_t *check_kill(struct fixture *fx, const struct expect *e)
{
	struct klog_kill log;
	json_t *line;

	check_death(e);
	check_counters(fx, e);
	check_log(fx, e, &log);
	if (fx->kernel_only)
		return NULL;
	line = tracer_kill_of(&fx->tracer, e->pid, TRACER_LINE_MS);
	if (!line)
		fail_msg("no oom_kill line for process %d", e->pid);
	if (fx->verbose)
		print_message("  oomwhy: %s\n", line_string(line, "message"));
	check_kill_line(fx, e, &log, line);
	check_explained(fx, e, &log, line);
	check_sums(fx, e->owner, victim_cgroup(e));
	return line;
}

void check_no_kill(struct fixture *fx)
{
	int kills = fx->tracer.kills;

	assert_int_equal(machine_oom_kills(), fx->kills_before);
	if (fx->kernel_only)
		return;
	for (int waited = 0; waited < QUIET_MS; waited += 100)
		tracer_line(&fx->tracer, 100);
	if (fx->tracer.kills != kills) {
		tracer_print(&fx->tracer);
		fail_msg("an oom_kill line without a kill");
	}
	check_sums(fx, NULL, NULL);
}

/* ---- stalls ---- */

/* Only a hook in the OOM killer shows that it found nobody. */
static bool shows_stalls(const struct fixture *fx)
{
	return !fx->kernel_only && !strcmp(tracer_evidence(&fx->tracer), "exact");
}

json_t *check_stall(struct fixture *fx, const struct expect *e, const char *kind)
{
	json_t *line;

	if (!shows_stalls(fx) || (unseen_here(fx).waiting && !strcmp(kind, "killer_disabled")))
		return NULL;
	line = tracer_line_of(&fx->tracer, fx->lines_mark, "oom_stall", NULL, TRACER_LINE_MS);
	if (!line)
		fail_msg("no oom_stall line");
	if (fx->verbose)
		print_message("  oomwhy: %s\n", line_string(line, "message"));
	check_stall_line(fx, e, kind, line);
	return line;
}

json_t *check_stall_end(struct fixture *fx, json_t *stall)
{
	json_t *line, *other;
	size_t i;

	if (!stall)
		return NULL;
	line = tracer_line_of(&fx->tracer, fx->lines_mark, "oom_update", line_string(stall, "id"),
			      TRACER_LINE_MS);
	if (!line)
		fail_msg("no oom_update line with id %s", line_string(stall, "id"));
	line_is(line, "stall.kind", line_string(stall, "stall.kind"));
	if (line_integer(line, "stall.duration_ns") <= 0)
		line_wrong(line, "stall.duration_ns is not there");
	json_array_foreach(fx->tracer.seen, i, other)
	{
		if (i >= fx->lines_mark && other != stall &&
		    !strcmp(line_string(other, "type"), "oom_stall"))
			line_wrong(other, "a second oom_stall line");
	}
	return line;
}
