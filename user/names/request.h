/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request: how much memory a container has asked the scheduler for. A cgroup does not tell.
 *
 * Exact from kubelet's allocated_pods_state (Kubernetes 1.33 and later), and by the QoS class for
 * BestEffort (none) and Guaranteed (its limit). Else from the oom_score_adj that kubelet made of
 * it, to 0.1% of the machine's memory. Without kubelet's file, both of these are off for pods with
 * pod-level resources, and the last for sidecars from Kubernetes 1.32 on: kubelet computes with
 * other numbers there.
 */
#ifndef OOMWHY_NAMES_REQUEST_H
#define OOMWHY_NAMES_REQUEST_H

#include <stdbool.h>
#include <jansson.h>

#include "names/claim.h"
#include "names/reader.h"
#include "place.h"

/* kubelet's file as it was last read; all 0 to begin with. */
struct allocated {
	struct hostfs_stamp stamp;
	const char *root;
	json_t *pods; /* NULL: none was read */
	unsigned int reads; /* so far */
};

/* request_find() - of the container that @claim names; what is found goes there. */
void request_find(struct allocated *allocated, struct reader *reader, const struct place *place,
		  struct claim *claim, __u64 memory_total_bytes);

/*
 * request_of_adj() - the middle of what a container of a Burstable pod may have requested.
 * @ret_error_bytes: half of that span
 * False: kubelet gives no such pod this value.
 */
bool request_of_adj(__s64 oom_score_adj, __u64 memory_total_bytes, __u64 *ret_bytes,
		    __u64 *ret_error_bytes);

/* allocated_refresh() - read kubelet's file if it is not the one that was last read. */
void allocated_refresh(struct allocated *allocated, struct reader *reader);

void allocated_free(struct allocated *allocated);

/*
 * allocated_parse() - the pods of the file's text, by UID; to be given to json_decref().
 * @ret_why: on failure, for people
 */
json_t *allocated_parse(const char *text, size_t len, const char **ret_why);

/*
 * allocated_requests() - what @pods says.
 * @ret_bytes: of the container; 0: it has none; NOT_KNOWN: the container is not there
 * @ret_pod_bytes: the pod's own; NOT_KNOWN: it has none, or the pod is not there
 */
void allocated_requests(const json_t *pods, const char *pod_uid, const char *container_name,
			__u64 *ret_bytes, __u64 *ret_pod_bytes);

#endif
