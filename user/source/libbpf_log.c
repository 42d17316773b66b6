// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "source/libbpf_log.h"

/* A message may be a verifier's log of thousands of lines. */
static int take(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char text[8192], *line = text, *end;

	if (!log_is_verbose || level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), fmt, args);
	for (; line && *line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		log_debug("%.*s", (int)(end ? end - line : (long)strlen(line)), line);
	}
	return 0;
}

void libbpf_log_set(void)
{
	libbpf_set_print(take);
}
