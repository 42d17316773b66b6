/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usage_files: of each sampled cgroup the file with its usage, kept open: to read it again costs a
 * tenth of what looking for it does. Only the sampler's thread comes here.
 */
#ifndef OOMWHY_HISTORY_USAGE_FILES_H
#define OOMWHY_HISTORY_USAGE_FILES_H

#include <stdbool.h>
#include <linux/types.h>

#include "history/store.h"

struct usage_files {
	int fd[STORE_SLOTS]; /* of the cgroup in that slot; -1: not kept */
	int open, max;
};

/* usage_files_init() - keeps none. */
void usage_files_init(struct usage_files *files);

/* usage_files_allow() - keep as many as the process may have open, leaving room for others. */
void usage_files_allow(struct usage_files *files);

void usage_files_free(struct usage_files *files);

/*
 * usage_files_read() - usage of the cgroup in slot @index.
 * Returns 0; -EBADF: the file is not kept; -ENODEV: the cgroup is gone, and with it the file.
 */
int usage_files_read(struct usage_files *files, int index, __u64 *ret_bytes);

/* usage_files_keep() - that of the cgroup @id in the folder @path, if there is room for it. */
void usage_files_keep(struct usage_files *files, int index, const char *path, __u64 id, bool is_v1);

/* usage_files_drop() - the slot is another cgroup's from now on. */
void usage_files_drop(struct usage_files *files, int index);

#endif
