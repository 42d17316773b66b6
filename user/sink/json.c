// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sink/json.h"
#include "base/jsonw.h"
#include "base/units.h"
#include "base/utf8.h"
#include "fields.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define WHOLE (~(size_t)0)
#define KEY_MAX 80

struct line {
	struct jsonw w;
	const struct event *ev; /* NULL: of no event */
	size_t list_max; /* entries of a list that are written */
	size_t text_max; /* bytes of a text that are written */
};

static void write_table(struct line *line, const struct field_table *table, const char *base);

static __u64 number_at(const char *at)
{
	return *(const __u64 *)at;
}

/* Where a text of at most @max bytes ends without cutting a code point. */
static size_t cut(const char *bytes, size_t len, size_t max)
{
	size_t end = 0, used;
	__u32 cp;

	if (len <= max)
		return len;
	for (; end < max; end += used) {
		used = utf8_next(bytes + end, len - end, &cp);
		if (end + used > max)
			break;
	}
	return end;
}

static void write_string(struct line *line, const char *key, const char *bytes, size_t len)
{
	char hex_key[KEY_MAX];

	len = cut(bytes, len, line->text_max);
	if (!len || jsonw_string(&line->w, key, bytes, len))
		return;
	snprintf(hex_key, sizeof(hex_key), "%s_hex", key);
	jsonw_hex(&line->w, hex_key, bytes, len);
}

static void write_enum(struct line *line, const struct field *field, __u64 value)
{
	const char *const *name = field->names;

	while (*name && value--)
		name++;
	if (*name)
		write_string(line, field->key, *name, strlen(*name));
}

static void write_time(struct line *line, const char *key, __u64 ns)
{
	char text[UNITS_TIMESTAMP_MAX];

	units_timestamp(ns, text, sizeof(text));
	jsonw_string(&line->w, key, text, strlen(text));
}

static void write_number(struct line *line, const struct field *field, const char *at)
{
	__u64 value = number_at(at);

	/* Whether this line is cut is known here, not in the event. */
	if (line->ev && at == (const char *)&line->ev->text_cut && line->text_max != WHOLE)
		value = 1;
	if (value == NOT_KNOWN)
		return;
	if (field->type == FIELD_TIME)
		write_time(line, field->key, value);
	else if (field->type == FIELD_BOOL)
		jsonw_bool(&line->w, field->key, value);
	else if (field->type == FIELD_LIMIT && value == NO_LIMIT)
		jsonw_null(&line->w, field->key);
	else
		jsonw_u64(&line->w, field->key, value);
}

static void write_list(struct line *line, const struct field *field, const char *base)
{
	const char *at = base + field->offset;
	__u64 count = number_at(base + field->count_offset);
	__u64 omitted = number_at(base + field->omitted_offset);
	char key[KEY_MAX];
	unsigned int mark;
	__u64 kept;

	count = count == NOT_KNOWN ? 0 : count < field->max ? count : field->max;
	kept = count < line->list_max ? count : line->list_max;
	omitted = (omitted == NOT_KNOWN ? 0 : omitted) + count - kept;
	if (kept) {
		mark = jsonw_list(&line->w, field->key);
		for (__u64 i = 0; i < kept; i++) {
			jsonw_item(&line->w);
			write_table(line, field->table, at + i * field->table->size);
		}
		jsonw_leave(&line->w, mark);
	}
	if (omitted) {
		snprintf(key, sizeof(key), "%s_omitted", field->key);
		jsonw_u64(&line->w, key, omitted);
	}
}

static void write_field(struct line *line, const struct field *field, const char *base)
{
	const char *at = base + field->offset;
	const struct text *text;
	unsigned int mark;

	switch ((enum field_type)field->type) {
	case FIELD_S64:
		if (*(const __s64 *)at != NOT_KNOWN_SIGNED)
			jsonw_s64(&line->w, field->key, *(const __s64 *)at);
		break;
	case FIELD_ENUM:
	case FIELD_DERIVED:
		write_enum(line, field, number_at(at));
		break;
	case FIELD_TEXT:
		text = (const struct text *)at;
		write_string(line, field->key, text_bytes(line->ev, *text), text->len);
		break;
	case FIELD_CHARS:
		write_string(line, field->key, at, strnlen(at, field->max));
		break;
	case FIELD_TABLE:
		mark = jsonw_enter(&line->w, field->key);
		write_table(line, field->table, at);
		jsonw_leave(&line->w, mark);
		break;
	case FIELD_LIST:
		write_list(line, field, base);
		break;
	default:
		write_number(line, field, at);
		break;
	}
}

static void write_table(struct line *line, const struct field_table *table, const char *base)
{
	for (size_t i = 0; i < table->count; i++)
		write_field(line, &table->fields[i], base);
}

int json_write(const struct event *ev, char *buf, size_t size)
{
	static const struct {
		size_t list_max, text_max;
	} tries[] = {
		{ 16, WHOLE }, { 8, WHOLE }, { 4, WHOLE }, { 2, WHOLE }, { 1, WHOLE }, { 0, WHOLE },
		{ 0, 1024 },   { 0, 256 },   { 0, 64 },	   { 0, 16 },	 { 0, 8 },
	};
	int len = -E2BIG;

	for (size_t i = 0; i < ARRAY_SIZE(tries) && len < 0; i++) {
		struct line line = { .ev = ev };

		line.list_max = tries[i].list_max;
		line.text_max = tries[i].text_max;
		jsonw_begin(&line.w, buf, size < JSON_LINE_MAX ? size : JSON_LINE_MAX);
		write_table(&line, &fields_common, (const char *)ev);
		write_table(&line, fields_of(ev->type), (const char *)ev);
		len = jsonw_end(&line.w);
	}
	return len;
}

int json_write_tables(const void *base, const struct field_table *head,
		      const struct field_table *table, char *buf, size_t size)
{
	static const size_t text_max[] = { WHOLE, 128, 64, 32, 16 };
	int len = -E2BIG;

	for (size_t i = 0; i < ARRAY_SIZE(text_max) && len < 0; i++) {
		struct line line = { .list_max = WHOLE, .text_max = text_max[i] };

		jsonw_begin(&line.w, buf, size < JSON_LINE_MAX ? size : JSON_LINE_MAX);
		write_table(&line, head, base);
		write_table(&line, table, base);
		len = jsonw_end(&line.w);
	}
	return len;
}
