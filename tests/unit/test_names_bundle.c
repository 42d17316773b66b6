// SPDX-License-Identifier: GPL-2.0-only
/* names: the runtimes' own folders, laid out as each of them does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names_texts.h"
#include "names_tree.h"

static void assert_is_cart(const struct container_names *names)
{
	assert_string_equal(names->namespace_name, "shop");
	assert_string_equal(names->pod_name, "cart-7d9f8c6b5-x2x7q");
	assert_string_equal(names->pod_uid, UID_CART);
	assert_string_equal(names->container_name, "cart");
	assert_int_equal(names->is_sandbox, 0);
	assert_int_equal(names->source, IDENTITY_BUNDLE);
	assert_string_equal(tree_stderr(), "");
}

static void assert_is_carts_sandbox(const struct container_names *names)
{
	assert_string_equal(names->namespace_name, "shop");
	assert_string_equal(names->pod_name, "cart-7d9f8c6b5-x2x7q");
	assert_string_equal(names->pod_uid, UID_CART);
	assert_string_equal(names->container_name, "");
	assert_int_equal(names->is_sandbox, 1);
	assert_int_equal(names->restarts, NOT_KNOWN);
	assert_int_equal(names->request_bytes, NOT_KNOWN);
	assert_string_equal(tree_stderr(), "");
}

static void check_containerd(const char *tasks)
{
	struct container_names names;
	char path[512];

	snprintf(path, sizeof(path), "%s/k8s.io/" CID_CART "/config.json", tasks);
	tree_file(path, CONTAINERD_CART);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	assert_string_equal(names.image, "registry.local:5000/shop/cart:v1.2");
	assert_int_equal(names.oom_score_adj, 985);
	assert_int_equal(names.restarts, NOT_KNOWN);
	/* The systemd driver. */
	assert_true(tree_look_up(
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
		"0f1b4c52_8a3e_4d67_9b20_5c6d7e8f9a01.slice/cri-containerd-" CID_CART ".scope",
		&names));
	assert_is_cart(&names);
	/* What the workload makes below its container is named as it likes. */
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART) "/kubepods/pod" UID_OTHER "/" CID_OTHER,
				 &names));
	assert_is_cart(&names);
}

static void containerd(void **state)
{
	(void)state;
	check_containerd("/run/containerd/io.containerd.runtime.v2.task");
}

static void k3s(void **state)
{
	(void)state;
	check_containerd("/run/k3s/containerd/io.containerd.runtime.v2.task");
}

static void k0s(void **state)
{
	(void)state;
	check_containerd("/run/k0s/containerd/io.containerd.runtime.v2.task");
}

static void microk8s(void **state)
{
	(void)state;
	check_containerd("/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task");
}

static void containerd_sandbox(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_PAUSE "/config.json", CONTAINERD_PAUSE);
	/* The app's: never the sandbox's name. */
	tree_folder(POD_LOGS "/cart");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_is_carts_sandbox(&names);
	assert_int_equal(names.source, IDENTITY_BUNDLE);
	assert_int_equal(names.oom_score_adj, -998);
	/* Not even one that the sandbox's own file has. */
	tree_file(TASKS CID_PAUSE "/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
		  "\"io.kubernetes.cri.container-name\":\"cart\","
		  "\"io.kubernetes.cri.sandbox-name\":\"cart-7d9f8c6b5-x2x7q\","
		  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_is_carts_sandbox(&names);
}

/* Before 1.6.11 and 1.7.0: the pod's UID is the path's. */
static void containerd_without_uid(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_CART "/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"cart\","
		  "\"io.kubernetes.cri.container-type\":\"container\","
		  "\"io.kubernetes.cri.sandbox-name\":\"cart-7d9f8c6b5-x2x7q\","
		  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	tree_file(POD_LOGS "/cart/4.log", "");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	assert_int_equal(names.restarts, 4);
}

/* Still older: the type is all it tells, the logs tell the rest. */
static void containerd_without_names(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_CART "/config.json",
		  "{\"process\":{\"oomScoreAdj\":985},\"annotations\":{"
		  "\"io.kubernetes.cri.container-type\":\"container\","
		  "\"io.kubernetes.cri.sandbox-id\":\"" CID_PAUSE "\"}}");
	tree_file(TASKS CID_PAUSE "/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
		  "\"io.kubernetes.cri.sandbox-id\":\"" CID_PAUSE "\"}}");
	tree_file(POD_LOGS "/cart/0.log", "");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.container_name, "cart");
	assert_int_equal(names.source, IDENTITY_LOG_FOLDER);
	assert_int_equal(names.is_sandbox, 0);
	assert_int_equal(names.oom_score_adj, 985);
	assert_int_equal(names.restarts, 0);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_is_carts_sandbox(&names);
	assert_int_equal(names.source, IDENTITY_LOG_FOLDER);
}

static void check_crio(const char *storage)
{
	struct container_names names;
	char path[512];

	snprintf(path, sizeof(path), "%s/" CID_CART "/userdata/config.json", storage);
	tree_file(path, CRIO_CART);
	/* crun puts the processes one level below. */
	assert_true(tree_look_up("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
				 "0f1b4c52_8a3e_4d67_9b20_5c6d7e8f9a01.slice/crio-" CID_CART
				 ".scope/container",
				 &names));
	assert_is_cart(&names);
	assert_int_equal(names.restarts, 3);
	assert_int_equal(names.oom_score_adj, 985);
	assert_string_equal(names.image, "quay.io/shop/cart:v1.2");
	tree_remove(path);
}

static void crio(void **state)
{
	(void)state;
	check_crio("/run/containers/storage/overlay-containers");
	check_crio("/var/lib/containers/storage/overlay-containers");
}

/* A pod's author chooses annotations of the sandbox. */
static void crio_sandbox(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/run/containers/storage/overlay-containers/" CID_PAUSE "/userdata/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
		  "\"io.kubernetes.cri-o.SandboxID\":\"" CID_PAUSE "\","
		  "\"io.kubernetes.container.name\":\"POD\","
		  "\"io.kubernetes.pod.name\":\"cart-7d9f8c6b5-x2x7q\","
		  "\"io.kubernetes.pod.namespace\":\"shop\","
		  "\"io.kubernetes.pod.uid\":\"" UID_CART "\"}}");
	assert_true(tree_look_up("/kubepods/burstable/pod" UID_CART "/crio-" CID_PAUSE, &names));
	assert_is_carts_sandbox(&names);
}

static void docker(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/var/lib/docker/containers/" CID_CART "/config.v2.json", DOCKER_CART);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	assert_int_equal(names.restarts, 26);
	assert_int_equal(names.oom_score_adj, NOT_KNOWN_SIGNED);
	assert_string_equal(names.image, "shop/cart:v1.2");
	tree_file("/var/lib/docker/containers/" CID_CART "/hostconfig.json",
		  "{\"Memory\":536870912,\"OomScoreAdj\":985}");
	assert_true(tree_look_up("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
				 "0f1b4c52_8a3e_4d67_9b20_5c6d7e8f9a01.slice/docker-" CID_CART
				 ".scope",
				 &names));
	assert_is_cart(&names);
	assert_int_equal(names.oom_score_adj, 985);
}

static void docker_sandbox(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/var/lib/docker/containers/" CID_PAUSE "/config.v2.json",
		  "{\"Name\":\"/k8s_POD_cart\",\"Config\":{\"Image\":\"pause:3.9\",\"Labels\":{"
		  "\"io.kubernetes.docker.type\":\"podsandbox\","
		  "\"io.kubernetes.container.name\":\"pause\","
		  "\"io.kubernetes.pod.name\":\"cart-7d9f8c6b5-x2x7q\","
		  "\"io.kubernetes.pod.namespace\":\"shop\","
		  "\"io.kubernetes.pod.uid\":\"" UID_CART "\"}}}");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_is_carts_sandbox(&names);
}

/* A path that names its runtime is that runtime's: another one's folder is not asked. */
static void runtime_of_the_path(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_CART "/config.json", CONTAINERD_CART);
	assert_false(tree_look_up("/kubepods/burstable/pod" UID_CART "/crio-" CID_CART, &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(names.pod_name, "");
	tree_file("/run/containers/storage/overlay-containers/" CID_CART "/userdata/config.json",
		  CRIO_CART);
	assert_true(tree_look_up("/kubepods/burstable/pod" UID_CART "/crio-" CID_CART, &names));
	assert_is_cart(&names);
	assert_string_equal(names.image, "quay.io/shop/cart:v1.2");
}

/* kind and k3d: a node is a container of docker's, in no pod. Its pods' files are inside it. */
static void nested_cluster(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/var/lib/docker/containers/" CID_OTHER "/config.v2.json",
		  "{\"Name\":\"/kind_worker.2\",\"Config\":{\"Image\":\"kindest/node:v1.33.1\","
		  "\"Labels\":{\"io.x-k8s.kind.role\":\"worker\"}}}");
	assert_true(tree_look_up("/docker/" CID_OTHER "/init", &names));
	assert_string_equal(names.container_name, "kind_worker.2");
	assert_string_equal(names.namespace_name, "");
	assert_string_equal(names.pod_name, "");
	assert_string_equal(names.image, "kindest/node:v1.33.1");
	assert_int_equal(names.source, IDENTITY_BUNDLE);
	/* A pod of the inner cluster. */
	assert_false(tree_look_up("/docker/" CID_OTHER "/kubelet/kubepods/burstable/pod" UID_CART
				  "/" CID_CART,
				  &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(names.pod_uid, UID_CART);
	assert_string_equal(names.container_name, "");
	assert_string_equal(tree_stderr(), "");
}

/* Anybody who may run docker may label a container like a pod's. */
static void labels_in_no_pod(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/var/lib/docker/containers/" CID_CART "/config.v2.json", DOCKER_CART);
	assert_false(tree_look_up("/docker/" CID_CART, &names));
	assert_string_equal(names.namespace_name, "");
	assert_string_equal(names.pod_name, "");
	assert_string_equal(names.pod_uid, "");
	assert_string_equal(names.container_name, "");
	assert_int_equal(names.source, IDENTITY_PATH);
}

static void static_pod(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_OTHER "/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"etcd\","
		  "\"io.kubernetes.cri.container-type\":\"container\","
		  "\"io.kubernetes.cri.sandbox-name\":\"etcd-node-1.example.org\","
		  "\"io.kubernetes.cri.sandbox-namespace\":\"kube-system\","
		  "\"io.kubernetes.cri.sandbox-uid\":\"" UID_STATIC "\"}}");
	tree_file("/var/log/pods/kube-system_etcd-node-1.example.org_" UID_STATIC "/etcd/7.log",
		  "");
	assert_true(tree_look_up(CGROUP(UID_STATIC, CID_OTHER), &names));
	assert_string_equal(names.pod_name, "etcd-node-1.example.org");
	assert_string_equal(names.pod_uid, UID_STATIC);
	assert_string_equal(names.container_name, "etcd");
	assert_int_equal(names.restarts, 7);
	assert_int_equal(names.source, IDENTITY_BUNDLE);
	/* The hash again in the logs, where the bundle is gone. */
	tree_remove(TASKS CID_OTHER);
	assert_true(tree_look_up(CGROUP(UID_STATIC, CID_OTHER), &names));
	assert_string_equal(names.pod_name, "etcd-node-1.example.org");
	assert_string_equal(names.container_name, "etcd");
	assert_int_equal(names.source, IDENTITY_LOG_FOLDER);
	assert_string_equal(tree_stderr(), "");
}

static void nothing_but_the_path(void **state)
{
	struct container_names names;

	(void)state;
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(names.pod_uid, UID_CART);
	assert_string_equal(names.namespace_name, "");
	assert_int_equal(names.is_sandbox, NOT_KNOWN);
	assert_int_equal(names.restarts, NOT_KNOWN);
	assert_false(tree_look_up("/system.slice/sshd.service", &names));
	assert_int_equal(names.source, IDENTITY_NONE);
	assert_string_equal(names.pod_uid, "");
	assert_string_equal(tree_stderr(), "");
}

/* Each folder can be set; then the known ones are not looked at. */
static void set_roots(void **state)
{
	const struct names_roots roots = {
		.containerd = "/odd/tasks",
		.crio = "/odd/crio",
		.docker = "/odd/docker",
		.log_containers = "/odd/links",
		.log_pods = "/odd/pods",
		.kubelet = "/odd/kubelet",
	};
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_CART "/config.json", CONTAINERD_CART);
	assert_false(tree_look_up_in(&roots, CGROUP(UID_CART, CID_CART), &names));
	tree_file("/odd/tasks/k8s.io/" CID_CART "/config.json", CONTAINERD_CART);
	assert_true(tree_look_up_in(&roots, CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	tree_remove("/odd/tasks");
	tree_file("/odd/crio/" CID_CART "/userdata/config.json", CRIO_CART);
	assert_true(tree_look_up_in(&roots, CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	tree_remove("/odd/crio");
	tree_file("/odd/docker/" CID_CART "/config.v2.json", DOCKER_CART);
	assert_true(tree_look_up_in(&roots, CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
	tree_remove("/odd/docker");
	tree_file("/odd/pods/shop_cart-7d9f8c6b5-x2x7q_" UID_CART "/cart/2.log", "");
	tree_link("/odd/links/cart-7d9f8c6b5-x2x7q_shop_cart-" CID_CART ".log",
		  POD_LOGS "/cart/2.log");
	tree_file("/odd/kubelet/allocated_pods_state",
		  "{\"data\":{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":"
		  "{\"requests\":{\"memory\":\"64Mi\"}}}}}}}");
	assert_true(tree_look_up_in(&roots, CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_LOG_LINK);
	assert_int_equal(names.restarts, 2);
	assert_int_equal(names.request_bytes, 64 << 20);
}

/* Absolute links are the host's, and /var/run is one. */
static void links_inside_the_root(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/run/moved/" CID_CART "/config.json", CONTAINERD_CART);
	tree_link("/var/run", "/run");
	tree_link("/run/containerd/io.containerd.runtime.v2.task/k8s.io", "../../../var/run/moved");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_is_cart(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(containerd),
		TREE_TEST(k3s),
		TREE_TEST(k0s),
		TREE_TEST(microk8s),
		TREE_TEST(containerd_sandbox),
		TREE_TEST(containerd_without_uid),
		TREE_TEST(containerd_without_names),
		TREE_TEST(crio),
		TREE_TEST(crio_sandbox),
		TREE_TEST(docker),
		TREE_TEST(docker_sandbox),
		TREE_TEST(runtime_of_the_path),
		TREE_TEST(nested_cluster),
		TREE_TEST(labels_in_no_pod),
		TREE_TEST(static_pod),
		TREE_TEST(nothing_but_the_path),
		TREE_TEST(set_roots),
		TREE_TEST(links_inside_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
