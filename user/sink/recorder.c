// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/recorder.h"
#include "sink/write_whole.h"

#define MODE 0640 /* names of pods are nobody's business but the administrators' */

int recorder_open(struct recorder *recorder, const char *path)
{
	memset(recorder, 0, sizeof(*recorder));
	recorder->path = path;
	recorder->fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, MODE) : -1;
	return path && recorder->fd < 0 ? -errno : 0;
}

void recorder_close(struct recorder *recorder)
{
	if (recorder->path && recorder->fd >= 0)
		close(recorder->fd);
	recorder->path = NULL;
}

/* A part of a line is none; where it cannot be taken back it at least ends. */
static void take_back(int fd, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (!len || (end >= (off_t)len && !ftruncate(fd, end - (off_t)len)))
		return;
	if (write(fd, "\n", 1) < 0)
		return; /* a pipe, or nothing works any more */
}

static void tell(struct recorder *recorder, int err)
{
	if (err && !recorder->failing) {
		recorder->lost_before = recorder->lost;
		log_error("cannot record to %s: %s; going on without", recorder->path,
			  strerror(err));
	} else if (!err && recorder->failing) {
		log_error("recording to %s again: %llu lines are missing there", recorder->path,
			  recorder->lost - recorder->lost_before);
	}
	recorder->failing = err;
}

void recorder_put(struct recorder *recorder, const char *line, size_t len, bool counts)
{
	size_t written;
	int err;

	if (!recorder->path)
		return;
	err = write_whole(recorder->fd, line, len, &written);
	if (err)
		take_back(recorder->fd, written);
	tell(recorder, err);
	if (err && counts)
		__atomic_fetch_add(&recorder->lost, 1, __ATOMIC_RELAXED);
}

__u64 recorder_lost(const struct recorder *recorder)
{
	return __atomic_load_n(&recorder->lost, __ATOMIC_RELAXED);
}
