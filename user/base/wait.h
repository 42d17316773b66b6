/* SPDX-License-Identifier: GPL-2.0-only */
/* wait: poll() that goes on where a process may have no file descriptors any more. */
#ifndef OOMWHY_WAIT_H
#define OOMWHY_WAIT_H

#include <poll.h>

/*
 * wait_for() - as poll(). It refuses more descriptors than RLIMIT_NOFILE allows (EINVAL), also
 * those that are long open: somebody may have lowered the limit since, and a thread that waits by
 * it would not wait any more, nor hear that it is to end.
 */
int wait_for(struct pollfd *fds, int count, int timeout_ms);

#endif
