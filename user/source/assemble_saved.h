/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * assemble_saved: what the assembler remembers between two incidents, for another process that
 * reads on where this one has stopped: whom it has told of, which stalls and deaths it waits for,
 * and what the memcgs had counted.
 *
 * It travels in shared memory between processes that may be of different versions: who reads it
 * compares its size first.
 */
#ifndef OOMWHY_ASSEMBLE_SAVED_H
#define OOMWHY_ASSEMBLE_SAVED_H

#include "source/assemble.h"

struct assemble_saved {
	__u64 sequence;
	__u32 seen_next;
	__u32 counters_used; /* the first of the array are in use */
	__typeof__(((struct assembler *)0)->seen) seen;
	struct dying dying[DEATHS_MAX];
	struct open_stall stalls[STALLS_MAX];
	struct infer_counter counters[INFER_COUNTERS_MAX];
};

/* assemble_save() - to be restored where no incident is open. Only what is in use is written. */
void assemble_save(const struct assembler *as, struct assemble_saved *ret);

/* assemble_restore() - into one that has just been initialised. @saved is somebody else's: what is
 * out of bounds is left out. */
void assemble_restore(struct assembler *as, const struct assemble_saved *saved);

/* assemble_copy() - as much of @saved as is in use. */
void assemble_copy(struct assemble_saved *ret, const struct assemble_saved *saved);

#endif
