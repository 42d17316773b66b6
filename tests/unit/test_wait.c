/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/wait.h"

static const __u64 ms = 1000000;

/* As much as it is under a limit that allows it. */
static void check_waits(int quiet, int told)
{
	struct pollfd fds[] = { { .fd = quiet, .events = POLLIN },
				{ .fd = told, .events = POLLIN } };
	__u64 begun_ns = clock_boot_ns();

	assert_int_equal(wait_for(fds, 1, 30), 0);
	assert_true(clock_boot_ns() - begun_ns >= 25 * ms);
	assert_int_equal(wait_for(fds, 2, -1), 1);
	assert_false(fds[0].revents);
	assert_true(fds[1].revents & POLLIN);
}

static void a_lowered_limit_changes_nothing(void **state)
{
	int quiet = eventfd(0, EFD_CLOEXEC), told = eventfd(1, EFD_CLOEXEC);
	struct rlimit limit, none;

	(void)state;
	assert_true(quiet >= 0 && told >= 0);
	check_waits(quiet, told);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(poll(&(struct pollfd){ .fd = quiet }, 1, 0), -1);
	assert_int_equal(errno, EINVAL); /* or this test shows nothing */
	check_waits(quiet, told);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	close(quiet);
	close(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_lowered_limit_changes_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
