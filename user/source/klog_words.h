/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog_words: what a line of the kernel's report is, and what it says: one line at a time, nothing
 * is remembered.
 *
 * The words are those of Linux 4.18 to 7.3, and of the kernels of RHEL 7 and 8.
 */
#ifndef OOMWHY_KLOG_WORDS_H
#define OOMWHY_KLOG_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

#define KLOG_COMM_MAX 15 /* bytes of a process's name */
#define KLOG_NUMBER_MAX (~0ULL >> 1)
#define KLOG_READINGS_MAX 4 /* of a line that names make ambiguous */

enum klog_kind {
	KLOG_OTHER,
	KLOG_HEADER, /* "java invoked oom-killer: gfp_mask=…" */
	KLOG_CPU, /* "CPU: 1 PID: 97 Comm: gunicorn Not tainted …" */
	KLOG_CPUSET, /* "java cpuset=/ mems_allowed=0", before 5.0 */
	KLOG_COUNTER, /* "memory: usage 65536kB, limit 65536kB, failcnt 19" */
	KLOG_STATS_OF, /* "Memory cgroup stats for /kubepods: …" */
	KLOG_STAT, /* "anon 66965504" */
	KLOG_MEM_INFO, /* "Mem-Info:" */
	KLOG_PAGES, /* "active_anon:707 …", "free:1126 …" */
	KLOG_ZONE, /* "Node 0 DMA free:1880kB min:92kB …" */
	KLOG_RAM, /* "130942 pages RAM", "9218 pages reserved" */
	KLOG_TASKS, /* "[  pid  ]   uid  tgid …": the columns of what follows */
	KLOG_TASK, /* "[    124]     0   124 …" */
	KLOG_TASK_IN, /* "Task in … killed as a result of limit of …", before 5.0 */
	KLOG_OOM_KILL, /* "oom-kill:constraint=…" */
	KLOG_KILL, /* "…: Kill process 1 (x) score 9 or sacrifice child", before 5.1 */
	KLOG_KILLED, /* "Killed process …" */
	KLOG_GROUP, /* "Tasks in … are going to be killed due to memory.oom.group set" */
	KLOG_EXITING, /* "OOM victim 1 (x) is already exiting. Skip killing the task" */
	KLOG_NOBODY, /* "Out of memory and no killable processes..." */
	KLOG_SUPPRESSED, /* "oom_kill_process: 12 callbacks suppressed" */
	KLOG_ELSE, /* begins a report of something else, with the same tables */
};

/* Bytes in a line; not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

struct klog_header {
	struct span comm;
	__u64 gfp_mask; /* NOT_KNOWN */
	__s64 order, oom_score_adj;
	bool nodemask; /* before 5.0: the memory policy names nodes */
};

struct klog_reading {
	struct span owner, memcg; /* paths; owner empty: no memcg's limit */
	struct span comm;
};

struct klog_oom_kill {
	struct span constraint;
	__u64 pid, uid;
	struct klog_reading reading[KLOG_READINGS_MAX];
	int readings; /* more than one: names in it look like fields of it */
};

struct klog_killed {
	struct span comm;
	__u64 pid, uid; /* uid: NOT_KNOWN before 5.4 */
	__u64 total_vm_bytes, anon_bytes, file_bytes, shmem_bytes, pagetables_bytes;
	__s64 oom_score_adj;
	bool memcg, global; /* "Memory cgroup out of memory:", "Out of memory:"; neither is said */
};

/* klog_kind() - what the line looks like by its first words. Quick: it is asked of each line. */
enum klog_kind klog_kind(const char *text, size_t len);

/* Each returns false where the line is not what it looks like. */
bool klog_read_header(const char *text, size_t len, struct klog_header *ret);
bool klog_read_cpu(const char *text, size_t len, __u64 *ret_pid, struct span *ret_comm);
bool klog_read_killed(const char *text, size_t len, struct klog_killed *ret);

/* klog_read_victim() - "process 12 (x)" after @words in the line. */
bool klog_read_victim(const char *text, size_t len, const char *words, __u64 *ret_pid,
		      struct span *ret_comm);

/*
 * klog_read_oom_kill() - "oom-kill:" or, of older kernels, "Task in": with each reading that the
 * tree of cgroups allows: the victim's lies below the limit's owner.
 * Returns false also where the line ends too early: the kernel goes on in the next one. Of a line
 * that was cut klog_read_oom_kill_cut() reads what is certain: no process, no victim's path.
 */
bool klog_read_oom_kill(const char *text, size_t len, struct klog_oom_kill *ret);
bool klog_read_oom_kill_cut(const char *text, size_t len, struct klog_oom_kill *ret);
bool klog_read_task_in(const char *text, size_t len, struct klog_oom_kill *ret);

/* klog_read_group() - the path in the group's line. */
bool klog_read_group(const char *text, size_t len, struct span *ret_path);

/* klog_value() - the number after @key, from @text on, times 1024 where "kB" or "KB" follows. */
bool klog_value(const char *text, size_t len, const char *key, __u64 *ret);

/* klog_begins() - with @word. */
static inline bool klog_begins(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !memcmp(text, word, n);
}

bool span_equal(struct span a, struct span b);

#endif
