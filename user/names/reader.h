/* SPDX-License-Identifier: GPL-2.0-only */
/* reader: what the readers of the node's files share. */
#ifndef OOMWHY_NAMES_READER_H
#define OOMWHY_NAMES_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log_limit.h"
#include "names/hostfs.h"

/* Where to look: the one folder that was set, or the known ones, one after the other. */
struct roots {
	char *set; /* NULL: the known ones */
	const char *const *known; /* ended by NULL */
};

struct reader {
	struct hostfs fs;
	struct log_limit log;
	__u64 *denied; /* NULL, or where what may not be read is counted instead of told */
	struct roots containerd, crio, docker, log_containers, log_pods, kubelet;
};

/* roots_next() - the folder after @previous (NULL: the first), or NULL. */
const char *roots_next(const struct roots *roots, const char *previous);

/*
 * reader_read() - hostfs_read(), telling on stderr why a file cannot be read. One that is gone is
 * no fault.
 * @ret: to be freed; NULL on an error, which hostfs_is_gone() tells apart
 */
int reader_read(struct reader *reader, const char *path, size_t max_bytes, char **ret,
		size_t *ret_len);

/* reader_list() - hostfs_list(), telling why a folder cannot be listed. False: it was not. */
bool reader_list(struct reader *reader, const char *path, size_t max_entries,
		 bool (*see)(void *context, const char *name, bool may_be_folder), void *context);

/* reader_path() - a path of printf's parts; false: it is too long to exist. */
bool reader_path(char *ret, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
