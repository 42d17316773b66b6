/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts table and what it demands of a line: tests/kills/facts.c. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kills/facts.c"
#include "kills/line.c"

#define HEAD                                                                \
	"# Facts\n\n"                                                       \
	"| fact | line | key | in | fentry | kprobe | tracepoint |\n"       \
	"|---|---|---|---|---|---|---|\n"                                   \
	"| level | oom_kill | verdict.limit_level | every | exact | exact " \
	"| inferred |\n"
#define ROW(in, tracepoint) \
	"| points | oom_kill | victim.points | " in " | exact | exact | " tracepoint " |\n"
#define LINE(rest)                                                                                 \
	"{\"type\":\"oom_kill\",\"verdict\":{\"limit_level\":\"pod\",\"evidence\":\"exact\"}" rest \
	"}"
#define FENTRY 0
#define TRACEPOINT 2

static struct facts facts;

static void parse(const char *text)
{
	if (!facts_parse(&facts, text))
		fail_msg("%s", facts.why);
}

static bool accepts(const char *text, int plan)
{
	json_t *line = json_loads(text, 0, NULL);
	bool ok;

	assert_non_null(line);
	ok = facts_line(&facts, line, plan);
	json_decref(line);
	return ok;
}

static void refuses(const char *text, const char *why)
{
	assert_false(facts_parse(&facts, text));
	if (!strstr(facts.why, why))
		fail_msg("refused with \"%s\", not \"%s\"", facts.why, why);
}

static void test_the_real_one(void **state)
{
	(void)state;
	parse(facts_text);
	assert_true(facts.n > 40);
	assert_string_equal(facts_evidence(&facts, facts_plan("fentry")), "exact");
	assert_string_equal(facts_evidence(&facts, facts_plan("kprobe")), "exact");
	assert_string_equal(facts_evidence(&facts, facts_plan("tracepoint")), "inferred");
	assert_int_equal(facts_plan("kmsg"), -1);
}

static void test_unknown_words(void **state)
{
	(void)state;
	refuses("", "first row");
	refuses(HEAD ROW("every", "maybe"), "what is \"maybe\"?");
	refuses(HEAD ROW("sometimes", "exact"), "what is \"sometimes\"?");
	refuses(HEAD ROW("some, v3", "exact"), "what is \"some, v3\"?");
	refuses(HEAD ROW("every with ", "exact"), "what is");
	refuses(HEAD "| a | oom_killed | b | every | exact | exact | exact |\n", "oom_killed");
	refuses(HEAD "| a | oom_kill | b | every | exact | exact |\n", "6 columns");
	refuses(HEAD "| a | oom_kill | | every | exact | exact | exact |\n", "no key");
	refuses("| fact | line | key | in | fentry | tracepoint | kprobe |\n", "a column is");
	refuses(HEAD "| a | oom_kill | b | every | exact | exact | exact | exact |\n", "8 columns");
}

static void test_not_visible(void **state)
{
	(void)state;
	parse(HEAD ROW("some", "not visible"));
	assert_true(accepts(LINE(",\"victim\":{\"points\":1}"), FENTRY));
	assert_false(accepts("{\"type\":\"oom_kill\",\"verdict\":{\"limit_level\":\"pod\"},"
			     "\"victim\":{\"points\":1}}",
			     TRACEPOINT));
	assert_non_null(strstr(facts.why, "victim.points"));
	/* null is nothing told; another type of line is another matter */
	assert_true(accepts("{\"type\":\"oom_kill\",\"verdict\":{\"limit_level\":\"pod\"},"
			    "\"victim\":{\"points\":null}}",
			    TRACEPOINT));
	assert_true(accepts("{\"type\":\"loss\",\"victim\":{\"points\":1}}", TRACEPOINT));
}

static void test_every(void **state)
{
	(void)state;
	parse(HEAD ROW("every", "not visible"));
	assert_false(accepts(LINE(""), FENTRY));
	assert_false(accepts("{\"type\":\"oom_kill\",\"victim\":{\"points\":1}}", FENTRY));
	parse(HEAD ROW("every with victim.comm=eat", "exact"));
	assert_true(accepts(LINE(""), FENTRY));
	assert_true(accepts(LINE(",\"victim\":{\"comm\":\"tea\"}"), FENTRY));
	assert_false(accepts(LINE(",\"victim\":{\"comm\":\"eat\"}"), FENTRY));
	parse(HEAD ROW("every without victim.old", "exact"));
	assert_true(accepts(LINE(",\"victim\":{\"old\":true}"), FENTRY));
	assert_false(accepts(LINE(",\"victim\":{}"), FENTRY));
}

static void test_lists(void **state)
{
	(void)state;
	parse(HEAD "| a | oom_kill | others[].fate=group | every | exact | exact | exact |\n");
	assert_false(accepts(LINE(",\"others\":[]"), FENTRY));
	assert_false(accepts(LINE(",\"others\":[{\"fate\":\"killed\"}]"), FENTRY));
	assert_true(
		accepts(LINE(",\"others\":[{\"fate\":\"killed\"},{\"fate\":\"group\"}]"), FENTRY));
	parse(HEAD "| a | oom_kill | owner.lowered=true | every | exact | exact | exact |\n");
	assert_true(accepts(LINE(",\"owner\":{\"lowered\":true}"), FENTRY));
	assert_false(accepts(LINE(",\"owner\":{\"lowered\":false}"), FENTRY));
}

static void test_evidence(void **state)
{
	(void)state;
	parse(HEAD);
	assert_true(accepts(LINE(""), FENTRY));
	assert_false(accepts(LINE(""), TRACEPOINT));
	assert_non_null(strstr(facts.why, "verdict.evidence is \"exact\", not \"inferred\""));
}

static void test_untold(void **state)
{
	(void)state;
	parse(HEAD ROW("some", "not visible") ROW("some, numa", "exact"));
	assert_int_equal(facts_untold(&facts, FENTRY, FACTS_V1 | FACTS_NUMA, 0), 1);
	assert_int_equal(facts_untold(&facts, FENTRY, FACTS_V1 | FACTS_NUMA, 2), 2);
	assert_int_equal(facts_untold(&facts, FENTRY, FACTS_V1, 2), -1);
	assert_int_equal(facts_untold(&facts, TRACEPOINT, FACTS_V1, 0), -1);
	assert_true(accepts(LINE(",\"victim\":{\"points\":1}"), FENTRY));
	assert_int_equal(facts_untold(&facts, FENTRY, FACTS_V1 | FACTS_NUMA, 0), -1);
	assert_int_equal(facts_untold(&facts, TRACEPOINT, FACTS_NUMA, 0), 2);
	assert_int_equal(facts.lines[FENTRY], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_real_one), cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_not_visible),  cmocka_unit_test(test_every),
		cmocka_unit_test(test_lists),	     cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
