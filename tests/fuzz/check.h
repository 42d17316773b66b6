/* SPDX-License-Identifier: GPL-2.0-only */
/* check: what holds of a claim, whatever text it was read from. */
#ifndef OOMWHY_TESTS_FUZZ_CHECK_H
#define OOMWHY_TESTS_FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "names/claim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* check_claim() - ends the fuzzer where a name could not be one, or a number is out of range. */
void check_claim(const struct claim *claim);

void check(_Bool condition);

#endif
