// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON sink: golden lines of each fixture, and what must hold whatever an event says. jansson
 * is the judge of what is JSON and UTF-8.
 */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "fields.h"
#include "fixtures.h"
#include "golden.h"
#include "sink/json.h"

#define RANDOM_ROUNDS 100000
#define RANDOM_TEXT_MAX 48
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static struct event event;
static char line[JSON_LINE_MAX];

/* Write the event, check what holds for each line, and parse it. */
static json_t *parse(void)
{
	int len = json_write(&event, line, sizeof(line));
	json_error_t error;
	json_t *root;

	assert_in_range(len, 3, JSON_LINE_MAX);
	assert_int_equal(line[len - 1], '\n');
	for (int i = 0; i < len - 1; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			fail_msg("control byte %d at %d", line[i], i);
	root = json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!root)
		fail_msg("%s at %d: %.*s", error.text, error.position, len, line);
	return root;
}

/* The value at a dotted key; NULL where there is none. A component may be a list's first entry. */
static json_t *at(json_t *root, const char *key)
{
	char copy[128], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", key);
	for (char *name = strtok_r(copy, ".", &save); name; name = strtok_r(NULL, ".", &save)) {
		if (json_is_array(root))
			root = json_array_get(root, 0);
		root = json_object_get(root, name);
	}
	return root;
}

static void goldens(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		fixtures[i].build(&event);
		json_decref(parse());
		snprintf(name, sizeof(name), "json/%s.json", fixtures[i].name);
		golden_check(name, line, (size_t)json_write(&event, line, sizeof(line)));
	}
}

/* Numbers, strings and so on below @value, but no objects and lists. */
static size_t count_leaves(json_t *value)
{
	size_t count = 0, i;
	const char *key;
	json_t *below;

	if (!json_is_object(value) && !json_is_array(value))
		return 1;
	json_object_foreach(value, key, below) count += count_leaves(below);
	json_array_foreach(value, i, below) count += count_leaves(below);
	return count;
}

/* Each row of @table has its value in @object; the number of rows that hold values. */
static size_t check_rows(json_t *object, const struct field_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		json_t *value = at(object, field->key);

		if (!value)
			fail_msg("%s of %s is missing", field->key, table->name);
		if (field->type == FIELD_LIST)
			value = json_array_get(value, 0);
		count += field->table ? check_rows(value, field->table) : 1;
	}
	return count;
}

static void every_field_is_written_once(void **state)
{
	static const char *const names[] = { "", "full_start", "full_incident", "full_loss",
					     "full_stop", "full_stall", "full_update" };
	char name[64];
	size_t rows;
	json_t *root;

	(void)state;
	for (enum event_type type = EVENT_START; type <= EVENT_UPDATE; type++) {
		fixture_full(&event, type);
		root = parse();
		rows = check_rows(root, &fields_common) + check_rows(root, fields_of(type));
		assert_int_equal(rows, count_leaves(root));
		json_decref(root);
		snprintf(name, sizeof(name), "json/%s.json", names[type]);
		golden_check(name, line, (size_t)json_write(&event, line, sizeof(line)));
	}
}

/* Log pipelines take the first `level` or `severity` that they find. */
static void check_no_level(json_t *value, int depth)
{
	const char *key;
	json_t *below;
	size_t i;

	json_object_foreach(value, key, below)
	{
		assert_true(strcmp(key, "level") != 0);
		assert_true(depth == 0 || strcmp(key, "severity") != 0);
		check_no_level(below, depth + 1);
	}
	json_array_foreach(value, i, below) check_no_level(below, depth + 1);
}

static void no_level_below_the_top(void **state)
{
	json_t *root;

	(void)state;
	for (enum event_type type = EVENT_START; type <= EVENT_UPDATE; type++) {
		fixture_full(&event, type);
		root = parse();
		assert_non_null(json_object_get(root, "severity"));
		check_no_level(root, 0);
		json_decref(root);
	}
}

static void values_are_told_as_they_are(void **state)
{
	json_t *root;

	(void)state;
	fixture_build("node", &event);
	event.incident.victim.oom_score_adj = -998;
	event.incident.limits.slice.limit_bytes = 0;
	event.incident.constraint = 77; /* of a later version */
	event.incident.host_free_bytes = INT64_MAX;
	root = parse();
	assert_string_equal(json_string_value(at(root, "time")), "2026-08-21T03:40:55.579928311Z");
	assert_string_equal(json_string_value(at(root, "schema")), "oomwhy/1");
	assert_string_equal(json_string_value(at(root, "severity")), "ERROR");
	assert_int_equal(json_integer_value(at(root, "victim.oom_score_adj")), -998);
	assert_true(json_is_integer(at(root, "limits.slice.limit_bytes")));
	assert_true(json_is_null(at(root, "limits.container.limit_bytes")));
	assert_true(json_is_true(at(root, "verdict.container_ends")));
	assert_true(json_integer_value(at(root, "limits.host.free_bytes")) == INT64_MAX);
	assert_null(at(root, "constraint"));
	assert_null(at(root, "truncated"));
	assert_null(at(root, "victim.points_omitted"));
	assert_null(at(root, "limits.nested"));
	json_decref(root);
}

static void nothing_known_is_nothing_written(void **state)
{
	json_t *root;

	(void)state;
	event_init(&event, EVENT_NONE);
	assert_int_equal(json_write(&event, line, sizeof(line)), 3);
	assert_memory_equal(line, "{}\n", 3);
	event_init(&event, EVENT_INCIDENT);
	root = parse();
	assert_int_equal(json_object_size(root), 3); /* severity, schema, type */
	json_decref(root);
}

static void lists_are_shortened_first(void **state)
{
	json_t *root, *list;
	__u64 omitted;

	(void)state;
	fixture_build("container_trap", &event);
	event.incident.other_victims_count = INCIDENT_OTHER_VICTIMS_MAX;
	event.incident.other_victims_omitted = 100;
	for (size_t i = 0; i < INCIDENT_OTHER_VICTIMS_MAX; i++)
		event.incident.other_victims[i] = event.incident.victim;
	root = parse();
	list = at(root, "other_victims");
	omitted = (__u64)json_integer_value(at(root, "other_victims_omitted"));
	assert_in_range(json_array_size(list), 4, 8);
	assert_int_equal(json_array_size(list) + omitted, 116);
	assert_null(at(root, "memcgs_omitted"));
	assert_null(at(root, "truncated"));
	json_decref(root);
}

static void then_texts_are_cut(void **state)
{
	json_t *root;

	(void)state;
	fixture_build("huge", &event);
	root = parse();
	assert_true(json_is_true(at(root, "truncated")));
	assert_null(at(root, "children"));
	assert_int_equal(json_integer_value(at(root, "children_omitted")), 65536 + 16);
	assert_int_equal(json_integer_value(at(root, "memcgs_omitted")), 40 + 16);
	assert_int_equal(json_integer_value(at(root, "verdict.suspects_omitted")), 3 + 4);
	assert_int_equal(json_string_length(at(root, "victim.cgroup.path")), 1024);
	assert_int_equal(json_string_length(at(root, "victim.k8s.pod.name")), 250);
	json_decref(root);
}

/* All texts @bytes, all numbers as long as can be. */
static void fill(char *base, const struct field_table *table, struct text text)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		char *value = base + field->offset;

		if (field->type == FIELD_TABLE)
			fill(value, field->table, text);
		else if (field->type == FIELD_TEXT)
			*(struct text *)value = text;
		else if (field->type == FIELD_CHARS)
			memset(value, 1, field->max); /* not even a NUL */
		else if (field->type == FIELD_ENUM)
			*(__u64 *)value = 2;
		else if (field->type == FIELD_S64)
			*(__s64 *)value = INT64_MIN + 1;
		else if (field->type == FIELD_LIST)
			*(__u64 *)(base + field->omitted_offset) = INT64_MAX;
		else if (field->type != FIELD_DERIVED)
			*(__u64 *)value = INT64_MAX;
	}
}

static void the_worst_event_fits(void **state)
{
	static const char *const worst[] = { "\001", "\377", "\xf3\xa0\x80\x81", "\"",
					     "\xe2\x80\xae" };

	(void)state;
	for (size_t i = 0; i < LENGTH(worst); i++) {
		for (enum event_type type = EVENT_START; type <= EVENT_UPDATE; type++) {
			event_init(&event, type);
			struct text text = { .len = 4096 };

			for (size_t n = 0; n < text.len; n += strlen(worst[i]))
				memcpy(event.text + n, worst[i], strlen(worst[i]));
			event.text_len = text.len;
			fill((char *)&event, &fields_common, text);
			fill((char *)&event, fields_of(type), text);
			event.type = type;
			json_decref(parse());
		}
	}
}

/* No buffer is too small to be told so, and nothing is written beyond it. */
static void any_size_of_buffer(void **state)
{
	int least = 0, len;

	(void)state;
	fixture_build("hostile", &event);
	for (size_t size = 0; size < 2048; size++) {
		memset(line, 0x55, sizeof(line));
		len = json_write(&event, line, size);
		for (size_t i = size; i < sizeof(line); i++)
			assert_int_equal(line[i], 0x55);
		if (len < 0) {
			assert_int_equal(len, -E2BIG);
			assert_int_equal(least, 0);
		} else {
			assert_true((size_t)len <= size);
			least = least ? least : len;
		}
	}
	assert_true(least > 0);
}

static __u64 seed = 42;

static __u32 random_number(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (__u32)(seed >> 33);
}

/* Random bytes, or pieces that are nearly something. */
static size_t random_text(char *buf)
{
	static const char *const pieces[] = {
		"\"",
		"\\",
		"\n",
		"\033",
		"\177",
		"\302\205",
		"\302\240",
		"\342\200\250",
		"\342\200\251",
		"\355\240\200",
		"\360\237\230\200",
		"\364\220\200\200",
		"\300\257",
		"\360\202\202\254",
		"\342\202",
		"\357\277\275",
		"\363\240\201\201",
		"java",
		"\377",
	};
	size_t len = 0, want = random_number() % RANDOM_TEXT_MAX;
	bool bytes = random_number() % 4 == 0;

	while (len < want) {
		const char *piece = pieces[random_number() % LENGTH(pieces)];

		if (bytes || random_number() % 4 == 0) {
			buf[len++] = (char)random_number();
			continue;
		}
		memcpy(buf + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

static void check_hex(json_t *hex, const char *bytes, size_t len)
{
	const char *digits = json_string_value(hex);

	assert_int_equal(json_string_length(hex), 2 * len);
	for (size_t i = 0; i < len; i++) {
		char pair[3] = { digits[2 * i], digits[2 * i + 1], '\0' };

		assert_int_equal(strtoul(pair, NULL, 16), (unsigned char)bytes[i]);
	}
}

static void no_text_is_lost(void **state)
{
	char bytes[RANDOM_TEXT_MAX + 8];
	size_t len, invalid = 0;
	json_t *root, *same, *text, *hex;

	(void)state;
	for (size_t round = 0; round < RANDOM_ROUNDS; round++) {
		event_init(&event, EVENT_INCIDENT);
		len = random_text(bytes);
		event.incident.victim.comm = event_text(&event, bytes, len);
		root = parse();
		text = at(root, "victim.comm");
		hex = at(root, "victim.comm_hex");
		same = json_stringn(bytes, len); /* NULL unless it is UTF-8 */
		if (!len) {
			assert_null(text);
		} else if (same) {
			assert_true(json_equal(text, same));
			assert_null(hex);
		} else {
			assert_non_null(memmem(json_string_value(text), json_string_length(text),
					       "\xef\xbf\xbd", 3));
			check_hex(hex, bytes, len);
			invalid++;
		}
		json_decref(same);
		json_decref(root);
	}
	assert_in_range(invalid, RANDOM_ROUNDS / 4, RANDOM_ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(every_field_is_written_once),
		cmocka_unit_test(no_level_below_the_top),
		cmocka_unit_test(values_are_told_as_they_are),
		cmocka_unit_test(nothing_known_is_nothing_written),
		cmocka_unit_test(lists_are_shortened_first),
		cmocka_unit_test(then_texts_are_cut),
		cmocka_unit_test(the_worst_event_fits),
		cmocka_unit_test(any_size_of_buffer),
		cmocka_unit_test(no_text_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
