// SPDX-License-Identifier: GPL-2.0-only
/* logs: the folders of /var/log/pods. */
#include <stdio.h>
#include <string.h>

#include "names/logs.h"

#define PODS_MAX 65536
#define CONTAINERS_MAX 1024
#define FILES_MAX 4096

struct search {
	const char *pod_uid;
	struct claim found;
	unsigned int count;
};

static bool see_pod(void *context, const char *name, bool may_be_folder)
{
	struct search *search = context;
	size_t len = strlen(name), uid_len = strlen(search->pod_uid);
	struct claim claim;

	/* Most are other pods': looked at no further. */
	if (!may_be_folder || len <= uid_len || strcmp(name + len - uid_len, search->pod_uid) != 0)
		return true;
	if (!log_parse_folder(name, &claim) || strcmp(claim.names.pod_uid, search->pod_uid) != 0)
		return true;
	search->found = claim;
	search->count++;
	return true;
}

struct containers {
	struct claim only; /* with the name of the first */
	unsigned int count;
};

static bool see_container(void *context, const char *name, bool may_be_folder)
{
	struct containers *containers = context;

	if (!may_be_folder)
		return true;
	if (!containers->count++)
		claim_set_container(&containers->only, name, strlen(name));
	return true;
}

static bool pod_path(char *ret, size_t size, const char *root, const struct container_names *names)
{
	return reader_path(ret, size, "%s/%s_%s_%s", root, names->namespace_name, names->pod_name,
			   names->pod_uid);
}

/*
 * One folder: no other container has been started in this pod. (Its sandbox has no folder: see
 * names.c.)
 */
static void set_only_container(struct reader *reader, const char *root, struct claim *claim)
{
	char path[HOSTFS_PATH_MAX];
	struct containers containers = { 0 };

	claim_init(&containers.only);
	if (pod_path(path, sizeof(path), root, &claim->names) &&
	    reader_list(reader, path, CONTAINERS_MAX, see_container, &containers) &&
	    containers.count == 1 && !containers.only.refused)
		strcpy(claim->names.container_name, containers.only.names.container_name);
}

bool log_folder_look_up(struct reader *reader, const char *pod_uid, struct claim *ret)
{
	const char *root = NULL;

	while ((root = roots_next(&reader->log_pods, root))) {
		struct search search = { .pod_uid = pod_uid };

		if (!reader_list(reader, root, PODS_MAX, see_pod, &search) || !search.count)
			continue;
		if (search.count > 1) {
			log_limited(&reader->log,
				    "%s has %u pods of the one UID %s: none is believed", root,
				    search.count, pod_uid);
			continue;
		}
		*ret = search.found;
		set_only_container(reader, root, ret);
		return true;
	}
	claim_init(ret);
	return false;
}

bool log_folder_exists(struct reader *reader, const struct container_names *names)
{
	const char *root = NULL;
	char path[HOSTFS_PATH_MAX];

	while ((root = roots_next(&reader->log_pods, root)))
		if (pod_path(path, sizeof(path), root, names) &&
		    hostfs_is_folder(&reader->fs, path))
			return true;
	return false;
}

static bool see_file(void *context, const char *name, bool may_be_folder)
{
	__u64 *newest = context, number;

	(void)may_be_folder;
	if (log_parse_file(name, &number) && (*newest == NOT_KNOWN || number > *newest))
		*newest = number;
	return true;
}

__u64 log_folder_restarts(struct reader *reader, const struct container_names *names)
{
	const char *root = NULL;
	char pod[HOSTFS_PATH_MAX], path[HOSTFS_PATH_MAX];
	__u64 newest = NOT_KNOWN;

	while (newest == NOT_KNOWN && (root = roots_next(&reader->log_pods, root)))
		if (pod_path(pod, sizeof(pod), root, names) &&
		    reader_path(path, sizeof(path), "%s/%s", pod, names->container_name))
			reader_list(reader, path, FILES_MAX, see_file, &newest);
	return newest;
}
