// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/select.h>

#include "base/wait.h"

#define LOOK_MS 100 /* at what cannot be waited for */

/* Which has no such limit, but one of its own. */
static int wait_by_select(struct pollfd *fds, int count, int timeout_ms)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int last = -1, ready;
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	for (int i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0 || fds[i].fd >= FD_SETSIZE)
			continue;
		FD_SET(fds[i].fd, fds[i].events & POLLOUT ? &out : &in);
		last = fds[i].fd > last ? fds[i].fd : last;
	}
	ready = select(last + 1, &in, &out, NULL, timeout_ms < 0 ? NULL : &timeout);
	for (int i = 0; i < count && ready > 0; i++)
		if (fds[i].fd >= 0 && fds[i].fd < FD_SETSIZE &&
		    (FD_ISSET(fds[i].fd, &in) || FD_ISSET(fds[i].fd, &out)))
			fds[i].revents = fds[i].events;
	return ready;
}

int wait_for(struct pollfd *fds, int count, int timeout_ms)
{
	int ready = poll(fds, (nfds_t)count, timeout_ms);
	bool all_fit = true;

	if (ready >= 0 || errno != EINVAL)
		return ready;
	for (int i = 0; i < count; i++)
		all_fit &= fds[i].fd < FD_SETSIZE;
	if (!all_fit && (timeout_ms < 0 || timeout_ms > LOOK_MS))
		timeout_ms = LOOK_MS;
	return wait_by_select(fds, count, timeout_ms);
}
