/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog: what the kernel's log says about a kill. Its reports are rate-limited for the whole machine
 * (10 in 5 s), so a missing one says nothing; "Killed process" is never left out.
 */
#ifndef KILLS_KLOG_H
#define KILLS_KLOG_H

#include <stdbool.h>
#include <sys/types.h>

/* The kernel's own table of what fills a memcg, in bytes; -1: it does not say. */
struct klog_stats {
	char memcg[512]; /* ""; there is no table */
	long long anon, file_and_shmem, shmem, kernel, kernel_stack, pagetables, sock;
	long long slab_reclaimable, slab_unreclaimable, inactive_file;
};

struct klog_kill {
	pid_t pid; /* as the "oom-kill:" line names it, else as "Killed process" does */
	bool has_dump; /* the "oom-kill:" line is there */
	bool global;
	char oom_memcg[512], task_memcg[512], constraint[40];
	pid_t trigger; /* 0: not said */
	char gfp[256]; /* what it asked for, in words; "": not said */
	bool has_killed; /* the "Killed process" line is there */
	pid_t killed_pid; /* a thread of @pid, when its leader has exited */
	unsigned long long anon_bytes, rss_bytes, pagetables_bytes;
	int oom_score_adj;
	struct klog_stats stats;
};

/* The number of the record that comes next; 0 (all records) when the log cannot be read. */
unsigned long long klog_mark(void);
/* All kills from @mark on, in order; how many there are, also when more than @max. */
int klog_kills(unsigned long long mark, struct klog_kill *ret, int max);
/* How many records from @mark on have @needle in them. */
int klog_count(unsigned long long mark, const char *needle);
/* What the records from @mark on say about the kill of @victim; the last one, if there are two. */
int klog_find(unsigned long long mark, pid_t victim, struct klog_kill *ret);

/*
 * How far printk's clock is ahead of CLOCK_BOOTTIME now: it is not adjusted, and starts by itself
 * (3 s apart were seen in a guest that was emulated on a busy machine). False: it cannot be asked.
 */
bool klog_clock_ahead_us(long long *ret_us);

/* The records from @mark on, as they are, into @fd; a negative errno when that cannot be. */
int klog_copy(unsigned long long mark, int fd);

#endif
