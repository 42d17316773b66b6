/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line: what is promised of every JSON line, whatever it tells.
 */
#ifndef KILLS_LINE_H
#define KILLS_LINE_H

#include <jansson.h>
#include <stddef.h>

#define LINE_MAX_BYTES (15 * 1024) /* container runtimes split at 16 KiB */
#define LINE_ATTACH_KEY "tracing.attach"

/* Strict; fails the test when the bytes are not one JSON object. @text is without the newline. */
json_t *line_parse(const char *text, size_t len);
/* Fails the test when a key that every line of its type has is missing or malformed. */
void line_check(json_t *line);

/* By dotted path; a missing key is NULL, -1, "" or false. */
json_t *line_get(json_t *line, const char *path);
const char *line_string(json_t *line, const char *path);
long long line_integer(json_t *line, const char *path);

#endif
