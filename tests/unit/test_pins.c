// SPDX-License-Identifier: GPL-2.0-only
/* --pin: a ring that is read without giving back, and an assembler that goes on in another process.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <cmocka.h>

#include "source/assemble_saved.h"
#include "source/ring.h"
#include "stream.h"

#define RING_BYTES 4096
#define HEADER_BYTES 8

/* A ring buffer as the kernel lays it out, but that its data is there twice for real. */
static struct {
	int fd;
	char *at;
	size_t page;
	__u64 written;
	struct ring ring;
} fake;

static int setup_ring(void **state)
{
	(void)state;
	fake.page = (size_t)sysconf(_SC_PAGESIZE);
	fake.fd = memfd_create("ring", MFD_CLOEXEC);
	assert_true(fake.fd >= 0);
	assert_int_equal(ftruncate(fake.fd, (off_t)(2 * fake.page + 2 * RING_BYTES)), 0);
	fake.at = mmap(NULL, 2 * fake.page + 2 * RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		       fake.fd, 0);
	assert_true(fake.at != MAP_FAILED);
	fake.written = 0;
	return 0;
}

static int teardown_ring(void **state)
{
	(void)state;
	ring_close(&fake.ring);
	munmap(fake.at, 2 * fake.page + 2 * RING_BYTES);
	close(fake.fd);
	return 0;
}

static void put_byte(__u64 position, char byte)
{
	size_t at = position % RING_BYTES;

	fake.at[2 * fake.page + at] = byte;
	fake.at[2 * fake.page + RING_BYTES + at] = byte;
}

/* The kernel begins to write: a record of @size bytes, each of them @byte. */
static void write_record(__u32 size, char byte, __u32 bits)
{
	__u32 word = size | bits;

	for (size_t i = 0; i < sizeof(word); i++)
		put_byte(fake.written + i, ((const char *)&word)[i]);
	for (__u32 i = 0; i < size; i++)
		put_byte(fake.written + HEADER_BYTES + i, byte);
	fake.written += (size + HEADER_BYTES + 7) & ~7ULL;
	memcpy(fake.at + fake.page, &fake.written, sizeof(fake.written));
}

static void assert_next(char byte, size_t size)
{
	size_t have;
	const char *record = ring_next(&fake.ring, &have);

	assert_non_null(record);
	assert_int_equal(have, size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(record[i], byte);
}

static void assert_none(void)
{
	size_t size;

	assert_null(ring_next(&fake.ring, &size));
}

static __u64 given_back(void)
{
	__u64 position;

	memcpy(&position, fake.at, sizeof(position));
	return position;
}

static void ring_is_read_again_until_it_is_given_back(void **state)
{
	__u64 second;

	(void)state;
	write_record(24, 'a', 0);
	second = fake.written;
	write_record(13, 'b', 0);
	assert_int_equal(ring_open(&fake.ring, fake.fd, RING_BYTES), 0);
	assert_next('a', 24);
	assert_next('b', 13);
	assert_none();
	assert_int_equal(given_back(), 0);
	ring_free(&fake.ring, second);
	ring_close(&fake.ring);

	assert_int_equal(ring_open(&fake.ring, fake.fd, RING_BYTES), 0);
	assert_next('b', 13);
	assert_none();
	ring_free(&fake.ring, fake.ring.position);
	ring_close(&fake.ring);

	assert_int_equal(ring_open(&fake.ring, fake.fd, RING_BYTES), 0);
	assert_none();
}

static void ring_waits_for_what_is_being_written(void **state)
{
	__u64 begin;

	(void)state;
	write_record(8, 'x', BPF_RINGBUF_DISCARD_BIT);
	begin = fake.written;
	write_record(16, 'c', BPF_RINGBUF_BUSY_BIT);
	write_record(16, 'd', 0);
	assert_int_equal(ring_open(&fake.ring, fake.fd, RING_BYTES), 0);
	assert_none();
	put_byte(begin + 3, 0); /* the highest byte of the length: not busy any more */
	assert_next('c', 16);
	assert_next('d', 16);
	assert_none();
}

static void ring_wraps(void **state)
{
	(void)state;
	assert_int_equal(ring_open(&fake.ring, fake.fd, RING_BYTES), 0);
	for (int i = 0; i < 40; i++) {
		write_record(1000 + i, (char)('a' + i % 26), 0);
		assert_next((char)('a' + i % 26), 1000 + i);
		ring_free(&fake.ring, fake.ring.position);
	}
	assert_none();
}

/* ---- the assembler ---- */

static struct assemble_saved saved, copy;

/* What another process makes of it: one that has the state of this one and nothing else. */
static void another_process(void)
{
	struct assemble_config config = stream.as.config;

	memset(&copy, 0xff, sizeof(copy));
	assemble_save(&stream.as, &saved);
	assemble_copy(&copy, &saved);
	assemble_init(&stream.as, &config);
	assemble_restore(&stream.as, &copy);
}

static void kill_in_container(struct level_spec *levels, __u32 tgid)
{
	stream_hit(&levels[CONTAINER]);
	stream_victim(levels, tgid, ASKER(tgid));
	assemble_flush(&stream.as);
}

/* The counters of a memcg tell whose limit it was only to who knows what they were before. */
static void owner_is_known_across_processes(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_in_container(levels, 500);
	another_process();
	kill_in_container(levels, 501);
	another_process();
	stream.now_ns += 10000 * STREAM_MS; /* no echo of the last one */
	stream_hit(&levels[POD]);
	stream_victim(levels, 502, ASKER(502));
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 3);
	assert_int_equal(stream.got[1].incident.limit_owner.cgroup.id, levels[CONTAINER].id);
	assert_int_equal(stream.got[2].incident.limit_owner.cgroup.id, levels[POD].id);
}

static void victim_is_told_once_across_processes(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_in_container(levels, 500);
	another_process();
	stream_victim(levels, 500, ASKER(500));
	assemble_flush(&stream.as);
	assert_int_equal(stream.count, 1);
}

static void gap_is_seen_across_processes(void **state)
{
	struct level_spec levels[STREAM_LEVELS];

	(void)state;
	stream_tree(levels);
	kill_in_container(levels, 500);
	another_process();
	assert_int_equal(stream.as.stats.lost_records, 0);
	stream.lose = stream.sequence + 1;
	stream_trigger(levels, 501, ASKER(501));
	kill_in_container(levels, 502);
	assert_int_equal(stream.as.stats.lost_records, 1);
}

static void death_is_told_across_processes(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct oomwhy_death record = {
		.header = { .kind = OOMWHY_DEATH, .size = sizeof(record) },
		.tgid = 500,
		.what = OOMWHY_ENDED,
	};

	(void)state;
	stream_tree(levels);
	kill_in_container(levels, 500);
	another_process();
	record.header.boot_time_ns = stream.now_ns + STREAM_MS;
	stream_send(&record, sizeof(record));
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].type, EVENT_UPDATE);
	assert_string_equal(stream.got[1].id, stream.got[0].id);
}

/* It lies in memory that others may have written. */
static void saved_garbage_does_no_harm(void **state)
{
	struct level_spec levels[STREAM_LEVELS];
	struct assemble_config config = stream.as.config;

	(void)state;
	memset(&saved, 0xff, sizeof(saved));
	assemble_copy(&copy, &saved);
	assemble_init(&stream.as, &config);
	assemble_restore(&stream.as, &saved);
	stream_tree(levels);
	kill_in_container(levels, 500);
	assemble_tick(&stream.as, stream.now_ns + 60000 * STREAM_MS);
	assert_true(stream.count >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ring_is_read_again_until_it_is_given_back,
						setup_ring, teardown_ring),
		cmocka_unit_test_setup_teardown(ring_waits_for_what_is_being_written, setup_ring,
						teardown_ring),
		cmocka_unit_test_setup_teardown(ring_wraps, setup_ring, teardown_ring),
		cmocka_unit_test_setup(owner_is_known_across_processes, stream_setup),
		cmocka_unit_test_setup(victim_is_told_once_across_processes, stream_setup),
		cmocka_unit_test_setup(gap_is_seen_across_processes, stream_setup),
		cmocka_unit_test_setup(death_is_told_across_processes, stream_setup),
		cmocka_unit_test_setup(saved_garbage_does_no_harm, stream_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
