/* SPDX-License-Identifier: GPL-2.0-only */
/* place: every row of tests/data/cgroup-paths.tsv, each level of a path. */
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

/* The table */

enum column {
	PATH,
	DRIVER,
	CGROUP_VERSION,
	RUNTIME,
	LEVEL,
	QOS,
	POD_UID,
	CONTAINER_ID,
	BUILT_BY,
	COLUMNS
};

static enum limit_level level_of_row(char *const *col)
{
	static const struct {
		const char *name;
		enum limit_level level;
	} levels[] = {
		{ "kubepods-root", LIMIT_NODE },
		{ "qos", LIMIT_QOS },
		{ "pod", LIMIT_POD },
		{ "container", LIMIT_CONTAINER },
		{ "sub-container", LIMIT_NESTED },
		{ "monitor", LIMIT_SLICE },
		{ "non-kubernetes", LIMIT_SLICE },
	};

	if (strcmp(col[PATH], "/") == 0)
		return LIMIT_HOST;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(col[LEVEL], levels[i].name) == 0)
			return levels[i].level;
	fail_msg("%s: unknown level %s", col[PATH], col[LEVEL]);
	return LIMIT_NONE;
}

/* The row's runtime, where its name stands right before the row's container ID. */
static const char *runtime_of_row(char *const *col)
{
	static const struct {
		const char *runtime;
		const char *before;
	} shown[] = {
		{ "containerd", "/cri-containerd-" },
		{ "containerd", ":cri-containerd:" },
		{ "containerd", "/k8s.io/" },
		{ "cri-o", "/crio-" },
		{ "cri-o", "/crio-conmon-" },
		{ "docker", "/docker-" },
		{ "docker", "/docker/" },
		{ "podman", "/libpod-" },
	};
	const char *id = strstr(col[PATH], col[CONTAINER_ID]);

	for (size_t i = 0; id && i < sizeof(shown) / sizeof(shown[0]); i++) {
		size_t len = strlen(shown[i].before);

		if (strcmp(col[RUNTIME], shown[i].runtime) == 0 &&
		    id - col[PATH] >= (ptrdiff_t)len && memcmp(id - len, shown[i].before, len) == 0)
			return shown[i].runtime;
	}
	return "";
}

static const char *qos_of_row(char *const *col)
{
	if (strcmp(col[QOS], "guaranteed") == 0)
		return "Guaranteed";
	if (strcmp(col[QOS], "burstable") == 0)
		return "Burstable";
	return strcmp(col[QOS], "besteffort") == 0 ? "BestEffort" : "";
}

static const char *or_empty(const char *text)
{
	return strcmp(text, "-") == 0 ? "" : text;
}

static void check_row(char *const *col)
{
	struct place p = place_of(col[PATH]);
	bool same = p.level == level_of_row(col) &&
		    strcmp(qos_class_name(p.qos), qos_of_row(col)) == 0 &&
		    strcmp(p.pod_uid, or_empty(col[POD_UID])) == 0 &&
		    strcmp(p.container_id, or_empty(col[CONTAINER_ID])) == 0 &&
		    strcmp(runtime_name(p.runtime), runtime_of_row(col)) == 0 &&
		    p.monitor == (strcmp(col[LEVEL], "monitor") == 0) &&
		    p.static_pod == (strlen(col[POD_UID]) == 32);

	check_invariants(&p);
	if (!same)
		fail_msg("%s: level %s qos %s pod %s container %s runtime %s", col[PATH],
			 limit_level_name(p.level), qos_class_name(p.qos), p.pod_uid,
			 p.container_id, runtime_name(p.runtime));
}

static void test_table(void **state)
{
	const char *folder = getenv("OOMWHY_TESTDATA");
	char name[4096], line[16384], *col[COLUMNS];
	int rows = 0;
	FILE *f;

	(void)state;
	snprintf(name, sizeof(name), "%s/cgroup-paths.tsv", folder ? folder : "tests/data");
	f = fopen(name, "re");
	if (!f)
		fail_msg("%s is not readable", name);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line;

		for (int i = 0; i < COLUMNS; i++) {
			col[i] = strsep(&rest, i == BUILT_BY ? "\n" : "\t");
			assert_non_null(col[i]);
		}
		if (strcmp(col[PATH], "path") == 0)
			continue;
		check_row(col);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, 49);
}

/* Each level of a path */

static void test_levels(void **state)
{
	(void)state;
	check_levels("/", 0);
	check_levels(POD_A "/" ID_A, 4, LIMIT_NODE, LIMIT_QOS, LIMIT_POD, LIMIT_CONTAINER);
	check_levels("/kubepods/pod" UID_A "/crio-" ID_A "/container/exec", 5, LIMIT_NODE,
		     LIMIT_POD, LIMIT_CONTAINER, LIMIT_NESTED, LIMIT_NESTED);
	check_levels("/my_root.slice/my_root-kubepods.slice/my_root-kubepods-besteffort.slice/"
		     "my_root-kubepods-besteffort-pod" UID_A_SYSTEMD ".slice/docker-" ID_A ".scope",
		     5, LIMIT_SLICE, LIMIT_NODE, LIMIT_QOS, LIMIT_POD, LIMIT_CONTAINER);
	check_levels("/docker/" ID_B "/kubelet/kubepods/pod" UID_A "/" ID_A, 6, LIMIT_SLICE,
		     LIMIT_SLICE, LIMIT_SLICE, LIMIT_NODE, LIMIT_POD, LIMIT_CONTAINER);
	check_levels(POD_A "/crio-conmon-" ID_A "/x", 5, LIMIT_NODE, LIMIT_QOS, LIMIT_POD,
		     LIMIT_SLICE, LIMIT_SLICE);
	/* A pod's limits do not count for what its driver has put elsewhere. */
	check_levels("/system.slice/containerd.service/kubepods-burstable-pod" UID_A_SYSTEMD
		     ".slice:cri-containerd:" ID_A "/init.scope",
		     4, LIMIT_SLICE, LIMIT_SLICE, LIMIT_CONTAINER, LIMIT_NESTED);
	check_levels("/k8s.io/" ID_A "/x", 3, LIMIT_SLICE, LIMIT_CONTAINER, LIMIT_NESTED);
	check_levels("/kubepods/kubepods/burstable/pod" UID_A, 4, LIMIT_SLICE, LIMIT_NODE,
		     LIMIT_QOS, LIMIT_POD);
	check_levels("/../../burstable/pod" UID_A "/" ID_A, 5, LIMIT_SLICE, LIMIT_SLICE, LIMIT_QOS,
		     LIMIT_POD, LIMIT_CONTAINER);
	check_levels("/../cri-containerd-" ID_A ".scope", 2, LIMIT_SLICE, LIMIT_CONTAINER);
}

static void test_slashes(void **state)
{
	(void)state;
	check_levels("", 0);
	check_levels("///", 0);
	check_levels("kubepods", 1, LIMIT_NODE);
	check_levels("//kubepods//besteffort/", 2, LIMIT_NODE, LIMIT_QOS);
	check_identity(POD_A "/" ID_A "/", LIMIT_CONTAINER, UID_A, ID_A);
	check_identity("kubepods/pod" UID_A "//" ID_A, LIMIT_CONTAINER, UID_A, ID_A);
}

/* Containers in no pod; the outermost one counts. */
static void test_lone_containers(void **state)
{
	(void)state;
	check_identity("/docker/" ID_A "/docker/" ID_B, LIMIT_SLICE, "", ID_A);
	check_identity("/docker/" ID_A "/system.slice/crio-conmon-" ID_B ".scope", LIMIT_SLICE, "",
		       ID_A);
	check_identity("/docker/" ID_A "/k8s.io/" ID_B, LIMIT_CONTAINER, "", ID_B);
	check_identity("/x/k8s.io/" ID_B, LIMIT_SLICE, "", ID_B);
	check_identity("/libpod_parent/libpod-" ID_A, LIMIT_SLICE, "", ID_A);
	check_identity("/machine.slice/libpod-conmon-" ID_A ".scope", LIMIT_SLICE, "", ID_A);
	check_identity("/system.slice/crio-" ID_A ".scope", LIMIT_CONTAINER, "", ID_A);
	check_identity("/docker/" ID_A "/kubepods.slice", LIMIT_NODE, "", "");
	assert_true(place_of("/machine.slice/libpod-conmon-" ID_A ".scope").monitor);
	assert_false(place_of("/docker/" ID_A "/system.slice/crio-conmon-" ID_B ".scope").monitor);
	assert_int_equal(place_of("/docker/" ID_A "/kubepods/pod" UID_A "/" ID_B).runtime,
			 RUNTIME_NONE);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(limit_level_name(LIMIT_NONE), "");
	assert_string_equal(limit_level_name(LIMIT_NESTED), "nested");
	assert_string_equal(limit_level_name(LIMIT_UNKNOWN), "unknown");
	assert_string_equal(limit_level_name((enum limit_level)(LIMIT_UNKNOWN + 1)), "");
	assert_string_equal(qos_class_name(QOS_BEST_EFFORT), "BestEffort");
	assert_string_equal(qos_class_name((enum qos_class)99), "");
	assert_string_equal(runtime_name(RUNTIME_NONE), "");
	assert_string_equal(runtime_name(RUNTIME_CRIO), "cri-o");
	assert_string_equal(runtime_name((enum runtime) - 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	cmocka_unit_test(test_levels),
		cmocka_unit_test(test_slashes), cmocka_unit_test(test_lone_containers),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
