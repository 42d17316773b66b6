/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge: the verdict. Pure: the same event gives the same verdict anywhere and at any time, so a
 * recording is judged again when it is read.
 */
#ifndef OOMWHY_JUDGE_H
#define OOMWHY_JUDGE_H

#include "event.h"

/*
 * judge_event() - fill incident.verdict of an identified incident: level (the trap considered),
 * whether the container ends, what to change. Other types of event stay as they are.
 */
void judge_event(struct event *ev);

#endif
