/* SPDX-License-Identifier: GPL-2.0-only */
/* counted: see counted.c. */
#ifndef STORM_COUNTED_H
#define STORM_COUNTED_H

#include <stdatomic.h>

#define COUNTED_ENV "STORM_COUNTED"

struct counted {
	atomic_long allocations;
	atomic_long opened;
};

#endif
