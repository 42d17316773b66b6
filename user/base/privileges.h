/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * privileges: what the kernel still lets a thread do, once all that needs capabilities is done.
 *
 * Capabilities are a thread's, not a process's: each gives its own up. From then on bpf() fails, on
 * Linux 5.10 every call of it. So everything is loaded and attached before, counters are read from
 * shared memory, and rings are read without it.
 */
#ifndef OOMWHY_PRIVILEGES_H
#define OOMWHY_PRIVILEGES_H

#include <linux/capability.h>
#include <linux/types.h>

/* A bit for each capability. */
#define PRIVILEGES_NONE 0ULL
/* Folders of runtimes and of kubelet that are root's, or in user namespaces somebody else's. */
#define PRIVILEGES_READ_FILES (1ULL << CAP_DAC_READ_SEARCH)

/* syslog(2), each time, if kernel.dmesg_restrict is 1. */
#define PRIVILEGES_COPY_LOG (1ULL << CAP_SYSLOG)

/*
 * privileges_keep() - this thread has none but @kept from now on, as far as it has them now, and
 * cannot get any back, by no program either. Returns 0 or -errno.
 */
int privileges_keep(__u64 kept);

/* privileges_effective() - what the kernel checks against; read from /proc. 0 where it is not. */
__u64 privileges_effective(void);

#endif
