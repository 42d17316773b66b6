/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "sums.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNTER_MS 5000

/* Which of the kernel's counters: of the cgroup's own processes, or of all below it, too. */
enum reach { OWN, BELOW };

static bool is_in(const char *path, const struct cgroup *cg, enum reach reach)
{
	size_t len = strlen(cg->path);

	return !strcmp(path, cg->path) ||
	       (reach == BELOW && !strncmp(path, cg->path, len) && path[len] == '/');
}

/* An earlier case may have had a cgroup of that name. */
static bool is_of_another(json_t *line, const struct cgroup *cg)
{
	json_t *memcg;
	size_t i;

	json_array_foreach(line_get(line, "memcgs"), i, memcg)
	{
		if (!strcmp(line_string(memcg, "path"), cg->path) &&
		    line_integer(memcg, "id") != (long long)cg->id)
			return true;
	}
	return false;
}

static long long counted_in(json_t *victim, const struct cgroup *cg, enum reach reach)
{
	return is_in(line_string(victim, "cgroup.path"), cg, reach) ?
		       line_integer(victim, "counted") :
		       0;
}

static long long told_by(json_t *line, const struct cgroup *cg, enum reach reach)
{
	long long told = counted_in(line_get(line, "victim"), cg, reach);
	json_t *other;
	size_t i;

	if (is_of_another(line, cg))
		return 0;
	json_array_foreach(line_get(line, "other_victims"), i, other)
	{
		told += counted_in(other, cg, reach);
	}
	return told;
}

static long long told_of(struct fixture *fx, const struct cgroup *cg, enum reach reach)
{
	json_t *line;
	long long told = 0;
	size_t i;

	json_array_foreach(fx->tracer.seen, i, line)
	{
		if (!strcmp(line_string(line, "type"), "oom_kill"))
			told += told_by(line, cg, reach);
	}
	return told;
}

static bool differs(struct fixture *fx, const struct cgroup *cg, enum reach reach, char *why,
		    size_t size)
{
	int64_t counted = reach == OWN ? cgroup_oom_kills(&fx->h, cg) :
					 cgroup_oom_kills_below(&fx->h, cg);
	long long told = told_of(fx, cg, reach);

	/* the case has removed it; cgroup v1 counts no other's */
	if (counted == -ENOENT || (counted == -ENODATA && reach == BELOW) || counted == told)
		return false;
	snprintf(why, size, "%s: the kernel counts %lld kills%s, oomwhy told %lld", cg->path,
		 (long long)counted, reach == BELOW ? " there and below" : "", told);
	return true;
}

static bool cgroup_differs(struct fixture *fx, const struct cgroup *cg, char *why, size_t size)
{
	return cg && cg->id &&
	       (differs(fx, cg, OWN, why, size) || differs(fx, cg, BELOW, why, size));
}

static bool any_cgroup_differs(struct fixture *fx, char *why, size_t size)
{
	if (cgroup_differs(fx, &fx->node, why, size))
		return true;
	for (int i = BURSTABLE; i <= BEST_EFFORT; i++)
		if (cgroup_differs(fx, &fx->qos[i], why, size))
			return true;
	for (int i = 0; i < fx->n_pods; i++)
		if (cgroup_differs(fx, &fx->pods[i].cg, why, size))
			return true;
	for (int i = 0; i < fx->n_containers; i++)
		if (cgroup_differs(fx, &fx->containers[i].cg, why, size))
			return true;
	return false;
}

static bool machine_differs(struct fixture *fx, char *why, size_t size)
{
	const struct tracer *t = &fx->tracer;
	int64_t now = machine_oom_kills(), rise = now - fx->kills_base;

	if (now < 0 || rise == t->counted)
		return false;
	snprintf(why, size, "the kernel counts %lld kills, oomwhy told %lld", (long long)rise,
		 t->counted);
	return true;
}

void check_sums(struct fixture *fx, const struct cgroup *owner, const struct cgroup *victim)
{
	char why[CGROUP_PATH_MAX + 128] = "";
	bool machine = false;

	for (int waited = 0; waited <= COUNTER_MS; waited += 100) {
		machine = machine_differs(fx, why, sizeof(why));
		if (!machine && !any_cgroup_differs(fx, why, sizeof(why)) &&
		    !cgroup_differs(fx, owner, why, sizeof(why)) &&
		    !cgroup_differs(fx, victim, why, sizeof(why)))
			return;
		tracer_line(&fx->tracer, 100);
	}
	/* The next case is not to be blamed for it. */
	if (machine)
		fx->kills_base = machine_oom_kills() - fx->tracer.counted;
	tracer_print(&fx->tracer);
	fail_msg("%s", why);
}
