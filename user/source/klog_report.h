/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog_report: one report of the OOM killer, as far as the log has it: what its lines say, line by
 * line, in the kernel's own units and names. klog_event.h makes an event of it.
 *
 * Its size is fixed: of a list too long the least matters least and is left out.
 */
#ifndef OOMWHY_KLOG_REPORT_H
#define OOMWHY_KLOG_REPORT_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "source/klog_line.h"
#include "source/klog_words.h"

#define KLOG_TASKS_MAX 256 /* of the task table the biggest are kept */
#define KLOG_COLUMNS_MAX 16
#define KLOG_POOL_SIZE 8192

enum klog_part {
	KLOG_HAS_HEADER = 1,
	KLOG_HAS_MEMORY = 2, /* usage and limit */
	KLOG_HAS_STATS = 4,
	KLOG_HAS_MEM_INFO = 8,
	KLOG_HAS_TASKS = 16,
	KLOG_HAS_OOM_KILL = 32, /* or "Task in" */
	KLOG_HAS_KILL = 64, /* "Kill process", before 5.1 */
	KLOG_HAS_KILLED = 128,
	KLOG_HAS_GROUP = 256,
	KLOG_HAS_EXITING = 512,
	KLOG_HAS_NOBODY = 1024,
};

struct klog_comm {
	char bytes[KLOG_COMM_MAX];
	__u8 len;
	bool known;
};

/* One line of the task table. Pages; NOT_KNOWN where this kernel has no such column. */
struct klog_task {
	__u64 pid, tgid, uid, total_vm, rss, anon, file, shmem, swap;
	__u64 pagetables_bytes, pagetables_pages;
	__s64 oom_score_adj;
	struct klog_comm comm;
};

/* One "Killed process" line. */
struct klog_victim {
	struct klog_killed figures; /* without comm */
	struct klog_comm comm;
	__u64 counted; /* lines that name it */
	__u64 boot_ns; /* of the latest; NOT_KNOWN */
};

/* In bytes; NOT_KNOWN. */
struct klog_counter {
	__u64 usage, limit;
};

struct klog_figures {
	__u64 anon, file, shmem, kernel, slab_reclaimable, slab_unreclaimable, pagetables,
		kernel_stack, percpu, vmalloc, sock, inactive_file, swap;
};

struct klog_path {
	__u16 off, len; /* in the report's pool; len 0: not said */
};

struct klog_report {
	bool open;
	bool mixed; /* with another one: which figures are whose is not said */
	bool pool_full; /* a path was too long to be kept */
	__u32 parts; /* enum klog_part */

	/* where and when */
	__u64 begun; /* number of its first and of its latest line */
	__u64 latest;
	__u64 time_ns, boot_ns; /* of its first line */
	__u64 latest_ns; /* of its latest, by whichever clock it began with */
	__u64 caller;
	char host[256];
	__u16 host_len;
	char boot_id[33]; /* "": not said */

	/* who asked */
	struct klog_comm asker;
	__u64 asker_pid; /* of the thread */
	__u64 gfp_mask;
	__s64 order, asker_adj;
	bool nodemask, cpuset; /* before 5.0: other than all nodes, other than the root's */

	/* whose limit, who was chosen */
	char constraint[32];
	bool is_memcg, is_global; /* as the "Killed process" line has it; neither: not said */
	__u64 pid, uid; /* of the chosen one */
	struct {
		struct klog_path owner, memcg;
		struct klog_comm comm;
	} reading[KLOG_READINGS_MAX];
	int readings;
	struct klog_path stats_path, group_path;

	/* figures */
	struct klog_counter memory, swap, memory_and_swap;
	bool kmem; /* the line is there */
	__u64 kmem_usage; /* bytes; NOT_KNOWN */
	struct klog_figures stats;
	bool stats_sum; /* before 5.3: one line a cgroup, each without those below it */
	__u64 memory_line, stats_line; /* their numbers in the log */
	__u64 ram_pages, reserved_pages, free_pages, high_bytes; /* Mem-Info */
	bool elsewhere; /* tables of another kind of report follow */

	/* processes */
	__u8 column[KLOG_COLUMNS_MAX]; /* enum column of klog_table.c */
	int columns;
	struct klog_task task[KLOG_TASKS_MAX];
	int tasks;
	__u64 tasks_left_out;
	struct klog_victim victim; /* the first one killed */
	struct klog_victim other[INCIDENT_OTHER_VICTIMS_MAX];
	int others;
	__u64 others_left_out;

	size_t pool_len;
	char pool[KLOG_POOL_SIZE];
};

void klog_report_init(struct klog_report *report, const struct klog_line *line, __u64 number);

/* klog_report_path() - keep a path; returns where it is in the pool. */
struct klog_path klog_report_path(struct klog_report *report, struct span path);
struct span klog_report_span(const struct klog_report *report, struct klog_path path);

struct klog_comm klog_comm_of(struct span comm);
bool klog_comm_equal(const struct klog_comm *a, const struct klog_comm *b);

void klog_report_header(struct klog_report *report, const struct klog_header *header);

/* klog_report_oom_kill() - the line is there whole; the readings that the rest of the report allows
 * stay. */
void klog_report_oom_kill(struct klog_report *report, const struct klog_oom_kill *line);
void klog_report_killed(struct klog_report *report, const struct klog_killed *line, __u64 boot_ns);

/* klog_report_settle() - of several readings keep those that the other lines agree with. */
void klog_report_settle(struct klog_report *report);

/* The tables: each takes one line of its kind. */
void klog_table_counter(struct klog_report *report, const char *text, size_t len);
void klog_table_stats_of(struct klog_report *report, const char *text, size_t len);
void klog_table_stat(struct klog_report *report, const char *text, size_t len);
void klog_table_memory_info(struct klog_report *report, enum klog_kind kind, const char *text,
			    size_t len);
void klog_table_columns(struct klog_report *report, const char *text, size_t len);
void klog_table_task(struct klog_report *report, const char *text, size_t len);

/*
 * klog_report_task() - the line of the task table for that process, or NULL. Where a process's
 * first thread has ended, its line has another thread's number, and so has "Killed process".
 */
const struct klog_task *klog_report_task(const struct klog_report *report, __u64 pid);

#endif
