// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "queue.h"

int queue_init(struct queue *queue, size_t size, size_t kept)
{
	memset(queue, 0, sizeof(*queue));
	size += kept;
	queue->kept = kept;
	queue->ring = malloc(size);
	if (!queue->ring)
		return -ENOMEM;
	queue->size = size;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->filled, NULL);
	return 0;
}

void queue_free(struct queue *queue)
{
	if (!queue->ring)
		return;
	free(queue->ring);
	queue->ring = NULL;
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
}

static void put(struct queue *queue, const void *bytes, size_t len)
{
	size_t at = (queue->head + queue->used) % queue->size;
	size_t first = len < queue->size - at ? len : queue->size - at;

	memcpy(queue->ring + at, bytes, first);
	memcpy(queue->ring, (const char *)bytes + first, len - first);
	queue->used += len;
}

static void take(struct queue *queue, void *bytes, size_t len)
{
	size_t first = len < queue->size - queue->head ? len : queue->size - queue->head;

	memcpy(bytes, queue->ring + queue->head, first);
	memcpy((char *)bytes + first, queue->ring, len - first);
	queue->head = (queue->head + len) % queue->size;
	queue->used -= len;
}

/* Room that an event must leave: kills and what comes later of them to the notes, losses to the
 * end. */
static size_t room_to_leave(const struct queue *queue, enum event_type type)
{
	switch (type) {
	case EVENT_START:
	case EVENT_STOP:
		return 0;
	case EVENT_LOSS:
		return queue->kept / 2;
	default:
		return queue->kept;
	}
}

bool queue_push(struct queue *queue, const struct event *ev)
{
	unsigned char packed[PACK_MAX];
	__u32 size = (__u32)event_pack(ev, packed);
	size_t left = room_to_leave(queue, ev->type);
	bool fits;

	pthread_mutex_lock(&queue->lock);
	fits = !queue->closed && queue->size - queue->used >= size + sizeof(size) + left;
	if (fits) {
		put(queue, &size, sizeof(size));
		put(queue, packed, size);
		queue->pushed++;
		pthread_cond_signal(&queue->filled);
	} else if (ev->type == EVENT_INCIDENT) {
		queue->dropped.kills++;
	} else if (event_has_incident(ev) || ev->type == EVENT_UPDATE) {
		queue->dropped.others++; /* a note is told later, or said to be missing */
	}
	pthread_mutex_unlock(&queue->lock);
	return fits;
}

__u64 queue_pushed(struct queue *queue)
{
	__u64 pushed;

	pthread_mutex_lock(&queue->lock);
	pushed = queue->pushed;
	pthread_mutex_unlock(&queue->lock);
	return pushed;
}

bool queue_has_room(struct queue *queue)
{
	size_t needed = sizeof(__u32) + PACK_MAX + queue->kept;
	bool has;

	pthread_mutex_lock(&queue->lock);
	has = queue->size - queue->used >= needed;
	pthread_mutex_unlock(&queue->lock);
	return has;
}

bool queue_pop(struct queue *queue, struct event *ret)
{
	unsigned char packed[PACK_MAX];
	__u32 size = 0;

	pthread_mutex_lock(&queue->lock);
	while (!queue->used && !queue->closed)
		pthread_cond_wait(&queue->filled, &queue->lock);
	if (queue->used) {
		take(queue, &size, sizeof(size));
		take(queue, packed, size);
	}
	pthread_mutex_unlock(&queue->lock);
	return size && event_unpack(packed, size, ret);
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
}

struct queue_dropped queue_dropped(struct queue *queue)
{
	struct queue_dropped dropped;

	pthread_mutex_lock(&queue->lock);
	dropped = queue->dropped;
	pthread_mutex_unlock(&queue->lock);
	return dropped;
}
