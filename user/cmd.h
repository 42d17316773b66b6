/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd: the commands. Each takes its own arguments, argv[0] being its name, and returns an exit
 * status. */
#ifndef OOMWHY_CMD_H
#define OOMWHY_CMD_H

int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_last(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* cmd_default() - what oomwhy does without a command: the past, then as trace. */
int cmd_default(int argc, char **argv);

#endif
