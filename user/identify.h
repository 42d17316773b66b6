/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * identify: lays place over an event: every cgroup path in it gets its level, every task and the
 * limit's owner the pod, container and runtime that their paths tell. Pure; what only the machine
 * knows (names) is added after it.
 */
#ifndef OOMWHY_IDENTIFY_H
#define OOMWHY_IDENTIFY_H

#include "event.h"

/* identify_event() - for every type of event; those without paths stay as they are. */
void identify_event(struct event *ev);

#endif
