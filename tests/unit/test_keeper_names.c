// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a container's first cgroup record to its names in an event: T2 looks them up once, T1 takes
 * them, or asks and waits at most its bound. The node's files are played by a table here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/thread.h"
#include "identify.h"
#include "judge.h"
#include "names/keeper.h"
#include "stream.h"

#define MS 1000000ULL
#define SANDBOX_CID "77e0b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f84be13d6a9075fe2"
#define OTHER_CID "84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f"
#define OTHER_UID "325d1c77-0b1e-4b1c-9a0e-6f2f3f6a9d10"
#define OTHER_POD_PATH "/kubepods/besteffort/pod" OTHER_UID

/* What the node's files say, by the container's ID. */
static struct file {
	const char *container_id;
	struct container_names names;
} files[4];

static size_t files_count;
static int looked_up; /* how often */
static char last_container[PLACE_CONTAINER_ID_MAX + 1];
static volatile int stuck_ms; /* a disk that does not answer */

static struct keeper keeper;
static volatile bool stop;
static pthread_t thread;
static bool has_thread;

static bool look_up(void *context, const struct place *place, struct container_names *ret)
{
	assert_ptr_equal(context, files);
	__atomic_add_fetch(&looked_up, 1, __ATOMIC_SEQ_CST);
	strcpy(last_container, place->container_id);
	if (stuck_ms)
		usleep(stuck_ms * 1000);
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < files_count; i++) {
		if (strcmp(files[i].container_id, place->container_id) != 0)
			continue;
		*ret = files[i].names;
		return true;
	}
	return false;
}

static struct container_names *add_file(const char *container_id, const char *pod,
					const char *container)
{
	struct file *file = &files[files_count++];

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

static void set_request(struct container_names *names, __u64 bytes)
{
	names->request_bytes = bytes;
	names->request_error_bytes = 0;
	names->request_source = REQUEST_ALLOCATED;
}

static int setup(void **state)
{
	memset(&keeper, 0, sizeof(keeper));
	files_count = looked_up = stuck_ms = 0;
	last_container[0] = 0;
	stop = has_thread = false;
	index_init(&keeper.index);
	if (lookups_init(&keeper.lookups, &keeper.index, look_up, files))
		return -1;
	index_put(&keeper.index, 1, 0, "");
	index_put(&keeper.index, 101, 1, "kubepods");
	index_put(&keeper.index, 102, 101, "burstable");
	index_put(&keeper.index, 103, 102, "pod" STREAM_UID);
	return stream_setup(state);
}

static void *run(void *context)
{
	struct pollfd fd = { .fd = keeper.lookups.fd, .events = POLLIN };

	(void)context;
	while (!stop) {
		poll(&fd, 1, 5);
		lookups_run(&keeper.lookups);
	}
	return NULL;
}

/* T2 */
static void start(void)
{
	assert_int_equal(thread_start(&thread, "names", PRIVILEGES_NONE, run, NULL), 0);
	has_thread = true;
}

static int teardown(void **state)
{
	(void)state;
	stop = true;
	if (has_thread)
		pthread_join(thread, NULL);
	lookups_free(&keeper.lookups);
	index_free(&keeper.index);
	return 0;
}

static void put_container(void)
{
	index_put(&keeper.index, 104, 103, STREAM_CID);
}

/* A kill in the container at the pod's limit. */
static struct event *kill_one(void)
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

static void complete(struct event *ev)
{
	keeper_complete(&keeper, ev);
	identify_event(ev);
	keeper_name(&keeper, ev);
}

static void assert_who(const struct event *ev, const struct identity *who, const char *pod,
		       const char *container)
{
	assert_string_equal(stream_text(ev, who->namespace_name), *pod ? "shop" : "");
	assert_string_equal(stream_text(ev, who->pod_name), pod);
	assert_string_equal(stream_text(ev, who->container_name), container);
}

/* Names are there before the kill, and T1 asks nobody. */
static void at_the_first_sight(void **state)
{
	struct container_names *names = add_file(STREAM_CID, "cart-0", "cart");
	struct event *ev = kill_one();

	(void)state;
	strcpy(names->image, "registry.example/cart:1");
	names->restarts = 3;
	set_request(names, 256 << 20);
	put_container();
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 1);
	files_count = 0;
	complete(ev);
	assert_int_equal(looked_up, 1);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_string_equal(stream_text(ev, ev->incident.victim.who.image),
			    "registry.example/cart:1");
	assert_string_equal(stream_text(ev, ev->incident.victim.who.container_id), STREAM_CID);
	assert_int_equal(ev->incident.victim.who.restarts, 3);
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_BUNDLE);
	assert_int_equal(ev->incident.victim.who.request.bytes, 256 << 20);
	assert_int_equal(ev->incident.limits.container.request.bytes, 256 << 20);
	assert_int_equal(ev->incident.limits.container.request.error_bytes, 0);
	assert_who(ev, &ev->incident.trigger.who, "cart-0", "cart");
	/* The pod's limit was hit: it has no container's name. */
	assert_who(ev, &ev->incident.limit_owner.who, "cart-0", "");
	assert_int_equal(ev->incident.limit_owner.who.restarts, NOT_KNOWN);
}

/* The cgroup may be gone at the kill, and its folder with it. */
static void after_the_end(void **state)
{
	struct event *ev = kill_one();

	(void)state;
	add_file(STREAM_CID, "cart-0", "cart");
	put_container();
	lookups_run(&keeper.lookups);
	files_count = 0;
	index_remove(&keeper.index, 104, 5);
	index_remove(&keeper.index, 103, 5);
	complete(ev);
	assert_int_equal(looked_up, 1);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
}

/* Killed before its turn has come: T1 asks, and that is answered first. */
static void asked_for(void **state)
{
	struct event *ev = kill_one();

	(void)state;
	add_file(STREAM_CID, "cart-0", "cart");
	start();
	complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	/* The index did not know the cgroup: a record was lost. */
	assert_int_equal(looked_up, 1);
	assert_string_equal(last_container, STREAM_CID);
}

/* The shortest of some times: others may be busy on this machine. */
static __u64 least_time_of(struct event *ev)
{
	__u64 least_ns = NOT_KNOWN;

	for (int i = 0; i < 5; i++) {
		__u64 begin_ns = clock_boot_ns(), passed_ns;

		complete(ev);
		passed_ns = clock_boot_ns() - begin_ns;
		least_ns = passed_ns < least_ns ? passed_ns : least_ns;
	}
	return least_ns;
}

/* Nothing is found: nobody waits for more than the answer, and what the path tells stays. */
static void found_nothing(void **state)
{
	struct event *ev = kill_one();

	(void)state;
	start();
	assert_true(least_time_of(ev) < 40 * MS);
	assert_who(ev, &ev->incident.victim.who, "", "");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_PATH);
	assert_string_equal(stream_text(ev, ev->incident.victim.who.pod_uid), STREAM_UID);
	assert_string_equal(stream_text(ev, ev->incident.limit_owner.who.pod_uid), STREAM_UID);
	assert_int_equal(ev->incident.limits.container.request.bytes, NOT_KNOWN);
}

/* T1 waits at most its bound; and not again for one that is still busy with the last question. */
static void files_do_not_answer(void **state)
{
	struct event *ev = kill_one();
	__u64 begin_ns, passed_ns;

	(void)state;
	add_file(STREAM_CID, "cart-0", "cart");
	stuck_ms = 400;
	start();
	begin_ns = clock_boot_ns();
	complete(ev);
	passed_ns = clock_boot_ns() - begin_ns;
	assert_true(passed_ns >= 49 * MS && passed_ns < 300 * MS);
	assert_who(ev, &ev->incident.victim.who, "", "");
	assert_true(least_time_of(ev) < 40 * MS);
	stuck_ms = 0;
	usleep(600 * 1000);
	complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
}

/* Log links come after the start; what was found meanwhile stays until there is more. */
static void more_is_found_later(void **state)
{
	struct container_names *names = add_file(STREAM_CID, "cart-0", "");
	struct event *ev = kill_one();

	(void)state;
	names->is_sandbox = NOT_KNOWN;
	names->source = IDENTITY_LOG_FOLDER;
	put_container();
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 1);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 1);
	stuck_ms = 0;
	keeper.lookups.look_up = NULL; /* nobody to ask */
	complete(ev);
	keeper.lookups.look_up = look_up;
	assert_who(ev, &ev->incident.victim.who, "cart-0", "");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_FOLDER);
	strcpy(names->container_name, "cart");
	names->source = IDENTITY_LOG_LINK;
	usleep(25 * 1000);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 2);
	complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_LINK);
	usleep(110 * 1000);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 2);
}

/* Of one container nothing is found: its pod is known from the others. */
static void pod_is_known(void **state)
{
	struct event *ev = kill_one();

	(void)state;
	add_file(OTHER_CID, "cart-0", "proxy");
	put_container();
	index_put(&keeper.index, 105, 103, OTHER_CID);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 2);
	keeper.lookups.look_up = NULL;
	complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "");
	assert_who(ev, &ev->incident.limit_owner.who, "cart-0", "");
}

/*
 * A container that makes cgroups below its own with the names of another pod's: these are never
 * looked up, and who dies there is told as the container's.
 */
static void another_pods_name_is_not_taken(void **state)
{
	struct level_spec levels[STREAM_LEVELS + 1];
	struct event *ev = &stream.got[0];

	(void)state;
	add_file(STREAM_CID, "cart-0", "cart");
	add_file(OTHER_CID, "victim-of-forgery", "forged");
	put_container();
	index_put(&keeper.index, 200, 104, "kubepods");
	index_put(&keeper.index, 201, 200, "besteffort");
	index_put(&keeper.index, 202, 201, "pod" OTHER_UID);
	index_put(&keeper.index, 203, 202, OTHER_CID);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 1);
	assert_string_equal(last_container, STREAM_CID);
	stream_tree(levels + 1);
	levels[0] = (struct level_spec){ OTHER_CID, 203, 70000, 70000, 1, 0 };
	stream_victim(levels, 700, ASKER(700));
	/* Its whole path, as the index has it. */
	ev->incident.victim.cgroup.path = ev->incident.memcgs[0].path = (struct text){ 0 };
	ev->incident.limit_owner.cgroup.path = ev->incident.trigger.cgroup.path =
		(struct text){ 0 };
	start();
	complete(ev);
	assert_string_equal(stream_text(ev, ev->incident.victim.cgroup.path),
			    STREAM_PATH OTHER_POD_PATH "/" OTHER_CID);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_string_equal(stream_text(ev, ev->incident.victim.who.container_id), STREAM_CID);
	assert_string_equal(stream_text(ev, ev->incident.victim.who.pod_uid), STREAM_UID);
	assert_int_equal(looked_up, 1);
}

static void add_child(struct event *ev, __u64 id, const char *name, __u64 usage_bytes)
{
	struct event_child *child = &ev->incident.children[ev->incident.children_count++];

	child->name = event_text(ev, name, strlen(name));
	child->id = id;
	child->usage_bytes = usage_bytes;
	child->limit_bytes = NO_LIMIT;
	child->online = 1;
}

/* The trap: which child is the sandbox is known by name, not by its size. */
static void sandbox_is_known(void **state)
{
	struct event *ev = kill_one();
	struct incident *incident = &ev->incident;

	(void)state;
	set_request(add_file(STREAM_CID, "cart-0", "cart"), 100 << 20);
	add_file(SANDBOX_CID, "cart-0", "");
	put_container();
	index_put(&keeper.index, 106, 103, SANDBOX_CID);
	lookups_run(&keeper.lookups);
	assert_int_equal(looked_up, 2);
	add_child(ev, 104, STREAM_CID, 500 << 20);
	add_child(ev, 106, SANDBOX_CID, 3 << 20); /* larger than one that is told by its size */
	incident->children_of.id = incident->limit_owner.cgroup.id;
	complete(ev);
	assert_int_equal(incident->children[0].is_sandbox, 0);
	assert_int_equal(incident->children[1].is_sandbox, 1);
	assert_string_equal(stream_text(ev, incident->children[0].container_name), "cart");
	judge_event(ev);
	assert_int_equal(incident->verdict.limit_level, LIMIT_CONTAINER);
	assert_non_null(strstr(stream_text(ev, incident->verdict.action), "container \"cart\""));
	/* One container, and its request is known exactly: that is the pod's. */
	assert_int_equal(incident->limits.pod.request.bytes, 100 << 20);
	assert_int_equal(incident->limits.pod.request.source, REQUEST_ALLOCATED);
}

/* The same small one, but it is a container: no trap. */
static void small_container_is_none(void **state)
{
	struct event *ev = kill_one();
	struct incident *incident = &ev->incident;

	(void)state;
	set_request(add_file(STREAM_CID, "cart-0", "cart"), 100 << 20);
	set_request(add_file(OTHER_CID, "cart-0", "tiny"), 7 << 20);
	put_container();
	index_put(&keeper.index, 105, 103, OTHER_CID);
	lookups_run(&keeper.lookups);
	add_child(ev, 104, STREAM_CID, 500 << 20);
	add_child(ev, 105, OTHER_CID, 100 << 10);
	incident->children_of.id = incident->limit_owner.cgroup.id;
	complete(ev);
	judge_event(ev);
	assert_int_equal(incident->verdict.limit_level, LIMIT_POD);
	assert_int_equal(incident->limits.pod.request.bytes, 107 << 20);
	/* The pod has one of its own. */
	files[0].names.pod_request_bytes = 200 << 20;
	index_keep(&keeper.index, 103, 0, &files[0].names);
	keeper_name(&keeper, ev);
	assert_int_equal(incident->limits.pod.request.bytes, 200 << 20);
	files[0].names.pod_request_bytes = NOT_KNOWN;
	index_keep(&keeper.index, 103, 0, &files[0].names);
	/* One of them not exactly: no sum. */
	files[1].names.request_error_bytes = 1 << 20;
	index_keep(&keeper.index, 105, 0, &files[1].names);
	keeper_name(&keeper, ev);
	assert_int_equal(incident->limits.pod.request.bytes, NOT_KNOWN);
}

static void end_of_a_stall(void **state)
{
	static struct event ev;

	(void)state;
	add_file(STREAM_CID, "cart-0", "cart");
	put_container();
	lookups_run(&keeper.lookups);
	event_init(&ev, EVENT_UPDATE);
	ev.update.limit_owner.cgroup.id = 104;
	complete(&ev);
	assert_who(&ev, &ev.update.limit_owner.who, "cart-0", "cart");
	assert_int_equal(ev.update.limit_owner.limit_level, LIMIT_CONTAINER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_the_first_sight, setup, teardown),
		cmocka_unit_test_setup_teardown(after_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(found_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(files_do_not_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(more_is_found_later, setup, teardown),
		cmocka_unit_test_setup_teardown(pod_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(another_pods_name_is_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(sandbox_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(small_container_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(end_of_a_stall, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
