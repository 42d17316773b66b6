// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"

#define LINE_BYTES 8000
#define TOLD_MAX 4096

static char parent[64], dir[128], path[256];

static int setup(void **context)
{
	(void)context;
	snprintf(parent, sizeof(parent), "/tmp/oomwhy-state-XXXXXX");
	if (!mkdtemp(parent))
		return -1;
	snprintf(dir, sizeof(dir), "%s/state", parent);
	return 0;
}

static int teardown(void **context)
{
	char command[128];

	(void)context;
	snprintf(command, sizeof(command), "rm -rf %s", parent);
	return system(command);
}

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* A line with a number, padded. */
static size_t make_line(char *buf, int number, size_t len)
{
	size_t head = (size_t)snprintf(buf, LINE_BYTES + 1, "{\"n\":%d,\"pad\":\"", number);

	memset(buf + head, 'x', len - head - 3);
	memcpy(buf + len - 3, "\"}\n", 3);
	return len;
}

static int append(struct state_folder *folder, int number, size_t len)
{
	static char line[LINE_BYTES + 1];

	return state_folder_append(folder, line, make_line(line, number, len));
}

/* Numbers of all whole lines, oldest first; what else stands there is counted as cut. */
static int read_all(int *ret_numbers, int *ret_cut)
{
	static char line[2 * LINE_BYTES];
	int fds[STATE_FILES], told = 0, files = state_folder_read(dir, fds);

	*ret_cut = 0;
	assert_true(files >= 0);
	for (int i = 0; i < files; i++) {
		FILE *file = fdopen(fds[i], "r");

		while (fgets(line, sizeof(line), file)) {
			size_t len = strlen(line);
			int number;

			if (len < 4 || strcmp(line + len - 3, "\"}\n") ||
			    sscanf(line, "{\"n\":%d,", &number) != 1)
				(*ret_cut)++;
			else if (told < TOLD_MAX)
				ret_numbers[told++] = number;
		}
		fclose(file);
	}
	return told;
}

static void open_folder(struct state_folder *folder)
{
	assert_int_equal(state_folder_open(folder, dir, true), 0);
}

static void test_is_made_and_private(void **context)
{
	struct state_folder folder;
	struct stat st;

	(void)context;
	assert_int_equal(state_folder_open(&folder, dir, false), -ENOENT);
	open_folder(&folder);
	assert_int_equal(append(&folder, 1, 100), 0);
	assert_int_equal(state_folder_sync(&folder), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(in_dir("incidents.jsonl"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	state_folder_close(&folder);
	/* kubelet's DirectoryOrCreate */
	assert_int_equal(chmod(dir, 0755), 0);
	open_folder(&folder);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	state_folder_close(&folder);
}

static void test_is_bounded(void **context)
{
	static int told[TOLD_MAX];
	struct state_folder folder;
	int cut, count, written = 1000;
	size_t total = 0;

	(void)context;
	open_folder(&folder);
	for (int i = 0; i < written; i++)
		assert_int_equal(append(&folder, i, LINE_BYTES), 0);
	count = read_all(told, &cut);
	assert_int_equal(cut, 0);
	/* The last ones, all of them, in order. */
	for (int i = 0; i < count; i++)
		assert_int_equal(told[i], written - count + i);
	total = (size_t)count * LINE_BYTES;
	assert_true(total <= STATE_FILES * STATE_FILE_BYTES);
	assert_true(total >= (STATE_FILES - 1) * (STATE_FILE_BYTES - LINE_BYTES));
	assert_int_not_equal(access(in_dir("incidents.4.jsonl"), F_OK), 0);
	state_folder_close(&folder);
}

static void test_cut_line_swallows_none(void **context)
{
	int told[8], cut, fd;
	struct state_folder folder;

	(void)context;
	open_folder(&folder);
	assert_int_equal(append(&folder, 1, 100), 0);
	state_folder_close(&folder);
	fd = open(in_dir("incidents.jsonl"), O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"n\":2,\"pa", 10), 10); /* a crash */
	close(fd);
	open_folder(&folder);
	assert_int_equal(append(&folder, 3, 100), 0);
	assert_int_equal(read_all(told, &cut), 2);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[1], 3);
	assert_int_equal(cut, 1);
	state_folder_close(&folder);
}

/* The file may not grow beyond: a part of the line fits, as on a full disk. */
static void test_full_disk(void **context)
{
	struct rlimit before, small;
	struct state_folder folder;
	int told[8], cut, err;

	(void)context;
	signal(SIGXFSZ, SIG_IGN);
	open_folder(&folder);
	assert_int_equal(append(&folder, 1, 100), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 150;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = append(&folder, 2, 100);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(append(&folder, 3, 100), 0);
	assert_int_equal(read_all(told, &cut), 2);
	assert_int_equal(told[1], 3);
	assert_int_equal(cut, 0);
	state_folder_close(&folder);
}

static void test_links_are_not_followed(void **context)
{
	struct state_folder folder;
	char target[256];
	struct stat st;

	(void)context;
	snprintf(target, sizeof(target), "%s/precious", parent);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	open_folder(&folder);
	assert_int_equal(symlink(target, in_dir("incidents.jsonl")), 0);
	assert_int_equal(append(&folder, 1, 100), -ELOOP);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(in_dir("incidents.jsonl"));
	assert_int_equal(mkfifo(in_dir("incidents.jsonl"), 0600), 0);
	assert_int_not_equal(append(&folder, 1, 100), 0); /* and does not wait for a reader */
	state_folder_close(&folder);
	snprintf(target, sizeof(target), "%s/link", parent);
	assert_int_equal(symlink(dir, target), 0);
	assert_int_equal(state_folder_open(&folder, target, true), -ENOTDIR);
}

static void test_others_may_not_write_there(void **context)
{
	struct state_folder folder;
	int fds[STATE_FILES];

	(void)context;
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(state_folder_open(&folder, dir, true), -EPERM);
	assert_int_equal(state_folder_read(dir, fds), -EPERM);
	if (geteuid()) /* only root gives files away */
		return;
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_int_equal(state_folder_open(&folder, dir, true), -EPERM);
	assert_int_equal(state_folder_read(dir, fds), -EPERM);
}

static void write_many(int first, int count)
{
	struct state_folder folder;

	if (state_folder_open(&folder, dir, true))
		_exit(1);
	for (int i = 0; i < count; i++)
		if (append(&folder, first + i, 1000 + (size_t)i % 700))
			_exit(2);
	_exit(0);
}

/* They begin new files under each other's feet: 2 x 1,000 lines are two files. */
static void test_two_at_once(void **context)
{
	static int told[TOLD_MAX];
	static bool seen[2000];
	int status, cut, count;

	(void)context;
	for (int i = 0; i < 2; i++)
		if (!fork())
			write_many(i * 1000, 1000);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	count = read_all(told, &cut);
	assert_int_equal(cut, 0);
	assert_int_equal(count, 2000);
	for (int i = 0; i < count; i++) {
		assert_in_range(told[i], 0, 1999);
		assert_false(seen[told[i]]);
		seen[told[i]] = true;
	}
	assert_int_equal(access(in_dir("incidents.1.jsonl"), F_OK), 0);
}

static void keep_kills(struct state *state, int count)
{
	static struct event ev;

	for (int i = 0; i < count; i++) {
		event_init(&ev, EVENT_INCIDENT);
		snprintf(ev.id, sizeof(ev.id), "kill-%d", i);
		state_keep(state, &ev);
	}
	event_init(&ev, EVENT_LOSS);
	state_keep(state, &ev);
}

static int lines_of(const char *name)
{
	FILE *file = fopen(in_dir(name), "r");
	int count = 0, c;

	while (file && (c = fgetc(file)) != EOF)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

static void test_thread_keeps_kills(void **context)
{
	struct state *state;
	int err;

	(void)context;
	state = state_open(dir, true, &err);
	assert_non_null(state);
	assert_int_equal(state_start(state), 0);
	keep_kills(state, 5);
	assert_int_equal(state_finish(state, 10000), 0);
	assert_int_equal(state_lost(state), 0);
	assert_int_equal(lines_of("incidents.jsonl"), 5); /* and no loss */
	state_free(state);
}

/* The disk does not answer: somebody holds the lock. Nobody waits but the thread. */
static void test_slow_disk_is_counted(void **context)
{
	struct state *state;
	int err, fd;

	(void)context;
	state = state_open(dir, true, &err);
	assert_non_null(state);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(state_start(state), 0);
	keep_kills(state, 1000);
	assert_int_equal(state_finish(state, 50), -ETIMEDOUT);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(state_finish(state, 10000), 0);
	assert_true(state_lost(state) > 0);
	assert_int_equal(lines_of("incidents.jsonl") + lines_of("incidents.1.jsonl"),
			 1000 - (int)state_lost(state));
	close(fd);
	state_free(state);
}

static void test_failed_disk_is_counted(void **context)
{
	struct state *state;
	int err;

	(void)context;
	state = state_open(dir, true, &err);
	assert_non_null(state);
	assert_int_equal(mkdir(in_dir("incidents.jsonl"), 0700), 0);
	assert_int_equal(state_start(state), 0);
	keep_kills(state, 3);
	assert_int_equal(state_finish(state, 10000), 0);
	assert_int_equal(state_lost(state), 3);
	state_free(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_is_made_and_private),
		TEST(test_is_bounded),
		TEST(test_cut_line_swallows_none),
		TEST(test_full_disk),
		TEST(test_links_are_not_followed),
		TEST(test_others_may_not_write_there),
		TEST(test_two_at_once),
		TEST(test_thread_keeps_kills),
		TEST(test_slow_disk_is_counted),
		TEST(test_failed_disk_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
