// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units: the words of the manual's examples, the edges of rounding, and dates against the C
 * library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/units.h"

#define KI (1ULL << 10)
#define MI (1ULL << 20)
#define GI (1ULL << 30)
#define SECOND 1000000000ULL

static char buf[UNITS_MAX];

static void bytes_as_in_manifests(void **state)
{
	static const struct {
		__u64 bytes;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 999, "999" },
		{ 1000, "1Ki" },
		{ KI, "1Ki" },
		{ 4 * KI, "4Ki" },
		{ 1536, "1.5Ki" },
		{ 9 * KI + 972, "9.9Ki" },
		{ 9 * KI + 1000, "10Ki" },
		{ 176 * MI, "176Mi" },
		{ 512 * MI, "512Mi" },
		{ 999 * MI, "999Mi" },
		{ 999 * MI + 511 * KI, "999Mi" },
		{ 999 * MI + 512 * KI, "1.0Gi" },
		{ 1000 * MI, "1.0Gi" },
		{ GI, "1.0Gi" },
		{ 13958643712ULL, "13.0Gi" },
		{ 8 * MI + 717 * KI, "8.7Mi" },
		{ 180 * MI, "180Mi" },
		{ 9 * GI + 103 * MI, "9.1Gi" },
		{ 99 * GI + 999 * MI, "100Gi" },
		{ 100 * GI, "100Gi" },
		{ 999 * GI, "999Gi" },
		{ 1000 * GI, "1.0Ti" },
		{ 1024 * GI, "1.0Ti" },
		{ 1ULL << 60, "1.0Ei" },
		{ ~0ULL, "16.0Ei" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_bytes(cases[i].bytes, buf, sizeof(buf)), cases[i].text);
}

static void limits_as_they_were_written(void **state)
{
	(void)state;
	assert_string_equal(units_limit(512 * MI, buf, sizeof(buf)), "512Mi");
	assert_string_equal(units_limit(1000 * MI, buf, sizeof(buf)), "1000Mi");
	assert_string_equal(units_limit(1024 * MI, buf, sizeof(buf)), "1.0Gi");
	assert_string_equal(units_limit(1500 * MI, buf, sizeof(buf)), "1500Mi");
	assert_string_equal(units_limit(1536 * MI, buf, sizeof(buf)), "1.5Gi");
	assert_string_equal(units_limit(13 * GI, buf, sizeof(buf)), "13.0Gi");
	assert_string_equal(units_limit(13 * GI + 5 * MI, buf, sizeof(buf)), "13.0Gi");
	assert_string_equal(units_limit(0, buf, sizeof(buf)), "0");
	assert_string_equal(units_limit(~0ULL, buf, sizeof(buf)), "16.0Ei");
}

static void durations(void **state)
{
	static const struct {
		__u64 ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "0us" },
		{ 350000, "350us" },
		{ 999499, "999us" },
		{ 999500, "1ms" },
		{ 12 * 1000000ULL, "12ms" },
		{ 999500000, "1.0s" },
		{ 2100 * 1000000ULL, "2.1s" },
		{ 9949999999ULL, "9.9s" },
		{ 9950000000ULL, "10s" },
		{ 45 * SECOND, "45s" },
		{ 99 * SECOND, "99s" },
		{ 100 * SECOND, "1m40s" },
		{ 119 * SECOND + SECOND / 2, "2m" },
		{ 38 * 60 * SECOND, "38m" },
		{ 99 * 60 * SECOND, "99m" },
		{ 120 * 60 * SECOND, "2h" },
		{ 10000 * SECOND, "2h47m" },
		{ 47 * 3600 * SECOND, "47h" },
		{ 48 * 3600 * SECOND, "2d" },
		{ 100 * 3600 * SECOND, "4d4h" },
		{ 12 * 86400 * SECOND, "12d" },
		{ ~0ULL, "213504d" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_duration(cases[i].ns, buf, sizeof(buf)), cases[i].text);
}

/*
 * Never more than three significant places, and the text read back is within half of the last one.
 */
static void bytes_round_trip(void **state)
{
	static const char suffixes[] = " KMGTPE"; /* the power of 1024 is the place */
	__u64 seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		double value, unit = 1;
		char *suffix;
		__u64 bytes;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		bytes = seed >> (i % 64);
		units_bytes(bytes, buf, sizeof(buf));
		value = strtod(buf, &suffix);
		for (const char *s = suffixes; *suffix && *s != *suffix; s++)
			unit *= 1024;
		assert_true(value < 1000);
		assert_true(value * unit >= (double)bytes * 0.945 &&
			    value * unit <= (double)bytes * 1.055);
		if (value >= 10)
			assert_true(value * unit >= (double)bytes * 0.951);
	}
}

static void times_agree_with_the_c_library(void **state)
{
	__u64 seed = 7;

	(void)state;
	assert_string_equal(units_time(1787281927ULL * SECOND + 5, buf, sizeof(buf)),
			    "2026-08-21 03:12:07Z");
	assert_string_equal(units_time(0, buf, sizeof(buf)), "1970-01-01 00:00:00Z");
	assert_string_equal(units_time(951782400 * SECOND, buf, sizeof(buf)),
			    "2000-02-29 00:00:00Z");
	for (int i = 0; i < 200000; i++) {
		char want[UNITS_MAX];
		struct tm tm;
		time_t seconds;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		seconds = (time_t)((seed >> 1) / SECOND * 2);
		gmtime_r(&seconds, &tm);
		strftime(want, sizeof(want), "%Y-%m-%d %H:%M:%SZ", &tm);
		assert_string_equal(units_time((__u64)seconds * SECOND, buf, sizeof(buf)), want);
	}
}

static void small_buffers_are_cut(void **state)
{
	char small[4];

	(void)state;
	assert_string_equal(units_bytes(512 * MI, small, sizeof(small)), "512");
	assert_string_equal(units_time(0, small, sizeof(small)), "197");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_as_in_manifests),
		cmocka_unit_test(limits_as_they_were_written),
		cmocka_unit_test(bytes_round_trip),
		cmocka_unit_test(durations),
		cmocka_unit_test(times_agree_with_the_c_library),
		cmocka_unit_test(small_buffers_are_cut),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
