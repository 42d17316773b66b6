/* SPDX-License-Identifier: GPL-2.0-only */
/* machine: what is constant of this machine and this boot, read once at start. */
#ifndef OOMWHY_MACHINE_H
#define OOMWHY_MACHINE_H

#include <linux/types.h>

struct machine {
	__u64 page_bytes;
	__u64 memory_total_bytes; /* 0: not known */
	int cpus;
	char boot_id[37]; /* "" where it cannot be read */
	char kernel[65]; /* release */
	char host_name[65];
};

void machine_read(struct machine *ret);

#endif
