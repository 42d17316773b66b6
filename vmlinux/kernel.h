/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as oomwhy's BPF programs read them. Written by hand from the kernel's sources (the file
 * is named at each), not dumped from one kernel: CO-RE finds each field by its name in the running kernel's BTF, so
 * order and size do not matter here. Fields that only some kernels have are in bpf/compat.bpf.h.
 */
#ifndef OOMWHY_KERNEL_TYPES_H
#define OOMWHY_KERNEL_TYPES_H

/* include/uapi/asm-generic/int-ll64.h, include/linux/types.h */
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef _Bool bool;
enum { false, true };

/* The shared record header asks for <linux/types.h>, which is the above. */
#define _LINUX_TYPES_H

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_MMAPABLE = 1U << 10,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,
	BPF_FUNC_map_lookup_percpu_elem = 195,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/linux/types.h */
struct list_head {
	struct list_head *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

/* include/linux/kernfs.h */
struct kernfs_node {
	const char *name;
	u64 id;
};

/* include/linux/cgroup-defs.h */
struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct list_head sibling;
	struct list_head children;
	unsigned int flags;
	struct cgroup_subsys_state *parent;
};

enum {
	CSS_ONLINE = 1 << 1,
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	int nr_descendants;
	int nr_dying_descendants;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
};

/* include/linux/cgroup_subsys.h: its number depends on the kernel's configuration. */
enum cgroup_subsys_id {
	memory_cgrp_id,
};

/* include/linux/page_counter.h */
struct page_counter {
	atomic_long_t usage;
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long max;
	struct page_counter *parent;
};

/* include/linux/mmzone.h */
enum zone_watermarks {
	WMARK_LOW = 1,
};

enum zone_stat_item {
	NR_FREE_PAGES,
};

/* Which of them a kernel has, and their numbers, differ. */
enum node_stat_item {
	NR_INACTIVE_FILE,
	NR_SLAB_RECLAIMABLE_B,
	NR_SLAB_UNRECLAIMABLE_B,
	NR_ANON_MAPPED,
	NR_FILE_PAGES,
	NR_SHMEM,
	NR_KERNEL_STACK_KB,
	NR_PAGETABLE,
};

struct zone {
	unsigned long _watermark[3];
	unsigned long watermark_boost;
	long lowmem_reserve[5];
	atomic_long_t managed_pages;
	atomic_long_t vm_stat[1];
};

struct pglist_data {
	struct zone node_zones[1];
	int nr_zones;
	atomic_long_t vm_stat[1];
};

struct lruvec {
	struct pglist_data *pgdat;
};

/* include/linux/memcontrol.h */
enum memcg_memory_event {
	MEMCG_OOM = 3,
};

enum memcg_stat_item {
	MEMCG_SWAP,
	MEMCG_SOCK,
	MEMCG_PERCPU_B,
	MEMCG_VMALLOC,
	MEMCG_KMEM,
	MEMCG_NR_STAT,
};

struct mem_cgroup_per_node {
	struct lruvec lruvec;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	struct page_counter swap; /* shares its place with cgroup v1's memsw */
	bool oom_group;
	atomic_long_t memory_events_local[1];
	struct mem_cgroup_per_node *nodeinfo[1];
};

/* include/linux/mm_types_task.h */
enum {
	MM_FILEPAGES,
	MM_ANONPAGES,
	MM_SWAPENTS,
	MM_SHMEMPAGES,
};

/* include/linux/percpu_counter.h */
struct percpu_counter {
	s64 count;
	s32 *counters;
};

/* include/linux/mm_types.h */
struct mm_struct {
	atomic_t mm_users;
	unsigned long total_vm;
	atomic_long_t pgtables_bytes;
};

/* include/linux/pid.h, include/linux/pid_namespace.h */
enum pid_type {
	PIDTYPE_TGID = 1,
};

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

/* include/linux/nsproxy.h */
struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

/* include/linux/cred.h */
typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
};

/* include/linux/sched/signal.h, include/linux/sched.h */
struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	struct mm_struct *oom_mm;
	struct pid *pids[4];
	short oom_score_adj;
};

enum {
	PF_EXITING = 0x00000004,
	PF_KTHREAD = 0x00200000,
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	u64 start_boottime;
	struct list_head tasks;
	struct mm_struct *mm;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	const struct cred *real_cred;
	struct css_set *cgroups;
	struct list_head thread_node;
	char comm[16];
};

/* include/linux/oom.h */
enum oom_constraint {
	CONSTRAINT_NONE,
};

struct oom_control {
	struct mem_cgroup *memcg;
	const unsigned int gfp_mask;
	const int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
	enum oom_constraint constraint;
};

/* include/linux/bpf.h */
struct bpf_array {
	void *pptrs[1];
};

/* include/trace/events/signal.h */
enum {
	TRACE_SIGNAL_IGNORED = 1,
};

/* kernel/bpf/bpf_iter.c, kernel/bpf/task_iter.c */
struct bpf_iter_meta {
	struct seq_file *seq;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
