/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interrupt: a thread that makes each system call of a process end early, again and again: it stops
 * the process and lets it go on, and stops each of its threads as a debugger does.
 */
#ifndef STORM_INTERRUPT_H
#define STORM_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct interrupter {
	pid_t pid; /* a child of ours */
	atomic_long stops; /* of the process */
	atomic_long traces; /* of single threads; 0: we may not */
	atomic_bool ends;
	pthread_t thread;
};

void interrupter_start(struct interrupter *interrupter, pid_t pid);
void interrupter_finish(struct interrupter *interrupter);

#endif
