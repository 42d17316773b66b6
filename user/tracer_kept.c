// SPDX-License-Identifier: GPL-2.0-only
/* tracer_kept: what is kept for those who come later. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "tracer_state.h"

#define PATIENCE_MS 2000 /* for a disk that is slow, at the end */

/* The usual folder is used where somebody has made it; one that was asked for is made. */
enum exit_status tracer_state_open(struct tracer *tracer)
{
	const char *given = tracer->options.state_dir, *path = given ? given : STATE_DEFAULT_DIR;
	int err;

	if (!*path)
		return STATUS_DONE;
	tracer->state = state_open(path, given, &err);
	if (!tracer->state && (given || err != -ENOENT))
		log_error("%s: no kills can be kept there: %s", path, strerror(-err));
	if (!tracer->state)
		return given ? STATUS_FAILED : STATUS_DONE;
	err = state_start(tracer->state);
	if (!err)
		return STATUS_DONE;
	log_error("cannot start: %s", strerror(-err));
	return STATUS_FAILED;
}

void tracer_state_keep(struct tracer *tracer, const struct event *ev)
{
	if (tracer->state)
		state_keep(tracer->state, ev);
}

bool tracer_state_close(struct tracer *tracer)
{
	__u64 lost;

	if (!tracer->state)
		return true;
	lost = state_lost(tracer->state);
	if (state_finish(tracer->state, PATIENCE_MS)) {
		log_error("%s: the disk does not answer: kills may be missing there",
			  tracer->state->path);
		return false;
	}
	lost = state_lost(tracer->state) - lost;
	if (lost)
		log_error("%s: %llu more kills are missing there", tracer->state->path,
			  (unsigned long long)lost);
	state_free(tracer->state);
	tracer->state = NULL;
	return true;
}
