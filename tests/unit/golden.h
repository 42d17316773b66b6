/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMWHY_TESTS_GOLDEN_H
#define OOMWHY_TESTS_GOLDEN_H

#include <stddef.h>

/*
 * golden_check() - fail the test unless the golden file @name holds just these bytes.
 *
 * Golden files are in the folder OOMWHY_GOLDEN (else tests/golden); with OOMWHY_UPDATE_GOLDEN=1
 * they are written anew: read what changed.
 */
void golden_check(const char *name, const char *bytes, size_t len);

#endif
