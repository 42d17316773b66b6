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
#define WHOLE_WORDS (offsetof(struct event, text) / 8)

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

static __u64 whole_at(const struct event *ev, size_t i)
{
	__u64 word;

	memcpy(&word, (const char *)ev + i * 8, 8);
	return word;
}

/* How many words are the same from @i on: most of an event, so four are looked at at once. */
static size_t run_of(const struct event *ev, size_t i)
{
	size_t left = i < WHOLE_WORDS ? WHOLE_WORDS - i : 1, run = 1;
	size_t max = left < RUN_MAX ? left : RUN_MAX;
	__u64 word = i < WHOLE_WORDS ? whole_at(ev, i) : 0;

	while (run + 4 <= max &&
	       !((whole_at(ev, i + run) ^ word) | (whole_at(ev, i + run + 1) ^ word) |
		 (whole_at(ev, i + run + 2) ^ word) | (whole_at(ev, i + run + 3) ^ word)))
		run += 4;
	while (run < max && whole_at(ev, i + run) == word)
		run++;
	return run;
}

/* The first two values, as they are in memory: all ones, and 0. */
static void put_run(struct event *ev, size_t i, size_t run, __u64 value)
{
	size_t at = i * 8, left = offsetof(struct event, text) - at;

	memset((char *)ev + at, value ? 0 : 0xff, run * 8 < left ? run * 8 : left);
}

size_t event_pack(const struct event *ev, unsigned char ret[PACK_MAX])
{
	unsigned char *out = ret;

	for (size_t i = 0; i < PACK_WORDS;) {
		__u64 value = word_at(ev, i), rest = value;
		size_t run = value < RUN_VALUES ? run_of(ev, i) : 1;

		i += run;
		for (; rest > 0x7f; rest >>= 7)
			*out++ = (unsigned char)(rest | 0x80);
		*out++ = (unsigned char)rest;
		if (value < RUN_VALUES)
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
		__u64 value;

		at = take_value(at, end, &value);
		if (!at)
			return false;
		if (value >= RUN_VALUES) {
			put_word(ret, i++, value);
			continue;
		}
		if (at == end || !*at || *at > PACK_WORDS - i)
			return false;
		put_run(ret, i, *at, value);
		i += *at++;
	}
	if (ret->text_len > EVENT_TEXT_MAX || (size_t)(end - at) != ret->text_len)
		return false;
	memcpy(ret->text, at, ret->text_len);
	return true;
}
