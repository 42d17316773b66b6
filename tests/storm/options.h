/* SPDX-License-Identifier: GPL-2.0-only */
/* options: of the storm's command line. */
#ifndef STORM_OPTIONS_H
#define STORM_OPTIONS_H

struct options {
	int kills, memcgs, churn, stalled, host, limit; /* 0: not asked for */
	int lost; /* so many may be */
	const char *counted_lib; /* borrowed; NULL: none */
};

/* options_parse() - 0, or 2 for an exit status: what they may be has been told. */
int options_parse(int argc, char **argv, struct options *ret);

#endif
