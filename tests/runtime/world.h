/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world: a node of our own: a mount namespace in which /run, /var/log and /var/lib are this
 * machine's with a layer of ours on top, the folders of runtimes and of kubelet are empty, and a
 * containerd runs that nobody outside sees. oomwhy finds all of it where a node has it.
 *
 * Everything is in memory and in one cgroup, /oomwhy-runtime: the namespace and the cgroup end with
 * the test, however it ends. Functions fail the test by themselves, where nothing else is said.
 */
#ifndef RUNTIME_WORLD_H
#define RUNTIME_WORLD_H

#include <sys/types.h>

#include "kills/cgroups.h"
#include "kills/tracer.h"

#define WORLD_CGROUP "/oomwhy-runtime"
#define WORLD_BUNDLES "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
#define WORLD_IMAGE "oomwhy.invalid/test:1"
#define KILL_MS 30000

struct world {
	struct hierarchy h;
	char dir[64]; /* an empty folder, made and removed by the guard */
	char skip[256]; /* why nothing can be run; "" */
	struct cgroup node; /* WORLD_CGROUP/kubepods */
	pid_t containerd; /* 0: not started */
	unsigned int serial; /* makes every pod and container a new one */
	struct tracer tracer; /* of one case */
};

/* Once, before any thread: enters the namespace. */
void world_enter(struct world *w);
/* Starts containerd and imports the image, once. */
void world_start_containerd(struct world *w);
/* Starts `oomwhy trace --json` and waits for its first line. */
void world_trace(struct world *w);
/* Waits until oomwhy has used no CPU for a second. */
void world_settle(struct world *w);
/* Ends the case: the tracer and all containers' cgroups; 0 or -errno. */
int world_end_case(struct world *w);
/* From the guard: all that is left of the cgroup, in every hierarchy; 0 or -errno. */
int world_remove(const struct hierarchy *h);

/* A file with its folders; @path is absolute. */
void world_write(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_make_dirs(const char *path);

long long world_boot_ns(void);
/* Runs a program with its output discarded unless it fails; waits; the exit status. */
int world_run(const char *const *argv);

#endif
