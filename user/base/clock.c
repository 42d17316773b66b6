// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "base/clock.h"

static __u64 read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

__u64 clock_boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

__u64 clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

__u64 clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

__u64 clock_raw_ns(void)
{
	return read_clock(CLOCK_MONOTONIC_RAW);
}

__u64 clock_wall_of_boot(__u64 boot_ns)
{
	return clock_wall_ns() - (clock_boot_ns() - boot_ns);
}
