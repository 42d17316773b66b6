/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cri: pods and containers as kubelet and containerd's CRI plugin would make them: kubelet's
 * cgroups, CRI's annotations, a sandbox in each pod. No two have a name in common.
 */
#ifndef RUNTIME_CRI_H
#define RUNTIME_CRI_H

#include <jansson.h>
#include <stdbool.h>

#include "world.h"

enum cri_qos { GUARANTEED, BURSTABLE, BEST_EFFORT };

struct cri_pod {
	struct cgroup cg;
	char namespace_name[64], name[128];
	char uid[40]; /* a static pod's: the hash of its manifest */
	char sandbox_id[65];
	bool is_static;
};

struct cri_container {
	const struct cri_pod *pod;
	char name[64], id[65];
	char path[CGROUP_PATH_MAX];
	char memory_limit[24]; /* bytes; "": none */
	bool is_sandbox;
};

/* @limit_mib 0: none. */
void cri_pod(struct world *w, struct cri_pod *ret, enum cri_qos qos, bool is_static, int limit_mib);
void cri_container(struct world *w, struct cri_container *ret, const struct cri_pod *pod,
		   int limit_mib);

/* `ctr run` with all of CRI's annotations; @how: "-d" or "--rm"; @args end with NULL. Its stdout is
 * @out_fd unless that is -1. The pid of ctr. */
pid_t cri_spawn(const struct cri_container *c, const char *how, int out_fd,
		const char *const *args);
/* In the background; waits until it runs. Arguments: of the program, ended by NULL. */
void cri_start(struct world *w, const struct cri_container *c, ...);
/* The pod's sandbox. */
void cri_sandbox(struct world *w, struct cri_container *ret, const struct cri_pod *pod,
		 int limit_mib);
/* ... which does nothing. */
void cri_start_sandbox(struct world *w, const struct cri_pod *pod);
/* Makes a file in the container: what `eat --wait-file` waits for. */
void cri_touch(const struct cri_container *c, const char *name);
/* The bundle is out of sight, as after the container's end, until it is put back. */
void cri_hide_bundle(const struct cri_container *c, bool hide);
/* Waits until so much is charged to the container. */
void cri_wait_usage(struct world *w, const struct cri_container *c, int mib);
/* The container's cgroup. */
struct cgroup cri_cgroup(const struct cri_container *c);

/*
 * What is wrong with @task of a line ("victim", "trigger"), which should be in that container and
 * have its names, from @source; NULL: nothing. In a buffer that the next call fills anew.
 */
const char *cri_misnamed(json_t *line, const char *task, const struct cri_container *c,
			 const char *source);
/* The next oom_kill line whose victim is in that container; NULL when it does not come. */
json_t *cri_kill_in(struct world *w, const struct cri_container *c);

#endif
