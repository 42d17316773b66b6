/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state: the thread that keeps kills and stalls in the state folder, as our own JSON lines, for
 * those who come later. What it is given waits in a queue of a fixed size; what has no room there,
 * or on the disk, is counted, and nothing else waits for it.
 */
#ifndef OOMWHY_STATE_H
#define OOMWHY_STATE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/log_limit.h"
#include "queue.h"
#include "sink/json.h"
#include "state_folder.h"

struct state {
	struct state_folder folder;
	struct queue queue;
	pthread_t thread;
	bool runs;
	const char *path; /* borrowed */
	_Atomic __u64 failed; /* that the disk did not take */
	struct log_limit limit;
	struct event ev;
	char line[JSON_LINE_MAX];
};

/*
 * state_open() - NULL, with *@ret_err, where the folder cannot be used. @may_make: it may be made.
 * To be freed by state_free(), which may be given NULL.
 */
struct state *state_open(const char *path, bool may_make, int *ret_err);
void state_free(struct state *state);

/* state_start() - begins to write. Returns 0 or -errno. */
int state_start(struct state *state);

/* state_keep() - T1: a complete event, of which kills and stalls are kept. No I/O. */
void state_keep(struct state *state, const struct event *ev);

/* state_lost() - what was given and is not there. */
__u64 state_lost(struct state *state);

/* state_finish() - write what waits. Returns 0, or -ETIMEDOUT: the thread still uses @state. */
int state_finish(struct state *state, int timeout_ms);

#endif
