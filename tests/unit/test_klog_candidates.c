// SPDX-License-Identifier: GPL-2.0-only
/* The task table of a report: whom the kernel could have chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "klog_run.h"

#define MIB(n) ((n) * 1024 * 1024ULL)

#define HEAD                                                                                     \
	"[9.1] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"  \
	"[9.1] memory: usage 1024000kB, limit 1024000kB, failcnt 9\n"                            \
	"[9.1] swap: usage 0kB, limit 0kB, failcnt 0\n"                                          \
	"[9.1] Memory cgroup stats for /kubepods:\n[9.1] anon 900000000\n"                       \
	"[9.1] Tasks state (memory values in pages):\n"                                          \
	"[9.1] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem "             \
	"pgtables_bytes swapents oom_score_adj name\n"
#define TAIL                                                                                     \
	"[9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,"    \
	"oom_memcg=/kubepods,task_memcg=/kubepods/a,task=small,pid=104,uid=0\n"                  \
	"[9.1] Memory cgroup out of memory: Killed process 104 (small) total-vm:80000kB, "       \
	"anon-rss:40960kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:900\n"

static struct klog_run run;

static void the_table_tells_who_else(void **state)
{
	const struct candidate *list = run.ev[0].incident.candidates;

	(void)state;
	klog_run_text(
		&run, HEAD
		"[9.1] [    104]     0   104    20000    10240    10240     0     0    40960        0     900 small\n"
		"[9.1] [    105]     0   105    90000    76800    76800     0     0   409600        8       0 (b ig\n"
		"[9.1] [    106]     0   106    90000    51200    51200     0     0   409600        0   -1000 kept\n"
		"[9.1] [    107]     0   107     1000        1        1     0     0     4096        0   -1000 sleep\n" TAIL);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.ev[0].incident.total_pages_bytes, 1024000 * 1024);
	assert_int_equal(run.ev[0].incident.candidates_count, 3);
	assert_int_equal(run.ev[0].incident.candidates_omitted, 0);
	assert_int_equal(list[0].pid, 104);
	assert_int_equal(list[0].chosen, 1);
	assert_int_equal(list[0].points, 10240 + 10 + 900 * 256);
	assert_int_equal(list[1].pid, 105);
	text_is(&run.ev[0], list[1].comm, "(b ig");
	assert_int_equal(list[1].points, 76800 + 8 + 100);
	assert_int_equal(list[1].points_bytes, (76800 + 8 + 100) * 4096LL);
	assert_int_equal(list[1].rss_bytes, MIB(300));
	assert_int_equal(list[1].swap_bytes, 8 * 4096);
	assert_int_equal(list[1].pagetables_bytes, 409600);
	assert_int_equal(list[1].spared, SPARED_LOWER_SCORE);
	assert_int_equal(list[2].pid, 106);
	assert_int_equal(list[2].points, NOT_KNOWN_SIGNED);
	assert_int_equal(list[2].spared, SPARED_PROTECTED);
}

static void what_no_kernel_writes_is_left_out(void **state)
{
	(void)state;
	klog_run_text(
		&run, HEAD
		"[9.1] [    104]     0   104    20000    10240    10240     0     0    40960        0     900 small\n"
		"[9.1] [    105]     0   105    90000 999999999999999999 1 0 0 409600 0 0 much\n"
		"[9.1] [    106]     0   106    90000 51200 1 0 0 409600 999999999999999999 0 swap\n"
		"[9.1] [    107]     0   107    90000 51200 1 0 0 409600 0 999999999999 adj\n"
		"[9.1] [9999999999]  0 9999999999 90000 51200 1 0 0 409600 0 0 pid\n" TAIL);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.ev[0].incident.candidates_count, 1);
	assert_int_equal(run.ev[0].incident.candidates[0].pid, 104);
}

static void without_a_table_nobody_is_told(void **state)
{
	(void)state;
	klog_run_text(&run, TAIL);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.ev[0].incident.candidates_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_tells_who_else),
		cmocka_unit_test(what_no_kernel_writes_is_left_out),
		cmocka_unit_test(without_a_table_nobody_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
