/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "fixture.h"

#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "klog.h"
#include "machine.h"

#define PACE_MS 550
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const qos_names[] = { "", "burstable", "besteffort" };

void fixture_begin(struct fixture *fx, enum shape shape)
{
	memset(&fx->shape, 0, sizeof(*fx) - offsetof(struct fixture, shape));
	fx->shape = shape;
	fx->tmpfs_fd = -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int fixture_end(struct fixture *fx)
{
	tracer_free(&fx->own);
	if (*fx->files)
		nftw(fx->files, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	*fx->files = '\0';
	machine_thaw(fx);
	fixture_end_workloads(fx);
	if (fx->tmpfs_fd >= 0)
		close(fx->tmpfs_fd);
	fx->tmpfs_fd = -1;
	machine_restore(fx);
	return ledger_clean(&fx->h);
}

struct cgroup fixture_cgroup(struct fixture *fx, const struct cgroup *parent, const char *name,
			     int limit)
{
	char path[CGROUP_PATH_MAX];
	struct cgroup cg;
	int err;

	assert_in_range(snprintf(path, sizeof(path), "%s/%s", parent ? parent->path : "", name), 1,
			sizeof(path) - 1);
	err = cgroup_make(&fx->h, path, &cg);
	if (err)
		fail_msg("cannot make the cgroup %s: %s", path, strerror(-err));
	fixture_limit(fx, &cg, limit);
	return cg;
}

void fixture_limit(struct fixture *fx, struct cgroup *cg, int limit)
{
	int err = limit ? cgroup_set_limit(&fx->h, cg, limit * MIB) : 0;

	if (err)
		fail_msg("cannot limit %s to %d MiB: %s", cg->path, limit, strerror(-err));
}

struct cgroup *fixture_node(struct fixture *fx)
{
	if (!fx->node.id)
		fx->node = fixture_cgroup(fx, NULL,
					  fx->shape == SYSTEMD ? "kubepods.slice" : "kubepods", 0);
	return &fx->node;
}

struct cgroup *fixture_qos(struct fixture *fx, enum qos qos)
{
	struct cgroup *cg = &fx->qos[qos];
	char name[64];

	if (qos == GUARANTEED) /* has no cgroup of its own */
		return fixture_node(fx);
	snprintf(name, sizeof(name), fx->shape == SYSTEMD ? "kubepods-%s.slice" : "%s",
		 qos_names[qos]);
	if (!cg->id)
		*cg = fixture_cgroup(fx, fixture_node(fx), name, 0);
	return cg;
}

struct pod *fixture_pod(struct fixture *fx, enum qos qos, int limit)
{
	struct pod *pod = &fx->pods[fx->n_pods++];
	char name[128], escaped[40];

	assert_true(fx->n_pods <= COUNT(fx->pods));
	pod->qos = qos;
	snprintf(pod->uid, sizeof(pod->uid), "0007e57a-%04x-4b1d-8a3e-%012x",
		 (unsigned int)getpid() & 0xffff, ++fx->serial);
	strcpy(escaped, pod->uid);
	for (char *p = escaped; (p = strchr(p, '-'));)
		*p = '_';
	if (fx->shape == CGROUPFS)
		snprintf(name, sizeof(name), "pod%s", pod->uid);
	else
		snprintf(name, sizeof(name), "kubepods-%s%spod%s.slice", qos_names[qos],
			 qos == GUARANTEED ? "" : "-", escaped);
	pod->cg = fixture_cgroup(fx, fixture_qos(fx, qos), name, limit);
	return pod;
}

struct container *fixture_new_container(struct fixture *fx, struct pod *pod)
{
	struct container *c = &fx->containers[fx->n_containers++];
	uint64_t x = ((uint64_t)getpid() << 32) + ++fx->serial;

	assert_true(fx->n_containers <= COUNT(fx->containers));
	c->pod = pod;
	for (int i = 0; i < 64; i += 16) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		snprintf(c->id + i, 17, "%016llx", (unsigned long long)x);
	}
	return c;
}

void fixture_make_container(struct fixture *fx, struct container *c, int limit)
{
	char name[128];

	snprintf(name, sizeof(name), fx->shape == SYSTEMD ? "cri-containerd-%s.scope" : "%s",
		 c->id);
	c->cg = fixture_cgroup(fx, &c->pod->cg, name, limit);
}

struct container *fixture_container(struct fixture *fx, struct pod *pod, int limit)
{
	struct container *c = fixture_new_container(fx, pod);

	fixture_make_container(fx, c, limit);
	return c;
}

struct workload *fixture_eat(struct fixture *fx, const struct cgroup *cg, enum workload_ns ns, ...)
{
	struct workload *w = &fx->workloads[fx->n_workloads++];
	const char *args[20];
	int n = 0, err;
	va_list ap;

	assert_true(fx->n_workloads <= COUNT(fx->workloads));
	va_start(ap, ns);
	do
		args[n] = va_arg(ap, const char *);
	while (args[n++] && n < COUNT(args));
	va_end(ap);
	err = workload_start(w, &fx->h, cg, ns, args);
	if (err)
		fail_msg("cannot start eat in %s: %s", cg->path, strerror(-err));
	return w;
}

void fixture_end_workloads(struct fixture *fx)
{
	for (int i = 0; i < COUNT(fx->workloads); i++)
		workload_end(&fx->workloads[i]);
	fx->n_workloads = 0;
}

void fixture_members(struct fixture *fx, const struct cgroup *cg, pid_t *ret, int n)
{
	int found = 0;

	for (int waited = 0; found != n && waited < KILL_MS; waited += 5) {
		found = cgroup_members(&fx->h, cg, ret, n);
		if (found != n)
			poll(NULL, 0, 5);
	}
	if (found != n)
		fail_msg("%s: %d processes, not %d", cg->path, found, n);
}

void fixture_fill(struct workload *w)
{
	assert_int_equal(workload_go(w), 0);
	fixture_ready(w);
}

struct workload *fixture_grow(struct fixture *fx, struct workload *w)
{
	fixture_mark(fx);
	assert_int_equal(workload_go(w), 0);
	return w;
}

void fixture_ready(struct workload *w)
{
	int err = workload_wait_ready(w, KILL_MS);
	if (err)
		fail_msg("eat (pid %d) did not fill its size: %s", w->pid, strerror(-err));
}

struct tracer *fixture_tracer(struct fixture *fx)
{
	static const char *const args[] = { "--json", NULL };

	if (tracer_runs(&fx->tracer))
		return &fx->tracer;
	tracer_free(&fx->tracer);
	assert_int_equal(tracer_start(&fx->tracer, args), 0);
	tracer_wait_attached(&fx->tracer);
	fx->kills_base = machine_oom_kills();
	return &fx->tracer;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void fixture_mark_at_once(struct fixture *fx)
{
	if (!fx->kernel_only)
		fixture_tracer(fx);
	fx->last_mark_ms = now_ms();
	fx->log_mark = klog_mark();
	fx->lines_mark = json_array_size(fx->tracer.seen);
	fx->kills_before = machine_oom_kills();
}

void fixture_mark(struct fixture *fx)
{
	long long since;

	if (!fx->kernel_only)
		fixture_tracer(fx);
	since = now_ms() - fx->last_mark_ms;
	if (since < PACE_MS)
		poll(NULL, 0, (int)(PACE_MS - since));
	fixture_mark_at_once(fx);
}
