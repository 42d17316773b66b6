/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * glyph: names that anybody may have written, made fit for a terminal and for one line: the one
 * place that decides what may stand there as it is.
 */
#ifndef OOMWHY_GLYPH_H
#define OOMWHY_GLYPH_H

#include <stdbool.h>
#include <stddef.h>

struct glyph {
	char bytes[16]; /* no NUL at the end */
	size_t len;
	int width; /* columns on a terminal */
};

/*
 * glyph_next() - the next code point of @s, in a form that cannot move a cursor, end a line, hide
 * or reorder text: as it is, or spelled out, \xNN for a byte, \u{N} for a code point.
 * @len: bytes that are there; not 0
 * @utf8: false: everything beyond ASCII is spelled out, too
 * Returns the bytes consumed.
 */
size_t glyph_next(const char *s, size_t len, bool utf8, struct glyph *ret);

#endif
