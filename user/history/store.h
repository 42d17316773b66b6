/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store: what was sampled of each cgroup, in a pool of a fixed size. The younger, the finer: one
 * sample a second at most for half a minute, one in ten seconds for five minutes, one in two
 * minutes for an hour.
 *
 * The sampler writes it, T1 reads it; the lock is held for a copy, never for I/O. What is removed
 * stays until its place is needed.
 */
#ifndef OOMWHY_HISTORY_STORE_H
#define OOMWHY_HISTORY_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "history/sample.h"

#define STORE_SLOTS 2048 /* cgroups; of more there is no history, and that is counted */
#define STORE_BUCKETS 4096
#define STORE_BORN 4096 /* cgroups whose beginning is remembered until they are sampled */
#define STORE_RINGS 3
#define STORE_RING_POINTS 32
#define STORE_POINTS_MAX (STORE_RINGS * STORE_RING_POINTS)
#define STORE_WINDOW_NS (300 * 1000000000ULL) /* counters are compared over half to all of it */

struct point {
	__u32 time_ds; /* boot time in tenths of a second; 0: there is none */
	__u32 usage_kib;
};

struct slot {
	__u64 id; /* of the cgroup; 0: free */
	__u64 level; /* enum limit_level */
	__u64 qos; /* enum qos_class */
	__u64 pod_key; /* the same for a pod and its containers; 0: neither */
	__u64 made_ns; /* boot time */
	__u64 made_before; /* bool: made_ns is only the latest that it can be */
	__u64 removed_ns; /* boot time; 0: it is there */
	struct request request; /* of a container; of a pod: its own, above its containers' */
	__u64 is_sandbox; /* bool, or NOT_KNOWN */
	struct sample last; /* of the usage; the rest of it may be older, see all_ns */
	__u64 all_ns; /* boot time of the last whole sample */
	__u64 all_usage_bytes; /* the usage then */
	struct sample base[2]; /* earlier ones: where the counters stood */
	struct point ring[STORE_RINGS][STORE_RING_POINTS];
	__u8 head[STORE_RINGS]; /* where the next point goes */
	__u16 next; /* in its bucket; STORE_SLOTS: the last */
};

struct store {
	pthread_mutex_t lock;
	__u16 bucket[STORE_BUCKETS];
	__u64 used; /* slots that were ever used; those behind are free */
	__u64 living; /* slots of cgroups that are there */
	struct {
		__u64 id, made_ns;
	} born[STORE_BORN];
	struct slot slots[STORE_SLOTS];
};

void store_init(struct store *store);
void store_free(struct store *store);

/* store_born() - the cgroup @id was made at @boot_time_ns. */
void store_born(struct store *store, __u64 id, __u64 boot_time_ns);

/* store_index() - of the slot of a cgroup; -1: it has none. For the only thread that writes. */
int store_index(struct store *store, __u64 id);

/*
 * store_claim() - a slot for a cgroup that is there: the one that it had already, or that of the
 * cgroup that has been gone for longest. @slot says all that comes before its request; its made_ns
 * is believed unless the cgroup's beginning was seen.
 * Returns its index; -1: all are in use.
 */
int store_claim(struct store *store, const struct slot *slot);

/* store_is_full() - store_claim() would find no slot for another cgroup. For the thread that writes. */
bool store_is_full(const struct store *store);

/* store_put() - a sample of the cgroup in slot @index. @all: as in sample_read(). */
void store_put(struct store *store, int index, const struct sample *sample, bool all);

void store_put_request(struct store *store, int index, const struct request *request,
		       __u64 is_sandbox);

/* store_removed() - the cgroup in that slot is gone. */
void store_removed(struct store *store, int index, __u64 boot_time_ns);

/* store_get() - copy of the slot of a cgroup. Returns false if there is none. */
bool store_get(struct store *store, __u64 id, struct slot *ret);

/* store_made_ns() - boot time at which a cgroup was seen to be made; NOT_KNOWN. */
__u64 store_made_ns(struct store *store, __u64 id);

/* store_usage_stays() - this usage is about that of the slot's last whole sample. */
bool store_usage_stays(const struct slot *slot, __u64 usage_bytes);

/* store_points() - all points of a slot, oldest first; returns how many. */
int store_points(const struct slot *slot, struct point ret[STORE_POINTS_MAX]);

#endif
