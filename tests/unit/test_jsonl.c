// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own lines, read back: nothing that was written is lost, whatever is in the event; what is not
 * ours is refused with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures.h"
#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "klog_run.h"
#include "sink/json.h"
#include "source/jsonl.h"

static struct event event, again;
static char line[JSON_LINE_MAX], second[JSON_LINE_MAX], wrapped[4 * JSON_LINE_MAX];
static struct klog_reader reader;

static void read_back(const char *bytes, size_t len)
{
	const char *why = "";

	if (!jsonl_read(&again, &reader, bytes, len, &why))
		fail_msg("%s: %.*s", why, (int)len, bytes);
}

static void same_again(size_t len)
{
	int n;

	read_back(line, len);
	n = json_write(&again, second, sizeof(second));
	if (n != (int)len || memcmp(line, second, len) != 0)
		fail_msg("%.*s is not\n%.*s", n, second, (int)len, line);
}

static void every_field(void **state)
{
	(void)state;
	for (enum event_type type = EVENT_START; type <= EVENT_UPDATE; type++) {
		fixture_full(&event, type);
		same_again((size_t)json_write(&event, line, sizeof(line)));
	}
}

static void every_fixture(void **state)
{
	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		fixtures[i].build(&event);
		same_again((size_t)json_write(&event, line, sizeof(line)));
	}
}

/* A line that was judged is judged the same again; a better judge would judge anew. */
static void judged_again(void **state)
{
	int len;

	(void)state;
	fixture_build("node", &event);
	identify_event(&event);
	judge_event(&event);
	headline(&event);
	len = json_write(&event, line, sizeof(line));
	read_back(line, (size_t)len);
	again.incident.verdict.limit_level = LIMIT_SLICE;
	identify_event(&again);
	judge_event(&again);
	headline(&again);
	assert_int_equal(again.incident.verdict.limit_level, LIMIT_NODE);
	assert_int_equal(json_write(&again, second, sizeof(second)), len);
	assert_memory_equal(line, second, (size_t)len);
}

static void in_containers_logs(void **state)
{
	int len, n;

	(void)state;
	fixture_build("pod", &event);
	len = json_write(&event, line, sizeof(line));
	n = snprintf(wrapped, sizeof(wrapped), "2026-11-23T10:11:12.123456789Z stdout F %.*s", len,
		     line);
	read_back(wrapped, (size_t)n);
	assert_true(jsonl_is_ours(wrapped, (size_t)n));
	n = snprintf(wrapped, sizeof(wrapped), "{\"log\":\"");
	for (int i = 0; i < len - 1; i++) {
		if (line[i] == '"' || line[i] == '\\')
			wrapped[n++] = '\\';
		wrapped[n++] = line[i];
	}
	n += sprintf(wrapped + n, "\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-23T10:11:12Z\"}");
	read_back(wrapped, (size_t)n);
	assert_true(jsonl_is_ours(wrapped, (size_t)n));
}

static void refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"[]",
		"12",
		"{}",
		"{\"schema\":\"oomwhy/1\"}",
		"{\"schema\":\"oomwhy/1\",\"type\":\"nonsense\"}",
		"{\"schema\":\"oomwhy/2\",\"type\":\"oom_kill\"}",
		"{\"schema\":1,\"type\":\"oom_kill\"}",
		"{\"schema\":\"oomwhy/1\",\"type\":\"oom_kill\"",
	};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		why = NULL;
		assert_false(jsonl_read(&again, &reader, lines[i], strlen(lines[i]), &why));
		assert_non_null(why);
	}
	assert_false(jsonl_is_ours("{\"MESSAGE\":\"x\"}\n{\"schema\":\"oomwhy/1\"}", 38));
}

/* Values of other types than the table says are passed over, as are unknown keys. */
static void odd_values(void **state)
{
#define ODD                                                                                       \
	"{\"schema\":\"oomwhy/1\",\"type\":\"oom_kill\",\"time\":5,\"id\":7,\"new\":{\"a\":[1]}," \
	"\"victim\":{\"process\":{\"pid\":\"x\",\"vpid\":-1},\"comm\":{},\"comm_hex\":\"6g\","    \
	"\"oom_score_adj\":1.5,\"cgroup\":\"x\"},\"verdict\":[],\"memcgs\":{\"a\":1},"            \
	"\"memcgs_omitted\":-5,\"other_victims\":[1,null,{\"process\":{\"pid\":9}}],"             \
	"\"limit_owner\":{\"limit_bytes\":true,\"limit_level\":\"nonsense\"}}"
	(void)state;
	read_back(ODD, strlen(ODD));
	assert_true(again.time_ns == NOT_KNOWN);
	assert_true(again.incident.victim.pid == NOT_KNOWN);
	assert_true(again.incident.victim.vpid == NOT_KNOWN);
	assert_int_equal(again.incident.victim.comm.len, 0);
	assert_true(again.incident.victim.oom_score_adj == NOT_KNOWN_SIGNED);
	assert_int_equal(again.incident.memcgs_count, 0);
	assert_int_equal(again.incident.memcgs_omitted, 0);
	assert_int_equal(again.incident.other_victims_count, 3);
	assert_int_equal(again.incident.other_victims[2].pid, 9);
	assert_true(again.incident.limit_owner.limit_bytes == NOT_KNOWN);
	assert_int_equal(again.incident.limit_owner.limit_level, LIMIT_NONE);
	identify_event(&again);
	judge_event(&again);
	assert_true(json_write(&again, second, sizeof(second)) > 0);
}

static int begin(void **state)
{
	(void)state;
	return klog_reader_init(&reader, 0);
}

static int end(void **state)
{
	(void)state;
	klog_reader_free(&reader);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field),	cmocka_unit_test(every_fixture),
		cmocka_unit_test(judged_again), cmocka_unit_test(in_containers_logs),
		cmocka_unit_test(refused),	cmocka_unit_test(odd_values),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
