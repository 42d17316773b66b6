/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_node: what the kernel has counted itself, read when somebody asks: the memory of all
 * pods, its OOM kills, and the memory that is charged for us.
 */
#ifndef OOMWHY_SINK_METRICS_NODE_H
#define OOMWHY_SINK_METRICS_NODE_H

#include <stdbool.h>
#include <linux/types.h>

struct metrics_node {
	const char *cgroup_root; /* where the memory hierarchy is mounted; "": it is not visible */
	const char *proc; /* "/proc" */
	const char *own_cgroups; /* "/sys/fs/cgroup": where our own cgroup is found */
	bool is_v1;
};

/* NOT_KNOWN: could not be read. */
struct metrics_readings {
	__u64 pods_limit_bytes; /* of the kubepods cgroup; NO_LIMIT: none is set */
	__u64 pods_usage_bytes;
	__u64 pods_working_set_bytes;
	__u64 kernel_oom_kills; /* since boot */
	__u64 charged_bytes; /* to our own cgroup: BPF maps are charged from Linux 5.11 on */
	__u64 charged_peak_bytes; /* the most that was; v2: from Linux 5.19 on */
	__u64 charged_limit_bytes; /* NO_LIMIT: none is set */
};

/* metrics_node_read() - reads files: not for T1. */
void metrics_node_read(const struct metrics_node *node, struct metrics_readings *ret);

/* metrics_node_has() - is the cgroup @path there? True where nobody can tell. */
bool metrics_node_has(const struct metrics_node *node, const char *path);

#endif
