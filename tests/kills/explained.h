/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explained: what `oomwhy explain` says of a kill from the kernel's log alone, against what was
 * said live. They agree on everything that the log holds.
 */
#ifndef KILLS_EXPLAINED_H
#define KILLS_EXPLAINED_H

#include "check.h"
#include "klog.h"

/* @log: whether, and what, the log has of this kill; @live: the line of the tracer. */
void check_explained(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
		     json_t *live);

/* What explain says of it; fails the test where it says nothing. To be released. */
json_t *explain_kill(struct fixture *fx, const struct expect *e);

/* `oomwhy last`, which was not there at the kill, tells it, and once. */
void check_last(const struct expect *e);

#endif
