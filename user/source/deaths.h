/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deaths: how long a victim took to end and until its memory was free: one update for each incident
 * that was told, when both is known, or when it takes long.
 */
#ifndef OOMWHY_DEATHS_H
#define OOMWHY_DEATHS_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "oomwhy_record.h"

#define DEATHS_MAX 64 /* victims that are waited for; of more nothing is told later */
#define DEATHS_PATIENCE_NS (10 * 1000000000ULL) /* then it is told that it has not ended */

struct deaths_config {
	bool freed_is_told; /* this kernel says when the memory is free */
	__u64 (*wall_ns)(__u64 boot_time_ns);
	/* Takes a complete event; may change it. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

struct dying {
	__u64 pid; /* 0: free */
	char id[EVENT_ID_MAX]; /* of its incident; "": that is not told yet */
	char comm[OOMWHY_COMM_SIZE];
	__u64 marked_ns, ended_ns, freed_ns; /* CLOCK_BOOTTIME; 0: not yet */
};

struct deaths {
	struct deaths_config config;
	struct dying dying[DEATHS_MAX];
	struct event ev;
};

void deaths_init(struct deaths *deaths, const struct deaths_config *config);

/* deaths_begin() - a process was marked, at @record's time. */
void deaths_begin(struct deaths *deaths, const struct oomwhy_victim *record);

/* deaths_told() - the incident @id, whose victim it is, was told: now updates may follow. */
void deaths_told(struct deaths *deaths, __u64 pid, const char *id);

/* A record of the kill ring that is sound. */
void deaths_record(struct deaths *deaths, const struct oomwhy_death *record);

/*
 * deaths_tick() - tell of what takes long.
 * Returns the boot time at which it wants to be called again, 0 if nobody is waited for.
 */
__u64 deaths_tick(struct deaths *deaths, __u64 boot_time_ns);

#endif
