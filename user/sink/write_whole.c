// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "base/wait.h"
#include "sink/write_whole.h"

int write_whole(int fd, const char *bytes, size_t len, size_t *ret_len)
{
	for (*ret_len = 0; *ret_len < len;) {
		ssize_t written = write(fd, bytes + *ret_len, len - *ret_len);

		if (written < 0 && errno == EAGAIN) {
			/* Somebody else has made it non-blocking: it is shared. */
			struct pollfd ready = { .fd = fd, .events = POLLOUT };

			wait_for(&ready, 1, -1);
			continue;
		}
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		*ret_len += (size_t)written;
	}
	return 0;
}
