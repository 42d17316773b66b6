/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history: what each task reclaimed last, and how much has been reclaimed for each memcg's limit:
 * added up here, sent only with a kill.
 *
 * A pass of reclaim ends with the tracepoint mm_vmscan_memcg_reclaim_end, which says how much; for
 * which memcg it was is noted when it begins. Everything here is on the way of each task that is at
 * a limit: no allocation, no event, as few reads as can be.
 */
#ifndef OOMWHY_HISTORY_BPF_H
#define OOMWHY_HISTORY_BPF_H

#include "capture.bpf.h"
#include "direct_capture.bpf.h"
#include "send.bpf.h"

/* The last reclaim of a task. */
struct reclaim {
	u64 time_ns; /* of its end; 0: none has ended */
	u32 kind; /* enum oomwhy_reclaim */
	u32 killed; /* bool: since */
	u64 begin_ns; /* of the pass that runs; 0: none */
	u64 memcg_id; /* it is for this one's limit */
	u64 css; /* where the kernel does not say which: the address of the task's own, if it is
		    that */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64); /* pid_tgid */
	__type(value, struct reclaim);
} reclaims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64); /* the memcg's id */
	__type(value, struct oomwhy_reclaim_sum);
} reclaim_sums SEC(".maps");

/* MEMCG_CHARGE_BATCH: a charge of so much may have failed. */
#define RECLAIM_NEAR_PAGES 64

/* From user space: which of the programs below is attached. */
const volatile bool reclaim_is_inferred = false;

static struct oomwhy_reclaims scratch_reclaims SEC(".data.scratch");

/* ---- a pass begins ---- */

static __always_inline struct reclaim *reclaim_of_task(void)
{
	u64 task = bpf_get_current_pid_tgid();
	struct reclaim *reclaim = bpf_map_lookup_elem(&reclaims, &task);
	struct reclaim fresh = {};

	if (reclaim)
		return reclaim;
	bpf_map_update_elem(&reclaims, &task, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&reclaims, &task);
}

static __always_inline int reclaim_begins(u64 memcg_id)
{
	struct reclaim *reclaim = reclaim_of_task();

	if (!reclaim)
		return 0;
	reclaim->begin_ns = bpf_ktime_get_boot_ns();
	reclaim->memcg_id = memcg_id;
	return 0;
}

SEC("?fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(reclaim_fentry, const struct mem_cgroup *memcg)
{
	return reclaim_begins(direct_id(&memcg->css));
}

SEC("?kprobe/try_to_free_mem_cgroup_pages")
int BPF_KPROBE(reclaim_kprobe, const struct mem_cgroup *memcg)
{
	return reclaim_begins(BPF_CORE_READ(memcg, css.cgroup, kn, id));
}

/* Since Linux 7.3 the tracepoint has the memcg. */
SEC("?tp_btf/mm_vmscan_memcg_reclaim_begin")
int reclaim_tracepoint(u64 *ctx)
{
	const struct mem_cgroup *memcg = (const void *)ctx[2];

	return reclaim_begins(direct_id(&memcg->css));
}

static __always_inline bool has_run_full(const struct page_counter *counter)
{
	u64 usage_pages = BPF_CORE_READ(counter, usage.counter);

	return usage_pages + RECLAIM_NEAR_PAGES >= BPF_CORE_READ(counter, max);
}

/* The lowest full one from @css on up, as a charge asks them. */
static __noinline int find_full(struct reclaim *reclaim, const struct cgroup_subsys_state *css)
{
	const struct page_counter *counter = &((const struct mem_cgroup *)css)->memory;

	reclaim->css = reclaim->memcg_id = 0;
	for (int i = 0; i < OOMWHY_LEVELS_MAX && counter && css; i++) {
		if (has_run_full(counter)) {
			reclaim->css = i ? 0 : (u64)css;
			reclaim->memcg_id = BPF_CORE_READ(css, cgroup, kn, id);
			return 0;
		}
		counter = BPF_CORE_READ(counter, parent);
		css = BPF_CORE_READ(css, parent);
	}
	return 0;
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_begin")
int reclaim_inferred(void *ctx)
{
	const struct cgroup_subsys_state *css =
		task_memcg_css((const void *)bpf_get_current_task());
	struct reclaim *reclaim = reclaim_of_task();

	if (!reclaim || !css)
		return 0;
	reclaim->begin_ns = bpf_ktime_get_boot_ns();
	/* Mostly it is the same again: found with half of the reads. */
	if (reclaim->css != (u64)css || !has_run_full(&((const struct mem_cgroup *)css)->memory))
		find_full(reclaim, css);
	return 0;
}

/* ---- it ends ---- */

static __always_inline struct oomwhy_reclaim_sum *sum_of(u64 memcg_id)
{
	struct oomwhy_reclaim_sum *sum = bpf_map_lookup_elem(&reclaim_sums, &memcg_id), fresh = {};

	if (sum)
		return sum;
	fresh.memcg_id = memcg_id;
	bpf_map_update_elem(&reclaim_sums, &memcg_id, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&reclaim_sums, &memcg_id);
}

/*
 * Two CPUs may see at once that a series begins, and one of them count the other's first pass as
 * none of it.
 */
static __always_inline void add_pass(const struct reclaim *reclaim, u64 now_ns, u64 pages)
{
	struct oomwhy_reclaim_sum *sum = sum_of(reclaim->memcg_id);

	if (!sum)
		return;
	if ((s64)(reclaim->begin_ns - sum->last_ns) > (s64)OOMWHY_SERIES_GAP_NS) {
		sum->series_ns = reclaim->begin_ns;
		sum->passes_before = sum->passes;
		sum->pages_before = sum->pages;
		sum->stalled_before_ns = sum->stalled_ns;
	}
	__sync_fetch_and_add(&sum->passes, 1);
	__sync_fetch_and_add(&sum->pages, pages);
	__sync_fetch_and_add(&sum->stalled_ns, now_ns - reclaim->begin_ns);
	sum->last_ns = now_ns;
}

static __always_inline int reclaim_ends(u32 kind, u64 pages)
{
	struct reclaim *reclaim = reclaim_of_task();

	if (!reclaim)
		return 0;
	reclaim->time_ns = bpf_ktime_get_boot_ns();
	reclaim->kind = kind;
	reclaim->killed = 0;
	if (kind == OOMWHY_RECLAIM_MEMCG && reclaim->begin_ns && reclaim->memcg_id)
		add_pass(reclaim, reclaim->time_ns, pages);
	reclaim->begin_ns = 0;
	return 0;
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_end")
int memcg_reclaim_ends(u64 *ctx)
{
	return reclaim_ends(OOMWHY_RECLAIM_MEMCG, ctx[0]);
}

SEC("?tp_btf/mm_vmscan_direct_reclaim_end")
int machine_reclaim_ends(u64 *ctx)
{
	return reclaim_ends(OOMWHY_RECLAIM_MACHINE, ctx[0]);
}

/* ---- a kill ---- */

/*
 * What was reclaimed for the limits of @chain's memcgs, at the same places; 0 for one for which
 * nothing was. (With them in a row the verifier would go through each way to count them.)
 */
static __noinline int capture_reclaims(struct oomwhy_reclaims *record,
				       const struct oomwhy_chain *chain)
{
	u32 i, any = 0;

	for (i = 0; i < OOMWHY_LEVELS_MAX && i < chain->count; i++) {
		u64 id = chain->level[i].id;
		const struct oomwhy_reclaim_sum *sum = bpf_map_lookup_elem(&reclaim_sums, &id);

		if (sum) {
			any = 1;
			record->sum[i] = *sum;
		} else {
			__builtin_memset(&record->sum[i], 0, sizeof(record->sum[i]));
		}
	}
	record->count = any ? i : 0;
	record->inferred = reclaim_is_inferred;
	return 0;
}

static __always_inline void send_reclaims(const struct oomwhy_chain *chain, u64 asker)
{
	struct oomwhy_reclaims *record = &scratch_reclaims;
	u32 count;

	capture_reclaims(record, chain);
	count = record->count;
	if (!count)
		return;
	if (count > OOMWHY_LEVELS_MAX)
		count = OOMWHY_LEVELS_MAX;
	head(&record->header, OOMWHY_RECLAIMS);
	record->asker = asker;
	send_bytes(&record->header, offsetof(struct oomwhy_reclaims, sum) +
					    count * sizeof(struct oomwhy_reclaim_sum));
}

#endif
