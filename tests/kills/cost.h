/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost: what the kernel counts of a tracer's BPF programs: how often each ran and for how long.
 */
#ifndef KILLS_COST_H
#define KILLS_COST_H

#include <stdint.h>
#include <sys/types.h>

#define COST_PROGRAMS_MAX 64

struct cost_program {
	uint32_t id;
	char name[16]; /* the first 15 bytes of it */
	uint64_t runs;
	uint64_t time_ns;
};

struct cost {
	int stats_fd; /* the kernel counts as long as it is open; -1: it does not */
	int n;
	struct cost_program program[COST_PROGRAMS_MAX];
};

/* cost_begin() - from here on the kernel counts for the programs of the process @pid; -errno. */
int cost_begin(struct cost *cost, pid_t pid);

/* cost_end() - @cost: what has come since cost_begin(), the programs that ran first. Returns how
 * many ran, or -errno. */
int cost_end(struct cost *cost, pid_t pid);

#endif
