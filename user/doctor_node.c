// SPDX-License-Identifier: GPL-2.0-only
/* doctor_node: what is of the node: whose cgroups they are, and whether its files name them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "fields.h"
#include "names/names.h"
#include "names/walk.h"
#include "place.h"

#define PATH_BYTES 8192
#define IDS_MAX 256 /* in one bucket of the index: 4096 of them for 64 Ki cgroups */

struct node {
	struct doctor *doctor;
	struct names *names; /* NULL: nothing can be looked up */
	char pods[256]; /* path of the cgroup of all pods; "": there is none */
	size_t containers, named, denied; /* denied: there are files of it that we may not read */
	__u64 denials; /* of all of them */
	size_t found[IDENTITY_PATH + 1];
};

/* On a node something of a runtime's or of kubelet's is there to see. */
static void add_names(struct node *node, int err)
{
	struct finding *finding;
	char folders[128];

	if (node->names && names_folders(node->names, folders, sizeof(folders))) {
		checkup_add(node->doctor->ret, FINDING_OK, "names", "read from %s", folders);
		return;
	}
	finding = checkup_add(node->doctor->ret, FINDING_DEGRADED, "names",
			      "pods and containers stay without: %s",
			      node->names ? "no runtime's folder, no pod's logs" : strerror(err));
	finding_fix(finding,
		    "mount containerd's task folder (CRI-O's, docker's), /var/log/pods and "
		    "/var/log/containers below the host's root, in a pod as hostPaths, or say with "
		    "trace --root where they are; without Kubernetes nothing is missing");
}

static void look_up(struct node *node, const struct place *place)
{
	__u64 denials = node->denials;
	struct container_names names;
	bool found;

	node->containers++;
	found = node->names && names_look_up(node->names, place, &names) && *names.pod_name;
	node->denied += node->denials > denials;
	if (!found)
		return;
	node->named++;
	node->found[names.source]++;
}

static void see(struct node *node, const char *path, size_t len)
{
	struct place place;

	place_path(path, len, &place);
	if (place.level == LIMIT_NODE && !*node->pods)
		snprintf(node->pods, sizeof(node->pods), "%.*s", (int)len, path);
	if (place.level == LIMIT_CONTAINER && *place.pod_uid && !place.monitor)
		look_up(node, &place);
}

static void see_all(struct node *node, struct index *index)
{
	__u64 ids[IDS_MAX];
	char path[PATH_BYTES];
	size_t len;

	for (size_t bucket = 0; bucket < INDEX_BUCKETS; bucket++) {
		size_t count = index_ids(index, bucket, ids, IDS_MAX);

		for (size_t i = 0; i < count; i++)
			if ((len = index_path(index, ids[i], path, sizeof(path))))
				see(node, path, len);
	}
}

/* systemd's names of cgroups end in what kind of unit they are. */
static void add_driver(struct node *node)
{
	const char *suffix = strrchr(node->pods, '.');

	if (!*node->pods)
		checkup_add(node->doctor->ret, FINDING_OK, "cgroup_driver",
			    "not known: kubelet has no cgroup here");
	else
		checkup_add(node->doctor->ret, FINDING_OK, "cgroup_driver", "%s (%s)",
			    suffix && !strcmp(suffix, ".slice") ? "systemd" : "cgroupfs",
			    node->pods);
}

static const char *fix_names(const struct node *node)
{
	return node->denied ?
		       "run as root, or add CAP_DAC_READ_SEARCH: what a runtime and kubelet "
		       "write is theirs to read" :
		       "see what names are read from: is it this runtime's folder, and may it "
		       "be read? What just begins or ends may have no files";
}

/* "12 of 14 have names now, sandboxes included: bundle 11, log_folder 1; files of 2 may not
 * be read" */
static void add_containers(struct node *node)
{
	bool all = node->named == node->containers && !node->denied;
	struct finding *finding;
	char from[96] = "", denied[64] = "";
	size_t len = 0;

	if (!node->containers) {
		checkup_add(node->doctor->ret, FINDING_OK, "containers",
			    "none of a pod is here now");
		return;
	}
	for (int source = 1; source <= IDENTITY_PATH; source++)
		if (node->found[source] && len < sizeof(from))
			len += (size_t)snprintf(from + len, sizeof(from) - len, "%s %s %zu",
						len ? "," : ":", identity_source_names[source],
						node->found[source]);
	if (node->denied)
		snprintf(denied, sizeof(denied), "; files of %zu may not be read", node->denied);
	finding = checkup_add(node->doctor->ret, all ? FINDING_OK : FINDING_DEGRADED, "containers",
			      "%zu of %zu have names now, sandboxes included%s%s", node->named,
			      node->containers, from, denied);
	if (!all)
		finding_fix(finding, "%s", fix_names(node));
}

void doctor_node(struct doctor *doctor)
{
	struct index *index = malloc(sizeof(*index));
	struct node node = { .doctor = doctor };
	char root[PATH_BYTES];
	int err;

	node.names =
		names_open(doctor->options->host_root, NULL, doctor->machine.memory_total_bytes);
	err = errno;
	add_names(&node, err);
	if (node.names)
		names_count_denied(node.names, &node.denials);
	if (index && !doctor->probe.memory_error &&
	    !walk_find_root(doctor->options->host_root, doctor->probe.memory_hierarchy != 0, root,
			    sizeof(root))) {
		index_init(index);
		walk_cgroups(root, index);
		see_all(&node, index);
		index_free(index);
		add_driver(&node);
		add_containers(&node);
	}
	free(index);
	names_close(node.names);
}
