/* SPDX-License-Identifier: GPL-2.0-only */
/* index_entry: what the two files of the index share. All of it under the index's lock. */
#ifndef OOMWHY_INDEX_ENTRY_H
#define OOMWHY_INDEX_ENTRY_H

#include "names/index.h"

struct kept_names;

struct index_entry {
	struct index_entry *next; /* in its bucket */
	struct index_entry *older, *newer; /* among the removed */
	struct index_entry *before, *after; /* among those that wait for the same */
	struct kept_names *names; /* NULL: none */
	__u64 id;
	__u64 parent_id;
	__u64 removed_ns; /* 0: it is there */
	__u64 due_ns; /* when to look again */
	__u32 round;
	__u16 name_len;
	__u8 wait; /* enum index_wait */
	__u8 tries; /* look-ups so far */
	char name[];
};

struct index_entry *index_find(struct index *index, __u64 id);

/* Written from the end of @buf towards its start, as the way leads from the cgroup to the root. */
size_t index_build_path(struct index *index, __u64 id, char *buf, size_t size);

/* index_drop() - forget an entry. */
void index_drop(struct index *index, struct index_entry *entry);

/* index_wait_for() - put @entry where the next look-up of @wait will find it; out of WAIT_NOT. */
void index_wait_for(struct index *index, struct index_entry *entry, enum index_wait wait);

/* index_forget_names() - free what is kept of it. */
void index_forget_names(struct index *index, struct index_entry *entry);

#endif
