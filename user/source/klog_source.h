/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_source: the bytes of a log, from a file, a pipe, packed with gzip or not. */
#ifndef OOMWHY_KLOG_SOURCE_H
#define OOMWHY_KLOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

struct klog_source;

/*
 * klog_source_open() - of an open file, which stays the caller's.
 * Returns 0, -errno of reading, or -ENOTSUP: packed in another way, *@ret_packed says which.
 */
int klog_source_open(int fd, struct klog_source **ret, const char **ret_packed);
void klog_source_close(struct klog_source *source);

/* klog_source_read() - as read(): bytes, 0 at the end, -errno; -EBADMSG: damaged or cut. */
ssize_t klog_source_read(struct klog_source *source, char *buf, size_t size);

/* klog_source_peek() - the first bytes, which will be read all the same. */
size_t klog_source_peek(struct klog_source *source, const char **ret);

#endif
