// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "event.h"
#include "history/usage_files.h"

#define FILES_OTHERS 768 /* what the rest of the process may need */

void usage_files_init(struct usage_files *files)
{
	files->open = files->max = 0;
	for (int i = 0; i < STORE_SLOTS; i++)
		files->fd[i] = -1;
}

void usage_files_allow(struct usage_files *files)
{
	rlim_t wanted = STORE_SLOTS + FILES_OTHERS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_cur < wanted) {
		rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			limit.rlim_cur = before;
	}
	if (limit.rlim_cur >= wanted)
		files->max = STORE_SLOTS;
	else if (limit.rlim_cur > FILES_OTHERS)
		files->max = (int)limit.rlim_cur - FILES_OTHERS;
}

void usage_files_free(struct usage_files *files)
{
	for (int i = 0; i < STORE_SLOTS; i++)
		usage_files_drop(files, i);
}

int usage_files_read(struct usage_files *files, int index, __u64 *ret_bytes)
{
	char text[64];
	ssize_t len;
	__u64 bytes;

	if (files->fd[index] < 0)
		return -EBADF;
	len = pread(files->fd[index], text, sizeof(text) - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	bytes = sample_number(text, "");
	if (len < 0 || bytes == NOT_KNOWN) {
		usage_files_drop(files, index);
		return -ENODEV;
	}
	*ret_bytes = bytes;
	return 0;
}

void usage_files_keep(struct usage_files *files, int index, const char *path, __u64 id, bool is_v1)
{
	int fd;

	if (files->fd[index] >= 0 || files->open >= files->max)
		return;
	fd = sample_open_usage(path, id, is_v1);
	if (fd < 0)
		return;
	files->fd[index] = fd;
	files->open++;
}

void usage_files_drop(struct usage_files *files, int index)
{
	if (files->fd[index] < 0)
		return;
	close(files->fd[index]);
	files->fd[index] = -1;
	files->open--;
}
