/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture: what one case stands on: cgroups shaped like kubelet's, workloads in them, the running
 * tracer, and the kernel's own word before the kill. Functions fail the test by themselves.
 */
#ifndef KILLS_FIXTURE_H
#define KILLS_FIXTURE_H

#include "cgroups.h"
#include "tracer.h"
#include "workload.h"

#define MIB (1024LL * 1024)
#define KILL_MS 30000 /* filling some MiB takes seconds under software emulation */

enum shape { CGROUPFS, SYSTEMD };

enum qos { GUARANTEED, BURSTABLE, BEST_EFFORT };

struct pod {
	struct cgroup cg;
	enum qos qos;
	char uid[40];
};

struct container {
	struct cgroup cg;
	struct pod *pod;
	char id[65];
};

/* A cgroup v1 hierarchy beside the one that has the memory controller. */
struct side {
	char mount[64], dir[96]; /* "": none */
};

/* What a file held before a case wrote to it. */
struct saved {
	char path[64], text[64];
};

struct fixture {
	/* for the whole run */
	struct hierarchy h;
	char skip[256]; /* why nothing can be run; "" */
	bool kernel_only; /* no tracer: tells a wrong workload from a wrong tracer */
	bool verbose;
	struct tracer tracer;
	int64_t kills_base; /* the machine's counter when the tracer was attached */
	long long last_mark_ms;
	unsigned int serial; /* makes every pod and container a new one */
	/* for one case */
	enum shape shape;
	struct cgroup node, qos[3];
	struct pod pods[4];
	struct container containers[8];
	struct workload workloads[8];
	int n_pods, n_containers, n_workloads;
	int tmpfs_fd; /* -1: none */
	struct side side;
	struct saved saved[8];
	int n_saved;
	const char *swap; /* the device that is on */
	struct tracer own; /* a tracer of this case alone */
	char files[64]; /* of a made-up node, see node_files.h; "": none */
	unsigned long long log_mark;
	size_t lines_mark; /* what the shared tracer had said */
	int64_t kills_before; /* the machine's counter */
};

void fixture_begin(struct fixture *fx, enum shape shape);
/* Ends and removes everything that the case made; the exit of a case that failed, too. */
int fixture_end(struct fixture *fx);

/* The kubepods cgroup and the QoS class's; made on demand. */
struct cgroup *fixture_node(struct fixture *fx);
struct cgroup *fixture_qos(struct fixture *fx, enum qos qos);
/* @limit in MiB; 0: none. */
struct pod *fixture_pod(struct fixture *fx, enum qos qos, int limit);
struct container *fixture_container(struct fixture *fx, struct pod *pod, int limit);
/* The same in two steps: its ID is known before its cgroup is made. */
struct container *fixture_new_container(struct fixture *fx, struct pod *pod);
void fixture_make_container(struct fixture *fx, struct container *c, int limit);
/* Any cgroup: @name below @parent, or below the root when that is NULL. */
struct cgroup fixture_cgroup(struct fixture *fx, const struct cgroup *parent, const char *name,
			     int limit);
void fixture_limit(struct fixture *fx, struct cgroup *cg, int limit);

/* Starts `eat` with the arguments up to NULL; it waits for workload_go(). */
struct workload *fixture_eat(struct fixture *fx, const struct cgroup *cg, enum workload_ns ns, ...);
/* Lets it grow and waits until it holds its size. */
void fixture_fill(struct workload *w);

void fixture_ready(struct workload *w); /* the second half of that */
/* Marks, lets it grow. */
struct workload *fixture_grow(struct fixture *fx, struct workload *w);
/* Kills those that live; their places are free again. */
void fixture_end_workloads(struct fixture *fx);
/* The processes of the cgroup, when there are @n; fails the test when there are not. */
void fixture_members(struct fixture *fx, const struct cgroup *cg, pid_t *ret, int n);

/*
 * Right before the kill: has the tracer running and remembers what the kernel says now. It waits,
 * so that the kernel's log has room for the report (10 in 5 s): on v1 that is the only other
 * witness of whose limit was hit.
 */
void fixture_mark(struct fixture *fx);
/* The same without the wait: the reports of many kills in a row are not all in the log. */
void fixture_mark_at_once(struct fixture *fx);
/* The tracer that all cases share, started when it is not (or no longer) running. */
struct tracer *fixture_tracer(struct fixture *fx);

#endif
