/* SPDX-License-Identifier: GPL-2.0-only */
/* describe: what the field table says, in the words of others. */
#ifndef OOMWHY_TESTS_DESCRIBE_H
#define OOMWHY_TESTS_DESCRIBE_H

/* describe_schema() - the JSON Schema of all lines, to stdout. Returns 0, or 1 when it fails. */
int describe_schema(void);

#endif
