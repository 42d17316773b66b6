// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/check.h"
#include "names/bundle.h"

#define CID "4e8a1e209b2f01b65307c1d944c45ef50fdb244a99226d0ea459bf6e2fe35f10"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct claim claim;

	claim_init(&claim);
	containerd_parse((const char *)data, size, CID, &claim);
	check_claim(&claim);
	return 0;
}
