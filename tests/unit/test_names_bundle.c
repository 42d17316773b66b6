// SPDX-License-Identifier: GPL-2.0-only
/* names: the runtimes' own folders, laid out as each of them does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "names_tree.h"

#define CONTAINERD "/io.containerd.runtime.v2.task/k8s.io/"
#define CONTAINERD_CART(adj)                                                       \
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},"   \
	"\"args\":[\"/cart\"],\"cwd\":\"/\",\"oomScoreAdj\":" #adj "},"            \
	"\"annotations\":{\"io.kubernetes.cri.container-name\":\"cart\","          \
	"\"io.kubernetes.cri.container-type\":\"container\","                      \
	"\"io.kubernetes.cri.image-name\":\"registry.local:5000/shop/cart:v1.2\"," \
	"\"io.kubernetes.cri.sandbox-id\":\"" CID_PAUSE "\","                      \
	"\"io.kubernetes.cri.sandbox-name\":\"cart-7d9f8c6b5-x2x7q\","             \
	"\"io.kubernetes.cri.sandbox-namespace\":\"shop\","                        \
	"\"io.kubernetes.cri.sandbox-uid\":\"" UID_CART "\"},"                     \
	"\"linux\":{\"resources\":{\"memory\":{\"limit\":536870912}},"             \
	"\"cgroupsPath\":\"/kubepods/burstable/pod" UID_CART "/" CID_CART "\"}}"

static void assert_is_cart(const struct container_names *names)
{
	assert_string_equal(names->namespace_name, "shop");
	assert_string_equal(names->pod_name, "cart-7d9f8c6b5-x2x7q");
	assert_string_equal(names->pod_uid, UID_CART);
	assert_string_equal(names->container_name, "cart");
	assert_int_equal(names->is_sandbox, 0);
	assert_int_equal(names->source, IDENTITY_BUNDLE);
}

static void check_containerd(const char *state)
{
	struct container_names names;
	char path[512];

	strcpy(path, state);
	strcat(path, CONTAINERD CID_CART "/config.json");
	tree_file(path, CONTAINERD_CART(985));
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	assert_string_equal(names.image, "registry.local:5000/shop/cart:v1.2");
	assert_int_equal(names.oom_score_adj, 985);
	assert_int_equal(names.restarts, NOT_KNOWN);
	assert_string_equal(tree_stderr(), "");
	/* The systemd driver. */
	assert_true(tree_look_up(
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
		"0f1b4c52_8a3e_4d67_9b20_5c6d7e8f9a01.slice/cri-containerd-" CID_CART ".scope",
		&names));
	assert_is_cart(&names);
	/* Below the container, too. */
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART) "/kubepods/pod" UID_OTHER "/" CID_OTHER,
				 &names));
	assert_is_cart(&names);
}

static void containerd(void **state)
{
	(void)state;
	check_containerd("/run/containerd");
}

static void k3s(void **state)
{
	(void)state;
	check_containerd("/run/k3s/containerd");
}

static void k0s(void **state)
{
	(void)state;
	check_containerd("/run/k0s/containerd");
}

static void microk8s(void **state)
{
	(void)state;
	check_containerd("/var/snap/microk8s/common/run/containerd");
}

int main(void)
{
#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_begin, tree_end)
	const struct CMUnitTest tests[] = {
		TREE_TEST(containerd),
		TREE_TEST(k3s),
		TREE_TEST(k0s),
		TREE_TEST(microk8s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
