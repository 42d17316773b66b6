/* SPDX-License-Identifier: GPL-2.0-only */
/* program: oomwhy run to its end, and what it wrote. */
#ifndef KILLS_PROGRAM_H
#define KILLS_PROGRAM_H

#include <jansson.h>
#include <sys/types.h>

/*
 * Runs `oomwhy @args…` (NULL ends them) with @stdin_fd (-1: ours); with --attach from OOMWHY_ATTACH
 * where @attaches. Returns its stdout, which the next call overwrites; the test fails unless it
 * exits with 0 or 4.
 */
char *program_run(const char *const *args, int stdin_fd, int attaches, int *ret_status);

/* The oom_kill line of the process @pid, or @tid (0: none); NULL. To be released. That there is
 * only one is checked. @text is overwritten. */
json_t *program_kill_of(char *text, pid_t pid, pid_t tid);

#endif
