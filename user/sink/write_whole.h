/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMWHY_WRITE_WHOLE_H
#define OOMWHY_WRITE_WHOLE_H

#include <stddef.h>

/*
 * write_whole() - write all of it, however long that takes.
 * @ret_len: how many bytes were written
 * Returns 0 or the errno that ended it.
 */
int write_whole(int fd, const char *bytes, size_t len, size_t *ret_len);

#endif
