/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * utf8: read bytes that anybody may have written (process names, cgroup names) as UTF-8.
 */
#ifndef OOMWHY_UTF8_H
#define OOMWHY_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define UTF8_INVALID (~0U) /* no code point: the byte belongs to no valid sequence */

/*
 * utf8_next() - the code point that begins at @s.
 * @len: bytes that are there; not 0
 * @ret_cp: the code point, or UTF8_INVALID (overlong, surrogate, above U+10FFFF, cut, stray byte)
 * Returns the bytes consumed: 1 to 4; 1 when invalid, so that each bad byte is seen alone.
 */
size_t utf8_next(const char *s, size_t len, __u32 *ret_cp);

/*
 * utf8_is_printable() - whether @cp may go to a terminal as it is: neither controls (C0, DEL, C1)
 * nor what ends a line, reorders it or cannot be seen (U+2028, bidirectional and zero-width marks,
 * tags), nor UTF8_INVALID.
 */
bool utf8_is_printable(__u32 cp);

#endif
