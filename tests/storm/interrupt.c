// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "interrupt.h"

#define PAUSE_NS 2000000

/* Other than attaching, seizing sends no signal that could be mistaken for one of ours. */
static void stop_thread(struct interrupter *interrupter, pid_t tid)
{
	int status, signal = 0;

	if (ptrace(PTRACE_SEIZE, tid, 0L, 0L))
		return;
	if (ptrace(PTRACE_INTERRUPT, tid, 0L, 0L) || waitpid(tid, &status, __WALL) != tid ||
	    !WIFSTOPPED(status))
		return; /* it has ended */
	/* A signal that came first is not to be lost. */
	if (!(status >> 16))
		signal = WSTOPSIG(status);
	if (!ptrace(PTRACE_DETACH, tid, 0L, (long)signal))
		interrupter->traces++;
}

static void stop_threads(struct interrupter *interrupter)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", interrupter->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			stop_thread(interrupter, atoi(entry->d_name));
	if (dir)
		closedir(dir);
}

static void *interrupt(void *context)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct interrupter *interrupter = context;

	while (!interrupter->ends) {
		kill(interrupter->pid, SIGSTOP);
		nanosleep(&pause, NULL);
		kill(interrupter->pid, SIGWINCH);
		kill(interrupter->pid, SIGCONT);
		interrupter->stops++;
		nanosleep(&pause, NULL);
		stop_threads(interrupter);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

void interrupter_start(struct interrupter *interrupter, pid_t pid)
{
	memset(interrupter, 0, sizeof(*interrupter));
	interrupter->pid = pid;
	assert_int_equal(pthread_create(&interrupter->thread, NULL, interrupt, interrupter), 0);
}

void interrupter_finish(struct interrupter *interrupter)
{
	interrupter->ends = true;
	pthread_join(interrupter->thread, NULL);
}
