/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracer: a running `oomwhy trace` and the lines that it prints. Every line is checked against what
 * design.md promises of every line; a broken one fails the test that reads it.
 */
#ifndef KILLS_TRACER_H
#define KILLS_TRACER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "facts.h"
#include "line.h"

#define TRACER_START_MS 120000 /* loading takes seconds under software emulation */
#define TRACER_LINE_MS 15000

struct tracer {
	pid_t pid; /* 0: not running */
	int out_fd, err_fd;
	char attach[24]; /* the plan that the start line names */
	bool mixed; /* the plan changes while it runs: its lines are not held to the facts */
	char *buf;
	size_t len;
	long long read_ns; /* CLOCK_BOOTTIME of the last read */
	bool eof;
	int status; /* as wait() gives it */
	int kills; /* oom_kill lines so far */
	long long counted; /* kills that the kernel has counted, by these lines */
	json_t *seen; /* every line so far */
};

/* Starts `oomwhy trace @args…` (NULL ends them), with --attach from OOMWHY_ATTACH; -errno. */
int tracer_start(struct tracer *t, const char *const *args);
/* The same without "trace": it first tells what was before. */
int tracer_start_whole(struct tracer *t, const char *const *args);
/* The same in the cgroup that @procs_fd is the cgroup.procs of, and in a cgroup namespace of its
 * own whose root that is; -1: where we are. */
int tracer_start_in(struct tracer *t, const char *const *args, int procs_fd);
/* Reads the start line; fails the test when it does not come. */
void tracer_wait_attached(struct tracer *t);
/* The next line, borrowed; NULL after @timeout_ms or at the end. */
json_t *tracer_line(struct tracer *t, int timeout_ms);
/* The oom_kill line of this victim, borrowed, whether it was read already or is still to come;
 * NULL, with what there is instead printed, when it does not come. */
json_t *tracer_kill_of(struct tracer *t, pid_t victim, int timeout_ms);
/* The first line of that type from the @from-th line on, with that id unless it is NULL; borrowed.
 * NULL, with what there is instead printed, when it does not come. */
json_t *tracer_line_of(struct tracer *t, size_t from, const char *type, const char *id,
		       int timeout_ms);
/* Sends @sig (0: none), reads what is left, waits; the exit status, or -1 when it had to be killed.
 */
int tracer_stop(struct tracer *t, int sig);
/* Closes our end of its stdout. */
void tracer_close_pipe(struct tracer *t);
bool tracer_runs(struct tracer *t);
/* What it wrote to stderr and its last lines: for a test that fails. */
void tracer_print(struct tracer *t);
void tracer_free(struct tracer *t);

/* Raw text until the end or until @needle is in it (text mode); the text so far. */
const char *tracer_text(struct tracer *t, const char *needle, int timeout_ms);
/* Waits until the number of its BPF links stays: text mode does not say when it is attached. */
void tracer_wait_links(struct tracer *t);

/* What plans can tell, and what was told so far by all tracers; main fills it. */
struct facts *tracer_facts(void);
/* The evidence that the plan in use can give. */
const char *tracer_evidence(const struct tracer *t);

/* Of the process's memory, what is in RAM. */
long tracer_rss_kib(const struct tracer *t);

#endif
