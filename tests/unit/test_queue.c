// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "pack.h"
#include "queue.h"

#define PUSHERS 4
#define EACH 2000
#define BASE (1ULL << 40) /* added to what differs: so that all are of one length */

/* A small event that says who made it; @padding makes its size odd. */
static void make(struct event *ev, __u64 maker, __u64 number, int padding)
{
	event_init(ev, EVENT_INCIDENT);
	ev->incident.losses_total = BASE + maker;
	ev->incident.total_pages_bytes = BASE + number;
	ev->message = event_textf(ev, "%0*llu", padding, number);
}

static bool push(struct queue *queue, __u64 maker, __u64 number, int padding)
{
	struct event ev;

	make(&ev, maker, number, padding);
	return queue_push(queue, &ev);
}

static void assert_next(struct queue *queue, __u64 number)
{
	static struct event ev, expected;

	assert_true(queue_pop(queue, &ev));
	assert_int_equal(ev.incident.total_pages_bytes, BASE + number);
	make(&expected, ev.incident.losses_total - BASE, number, ev.message.len);
	assert_int_equal(event_size(&ev), event_size(&expected));
	assert_memory_equal(&ev, &expected, event_size(&expected));
}

static size_t size_of(int padding)
{
	unsigned char packed[PACK_MAX];
	struct event ev;

	make(&ev, 0, 1, padding);
	return event_pack(&ev, packed) + sizeof(__u32);
}

static void order_and_wrap_around(void **state)
{
	struct queue queue;
	__u64 pushed = 0, popped = 0;

	(void)state;
	/* Of no multiple of anything: lengths and events are torn at the end of the ring. */
	assert_int_equal(queue_init(&queue, 3 * size_of(31) + 5, 0), 0);
	for (int round = 0; round < 20000; round++) {
		for (int i = 0; i <= round % 3; i++, pushed++)
			assert_true(push(&queue, 1, pushed, 1 + (int)(pushed % 31)));
		while (popped < pushed)
			assert_next(&queue, popped++);
	}
	assert_int_equal(queue_dropped(&queue).kills, 0);
	queue_free(&queue);
}

static void full_counts_and_drops(void **state)
{
	struct queue queue;

	(void)state;
	assert_int_equal(queue_init(&queue, 2 * size_of(8), 0), 0);
	assert_true(push(&queue, 1, 0, 8));
	assert_true(push(&queue, 1, 1, 8));
	for (int i = 0; i < 5; i++)
		assert_false(push(&queue, 1, 2, 1));
	assert_int_equal(queue_dropped(&queue).kills, 5);
	assert_next(&queue, 0);
	assert_false(push(&queue, 1, 3, 9));
	assert_true(push(&queue, 1, 4, 8));
	assert_next(&queue, 1);
	assert_next(&queue, 4);
	assert_int_equal(queue_dropped(&queue).kills, 6);
	queue_free(&queue);
}

static void an_event_that_never_fits(void **state)
{
	struct queue queue;

	(void)state;
	assert_int_equal(queue_init(&queue, size_of(8) - 1, 0), 0);
	assert_false(push(&queue, 1, 0, 8));
	assert_true(push(&queue, 1, 1, 7));
	assert_int_equal(queue_dropped(&queue).kills, 1);
	queue_free(&queue);
}

/* The largest event there is. */
static void full_size_event(void **state)
{
	static struct event ev, ret;
	struct queue queue;
	static char text[EVENT_TEXT_MAX];

	(void)state;
	event_init(&ev, EVENT_INCIDENT);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	event_text(&ev, text, sizeof(text));
	assert_int_equal(event_size(&ev), offsetof(struct event, text) + EVENT_TEXT_MAX);
	assert_int_equal(queue_init(&queue, sizeof(ev) + 1000, 0), 0);
	for (int i = 0; i < 10; i++) {
		assert_true(queue_push(&queue, &ev));
		assert_true(queue_pop(&queue, &ret));
		assert_memory_equal(&ev, &ret, event_size(&ev));
	}
	queue_free(&queue);
}

/* Nobody reads, kills fill the queue: a loss and the end can still be told. */
static void room_is_kept_for_notes(void **state)
{
	struct queue queue;
	struct event note;

	(void)state;
	assert_int_equal(queue_init(&queue, 2 * size_of(8), 2000), 0);
	assert_true(push(&queue, 1, 0, 8));
	assert_true(push(&queue, 1, 1, 8));
	assert_false(push(&queue, 1, 2, 8));
	event_init(&note, EVENT_LOSS);
	assert_true(queue_push(&queue, &note));
	while (queue_push(&queue, &note))
		;
	assert_int_equal(queue_dropped(&queue).kills, 1); /* losses are told again, not counted */
	event_init(&note, EVENT_UPDATE);
	assert_false(queue_push(&queue, &note)); /* takes no room of theirs, and is counted */
	assert_int_equal(queue_dropped(&queue).kills, 1);
	assert_int_equal(queue_dropped(&queue).others, 1);
	event_init(&note, EVENT_STOP);
	assert_true(queue_push(&queue, &note));
	assert_next(&queue, 0);
	queue_free(&queue);
}

static void closed_queue_can_be_emptied(void **state)
{
	static struct event ev;
	struct queue queue;

	(void)state;
	assert_int_equal(queue_init(&queue, 1 << 16, 0), 0);
	assert_true(push(&queue, 1, 0, 1));
	queue_close(&queue);
	assert_false(push(&queue, 1, 1, 1));
	assert_int_equal(queue_dropped(&queue).kills, 1);
	assert_next(&queue, 0);
	assert_false(queue_pop(&queue, &ev));
	assert_false(queue_pop(&queue, &ev));
	queue_free(&queue);
	queue_free(&queue);
}

struct popper {
	struct queue *queue;
	atomic_bool ended;
	__u64 next[PUSHERS];
	__u64 popped;
	bool out_of_order;
};

static void *pop_all(void *context)
{
	struct popper *popper = context;
	struct event ev;

	while (queue_pop(popper->queue, &ev)) {
		__u64 *next = &popper->next[ev.incident.losses_total - BASE];

		popper->out_of_order |= ev.incident.total_pages_bytes < *next;
		*next = ev.incident.total_pages_bytes + 1;
		popper->popped++;
	}
	atomic_store(&popper->ended, true);
	return NULL;
}

static void close_wakes_a_waiting_popper(void **state)
{
	struct queue queue;
	struct popper popper = { .queue = &queue };
	pthread_t thread;

	(void)state;
	assert_int_equal(queue_init(&queue, 1 << 16, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, pop_all, &popper), 0);
	usleep(20000);
	assert_false(atomic_load(&popper.ended));
	queue_close(&queue);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(popper.popped, 0);
	queue_free(&queue);
}

struct pusher {
	struct queue *queue;
	__u64 number;
	__u64 refused;
};

static void *push_all(void *context)
{
	struct pusher *pusher = context;

	for (__u64 i = 0; i < EACH; i++)
		pusher->refused += !push(pusher->queue, pusher->number, i, 1 + (int)(i % 50));
	return NULL;
}

/* Several push, one pops, with room for few: each is popped in order or counted as dropped. */
static void many_pushers(void **state)
{
	struct pusher pushers[PUSHERS];
	pthread_t threads[PUSHERS], popping;
	struct queue queue;
	struct popper popper = { .queue = &queue };
	__u64 refused = 0;

	(void)state;
	assert_int_equal(queue_init(&queue, 7 * size_of(50) + 3, 0), 0);
	assert_int_equal(pthread_create(&popping, NULL, pop_all, &popper), 0);
	for (__u64 i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){ .queue = &queue, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, push_all, &pushers[i]), 0);
	}
	for (int i = 0; i < PUSHERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		refused += pushers[i].refused;
	}
	queue_close(&queue);
	assert_int_equal(pthread_join(popping, NULL), 0);
	assert_false(popper.out_of_order);
	assert_int_equal(queue_dropped(&queue).kills, refused);
	assert_int_equal(popper.popped + refused, PUSHERS * EACH);
	queue_free(&queue);
}

/* Nobody pops: pushing takes the time of a copy. */
static void pushing_never_waits(void **state)
{
	struct timespec begin, end;
	struct queue queue;

	(void)state;
	assert_int_equal(queue_init(&queue, 1 << 12, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (__u64 i = 0; i < 10000; i++)
		push(&queue, 1, i, 1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec < 10);
	assert_true(queue_dropped(&queue).kills > 9900);
	queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_wrap_around),
		cmocka_unit_test(full_counts_and_drops),
		cmocka_unit_test(an_event_that_never_fits),
		cmocka_unit_test(full_size_event),
		cmocka_unit_test(room_is_kept_for_notes),
		cmocka_unit_test(closed_queue_can_be_emptied),
		cmocka_unit_test(close_wakes_a_waiting_popper),
		cmocka_unit_test(many_pushers),
		cmocka_unit_test(pushing_never_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
