// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's log as it is written: a socket that keeps records apart stands for /dev/kmsg. Told
 * is what explain tells of the same log, once, when the report is complete; nothing is allocated
 * for a record.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "klog_run.h"
#include "source/kmsg.h"
#include "source/kmsg_stalls.h"

#define SECOND 1000000000ULL
#define MS 1000000ULL

/* AddressSanitizer's, whose header gcc has not. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));

static struct kmsg *kmsg;
static int log_fd;
static struct event told[4];
static size_t told_count, begun;
static unsigned long sequence;
static volatile size_t allocations;

static void count_malloc(const volatile void *at, size_t size)
{
	(void)at;
	(void)size;
	allocations++;
}

static void count_free(const volatile void *at)
{
	(void)at;
}

static void take(void *context, struct event *ev)
{
	(void)context;
	if (ev->type == EVENT_LOSS)
		return;
	if (told_count < sizeof(told) / sizeof(*told))
		memcpy(&told[told_count], ev, event_size(ev));
	told_count++;
}

static void note_begin(void *context)
{
	(void)context;
	begun++;
}

static int setup(void **state)
{
	struct kmsg_config config = {
		.boot_id = "1b2c3d4e-0000-4000-8000-000000000000",
		.begun = note_begin,
		.emit = take,
	};
	int fds[2], room = 1 << 20;

	(void)state;
	told_count = begun = 0;
	sequence = 394;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)))
		return -1;
	log_fd = fds[0];
	return kmsg__open_fd(&config, fds[1], &kmsg);
}

static int teardown(void **state)
{
	(void)state;
	kmsg__close(kmsg);
	close(log_fd);
	return 0;
}

static void consume(void)
{
	size_t before = allocations;

	assert_int_equal(kmsg__consume(kmsg), 0);
	assert_int_equal(allocations, before);
}

static void record(int priority, const char *text)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "%d,%lu,%lu,-;%s\n SUBSYSTEM=memory\n", priority,
			   sequence, 1000000 + sequence, text);

	sequence++;
	assert_int_equal(send(log_fd, line, (size_t)len, 0), len);
	consume();
}

#define PATH                                                            \
	"/kubepods/besteffort/pod1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901/" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OOM_KILL                                                                                  \
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" \
	"/kubepods,task_memcg=" PATH ",task=mysqld,pid=117,uid=0"
#define KILLED                                                                       \
	"Memory cgroup out of memory: Killed process 117 (mysqld) total-vm:1000kB, " \
	"anon-rss:900kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:1000"

static void tick(__u64 later_ns)
{
	kmsg__tick(kmsg, clock_boot_ns() + later_ns);
}

/* Told a moment after its last line, not before. */
static void one_kill(void **state)
{
	const struct incident *incident = &told[0].incident;

	(void)state;
	assert_false(kmsg__is_open(kmsg));
	record(4, OOM_KILL);
	assert_int_equal(begun, 1);
	assert_true(kmsg__is_open(kmsg));
	tick(SECOND);
	assert_int_equal(told_count, 0); /* its "Killed process" is awaited */
	record(3, KILLED);
	tick(0);
	assert_int_equal(told_count, 0); /* others may die with it */
	tick(SECOND);
	assert_int_equal(told_count, 1);
	assert_int_equal(begun, 1);
	assert_false(kmsg__is_open(kmsg));
	assert_int_equal(told[0].type, EVENT_INCIDENT);
	assert_int_equal(incident->verdict.evidence, EVIDENCE_LOG);
	assert_int_equal(incident->victim.pid, 117);
	assert_int_equal(incident->victim.anon_bytes, 900 * 1024);
	text_is(&told[0], incident->victim.cgroup.path, PATH);
	text_is(&told[0], incident->limit_owner.cgroup.path, "/kubepods");
	assert_int_equal(kmsg__tick(kmsg, clock_boot_ns()), 0);
	assert_int_equal(kmsg->losses.overwritten, 0);
}

/* What never got an end is told in the end, with what it lacks. */
static void cut(void **state)
{
	(void)state;
	record(4, OOM_KILL);
	tick(9 * SECOND);
	assert_int_equal(told_count, 0);
	tick(11 * SECOND);
	assert_int_equal(told_count, 1);
	assert_true(told[0].incident.log.missing.len > 0);
}

/* Another report tells that the one before it is complete; the end, that all are. */
static void two_kills(void **state)
{
	(void)state;
	record(4, OOM_KILL);
	record(3, KILLED);
	record(4, "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	assert_int_equal(told_count, 1);
	assert_int_equal(begun, 2);
	kmsg__flush(kmsg);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[1].incident.allocation.gfp_mask, 0xcc0);
}

/* The same number is killed again within the second: by another report, so it is another kill. */
static void same_number(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		record(4, OOM_KILL);
		record(3, KILLED);
		tick(SECOND);
	}
	assert_int_equal(told_count, 2);
}

/* Whoever may write to /dev/kmsg cannot make a kill up: only the kernel has facility 0. */
static void forged(void **state)
{
	(void)state;
	record(8 + 4, OOM_KILL);
	record(8 + 3, KILLED);
	kmsg__flush(kmsg);
	assert_int_equal(told_count, 0);
	assert_int_equal(begun, 0);
	assert_int_equal(kmsg->losses.overwritten, 0);
}

static void lost(void **state)
{
	(void)state;
	record(4, OOM_KILL);
	sequence += 23;
	record(3, KILLED);
	record(4, "oom_kill_process: 7 callbacks suppressed");
	record(4, "oom_kill_process: 5 callbacks suppressed");
	assert_int_equal(kmsg->losses.overwritten, 23);
	assert_int_equal(kmsg->losses.suppressed, 12);
	kmsg__flush(kmsg);
	assert_int_equal(told_count, 1);
}

/* Noise, and bytes of any value. */
static void hostile(void **state)
{
	static const char *const lines[] = { "",
					     ",",
					     "4",
					     "4,",
					     "99999999999999999999,1,1,-;x",
					     "4,18446744073709551616,1,-;oom-kill:",
					     ";",
					     "\n" };
	unsigned int seed = 1;
	char bytes[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (*lines[i])
			assert_true(send(log_fd, lines[i], strlen(lines[i]), 0) > 0);
	consume();
	for (int i = 0; i < 2000; i++) {
		size_t len = 1 + (size_t)rand_r(&seed) % sizeof(bytes);

		for (size_t j = 0; j < len; j++)
			bytes[j] = (char)rand_r(&seed);
		assert_true(send(log_fd, bytes, len, 0) > 0);
		consume();
	}
	kmsg__flush(kmsg);
	assert_int_equal(told_count, 0);
}

/* Real ones: all that is told is what explain tells of the same records. */
static void real(const char *name)
{
	static struct klog_run run;
	size_t len, kept = strlen(name);
	char *log = klog_run_read(name, &len), *line = log, *end;

	klog_run_begin(&run);
	klog_run_bytes(&run, log, len);
	klog_run_end(&run);
	while ((end = memchr(line, '\n', (size_t)(log + len - line)))) {
		/* Lines that begin with a space belong to the record before. */
		while (end + 1 < log + len && end[1] == ' ')
			end = memchr(end + 1, '\n', (size_t)(log + len - end - 1));
		assert_true(send(log_fd, line, (size_t)(end + 1 - line), 0) > 0);
		consume();
		line = end + 1;
	}
	free(log);
	kmsg__flush(kmsg);
	if (told_count != run.count || !told_count)
		fail_msg("%.*s: %zu told, %zu explained", (int)kept, name, told_count, run.count);
	assert_int_equal(told[0].incident.victim.pid, run.ev[0].incident.victim.pid);
	assert_int_equal(told[0].incident.limit_owner.usage_bytes,
			 run.ev[0].incident.limit_owner.usage_bytes);
	assert_int_equal(told[0].incident.other_victims_count,
			 run.ev[0].incident.other_victims_count);
	assert_int_equal(told[0].incident.memory.anon_bytes, run.ev[0].incident.memory.anon_bytes);
}

static void samples(void **state)
{
	static const char *const names[] = { "kmsg/5.10-v1-container.kmsg",
					     "kmsg/5.10-v2-container.kmsg",
					     "kmsg/6.18-v2-kubepods.kmsg",
					     "kmsg/7.3-v2-global.kmsg" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		real(names[i]);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* printk's clock is behind; our delay is not taken for that. */
static void times(void **state)
{
	__u64 first, second;

	(void)state;
	record(4, OOM_KILL);
	record(3, KILLED);
	tick(SECOND);
	first = clock_wall_ns() - told[0].time_ns;
	assert_true(first < 5 * SECOND); /* though printk says: a second after boot */
	record(4, OOM_KILL);
	record(3, KILLED);
	tick(SECOND);
	second = told[1].time_ns - told[0].time_ns;
	/* Its stamp is 2 µs later: whenever it was read, so is its time. */
	assert_true(second < SECOND);
}

static void nobody(void)
{
	record(4, "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	record(4, "memory: usage 1024kB, limit 1024kB, failcnt 1");
	record(4, "Memory cgroup stats for /kubepods/x:");
	record(4, "Out of memory and no killable processes...");
}

/* Nobody can be killed: the kernel writes at each attempt. Told once, and once that it is over. */
static void stalls(void **state)
{
	static struct kmsg_stalls open;
	__u64 now_ns = clock_boot_ns(), next_ns;
	struct event *ev;

	(void)state;
	memset(&open, 0, sizeof(open));
	assert_null(kmsg_stalls_end(&open, now_ns, &next_ns));
	assert_int_equal(next_ns, 0);
	for (int i = 0; i < 3; i++) {
		told_count = 0;
		nobody();
		assert_int_equal(told_count, 1);
		assert_int_equal(told[0].type, EVENT_STALL);
		assert_int_equal(kmsg_stalls_take(&open, &told[0], now_ns), i == 0);
	}
	assert_null(kmsg_stalls_end(&open, now_ns + SECOND, &next_ns));
	assert_true(next_ns > now_ns + SECOND);
	ev = kmsg_stalls_end(&open, next_ns, &next_ns);
	assert_non_null(ev);
	assert_int_equal(ev->type, EVENT_UPDATE);
	assert_int_equal(ev->update.stall.attempts, 3);
	assert_int_equal(ev->update.stall.kind, STALL_NOTHING_KILLABLE);
	text_is(ev, ev->update.limit_owner.cgroup.path, "/kubepods/x");
	assert_null(kmsg_stalls_end(&open, now_ns + 60 * SECOND, &next_ns));
	assert_true(kmsg_stalls_take(&open, &told[0], now_ns)); /* a new one */
}

static struct kmsg_tail tail;

static void copy_is(const char *copy, const char *expected, bool expected_gap)
{
	const char *new;
	size_t len;
	bool gap;

	memcpy(tail.copy, copy, strlen(copy));
	len = kmsg_tail_new(&tail, strlen(copy), &new, &gap);
	if (len != strlen(expected) || memcmp(new, expected, len) != 0 || gap != expected_gap)
		fail_msg("of \"%s\" new: \"%.*s\", gap %d", copy, (int)len, new, gap);
}

static void copies(void **state)
{
	(void)state;
	tail = (struct kmsg_tail){ .copy = malloc(4096) };
	copy_is("", "", false);
	copy_is("<4>[1.0] a\n", "<4>[1.0] a", false);
	copy_is("<4>[1.0] a\n", "", false);
	copy_is("<4>[1.0] a\n<4>[1.1] b\n<4>[1.2] c\n", "<4>[1.1] b\n<4>[1.2] c", false);
	copy_is("<4>[1.2] c\n<4>[1.3] d\n", "<4>[1.3] d", false);
	copy_is("<4>[1.3] d\n<4>[1.4] <4>[1.3] d\n", "<4>[1.4] <4>[1.3] d", false);
	copy_is("<4>[9.0] x\n<4>[9.1] y\n", "<4>[9.0] x\n<4>[9.1] y", true);
	copy_is("", "", false); /* dmesg -C */
	copy_is("<4>[9.1] y\n<4>[9.2] z", "<4>[9.2] z", false);
	free(tail.copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(cut, setup, teardown),
		cmocka_unit_test_setup_teardown(two_kills, setup, teardown),
		cmocka_unit_test_setup_teardown(same_number, setup, teardown),
		cmocka_unit_test_setup_teardown(forged, setup, teardown),
		cmocka_unit_test_setup_teardown(lost, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(samples, setup, teardown),
		cmocka_unit_test_setup_teardown(times, setup, teardown),
		cmocka_unit_test_setup_teardown(stalls, setup, teardown),
		cmocka_unit_test(copies),
	};

	if (!__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
