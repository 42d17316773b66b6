/* SPDX-License-Identifier: GPL-2.0-only */
/* place, on names that somebody chose to mislead: only what kubelet would make is believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "place_checks.h"

static void test_lookalikes(void **state)
{
	static const char *const paths[] = {
		"/kubepods-evil",
		"/kubepods-evil/burstable/pod" UID_A,
		"/kubepods-evil.slice",
		"/evil-kubepods.slice",
		"/kubepods.slice.slice",
		"/kubepods.scope",
		"/.slice/-kubepods.slice",
		"/kubepodsx",
		"/KUBEPODS",
		"/user.slice/kubepods",
		"/user.slice/kubepods/burstable/pod" UID_A "/" ID_A,
		"/user.slice/user-kubepods.slice",
		"/user.slice/user-1000.slice/user@1000.service/kubepods/pod" UID_A "/x",
		"/user.slice/user-1000.slice/user@1000.service/kubepods.slice/"
		"kubepods-pod" UID_A_SYSTEMD ".slice",
		"/user.slice/user-1000.slice/user@1000.service/machine.slice/machine-x.scope/"
		"kubepods",
		"/user.slice/kubepods-pod" UID_A_SYSTEMD ".slice:cri-containerd:" ID_A,
		"/user.slice/cri-containerd-" ID_A ".scope",
		"/system.slice/kubepods.slice",
		"/system.slice/kubepods",
		"/system.slice/evil.service/kubepods/besteffort",
		"/system.slice/x.service/x/kubepods",
		"/kubepods-besteffort.slice",
		"/kubepods-pod" UID_A_SYSTEMD ".slice",
		"/pod" UID_A,
		"/burstable/pod" UID_A,
		"/machine.slice/pod-builder.scope",
		"/machine.slice/pod-builder.scope/kubepods",
		"/x/../kubepods",
		"/./kubepods",
		"/../pod-builder",
		"/../pod-builder.scope",
		"/../kubepodsx.slice",
		"/../user@1000.service/kubepods",
		"/../user.slice/kubepods",
		"/system.slice/crio-conmon-" ID_A ".scope/kubepods",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_slice(paths[i]);
}

/* Below kubelet's own cgroups, what kubelet would not make. */
static void test_below_kubelet(void **state)
{
	(void)state;
	check_levels("/kubepods/x/pod" UID_A, 3, LIMIT_NODE, LIMIT_SLICE, LIMIT_SLICE);
	check_levels("/kubepods/x/kubepods/pod" UID_A, 4, LIMIT_NODE, LIMIT_SLICE, LIMIT_SLICE,
		     LIMIT_SLICE);
	check_levels("/kubepods/burstable/burstable", 3, LIMIT_NODE, LIMIT_QOS, LIMIT_SLICE);
	check_levels("/kubepods/burstable/../pod" UID_A, 4, LIMIT_NODE, LIMIT_QOS, LIMIT_SLICE,
		     LIMIT_SLICE);
	check_levels("/kubepods/pod", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods/pod..", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods/poda_b", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods/pod-builder.scope", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods.slice/burstable", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods.slice/kubepods-evil.slice", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods.slice/burstable-kubepods.slice", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels("/kubepods.slice/kubepods-burstable-pod" UID_A_SYSTEMD ".slice", 2, LIMIT_NODE,
		     LIMIT_SLICE);
	check_levels("/kubepods.slice/kubepods-pod" UID_A ".slice", 2, LIMIT_NODE, LIMIT_SLICE);
	check_levels(POD_A "/x.slice/" ID_A, 5, LIMIT_NODE, LIMIT_QOS, LIMIT_POD, LIMIT_SLICE,
		     LIMIT_SLICE);
	check_identity("/../kubepods-podx-pody.slice/" ID_B, LIMIT_SLICE, "x", "");
	check_identity(POD_A "/pod" UID_B "/" ID_B, LIMIT_NESTED, UID_A, "pod" UID_B);
	check_identity(POD_A "/cri-containerd-" ID_A, LIMIT_SLICE, UID_A, "");
	check_identity(POD_A "/" ID_A "0", LIMIT_SLICE, UID_A, "");
	check_identity(POD_A "/crio-conmon-" ID_A "/" ID_B, LIMIT_SLICE, UID_A, ID_A);
}

/* A runtime that we do not know: it alone can have made a cgroup there, and names it as the CRI
 * says. */
static void test_unknown_runtime(void **state)
{
	(void)state;
	check_levels(POD_A "/x/" ID_A, 5, LIMIT_NODE, LIMIT_QOS, LIMIT_POD, LIMIT_CONTAINER,
		     LIMIT_NESTED);
	check_identity(POD_A "/app-1", LIMIT_CONTAINER, UID_A, "app-1");
	check_identity(POD_A "/" ID_A ".scope", LIMIT_CONTAINER, UID_A, ID_A);
	check_identity(POD_A "/a b", LIMIT_SLICE, UID_A, "");
	check_identity(POD_A "/a:b", LIMIT_SLICE, UID_A, "");
	check_identity(POD_A "/x.service", LIMIT_SLICE, UID_A, "");
}

/* The workload names what is below its container, and gains nothing by it. */
static void test_forged_below_container(void **state)
{
	static const char *const inner[] = {
		"/kubepods/burstable/pod" UID_B "/" ID_B,
		"/kubepods.slice/kubepods-burstable.slice/"
		"kubepods-burstable-pod17efb6ec_09ab_4eec_8ad6_"
		"f953eb1a7466.slice/cri-containerd-" ID_B ".scope",
		"/../../pod" UID_B "/" ID_B,
		"/..",
		"/" ID_B,
		"/cri-containerd-" ID_B ".scope",
		"/crio-conmon-" ID_B ".scope",
		"/docker/" ID_B,
		"/k8s.io/" ID_B,
		"/kubepods-burstable-podx.slice:cri-containerd:" ID_B,
	};
	char path[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		snprintf(path, sizeof(path), POD_A "/" ID_A "%s", inner[i]);
		check_identity(path, LIMIT_NESTED, UID_A, ID_A);
		snprintf(path, sizeof(path), "/k8s.io/" ID_A "%s", inner[i]);
		check_identity(path, LIMIT_NESTED, "", ID_A);
	}
}

static void test_mismatch_names(void **state)
{
	static const char *const names[] = {
		"kubepods-pod" UID_A_SYSTEMD ":cri-containerd:" ID_A,
		"kubepods-pod" UID_A_SYSTEMD ".slice:cri-containerd:" ID_A "0",
		"kubepods-pod" UID_A_SYSTEMD ".slice:cri-containerd:" ID_A ":x",
		"kubepods-pod" UID_A_SYSTEMD ".slice:cri-containerd",
		"kubepods-pod" UID_A_SYSTEMD ".slice:evil:" ID_A,
		"kubepods-pod" UID_A_SYSTEMD "-x.slice:cri-containerd:" ID_A,
		"kubepods-burstable.slice:cri-containerd:" ID_A,
		"kubepods-burstable-evil.slice:cri-containerd:" ID_A,
		"kubepods-podx-pody.slice:cri-containerd:" ID_A,
		":cri-containerd:" ID_A,
	};
	char path[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/system.slice/containerd.service/%s", names[i]);
		check_slice(path);
	}
	check_identity("/docker/" ID_B "/r_1-kubepods-pod" UID_A_SYSTEMD
		       ".slice:cri-containerd:" ID_A,
		       LIMIT_CONTAINER, UID_A, ID_A);
}

static void check_uid_length(size_t len, bool believed)
{
	char path[512], uid[256];

	memset(uid, 'u', sizeof(uid));
	uid[len] = '\0';
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			snprintf(path, sizeof(path), "/kubepods/burstable/pod%s/" ID_A, uid);
		else
			snprintf(path, sizeof(path), "/kubepods.slice/kubepods-pod%s.slice/" ID_A,
				 uid);
		if (believed)
			check_identity(path, LIMIT_CONTAINER, uid, ID_A);
		else
			check_identity(path, LIMIT_SLICE, "", "");
	}
}

static void test_uids(void **state)
{
	(void)state;
	check_uid_length(1, true);
	check_uid_length(PLACE_POD_UID_MAX, true);
	check_uid_length(PLACE_POD_UID_MAX + 1, false);
	check_uid_length(200, false);
	check_identity("/kubepods/pod\xff\xfe/" ID_A, LIMIT_SLICE, "", "");
	check_identity("/kubepods/poda\nb/" ID_A, LIMIT_SLICE, "", "");
	check_identity("/kubepods/poda b/" ID_A, LIMIT_SLICE, "", "");
	check_identity("/kubepods/podetcd-node1", LIMIT_POD, "etcd-node1", "");
	assert_true(place_of("/kubepods/pod36b6d6be73b1065af369b3985edafa09").static_pod);
	assert_false(place_of("/kubepods/pod36b6d6be73b1065af369b3985edafa0g").static_pod);
	assert_false(place_of(POD_A).static_pod);
}

static void test_nul(void **state)
{
	static const char kubepods[] = "/kubepods\0/burstable", uid[] = "/kubepods/poda\0b/" ID_A;
	static const char tail[] = POD_A "\0/" ID_A;
	struct place p;

	(void)state;
	place_path(kubepods, sizeof(kubepods) - 1, &p);
	check_invariants(&p);
	assert_int_equal(p.level, LIMIT_SLICE);
	assert_int_equal(p.node_depth, 0);
	place_path(uid, sizeof(uid) - 1, &p);
	check_invariants(&p);
	assert_string_equal(p.pod_uid, "");
	place_path(tail, sizeof(tail) - 1, &p);
	check_invariants(&p);
	assert_string_equal(p.pod_uid, "");
	place_path(NULL, 0, &p);
	assert_int_equal(p.level, LIMIT_HOST);
	/* the length counts, not what follows */
	place_path("/kubepods/burstable", 9, &p);
	assert_int_equal(p.level, LIMIT_NODE);
}

static void test_long(void **state)
{
	size_t size = 10000;
	char *path = malloc(size + 1);
	struct place p;

	(void)state;
	assert_non_null(path);
	memset(path, 'a', size);
	memcpy(path, "/kubepods/pod", 13);
	place_path(path, size, &p);
	check_invariants(&p);
	assert_int_equal(p.level, LIMIT_SLICE);
	memcpy(path, POD_A "/" ID_A "/", sizeof(POD_A ID_A) + 1);
	place_path(path, size, &p);
	check_invariants(&p);
	assert_int_equal(p.level, LIMIT_NESTED);
	assert_string_equal(p.pod_uid, UID_A);
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(path + i, "/x", 2);
	place_path(path, 2000, &p);
	check_invariants(&p);
	assert_int_equal(p.depth, 1000);
	for (size_t i = 0; i < 9000; i += 9)
		memcpy(path + i, "/kubepods", 9);
	place_path(path, 9000, &p);
	check_invariants(&p);
	assert_int_equal(p.node_depth, 1000);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookalikes),
		cmocka_unit_test(test_below_kubelet),
		cmocka_unit_test(test_unknown_runtime),
		cmocka_unit_test(test_forged_below_container),
		cmocka_unit_test(test_mismatch_names),
		cmocka_unit_test(test_uids),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
