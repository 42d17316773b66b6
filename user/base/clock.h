/* SPDX-License-Identifier: GPL-2.0-only */
/* clock: the two times that an event carries, and others of the kernel, in nanoseconds. */
#ifndef OOMWHY_CLOCK_H
#define OOMWHY_CLOCK_H

#include <linux/types.h>

__u64 clock_boot_ns(
	void); /* CLOCK_BOOTTIME: since boot, suspend included; what BPF stamps records with */
__u64 clock_wall_ns(void); /* since 1970 */
__u64 clock_monotonic_ns(void); /* since boot, without suspend */
__u64 clock_raw_ns(void); /* the same, as the hardware counts it: NTP does not slew it */

/*
 * clock_wall_of_boot() - the wall clock at a moment of the recent past. Reads both clocks each
 * time: the wall clock may have been set since.
 */
__u64 clock_wall_of_boot(__u64 boot_ns);

#endif
