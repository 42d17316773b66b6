/* SPDX-License-Identifier: GPL-2.0-only */
/* thread: threads with small stacks: the program is locked in memory, stacks included. */
#ifndef OOMWHY_THREAD_H
#define OOMWHY_THREAD_H

#include <pthread.h>

#include "base/privileges.h"

#define THREAD_STACK_BYTES (256 * 1024)

/*
 * thread_start() - @name has at most 15 bytes. All signals are blocked in it, and of the
 * capabilities it has @kept only (see privileges.h). Returns 0 or -errno.
 */
int thread_start(pthread_t *ret, const char *name, __u64 kept, void *(*run)(void *), void *context);

/* thread_join() - waits for its end, at most @timeout_ms. Returns 0, or -ETIMEDOUT: it still runs.
 */
int thread_join(pthread_t thread, int timeout_ms);

#endif
