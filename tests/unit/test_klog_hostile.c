// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that look like the report's own words; bytes that are no log at all. Nothing is believed
 * that the kernel cannot have written, nothing grows, nothing ends the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "klog_run.h"
#include "sink/json.h"
#include "sink/text.h"
#include "source/klog_scan.h"
#include "source/klog_words.h"

#define ROUNDS 3000
#define HUGE_BYTES (1024ULL << 20)

static struct klog_run run;
static char out[TEXT_WRITE_MAX];
static __u64 seed = 7;

static __u32 random_number(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (__u32)(seed >> 33);
}

static void end_line(const char *cpuset, const char *paths)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "[10.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=%s,"
		 "mems_allowed=0-1,3,oom_memcg=%s,pid=104,uid=0\n",
		 cpuset, paths);
	klog_run_text(&run, text);
	assert_int_equal(run.count, 1);
}

struct name {
	const char *cpuset, *paths; /* as in the line */
	const char *owner, *memcg, *comm; /* the one reading that the kernel can have written */
};

static void one_reading(void **state)
{
	static const struct name names[] = {
		{ "/", "/a,task_memcg=/a/b,task=x", "/a", "/a/b", "x" },
		{ "/", "/a,task_memcg=/a,task=x,pid=1,uid=0", "/a", "/a", "x,pid=1,uid=0" },
		{ "/", "/a,task_memcg=/a/b,task=", "/a", "/a/b", "" },
		{ "/", "/a,b=c,task_memcg=/a,b=c/d,task=x y", "/a,b=c", "/a,b=c/d", "x y" },
		/* the victim's name for its cgroup: only one split has it below the owner */
		{ "/", "/a,task_memcg=/a/x,task_memcg=/kubepods,task=x", "/a",
		  "/a/x,task_memcg=/kubepods", "x" },
		{ "/", "/k/x,task_memcg=/y,task_memcg=/k/x,task_memcg=/y/z,task=x",
		  "/k/x,task_memcg=/y", "/k/x,task_memcg=/y/z", "x" },
		/* the asker's cpuset: its words are followed by no list of nodes, or not by paths
		 */
		{ "x,oom_memcg=/kubepods,task_memcg=/kubepods", "/a,task_memcg=/a/b,task=x", "/a",
		  "/a/b", "x" },
		{ "x,mems_allowed=0,oom_memcg=", "/a,task_memcg=/a/b,task=x", "/a", "/a/b", "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct incident *incident = &run.ev[0].incident;

		end_line(names[i].cpuset, names[i].paths);
		text_is(&run.ev[0], incident->limit_owner.cgroup.path, names[i].owner);
		text_is(&run.ev[0], incident->victim.cgroup.path, names[i].memcg);
		text_is(&run.ev[0], incident->victim.comm, names[i].comm);
		assert_true(incident->log.ambiguous == NOT_KNOWN);
		assert_int_equal(incident->victim.pid, 104);
	}
}

#define FORGED "x,mems_allowed=0,oom_memcg=/kubepods,task_memcg=/kubepods/y"
#define REAL "/a,task_memcg=/a/b,task=x"

/* Both readings are possible: then neither is told as the truth. */
static void two_readings(void **state)
{
	const struct incident *incident = &run.ev[0].incident;

	(void)state;
	end_line(FORGED, REAL);
	assert_int_equal(incident->log.ambiguous, 1);
	assert_int_equal(incident->verdict.limit_level, LIMIT_UNKNOWN);
	assert_int_equal(incident->limit_owner.cgroup.path.len, 0);
	assert_int_equal(incident->victim.cgroup.path.len, 0);
	assert_int_equal(incident->verdict.suspects_count, 2);
	text_is(&run.ev[0], incident->verdict.suspects[0].cgroup.path, "/kubepods");
	text_is(&run.ev[0], incident->verdict.suspects[1].cgroup.path, "/a");
	assert_int_equal(incident->victim.pid, 104);
}

/* The report's other lines decide. */
static void the_rest_decides(void **state)
{
	const struct incident *incident = &run.ev[0].incident;

	(void)state;
	klog_run_text(
		&run,
		"[10.0] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
		"[10.0] Memory cgroup stats for /a:\n"
		"[10.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=" FORGED
		",mems_allowed=0,oom_memcg=" REAL ",pid=104,uid=0\n");
	assert_int_equal(run.count, 1);
	text_is(&run.ev[0], incident->limit_owner.cgroup.path, "/a");
	text_is(&run.ev[0], incident->victim.cgroup.path, "/a/b");
	assert_true(incident->log.ambiguous == NOT_KNOWN);
	/* The name of the victim, where its cgroup's could be a part of it. */
	klog_run_text(
		&run,
		"[10.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		"oom_memcg=/a,task_memcg=/a/b,task=c,task=d,pid=104,uid=0\n"
		"[10.0] Memory cgroup out of memory: Killed process 104 (c,task=d) total-vm:4kB, "
		"anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n");
	assert_int_equal(run.count, 1);
	text_is(&run.ev[0], incident->victim.cgroup.path, "/a/b");
	text_is(&run.ev[0], incident->victim.comm, "c,task=d");
}

/* In a record of /dev/kmsg a newline in a name does not end the line. */
static void newline_in_a_name(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		"6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		"oom_memcg=/a,task_memcg=/a,task=x\\x0aOut of memory,pid=104,uid=0\n"
		"6,2,3,-;Memory cgroup out of memory: Killed process 104 (x\\x0aOut of memory) "
		"total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n");
	assert_int_equal(run.count, 1);
	text_is(&run.ev[0], run.ev[0].incident.victim.comm, "x\nOut of memory");
	text_is(&run.ev[0], run.ev[0].incident.limit_owner.cgroup.path, "/a");
}

/* Whatever comes out can be written. */
static void write_all(void)
{
	static const struct text_style style = { .utf8 = true };

	for (size_t i = 0; i < run.count && i < KLOG_RUN_MAX; i++) {
		assert_true(json_write(&run.ev[i], out, sizeof(out)) > 0);
		text_write(&run.ev[i], &style, out, sizeof(out));
	}
}

static void damage(char *log, size_t len)
{
	static const char *const words[] = { "oom-kill:constraint=",
					     "Killed process ",
					     ",task=",
					     "\n",
					     "oom_memcg=",
					     "\\x0a",
					     "[",
					     " invoked oom-killer: gfp_mask=" };
	__u32 times = random_number() % 40;

	for (__u32 i = 0; i < times; i++) {
		size_t at = random_number() % len;
		const char *word = words[random_number() % 8];

		if (random_number() % 2)
			log[at] = (char)random_number();
		else
			memcpy(log + at, word, strlen(word) < len - at ? strlen(word) : len - at);
	}
}

static void random_damage(void **state)
{
	static const char *const files[] = { "6.18-v2-oomgroup.log", "7.3-v2-global.log",
					     "kmsg/5.10-v1-container.kmsg", "6.1-v1-kubepods.log" };
	size_t len;
	char *log;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		log = klog_run_read(files[i % 4], &len);
		damage(log, len);
		klog_run_begin(&run);
		run.piece = 1 + random_number() % 5000;
		klog_run_bytes(&run, log, len);
		klog_run_end(&run);
		write_all();
		free(log);
	}
}

static void random_bytes(void **state)
{
	static char bytes[65536];

	(void)state;
	for (int i = 0; i < 50; i++) {
		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = (char)(random_number() >> 5);
		klog_run_begin(&run);
		klog_run_bytes(&run, bytes, sizeof(bytes));
		klog_run_end(&run);
		assert_int_equal(run.count, 0);
	}
}

/* One line of 1 GiB, of NULs and of words, with a report's line at its end. */
static void huge_line(void **state)
{
	static char bytes[1 << 20];

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	for (size_t at = 0; at < sizeof(bytes) / 2; at += 16)
		memcpy(bytes + at, "kill oom-kill: x", 16);
	klog_run_begin(&run);
	for (size_t i = 0; i < HUGE_BYTES / sizeof(bytes); i++)
		klog_run_bytes(&run, bytes, sizeof(bytes));
	klog_run_bytes(&run, "\n", 1);
	klog_run_bytes(&run, bytes, sizeof(bytes));
#define LAST                                                                                       \
	" oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" \
	"/a,task_memcg=/a,task=x,pid=104,uid=0\n"
	klog_run_bytes(&run, LAST, strlen(LAST));
	klog_run_end(&run);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.ev[0].incident.victim.pid, 104);
}

/* The quick scan finds what a slow one does, wherever it stands. */
static void scan_misses_nothing(void **state)
{
	static const char *const words[] = { "oom-kill:constraint=",
					     " oom-killer: gfp_mask=",
					     "Killed process 1",
					     "Kill process 1",
					     "oom_kill_process: 1",
					     "no killable processes",
					     "killed as a result of limit of ",
					     "killed due to memory.oom.group",
					     "killing the task" };
	char bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		for (size_t at = 0; at + len <= sizeof(bytes); at++) {
			const char *found;

			memset(bytes, 'k', sizeof(bytes));
			memcpy(bytes + at, words[i], len);
			found = klog_scan(bytes, bytes + sizeof(bytes));
			assert_true(found >= bytes + at && found < bytes + at + len);
			assert_null(klog_scan(bytes, bytes + at + len / 2));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reading),	    cmocka_unit_test(two_readings),
		cmocka_unit_test(the_rest_decides), cmocka_unit_test(newline_in_a_name),
		cmocka_unit_test(random_damage),    cmocka_unit_test(random_bytes),
		cmocka_unit_test(huge_line),	    cmocka_unit_test(scan_misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
