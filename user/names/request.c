// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "names/request.h"

/* kubelet: 1000 - floor(1000 * request / total), kept between these. */
#define ADJ_MOST 999 /* nothing requested, or next to nothing */
#define ADJ_LEAST 3

bool request_of_adj(__s64 oom_score_adj, __u64 memory_total_bytes, __u64 *ret_bytes,
		    __u64 *ret_error_bytes)
{
	__u64 least, most; /* thousandths */

	if (oom_score_adj < ADJ_LEAST || oom_score_adj > ADJ_MOST)
		return false;
	if (!memory_total_bytes || memory_total_bytes > ~0ULL / 1000)
		return false;
	least = oom_score_adj == ADJ_MOST ? 0 : (__u64)(1000 - oom_score_adj);
	most = oom_score_adj == ADJ_LEAST ? 1000 : (__u64)(1000 - oom_score_adj) + 1;
	*ret_bytes = (least + most) * memory_total_bytes / 2000;
	*ret_error_bytes = ((most - least) * memory_total_bytes + 1999) / 2000;
	return true;
}

/* Where the spec is not told: BestEffort is by its definition, the other two by their numbers. */
static void estimate(const struct place *place, struct claim *claim, __u64 memory_total_bytes)
{
	struct container_names *names = &claim->names;

	if (place->qos == QOS_BEST_EFFORT) {
		names->request_bytes = 0;
	} else if (place->qos == QOS_GUARANTEED && claim->limit_bytes != NO_LIMIT &&
		   claim->limit_bytes != NOT_KNOWN) {
		names->request_bytes = claim->limit_bytes;
	} else if (place->qos == QOS_BURSTABLE &&
		   request_of_adj(names->oom_score_adj, memory_total_bytes, &names->request_bytes,
				  &names->request_error_bytes)) {
		names->request_source = REQUEST_OOM_SCORE_ADJ;
		return;
	} else {
		return;
	}
	names->request_error_bytes = 0;
	names->request_source = REQUEST_QOS_CLASS;
}

static bool same_stamp(const struct hostfs_stamp *a, const struct hostfs_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
	       a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

void allocated_free(struct allocated *allocated)
{
	json_decref(allocated->pods);
	*allocated = (struct allocated){ .reads = allocated->reads };
}

#define STATE_BYTES_MAX (4 << 20)

/* A file that is malformed is not tried again until it changes. */
static void load(struct allocated *allocated, struct reader *reader, const char *path)
{
	const char *why;
	size_t len;
	char *text;

	if (reader_read(reader, path, STATE_BYTES_MAX, &text, &len))
		return;
	allocated->pods = allocated_parse(text, len, &why);
	if (!allocated->pods)
		log_limited(&reader->log, "%s is not used: %s", path, why);
	free(text);
}

/* kubelet writes the file anew whenever it admits, resizes or forgets a pod. */
void allocated_refresh(struct allocated *allocated, struct reader *reader)
{
	const char *root = NULL;
	struct hostfs_stamp stamp;
	char path[HOSTFS_PATH_MAX];

	while ((root = roots_next(&reader->kubelet, root))) {
		if (!reader_path(path, sizeof(path), "%s/allocated_pods_state", root) ||
		    hostfs_stamp(&reader->fs, path, &stamp))
			continue;
		if (root == allocated->root && same_stamp(&stamp, &allocated->stamp))
			return;
		allocated_free(allocated);
		allocated->root = root;
		allocated->stamp = stamp;
		allocated->reads++;
		load(allocated, reader, path);
		return;
	}
	allocated_free(allocated);
}

void request_find(struct allocated *allocated, struct reader *reader, const struct place *place,
		  struct claim *claim, __u64 memory_total_bytes)
{
	struct container_names *names = &claim->names;

	if (!place->pod_uid[0])
		return;
	allocated_refresh(allocated, reader);
	allocated_requests(allocated->pods, place->pod_uid, names->container_name,
			   &names->request_bytes, &names->pod_request_bytes);
	if (!place->container_id[0] || place->monitor || names->is_sandbox == 1) {
		names->request_bytes = NOT_KNOWN;
	} else if (names->request_bytes != NOT_KNOWN) {
		names->request_error_bytes = 0;
		names->request_source = REQUEST_ALLOCATED;
	} else {
		estimate(place, claim, memory_total_bytes);
	}
}
