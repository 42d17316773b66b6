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

#include "capture.bpf.h"
#include "oomwhy_record.h"

char LICENSE[] SEC("license") = "GPL";

#define SIGKILL 9
#define SEND_SIG_PRIV \
	1 /* the kernel itself is the sender: no siginfo, but this number in its place */

/* Decided by user space before loading. */
const volatile __u32 memory_hierarchy = 0; /* the memory controller's: 0 is cgroup v2 */
const volatile bool mark_victim_has_task = true; /* 5.10's tracepoint gives a pid only */
const volatile bool reclaim_is_tracked = false; /* the programs that note it are loaded */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* user space may set another size */
} kill_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} cgroup_ring SEC(".maps");

/* Readable without bpf(): it may be forbidden later (5.10 without CAP_BPF). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OOMWHY_COUNTERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

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

/* The last reclaim of a task. */
struct reclaim {
	u64 time_ns;
	u32 kind; /* enum oomwhy_reclaim */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64); /* pid_tgid */
	__type(value, struct reclaim);
} reclaims SEC(".maps");

/* Older than this is no part of the OOM; between the two may lie a report on a slow console. */
#define RECLAIM_AGE_MAX_NS (60 * 1000000000ULL)

static __u64 kill_sequence;
static __u64 cgroup_sequence;

/* The decision that is being made now. */
static __u64 decision_sequence; /* of its record; 0: none is running */
static __u64 decision_asker;

/* One of each is enough, see above. */
static struct oomwhy_decision scratch_decision SEC(".data.scratch");
static struct oomwhy_trigger scratch_trigger SEC(".data.scratch");
static struct oomwhy_victim scratch_victim SEC(".data.scratch");
static struct oomwhy_children scratch_children SEC(".data.scratch");

static __always_inline void count(u32 counter)
{
	u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline void head(struct oomwhy_header *header, u32 kind)
{
	header->kind = kind;
	header->sequence = ++kill_sequence;
	header->boot_time_ns = bpf_ktime_get_boot_ns();
}

/* Only the used part of a record travels: what stands before its array, and the entries that are
 * filled. */
static __always_inline void send(struct oomwhy_header *header, u32 fixed_size, u32 entries,
				 u32 entries_max)
{
	u32 size;

	if (entries > entries_max)
		entries = entries_max;
	size = fixed_size + entries * sizeof(struct oomwhy_memcg);
	header->size = size;
	if (bpf_ringbuf_output(&kill_ring, header, size, 0))
		count(OOMWHY_LOST_KILL_RECORDS);
}

#define send_chain(record, chain)                                                                \
	send(&(record)->header, offsetof(typeof(*(record)), chain.level), (record)->chain.count, \
	     OOMWHY_LEVELS_MAX)

static __always_inline void send_trigger(u64 asker)
{
	struct oomwhy_trigger *record = &scratch_trigger;
	const struct task_struct *task = (const void *)bpf_get_current_task();

	head(&record->header, OOMWHY_TRIGGER);
	record->asker = asker;
	capture_task(&record->task, task);
	capture_chain(&record->chain, task_memcg_css(task));
	send_chain(record, chain);
}

static __always_inline int decision_begins(const struct oom_control *oc)
{
	struct oomwhy_decision *record = &scratch_decision;
	const struct mem_cgroup *memcg = BPF_CORE_READ(oc, memcg);
	u64 asker = bpf_get_current_pid_tgid();

	head(&record->header, OOMWHY_DECISION);
	record->asker = asker;
	record->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	record->order = BPF_CORE_READ(oc, order);
	record->total_pages = BPF_CORE_READ(oc, totalpages);
	record->points = BPF_CORE_READ(oc, chosen_points);
	record->constraint = BPF_CORE_READ(oc, constraint);
	record->chosen_tgid = BPF_CORE_READ(oc, chosen, tgid);
	record->is_memcg = memcg != NULL;
	record->owner.count = 0;
	if (memcg)
		capture_chain(&record->owner, &memcg->css);
	decision_sequence = record->header.sequence;
	decision_asker = asker;
	send_chain(record, owner);
	send_trigger(asker);
	return 0;
}

static __always_inline int decision_ends(void)
{
	struct oomwhy_end record = {};

	if (decision_asker != bpf_get_current_pid_tgid() || !decision_sequence)
		return 0;
	head(&record.header, OOMWHY_END);
	record.header.size = sizeof(record);
	record.decision = decision_sequence;
	decision_sequence = 0;
	if (bpf_ringbuf_output(&kill_ring, &record, sizeof(record), 0))
		count(OOMWHY_LOST_KILL_RECORDS);
	return 0;
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(decision_fentry, const struct oom_control *oc)
{
	return decision_begins(oc);
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(decision_fexit)
{
	return decision_ends();
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(decision_kprobe, const struct oom_control *oc)
{
	return decision_begins(oc);
}

SEC("?kretprobe/oom_kill_process")
int BPF_KRETPROBE(decision_kretprobe)
{
	return decision_ends();
}

/*
 * A memcg whose usage has reached its limit, less what CPUs hold in stock (MEMCG_CHARGE_BATCH). A
 * full swap counter kills nobody on cgroup v2, and Kubernetes often sets it to 0.
 */
static __always_inline bool is_full(const struct oomwhy_memcg *memcg)
{
	return memcg->usage_pages + 64 >= memcg->limit_pages ||
	       (memory_hierarchy && memcg->swap_usage_pages + 64 >= memcg->swap_limit_pages);
}

static __noinline int capture_children(struct oomwhy_children *record,
				       const struct cgroup_subsys_state *parent)
{
	const struct list_head *end = &parent->children,
			       *next = BPF_CORE_READ(parent, children.next);
	u32 i, omitted = 0;

	for (i = 0; i < OOMWHY_CHILDREN_MAX && next && next != end; i++) {
		const char *css = (const char *)next -
				  bpf_core_field_offset(struct cgroup_subsys_state, sibling);

		capture_memcg(&record->child[i], (const void *)css);
		next = BPF_CORE_READ(next, next);
	}
	record->count = i;
	for (; omitted < OOMWHY_OMITTED_MAX && next && next != end; omitted++)
		next = BPF_CORE_READ(next, next);
	record->omitted = omitted;
	record->parent_id = BPF_CORE_READ(parent, cgroup, kn, id);
	return 0;
}

static __always_inline void send_children_of(const struct cgroup_subsys_state *css, u64 asker)
{
	struct oomwhy_children *record = &scratch_children;

	head(&record->header, OOMWHY_CHILDREN);
	record->asker = asker;
	capture_children(record, css);
	send(&record->header, offsetof(struct oomwhy_children, child), record->count,
	     OOMWHY_CHILDREN_MAX);
}

/*
 * Who shares the limit, for the two lowest full memcgs above the victim's own: the owner is mostly
 * one of them, and whether a pod has one container shows only here.
 */
static __always_inline void send_children(const struct oomwhy_chain *chain, u64 asker,
					  const struct cgroup_subsys_state *css)
{
	const struct cgroup_subsys_state *first = NULL, *second = NULL;

	for (u32 i = 1; i < OOMWHY_LEVELS_MAX && i < chain->count && !chain->skipped; i++) {
		css = BPF_CORE_READ(css, parent);
		if (!is_full(&chain->level[i]))
			continue;
		if (first) {
			second = css;
			break;
		}
		first = css;
	}
	if (first)
		send_children_of(first, asker);
	if (second)
		send_children_of(second, asker);
}

static __always_inline u32 last_reclaim(u64 asker)
{
	const struct reclaim *last;

	if (!reclaim_is_tracked)
		return OOMWHY_RECLAIM_NOT_TRACKED;
	last = bpf_map_lookup_elem(&reclaims, &asker);
	if (!last || bpf_ktime_get_boot_ns() - last->time_ns > RECLAIM_AGE_MAX_NS)
		return OOMWHY_RECLAIM_NONE;
	return last->kind;
}

/* The victim's record is sent last of its group: with it user space has all that there is. */
static __always_inline int victim_marked(const struct task_struct *task,
					 const struct oom_signal *signal)
{
	struct oomwhy_victim *record = &scratch_victim;
	const struct cgroup_subsys_state *css = task_memcg_css(task);
	u64 asker = bpf_get_current_pid_tgid();
	bool decided = decision_sequence && decision_asker == asker;

	record->decision = decided ? decision_sequence : 0;
	record->asker = asker;
	capture_task(&record->task, task);
	record->signalled = signal && signal->tgid == record->task.tgid;
	record->asker_is_victim = record->task.tgid == asker >> 32;
	record->reclaim = last_reclaim(asker);
	capture_kin(&record->kin, task);
	capture_host(&record->host, (const struct mem_cgroup *)css);
	capture_chain(&record->chain, css);
	if (!decided && !record->asker_is_victim)
		send_trigger(asker);
	send_children(&record->chain, asker, css);
	head(&record->header, OOMWHY_VICTIM);
	send_chain(record, chain);
	return 0;
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
	return victim_marked(task, signal);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, unsigned long info, const struct task_struct *task)
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
	return 0;
}

static __always_inline int reclaim_ends(u32 kind)
{
	u64 task = bpf_get_current_pid_tgid();
	struct reclaim entry = { .time_ns = bpf_ktime_get_boot_ns(), .kind = kind };

	bpf_map_update_elem(&reclaims, &task, &entry, BPF_ANY);
	return 0;
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_end")
int memcg_reclaim_ends(void *ctx)
{
	return reclaim_ends(OOMWHY_RECLAIM_MEMCG);
}

SEC("?tp_btf/mm_vmscan_direct_reclaim_end")
int machine_reclaim_ends(void *ctx)
{
	return reclaim_ends(OOMWHY_RECLAIM_MACHINE);
}

static __always_inline int cgroup_changed(const struct cgroup *cgroup, u32 change)
{
	const struct kernfs_node *kn = BPF_CORE_READ(cgroup, kn);
	struct oomwhy_cgroup *record;

	/* On cgroup v1 the event comes once per hierarchy, and ids are per hierarchy. */
	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != memory_hierarchy)
		return 0;
	cgroup_sequence++; /* serialised by cgroup_mutex */
	record = bpf_ringbuf_reserve(&cgroup_ring, sizeof(*record), 0);
	if (!record) {
		count(OOMWHY_LOST_CGROUP_RECORDS);
		return 0;
	}
	record->header.kind = OOMWHY_CGROUP;
	record->header.size = sizeof(*record);
	record->header.sequence = cgroup_sequence;
	record->header.boot_time_ns = bpf_ktime_get_boot_ns();
	record->id = BPF_CORE_READ(kn, id);
	record->parent_id = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	record->change = change;
	record->level = BPF_CORE_READ(cgroup, level);
	if (bpf_probe_read_kernel_str(record->name, sizeof(record->name),
				      BPF_CORE_READ(kn, name)) <= 0)
		record->name[0] = 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_MADE);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_REMOVED);
}

SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_release, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_RELEASED);
}

SEC("tp_btf/cgroup_rename")
int BPF_PROG(cgroup_rename, const struct cgroup *cgroup)
{
	return cgroup_changed(cgroup, OOMWHY_CGROUP_RENAMED);
}

/*
 * The memcgs that have run into their limits before we came, one pass over the tasks at start:
 * cgroup v1 has no file that tells it. User space drops the doubles.
 */
SEC("iter/task")
int baseline(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	const struct task_struct *task = ctx->task;
	const struct cgroup_subsys_state *css;

	if (!task || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	css = task_memcg_css(task);
	for (int i = 0; i < OOMWHY_DEPTH_MAX && css; i++) {
		struct oomwhy_baseline record = {};

		record.oom_events = memcg_oom_events((const void *)css);
		if (record.oom_events) {
			record.id = BPF_CORE_READ(css, cgroup, kn, id);
			bpf_seq_write(seq, &record, sizeof(record));
		}
		css = BPF_CORE_READ(css, parent);
	}
	return 0;
}
