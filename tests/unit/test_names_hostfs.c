// SPDX-License-Identifier: GPL-2.0-only
/* names: the host's files below one root; and how much of what goes wrong with them is told. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log_limit.h"
#include "names/hostfs.h"
#include "names_tree.h"

static struct hostfs fs;

static int begin(void **state)
{
	return tree_begin(state) || hostfs_open(&fs, tree_path("/"));
}

static int end(void **state)
{
	hostfs_close(&fs);
	hostfs_close(&fs);
	return tree_end(state);
}

static void assert_reads(const char *path, const char *expected)
{
	char *text;
	size_t len;

	assert_int_equal(hostfs_read(&fs, path, 64, &text, &len), 0);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len + 1);
	free(text);
}

static int read_error(const char *path)
{
	char *text;
	size_t len;

	return hostfs_read(&fs, path, 64, &text, &len);
}

static void reads(void **state)
{
	char text[65];

	(void)state;
	tree_file("/a/b", "text");
	assert_reads("/a/b", "text");
	assert_reads("a/b", "text");
	tree_file("/empty", "");
	assert_reads("/empty", "");
	memset(text, 'x', sizeof(text));
	tree_bytes("/bound", text, 64);
	text[64] = '\0';
	assert_reads("/bound", text);
	tree_bytes("/beyond", "0123456789012345678901234567890123456789012345678901234567890123456",
		   65);
	assert_int_equal(read_error("/beyond"), -EFBIG);
	assert_int_equal(read_error("/none"), -ENOENT);
	assert_int_equal(read_error("/a"), -EINVAL);
	assert_int_equal(read_error("/a/b/c"), -ENOTDIR);
	assert_int_equal(read_error(""), -ENOENT);
}

/* Nothing outside can be named, by path or by link. */
static void stays_inside(void **state)
{
	char link[256];

	(void)state;
	tree_file("/root/file", "inside");
	tree_file("/secret", "outside");
	hostfs_close(&fs);
	assert_int_equal(hostfs_open(&fs, tree_path("/root")), 0);
	assert_reads("../../file", "inside");
	assert_int_equal(read_error("../secret"), -ENOENT);
	tree_link("/root/up", "../secret");
	tree_link("/root/whole", tree_path("/secret"));
	tree_link("/root/folder", "..");
	tree_link("/root/absolute", "/file");
	tree_link("/root/chain", "folder/absolute");
	assert_int_equal(read_error("/up"), -ENOENT);
	assert_int_equal(read_error("/whole"), -ENOENT);
	assert_int_equal(read_error("/folder/secret"), -ENOENT);
	assert_reads("/absolute", "inside");
	assert_reads("/chain", "inside");
	assert_int_equal(hostfs_readlink(&fs, "/up", link, sizeof(link)), 0);
	assert_string_equal(link, "../secret");
	assert_int_equal(hostfs_readlink(&fs, "/up", link, 9), -ENAMETOOLONG);
	assert_int_equal(hostfs_readlink(&fs, "/file", link, sizeof(link)), -EINVAL);
	assert_int_equal(hostfs_readlink(&fs, "/none", link, sizeof(link)), -ENOENT);
}

/* This machine's own root; a file of /proc has no size, a magic link is not followed. */
static void own_root(void **state)
{
	char *text, path[64];
	size_t len;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	hostfs_close(&fs);
	assert_int_equal(hostfs_open(&fs, ""), 0);
	assert_int_equal(hostfs_read(&fs, "/proc/version", 4096, &text, &len), 0);
	assert_memory_equal(text, "Linux", 5);
	free(text);
	assert_int_equal(hostfs_read(&fs, "/proc/kallsyms", 4096, &text, &len), -EFBIG);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(hostfs_read(&fs, path, 4096, &text, &len), -ELOOP);
	assert_int_equal(hostfs_read(&fs, "/proc/self/root/proc/version", 4096, &text, &len),
			 -ELOOP);
	close(fd);
}

struct seen {
	size_t count, folders, stop_at;
};

static bool see(void *context, const char *name, bool may_be_folder)
{
	struct seen *seen = context;

	assert_string_not_equal(name, ".");
	assert_string_not_equal(name, "..");
	seen->folders += may_be_folder;
	return ++seen->count != seen->stop_at;
}

static void lists(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	tree_file("/d/a", "");
	tree_folder("/d/b");
	tree_link("/d/c", "b");
	assert_int_equal(hostfs_list(&fs, "/d", 3, see, &seen), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.folders, 1);
	seen.count = 0;
	assert_int_equal(hostfs_list(&fs, "/d", 2, see, &seen), -E2BIG);
	assert_int_equal(seen.count, 2);
	seen = (struct seen){ .stop_at = 1 };
	assert_int_equal(hostfs_list(&fs, "/d", 2, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(hostfs_list(&fs, "/d/a", 2, see, &seen), -ENOTDIR);
	assert_int_equal(hostfs_list(&fs, "/none", 2, see, &seen), -ENOENT);
	assert_true(hostfs_is_folder(&fs, "/d/c"));
	assert_false(hostfs_is_folder(&fs, "/d/a"));
	assert_false(hostfs_is_folder(&fs, "/none"));
}

static void stamps(void **state)
{
	struct hostfs_stamp before, after;

	(void)state;
	tree_file("/f", "one");
	assert_int_equal(hostfs_stamp(&fs, "/f", &before), 0);
	assert_int_equal(hostfs_stamp(&fs, "/f", &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	tree_file("/f", "three");
	assert_int_equal(hostfs_stamp(&fs, "/f", &after), 0);
	assert_int_equal(after.size_bytes, 5);
	tree_file("/g", "three");
	assert_int_equal(hostfs_stamp(&fs, "/g", &before), 0);
	assert_int_not_equal(before.inode, after.inode);
	assert_int_equal(hostfs_stamp(&fs, "/none", &before), -ENOENT);
	tree_fifo("/fifo");
	assert_int_equal(hostfs_stamp(&fs, "/fifo", &before), -EINVAL);
}

static void lines_a_minute(void **state)
{
	struct log_limit limit = { 0 };
	__u64 now = 5, unsaid;

	(void)state;
	for (int i = 0; i < LOG_LIMIT_LINES; i++) {
		assert_true(log_limit_admit(&limit, now++, &unsaid));
		assert_int_equal(unsaid, 0);
	}
	for (int i = 0; i < 100; i++) {
		assert_false(log_limit_admit(&limit, now++, &unsaid));
		assert_int_equal(unsaid, 0);
	}
	assert_false(log_limit_admit(&limit, 5 + LOG_LIMIT_NS - 1, &unsaid));
	assert_true(log_limit_admit(&limit, 5 + LOG_LIMIT_NS, &unsaid));
	assert_int_equal(unsaid, 101);
	assert_true(log_limit_admit(&limit, 5 + LOG_LIMIT_NS, &unsaid));
	assert_int_equal(unsaid, 0);
	/* Nothing to be told is not told. */
	log_limit_tell(&limit, true);
	assert_string_equal(tree_stderr(), "");
}

/* When nobody has more to say, how much was not said is told all the same. */
static void unsaid_is_told(void **state)
{
	struct log_limit limit = { 0 };

	(void)state;
	for (int i = 0; i < LOG_LIMIT_LINES + 3; i++)
		log_limited(&limit, "line %d", i);
	log_limit_tell(&limit, false);
	assert_null(strstr(tree_stderr(), "more lines"));
	limit.since_ns -= LOG_LIMIT_NS;
	log_limit_tell(&limit, false);
	assert_string_equal(tree_stderr(), "oomwhy: 3 more lines like these were not written\n");
	log_limit_tell(&limit, true);
	assert_string_equal(tree_stderr(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, begin, end),
		cmocka_unit_test_setup_teardown(stays_inside, begin, end),
		cmocka_unit_test_setup_teardown(own_root, begin, end),
		cmocka_unit_test_setup_teardown(lists, begin, end),
		cmocka_unit_test_setup_teardown(stamps, begin, end),
		cmocka_unit_test_setup_teardown(lines_a_minute, begin, end),
		cmocka_unit_test_setup_teardown(unsaid_is_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
