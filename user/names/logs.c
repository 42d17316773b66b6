// SPDX-License-Identifier: GPL-2.0-only
/* logs: the parsers of names. */
#define _GNU_SOURCE /* memrchr() */
#include <string.h>

#include "names/logs.h"

#define SUFFIX ".log"

static bool is_whole(const struct claim *claim)
{
	return claim_has_pod(claim) && !claim->refused;
}

static bool parse_folder(const char *name, size_t len, struct claim *ret)
{
	const char *end = name + len;
	const char *pod = memchr(name, '_', len);
	const char *uid = pod ? memchr(pod + 1, '_', (size_t)(end - pod - 1)) : NULL;

	if (!uid)
		return false;
	claim_set_namespace(ret, name, (size_t)(pod - name));
	claim_set_pod(ret, pod + 1, (size_t)(uid - pod - 1));
	claim_set_pod_uid(ret, uid + 1, (size_t)(end - uid - 1));
	return is_whole(ret);
}

bool log_parse_folder(const char *name, struct claim *ret)
{
	claim_init(ret);
	return parse_folder(name, strlen(name), ret);
}

bool log_parse_file(const char *name, __u64 *ret_restarts)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, SUFFIX) &&
	       claim_number(name, len - suffix, ret_restarts);
}

/* Take the last component off a path. */
static const char *last_component(const char *path, size_t *len, size_t *ret_len)
{
	const char *slash = memrchr(path, '/', *len);
	const char *last = slash ? slash + 1 : path;

	*ret_len = *len - (size_t)(last - path);
	*len = slash ? (size_t)(slash - path) : 0;
	return last;
}

bool log_parse_target(const char *target, struct claim *ret)
{
	size_t len = strlen(target), file_len, container_len, folder_len;
	const char *file = last_component(target, &len, &file_len);
	const char *container = last_component(target, &len, &container_len);
	const char *folder = last_component(target, &len, &folder_len);

	(void)file_len; /* the last one ends where the target does */
	claim_init(ret);
	if (!log_parse_file(file, &ret->names.restarts) || !parse_folder(folder, folder_len, ret))
		return false;
	claim_set_container(ret, container, container_len);
	return is_whole(ret);
}

bool log_parse_link(const char *name, const char *container_id, struct claim *ret)
{
	size_t len = strlen(name), tail = 1 + strlen(container_id) + strlen(SUFFIX);
	const char *end, *namespace, *container;

	claim_init(ret);
	if (len <= tail)
		return false;
	end = name + len - tail;
	if (end[0] != '-' || strncmp(end + 1, container_id, strlen(container_id)) != 0 ||
	    strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0)
		return false;
	namespace = memchr(name, '_', (size_t)(end - name));
	container = namespace ? memchr(namespace + 1, '_', (size_t)(end - namespace - 1)) : NULL;
	if (!container)
		return false;
	claim_set_pod(ret, name, (size_t)(namespace - name));
	claim_set_namespace(ret, namespace + 1, (size_t)(container - namespace - 1));
	claim_set_container(ret, container + 1, (size_t)(end - container - 1));
	return is_whole(ret);
}
