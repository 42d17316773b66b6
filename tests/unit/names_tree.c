// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#include "names_tree.h"

static char root[64];
static int real_stderr, log_fd;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int tree_begin(void **state)
{
	(void)state;
	strcpy(root, "/tmp/oomwhy-names.XXXXXX");
	log_fd = memfd_create("stderr", MFD_CLOEXEC);
	real_stderr = dup(STDERR_FILENO);
	return !mkdtemp(root) || log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0;
}

int tree_end(void **state)
{
	(void)state;
	fprintf(stdout, "%s", tree_stderr());
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(log_fd);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tree_path(const char *path)
{
	static char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return whole;
}

static void make_parents(const char *path)
{
	char whole[PATH_MAX];

	strcpy(whole, tree_path(path));
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(whole, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void tree_bytes(const char *path, const void *bytes, size_t len)
{
	int fd;

	make_parents(path);
	fd = open(tree_path(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

void tree_file(const char *path, const char *text)
{
	tree_bytes(path, text, strlen(text));
}

void tree_folder(const char *path)
{
	make_parents(path);
	assert_true(!mkdir(tree_path(path), 0755) || errno == EEXIST);
}

void tree_link(const char *path, const char *target)
{
	make_parents(path);
	assert_return_code(symlink(target, tree_path(path)), errno);
}

void tree_fifo(const char *path)
{
	make_parents(path);
	assert_return_code(mkfifo(tree_path(path), 0600), errno);
}

void tree_remove(const char *path)
{
	assert_return_code(nftw(tree_path(path), remove_one, 16, FTW_DEPTH | FTW_PHYS), errno);
}

bool tree_ask(struct names *names, const char *cgroup, struct container_names *ret)
{
	struct place place;

	place_path(cgroup, strlen(cgroup), &place);
	memset(ret, '#', sizeof(*ret));
	return names_look_up(names, &place, ret);
}

bool tree_look_up_in(const struct names_roots *roots, const char *cgroup,
		     struct container_names *ret)
{
	struct names *names = names_open(root, roots, TREE_MEMORY);
	bool found;

	assert_non_null(names);
	found = tree_ask(names, cgroup, ret);
	names_close(names);
	return found;
}

bool tree_look_up(const char *cgroup, struct container_names *ret)
{
	return tree_look_up_in(NULL, cgroup, ret);
}

const char *tree_stderr(void)
{
	static char text[65536];
	ssize_t len = pread(log_fd, text, sizeof(text) - 1, 0);

	assert_true(len >= 0);
	text[len] = '\0';
	assert_return_code(ftruncate(log_fd, 0), errno);
	lseek(log_fd, 0, SEEK_SET);
	return text;
}
