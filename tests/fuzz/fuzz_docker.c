// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/check.h"
#include "names/bundle.h"

/* Each text as either of the two files. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct claim claim;

	claim_init(&claim);
	docker_parse((const char *)data, size, &claim);
	check_claim(&claim);
	claim_init(&claim);
	docker_parse_host_config((const char *)data, size, &claim);
	check_claim(&claim);
	return 0;
}
