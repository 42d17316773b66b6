// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "state.h"

/* The disk may be slow on the worst day: room for some 40 kills at a time. */
#define QUEUE_BYTES (512 * 1024)

struct state *state_open(const char *path, bool may_make, int *ret_err)
{
	struct state *state = calloc(1, sizeof(*state));

	*ret_err = -ENOMEM;
	if (!state)
		return NULL;
	state->path = path;
	*ret_err = state_folder_open(&state->folder, path, may_make);
	if (!*ret_err)
		*ret_err = queue_init(&state->queue, QUEUE_BYTES, 0);
	if (!*ret_err)
		return state;
	state_free(state);
	return NULL;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	state_folder_close(&state->folder);
	queue_free(&state->queue);
	free(state);
}

static void say_failed(struct state *state, int err)
{
	state->failed++;
	log_limited(&state->limit, "%s: a kill is not kept there: %s", state->path, strerror(-err));
}

static bool nothing_waits(struct queue *queue)
{
	bool empty;

	pthread_mutex_lock(&queue->lock);
	empty = !queue->used;
	pthread_mutex_unlock(&queue->lock);
	return empty;
}

/*
 * A machine that runs out of memory may be about to end: a kill is on the disk as soon as there is
 * none that waits. In a storm one write to the disk takes many.
 */
static void *run(void *context)
{
	struct state *state = context;
	int len, err;

	while (queue_pop(&state->queue, &state->ev)) {
		len = json_write(&state->ev, state->line, sizeof(state->line));
		err = len < 0 ? len : state_folder_append(&state->folder, state->line, (size_t)len);
		if (!err && nothing_waits(&state->queue))
			err = state_folder_sync(&state->folder);
		if (err)
			say_failed(state, err);
		log_limit_tell(&state->limit, false);
	}
	log_limit_tell(&state->limit, true);
	return NULL;
}

int state_start(struct state *state)
{
	int err = thread_start(&state->thread, "oomwhy-state", PRIVILEGES_NONE, run, state);

	state->runs = !err;
	return err;
}

void state_keep(struct state *state, const struct event *ev)
{
	if (event_has_incident(ev))
		queue_push(&state->queue, ev);
}

__u64 state_lost(struct state *state)
{
	struct queue_dropped dropped = queue_dropped(&state->queue);

	return state->failed + dropped.kills + dropped.others;
}

int state_finish(struct state *state, int timeout_ms)
{
	int err;

	if (!state->runs)
		return 0;
	queue_close(&state->queue);
	err = thread_join(state->thread, timeout_ms);
	state->runs = err != 0;
	return err;
}
