// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/keyed.h"

#define FILE_MAX 16384 /* /proc/vmstat, the longest, has about 5000 bytes */

static bool find(const char *text, const char *key, __u64 *ret)
{
	size_t len = strlen(key);

	while (text) {
		if (!strncmp(text, key, len) && text[len] == ' ' && text[len + 1] >= '0' &&
		    text[len + 1] <= '9') {
			errno = 0;
			*ret = strtoull(text + len + 1, NULL, 10);
			return !errno;
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

bool keyed_read(int folder_fd, const char *name, const char *key, __u64 *ret)
{
	int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[FILE_MAX];
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return find(text, key, ret);
}
