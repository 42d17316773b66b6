// SPDX-License-Identifier: GPL-2.0-only
/*
 * The streaming writer and what it reads bytes with: whatever is called in whatever order, the
 * result is JSON or an error. jansson says what is JSON, and what is UTF-8.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/jsonw.h"
#include "base/utf8.h"

#define RANDOM_ROUNDS 100000

static char buf[4096];

static void check_text(struct jsonw *w, const char *want)
{
	int len = jsonw_end(w);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(buf, want, strlen(want));
}

static void objects_come_from_keys(void **state)
{
	struct jsonw w;
	unsigned int a, b;

	(void)state;
	jsonw_begin(&w, buf, sizeof(buf));
	jsonw_u64(&w, "k8s.node.name", 1);
	jsonw_u64(&w, "k8s.node.uid", 2);
	jsonw_bool(&w, "k8s.up", true);
	a = jsonw_enter(&w, "empty.too");
	jsonw_leave(&w, a);
	a = jsonw_enter(&w, "victim");
	b = jsonw_list(&w, "of.them");
	jsonw_item(&w);
	jsonw_item(&w);
	jsonw_null(&w, "x");
	jsonw_s64(&w, "y.z", -1);
	jsonw_item(&w);
	jsonw_leave(&w, b);
	jsonw_hex(&w, "of.hex", "\377a", 2);
	jsonw_leave(&w, a);
	assert_true(jsonw_string(&w, "t", "a\"\n", 3));
	assert_false(jsonw_string(&w, "u", "\300", 1));
	check_text(&w, "{\"k8s\":{\"node\":{\"name\":1,\"uid\":2},\"up\":true},"
		       "\"victim\":{\"of\":{\"them\":[{},{\"x\":null,\"y\":{\"z\":-1}},{}],"
		       "\"hex\":\"ff61\"}},\"t\":\"a\\\"\\n\",\"u\":\"\xef\xbf\xbd\"}\n");
}

static void wrong_use_fails(void **state)
{
	struct jsonw w;

	(void)state;
	jsonw_begin(&w, buf, sizeof(buf));
	jsonw_item(&w); /* of no list */
	assert_int_equal(jsonw_end(&w), -E2BIG);
	jsonw_begin(&w, buf, sizeof(buf));
	jsonw_list(&w, "list");
	jsonw_u64(&w, "x", 1); /* in a list, but in no item */
	assert_int_equal(jsonw_end(&w), -E2BIG);
	jsonw_begin(&w, buf, sizeof(buf));
	jsonw_u64(&w, "", 1);
	assert_int_equal(jsonw_end(&w), -E2BIG);
	jsonw_begin(&w, buf, sizeof(buf));
	jsonw_u64(&w, "a.b.c.d.e.f.g.h.i.j.k.l.m.n", 1);
	assert_int_equal(jsonw_end(&w), -E2BIG);
	jsonw_begin(&w, buf, 2); /* "{}" alone, no room for the end of the line */
	assert_int_equal(jsonw_end(&w), -E2BIG);
}

static __u64 seed = 42;

static __u32 random_number(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (__u32)(seed >> 33);
}

static void random_call(struct jsonw *w)
{
	static const char *const keys[] = { "a", "b.c", "b.d", "b.c.e", "e\"f", "", ".", "b." };
	const char *key = keys[random_number() % (random_number() % 8 ? 5 : 8)];

	switch (random_number() % 8) {
	case 0:
		jsonw_enter(w, key);
		break;
	case 1:
		jsonw_list(w, key);
		break;
	case 2:
	case 3:
		jsonw_item(w);
		break;
	case 4:
		jsonw_leave(w, random_number() % 6);
		break;
	case 5:
		jsonw_string(w, key, "\0\377\"\\x", 5);
		break;
	case 6:
		jsonw_hex(w, key, "\1", 1);
		break;
	default:
		jsonw_u64(w, key, 7);
		break;
	}
}

static void any_order_of_calls_gives_json_or_fails(void **state)
{
	size_t good = 0;
	json_error_t error;
	struct jsonw w;
	json_t *root;
	int len;

	(void)state;
	for (size_t round = 0; round < RANDOM_ROUNDS; round++) {
		jsonw_begin(&w, buf, random_number() % 4 ? sizeof(buf) : random_number() % 64);
		for (__u32 calls = random_number() % 12; calls; calls--)
			random_call(&w);
		len = jsonw_end(&w);
		if (len < 0)
			continue;
		root = json_loadb(buf, (size_t)len, JSON_ALLOW_NUL, &error);
		if (!root)
			fail_msg("%s: %.*s", error.text, len, buf);
		json_decref(root);
		good++;
	}
	assert_in_range(good, RANDOM_ROUNDS / 8, RANDOM_ROUNDS);
}

static bool is_utf8(const char *s, size_t len)
{
	__u32 cp;

	for (size_t i = 0; i < len;) {
		i += utf8_next(s + i, len - i, &cp);
		if (cp == UTF8_INVALID)
			return false;
	}
	return true;
}

/* Each sequence of up to three bytes, and a fourth for those that may have one. */
static void utf8_is_what_jansson_takes(void **state)
{
	static const char fourth[] = { 0, '\x7f', '\x80', '\xbf', '\xc0' };
	json_t *same;
	char s[4];

	(void)state;
	for (__u32 n = 0; n < 1u << 24; n++) {
		bool ascii = !(n & 0x808080);

		if (ascii && n > 0xffff)
			n |= 0x7f; /* nothing to learn */
		s[0] = (char)(n >> 16);
		s[1] = (char)(n >> 8);
		s[2] = (char)n;
		for (size_t i = 0; i < ((unsigned char)s[0] >= 0xf0 ? sizeof(fourth) : 1); i++) {
			s[3] = fourth[i];
			same = json_stringn(s, (unsigned char)s[0] >= 0xf0 ? 4 : 3);
			assert_int_equal(is_utf8(s, (unsigned char)s[0] >= 0xf0 ? 4 : 3), !!same);
			json_decref(same);
		}
	}
}

static void utf8_stays_inside(void **state)
{
	char *s = malloc(1); /* so that a sanitizer sees the end */
	__u32 cp;

	(void)state;
	assert_non_null(s);
	for (int c = 0; c < 256; c++) {
		s[0] = (char)c;
		assert_int_equal(utf8_next(s, 1, &cp), 1);
		assert_int_equal(cp, c < 0x80 ? (__u32)c : UTF8_INVALID);
	}
	free(s);
	assert_int_equal(utf8_next("\360\237\230\200", 4, &cp), 4);
	assert_int_equal(cp, 0x1f600);
	assert_int_equal(utf8_next("\360\237\230\200", 3, &cp), 1);
	assert_int_equal(cp, UTF8_INVALID);
}

static void what_is_printable(void **state)
{
	static const __u32 no[] = { 0,	     '\n',    0x1b,	0x1f,	     0x7f,   0x80,
				    0x9b,    0x9f,    0xad,	0x200b,	     0x200e, 0x2028,
				    0x2029,  0x202e,  0x2066,	0xd800,	     0xfeff, 0xffff,
				    0x1fffe, 0xe0041, 0x110000, UTF8_INVALID };
	static const __u32 yes[] = { ' ', '~', 0xa0, 0xe9, 0x2581, 0x4e2d, 0xfffd, 0x1f600 };

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(utf8_is_printable(no[i]));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(utf8_is_printable(yes[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_come_from_keys),
		cmocka_unit_test(wrong_use_fails),
		cmocka_unit_test(any_order_of_calls_gives_json_or_fails),
		cmocka_unit_test(utf8_is_what_jansson_takes),
		cmocka_unit_test(utf8_stays_inside),
		cmocka_unit_test(what_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
