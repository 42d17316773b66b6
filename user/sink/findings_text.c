// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/units.h"
#include "sink/findings.h"
#include "text_writer.h"

#define NAME_COLUMN 10
#define DETAIL_COLUMN 28

static void put_text(struct text_writer *w, const char *text)
{
	put_words(w, text, strlen(text));
}

static void put_title(struct text_writer *w, const struct checkup *checkup)
{
	char time[UNITS_MAX];

	say(w, "%s oomwhy doctor  ", units_time(checkup->time_ns, time, sizeof(time)));
	put_name(w, checkup->node_name, strlen(checkup->node_name));
	put_newline(w);
}

static void put_finding(struct text_writer *w, const struct finding *finding)
{
	static const enum ink inks[] = { INK_PLAIN, INK_PLAIN, INK_FIX, INK_ALARM };
	enum ink ink = inks[finding->state];

	if (ink)
		put_ink(w, ink);
	say_solid(w, "%-*s", NAME_COLUMN, finding_state_names[finding->state]);
	if (ink)
		put_ink(w, INK_PLAIN);
	say_solid(w, "%-*s", DETAIL_COLUMN - NAME_COLUMN, finding->name);
	w->indent = DETAIL_COLUMN;
	put_text(w, finding->detail);
	put_newline(w);
	if (!*finding->fix)
		return;
	say_solid(w, "%*s-> ", DETAIL_COLUMN - 3, "");
	put_text(w, finding->fix);
	put_newline(w);
}

size_t findings_text(const struct checkup *checkup, const struct text_style *style, char *buf,
		     size_t size)
{
	struct text_writer w;

	writer_init(&w, style, buf, size);
	put_title(&w, checkup);
	for (size_t i = 0; i < checkup->findings_count; i++)
		put_finding(&w, &checkup->findings[i]);
	w.indent = 0;
	put_newline(&w);
	put_text(&w, checkup->verdict);
	put_newline(&w);
	return writer_end(&w);
}
