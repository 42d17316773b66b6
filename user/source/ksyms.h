/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksyms: names of the kernel's functions, for stacks, and addresses of its data. Read once, before
 * the first kill.
 */
#ifndef OOMWHY_KSYMS_H
#define OOMWHY_KSYMS_H

#include <stddef.h>
#include <linux/types.h>

#include "event.h"

struct ksym {
	__u64 address;
	__u32 name; /* offset in the names */
};

struct ksyms {
	struct ksym *symbols; /* by address */
	size_t count;
	char *names; /* NUL-terminated, one after the other */
	size_t names_len;
};

/*
 * ksyms_read() - from a file like /proc/kallsyms. To be freed. Returns 0, -errno, or -EPERM where
 * the kernel shows no addresses (kernel.kptr_restrict, without CAP_SYSLOG): then stacks stay
 * numbers.
 */
int ksyms_read(struct ksyms *ret, const char *path);
void ksyms_free(struct ksyms *ksyms);

/*
 * ksyms_find() - the addresses of symbols of the kernel itself, not of its modules.
 * @path: a file like /proc/kallsyms
 * @ret: one for each of @names; 0: the kernel has no such symbol, or does not show its address
 */
void ksyms_find(const char *path, const char *const *names, __u64 *ret, size_t count);

/* ksyms_name() - the function that @address is in; NULL: not known. */
const char *ksyms_name(const struct ksyms *ksyms, __u64 address);

/*
 * ksyms_complete() - the stack of a kill's trigger, which is numbers, in names; what is not the
 * kernel's own way into the OOM killer, but ours, is left out. Nothing allocated.
 */
void ksyms_complete(const struct ksyms *ksyms, struct event *ev);

#endif
