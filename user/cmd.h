/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd: the commands, and what their options have in common. Each takes its own arguments, argv[0]
 * being its name, and returns an exit status. */
#ifndef OOMWHY_CMD_H
#define OOMWHY_CMD_H

#include <stdbool.h>
#include <linux/types.h>

int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_last(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* cmd_usage() - tell what is wrong with the arguments. Returns STATUS_USAGE. */
int cmd_usage(const char *command, const char *problem, const char *what);

/* cmd_parse_output() - "text" or "json"; returns whether it is one of them. */
bool cmd_parse_output(const char *text, bool *ret_json);

/* cmd_parse_duration() - "30s", "5m", "1h", "2d"; a bare number is seconds. */
bool cmd_parse_duration(const char *text, __u64 *ret_ns);

/* cmd_node_name() - NODE_NAME, or NULL where it is not set or empty. */
const char *cmd_node_name(void);

/*
 * cmd_host_root() - where the machine's own / is: as @given, else (NULL) /host if it is there, else
 * /, which is "". Returns NULL where it cannot be read, told with log_error().
 */
const char *cmd_host_root(const char *given);

#endif
