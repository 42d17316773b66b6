/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracer: the live part. Puts the one way through together and runs it:
 *
 *     rings -> assemble -> identify -> names -> judge -> filter -> headline -> queue -> writer
 *
 * T1, the caller's thread, does all up to the queue: it allocates nothing, opens nothing and waits
 * for nobody. T2 keeps the index of cgroups. T3 is the writer.
 */
#ifndef OOMWHY_TRACER_H
#define OOMWHY_TRACER_H

#include <stdbool.h>
#include <linux/types.h>

#include "event.h"
#include "sink/metrics_http.h"
#include "filter.h"
#include "names/names.h"

struct tracer_options {
	bool json;
	bool stacks; /* the kernel stack of who asked */
	enum attach_plan attach; /* ATTACH_NONE: the best */
	__u64 count; /* end after so many incidents were told; 0: no end */
	__u64 duration_ns; /* end after this time; 0: no end */
	const char *node_name;
	const char *cluster_name; /* NULL: not said */
	const char *host_root; /* where the machine's own files are, "" for / */
	const char
		*pin_dir; /* where the kernel side is to stay when we end; NULL: it ends with us */
	const char *record; /* a file for JSON lines; NULL: none */
	__u32 ring_bytes; /* for kills that are not read yet; 0: as built */
	bool tells_past; /* first, what is known since boot */
	const char *state_dir; /* where kills are kept; NULL: in the usual folder, if it is there;
				  "": nowhere */
	struct filter filter; /* what is told of kills and stalls */
	struct metrics_address metrics; /* where to serve them; len 0: nowhere */
	struct names_roots names_roots; /* and the folders that names are read from, below it */
};

/*
 * tracer_run() - trace until the count, the duration, SIGINT, SIGTERM or the reader's end.
 * Returns the exit status of the program; what went wrong has been told on stderr.
 */
int tracer_run(const struct tracer_options *options);

#endif
