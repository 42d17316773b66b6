/* SPDX-License-Identifier: GPL-2.0-only */
/* kmsg_tail: of copies of the kernel's log, made one after the other, the lines that are new. */
#ifndef OOMWHY_SOURCE_KMSG_TAIL_H
#define OOMWHY_SOURCE_KMSG_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#define KMSG_TAIL_LAST_MAX 1024 /* bytes of the last line that are compared */

struct kmsg_tail {
	char *copy; /* NULL: the log is not copied */
	char last[KMSG_TAIL_LAST_MAX]; /* the end of the last line that was seen */
	size_t last_len;
};

/* kmsg_tail_open() - all that the log has now is old. Returns 0 or -errno. */
int kmsg_tail_open(struct kmsg_tail *tail);
void kmsg_tail_close(struct kmsg_tail *tail);

/*
 * kmsg_tail_read() - copy the newest part of the log, 256 KiB of it at most.
 * @ret: where the new lines begin, in @tail's memory until the next call
 * Returns how many bytes they have, or -errno.
 * @ret_gap: what was last seen is not there any more: lines between are lost.
 */
long kmsg_tail_read(struct kmsg_tail *tail, const char **ret, bool *ret_gap);

/* kmsg_tail_new() - the same of the @len bytes that are in tail->copy. */
size_t kmsg_tail_new(struct kmsg_tail *tail, size_t len, const char **ret, bool *ret_gap);

#endif
