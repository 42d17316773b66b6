/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard: runs a test in a child, and outlives it whatever happens, to remove what it made: a
 * cgroup with all that runs in it, and a folder.
 */
#ifndef RUNTIME_GUARD_H
#define RUNTIME_GUARD_H

#include "world.h"

/*
 * guard_run() - waits for its turn (one run on a machine), removes what an earlier run left, fills
 * in what @w needs to begin, and calls @run in a child. Returns its exit status, or 1 with the
 * reason on stderr; without root 0, with a word on stdout, and 1 where CI=true.
 */
int guard_run(struct world *w, int (*run)(struct world *w, char **argv), char **argv);

/* guard_run_case() - the same with one case, after which world_end_case() is called. */
int guard_run_case(struct world *w, const char *name, void (*run)(void **state));

#endif
