/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check: one kill, as the kernel tells it (exit status, counters, log) and as oomwhy does.
 */
#ifndef KILLS_CHECK_H
#define KILLS_CHECK_H

#include "fixture.h"

struct expect {
	/* who dies */
	struct workload *victim; /* a child of ours; or the parent of who dies, which lives on */
	bool victim_is_child;
	pid_t pid, vpid;
	const char *comm;
	int oom_score_adj;
	const struct container *container; /* NULL: not Kubernetes */
	const struct cgroup *cgroup; /* NULL: the container's own */
	int container_ends; /* 1, 0, or -1: does not matter */
	/* whose limit; a NULL owner is the machine */
	const char *limit_level, *owner_level;
	const struct cgroup *owner;
	/* who asked: a process in that cgroup; NULL: does not matter */
	const struct cgroup *trigger_cgroup;
	const struct pod *trigger_pod;
};

/* `eat` itself dies; as process 1 of @container, or anywhere if that is NULL. */
struct expect expect_death(struct workload *w, const struct container *container, int adj);
/* Not process 1 but its child @pid dies. */
void expect_child(struct expect *e, pid_t pid);
/* The verdict; the level of the cgroup that the kernel blames; that cgroup. */
void expect_limit(struct expect *e, const char *limit_level, const char *owner_level,
		  const struct cgroup *owner);
void expect_trigger(struct expect *e, const struct cgroup *cg, const struct pod *pod);

/* Waits for the kill and compares; the oom_kill line (borrowed), NULL in kernel-only mode. */
json_t *check_kill(struct fixture *fx, const struct expect *e);

#endif
