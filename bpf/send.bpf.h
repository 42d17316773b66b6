/* SPDX-License-Identifier: GPL-2.0-only */
/* send: the kill ring, and what is counted when it has no room. */
#ifndef OOMWHY_SEND_BPF_H
#define OOMWHY_SEND_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "oomwhy_record.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* user space may set another size */
} kill_ring SEC(".maps");

/* Readable without bpf(): it may be forbidden later (5.10 without CAP_BPF). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OOMWHY_COUNTERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

/*
 * From user space: BPF_RB_FORCE_WAKEUP where a reader holds back what it has read (--pin): the
 * kernel wakes of itself only one that has given everything back.
 */
const volatile __u64 kill_wake_flags = 0;

static __u64 kill_sequence; /* serialised by oom_lock */

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

/* A record that is made outside of oom_lock. */
static __always_inline void head_unordered(struct oomwhy_header *header, u32 kind)
{
	header->kind = kind;
	header->sequence = 0;
	header->boot_time_ns = bpf_ktime_get_boot_ns();
}

static __always_inline void send_bytes(struct oomwhy_header *header, u32 size)
{
	header->size = size;
	if (bpf_ringbuf_output(&kill_ring, header, size, kill_wake_flags))
		count(OOMWHY_LOST_KILL_RECORDS);
}

/* All records of a kill, each with all that it may hold, and some that others send meanwhile. */
#define KILL_BYTES_MAX                                                         \
	(sizeof(struct oomwhy_decision) + sizeof(struct oomwhy_trigger) +      \
	 sizeof(struct oomwhy_reclaims) + 2 * sizeof(struct oomwhy_children) + \
	 3 * sizeof(struct oomwhy_memory) + sizeof(struct oomwhy_victim) + (4 << 10))

static __always_inline bool ring_has_room(void)
{
	return bpf_ringbuf_query(&kill_ring, BPF_RB_RING_SIZE) >=
	       bpf_ringbuf_query(&kill_ring, BPF_RB_AVAIL_DATA) + KILL_BYTES_MAX;
}

/*
 * A kill is sent whole or not at all: a part of it would be no report, but take the room of the
 * next. Whose decision found no room; serialised by oom_lock.
 */
static __u64 refused_asker;

static __always_inline bool decision_is_refused(u64 asker)
{
	refused_asker = ring_has_room() ? 0 : asker;
	return refused_asker;
}

static __always_inline bool victim_is_refused(u64 asker, bool killed)
{
	if (refused_asker != asker && ring_has_room())
		return false;
	count(killed ? OOMWHY_LOST_KILLS : OOMWHY_LOST_KILL_RECORDS);
	return true;
}

/* Only the used part of a record travels: what stands before its array, and the entries that are
 * filled. */
static __always_inline void send(struct oomwhy_header *header, u32 fixed_size, u32 entries,
				 u32 entries_max)
{
	if (entries > entries_max)
		entries = entries_max;
	send_bytes(header, fixed_size + entries * sizeof(struct oomwhy_memcg));
}

#define send_chain(record, chain)                                                                \
	send(&(record)->header, offsetof(typeof(*(record)), chain.level), (record)->chain.count, \
	     OOMWHY_LEVELS_MAX)

#endif
