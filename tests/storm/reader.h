/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader: reads all that a tracer writes, and the kernel's log beside it, in threads; and counts
 * what both have told of a storm.
 */
#ifndef STORM_READER_H
#define STORM_READER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

/* What a tracer has told. */
struct told {
	long kills; /* oom_kill lines of victims of the storm, each once */
	long other_owners; /* of these and the repeated: the limit is not the victim's own */
	long repeated; /* the same kill again */
	long killed; /* victims in all oom_kill lines that the kernel has counted, whosever */
	long lost; /* by the last line: total, and by reason */
	long lost_ring, lost_queue, lost_hooks, lost_records, lost_lines, lost_cgroups, incomplete;
	long loss_lines;
	long stop_incidents; /* -1: there is no stop line */
	double delay_ms, delay_max_ms; /* from the kill to its line: median, longest */
	long process_killed; /* lines in which the victim is the process of reader_finish() */
};

/* What had been read at some time. */
struct reader_mark {
	size_t len;
	long long ns; /* CLOCK_BOOTTIME */
};

struct reader {
	int fd;
	struct reader_mark *marks;
	size_t marks_count, marks_size;
	char *bytes;
	size_t len, size;
	atomic_bool loss_is_told; /* a line of that type has come */
	pthread_t thread;
};

/* Reads @fd to its end, from now on. */
void reader_start(struct reader *reader, int fd);
/* Waits for the end of it, and counts; @process: that is not to be killed. Fails the test where a
 * line is none. */
void reader_finish(struct reader *reader, pid_t process, struct told *ret);
void reader_free(struct reader *reader);

/* The kernel's log, from now on. */
struct log_reader {
	int fd;
	long reports; /* "oom-kill:" lines with cgroups of the storm */
	long killed; /* "Killed process" lines of its victims */
	long overrun; /* times that records were overwritten before they were read */
	atomic_bool stop;
	pthread_t thread;
};

void log_reader_start(struct log_reader *reader);
void log_reader_finish(struct log_reader *reader);

#endif
