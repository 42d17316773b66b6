/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields: the one table in which each field of the model is written once: where it is, its type,
 * key, unit, since when, and what it means. It drives event_init(), the JSON writer and reader, the
 * JSON Schema and the manual.
 *
 * A key may have dots: the object nests there. Rows that share a prefix stand together, in the
 * order of the output.
 */
#ifndef OOMWHY_FIELDS_H
#define OOMWHY_FIELDS_H

#include "event.h"

#define SCHEMA "oomwhy/1"

enum field_type {
	FIELD_U64, /* NOT_KNOWN: left out */
	FIELD_S64, /* NOT_KNOWN_SIGNED: left out */
	FIELD_LIMIT, /* like FIELD_U64; NO_LIMIT: null */
	FIELD_BOOL, /* __u64: 0, 1, NOT_KNOWN */
	FIELD_ENUM, /* __u64: an index into `names`; 0 or without a name: left out */
	FIELD_DERIVED, /* like FIELD_ENUM, but only another word for another row: readers skip it */
	FIELD_TIME, /* __u64 ns since 1970: RFC 3339, UTC, nine digits */
	FIELD_TEXT, /* struct text; empty: left out */
	FIELD_CHARS, /* char[], NUL-terminated; empty: left out */
	FIELD_TABLE, /* a struct with a table of its own; left out when nothing in it is known */
	FIELD_LIST, /* an array of such structs, with __u64 counts of what is there and omitted */
};

struct field_table;

struct field {
	const char *key;
	const char *help; /* one sentence for the manual and the schema, with the unit */
	__u32 offset; /* in the struct that the table describes */
	__u8 type; /* enum field_type */
	__u8 since; /* the schema's minor revision that brought it; 0: the first */
	const char *const *names; /* FIELD_ENUM: NULL-terminated, names[0] is "" */
	const struct field_table *table; /* FIELD_TABLE, FIELD_LIST */
	__u32 count_offset; /* FIELD_LIST */
	__u32 omitted_offset; /* FIELD_LIST: written as <key>_omitted when it is not 0 */
	__u32 max; /* FIELD_LIST: entries; FIELD_CHARS: bytes, the NUL included */
};

struct field_table {
	const char *name; /* of the struct */
	size_t size;
	const struct field *fields;
	size_t count;
};

/* The fields that every line has, then those of its type. */
extern const struct field_table fields_common;
extern const struct field_table culprit_table; /* a part of an incident's */

/* Names of the enums of event.h, each ended by NULL; those of place.h's have functions there. */
extern const char *const event_type_names[], *const origin_names[], *const evidence_names[];
extern const char *const fate_names[], *const cross_check_names[], *const attach_names[];
extern const char *const constraint_names[];
extern const char *const identity_source_names[], *const request_source_names[];
extern const char *const memory_source_names[];

/* fields_of() - the table of what @type has beside the common fields; its offsets are in struct
 * event. */
const struct field_table *fields_of(enum event_type type);

/* event_forget() - set the struct at @base, which @table describes, to "not known". */
void event_forget(void *base, const struct field_table *table);

#endif
