// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real logs of five kernels: each kill is told, once, with the figures that expected.tsv has from
 * the log's own lines; the same when the log comes in pieces, and behind every prefix.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "klog_run.h"

#define COLUMNS 23
#define SAMPLES 42
#define TEXTS 25 /* the others are records of /dev/kmsg */

enum column {
	FILE_NAME,
	LEVEL,
	OWNER,
	LIMIT,
	USAGE,
	VICTIM,
	COMM,
	UID,
	ADJ,
	RSS,
	ANON,
	TOTAL_VM,
	SWAP,
	PAGETABLES,
	TRIGGER,
	ORDER,
	GFP,
	OTHERS,
	TOTAL,
	FREE,
	LOW,
	VERSION,
	VICTIM_CGROUP,
};

static struct klog_run run;

/* "-" is "not said". */
static void number_is(const char *const *row, enum column column, __u64 value)
{
	__u64 want = strcmp(row[column], "-") ? strtoull(row[column], NULL, 10) : NOT_KNOWN;

	if (value != want)
		fail_msg("%s: column %d is %llu, not %s", row[FILE_NAME], column,
			 (unsigned long long)value, row[column]);
}

static void check_task(const char *const *row, const struct event *ev)
{
	const struct event_task *victim = &ev->incident.victim;

	number_is(row, VICTIM, victim->pid);
	text_is(ev, victim->comm, row[COMM]);
	text_is(ev, victim->cgroup.path, row[VICTIM_CGROUP]);
	number_is(row, UID, victim->uid);
	number_is(row, ADJ, (__u64)victim->oom_score_adj);
	number_is(row, RSS, victim->rss_bytes);
	number_is(row, ANON, victim->anon_bytes);
	number_is(row, TOTAL_VM, victim->total_vm_bytes);
	number_is(row, SWAP, victim->swap_bytes);
	number_is(row, PAGETABLES, victim->pagetables_bytes);
	assert_int_equal(victim->fate, FATE_KILLED);
	text_is(ev, victim->who.pod_uid, "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901");
	assert_int_equal(victim->who.container_id.len, 64);
}

static void check(const char *const *row, const struct event *ev)
{
	const struct incident *incident = &ev->incident;

	assert_int_equal(ev->type, EVENT_INCIDENT);
	assert_int_equal(ev->origin, ORIGIN_LOG);
	assert_int_equal(incident->verdict.evidence, EVIDENCE_LOG);
	assert_string_equal(limit_level_name(incident->verdict.limit_level), row[LEVEL]);
	text_is(ev, incident->limit_owner.cgroup.path, strcmp(row[OWNER], "-") ? row[OWNER] : "");
	number_is(row, LIMIT, incident->limit_owner.limit_bytes);
	number_is(row, USAGE, incident->limit_owner.usage_bytes);
	check_task(row, ev);
	number_is(row, TRIGGER, incident->trigger.pid);
	if (strcmp(row[ORDER], "-"))
		number_is(row, ORDER, (__u64)incident->allocation.order);
	else
		assert_true(incident->allocation.order == NOT_KNOWN_SIGNED);
	number_is(row, GFP, incident->allocation.gfp_mask);
	number_is(row, OTHERS, incident->other_victims_count);
	number_is(row, TOTAL, incident->limits.host.limit_bytes);
	number_is(row, FREE, incident->host_free_bytes);
	number_is(row, LOW, incident->host_low_bytes);
	number_is(row, VERSION, incident->cgroup_version);
	assert_int_equal(incident->log.missing.len, 0);
}

/* Calls @each with every row of the table. */
static void for_each_sample(void (*each)(const char *const *row, const char *log, size_t len))
{
	size_t len, log_len;
	char *table = klog_run_read("expected.tsv", &len), *save = NULL, *log;
	int rows = 0;

	for (char *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *row[COLUMNS];

		if (*line == '#')
			continue;
		for (int i = 0; i < COLUMNS; i++) {
			row[i] = strsep(&line, "\t");
			assert_non_null(row[i]);
		}
		log = klog_run_read(row[FILE_NAME], &log_len);
		each(row, log, log_len);
		free(log);
		rows++;
	}
	assert_int_equal(rows, SAMPLES);
	free(table);
}

static void whole(const char *const *row, const char *log, size_t len)
{
	klog_run_begin(&run);
	klog_run_bytes(&run, log, len);
	klog_run_end(&run);
	assert_int_equal(run.count, 1);
	check(row, &run.ev[0]);
}

static void samples(void **state)
{
	(void)state;
	for_each_sample(whole);
}

static void in_pieces(const char *const *row, const char *log, size_t len)
{
	for (size_t piece = 1; piece < 300; piece = piece * 3 + 1) {
		klog_run_begin(&run);
		run.piece = piece;
		klog_run_bytes(&run, log, len);
		klog_run_end(&run);
		assert_int_equal(run.count, 1);
		check(row, &run.ev[0]);
	}
}

static void pieces(void **state)
{
	(void)state;
	for_each_sample(in_pieces);
}

/* A log of all of them, one after the other: as many kills, in order. */
static void append(const char *const *row, const char *log, size_t len)
{
	size_t before = run.count;

	(void)row;
	klog_run_bytes(&run, log, len);
	klog_run_next_file(&run);
	assert_true(run.count <= before + 1);
}

static void one_after_the_other(void **state)
{
	(void)state;
	klog_run_begin(&run);
	for_each_sample(append);
	klog_run_end(&run);
	/* Of most texts kmsg/ has the same kill. */
	assert_int_equal(run.count, TEXTS + 2);
	assert_int_equal(run.klog.stats.repeated, SAMPLES - TEXTS - 2);
}

/* Two files that have the same kills: each is told once. */
static void again(const char *const *row, const char *log, size_t len)
{
	klog_run_begin(&run);
	for (int i = 0; i < 2; i++) {
		klog_run_bytes(&run, log, len);
		klog_run_next_file(&run);
	}
	klog_run_end(&run);
	assert_int_equal(run.count, 1);
	check(row, &run.ev[0]);
}

static void in_two_files(void **state)
{
	(void)state;
	for_each_sample(again);
}

/* Cut in two anywhere: the parts, one file after the other, are one kill. */
static void halves(const char *const *row, const char *log, size_t len)
{
	for (const char *cut = log; (cut = memchr(cut, '\n', (size_t)(log + len - cut))); cut++) {
		klog_run_begin(&run);
		klog_run_bytes(&run, log, (size_t)(cut + 1 - log));
		klog_run_next_file(&run);
		klog_run_bytes(&run, cut + 1, (size_t)(log + len - cut - 1));
		klog_run_end(&run);
		assert_int_equal(run.count, 1);
		check(row, &run.ev[0]);
	}
}

static void across_two_files(void **state)
{
	(void)state;
	for_each_sample(halves);
}

/* One line lost, whichever: still one kill, of the same process, by whatever is left. */
static void without_a_line(const char *const *row, const char *log, size_t len)
{
	const char *end = log + len, *line = log, *next;

	for (; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		/* Of a member of a group: then it may as well be another kill, without a report. */
		if (memmem(line, (size_t)(next - line), " child", 6) && strchr("[4", *line) &&
		    !memmem(line, (size_t)(next - line), "Killed", 6))
			continue;
		klog_run_begin(&run);
		klog_run_bytes(&run, log, (size_t)(line - log));
		klog_run_bytes(&run, next, (size_t)(end - next));
		klog_run_end(&run);
		if (run.count != 1)
			fail_msg("%s: %zu kills without %.*s", row[FILE_NAME], run.count,
				 (int)(next - line), line);
		number_is(row, VICTIM, run.ev[0].incident.victim.pid);
		if (memmem(line, (size_t)(next - line), "oom-kill:constraint", 19) ||
		    memmem(line, (size_t)(next - line), "invoked oom-killer", 18))
			assert_true(run.ev[0].incident.log.missing.len > 0);
	}
}

static void lines_lost(void **state)
{
	(void)state;
	for_each_sample(without_a_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples),
		cmocka_unit_test(pieces),
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(in_two_files),
		cmocka_unit_test(across_two_files),
		cmocka_unit_test(lines_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
