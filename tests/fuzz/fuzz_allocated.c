// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/check.h"
#include "names/quantity.h"
#include "names/request.h"

/* kubelet's state, asked for the pod and the container of the seeds; and a quantity. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	json_t *pods = allocated_parse((const char *)data, size, &why);
	__u64 bytes, pod_bytes;

	check(pods || why);
	allocated_requests(pods, "uid", "cart", &bytes, &pod_bytes);
	check(bytes == NOT_KNOWN || !(bytes >> 63));
	check(pod_bytes == NOT_KNOWN || !(pod_bytes >> 63));
	json_decref(pods);
	if (quantity_read((const char *)data, size, &bytes))
		check(!(bytes >> 63));
	return 0;
}
