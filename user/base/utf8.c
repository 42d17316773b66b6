// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the first byte announces: the length, the first bits, and the least value of that length. */
static size_t first_byte(unsigned char c, __u32 *ret_cp, __u32 *ret_least)
{
	if (c < 0x80) {
		*ret_cp = c;
		*ret_least = 0;
		return 1;
	}
	if ((c & 0xe0) == 0xc0) {
		*ret_cp = c & 0x1f;
		*ret_least = 0x80;
		return 2;
	}
	if ((c & 0xf0) == 0xe0) {
		*ret_cp = c & 0x0f;
		*ret_least = 0x800;
		return 3;
	}
	if ((c & 0xf8) == 0xf0) {
		*ret_cp = c & 0x07;
		*ret_least = 0x10000;
		return 4;
	}
	return 0;
}

size_t utf8_next(const char *s, size_t len, __u32 *ret_cp)
{
	__u32 cp = 0, least = 0;
	size_t need = first_byte((unsigned char)s[0], &cp, &least);

	*ret_cp = UTF8_INVALID;
	if (!need || need > len)
		return 1;
	for (size_t i = 1; i < need; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 1;
		cp = cp << 6 | (c & 0x3f);
	}
	if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 1;
	*ret_cp = cp;
	return need;
}

bool utf8_is_printable(__u32 cp)
{
	/* Unicode's Cc, Cs, Zl, Zp, noncharacters, and what hides or reorders text. */
	static const struct {
		__u32 first, last;
	} hidden[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f },	  { 0x00ad, 0x00ad }, { 0x061c, 0x061c },
		{ 0x115f, 0x1160 }, { 0x180b, 0x180f },	  { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 },	  { 0xd800, 0xdfff }, { 0xfdd0, 0xfdef },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },	  { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff }, { 0xe0000, 0xe0fff },
	};

	if (cp > 0x10ffff || (cp & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return false;
	return true;
}
