/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory: what fills a memcg, by kind. The kernel's sums lag by what CPUs have counted since, up to
 * seconds of it: here it is added, exactly for a memcg and the few that are below a container's or
 * a pod's. Of larger trees the kernel's sum is told, with its age.
 *
 * Functions that stand for themselves to the verifier, with numbers as arguments: it goes through
 * them once, not once for each call.
 */
#ifndef OOMWHY_MEMORY_BPF_H
#define OOMWHY_MEMORY_BPF_H

#include "capture.bpf.h"
#include "compat_memory.bpf.h"
#include "send.bpf.h"

#define STATS_MAX 128 /* longs in the kernel's arrays */
#define STATS_NONE (STATS_MAX - 1) /* a place that nobody fills */

/* Set by user space: the order of the kernel's arrays is as we believe, where it is not told. */
volatile bool order_is_right = false;

/* Of the memcg that was read last: the kernel's sum of each item, and what CPUs hold beyond it. */
struct memcg_stats {
	s64 summed[OOMWHY_ITEMS];
	s64 held[OOMWHY_ITEMS];
};

/* Serialised by oom_lock, but for the iterator, which runs before the others are attached. */
static struct memcg_stats scratch_stats SEC(".data.scratch");
static long scratch_block[STATS_MAX] SEC(".data.scratch");
static u32 scratch_places[OOMWHY_ITEMS] SEC(".data.scratch");
static struct oomwhy_memory scratch_memory SEC(".data.scratch");

/* @listed: see compat_stat_place(). Items that this kernel does not have stay without. */
#define PLACE(item, type, name, listed)                                                        \
	do {                                                                                   \
		u32 place_ = STATS_NONE;                                                       \
                                                                                               \
		if (bpf_core_enum_value_exists(type, name))                                    \
			place_ = compat_stat_place(bpf_core_enum_value(type, name), (listed)); \
		scratch_places[item] = place_ < STATS_NONE ? place_ : STATS_NONE;              \
	} while (0)

/*
 * Page tables were counted by zone until f0c0c115fb81 ("mm: memcontrol: account pagetables per
 * node", v5.11). Such items are not there, and not taken for another.
 */
__noinline int find_places(void)
{
	PLACE(OOMWHY_ANON, enum node_stat_item, NR_ANON_MAPPED, 14);
	PLACE(OOMWHY_FILE, enum node_stat_item, NR_FILE_PAGES, 16);
	PLACE(OOMWHY_SHMEM, enum node_stat_item, NR_SHMEM, 19);
	PLACE(OOMWHY_SLAB_RECLAIMABLE, enum node_stat_item, NR_SLAB_RECLAIMABLE_B, 5);
	PLACE(OOMWHY_SLAB_UNRECLAIMABLE, enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B, 6);
	PLACE(OOMWHY_KERNEL_STACK, enum node_stat_item, NR_KERNEL_STACK_KB, 23);
	PLACE(OOMWHY_PAGETABLES, enum node_stat_item, NR_PAGETABLE, 24);
	PLACE(OOMWHY_INACTIVE_FILE, enum node_stat_item, NR_INACTIVE_FILE, 2);
	PLACE(OOMWHY_SOCK, enum memcg_stat_item, MEMCG_SOCK, 0);
	PLACE(OOMWHY_PERCPU, enum memcg_stat_item, MEMCG_PERCPU_B, 0);
	PLACE(OOMWHY_VMALLOC, enum memcg_stat_item, MEMCG_VMALLOC, 0);
	PLACE(OOMWHY_KERNEL, enum memcg_stat_item, MEMCG_KMEM, 0);
	PLACE(OOMWHY_SWAP, enum memcg_stat_item, MEMCG_SWAP, 0);
	return 0;
}

/* Adds the array at this address to one of scratch_stats', or takes it away from what CPUs hold. */
__noinline int add_block(u64 address, u64 bytes, u64 held, u64 minus)
{
	s64 *sums = held ? scratch_stats.held : scratch_stats.summed, sign = minus ? -1 : 1;

	if (bytes > STATS_NONE * sizeof(long))
		bytes = STATS_NONE * sizeof(long);
	bpf_probe_read_kernel(scratch_block, bytes, (const void *)address);
	for (u32 i = 0; i < OOMWHY_ITEMS; i++)
		sums[i] += sign * scratch_block[scratch_places[i] & (STATS_MAX - 1)];
	return 0;
}

/* Fills scratch_stats from the memcg at this address. */
__noinline int read_stats(u64 memcg)
{
	struct stats_at at;

	compat_stats_at(&at, memcg);
	__builtin_memset(&scratch_stats, 0, sizeof(scratch_stats));
	add_block(at.summed, at.bytes, false, false);
	if (at.pending)
		add_block(at.pending, at.bytes, false, false);
	for (u32 cpu = 0; cpu < OOMWHY_CPUS_MAX && cpu < possible_cpus; cpu++) {
		u64 distance = cpu_distance(cpu);

		if (!distance)
			break;
		add_block(at.cpu + distance, at.bytes, true, false);
		if (at.cpu_summed)
			add_block(at.cpu_summed + distance, at.bytes, true, true);
	}
	return 0;
}

static __always_inline u64 sibling_at(const struct list_head *next, const struct list_head *end)
{
	if (!next || next == end)
		return 0;
	return (u64)next - bpf_core_field_offset(struct cgroup_subsys_state, sibling);
}

/* The next memcg below @root, parents before their children; 0: there is none. */
__noinline u64 next_below(u64 at, u64 root)
{
	const struct cgroup_subsys_state *css = (const void *)at;
	u64 next = sibling_at(BPF_CORE_READ(css, children.next), &css->children);

	for (u32 i = 0; i < OOMWHY_DEPTH_MAX && !next && css && (u64)css != root; i++) {
		const struct cgroup_subsys_state *parent = BPF_CORE_READ(css, parent);

		next = sibling_at(BPF_CORE_READ(css, sibling.next), &parent->children);
		css = parent;
	}
	return next;
}

static __always_inline bool stats_are_readable(void)
{
	return compat_stat_order_is_told() || order_is_right;
}

/* Of a child of the owner that is still there, and of what is below it. */
static __always_inline bool note_child(struct oomwhy_memory *record,
				       const struct cgroup_subsys_state *css, bool was_living,
				       u64 root)
{
	const struct mem_cgroup *memcg = (const void *)css;

	if ((u64)BPF_CORE_READ(css, parent) != root)
		return was_living;
	if (!(BPF_CORE_READ(css, flags) & CSS_ONLINE))
		return false;
	record->living_pages += BPF_CORE_READ(memcg, memory.usage.counter);
	record->living_shmem_pages += scratch_stats.summed[OOMWHY_SHMEM];
	return true;
}

/* The memcg at this address, below @root; @living: what is above it is. Returns whether it is. */
__noinline int add_below(u64 at, u64 root, u64 living)
{
	struct oomwhy_memory *record = &scratch_memory;

	read_stats(at);
	living = note_child(record, (const void *)at, living, root);
	if (living)
		record->living_shmem_pages += scratch_stats.held[OOMWHY_SHMEM];
	for (u32 i = 0; i < OOMWHY_ITEMS; i++)
		record->items[i] += scratch_stats.held[i];
	record->memcgs++;
	return living;
}

static __always_inline void add_tree(struct oomwhy_memory *record, u64 root)
{
	u64 at = next_below(root, root);
	u32 living = false;

	for (u32 i = 1; i < OOMWHY_TREE_MAX && at && (i + 1) * possible_cpus <= OOMWHY_PARTS_MAX;
	     i++) {
		living = add_below(at, root, living);
		at = next_below(at, root);
	}
	if (!at)
		record->flags |= OOMWHY_MEMORY_WHOLE;
}

static __always_inline bool tree_is_small(const struct cgroup_subsys_state *css)
{
	u32 below = BPF_CORE_READ(css, cgroup, nr_descendants) +
		    BPF_CORE_READ(css, cgroup, nr_dying_descendants);

	return below < OOMWHY_TREE_MAX && (below + 1) * possible_cpus <= OOMWHY_PARTS_MAX;
}

static __always_inline void begin_memory(struct oomwhy_memory *record, u64 asker)
{
	bool is_next = false;

	__builtin_memset(record, 0, sizeof(*record));
	record->asker = asker;
	record->jiffies = bpf_jiffies64();
	record->monotonic_ns = bpf_ktime_get_ns();
	record->flush_jiffies = compat_flush_jiffies(&is_next);
	if (is_next)
		record->flags |= OOMWHY_MEMORY_FLUSH_NEXT;
}

/* @at: address of the memcg's css. */
__noinline int send_memory(u64 at, u64 asker)
{
	const struct cgroup_subsys_state *css = (const void *)at;
	struct oomwhy_memory *record = &scratch_memory;

	if (!stats_are_readable())
		return 0;
	find_places();
	read_stats(at);
	begin_memory(record, asker);
	record->memcg_id = BPF_CORE_READ(css, cgroup, kn, id);
	record->usage_pages = BPF_CORE_READ((const struct mem_cgroup *)css, memory.usage.counter);
	record->memcgs = 1;
	for (u32 i = 0; i < OOMWHY_ITEMS; i++) {
		record->items[i] = scratch_stats.summed[i] + scratch_stats.held[i];
		record->known |= (u64)(scratch_places[i] != STATS_NONE) << i;
	}
	if (tree_is_small(css))
		add_tree(record, at);
	head(&record->header, OOMWHY_MEMORY);
	send_bytes(&record->header, sizeof(*record));
	return 0;
}

static __always_inline s64 long_at(u64 address)
{
	long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const void *)address);
	return value;
}

/* Of one item: what CPUs hold beyond the kernel's sum. */
static __noinline s64 held_by_cpus(const struct stats_at *at, u64 offset)
{
	u64 cpus_own = at->cpu + offset, summed = at->cpu_summed ? at->cpu_summed + offset : 0;
	s64 held = 0;

	for (u32 cpu = 0; cpu < OOMWHY_CPUS_MAX && cpu < possible_cpus; cpu++) {
		u64 distance = cpu_distance(cpu);

		if (!distance)
			break;
		held += long_at(cpus_own + distance);
		if (summed)
			held -= long_at(summed + distance);
	}
	return held;
}

/*
 * Of each level, what the kernel has added up, and what CPUs hold beyond it for the innermost one:
 * where processes are. (Of what else is below a level, no.)
 */
static __always_inline void capture_working_sets(struct oomwhy_chain *chain,
						 const struct cgroup_subsys_state *css)
{
	struct stats_at at;
	s64 held = 0;
	u64 offset;

	if (!stats_are_readable() || chain->skipped)
		return;
	find_places();
	offset = scratch_places[OOMWHY_INACTIVE_FILE] * sizeof(long);
	for (u32 i = 0; i < OOMWHY_LEVELS_MAX && i < chain->count && css; i++) {
		s64 pages;

		compat_stats_at(&at, (u64)css);
		if (i == 0)
			held = held_by_cpus(&at, offset);
		pages = held + long_at(at.summed + offset);
		if (at.pending)
			pages += long_at(at.pending + offset);
		chain->level[i].inactive_file_pages = not_negative(pages);
		chain->level[i].flags &= ~OOMWHY_MEMCG_NO_STATS;
		css = BPF_CORE_READ(css, parent);
	}
}

/* ---- the machine ---- */

#define MACHINE(item, type, name)                                                       \
	do {                                                                            \
		if (bpf_core_enum_value_exists(type, name)) {                           \
			long pages_ = 0;                                                \
                                                                                        \
			bpf_probe_read_kernel(&pages_, sizeof(pages_),                  \
					      (const char *)&node->vm_stat +            \
						      bpf_core_enum_value(type, name) * \
							      sizeof(long));            \
			record->items[item] += pages_;                                  \
			record->known |= 1ULL << (item);                                \
		}                                                                       \
	} while (0)

static __noinline int add_node(struct oomwhy_memory *record, const struct pglist_data *node)
{
	MACHINE(OOMWHY_ANON, enum node_stat_item, NR_ANON_MAPPED);
	MACHINE(OOMWHY_FILE, enum node_stat_item, NR_FILE_PAGES);
	MACHINE(OOMWHY_SHMEM, enum node_stat_item, NR_SHMEM);
	MACHINE(OOMWHY_SLAB_RECLAIMABLE, enum node_stat_item, NR_SLAB_RECLAIMABLE_B);
	MACHINE(OOMWHY_SLAB_UNRECLAIMABLE, enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B);
	MACHINE(OOMWHY_KERNEL_STACK, enum node_stat_item, NR_KERNEL_STACK_KB);
	MACHINE(OOMWHY_PAGETABLES, enum node_stat_item, NR_PAGETABLE);
	MACHINE(OOMWHY_INACTIVE_FILE, enum node_stat_item, NR_INACTIVE_FILE);
	return 0;
}

/* Each memcg knows the machine's NUMA nodes, see capture_host(). */
static __noinline int add_nodes(struct oomwhy_memory *record, const struct mem_cgroup *memcg)
{
	for (u32 i = 0; i < OOMWHY_NODES_MAX && i < possible_nodes; i++) {
		const struct mem_cgroup_per_node *info = NULL;
		const struct pglist_data *node;

		bpf_probe_read_kernel(&info, sizeof(info),
				      (const char *)&memcg->nodeinfo + i * sizeof(info));
		if (!info)
			break;
		node = BPF_CORE_READ(info, lruvec.pgdat);
		if (node)
			add_node(record, node);
	}
	return 0;
}

static __always_inline void send_machine(const struct cgroup_subsys_state *css, u64 asker)
{
	struct oomwhy_memory *record = &scratch_memory;

	begin_memory(record, asker);
	add_nodes(record, (const void *)css);
	head(&record->header, OOMWHY_MEMORY);
	send_bytes(&record->header, sizeof(*record));
}

/* ---- whose memory is told ---- */

#define NO_LIMIT_PAGES \
	(1ULL << 47) /* PAGE_COUNTER_MAX with pages of 64 KiB; no machine is so big */

/* Less what CPUs have held in stock (MEMCG_CHARGE_BATCH each) and given back: as infer.c sees it.
 */
__noinline u32 counter_is_full(u64 usage_pages, u64 limit_pages)
{
	u64 slack_pages = 64 * (u64)possible_cpus;

	if (slack_pages > limit_pages / 8)
		slack_pages = limit_pages / 8;
	return usage_pages + slack_pages >= limit_pages;
}

/*
 * A memcg whose usage has reached its limit. A full swap counter kills nobody on cgroup v2, and
 * Kubernetes often sets it to 0.
 */
static __always_inline bool is_full(const struct oomwhy_memcg *memcg)
{
	return counter_is_full(memcg->usage_pages, memcg->limit_pages) ||
	       (memory_hierarchy &&
		counter_is_full(memcg->swap_usage_pages, memcg->swap_limit_pages));
}

static __always_inline bool is_limited(const struct oomwhy_memcg *memcg)
{
	return memcg->limit_pages < NO_LIMIT_PAGES ||
	       (memory_hierarchy && memcg->swap_limit_pages < NO_LIMIT_PAGES);
}

/* Those that are full, or those that only have a limit. */
static __always_inline bool is_suspect(const struct oomwhy_memcg *memcg, bool full)
{
	return full ? is_full(memcg) : is_limited(memcg) && !is_full(memcg);
}

/* Of the lowest of this kind, together with those before at most two. Returns how many in all. */
static __always_inline u32 send_suspects(const struct oomwhy_chain *chain, u64 asker, u32 sent,
					 bool full, const struct cgroup_subsys_state *css)
{
	for (u32 i = 0; i < OOMWHY_LEVELS_MAX && i < chain->count && sent < 2; i++) {
		if (is_suspect(&chain->level[i], full)) {
			send_memory((u64)css, asker);
			sent++;
		}
		css = BPF_CORE_READ(css, parent);
	}
	return sent;
}

/*
 * What filled the limit's owner; where it is not known, those that may be it: they are full, or
 * have been so a moment ago. And the machine's memory: one of the levels is the machine.
 */
static __always_inline void send_memories(const struct oomwhy_chain *chain, u64 asker, u64 owner_id,
					  bool decided, const struct cgroup_subsys_state *css)
{
	u32 sent;

	send_machine(css, asker);
	if (chain->skipped)
		return;
	if (!decided) {
		/* Of two that are hit at once one's victim may have given the other room. */
		sent = send_suspects(chain, asker, 0, true, css);
		send_suspects(chain, asker, sent, false, css);
		return;
	}
	for (u32 i = 0; i < OOMWHY_LEVELS_MAX && i < chain->count; i++) {
		if (chain->level[i].id == owner_id) {
			send_memory((u64)css, asker);
			break;
		}
		css = BPF_CORE_READ(css, parent);
	}
}

/* ---- is the order as we believe? ---- */

/*
 * Pages of the whole machine are the root memcg's, too, but for the few that belong to none: if it
 * has them where we look for them, that is the place. At the first task only: one record.
 * Where the CPUs' parts of counters are is looked up here, too.
 */
SEC("iter/task")
int order(struct bpf_iter__task *ctx)
{
	const struct task_struct *task = ctx->task;
	const struct cgroup_subsys_state *css;
	struct oomwhy_memory *machine = &scratch_memory;
	struct oomwhy_order record = {};

	if (!task || ctx->meta->seq_num)
		return 0;
	find_cpu_distances();
	if (compat_stat_order_is_told())
		return 0;
	css = ancestor(task_memcg_css(task), BPF_CORE_READ(task_memcg_css(task), cgroup, level));
	find_places();
	read_stats((u64)css);
	begin_memory(machine, 0);
	add_nodes(machine, (const void *)css);
	record.memcg_pages[0] = scratch_stats.summed[OOMWHY_ANON];
	record.memcg_pages[1] = scratch_stats.summed[OOMWHY_FILE];
	record.memcg_pages[2] = scratch_stats.summed[OOMWHY_SHMEM];
	record.memcg_pages[3] = scratch_stats.summed[OOMWHY_INACTIVE_FILE];
	record.machine_pages[0] = machine->items[OOMWHY_ANON];
	record.machine_pages[1] = machine->items[OOMWHY_FILE];
	record.machine_pages[2] = machine->items[OOMWHY_SHMEM];
	record.machine_pages[3] = machine->items[OOMWHY_INACTIVE_FILE];
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

#endif
