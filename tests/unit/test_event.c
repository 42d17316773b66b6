// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model and its table: nothing is known after event_init(), text is kept, and the table covers
 * the structs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "fields.h"
#include "fixtures.h"

static struct event event;

/* Bytes of the struct that the row describes. */
static size_t row_size(const struct field *field)
{
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
		return sizeof(struct text);
	case FIELD_CHARS:
		return field->max;
	case FIELD_TABLE:
		return field->table->size;
	case FIELD_LIST:
		return field->max * field->table->size;
	default:
		return sizeof(__u64);
	}
}

static void check_unknown(const char *base, const struct field_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		const char *at = base + field->offset;
		static const char zero[EVENT_ID_MAX];

		if (field->type == FIELD_TABLE) {
			check_unknown(at, field->table);
		} else if (field->type == FIELD_LIST) {
			for (size_t n = 0; n < field->max; n++)
				check_unknown(at + n * field->table->size, field->table);
			assert_int_equal(*(const __u64 *)(base + field->count_offset), 0);
			assert_int_equal(*(const __u64 *)(base + field->omitted_offset), 0);
		} else if (field->type == FIELD_S64) {
			assert_true(*(const __s64 *)at == NOT_KNOWN_SIGNED);
		} else if (field->type == FIELD_TEXT || field->type == FIELD_CHARS ||
			   field->type == FIELD_ENUM) {
			assert_memory_equal(at, zero, row_size(field));
		} else if (field->type != FIELD_DERIVED) {
			assert_true(*(const __u64 *)at == NOT_KNOWN);
		}
	}
}

static void init_forgets_everything(void **state)
{
	(void)state;
	for (enum event_type type = EVENT_NONE; type <= EVENT_UPDATE; type++) {
		memset(&event, 0xaa, sizeof(event));
		event_init(&event, type);
		assert_int_equal(event.type, type);
		event.type = EVENT_NONE;
		check_unknown((const char *)&event, &fields_common);
		check_unknown((const char *)&event, fields_of(type));
		assert_int_equal(event_size(&event), offsetof(struct event, text));
	}
}

/* Mark @size bytes at @offset as described; each byte once. */
static void cover(char *covered, const struct field_table *table, size_t offset, size_t size)
{
	assert_true(offset + size <= table->size);
	for (size_t i = 0; i < size; i++) {
		if (covered[offset + i]++)
			fail_msg("two rows of %s describe byte %zu", table->name, offset + i);
	}
}

static void cover_rows(char *covered, const struct field_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];

		assert_non_null(field->key);
		assert_true(strlen(field->help) > 10 && strchr(field->help, '.'));
		if (field->type == FIELD_DERIVED)
			continue;
		cover(covered, table, field->offset, row_size(field));
		if (field->type != FIELD_LIST)
			continue;
		cover(covered, table, field->count_offset, sizeof(__u64));
		cover(covered, table, field->omitted_offset, sizeof(__u64));
	}
}

/* No field of a struct is without a row: only padding, 4 bytes before a number, has none. */
static void check_covered(const struct field_table *table)
{
	char covered[16384] = { 0 };

	assert_true(table->size <= sizeof(covered));
	cover_rows(covered, table);
	for (size_t i = 0; i < table->size; i++)
		if (!covered[i] && i % 8 < 4)
			fail_msg("no row of %s describes byte %zu", table->name, i);
	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].table)
			check_covered(table->fields[i].table);
}

/* The same for struct event, whose tables share it: the common rows, a type's, the pool. */
static void check_type_covered(enum event_type type, size_t union_size)
{
	static char covered[sizeof(struct event)];
	const struct field_table *table = fields_of(type);
	size_t from = offsetof(struct event, start);

	memset(covered, 0, sizeof(covered));
	cover_rows(covered, &fields_common);
	for (size_t i = 0; i < from; i++)
		if (!covered[i] && i % 8 < 4)
			fail_msg("no common row describes byte %zu", i);
	cover_rows(covered, table);
	for (size_t i = from; i < from + union_size; i++)
		if (!covered[i] && i % 8 < 4)
			fail_msg("no row of %s describes byte %zu", table->name, i - from);
	for (size_t i = from + union_size; i < sizeof(covered); i++)
		assert_int_equal(covered[i], 0);
	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].table)
			check_covered(table->fields[i].table);
}

static void table_covers_the_structs(void **state)
{
	(void)state;
	check_type_covered(EVENT_START, sizeof(struct start));
	check_type_covered(EVENT_INCIDENT, sizeof(struct incident));
	check_type_covered(EVENT_LOSS, offsetof(struct event, loss_places_omitted) + sizeof(__u64) -
					       offsetof(struct event, loss));
	check_type_covered(EVENT_STOP, sizeof(struct stop));
	check_type_covered(EVENT_STALL, sizeof(struct incident));
	check_type_covered(EVENT_UPDATE, sizeof(struct update));
	assert_int_equal(fields_of(EVENT_NONE)->count, 0);
}

static const struct field *find_key(const struct field_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		const struct field *below = field->table ? find_key(field->table, key) : NULL;

		if (below || !strcmp(field->key, key))
			return below ? below : field;
	}
	return NULL;
}

/* The names of place's enums stand in the table too; the two must agree. */
static void names_are_those_of_place(void **state)
{
	const struct field_table *table = fields_of(EVENT_INCIDENT);
	const char *const *names = find_key(table, "limit_level")->names;
	size_t i;

	(void)state;
	for (i = 0; names[i]; i++)
		assert_string_equal(names[i], limit_level_name((enum limit_level)i));
	assert_int_equal(i, LIMIT_UNKNOWN + 1);
	names = find_key(table, "qos_class")->names;
	for (i = 0; names[i]; i++)
		assert_string_equal(names[i], qos_class_name((enum qos_class)i));
	assert_int_equal(i, QOS_BEST_EFFORT + 1);
	names = find_key(table, "container.runtime.name")->names;
	for (i = 0; names[i]; i++)
		assert_string_equal(names[i], runtime_name((enum runtime)i));
	assert_int_equal(i, RUNTIME_PODMAN + 1);
}

static void text_is_kept_and_shared(void **state)
{
	static const char path[] = "/kubepods/burstable";
	struct text a, b, c, none;

	(void)state;
	event_init(&event, EVENT_INCIDENT);
	none = event_text(&event, "", 0);
	a = event_text(&event, path, strlen(path));
	b = event_text(&event, path, strlen(path));
	c = event_text(&event, path, strlen("/kubepods"));
	assert_int_equal(none.len, 0);
	assert_string_equal(text_bytes(&event, none), "");
	assert_int_equal(a.off, b.off);
	assert_int_equal(c.off, a.off);
	assert_int_equal(event.text_len, strlen(path));
	assert_memory_equal(text_bytes(&event, c), "/kubepods", c.len);
	assert_true(text_equal(&event, a, b));
	assert_false(text_equal(&event, a, c));
	assert_true(text_equal(&event, none, none));
	b = event_textf(&event, "%s/%d", "pod", 7);
	assert_int_equal(b.len, 5);
	assert_memory_equal(text_bytes(&event, b), "pod/7", 5);
	assert_true(event.text_cut == NOT_KNOWN);
}

static void text_is_cut_at_the_end_of_the_pool(void **state)
{
	static char bytes[EVENT_TEXT_MAX];
	struct text text;

	(void)state;
	event_init(&event, EVENT_INCIDENT);
	memset(bytes, 'a', sizeof(bytes));
	text = event_text(&event, bytes, EVENT_TEXT_MAX - 3);
	assert_int_equal(text.len, EVENT_TEXT_MAX - 3);
	assert_true(event.text_cut == NOT_KNOWN);
	text = event_text(&event, "12345", 5);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text_bytes(&event, text), "123", 3);
	assert_int_equal(event.text_cut, 1);
	assert_int_equal(event_text(&event, "6", 1).len, 0);
	assert_int_equal(event_text(&event, "2", 1).len, 1); /* it is there already */
	assert_int_equal(event_size(&event), offsetof(struct event, text) + EVENT_TEXT_MAX);
}

static void textf_is_cut_at_its_maximum(void **state)
{
	struct text text;

	(void)state;
	event_init(&event, EVENT_INCIDENT);
	text = event_textf(&event, "%01024d", 1);
	assert_int_equal(text.len, 1024);
	assert_true(event.text_cut == NOT_KNOWN);
	text = event_textf(&event, "%01025d", 1);
	assert_int_equal(text.len, 1024);
	assert_int_equal(event.text_cut, 1);
}

/* What event_size() counts is all there is to copy. */
static void a_copy_is_whole(void **state)
{
	static struct event copy;

	(void)state;
	fixture_build("container_trap", &event);
	memset(&copy, 0xaa, sizeof(copy));
	memcpy(&copy, &event, event_size(&event));
	assert_int_equal(event_size(&copy), event_size(&event));
	assert_int_equal(copy.incident.victim.comm.len, 4);
	assert_memory_equal(text_bytes(&copy, copy.incident.victim.comm), "java", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_forgets_everything),
		cmocka_unit_test(table_covers_the_structs),
		cmocka_unit_test(names_are_those_of_place),
		cmocka_unit_test(text_is_kept_and_shared),
		cmocka_unit_test(text_is_cut_at_the_end_of_the_pool),
		cmocka_unit_test(textf_is_cut_at_its_maximum),
		cmocka_unit_test(a_copy_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
