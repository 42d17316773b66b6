// SPDX-License-Identifier: GPL-2.0-only
/* logs: the links of /var/log/containers. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "names/logs.h"

#define LINKS_MAX 65536
#define SUFFIX ".log"
#define CUT_ID_MIN 8 /* digits of an ID that a cut name must still have; fewer may be another's */

struct search {
	const char *container_id;
	char whole[NAME_MAX + 1]; /* the name that has all of the ID */
	char cut[NAME_MAX + 1]; /* one of NAME_MAX bytes that has its beginning */
	bool several_cut;
};

/* Whether the name ends with "-", @id_len digits of the ID, and the suffix. */
static bool ends_with_id(const char *name, size_t len, const char *id, size_t id_len)
{
	size_t suffix = strlen(SUFFIX);

	return len > 1 + id_len + suffix && !strcmp(name + len - suffix, SUFFIX) &&
	       !memcmp(name + len - suffix - id_len, id, id_len) &&
	       name[len - suffix - id_len - 1] == '-';
}

static bool see(void *context, const char *name, bool may_be_folder)
{
	struct search *search = context;
	size_t len = strlen(name), id_len = strlen(search->container_id);

	(void)may_be_folder;
	if (len > NAME_MAX)
		return true;
	if (ends_with_id(name, len, search->container_id, id_len)) {
		strcpy(search->whole, name);
		return false;
	}
	while (len == NAME_MAX && --id_len >= CUT_ID_MIN) {
		if (!ends_with_id(name, len, search->container_id, id_len))
			continue;
		search->several_cut = search->cut[0];
		strcpy(search->cut, name);
		break;
	}
	return true;
}

static bool read_target(struct reader *reader, const char *root, const char *name,
			struct claim *ret)
{
	char path[HOSTFS_PATH_MAX], target[HOSTFS_PATH_MAX];

	claim_init(ret);
	return reader_path(path, sizeof(path), "%s/%s", root, name) &&
	       !hostfs_readlink(&reader->fs, path, target, sizeof(target)) &&
	       log_parse_target(target, ret);
}

static bool same_container(const struct container_names *a, const struct container_names *b)
{
	return !strcmp(a->namespace_name, b->namespace_name) && !strcmp(a->pod_name, b->pod_name) &&
	       !strcmp(a->container_name, b->container_name);
}

/*
 * The name and what the link points to must tell the same; where the target has another shape, as
 * with an old kubelet, the name has the ID.
 */
static bool read_whole(struct reader *reader, const char *root, const struct search *search,
		       struct claim *ret)
{
	struct claim target;

	if (!log_parse_link(search->whole, search->container_id, ret)) {
		log_limited(&reader->log, "%s/%s is not believed: %s", root, search->whole,
			    ret->refused ? ret->refused : "its name is not one of kubelet's");
		return false;
	}
	if (!read_target(reader, root, search->whole, &target))
		return true;
	if (!same_container(&ret->names, &target.names)) {
		log_limited(&reader->log, "%s/%s is not believed: it points to another's log", root,
			    search->whole);
		return false;
	}
	*ret = target;
	return true;
}

static bool look_up_below(struct reader *reader, const char *root, const struct place *place,
			  struct claim *ret)
{
	struct search search = { .container_id = place->container_id };

	if (!reader_list(reader, root, LINKS_MAX, see, &search))
		return false;
	if (search.whole[0] ? !read_whole(reader, root, &search, ret) :
			      !search.cut[0] || search.several_cut ||
				      !read_target(reader, root, search.cut, ret))
		return false;
	if (!ret->names.pod_uid[0] || !strcmp(ret->names.pod_uid, place->pod_uid))
		return true;
	log_limited(&reader->log,
		    "the link in %s for container %s is not believed: it is of pod %s, "
		    "the cgroup of pod %s",
		    root, place->container_id, ret->names.pod_uid, place->pod_uid);
	return false;
}

bool log_link_look_up(struct reader *reader, const struct place *place, struct claim *ret)
{
	const char *root = NULL;

	while ((root = roots_next(&reader->log_containers, root)))
		if (look_up_below(reader, root, place, ret))
			return true;
	claim_init(ret);
	return false;
}

__u64 log_link_restarts(struct reader *reader, const struct container_names *names,
			const char *container_id)
{
	const char *root = NULL;
	char name[2 * NAMES_NAME_MAX + NAMES_NAMESPACE_MAX + PLACE_CONTAINER_ID_MAX + 8];
	struct claim target;

	snprintf(name, sizeof(name), "%s_%s_%s-%s" SUFFIX, names->pod_name, names->namespace_name,
		 names->container_name, container_id);
	while ((root = roots_next(&reader->log_containers, root)))
		if (read_target(reader, root, name, &target) &&
		    same_container(&target.names, names) &&
		    !strcmp(target.names.pod_uid, names->pod_uid))
			return target.names.restarts;
	return NOT_KNOWN;
}
