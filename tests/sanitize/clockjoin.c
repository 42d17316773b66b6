// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ThreadSanitizer of gcc 12 does not know, by what it knows: else all that a joined thread did
 * seems to be at the same time as what comes after. The clock is another one.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <time.h>

int __wrap_pthread_clockjoin_np(pthread_t thread, void **ret, clockid_t clock,
				const struct timespec *until);

int __wrap_pthread_clockjoin_np(pthread_t thread, void **ret, clockid_t clock,
				const struct timespec *until)
{
	struct timespec now, wall;

	clock_gettime(clock, &now);
	clock_gettime(CLOCK_REALTIME, &wall);
	wall.tv_sec += until->tv_sec - now.tv_sec + 1;
	return pthread_timedjoin_np(thread, ret, &wall);
}
