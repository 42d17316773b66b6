/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recorder: appends JSON lines to a file. A disk that is full ends nothing: what it has no room for
 * is counted and said, and the next line is tried again.
 */
#ifndef OOMWHY_SINK_RECORDER_H
#define OOMWHY_SINK_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct recorder {
	const char *path; /* NULL: nothing is recorded */
	int fd;
	bool failing;
	__u64 lost; /* lines that are not in the file; read it with recorder_lost() */
	__u64 lost_before; /* when it began to fail */
};

/* recorder_open() - @path outlives it; NULL: nothing is recorded. Returns 0 or -errno. */
int recorder_open(struct recorder *recorder, const char *path);
void recorder_close(struct recorder *recorder);

/*
 * recorder_put() - one line with its end, whole or not at all.
 * @counts: false for what tells of losses: it would lead to the next one.
 */
void recorder_put(struct recorder *recorder, const char *line, size_t len, bool counts);

/* recorder_lost() - from any thread. */
__u64 recorder_lost(const struct recorder *recorder);

#endif
