/* SPDX-License-Identifier: GPL-2.0-only */
/* The words for what place says, as they stand in reports and in JSON. */
#include <stddef.h>

#include "place.h"

const char *const limit_level_names[] = {
	[LIMIT_NONE] = "",	   [LIMIT_NESTED] = "nested",	[LIMIT_CONTAINER] = "container",
	[LIMIT_POD] = "pod",	   [LIMIT_QOS] = "qos",		[LIMIT_NODE] = "node",
	[LIMIT_SLICE] = "slice",   [LIMIT_HOST] = "host",	[LIMIT_CPUSET] = "cpuset",
	[LIMIT_MANUAL] = "manual", [LIMIT_UNKNOWN] = "unknown", NULL,
};

const char *const qos_class_names[] = {
	[QOS_NONE] = "",
	[QOS_GUARANTEED] = "Guaranteed",
	[QOS_BURSTABLE] = "Burstable",
	[QOS_BEST_EFFORT] = "BestEffort",
	NULL,
};

const char *const runtime_names[] = {
	[RUNTIME_NONE] = "",	     [RUNTIME_CONTAINERD] = "containerd", [RUNTIME_CRIO] = "cri-o",
	[RUNTIME_DOCKER] = "docker", [RUNTIME_PODMAN] = "podman",	  NULL,
};

/* An index from elsewhere (a recording, a damaged event) may be any number. */
static const char *name_of(const char *const *names, size_t count, size_t i)
{
	return i < count - 1 ? names[i] : "";
}

#define NAME_OF(names, i) name_of(names, sizeof(names) / sizeof(*(names)), i)

const char *limit_level_name(enum limit_level level)
{
	return NAME_OF(limit_level_names, level);
}

const char *qos_class_name(enum qos_class qos)
{
	return NAME_OF(qos_class_names, qos);
}

const char *runtime_name(enum runtime runtime)
{
	return NAME_OF(runtime_names, runtime);
}
