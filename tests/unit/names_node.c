// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/thread.h"
#include "identify.h"
#include "names_node.h"

struct node node;

bool node_look_up(void *context, const struct place *place, struct container_names *ret)
{
	assert_ptr_equal(context, node.files);
	__atomic_add_fetch(&node.looked_up, 1, __ATOMIC_SEQ_CST);
	strcpy(node.last_container, place->container_id);
	if (node.stuck_ms)
		usleep(node.stuck_ms * 1000);
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < node.files_count; i++) {
		if (strcmp(node.files[i].container_id, place->container_id) != 0)
			continue;
		*ret = node.files[i].names;
		return true;
	}
	return false;
}

struct container_names *node_add(const char *container_id, const char *pod, const char *container)
{
	struct node_file *file = &node.files[node.files_count++];

	file->container_id = container_id;
	memset(&file->names, 0, sizeof(file->names));
	strcpy(file->names.namespace_name, "shop");
	strcpy(file->names.pod_name, pod);
	strcpy(file->names.container_name, container);
	file->names.restarts = file->names.request_bytes = NOT_KNOWN;
	file->names.request_error_bytes = file->names.pod_request_bytes = NOT_KNOWN;
	file->names.oom_score_adj = NOT_KNOWN_SIGNED;
	file->names.is_sandbox = container[0] ? 0 : 1;
	file->names.source = IDENTITY_BUNDLE;
	return &file->names;
}

void node_set_request(struct container_names *names, __u64 bytes)
{
	names->request_bytes = bytes;
	names->request_error_bytes = 0;
	names->request_source = REQUEST_ALLOCATED;
}

int node_setup(void **state)
{
	memset(&node, 0, sizeof(node));
	index_init(&node.keeper.index);
	if (lookups_init(&node.keeper.lookups, &node.keeper.index, node_look_up, node.files))
		return -1;
	index_put(&node.keeper.index, 1, 0, "");
	index_put(&node.keeper.index, 101, 1, "kubepods");
	index_put(&node.keeper.index, 102, 101, "burstable");
	index_put(&node.keeper.index, 103, 102, "pod" STREAM_UID);
	return stream_setup(state);
}

static void *run(void *context)
{
	struct pollfd fd = { .fd = node.keeper.lookups.fd, .events = POLLIN };

	(void)context;
	while (!node.stop) {
		poll(&fd, 1, 5);
		lookups_run(&node.keeper.lookups);
	}
	return NULL;
}

/* T2 */
void node_start(void)
{
	assert_int_equal(thread_start(&node.thread, "names", PRIVILEGES_NONE, run, NULL), 0);
	node.has_thread = true;
}

int node_teardown(void **state)
{
	(void)state;
	node.stop = true;
	if (node.has_thread)
		pthread_join(node.thread, NULL);
	lookups_free(&node.keeper.lookups);
	index_free(&node.keeper.index);
	return 0;
}

void node_put_container(void)
{
	index_put(&node.keeper.index, 104, 103, STREAM_CID);
}

/* A kill in the container at the pod's limit. */
struct event *node_kill(void)
{
	struct level_spec levels[STREAM_LEVELS];
	struct event *ev = &stream.got[0];

	stream_tree(levels);
	stream_hit(&levels[POD]);
	levels[CONTAINER].usage_pages = levels[POD].usage_pages - 100;
	levels[CONTAINER].limit_pages = levels[POD].limit_pages;
	stream_victim(levels, 700, ASKER(700));
	assert_int_equal(stream.count, 1);
	return ev;
}

void node_complete(struct event *ev)
{
	keeper_complete(&node.keeper, ev);
	identify_event(ev);
	keeper_name(&node.keeper, ev);
}

void assert_who(const struct event *ev, const struct identity *who, const char *pod,
		const char *container)
{
	assert_string_equal(stream_text(ev, who->namespace_name), *pod ? "shop" : "");
	assert_string_equal(stream_text(ev, who->pod_name), pod);
	assert_string_equal(stream_text(ev, who->container_name), container);
}
