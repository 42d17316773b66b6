// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a report has to do: the text of a /kubepods kill alone answers what is asked, in 15 lines of
 * 80 columns; the JSON holds every figure of the text; and a line has its bounds whatever names do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/units.h"
#include "fixtures.h"
#include "fixtures_make.h"
#include "headline.h"
#include "sink/json.h"
#include "sink/text.h"

#define NUMBERS_MAX 512
#define LONG_NAME 200
#define FIGURE "0123456789."

static struct event ev;
static char text[TEXT_WRITE_MAX + 1], line[JSON_LINE_MAX + 1];
static json_int_t numbers[NUMBERS_MAX];
static size_t numbers_count;
static json_int_t wholes[3]; /* of which shares are told */

static json_t *write_both(void)
{
	static const struct text_style style = { .utf8 = true };
	json_error_t error;
	json_t *json;
	int len;

	headline(&ev);
	text[text_write(&ev, &style, text, sizeof(text) - 1)] = '\0';
	len = json_write(&ev, line, JSON_LINE_MAX);
	assert_in_range(len, 2, JSON_LINE_MAX);
	json = json_loadb(line, (size_t)len, 0, &error);
	if (!json)
		fail_msg("no JSON: %s", error.text);
	return json;
}

static size_t columns(const char *at, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += (at[i] & 0xc0) != 0x80; /* none of these is wide or combining */
	return count;
}

static void check_shape(void)
{
	size_t lines = 0;

	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		lines++;
		assert_in_range(columns(at, strcspn(at, "\n")), 1, 80);
	}
	assert_in_range(lines, 1, 15);
}

static void a_kubepods_kill_is_answered(void **state)
{
	static const char *const answers[] = {
		"node limit for pods 13.0Gi", /* whose limit */
		"killed   batch/report-29k4x [report]: report-gen, pid 90211", /* who died */
		"NOT the cause",
		"cause    ml/trainer-0 [train]: 9.4Gi used, ~2.0Gi requested: 7.4Gi over",
		"filled   anon 12.4Gi (95%)", /* what filled it */
		"9.4Gi in 4m", /* how fast */
		"fix      ml/trainer-0: resources.requests.memory near 9.4Gi",
	};

	(void)state;
	fixture_build("culprit", &ev);
	json_decref(write_both());
	check_shape();
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strstr(text, answers[i]))
			fail_msg("not answered: %s", answers[i]);
}

/* ---- figures ---- */

static void add_number(json_int_t number)
{
	assert_true(numbers_count < NUMBERS_MAX);
	numbers[numbers_count++] = number;
}

static bool has(json_t *json, const char *key)
{
	return json_is_integer(json_object_get(json, key));
}

static json_int_t number_of(json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* What readers work out themselves: kernel memory but for a part, small parts together, room, how
 * fast it grew. */
static void add_derived(json_t *json)
{
	static const char *const parts[] = { "slab_reclaimable_bytes", "slab_unreclaimable_bytes",
					     "kernel_stack_bytes",     "pagetables_bytes",
					     "percpu_bytes",	       "vmalloc_bytes" };
	json_int_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		sum += number_of(json, parts[i]);
		if (has(json, "kernel_bytes") && has(json, parts[i]))
			add_number(number_of(json, "kernel_bytes") - number_of(json, parts[i]));
	}
	add_number(sum);
	if (has(json, "limit_bytes") && has(json, "usage_bytes"))
		add_number(number_of(json, "limit_bytes") - number_of(json, "usage_bytes"));
	if (!has(json, "bytes") || !has(json, "duration_ns") || !number_of(json, "duration_ns"))
		return;
	for (int seconds = 1; seconds <= 60; seconds += 59)
		add_number((json_int_t)((double)number_of(json, "bytes") * seconds * 1e9 /
					(double)number_of(json, "duration_ns")));
}

/* Of a list its length counts, too, and with what was left out. */
static void collect(json_t *json)
{
	const char *key;
	char omitted[64];
	json_t *value;
	size_t i;

	if (json_is_integer(json))
		add_number(json_integer_value(json));
	if (json_is_object(json))
		add_derived(json);
	json_array_foreach(json, i, value) collect(value);
	json_object_foreach(json, key, value)
	{
		collect(value);
		if (!json_is_array(value))
			continue;
		snprintf(omitted, sizeof(omitted), "%s_omitted", key);
		add_number((json_int_t)json_array_size(value));
		add_number((json_int_t)json_array_size(value) + number_of(json, omitted));
	}
}

static void collect_all(json_t *json)
{
	json_t *host = json_object_get(json_object_get(json, "limits"), "host");

	numbers_count = 0;
	collect(json);
	wholes[0] = number_of(json_object_get(json, "limit_owner"), "usage_bytes");
	wholes[1] = number_of(json_object_get(json, "memory"), "usage_bytes");
	wholes[2] = number_of(host, "limit_bytes");
}

static bool is_share(unsigned long percent)
{
	for (size_t a = 0; a < numbers_count; a++)
		for (size_t b = 0; b < sizeof(wholes) / sizeof(wholes[0]); b++)
			if (wholes[b] > 0 && numbers[a] > 1 << 20 &&
			    (unsigned long)((double)numbers[a] * 100 / (double)wholes[b]) ==
				    percent)
				return true;
	return false;
}

static bool is_number(const char *figure)
{
	char form[UNITS_MAX];

	for (size_t i = 0; i < numbers_count; i++) {
		__u64 number = (__u64)numbers[i];

		snprintf(form, sizeof(form), "%lld", (long long)number);
		if (!strcmp(form, figure) ||
		    !strcmp(units_bytes(number, form, sizeof(form)), figure) ||
		    !strcmp(units_limit(number, form, sizeof(form)), figure) ||
		    !strcmp(units_duration(number, form, sizeof(form)), figure))
			return true;
	}
	return false;
}

/* "137" is what Kubernetes always shows; "1 page" is 2^0. */
static bool is_known(const char *figure, char after)
{
	return (after == '%' && is_share(strtoul(figure, NULL, 10))) || is_number(figure) ||
	       !strcmp(figure, "137") || !strcmp(figure, "1");
}

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '/' || c == '_';
}

/* Names, sentences of the verdict and the id stand in JSON as they are. */
static bool is_quoted(const char *at)
{
	const char *begin = at, *end = at;
	char word[256];

	while (begin > text && is_of_name(begin[-1]))
		begin--;
	while (is_of_name(*end))
		end++;
	snprintf(word, sizeof(word), "%.*s", (int)(end - begin), begin);
	return strpbrk(word, "-/") && strstr(line, word);
}

static void check_figures(const char *name)
{
	json_t *json;

	fixture_build(name, &ev);
	json = write_both();
	collect_all(json);
	json_decref(json);
	/* After the time, which is written in another way. */
	for (const char *at = strchr(text, 'Z'), *end; *at; at = end) {
		char figure[32];

		end = at + 1;
		if (*at < '0' || *at > '9' || is_of_name(at[-1]))
			continue;
		while (strchr(FIGURE "KMGTinsumhd", *end) && *end)
			end++;
		while (end[-1] == '.')
			end--;
		snprintf(figure, sizeof(figure), "%.*s", (int)(end - at), at);
		if (!is_known(figure, *end) && !is_quoted(at))
			fail_msg("%s: \"%s\" is not in the JSON:\n%s\n%s", name, figure, text,
				 line);
		while (is_of_name(*end))
			end++;
	}
}

/* Figures near those of the report, and none of them. */
static void a_wrong_figure_is_found(void **state)
{
	json_t *json;

	(void)state;
	fixture_build("culprit", &ev);
	json = write_both();
	collect_all(json);
	json_decref(json);
	assert_true(is_known("9.4Gi", ' '));
	assert_false(is_known("9.3Gi", ' '));
	assert_false(is_known("7.7Gi", ' '));
	assert_false(is_known("5m", ' '));
	assert_false(is_known("37", '%'));
	assert_false(is_known("90212", ','));
}

static void json_has_every_figure(void **state)
{
	static const char *const names[] = { "culprit",	    "nobody",	  "before", "tmpfs",
					     "left_behind", "pagetables", "node",   "host" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_figures(names[i]);
}

/* ---- bounds ---- */

static struct text long_name(char fill, size_t i)
{
	char name[LONG_NAME + 1];

	memset(name, fill, LONG_NAME);
	snprintf(name, sizeof(name), "%zu", i);
	name[strlen(name)] = fill;
	name[LONG_NAME] = '\0';
	return event_textf(&ev, "%s", name);
}

static struct text long_path(size_t i)
{
	struct text name = long_name('c', i);

	return event_textf(&ev, "/kubepods.slice/%.*s", name.len, text_bytes(&ev, name));
}

static void check_list(json_t *json, const char *key, size_t total)
{
	json_t *list = json_object_get(json, key);
	char omitted[64];

	snprintf(omitted, sizeof(omitted), "%s_omitted", key);
	assert_int_equal(json_array_size(list) +
				 (size_t)json_integer_value(json_object_get(json, omitted)),
			 total);
}

/* What does not fit is counted. */
static void pods_with_long_names(void **state)
{
	struct incident *incident = &ev.incident;
	json_t *json;

	(void)state;
	fixture_build("culprit", &ev);
	for (size_t i = 0; i < INCIDENT_PODS_MAX; i++) {
		struct event_pod *pod = &incident->pods[i];

		*pod = incident->pods[0];
		pod->who.namespace_name = long_name('n', i);
		pod->who.pod_name = long_name('p', i);
		pod->who.container_name = long_name('k', i);
		pod->cgroup.path = long_path(i);
	}
	incident->pods_count = INCIDENT_PODS_MAX;
	incident->pods_omitted = 1000;
	for (size_t i = 0; i < INCIDENT_OTHER_VICTIMS_MAX; i++) {
		incident->other_victims[i] = incident->victim;
		incident->other_victims[i].who.image = long_name('i', i);
	}
	incident->other_victims_count = INCIDENT_OTHER_VICTIMS_MAX;
	json = write_both();
	check_list(json, "pods", INCIDENT_PODS_MAX + 1000);
	check_list(json, "other_victims", INCIDENT_OTHER_VICTIMS_MAX);
	assert_non_null(json_object_get(json, "culprit"));
	json_decref(json);
}

static void candidates_with_long_names(void **state)
{
	json_t *json;

	(void)state;
	fixture_build("candidates", &ev);
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		struct candidate *it = &ev.update.candidates[i];

		*it = ev.update.candidates[0];
		it->who.namespace_name = long_name('n', i);
		it->who.pod_name = long_name('p', i);
		it->who.container_name = long_name('k', i);
		it->cgroup.path = long_path(i);
	}
	ev.update.candidates_count = CANDIDATES_MAX;
	ev.update.candidates_omitted = 1000;
	json = write_both();
	check_list(json, "candidates", CANDIDATES_MAX + 1000);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kubepods_kill_is_answered),
		cmocka_unit_test(a_wrong_figure_is_found),
		cmocka_unit_test(json_has_every_figure),
		cmocka_unit_test(pods_with_long_names),
		cmocka_unit_test(candidates_with_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
