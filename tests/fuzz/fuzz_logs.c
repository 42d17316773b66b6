// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "names/logs.h"

/* The name of a link, a folder or a file, or where a link points to; the ID is its first bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), id[9];
	struct claim claim;
	__u64 restarts;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(id, 0, sizeof(id));
	memcpy(id, text, size < 8 ? size : 8);
	if (log_parse_folder(text, &claim))
		check(claim_has_pod(&claim) && claim.names.pod_uid[0] && !claim.refused);
	check_claim(&claim);
	if (log_parse_target(text, &claim))
		check(claim_has_pod(&claim) && claim.names.container_name[0] && !claim.refused);
	check_claim(&claim);
	if (size >= 8 && log_parse_link(text + 8, id, &claim))
		check(claim_has_pod(&claim) && claim.names.container_name[0] && !claim.refused);
	if (log_parse_file(text, &restarts))
		check(restarts < 1000000000);
	free(text);
	return 0;
}
