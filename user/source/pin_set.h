/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin_set: what one run of the kernel side keeps in a folder of a BPF file system: its maps, the
 * links that keep its programs attached, and a map of user space's own, the state. While it is
 * there the kernel goes on sending, whether anybody reads or not.
 */
#ifndef OOMWHY_PIN_SET_H
#define OOMWHY_PIN_SET_H

#include <stdbool.h>
#include <linux/types.h>

#include "oomwhy_record.h"
#include "source/assemble_saved.h"
#include "source/ring.h"

#define PIN_NAME_MAX 64
#define PIN_FILES_MAX 64
#define PIN_COUNTERS_MAX 8

/* As of one position of the kill ring. Two of them take turns, so that one is always whole. */
struct pin_saved {
	__u64 serial; /* the higher one is the newer; 0: none */
	__u64 position;
	__u64 told[PIN_COUNTERS_MAX]; /* of the kernel's counters: so much was told */
	struct assemble_saved assembler;
};

/* Value of the map `state`. All before `saved` is the same in each version. */
struct pin_state {
	__u64 magic;
	__u64 size; /* of the whole, in the version that made it */
	__u64 fingerprint; /* of the programs and how they were chosen */
	__u32 record_version; /* OOMWHY_RECORD_VERSION */
	__u32 attach; /* enum attach_plan */
	__u64 links;
	__u64 made_ns; /* CLOCK_BOOTTIME */
	char version[PIN_NAME_MAX]; /* of oomwhy */
	__u64 writing; /* bool: a line is being written to stdout */
	struct pin_saved saved[2];
};

#define PIN_STATE_MAGIC 0x70796877006d6f01ULL

struct pin_set {
	int parent_fd, dir_fd;
	char name[16]; /* of its folder */
	char files[PIN_FILES_MAX][PIN_NAME_MAX];
	int files_count;
	__u64 links; /* that are there */
	int kill_ring, cgroup_ring, counters, attempts; /* descriptors of its maps */
	int candidates; /* -1: none */
	struct ring ring;
	const __u64 *counts; /* shared with the kernel */
	struct pin_state *state; /* shared with those before us and after us */
	size_t state_bytes;
	const struct pin_saved *saved; /* as of what was given back of the ring; NULL: none */
	__u64 at_start[OOMWHY_COUNTERS]; /* the counters when we came */
	__u64 told[OOMWHY_COUNTERS]; /* of these, what others have told */
};

/* pin_set_open() - the set in the folder @name of @parent_fd, which stays the caller's. -errno. */
int pin_set_open(int parent_fd, const char *path, const char *name, struct pin_set *ret);
void pin_set_close(struct pin_set *set);

/* pin_set_count() - take the counters as they are now for those of the start. */
void pin_set_count(struct pin_set *set);

/* pin_set_detach() - its programs send no more, from a moment after this on. */
void pin_set_detach(struct pin_set *set);

/* pin_set_remove() - all of it, from the file system; no memory, no descriptor is needed. */
int pin_set_remove(struct pin_set *set);

/* pin_set_remove_at() - the same for a folder that need not be a whole set. Returns 0 or -errno. */
int pin_set_remove_at(int parent_fd, const char *name);

/* pin_set_save() - what was given back of the ring, and what goes with it, at once. */
void pin_set_save(struct pin_set *set, __u64 position, const __u64 told[OOMWHY_COUNTERS],
		  const struct assemble_saved *assembler);

#endif
