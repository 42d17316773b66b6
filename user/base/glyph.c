// SPDX-License-Identifier: GPL-2.0-only
#include "glyph.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

/*
 * Columns of a printable code point, close enough for names: East Asian wide is 2, combining is 0.
 */
static int width_of(__u32 cp)
{
	static const struct {
		__u32 first, last;
		int width;
	} odd[] = {
		{ 0x0300, 0x036f, 0 },	 { 0x0483, 0x0489, 0 },	  { 0x0591, 0x05bd, 0 },
		{ 0x0610, 0x061a, 0 },	 { 0x064b, 0x065f, 0 },	  { 0x0e34, 0x0e3a, 0 },
		{ 0x0e47, 0x0e4e, 0 },	 { 0x1100, 0x115e, 2 },	  { 0x1ab0, 0x1aff, 0 },
		{ 0x1dc0, 0x1dff, 0 },	 { 0x20d0, 0x20ff, 0 },	  { 0x2e80, 0x303e, 2 },
		{ 0x3041, 0xa4cf, 2 },	 { 0xa960, 0xa97c, 2 },	  { 0xac00, 0xd7a3, 2 },
		{ 0xf900, 0xfaff, 2 },	 { 0xfe20, 0xfe2f, 0 },	  { 0xfe30, 0xfe6f, 2 },
		{ 0xff00, 0xff60, 2 },	 { 0xffe0, 0xffe6, 2 },	  { 0x1f300, 0x1f64f, 2 },
		{ 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]) && cp >= odd[i].first; i++)
		if (cp <= odd[i].last)
			return odd[i].width;
	return 1;
}

size_t glyph_next(const char *s, size_t len, bool utf8, struct glyph *ret)
{
	__u32 cp;
	size_t used = utf8_next(s, len, &cp);

	if (cp != UTF8_INVALID && (cp < 0x80 || utf8) && utf8_is_printable(cp)) {
		memcpy(ret->bytes, s, used);
		ret->len = used;
		ret->width = width_of(cp);
		return used;
	}
	if (cp == UTF8_INVALID || cp < 0x80)
		ret->width = snprintf(ret->bytes, sizeof(ret->bytes), "\\x%02x", (unsigned char)*s);
	else
		ret->width = snprintf(ret->bytes, sizeof(ret->bytes), "\\u{%x}", cp);
	ret->len = (size_t)ret->width;
	return used;
}
