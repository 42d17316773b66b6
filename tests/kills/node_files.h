/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * node_files: what containerd and kubelet leave on a node for each container, made up in a folder
 * of the case's own. Functions fail the test by themselves.
 */
#ifndef KILLS_NODE_FILES_H
#define KILLS_NODE_FILES_H

#include "fixture.h"

#define NODE_ADJ 900 /* oom_score_adj that kubelet has given to its containers */

/* Whose container it is; a sandbox has no @container. */
struct node_names {
	const char *namespace_name, *pod, *container;
};

/* The folder; made on demand. The fixture's end removes it. */
const char *node_files(struct fixture *fx);

/* containerd's config.json, as CRI's plugin has it written; before the container's cgroup is made.
 */
void node_bundle(struct fixture *fx, const char *pod_uid, const char *container_id,
		 const struct node_names *names, int oom_score_adj);
/* A container that stands in such a file before it has a cgroup, as a runtime makes it. */
struct container *node_container(struct fixture *fx, struct pod *pod, int limit,
				 const struct node_names *names);
/* A process there grows until it is killed. */
struct workload *node_die_in(struct fixture *fx, const struct cgroup *cg);
/* What @t tells of that. */
json_t *node_line_of(struct tracer *t, const struct workload *w);
/* It ends with its container. */
void node_remove_bundle(struct fixture *fx, const char *container_id);

/* A tracer of this case alone that reads these files, with @args (NULL ends them) besides, in the
 * cgroup @cg and a cgroup namespace of its own unless that is NULL. */
struct tracer *node_tracer(struct fixture *fx, const struct cgroup *cg, const char *const *args);

/* Fails the test unless @who ("victim", "trigger", "limit_owner") of the line has these names. */
void node_check_names(json_t *line, const char *who, const struct node_names *names);

#endif
