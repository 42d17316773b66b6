/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names_node: a node whose files are a table, the keeper that looks names up there, and a kill in
 * a container of it.
 */
#ifndef OOMWHY_TEST_NAMES_NODE_H
#define OOMWHY_TEST_NAMES_NODE_H

#include "names/keeper.h"
#include "stream.h"

#define NODE_FILES_MAX 4

/* What the node's files say of a container. */
struct node_file {
	const char *container_id;
	struct container_names names;
};

struct node {
	struct keeper keeper; /* knows the cgroups from the root to the pod; its own thread is not
				 started */
	struct node_file files[NODE_FILES_MAX];
	size_t files_count;
	volatile int looked_up; /* how often */
	char last_container[PLACE_CONTAINER_ID_MAX + 1];
	volatile int stuck_ms; /* a disk that does not answer */
	pthread_t thread;
	bool has_thread;
	volatile bool stop;
};

/* One for each test program. */
extern struct node node;

/* cmocka's */
int node_setup(void **state);
int node_teardown(void **state);

/* node_look_up() - as names_look_up(); @context: node.files. */
bool node_look_up(void *context, const struct place *place, struct container_names *ret);

/* node_add() - a file that says that @container_id is shop/@pod's @container ("": its sandbox). */
struct container_names *node_add(const char *container_id, const char *pod, const char *container);
void node_set_request(struct container_names *names, __u64 bytes);

/* node_start() - T2, until the teardown. */
void node_start(void);

/* node_put_container() - the cgroup of STREAM_CID is made. */
void node_put_container(void);

/* node_kill() - a kill in it, at the pod's limit: the event as the assembler gives it. */
struct event *node_kill(void);

/* node_complete() - T1's part: paths, places, names. */
void node_complete(struct event *ev);

void assert_who(const struct event *ev, const struct identity *who, const char *pod,
		const char *container);

#endif
