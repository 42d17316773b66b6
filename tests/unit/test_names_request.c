// SPDX-License-Identifier: GPL-2.0-only
/* names: memory requests, exact from kubelet's state or estimated from oom_score_adj. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "names/quantity.h"
#include "names/request.h"
#include "names_texts.h"
#include "names_tree.h"

#define MI (1ULL << 20)
#define STATE "/var/lib/kubelet/allocated_pods_state"
#define CONFIG TASKS CID_CART "/config.json"

/* As kubelet 1.33 writes it: JSON in a string. */
#define STATE_OF(pod) \
	"{\"data\":\"{\\\"entries\\\":{\\\"" UID_CART "\\\":" pod "}}\",\"checksum\":1178570812}"
#define CART_256MI                                                                                \
	"{\\\"ContainerResources\\\":{\\\"cart\\\":{\\\"limits\\\":{\\\"memory\\\":\\\"1Gi\\\"}," \
	"\\\"requests\\\":{\\\"cpu\\\":\\\"1\\\",\\\"memory\\\":\\\"256Mi\\\"}},"                 \
	"\\\"proxy\\\":{\\\"requests\\\":{\\\"memory\\\":\\\"64Mi\\\"}}}}"

static void look_up(const char *cgroup, struct container_names *ret)
{
	tree_file(CONFIG, CONTAINERD_CART);
	assert_true(tree_look_up(cgroup, ret));
}

static void assert_exact(const struct container_names *names, __u64 bytes)
{
	assert_int_equal(names->request_bytes, bytes);
	assert_int_equal(names->request_error_bytes, 0);
	assert_int_equal(names->request_source, REQUEST_ALLOCATED);
	assert_string_equal(tree_stderr(), "");
}

static void exact(void **state)
{
	static const char *const kubelets[] = {
		STATE,
		"/var/snap/microk8s/common/var/lib/kubelet/allocated_pods_state",
		"/var/lib/k0s/kubelet/allocated_pods_state",
	};
	struct container_names names;

	(void)state;
	for (size_t i = 0; i < sizeof(kubelets) / sizeof(kubelets[0]); i++) {
		tree_file(kubelets[i], STATE_OF(CART_256MI));
		look_up(CGROUP(UID_CART, CID_CART), &names);
		assert_exact(&names, 256 * MI);
		assert_int_equal(names.pod_request_bytes, NOT_KNOWN);
		tree_remove(kubelets[i]);
		look_up(CGROUP(UID_CART, CID_CART), &names);
		assert_int_equal(names.request_source, REQUEST_OOM_SCORE_ADJ);
	}
}

/* Each time that kubelet writes its state anew, whoever reads it first. */
static void changes(void **state)
{
	static const char path[] = CGROUP(UID_CART, CID_CART);
	struct names *names = names_open(tree_path(""), NULL, TREE_MEMORY);
	struct container_names found;
	struct place place;

	(void)state;
	assert_non_null(names);
	tree_file(CONFIG, CONTAINERD_CART);
	place_path(path, strlen(path), &place);
	assert_false(names_have_changed(names));
	tree_file(STATE, STATE_OF(CART_256MI));
	assert_true(names_have_changed(names));
	assert_false(names_have_changed(names));
	tree_remove(STATE);
	tree_file(STATE, STATE_OF("{\\\"ContainerResources\\\":{\\\"cart\\\":{}}}"));
	assert_true(names_look_up(names, &place, &found));
	assert_exact(&found, 0);
	assert_true(names_have_changed(names));
	assert_false(names_have_changed(names));
	names_close(names);
}

static void check_state(const char *text, __u64 bytes, __u64 pod_bytes)
{
	struct container_names names;

	tree_file(STATE, text);
	look_up(CGROUP(UID_CART, CID_CART), &names);
	assert_exact(&names, bytes);
	assert_int_equal(names.pod_request_bytes, pod_bytes);
}

/* What other versions write, or may. */
static void other_formats(void **state)
{
	(void)state;
	/* 1.27 to 1.32, alpha. */
	check_state("{\"data\":\"{\\\"allocationEntries\\\":{\\\"" UID_CART
		    "\\\":{\\\"cart\\\":{\\\"requests\\\":{\\\"memory\\\":\\\"2Mi\\\"}}}}}\"}",
		    2 * MI, NOT_KNOWN);
	/* 1.36: a version, and the pods once more in another encoding. */
	check_state("{\"version\":\"v2\",\"data\":\"{\\\"podList\\\":\\\"CgUB\\\",\\\"entries\\\":"
		    "{\\\"" UID_CART "\\\":" CART_256MI "}}\",\"checksum\":1}",
		    256 * MI, NOT_KNOWN);
	check_state("{\"entries\":{\"" UID_CART "\":{\"containerResources\":{\"cart\":"
		    "{\"requests\":{\"memory\":\"3Mi\"}}},\"podLevelResources\":"
		    "{\"requests\":{\"memory\":\"9Mi\"}}}}}",
		    3 * MI, 9 * MI);
	check_state("{\"data\":{\"entries\":{\"" UID_CART "\":{\"podSpec\":{\"initContainers\":["
		    "{\"name\":\"cart\",\"resources\":{\"limits\":{\"memory\":\"5Mi\"}}}],"
		    "\"containers\":[7,{\"name\":\"proxy\"}],"
		    "\"resources\":{\"requests\":{\"memory\":\"11Mi\"}}}}}}}",
		    5 * MI, 11 * MI);
	/* A container without any resources has no request. */
	check_state("{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":{}},"
		    "\"PodLevelResources\":{\"requests\":{\"memory\":\"1Gi\"}}}}}",
		    0, 1024 * MI);
	/* The API makes a limit a request. */
	check_state("{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":"
		    "{\"limits\":{\"memory\":\"7Mi\"},\"requests\":{\"cpu\":\"1\"}}}}}}",
		    7 * MI, NOT_KNOWN);
}

static void check_useless(const char *text, const char *words)
{
	struct container_names names;
	const char *lines;

	tree_file(STATE, text);
	look_up(CGROUP(UID_CART, CID_CART), &names);
	assert_string_equal(names.container_name, "cart");
	assert_int_equal(names.request_source, REQUEST_OOM_SCORE_ADJ);
	lines = tree_stderr();
	assert_true(words ? strstr(lines, words) != NULL : !lines[0]);
}

static void useless_states(void **state)
{
	(void)state;
	check_useless("", "it is empty");
	check_useless("{", "it is not a JSON object");
	check_useless("{\"data\":\"{\"}", "it is not a JSON object");
	check_useless("{\"data\":\"{}\"}", "no pods in a way that is understood");
	check_useless("{\"data\":7}", "no pods in a way that is understood");
	check_useless("{\"data\":\"{\\\"entries\\\":[]}\"}", "no pods in a way that is understood");
	/* Of other pods only, or of another shape. */
	check_useless("{\"data\":\"{\\\"entries\\\":{}}\"}", NULL);
	check_useless("{\"entries\":{\"" UID_OTHER "\":{\"ContainerResources\":{\"cart\":{}}}}}",
		      NULL);
	check_useless("{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"proxy\":{}}}}}",
		      NULL);
	check_useless("{\"entries\":{\"" UID_CART "\":7}}", NULL);
	check_useless("{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":[]}}}}",
		      NULL);
	check_useless("{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":"
		      "{\"requests\":{\"memory\":\"much\"}}}}}}",
		      NULL);
	tree_remove(STATE);
	tree_fifo(STATE);
	look_up(CGROUP(UID_CART, CID_CART), &(struct container_names){ 0 });
}

/* Read again when kubelet has written it anew, and only then. */
static void state_that_changes(void **state)
{
	struct names *names = names_open(tree_path("/"), NULL, TREE_MEMORY);
	struct container_names ret;

	(void)state;
	assert_non_null(names);
	tree_file(CONFIG, CONTAINERD_CART);
	tree_file(STATE, STATE_OF(CART_256MI));
	for (int i = 0; i < 3; i++) {
		assert_true(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
		assert_exact(&ret, 256 * MI);
	}
	tree_file(STATE, "{\"entries\":{\"" UID_CART "\":{\"ContainerResources\":{\"cart\":"
			 "{\"requests\":{\"memory\":\"1Mi\"}}}}}}");
	assert_true(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
	assert_exact(&ret, MI);
	/* One line for a bad one, however often it is asked. */
	tree_file(STATE, "{");
	for (int i = 0; i < 3; i++) {
		assert_true(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
		assert_int_equal(ret.request_source, REQUEST_OOM_SCORE_ADJ);
	}
	assert_null(strchr(strchr(tree_stderr(), '\n') + 1, '\n'));
	tree_remove(STATE);
	assert_true(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
	assert_int_equal(ret.request_source, REQUEST_OOM_SCORE_ADJ);
	names_close(names);
	assert_string_equal(tree_stderr(), "");
}

/* What the bundle of a container of each class tells. */
static void by_qos_class(void **state)
{
	struct container_names names;

	(void)state;
	look_up("/kubepods/besteffort/pod" UID_CART "/" CID_CART, &names);
	assert_int_equal(names.request_bytes, 0);
	assert_int_equal(names.request_error_bytes, 0);
	assert_int_equal(names.request_source, REQUEST_QOS_CLASS);
	look_up("/kubepods/pod" UID_CART "/" CID_CART, &names);
	assert_int_equal(names.request_bytes, 512 * MI);
	assert_int_equal(names.request_error_bytes, 0);
	assert_int_equal(names.request_source, REQUEST_QOS_CLASS);
	/* 985 of 16Gi: 15 or more, less than 16 thousandths. */
	look_up(CGROUP(UID_CART, CID_CART), &names);
	assert_int_equal(names.request_source, REQUEST_OOM_SCORE_ADJ);
	assert_in_range(names.request_bytes, TREE_MEMORY / 1000 * 15, TREE_MEMORY / 1000 * 16);
	assert_in_range(names.request_error_bytes, TREE_MEMORY / 2000, TREE_MEMORY / 2000 + 1);
}

/* Neither number is of a request: a node-critical pod's adj, no limit at all. */
static void no_estimate(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(CONFIG, "{\"process\":{\"oomScoreAdj\":-997},\"annotations\":{"
			  "\"io.kubernetes.cri.container-type\":\"container\"}}");
	tree_look_up(CGROUP(UID_CART, CID_CART), &names);
	assert_int_equal(names.oom_score_adj, -997);
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	assert_int_equal(names.request_source, REQUEST_NONE);
	tree_look_up("/kubepods/pod" UID_CART "/" CID_CART, &names);
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	assert_int_equal(names.request_error_bytes, NOT_KNOWN);
	assert_int_equal(names.request_source, REQUEST_NONE);
}

/* Only an app container has a request: not its pod's cgroup, sandbox, or monitor. */
static void no_app_container(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(STATE, STATE_OF(CART_256MI));
	tree_file(TASKS CID_PAUSE "/config.json", CONTAINERD_PAUSE);
	tree_file("/run/containers/storage/overlay-containers/" CID_CART "/userdata/config.json",
		  CRIO_CART);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	assert_int_equal(names.request_source, REQUEST_NONE);
	assert_true(tree_look_up("/kubepods/besteffort/pod" UID_CART "/" CID_PAUSE, &names));
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	assert_int_equal(names.request_source, REQUEST_NONE);
	tree_look_up("/kubepods/besteffort/pod" UID_CART, &names);
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	/* conmon: it serves the container that has these names. */
	assert_true(
		tree_look_up("/kubepods/burstable/pod" UID_CART "/crio-conmon-" CID_CART, &names));
	assert_string_equal(names.container_name, "cart");
	assert_int_equal(names.request_bytes, NOT_KNOWN);
	assert_int_equal(names.request_source, REQUEST_NONE);
	assert_true(tree_look_up("/kubepods/burstable/pod" UID_CART "/crio-" CID_CART, &names));
	assert_exact(&names, 256 * MI);
}

/* kubelet's own arithmetic. */
static __s64 adj_of(__u64 request_bytes, __u64 memory_bytes)
{
	__s64 adj = 1000 - (__s64)(1000 * request_bytes / memory_bytes);

	return adj < 3 ? 3 : adj > 999 ? 999 : adj;
}

static void check_inverse(__u64 request, __u64 memory)
{
	__s64 adj = adj_of(request, memory);
	__u64 thousandths = adj == 999 ? 2 : adj == 3 ? 3 : 1, middle, error;

	assert_true(request_of_adj(adj, memory, &middle, &error));
	assert_true(request <= middle + error && middle <= request + error);
	/* Nor is the span wider than it must be. */
	assert_true(error <= thousandths * memory / 2000 + 1);
}

/* For each request, what is made of its adj is no farther from it than is said. */
static void inverse_of_adj(void **state)
{
	static const __u64 small[] = { 1, 7, 999, 1000, 1001, 1999, 2001, 4099 };
	unsigned int seed = 20261125;

	(void)state;
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		for (__u64 request = 0; request < small[i]; request++)
			check_inverse(request, small[i]);
	for (int i = 0; i < 200000; i++) {
		__u64 memory = ((__u64)rand_r(&seed) + 1) << (rand_r(&seed) % 12);

		check_inverse((((__u64)rand_r(&seed) << 31) | (__u64)rand_r(&seed)) % memory,
			      memory);
	}
}

static void no_inverse(void **state)
{
	__u64 bytes = 7, error = 7;

	(void)state;
	assert_false(request_of_adj(1000, TREE_MEMORY, &bytes, &error));
	assert_false(request_of_adj(2, TREE_MEMORY, &bytes, &error));
	assert_false(request_of_adj(-997, TREE_MEMORY, &bytes, &error));
	assert_false(request_of_adj(NOT_KNOWN_SIGNED, TREE_MEMORY, &bytes, &error));
	assert_false(request_of_adj(500, 0, &bytes, &error));
	assert_false(request_of_adj(500, NOT_KNOWN, &bytes, &error));
	assert_int_equal(bytes, 7);
	/* One-sided: nothing at all to two thousandths; no more than all there is. */
	assert_true(request_of_adj(999, 1000000, &bytes, &error));
	assert_int_equal(bytes, 1000);
	assert_int_equal(error, 1000);
	assert_true(request_of_adj(3, 1000000, &bytes, &error));
	assert_int_equal(bytes, 998500);
	assert_int_equal(error, 1500);
}

static void quantities(void **state)
{
	static const struct {
		const char *text;
		__u64 value;
	} good[] = {
		{ "0", 0 },
		{ "128974848", 128974848 },
		{ "129e6", 129000000 },
		{ "129E6", 129000000 },
		{ "129M", 129000000 },
		{ "123Mi", 123 * MI },
		{ "128974848000m", 128974848 },
		{ "1.5Gi", 1536 * MI },
		{ ".5Ki", 512 },
		{ "1.", 1 },
		{ "1m", 1 },
		{ "1n", 1 },
		{ "1001m", 2 },
		{ "1500e-3", 2 },
		{ "7E", 7000000000000000000 },
		{ "7Ei", 7ULL << 60 },
		{ "1k", 1000 },
		{ "1Ti", 1ULL << 40 },
		{ "2u", 1 },
		{ "000000000000000000000001", 1 },
		{ "999999999999999999", 999999999999999999 },
		{ "0.000000000000000001Ei", 2 },
	};
	static const char *const bad[] = {
		"",    "Mi",   ".",	"-1",	"1 ",	" 1",	 "1K",
		"1mi", "1MiB", "0x10",	"1e",	"e3",	"1e19",	 "1e+",
		"8Ei", "10E",  "1.2.3", "1MMi", "1e3M", "1e999", "9999999999999999999",
		"1\n", "inf",  "nan",
	};
	__u64 value = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(quantity_read(good[i].text, strlen(good[i].text), &value));
		assert_int_equal(value, good[i].value);
	}
	value = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(quantity_read(bad[i], strlen(bad[i]), &value));
	assert_false(quantity_read("1\0", 2, &value));
	assert_int_equal(value, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(exact),
		TREE_TEST(other_formats),
		TREE_TEST(useless_states),
		TREE_TEST(state_that_changes),
		TREE_TEST(by_qos_class),
		TREE_TEST(no_estimate),
		TREE_TEST(no_app_container),
		cmocka_unit_test_setup_teardown(changes, tree_begin, tree_end),
		cmocka_unit_test(inverse_of_adj),
		cmocka_unit_test(no_inverse),
		cmocka_unit_test(quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
