/* SPDX-License-Identifier: GPL-2.0-only */
/* walk: the cgroups that exist, from the mounted cgroup file system. */
#ifndef OOMWHY_WALK_H
#define OOMWHY_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "names/index.h"

/*
 * walk_find_root() - where the hierarchy of the memory controller is mounted.
 * @host_root: before the machine's own paths, "" for /; @is_v1: which kind to look for
 * Returns 0, or -ENOENT where none is mounted there.
 */
int walk_find_root(const char *host_root, bool is_v1, char *ret, size_t size);

/*
 * walk_cgroups() - put every cgroup below @root, and itself, into @index. A folder that vanishes
 * meanwhile is passed over. Returns 0 or -errno for @root itself.
 */
int walk_cgroups(const char *root, struct index *index);

/*
 * walk_children() - put the children of the cgroup @id, whose folder is @path below @root, into
 * @index, but not theirs. Returns 0 or -errno; -ESTALE if another cgroup has this path by now.
 */
int walk_children(const char *root, const char *path, __u64 id, struct index *index);

#endif
