/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json: an event as one JSON object on one line, by the field table.
 */
#ifndef OOMWHY_SINK_JSON_H
#define OOMWHY_SINK_JSON_H

#include "event.h"
#include "fields.h"

/* Container runtimes split log lines at 16 KiB, and wrap them in something of their own. */
#define JSON_LINE_MAX (15 * 1024)

/*
 * json_write() - write @ev and '\n' into @buf. Allocates nothing, opens nothing.
 *
 * What is too long for JSON_LINE_MAX, or for @size, is written again with shorter lists (the rest
 * is counted in <key>_omitted), then with shorter texts ("truncated":true). JSON_LINE_MAX bytes are
 * enough for any event.
 *
 * Returns the length of the line (there is no NUL after it), or -E2BIG when @size is too small.
 */
int json_write(const struct event *ev, char *buf, size_t size);

/*
 * json_write_tables() - the same of a struct that is no event and has no texts but char[]: the
 * fields of @head, then those of @table, both of the struct at @base. Lists stay whole.
 */
int json_write_tables(const void *base, const struct field_table *head,
		      const struct field_table *table, char *buf, size_t size);

#endif
