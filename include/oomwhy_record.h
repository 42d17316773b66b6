/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records that the kernel side sends to user space: the only header that both sides share.
 *
 * Fixed-width fields, explicit padding, kind first. Numbers are what the kernel holds (pages,
 * kernel bits); turning them into bytes and words is user space's work. A record that ends in an
 * array is sent only as long as the entries that are used: `count` says how many, `header.size` how
 * long it is.
 *
 * A kill is a group of records of the kill ring, serialised by the kernel's oom_lock:
 *
 *   DECISION  oom_kill_process() begins   (plans fentry and kprobe)
 *   TRIGGER   the task that asked         (without a DECISION only if it is not the victim itself)
 *   RECLAIMS  what was reclaimed before   (before a TRIGGER that comes without a DECISION)
 *   CHILDREN  who shares the limit        (for each full memcg above the victim's)
 *   MEMORY    what fills a memcg          (the limit's owner, or each that may be it; the machine)
 *   VICTIM    oom:mark_victim             (one or more, each after its own of the last three), or a
 *                                         process that is killed because it shares a marked one's
 *                                         memory
 *   AGAIN     SIGKILL for a process that was marked before: the kernel counts it once more
 *   SURVIVOR  a member of a dying group that is protected         (plans fentry and kprobe)
 *   END       oom_kill_process() returns                          (plans fentry and kprobe)
 *
 *   STACK     how the asker came to the OOM killer, if wanted: before its DECISION or VICTIM
 *   DEATH     a marked process has ended, or its memory is free   (in no order)
 *
 * `asker`, the pid_tgid of the task that runs the OOM killer, is the same in all of them.
 *
 * Where nobody is killed (plans fentry and kprobe):
 *
 *   STALL     tasks run into a limit in vain: nothing may be killed, or the OOM killer is disabled
 *   WAIT      a task begins or ends to wait for a disabled OOM killer
 */
#ifndef OOMWHY_RECORD_H
#define OOMWHY_RECORD_H

#include <linux/types.h>

/*
 * Raised with each change of what a record or a counter means or where a field stands: records may
 * outlive the program that had them made (--pin), and another version must not misread them. Kinds
 * are never used anew; of any version's records the header can be read.
 */
#define OOMWHY_RECORD_VERSION 1

/* Levels kept of a memcg's way to the root. The deepest real path known has 11 (kind inside a pod).
 */
#define OOMWHY_LEVELS_MAX 16
/* How deep a tree may be for its outermost levels, which hold the pod, to be found: deeper is
 * flagged. */
#define OOMWHY_DEPTH_MAX 64
#define OOMWHY_CHILDREN_MAX 16
#define OOMWHY_OMITTED_MAX 64 /* further children are counted up to this */
/* NAME_MAX + NUL: no cgroup's name is longer. */
#define OOMWHY_NAME_SIZE 256
#define OOMWHY_COMM_SIZE 16
#define OOMWHY_NODES_MAX 8
/* Of more CPUs the parts are left out: a process's figures may then lag by a batch for each. */
#define OOMWHY_CPUS_MAX 1024
#define OOMWHY_ZONES_MAX 5
/* So many memcgs, and so many parts of CPUs, are added up at most for what fills a memcg. */
#define OOMWHY_TREE_MAX 64
#define OOMWHY_PARTS_MAX 1024

enum oomwhy_kind {
	OOMWHY_DECISION = 1,
	OOMWHY_TRIGGER = 2,
	OOMWHY_VICTIM = 3,
	OOMWHY_CHILDREN = 4,
	OOMWHY_END = 5,
	OOMWHY_SURVIVOR = 6,
	OOMWHY_STALL = 7,
	OOMWHY_WAIT = 8,
	OOMWHY_AGAIN = 9,
	OOMWHY_MEMORY = 10,
	OOMWHY_RECLAIMS = 16,
	OOMWHY_DEATH = 17,
	OOMWHY_STACK = 18,
	OOMWHY_CGROUP = 32, /* in the lifecycle ring */
	OOMWHY_BASELINE = 48, /* from the iterator, at start */
};

struct oomwhy_header {
	__u32 kind; /* enum oomwhy_kind */
	__u32 size; /* bytes in use, this header included */
	__u64 sequence; /* of its ring, from 1; a gap is a loss. 0: sent outside of oom_lock, in no
			   order */
	__u64 boot_time_ns; /* CLOCK_BOOTTIME */
};

/* struct oomwhy_memcg.flags */
#define OOMWHY_MEMCG_ONLINE (1u << 0)
#define OOMWHY_MEMCG_OOM_GROUP (1u << 1) /* memory.oom.group */
#define OOMWHY_MEMCG_OOM_LOCK (1u << 2) /* cgroup v1: inside the memcg that is out of memory */
#define OOMWHY_MEMCG_HAS_OOM_LOCK (1u << 3) /* this kernel has that flag at all */
#define OOMWHY_MEMCG_KILL_DISABLED (1u << 4) /* cgroup v1: memory.oom_control */
/* What could not be read (lockdown=confidentiality), so that its 0 means nothing: */
#define OOMWHY_MEMCG_NO_COUNTERS (1u << 16) /* usage and limits */
#define OOMWHY_MEMCG_NO_EVENTS (1u << 17) /* oom_events */
#define OOMWHY_MEMCG_NO_GROUP (1u << 18) /* OOMWHY_MEMCG_OOM_GROUP */
#define OOMWHY_MEMCG_NO_STATS (1u << 19) /* inactive_file_pages; or nobody asked for it */

struct oomwhy_memcg {
	__u64 id; /* kernfs node id = inode number of the cgroup's folder */
	__u64 usage_pages;
	__u64 limit_pages; /* >= LONG_MAX / page size: no limit */
	__u64 swap_usage_pages; /* cgroup v1: memory+swap */
	__u64 swap_limit_pages;
	__u64 high_pages; /* as limit_pages */
	__u64 low_pages; /* protected: best effort, and hard */
	__u64 min_pages;
	__u64 inactive_file_pages; /* and below it, as far as the kernel has added it up */
	__u64 oom_events; /* memory_events_local[MEMCG_OOM] */
	__u32 flags;
	__u32 name_size; /* bytes of the name without NUL; out of bounds: it could not be read */
	char name[OOMWHY_NAME_SIZE]; /* "" is the root */
};

/* The innermost level first; where a level had to be left out it is one right after the first. */
struct oomwhy_chain {
	__u32 count; /* entries in use */
	__u32 skipped; /* levels left out after level[0] */
	__u32 unreached; /* bool: the root was not reached, the outermost levels are missing */
	__u32 hierarchy; /* cgroup hierarchy id: 0 is cgroup v2 */
	struct oomwhy_memcg level[OOMWHY_LEVELS_MAX];
};

/* struct oomwhy_task.flags */
#define OOMWHY_TASK_KTHREAD (1u << 0)
#define OOMWHY_TASK_EXITING (1u << 1)
#define OOMWHY_TASK_HAS_MM (1u << 2)
#define OOMWHY_TASK_MM_SHARED (1u << 3) /* perhaps: more than its threads use its memory */
/* lockdown=confidentiality: */
#define OOMWHY_TASK_NOT_INIT (1u << 16) /* vpid could not be read, but is not 1 */
#define OOMWHY_TASK_ROUGH (1u << 18) /* counts of pages are rounded down to 256 */
#define OOMWHY_TASK_ONLY_NAMED (1u << 17) /* nothing but tid, tgid, uid and comm could be read */

struct oomwhy_task {
	__u32 tid;
	__u32 tgid;
	__u32 vpid; /* tgid in its innermost PID namespace */
	__u32 uid;
	__s32 oom_score_adj;
	__u32 flags;
	__u64 start_time_ns; /* CLOCK_BOOTTIME; tells a reused pid */
	__u64 anon_pages;
	__u64 file_pages;
	__u64 shmem_pages;
	__u64 swap_pages;
	__u64 pagetables_bytes;
	__u64 total_vm_pages;
	char comm[OOMWHY_COMM_SIZE];
};

/*
 * What tells process 1 of a container from process 1 of a namespace that the workload made, and the
 * main process of a container that shares a PID namespace from any other. Depths count the levels
 * that two tasks' memcgs share, the root included.
 */
struct oomwhy_kin {
	__u32 pidns_level; /* 0: the machine's own PID namespace */
	__u32 parent_pid;
	__u32 parent_pidns_level;
	__u32 parent_shared_levels;
	__u32 reaper_shared_levels; /* of process 1 of the victim's PID namespace */
	__u32 parent_same_pidns; /* bool */
	char parent_comm[OOMWHY_COMM_SIZE];
};

struct oomwhy_decision {
	struct oomwhy_header header;
	__u64 asker; /* pid_tgid of the running task */
	__u64 gfp_mask;
	__s64 order; /* -1: sysrq */
	__u64 total_pages;
	__s64 points; /* of the chosen task, in pages */
	__u32 constraint; /* the kernel's enum oom_constraint */
	__u32 chosen_tgid;
	__u32 chosen_tid; /* of the thread, where the kernel chose one */
	__u32 is_memcg; /* bool: a memcg's limit, described by owner; else owner.count is 0 */
	struct oomwhy_chain owner;
};

struct oomwhy_trigger {
	struct oomwhy_header header;
	__u64 asker;
	struct oomwhy_task task;
	struct oomwhy_chain chain;
};

/* As free_pages and low_pages: the node could not be looked at (lockdown=confidentiality). */
#define OOMWHY_HOST_NOT_READ (~0ULL)

struct oomwhy_host {
	__u64 free_pages; /* of the zones that count */
	__u64 low_pages; /* the sum of their low watermarks, boost and reserve included */
	__u64 nodes; /* bit n: NUMA node n was looked at */
	__u64 short_nodes; /* bit n: that node alone is under its watermarks */
	__u64 roomy_nodes; /* bit n: so much is free there that it was not short a moment ago */
};

/*
 * Each OOM follows a reclaim by the same task that did not help: of a memcg for a memcg's limit, of
 * the machine for the machine's. (sysrq-f follows none.) Where the decision is not visible this
 * tells them apart.
 */
enum oomwhy_reclaim {
	OOMWHY_RECLAIM_NOT_TRACKED = 0,
	OOMWHY_RECLAIM_NONE = 1, /* the asker has reclaimed nothing lately */
	OOMWHY_RECLAIM_MEMCG = 2,
	OOMWHY_RECLAIM_MACHINE = 3,
};

/* Beside it: since then the asker has killed already. */
#define OOMWHY_RECLAIM_KILLED_SINCE (1u << 16)

struct oomwhy_victim {
	struct oomwhy_header header;
	__u64 decision; /* sequence of the DECISION that it belongs to; 0: none was seen */
	__u64 asker;
	__u32 signalled; /* bool: the OOM killer sent it SIGKILL right before */
	__u32 asker_is_victim; /* bool: then the trigger is the same process */
	__u32 reclaim; /* enum oomwhy_reclaim: what the asker did last */
	__u32 shares_memory; /* bool: not marked, but killed because it shares a marked one's */
	struct oomwhy_task task;
	struct oomwhy_kin kin;
	struct oomwhy_host host;
	struct oomwhy_chain chain;
};

struct oomwhy_children {
	struct oomwhy_header header;
	__u64 asker;
	__u64 parent_id;
	__u32 count;
	__u32 omitted; /* children that had no room */
	struct oomwhy_memcg child[OOMWHY_CHILDREN_MAX];
};

/* What the kernel counts of a memcg. Units as there: pages, where no other is said. */
enum oomwhy_item {
	OOMWHY_ANON,
	OOMWHY_FILE, /* with shmem */
	OOMWHY_SHMEM,
	OOMWHY_SLAB_RECLAIMABLE, /* bytes; of the machine pages */
	OOMWHY_SLAB_UNRECLAIMABLE, /* the same */
	OOMWHY_KERNEL_STACK, /* KiB */
	OOMWHY_PAGETABLES,
	OOMWHY_SOCK,
	OOMWHY_PERCPU, /* bytes */
	OOMWHY_VMALLOC,
	OOMWHY_KERNEL, /* all kernel memory: the six above but sock, and more */
	OOMWHY_SWAP,
	OOMWHY_INACTIVE_FILE,
	OOMWHY_ITEMS,
};

/* struct oomwhy_memory.flags */
#define OOMWHY_MEMORY_WHOLE (1u << 0) /* all below it was read; else it is as of the last sum */
#define OOMWHY_MEMORY_FLUSH_NEXT                                         \
	(1u << 1) /* flush_jiffies: when the next sum is due, see compat \
		   */

/* What fills a memcg and all below it; or the machine. */
struct oomwhy_memory {
	struct oomwhy_header header;
	__u64 asker;
	__u64 memcg_id; /* 0: the machine */
	__u64 usage_pages; /* of a memcg */
	__u64 known; /* bit i: item i is counted here */
	__s64 items[OOMWHY_ITEMS];
	__u32 memcgs; /* that were read, itself included */
	__u32 flags; /* OOMWHY_MEMORY_* */
	__u64 living_pages; /* if whole: what its children hold whose cgroups are still there */
	__s64 living_shmem_pages;
	__u64 flush_jiffies; /* when the kernel has last added up all memcgs; 0: not known */
	__u64 jiffies; /* now, and the time since boot: they tell how long one is */
	__u64 monotonic_ns;
};

struct oomwhy_end {
	struct oomwhy_header header;
	__u64 decision;
};

struct oomwhy_survivor {
	struct oomwhy_header header;
	__u64 decision;
	struct oomwhy_task task;
};

/* memory.oom.group kills each member, the first victim among them. */
struct oomwhy_again {
	struct oomwhy_header header;
	__u64 asker;
	__u64 decision; /* 0: none was seen */
	__u32 tgid;
	__u32 pad;
};

/* After so long without a reclaim the next one begins another series. */
#define OOMWHY_SERIES_GAP_NS 1000000000ULL

/* All that was reclaimed for one memcg's limit since we came, or since it was seen last. */
struct oomwhy_reclaim_sum {
	__u64 memcg_id;
	__u64 passes;
	__u64 pages; /* reclaimed */
	__u64 stalled_ns; /* spent in it, by all tasks together */
	__u64 last_ns; /* CLOCK_BOOTTIME: end of the last pass */
	__u64 series_ns; /* beginning of the first pass of the series that it belongs to */
	__u64 passes_before, pages_before, stalled_before_ns; /* the sums at that time */
};

struct oomwhy_reclaims {
	struct oomwhy_header header;
	__u64 asker;
	__u32 count;
	__u32 inferred; /* bool: the kernel did not say for which memcg it reclaimed */
	/* of the memcgs of the next VICTIM's chain, in its order; without memcg_id: none */
	struct oomwhy_reclaim_sum sum[OOMWHY_LEVELS_MAX];
};

#define OOMWHY_FRAMES_MAX 24

/* Of the task that runs the OOM killer; innermost first, our own programs included. */
struct oomwhy_stack {
	struct oomwhy_header header;
	__u64 asker;
	__u64 count;
	__u64 frames[OOMWHY_FRAMES_MAX]; /* addresses */
};

enum oomwhy_death_what {
	OOMWHY_ENDED = 1, /* its last thread has begun to exit */
	OOMWHY_FREED = 2, /* the last user of its memory is gone */
};

struct oomwhy_death {
	struct oomwhy_header header;
	__u32 tgid;
	__u32 what; /* enum oomwhy_death_what */
};

enum oomwhy_stall_kind {
	OOMWHY_NOTHING_KILLABLE = 1, /* all that could die is protected */
	OOMWHY_KILLER_DISABLED = 2, /* cgroup v1: memory.oom_control */
};

/* Sent once for each memcg, and again after some time without: what follows is counted only. */
struct oomwhy_stall {
	struct oomwhy_header header;
	__u64 asker;
	__u64 memcg_id; /* the limit owner; 0: the machine */
	__u64 gfp_mask;
	__s64 order; /* -1: sysrq */
	__u32 kind; /* enum oomwhy_stall_kind */
	__u32 slot; /* of the map `attempts`: how often, if nothing is killable */
	__u32 asker_is_outside; /* bool: of the owner: it has lowered the limit */
	__u32 pad;
	struct oomwhy_task task; /* the asker */
	struct oomwhy_chain chain; /* of the asker; the owner's if the asker is not in it */
};

struct oomwhy_wait {
	struct oomwhy_header header;
	__u64 memcg_id;
	__u32 begins; /* bool */
	__u32 pad;
};

/* One entry of the map `attempts`. */
struct oomwhy_attempts {
	__u64 memcg_id;
	__u64 count; /* 0: free */
	__u64 last_ns; /* CLOCK_BOOTTIME */
};

#define OOMWHY_ATTEMPTS_MAX 16
/* After so long without an attempt the next one is a new stall. */
#define OOMWHY_STALL_QUIET_NS 3000000000ULL

enum oomwhy_cgroup_change {
	OOMWHY_CGROUP_MADE = 1,
	OOMWHY_CGROUP_REMOVED = 2, /* its folder is gone; its memory may still be charged */
	OOMWHY_CGROUP_RELEASED = 3, /* the last reference is gone */
	OOMWHY_CGROUP_RENAMED = 4, /* cgroup v1 only */
};

struct oomwhy_cgroup {
	struct oomwhy_header header;
	__u64 id;
	__u64 parent_id; /* 0: the root */
	__u32 change; /* enum oomwhy_cgroup_change */
	__u32 level; /* components of its path */
	char name[OOMWHY_NAME_SIZE];
};

/* A memcg that has run into its limit before we came: where the inference counts from. */
struct oomwhy_baseline {
	__u64 id;
	__u64 oom_events;
};

/*
 * Where the kernel does not tell in which order it counts a memcg's items: the root memcg's by the
 * order that we know, and the machine's. From the iterator, at start.
 */
struct oomwhy_order {
	__s64 memcg_pages[4]; /* anon, file, shmem, inactive_file */
	__s64 machine_pages[4];
};

/* A process that the OOM killer may have considered, right after the kill. */
struct oomwhy_candidate {
	struct oomwhy_task task;
	__u64 memcg_id;
	__u32 is_outside; /* bool: it is not below the limit, and holds more than the victim */
	__u32 pad;
};

/* So many processes are looked at, and told, at most without a break. */
#define OOMWHY_PROCESSES_VISITED 1024
#define OOMWHY_CANDIDATES_MAX 128

/*
 * The map `candidates_page`, which user space shares: a thread of it puts a question here and
 * renames itself, which runs the program that answers. No bpf() is needed for it, which by then may
 * be forbidden.
 */
struct oomwhy_candidates_page {
	__u64 pidns_dev, pidns_inode; /* the PID namespace in which the next two count */
	__u32 asker_tgid, asker_tid;
	__u64 owner_id; /* the limit owner; 0: the machine, that is all processes */
	__u64 victim_pages; /* resident */
	__u32 from; /* so many processes were looked at before */
	__u32 is_asked; /* bool: reset with the answer */
	/* The answer: */
	__u32 next; /* where to go on */
	__u32 is_last; /* bool: there are no more */
	__u32 count;
	__u32 pad;
	struct oomwhy_candidate list[OOMWHY_CANDIDATES_MAX];
};

/* Indices of the counters that both sides share (map `counters`). */
enum oomwhy_counter {
	OOMWHY_LOST_KILLS, /* the kill ring was full: nothing of them is in it */
	OOMWHY_LOST_KILL_RECORDS, /* the same of what is no kill, or no whole one */
	OOMWHY_LOST_CGROUP_RECORDS, /* the lifecycle ring was full */
	OOMWHY_UNKNOWN_VICTIMS, /* a kernel that gives only a pid, and nobody knew the task */
	OOMWHY_COUNTERS,
};

#ifndef __cplusplus
_Static_assert(sizeof(struct oomwhy_header) == 24, "record layout");
_Static_assert(sizeof(struct oomwhy_memcg) == 344, "record layout");
_Static_assert(sizeof(struct oomwhy_chain) == 16 + 16 * 344, "record layout");
_Static_assert(sizeof(struct oomwhy_task) == 96, "record layout");
_Static_assert(sizeof(struct oomwhy_kin) == 40, "record layout");
_Static_assert(sizeof(struct oomwhy_decision) == 80 + sizeof(struct oomwhy_chain), "record layout");
_Static_assert(sizeof(struct oomwhy_victim) == 232 + sizeof(struct oomwhy_chain), "record layout");
_Static_assert(sizeof(struct oomwhy_survivor) == 128, "record layout");
_Static_assert(sizeof(struct oomwhy_stall) == 168 + sizeof(struct oomwhy_chain), "record layout");
_Static_assert(sizeof(struct oomwhy_memory) == 208, "record layout");
_Static_assert(sizeof(struct oomwhy_again) == 48, "record layout");
_Static_assert(sizeof(struct oomwhy_reclaims) == 40 + 16 * 72, "record layout");
_Static_assert(sizeof(struct oomwhy_candidate) == 112, "record layout");
_Static_assert(sizeof(struct oomwhy_candidates_page) == 64 + 128 * 112, "record layout");
_Static_assert(sizeof(struct oomwhy_stack) == 40 + 24 * 8, "record layout");
_Static_assert(sizeof(struct oomwhy_death) == 32, "record layout");
_Static_assert(sizeof(struct oomwhy_wait) == 40, "record layout");
_Static_assert(sizeof(struct oomwhy_cgroup) == 304, "record layout");
#endif

#endif
