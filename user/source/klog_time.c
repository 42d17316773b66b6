// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <time.h>

#include "source/klog_time.h"

#define NS_PER_SECOND 1000000000ULL
#define DAY_NS (86400 * NS_PER_SECOND)
#define YEARS_MAX 2200 /* later ones are no log's, and ns since 1970 must not overflow */

bool cursor_number(struct cursor *c, int digits_max, __u64 *ret)
{
	const char *at = c->at;
	__u64 value = 0;

	for (; at < c->end && *at >= '0' && *at <= '9'; at++) {
		if (at - c->at >= digits_max)
			return false;
		value = value * 10 + (__u64)(*at - '0');
	}
	if (at == c->at)
		return false;
	c->at = at;
	*ret = value;
	return true;
}

size_t cursor_token(struct cursor *c, const char **ret)
{
	const char *space = memchr(c->at, ' ', cursor_left(c));
	size_t len = (size_t)((space ? space : c->end) - c->at);

	*ret = c->at;
	c->at += len;
	while (cursor_at(c, ' '))
		c->at++;
	return len;
}

/* ".123456" or ",123456": ns. */
static bool read_fraction(struct cursor *c, __u64 *ret_ns)
{
	__u64 unit = NS_PER_SECOND, value = 0;
	const char *at = c->at + 1;

	for (; at < c->end && *at >= '0' && *at <= '9'; at++) {
		unit /= 10;
		value += unit * (__u64)(*at - '0');
	}
	if (at == c->at + 1)
		return false;
	c->at = at;
	*ret_ns = value;
	return true;
}

struct date {
	__u64 year, month, day, hour, minute, second, fraction_ns;
};

static bool is_sound(const struct date *date)
{
	return date->year >= 1970 && date->year <= YEARS_MAX && date->month >= 1 &&
	       date->month <= 12 && date->day >= 1 && date->day <= 31 && date->hour <= 24 &&
	       date->minute <= 59 && date->second <= 60;
}

static struct tm tm_of(const struct date *date)
{
	struct tm tm = {
		.tm_year = (int)date->year - 1900,
		.tm_mon = (int)date->month - 1,
		.tm_mday = (int)date->day,
		.tm_hour = (int)date->hour,
		.tm_isdst = -1,
	};

	return tm;
}

/* Of local time the hour is looked up: a zone's offset changes at whole hours, or nearly. */
static bool local_ns(struct klog_reader *reader, const struct date *date, __u64 *ret_ns)
{
	__u64 hour = ((date->year * 13 + date->month) * 32 + date->day) * 25 + date->hour;
	struct tm tm;
	time_t seconds;

	if (hour != reader->hour) {
		tm = tm_of(date);
		seconds = mktime(&tm);
		if (seconds < 0)
			return false;
		reader->hour = hour;
		reader->hour_ns = (__u64)seconds * NS_PER_SECOND;
	}
	*ret_ns = reader->hour_ns + (date->minute * 60 + date->second) * NS_PER_SECOND +
		  date->fraction_ns;
	return true;
}

static bool utc_ns(const struct date *date, __s64 east_seconds, __u64 *ret_ns)
{
	struct tm tm = tm_of(date);
	__s64 seconds = timegm(&tm);

	seconds += (__s64)(date->minute * 60 + date->second) - east_seconds;
	if (seconds < 0)
		return false;
	*ret_ns = (__u64)seconds * NS_PER_SECOND + date->fraction_ns;
	return true;
}

static bool read_clock(struct cursor *c, struct date *date)
{
	return cursor_number(c, 2, &date->hour) && cursor_skip(c, ":") &&
	       cursor_number(c, 2, &date->minute) && cursor_skip(c, ":") &&
	       cursor_number(c, 2, &date->second);
}

/* "+01:00", "-0330"; false where the zone is none. */
static bool read_offset(struct cursor *c, __s64 *ret_seconds)
{
	bool west = cursor_at(c, '-');
	__u64 hours, minutes = 0;

	c->at++;
	if (cursor_left(c) >= 4 && c->at[2] != ':') {
		if (!cursor_number(c, 4, &minutes))
			return false;
		hours = minutes / 100;
		minutes %= 100;
	} else if (!cursor_number(c, 2, &hours) || !cursor_skip(c, ":") ||
		   !cursor_number(c, 2, &minutes)) {
		return false;
	}
	*ret_seconds = (__s64)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

bool klog_time_iso(struct klog_reader *reader, struct cursor *c, __u64 *ret_ns, bool *ret_comma)
{
	struct date date = { 0 };
	struct cursor d = *c;
	__s64 east;

	*ret_comma = false;
	if (cursor_left(&d) < 19 || d.at[4] != '-' || !cursor_number(&d, 4, &date.year) ||
	    !cursor_skip(&d, "-") || !cursor_number(&d, 2, &date.month) || !cursor_skip(&d, "-") ||
	    !cursor_number(&d, 2, &date.day) || (!cursor_skip(&d, "T") && !cursor_skip(&d, " ")) ||
	    !read_clock(&d, &date) || !is_sound(&date))
		return false;
	if (cursor_at(&d, '.') || cursor_at(&d, ',')) {
		*ret_comma = *d.at == ',';
		if (!read_fraction(&d, &date.fraction_ns))
			return false;
	}
	if (cursor_skip(&d, "Z") || cursor_skip(&d, " UTC") || cursor_skip(&d, " GMT")) {
		if (!utc_ns(&date, 0, ret_ns))
			return false;
	} else if (cursor_at(&d, '+') || cursor_at(&d, '-')) {
		if (!read_offset(&d, &east) || !utc_ns(&date, east, ret_ns))
			return false;
	} else if (!local_ns(reader, &date, ret_ns)) {
		return false;
	}
	*c = d;
	return true;
}

static __u64 read_month(struct cursor *c)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (cursor_left(c) < 4 || c->at[3] != ' ')
		return 0;
	for (int i = 0; i < 12; i++) {
		if (memcmp(c->at, names + i * 3, 3) != 0)
			continue;
		c->at += 4;
		return (__u64)i + 1;
	}
	return 0;
}

/* The last year in which that date does not lie in the log's future. */
static bool guess_year(struct klog_reader *reader, struct date *date, __u64 *ret_ns)
{
	time_t now = (time_t)(reader->reference_ns / NS_PER_SECOND);
	struct tm tm;

	if (reader->year_of_ns != reader->reference_ns) {
		if (!localtime_r(&now, &tm))
			return false;
		reader->year = (__u64)tm.tm_year + 1900;
		reader->year_of_ns = reader->reference_ns;
	}
	date->year = reader->year;
	if (!is_sound(date) || !local_ns(reader, date, ret_ns))
		return false;
	if (*ret_ns <= reader->reference_ns + DAY_NS)
		return true;
	date->year--;
	return is_sound(date) && local_ns(reader, date, ret_ns);
}

bool klog_time_classic(struct klog_reader *reader, struct cursor *c, __u64 *ret_ns)
{
	struct date date = { 0 };
	struct cursor d = *c, year;

	date.month = read_month(&d);
	if (!date.month)
		return false;
	cursor_skip(&d, " ");
	if (!cursor_number(&d, 2, &date.day) || !cursor_skip(&d, " ") || !read_clock(&d, &date))
		return false;
	if (cursor_at(&d, '.') && !read_fraction(&d, &date.fraction_ns))
		return false;
	year = d;
	if (cursor_skip(&year, " ") && cursor_number(&year, 4, &date.year) && date.year >= 1970 &&
	    (cursor_at(&year, ' ') || cursor_at(&year, ']'))) {
		if (!is_sound(&date) || !local_ns(reader, &date, ret_ns))
			return false;
		*c = year;
		return true;
	}
	if (!guess_year(reader, &date, ret_ns))
		return false;
	*c = d;
	return true;
}

bool klog_time_stamp(struct cursor *c, __u64 *ret_ns)
{
	struct cursor d = *c;
	__u64 seconds, fraction_ns;

	while (cursor_at(&d, ' '))
		d.at++;
	if (!cursor_number(&d, 9, &seconds) || !cursor_at(&d, '.') ||
	    !read_fraction(&d, &fraction_ns))
		return false;
	*ret_ns = seconds * NS_PER_SECOND + fraction_ns;
	*c = d;
	return true;
}
