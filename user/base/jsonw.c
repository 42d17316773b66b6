// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/utf8.h"

static void put(struct jsonw *w, const char *bytes, size_t len)
{
	if (len > w->size - w->len)
		w->failed = true;
	if (w->failed)
		return;
	memcpy(w->buf + w->len, bytes, len);
	w->len += len;
}

static void put_char(struct jsonw *w, char c)
{
	put(w, &c, 1);
}

static void put_escape(struct jsonw *w, __u32 cp)
{
	char escape[24];

	if (cp == '"' || cp == '\\')
		snprintf(escape, sizeof(escape), "\\%c", (int)cp);
	else if (cp == '\n')
		snprintf(escape, sizeof(escape), "\\n");
	else if (cp == '\t')
		snprintf(escape, sizeof(escape), "\\t");
	else if (cp < 0x10000)
		snprintf(escape, sizeof(escape), "\\u%04x", cp);
	else
		snprintf(escape, sizeof(escape), "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10),
			 0xdc00 + (cp & 0x3ff));
	put(w, escape, strlen(escape));
}

/* How many of the bytes may stand in a string as they are: mostly all. */
static size_t plain(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '"' && bytes[i] != '\\')
		i++;
	return i;
}

static bool put_string(struct jsonw *w, const char *bytes, size_t len)
{
	bool exact = true;
	size_t used;
	__u32 cp;

	put_char(w, '"');
	for (size_t i = 0; i < len && !w->failed; i += used) {
		used = plain(bytes + i, len - i);
		if (used) {
			put(w, bytes + i, used);
			continue;
		}
		used = utf8_next(bytes + i, len - i, &cp);
		if (cp == UTF8_INVALID) {
			exact = false;
			put(w, "\xef\xbf\xbd", 3);
		} else if (cp == '"' || cp == '\\' || !utf8_is_printable(cp)) {
			put_escape(w, cp);
		} else {
			put(w, bytes + i, used);
		}
	}
	put_char(w, '"');
	return exact;
}

static void put_name(struct jsonw *w, const char *name, size_t len)
{
	if (!w->first)
		put_char(w, ',');
	w->first = false;
	if (!len)
		return;
	put_string(w, name, len);
	put_char(w, ':');
}

static void close_to(struct jsonw *w, unsigned int depth)
{
	while (w->open_depth > depth) {
		put_char(w, w->open[--w->open_depth].opens == '[' ? ']' : '}');
		w->first = false;
	}
}

/* Make what is open in the text what the caller wants to be open. */
static void reach(struct jsonw *w)
{
	unsigned int same = 0;

	while (same < w->open_depth && same < w->want_depth &&
	       w->open[same].opens == w->want[same].opens &&
	       !strcmp(w->open[same].name, w->want[same].name))
		same++;
	close_to(w, same);
	while (w->open_depth < w->want_depth) {
		const struct jsonw_step *step = &w->want[w->open_depth];

		put_name(w, step->name, strlen(step->name));
		put_char(w, step->opens ? step->opens : '{');
		w->open[w->open_depth++] = *step;
		w->first = true;
	}
}

static void push(struct jsonw *w, const char *name, size_t len, char opens)
{
	struct jsonw_step *step = &w->want[w->want_depth];
	bool in_list = w->want_depth && step[-1].opens == '[';

	/* A list holds items, which have no name, and nothing else does. */
	if (w->want_depth == JSONW_DEPTH_MAX || len >= JSONW_NAME_MAX || in_list == (len != 0)) {
		w->failed = true;
		return;
	}
	memcpy(step->name, name, len);
	step->name[len] = '\0';
	step->opens = opens;
	w->want_depth++;
}

/* Go where the components of @key before its last lead. Returns the last. */
static const char *push_prefix(struct jsonw *w, const char *key)
{
	const char *dot;

	for (; (dot = strchr(key, '.')); key = dot + 1)
		push(w, key, (size_t)(dot - key), '{');
	return key;
}

void jsonw_begin(struct jsonw *w, char *buf, size_t size)
{
	*w = (struct jsonw){ .buf = buf, .size = size, .first = true };
	put_char(w, '{');
}

int jsonw_end(struct jsonw *w)
{
	close_to(w, 0);
	put(w, "}\n", 2);
	return w->failed ? -E2BIG : (int)w->len;
}

unsigned int jsonw_enter(struct jsonw *w, const char *key)
{
	unsigned int mark = w->want_depth;

	key = push_prefix(w, key);
	push(w, key, strlen(key), '{');
	return mark;
}

unsigned int jsonw_list(struct jsonw *w, const char *key)
{
	unsigned int mark = w->want_depth;

	key = push_prefix(w, key);
	push(w, key, strlen(key), '[');
	reach(w);
	return mark;
}

void jsonw_item(struct jsonw *w)
{
	while (w->want_depth && w->want[w->want_depth - 1].opens != '[')
		w->want_depth--;
	close_to(w, w->want_depth);
	push(w, "", 0, 0);
	reach(w);
}

void jsonw_leave(struct jsonw *w, unsigned int mark)
{
	if (mark < w->want_depth)
		w->want_depth = mark;
}

/* Write "key": at its place; the value is the caller's to put. */
static void put_key(struct jsonw *w, const char *key)
{
	unsigned int mark = w->want_depth;

	key = push_prefix(w, key);
	reach(w);
	/* In a list only items may stand, and a value has a name. */
	if (!*key || (w->want_depth && w->want[w->want_depth - 1].opens == '['))
		w->failed = true;
	put_name(w, key, strlen(key));
	w->want_depth = mark;
}

void jsonw_u64(struct jsonw *w, const char *key, __u64 value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", value);

	put_key(w, key);
	put(w, digits, (size_t)len);
}

void jsonw_s64(struct jsonw *w, const char *key, __s64 value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", value);

	put_key(w, key);
	put(w, digits, (size_t)len);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	put_key(w, key);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void jsonw_null(struct jsonw *w, const char *key)
{
	put_key(w, key);
	put(w, "null", 4);
}

bool jsonw_string(struct jsonw *w, const char *key, const char *bytes, size_t len)
{
	put_key(w, key);
	return put_string(w, bytes, len);
}

void jsonw_hex(struct jsonw *w, const char *key, const char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	put_key(w, key);
	put_char(w, '"');
	for (size_t i = 0; i < len; i++) {
		put_char(w, digits[(unsigned char)bytes[i] >> 4]);
		put_char(w, digits[(unsigned char)bytes[i] & 15]);
	}
	put_char(w, '"');
}
