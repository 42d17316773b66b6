// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "fields.h"
#include "source/jsonl.h"
#include "source/klog_journal.h"
#include "source/klog_time.h"

#define KEY_MAX 80

struct reading {
	struct event *ev;
	struct klog_reader *reader;
};

static void read_table(struct reading *r, json_t *object, const struct field_table *table,
		       char *base);

/* The value at a dotted key; a key of ours may also be a part of another. */
static json_t *value_at(json_t *object, const char *key)
{
	char name[KEY_MAX];

	for (;;) {
		const char *dot = strchr(key, '.');
		size_t len = dot ? (size_t)(dot - key) : strlen(key);

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, key, len);
		name[len] = '\0';
		object = json_object_get(object, name);
		if (!dot || !object)
			return object;
		key = dot + 1;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* <key>_hex has the bytes of a text that is not UTF-8. */
static bool read_hex(struct reading *r, json_t *object, const char *key, struct text *ret)
{
	char hex_key[KEY_MAX], bytes[4096];
	const char *hex;
	json_t *value;
	size_t len;

	snprintf(hex_key, sizeof(hex_key), "%s_hex", key);
	value = value_at(object, hex_key);
	len = json_string_length(value) / 2;
	if (!value || len > sizeof(bytes))
		return false;
	hex = json_string_value(value);
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (char)(high << 4 | low);
	}
	*ret = event_text_whole(r->ev, bytes, len);
	return true;
}

static void read_text(struct reading *r, json_t *object, const struct field *field, char *at)
{
	struct text *text = (struct text *)at;
	json_t *value = value_at(object, field->key);

	if (!read_hex(r, object, field->key, text) && json_is_string(value))
		*text = event_text_whole(r->ev, json_string_value(value),
					 json_string_length(value));
}

static void read_chars(json_t *value, const struct field *field, char *at)
{
	size_t len = json_string_length(value);

	if (!len || len >= field->max)
		return;
	memcpy(at, json_string_value(value), len);
	at[len] = '\0';
}

static void read_enum(json_t *value, const struct field *field, char *at)
{
	if (!json_is_string(value))
		return;
	for (__u64 i = 1; field->names[i]; i++)
		if (!strcmp(field->names[i], json_string_value(value)))
			*(__u64 *)at = i;
}

static void read_time(struct reading *r, json_t *value, char *at)
{
	struct cursor c;
	bool comma;

	if (!json_is_string(value))
		return;
	c.at = json_string_value(value);
	c.end = c.at + json_string_length(value);
	klog_time_iso(r->reader, &c, (__u64 *)at, &comma);
}

/* A negative number is none of ours where there is no sign. */
static void read_number(json_t *value, const struct field *field, char *at)
{
	if (field->type == FIELD_LIMIT && json_is_null(value))
		*(__u64 *)at = NO_LIMIT;
	else if (field->type == FIELD_BOOL && json_is_boolean(value))
		*(__u64 *)at = json_is_true(value);
	else if (json_is_integer(value) &&
		 (field->type == FIELD_S64 || json_integer_value(value) >= 0))
		*(__u64 *)at = (__u64)json_integer_value(value);
}

static void read_list(struct reading *r, json_t *object, const struct field *field, char *base)
{
	json_t *list = value_at(object, field->key), *omitted;
	char key[KEY_MAX];
	__u64 count = json_array_size(list), kept = count < field->max ? count : field->max;

	for (__u64 i = 0; i < kept; i++)
		read_table(r, json_array_get(list, i), field->table,
			   base + field->offset + i * field->table->size);
	snprintf(key, sizeof(key), "%s_omitted", field->key);
	omitted = value_at(object, key);
	*(__u64 *)(base + field->count_offset) = kept;
	if (json_is_integer(omitted) && json_integer_value(omitted) > 0)
		count += (__u64)json_integer_value(omitted);
	*(__u64 *)(base + field->omitted_offset) = count - kept;
}

static void read_field(struct reading *r, json_t *object, const struct field *field, char *base)
{
	json_t *value = value_at(object, field->key);
	char *at = base + field->offset;

	switch ((enum field_type)field->type) {
	case FIELD_DERIVED:
		break;
	case FIELD_TEXT:
		read_text(r, object, field, at);
		break;
	case FIELD_CHARS:
		read_chars(value, field, at);
		break;
	case FIELD_ENUM:
		read_enum(value, field, at);
		break;
	case FIELD_TIME:
		read_time(r, value, at);
		break;
	case FIELD_TABLE:
		if (value)
			read_table(r, value, field->table, at);
		break;
	case FIELD_LIST:
		read_list(r, object, field, base);
		break;
	default:
		read_number(value, field, at);
	}
}

static void read_table(struct reading *r, json_t *object, const struct field_table *table,
		       char *base)
{
	for (size_t i = 0; i < table->count; i++)
		read_field(r, object, &table->fields[i], base);
}

static enum event_type type_of(json_t *root)
{
	const char *name = json_string_value(json_object_get(root, "type"));

	for (int i = 1; name && event_type_names[i]; i++)
		if (!strcmp(event_type_names[i], name))
			return (enum event_type)i;
	return EVENT_NONE;
}

static bool read_root(struct reading *r, json_t *root, const char **ret_why)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	enum event_type type = type_of(root);

	*ret_why = "no JSON line of oomwhy's";
	if (!schema || strncmp(schema, "oomwhy/", 7) != 0)
		return false;
	*ret_why = "written by an oomwhy whose lines are not known here";
	if (strcmp(schema, SCHEMA) != 0 || type == EVENT_NONE)
		return false;
	event_init(r->ev, type);
	read_table(r, root, &fields_common, (char *)r->ev);
	read_table(r, root, fields_of(type), (char *)r->ev);
	return true;
}

/* "2026-11-23T10:11:12Z stdout F {…}" */
static void skip_wrapping(struct klog_reader *reader, const char **line, size_t *len)
{
	static const char *const streams[] = { " stdout F ", " stderr F " };
	struct cursor c = { *line, *line + *len };
	__u64 time_ns;
	bool comma;

	if (!klog_time_iso(reader, &c, &time_ns, &comma))
		return;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		if (!cursor_skip(&c, streams[i]))
			continue;
		*line = c.at;
		*len = cursor_left(&c);
		return;
	}
}

bool jsonl_read(struct event *ev, struct klog_reader *reader, const char *line, size_t len,
		const char **ret_why)
{
	struct reading r = { .ev = ev, .reader = reader };
	struct klog_line inner;
	json_t *root;
	bool ok;

	skip_wrapping(reader, &line, &len);
	root = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		*ret_why = "no JSON object, or cut";
		return false;
	}
	if (!json_object_get(root, "schema") && json_object_get(root, "log") &&
	    klog_read_json(reader, line, len, &inner) == JSON_WRAPPED) {
		json_decref(root);
		root = json_loadb(inner.text, inner.len, JSON_ALLOW_NUL, NULL);
	}
	ok = read_root(&r, root, ret_why);
	json_decref(root);
	return ok;
}

bool jsonl_is_ours(const char *bytes, size_t len)
{
	static const char plain[] = "\"schema\":\"oomwhy/", quoted[] = "\\\"schema\\\":\\\"oomwhy/";
	const char *newline;

	while (len && (*bytes == '\n' || *bytes == '\r' || *bytes == ' ')) {
		bytes++;
		len--;
	}
	newline = memchr(bytes, '\n', len);
	len = newline ? (size_t)(newline - bytes) : len;
	if (!memchr(bytes, '{', len < 64 ? len : 64))
		return false;
	return memmem(bytes, len, plain, strlen(plain)) ||
	       memmem(bytes, len, quoted, strlen(quoted));
}
