/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge_culprit: who is to blame where many pods share the limit that was hit: the one with most
 * memory above its request. Pure.
 */
#ifndef OOMWHY_JUDGE_CULPRIT_H
#define OOMWHY_JUDGE_CULPRIT_H

#include "event.h"

/* judge_culprit() - from the list of pods, once the verdict's level is known. */
void judge_culprit(struct event *ev);

/* judge_advise_culprit() - what to do about it: the verdict's action. False: nothing is known. */
bool judge_advise_culprit(struct event *ev);

#endif
