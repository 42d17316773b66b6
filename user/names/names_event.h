/* SPDX-License-Identifier: GPL-2.0-only */
/* names_event: the names of an event of the past, of this boot on this machine. */
#ifndef OOMWHY_NAMES_NAMES_EVENT_H
#define OOMWHY_NAMES_NAMES_EVENT_H

#include "event.h"
#include "names/names.h"

/*
 * names_event() - who the victim, who asked, and the limit's owner are, by the files of now: names
 * alone, since what else they say may have changed. Reads files.
 */
void names_event(struct names *names, struct event *ev);

#endif
