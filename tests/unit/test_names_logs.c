// SPDX-License-Identifier: GPL-2.0-only
/* names: what the names of log files tell, where the runtime's folder is gone. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names/logs.h"
#include "names_texts.h"
#include "names_tree.h"

static void assert_names(const struct container_names *names, const char *container,
			 enum identity_source source)
{
	assert_string_equal(names->namespace_name, "shop");
	assert_string_equal(names->pod_name, "cart-7d9f8c6b5-x2x7q");
	assert_string_equal(names->pod_uid, UID_CART);
	assert_string_equal(names->container_name, container);
	assert_int_equal(names->source, source);
}

static void link_of_the_container(void **state)
{
	struct container_names names;

	(void)state;
	/* Of two containers, the folder does not tell which. */
	tree_file(POD_LOGS "/cart/2.log", "");
	tree_file(POD_LOGS "/proxy/0.log", "");
	tree_link("/var/log/containers/cart-7d9f8c6b5-x2x7q_shop_proxy-" CID_OTHER ".log",
		  POD_LOGS "/proxy/0.log");
	tree_link(CART_LINK, POD_LOGS "/cart/1.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_names(&names, "cart", IDENTITY_LOG_LINK);
	/* The link is this container's, the newest file another's. */
	assert_int_equal(names.restarts, 1);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_OTHER), &names));
	assert_names(&names, "proxy", IDENTITY_LOG_LINK);
	assert_string_equal(tree_stderr(), "");
}

/* A link tells the restarts of a container that the bundle has named. */
static void link_beside_a_bundle(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(TASKS CID_CART "/config.json", CONTAINERD_CART);
	tree_file(POD_LOGS "/cart/5.log", "");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.restarts, 5);
	tree_link(CART_LINK, POD_LOGS "/cart/4.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.restarts, 4);
	assert_names(&names, "cart", IDENTITY_BUNDLE);
	/* Not those of another container, nor of another pod of that name. */
	tree_remove(CART_LINK);
	tree_link(CART_LINK, POD_LOGS "/proxy/9.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.restarts, 5);
	tree_remove(CART_LINK);
	tree_link(CART_LINK, "/var/log/pods/shop_cart-7d9f8c6b5-x2x7q_" UID_OTHER "/cart/9.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.restarts, 5);
}

static void link_of_another_shape(void **state)
{
	struct container_names names;

	(void)state;
	tree_link(CART_LINK, "/var/lib/docker/containers/" CID_CART "/" CID_CART "-json.log");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_names(&names, "cart", IDENTITY_LOG_LINK);
	assert_int_equal(names.restarts, NOT_KNOWN);
	/* It tells no UID: kubelet's folder for the UID does. */
	tree_folder("/var/log/pods/kube-system_dns_" UID_CART);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "dns");
	assert_string_equal(names.container_name, "");
	assert_int_equal(names.source, IDENTITY_LOG_FOLDER);
	assert_non_null(strstr(tree_stderr(), "has another name"));
}

static void link_to_another(void **state)
{
	struct container_names names;

	(void)state;
	tree_link(CART_LINK, "/var/log/pods/kube-system_dns_" UID_CART "/cart/0.log");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_PATH);
	assert_string_equal(names.pod_name, "");
	assert_non_null(strstr(tree_stderr(), "points to another's log"));
	tree_remove(CART_LINK);
	tree_link(CART_LINK, "/var/log/pods/shop_cart-7d9f8c6b5-x2x7q_" UID_OTHER "/cart/0.log");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "");
	assert_non_null(strstr(tree_stderr(), UID_OTHER));
}

/* kubelet cuts the name so that it has, with ".log", 255 bytes. */
static void make_cut_link(char *ret, size_t id_digits)
{
	char name[1024], target[1024];
	int pod_len = NAME_MAX - (int)strlen("_shop_cart-.log") - (int)id_digits;

	memset(ret, 'p', (size_t)pod_len);
	ret[pod_len] = '\0';
	snprintf(name, sizeof(name), "/var/log/containers/%s_shop_cart-%.*s.log", ret,
		 (int)id_digits, CID_CART);
	snprintf(target, sizeof(target), "/var/log/pods/shop_%s_" UID_CART "/cart/6.log", ret);
	tree_link(name, target);
}

static void link_that_was_cut(void **state)
{
	struct container_names names;
	char pod[NAME_MAX];

	(void)state;
	make_cut_link(pod, 12);
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.namespace_name, "shop");
	assert_string_equal(names.pod_name, pod);
	assert_string_equal(names.container_name, "cart");
	assert_int_equal(names.restarts, 6);
	assert_int_equal(names.source, IDENTITY_LOG_LINK);
	/* Another pod's container of an ID that begins alike. */
	assert_false(tree_look_up(CGROUP(UID_OTHER, CID_CART), &names));
	assert_string_equal(names.pod_name, "");
}

/* What is left of the ID may be another container's, too. */
static void link_that_lost_its_id(void **state)
{
	struct container_names names;
	char pod[NAME_MAX];

	(void)state;
	make_cut_link(pod, 3);
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_int_equal(names.source, IDENTITY_PATH);
}

static void folder_of_one_container(void **state)
{
	struct container_names names;

	(void)state;
	tree_folder(TASKS);
	tree_file(POD_LOGS "/cart/0.log", "");
	tree_file(POD_LOGS "/cart/10.log", "");
	tree_file(POD_LOGS "/cart/9.log", "");
	tree_file(POD_LOGS "/cart/12.log.20260101-000000", "");
	tree_file(POD_LOGS "/cart/x11.log", "");
	tree_folder("/var/log/pods/shop_other_" UID_OTHER "/other");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_names(&names, "cart", IDENTITY_LOG_FOLDER);
	assert_int_equal(names.restarts, 10);
	/* The pod itself is no container. */
	assert_true(tree_look_up("/kubepods/burstable/pod" UID_CART, &names));
	assert_names(&names, "", IDENTITY_LOG_FOLDER);
	assert_int_equal(names.restarts, NOT_KNOWN);
	assert_string_equal(tree_stderr(), "");
}

static void folder_of_several_containers(void **state)
{
	struct container_names names;

	(void)state;
	tree_folder(TASKS);
	tree_file(POD_LOGS "/cart/0.log", "");
	tree_file(POD_LOGS "/proxy/0.log", "");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_names(&names, "", IDENTITY_LOG_FOLDER);
	assert_int_equal(names.restarts, NOT_KNOWN);
}

/* No bundle can be seen of any container: this one may be the sandbox. */
static void folder_without_bundles(void **state)
{
	struct container_names names;

	(void)state;
	tree_file(POD_LOGS "/cart/0.log", "");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_names(&names, "", IDENTITY_LOG_FOLDER);
	/* The same where there is one and it cannot be read. */
	tree_file(TASKS CID_PAUSE "/config.json", "{");
	assert_true(tree_look_up(CGROUP(UID_CART, CID_PAUSE), &names));
	assert_names(&names, "", IDENTITY_LOG_FOLDER);
	assert_non_null(strstr(tree_stderr(), "is not believed"));
}

static void two_folders_of_one_uid(void **state)
{
	struct container_names names;

	(void)state;
	tree_folder(POD_LOGS "/cart");
	tree_folder("/var/log/pods/kube-system_dns_" UID_CART "/dns");
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "");
	assert_non_null(strstr(tree_stderr(), "none is believed"));
}

/* No folder's name of another is taken for that of a UID that it ends with. */
static void uid_that_ends_another(void **state)
{
	struct container_names names;

	(void)state;
	tree_folder("/var/log/pods/shop_cart_x" UID_CART "/cart");
	tree_folder("/var/log/pods/shop_" UID_CART "/cart");
	tree_folder("/var/log/pods/_" UID_CART);
	tree_folder("/var/log/pods/" UID_CART);
	tree_folder("/var/log/pods/Shop_Cart_" UID_CART);
	assert_false(tree_look_up(CGROUP(UID_CART, CID_CART), &names));
	assert_string_equal(names.pod_name, "");
}

static void parsers(void **state)
{
	struct claim claim;
	__u64 number = 77;

	(void)state;
	assert_true(log_parse_folder("kube-system_etcd-node.a_9f", &claim));
	assert_string_equal(claim.names.namespace_name, "kube-system");
	assert_string_equal(claim.names.pod_name, "etcd-node.a");
	assert_string_equal(claim.names.pod_uid, "9f");
	assert_true(log_parse_folder("a_b_c_d", &claim));
	assert_string_equal(claim.names.pod_uid, "c_d");
	assert_false(log_parse_folder("", &claim));
	assert_false(log_parse_folder("a_b", &claim));
	assert_false(log_parse_folder("a_b_", &claim));
	assert_false(log_parse_folder("_b_c", &claim));
	assert_false(log_parse_folder("a__c", &claim));
	assert_false(log_parse_folder("a.b_b_c", &claim));
	assert_true(log_parse_target("../pods/a_b_c/d/0.log", &claim));
	assert_string_equal(claim.names.container_name, "d");
	assert_true(log_parse_target("a_b_c/d/0.log", &claim));
	assert_false(log_parse_target("d/0.log", &claim));
	assert_false(log_parse_target("0.log", &claim));
	assert_false(log_parse_target("", &claim));
	assert_false(log_parse_target("/a_b_c/d/0.log/", &claim));
	assert_false(log_parse_target("/a_b_c/D/0.log", &claim));
	assert_true(log_parse_link("pod.x_ns_c-d-0123.log", "0123", &claim));
	assert_string_equal(claim.names.pod_name, "pod.x");
	assert_string_equal(claim.names.namespace_name, "ns");
	assert_string_equal(claim.names.container_name, "c-d");
	assert_false(log_parse_link("pod_ns_c-0123.log", "123", &claim));
	assert_false(log_parse_link("pod_ns_c-0123.log", "0124", &claim));
	assert_false(log_parse_link("pod_ns_c-0123.txt", "0123", &claim));
	assert_false(log_parse_link("pod_nsc-0123.log", "0123", &claim));
	assert_false(log_parse_link("-0123.log", "0123", &claim));
	assert_false(log_parse_link("", "0123", &claim));
	assert_false(log_parse_file("-1.log", &number));
	assert_false(log_parse_file(".log", &number));
	assert_false(log_parse_file("1234567890.log", &number));
	assert_int_equal(number, 77);
	assert_true(log_parse_file("123456789.log", &number));
	assert_int_equal(number, 123456789);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(link_of_the_container),   TREE_TEST(link_beside_a_bundle),
		TREE_TEST(link_of_another_shape),   TREE_TEST(link_to_another),
		TREE_TEST(link_that_was_cut),	    TREE_TEST(link_that_lost_its_id),
		TREE_TEST(folder_of_one_container), TREE_TEST(folder_of_several_containers),
		TREE_TEST(folder_without_bundles),  TREE_TEST(two_folders_of_one_uid),
		TREE_TEST(uid_that_ends_another),   cmocka_unit_test(parsers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
