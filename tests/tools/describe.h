/* SPDX-License-Identifier: GPL-2.0-only */
/* describe: what the field table says, in the words of others. */
#ifndef OOMWHY_TESTS_DESCRIBE_H
#define OOMWHY_TESTS_DESCRIBE_H

/* Each writes to stdout and returns 0, or 1 when it fails. */

/* describe_schema() - the JSON Schema of all lines. */
int describe_schema(void);

/*
 * describe_manual() - the manual: what comes on stdin, with the fields where it has a line FIELDS.
 */
int describe_manual(void);

#endif
