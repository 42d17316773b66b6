// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel side: on the kill decision, on each victim and on the life of cgroups it takes down
 * what the kernel knows at that moment and sends it. It judges nothing.
 *
 * All programs of the kill ring run under oom_lock: mark_oom_victim() and oom_kill_process() are
 * called with it held only. So there is one current decision, and one scratch record of each kind
 * is enough.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "candidates.bpf.h"
#include "capture.bpf.h"
#include "death.bpf.h"
#include "history.bpf.h"
#include "lifecycle.bpf.h"
#include "memory.bpf.h"
#include "oomwhy_record.h"
#include "send.bpf.h"
#include "stack.bpf.h"
#include "stall.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SIGKILL 9
#define SEND_SIG_PRIV \
	1 /* the kernel itself is the sender: no siginfo, but this number in its place */

#define OOM_SCORE_ADJ_MIN -1000

/* Decided by user space before loading. */
const volatile bool mark_victim_has_task = true; /* 5.10's tracepoint gives a pid only */

/* Set by user space when the programs that note it are attached. */
volatile bool reclaim_is_tracked = false;

/* Whom the running task has just sent the OOM killer's kind of SIGKILL. */
struct oom_signal {
	u64 task; /* its address: for kernels whose mark_victim gives only a pid */
	u32 tid;
	u32 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u64); /* pid_tgid of the sender */
	__type(value, struct oom_signal);
} oom_signals SEC(".maps");

/* Older than this is no part of the OOM; between the two may lie a report on a slow console. */
#define RECLAIM_AGE_MAX_NS (60 * 1000000000ULL)

/* The decision that is being made now. */
static __u64 decision_sequence; /* of its record; 0: none is running */
static __u64 decision_asker;
static __u64 decision_owner; /* the memcg's id; 0: the machine */
static bool decision_is_filled; /* what filled it is told */

/* Whom the kernel has marked last: the processes that share its memory die unmarked, right after.
 */
static __u64 marked_asker;
static __u64 marked_mm; /* its address */
static __u64 marked_ns; /* CLOCK_BOOTTIME */
static __u32 marked_tgid;

/* As long after the mark may a report on a slow console delay them, if no end is seen. */
#define SHARERS_NS 1000000000ULL

/* One of each is enough, see above. */
static struct oomwhy_decision scratch_decision SEC(".data.scratch");
static struct oomwhy_trigger scratch_trigger SEC(".data.scratch");
static struct oomwhy_victim scratch_victim SEC(".data.scratch");
static struct oomwhy_children scratch_children SEC(".data.scratch");
static struct oomwhy_survivor scratch_survivor SEC(".data.scratch");
static struct oomwhy_memcg scratch_level SEC(".data.scratch");
static u64
	scratch_task SEC(".data.scratch"); /* as an argument: pointers cannot be given as numbers */

/*
 * The steps of a kill are global functions, with numbers as arguments: so the verifier goes through
 * each once, and not once for each way that leads to it, which made a start three times as long.
 */
__noinline int send_trigger(u64 asker)
{
	struct oomwhy_trigger *record = &scratch_trigger;
	const struct task_struct *task = (const void *)bpf_get_current_task();

	head(&record->header, OOMWHY_TRIGGER);
	record->asker = asker;
	capture_task(&record->task, task);
	capture_chain(&record->chain, task_memcg_css(task));
	send_chain(record, chain);
	return 0;
}

static __always_inline int decision_begins(void *ctx, const struct oom_control *oc)
{
	struct oomwhy_decision *record = &scratch_decision;
	const struct mem_cgroup *memcg = BPF_CORE_READ(oc, memcg);
	u64 asker = bpf_get_current_pid_tgid();

	if (decision_is_refused(asker))
		return 0;
	send_stack(ctx, asker);
	head(&record->header, OOMWHY_DECISION);
	record->asker = asker;
	record->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	record->order = BPF_CORE_READ(oc, order);
	record->total_pages = BPF_CORE_READ(oc, totalpages);
	record->points = BPF_CORE_READ(oc, chosen_points);
	record->constraint = BPF_CORE_READ(oc, constraint);
	record->chosen_tgid = BPF_CORE_READ(oc, chosen, tgid);
	record->chosen_tid = BPF_CORE_READ(oc, chosen, pid);
	record->is_memcg = memcg != NULL;
	record->owner.count = 0;
	if (memcg)
		capture_chain(&record->owner, &memcg->css);
	decision_sequence = record->header.sequence;
	decision_asker = asker;
	decision_owner = memcg ? record->owner.level[0].id : 0;
	decision_is_filled = false;
	send_chain(record, owner);
	send_trigger(asker);
	return 0;
}

static __always_inline int decision_ends(void)
{
	struct oomwhy_end record = {};

	refused_asker = 0;
	if (decision_asker != bpf_get_current_pid_tgid() || !decision_sequence)
		return 0;
	head(&record.header, OOMWHY_END);
	record.decision = decision_sequence;
	decision_sequence = marked_asker = 0;
	send_bytes(&record.header, sizeof(record));
	return 0;
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(decision_fentry, const struct oom_control *oc)
{
	return decision_begins(ctx, oc);
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(decision_fexit)
{
	return decision_ends();
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(decision_kprobe, const struct oom_control *oc)
{
	return decision_begins(ctx, oc);
}

SEC("?kretprobe/oom_kill_process")
int BPF_KRETPROBE(decision_kretprobe)
{
	return decision_ends();
}

/* A member of a group that dies as a whole. A process that has ended already is none. */
static __always_inline int member_considered(const struct task_struct *task)
{
	struct oomwhy_survivor *record = &scratch_survivor;

	if (BPF_CORE_READ(task, signal, oom_score_adj) != OOM_SCORE_ADJ_MIN ||
	    !BPF_CORE_READ(task, mm))
		return 0;
	head(&record->header, OOMWHY_SURVIVOR);
	record->decision = decision_sequence;
	capture_task(&record->task, task);
	send_bytes(&record->header, sizeof(*record));
	return 0;
}

SEC("?fentry/oom_kill_memcg_member")
int BPF_PROG(member_fentry, const struct task_struct *task)
{
	return member_considered(task);
}

SEC("?kprobe/oom_kill_memcg_member")
int BPF_KPROBE(member_kprobe, const struct task_struct *task)
{
	return member_considered(task);
}

/* Of a list's entries from @at on, up to OOMWHY_OMITTED_MAX. */
__noinline u32 count_entries(u64 at, u64 end)
{
	const struct list_head *next = (const void *)at;
	u32 count = 0;

	for (; count < OOMWHY_OMITTED_MAX && next && (u64)next != end; count++)
		next = BPF_CORE_READ(next, next);
	return count;
}

static __noinline int capture_children(struct oomwhy_children *record,
				       const struct cgroup_subsys_state *parent)
{
	const struct list_head *end = &parent->children,
			       *next = BPF_CORE_READ(parent, children.next);
	u32 i;

	for (i = 0; i < OOMWHY_CHILDREN_MAX && next && next != end; i++) {
		const char *css = (const char *)next -
				  bpf_core_field_offset(struct cgroup_subsys_state, sibling);

		capture_memcg(&record->child[i], (const void *)css);
		next = BPF_CORE_READ(next, next);
	}
	record->count = i;
	record->omitted = count_entries((u64)next, (u64)end);
	record->parent_id = BPF_CORE_READ(parent, cgroup, kn, id);
	return 0;
}

__noinline int send_children_of(u64 at, u64 asker)
{
	const struct cgroup_subsys_state *css = (const void *)at;
	struct oomwhy_children *record = &scratch_children;

	head(&record->header, OOMWHY_CHILDREN);
	record->asker = asker;
	capture_children(record, css);
	send(&record->header, offsetof(struct oomwhy_children, child), record->count,
	     OOMWHY_CHILDREN_MAX);
	return 0;
}

/*
 * Who shares the limit, for the two lowest full memcgs above the victim's own: the owner is mostly
 * one of them, and whether a pod has one container shows only here. The owner itself, where it is
 * known (@owner_id), may have room again by now. @at: the victim's css.
 */
__noinline int send_children(u64 asker, u64 owner_id, u64 at)
{
	const struct oomwhy_chain *chain = &scratch_victim.chain;
	const struct cgroup_subsys_state *css = (const void *)at, *first = NULL, *second = NULL;

	for (u32 i = 1; i < OOMWHY_LEVELS_MAX && i < chain->count && !chain->skipped; i++) {
		css = BPF_CORE_READ(css, parent);
		if (!is_full(&chain->level[i]) && chain->level[i].id != owner_id)
			continue;
		if (first) {
			second = css;
			break;
		}
		first = css;
	}
	if (first)
		send_children_of((u64)first, asker);
	if (second)
		send_children_of((u64)second, asker);
	return 0;
}

__noinline int capture_victim(void)
{
	const struct task_struct *task = (const void *)scratch_task;
	struct oomwhy_victim *record = &scratch_victim;

	capture_task(&record->task, task);
	capture_kin(&record->kin, task);
	capture_chain(&record->chain, task_memcg_css(task));
	return 0;
}

/* @at: the victim's css. */
__noinline int capture_surroundings(u64 at)
{
	capture_host(&scratch_victim.host, (const void *)at);
	capture_working_sets(&scratch_victim.chain, (const void *)at);
	return 0;
}

__noinline int send_victims_reclaims(u64 asker)
{
	send_reclaims(&scratch_victim.chain, asker);
	return 0;
}

__noinline int send_victims_memories(u64 asker, u64 decided, u64 at)
{
	send_memories(&scratch_victim.chain, asker, decision_owner, decided, (const void *)at);
	return 0;
}

/*
 * Who kills twice and has reclaimed nothing in between is still at the same decision: that tells
 * the members of a group.
 */
static __always_inline u32 last_reclaim(u64 asker)
{
	struct reclaim *last;
	u32 killed;

	if (!reclaim_is_tracked)
		return OOMWHY_RECLAIM_NOT_TRACKED;
	last = bpf_map_lookup_elem(&reclaims, &asker);
	if (!last || bpf_ktime_get_boot_ns() - last->time_ns > RECLAIM_AGE_MAX_NS)
		return OOMWHY_RECLAIM_NONE;
	killed = last->killed;
	last->killed = 1;
	return last->kind | (killed ? OOMWHY_RECLAIM_KILLED_SINCE : 0);
}

/* The victim's record is sent last of its group: with it user space has all that there is. */
static __always_inline int victim_marked(void *ctx, const struct task_struct *task,
					 const struct oom_signal *signal)
{
	struct oomwhy_victim *record = &scratch_victim;
	const struct cgroup_subsys_state *css = task_memcg_css(task);
	u64 asker = bpf_get_current_pid_tgid();
	bool decided = decision_sequence && decision_asker == asker;

	record->signalled = signal && signal->tgid == BPF_CORE_READ(task, tgid);
	marked_asker = 0;
	if (victim_is_refused(asker, record->signalled))
		return 0;
	record->decision = decided ? decision_sequence : 0;
	record->asker = asker;
	scratch_task = (u64)task;
	capture_victim();
	capture_surroundings((u64)css);
	record->shares_memory = 0;
	record->asker_is_victim = record->task.tgid == asker >> 32;
	record->reclaim = last_reclaim(asker);
	send_victims_reclaims(asker);
	if (!decided)
		send_stack(ctx, asker);
	if (!decided && !record->asker_is_victim)
		send_trigger(asker);
	send_children(asker, decided ? decision_owner : 0, (u64)css);
	if (!decided || !decision_is_filled)
		send_victims_memories(asker, decided, (u64)css);
	decision_is_filled = decided;
	head(&record->header, OOMWHY_VICTIM);
	send_chain(record, chain);
	marked_asker = asker;
	marked_mm = (u64)BPF_CORE_READ(task, mm);
	marked_tgid = record->task.tgid;
	marked_ns = record->header.boot_time_ns;
	note_dying(marked_tgid, marked_mm);
	return 0;
}

static __always_inline u64 process_mm(const struct task_struct *task)
{
	task = thread_with_memory(task);
	return task ? (u64)BPF_CORE_READ(task, mm) : 0;
}

/*
 * __oom_kill_process() kills all that share the victim's memory, right after it has marked it, and
 * marks them not.
 */
static __always_inline bool shares_marked_memory(const struct task_struct *task,
						 const struct oom_signal *signal)
{
	return marked_mm && signal->tgid != marked_tgid &&
	       bpf_ktime_get_boot_ns() - marked_ns < SHARERS_NS && process_mm(task) == marked_mm;
}

static __always_inline void sharer_killed(const struct task_struct *task, u64 asker)
{
	struct oomwhy_victim *record = &scratch_victim;

	record->decision = decision_asker == asker ? decision_sequence : 0;
	record->asker = asker;
	scratch_task = (u64)task;
	capture_victim();
	record->signalled = record->shares_memory = 1;
	record->asker_is_victim = record->task.tgid == asker >> 32;
	record->reclaim = OOMWHY_RECLAIM_NOT_TRACKED;
	__builtin_memset(&record->host, 0, sizeof(record->host));
	head(&record->header, OOMWHY_VICTIM);
	send_chain(record, chain);
}

SEC("tp_btf/mark_victim")
int mark_victim(u64 *ctx)
{
	u64 asker = bpf_get_current_pid_tgid();
	const struct oom_signal *signal = bpf_map_lookup_elem(&oom_signals, &asker);
	const struct task_struct *task = NULL;

	if (mark_victim_has_task)
		task = (const void *)ctx[0];
	else if (signal && signal->tid == (u32)ctx[0])
		task = (const void *)signal->task;
	else if ((u32)asker == (u32)ctx[0])
		task = (const void *)bpf_get_current_task();
	if (!task) {
		count(OOMWHY_UNKNOWN_VICTIMS);
		return 0;
	}
	return victim_marked(ctx, task, signal);
}

/* mark_victim does not fire again; the kernel's counter of kills has risen all the same. */
static __always_inline void killed_again(u32 tgid, u64 asker)
{
	struct oomwhy_again record = { .asker = asker, .tgid = tgid };

	record.decision = decision_asker == asker ? decision_sequence : 0;
	head(&record.header, OOMWHY_AGAIN);
	send_bytes(&record.header, sizeof(record));
}

SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, unsigned long info, const struct task_struct *task,
	     int group, int result)
{
	struct oom_signal entry = {};
	__u64 asker;

	if (signal != SIGKILL || info != SEND_SIG_PRIV)
		return 0;
	asker = bpf_get_current_pid_tgid();
	entry.task = (u64)task;
	entry.tid = BPF_CORE_READ(task, pid);
	entry.tgid = BPF_CORE_READ(task, tgid);
	bpf_map_update_elem(&oom_signals, &asker, &entry, BPF_ANY);
	if (marked_asker != asker)
		return 0;
	if (shares_marked_memory(task, &entry)) {
		if (result != TRACE_SIGNAL_IGNORED)
			sharer_killed(task, asker);
	} else if (BPF_CORE_READ(task, mm) && BPF_CORE_READ(task, signal, oom_mm)) {
		/* Without memory it is a thread that the dying asker takes along, as process 1. */
		killed_again(entry.tgid, asker);
	}
	return 0;
}

#include "direct.bpf.h"
#include "direct_lifecycle.bpf.h"
