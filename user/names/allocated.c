// SPDX-License-Identifier: GPL-2.0-only
/*
 * request: kubelet's allocated_pods_state.
 *
 * A checkpoint: {"data": "<JSON in a string>", "checksum": …}, since 1.36 with "version". In the
 * data (1.33 on): {"entries": {UID: {"ContainerResources": {name: {"requests": {"memory": …}}},
 * "PodLevelResources": …}}}. The alpha feature's had "allocationEntries" with the containers right
 * below the UID; a pod's whole spec in their place is understood, too. What has another shape tells
 * nothing.
 */
#include <string.h>

#include "names/json_text.h"
#include "names/quantity.h"
#include "names/request.h"

static const json_t *either(const json_t *json, const char *key, const char *other)
{
	const json_t *found = json_object_get(json, key);

	return found ? found : json_object_get(json, other);
}

/* The pods of the data; NULL: there are none. */
static json_t *take_pods(const json_t *data)
{
	const json_t *pods = either(data, "entries", "allocationEntries");

	return json_is_object(pods) ? json_incref((json_t *)pods) : NULL;
}

static json_t *take_pods_of_text(const json_t *data, const char **ret_why)
{
	json_t *inner = json_text_load(json_string_value(data), json_string_length(data), ret_why);
	json_t *pods = take_pods(inner);

	json_decref(inner);
	return pods;
}

json_t *allocated_parse(const char *text, size_t len, const char **ret_why)
{
	json_t *file = json_text_load(text, len, ret_why), *pods;
	const json_t *data = json_object_get(file, "data");

	if (json_is_string(data))
		pods = take_pods_of_text(data, ret_why);
	else
		pods = take_pods(data ? data : file);
	json_decref(file);
	if (!pods && !*ret_why)
		*ret_why = "it has no pods in a way that is understood";
	return pods;
}

/* Without a request, a limit is the request, too: the API fills it in. */
static __u64 memory_of(const json_t *resources, __u64 without)
{
	const json_t *quantity = json_text_find(resources, "requests", "memory", NULL);
	__u64 bytes;

	if (!quantity)
		quantity = json_text_find(resources, "limits", "memory", NULL);
	if (!quantity)
		return without;
	if (!json_is_string(quantity) ||
	    !quantity_read(json_string_value(quantity), json_string_length(quantity), &bytes))
		return NOT_KNOWN;
	return bytes;
}

static const json_t *find_named(const json_t *containers, const char *name)
{
	for (size_t i = 0; i < json_array_size(containers); i++) {
		const json_t *container = json_array_get(containers, i);
		const char *found = json_string_value(json_object_get(container, "name"));

		if (found && !strcmp(found, name))
			return container;
	}
	return NULL;
}

/* The container's resources in the pod's whole spec. A container without any has them all unset. */
static __u64 memory_in_spec(const json_t *spec, const char *name)
{
	const json_t *container = find_named(json_object_get(spec, "containers"), name);

	if (!container)
		container = find_named(json_object_get(spec, "initContainers"), name);
	return container ? memory_of(json_object_get(container, "resources"), 0) : NOT_KNOWN;
}

static __u64 memory_in_map(const json_t *pod, const char *name)
{
	const json_t *map = either(pod, "ContainerResources", "containerResources");
	const json_t *resources = json_object_get(map ? map : pod, name);

	return json_is_object(resources) ? memory_of(resources, 0) : NOT_KNOWN;
}

void allocated_requests(const json_t *pods, const char *pod_uid, const char *container_name,
			__u64 *ret_bytes, __u64 *ret_pod_bytes)
{
	const json_t *pod = json_object_get(pods, pod_uid);
	const json_t *spec = either(pod, "podSpec", "PodSpec");

	*ret_bytes = spec ? memory_in_spec(spec, container_name) :
			    memory_in_map(pod, container_name);
	*ret_pod_bytes = memory_of(spec ? json_object_get(spec, "resources") :
					  either(pod, "PodLevelResources", "podLevelResources"),
				   NOT_KNOWN);
}
