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

#include "klog.h"

#define COUNTER_MS 5000

static const char *const qos_classes[] = { "Guaranteed", "Burstable", "BestEffort" };

struct expect expect_death(struct workload *w, const struct container *container, int adj)
{
	return (struct expect){
		.victim = w,
		.pid = w->pid,
		.vpid = container ? 1 : w->pid,
		.comm = "eat",
		.oom_score_adj = adj,
		.container = container,
		.container_ends = container ? 1 : -1,
	};
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

static const struct cgroup *victim_cgroup(const struct expect *e)
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
	else if (ooms)
		fail_msg("%s: %lld OOMs of its own limit", cg->path, (long long)ooms);
}

static void check_counters(struct fixture *fx, const struct expect *e)
{
	int64_t kills = cgroup_oom_kills(&fx->h, victim_cgroup(e));
	int64_t machine = machine_oom_kills();

	assert_int_equal(kills, 1);
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

/* Who asked is alive, or was killed next, or is the victim itself. */
static bool is_trigger(struct fixture *fx, const struct expect *e, pid_t pid)
{
	pid_t members[64];
	int n = cgroup_members(&fx->h, e->trigger_cgroup, members, 64);

	for (int i = 0; i < n && i < 64; i++)
		if (members[i] == pid)
			return true;
	return (e->trigger_cgroup->id == victim_cgroup(e)->id && pid == e->pid) ||
	       was_killed_next(fx, e, pid);
}

static void check_log(struct fixture *fx, const struct expect *e, struct klog_kill *ret)
{
	int err = klog_find(fx->log_mark, e->pid, ret);

	if (err)
		print_message("  note: the kernel's log cannot be read: %s\n", strerror(-err));
	else if (!ret->has_dump)
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
	if (ret->trigger && e->trigger_cgroup && !is_trigger(fx, e, ret->trigger))
		fail_msg("the log's trigger %d is not in %s", ret->trigger,
			 e->trigger_cgroup->path);
}

/* ---- oomwhy's word ---- */

/* Fails with the whole line: what else it says is the way to the mistake. */
static void wrong(json_t *line, const char *format, ...)
{
	char *text = json_dumps(line, JSON_COMPACT), what[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	printf("  line: %s\n", text);
	free(text);
	fail_msg("%s", what);
}

static void assert_key(json_t *line, const char *key, const char *value)
{
	if (strcmp(line_string(line, key), value))
		wrong(line, "%s is \"%s\", not \"%s\"", key, line_string(line, key), value);
}

static void assert_number(json_t *line, const char *key, long long value)
{
	if (!json_is_integer(line_get(line, key)) || line_integer(line, key) != value)
		wrong(line, "%s is %lld, not %lld", key, line_integer(line, key), value);
}

static void assert_absent(json_t *line, const char *key)
{
	json_t *value = line_get(line, key);

	if (value && !json_is_null(value))
		wrong(line, "%s is there", key);
}

static void assert_near(json_t *line, const char *key, long long value, long long slack)
{
	long long got = line_integer(line, key);

	if (got < value - slack || got > value + slack)
		wrong(line, "%s is %lld, not within %lld of %lld", key, got, slack, value);
}

static void check_verdict(struct fixture *fx, const struct expect *e, json_t *line)
{
	json_t *ends = line_get(line, "verdict.container_ends");

	assert_key(line, "verdict.limit_level", e->limit_level);
	assert_key(line, "verdict.evidence", tracer_evidence(&fx->tracer));
	if (e->container_ends >= 0 &&
	    (!json_is_boolean(ends) || json_is_true(ends) != e->container_ends))
		wrong(line, "verdict.container_ends is not %s",
		      e->container_ends ? "true" : "false");
}

static void check_owner(const struct expect *e, json_t *line)
{
	if (!e->owner) {
		assert_absent(line, "limit_owner.cgroup");
		assert_true(json_is_object(line_get(line, "limits.host")));
		return;
	}
	assert_key(line, "limit_owner.limit_level", e->owner_level);
	assert_key(line, "limit_owner.cgroup.path", e->owner->path);
	assert_number(line, "limit_owner.cgroup.id", e->owner->id);
	assert_number(line, "limit_owner.limit_bytes", e->owner->limit);
	/* full but for what the last charge asked for */
	assert_near(line, "limit_owner.usage_bytes", e->owner->limit, MIB);
}

static void check_limit(json_t *line, const char *level, const struct cgroup *cg)
{
	char key[64];

	snprintf(key, sizeof(key), "limits.%s.limit_bytes", level);
	if (cg->limit == CGROUP_NO_LIMIT)
		assert_absent(line, key);
	else
		assert_number(line, key, cg->limit);
	snprintf(key, sizeof(key), "limits.%s.usage_bytes", level);
	assert_true(line_integer(line, key) > 0);
}

static void check_victim(const struct expect *e, const struct klog_kill *log, json_t *line)
{
	assert_key(line, "victim.fate", "killed");
	assert_number(line, "victim.process.pid", e->pid);
	assert_number(line, "victim.process.vpid", e->vpid);
	assert_number(line, "victim.process.real_user.id", 0);
	assert_key(line, "victim.comm", e->comm);
	assert_key(line, "victim.cgroup.path", victim_cgroup(e)->path);
	assert_number(line, "victim.cgroup.id", victim_cgroup(e)->id);
	assert_number(line, "victim.oom_score_adj", e->oom_score_adj);
	if (log->has_killed) {
		/* the log and the record are taken moments apart, and older kernels batch */
		assert_near(line, "victim.anon_bytes", log->anon_bytes, MIB);
		assert_near(line, "victim.rss_bytes", log->rss_bytes, MIB);
	}
}

static void check_identity(struct fixture *fx, const struct expect *e, json_t *line)
{
	if (!e->container) {
		assert_absent(line, "victim.k8s.pod.uid");
		assert_absent(line, "victim.container.id");
		return;
	}
	const struct pod *pod = e->container->pod;

	assert_key(line, "victim.k8s.pod.uid", pod->uid);
	assert_key(line, "victim.container.id", e->container->id);
	assert_key(line, "victim.qos_class", qos_classes[pod->qos]);
	if (fx->shape == SYSTEMD)
		assert_key(line, "victim.container.runtime.name", "containerd");
	check_limit(line, "container", &e->container->cg);
	check_limit(line, "pod", &pod->cg);
	if (pod->qos != GUARANTEED)
		check_limit(line, "qos", &fx->qos[pod->qos]);
	check_limit(line, "node", &fx->node);
}

static void check_trigger(struct fixture *fx, const struct expect *e, json_t *line)
{
	long long pid = line_integer(line, "trigger.process.pid");

	if (!e->trigger_cgroup)
		return;
	if (!is_trigger(fx, e, (pid_t)pid))
		wrong(line, "trigger.process.pid %lld is not in %s", pid, e->trigger_cgroup->path);
	if (e->trigger_pod)
		assert_key(line, "trigger.k8s.pod.uid", e->trigger_pod->uid);
	assert_true(*line_string(line, "trigger.comm"));
	if (!strcmp(tracer_evidence(&fx->tracer), "exact"))
		assert_number(line, "trigger.allocation.order", 0);
}

/* All kills since the tracer was attached, whoever made them. */
static void check_sum(struct fixture *fx)
{
	struct tracer *t = &fx->tracer;
	int64_t rise = 0;

	for (int waited = 0; waited <= COUNTER_MS; waited += 100) {
		rise = machine_oom_kills() - fx->kills_base;
		if (machine_oom_kills() < 0 || rise == t->victims + t->group_kills)
			return;
		tracer_line(t, 100);
	}
	fail_msg("the kernel counts %lld kills, oomwhy reported %d (%d of groups)", (long long)rise,
		 t->victims, t->group_kills);
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
	check_verdict(fx, e, line);
	check_owner(e, line);
	check_victim(e, &log, line);
	check_identity(fx, e, line);
	check_trigger(fx, e, line);
	check_sum(fx);
	return line;
}
