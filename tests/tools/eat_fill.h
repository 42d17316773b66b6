/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eat_fill: the kinds of memory that `eat` can fill.
 */
#ifndef EAT_FILL_H
#define EAT_FILL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define PAGE 4096UL /* no machine has smaller ones */

/* Bytes that one page of page table maps. */
unsigned long table_span(void);

enum kind { ANON, FILE_CACHE, SHMEM, PAGETABLES, MIXED, DENTRIES, SOCKETS, TCP, CACHE };

struct eat_shared { /* what all eaters see, in whichever process they are */
	atomic_int go, holding;
	atomic_int serial; /* of an eater, from 0 */
	atomic_ulong touched; /* bytes of memory mapped and written to */
};

struct fill {
	enum kind kind;
	const char *dir;
	unsigned long size, step; /* bytes; size 0: no end */
	atomic_ulong *touched; /* bytes of memory mapped and written to, by all eaters */
};

/* By its name; false: there is no such kind. */
bool fill_kind(struct fill *f, const char *name);
/* The file that the kind needs; -1: none. */
int fill_open(const struct fill *f);
/* The next bytes, after @eaten; the program ends with status 2 when that cannot be. */
void fill_step(const struct fill *f, int fd, unsigned long eaten, unsigned long bytes);
void *fill_map(unsigned long bytes, int prot, int flags, int fd, off_t offset);

#endif
