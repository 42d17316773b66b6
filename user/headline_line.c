// SPDX-License-Identifier: GPL-2.0-only
#include "headline_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/glyph.h"

void line_put(struct line *line, const char *bytes, size_t len)
{
	if (line->cut || len > sizeof(line->text) - line->len) {
		line->cut = true; /* never within a code point, nor is anything put after a gap */
		return;
	}
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
}

/* Log systems show the message as it is: a name in it must not end the line. */
void line_name(struct line *line, const char *bytes, size_t len)
{
	struct glyph glyph;

	for (size_t i = 0; i < len;) {
		i += glyph_next(bytes + i, len - i, true, &glyph);
		line_put(line, glyph.bytes, glyph.len);
	}
}

void line_text(struct line *line, const struct event *ev, struct text text)
{
	line_name(line, text_bytes(ev, text), text.len);
}

void line_putf(struct line *line, const char *fmt, ...)
{
	char buf[192];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (len > 0)
		line_put(line, buf, (size_t)len < sizeof(buf) ? (size_t)len : sizeof(buf) - 1);
}

void line_count(struct line *line, __u64 count, const char *one, const char *many)
{
	line_putf(line, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
}
