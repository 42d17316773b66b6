// SPDX-License-Identifier: GPL-2.0-only
/* What is counted, and what Prometheus is told of it. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sink/metrics_text.h"

#define HOUR_NS 3600000000000ULL
#define POD_PATH "/kubepods/burstable/pod325d9f0b-3a3c-4a5b-9d1e-1f6a5c3e7b21"
#define CONTAINER_PATH POD_PATH "/d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4d9a4"

static struct metrics metrics;
static struct metrics_figures figures;
static struct event ev;
static char *text; /* as last written */

static int begin(void **state)
{
	(void)state;
	metrics_init(&metrics);
	return 0;
}

static int end(void **state)
{
	(void)state;
	metrics_free(&metrics);
	free(text);
	text = NULL;
	return 0;
}

static struct text put(const char *bytes)
{
	return event_text(&ev, bytes, strlen(bytes));
}

static void name_task(struct event_task *task, const char *namespace, const char *pod,
		      const char *container)
{
	task->fate = FATE_KILLED;
	task->who.namespace_name = put(namespace);
	task->who.pod_name = put(pod);
	task->who.container_name = put(container);
}

static void make_kill(enum limit_level level, __u64 ends, const char *pod, const char *container)
{
	event_init(&ev, EVENT_INCIDENT);
	ev.origin = ORIGIN_LIVE;
	ev.time_ns = 1795600000123456789ULL;
	ev.incident.verdict.limit_level = level;
	ev.incident.verdict.container_ends = ends;
	name_task(&ev.incident.victim, "shop", pod, container);
	ev.incident.victim.cgroup.path = put(CONTAINER_PATH);
}

static void kill_one(const char *pod)
{
	make_kill(LIMIT_CONTAINER, 1, pod, "app");
	metrics_take(&metrics, &ev);
}

static void write_text(enum metrics_format format)
{
	struct metrics_readings readings = { NO_LIMIT, 1000, 900, 7, NOT_KNOWN };
	size_t len;
	FILE *file;

	free(text);
	file = open_memstream(&text, &len);
	metrics_read(&metrics, &figures);
	metrics_write(file, format, &figures, &readings);
	assert_int_equal(fclose(file), 0);
}

/* As a whole line. */
static bool has_line(const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void assert_line(const char *line)
{
	if (!has_line(line))
		fail_msg("no line '%s' in:\n%s", line, text);
}

static int count_lines(const char *beginning)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, beginning)); at++)
		count += at == text || at[-1] == '\n';
	return count;
}

static void fixed_series_are_there_before_anything_happens(void **state)
{
	(void)state;
	write_text(METRICS_CLASSIC);
	assert_int_equal(count_lines("oomwhy_oom_kills_total{"), 30);
	assert_int_equal(count_lines("oomwhy_oom_incidents_total{"), 10);
	assert_int_equal(count_lines("oomwhy_losses_total{"), 13);
	assert_int_equal(count_lines("oomwhy_identity_lookups_total{"), 4);
	assert_line("oomwhy_oom_kills_total{limit_level=\"node\",container_ends=\"false\"} 0");
	assert_line("oomwhy_oom_incidents_total{limit_level=\"unknown\"} 0");
	assert_line("oomwhy_series_evicted_total 0");
	assert_line("oomwhy_pods_memory_limit_bytes +Inf");
	assert_line("oomwhy_pods_memory_working_set_bytes 900");
	assert_line("oomwhy_kernel_oom_kills_total 7");
	/* What is not known is not told. */
	assert_int_equal(count_lines("oomwhy_memory_charged_bytes"), 0);
	assert_int_equal(count_lines("oomwhy_tracing_info"), 0);
	assert_int_equal(count_lines("oomwhy_build_info"), 0);
	assert_int_equal(count_lines("oomwhy_container_oom_kills_total"), 0);
}

static void kills_are_counted_by_level_and_container(void **state)
{
	(void)state;
	kill_one("cart");
	kill_one("cart");
	make_kill(LIMIT_NODE, 0, "cart", "app");
	metrics_take(&metrics, &ev);
	make_kill(LIMIT_NONE, NOT_KNOWN, "cart", "log\"\\shipper");
	metrics_take(&metrics, &ev);
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_oom_kills_total{limit_level=\"container\",container_ends=\"true\"} 2");
	assert_line("oomwhy_oom_kills_total{limit_level=\"node\",container_ends=\"false\"} 1");
	assert_line("oomwhy_oom_kills_total{limit_level=\"unknown\",container_ends=\"unknown\"} 1");
	assert_line("oomwhy_oom_incidents_total{limit_level=\"container\"} 2");
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\","
		    "container=\"app\",limit_level=\"container\"} 2");
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\","
		    "container=\"app\",limit_level=\"node\"} 1");
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\","
		    "container=\"log\\\"\\\\shipper\",limit_level=\"unknown\"} 1");
	assert_line("oomwhy_container_last_oom_kill_timestamp_seconds{namespace=\"shop\","
		    "pod=\"cart\",container=\"app\"} 1795600000.123");
	assert_int_equal(count_lines("oomwhy_container_last_oom_kill_timestamp_seconds"), 2);
}

static void each_process_that_was_killed_counts(void **state)
{
	struct incident *incident = &ev.incident;

	(void)state;
	make_kill(LIMIT_POD, 1, "cart", "app");
	incident->other_victims_count = 3;
	incident->other_victims_omitted = 4;
	name_task(&incident->other_victims[0], "shop", "cart", "side");
	incident->other_victims[0].fate = FATE_GROUP;
	name_task(&incident->other_victims[1], "shop", "cart", "side");
	incident->other_victims[1].fate = FATE_SHARES_MEMORY;
	name_task(&incident->other_victims[2], "shop", "cart", "side");
	incident->other_victims[2].fate = FATE_ALREADY_EXITING;
	metrics_take(&metrics, &ev);
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_oom_incidents_total{limit_level=\"pod\"} 1");
	assert_line("oomwhy_oom_kills_total{limit_level=\"pod\",container_ends=\"true\"} 7");
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\","
		    "container=\"side\",limit_level=\"pod\"} 2");
}

static void what_was_before_does_not_count(void **state)
{
	(void)state;
	make_kill(LIMIT_CONTAINER, 1, "cart", "app");
	ev.origin = ORIGIN_BACKFILL;
	metrics_take(&metrics, &ev);
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_oom_incidents_total{limit_level=\"container\"} 0");
	assert_int_equal(count_lines("oomwhy_container_oom_kills_total"), 0);
}

/* Neither a UID nor an ID, path, image, comm or number of a process ever stands there. */
static void what_has_no_name_has_no_series(void **state)
{
	struct event_task *victim = &ev.incident.victim;

	(void)state;
	make_kill(LIMIT_CONTAINER, 1, "", "");
	victim->who.pod_uid = put("325d9f0b-3a3c-4a5b-9d1e-1f6a5c3e7b21");
	victim->who.container_id = put("d9a4d9a4");
	victim->who.image = put("registry/secret-image");
	victim->comm = put("secret-comm");
	victim->pid = 90211;
	metrics_take(&metrics, &ev);
	make_kill(LIMIT_CONTAINER, 1, "cart", "app");
	victim->who.pod_uid = put("325d9f0b-3a3c-4a5b-9d1e-1f6a5c3e7b21");
	victim->who.image = put("registry/secret-image");
	victim->comm = put("secret-comm");
	victim->pid = 90211;
	metrics_take(&metrics, &ev);
	write_text(METRICS_OPEN);
	assert_line("oomwhy_oom_incidents_total{limit_level=\"container\"} 2");
	assert_int_equal(count_lines("oomwhy_container_oom_kills_total"), 1);
	assert_null(strstr(text, "325d"));
	assert_null(strstr(text, "d9a4"));
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "90211"));
}

/* Any byte may come in a name, and no two names become one series twice. */
static void hostile_names(void **state)
{
	char name[METRICS_NAMES_MAX + 8];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		snprintf(name, sizeof(name), "x%cy\"} 9\n", byte);
		make_kill(LIMIT_CONTAINER, 1, "cart", name);
		metrics_take(&metrics, &ev);
	}
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\","
		    "container=\"xay\\\"} 9\xef\xbf\xbd\",limit_level=\"container\"} 1");
	assert_line("oomwhy_container_oom_kills_total{namespace=\"shop\",pod=\"cart\",container="
		    "\"x\xef\xbf\xbdy\\\"} 9\xef\xbf\xbd\",limit_level=\"container\"} 160");
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
	for (const char *at = text; (at = strchr(at, '\n')) && at[1]; at++)
		assert_true(at[1] == '#' || !strncmp(at + 1, "oomwhy_", 7));
	/* Too long: none rather than a part of it. */
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	kill_one(name);
	write_text(METRICS_CLASSIC);
	assert_null(strstr(text, "nnnn"));
}

static void series_have_a_bound(void **state)
{
	char pod[32];

	(void)state;
	for (int i = 0; i < METRICS_CONTAINERS_MAX; i++) {
		snprintf(pod, sizeof(pod), "pod-%d", i);
		kill_one(pod);
	}
	kill_one("pod-0");
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_series_evicted_total 0");
	kill_one("one-more");
	write_text(METRICS_CLASSIC);
	assert_int_equal(count_lines("oomwhy_container_oom_kills_total{"), METRICS_CONTAINERS_MAX);
	/* pod-1 was not used for longest; it goes with both of its series. */
	assert_null(strstr(text, "\"pod-1\""));
	assert_non_null(strstr(text, "\"pod-0\""));
	assert_non_null(strstr(text, "\"one-more\""));
	assert_line("oomwhy_series_evicted_total 2");
}

/* The pod of the first container is, or is not, there. */
static void look(bool is_there, __u64 now_ns)
{
	metrics_read(&metrics, &figures);
	metrics_pod(&metrics, 0, &figures.containers[0], is_there, now_ns);
	metrics_read(&metrics, &figures);
}

static void series_outlive_their_pod_by_an_hour(void **state)
{
	(void)state;
	kill_one("cart");
	look(true, HOUR_NS);
	assert_string_equal(figures.containers[0].pod_path, POD_PATH);
	look(false, 5 * HOUR_NS);
	look(false, 6 * HOUR_NS - 1);
	assert_true(figures.containers[0].used);
	look(true, 6 * HOUR_NS); /* it was there after all */
	look(false, 7 * HOUR_NS);
	assert_true(figures.containers[0].used);
	look(false, 8 * HOUR_NS);
	assert_false(figures.containers[0].used);
	/* A kill between the look and what it has shown. */
	kill_one("cart");
	metrics_read(&metrics, &figures);
	metrics_pod(&metrics, 0, &figures.containers[0], false, 9 * HOUR_NS);
	kill_one("cart");
	metrics_pod(&metrics, 0, &figures.containers[0], false, 11 * HOUR_NS);
	metrics_read(&metrics, &figures);
	assert_true(figures.containers[0].used);
	assert_int_equal(figures.containers[0].kills[LIMIT_CONTAINER], 2);
}

/* Of the pods that share a limit, only the one above its request is named. */
static void culprits(void **state)
{
	struct identity *who = &ev.incident.culprit.pod.who;
	char pod[32];

	(void)state;
	make_kill(LIMIT_NODE, 1, "report", "app");
	ev.incident.verdict.cause = CAUSE_REQUESTS_DO_NOT_FIT;
	who->namespace_name = put("ml");
	who->pod_name = put("trainer-0");
	metrics_take(&metrics, &ev);
	write_text(METRICS_CLASSIC);
	assert_null(strstr(text, "trainer-0"));
	ev.incident.verdict.cause = CAUSE_POD_OVER_REQUEST;
	metrics_take(&metrics, &ev);
	write_text(METRICS_CLASSIC);
	assert_line("oomwhy_culprit_last_timestamp_seconds{namespace=\"ml\",pod=\"trainer-0\"} "
		    "1795600000.123");
	for (int i = 0; i < METRICS_CULPRITS_MAX; i++) {
		make_kill(LIMIT_NODE, 1, "report", "app");
		ev.incident.verdict.cause = CAUSE_POD_OVER_REQUEST;
		snprintf(pod, sizeof(pod), "trainer-%d", i + 1);
		who->namespace_name = put("ml");
		who->pod_name = put(pod);
		metrics_take(&metrics, &ev);
	}
	write_text(METRICS_CLASSIC);
	assert_int_equal(count_lines("oomwhy_culprit_last_timestamp_seconds{"),
			 METRICS_CULPRITS_MAX);
	assert_null(strstr(text, "\"trainer-0\""));
	assert_line("oomwhy_series_evicted_total 1");
}

static void start_losses_and_lookups(void **state)
{
	(void)state;
	event_init(&ev, EVENT_START);
	ev.start.version = put("1.2.3");
	ev.start.attach = ATTACH_FENTRY;
	ev.start.evidence = EVIDENCE_EXACT;
	ev.start.cgroup_version = 2;
	metrics_take(&metrics, &ev);
	event_init(&ev, EVENT_LOSS);
	ev.loss = (struct losses){ .total = 12,
				   .ring_kills = 1,
				   .downtime = 6,
				   .ring_cgroups = 2,
				   .queue = 3,
				   .incomplete = 4,
				   .hook_misses = 5,
				   .ring_records = 6,
				   .queue_others = 7,
				   .record = 8,
				   .log_reports = NOT_KNOWN,
				   .log_overwritten = 8 };
	metrics_take(&metrics, &ev);
	metrics_count_lookup(&metrics, IDENTITY_BUNDLE);
	metrics_count_lookup(&metrics, IDENTITY_NONE);
	metrics_count_lookup(&metrics, IDENTITY_PATH);
	metrics_count_lookup(&metrics, (enum identity_source)99);
	write_text(METRICS_CLASSIC);
	assert_line(
		"oomwhy_tracing_info{attach=\"fentry\",evidence=\"exact\",cgroup_version=\"2\"} 1");
	assert_line("oomwhy_build_info{version=\"1.2.3\"} 1");
	assert_line("oomwhy_losses_total{reason=\"ring_kills\"} 1");
	assert_line("oomwhy_losses_total{reason=\"ring_records\"} 6");
	assert_line("oomwhy_losses_total{reason=\"queue_others\"} 7");
	assert_line("oomwhy_losses_total{reason=\"record\"} 8");
	assert_line("oomwhy_losses_total{reason=\"ring_cgroups\"} 2");
	assert_line("oomwhy_losses_total{reason=\"downtime\"} 6");
	assert_line("oomwhy_losses_total{reason=\"queue\"} 3");
	assert_line("oomwhy_losses_total{reason=\"incomplete\"} 4");
	assert_line("oomwhy_losses_total{reason=\"hook_misses\"} 5");
	assert_line("oomwhy_losses_total{reason=\"log_reports\"} 0");
	assert_line("oomwhy_losses_total{reason=\"log_overwritten\"} 8");
	assert_line("oomwhy_identity_lookups_total{source=\"bundle\",result=\"found\"} 1");
	assert_line("oomwhy_identity_lookups_total{source=\"path\",result=\"not_found\"} 2");
}

/* Where the two formats differ. */
static void formats(void **state)
{
	(void)state;
	write_text(METRICS_CLASSIC);
	assert_line("# TYPE oomwhy_oom_kills_total counter");
	assert_line("# TYPE oomwhy_tracing_info gauge");
	assert_null(strstr(text, "# EOF"));
	write_text(METRICS_OPEN);
	assert_line("# TYPE oomwhy_oom_kills counter");
	assert_line("# TYPE oomwhy_tracing info");
	assert_line("oomwhy_oom_kills_total{limit_level=\"pod\",container_ends=\"true\"} 0");
	assert_string_equal(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fixed_series_are_there_before_anything_happens),
		TEST(kills_are_counted_by_level_and_container),
		TEST(each_process_that_was_killed_counts),
		TEST(what_was_before_does_not_count),
		TEST(what_has_no_name_has_no_series),
		TEST(hostile_names),
		TEST(series_have_a_bound),
		TEST(series_outlive_their_pod_by_an_hour),
		TEST(culprits),
		TEST(start_losses_and_lookups),
		TEST(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
