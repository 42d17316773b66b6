/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kubelet_reserve: what lies between the limit of all pods' cgroup (/kubepods) and the Allocatable
 * that `kubectl describe node` shows: limit = Allocatable + evictionHard's memory.available + huge
 * pages. From kubelet's command line and configuration, once at start.
 */
#ifndef OOMWHY_NAMES_KUBELET_RESERVE_H
#define OOMWHY_NAMES_KUBELET_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "event.h"

struct kubelet_reserve {
	__u64 eviction_bytes; /* NOT_KNOWN */
	__u64 hugepages_bytes; /* set aside when this was read; NOT_KNOWN */
};

/* kubelet_reserve_read() - @host_root: "" is "/". What cannot be read stays not known. */
void kubelet_reserve_read(const char *host_root, __u64 memory_total_bytes,
			  struct kubelet_reserve *ret);

/* kubelet_reserve_complete() - the same in a kill or a stall, with the Allocatable that follows. */
void kubelet_reserve_complete(const struct kubelet_reserve *reserve, __u64 memory_total_bytes,
			      struct event *ev);

/*
 * kubelet_config_eviction() - the hard threshold that a configuration (YAML or JSON) sets:
 * kubelet's default of 100Mi where it has none, 0 where it names others only. Pure. Returns false
 * where it is written in a way that is not understood.
 */
bool kubelet_config_eviction(const char *text, __u64 memory_total_bytes, __u64 *ret);

/* What a command line, of strings that end with NUL, says. */
struct kubelet_flags {
	bool has_eviction;
	bool has_drop_ins; /* --config-dir: more configuration than is read here */
	__u64 eviction_bytes;
	const char *config; /* within the command line; NULL: not given */
};

/* kubelet_flags_read() - pure. @cmdline: ends with a NUL beyond @len, too. */
void kubelet_flags_read(const char *cmdline, size_t len, __u64 memory_total_bytes,
			struct kubelet_flags *ret);

#endif
