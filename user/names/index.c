// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "names/index_entry.h"

#define DEPTH_MAX 256 /* a bound for damaged parents, far above any real tree */

void index_init(struct index *index)
{
	memset(index, 0, sizeof(*index));
	pthread_mutex_init(&index->lock, NULL);
}

static struct index_entry **bucket_of(struct index *index, __u64 id)
{
	return &index->buckets[(id * 0x9e3779b97f4a7c15ULL) >> 52];
}

struct index_entry *index_find(struct index *index, __u64 id)
{
	struct index_entry *entry = *bucket_of(index, id);

	while (entry && entry->id != id)
		entry = entry->next;
	return entry;
}

static void unlink_removed(struct index *index, struct index_entry *entry)
{
	if (!entry->removed_ns)
		return;
	*(entry->older ? &entry->older->newer : &index->removed_first) = entry->newer;
	*(entry->newer ? &entry->newer->older : &index->removed_last) = entry->older;
	entry->older = entry->newer = NULL;
	entry->removed_ns = 0;
	index->removed--;
}

static void link_removed(struct index *index, struct index_entry *entry, __u64 now_ns)
{
	if (entry->removed_ns)
		return;
	entry->removed_ns = now_ns ? now_ns : 1;
	entry->older = index->removed_last;
	*(index->removed_last ? &index->removed_last->newer : &index->removed_first) = entry;
	index->removed_last = entry;
	index->removed++;
	if (entry->wait)
		index_wait_for(index, entry, WAIT_REMOVED);
}

void index_drop(struct index *index, struct index_entry *entry)
{
	struct index_entry **link = bucket_of(index, entry->id);

	unlink_removed(index, entry);
	index_wait_for(index, entry, WAIT_NOT);
	index_forget_names(index, entry);
	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	index->count--;
	free(entry);
}

void index_free(struct index *index)
{
	for (size_t i = 0; i < INDEX_BUCKETS; i++)
		while (index->buckets[i])
			index_drop(index, index->buckets[i]);
	pthread_mutex_destroy(&index->lock);
}

static struct index_entry *new_entry(__u64 id, __u64 parent_id, const char *name)
{
	size_t len = strlen(name);
	struct index_entry *entry = malloc(sizeof(*entry) + len);

	if (!entry)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->id = id;
	entry->parent_id = parent_id;
	entry->name_len = len;
	memcpy(entry->name, name, len);
	return entry;
}

static bool is_same(const struct index_entry *entry, __u64 parent_id, const char *name)
{
	return entry->parent_id == parent_id && entry->name_len == strlen(name) &&
	       !memcmp(entry->name, name, entry->name_len);
}

void index_put(struct index *index, __u64 id, __u64 parent_id, const char *name)
{
	struct index_entry *fresh = new_entry(id, parent_id, name), *entry;

	pthread_mutex_lock(&index->lock);
	entry = index_find(index, id);
	if (entry && is_same(entry, parent_id, name)) {
		unlink_removed(index, entry);
		if (entry->wait == WAIT_REMOVED)
			index_wait_for(index, entry, WAIT_FRESH);
		entry->round = index->round;
	} else {
		if (entry)
			index_drop(index, entry);
		/* What is there matters more than what was. */
		if (index->count >= INDEX_ENTRIES_MAX && index->removed_first)
			index_drop(index, index->removed_first);
		if (fresh && index->count < INDEX_ENTRIES_MAX) {
			fresh->round = index->round;
			fresh->next = *bucket_of(index, id);
			*bucket_of(index, id) = fresh;
			index->count++;
			index_wait_for(index, fresh, WAIT_FRESH);
			fresh = NULL;
		} else {
			index->refused++;
		}
	}
	pthread_mutex_unlock(&index->lock);
	free(fresh);
}

void index_remove(struct index *index, __u64 id, __u64 now_ns)
{
	struct index_entry *entry;

	pthread_mutex_lock(&index->lock);
	entry = index_find(index, id);
	if (entry)
		link_removed(index, entry, now_ns);
	pthread_mutex_unlock(&index->lock);
}

void index_expire(struct index *index, __u64 now_ns)
{
	pthread_mutex_lock(&index->lock);
	while (index->removed_first &&
	       (index->removed > INDEX_REMOVED_MAX ||
		now_ns - index->removed_first->removed_ns > INDEX_REMOVED_NS))
		index_drop(index, index->removed_first);
	pthread_mutex_unlock(&index->lock);
}

void index_rescan_begin(struct index *index)
{
	pthread_mutex_lock(&index->lock);
	index->round++;
	pthread_mutex_unlock(&index->lock);
}

void index_rescan_end(struct index *index, __u64 now_ns)
{
	/* One bucket under the lock at a time: a look-up never waits for the whole tree. */
	for (size_t i = 0; i < INDEX_BUCKETS; i++) {
		pthread_mutex_lock(&index->lock);
		for (struct index_entry *entry = index->buckets[i]; entry; entry = entry->next)
			if (entry->round != index->round)
				link_removed(index, entry, now_ns);
		pthread_mutex_unlock(&index->lock);
	}
}

size_t index_build_path(struct index *index, __u64 id, char *buf, size_t size)
{
	size_t at = size;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct index_entry *entry = index_find(index, id);

		if (!entry || (at < entry->name_len + 1U && (entry->parent_id || !size)))
			return 0;
		if (!entry->parent_id) {
			if (at == size)
				buf[--at] = '/';
			memmove(buf, buf + at, size - at);
			return size - at;
		}
		at -= entry->name_len;
		memcpy(buf + at, entry->name, entry->name_len);
		buf[--at] = '/';
		id = entry->parent_id;
	}
	return 0;
}

/* Is that the path of @entry? Each part is compared on the way up. */
static bool has_path(struct index *index, const struct index_entry *entry, const char *path,
		     size_t len)
{
	for (int depth = 0; entry && depth < DEPTH_MAX; depth++) {
		if (!entry->parent_id)
			return !len;
		if (len <= entry->name_len || path[len - entry->name_len - 1] != '/' ||
		    memcmp(path + len - entry->name_len, entry->name, entry->name_len) != 0)
			return false;
		len -= entry->name_len + 1U;
		entry = index_find(index, entry->parent_id);
	}
	return false;
}

__u64 index_id(struct index *index, const char *path, size_t len)
{
	const struct index_entry *best = NULL;
	__u64 id;

	if (!len)
		return 0;
	if (len == 1 && *path == '/')
		len = 0; /* the root's, which has no name */
	pthread_mutex_lock(&index->lock);
	for (size_t i = 0; i < INDEX_BUCKETS; i++) {
		for (struct index_entry *entry = index->buckets[i]; entry; entry = entry->next)
			if (has_path(index, entry, path, len) &&
			    (!best || !entry->removed_ns ||
			     (best->removed_ns && entry->removed_ns > best->removed_ns)))
				best = entry;
	}
	id = best ? best->id : 0;
	pthread_mutex_unlock(&index->lock);
	return id;
}

size_t index_path(struct index *index, __u64 id, char *buf, size_t size)
{
	size_t len;

	pthread_mutex_lock(&index->lock);
	len = index_build_path(index, id, buf, size);
	pthread_mutex_unlock(&index->lock);
	return len;
}

size_t index_name(struct index *index, __u64 id, char *buf, size_t size)
{
	const struct index_entry *entry;
	size_t len = 0;

	pthread_mutex_lock(&index->lock);
	entry = index_find(index, id);
	if (entry && entry->name_len <= size) {
		len = entry->name_len;
		memcpy(buf, entry->name, len);
	}
	pthread_mutex_unlock(&index->lock);
	return len;
}

bool index_knows(struct index *index, __u64 id)
{
	bool knows;

	pthread_mutex_lock(&index->lock);
	knows = index_find(index, id) != NULL;
	pthread_mutex_unlock(&index->lock);
	return knows;
}

size_t index_ids(struct index *index, size_t bucket, __u64 *ret, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&index->lock);
	for (const struct index_entry *entry = index->buckets[bucket]; entry && count < max;
	     entry = entry->next)
		if (!entry->removed_ns)
			ret[count++] = entry->id;
	pthread_mutex_unlock(&index->lock);
	return count;
}

bool index_is_there(struct index *index, __u64 id)
{
	const struct index_entry *entry;
	bool there;

	pthread_mutex_lock(&index->lock);
	entry = index_find(index, id);
	there = entry && !entry->removed_ns;
	pthread_mutex_unlock(&index->lock);
	return there;
}

size_t index_present(struct index *index)
{
	size_t present;

	pthread_mutex_lock(&index->lock);
	present = index->count - index->removed;
	pthread_mutex_unlock(&index->lock);
	return present;
}
