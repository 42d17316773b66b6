/* SPDX-License-Identifier: GPL-2.0-only */
/* record_history: what the kernel side has counted before a kill -> the model. */
#ifndef OOMWHY_RECORD_HISTORY_H
#define OOMWHY_RECORD_HISTORY_H

#include <stdbool.h>

#include "event.h"
#include "oomwhy_record.h"

/* reclaims_are_whole() - is it as long as it says? Its header has been checked. */
bool reclaims_are_whole(const struct oomwhy_reclaims *record);

/* event_from_reclaims() - what was reclaimed for the limit of memcg @owner_id, if it is told. */
void event_from_reclaims(struct event *ev, const struct oomwhy_reclaims *record, __u64 owner_id,
			 __u64 page_bytes);

#endif
