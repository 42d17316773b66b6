/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_explain: logs and recordings -> the same reports as live. */
#ifndef OOMWHY_CMD_EXPLAIN_H
#define OOMWHY_CMD_EXPLAIN_H

#include <stdbool.h>
#include <linux/types.h>

#include "filter.h"

struct explain_options {
	bool json;
	const struct filter *filter; /* NULL: all are told */
	__u64 since_ns, until_ns; /* wall clock; 0: not given */
	const char *node_name; /* NULL: as the log says */
	const char *cluster_name; /* NULL: not said */
	const char *host_root; /* "" for / */
	const char *state_dir; /* kills that were kept, told as well; NULL or "": none */
	const char *asked; /* for which pod; NULL: not said */
	char **files; /* "-": stdin; none: what this machine has */
	int files_count;
};

/* explain_run() - returns the exit status; what went wrong has been told on stderr. */
int explain_run(const struct explain_options *options);

#endif
