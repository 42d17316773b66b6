/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_filler: a thread that keeps the hash maps of a tracer full of other entries than its own: the
 * kernel throws out the least used ones (BPF_MAP_TYPE_LRU_HASH), which may be any.
 */
#ifndef STORM_MAP_FILLER_H
#define STORM_MAP_FILLER_H

#include <pthread.h>
#include <stdatomic.h>
#include <linux/types.h>
#include <sys/types.h>

#define MAP_FILLER_MAX 16

struct map_filler {
	struct {
		int fd;
		__u32 entries;
	} maps[MAP_FILLER_MAX];
	int count;
	atomic_long rounds;
	atomic_bool ends;
	pthread_t thread;
};

/* They are full when it returns. Fails the test where a key is no number. */
void map_filler_start(struct map_filler *filler, pid_t pid);
void map_filler_finish(struct map_filler *filler);

#endif
