// SPDX-License-Identifier: GPL-2.0-only
/* The sampler on a tree of files as cgroup v2 has them, and who of the pods is to blame. */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures_make.h"
#include "history/history.h"
#include "judge.h"
#include "names/walk.h"

#define SECOND 1000000000ULL
#define START (1000 * SECOND)

static struct history history;
static struct index index_;
static char root[64];
static struct event ev;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/oomwhy-test-XXXXXX");
	index_init(&index_);
	history_init(&history);
	history.config.index = &index_;
	history.config.root = root;
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	index_free(&index_);
	usage_files_free(&history.files);
	store_free(&history.store);
	return nftw(root, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static const char *in_root(const char *path, const char *file)
{
	static char buf[1024];

	snprintf(buf, sizeof(buf), "%s%s%s%s", root, path, file[0] ? "/" : "", file);
	return buf;
}

static void write_file(const char *path, const char *file, const char *text)
{
	FILE *f = fopen(in_root(path, file), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void set_usage(const char *path, __u64 bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)bytes);
	write_file(path, "memory.current", text);
}

static __u64 id_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(in_root(path, ""), &st), 0);
	return st.st_ino;
}

static __u64 make(const char *path, const char *limit, __u64 usage_bytes)
{
	assert_int_equal(mkdir(in_root(path, ""), 0755), 0);
	write_file(path, "memory.max", limit);
	write_file(path, "memory.stat", "anon 5\ninactive_file 4096\n");
	set_usage(path, usage_bytes);
	return id_of(path);
}

static void walk(void)
{
	assert_int_equal(walk_cgroups(root, &index_), 0);
	history_made(&history, 12345, START);
}

/* Pod @number of a QoS class's folder, with one container; its path. */
static const char *make_pod(const char *class, int number, __u64 usage_bytes)
{
	static char pod[256], path[512];

	snprintf(pod, sizeof(pod), "%s/pod%08d-4c0b-4a3e-a2f6-5be1c7d8e901", class, number);
	make(pod, "max\n", usage_bytes);
	snprintf(path, sizeof(path), "%s/%064d", pod, number);
	make(path, "max\n", usage_bytes);
	return pod;
}

/* What its container requests; @error: how well it is known. */
static void keep_request(const char *pod, int number, __u64 bytes, __u64 error)
{
	struct container_names names;
	char path[512];

	memset(&names, 0, sizeof(names));
	snprintf(path, sizeof(path), "%s/%064d", pod, number);
	snprintf(names.namespace_name, sizeof(names.namespace_name), "ns%d", number);
	snprintf(names.pod_name, sizeof(names.pod_name), "pod-%d", number);
	snprintf(names.container_name, sizeof(names.container_name), "main");
	names.request_bytes = bytes;
	names.request_error_bytes = error;
	names.request_source = error ? REQUEST_OOM_SCORE_ADJ : REQUEST_ALLOCATED;
	names.is_sandbox = 0;
	names.restarts = NOT_KNOWN;
	names.source = IDENTITY_BUNDLE;
	index_keep(&index_, id_of(path), 0, &names);
}

static void tick(int count)
{
	for (int i = 0; i < count; i++)
		history_tick(&history, START + history.ticks * SECOND);
}

static int points_of(__u64 id)
{
	struct point points[STORE_POINTS_MAX];
	struct slot slot;

	assert_true(store_get(&history.store, id, &slot));
	return store_points(&slot, points);
}

static void samples_are_spread_and_faster_near_the_limit(void **state)
{
	__u64 calm, full;
	struct slot slot;

	(void)state;
	make("/kubepods", "max\n", GIB(1));
	make("/kubepods/burstable", "max\n", GIB(1));
	calm = make("/kubepods/burstable/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901", "104857600\n",
		    MIB(10));
	full = make("/kubepods/burstable/pod00000002-4c0b-4a3e-a2f6-5be1c7d8e901", "104857600\n",
		    MIB(99));
	walk();
	tick(31);
	assert_in_range(points_of(calm), 4, 5);
	assert_in_range(points_of(full), 30, 31);
	assert_true(store_get(&history.store, calm, &slot));
	assert_int_equal(slot.last.limit_bytes, MIB(100));
	assert_int_equal(slot.last.inactive_file_bytes, 4096);
	assert_int_equal(slot.level, LIMIT_POD);
}

static void pods_are_looked_at_more_often_when_the_node_runs_short(void **state)
{
	__u64 pod;

	(void)state;
	make("/kubepods", "1073741824\n", MIB(1020));
	pod = make("/kubepods/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901", "max\n", MIB(1000));
	walk();
	tick(31);
	assert_in_range(points_of(pod), 30, 31);
}

static __u64 inactive_of(__u64 id)
{
	struct slot slot;

	assert_true(store_get(&history.store, id, &slot));
	return slot.last.inactive_file_bytes;
}

static void what_stays_is_read_less(void **state)
{
	static const char path[] = "/kubepods/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901";
	struct slot slot;
	__u64 pod;

	(void)state;
	usage_files_allow(&history.files);
	make("/kubepods", "max\n", GIB(1));
	pod = make(path, "104857600\n", MIB(50));
	walk();
	tick(12);
	write_file(path, "memory.stat", "inactive_file 8192\n");
	set_usage(path, MIB(51));
	tick(30);
	assert_int_equal(inactive_of(pod), 4096);
	assert_true(store_get(&history.store, pod, &slot));
	assert_int_equal(slot.last.usage_bytes, MIB(51));
	set_usage(path, MIB(60));
	tick(11);
	assert_int_equal(inactive_of(pod), 8192);
	write_file(path, "memory.stat", "inactive_file 12288\n");
	tick(250);
	assert_int_equal(inactive_of(pod), 8192);
	tick(60);
	assert_int_equal(inactive_of(pod), 12288);
}

static void near_the_limit_all_is_read(void **state)
{
	static const char path[] = "/kubepods/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901";
	__u64 pod;

	(void)state;
	usage_files_allow(&history.files);
	make("/kubepods", "max\n", GIB(1));
	pod = make(path, "104857600\n", MIB(99));
	walk();
	tick(12);
	write_file(path, "memory.stat", "inactive_file 8192\n");
	tick(11);
	assert_int_equal(inactive_of(pod), 8192);
}

static void what_is_gone_is_kept(void **state)
{
	static const char path[] = "/kubepods/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901";
	struct slot slot;
	__u64 pod;

	(void)state;
	make("/kubepods", "max\n", GIB(1));
	pod = make(path, "max\n", MIB(7));
	walk();
	tick(12);
	assert_int_equal(nftw(in_root(path, ""), remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	index_remove(&index_, pod, START);
	tick(12);
	assert_true(store_get(&history.store, pod, &slot));
	assert_true(slot.removed_ns > 0);
	assert_int_equal(slot.last.usage_bytes, MIB(7));
}

static void another_cgroup_with_the_same_path_is_not_it(void **state)
{
	static const char path[] = "/system.slice";
	struct slot slot;
	__u64 first, second;
	char kept[256];

	(void)state;
	first = make(path, "max\n", MIB(7));
	walk();
	tick(2);
	strcpy(kept, in_root("/kept", ""));
	assert_int_equal(rename(in_root(path, ""), kept), 0);
	second = make(path, "max\n", MIB(9));
	assert_int_not_equal(first, second);
	tick(11);
	assert_true(store_get(&history.store, first, &slot));
	assert_int_equal(slot.last.usage_bytes, MIB(7));
	assert_true(slot.removed_ns > 0);
}

static void nested_cgroups_are_not_sampled(void **state)
{
	static const char pod[] = "/kubepods/pod00000001-4c0b-4a3e-a2f6-5be1c7d8e901";
	char path[512];
	struct slot slot;
	__u64 nested;

	(void)state;
	make("/kubepods", "max\n", GIB(1));
	make(pod, "max\n", MIB(7));
	snprintf(path, sizeof(path), "%s/%064d", pod, 1);
	make(path, "max\n", MIB(7));
	strcat(path, "/inner");
	nested = make(path, "max\n", MIB(7));
	walk();
	tick(2);
	assert_false(store_get(&history.store, nested, &slot)); /* a workload may make many */
}

/* A kill at /kubepods' limit of 1 GiB; pod 1 is the victim's. */
static __u64 node_bytes; /* what /kubepods holds at the kill */

static void fill_kill(const char *victim_pod)
{
	char path[512];
	struct level levels[] = {
		{ LIMIT_CONTAINER, 0, MIB(20), NO_LIMIT },
		{ LIMIT_POD, id_of(victim_pod), MIB(20), NO_LIMIT },
		{ LIMIT_QOS, 3, MIB(20), NO_LIMIT },
		{ LIMIT_NODE, id_of("/kubepods"), node_bytes, GIB(1) },
		{ LIMIT_HOST, 1, GIB(2), NO_LIMIT },
	};

	begin_kill(&ev, 10, "report", 77, 1);
	ev.boot_time_ns = START + 60 * SECOND;
	snprintf(path, sizeof(path), "%s/%064d", victim_pod, 1);
	levels[0].id = id_of(path);
	set_chain(&ev, path, levels, 5);
	set_cgroup(&ev, &ev.incident.victim.cgroup, path, levels[0].id);
	set_owner(&ev, LIMIT_NODE, "/kubepods", id_of("/kubepods"), GIB(1));
	ev.incident.limit_owner.usage_bytes = node_bytes;
	history_fill(&history, &ev);
	judge_event(&ev);
}

static void make_node(void)
{
	node_bytes = GIB(1);
	make("/kubepods", "1073741824\n", GIB(1));
	make("/kubepods/burstable", "max\n", GIB(1));
	make("/kubepods/besteffort", "max\n", MIB(20));
}

static void the_culprit_is_furthest_above_its_request(void **state)
{
	char victim[256], trainer[256], other[256];
	const struct incident *incident = &ev.incident;

	(void)state;
	make_node();
	strcpy(victim, make_pod("/kubepods/besteffort", 1, MIB(12)));
	strcpy(trainer, make_pod("/kubepods/burstable", 2, MIB(300)));
	strcpy(other, make_pod("/kubepods/burstable", 3, MIB(500)));
	walk();
	keep_request(trainer, 2, MIB(200), MIB(8));
	keep_request(other, 3, MIB(496), 0);
	set_usage(trainer, MIB(300));
	tick(30);
	set_usage(trainer, MIB(410));
	tick(29);
	fill_kill(victim);
	assert_int_equal(incident->pods_count, 3);
	assert_int_equal(incident->pods_unknown, 0);
	assert_int_equal(incident->verdict.cause, CAUSE_POD_OVER_REQUEST);
	assert_int_equal(incident->verdict.victim_is_cause, 0);
	assert_int_equal(incident->culprit.pod.cgroup.id, id_of(trainer));
	assert_int_equal(incident->culprit.pod.usage_bytes, MIB(410));
	assert_int_equal(incident->culprit.pod.over_request_bytes, MIB(210));
	assert_int_equal(incident->culprit.pod.who.request.bytes, MIB(200));
	assert_int_equal(incident->culprit.pod.who.request.source, REQUEST_OOM_SCORE_ADJ);
	assert_int_equal(incident->culprit.history.from_bytes, MIB(300));
	assert_int_equal(incident->culprit.history.growth_bytes, MIB(110));
	/* Of the victim's pod the kill itself says how much it holds. */
	assert_int_equal(incident->pods[1].cgroup.id, id_of(victim));
	assert_int_equal(incident->pods[1].usage_bytes, MIB(20));
	assert_int_equal(incident->pods[1].usage_age_ns, 0);
	assert_int_equal(incident->pods[1].who.request.source, REQUEST_QOS_CLASS);
	assert_int_equal(incident->pods[2].over_request_bytes, MIB(4));
	assert_in_range(incident->pods_age_ns, 1, 11 * SECOND);
	assert_memory_equal(text_bytes(&ev, incident->culprit.pod.who.pod_name), "pod-2", 5);
	assert_memory_equal(text_bytes(&ev, incident->culprit.pod.who.container_name), "main", 4);
	assert_int_equal(incident->history.points[incident->history.points_count - 1].usage_bytes,
			 GIB(1));
}

static void nobody_is_above_its_request(void **state)
{
	char victim[256], other[256];

	(void)state;
	make_node();
	strcpy(victim, make_pod("/kubepods/burstable", 1, MIB(20)));
	strcpy(other, make_pod("/kubepods/burstable", 2, MIB(900)));
	walk();
	keep_request(victim, 1, MIB(32), 0);
	keep_request(other, 2, MIB(896), MIB(8)); /* within what is known of it */
	tick(12);
	fill_kill(victim);
	assert_int_equal(ev.incident.verdict.cause, CAUSE_REQUESTS_DO_NOT_FIT);
	assert_int_equal(ev.incident.verdict.victim_is_cause, 0);
	assert_int_equal(ev.incident.culprit.pod.usage_bytes, NOT_KNOWN);
	assert_int_equal(ev.incident.culprit.history.points_count, 0);
	assert_int_equal(ev.incident.pods_count, 2);
}

static void an_unknown_request_may_be_the_cause(void **state)
{
	char victim[256], big[256], small[256];

	(void)state;
	make_node();
	strcpy(victim, make_pod("/kubepods/besteffort", 1, MIB(20)));
	strcpy(big, make_pod("/kubepods/burstable", 2, MIB(900)));
	strcpy(small, make_pod("/kubepods/burstable", 3, MIB(50)));
	walk();
	keep_request(small, 3, MIB(10), 0);
	tick(12);
	fill_kill(victim);
	assert_int_equal(ev.incident.pods_unknown, 1);
	assert_int_equal(ev.incident.verdict.cause, CAUSE_NONE);
	assert_int_equal(ev.incident.culprit.pod.usage_bytes, NOT_KNOWN);
	assert_int_equal(ev.incident.pods[2].cgroup.id, id_of(big));
	assert_int_equal(ev.incident.pods[2].over_request_bytes, NOT_KNOWN);
	/* As much as it holds it may be above: less than the first is. */
	node_bytes = MIB(110);
	set_usage(big, MIB(30));
	tick(12);
	fill_kill(victim);
	assert_int_equal(ev.incident.verdict.cause, CAUSE_POD_OVER_REQUEST);
	assert_int_equal(ev.incident.culprit.pod.cgroup.id, id_of(small));
}

/* A victim that requests nothing, and a guaranteed pod of whose request only the limit is known. */
static void kill_beside_guaranteed(__u64 bytes)
{
	char victim[256], pod[256];

	make_node();
	strcpy(victim, make_pod("/kubepods/besteffort", 1, MIB(20)));
	strcpy(pod, make_pod("/kubepods", 2, MIB(100)));
	write_file(pod, "memory.max", "134217728\n");
	walk();
	tick(12);
	node_bytes = bytes;
	fill_kill(victim);
}

static void what_is_missing_may_be_anybodys(void **state)
{
	(void)state;
	kill_beside_guaranteed(GIB(1));
	assert_int_equal(ev.incident.pods_usage_bytes, MIB(120));
	assert_int_equal(ev.incident.verdict.cause, CAUSE_NONE);
	assert_int_equal(ev.incident.verdict.victim_is_cause, NOT_KNOWN);
}

static void a_guaranteed_pod_requests_its_limit(void **state)
{
	(void)state;
	kill_beside_guaranteed(MIB(130));
	assert_int_equal(ev.incident.pods_unknown, 0);
	assert_int_equal(ev.incident.verdict.victim_is_cause, 1);
	assert_int_equal(ev.incident.pods[1].who.request.bytes, MIB(128));
	assert_int_equal(ev.incident.pods[1].over_request_bytes, 0);
}

static void the_victims_pod_is_always_listed(void **state)
{
	char victim[256];
	bool found = false;

	(void)state;
	make_node();
	strcpy(victim, make_pod("/kubepods/burstable", 1, MIB(20)));
	walk();
	keep_request(victim, 1, MIB(64), 0);
	for (int i = 2; i < 22; i++)
		make_pod("/kubepods/besteffort", i, MIB(20 + i));
	walk();
	tick(12);
	fill_kill(victim);
	assert_int_equal(ev.incident.pods_count, INCIDENT_PODS_MAX);
	assert_int_equal(ev.incident.pods_omitted, 21 - INCIDENT_PODS_MAX);
	for (int i = 0; i < INCIDENT_PODS_MAX; i++)
		found |= ev.incident.pods[i].cgroup.id == id_of(victim);
	assert_true(found);
	assert_int_equal(ev.incident.pods[0].usage_bytes, MIB(41));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(samples_are_spread_and_faster_near_the_limit),
		TEST(pods_are_looked_at_more_often_when_the_node_runs_short),
		TEST(what_stays_is_read_less),
		TEST(near_the_limit_all_is_read),
		TEST(what_is_gone_is_kept),
		TEST(another_cgroup_with_the_same_path_is_not_it),
		TEST(nested_cgroups_are_not_sampled),
		TEST(the_culprit_is_furthest_above_its_request),
		TEST(nobody_is_above_its_request),
		TEST(an_unknown_request_may_be_the_cause),
		TEST(what_is_missing_may_be_anybodys),
		TEST(a_guaranteed_pod_requests_its_limit),
		TEST(the_victims_pod_is_always_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
