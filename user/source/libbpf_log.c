// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "source/libbpf_log.h"

#define LINES_MAX 80

/* A message may be a verifier's log of thousands of lines: what it objects to stands at the end. */
static const char *last_lines(const char *text)
{
	const char *at = text + strlen(text);

	for (int lines = 0; at > text; at--)
		if (at[-1] == '\n' && ++lines > LINES_MAX)
			break;
	return at;
}

static int take(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text, *end;

	if (!log_is_verbose || level == LIBBPF_DEBUG || vasprintf(&text, fmt, args) < 0)
		return 0;
	for (const char *line = last_lines(text); line && *line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		log_debug("%.*s", (int)(end ? end - line : (long)strlen(line)), line);
	}
	free(text);
	return 0;
}

void libbpf_log_set(void)
{
	libbpf_set_print(take);
}
