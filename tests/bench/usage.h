/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usage: what the tracer has used of the machine so far: the CPU time of its threads, and that of
 * its programs in the kernel, which other processes spend.
 */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <sys/types.h>

struct usage {
	double first_thread_us; /* T1: from record to queue */
	double all_threads_us;
	double kernel_us; /* of its BPF programs */
};

/* Has the kernel measure BPF programs' time until the process ends; -errno. */
int usage_measure_kernel(void);
/* Fails the test when there is no such process. */
struct usage usage_of(pid_t pid);

#endif
