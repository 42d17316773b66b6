// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "names/reader.h"

const char *roots_next(const struct roots *roots, const char *previous)
{
	const char *const *known = roots->known;

	if (roots->set)
		return previous ? NULL : roots->set;
	if (!previous)
		return *known;
	while (*known != previous)
		known++;
	return known[1];
}

static const char *reason(int err)
{
	switch (err) {
	case -EFBIG:
		return "it is too large";
	case -EINVAL:
		return "it is not a regular file";
	case -E2BIG:
		return "it has too many entries";
	default:
		return strerror(-err);
	}
}

/* One that is gone is no fault. */
static void tell(struct reader *reader, const char *path, const char *what, int err)
{
	if (err == -EACCES && reader->denied)
		++*reader->denied;
	else if (!hostfs_is_gone(err))
		log_limited(&reader->log, "%s is not %s: %s", path, what, reason(err));
}

int reader_read(struct reader *reader, const char *path, size_t max_bytes, char **ret,
		size_t *ret_len)
{
	int err = hostfs_read(&reader->fs, path, max_bytes, ret, ret_len);

	if (err) {
		*ret = NULL;
		tell(reader, path, "read", err);
	}
	return err;
}

bool reader_list(struct reader *reader, const char *path, size_t max_entries,
		 bool (*see)(void *context, const char *name, bool may_be_folder), void *context)
{
	int err = hostfs_list(&reader->fs, path, max_entries, see, context);

	if (err)
		tell(reader, path, "listed", err);
	return !err;
}

bool reader_path(char *ret, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(ret, size, fmt, args);
	va_end(args);
	return len >= 0 && (size_t)len < size;
}
