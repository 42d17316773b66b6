// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/oom_score.h"

#define PATH "/proc/self/oom_score_adj"

bool oom_score_read(int *ret)
{
	char text[16] = "";
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	*ret = (int)strtol(text, NULL, 10);
	return true;
}

int oom_score_write(int score)
{
	int fd = open(PATH, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d", score) < 0)
		err = -errno;
	close(fd);
	return err;
}
