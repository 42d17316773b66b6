/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index: which cgroup an id is, and was a short while ago: id -> parent and name -> path, and the
 * names that Kubernetes has for it.
 *
 * T2 writes it, T1 reads it; the lock is held for look-ups only, never for I/O. Removed cgroups
 * stay known for a time, with their names: a kill may be the last thing that happened in them.
 */
#ifndef OOMWHY_INDEX_H
#define OOMWHY_INDEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "names/names.h"

#define INDEX_BUCKETS 4096
#define INDEX_ENTRIES_MAX                                                       \
	65536 /* more cgroups than that are not remembered, and that is counted \
	       */
#define INDEX_REMOVED_MAX 16384 /* of these, cgroups that are gone */
#define INDEX_REMOVED_NS (10 * 60 * 1000000000ULL)
#define INDEX_NAMES_BYTES_MAX (16 << 20) /* of all names; some 200 bytes each */

struct index_entry;

/* What a cgroup waits for: that somebody looks whether it has names, and which. */
enum index_wait {
	WAIT_NOT,
	WAIT_FRESH, /* nobody has looked; the newest first: its files may soon be gone */
	WAIT_AGAIN, /* found less than there may be: looked for again after 20 ms, */
	WAIT_AGAIN_2, /* 100 ms, */
	WAIT_AGAIN_3, /* 1 s, */
	WAIT_AGAIN_4, /* 10 s; then given up until a kill asks */
	WAIT_REMOVED, /* it is gone; some of its files stay longer */
	WAIT_REFRESH, /* it has names; its request may have changed */
	INDEX_WAITS,
};

struct index_queue {
	struct index_entry *first, *last;
};

struct index {
	pthread_mutex_t lock;
	struct index_entry *buckets[INDEX_BUCKETS];
	struct index_entry *removed_first, *removed_last; /* in the order of their end */
	size_t count; /* entries, the removed ones included */
	size_t removed;
	__u64 refused; /* cgroups, or their names, that had no room */
	__u32 round; /* of the rescan that is running */
	struct index_queue waiting[INDEX_WAITS];
	size_t names_bytes;
};

void index_init(struct index *index);
void index_free(struct index *index);

/* index_put() - a cgroup is there. @parent_id 0: it is the root. A known id gets the new name. */
void index_put(struct index *index, __u64 id, __u64 parent_id, const char *name);

/* index_remove() - the cgroup is gone since @now_ns (boot time). */
void index_remove(struct index *index, __u64 id, __u64 now_ns);

/* index_expire() - forget what has been gone for long, or is too much. */
void index_expire(struct index *index, __u64 now_ns);

/* A rescan: begin, index_put() what is there, end: what was not put is gone. */
void index_rescan_begin(struct index *index);
void index_rescan_end(struct index *index, __u64 now_ns);

/*
 * index_path() - the path of a cgroup that is there or was there.
 * Returns its length, not ended by NUL; 0 where it, or one above it, is not known, or @size is too
 * small.
 */
size_t index_path(struct index *index, __u64 id, char *buf, size_t size);

/* index_name() - the last part of its path, likewise. */
size_t index_name(struct index *index, __u64 id, char *buf, size_t size);

/*
 * index_id() - the cgroup that has this path now, else one that had it; 0: none is known. Looks at
 * all of them.
 */
__u64 index_id(struct index *index, const char *path, size_t len);

/* index_knows() - is, or was, the cgroup there? */
bool index_knows(struct index *index, __u64 id);

/*
 * index_take() - T2: the next cgroup that waits and whose time has come; it waits no more.
 * @buf: gets its path, not ended by NUL; @ret_len: its length, 0 where it is not known
 * Returns its id, 0 where there is none.
 */
__u64 index_take(struct index *index, __u64 now_ns, char *buf, size_t size, size_t *ret_len);

/* index_again() - T2: @id was looked up and more may be found later. */
void index_again(struct index *index, __u64 id, __u64 now_ns);

/* index_due_ns() - T2: the time of the next that waits; 0: it has come, NOT_KNOWN: none waits. */
__u64 index_due_ns(struct index *index);

/* index_refresh() - T2: what is there and has names is to be looked up once more, last of all. */
void index_refresh(struct index *index);

/*
 * index_keep() - T2: keep @names of the cgroup @up levels above @id. Only bytes in use take room.
 */
void index_keep(struct index *index, __u64 id, int up, const struct container_names *names);

/*
 * index_names() - the names of the cgroup @up levels above @id, as far as they are known.
 * Returns false, and leaves @ret alone, where nothing is.
 */
bool index_names(struct index *index, __u64 id, int up, struct container_names *ret);

/*
 * index_ids() - the cgroups that exist now and are in @bucket, one of INDEX_BUCKETS; of more than
 * @max the first. Returns how many.
 */
size_t index_ids(struct index *index, size_t bucket, __u64 *ret, size_t max);

/* index_is_there() - does the cgroup exist now? */
bool index_is_there(struct index *index, __u64 id);

/* index_present() - cgroups that exist now. */
size_t index_present(struct index *index);

#endif
