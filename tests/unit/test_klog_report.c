// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports that are not whole, not alone, or of other kernels: the right number of kills, with what
 * is certain, and what is missing is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "klog_run.h"

#define POD "/kubepods/besteffort/pod1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
#define CONTAINER POD "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define END(owner, memcg, comm, pid)                                                                    \
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" owner \
	",task_memcg=" memcg ",task=" comm ",pid=" pid ",uid=0\n"
#define HEADER(comm) \
	comm " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=985\n"
#define MEMORY(kib) "memory: usage " kib "kB, limit " kib "kB, failcnt 19\n"
#define STATS(path) "Memory cgroup stats for " path ":\n"
#define COLUMNS_LINE \
	"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
#define FIGURES                                                                       \
	" total-vm:104568kB, anon-rss:65412kB, file-rss:4kB, shmem-rss:700kB, UID:0 " \
	"pgtables:164kB oom_score_adj:985\n"
#define KILLED(comm, pid) "Memory cgroup out of memory: Killed process " pid " (" comm ")" FIGURES

static struct klog_run run;

static const struct incident *only(enum limit_level level, __u64 pid)
{
	const struct incident *incident = &run.ev[0].incident;

	assert_int_equal(run.count, 1);
	assert_int_equal(incident->verdict.limit_level, level);
	assert_int_equal(incident->victim.pid, pid);
	return incident;
}

/* The issue's own example: a line found in a node's syslog. */
static void one_line(void **state)
{
	const struct incident *incident;

	(void)state;
	klog_run_text(&run, "[12.5] " END("/kubepods", CONTAINER, "mysqld", "117"));
	incident = only(LIMIT_NODE, 117);
	text_is(&run.ev[0], incident->limit_owner.cgroup.path, "/kubepods");
	text_is(&run.ev[0], incident->victim.who.pod_uid, "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901");
	text_is(&run.ev[0], incident->victim.who.container_id,
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(incident->victim.who.qos, QOS_BEST_EFFORT);
	text_is(&run.ev[0], incident->victim.comm, "mysqld");
	assert_int_equal(incident->victim.fate, FATE_KILLED);
	text_is(&run.ev[0], incident->log.missing,
		"who asked, usage and limit, memory table, task table, Killed process line");
}

/* The kernel wrote no report for it: whose limit it was the log does not tell. */
static void rate_limited(void **state)
{
	const struct incident *incident;

	(void)state;
	klog_run_text(&run, "[12.5] " KILLED("java", "104"));
	incident = only(LIMIT_UNKNOWN, 104);
	assert_int_equal(incident->victim.rss_bytes, (65412 + 4 + 700) * 1024);
	assert_int_equal(incident->constraint, OOM_CONSTRAINT_NOT_SAID);
	text_is(&run.ev[0], incident->log.missing,
		"who asked, usage and limit, memory table, task table, oom-kill line");
	klog_run_text(&run, "[12.5] Out of memory: Killed process 104 (java)" FIGURES);
	incident = only(LIMIT_UNKNOWN, 104);
	assert_int_equal(incident->verdict.suspects_count, 3);
	assert_int_equal(incident->verdict.suspects[0].limit_level, LIMIT_HOST);
}

/* Ten reports, then kills without one, then the kernel's own word of it. */
static void storm(void **state)
{
	static char text[8192];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		if (i < 2)
			len += (size_t)sprintf(text + len, "[%d.%d] " HEADER("eat"), 10, i);
		if (i < 2)
			len += (size_t)sprintf(
				text + len,
				"[%d.%d] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
				"cpuset=/,mems_allowed=0,oom_memcg=/a/%d,task_memcg=/a/%d,task=eat,pid=%d,uid=0\n",
				10, i, i, i, 100 + i);
		len += (size_t)sprintf(
			text + len,
			"[%d.%d] Memory cgroup out of memory: Killed process %d (eat)" FIGURES, 10,
			i, 100 + i);
	}
	sprintf(text + len, "[16.0] oom_kill_process: 4 callbacks suppressed\n");
	klog_run_text(&run, text);
	assert_int_equal(run.count, 7);
	for (int i = 0; i < 6; i++) {
		bool found = false;

		for (int k = 0; k < 7; k++)
			found = found || (run.ev[k].type == EVENT_INCIDENT &&
					  run.ev[k].incident.victim.pid == 100U + (unsigned int)i);
		assert_true(found);
	}
	assert_int_equal(run.ev[6].type, EVENT_LOSS);
	assert_int_equal(run.ev[6].loss.total, 4);
	assert_int_equal(run.ev[6].loss.log_reports, 4);
	assert_int_equal(run.klog.stats.incidents, 6);
}

#define A(rest) "[   10.000100][  T101] " rest
#define B(rest) "[   10.000200][  T202] " rest

static const struct event *told(__u64 pid)
{
	for (size_t i = 0; i < run.count; i++)
		if (run.ev[i].incident.victim.pid == pid)
			return &run.ev[i];
	fail_msg("nobody with pid %llu", (unsigned long long)pid);
	return NULL;
}

static void check_two(void)
{
	const struct event *a = told(101), *b = told(202);

	assert_int_equal(run.count, 2);
	assert_int_equal(a->incident.limit_owner.limit_bytes, 1000 * 1024);
	assert_int_equal(b->incident.limit_owner.limit_bytes, 2000 * 1024);
	text_is(a, a->incident.limit_owner.cgroup.path, "/kubepods/a");
	text_is(b, b->incident.limit_owner.cgroup.path, "/kubepods/b");
	text_is(a, a->incident.trigger.comm, "one");
	text_is(b, b->incident.trigger.comm, "two");
}

/* Two threads' lines alternate, and the kernel says which is whose. */
static void alternating_callers(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		A(HEADER("one")) B(HEADER("two")) A("CPU: 0 PID: 101 Comm: one Not tainted 6.1\n") B(
			"CPU: 1 PID: 202 Comm: two Not tainted 6.1\n") A(MEMORY("1000"))
			B(MEMORY("2000")) B(STATS("/kubepods/b")) A(STATS("/kubepods/a")) B(
				"anon 2000000\n") A("anon 1000000\n") A(COLUMNS_LINE) B(COLUMNS_LINE)
				B("[    202]     0   202    26142    25768   241664        0           300 two\n")
					A("[    101]     0   101    26142    25768   241664        0           300 one\n")
						B(END("/kubepods/b", "/kubepods/b/x", "two", "202"))
							A(END("/kubepods/a", "/kubepods/a/x", "one",
							      "101")) A(KILLED("one", "101"))
								B(KILLED("two", "202")));
	check_two();
	assert_int_equal(told(101)->incident.trigger.pid, 101);
	assert_true(told(101)->incident.log.mixed == NOT_KNOWN);
	assert_int_equal(told(202)->incident.log.missing.len, 0);
}

/* Logs of two machines in one file. */
static void alternating_machines(void **state)
{
#define M(rest) "Nov 23 10:11:12 m kernel: " rest
#define N(rest) "Nov 23 10:11:12 n kernel: " rest
	(void)state;
	klog_run_text(&run,
		      M(HEADER("one")) N(HEADER("two")) M(MEMORY("1000")) N(MEMORY("2000"))
			      N(END("/kubepods/b", "/kubepods/b/x", "two", "202"))
				      M(END("/kubepods/a", "/kubepods/a/x", "one", "101"))
					      M(KILLED("one", "101")) N(KILLED("two", "202")));
	check_two();
	text_is(told(101), told(101)->node_name, "m");
	text_is(told(202), told(202)->node_name, "n");
}

/* Nothing says whose figures are whose, but where they stand with the owner's name. */
static void alternating_unsaid(void **state)
{
#define C(rest) "[   10.000100] " rest
	(void)state;
	klog_run_text(&run,
		      C(HEADER("one")) C(HEADER("two")) C(MEMORY("1000")) C(STATS("/kubepods/a"))
			      C(MEMORY("2000")) C(STATS("/kubepods/b")) C(COLUMNS_LINE)
				      C(END("/kubepods/b", "/kubepods/b/x", "two", "202"))
					      C(END("/kubepods/a", "/kubepods/a/x", "one", "101"))
						      C(KILLED("one", "101"))
							      C(KILLED("two", "202")));
	assert_int_equal(run.count, 2);
	text_is(told(101), told(101)->incident.limit_owner.cgroup.path, "/kubepods/a");
	text_is(told(202), told(202)->incident.limit_owner.cgroup.path, "/kubepods/b");
	for (int i = 0; i < 2; i++) {
		const struct limit_owner *owner = &run.ev[i].incident.limit_owner;
		bool is_a = run.ev[i].incident.victim.pid == 101;

		assert_int_equal(run.ev[i].incident.log.mixed, 1);
		assert_int_equal(run.ev[i].incident.trigger.comm.len, 0);
		assert_true(owner->limit_bytes == NOT_KNOWN ||
			    owner->limit_bytes == (is_a ? 1000 * 1024 : 2000 * 1024));
	}
}

/* The log begins, or ends, within a report; the next one is whole. */
static void cut_reports(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		"[10.0] " HEADER("one") "[10.1] " MEMORY("1000") "[50.0] " HEADER(
			"two") "[50.1] " MEMORY("2000") "[50.2] " END("/kubepods", CONTAINER, "two",
								      "202") "[50.3] " KILLED("two",
											      "202"));
	assert_int_equal(run.count, 2);
	text_is(&run.ev[0], run.ev[0].incident.trigger.comm, "one");
	assert_true(run.ev[0].incident.victim.pid == NOT_KNOWN);
	text_is(&run.ev[0], run.ev[0].incident.log.missing,
		"memory table, task table, oom-kill line, Killed process line");
	assert_int_equal(run.ev[1].incident.limit_owner.limit_bytes, 2000 * 1024);
}

/* The line itself is cut: the limit's owner is there, who was chosen is not. */
static void cut_line(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		"[10.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		"oom_memcg=/kubepods,task_memcg=/kubepods/best\n[10.1] " KILLED("java", "104"));
	only(LIMIT_NODE, 104);
}

/* The kernel breaks a line that is longer than a record. */
static void broken_line(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		"[10.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		"oom_memcg=\n[10.0] /kubepods\n[10.0] ,task_memcg=" CONTAINER
		"\n[10.0] ,task=java,pid=104,uid=0\n[10.1] " KILLED("java", "104"));
	only(LIMIT_NODE, 104);
	text_is(&run.ev[0], run.ev[0].incident.victim.cgroup.path, CONTAINER);
}

/* Linux 4.18 and 4.19: no "oom-kill:" line, and a child may die in its parent's place. */
static void before_5_0(void **state)
{
#define OLD                                                                                                     \
	"[10.0] java invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, "             \
	"oom_score_adj=985\n[10.0] java cpuset=0123 mems_allowed=0\n"                                           \
	"[10.0] CPU: 0 PID: 104 Comm: java Not tainted 4.19.0-27-amd64 #1\n"                                    \
	"[10.1] Task in " CONTAINER " killed as a result of limit of /kubepods\n"                               \
	"[10.1] " MEMORY(                                                                                       \
		"1000") "[10.1] memory+swap: usage 1000kB, limit 9007199254740988kB, failcnt 0\n"               \
			"[10.1] kmem: usage 10kB, limit 9007199254740988kB, failcnt 0\n"                        \
			"[10.1] Memory cgroup stats for /kubepods: cache:0KB rss:0KB inactive_file:0KB\n"       \
			"[10.1] Memory cgroup stats for " CONTAINER                                             \
			": cache:100KB rss:800KB rss_huge:0KB shmem:0KB inactive_file:40KB\n"                   \
			"[10.2] Tasks state (memory values in pages):\n[10.2] " COLUMNS_LINE                    \
			"[10.2] [    104]     0   104    26142    16529   167936        0           985 java\n" \
			"[10.2] [    105]     0   105    26142    16529   167936        0           985 child\n"
	const struct incident *incident;

	(void)state;
	klog_run_text(
		&run, OLD
		"[10.3] Memory cgroup out of memory: Kill process 104 (java) score 9 or sacrifice child\n"
		"[10.3] Killed process 105 (child) total-vm:104568kB, anon-rss:65412kB, file-rss:4kB, shmem-rss:700kB\n"
		"[10.4] oom_reaper: reaped process 105 (child), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n");
	incident = only(LIMIT_NODE, 105);
	text_is(&run.ev[0], incident->victim.comm, "child");
	text_is(&run.ev[0], incident->victim.cgroup.path, CONTAINER);
	assert_int_equal(incident->constraint, OOM_CONSTRAINT_MEMCG);
	assert_int_equal(incident->limit_owner.limit_bytes, 1000 * 1024);
	assert_int_equal(incident->limit_owner.working_set_bytes, 960 * 1024);
	assert_int_equal(incident->trigger.pid, 104);
	assert_int_equal(incident->log.missing.len, 0);
	assert_true(incident->cgroup_version == NOT_KNOWN);
	klog_run_text(
		&run,
		"[10.1] Task in /a/b killed as a result of limit of /a\n"
		"[10.3] Killed process 105 (child) total-vm:104568kB, anon-rss:65412kB, file-rss:4kB\n");
	incident = only(LIMIT_SLICE, 105);
}

static void wordings(void **state)
{
	static const char *const lines[] = {
		"Killed process 104 (a) b) total-vm:104568kB, anon-rss:65412kB, file-rss:4kB\n",
		"Killed process 104 (a) b), UID 0, total-vm:104568kB, anon-rss:65412kB, file-rss:4kB, shmem-rss:0kB\n",
		"Killed process 104, UID 0, (a) b) total-vm:104568kB, anon-rss:65412kB, file-rss:4kB\n",
		"Out of memory (oom_kill_allocating_task): Killed process 104 (a) b)" FIGURES,
		"Memory cgroup out of memory: Killed process 104 (a) b) total-vm:104568kB, anon-rss:65412kB, "
		"file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:164 oom_score_adj:985\n",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "[10.1] %s", lines[i]);
		klog_run_text(&run, text);
		only(LIMIT_UNKNOWN, 104);
		text_is(&run.ev[0], run.ev[0].incident.victim.comm, "a) b");
		assert_int_equal(run.ev[0].incident.victim.anon_bytes, 65412 * 1024);
		assert_int_equal(run.ev[0].incident.victim.total_vm_bytes, 104568 * 1024);
	}
}

static void kinds_without_owner(void **state)
{
#define GLOBAL(constraint)                                    \
	"[10.0] oom-kill:constraint=" constraint              \
	",nodemask=0,cpuset=x,mems_allowed=0-1,3,global_oom," \
	"task_memcg=" CONTAINER ",task=java,pid=104,uid=0\n"
	(void)state;
	klog_run_text(&run, GLOBAL("CONSTRAINT_NONE"));
	only(LIMIT_HOST, 104);
	klog_run_text(&run, GLOBAL("CONSTRAINT_CPUSET"));
	only(LIMIT_CPUSET, 104);
	assert_int_equal(run.ev[0].incident.constraint, OOM_CONSTRAINT_CPUSET);
	klog_run_text(&run, GLOBAL("CONSTRAINT_MEMORY_POLICY"));
	only(LIMIT_CPUSET, 104);
	klog_run_text(
		&run,
		"[10.0] kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, "
		"oom_score_adj=0\n" GLOBAL("CONSTRAINT_NONE"));
	only(LIMIT_MANUAL, 104);
}

static void nobody_dies(void **state)
{
	(void)state;
	klog_run_text(&run,
		      "[10.0] " HEADER("java") "[10.1] " MEMORY("1000") "[10.1] " STATS(
			      "/kubepods/a") "[10.2] Out of memory and no killable processes...\n");
	assert_int_equal(run.count, 1);
	assert_int_equal(run.ev[0].type, EVENT_STALL);
	assert_int_equal(run.ev[0].incident.stall.kind, STALL_NOTHING_KILLABLE);
	text_is(&run.ev[0], run.ev[0].incident.limit_owner.cgroup.path, "/kubepods/a");
	assert_int_equal(run.ev[0].incident.limit_owner.limit_bytes, 1000 * 1024);
	klog_run_text(
		&run,
		"[10.0] " END(
			"/kubepods", CONTAINER, "java",
			"104") "[10.1] Memory cgroup out of memory: OOM victim 104 (java) is already exiting. "
			       "Skip killing the task\n");
	only(LIMIT_NODE, 104);
	assert_int_equal(run.ev[0].incident.victim.fate, FATE_ALREADY_EXITING);
}

/* cgroup v1, both limits: memory and swap together is what is full. */
static void memory_and_swap(void **state)
{
	(void)state;
	klog_run_text(
		&run,
		"[10.0] " HEADER(
			"java") "[10.1] memory: usage 900kB, limit 1000kB, failcnt 19\n"
				"[10.1] memory+swap: usage 2000kB, limit 2000kB, failcnt 9\n"
				"[10.1] kmem: usage 10kB, limit 9007199254740988kB, failcnt 0\n"
				"[10.2] " END("/kubepods", CONTAINER, "java", "104"));
	only(LIMIT_NODE, 104);
	assert_int_equal(run.ev[0].incident.limit_owner.counter, COUNTER_MEMORY_AND_SWAP);
	assert_int_equal(run.ev[0].incident.limit_owner.limit_bytes, 2000 * 1024);
	assert_int_equal(run.ev[0].incident.cgroup_version, 1);
}

/* The memory table as one record, as loggers escape it. */
static void table_in_one_line(void **state)
{
	static const char *const breaks[] = { "\\x0a", "#012", "\n          ", "\n" };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(
			text, sizeof(text),
			"[10.0] " HEADER("java") "[10.1] " MEMORY("1000") "[10.1] " STATS(
				"/kubepods") "[10.1] anon 5%sfile 6%sinactive_file 4096%sslab 7\n[10.2] " END("/kubepods",
													      CONTAINER,
													      "java",
													      "104"),
			breaks[i], breaks[i], breaks[i]);
		klog_run_text(&run, text);
		only(LIMIT_NODE, 104);
		assert_int_equal(run.ev[0].incident.limit_owner.working_set_bytes, 996 * 1024);
	}
}

/* vm.oom_kill_allocating_task: a thread is chosen, its process is named. */
static void thread_chosen(void **state)
{
	const struct incident *incident;

	(void)state;
	klog_run_text(
		&run,
		"[58.0] " HEADER(
			"eat") "[58.1] CPU: 1 PID: 295 Comm: eat Not tainted 5.10\n"
			       "[58.1] Mem-Info:\n[58.2] " COLUMNS_LINE
			       "[58.2] [    294]     0   294   102136    97673   831488        0             0 eat\n"
			       "[58.2] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,"
			       "global_oom,task_memcg=" CONTAINER ",task=eat,pid=295,uid=0\n"
			       "[58.3] Out of memory (oom_kill_allocating_task): Killed process 294 (eat)" FIGURES);
	incident = only(LIMIT_HOST, 294);
	assert_int_equal(incident->victim.tid, 295);
	assert_int_equal(incident->trigger.pid, 294);
	assert_int_equal(incident->trigger.tid, 295);
	text_is(&run.ev[0], incident->victim.cgroup.path, CONTAINER);
}

static void memory_table(void **state)
{
	const struct memory *memory = &run.ev[0].incident.memory;

	(void)state;
	klog_run_text(
		&run,
		"[10.0] " HEADER("java") "[10.1] " MEMORY(
			"1000") "[10.1] swap: usage 50kB, limit 9007199254740988kB, failcnt 0\n"
				"[10.1] " STATS(
					"/kubepods") "[10.1] anon 400000\n[10.1] file 300000\n[10.1] kernel 200000\n[10.1] kernel_stack 100\n"
						     "[10.1] pagetables 200\n[10.1] sec_pagetables 9\n[10.1] percpu 300\n[10.1] sock 4000\n"
						     "[10.1] vmalloc 500\n[10.1] shmem 100000\n[10.1] inactive_anon 7\n[10.1] inactive_file 6000\n"
						     "[10.1] slab_reclaimable 700\n[10.1] slab_unreclaimable 800\n[10.1] slab 1500\n"
						     "[10.2] " END("/kubepods", CONTAINER, "java",
								   "104"));
	only(LIMIT_NODE, 104);
	assert_int_equal(memory->source, MEMORY_LOG);
	assert_int_equal(memory->usage_bytes, 1024000);
	assert_int_equal(memory->anon_bytes, 400000);
	assert_int_equal(memory->file_bytes, 200000); /* tmpfs is page cache, too */
	assert_int_equal(memory->shmem_bytes, 100000);
	assert_int_equal(memory->kernel_bytes, 200000);
	assert_int_equal(memory->kernel_stack_bytes, 100);
	assert_int_equal(memory->pagetables_bytes, 200);
	assert_int_equal(memory->percpu_bytes, 300);
	assert_int_equal(memory->sock_bytes, 4000);
	assert_int_equal(memory->vmalloc_bytes, 500);
	assert_int_equal(memory->slab_reclaimable_bytes, 700);
	assert_int_equal(memory->slab_unreclaimable_bytes, 800);
	assert_int_equal(memory->inactive_file_bytes, 6000);
	assert_int_equal(memory->swap_bytes, 50 * 1024);
	assert_int_equal(memory->rest_bytes, 1024000 - 400000 - 300000 - 4000 - 200000);
}

/* The first thread of the chosen process has ended: the other lines have another thread's number.
 */
static void leader_exited(void **state)
{
	const struct incident *incident;

	(void)state;
	klog_run_text(
		&run,
		"[10.0] " HEADER(
			"eat") "[10.0] CPU: 1 UID: 0 PID: 6836 Comm: eat Not tainted 6.18\n"
			       "[10.1] " COLUMNS_LINE
			       "[10.1] [   6836]     0  6834    12522     8301   106496        0           990 eat\n"
			       "[10.2] " END("/kubepods", CONTAINER, "eat",
					     "6834") "[10.3] " KILLED("eat", "6836"));
	incident = only(LIMIT_NODE, 6834);
	assert_int_equal(incident->victim.tid, 6836);
	assert_int_equal(incident->trigger.pid, 6834);
	assert_int_equal(incident->trigger.tid, 6836);
	text_is(&run.ev[0], incident->trigger.cgroup.path, CONTAINER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(rate_limited),
		cmocka_unit_test(storm),
		cmocka_unit_test(alternating_callers),
		cmocka_unit_test(alternating_machines),
		cmocka_unit_test(alternating_unsaid),
		cmocka_unit_test(cut_reports),
		cmocka_unit_test(cut_line),
		cmocka_unit_test(broken_line),
		cmocka_unit_test(before_5_0),
		cmocka_unit_test(wordings),
		cmocka_unit_test(kinds_without_owner),
		cmocka_unit_test(nobody_dies),
		cmocka_unit_test(memory_and_swap),
		cmocka_unit_test(table_in_one_line),
		cmocka_unit_test(leader_exited),
		cmocka_unit_test(memory_table),
		cmocka_unit_test(thread_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
