/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place: what a cgroup path means to Kubernetes.
 *
 * Pure: text in, meaning out; no file is opened, nothing is allocated, nothing is remembered. It
 * serves every source: live records, kernel logs, recordings.
 */
#ifndef OOMWHY_PLACE_H
#define OOMWHY_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define PLACE_POD_UID_MAX \
	64 /* longest pod UID that is believed; Kubernetes' own have 36 or 32 bytes */
#define PLACE_CONTAINER_ID_MAX 64 /* runtimes use 64 hex digits */

/*
 * The level of one cgroup, and of a verdict. The order is from the innermost outwards; LIMIT_HOST
 * and what follows are no cgroup's level and never come from a path.
 */
enum limit_level {
	LIMIT_NONE, /* not said */
	LIMIT_NESTED, /* below a container: made by the workload (or by crun, systemd in a
			 container) */
	LIMIT_CONTAINER,
	LIMIT_POD,
	LIMIT_QOS,
	LIMIT_NODE, /* the kubepods root: the node's share for pods */
	LIMIT_SLICE, /* any other cgroup */
	LIMIT_HOST, /* the machine's memory; as a cgroup's level: the root cgroup */
	LIMIT_CPUSET, /* cpuset or mempolicy */
	LIMIT_MANUAL, /* sysrq-f */
	LIMIT_UNKNOWN, /* not decidable: the candidates are named */
};

enum qos_class {
	QOS_NONE, /* not known, or not a pod */
	QOS_GUARANTEED,
	QOS_BURSTABLE,
	QOS_BEST_EFFORT,
};

/* The runtime as far as the path tells it; cgroupfs paths with a bare ID do not. */
enum runtime {
	RUNTIME_NONE,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_DOCKER,
	RUNTIME_PODMAN,
};

/*
 * The meaning of one path. A path is a sequence of components; `*_depth` is the number of
 * components up to and including the one that is that level's cgroup (0: the path has no such
 * level). So the memcg that the first N components name has the level place_level_at(place, N).
 *
 * The outermost pod wins: what stands below a container was named by the workload and says nothing
 * about identity. A container that is in no pod and not made for kubelet (docker run, the container
 * that a kind node lives in) has no container_depth, its cgroups are LIMIT_SLICE; the outermost
 * one's ID is given as long as the path leads to no cgroup of kubelet's.
 */
struct place {
	enum limit_level level; /* of the whole path */
	enum qos_class qos;
	enum runtime runtime;
	int depth; /* components of the whole path; 0 is the root cgroup */
	int node_depth;
	int qos_depth;
	int pod_depth;
	int container_depth;
	bool static_pod; /* pod_uid is a config hash (32 hex digits), not the API's UID */
	bool monitor; /* a runtime's helper beside the container (conmon): container_id is whom it
			 serves */
	char pod_uid[PLACE_POD_UID_MAX + 1]; /* "" when none; systemd's '_' turned back to '-' */
	char container_id[PLACE_CONTAINER_ID_MAX + 1]; /* "" when none */
};

/*
 * place_path() - read a cgroup path.
 * @path: as the kernel writes it, relative to the hierarchy's root, with or without a leading '/';
 * any byte may occur; need not end with NUL
 * @len: its length in bytes
 * @ret: filled always; a path that means nothing to Kubernetes is LIMIT_SLICE, the root is
 * LIMIT_HOST
 */
void place_path(const char *path, size_t len, struct place *ret);

/*
 * place_level_at() - the level of the memcg that the first @depth components of the path name;
 * LIMIT_NONE where the path has not that many.
 *
 * It is what place_path() says of that prefix alone, with one exception: a --cgroup-root that is
 * itself named "kubepods" (Docker Desktop) looks like the node's level until the path goes on with
 * another "kubepods".
 */
enum limit_level place_level_at(const struct place *place, int depth);

/* Indexed by their enum, ended by NULL; [0] is "". */
extern const char *const limit_level_names[];
extern const char *const qos_class_names[];
extern const char *const runtime_names[];

const char *
limit_level_name(enum limit_level level); /* "container", "node", …; "" for LIMIT_NONE */
const char *qos_class_name(enum qos_class qos); /* "Guaranteed", "Burstable", "BestEffort", "" */
const char *runtime_name(enum runtime runtime); /* "containerd", "cri-o", "docker", "podman", "" */

#endif
