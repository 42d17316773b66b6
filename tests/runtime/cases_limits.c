/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each kind of limit, in pods of several containers: who was killed and who asked have the names
 * that kubelet gave them.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "cri.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define BUNDLE "bundle"

static void check_names(json_t *line, const char *task, const struct cri_container *c)
{
	const char *wrong = cri_misnamed(line, task, c, BUNDLE);

	if (wrong)
		fail_msg("%s", wrong);
}

static json_t *check(struct world *w, const struct cri_container *victim,
		     const struct cri_container *trigger, const char *level)
{
	json_t *line = cri_kill_in(w, victim);

	if (!line)
		fail_msg("no oom_kill line for the container %s", victim->id);
	assert_string_equal(line_string(line, "verdict.limit_level"), level);
	check_names(line, "victim", victim);
	check_names(line, "trigger", trigger);
	return line;
}

/* Among so many that share the limit. */
static void check_sandbox(json_t *line, const struct cri_pod *pod, int children)
{
	json_t *child;
	size_t i;

	assert_int_equal(json_array_size(line_get(line, "children")), children);
	json_array_foreach(line_get(line, "children"), i, child)
		assert_int_equal(json_is_true(line_get(child, "is_sandbox")),
				 !strcmp(line_string(child, "name"), pod->sandbox_id));
}

/* It holds so much, and eats on when it is told to. */
static void start_eater(struct world *w, const struct cri_container *c)
{
	cri_start(w, c, "/eat", "--wait-file", "/go", NULL);
}

static void start_holder(struct world *w, const struct cri_container *c, const char *mib,
			 const char *adj)
{
	cri_start(w, c, "/eat", "--size", mib, "--adj", adj, NULL);
	cri_wait_usage(w, c, atoi(mib));
}

static void one_of_two(struct world *w, bool traced_before)
{
	struct cri_container app, sidecar;
	struct cri_pod pod;

	world_start_containerd(w);
	cri_pod(w, &pod, BURSTABLE, false, 64);
	cri_container(w, &app, &pod, 24);
	cri_container(w, &sidecar, &pod, 24);
	if (traced_before)
		world_trace(w);
	cri_start_sandbox(w, &pod);
	start_holder(w, &sidecar, "8", "0");
	start_eater(w, &app);
	if (!traced_before)
		world_trace(w);
	cri_touch(&app, "go");
	check(w, &app, &app, "container");
}

/* One of several containers of a pod runs into its own limit. */
static void container(struct world *w)
{
	one_of_two(w, true);
}

/* The containers were there before oomwhy. */
static void earlier(struct world *w)
{
	one_of_two(w, false);
}

/* When the kill comes the bundle is gone: it was read when the container appeared. */
static void gone(struct world *w)
{
	struct cri_container app;
	struct cri_pod pod;

	world_start_containerd(w);
	cri_pod(w, &pod, BURSTABLE, false, 0);
	cri_container(w, &app, &pod, 24);
	world_trace(w);
	cri_start_sandbox(w, &pod);
	start_eater(w, &app);
	world_settle(w);
	cri_hide_bundle(&app, true);
	cri_touch(&app, "go");
	check(w, &app, &app, "container");
	cri_hide_bundle(&app, false);
}

static void only_container(struct world *w, enum cri_qos qos, bool is_static, int pod_mib)
{
	struct cri_container app;
	struct cri_pod pod;

	world_start_containerd(w);
	cri_pod(w, &pod, qos, is_static, pod_mib);
	cri_container(w, &app, &pod, 24);
	world_trace(w);
	cri_start_sandbox(w, &pod);
	start_eater(w, &app);
	cri_touch(&app, "go");
	check(w, &app, &app, "container");
}

/* The pod's only container, with the pod's own limit: the kernel blames the pod. */
static void trap(struct world *w)
{
	only_container(w, GUARANTEED, false, 24);
}

/* The pod's limit; who is killed has not asked. */
static void pod(struct world *w)
{
	struct cri_container big, asks;
	struct cri_pod pod;

	world_start_containerd(w);
	cri_pod(w, &pod, BURSTABLE, false, 48);
	cri_container(w, &big, &pod, 0);
	cri_container(w, &asks, &pod, 0);
	world_trace(w);
	cri_start_sandbox(w, &pod);
	start_holder(w, &big, "30", "900");
	start_eater(w, &asks);
	cri_touch(&asks, "go");
	check_sandbox(check(w, &big, &asks, "pod"), &pod, 3);
}

/* The sandbox itself: it has the pod's names, and is no container of the manifest's. */
static void sandbox(struct world *w)
{
	struct cri_container sandbox, app;
	struct cri_pod pod;
	json_t *line;

	world_start_containerd(w);
	cri_pod(w, &pod, BURSTABLE, false, 0);
	cri_sandbox(w, &sandbox, &pod, 16);
	cri_container(w, &app, &pod, 0);
	world_trace(w);
	start_eater(w, &sandbox);
	start_holder(w, &app, "1", "0");
	cri_touch(&sandbox, "go");
	line = check(w, &sandbox, &sandbox, "container");
	assert_true(json_is_true(line_get(line, "victim.is_sandbox")));
}

/* The share of all pods; victim and trigger are of different pods. */
static void node(struct world *w)
{
	struct cri_container batch, asks;
	struct cri_pod best_effort, burstable;

	world_start_containerd(w);
	cri_pod(w, &best_effort, BEST_EFFORT, false, 0);
	cri_pod(w, &burstable, BURSTABLE, false, 0);
	cri_container(w, &batch, &best_effort, 0);
	cri_container(w, &asks, &burstable, 0);
	world_trace(w);
	cri_start_sandbox(w, &best_effort);
	cri_start_sandbox(w, &burstable);
	start_holder(w, &batch, "24", "1000");
	start_eater(w, &asks);
	assert_int_equal(cgroup_set_limit(&w->h, &w->node, 64 << 20), 0);
	cri_touch(&asks, "go");
	check(w, &batch, &asks, "node");
}

/* A static pod: the UID of its path is the manifest's hash, which is not the API's UID. */
static void static_pod(struct world *w)
{
	only_container(w, BURSTABLE, true, 0);
}

/* Below its container a workload makes cgroups that are named like another pod's. */
static void forged(struct world *w)
{
	struct cri_container app, other;
	struct cri_pod pod, others;
	char path[CGROUP_PATH_MAX];
	struct cgroup cg, own;
	json_t *line;
	pid_t member;

	world_start_containerd(w);
	cri_pod(w, &pod, BURSTABLE, false, 0);
	cri_pod(w, &others, BURSTABLE, false, 0);
	cri_container(w, &app, &pod, 0);
	cri_container(w, &other, &others, 0);
	cri_start_sandbox(w, &pod);
	start_eater(w, &app);
	start_holder(w, &other, "1", "0");
	world_trace(w);
	assert_in_range(snprintf(path, sizeof(path), "%s/kubepods/burstable/pod%s/%s", app.path,
				 others.uid, other.id),
			1, sizeof(path) - 1);
	assert_int_equal(cgroup_make(&w->h, path, &cg), 0);
	assert_int_equal(cgroup_set_limit(&w->h, &cg, 16 << 20), 0);
	own = cri_cgroup(&app);
	assert_int_equal(cgroup_members(&w->h, &own, &member, 1), 1);
	snprintf(path, sizeof(path), "%d", member);
	assert_int_equal(cgroup_write(&w->h, &cg, "cgroup.procs", path), 0);
	cri_touch(&app, "go");
	line = cri_kill_in(w, &app);
	if (!line)
		fail_msg("no oom_kill line for the container %s", app.id);
	assert_string_equal(line_string(line, "verdict.limit_level"), "nested");
	snprintf(app.path, sizeof(app.path), "%s", cg.path);
	check_names(line, "victim", &app);
}

const struct runtime_case limit_cases[] = {
	{ "container", "a container's limit, beside others of its pod", container },
	{ "earlier", "containers that ran before oomwhy", earlier },
	{ "gone", "a bundle that is gone when the kill comes", gone },
	{ "trap", "a one-container pod's limit is the container's", trap },
	{ "pod", "a pod's limit; another container asked", pod },
	{ "sandbox", "a pod's sandbox", sandbox },
	{ "node", "the limit of all pods; another pod asked", node },
	{ "static-pod", "a pod whose UID is its manifest's hash", static_pod },
	{ "forged", "cgroups below a container that are named like another pod's", forged },
};
const int n_limit_cases = COUNT(limit_cases);
