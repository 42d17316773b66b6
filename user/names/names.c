// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/bundle.h"
#include "names/logs.h"
#include "names/names.h"
#include "names/reader.h"
#include "names/request.h"

struct names {
	struct reader reader;
	struct allocated allocated;
	unsigned int reads_seen; /* of it, by names_have_changed() */
	__u64 memory_total_bytes;
};

/* containerd's state folders: its own, k3s's and rke2's, microk8s's, k0s's. */
static const char *const known_containerd[] = {
	"/run/containerd/io.containerd.runtime.v2.task",
	"/run/k3s/containerd/io.containerd.runtime.v2.task",
	"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
	"/run/k0s/containerd/io.containerd.runtime.v2.task",
	NULL,
};
static const char *const known_crio[] = {
	"/run/containers/storage/overlay-containers",
	"/var/lib/containers/storage/overlay-containers",
	NULL,
};
static const char *const known_docker[] = {
	"/var/lib/docker/containers",
	"/var/snap/docker/common/var-lib-docker/containers",
	NULL,
};
static const char *const known_log_containers[] = { "/var/log/containers", NULL };
static const char *const known_log_pods[] = { "/var/log/pods", NULL };
static const char *const known_kubelet[] = {
	"/var/lib/kubelet",
	"/var/snap/microk8s/common/var/lib/kubelet",
	"/var/lib/k0s/kubelet",
	"/var/lib/rancher/k3s/agent/kubelet",
	NULL,
};

/* Returns 0, or -ENOMEM. */
static int set_root(struct roots *roots, const char *set, const char *const *known)
{
	roots->known = known;
	roots->set = set && set[0] ? strdup(set) : NULL;
	return set && set[0] && !roots->set ? -ENOMEM : 0;
}

static int set_roots(struct reader *reader, const struct names_roots *roots)
{
	static const struct names_roots none;
	const struct names_roots *set = roots ? roots : &none;

	if (set_root(&reader->containerd, set->containerd, known_containerd) ||
	    set_root(&reader->crio, set->crio, known_crio) ||
	    set_root(&reader->docker, set->docker, known_docker) ||
	    set_root(&reader->log_containers, set->log_containers, known_log_containers) ||
	    set_root(&reader->log_pods, set->log_pods, known_log_pods) ||
	    set_root(&reader->kubelet, set->kubelet, known_kubelet))
		return -ENOMEM;
	return 0;
}

struct names *names_open(const char *host_root, const struct names_roots *roots,
			 __u64 memory_total_bytes)
{
	struct names *names = calloc(1, sizeof(*names));
	int err;

	if (!names)
		return NULL;
	names->memory_total_bytes = memory_total_bytes;
	err = hostfs_open(&names->reader.fs, host_root);
	err = err ? err : set_roots(&names->reader, roots);
	if (!err)
		return names;
	names_close(names);
	errno = -err;
	return NULL;
}

void names_close(struct names *names)
{
	if (!names)
		return;
	log_limit_tell(&names->reader.log, true);
	allocated_free(&names->allocated);
	hostfs_close(&names->reader.fs);
	free(names->reader.containerd.set);
	free(names->reader.crio.set);
	free(names->reader.docker.set);
	free(names->reader.log_containers.set);
	free(names->reader.log_pods.set);
	free(names->reader.kubelet.set);
	free(names);
}

void names_count_denied(struct names *names, __u64 *count)
{
	names->reader.denied = count;
}

static bool same_pod(const struct container_names *a, const struct container_names *b)
{
	return !strcmp(a->namespace_name, b->namespace_name) && !strcmp(a->pod_name, b->pod_name);
}

/*
 * Whether kubelet itself, that made the log folder, knows the pod by another name. A pod's author
 * may choose annotations and labels; the folder's name he may not.
 */
static bool is_contradicted(struct names *names, const struct place *place,
			    const struct claim *claim)
{
	struct container_names claimed = claim->names;
	struct claim folder;

	strcpy(claimed.pod_uid, place->pod_uid);
	if (!claim_has_pod(claim) || log_folder_exists(&names->reader, &claimed) ||
	    !log_folder_look_up(&names->reader, place->pod_uid, &folder) ||
	    same_pod(&folder.names, &claim->names))
		return false;
	log_limited(
		&names->reader.log,
		"what is told of container %s is not believed: kubelet's log folder has another "
		"name for pod %s",
		place->container_id, place->pod_uid);
	return true;
}

/* Labels of a container that is in no pod are anybody's. */
static bool is_of_place(struct names *names, const struct place *place, const struct claim *bundle)
{
	const char *uid = bundle->names.pod_uid;

	if (!place->pod_uid[0])
		return !claim_has_pod(bundle);
	if (uid[0] && strcmp(uid, place->pod_uid) != 0) {
		log_limited(
			&names->reader.log,
			"the runtime's folder of container %s is not believed: it is of pod %s, "
			"the cgroup of pod %s",
			place->container_id, uid, place->pod_uid);
		return false;
	}
	return !is_contradicted(names, place, bundle);
}

static enum bundle look_at_bundle(struct names *names, const struct place *place, struct claim *ret)
{
	enum bundle bundle = BUNDLE_NONE;

	claim_init(ret);
	if (place->container_id[0])
		bundle = bundle_look_up(&names->reader, place, ret);
	if (bundle != BUNDLE_FOUND || is_of_place(names, place, ret))
		return bundle;
	claim_init(ret);
	return BUNDLE_REFUSED;
}

/*
 * Only app containers have log files. A sandbox that lives has a bundle: where none is there,
 * though the runtime's folder is, it was another container, that has ended.
 */
static bool may_be_sandbox(struct names *names, const struct place *place, enum bundle bundle,
			   const struct claim *claim)
{
	if (claim->names.is_sandbox != NOT_KNOWN)
		return claim->names.is_sandbox;
	return bundle != BUNDLE_NONE || !bundle_roots_exist(&names->reader, place);
}

static bool look_at_folder(struct names *names, const struct place *place, enum bundle bundle,
			   const struct claim *claim, struct claim *ret)
{
	if (!log_folder_look_up(&names->reader, place->pod_uid, ret))
		return false;
	if (!place->container_id[0] || may_be_sandbox(names, place, bundle, claim))
		ret->names.container_name[0] = '\0';
	return true;
}

/* What the bundle told beside names; a container that it did not name keeps the log's name. */
static void add_bundle(struct claim *claim, const struct claim *bundle)
{
	claim->names.is_sandbox = bundle->names.is_sandbox;
	claim->names.oom_score_adj = bundle->names.oom_score_adj;
	claim->limit_bytes = bundle->limit_bytes;
	strcpy(claim->names.image, bundle->names.image);
	if (bundle->names.restarts != NOT_KNOWN)
		claim->names.restarts = bundle->names.restarts;
	if (bundle->names.container_name[0])
		strcpy(claim->names.container_name, bundle->names.container_name);
}

static enum identity_source look_at_logs(struct names *names, const struct place *place,
					 enum bundle bundle, const struct claim *claim,
					 struct claim *ret)
{
	if (!place->pod_uid[0])
		return IDENTITY_NONE;
	if (place->container_id[0] && log_link_look_up(&names->reader, place, ret) &&
	    !is_contradicted(names, place, ret))
		return IDENTITY_LOG_LINK;
	if (look_at_folder(names, place, bundle, claim, ret))
		return IDENTITY_LOG_FOLDER;
	return IDENTITY_NONE;
}

/* A name for the container of a pod that is known, where the bundle of an old runtime has none. */
static void complete(struct names *names, const struct place *place, struct claim *claim)
{
	struct claim logs;

	if (claim->names.container_name[0] || claim->names.is_sandbox == 1 ||
	    look_at_logs(names, place, BUNDLE_FOUND, claim, &logs) == IDENTITY_NONE ||
	    !same_pod(&logs.names, &claim->names))
		return;
	strcpy(claim->names.container_name, logs.names.container_name);
	if (claim->names.restarts == NOT_KNOWN)
		claim->names.restarts = logs.names.restarts;
}

static void set_restarts(struct names *names, const struct place *place,
			 struct container_names *ret)
{
	if (!ret->container_name[0] || !ret->pod_name[0] || ret->restarts != NOT_KNOWN)
		return;
	ret->restarts = log_link_restarts(&names->reader, ret, place->container_id);
	if (ret->restarts == NOT_KNOWN)
		ret->restarts = log_folder_restarts(&names->reader, ret);
}

static void look_up(struct names *names, const struct place *place, struct claim *ret)
{
	struct claim bundle;
	enum bundle found = look_at_bundle(names, place, &bundle);
	enum identity_source source;

	if (found == BUNDLE_FOUND && (claim_has_pod(&bundle) || !place->pod_uid[0])) {
		*ret = bundle;
		source = IDENTITY_BUNDLE;
		complete(names, place, ret);
	} else {
		source = look_at_logs(names, place, found, &bundle, ret);
		if (source == IDENTITY_NONE)
			claim_init(ret);
		add_bundle(ret, &bundle);
	}
	if (source == IDENTITY_NONE && (place->pod_uid[0] || place->container_id[0]))
		source = IDENTITY_PATH;
	ret->names.source = source;
	strcpy(ret->names.pod_uid, place->pod_uid);
}

bool names_look_up(struct names *names, const struct place *place, struct container_names *ret)
{
	struct claim claim;

	claim_init(&claim);
	log_limit_tell(&names->reader.log, false);
	look_up(names, place, &claim);
	set_restarts(names, place, &claim.names);
	request_find(&names->allocated, &names->reader, place, &claim, names->memory_total_bytes);
	*ret = claim.names;
	return ret->source != IDENTITY_NONE && ret->source != IDENTITY_PATH;
}

bool names_have_changed(struct names *names)
{
	unsigned int before = names->reads_seen;

	allocated_refresh(&names->allocated, &names->reader);
	names->reads_seen = names->allocated.reads;
	return names->reads_seen != before;
}

int names_folders(const struct names *names, char *buf, size_t size)
{
	const struct reader *reader = &names->reader;
	const struct {
		const char *word;
		const struct roots *roots;
	} kinds[] = {
		{ "containerd", &reader->containerd },
		{ "crio", &reader->crio },
		{ "docker", &reader->docker },
		{ "log-containers", &reader->log_containers },
		{ "log-pods", &reader->log_pods },
		{ "kubelet", &reader->kubelet },
	};
	size_t len = 0;
	int count = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *root = NULL;

		while ((root = roots_next(kinds[i].roots, root)) &&
		       !hostfs_is_folder(&reader->fs, root))
			;
		if (root && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", count ? ", " : "",
						kinds[i].word);
		count += root != NULL;
	}
	return count;
}
