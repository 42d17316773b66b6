// SPDX-License-Identifier: GPL-2.0-only
/*
 * describe_schema: the field table as a JSON Schema.
 *
 * Each struct's table is one of $defs. A line's own fields follow from its `type`. Keys that are
 * not in the schema are allowed, since a newer oomwhy adds keys without another schema number.
 * Allocation failures are jansson's: a NULL value makes json_object_set_new() fail, which is fatal.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkup.h"
#include "fields.h"
#include "tools/describe.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define KEY_MAX 80

static void set(json_t *object, const char *key, json_t *value)
{
	if (!json_object_set_new(object, key, value))
		return;
	fprintf(stderr, "describe: no memory, or not UTF-8, at '%s'\n", key);
	exit(1);
}

static void append(json_t *array, json_t *value)
{
	if (!json_array_append_new(array, value))
		return;
	fprintf(stderr, "describe: no memory\n");
	exit(1);
}

/* The member @key of @object, an object, which is made where there is none. */
static json_t *member(json_t *object, const char *key)
{
	if (!json_object_get(object, key))
		set(object, key, json_object());
	return json_object_get(object, key);
}

/* The schema in @object of what @key says, whose dots nest; what several rows share is one. */
static json_t *place_of(json_t *object, const char *key)
{
	char part[KEY_MAX];
	size_t len;

	for (;; key += len + 1) {
		if (!json_object_get(object, "type"))
			set(object, "type", json_string("object"));
		len = strcspn(key, ".");
		snprintf(part, sizeof(part), "%.*s", (int)len, key);
		object = member(member(object, "properties"), part);
		if (!key[len])
			return object;
	}
}

/* The def of a table, without the "_table" of its variable: "#/$defs/task". */
static json_t *reference(const struct field_table *table)
{
	return json_sprintf("#/$defs/%.*s", (int)(strlen(table->name) - strlen("_table")),
			    table->name);
}

static json_t *names_of(const struct field *field)
{
	json_t *names = json_array();

	for (size_t i = 1; field->names[i]; i++) {
		size_t at, count = json_array_size(names);

		for (at = 0; at < count; at++)
			if (!strcmp(json_string_value(json_array_get(names, at)), field->names[i]))
				break;
		if (at == count)
			append(names, json_string(field->names[i]));
	}
	return names;
}

static void number(json_t *schema, bool may_be_null)
{
	set(schema, "type",
	    may_be_null ? json_pack("[ss]", "integer", "null") : json_string("integer"));
	set(schema, "minimum", json_integer(0));
}

/* A text that is not UTF-8 stands as hexadecimal digits under another key. */
static void text(json_t *object, const struct field *field, json_t *schema)
{
	char key[KEY_MAX];
	json_t *hex;

	set(schema, "type", json_string("string"));
	snprintf(key, sizeof(key), "%s_hex", field->key);
	hex = place_of(object, key);
	set(hex, "description", json_string("Instead, where its bytes are not UTF-8."));
	set(hex, "type", json_string("string"));
	set(hex, "pattern", json_string("^([0-9a-f]{2})+$"));
}

static void list(json_t *object, const struct field *field, json_t *schema)
{
	char key[KEY_MAX];
	json_t *omitted;

	set(schema, "type", json_string("array"));
	set(schema, "minItems", json_integer(1));
	set(schema, "maxItems", json_integer(field->max));
	set(member(schema, "items"), "$ref", reference(field->table));
	snprintf(key, sizeof(key), "%s_omitted", field->key);
	omitted = place_of(object, key);
	set(omitted, "description", json_string("How many more there were."));
	number(omitted, false);
}

static void add_field(json_t *object, const struct field *field)
{
	json_t *schema = place_of(object, field->key);

	set(schema, "description", json_string(field->help));
	if (field->since)
		set(schema, "$comment", json_sprintf("since revision %u", field->since));
	switch ((enum field_type)field->type) {
	case FIELD_U64:
		number(schema, false);
		break;
	case FIELD_LIMIT:
		number(schema, true);
		break;
	case FIELD_S64:
		set(schema, "type", json_string("integer"));
		break;
	case FIELD_BOOL:
		set(schema, "type", json_string("boolean"));
		break;
	case FIELD_ENUM:
	case FIELD_DERIVED:
		set(schema, "enum", names_of(field));
		break;
	case FIELD_TIME:
		set(schema, "type", json_string("string"));
		set(schema, "format", json_string("date-time"));
		set(schema, "pattern",
		    json_string("^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\\.[0-9]{9}Z$"));
		break;
	case FIELD_TEXT:
		text(object, field, schema);
		break;
	case FIELD_CHARS:
		set(schema, "type", json_string("string"));
		set(schema, "maxLength", json_integer(field->max - 1));
		break;
	case FIELD_TABLE:
		set(schema, "$ref", reference(field->table));
		break;
	case FIELD_LIST:
		list(object, field, schema);
		break;
	}
}

static void add_fields(json_t *object, const struct field_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		add_field(object, &table->fields[i]);
}

/* @table and all that it leads to, each once. */
static void add_defs(json_t *defs, const struct field_table *table)
{
	json_t *ref = reference(table);
	const char *name = strrchr(json_string_value(ref), '/') + 1;

	if (!json_object_get(defs, name)) {
		add_fields(member(defs, name), table);
		for (size_t i = 0; i < table->count; i++)
			if (table->fields[i].table)
				add_defs(defs, table->fields[i].table);
	}
	json_decref(ref);
}

/* By its type a line has the fields of that type. */
static json_t *when_type(const char *name, const struct field_table *table)
{
	return json_pack("{s:{s:{s:{s:s}}},s:{s:o}}", "if", "properties", "type", "const", name,
			 "then", "$ref", reference(table));
}

/* Every line has what is derived from its type, and the type. */
static json_t *required(void)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < fields_common.count; i++)
		if (fields_common.fields[i].type == FIELD_DERIVED ||
		    !strcmp(fields_common.fields[i].key, "type"))
			append(keys, json_string(fields_common.fields[i].key));
	return keys;
}

int describe_schema(void)
{
	json_t *schema = json_object(), *defs = json_object(), *types = json_array();

	set(schema, "$schema", json_string(DIALECT));
	set(schema, "title", json_string(SCHEMA));
	set(schema, "description",
	    json_string(
		    "A line of oomwhy's JSON output. What is not known is left out. Made of "
		    "user/fields.c by `make schema`; keys may be added without another number."));
	set(schema, "$comment", json_string("SPDX-License-Identifier: GPL-2.0-only"));
	add_fields(schema, &fields_common);
	set(schema, "required", required());
	for (enum event_type type = 1; event_type_names[type]; type++) {
		append(types, when_type(event_type_names[type], fields_of(type)));
		add_defs(defs, fields_of(type));
	}
	append(json_object_get(member(member(schema, "properties"), "type"), "enum"),
	       json_string(CHECKUP_TYPE));
	append(types, when_type(CHECKUP_TYPE, &checkup_table));
	add_defs(defs, &checkup_table);
	set(schema, "allOf", types);
	set(schema, "$defs", defs);
	if (json_dumpf(schema, stdout, JSON_INDENT(1)) || putchar('\n') == EOF)
		return 1;
	json_decref(schema);
	return 0;
}
