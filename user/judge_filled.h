/* SPDX-License-Identifier: GPL-2.0-only */
/* judge_filled: what filled the limit owner, in one sentence with a figure, and what to do about
 * it. */
#ifndef OOMWHY_JUDGE_FILLED_H
#define OOMWHY_JUDGE_FILLED_H

#include "event.h"

/* judge_filled() - verdict.filled_by and verdict.reason; needs the verdict's limit_level. Pure. */
void judge_filled(struct event *ev);

/*
 * judge_filled_advise() - after the level's own advice: where the memory is filled by something
 * that a manifest or the workload can bound, that goes first.
 */
void judge_filled_advise(struct event *ev);

#endif
