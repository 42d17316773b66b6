// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "source/record_history.h"

bool reclaims_are_whole(const struct oomwhy_reclaims *record)
{
	return record->header.size >= offsetof(struct oomwhy_reclaims, sum) &&
	       record->count <= OOMWHY_LEVELS_MAX &&
	       record->header.size == offsetof(struct oomwhy_reclaims, sum) +
					      record->count * sizeof(record->sum[0]);
}

static void put_sum(struct trend *ret, const struct oomwhy_reclaim_sum *sum, __u64 kill_ns,
		    __u64 page_bytes)
{
	ret->reclaim_passes = sum->passes;
	ret->reclaim_bytes = sum->pages * page_bytes;
	ret->reclaim_ns = sum->stalled_ns;
	/* A series that ended long before has nothing to do with the kill. */
	if (sum->series_ns > kill_ns || sum->last_ns + OOMWHY_SERIES_GAP_NS < kill_ns)
		return;
	ret->at_limit_ns = kill_ns - sum->series_ns;
	ret->at_limit_passes = sum->passes - sum->passes_before;
	ret->at_limit_bytes = (sum->pages - sum->pages_before) * page_bytes;
	ret->at_limit_reclaim_ns = sum->stalled_ns - sum->stalled_before_ns;
}

void event_from_reclaims(struct event *ev, const struct oomwhy_reclaims *record, __u64 owner_id,
			 __u64 page_bytes)
{
	struct trend *history = &ev->incident.history;

	for (__u32 i = 0; i < record->count; i++) {
		if (!record->sum[i].memcg_id || record->sum[i].memcg_id != owner_id)
			continue;
		put_sum(history, &record->sum[i], ev->boot_time_ns, page_bytes);
		history->reclaim_evidence = record->inferred ? EVIDENCE_INFERRED : EVIDENCE_EXACT;
	}
}
