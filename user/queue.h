/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue: events on their way to the writer, packed, in a ring of bytes of a fixed size.
 *
 * The pushing side never waits for the popping one: what has no room is dropped and counted. Some
 * room is kept for losses and the end, so that these can still be told.
 */
#ifndef OOMWHY_QUEUE_H
#define OOMWHY_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "event.h"

/* What had no room. */
struct queue_dropped {
	__u64 kills;
	__u64 others; /* stalls, and what is known later of an event */
};

struct queue {
	pthread_mutex_t lock; /* held for a memcpy, never for I/O */
	pthread_cond_t filled;
	char *ring;
	size_t size, kept, head, used;
	__u64 pushed; /* events of all kinds that had room */
	struct queue_dropped dropped;
	bool closed;
};

/*
 * queue_init() - with room for @size bytes of incidents and @kept bytes more for what else there is
 * to tell, allocated now and never again. Returns 0 or -ENOMEM.
 */
int queue_init(struct queue *queue, size_t size, size_t kept);
void queue_free(struct queue *queue);

/* queue_push() - returns false where @ev had no room or the queue is closed. */
bool queue_push(struct queue *queue, const struct event *ev);

/* queue_pushed() - how many events it has taken so far. */
__u64 queue_pushed(struct queue *queue);

/* queue_has_room() - for an incident of any size. */
bool queue_has_room(struct queue *queue);

/* queue_pop() - waits for an event; returns false when the queue is closed and empty. */
bool queue_pop(struct queue *queue, struct event *ret);

/* queue_close() - nothing more will come; what is in it can still be popped. */
void queue_close(struct queue *queue);

struct queue_dropped queue_dropped(struct queue *queue);

#endif
