/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_filled: what filled the limit's owner, as oomwhy says, against the kernel log's own table
 * of the same kill.
 */
#ifndef KILLS_CHECK_FILLED_H
#define KILLS_CHECK_FILLED_H

#include "check.h"
#include "klog.h"

/* Of any kill: the figures are in order, and the log's where it has them. */
void check_filled_line(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
		       json_t *line);

/* check_filled_slack() - how far the log's table may be from the live @line, in bytes. */
long long check_filled_slack(json_t *line);

/*
 * The verdict says that @kind fills it, and how much of it: the key @key of `memory`, at least
 * @percent of the usage. Nothing where that is not visible.
 */
void check_filled_by(struct fixture *fx, json_t *line, const char *kind, const char *key,
		     int percent);

#endif
