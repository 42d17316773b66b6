// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit.h"

#define POD "/kubepods/burstable/pod1"

static char top[64], root[80];
static struct audit audit;
static struct audit_config config;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void machine_counts(int kills)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "%s/vmstat", top);
	snprintf(text, sizeof(text), "nr_free_pages 1\noom_kill_x 77\noom_kill %d\npgfault 3\n",
		 kills);
	write_file(path, text);
}

/* v1: only the victims' cgroups count. */
static void cgroup_counts(const char *cgroup, int kills)
{
	char path[256], text[128];

	snprintf(path, sizeof(path), "mkdir -p %s%s", root, cgroup);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s%s/%s", root, cgroup,
		 config.is_v1 ? "memory.oom_control" : "memory.events");
	snprintf(text, sizeof(text), "%s\noom_kill %d\n",
		 config.is_v1 ? "oom_kill_disable 0\nunder_oom 0" : "low 0\nhigh 0\nmax 9\noom 5",
		 kills);
	write_file(path, text);
}

static void begin(bool is_v1)
{
	snprintf(top, sizeof(top), "/tmp/oomwhy-audit-XXXXXX");
	assert_non_null(mkdtemp(top));
	snprintf(root, sizeof(root), "%s/cgroup", top);
	assert_int_equal(mkdir(root, 0700), 0);
	config =
		(struct audit_config){ .proc = top, .root = root, .is_v1 = is_v1, .period_ms = 50 };
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	assert_int_equal(system(command), 0);
}

/* A kill that was seen. */
static void take(const char *cgroup, int counted)
{
	static struct event ev;

	event_init(&ev, EVENT_INCIDENT);
	ev.incident.victim.cgroup.path = event_text(&ev, cgroup, strlen(cgroup));
	ev.incident.victim.counted = (__u64)counted;
	audit_take(&audit, &ev);
}

/* So many places are told, of which the first is... */
static void assert_places(int count, const char *cgroup, int kills)
{
	static struct event loss;

	event_init(&loss, EVENT_LOSS);
	audit_fill(&audit, &loss);
	assert_int_equal(loss.loss_places_count, count);
	if (!count)
		return;
	assert_int_equal(loss.loss_places[0].kills, kills);
	assert_int_equal(loss.loss_places[0].cgroup.path.len, strlen(cgroup));
	assert_memory_equal(text_bytes(&loss, loss.loss_places[0].cgroup.path), cgroup,
			    strlen(cgroup));
}

static void find(void)
{
	audit_find(&audit, audit_count(&audit));
}

static void start_at(int machine)
{
	machine_counts(machine);
	audit_init(&audit, &config);
	audit_begin(&audit, 0);
}

static void test_all_seen(void **context)
{
	(void)context;
	begin(false);
	cgroup_counts("/kubepods", 3);
	cgroup_counts(POD "/a", 0);
	start_at(7);
	take(POD "/a", 2); /* of a group: counted twice */
	audit_tick(&audit, 2, 0);
	machine_counts(9);
	cgroup_counts("/kubepods", 5);
	cgroup_counts(POD "/a", 2);
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	find();
	assert_int_equal(audit_missing(&audit), 0);
	assert_places(0, "", 0);
	end();
}

static void v2_counts(int pod, int a, int b)
{
	cgroup_counts("/kubepods", pod);
	cgroup_counts("/kubepods/burstable", pod);
	cgroup_counts(POD, pod);
	cgroup_counts(POD "/a", a);
	cgroup_counts(POD "/b", b);
}

static void test_missing_is_placed(void **context)
{
	(void)context;
	begin(false);
	v2_counts(4, 4, 0);
	start_at(100);
	take(POD "/a", 1);
	take(POD "/b", 1);
	audit_tick(&audit, 2, 0);
	machine_counts(105);
	v2_counts(9, 5, 4); /* three more in b than were seen */
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 3);
	find();
	assert_int_equal(audit_missing(&audit), 3);
	assert_places(1, POD "/b", 3);
	/* Found once. */
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	machine_counts(106);
	v2_counts(10, 6, 4);
	find();
	assert_int_equal(audit_missing(&audit), 4);
	assert_places(1, POD "/a", 1);
	end();
}

/* v2: the pod still counts what was killed in a container that is gone. */
static void test_gone_cgroup_is_placed_above(void **context)
{
	(void)context;
	begin(false);
	v2_counts(0, 0, 0);
	start_at(0);
	machine_counts(2);
	v2_counts(2, 0, 0);
	find();
	assert_int_equal(audit_missing(&audit), 2);
	assert_places(1, POD, 2);
	end();
}

static void test_v1(void **context)
{
	(void)context;
	begin(true);
	cgroup_counts("", 0);
	cgroup_counts("/kubepods", 0);
	cgroup_counts(POD "/a", 6);
	start_at(50);
	take(POD "/a", 1);
	audit_tick(&audit, 1, 0);
	machine_counts(54);
	cgroup_counts(POD "/a", 8);
	cgroup_counts(POD "/new", 2); /* made since */
	find();
	assert_int_equal(audit_missing(&audit), 3);
	assert_places(2, audit.finding.places[0].kills == 2 ? POD "/new" : POD "/a",
		      audit.finding.places[0].kills == 2 ? 2 : 1);
	end();
}

/* Of what was seen in part nobody knows whether it was counted: no loss is claimed. */
static void test_parts_are_no_loss(void **context)
{
	(void)context;
	begin(false);
	start_at(10);
	machine_counts(12);
	audit_tick(&audit, 1, 1);
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	audit_tick(&audit, 2, 0);
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	/* More seen than counted: a kill of after the count was read. */
	audit_tick(&audit, 5, 0);
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	end();
}

static void test_before_the_start(void **context)
{
	(void)context;
	begin(false);
	v2_counts(5, 3, 2);
	machine_counts(5);
	audit_init(&audit, &config);
	take(POD "/a", 3); /* known from the log */
	audit_begin(&audit, 2);
	assert_int_equal(audit_missing(&audit), 0); /* not since the start */
	assert_places(1, POD "/b", 2);
	end();
}

static void test_kernel_that_does_not_count(void **context)
{
	char path[128];

	(void)context;
	begin(false);
	snprintf(path, sizeof(path), "%s/vmstat", top);
	write_file(path, "nr_free_pages 1\n");
	audit_init(&audit, &config);
	audit_begin(&audit, 0);
	assert_int_equal(audit_start(&audit), 0);
	assert_int_equal(audit_new(&audit, audit_count(&audit)), 0);
	audit_stop(&audit);
	end();
}

static void pause_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

/* Missing only when T1 has had its turn, and then again. */
static void test_thread(void **context)
{
	(void)context;
	begin(false);
	v2_counts(0, 0, 0);
	start_at(0);
	assert_int_equal(audit_start(&audit), 0);
	machine_counts(1);
	v2_counts(1, 1, 0);
	pause_ms(200);
	assert_int_equal(audit_missing(&audit), 0);
	for (int i = 0; i < 600 && !audit_missing(&audit); i++) {
		audit_tick(&audit, 0, 0);
		pause_ms(50);
	}
	assert_int_equal(audit_missing(&audit), 1);
	assert_places(1, POD "/a", 1);
	audit_stop(&audit);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_seen),
		cmocka_unit_test(test_missing_is_placed),
		cmocka_unit_test(test_gone_cgroup_is_placed_above),
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_parts_are_no_loss),
		cmocka_unit_test(test_before_the_start),
		cmocka_unit_test(test_kernel_that_does_not_count),
		cmocka_unit_test(test_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
