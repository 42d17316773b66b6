/* SPDX-License-Identifier: GPL-2.0-only */
/* records: what the kernel side would send, built by hand. */
#ifndef OOMWHY_TEST_RECORDS_H
#define OOMWHY_TEST_RECORDS_H

#include <stdbool.h>

#include "oomwhy_record.h"

#define RECORD_NO_LIMIT (0x7fffffffffffffffULL / 4096)
#define RECORD_SECOND 1000000000ULL

/* One level of a chain, innermost first. */
struct level_spec {
	const char *name; /* "" for the root */
	__u64 id;
	__u64 usage_pages, limit_pages;
	__u64 oom_events;
	__u32 flags; /* OOMWHY_MEMCG_ONLINE: it is not */
};

/* record_chain() - fill @chain from @levels, up to the one that is the root (name ""). */
void record_chain(struct oomwhy_chain *chain, const struct level_spec *levels);

/* A victim of pid @tgid, marked at @time_ns; signalled; asked by itself unless @asker is another.
 */
struct oomwhy_victim *record_victim(const struct level_spec *levels, __u32 tgid, __u64 asker,
				    __u64 sequence, __u64 time_ns);
struct oomwhy_trigger *record_trigger(const struct level_spec *levels, __u32 tgid, __u64 asker,
				      __u64 sequence, __u64 time_ns);
/* @levels: the limit owner's chain; NULL: host-wide. */
struct oomwhy_decision *record_decision(const struct level_spec *levels, __u32 chosen, __u64 asker,
					__u64 sequence, __u64 time_ns);
/* The children of @parent_id, those @levels up to the one without a name. */
struct oomwhy_children *record_children(const struct level_spec *levels, __u64 parent_id,
					__u64 asker, __u64 sequence, __u64 time_ns);
struct oomwhy_survivor *record_survivor(__u32 tgid, __u64 decision, __u64 sequence, __u64 time_ns);
/* Not in the order of the others, as a disabled killer's are; nothing killable: set the sequence.
 */
struct oomwhy_stall *record_stall(const struct level_spec *levels, __u64 memcg_id, __u32 kind,
				  __u32 tgid, __u64 time_ns);
struct oomwhy_wait *record_wait(__u64 memcg_id, bool begins, __u64 time_ns);
struct oomwhy_end *record_end(__u64 decision, __u64 sequence, __u64 time_ns);
/* What fills @memcg_id alone, by kind: nothing; of 0, the machine. */
struct oomwhy_memory *record_memory(__u64 memcg_id, __u64 asker, __u64 sequence, __u64 time_ns);

/* The machine is short of memory (or not) in @victim's record. */
void record_set_host(struct oomwhy_victim *victim, __u64 nodes, __u64 short_nodes);

#endif
