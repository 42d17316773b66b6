/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gfp: the flags of an allocation, which kernels number differently, in the kernel's own words.
 */
#ifndef OOMWHY_GFP_H
#define OOMWHY_GFP_H

#include "event.h"

#define GFP_BITS 32
#define GFP_NAME_SIZE 24
#define GFP_WORDS_MAX 512

struct gfp_bits {
	char name[GFP_BITS][GFP_NAME_SIZE]; /* "IO", "FS"; "": not known */
};

struct btf;

/*
 * gfp_bits_find() - as the running kernel numbers them: its BTF has them since 772dd0342727 ("mm:
 * enumerate all gfp flags", v6.9). Before it all had the numbers that Linux 5.10 has.
 * @btf: NULL, or the kernel's
 */
void gfp_bits_find(struct gfp_bits *ret, const struct btf *btf);

/*
 * gfp_words() - "GFP_KERNEL|__GFP_ZERO"; what has no name as a number. Pure.
 * Returns @buf, which GFP_WORDS_MAX bytes are enough for.
 */
char *gfp_words(const struct gfp_bits *bits, __u64 mask, char *buf, size_t size);

/* gfp_complete() - the words beside the mask that a kill or a stall has. */
void gfp_complete(const struct gfp_bits *bits, struct event *ev);

#endif
