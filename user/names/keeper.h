/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper: the thread (T2) that keeps the index: one walk at start, then the lifecycle records as
 * they come; a lost one leads to another walk. All that waits for files is done here, names
 * included; T1 takes from the index what a kill needs (keeper_event.c).
 */
#ifndef OOMWHY_KEEPER_H
#define OOMWHY_KEEPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "names/index.h"
#include "names/lookups.h"

struct keeper_config {
	const char *host_root;
	bool is_v1; /* the memory controller is on cgroup v1 */
	bool names_are_unread; /* the records have IDs only: each name is looked for here */
	int fd; /* becomes readable when lifecycle records are there */
	void (*consume)(void *context); /* calls keeper_record() for each */
	__u64 (*dropped)(void *context); /* records that found no room, so far; NULL: not told */
	void *context;
	/* Names of a container from the node's files: names_look_up() or a test's; NULL: none. */
	bool (*look_up)(void *names, const struct place *place, struct container_names *ret);
	bool (*have_changed)(void *names); /* names_have_changed() or a test's; NULL: never */
	void *names;
};

struct keeper {
	struct keeper_config config;
	struct index index;
	struct lookups lookups;
	char root[256]; /* "" where the cgroup file system is not visible */
	__u64 sequence;
	__u64 dropped; /* of dropped(), as was seen last */
	bool stale; /* a record is missing: walk again */
	__u64 deadline_ns; /* T1: waits no longer for what the open event needs */
	int stop_fd, epoll_fd;
	pthread_t thread;
};

/* keeper_start() - fills the index and begins to keep it. Returns 0 or -errno. */
int keeper_start(struct keeper *keeper, const struct keeper_config *config);

/*
 * keeper_stop() - end the thread. Returns 0, or -ETIMEDOUT where a file has kept it from ending for
 * 2 s: then it still uses what is the keeper's.
 */
int keeper_stop(struct keeper *keeper);

/* keeper_record() - one record of the lifecycle ring; from consume() only. */
void keeper_record(struct keeper *keeper, const void *data, size_t size);

/*
 * keeper_complete() - T1: fill in the paths that the kernel side could not. No I/O, nothing
 * allocated. Together with keeper_name() it waits at most 50 ms for T2.
 */
void keeper_complete(struct keeper *keeper, struct event *ev);

/*
 * keeper_find() - T1: fill in the IDs of cgroups of which the event has only paths, as a log does.
 * No I/O, nothing allocated.
 */
void keeper_find(struct keeper *keeper, struct event *ev);

/*
 * keeper_name() - T1: add the names and requests of an identified event's pods and containers. For
 * events of this boot on this machine only. No I/O, nothing allocated. Both take an oom_update in
 * any thread.
 */
void keeper_name(struct keeper *keeper, struct event *ev);

/* keeper_cgroups() - cgroups of the memory hierarchy that exist. */
__u64 keeper_cgroups(struct keeper *keeper);

#endif
