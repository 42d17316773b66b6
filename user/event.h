/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event: the one model of what happened. Sources fill it, place, names and judge complete it, sinks
 * format it.
 *
 * Rules that hold everywhere:
 * - Every number is 8 bytes wide (__u64 or __s64) and its unit is in its name. NOT_KNOWN means that
 * nobody said it: sinks leave it out. (The counts of lists begin at 0.) NO_LIMIT is a limit that is
 * not set: JSON writes null.
 * - Text is a `struct text`: bytes in the event's own pool, of any value, with a length and without
 * a NUL. So an event is position-independent: copying its used part (event_size()) copies all of
 * it.
 * - An enum's 0 is "not said".
 * - event_init() sets every field of the chosen type to "not known"; it walks the field table
 * (fields.h), in which each field is written once.
 */
#ifndef OOMWHY_EVENT_H
#define OOMWHY_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "event_history.h"
#include "event_parts.h"
#include "place.h"

#define EVENT_TEXT_MAX                                                            \
	16384 /* bytes of text in one event; what does not fit is cut and flagged \
	       */
#define EVENT_ID_MAX 48
#define INCIDENT_LEVELS_MAX 16 /* memcgs from the victim's to the root */
#define INCIDENT_CHILDREN_MAX 16 /* children of the limit owner */
#define INCIDENT_OTHER_VICTIMS_MAX 16
#define INCIDENT_SURVIVORS_MAX 8 /* protected members of a group */
#define LOSS_PLACES_MAX 4
#define INCIDENT_SUSPECTS_MAX 4 /* possible limit owners where it is not decidable */

enum event_type {
	EVENT_NONE,
	EVENT_START,
	EVENT_INCIDENT, /* "oom_kill" */
	EVENT_LOSS,
	EVENT_STOP,
	EVENT_STALL, /* a limit is hit and nobody is killed */
	EVENT_UPDATE, /* what is known later of an event that was told: it has the same id */
};

enum origin {
	ORIGIN_NONE,
	ORIGIN_LIVE,
	ORIGIN_BACKFILL, /* before this process started */
	ORIGIN_LOG,
};

/* How the limit owner is known. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_EXACT, /* the kernel's oom_control */
	EVIDENCE_INFERRED, /* the memcgs' own counters at mark_victim */
	EVIDENCE_LOG, /* kernel log text */
};

enum fate {
	FATE_NONE,
	FATE_KILLED,
	FATE_GROUP, /* killed with its memory.oom.group */
	FATE_SHARES_MEMORY, /* killed because it shares the victim's memory; the kernel does not
			       count it */
	FATE_ALREADY_EXITING, /* marked only, it was dying anyway */
};

/* What the two ways to know the limit owner say of each other. */
enum cross_check {
	CROSS_CHECK_NONE, /* only one way was open */
	CROSS_CHECK_AGREES,
	CROSS_CHECK_DIFFERS,
};

enum stall_kind {
	STALL_NONE,
	STALL_NOTHING_KILLABLE, /* all that could die is protected */
	STALL_KILLER_DISABLED, /* cgroup v1: memory.oom_control */
};

/* Which of an owner's two limits it was. */
enum counter {
	COUNTER_NOT_SAID,
	COUNTER_MEMORY,
	COUNTER_MEMORY_AND_SWAP, /* cgroup v1: memsw */
};

enum attach_plan {
	ATTACH_NONE,
	ATTACH_FENTRY,
	ATTACH_KPROBE,
	ATTACH_TRACEPOINT,
	ATTACH_KMSG,
};

/* With --pin: the kernel side was made now, or others had made it and it went on; or theirs was
 * another and has been replaced. */
enum pins_use {
	PINS_NONE,
	PINS_MADE,
	PINS_TAKEN_OVER,
	PINS_REPLACED,
};

/* The kernel's enum oom_constraint, one up. */
enum constraint {
	OOM_CONSTRAINT_NOT_SAID,
	OOM_CONSTRAINT_NONE,
	OOM_CONSTRAINT_CPUSET,
	OOM_CONSTRAINT_MEMORY_POLICY,
	OOM_CONSTRAINT_MEMCG,
};

/* What fills most of the limit owner's memory, or the odd kind that fills much of it. */
enum filled {
	FILLED_NOT_SAID,
	FILLED_ANON,
	FILLED_FILE,
	FILLED_TMPFS,
	FILLED_LEFT_BEHIND, /* by dead containers */
	FILLED_SLAB_RECLAIMABLE,
	FILLED_SLAB_UNRECLAIMABLE,
	FILLED_PAGETABLES,
	FILLED_KERNEL_STACKS,
	FILLED_SOCKETS,
	FILLED_PERCPU,
	FILLED_VMALLOC,
	FILLED_KERNEL, /* that has no name of its own */
	FILLED_REST,
};

/* Where the figures of what fills the memory come from. */
enum memory_source {
	MEMORY_NOT_READ,
	MEMORY_EXACT, /* the cgroup's own counters, CPU by CPU; nothing is below it */
	MEMORY_SUM, /* the same of it and all below it */
	MEMORY_FLUSHED, /* the kernel's own sum, as of age_ns ago at most */
	MEMORY_MACHINE, /* the machine's counters */
	MEMORY_LOG, /* the kernel log's table: sums, made for it */
};

struct event_task {
	struct identity who;
	struct event_cgroup cgroup;
	struct text comm;
	__u64 fate; /* enum fate; victims only */
	__u64 counted; /* times that the kernel counted it as killed; victims only */
	__u64 pid; /* the process (tgid) */
	__u64 tid; /* the thread, where it is not the leader; else NOT_KNOWN */
	__u64 vpid; /* the process in its own PID namespace */
	__u64 uid;
	__s64 oom_score_adj;
	__s64 points; /* the kernel's badness in pages; the chosen victim only */
	__u64 rss_bytes; /* anon + file + shmem */
	__u64 rounded_bytes; /* the next four are rounded down to it; else NOT_KNOWN */
	__u64 anon_bytes;
	__u64 file_bytes;
	__u64 shmem_bytes;
	__u64 swap_bytes;
	__u64 pagetables_bytes;
	__u64 total_vm_bytes;
	struct {
		__u64 is_init; /* bool: it is process 1 there; where vpid does not tell */
		__u64 pidns_level; /* of its PID namespace; 0 is the machine's own */
		__u64 parent_pid;
		struct text parent_comm;
		__u64 parent_pidns_level;
		__u64 parent_same_pidns; /* bool */
		__u64 parent_shared_levels; /* levels, the root included, that its memcg and its
					       parent's share */
		__u64 reaper_shared_levels; /* the same with process 1 of its PID namespace */
	} kin; /* victims only: is it process 1 of its container? */
};

/* A member of a dying group that oom_score_adj -1000 protected. */
struct survivor {
	__u64 pid;
	struct text comm;
	__s64 oom_score_adj;
	__u64 rss_bytes;
};

/* One level's limit, for the table that people read. */
struct limit {
	__u64 limit_bytes; /* NO_LIMIT: not set */
	__u64 usage_bytes;
	__u64 working_set_bytes;
	__u64 swap_limit_bytes; /* cgroup v1: memory+swap */
	__u64 swap_usage_bytes;
	struct request
		request; /* of a container; of a pod where all of its containers' are exact */
	__u64 high_bytes; /* memory.high, .low, .min; where set */
	__u64 low_bytes;
	__u64 min_bytes;
	__u64 oom_group; /* bool: memory.oom.group */
};

/* What fills the limit owner's memory, or the machine's: disjoint parts but for kernel_bytes. */
struct memory {
	__u64 source; /* enum memory_source */
	__u64 age_ns; /* of MEMORY_FLUSHED */
	__u64 cgroups; /* that were read: the owner and those below it */
	__u64 usage_bytes;
	__u64 anon_bytes;
	__u64 file_bytes; /* page cache but for shmem */
	__u64 shmem_bytes; /* tmpfs, shared memory */
	__u64 kernel_bytes; /* all kernel memory but sock: the parts from here to vmalloc, and more
			     */
	__u64 slab_reclaimable_bytes;
	__u64 slab_unreclaimable_bytes;
	__u64 kernel_stack_bytes;
	__u64 pagetables_bytes;
	__u64 percpu_bytes;
	__u64 vmalloc_bytes;
	__u64 sock_bytes; /* socket buffers */
	__u64 rest_bytes; /* of the usage; CPUs' stock is in it */
	__u64 swap_bytes; /* swapped out, no part of the usage */
	__u64 inactive_file_bytes; /* of file_bytes */
	__u64 left_bytes; /* what its living children do not hold */
	__u64 left_shmem_bytes;
};

/* One memcg of the chain from the victim's to the root, innermost first: the evidence itself. */
struct event_memcg {
	struct text path; /* a prefix of the victim's path */
	__u64 limit_level; /* enum limit_level: its own */
	__u64 id;
	__u64 usage_bytes;
	__u64 limit_bytes;
	__u64 swap_usage_bytes;
	__u64 swap_limit_bytes;
	__u64 working_set_bytes;
	__u64 high_bytes; /* memory.high, .low, .min; where set */
	__u64 low_bytes;
	__u64 min_bytes;
	__u64 oom_events; /* times this memcg itself ran into its limit without remedy */
	__u64 oom_group; /* bool: memory.oom.group */
};

/* A child of the limit owner, or of the lowest full memcg above the victim's. */
struct event_child {
	struct text name; /* one path component */
	struct text container_name; /* its name in the pod */
	__u64 id;
	__u64 usage_bytes;
	__u64 limit_bytes;
	__u64 online; /* bool: false for what a removed cgroup has left behind */
	__u64 is_sandbox; /* bool: the pod's pause container; NOT_KNOWN where nobody can tell */
};

struct suspect {
	struct event_cgroup cgroup; /* path empty: the machine itself */
	__u64 limit_level;
};

struct verdict {
	__u64 cause; /* enum cause */
	__u64 victim_is_cause; /* bool: it is in the culprit's pod */
	__u64 limit_level; /* enum limit_level: whose limit it was, the trap considered */
	__u64 evidence; /* enum evidence */
	__u64 cross_check; /* enum cross_check */
	__u64 container_ends; /* bool: the victim was process 1 of its container */
	__u64 equal_limits; /* bool: the owner's limit is the container's own (see "the trap" in the
			       manual) */
	__u64 filled_by; /* enum filled */
	struct text reason; /* the same as a sentence with a figure */
	struct text manifest_field; /* what to change, as a field of the manifest */
	struct text action; /* one sentence */
	struct suspect suspects[INCIDENT_SUSPECTS_MAX]; /* for LIMIT_UNKNOWN */
	__u64 suspects_count;
	__u64 suspects_omitted;
};

struct limit_owner {
	__u64 limit_level; /* enum limit_level: its own, before the trap */
	struct identity who; /* whose it is: a pod's, a container's or one below it */
	struct event_cgroup cgroup;
	__u64 counter; /* enum counter */
	__u64 limit_bytes;
	__u64 usage_bytes;
	__u64 working_set_bytes;
	__u64 lowered; /* bool: it was set below what was in use; 1 or not said */
};

struct allocation {
	__s64 order; /* the request was for 2^order pages */
	__u64 gfp_mask; /* the kernel's own bits, which differ between kernels */
	struct text gfp_flags; /* the same in its words */
};

struct stall {
	__u64 kind; /* enum stall_kind */
	__u64 attempts; /* the kernel's, to find somebody to kill; updates only */
	__u64 tasks; /* that waited; updates only */
	__u64 duration_ns; /* from the first sign to the last; updates only */
};

struct losses {
	__u64 total; /* kills that nobody will see; of a log: reports and records */
	__u64 ring_kills; /* of these: the kernel's ring was full */
	__u64 downtime; /* the same while nobody read it (--pin) */
	__u64 ring_records; /* besides: what is no kill, for the same reason */
	__u64 ring_cgroups; /* kernel: the lifecycle ring was full (repaired by a rescan) */
	__u64 queue; /* kills: the reader of stdout was too slow */
	__u64 queue_others; /* lines that are no kills, for the same reason */
	__u64 record; /* lines that the file of --record had no room for */
	__u64 incomplete; /* incidents of which a part was missing */
	__u64 hook_misses; /* kills of which the kernel did not tell whose they were */
	__u64 log_reports; /* the kernel left them out of its log (rate limit) */
	__u64 log_overwritten; /* records of its log, gone before they were read */
	__u64 unseen_kills; /* that the kernel has counted; their records may be among the above */
	__u64 before_start; /* kills since boot that nobody knows of; no part of the total */
	__u64 state; /* kills that the state folder does not have: a full or slow disk */
};

/* Where kills were that nobody saw. */
struct loss_place {
	struct event_cgroup cgroup;
	__u64 kills;
};

struct incident {
	struct verdict verdict;
	struct limit_owner limit_owner;
	struct event_task victim; /* the one that the kernel chose */
	struct event_task other_victims[INCIDENT_OTHER_VICTIMS_MAX];
	__u64 other_victims_count;
	__u64 other_victims_omitted;
	struct event_cgroup oom_group; /* died as a whole, by its memory.oom.group */
	struct survivor survivors[INCIDENT_SURVIVORS_MAX];
	__u64 survivors_count;
	__u64 survivors_omitted;
	struct stall stall; /* EVENT_STALL only; there is no victim then */
	struct event_task trigger; /* pid NOT_KNOWN: there was none (sysrq) or it is not visible */
	struct text trigger_stack; /* innermost first, names or addresses with ';' between them */
	__u64 trigger_lowers_limit; /* bool: it did not ask for memory, it wrote the limit; 1 or
				       not said */
	struct allocation allocation;
	struct candidate candidates[CANDIDATES_MAX]; /* where the kernel's log has its table */
	__u64 candidates_count;
	__u64 candidates_omitted;
	__u64 constraint; /* enum constraint */
	__u64 total_pages_bytes; /* what the OOM killer took as the size of the domain */
	struct {
		struct limit nested, container, pod, qos, node, slice, host;
	} limits;
	struct {
		__u64 eviction_bytes; /* kubelet's hard threshold of memory.available */
		__u64 hugepages_bytes;
		__u64 allocatable_bytes; /* what the limit of all pods leaves beside these */
	} node_reserve;
	struct memory memory;
	struct event_memcg memcgs[INCIDENT_LEVELS_MAX];
	__u64 memcgs_count;
	__u64 memcgs_omitted; /* levels between the innermost ones and the rest that were not
				 recorded */
	struct event_child children[INCIDENT_CHILDREN_MAX];
	__u64 children_count;
	__u64 children_omitted;
	struct event_cgroup children_of;
	struct repeat repeat;
	struct trend history; /* of the limit owner */
	struct culprit culprit; /* LIMIT_NODE, LIMIT_HOST: whose memory it is */
	struct event_pod pods[INCIDENT_PODS_MAX]; /* there: who holds it, most above request first
						   */
	__u64 pods_count;
	__u64 pods_omitted;
	__u64 pods_age_ns; /* of the oldest figure among all pods' */
	__u64 pods_unknown; /* pods whose request is not known: they are not ranked */
	__u64 pods_usage_bytes; /* of all pods together, by these figures */
	__u64 host_free_bytes; /* free memory of the machine at the kill */
	__u64 host_low_bytes; /* below this the machine itself is short (sum of the high watermarks)
			       */
	__u64 cgroup_version; /* of the memory controller: 1 or 2 */
	struct {
		struct text missing; /* parts of the kernel's report that its log does not have */
		__u64 ambiguous; /* bool: a name in it looks like the report's own words; 1 or not
				    said */
		__u64 mixed; /* bool: its lines stand among another report's; 1 or not said */
	} log; /* evidence "log" only */
	__u64 losses_total; /* up to this line */
};

struct start {
	struct text version;
	struct text kernel;
	struct text boot_id;
	__u64 attach; /* enum attach_plan */
	__u64 degraded_from; /* enum attach_plan: its hooks do not fire; told in a second start line
			      */
	__u64 evidence; /* enum evidence: the best that this plan gives */
	__u64 cgroup_version;
	__u64 cgroups; /* memcgs present */
	__u64 memory_total_bytes;
	__u64 memory_locked; /* bool: our own memory cannot be paged out */
	__u64 pins; /* enum pins_use */
	__s64 oom_score_adj; /* our own */
};

/* One of these is told. */
struct update {
	struct limit_owner limit_owner; /* with the stall */
	struct stall stall;
	struct after after;
	struct storm storm;
	struct candidate candidates[CANDIDATES_MAX]; /* most points first; without, most memory */
	__u64 candidates_count;
	__u64 candidates_omitted;
	__u64 domain_bytes; /* what oom_score_adj is a share of */
};

struct stop {
	__u64 incidents;
	__u64 victims;
	__u64 stalls;
	__u64 filtered; /* kills and stalls that the filters left out; in none of the above */
	__u64 cross_check_agreed;
	__u64 cross_check_differed;
	__u64 duration_ns;
	struct losses losses;
};

struct event {
	__u64 type; /* enum event_type */
	__u64 time_ns; /* wall clock, since 1970 */
	__u64 boot_time_ns; /* CLOCK_BOOTTIME */
	__u64 origin; /* enum origin */
	char id[EVENT_ID_MAX]; /* incidents: from the kill itself (boot id, time, victim);
				  NUL-terminated */
	struct text node_name;
	struct text cluster_name;
	struct text message; /* the headline, one line */
	__u64 text_cut; /* 1: the pool was too small, something was cut; else NOT_KNOWN */
	union {
		struct start start;
		struct incident incident; /* EVENT_INCIDENT, EVENT_STALL */
		struct update update;
		struct {
			struct losses loss;
			struct loss_place loss_places[LOSS_PLACES_MAX];
			__u64 loss_places_count;
			__u64 loss_places_omitted;
		};
		struct stop stop;
	};
	__u32 text_len;
	char text[EVENT_TEXT_MAX]; /* last: only the used part travels */
};

/*
 * event_init() - make @ev an event of @type in which nothing is known yet.
 * libevent has one, too: the linker gets another name.
 */
void event_init(struct event *ev, enum event_type type) __asm__("oomwhy_event_init");

/* event_size() - bytes of @ev that are in use: copy these to copy the event. */
size_t event_size(const struct event *ev);

/*
 * event_text() - put @len bytes into the event's pool.
 * Returns where they are. What does not fit is cut and ev->text_cut set; an equal text already
 * there is shared.
 */
struct text event_text(struct event *ev, const char *bytes, size_t len);

/*
 * event_text_whole() - the same for names and paths: all of it or nothing, since a part would be
 * another's. It leaves room for the sentences that are written last.
 */
struct text event_text_whole(struct event *ev, const char *bytes, size_t len);

/* event_textf() - the same with a format. @fmt gives at most 1 KiB. */
struct text event_textf(struct event *ev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* text_bytes() - the bytes of @text (text.len of them, no NUL at the end); "" where it is empty. */
const char *text_bytes(const struct event *ev, struct text text);

/* event_has_incident() - a kill or a stall. */
bool event_has_incident(const struct event *ev);

/* incident_subject() - whose limits the event tells of: the victim; where nobody died, who asked.
 */
const struct event_task *incident_subject(const struct incident *incident);

/* incident_kills() - how often the kernel has counted a kill for it. */
__u64 incident_kills(const struct incident *incident);

/* incident_limit() - the row of incident->limits for @level; NULL where there is none. */
struct limit *incident_limit(struct incident *incident, enum limit_level level);
const struct limit *incident_limit_of(const struct incident *incident, enum limit_level level);

bool text_equal(const struct event *ev, struct text a, struct text b);

#endif
