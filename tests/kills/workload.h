/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workload: `eat` processes in scratch cgroups, as process 1 of a PID namespace of their own or
 * not.
 */
#ifndef KILLS_WORKLOAD_H
#define KILLS_WORKLOAD_H

#include "cgroups.h"

enum workload_ns {
	SAME_PIDNS,
	OWN_PIDNS, /* the process is process 1 there, as a container's first process is */
};

struct workload {
	pid_t pid;
	int go_fd; /* a byte here starts it; closing it ends one that was not started */
	int ready_fd; /* "ready" comes here when it holds what it was asked to */
	bool ended;
	int status; /* as wait() gives it */
};

/* The process is in the cgroup before it is `eat`. @args ends with NULL; --stdin and --ready-fd are
 * added. */
int workload_start(struct workload *ret, const struct hierarchy *h, const struct cgroup *cg,
		   enum workload_ns ns, const char *const *args);
int workload_go(struct workload *w);
/* Negative errno, -ETIME when nothing came. */
int workload_wait_ready(struct workload *w, int timeout_ms);
int workload_wait_end(struct workload *w, int timeout_ms);
/* Kills it if it lives; harmless on one that was never started. */
void workload_end(struct workload *w);

/* A tmpfs without a name anywhere: its files are reached as /proc/<own pid>/fd/<fd> and end with
 * the descriptor. */
int nameless_tmpfs(void);
/* The same of another type: mount(2). */
int nameless_fs(const char *type, const char *options);

#endif
