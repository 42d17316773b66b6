/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function per place where a limit can be hit. In each, sizes are chosen so that exactly one
 * kill follows: who grows stops at a size that fits once the victim is gone.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "explained.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* A container's own limit; the pod has room. */
static void container(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 128);
	struct container *a = fixture_container(fx, pod, 32), *b = fixture_container(fx, pod, 96);

	fixture_fill(fixture_eat(fx, &b->cg, OWN_PIDNS, "--size", "8", "--adj", "990", NULL));
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
	if (!fx->kernel_only)
		check_last(&e);
}

/* The pod's limit, below its containers' sum: one grows, the bigger one dies. */
static void pod(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 64);
	struct container *a = fixture_container(fx, pod, 48), *b = fixture_container(fx, pod, 48);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "36", "--adj", "990", NULL);

	fixture_fill(w);
	fixture_grow(fx, fixture_eat(fx, &b->cg, OWN_PIDNS, "--size", "32", "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "pod", "pod", &pod->cg);
	expect_trigger(&e, &b->cg, pod);
	check_kill(fx, &e);
}

/* One container and a sandbox: the kernel blames the pod, but the limit is the container's. */
static void trap(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 40);
	struct container *sandbox = fixture_container(fx, pod, 0);
	struct container *a = fixture_container(fx, pod, 40);

	fixture_fill(
		fixture_eat(fx, &sandbox->cg, OWN_PIDNS, "--size", "1", "--comm", "pause", NULL));
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "container", "pod", &pod->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* Equal limits, but two containers share the pod's. */
static void trap_two(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 48);
	struct container *a = fixture_container(fx, pod, 48), *b = fixture_container(fx, pod, 48);

	fixture_fill(fixture_eat(fx, &b->cg, OWN_PIDNS, "--size", "12", "--adj", "990", NULL));
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "pod", "pod", &pod->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* Equal limits, one container, but an earlier one left a file in the pod's tmpfs volume. */
static void trap_leftover(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 48);
	struct container *dead = fixture_container(fx, pod, 48);
	struct container *a;
	char dir[64];

	fx->tmpfs_fd = nameless_tmpfs();
	assert_true(fx->tmpfs_fd >= 0);
	snprintf(dir, sizeof(dir), "/proc/%d/fd/%d", getpid(), fx->tmpfs_fd);
	struct workload *writer = fixture_eat(fx, &dead->cg, OWN_PIDNS, "--kind", "file", "--dir",
					      dir, "--size", "20", NULL);
	fixture_fill(writer);
	workload_end(writer);
	assert_int_equal(cgroup_remove(&fx->h, dead->cg.path), 0);
	assert_true(cgroup_usage(&fx->h, &pod->cg) >= 20 * MIB);
	fx->n_containers--; /* its counters went with it */

	a = fixture_container(fx, pod, 48);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "pod", "pod", &pod->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* A QoS class's limit (kubelet's QOSReserved). */
static void qos(struct fixture *fx)
{
	fixture_limit(fx, fixture_qos(fx, BEST_EFFORT), 64);
	struct pod *pods[2] = { fixture_pod(fx, BEST_EFFORT, 0), fixture_pod(fx, BEST_EFFORT, 0) };
	struct container *a = fixture_container(fx, pods[0], 0);
	struct container *b = fixture_container(fx, pods[1], 0);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "36", "--adj", "1000", NULL);

	fixture_fill(w);
	fixture_grow(fx, fixture_eat(fx, &b->cg, OWN_PIDNS, "--size", "32", "--adj", "1000", NULL));
	struct expect e = expect_death(w, a, 1000);
	expect_limit(&e, "qos", "qos", &fx->qos[BEST_EFFORT]);
	expect_trigger(&e, &b->cg, pods[1]);
	check_kill(fx, &e);
}

/* The node's share for pods: another pod's many processes fill it, the big BestEffort process dies.
 */
static void node(struct fixture *fx)
{
	fixture_limit(fx, fixture_node(fx), 112);
	struct pod *idle = fixture_pod(fx, BEST_EFFORT, 0), *busy = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, idle, 0), *b = fixture_container(fx, busy, 0);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "24", "--adj", "1000", NULL);

	fixture_fill(w);
	fixture_grow(fx, fixture_eat(fx, &b->cg, OWN_PIDNS, "--children", "8", "--size", "12",
				     "--adj", "998", NULL));
	struct expect e = expect_death(w, a, 1000);
	expect_limit(&e, "node", "node", &fx->node);
	expect_trigger(&e, &b->cg, busy);
	check_kill(fx, &e);
}

/* A cgroup that the workload made below its container. */
static void nested(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 96);
	struct cgroup worker = fixture_cgroup(fx, &a->cg, "worker", 32);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &worker, OWN_PIDNS, "--adj", "990", NULL));

	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "nested", "nested", &worker);
	e.cgroup = &worker;
	expect_trigger(&e, &worker, pod);
	check_kill(fx, &e);
}

/* A service outside Kubernetes. */
static void slice(struct fixture *fx)
{
	struct cgroup top = fixture_cgroup(fx, NULL, "oomwhy-test.slice", 0);
	struct cgroup service = fixture_cgroup(fx, &top, "batch.service", 32);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &service, SAME_PIDNS, "--adj", "100", NULL));

	struct expect e = expect_death(w, NULL, 100);
	expect_limit(&e, "slice", "slice", &service);
	e.cgroup = &service;
	expect_trigger(&e, &service, NULL);
	check_kill(fx, &e);
}

/* The machine's memory: no cgroup has a limit. */
static void host(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BEST_EFFORT, 0);
	struct container *a = fixture_container(fx, pod, 0);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "1000", NULL));

	struct expect e = expect_death(w, a, 1000);
	expect_limit(&e, "host", NULL, NULL);
	check_kill(fx, &e);
}

/* A child dies, its container's process 1 lives: Kubernetes shows nothing. */
static void child(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--children", "1", "--adj", "990", NULL);
	pid_t pids[2];

	fixture_members(fx, &a->cg, pids, 2);
	fixture_grow(fx, w);
	pid_t pid = pids[0] == w->pid ? pids[1] : pids[0];
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "container", "container", &a->cg);
	expect_child(&e, pid);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

const struct kill_case limit_cases[] = {
	{ "container", "a container's limit; process 1 dies", 0, container },
	{ "pod", "a pod's limit, two containers", 0, pod },
	{ "trap", "a one-container pod with equal limits: the container's", 0, trap },
	{ "trap-two", "equal limits, two containers: the pod's", 0, trap_two },
	{ "trap-leftover", "equal limits, memory left by a dead container: the pod's", 0,
	  trap_leftover },
	{ "qos", "a QoS class's limit", 0, qos },
	{ "node", "the kubepods limit, a BestEffort victim, another pod grows", 0, node },
	{ "nested", "a limit below the container", 0, nested },
	{ "child", "a child dies, process 1 of the container lives", 0, child },
	{ "slice", "a limit outside kubepods", CASE_ONE_SHAPE, slice },
	{ "host", "the machine's memory", CASE_HOST_OOM, host },
};
const int n_limit_cases = COUNT(limit_cases);
