/* SPDX-License-Identifier: GPL-2.0-only */
/* event_parts: what the structs of the model are made of; see event.h. */
#ifndef OOMWHY_EVENT_PARTS_H
#define OOMWHY_EVENT_PARTS_H

#include <linux/types.h>

#define NOT_KNOWN (~0ULL)
#define NOT_KNOWN_SIGNED ((__s64)(1ULL << 63))
#define NO_LIMIT (~0ULL - 1)

struct text {
	__u16 off;
	__u16 len; /* 0: not said */
};

/* Where a container's names came from, best first. */
enum identity_source {
	IDENTITY_NONE,
	IDENTITY_BUNDLE, /* the runtime's own folder of the container */
	IDENTITY_LOG_LINK, /* /var/log/containers */
	IDENTITY_LOG_FOLDER, /* /var/log/pods */
	IDENTITY_PATH, /* the cgroup path alone: UID and ID, no names */
};

/* Where a container's memory request is known from. */
enum request_source {
	REQUEST_NONE,
	REQUEST_ALLOCATED, /* kubelet's allocated_pods_state: exact */
	REQUEST_OOM_SCORE_ADJ, /* the inverse of what kubelet makes of it */
	REQUEST_QOS_CLASS, /* BestEffort has none, Guaranteed has its limit */
};

struct event_cgroup {
	struct text path; /* in its hierarchy; "/" is the root */
	__u64 id; /* inode number of its folder */
};

/* A memory request: what the scheduler counts with. */
struct request {
	__u64 bytes; /* 0: there is none */
	__u64 error_bytes; /* it is at most this away; 0: exact */
	__u64 source; /* enum request_source */
};

/* Whose process it is. What the path alone tells comes from place, the names from names/. */
struct identity {
	struct text namespace_name;
	struct text pod_name;
	struct text pod_uid; /* the API's UID; empty for a static pod */
	struct text
		static_pod_hash; /* static pods: the config hash that stands in the path instead */
	struct text container_name;
	struct text container_id;
	struct text image; /* as the runtime was told it */
	__u64 restarts; /* of its container, before this start */
	__u64 is_sandbox; /* bool: its container is the pod's pause container */
	__u64 source; /* enum identity_source */
	__u64 runtime; /* enum runtime */
	__u64 qos; /* enum qos_class */
	struct request request; /* of its container */
};

#endif
