/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history: a thread that samples the memory of pods, containers and what is above and beside them,
 * at a cost that does not grow with time; and what of it belongs to a kill.
 *
 * Of each cgroup one sample in ten seconds, spread evenly over them: all of it while the usage
 * moves, else of the usage alone; near its limit one a second, of the usage alone. When the node's share for pods or the machine's memory runs short, all pods
 * are looked at each second.
 */
#ifndef OOMWHY_HISTORY_H
#define OOMWHY_HISTORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "event.h"
#include "candidates.h"
#include "history/store.h"
#include "history/usage_files.h"
#include "names/index.h"

#define HISTORY_ASKS_MAX 8 /* kills at once; of more nobody asks whom else it could have been */

struct history_config {
	const char *root; /* where the memory controller's hierarchy is mounted; "": nowhere */
	bool is_v1;
	struct index *index; /* which cgroups there are, and their names; outlives the history */
	/* Adds each process that the kernel may have considered; returns 0 or -errno. */
	int (*candidates)(void *context, struct candidates *candidates);
	/* Takes an update, whom the kernel could have chosen, to give it paths and names. From the
	 * history's own thread. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

/* A pod, while the pods are ranked. */
struct pod_sum {
	__u64 key; /* 0: free */
	int slot; /* -1: of its own cgroup there is no sample */
	bool unknown; /* the request of one of its containers is */
	bool has_container; /* one beside its sandbox was looked at */
	bool exact; /* usage is that of the kill */
	__u64 usage_bytes, over_bytes;
	struct request request;
	__u64 biggest_id, biggest_bytes;
};

struct history {
	struct history_config config;
	struct store store;
	struct usage_files files;
	struct pod_sum pods[STORE_SLOTS]; /* T1's */
	bool stale; /* a cgroup was made: look at once. Set by any thread */
	bool pods_are_short; /* of memory: they are looked at more often */
	bool told_full;
	__u64 ticks;
	struct candidates candidates;
	struct event ev;
	pthread_mutex_t asks_lock;
	struct candidates_ask asks[HISTORY_ASKS_MAX];
	int asks_count;
	int stop_fd, ask_fd;
	pthread_t thread;
};

/* history_init() - nothing is known yet. Before anything else. */
void history_init(struct history *history);

/* history_start() - begins to sample. Returns 0 or -errno. */
int history_start(struct history *history, const struct history_config *config);
/* history_stop() - ends what history_start() began; cgroups may be noted further on. */
void history_stop(struct history *history);
/* history_free() - when nobody notes cgroups any more. */
void history_free(struct history *history);

/* history_made() - a cgroup was made at that boot time; from any thread. */
void history_made(struct history *history, __u64 cgroup_id, __u64 boot_time_ns);

/*
 * history_fill() - T1: what led to the kill, and the pods by memory above request. The event's
 * paths are known and placed. No I/O, nothing allocated.
 */
void history_fill(struct history *history, struct event *ev);

/*
 * history_ask() - T1: an update on this kill, which was told: who else could have been chosen. No
 * I/O, nothing allocated.
 */
void history_ask(struct history *history, const struct event *ev, __u64 page_bytes);

/* history_answer() - these updates; for the thread. */
void history_answer(struct history *history);

/* history_tick() - one second's work; for the thread, and for tests. */
void history_tick(struct history *history, __u64 boot_time_ns);

/* history_pod_key() - what a pod's path and those below it have in common; 0: no pod's. */
__u64 history_pod_key(const char *path, size_t len);

#endif
