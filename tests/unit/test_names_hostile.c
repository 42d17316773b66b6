// SPDX-License-Identifier: GPL-2.0-only
/*
 * names: files that are not what they should be. Each is told in a line, none ends or delays the
 * program, none gives a wrong name, and the next source is asked.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/log_limit.h"
#include "names_texts.h"
#include "names_tree.h"

#define CONFIG TASKS CID_CART "/config.json"

/* Nothing of the bundle, all that the logs tell, and a line with @words. */
static void check_next_source(const char *words)
{
	struct container_names names;
	const char *lines;

	tree_link(CART_LINK, POD_LOGS "/cart/1.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "cart-7d9f8c6b5-x2x7q");
	assert_string_equal(names.container_name, "cart");
	assert_string_equal(names.image, "");
	assert_int_equal(names.source, IDENTITY_LOG_LINK);
	lines = tree_stderr();
	assert_non_null(strstr(lines, words));
	assert_ptr_equal(strchr(lines, '\n'), lines + strlen(lines) - 1);
	for (; *lines; lines++)
		assert_true(*lines == '\n' || (*lines >= ' ' && *lines < 0x7f));
	tree_remove(CART_LINK);
}

/* What was cut anywhere is either refused or, never, another name. */
static void truncated(void **state)
{
	const char *whole = CONTAINERD_CART;
	struct container_names names;

	(void)state;
	for (size_t len = 0; len < strlen(whole); len += 7) {
		tree_bytes(CONFIG, whole, len);
		assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
		assert_string_equal(names.pod_name, "");
		assert_string_equal(names.container_name, "");
		assert_int_equal(names.oom_score_adj, NOT_KNOWN_SIGNED);
	}
	tree_stderr();
	tree_bytes(CONFIG, whole, strlen(whole) - 1);
	check_next_source("it is not a JSON object");
	tree_file(CONFIG, "");
	check_next_source("it is empty");
}

static void huge(void **state)
{
	size_t len = (1 << 20) + 1;
	char *text = malloc(len);

	(void)state;
	memset(text, ' ', len);
	memcpy(text, CONTAINERD_CART, strlen(CONTAINERD_CART));
	tree_bytes(CONFIG, text, len);
	check_next_source("it is too large");
	tree_bytes(CONFIG, text, len - 1);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &(struct container_names){ 0 }));
	free(text);
	/* As good as endless. */
	tree_file(CONFIG, "");
	assert_return_code(truncate(tree_path(CONFIG), 1LL << 40), errno);
	check_next_source("it is too large");
}

static void check_repeated(const char *text, size_t count, const char *words)
{
	size_t len = strlen(text);
	char *whole = malloc(count * len);

	for (size_t i = 0; i < count; i++)
		memcpy(whole + i * len, text, len);
	tree_bytes(CONFIG, whole, count * len);
	check_next_source(words);
	free(whole);
}

/* As a tree in memory it would be a hundred times as large, or as deep as the stack. */
static void deep_and_wide(void **state)
{
	(void)state;
	check_repeated("[", 1 << 20, "nested too deeply");
	check_repeated("{\"a\":", 1 << 17, "nested too deeply");
	check_repeated("[],", 1 << 18, "too many values");
	check_repeated("1,", 1 << 19, "too many values");
}

static void other_json(void **state)
{
	(void)state;
	tree_file(CONFIG, "[]");
	check_next_source("it is not a JSON object");
	tree_file(CONFIG, "\"annotations\"");
	check_next_source("it is not a JSON object");
	tree_file(CONFIG, CONTAINERD_CART CONTAINERD_CART);
	check_next_source("it is not a JSON object");
	tree_file(CONFIG, "{\"annotations\":{\"a\":\"\xff\xfe\"}}");
	check_next_source("it is not a JSON object");
	tree_file(CONFIG, "{\"process\":{\"oomScoreAdj\":99999}}");
	check_next_source("out of range");
	tree_file(CONFIG, "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"a\","
			  "\"io.kubernetes.cri.sandbox-name\":\"b\"}}");
	check_next_source("it is not a JSON object");
}

/* Values of other types are not said; names that no API server lets through are refused. */
static void hostile_names(void **state)
{
	static const char *const pods[] = {
		"",	 "A",	     "a b",  "a/b",	  "..",		 "a..b",
		"-a",	 "a-",	     "a.-b", "a\\u0000b", "a\\u001b[2J", "a\\u202eb",
		"a\\nb", "\xc3\xa4", "a_b",  "\\u0000",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++) {
		snprintf(text, sizeof(text), CONTAINERD_OF("shop", "%s", UID_CART), pods[i]);
		tree_file(CONFIG, text);
		check_next_source("the pod's name is no DNS name");
		snprintf(text, sizeof(text), CONTAINERD_OF("%s", "cart", UID_CART), pods[i]);
		tree_file(CONFIG, text);
		check_next_source("the namespace is no DNS label");
	}
	tree_file(CONFIG, CONTAINERD_OF("a.b", "cart", UID_CART));
	check_next_source("the namespace is no DNS label");
	tree_file(CONFIG, CONTAINERD_OF("shop", "cart", "a b"));
	check_next_source("the pod's UID is not printable");
	tree_file(CONFIG, "{\"annotations\":{\"io.kubernetes.cri.image-name\":\"a\\u001b[31m\"}}");
	check_next_source("the image's name is not printable");
	tree_file(CONFIG, "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"../x\"}}");
	check_next_source("the container's name is no DNS label");
}

static void names_too_long(void **state)
{
	char name[300], text[1024];
	struct container_names names;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[254] = '\0';
	snprintf(text, sizeof(text), CONTAINERD_OF("shop", "%s", UID_CART), name);
	tree_file(CONFIG, text);
	check_next_source("the pod's name is no DNS name");
	name[253] = '\0';
	snprintf(text, sizeof(text), CONTAINERD_OF("shop", "%s", UID_CART), name);
	tree_file(CONFIG, text);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, name);
	name[64] = '\0';
	snprintf(text, sizeof(text), CONTAINERD_OF("%s", "cart", UID_CART), name);
	tree_file(CONFIG, text);
	check_next_source("the namespace is no DNS label");
	name[63] = '\0';
	snprintf(text, sizeof(text), CONTAINERD_OF("%s", "cart", UID_CART), name);
	tree_file(CONFIG, text);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.namespace_name, name);
}

/* A NUL in what we do not read costs nothing. */
static void nul_elsewhere(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(CONFIG, "{\"annotations\":{\"x\":\"a\\u0000b\","
			  "\"io.kubernetes.cri.sandbox-name\":\"cart\","
			  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "cart");
}

static void wrong_types(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(CONFIG, "{\"process\":[{}],\"linux\":7,\"annotations\":{"
			  "\"io.kubernetes.cri.sandbox-name\":[\"cart\"],"
			  "\"io.kubernetes.cri.sandbox-namespace\":{},"
			  "\"io.kubernetes.cri.sandbox-uid\":null,"
			  "\"io.kubernetes.cri.container-type\":true}}");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(names.pod_name, "");
	assert_int_equal(names.is_sandbox, NOT_KNOWN);
	assert_string_equal(tree_stderr(), "");
}

/* Another pod's bundle under this container's ID. */
static void wrong_uid(void **state)
{
	(void)state;
	tree_file(CONFIG, CONTAINERD_OF("kube-system", "dns", UID_OTHER));
	check_next_source("it is of pod " UID_OTHER);
	tree_file("/run/containers/storage/overlay-containers/" CID_CART "/userdata/config.json",
		  "{\"annotations\":{\"io.kubernetes.pod.name\":\"dns\","
		  "\"io.kubernetes.pod.namespace\":\"kube-system\"}}");
	/* Not asked: a bundle was found. */
	check_next_source("it is of pod " UID_OTHER);
}

/* This pod's UID and another pod's name: kubelet's folder says otherwise. */
static void name_of_another_pod(void **state)
{
	(void)state;
	tree_file(CONFIG, CONTAINERD_OF("kube-system", "dns", UID_CART));
	tree_folder(POD_LOGS "/cart");
	check_next_source("kubelet's log folder has another name");
}

/* A file of the host's that no reader may show, and one outside of its root. */
static void links_to_secrets(void **state)
{
	(void)state;
	tree_file("/etc/shadow", "root:$6$hostsecret:19000:0:99999:7:::\n");
	tree_link(CONFIG, "/etc/shadow");
	check_next_source("it is not a JSON object");
	tree_remove(CONFIG);
	tree_link(CONFIG, "../../../../../../../../../../../../etc/shadow");
	check_next_source("it is not a JSON object");
	tree_remove(CONFIG);
	/* Outside it is a right one; inside the root there is nothing of that name. */
	tree_file("/outside/config.json", CONTAINERD_OF("kube-system", "dns", UID_CART));
	tree_link(CONFIG, tree_path("/outside/config.json"));
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &(struct container_names){ 0 }));
	assert_string_equal(tree_stderr(), "");
}

static void links_of_proc(void **state)
{
	struct container_names names;

	(void)state;
	tree_link(CONFIG, "/proc/self/environ");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(tree_stderr(), "");
}

static void link_loop(void **state)
{
	(void)state;
	tree_link(CONFIG, "config.json");
	check_next_source("Too many levels of symbolic links");
	tree_remove(TASKS CID_CART);
	tree_link(TASKS CID_CART, CID_CART);
	check_next_source("Too many levels of symbolic links");
}

static void no_regular_files(void **state)
{
	(void)state;
	tree_fifo(CONFIG);
	check_next_source("it is not a regular file");
	tree_remove(CONFIG);
	tree_folder(CONFIG);
	check_next_source("it is not a regular file");
	tree_remove(CONFIG);
	if (mknod(tree_path(CONFIG), S_IFCHR | 0600, 1 << 8 | 5) == 0) /* /dev/zero */
		check_next_source("it is not a regular file");
}

static void logs_that_are_no_folders(void **state)
{
	struct container_names names;

	(void)state;
	tree_file("/var/log/pods", "");
	tree_fifo("/var/log/containers");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(tree_stderr(), "");
}

static void *make_and_remove(void *context)
{
	const bool *stop = context;
	char made[256], config[256];

	strcpy(made, tree_path(CONFIG ".new"));
	strcpy(config, tree_path(CONFIG));
	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		tree_file(CONFIG ".new", CONTAINERD_CART);
		rename(made, config);
		tree_remove(TASKS CID_CART);
	}
	return NULL;
}

/* Folders that come and go while they are read are no fault. */
static void vanishing(void **state)
{
	static bool stop;
	struct names *names = names_open(tree_path("/"), NULL, TREE_MEMORY);
	size_t with_name = 0, without = 0;
	struct container_names ret;
	pthread_t thread;

	(void)state;
	assert_non_null(names);
	assert_int_equal(pthread_create(&thread, NULL, make_and_remove, &stop), 0);
	for (int i = 0; i < 3000 || ((!with_name || !without) && i < 1000000); i++) {
		bool found = tree_ask(names, CGROUP(UID_CART, CID_CART), &ret);

		assert_string_equal(ret.pod_name, found ? "cart-7d9f8c6b5-x2x7q" : "");
		with_name += found;
		without += !found;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	names_close(names);
	assert_true(with_name && without);
	assert_string_equal(tree_stderr(), "");
}

/* Asked again later: the file was not written yet. */
static void comes_later(void **state)
{
	struct names *names = names_open(tree_path("/"), NULL, TREE_MEMORY);
	struct container_names ret;

	(void)state;
	assert_non_null(names);
	assert_false(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
	tree_file(CONFIG, "");
	assert_false(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
	tree_file(CONFIG, CONTAINERD_CART);
	assert_true(tree_ask(names, CGROUP(UID_CART, CID_CART), &ret));
	assert_string_equal(ret.pod_name, "cart-7d9f8c6b5-x2x7q");
	names_close(names);
}

static void lines_are_bounded(void **state)
{
	struct names *names = names_open(tree_path("/"), NULL, TREE_MEMORY);
	struct container_names ret;
	size_t lines = 0;

	(void)state;
	assert_non_null(names);
	tree_file(CONFIG, "{");
	for (int i = 0; i < 1000; i++)
		tree_ask(names, CGROUP(UID_CART, CID_CART), &ret);
	names_close(names);
	for (const char *line = tree_stderr(); (line = strchr(line, '\n')); line++) {
		lines++;
		if (lines == LOG_LIMIT_LINES)
			assert_non_null(strstr(line, "990 more lines like these"));
	}
	assert_int_equal(lines, LOG_LIMIT_LINES + 1);
}

static void bad_roots(void **state)
{
	(void)state;
	assert_null(names_open(tree_path("/none"), NULL, TREE_MEMORY));
	assert_int_equal(errno, ENOENT);
	tree_file("/file", "");
	assert_null(names_open(tree_path("/file"), NULL, TREE_MEMORY));
	assert_int_equal(errno, ENOTDIR);
	names_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(truncated),
		TREE_TEST(huge),
		TREE_TEST(deep_and_wide),
		TREE_TEST(other_json),
		TREE_TEST(hostile_names),
		TREE_TEST(names_too_long),
		TREE_TEST(nul_elsewhere),
		TREE_TEST(wrong_types),
		TREE_TEST(wrong_uid),
		TREE_TEST(name_of_another_pod),
		TREE_TEST(links_to_secrets),
		TREE_TEST(links_of_proc),
		TREE_TEST(link_loop),
		TREE_TEST(no_regular_files),
		TREE_TEST(logs_that_are_no_folders),
		TREE_TEST(vanishing),
		TREE_TEST(comes_later),
		TREE_TEST(lines_are_bounded),
		TREE_TEST(bad_roots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
