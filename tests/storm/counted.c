// SPDX-License-Identifier: GPL-2.0-only
/*
 * counted: a library that is loaded before the program's own (LD_PRELOAD), and counts what its
 * first thread allocates and opens, in a file that is mapped: STORM_COUNTED names it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counted.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

static struct counted nobody, *counted = &nobody;

static __attribute__((constructor)) void map(void)
{
	const char *path = getenv(COUNTED_ENV);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED :
			    mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		counted = at;
	if (fd >= 0)
		close(fd);
}

static void count(atomic_long *what)
{
	if (gettid() == getpid())
		atomic_fetch_add(what, 1);
}

void *malloc(size_t size)
{
	count(&counted->allocations);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count(&counted->allocations);
	return __libc_calloc(n, size);
}

void *realloc(void *at, size_t size)
{
	count(&counted->allocations);
	return __libc_realloc(at, size);
}

static int open_next(const char *name, const char *path, int flags, int mode)
{
	int (*next)(const char *, int, ...);

	*(void **)&next = dlsym(RTLD_NEXT, name);
	count(&counted->opened);
	return next(path, flags, mode);
}

#define COUNTED(name)                                       \
	int name(const char *path, int flags, ...)          \
	{                                                   \
		va_list args;                               \
		int mode;                                   \
                                                            \
		va_start(args, flags);                      \
		mode = va_arg(args, int);                   \
		va_end(args);                               \
		return open_next(#name, path, flags, mode); \
	}

COUNTED(open)
COUNTED(open64)
