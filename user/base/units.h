/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * units: numbers as people read them. Pure; each writes into the caller's buffer, always ends it
 * with NUL, and returns that buffer, so that a call can stand among printf's arguments.
 */
#ifndef OOMWHY_UNITS_H
#define OOMWHY_UNITS_H

#include <stddef.h>
#include <linux/types.h>

#define UNITS_MAX 24 /* bytes that are enough for each of these, but for units_timestamp() */
#define UNITS_TIMESTAMP_MAX 32

/*
 * units_bytes() - as in manifests, at most three significant places: "0", "4Ki", "8.7Mi", "512Mi",
 * "13.0Gi". From Gi on there is always a decimal below 100, so that usage and limit line up.
 */
char *units_bytes(__u64 bytes, char *buf, size_t size);

/*
 * units_limit() - the same for a limit, which the reader looks for in a manifest: where three
 * places would change it and it is a whole number of Mi, it is written in Mi ("1500Mi", not
 * "1.5Gi").
 */
char *units_limit(__u64 bytes, char *buf, size_t size);

/* units_duration() - "0s", "350us", "12ms", "2.1s", "1m40s", "38m", "2h46m", "40h", "12d". */
char *units_duration(__u64 ns, char *buf, size_t size);

/* units_time() - "2026-08-21 03:12:07Z" from nanoseconds since 1970. */
char *units_time(__u64 ns, char *buf, size_t size);

/* units_timestamp() - the same in full, RFC 3339: "2026-08-21T03:12:07.000017000Z". */
char *units_timestamp(__u64 ns, char *buf, size_t size);

#endif
