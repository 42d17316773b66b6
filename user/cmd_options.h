/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_options: the options of the commands. Each is written once: its name, its help, what it sets.
 * Those that several commands have stand here, the others with their command.
 */
#ifndef OOMWHY_CMD_OPTIONS_H
#define OOMWHY_CMD_OPTIONS_H

#include <stdbool.h>
#include <linux/types.h>

#include "filter.h"

#define CMD_GO_ON -1 /* no exit status: the arguments are taken */

/* What options that several commands have set. First in what a command's own options set. */
struct cmd_common {
	bool json;
	const char *node_name; /* NULL: not said */
	const char *cluster_name;
	const char *host_root; /* NULL: not said; cmd_parse() makes "" of / */
	struct filter filter;
	__u64 since_ns; /* wall clock; 0: not said */
	const char *state_dir; /* NULL: not said; "": none */
	const char *asked; /* the last NS/POD; NULL: none */
};

struct cmd_option {
	const char *name; /* NULL: only the help, as it stands there */
	char letter; /* 0: it has none */
	const char *value; /* how the help calls its value; "[=…": it may be left out, and is NULL
			      then; NULL: it takes none */
	const char *help; /* one line or more */
	/* @options: the command's, of which struct cmd_common is the first member. False: @value is
	 * none for it. */
	bool (*take)(void *options, const char *value);
};

extern const struct cmd_option cmd_output, cmd_json, cmd_node, cmd_cluster, cmd_root_of_host;
extern const struct cmd_option cmd_namespace, cmd_container, cmd_level, cmd_since, cmd_state,
	cmd_verbose;

struct cmd_syntax {
	const char *command;
	const char *about; /* before the options */
	const char *notes; /* and after them */
	const struct cmd_option *const *options; /* NULL ends them; -h is added */
	bool node_is_given; /* NODE_NAME does not say it: the lines may be another node's */
	/* Takes what is no option; NULL: it is left in argv, from optind on. */
	bool (*take_argument)(void *options, const char *text);
};

/* cmd_parse() - CMD_GO_ON, or the exit status: the help was asked for, or a mistake was told. */
int cmd_parse(const struct cmd_syntax *syntax, int argc, char **argv, void *options);

bool cmd_no_argument(void *options, const char *text);

/* cmd_take_pod() - "NS/POD", or with -n "POD". */
bool cmd_take_pod(void *options, const char *text);

/* cmd_time() - "2h" before now, or a date ("2026-11-23 10:11:12", RFC 3339); ns since 1970. */
bool cmd_time(const char *text, __u64 *ret_ns);

/* cmd_duration() - "30s", "5m", "1h", "2d"; a bare number is seconds. */
bool cmd_duration(const char *text, __u64 *ret_ns);

#endif
