// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "names/quantity.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DIGITS_MAX 18 /* so that no product below passes 128 bits */
#define EXPONENT_MAX 18

/* digits * 10^ten * 2^two */
struct number {
	__u64 digits;
	int ten, two;
};

static const struct {
	const char *suffix;
	int ten, two;
} suffixes[] = {
	{ "", 0, 0 },	 { "Ki", 0, 10 }, { "Mi", 0, 20 }, { "Gi", 0, 30 },
	{ "Ti", 0, 40 }, { "Pi", 0, 50 }, { "Ei", 0, 60 }, { "n", -9, 0 },
	{ "u", -6, 0 },	 { "m", -3, 0 },  { "k", 3, 0 },   { "M", 6, 0 },
	{ "G", 9, 0 },	 { "T", 12, 0 },  { "P", 15, 0 },  { "E", 18, 0 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1", "1.5", ".5", "1."; returns the bytes taken, 0 when there is no number. */
static size_t read_digits(const char *text, size_t len, struct number *ret)
{
	bool has_point = false;
	size_t i, count = 0, significant = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (!is_digit(text[i]))
			break;
		count++;
		significant += significant || text[i] != '0';
		if (significant > DIGITS_MAX || (has_point && ret->ten <= -DIGITS_MAX))
			return 0;
		ret->digits = ret->digits * 10 + (__u64)(text[i] - '0');
		ret->ten -= has_point;
	}
	return count ? i : 0;
}

/* "e3", "E-6" */
static bool read_exponent(const char *text, size_t len, struct number *ret)
{
	int exponent = 0, sign = 1;

	if (len < 2 || (text[0] != 'e' && text[0] != 'E'))
		return false;
	text++, len--;
	if (text[0] == '-' || text[0] == '+') {
		sign = text[0] == '-' ? -1 : 1;
		text++, len--;
	}
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		exponent = exponent * 10 + (text[i] - '0');
		if (exponent > EXPONENT_MAX)
			return false;
	}
	ret->ten += sign * exponent;
	return len;
}

static bool read_suffix(const char *text, size_t len, struct number *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (len != strlen(suffixes[i].suffix) || memcmp(text, suffixes[i].suffix, len) != 0)
			continue;
		ret->ten += suffixes[i].ten;
		ret->two = suffixes[i].two;
		return true;
	}
	return read_exponent(text, len, ret);
}

bool quantity_read(const char *text, size_t len, __u64 *ret)
{
	struct number number = { 0 };
	size_t taken = read_digits(text, len, &number);
	unsigned __int128 value, divisor = 1;

	if (!taken || !read_suffix(text + taken, len - taken, &number))
		return false;
	value = (unsigned __int128)number.digits << number.two;
	for (; number.ten > 0; number.ten--)
		value *= 10;
	for (; number.ten < 0; number.ten++)
		divisor *= 10;
	value = value / divisor + (value % divisor != 0);
	if (value >> 63)
		return false;
	*ret = (__u64)value;
	return true;
}
