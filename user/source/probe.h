/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe: what this kernel and these privileges allow, found by trying and by reading BTF, before
 * anything is loaded. Versions are never compared: distributions backport.
 */
#ifndef OOMWHY_PROBE_H
#define OOMWHY_PROBE_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "source/gfp.h"

struct btf;

/* How far a try came. */
enum probe_step {
	PROBE_SYMBOL, /* the function, or the tracepoint, is there */
	PROBE_LOAD,
	PROBE_ATTACH,
	PROBE_FIRE, /* what is attached may be silent for ever */
};

struct probe_try {
	int error; /* 0: it works; else -errno */
	enum probe_step step; /* the one that failed */
};

struct probe {
	int btf_error; /* 0: the kernel has BTF; else -errno */
	int bpf_error; /* 0: bpf() may be used, and there is a BPF ring buffer */
	struct probe_try tracepoint; /* tp_btf/mark_victim */
	struct probe_try fentry; /* a trampoline on oom_kill_process */
	struct probe_try kprobe; /* a kprobe there */
	bool mark_victim_has_task; /* the tracepoint gives the task, not only a pid */
	bool reads_are_direct; /* bpf_probe_read_kernel() is forbidden: lockdown=confidentiality */
	bool direct_walk_is_seen; /* then: the OOM killer's walk through memcgs can be followed */
	bool direct_events_are_denied; /* then: memcgs' counts of OOMs cannot be read */
	bool bpf_memory_is_memlocked; /* RLIMIT_MEMLOCK counts BPF maps: before Linux 5.11 */
	int memory_error; /* 0: there is a memory controller; else -ENOENT */
	__u32 memory_hierarchy; /* its hierarchy; 0: cgroup v2 */
	int nodes; /* NUMA nodes that may exist */
	int cpus; /* CPUs that may exist */
	bool has_memcg_reclaim; /* try_to_free_mem_cgroup_pages() */
	bool reclaim_has_memcg; /* the tracepoint of its beginning says for which memcg it is */
	bool has_exit_mmap; /* a tracepoint tells that a process's memory is free */
	bool has_group_member; /* the kernel tells of each member of a memory.oom.group */
	bool candidates_are_refused; /* the program that looks for them */
	bool stacks_are_wanted; /* from the command line */
	struct gfp_bits gfp; /* what the flags of an allocation are called */
	bool has_oom_synchronize; /* cgroup v1: tasks may wait for a disabled OOM killer */
};

/* probe_kernel() - try everything once. Loads programs that do nothing, and takes them away again.
 */
void probe_kernel(struct probe *ret);

/* probe_machine() - only what is of use without BPF: which cgroup version, and names of flags. */
void probe_machine(struct probe *ret);

/* probe_bpf() - try a bpf() call: 0, or why it fails. */
int probe_bpf(void);

/* probe_plan_error() - why @plan is not possible: 0 if it is, else -errno. */
int probe_plan_error(const struct probe *probe, enum attach_plan plan);

/* probe_best_plan() - the plan that shows most; ATTACH_KMSG where BPF is of no use. */
enum attach_plan probe_best_plan(const struct probe *probe);

/* One sentence: why bpf() or BTF is of no use, and how to get it. */
const char *probe_bpf_hint(const struct probe *probe);
const char *probe_btf_hint(void);

/* probe_plan_hint() - one sentence: what @plan is missing here, and how to get it. */
const char *probe_plan_hint(const struct probe *probe, enum attach_plan plan);

#endif
