/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pins: --pin's folder in a BPF file system, in which the kernel side outlives us. One process at a
 * time reads it.
 *
 * It holds sets (pin_set.h), in folders that are numbered as they were made. The last one is that
 * of the programs that run; what is left in the rings of those before it is read first, then they
 * are removed. Another version's programs are replaced so: the new ones are attached and pinned,
 * both send for a moment, the old ones are detached, and a victim that both have seen is told once.
 *
 * Killed at any moment, a process leaves a folder that the next one can go on with: a set is made
 * under another name and renamed when it is whole, and nothing is given back of a ring before it is
 * told.
 */
#ifndef OOMWHY_PINS_H
#define OOMWHY_PINS_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "source/pin_set.h"

#define PINS_DIR "/sys/fs/bpf/oomwhy"
#define PINS_SETS_MAX 8
#define PINS_LINKS_MAX 48

struct pins {
	char path[256];
	int fd; /* locked */
	/* Oldest first. Those that were removed stay open. */
	struct pin_set sets[PINS_SETS_MAX];
	__u32 count;
	__u32 reading; /* the set whose ring is being read */
	__u32 removed; /* so many of the first are gone */
	bool is_adopted; /* the programs that run are others' */
	bool has_replaced; /* and those that ran were */
	bool was_writing; /* who came before us was killed amid a line */
	__u64 unread; /* victims whose records are of a version that we cannot read */
};

/* pins_dir_is_sound() - an absolute path that does not end in '/'. */
bool pins_dir_is_sound(const char *dir);

/* What is to be kept of freshly attached programs. All is the caller's. */
struct pin_content {
	__u64 fingerprint;
	enum attach_plan attach;
	const char *version;
	int kill_ring, cgroup_ring, counters, attempts;
	int candidates; /* -1: none */
	struct {
		const char *name;
		int fd;
	} link[PINS_LINKS_MAX];
	int links;
};

/* Where in all the rings: each record before it was read. */
struct pin_mark {
	__u32 set;
	__u64 position;
};

/*
 * pins_open() - lock @dir, make it if need be, and look at what is there. Returns 0 and *@ret, to
 * be closed by the caller; or -errno, and why was told on stderr.
 */
int pins_open(const char *dir, struct pins **ret);
void pins_close(struct pins *pins);

/* pins_adopt() - take the last set for ours if its programs are those; NULL: they are not. */
const struct pin_set *pins_adopt(struct pins *pins, __u64 fingerprint);

/*
 * pins_add() - pin what was attached as the last set.
 * Returns 0, -EOPNOTSUPP where the kernel pins no such links (kprobes before Linux 5.15), or
 * -errno.
 */
int pins_add(struct pins *pins, const struct pin_content *content);

/* pins_settle() - the last set's programs run: those of all others end. */
void pins_settle(struct pins *pins);

/* pins_remove() - all there is in @dir, and @dir. Returns 0 or -errno; -EBUSY: somebody reads it.
 */
int pins_remove(const char *dir);

/* What doctor tells. */
struct pins_look {
	int error; /* 0: there are pins; -ENOENT: there are none; else why nobody knows */
	bool is_read; /* somebody reads them now */
	__u64 made_ns; /* CLOCK_BOOTTIME; of the last set, as is all that follows */
	enum attach_plan attach;
	char version[PIN_NAME_MAX];
	__u64 waiting_bytes; /* in all kill rings */
};

/* pins_look() - changes nothing. */
void pins_look(const char *dir, struct pins_look *ret);

/* ---- reading; all of it T1's (pins_read.c) ---- */

/* pins_saved() - what the assembler knew where reading begins; NULL: nobody has said. */
const struct assemble_saved *pins_saved(const struct pins *pins);

/* pins_first_ns() - boot time of the first record that waits; NOT_KNOWN: none does. */
__u64 pins_first_ns(const struct pins *pins);

/* pins_next() - the next record of one ring, see ring_next(). */
const void *pins_next(struct pins *pins, size_t *ret_size);

/* pins_cross() - on to the ring of the next set; false: this is the last. */
bool pins_cross(struct pins *pins);

/* pins_mark() - where reading has come to. */
struct pin_mark pins_mark(const struct pins *pins);

/* pins_release() - all before @mark is told; @reported: of each counter, as pins_counter() gave it.
 */
void pins_release(struct pins *pins, struct pin_mark mark, const __u64 reported[OOMWHY_COUNTERS],
		  bool downtime_is_told, const struct assemble_saved *assembler);

/* pins_counter() - what nobody has told of one of enum oomwhy_counter; of lost kills: since we
 * came. */
__u64 pins_counter(const struct pins *pins, int counter);

/* pins_downtime() - what nobody has told of kills that were lost before we came. */
__u64 pins_downtime(const struct pins *pins);

/* pins_writing() - shared: bool, a line is being written. */
__u64 *pins_writing(const struct pins *pins);

#endif
