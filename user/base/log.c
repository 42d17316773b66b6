// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LINE_MAX_BYTES 1024

bool log_is_verbose;

static size_t escape(const char *in, char *out, size_t size)
{
	size_t len = 0;

	for (; *in && len + 5 < size; in++) {
		unsigned char c = *in;

		if (c >= 0x20 && c != 0x7f)
			out[len++] = c;
		else
			len += snprintf(out + len, size - len, "\\x%02x", c);
	}
	return len;
}

/* One write(2) a line: lines of several threads do not mix, and nothing is allocated. */
static void log_line(const char *fmt, va_list args)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 16] = "oomwhy: ";
	size_t len = strlen(line);

	vsnprintf(text, sizeof(text), fmt, args);
	len += escape(text, line + len, sizeof(line) - len - 1);
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* Nobody is left to be told. */
	}
	errno = saved_errno;
}

#define LOG_FUNCTION(name, condition)   \
	void name(const char *fmt, ...) \
	{                               \
		va_list args;           \
                                        \
		if (!(condition))       \
			return;         \
		va_start(args, fmt);    \
		log_line(fmt, args);    \
		va_end(args);           \
	}

LOG_FUNCTION(log_error, true)
LOG_FUNCTION(log_debug, log_is_verbose)
