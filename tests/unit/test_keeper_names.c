// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a container's first cgroup record to its names in an event: T2 looks them up once, T1 takes
 * them, or asks and waits at most its bound. The node's files are played by a table here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "judge.h"
#include "names_node.h"

#define MS 1000000ULL
#define SANDBOX_CID "77e0b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f84be13d6a9075fe2"
#define OTHER_CID "84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f"
#define OTHER_UID "325d1c77-0b1e-4b1c-9a0e-6f2f3f6a9d10"
#define OTHER_POD_PATH "/kubepods/besteffort/pod" OTHER_UID

/* Names are there before the kill, and T1 asks nobody. */
static void at_the_first_sight(void **state)
{
	struct container_names *names = node_add(STREAM_CID, "cart-0", "cart");
	struct event *ev = node_kill();

	(void)state;
	strcpy(names->image, "registry.example/cart:1");
	names->restarts = 3;
	node_set_request(names, 256 << 20);
	node_put_container();
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 1);
	node.files_count = 0;
	node_complete(ev);
	assert_int_equal(node.looked_up, 1);
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
	struct event *ev = node_kill();

	(void)state;
	node_add(STREAM_CID, "cart-0", "cart");
	node_put_container();
	lookups_run(&node.keeper.lookups);
	node.files_count = 0;
	index_remove(&node.keeper.index, 104, 5);
	index_remove(&node.keeper.index, 103, 5);
	node_complete(ev);
	assert_int_equal(node.looked_up, 1);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
}

/* Killed before its turn has come: T1 asks, and that is answered first. */
static void asked_for(void **state)
{
	struct event *ev = node_kill();

	(void)state;
	node_add(STREAM_CID, "cart-0", "cart");
	node_start();
	node_complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	/* The index did not know the cgroup: a record was lost. */
	assert_int_equal(node.looked_up, 1);
	assert_string_equal(node.last_container, STREAM_CID);
}

/* The shortest of some times: others may be busy on this machine. */
static __u64 least_time_of(struct event *ev)
{
	__u64 least_ns = NOT_KNOWN;

	for (int i = 0; i < 5; i++) {
		__u64 begin_ns = clock_boot_ns(), passed_ns;

		node_complete(ev);
		passed_ns = clock_boot_ns() - begin_ns;
		least_ns = passed_ns < least_ns ? passed_ns : least_ns;
	}
	return least_ns;
}

/* Nothing is found: nobody waits for more than the answer, and what the path tells stays. */
static void found_nothing(void **state)
{
	struct event *ev = node_kill();

	(void)state;
	node_start();
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
	struct event *ev = node_kill();
	__u64 begin_ns, passed_ns;

	(void)state;
	node_add(STREAM_CID, "cart-0", "cart");
	node.stuck_ms = 400;
	node_start();
	begin_ns = clock_boot_ns();
	node_complete(ev);
	passed_ns = clock_boot_ns() - begin_ns;
	assert_true(passed_ns >= 49 * MS && passed_ns < 300 * MS);
	assert_who(ev, &ev->incident.victim.who, "", "");
	assert_true(least_time_of(ev) < 40 * MS);
	node.stuck_ms = 0;
	usleep(600 * 1000);
	node_complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
}

/* Log links come after the start; what was found meanwhile stays until there is more. */
static void more_is_found_later(void **state)
{
	struct container_names *names = node_add(STREAM_CID, "cart-0", "");
	struct event *ev = node_kill();

	(void)state;
	names->is_sandbox = NOT_KNOWN;
	names->source = IDENTITY_LOG_FOLDER;
	node_put_container();
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 1);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 1);
	node.stuck_ms = 0;
	node.keeper.lookups.look_up = NULL; /* nobody to ask */
	node_complete(ev);
	node.keeper.lookups.look_up = node_look_up;
	assert_who(ev, &ev->incident.victim.who, "cart-0", "");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_FOLDER);
	strcpy(names->container_name, "cart");
	names->source = IDENTITY_LOG_LINK;
	usleep(25 * 1000);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 2);
	node_complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_LINK);
	usleep(110 * 1000);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 2);
}

/* The thread that looks up may not get a processor while T1 waits for it: then once more. */
static void complete_until(struct event *ev, enum identity_source source)
{
	for (int tries = 0; tries < 200; tries++) {
		node_complete(ev);
		if (ev->incident.victim.who.source == source)
			return;
		usleep(10000);
	}
}

static void wait_looked_up(int times)
{
	for (int tries = 0; tries < 200 && node.looked_up < times; tries++)
		usleep(10000);
	assert_true(node.looked_up >= times);
}

/* A folder of logs is the least; where it tells less later, what it told before stays. */
static void link_after_folder(void **state)
{
	struct container_names *names = node_add(STREAM_CID, "cart-0", "cart");
	struct event *ev = node_kill();

	(void)state;
	names->source = IDENTITY_LOG_FOLDER;
	node_put_container();
	lookups_run(&node.keeper.lookups);
	names->container_name[0] = '\0';
	node_start();
	node_complete(ev);
	wait_looked_up(2);
	node_complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_FOLDER);
	strcpy(names->container_name, "cart");
	names->source = IDENTITY_LOG_LINK;
	complete_until(ev, IDENTITY_LOG_LINK);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_LOG_LINK);
}

/* Of one container nothing is found: its pod is known from the others. */
static void pod_is_known(void **state)
{
	struct event *ev = node_kill();

	(void)state;
	node_add(OTHER_CID, "cart-0", "proxy");
	node_put_container();
	index_put(&node.keeper.index, 105, 103, OTHER_CID);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 2);
	node.keeper.lookups.look_up = NULL;
	node_complete(ev);
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
	node_add(STREAM_CID, "cart-0", "cart");
	node_add(OTHER_CID, "victim-of-forgery", "forged");
	node_put_container();
	index_put(&node.keeper.index, 200, 104, "kubepods");
	index_put(&node.keeper.index, 201, 200, "besteffort");
	index_put(&node.keeper.index, 202, 201, "pod" OTHER_UID);
	index_put(&node.keeper.index, 203, 202, OTHER_CID);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 1);
	assert_string_equal(node.last_container, STREAM_CID);
	stream_tree(levels + 1);
	levels[0] = (struct level_spec){ OTHER_CID, 203, 70000, 70000, 1, 0 };
	stream_victim(levels, 700, ASKER(700));
	/* Its whole path, as the index has it. */
	ev->incident.victim.cgroup.path = ev->incident.memcgs[0].path = (struct text){ 0 };
	ev->incident.limit_owner.cgroup.path = ev->incident.trigger.cgroup.path =
		(struct text){ 0 };
	node_start();
	node_complete(ev);
	assert_string_equal(stream_text(ev, ev->incident.victim.cgroup.path),
			    STREAM_PATH OTHER_POD_PATH "/" OTHER_CID);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_string_equal(stream_text(ev, ev->incident.victim.who.container_id), STREAM_CID);
	assert_string_equal(stream_text(ev, ev->incident.victim.who.pod_uid), STREAM_UID);
	assert_int_equal(node.looked_up, 1);
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
	struct event *ev = node_kill();
	struct incident *incident = &ev->incident;

	(void)state;
	node_set_request(node_add(STREAM_CID, "cart-0", "cart"), 100 << 20);
	node_add(SANDBOX_CID, "cart-0", "");
	node_put_container();
	index_put(&node.keeper.index, 106, 103, SANDBOX_CID);
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 2);
	add_child(ev, 104, STREAM_CID, 500 << 20);
	add_child(ev, 106, SANDBOX_CID, 3 << 20); /* larger than one that is told by its size */
	incident->children_of.id = incident->limit_owner.cgroup.id;
	node_complete(ev);
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
	struct event *ev = node_kill();
	struct incident *incident = &ev->incident;

	(void)state;
	node_set_request(node_add(STREAM_CID, "cart-0", "cart"), 100 << 20);
	node_set_request(node_add(OTHER_CID, "cart-0", "tiny"), 7 << 20);
	node_put_container();
	index_put(&node.keeper.index, 105, 103, OTHER_CID);
	lookups_run(&node.keeper.lookups);
	add_child(ev, 104, STREAM_CID, 500 << 20);
	add_child(ev, 105, OTHER_CID, 100 << 10);
	incident->children_of.id = incident->limit_owner.cgroup.id;
	node_complete(ev);
	judge_event(ev);
	assert_int_equal(incident->verdict.limit_level, LIMIT_POD);
	assert_int_equal(incident->limits.pod.request.bytes, 107 << 20);
	/* The pod has one of its own. */
	node.files[0].names.pod_request_bytes = 200 << 20;
	index_keep(&node.keeper.index, 103, 0, &node.files[0].names);
	keeper_name(&node.keeper, ev);
	assert_int_equal(incident->limits.pod.request.bytes, 200 << 20);
	node.files[0].names.pod_request_bytes = NOT_KNOWN;
	index_keep(&node.keeper.index, 103, 0, &node.files[0].names);
	/* One of them not exactly: no sum. */
	node.files[1].names.request_error_bytes = 1 << 20;
	index_keep(&node.keeper.index, 105, 0, &node.files[1].names);
	keeper_name(&node.keeper, ev);
	assert_int_equal(incident->limits.pod.request.bytes, NOT_KNOWN);
}

static void end_of_a_stall(void **state)
{
	static struct event ev;

	(void)state;
	node_add(STREAM_CID, "cart-0", "cart");
	node_put_container();
	lookups_run(&node.keeper.lookups);
	event_init(&ev, EVENT_UPDATE);
	ev.update.limit_owner.cgroup.id = 104;
	node_complete(&ev);
	assert_who(&ev, &ev.update.limit_owner.who, "cart-0", "cart");
	assert_int_equal(ev.update.limit_owner.limit_level, LIMIT_CONTAINER);
}

/* Who died with the victim, in the same container: its names, and nothing twice. */
static void others_are_named(void **state)
{
	struct event *ev = node_kill();
	struct event_task *other = &ev->incident.other_victims[0];

	(void)state;
	node_add(STREAM_CID, "cart-0", "cart")->restarts = 3;
	node_put_container();
	lookups_run(&node.keeper.lookups);
	*other = ev->incident.victim;
	ev->incident.other_victims_count = 1;
	node_complete(ev);
	assert_who(ev, &other->who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.restarts, 3);
	assert_int_equal(other->who.restarts, NOT_KNOWN);
}

static bool has_changed;

static bool have_changed(void *context)
{
	bool ret = has_changed;

	assert_ptr_equal(context, node.files);
	has_changed = false;
	return ret;
}

/* After an in-place resize the request is another; names stay, whatever is found for them now. */
static void resized(void **state)
{
	struct container_names *names = node_add(STREAM_CID, "cart-0", "cart");
	struct event *ev = node_kill();

	(void)state;
	node_set_request(names, 100 << 20);
	names->restarts = 3;
	node_put_container();
	node.keeper.lookups.have_changed = have_changed;
	lookups_run(&node.keeper.lookups);
	node_set_request(names, 200 << 20);
	names->source = IDENTITY_LOG_FOLDER;
	names->restarts = NOT_KNOWN;
	has_changed = true;
	lookups_run(&node.keeper.lookups); /* asked a moment ago */
	assert_int_equal(node.looked_up, 1);
	node.keeper.lookups.refreshed_ns = 1;
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 2);
	node_complete(ev);
	assert_int_equal(ev->incident.victim.who.request.bytes, 200 << 20);
	assert_int_equal(ev->incident.victim.who.restarts, 3);
	assert_int_equal(ev->incident.victim.who.source, IDENTITY_BUNDLE);
	/* Another name for the same container is none. */
	strcpy(names->container_name, "other");
	names->source = IDENTITY_BUNDLE;
	has_changed = true;
	node.keeper.lookups.refreshed_ns = 1;
	lookups_run(&node.keeper.lookups);
	assert_int_equal(node.looked_up, 3);
	node_complete(ev);
	assert_who(ev, &ev->incident.victim.who, "cart-0", "cart");
	assert_int_equal(ev->incident.victim.who.request.bytes, 200 << 20);
}

static void consume(void *context)
{
	(void)context;
}

/* A disk that does not answer must not keep the program from ending. */
static void end_of_a_stuck_thread(void **state)
{
	static struct keeper stuck; /* the thread outlives the test */
	struct keeper_config config = {
		.host_root = "/nonexistent",
		.fd = node.keeper.lookups.fd,
		.consume = consume,
		.look_up = node_look_up,
		.names = node.files,
	};

	(void)state;
	assert_int_equal(keeper_start(&stuck, &config), 0);
	index_put(&stuck.index, 1, 0, "");
	index_put(&stuck.index, 101, 1, "kubepods");
	index_put(&stuck.index, 103, 101, "pod" STREAM_UID);
	index_put(&stuck.index, 104, 103, STREAM_CID);
	node.stuck_ms = 3000;
	assert_int_equal(write(stuck.lookups.fd, &(__u64){ 1 }, sizeof(__u64)), sizeof(__u64));
	while (!node.looked_up)
		usleep(1000);
	assert_int_equal(keeper_stop(&stuck), -ETIMEDOUT);
	node.stuck_ms = 0;
	assert_int_equal(keeper_stop(&stuck), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_the_first_sight, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(after_the_end, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(asked_for, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(found_nothing, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(files_do_not_answer, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(more_is_found_later, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(link_after_folder, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(pod_is_known, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(another_pods_name_is_not_taken, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(sandbox_is_known, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(small_container_is_none, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(end_of_a_stall, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(others_are_named, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(resized, node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(end_of_a_stuck_thread, node_setup, node_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
