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
 * The counters of a process's memory were one array of atomics until f1a7941243c1 ("mm: convert
 * mm's rss stats into percpu_counter", v6.2), since then an array of percpu_counters. `count` alone
 * lags by at most a batch per CPU.
 */
struct mm_rss_stat___pre_v62 {
	atomic_long_t count[1];
} __attribute__((preserve_access_index));

struct mm_struct___pre_v62 {
	struct mm_rss_stat___pre_v62 rss_stat;
} __attribute__((preserve_access_index));

struct percpu_counter {
	s64 count;
} __attribute__((preserve_access_index));

struct mm_struct___v62 {
	struct percpu_counter rss_stat[1];
} __attribute__((preserve_access_index));

static __noinline s64 read_rss_atomic(const struct mm_struct___pre_v62 *mm, u32 member)
{
	const char *counts = (const char *)&mm->rss_stat.count;
	s64 pages = 0;

	bpf_probe_read_kernel(&pages, sizeof(pages), counts + (member & 3) * sizeof(s64));
	return pages;
}

static __noinline s64 read_rss_percpu(const struct mm_struct___v62 *mm, u32 member)
{
	const char *counter = (const char *)&mm->rss_stat;
	u64 size = bpf_core_type_size(struct percpu_counter);

	return BPF_CORE_READ((const struct percpu_counter *)(counter + (member & 3) * size), count);
}

/* compat_rss_pages() - pages of @mm of one kind: MM_FILEPAGES and so on. Never negative. */
static __always_inline u64 compat_rss_pages(const struct mm_struct *mm, u32 member)
{
	s64 pages;

	if (bpf_core_field_exists(struct mm_struct___pre_v62, rss_stat.count))
		pages = read_rss_atomic((const void *)mm, member);
	else
		pages = read_rss_percpu((const void *)mm, member);
	return pages > 0 ? pages : 0;
}

#endif
