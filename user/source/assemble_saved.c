// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "source/assemble_saved.h"

void assemble_save(const struct assembler *as, struct assemble_saved *ret)
{
	__u32 used = 0;

	ret->sequence = as->sequence;
	ret->seen_next = as->seen_next;
	memcpy(ret->seen, as->seen, sizeof(ret->seen));
	memcpy(ret->dying, as->deaths.dying, sizeof(ret->dying));
	memcpy(ret->stalls, as->stalls.open, sizeof(ret->stalls));
	for (int i = 0; i < INFER_COUNTERS_MAX; i++)
		if (as->infer.counters[i].id)
			ret->counters[used++] = as->infer.counters[i];
	ret->counters_used = used;
}

void assemble_restore(struct assembler *as, const struct assemble_saved *saved)
{
	as->sequence = saved->sequence;
	as->seen_next = saved->seen_next % ASSEMBLE_SEEN_MAX;
	memcpy(as->seen, saved->seen, sizeof(as->seen));
	memcpy(as->deaths.dying, saved->dying, sizeof(as->deaths.dying));
	memcpy(as->stalls.open, saved->stalls, sizeof(as->stalls.open));
	for (int i = 0; i < DEATHS_MAX; i++) {
		as->deaths.dying[i].id[EVENT_ID_MAX - 1] = '\0';
		as->deaths.dying[i].comm[OOMWHY_COMM_SIZE - 1] = '\0';
	}
	for (int i = 0; i < STALLS_MAX; i++) {
		as->stalls.open[i].id[EVENT_ID_MAX - 1] = '\0';
		if (as->stalls.open[i].slot >= OOMWHY_ATTEMPTS_MAX)
			as->stalls.open[i].kind = 0;
	}
	for (__u32 i = 0; i < saved->counters_used && i < INFER_COUNTERS_MAX; i++)
		infer_restore(&as->infer, &saved->counters[i]);
}

void assemble_copy(struct assemble_saved *ret, const struct assemble_saved *saved)
{
	__u32 used = saved->counters_used;

	if (used > INFER_COUNTERS_MAX)
		used = INFER_COUNTERS_MAX;
	memcpy(ret, saved,
	       offsetof(struct assemble_saved, counters) + used * sizeof(struct infer_counter));
}
