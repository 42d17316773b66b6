// SPDX-License-Identifier: GPL-2.0-only
/* index_names: the names of the index's cgroups, and which of them are still to be looked up. */
#include <stdlib.h>
#include <string.h>

#include "names/index_entry.h"

static const __u64 pauses_ns[INDEX_WAITS] = {
	[WAIT_AGAIN] = 20 * 1000000ULL,
	[WAIT_AGAIN_2] = 100 * 1000000ULL,
	[WAIT_AGAIN_3] = 1000 * 1000000ULL,
	[WAIT_AGAIN_4] = 10000 * 1000000ULL,
};

/* struct container_names without its empty room: the strings stand one after the other. */
struct kept_names {
	size_t size;
	__u64 restarts;
	__s64 oom_score_adj;
	__u64 is_sandbox;
	__u64 request_bytes;
	__u64 request_error_bytes;
	__u64 pod_request_bytes;
	enum request_source request_source;
	enum identity_source source;
	char strings[];
};

#define STRINGS 5

struct string {
	char *at;
	size_t size;
};

static void list_strings(struct container_names *names, struct string ret[STRINGS])
{
	ret[0] = (struct string){ names->namespace_name, sizeof(names->namespace_name) };
	ret[1] = (struct string){ names->pod_name, sizeof(names->pod_name) };
	ret[2] = (struct string){ names->pod_uid, sizeof(names->pod_uid) };
	ret[3] = (struct string){ names->container_name, sizeof(names->container_name) };
	ret[4] = (struct string){ names->image, sizeof(names->image) };
}

static struct kept_names *pack(const struct container_names *names)
{
	struct container_names copy = *names;
	struct string strings[STRINGS];
	size_t size = sizeof(struct kept_names);
	struct kept_names *kept;
	char *at;

	list_strings(&copy, strings);
	for (int i = 0; i < STRINGS; i++)
		size += strnlen(strings[i].at, strings[i].size - 1) + 1;
	kept = malloc(size);
	if (!kept)
		return NULL;
	*kept = (struct kept_names){
		.size = size,
		.restarts = names->restarts,
		.oom_score_adj = names->oom_score_adj,
		.is_sandbox = names->is_sandbox,
		.request_bytes = names->request_bytes,
		.request_error_bytes = names->request_error_bytes,
		.pod_request_bytes = names->pod_request_bytes,
		.request_source = names->request_source,
		.source = names->source,
	};
	at = kept->strings;
	for (int i = 0; i < STRINGS; i++) {
		size_t len = strnlen(strings[i].at, strings[i].size - 1);

		memcpy(at, strings[i].at, len);
		at[len] = 0;
		at += len + 1;
	}
	return kept;
}

static void unpack(const struct kept_names *kept, struct container_names *ret)
{
	struct string strings[STRINGS];
	const char *at = kept->strings;

	list_strings(ret, strings);
	for (int i = 0; i < STRINGS; i++) {
		size_t size = strlen(at) + 1;

		memcpy(strings[i].at, at, size);
		at += size;
	}
	ret->restarts = kept->restarts;
	ret->oom_score_adj = kept->oom_score_adj;
	ret->is_sandbox = kept->is_sandbox;
	ret->request_bytes = kept->request_bytes;
	ret->request_error_bytes = kept->request_error_bytes;
	ret->pod_request_bytes = kept->pod_request_bytes;
	ret->request_source = kept->request_source;
	ret->source = kept->source;
}

static void leave(struct index *index, struct index_entry *entry)
{
	struct index_queue *queue = &index->waiting[entry->wait];

	if (entry->wait == WAIT_NOT)
		return;
	*(entry->before ? &entry->before->after : &queue->first) = entry->after;
	*(entry->after ? &entry->after->before : &queue->last) = entry->before;
	entry->before = entry->after = NULL;
	entry->wait = WAIT_NOT;
}

void index_wait_for(struct index *index, struct index_entry *entry, enum index_wait wait)
{
	struct index_queue *queue = &index->waiting[wait];

	leave(index, entry);
	entry->wait = wait;
	if (wait == WAIT_NOT)
		return;
	if (wait == WAIT_FRESH) {
		entry->after = queue->first;
		*(queue->first ? &queue->first->before : &queue->last) = entry;
		queue->first = entry;
	} else {
		entry->before = queue->last;
		*(queue->last ? &queue->last->after : &queue->first) = entry;
		queue->last = entry;
	}
}

void index_forget_names(struct index *index, struct index_entry *entry)
{
	if (!entry->names)
		return;
	index->names_bytes -= entry->names->size;
	free(entry->names);
	entry->names = NULL;
}

/* All that wait for the same wait equally long: the first of each queue is its next. */
static struct index_entry *next_due(struct index *index, __u64 now_ns)
{
	for (int wait = WAIT_FRESH; wait < INDEX_WAITS; wait++) {
		struct index_entry *first = index->waiting[wait].first;

		if (first && (!pauses_ns[wait] || first->due_ns <= now_ns))
			return first;
	}
	return NULL;
}

__u64 index_take(struct index *index, __u64 now_ns, char *buf, size_t size, size_t *ret_len)
{
	struct index_entry *entry;
	__u64 id = 0;

	pthread_mutex_lock(&index->lock);
	entry = next_due(index, now_ns);
	if (entry) {
		id = entry->id;
		*ret_len = index_build_path(index, id, buf, size);
		leave(index, entry);
	}
	pthread_mutex_unlock(&index->lock);
	return id;
}

void index_again(struct index *index, __u64 id, __u64 now_ns)
{
	struct index_entry *entry;

	pthread_mutex_lock(&index->lock);
	entry = index_find(index, id);
	/* What is gone gets no new files. */
	if (entry && !entry->removed_ns && WAIT_AGAIN + entry->tries <= WAIT_AGAIN_4) {
		index_wait_for(index, entry, (enum index_wait)(WAIT_AGAIN + entry->tries));
		entry->due_ns = now_ns + pauses_ns[entry->wait];
		entry->tries++;
	}
	pthread_mutex_unlock(&index->lock);
}

void index_refresh(struct index *index)
{
	/* One bucket under the lock at a time: a look-up never waits for all of them. */
	for (size_t i = 0; i < INDEX_BUCKETS; i++) {
		pthread_mutex_lock(&index->lock);
		for (struct index_entry *entry = index->buckets[i]; entry; entry = entry->next)
			if (entry->names && !entry->removed_ns && entry->wait == WAIT_NOT)
				index_wait_for(index, entry, WAIT_REFRESH);
		pthread_mutex_unlock(&index->lock);
	}
}

__u64 index_due_ns(struct index *index)
{
	__u64 due_ns = NOT_KNOWN;

	pthread_mutex_lock(&index->lock);
	for (int wait = WAIT_FRESH; wait < INDEX_WAITS; wait++) {
		const struct index_entry *first = index->waiting[wait].first;
		__u64 first_ns = !first ? NOT_KNOWN : pauses_ns[wait] ? first->due_ns : 0;

		if (first_ns < due_ns)
			due_ns = first_ns;
	}
	pthread_mutex_unlock(&index->lock);
	return due_ns;
}

static struct index_entry *find_above(struct index *index, __u64 id, int up)
{
	struct index_entry *entry = up < 0 ? NULL : index_find(index, id);

	for (; entry && up; up--)
		entry = entry->parent_id ? index_find(index, entry->parent_id) : NULL;
	return entry;
}

void index_keep(struct index *index, __u64 id, int up, const struct container_names *names)
{
	struct kept_names *kept = pack(names);
	struct index_entry *entry;

	if (!kept)
		return;
	pthread_mutex_lock(&index->lock);
	/* What is there matters more than what was. */
	while (index->names_bytes + kept->size > INDEX_NAMES_BYTES_MAX && index->removed_first)
		index_drop(index, index->removed_first);
	entry = find_above(index, id, up);
	if (entry)
		index_forget_names(index, entry);
	if (entry && index->names_bytes + kept->size <= INDEX_NAMES_BYTES_MAX) {
		entry->names = kept;
		index->names_bytes += kept->size;
		kept = NULL;
	} else if (entry) {
		index->refused++;
	}
	pthread_mutex_unlock(&index->lock);
	free(kept);
}

bool index_names(struct index *index, __u64 id, int up, struct container_names *ret)
{
	const struct index_entry *entry;
	bool known;

	pthread_mutex_lock(&index->lock);
	entry = find_above(index, id, up);
	known = entry && entry->names;
	if (known)
		unpack(entry->names, ret);
	pthread_mutex_unlock(&index->lock);
	return known;
}
