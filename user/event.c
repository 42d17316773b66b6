// SPDX-License-Identifier: GPL-2.0-only
/*
 * event: building one, and its pool of text.
 */
#define _GNU_SOURCE /* memmem() */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "event.h"
#include "fields.h"

#define TEXTF_MAX 1024
#define SENTENCES_MAX 3072 /* room that names and paths leave */

static void forget(char *base, const struct field_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		char *at = base + field->offset;

		switch (field->type) {
		case FIELD_U64:
		case FIELD_LIMIT:
		case FIELD_BOOL:
		case FIELD_TIME:
			*(__u64 *)at = NOT_KNOWN;
			break;
		case FIELD_S64:
			*(__s64 *)at = NOT_KNOWN_SIGNED;
			break;
		case FIELD_TABLE:
			forget(at, field->table);
			break;
		case FIELD_LIST:
			for (size_t n = 0; n < field->max; n++)
				forget(at + n * field->table->size, field->table);
			break;
		default: /* text and enums: 0 is "not said" */
			break;
		}
	}
}

void event_forget(void *base, const struct field_table *table)
{
	memset(base, 0, table->size);
	forget(base, table);
}

void event_init(struct event *ev, enum event_type type)
{
	memset(ev, 0, offsetof(struct event, text));
	forget((char *)ev, &fields_common);
	forget((char *)ev, fields_of(type));
	ev->type = type;
}

size_t event_size(const struct event *ev)
{
	return offsetof(struct event, text) + ev->text_len;
}

struct text event_text(struct event *ev, const char *bytes, size_t len)
{
	size_t room = EVENT_TEXT_MAX - ev->text_len;
	const char *same;
	struct text text;

	if (!len)
		return (struct text){ 0 };
	/* Any place where these bytes stand will do: a path is found at the start of a longer. */
	same = memmem(ev->text, ev->text_len, bytes, len);
	if (same)
		return (struct text){ .off = (__u16)(same - ev->text), .len = (__u16)len };
	if (len > room) {
		len = room;
		ev->text_cut = 1;
	}
	text = (struct text){ .off = (__u16)ev->text_len, .len = (__u16)len };
	memcpy(ev->text + ev->text_len, bytes, len);
	ev->text_len += (__u32)len;
	return text;
}

struct text event_text_whole(struct event *ev, const char *bytes, size_t len)
{
	if (ev->text_len + len > EVENT_TEXT_MAX - SENTENCES_MAX &&
	    !memmem(ev->text, ev->text_len, bytes, len)) {
		ev->text_cut = 1;
		return (struct text){ 0 };
	}
	return event_text(ev, bytes, len);
}

struct text event_textf(struct event *ev, const char *fmt, ...)
{
	char buf[TEXTF_MAX + 1];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (len < 0)
		return (struct text){ 0 };
	if (len > TEXTF_MAX) {
		len = TEXTF_MAX;
		ev->text_cut = 1;
	}
	return event_text(ev, buf, (size_t)len);
}

const char *text_bytes(const struct event *ev, struct text text)
{
	return text.len ? ev->text + text.off : "";
}

bool text_equal(const struct event *ev, struct text a, struct text b)
{
	return a.len == b.len && !memcmp(text_bytes(ev, a), text_bytes(ev, b), a.len);
}

struct limit *incident_limit(struct incident *incident, enum limit_level level)
{
	switch (level) {
	case LIMIT_NESTED:
		return &incident->limits.nested;
	case LIMIT_CONTAINER:
		return &incident->limits.container;
	case LIMIT_POD:
		return &incident->limits.pod;
	case LIMIT_QOS:
		return &incident->limits.qos;
	case LIMIT_NODE:
		return &incident->limits.node;
	case LIMIT_SLICE:
		return &incident->limits.slice;
	case LIMIT_HOST:
		return &incident->limits.host;
	default:
		return NULL;
	}
}

const struct limit *incident_limit_of(const struct incident *incident, enum limit_level level)
{
	return incident_limit((struct incident *)incident, level);
}

bool event_has_incident(const struct event *ev)
{
	return ev->type == EVENT_INCIDENT || ev->type == EVENT_STALL;
}

const struct event_task *incident_subject(const struct incident *incident)
{
	bool is_stall = incident->stall.kind != STALL_NONE;

	return is_stall ? &incident->trigger : &incident->victim;
}

/* What a line has left out was of a group, mostly. */
__u64 incident_kills(const struct incident *incident)
{
	__u64 kills = incident->other_victims_omitted;

	kills += incident->victim.counted == NOT_KNOWN ? incident->victim.fate == FATE_KILLED :
							 incident->victim.counted;
	for (__u64 i = 0; i < incident->other_victims_count; i++) {
		const struct event_task *other = &incident->other_victims[i];

		kills += other->counted == NOT_KNOWN ? other->fate == FATE_GROUP : other->counted;
	}
	return kills;
}
