/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "line.h"

#define TIME_SHAPE "dddd-dd-ddTdd:dd:dd.dddddddddZ"
#define CLOCK_SLACK_S 300

/* For the validator, which is given every line: `make kill-test` names the file. */
static void keep(const char *text, size_t len)
{
	const char *path = getenv("KILLS_LINES");
	FILE *file;

	if (!path)
		return;
	file = fopen(path, "a");
	if (!file || fprintf(file, "%.*s\n", (int)len, text) < 0 || fclose(file))
		fail_msg("%s: %s", path, strerror(errno));
}

json_t *line_parse(const char *text, size_t len)
{
	json_error_t error;
	json_t *line;

	if (len + 1 > LINE_MAX_BYTES)
		fail_msg("a line of %zu bytes: %.200s…", len, text);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			fail_msg("byte 0x%02x in a line: %.*s", text[i], (int)len, text);
	/* jansson refuses invalid UTF-8 and whatever follows the object */
	line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!line || !json_is_object(line))
		fail_msg("not a JSON object (%s at byte %d): %.*s", error.text, error.position,
			 (int)len, text);
	keep(text, len);
	return line;
}

json_t *line_get(json_t *line, const char *path)
{
	char key[64];

	while (line && *path) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		line = json_object_get(line, key);
		path += n + (path[n] == '.');
	}
	return line;
}

const char *line_string(json_t *line, const char *path)
{
	const char *s = json_string_value(line_get(line, path));

	return s ? s : "";
}

long long line_integer(json_t *line, const char *path)
{
	json_t *value = line_get(line, path);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void check_time(const char *text)
{
	struct tm tm = { 0 };
	size_t i;

	for (i = 0; TIME_SHAPE[i]; i++) {
		bool ok = TIME_SHAPE[i] == 'd' ? text[i] >= '0' && text[i] <= '9' :
						 text[i] == TIME_SHAPE[i];
		if (!ok)
			fail_msg("\"time\" is no RFC 3339 UTC time in ns: \"%s\"", text);
	}
	if (text[i] || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ||
	    llabs((long long)timegm(&tm) - (long long)time(NULL)) > CLOCK_SLACK_S)
		fail_msg("\"time\" is far from now: \"%s\"", text);
}

void line_check(json_t *line)
{
	static const char *const every[] = { "time",   "severity", "message",
					     "schema", "type",	   "k8s.node.name" };
	static const char *const of_kill[] = { "id", "origin", "verdict.limit_level",
					       "verdict.evidence" };
	/* What an update tells: one of these. */
	static const char *const updates[] = { "stall", "after", "storm", "candidates" };
	const char *type = line_string(line, "type");
	int told = 0;
	bool kill = !strcmp(type, "oom_kill") || !strcmp(type, "oom_stall");

	for (size_t i = 0; i < sizeof(every) / sizeof(every[0]); i++)
		if (!*line_string(line, every[i]))
			fail_msg("no \"%s\" in a %s line", every[i], line_string(line, "type"));
	for (size_t i = 0; kill && i < sizeof(of_kill) / sizeof(of_kill[0]); i++)
		if (!*line_string(line, of_kill[i]))
			fail_msg("no \"%s\" in an %s line", of_kill[i], type);
	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++)
		told += line_get(line, updates[i]) != NULL;
	if (!strcmp(type, "oom_update") && (told != 1 || !*line_string(line, "id")))
		fail_msg("an oom_update line tells %d things, of \"%s\"", told,
			 line_string(line, "id"));
	assert_string_equal(line_string(line, "schema"), "oomwhy/1");
	check_time(line_string(line, "time"));
	if (kill)
		assert_string_equal(line_string(line, "origin"), "live");
}
