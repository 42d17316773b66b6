/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "check_filled.h"
#include "check_line.h"
#include "machine.h"
#include "unseen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS_BYTES (2 * MIB) /* before 6.2 the log lacks 63 pages of each thread, at most */
#define EXACT_BYTES (256 * 1024LL) /* how near a figure has to be that the case knows exactly */

static const char *const qos_classes[] = { "Guaranteed", "Burstable", "BestEffort" };

void line_wrong(json_t *line, const char *format, ...)
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

void line_is(json_t *line, const char *key, const char *value)
{
	if (strcmp(line_string(line, key), value))
		line_wrong(line, "%s is \"%s\", not \"%s\"", key, line_string(line, key), value);
}

void line_is_number(json_t *line, const char *key, long long value)
{
	json_t *found = line_get(line, key);

	if (!json_is_integer(found) || json_integer_value(found) != value)
		line_wrong(line, "%s is %lld, not %lld", key, line_integer(line, key), value);
}

static void assert_absent(json_t *line, const char *key)
{
	json_t *value = line_get(line, key);

	if (value && !json_is_null(value))
		line_wrong(line, "%s is there", key);
}

static void assert_near(json_t *line, const char *key, long long value, long long slack)
{
	long long got = line_integer(line, key);

	if (got < value - slack || got > value + slack)
		line_wrong(line, "%s is %lld, not within %lld of %lld", key, got, slack, value);
}

static void assert_true_key(json_t *line, const char *key, bool there)
{
	if (there && !json_is_true(line_get(line, key)))
		line_wrong(line, "%s is not true", key);
	if (!there)
		assert_absent(line, key);
}

/* The kernel's decision is seen, not inferred. */
static bool is_exact(const struct fixture *fx)
{
	return !strcmp(tracer_evidence(&fx->tracer), "exact");
}

/* ---- whose limit ---- */

/*
 * With two NUMA nodes "host" may be unknown, too: one of them may have memory again when the victim
 * is marked. (That it is told at all, facts.md wants.)
 */
static bool may_be_unknown(const struct expect *e)
{
	return e->flags & EXPECT_OR_UNKNOWN ||
	       (!strcmp(e->limit_level, "host") && machine_nodes() > 1);
}

/* Unknown is no mistake where the case allows it, if the true owner is among the suspects. */
static bool is_unknown(struct fixture *fx, const struct expect *e, json_t *line)
{
	json_t *suspect;
	size_t i;

	if (is_exact(fx) || !may_be_unknown(e) ||
	    strcmp(line_string(line, "verdict.limit_level"), "unknown"))
		return false;
	json_array_foreach(line_get(line, "verdict.suspects"), i, suspect)
	{
		const char *path = line_string(suspect, "cgroup.path");

		if (e->owner ? !strcmp(path, e->owner->path) :
			       !strcmp(line_string(suspect, "limit_level"), e->limit_level))
			return true;
	}
	line_wrong(line, "unknown, and the limit's owner is not among the suspects");
	return false;
}

static void check_ends(const struct expect *e, json_t *line)
{
	json_t *ends = line_get(line, "verdict.container_ends");

	if (e->container_ends >= 0 &&
	    (!json_is_boolean(ends) || json_is_true(ends) != e->container_ends))
		line_wrong(line, "verdict.container_ends is not %s",
			   e->container_ends ? "true" : "false");
}

static void check_owner(const struct expect *e, json_t *line)
{
	bool lowered = e->flags & EXPECT_LOWERED;
	long long limit;

	if (!e->owner) {
		assert_absent(line, "limit_owner.cgroup");
		assert_absent(line, "limit_owner.counter");
		if (!strcmp(e->limit_level, "host"))
			assert_true(json_is_object(line_get(line, "limits.host")));
		return;
	}
	limit = e->owner_limit ? e->owner_limit : e->owner->limit;
	line_is(line, "limit_owner.limit_level", e->owner_level);
	line_is(line, "limit_owner.cgroup.path", e->owner->path);
	line_is_number(line, "limit_owner.cgroup.id", e->owner->id);
	line_is(line, "limit_owner.counter", e->counter);
	line_is_number(line, "limit_owner.limit_bytes", limit);
	assert_true_key(line, "limit_owner.lowered", lowered);
	if (e->flags & EXPECT_OTHER_OOMS)
		return; /* the other's victim gives back memory */
	/* full but for what the last charge asked for */
	if (!lowered)
		assert_near(line, "limit_owner.usage_bytes", limit, MIB + e->given_back_bytes);
	else if (line_integer(line, "limit_owner.usage_bytes") <= limit)
		line_wrong(line, "limit_owner.usage_bytes is not above the lowered limit");
}

/* The verdict has to be "unknown", with this one among the candidates. */
static void check_suspect(json_t *line, const char *level, const struct cgroup *cg)
{
	json_t *suspect;
	size_t i;

	line_is(line, "verdict.limit_level", "unknown");
	json_array_foreach(line_get(line, "verdict.suspects"), i, suspect)
	{
		if (!strcmp(line_string(suspect, "limit_level"), level) &&
		    line_integer(suspect, "cgroup.id") == (long long)cg->id &&
		    !strcmp(line_string(suspect, "cgroup.path"), cg->path))
			return;
	}
	line_wrong(line, "%s %s is not among the suspects", level, cg->path);
}

/* The limit may be a container's, though its owner is the pod. */
static bool is_trap(const struct expect *e)
{
	return e->owner && e->container && strcmp(e->limit_level, e->owner_level);
}

static void check_level(struct fixture *fx, const struct expect *e, json_t *line)
{
	struct unseen unseen = unseen_here(fx);

	if (unseen.siblings && is_trap(e)) {
		check_suspect(line, e->limit_level, &e->container->cg);
		check_suspect(line, e->owner_level, e->owner);
	} else if (unseen.limits && e->owner) {
		check_suspect(line, e->owner_level, e->owner);
	} else {
		line_is(line, "verdict.limit_level", e->limit_level);
	}
	if (unseen.limits && e->owner)
		assert_absent(line, "limit_owner.cgroup");
	else
		check_owner(e, line);
}

static void check_verdict(struct fixture *fx, const struct expect *e, json_t *line)
{
	line_is(line, "verdict.evidence", tracer_evidence(&fx->tracer));
	if (is_unknown(fx, e, line))
		return;
	check_level(fx, e, line);
	if (e->constraint && is_exact(fx))
		line_is(line, "constraint", e->constraint);
}

/* ---- who ---- */

static void check_limit(json_t *line, const char *level, const struct cgroup *cg, bool hidden)
{
	char key[64];

	snprintf(key, sizeof(key), "limits.%s", level);
	if (hidden) {
		assert_absent(line, key);
		return;
	}
	snprintf(key, sizeof(key), "limits.%s.limit_bytes", level);
	if (cg->limit == CGROUP_NO_LIMIT)
		assert_absent(line, key);
	else
		line_is_number(line, key, cg->limit);
	snprintf(key, sizeof(key), "limits.%s.usage_bytes", level);
	assert_true(line_integer(line, key) > 0);
}

/* Each kind is rounded down to 1 MiB; their sum may be known exactly. */
static void check_rounded(const struct unseen *unseen, long long anon, long long rss, json_t *line)
{
	line_is_number(line, "victim.rounded_bytes", MIB);
	assert_int_equal(line_integer(line, "victim.anon_bytes") % MIB, 0);
	assert_near(line, "victim.anon_bytes", anon - MIB / 2, MIB / 2 + MIB);
	if (unseen->whole_rss)
		assert_near(line, "victim.rss_bytes", rss - 3 * MIB / 2, 3 * MIB / 2 + MIB);
	else
		assert_near(line, "victim.rss_bytes", rss, MIB);
}

long long check_rss_slack(void)
{
	long long kept = 3 * 32 * sysconf(_SC_NPROCESSORS_ONLN) * sysconf(_SC_PAGESIZE);

	return kept > MIB ? kept : MIB;
}

static void check_memory(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
			 json_t *line)
{
	long long slack = check_rss_slack() + (e->flags & EXPECT_THREADS ? THREADS_BYTES : 0);
	struct unseen unseen = unseen_here(fx);

	if (unseen.low_bits && log->has_killed) {
		check_rounded(&unseen, log->anon_bytes, log->rss_bytes, line);
	} else if (e->anon_bytes && !unseen.cpus_parts) {
		assert_near(line, "victim.anon_bytes", e->anon_bytes, EXACT_BYTES);
	} else if (log->has_killed) {
		assert_near(line, "victim.anon_bytes", log->anon_bytes, slack);
		assert_near(line, "victim.rss_bytes", log->rss_bytes, slack);
	}
}

static void check_victim(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
			 json_t *line)
{
	bool hidden = unseen_here(fx).vpid && e->container && e->vpid != 1;

	line_is(line, "victim.fate", e->fate);
	line_is_number(line, "victim.process.pid", e->pid);
	if (e->vpid != ANY_VPID && !hidden)
		line_is_number(line, "victim.process.vpid", e->vpid);
	if (e->tid && (is_exact(fx) || !(e->flags & EXPECT_CHOSEN_TID)))
		line_is_number(line, "victim.tid", e->tid);
	line_is_number(line, "victim.process.real_user.id", 0);
	line_is(line, "victim.comm", e->comm);
	line_is(line, "victim.cgroup.path", victim_cgroup(e)->path);
	line_is_number(line, "victim.cgroup.id", victim_cgroup(e)->id);
	line_is_number(line, "victim.oom_score_adj", e->oom_score_adj);
	check_memory(fx, e, log, line);
	if (e->rss_max_bytes && line_integer(line, "victim.rss_bytes") > e->rss_max_bytes)
		line_wrong(line, "victim.rss_bytes is more than %lld", e->rss_max_bytes);
}

static json_t *find_process(json_t *list, pid_t pid)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i,
			   entry) if (line_integer(entry, "process.pid") == pid) return entry;
	return NULL;
}

/* Exactly these, in any order. */
static void check_list(json_t *line, const char *key, const struct expect_other *want, int n,
		       long long slack)
{
	json_t *list = line_get(line, key);

	if ((int)json_array_size(list) != n)
		line_wrong(line, "%s has %zu entries, not %d", key, json_array_size(list), n);
	for (int i = 0; i < n; i++) {
		json_t *entry = find_process(list, want[i].pid);

		if (!entry)
			line_wrong(line, "process %d is not in %s", want[i].pid, key);
		if (strcmp(line_string(entry, "fate"), want[i].fate ? want[i].fate : ""))
			line_wrong(line, "%s: the fate of process %d is \"%s\"", key, want[i].pid,
				   line_string(entry, "fate"));
		if (!want[i].fate && line_integer(entry, "oom_score_adj") != -1000 &&
		    !line_get(entry, "oom_score_adj"))
			line_wrong(line, "%s: no oom_score_adj", key);
		long long rss = line_integer(entry, "rss_bytes");
		if (want[i].rss_bytes >= 0 && llabs(rss - want[i].rss_bytes) > slack)
			line_wrong(line, "%s: process %d has %lld bytes, not about %lld", key,
				   want[i].pid, rss, want[i].rss_bytes);
	}
}

static void check_others(struct fixture *fx, const struct expect *e, json_t *line)
{
	long long slack = unseen_here(fx).low_bits ? 4 * MIB : MIB; /* three kinds, each rounded */

	check_list(line, "other_victims", e->others, e->n_others, slack);
	check_list(line, "survivors", e->survivors, is_exact(fx) ? e->n_survivors : 0, slack);
	if (!e->oom_group || unseen_here(fx).group) {
		assert_absent(line, "oom_group");
		return;
	}
	line_is(line, "oom_group.path", e->oom_group->path);
	line_is_number(line, "oom_group.id", e->oom_group->id);
}

static void check_identity(struct fixture *fx, const struct expect *e, json_t *line)
{
	bool hidden = e->owner ? unseen_here(fx).limits : unseen_here(fx).limits_of_host;

	if (!e->container) {
		assert_absent(line, "victim.k8s.pod.uid");
		assert_absent(line, "victim.container.id");
		return;
	}
	const struct pod *pod = e->container->pod;

	line_is(line, "victim.k8s.pod.uid", pod->uid);
	line_is(line, "victim.container.id", e->container->id);
	line_is(line, "victim.qos_class", qos_classes[pod->qos]);
	if (fx->shape == SYSTEMD)
		line_is(line, "victim.container.runtime.name", "containerd");
	check_limit(line, "container", &e->container->cg, hidden);
	check_limit(line, "pod", &pod->cg, hidden);
	if (pod->qos != GUARANTEED)
		check_limit(line, "qos", &fx->qos[pod->qos], hidden);
	check_limit(line, "node", &fx->node, hidden);
}

static void check_trigger(struct fixture *fx, const struct expect *e, json_t *line)
{
	long long pid = line_integer(line, "trigger.process.pid");
	bool lowered = e->flags & EXPECT_LOWERED, is_stall = line_get(line, "stall");
	struct unseen unseen = unseen_here(fx);

	if (e->flags & EXPECT_NO_TRIGGER)
		assert_absent(line, "trigger");
	if (!e->trigger_cgroup && !e->trigger)
		return;
	if (!is_trigger(fx, e, (pid_t)pid))
		line_wrong(line, "trigger.process.pid %lld is not %d or in %s", pid, e->trigger,
			   e->trigger_cgroup ? e->trigger_cgroup->path : "(any)");
	if ((unseen.trigger_place && pid != e->pid) || (unseen.asker && is_stall))
		assert_absent(line, "trigger.cgroup");
	else if (e->trigger_pod)
		line_is(line, "trigger.k8s.pod.uid", e->trigger_pod->uid);
	assert_true(*line_string(line, "trigger.comm"));
	assert_true_key(line, "trigger.lowers_limit", lowered && !unseen.asker);
	if (is_exact(fx) && !(e->flags & EXPECT_ANY_ORDER))
		line_is_number(line, "trigger.allocation.order", 0);
}

/* The same words as in the log, in any order. */
static void check_gfp(json_t *line, const struct klog_kill *log)
{
	char words[256], *rest, *word;
	char got[512];

	if (!*log->gfp || !line_get(line, "trigger.allocation.gfp_mask"))
		return;
	snprintf(got, sizeof(got), "|%s|", line_string(line, "trigger.allocation.gfp_flags"));
	snprintf(words, sizeof(words), "%s", log->gfp);
	if (strlen(got) != strlen(words) + 2)
		line_wrong(line, "the flags are %s, not %s", got, log->gfp);
	for (word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
		char whole[256 + 2];

		snprintf(whole, sizeof(whole), "|%s|", word);
		if (!strstr(got, whole))
			line_wrong(line, "the flags are %s, not %s", got, log->gfp);
	}
}

void check_kill_line(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
		     json_t *line)
{
	check_verdict(fx, e, line);
	check_ends(e, line);
	check_victim(fx, e, log, line);
	check_others(fx, e, line);
	check_identity(fx, e, line);
	check_trigger(fx, e, line);
	check_gfp(line, log);
	check_filled_line(fx, e, log, line);
}

void check_stall_line(struct fixture *fx, const struct expect *e, const char *kind, json_t *line)
{
	line_is(line, "stall.kind", kind);
	assert_absent(line, "victim");
	check_verdict(fx, e, line);
	check_trigger(fx, e, line);
	assert_true(json_array_size(line_get(line, "memcgs")) > 0);
	check_limit(line, e->owner_level, e->owner, false);
}
