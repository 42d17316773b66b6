// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <bpf/btf.h>

#include "source/gfp.h"

static void words(const struct gfp_bits *bits, __u64 mask, const char *expected)
{
	char buf[GFP_WORDS_MAX];

	assert_string_equal(gfp_words(bits, mask, buf, sizeof(buf)), expected);
}

/* As the kernel's log had them: ../data/klog. */
static void known_numbers(void **state)
{
	struct gfp_bits bits;

	(void)state;
	gfp_bits_find(&bits, NULL);
	words(&bits, 0xcc0, "GFP_KERNEL");
	words(&bits, 0x400cc0, "GFP_KERNEL_ACCOUNT");
	words(&bits, 0x100dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO");
	words(&bits, 0x140dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP");
	words(&bits, 0x1100cca, "GFP_HIGHUSER_MOVABLE|0x1000000");
	words(&bits, 0, "0");
	words(&bits, 1ULL << 40, "0x10000000000");
}

/* A kernel that numbers them otherwise. */
static void numbers_from_btf(void **state)
{
	struct btf *btf = btf__new_empty();
	struct gfp_bits bits;

	(void)state;
	assert_non_null(btf);
	assert_true(btf__add_enum(btf, "other", 4) > 0);
	assert_int_equal(btf__add_enum_value(btf, "GFP_WHATEVER", 3), 0);
	assert_true(btf__add_enum(btf, NULL, 4) > 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_FS_BIT", 0), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_IO_BIT", 1), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_DIRECT_RECLAIM_BIT", 2), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_KSWAPD_RECLAIM_BIT", 3), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_UNUSED_BIT", 4), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_NEW_AND_LONGER_THAN_WE_THINK_BIT", 5), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_FAR_BIT", 99), 0);
	assert_int_equal(btf__add_enum_value(btf, "___GFP_LAST_BIT", 6), 0);
	gfp_bits_find(&bits, btf);
	words(&bits, 0xf, "GFP_KERNEL");
	words(&bits, 0x1f, "GFP_KERNEL|0x10");
	words(&bits, 0x21, "__GFP_FS|__GFP_NEW_AND_LONGER_THAN_WE_");
	words(&bits, 0x40, "0x40");
	btf__free(btf);
}

static void all_bits_fit(void **state)
{
	struct gfp_bits bits = { 0 };
	char buf[GFP_WORDS_MAX];

	(void)state;
	for (int i = 0; i < GFP_BITS; i++)
		memset(bits.name[i], 'A' + i % 26, GFP_NAME_SIZE - 1), bits.name[i][23] = '\0';
	gfp_words(&bits, ~0ULL, buf, sizeof(buf));
	assert_in_range(strlen(buf), 1, sizeof(buf) - 1);
	for (size_t size = 1; size < 64; size++)
		assert_in_range(strlen(gfp_words(&bits, ~0ULL, buf, size)), 0, size - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_numbers),
		cmocka_unit_test(numbers_from_btf),
		cmocka_unit_test(all_bits_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
