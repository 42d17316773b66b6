/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_selftest_scratch: a cgroup with a small limit, and a process that dies of it and hurts
 * nobody. */
#ifndef OOMWHY_CMD_SELFTEST_SCRATCH_H
#define OOMWHY_CMD_SELFTEST_SCRATCH_H

#include <sys/types.h>

#define SCRATCH_LIMIT_BYTES (16ULL << 20)
#define SCRATCH_COMM "oomwhy-selftest"

struct scratch {
	char folder[512]; /* of the cgroup; "" where there is none */
	const char *name; /* the last part of it: its path is "/" and this */
};

/*
 * scratch_open() - make the cgroup, directly below the machine's root cgroup.
 * Refuses where the kill could hurt somebody, or cannot be made without changing the machine.
 * Returns an exit status; what speaks against it is told on stderr.
 */
int scratch_open(struct scratch *scratch, const char *host_root);

/*
 * scratch_start_victim() - a process that fills memory in the cgroup and nowhere else. It ends by
 * itself, with status 1, where the limit does not hold, and when its parent ends.
 * Returns its pid, to be waited for, or -errno.
 */
pid_t scratch_start_victim(const struct scratch *scratch);

/* scratch_close() - remove the cgroup, whose processes have ended. */
void scratch_close(struct scratch *scratch);

#endif
