// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor's two printers: golden texts and lines of made findings, what holds for the width, and
 * for bytes that anybody may have written.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "checkup.h"
#include "golden.h"
#include "sink/findings.h"
#include "sink/json.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct text_style ascii = { .utf8 = false };
static struct checkup checkup;
static char out[JSON_LINE_MAX];

static void begin(const char *node_name)
{
	memset(&checkup, 0, sizeof(checkup));
	checkup.time_ns = 1787281620017000450ULL;
	checkup.boot_time_ns = 376416017000450ULL;
	checkup.severity = CHECKUP_ERROR;
	snprintf(checkup.version, sizeof(checkup.version), "0.1.0");
	snprintf(checkup.id, sizeof(checkup.id), "1f0c9a6e-376416-doctor");
	snprintf(checkup.node_name, sizeof(checkup.node_name), "%s", node_name);
	snprintf(checkup.kernel, sizeof(checkup.kernel), "6.1.0-44-amd64");
	checkup_add(&checkup, FINDING_OK, "kernel", "Linux %s, x86_64", checkup.kernel);
}

static void good(void)
{
	begin("aks-np1-vmss000002");
	checkup_add(&checkup, FINDING_OK, "fentry", "loads and attaches our programs");
	checkup.severity = CHECKUP_INFO;
	checkup.possible = true;
	checkup.attach = ATTACH_FENTRY;
	checkup.evidence = EVIDENCE_EXACT;
	snprintf(checkup.verdict, sizeof(checkup.verdict),
		 "tracing is possible by fentry, evidence exact, which shows most");
}

static void degraded(void)
{
	begin("aks-np1-vmss000002");
	finding_fix(checkup_add(&checkup, FINDING_DEGRADED, "ftrace", "kernel.ftrace_enabled=0: %s",
				"hooks on functions never fire"),
		    "sysctl kernel.ftrace_enabled=%d", 1);
	finding_fix(checkup_add(&checkup, FINDING_MISSING, "fentry", "would attach and never fire"),
		    "a sentence that is so long that it has to be folded at the right edge of the "
		    "screen, twice or even three times");
	checkup_add(&checkup, FINDING_MISSING, "kprobe", "is not in this kernel");
	checkup_add(&checkup, FINDING_OK, "tracepoint", "loads and attaches our programs");
	checkup.severity = CHECKUP_WARN;
	checkup.possible = true;
	checkup.attach = ATTACH_TRACEPOINT;
	checkup.evidence = EVIDENCE_INFERRED;
	snprintf(
		checkup.verdict, sizeof(checkup.verdict),
		"tracing is possible by tracepoint, evidence inferred, because fentry would attach "
		"and never fire and kprobe is not in this kernel");
}

static void impossible(void)
{
	begin("aks-np1-vmss000002");
	finding_fix(checkup_add(&checkup, FINDING_MISSING, "btf", "No such file or directory"),
		    "build the kernel with CONFIG_DEBUG_INFO_BTF");
	checkup_add(&checkup, FINDING_MISSING, "tracepoint", "needs btf, which is missing");
	snprintf(checkup.verdict, sizeof(checkup.verdict), "tracing is not possible: no BTF");
}

static void hostile(void)
{
	begin("evil\033[2J\n\xff\"\\node");
	checkup_add(&checkup, FINDING_OK, "cgroup_mount",
		    "/ho\nst\t\033]0;x\a/\xe2\x80\xae/cgroup");
	snprintf(checkup.verdict, sizeof(checkup.verdict), "tracing is not possible: \xc3(\n\"");
}

static const struct {
	const char *name;
	void (*build)(void);
} cases[] = {
	{ "good", good },
	{ "degraded", degraded },
	{ "impossible", impossible },
	{ "hostile", hostile },
};

static size_t print_text(void)
{
	size_t len = findings_text(&checkup, &ascii, out, sizeof(out));

	assert_in_range(len, 1, sizeof(out) - 1);
	for (size_t i = 0, col = 0; i < len; i++) {
		if (out[i] != '\n' && (out[i] < ' ' || out[i] > '~'))
			fail_msg("byte %d at %zu", out[i], i);
		col = out[i] == '\n' ? 0 : col + 1;
		assert_in_range(col, 0, 80);
	}
	return len;
}

static json_t *print_json(int *ret_len)
{
	json_error_t error;
	json_t *root;

	*ret_len = findings_json(&checkup, out, sizeof(out));
	assert_in_range(*ret_len, 3, sizeof(out));
	assert_ptr_equal(memchr(out, '\n', (size_t)*ret_len), out + *ret_len - 1);
	root = json_loadb(out, (size_t)*ret_len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!root)
		fail_msg("%s at %d: %.*s", error.text, error.position, *ret_len, out);
	return root;
}

static void goldens(void **state)
{
	char name[64];
	int len;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cases[i].build();
		snprintf(name, sizeof(name), "doctor/%s.txt", cases[i].name);
		golden_check(name, out, print_text());
		snprintf(name, sizeof(name), "doctor/%s.json", cases[i].name);
		json_decref(print_json(&len));
		golden_check(name, out, (size_t)len);
	}
}

static void more_than_there_is_room_for(void **state)
{
	json_t *root;
	int len;

	(void)state;
	begin("node");
	for (int i = 0; i < 2 * CHECKUP_FINDINGS_MAX; i++)
		finding_fix(checkup_add(&checkup, FINDING_MISSING, "name", "%0300d", i), "%0300d",
			    i);
	assert_int_equal(checkup.findings_count, CHECKUP_FINDINGS_MAX);
	assert_int_equal(checkup.findings_omitted, CHECKUP_FINDINGS_MAX + 1);
	root = print_json(&len);
	assert_int_equal(json_array_size(json_object_get(root, "findings")), CHECKUP_FINDINGS_MAX);
	json_decref(root);
}

static void small_buffers(void **state)
{
	(void)state;
	degraded();
	for (size_t size = 0; size < 512; size++) {
		assert_int_equal(findings_json(&checkup, out, size), -E2BIG);
		assert_in_range(findings_text(&checkup, &ascii, out, size), 0, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(small_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
