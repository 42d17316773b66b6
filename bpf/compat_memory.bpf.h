/* SPDX-License-Identifier: GPL-2.0-only */
/* compat_memory: see compat.bpf.h; what kernels count of a memcg's memory, and where. */
#ifndef OOMWHY_COMPAT_MEMORY_BPF_H
#define OOMWHY_COMPAT_MEMORY_BPF_H

#include "compat.bpf.h"

/*
 * What a memcg holds by kind. Until 2d146aa3aa84 ("mm: memcontrol: switch to rstat", v5.13) each
 * CPU kept up to a batch back from atomic sums; since then each keeps its own count, which is added
 * to the sum of the memcg and those above it now and then: what it has added is remembered. The
 * sums moved out of the memcg with 410f8e82689e ("memcg: extract memcg_vmstats from struct
 * mem_cgroup", v6.1).
 */
struct memcg_vmstats_percpu___pre_v513 {
	long stat[1];
} __attribute__((preserve_access_index));

struct mem_cgroup___pre_v513 {
	struct memcg_vmstats_percpu___pre_v513 *vmstats_percpu;
	atomic_long_t vmstats[1];
} __attribute__((preserve_access_index));

struct memcg_vmstats_percpu {
	long state[1];
	long state_prev[1];
} __attribute__((preserve_access_index));

struct memcg_vmstats {
	long state[1];
	long state_pending[1];
} __attribute__((preserve_access_index));

struct mem_cgroup___pre_v61 {
	struct memcg_vmstats_percpu *vmstats_percpu;
	struct memcg_vmstats vmstats;
} __attribute__((preserve_access_index));

struct mem_cgroup___v61 {
	struct memcg_vmstats_percpu *vmstats_percpu;
	struct memcg_vmstats *vmstats;
} __attribute__((preserve_access_index));

/* Addresses of arrays of long, all in the same order and of the same length. 0: there is none. */
struct stats_at {
	u64 summed;
	u64 pending; /* of what is below it, to be added to the sum */
	u64 cpu; /* per-CPU pointers: what a CPU has counted, */
	u64 cpu_summed; /* and what of it is in the sum */
	u32 bytes; /* of each array */
};

static __noinline int stats_at_v510(struct stats_at *ret, const struct mem_cgroup___pre_v513 *memcg)
{
	ret->summed = (u64)memcg + bpf_core_field_offset(struct mem_cgroup___pre_v513, vmstats);
	ret->cpu = (u64)BPF_CORE_READ(memcg, vmstats_percpu) +
		   bpf_core_field_offset(struct memcg_vmstats_percpu___pre_v513, stat);
	ret->bytes = bpf_core_field_size(struct memcg_vmstats_percpu___pre_v513, stat);
	return 0;
}

static __always_inline void stats_at_rstat(struct stats_at *ret, u64 vmstats, u64 percpu)
{
	ret->summed = vmstats + bpf_core_field_offset(struct memcg_vmstats, state);
	ret->pending = vmstats + bpf_core_field_offset(struct memcg_vmstats, state_pending);
	ret->cpu = percpu + bpf_core_field_offset(struct memcg_vmstats_percpu, state);
	ret->cpu_summed = percpu + bpf_core_field_offset(struct memcg_vmstats_percpu, state_prev);
	ret->bytes = bpf_core_field_size(struct memcg_vmstats_percpu, state);
}

static __noinline int stats_at_v513(struct stats_at *ret, const struct mem_cgroup___pre_v61 *memcg)
{
	stats_at_rstat(ret,
		       (u64)memcg + bpf_core_field_offset(struct mem_cgroup___pre_v61, vmstats),
		       (u64)BPF_CORE_READ(memcg, vmstats_percpu));
	return 0;
}

static __noinline int stats_at_v61(struct stats_at *ret, const struct mem_cgroup___v61 *memcg)
{
	stats_at_rstat(ret, (u64)BPF_CORE_READ(memcg, vmstats),
		       (u64)BPF_CORE_READ(memcg, vmstats_percpu));
	return 0;
}

/* compat_stats_at() - where @memcg's counts are. */
static __always_inline void compat_stats_at(struct stats_at *ret, u64 memcg)
{
	__builtin_memset(ret, 0, sizeof(*ret));
	if (bpf_core_field_exists(struct memcg_vmstats_percpu___pre_v513, stat))
		stats_at_v510(ret, (const void *)memcg);
	else if (bpf_core_field_exists(struct mem_cgroup___pre_v61, vmstats.state))
		stats_at_v513(ret, (const void *)memcg);
	else
		stats_at_v61(ret, (const void *)memcg);
}

/*
 * Since ff48c71c26aa ("memcg: reduce memory for the lruvec and memcg stats", v6.10) only items that
 * memcgs count have a place in these arrays, and a table, which is no symbol without
 * CONFIG_KALLSYMS_ALL, says which: the place and, at first, one more. Items that a memcg does not
 * have come last, its own items at the very end.
 */
const volatile __u64 stats_index_address = 0; /* mem_cgroup_stats_index; from user space; 0: none */

static __noinline u32 places_rstat(void)
{
	return bpf_core_field_size(struct memcg_vmstats_percpu, state) / sizeof(long);
}

/* Places in the arrays; 0: all items have one, each its own number. */
static __always_inline u32 compat_stat_places(void)
{
	u32 places;

	if (bpf_core_field_exists(struct memcg_vmstats_percpu___pre_v513, stat))
		return 0;
	places = places_rstat();
	return places < bpf_core_enum_value(enum memcg_stat_item, MEMCG_NR_STAT) ? places : 0;
}

/* compat_stat_order_is_told() - the kernel says where each item is. */
static __always_inline bool compat_stat_order_is_told(void)
{
	return !compat_stat_places() || stats_index_address;
}

#define STAT_NO_PLACE (~0U)

static __always_inline u32 place_in_table(u32 item)
{
	u8 first = 0, place = 0xff;

	bpf_probe_read_kernel(&first, sizeof(first), (const void *)stats_index_address);
	bpf_probe_read_kernel(&place, sizeof(place), (const char *)stats_index_address + item);
	return place < first || place == 0xff ? STAT_NO_PLACE : place - first;
}

/*
 * compat_stat_place() - where the arrays have @item, of enum node_stat_item or memcg_stat_item.
 * @listed: which one in the kernel's list of a node's items it was in v6.10, for one of these
 */
static __always_inline u32 compat_stat_place(u32 item, u32 listed)
{
	u32 places = compat_stat_places();

	if (!places)
		return item;
	if (stats_index_address)
		return place_in_table(item);
	if (item >= bpf_core_enum_value(enum memcg_stat_item, MEMCG_SWAP))
		return places + item - bpf_core_enum_value(enum memcg_stat_item, MEMCG_NR_STAT);
	return listed;
}

/*
 * When the kernel has last added up all memcgs' counts, or when it will do so at the latest: twice
 * the period of two seconds later, until 508bed884767 ("mm: memcg: change flush_next_time to
 * flush_last_time", v6.8). Symbols with CONFIG_KALLSYMS_ALL.
 */
const volatile __u64 flush_last_time_address = 0, flush_next_time_address = 0; /* from user space */

/* compat_flush_jiffies() - 0: nobody knows. @ret_is_next: it is the time when it is to come. */
static __always_inline u64 compat_flush_jiffies(bool *ret_is_next)
{
	u64 time = 0;

	*ret_is_next = !flush_last_time_address;
	if (flush_last_time_address)
		bpf_probe_read_kernel(&time, sizeof(time), (const void *)flush_last_time_address);
	else if (flush_next_time_address)
		bpf_probe_read_kernel(&time, sizeof(time), (const void *)flush_next_time_address);
	return time;
}

#endif
