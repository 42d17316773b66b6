/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who it was: the names of a pod and its containers, from files that stand where containerd has
 * its own.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "node_files.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define LOOKED_UP_MS 1500 /* by then T2 has looked at a new container */
#define FORGED_UID "325d1c77-0b1e-4b1c-9a0e-6f2f3f6a9d10"
#define FORGED_ID "84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f"

static const struct node_names cart = { "shop", "cart-0", "cart" };
static const struct node_names proxy = { "shop", "cart-0", "proxy" };
static const struct node_names sandbox = { "shop", "cart-0", NULL };
static const struct node_names forged = { "bank", "vault-0", "vault" };

static void check_number(json_t *line, const char *key, long long least, long long most)
{
	long long value = line_integer(line, key);

	if (value < least || value > most)
		fail_msg("%s is %lld, not between %lld and %lld", key, value, least, most);
}

/* Two containers and the sandbox of one pod; the folder of the second is gone before its kill. */
static void names(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);

	node_tracer(fx, NULL, NULL);
	node_container(fx, pod, 0, &sandbox);
	struct container *a = node_container(fx, pod, 24, &cart);
	struct container *b = node_container(fx, pod, 24, &proxy);

	json_t *line = node_line_of(&fx->own, node_die_in(fx, &a->cg));
	node_check_names(line, "victim", &cart);
	node_check_names(line, "trigger", &cart);
	node_check_names(line, "limit_owner", &cart);
	assert_string_equal(line_string(line, "victim.container.image.name"),
			    "registry.test/cart:1");
	assert_string_equal(line_string(line, "victim.identity_source"), "bundle");
	assert_string_equal(line_string(line, "victim.request_source"), "oom_score_adj");
	long long tenth = line_integer(line, "limits.host.limit_bytes") / 10;
	check_number(line, "victim.request_bytes", tenth, tenth + tenth / 100 + 1);
	check_number(line, "limits.container.request_bytes", tenth, tenth + tenth / 100 + 1);
	check_number(line, "victim.request_error_bytes", 1, tenth / 100 + 1);
	assert_non_null(strstr(line_string(line, "message"), "killed shop/cart-0 [cart]"));

	poll(NULL, 0, LOOKED_UP_MS);
	node_remove_bundle(fx, b->id);
	line = node_line_of(&fx->own, node_die_in(fx, &b->cg));
	node_check_names(line, "victim", &proxy);
	assert_string_equal(line_string(line, "victim.identity_source"), "bundle");
}

/*
 * The trap's sandbox is known by its name, whatever it holds: three MiB are more than one is
 * believed to be by its size.
 */
static void names_trap(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 32);

	node_tracer(fx, NULL, NULL);
	struct container *pause = node_container(fx, pod, 0, &sandbox);
	struct container *a = node_container(fx, pod, 32, &cart);
	fixture_fill(fixture_eat(fx, &pause->cg, OWN_PIDNS, "--size", "3", "--adj", "0", NULL));
	poll(NULL, 0, LOOKED_UP_MS);

	json_t *line = node_line_of(&fx->own, node_die_in(fx, &a->cg));
	assert_string_equal(line_string(line, "limit_owner.limit_level"), "pod");
	assert_string_equal(line_string(line, "verdict.limit_level"), "container");
	node_check_names(line, "victim", &cart);
	node_check_names(line, "limit_owner", &sandbox); /* the pod's names, no container's */
}

/*
 * A container makes cgroups below its own with the names of another pod, that is on this node, too:
 * it does not get that pod's name.
 */
static void names_forged(struct fixture *fx)
{
	const char *below =
		fx->shape == SYSTEMD ?
			"kubepods.slice/kubepods-besteffort.slice/"
			"kubepods-besteffort-pod325d1c77_0b1e_4b1c_9a0e_6f2f3f6a9d10.slice/"
			"cri-containerd-" FORGED_ID ".scope" :
			"kubepods/besteffort/pod" FORGED_UID "/" FORGED_ID;
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);

	node_tracer(fx, NULL, NULL);
	node_bundle(fx, FORGED_UID, FORGED_ID, &forged, 1000);
	struct container *a = node_container(fx, pod, 48, &cart);
	struct cgroup nested = fixture_cgroup(fx, &a->cg, below, 24);

	json_t *line = node_line_of(&fx->own, node_die_in(fx, &nested));
	assert_string_equal(line_string(line, "verdict.limit_level"), "nested");
	assert_string_equal(line_string(line, "victim.cgroup.path"), nested.path);
	node_check_names(line, "victim", &cart);
	node_check_names(line, "limit_owner", &cart);
	assert_string_equal(line_string(line, "victim.k8s.pod.uid"), pod->uid);
	assert_string_equal(line_string(line, "victim.container.id"), a->id);
}

/* Only the other namespace's kill is told and counted; that there was one more is told at the end.
 */
static void filter(struct fixture *fx)
{
	static const char *const args[] = { "-n", "bank", "--count", "1", NULL };
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96), *other = fixture_pod(fx, BURSTABLE, 96);

	node_tracer(fx, NULL, args);
	struct container *a = node_container(fx, pod, 24, &cart);
	struct container *b = node_container(fx, other, 24, &forged);
	node_die_in(fx, &a->cg);
	struct workload *w = node_die_in(fx, &b->cg);
	node_check_names(node_line_of(&fx->own, w), "victim", &forged);
	int status = tracer_stop(&fx->own, 0);
	json_t *last = json_array_get(fx->own.seen, json_array_size(fx->own.seen) - 1);
	if (status || fx->own.kills != 1 || line_integer(last, "filtered") != 1 ||
	    line_integer(last, "incidents") != 1) {
		tracer_print(&fx->own);
		fail_msg("status %d, %d kills told", status, fx->own.kills);
	}
}

/*
 * In a pod of its own, as a DaemonSet's: /proc/<pid>/cgroup is relative to it there, and nothing
 * that is told may be.
 */
static void cgroup_namespace(struct fixture *fx)
{
	struct pod *own = fixture_pod(fx, BEST_EFFORT, 0), *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *tracers = fixture_container(fx, own, 0);

	node_tracer(fx, &tracers->cg, NULL);
	struct container *a = node_container(fx, pod, 24, &cart);
	json_t *line = node_line_of(&fx->own, node_die_in(fx, &a->cg));
	assert_string_equal(line_string(line, "victim.cgroup.path"), a->cg.path);
	assert_string_equal(line_string(line, "limit_owner.cgroup.path"), a->cg.path);
	node_check_names(line, "victim", &cart);
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
}

const struct kill_case name_cases[] = {
	{ "names", "names of two containers, one of them gone from the runtime's folder",
	  CASE_ANY_PLAN | CASE_TRACER, names },
	{ "names-trap", "a large sandbox, known by its name", CASE_ANY_PLAN | CASE_TRACER,
	  names_trap },
	{ "names-forged", "cgroups below a container, named like another pod's",
	  CASE_ANY_PLAN | CASE_TRACER, names_forged },
	{ "filter", "-n and --count: what is shown, and what is counted",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_TRACER, filter },
	{ "cgroup-namespace", "the tracer in a pod, in a cgroup namespace of its own",
	  CASE_ANY_PLAN | CASE_TRACER, cgroup_namespace },
};
const int n_name_cases = COUNT(name_cases);
