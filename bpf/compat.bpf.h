/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat: every difference between kernels, one accessor each, with the commit that made it.
 *
 * The variants are told apart by what BTF says of the running kernel, never by its version:
 * distributions backport. Each variant stands in a __noinline function of its own, because clang
 * may move an access to a missing field out of the `if` that guards it, and libbpf then rejects the
 * program.
 */
#ifndef OOMWHY_COMPAT_BPF_H
#define OOMWHY_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "oomwhy_record.h"

/* CPUs that may exist, from user space. */
const volatile __u32 possible_cpus = 1;

/*
 * oom_lock and oom_kill_disable belong to cgroup v1 and exist where the kernel can still do v1:
 * always before e93d4166b40a ("mm: memcg: put cgroup v1-specific code under a config option",
 * v6.11), then with CONFIG_MEMCG_V1.
 */
struct mem_cgroup___v1 {
	bool oom_lock;
	int oom_kill_disable;
} __attribute__((preserve_access_index));

static __always_inline bool compat_has_oom_lock(void)
{
	return bpf_core_field_exists(struct mem_cgroup___v1, oom_lock);
}

static __noinline u32 compat_oom_lock(const struct mem_cgroup *memcg)
{
	return BPF_CORE_READ((const struct mem_cgroup___v1 *)memcg, oom_lock) & 1;
}

static __noinline u32 compat_oom_kill_disable(const struct mem_cgroup *memcg)
{
	return BPF_CORE_READ((const struct mem_cgroup___v1 *)memcg, oom_kill_disable) & 1;
}

/*
 * A task that waits because the OOM killer is disabled. Only cgroup v1 can do that: the field went
 * where oom_kill_disable did.
 */
struct task_struct___v1 {
	struct mem_cgroup *memcg_in_oom;
	u32 memcg_oom_gfp_mask;
	int memcg_oom_order;
} __attribute__((preserve_access_index));

static __noinline const struct mem_cgroup *compat_memcg_in_oom(const struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___v1 *)task, memcg_in_oom);
}

static __noinline u32 compat_memcg_oom_gfp_mask(const struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___v1 *)task, memcg_oom_gfp_mask);
}

static __noinline int compat_memcg_oom_order(const struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___v1 *)task, memcg_oom_order);
}

/*
 * Of another CPU's part of a per-CPU variable only the distance is missing, and the kernel's table
 * of distances is no symbol that BPF may read everywhere. But a per-CPU map is such a variable: the
 * address of its element on that CPU, less its own per-CPU pointer, is the distance.
 *
 * The verifier allows no arithmetic with pointers to maps and to their elements: both make their
 * way through memory, where they become numbers.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} percpu_ruler SEC(".maps");

static __always_inline u64 ruler_pointer(volatile u64 *number)
{
	const struct bpf_array *array;
	u64 pointer = 0;

	*number = (u64)&percpu_ruler;
	array = (const void *)*number;
	bpf_core_read(&pointer, sizeof(pointer), &array->pptrs);
	return pointer;
}

static __always_inline u64 distance_of_cpu(volatile u64 *number, u64 pointer, u32 cpu)
{
	u32 zero = 0;

	*number = (u64)bpf_map_lookup_percpu_elem(&percpu_ruler, &zero, cpu);
	return *number ? *number - pointer : 0;
}

/*
 * Before 07343110b293 ("bpf: add bpf_map_lookup_percpu_elem for percpu map", v5.19) there is no
 * such ruler: the table itself is read, where it is a symbol (CONFIG_KALLSYMS_ALL).
 */
const volatile __u64 per_cpu_offset_address = 0; /* __per_cpu_offset; from user space; 0: none */

static __always_inline bool compat_has_percpu_map(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_map_lookup_percpu_elem);
}

static __always_inline u64 distance_in_table(u32 cpu)
{
	u64 distance = 0;

	if (per_cpu_offset_address)
		bpf_probe_read_kernel(&distance, sizeof(distance),
				      (const u64 *)per_cpu_offset_address + cpu);
	return distance;
}

/*
 * They stay the same until the next boot: looked up once, before other programs are attached, since
 * it takes a number's way through memory. 0: nobody knows.
 */
static u64 cpu_distances[OOMWHY_CPUS_MAX] SEC(".data.scratch");
static volatile u64 distance_number SEC(".data.scratch");

static __noinline int find_cpu_distances(void)
{
	for (u32 cpu = 0; cpu < OOMWHY_CPUS_MAX && cpu < possible_cpus; cpu++)
		cpu_distances[cpu] = compat_has_percpu_map() ?
					     distance_of_cpu(&distance_number,
							     ruler_pointer(&distance_number), cpu) :
					     distance_in_table(cpu);
	return 0;
}

/* cpu_distance() - what to add to a per-CPU pointer to get at the part of @cpu; 0: nobody knows. */
static __always_inline u64 cpu_distance(u32 cpu)
{
	return cpu_distances[cpu & (OOMWHY_CPUS_MAX - 1)];
}

/*
 * The counters of a process's memory were one array of atomics until f1a7941243c1 ("mm: convert
 * mm's rss stats into percpu_counter", v6.2), and each thread kept up to 63 pages of each kind back
 * from it. Since then they are an array of percpu_counters: `count` alone lags by up to a batch per
 * CPU, 2 MiB on a machine with 16. The helper that finds a CPU's part is older: 07343110b293 ("bpf:
 * add bpf_map_lookup_percpu_elem for percpu map", v5.19).
 */
#define RSS_THREADS_MAX 128 /* of more threads what they keep back is left out */

struct task_rss_stat {
	int count[1];
} __attribute__((preserve_access_index));

struct task_struct___pre_v62 {
	struct task_rss_stat rss_stat;
} __attribute__((preserve_access_index));

struct mm_rss_stat___pre_v62 {
	atomic_long_t count[1];
} __attribute__((preserve_access_index));

struct mm_struct___pre_v62 {
	struct mm_rss_stat___pre_v62 rss_stat;
} __attribute__((preserve_access_index));

struct mm_struct___v62 {
	struct percpu_counter rss_stat[1];
} __attribute__((preserve_access_index));

struct rss {
	s64 file_pages, anon_pages, swap_pages, shmem_pages; /* in the order of MM_FILEPAGES, … */
};

static __always_inline void add_kept_back(struct rss *rss, const char *thread)
{
	const struct task_struct___pre_v62 *task = (const void *)thread;
	int kept[4] = {};

	bpf_probe_read_kernel(kept, sizeof(kept), &task->rss_stat.count);
	rss->file_pages += kept[MM_FILEPAGES];
	rss->anon_pages += kept[MM_ANONPAGES];
	rss->swap_pages += kept[MM_SWAPENTS];
	rss->shmem_pages += kept[MM_SHMEMPAGES];
}

static __noinline int add_rss_of_threads(struct rss *rss, const struct task_struct *task)
{
	const struct list_head *end = &BPF_CORE_READ(task, signal)->thread_head;
	const struct list_head *next = BPF_CORE_READ(end, next);

	for (int i = 0; i < RSS_THREADS_MAX && next && next != end; i++) {
		add_kept_back(rss, (const char *)next -
					   bpf_core_field_offset(struct task_struct, thread_node));
		next = BPF_CORE_READ(next, next);
	}
	return 0;
}

static __noinline int read_rss_atomic(struct rss *ret, const struct mm_struct___pre_v62 *mm,
				      const struct task_struct *task)
{
	bpf_probe_read_kernel(ret, sizeof(*ret), &mm->rss_stat.count);
	return add_rss_of_threads(ret, task);
}

static __always_inline const struct percpu_counter *rss_counter(const struct mm_struct___v62 *mm,
								u32 member)
{
	return (const void *)((const char *)&mm->rss_stat +
			      member * bpf_core_type_size(struct percpu_counter));
}

static __always_inline s64 cpus_part(const s32 *counters, u64 distance)
{
	s32 part = 0;

	bpf_probe_read_kernel(&part, sizeof(part), (const char *)counters + distance);
	return part;
}

static __noinline int add_rss_of_cpus(struct rss *rss, const struct mm_struct___v62 *mm)
{
	const s32 *file = BPF_CORE_READ(rss_counter(mm, MM_FILEPAGES), counters);
	const s32 *anon = BPF_CORE_READ(rss_counter(mm, MM_ANONPAGES), counters);
	const s32 *swap = BPF_CORE_READ(rss_counter(mm, MM_SWAPENTS), counters);
	const s32 *shmem = BPF_CORE_READ(rss_counter(mm, MM_SHMEMPAGES), counters);

	for (u32 cpu = 0; cpu < OOMWHY_CPUS_MAX && cpu < possible_cpus; cpu++) {
		u64 distance = cpu_distance(cpu);

		if (!distance)
			break;
		rss->file_pages += cpus_part(file, distance);
		rss->anon_pages += cpus_part(anon, distance);
		rss->swap_pages += cpus_part(swap, distance);
		rss->shmem_pages += cpus_part(shmem, distance);
	}
	return 0;
}

static __noinline int read_rss_percpu(struct rss *ret, const struct mm_struct___v62 *mm)
{
	ret->file_pages = BPF_CORE_READ(rss_counter(mm, MM_FILEPAGES), count);
	ret->anon_pages = BPF_CORE_READ(rss_counter(mm, MM_ANONPAGES), count);
	ret->swap_pages = BPF_CORE_READ(rss_counter(mm, MM_SWAPENTS), count);
	ret->shmem_pages = BPF_CORE_READ(rss_counter(mm, MM_SHMEMPAGES), count);
	return add_rss_of_cpus(ret, mm);
}

/*
 * compat_rss() - pages of @mm, which @task uses, by kind. A sum that is made while others count may
 * be below 0.
 */
static __always_inline void compat_rss(struct rss *ret, const struct mm_struct *mm,
				       const struct task_struct *task)
{
	if (bpf_core_field_exists(struct mm_struct___pre_v62, rss_stat.count))
		read_rss_atomic(ret, (const void *)mm, task);
	else
		read_rss_percpu(ret, (const void *)mm);
}

#endif
