/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostfs: the host's files, for reading, and nothing but them.
 *
 * All paths are as the host sees them, below one root. Links, absolute ones too, are followed
 * inside that root (openat2's RESOLVE_IN_ROOT), so what somebody links to elsewhere is looked for
 * below the root; links of /proc are not followed. Only regular files are read, none is waited for
 * (a FIFO has no writer), and each read has a bound.
 *
 * Errors are negative errno; nothing is logged.
 */
#ifndef OOMWHY_NAMES_HOSTFS_H
#define OOMWHY_NAMES_HOSTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define HOSTFS_PATH_MAX 4096 /* bytes of a path, its NUL included */

struct hostfs {
	int root; /* a descriptor */
};

/* What tells one state of a file from another. */
struct hostfs_stamp {
	__u64 device, inode, size_bytes;
	__s64 modified_ns, changed_ns;
};

/* hostfs_open() - @root: a folder; "" is "/". -ENOSYS or -EPERM: openat2 is not possible here. */
int hostfs_open(struct hostfs *fs, const char *root);
void hostfs_close(struct hostfs *fs);

/* hostfs_is_gone() - whether an error means that there is nothing (any more): none to be told. */
bool hostfs_is_gone(int err);

/*
 * hostfs_read() - a whole file.
 * @max_bytes: a longer one is -EFBIG
 * @ret: to be freed; ends with a NUL that @ret_len does not count
 * -EINVAL: no regular file.
 */
int hostfs_read(const struct hostfs *fs, const char *path, size_t max_bytes, char **ret,
		size_t *ret_len);

/* hostfs_stamp() - of a regular file. */
int hostfs_stamp(const struct hostfs *fs, const char *path, struct hostfs_stamp *ret);

/* hostfs_is_folder() - whether there is a folder that can be opened. */
bool hostfs_is_folder(const struct hostfs *fs, const char *path);

/*
 * hostfs_list() - the entries of a folder, in no order, without "." and "..".
 * @see: told of each, with whether it may be a folder; false ends it
 * -E2BIG: there were more than @max_entries, the rest was not seen.
 */
int hostfs_list(const struct hostfs *fs, const char *path, size_t max_entries,
		bool (*see)(void *context, const char *name, bool may_be_folder), void *context);

/* hostfs_readlink() - where a link points to, as it stands there; -ENAMETOOLONG: @size is short. */
int hostfs_readlink(const struct hostfs *fs, const char *path, char *ret, size_t size);

#endif
