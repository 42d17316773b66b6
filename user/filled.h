/* SPDX-License-Identifier: GPL-2.0-only */
/* filled: the parts of what fills the memory, in order. Pure. */
#ifndef OOMWHY_FILLED_H
#define OOMWHY_FILLED_H

#include <stddef.h>

#include "event.h"

#define FILLED_PARTS_MAX 12

struct filled_part {
	enum filled kind;
	__u64 bytes;
};

/*
 * filled_parts() - what incident->memory tells, the largest first; what is 0 or not known is left
 * out. Page tables are those of who died, at least: Linux 5.10 counts none for a memcg.
 * Returns how many.
 */
size_t filled_parts(const struct incident *incident, struct filled_part ret[FILLED_PARTS_MAX]);

/* filled_percent() - of incident->memory.usage_bytes, rounded down; 0 where that is not known. */
unsigned int filled_percent(const struct incident *incident, __u64 bytes);

/* filled_is_kernel() - the kernel's own memory, sockets aside. */
bool filled_is_kernel(enum filled kind);

#endif
