// SPDX-License-Identifier: GPL-2.0-only
/* What lies between the limit of all pods and the Allocatable that kubectl shows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "names/kubelet_reserve.h"

#define MIB (1024 * 1024ULL)
#define GIB (1024 * MIB)
#define TOTAL (16 * GIB)

static char root[] = "/tmp/oomwhy-reserve-XXXXXX";

static void configurations(void **state)
{
	static const struct {
		const char *text;
		__u64 bytes;
	} good[] = {
		{ "", 100 * MIB },
		{ "kind: KubeletConfiguration\n", 100 * MIB },
		{ "evictionHard:\n  memory.available: 750Mi\n  nodefs.available: 10%\n",
		  750 * MIB },
		{ "evictionHard:\n  memory.available: \"5%\"\nmaxPods: 110\n", TOTAL / 20 },
		{ "a: b\nevictionHard:\n  nodefs.available: 10%\nevictionSoft:\n"
		  "  memory.available: 1Gi\n",
		  0 },
		{ "evictionHard:\n  nodefs.available: 10%\nmergeDefaultEvictionSettings: true\n",
		  100 * MIB },
		{ "evictionHard:\n\n  # a comment\n\n  'memory.available': '1Gi'\n", GIB },
		{ "evictionHard: {memory.available: 200Mi}\n", 200 * MIB },
		{ "evictionHard: {}\nevictionSoft: {memory.available: 1Gi}\n", 0 },
		{ "{\"a\":1,\"evictionHard\":{\"memory.available\":\"300Mi\"},\"b\":2}",
		  300 * MIB },
		{ "{\"evictionHard\":{\"nodefs.available\":\"10%\"},"
		  "\"evictionSoft\":{\"memory.available\":\"1Gi\"}}",
		  0 },
		{ "# evictionHard: memory.available: 1Gi\n", 100 * MIB },
	};
	static const char *const bad[] = {
		"evictionHard:\n  memory.available: lots\n",
		"evictionHard:\n  memory.available: 500%\n",
		"evictionHard:\n  memory.available:\n",
		"evictionHard:\n  memory.available\n",
		"evictionHard:\n  memory.available: -%\n",
		"evictionHard:\n  memory.available: 11111111111111111111111111111111111111111%\n",
	};
	__u64 bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bytes = 1;
		if (!kubelet_config_eviction(good[i].text, TOTAL, &bytes) || bytes != good[i].bytes)
			fail_msg("%llu in %s", bytes, good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (kubelet_config_eviction(bad[i], TOTAL, &bytes))
			fail_msg("%llu in %s", bytes, bad[i]);
}

#define FLAGS(cmdline) kubelet_flags_read(cmdline, sizeof(cmdline) - 1, TOTAL, &flags)

static void command_lines(void **state)
{
	struct kubelet_flags flags;

	(void)state;
	FLAGS("/usr/bin/kubelet\0--config=/etc/k.yaml\0"
	      "--eviction-hard=memory.available<750Mi,nodefs.available<10%\0");
	assert_true(flags.has_eviction);
	assert_int_equal(flags.eviction_bytes, 750 * MIB);
	assert_string_equal(flags.config, "/etc/k.yaml");
	assert_false(flags.has_drop_ins);
	FLAGS("kubelet\0--eviction-hard\0memory.available<5%\0--config\0/x\0--config-dir\0/d\0");
	assert_true(flags.has_eviction);
	assert_int_equal(flags.eviction_bytes, TOTAL / 20);
	assert_string_equal(flags.config, "/x");
	assert_true(flags.has_drop_ins);
	FLAGS("kubelet\0--eviction-hard=nodefs.available<10%\0");
	assert_true(flags.has_eviction);
	assert_int_equal(flags.eviction_bytes, 0);
	FLAGS("kubelet\0--eviction-hard=memory.available<lots\0");
	assert_false(flags.has_eviction);
	FLAGS("kubelet\0--config"); /* cut */
	assert_null(flags.config);
	FLAGS("");
	assert_null(flags.config);
}

static void put(const char *path, const char *text, size_t len)
{
	char whole[256], *slash;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(whole, 0755);
	}
	file = fopen(whole, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static int make(void **state)
{
	(void)state;
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int wipe(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct kubelet_reserve read_reserve(void)
{
	struct kubelet_reserve reserve;

	kubelet_reserve_read(root, TOTAL, &reserve);
	return reserve;
}

static void a_machine(void **state)
{
	(void)state;
	assert_int_equal(read_reserve().eviction_bytes, NOT_KNOWN);
	assert_int_equal(read_reserve().hugepages_bytes, NOT_KNOWN);
	PUT("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
	PUT("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
	assert_int_equal(read_reserve().hugepages_bytes, GIB + 6 * MIB);
	PUT("/var/lib/kubelet/config.yaml", "evictionHard:\n  memory.available: 200Mi\n");
	assert_int_equal(read_reserve().eviction_bytes, 200 * MIB);
	PUT("/proc/7/comm", "kubelet\n");
	PUT("/proc/7/cmdline", "kubelet\0");
	PUT("/proc/self/comm", "kubelet\n");
	assert_int_equal(read_reserve().eviction_bytes, 100 * MIB); /* it has no configuration */
	PUT("/proc/7/cmdline", "kubelet\0--config=/etc/kubelet.yaml\0");
	assert_int_equal(read_reserve().eviction_bytes, NOT_KNOWN);
	PUT("/etc/kubelet.yaml", "evictionHard:\n  memory.available: 5%\n");
	assert_int_equal(read_reserve().eviction_bytes, TOTAL / 20);
	PUT("/proc/7/cmdline", "kubelet\0--config=/etc/kubelet.yaml\0--config-dir=/d\0");
	assert_int_equal(read_reserve().eviction_bytes, NOT_KNOWN);
	PUT("/proc/7/cmdline", "kubelet\0--config-dir=/d\0--eviction-hard=memory.available<1Gi\0");
	assert_int_equal(read_reserve().eviction_bytes, GIB);
}

static void allocatable(void **state)
{
	static struct event ev;
	struct kubelet_reserve reserve = { 100 * MIB, 2 * GIB };

	(void)state;
	event_init(&ev, EVENT_INCIDENT);
	kubelet_reserve_complete(&reserve, TOTAL, &ev);
	assert_int_equal(ev.incident.node_reserve.eviction_bytes, NOT_KNOWN); /* no such level */
	ev.incident.limits.node.limit_bytes = 13 * GIB;
	kubelet_reserve_complete(&reserve, TOTAL, &ev);
	assert_int_equal(ev.incident.node_reserve.allocatable_bytes, 11 * GIB - 100 * MIB);
	event_init(&ev, EVENT_INCIDENT);
	ev.incident.limits.node.limit_bytes = TOTAL; /* nothing is enforced */
	kubelet_reserve_complete(&reserve, TOTAL, &ev);
	assert_int_equal(ev.incident.node_reserve.eviction_bytes, 100 * MIB);
	assert_int_equal(ev.incident.node_reserve.allocatable_bytes, NOT_KNOWN);
	event_init(&ev, EVENT_INCIDENT);
	ev.incident.limits.node.limit_bytes = GIB; /* not what kubelet would set */
	kubelet_reserve_complete(&reserve, TOTAL, &ev);
	assert_int_equal(ev.incident.node_reserve.allocatable_bytes, NOT_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations),
		cmocka_unit_test(command_lines),
		cmocka_unit_test_setup_teardown(a_machine, make, wipe),
		cmocka_unit_test(allocatable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
