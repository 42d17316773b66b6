// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands before the text is taken as words of 8 bytes, each written 7 bits a byte, the lowest
 * first, all but the last with the top bit set. Turned by one bit and one up, the three values that
 * are most frequent become 0 (NOT_KNOWN), 1 (0) and 2 (NOT_KNOWN_SIGNED); after the first two a
 * byte says how many there are in a row. The text follows as it is.
 */
#include <string.h>

#include "pack.h"

#define RUN_VALUES 2 /* those below it come in runs */
#define RUN_MAX 255

_Static_assert(offsetof(struct event, text) % 4 == 0, "words");

static __u64 word_at(const struct event *ev, size_t i)
{
	size_t at = i * 8, left = offsetof(struct event, text) - at;
	__u64 word = 0;

	memcpy(&word, (const char *)ev + at, left < 8 ? left : 8);
	return ((word << 1) | (word >> 63)) + 1;
}

static void put_word(struct event *ev, size_t i, __u64 value)
{
	size_t at = i * 8, left = offsetof(struct event, text) - at;
	__u64 word = value - 1;

	word = (word >> 1) | (word << 63);
	memcpy((char *)ev + at, &word, left < 8 ? left : 8);
}

size_t event_pack(const struct event *ev, unsigned char ret[PACK_MAX])
{
	unsigned char *out = ret;

	for (size_t i = 0; i < PACK_WORDS;) {
		__u64 value = word_at(ev, i++), rest = value;
		size_t run = 1;

		for (; rest > 0x7f; rest >>= 7)
			*out++ = (unsigned char)(rest | 0x80);
		*out++ = (unsigned char)rest;
		if (value >= RUN_VALUES)
			continue;
		while (i < PACK_WORDS && run < RUN_MAX && word_at(ev, i) == value)
			i++, run++;
		*out++ = (unsigned char)run;
	}
	memcpy(out, ev->text, ev->text_len);
	return (size_t)(out - ret) + ev->text_len;
}

/* Returns where the next one begins; NULL: it does not end. */
static const unsigned char *take_value(const unsigned char *at, const unsigned char *end,
				       __u64 *ret)
{
	unsigned int shift = 0;

	for (*ret = 0; at < end && shift < 64; shift += 7) {
		*ret |= (__u64)(*at & 0x7f) << shift;
		if (!(*at++ & 0x80))
			return at;
	}
	return NULL;
}

bool event_unpack(const unsigned char *packed, size_t len, struct event *ret)
{
	const unsigned char *at = packed, *end = packed + len;

	for (size_t i = 0; i < PACK_WORDS;) {
		size_t run = 1;
		__u64 value;

		at = take_value(at, end, &value);
		if (!at || (value < RUN_VALUES && at == end))
			return false;
		if (value < RUN_VALUES)
			run = *at++;
		for (; run && i < PACK_WORDS; run--)
			put_word(ret, i++, value);
		if (run)
			return false;
	}
	if (ret->text_len > EVENT_TEXT_MAX || (size_t)(end - at) != ret->text_len)
		return false;
	memcpy(ret->text, at, ret->text_len);
	return true;
}
