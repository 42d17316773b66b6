// SPDX-License-Identifier: GPL-2.0-only
#include "text_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/glyph.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN 40 /* narrower, nothing is readable and folding has no room */
#define RESERVE 6 /* end of colour, newline, NUL: what ends a line that was cut */
#define INK_END "\033[0m"

void writer_init(struct text_writer *w, const struct text_style *style, char *buf, size_t size)
{
	memset(w, 0, sizeof(*w));
	w->buf = buf;
	w->size = size > RESERVE ? size - RESERVE : 0;
	w->columns = style->columns > 0 ? style->columns : COLUMNS_DEFAULT;
	if (w->columns < COLUMNS_MIN)
		w->columns = COLUMNS_MIN;
	w->utf8 = style->utf8;
	w->colour = style->colour;
	w->full = w->size == 0;
}

/* The end of the last whole line; 0 where not even one fits. */
static size_t whole_lines(const struct text_writer *w)
{
	size_t len = w->len;

	while (len && w->buf[len - 1] != '\n')
		len--;
	return len;
}

size_t writer_end(struct text_writer *w)
{
	if (!w->size)
		return 0;
	if (w->full) {
		size_t whole = whole_lines(w);

		/* A piece of the first line is better than nothing. */
		if (!whole) {
			size_t end = sizeof(INK_END) - 1;

			memcpy(w->buf + w->len, INK_END, w->colour ? end : 0);
			w->len += w->colour ? end : 0;
			w->buf[w->len++] = '\n';
			whole = w->len;
		}
		w->len = whole;
	}
	w->buf[w->len] = '\0';
	return w->len;
}

/* Turn the space at fold_at, and those before it, into a line end and the indent. */
static void fold(struct text_writer *w)
{
	size_t tail_from = w->fold_at + 1, tail = w->len - tail_from;
	size_t end = w->fold_at, indent = (size_t)w->indent;

	while (end && w->buf[end - 1] == ' ')
		end--;
	if (end + 1 + indent + tail > w->size) {
		w->full = true;
		return;
	}
	memmove(w->buf + end + 1 + indent, w->buf + tail_from, tail);
	w->buf[end] = '\n';
	memset(w->buf + end + 1, ' ', indent);
	w->len = end + 1 + indent + tail;
	w->col = w->indent + w->col - w->fold_col - 1;
	w->fold_at = 0;
	w->lines++;
}

static void put_glyph(struct text_writer *w, const char *bytes, size_t len, int width)
{
	if (w->full || len > w->size - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->buf + w->len, bytes, len);
	w->len += len;
	w->col += width;
	if (w->col > w->columns && w->fold_at)
		fold(w);
}

/* A space where the line may be broken. It never folds by itself: the line may end here. */
static void put_space(struct text_writer *w)
{
	if (w->full || w->len == w->size) {
		w->full = true;
		return;
	}
	w->fold_at = w->len;
	w->fold_col = w->col;
	w->buf[w->len++] = ' ';
	w->col++;
}

/* Returns the bytes read. */
static size_t put_safe(struct text_writer *w, const char *bytes, size_t len)
{
	struct glyph glyph;
	size_t used = glyph_next(bytes, len, w->utf8, &glyph);

	put_glyph(w, glyph.bytes, glyph.len, glyph.width);
	return used;
}

void put_words(struct text_writer *w, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !w->full;) {
		if (bytes[i] == ' ') {
			put_space(w);
			i++;
		} else {
			i += put_safe(w, bytes + i, len - i);
		}
	}
}

/* A comma or a space in a process name could pass for our own words: "java, pid 1". */
static bool needs_quotes(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(" ,;\"'", bytes[i]))
			return true;
	return false;
}

static void put_unbroken(struct text_writer *w, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !w->full;) {
		if (bytes[i] == '"') {
			put_glyph(w, "\\x22", 4, 4);
			i++;
		} else {
			i += put_safe(w, bytes + i, len - i);
		}
	}
}

void put_quoted(struct text_writer *w, const char *bytes, size_t len)
{
	put_glyph(w, "\"", 1, 1);
	put_unbroken(w, bytes, len);
	put_glyph(w, "\"", 1, 1);
}

void put_name(struct text_writer *w, const char *bytes, size_t len)
{
	if (needs_quotes(bytes, len))
		put_quoted(w, bytes, len);
	else
		put_unbroken(w, bytes, len);
}

void say(struct text_writer *w, const char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	put_words(w, buf, strlen(buf));
}

void say_solid(struct text_writer *w, const char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	for (const char *c = buf; *c; c++)
		put_glyph(w, c, 1, 1);
}

void put_block(struct text_writer *w, const char *glyph)
{
	put_glyph(w, glyph, strlen(glyph), 1);
}

void put_ink(struct text_writer *w, enum ink ink)
{
	static const char *const codes[] = { INK_END, "\033[1;31m", "\033[2m", "\033[33m" };

	if (w->colour)
		put_glyph(w, codes[ink], strlen(codes[ink]), 0);
}

void put_right(struct text_writer *w, const char *word)
{
	int len = (int)strlen(word);

	if (w->col + 2 + len > w->columns)
		put_newline(w);
	w->fold_at = 0;
	say_solid(w, "%*s", w->columns - w->col, word);
}

void put_newline(struct text_writer *w)
{
	if (w->full)
		return;
	while (w->len && w->buf[w->len - 1] == ' ')
		w->len--;
	w->fold_at = 0;
	put_glyph(w, "\n", 1, 0);
	w->col = 0;
	w->lines++;
}
