// SPDX-License-Identifier: GPL-2.0-only
#include "units.h"

#include <stdio.h>

#define MI (1ULL << 20)
#define NS_PER_SECOND 1000000000ULL
#define SECONDS_PER_DAY 86400ULL

static __u64 divide_rounded(__u64 value, __u64 by)
{
	return value / by + (value % by >= by - by / 2);
}

char *units_bytes(__u64 bytes, char *buf, size_t size)
{
	static const char *const suffixes[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
	unsigned int shift = 0;
	__u64 unit = 1, tenths;

	/* 999.5 of a unit would round to four places: it is 1.0 of the next one. */
	while (shift < 6 && divide_rounded(bytes, unit) >= 1000) {
		unit <<= 10;
		shift++;
	}
	/* Whole units and the rest apart: ten times the bytes could overflow. */
	tenths = bytes / unit * 10 +
		 divide_rounded(bytes % unit * (shift < 6 ? 10 : 1), shift < 6 ? unit : unit / 10);
	if (shift == 0)
		snprintf(buf, size, "%llu", (unsigned long long)bytes);
	else if (tenths >= 1000 || (shift < 3 && (tenths >= 100 || tenths % 10 == 0)))
		snprintf(buf, size, "%llu%s", (unsigned long long)divide_rounded(bytes, unit),
			 suffixes[shift]);
	else
		snprintf(buf, size, "%llu.%llu%s", (unsigned long long)(tenths / 10),
			 (unsigned long long)(tenths % 10), suffixes[shift]);
	return buf;
}

char *units_limit(__u64 bytes, char *buf, size_t size)
{
	/*
	 * From 10000Mi on nobody writes Mi, and a share of the machine is a whole number of Mi by
	 * chance.
	 */
	if (bytes % MI == 0 && bytes / MI >= 1000 && bytes / MI < 10000 &&
	    bytes * 10 % (MI << 10) != 0) {
		snprintf(buf, size, "%lluMi", (unsigned long long)(bytes / MI));
		return buf;
	}
	return units_bytes(bytes, buf, size);
}

char *units_duration(__u64 ns, char *buf, size_t size)
{
	/* Each unit serves up to the value at which the next one says it well enough. */
	static const struct {
		__u64 unit, below;
		unsigned int parts; /* so many of the finer unit make one */
		const char *suffix;
	} steps[] = {
		{ 1000ULL, 1000ULL * 1000, 0, "us" },
		{ 1000000ULL, NS_PER_SECOND, 0, "ms" },
		{ NS_PER_SECOND, 100 * NS_PER_SECOND, 0, "s" },
		{ 60 * NS_PER_SECOND, 100 * 60 * NS_PER_SECOND, 60, "m" },
		{ 3600 * NS_PER_SECOND, 48 * 3600 * NS_PER_SECOND, 60, "h" },
		{ SECONDS_PER_DAY * NS_PER_SECOND, ~0ULL, 24, "d" },
	};
	__u64 parts = 0;
	size_t i = 0;

	/* What rounds up to the bound belongs to the next unit: "1.0s", never "1000ms". */
	while (i < 5 && divide_rounded(ns, steps[i].unit) >= steps[i].below / steps[i].unit)
		i++;
	/* Below ten of a unit the finer one counts, too. */
	if (steps[i].parts)
		parts = divide_rounded(ns, steps[i].unit / steps[i].parts);
	if (ns == 0)
		snprintf(buf, size, "0s");
	else if (parts && parts < 10 * steps[i].parts && parts % steps[i].parts)
		snprintf(buf, size, "%llu%s%llu%s", (unsigned long long)(parts / steps[i].parts),
			 steps[i].suffix, (unsigned long long)(parts % steps[i].parts),
			 steps[i - 1].suffix);
	else if (i == 2 && divide_rounded(ns, NS_PER_SECOND / 10) < 100)
		snprintf(buf, size, "%.1fs", (double)divide_rounded(ns, NS_PER_SECOND / 10) / 10);
	else
		snprintf(buf, size, "%llu%s", (unsigned long long)divide_rounded(ns, steps[i].unit),
			 steps[i].suffix);
	return buf;
}

/*
 * The civil date of a day since 1970, counted in years that begin in March: the leap day is then
 * the last one.
 */
static void civil_date(__u64 days, unsigned int *ret_year, unsigned int *ret_month,
		       unsigned int *ret_day)
{
	__u64 from_0000_03_01 = days + 719468;
	__u64 era = from_0000_03_01 / 146097; /* 400 years */
	unsigned int in_era = from_0000_03_01 % 146097;
	unsigned int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned int in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned int month = (5 * in_year + 2) / 153;

	*ret_day = in_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = (unsigned int)(era * 400) + year + (*ret_month <= 2);
}

char *units_time(__u64 ns, char *buf, size_t size)
{
	__u64 seconds = ns / NS_PER_SECOND;
	unsigned int in_day = seconds % SECONDS_PER_DAY;
	unsigned int year, month, day;

	civil_date(seconds / SECONDS_PER_DAY, &year, &month, &day);
	snprintf(buf, size, "%04u-%02u-%02u %02u:%02u:%02uZ", year, month, day, in_day / 3600,
		 in_day / 60 % 60, in_day % 60);
	return buf;
}

char *units_timestamp(__u64 ns, char *buf, size_t size)
{
	char time[UNITS_MAX]; /* "2026-08-21 03:12:07Z" */

	units_time(ns, time, sizeof(time));
	snprintf(buf, size, "%.10sT%.8s.%09lluZ", time, time + 11, ns % NS_PER_SECOND);
	return buf;
}
