/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_writer: lines for people, into a buffer of the caller's. It folds at the last space that may
 * be broken, counts columns, and is the one place through which names that others wrote reach the
 * terminal.
 */
#ifndef OOMWHY_TEXT_WRITER_H
#define OOMWHY_TEXT_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum ink {
	INK_PLAIN,
	INK_ALARM, /* bold red */
	INK_DIM,
	INK_FIX, /* yellow */
};

struct text_writer {
	char *buf;
	size_t size;
	size_t len;
	size_t fold_at; /* offset of the space where the current line may be broken; 0: nowhere */
	int col; /* columns in use in the current line */
	int fold_col; /* those up to fold_at */
	int indent; /* of the lines that folding makes */
	int columns;
	int lines; /* complete ones */
	bool utf8;
	bool colour;
	bool full; /* the buffer was too small: nothing more is written */
};

void writer_init(struct text_writer *w, const struct text_style *style, char *buf, size_t size);

/* writer_end() - cut what did not fit at the last whole line, end with NUL; returns the length. */
size_t writer_end(struct text_writer *w);

/*
 * put_words() - our own ASCII words or a sentence that others wrote: may be broken at each space.
 */
void put_words(struct text_writer *w, const char *bytes, size_t len);

/*
 * put_name() - a name that others wrote: never broken, escaped; quoted where it could pass for
 * words of ours.
 */
void put_name(struct text_writer *w, const char *bytes, size_t len);

/* put_quoted() - the same, always in quotes. */
void put_quoted(struct text_writer *w, const char *bytes, size_t len);

/*
 * say() - put_words() with a format. For our own words: no name comes through here. At most 255
 * bytes.
 */
void say(struct text_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* say_solid() - the same, never broken. */
void say_solid(struct text_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* put_block() - a glyph of ours, one column wide; never broken. */
void put_block(struct text_writer *w, const char *glyph);

/*
 * put_ink() - change the colour; nothing where colour is off. Goes back to INK_PLAIN within the
 * line.
 */
void put_ink(struct text_writer *w, enum ink ink);

/* put_right() - @word at the right edge, in a new line if there is no room for it and a gap. */
void put_right(struct text_writer *w, const char *word);

void put_newline(struct text_writer *w);

#endif
