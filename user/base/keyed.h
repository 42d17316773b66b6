/* SPDX-License-Identifier: GPL-2.0-only */
/* keyed: files of "key value" lines, as /proc/vmstat and a cgroup's memory.events are. */
#ifndef OOMWHY_KEYED_H
#define OOMWHY_KEYED_H

#include <stdbool.h>
#include <linux/types.h>

/* keyed_read() - the number at @key of the file @name below @folder_fd (or AT_FDCWD). */
bool keyed_read(int folder_fd, const char *name, const char *key, __u64 *ret);

#endif
