/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer: the thread (T3) that formats events and writes them to stdout, each at once and whole. It
 * alone may wait for a slow reader.
 */
#ifndef OOMWHY_WRITER_H
#define OOMWHY_WRITER_H

#include <pthread.h>
#include <stdbool.h>

#include "queue.h"
#include "sink/recorder.h"
#include "sink/text.h"

struct writer {
	struct queue *queue;
	bool json;
	struct text_style style; /* of text */
	int fd;
	struct recorder recorder; /* beside it; opened by the caller */
	int stopped_fd; /* an eventfd: told when nobody reads any more */
	__u64 written; /* events; atomic */
	bool ends_line; /* who came before us may have left a part of one */
	__u64 *writing; /* bool, for who comes after us: a line may be there in part; NULL: nobody
			 */
	int error; /* 0, or the errno that ended it (EPIPE: the reader has gone) */
	pthread_t thread;
	struct event ev;
	char buf[TEXT_WRITE_MAX];
};

/* writer_written() - so many events are written, or nobody ever reads them. */
__u64 writer_written(const struct writer *writer);

/* writer_start() - begins writing what comes into @writer->queue. Returns 0 or -errno. */
int writer_start(struct writer *writer);

/*
 * writer_finish() - waits until all of the closed queue is written, at most @timeout_ms: a reader
 * that has stopped reading must not keep the program from ending. Returns 0, -ETIMEDOUT, or the
 * error of writing.
 */
int writer_finish(struct writer *writer, int timeout_ms);

#endif
