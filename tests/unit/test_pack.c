// SPDX-License-Identifier: GPL-2.0-only
/* Events packed and unpacked: all kinds that there are, and bytes that are no event. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixtures.h"
#include "pack.h"

static struct event ev, ret;
static unsigned char packed[PACK_MAX];

static void assert_same_again(void)
{
	size_t len = event_pack(&ev, packed);

	assert_true(len <= PACK_MAX);
	memset(&ret, 0xa5, sizeof(ret));
	assert_true(event_unpack(packed, len, &ret));
	assert_memory_equal(&ev, &ret, event_size(&ev));
}

static void all_fixtures(void **state)
{
	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		fixtures[i].build(&ev);
		assert_same_again();
	}
}

/* What the queue's size is reckoned with. */
static void they_are_small(void **state)
{
	(void)state;
	fixture_build("pod", &ev);
	assert_in_range(event_pack(&ev, packed), 1, event_size(&ev) / 4);
	event_init(&ev, EVENT_UPDATE);
	assert_in_range(event_pack(&ev, packed), 1, 300);
}

/* Numbers of all lengths, and all bits set or none. */
static void any_numbers(void **state)
{
	__u64 *words = (__u64 *)&ev;

	(void)state;
	for (int round = 0; round < 200; round++) {
		event_init(&ev, EVENT_INCIDENT);
		for (size_t i = 0; i < offsetof(struct event, text) / 8; i++) {
			__u64 word = (__u64)random() << 62 ^ (__u64)random() << 31 ^
				     (__u64)random();

			words[i] = round % 3 ? word >> random() % 64 : -(__u64)(random() % 3);
		}
		ev.text_len = (__u32)(random() % (EVENT_TEXT_MAX + 1));
		memset(ev.text, round, ev.text_len);
		assert_same_again();
	}
	memset(&ev, 0xff, sizeof(ev));
	ev.text_len = EVENT_TEXT_MAX;
	assert_same_again();
}

static void what_is_none(void **state)
{
	size_t len;

	(void)state;
	fixture_build("pod", &ev);
	len = event_pack(&ev, packed);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(event_unpack(packed, cut, &ret));
	assert_false(event_unpack(packed, len + 1, &ret));
	for (int round = 0; round < 20000; round++) { /* the sanitizers watch */
		event_pack(&ev, packed);
		for (int i = 0; i < 1 + round % 4; i++)
			packed[(size_t)random() % len] = (unsigned char)random();
		event_unpack(packed, (size_t)random() % (len + 1), &ret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fixtures),
		cmocka_unit_test(they_are_small),
		cmocka_unit_test(any_numbers),
		cmocka_unit_test(what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
