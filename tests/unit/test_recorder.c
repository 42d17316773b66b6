// SPDX-License-Identifier: GPL-2.0-only
/* Recording on a disk that gets full, and has room again. The limit of a file's size plays the
 * disk. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "sink/recorder.h"

#define LINE "{\"a line of 24 bytes\":1}\n"
#define LINE_LEN (sizeof(LINE) - 1)

static char path[] = "/tmp/oomwhy-record-XXXXXX";

static void let_files_have(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void put(struct recorder *recorder, int lines)
{
	for (int i = 0; i < lines; i++)
		recorder_put(recorder, LINE, LINE_LEN, true);
}

static void assert_file(int lines)
{
	char bytes[1024];
	int fd = open(path, O_RDONLY);

	assert_int_equal(read(fd, bytes, sizeof(bytes)), lines * LINE_LEN);
	for (int i = 0; i < lines; i++)
		assert_memory_equal(bytes + i * LINE_LEN, LINE, LINE_LEN);
	close(fd);
}

static void full_and_free_again(void **state)
{
	struct recorder recorder;

	(void)state;
	assert_int_equal(recorder_open(&recorder, path), 0);
	let_files_have(2 * LINE_LEN + 10);
	put(&recorder, 4); /* a part of the third has room: it is taken back */
	assert_file(2);
	assert_int_equal(recorder_lost(&recorder), 2);
	recorder_put(&recorder, LINE, LINE_LEN, false);
	assert_int_equal(recorder_lost(&recorder), 2);
	let_files_have(RLIM_INFINITY);
	put(&recorder, 1);
	assert_file(3);
	assert_int_equal(recorder_lost(&recorder), 2);
	recorder_close(&recorder);
	recorder_close(&recorder);
}

static void what_is_there_stays(void **state)
{
	struct recorder recorder;

	(void)state;
	assert_int_equal(recorder_open(&recorder, path), 0);
	put(&recorder, 1);
	recorder_close(&recorder);
	assert_file(4);
}

static void nowhere(void **state)
{
	struct recorder recorder;

	(void)state;
	assert_int_equal(recorder_open(&recorder, "/nowhere/file"), -ENOENT);
	recorder_close(&recorder);
	assert_int_equal(recorder_open(&recorder, NULL), 0);
	put(&recorder, 1);
	assert_int_equal(recorder_lost(&recorder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_and_free_again),
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(nowhere),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	signal(SIGXFSZ, SIG_IGN);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
