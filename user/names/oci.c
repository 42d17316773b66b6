// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "names/json_text.h"
#include "names/oci.h"

#define ADJ_MAX 1000

void oci_set_oom_score_adj(struct claim *claim, const json_t *number)
{
	json_int_t adj = json_integer_value(number);

	if (!json_is_integer(number))
		return;
	if (adj >= -ADJ_MAX && adj <= ADJ_MAX)
		claim->names.oom_score_adj = adj;
	else if (!claim->refused)
		claim->refused = "the OOM score is out of range";
}

/* Neither 0 nor -1 is a limit. */
void oci_set_limit(struct claim *claim, const json_t *number)
{
	json_int_t limit = json_integer_value(number);

	claim->limit_bytes = limit > 0 ? (__u64)limit : NO_LIMIT;
}

void oci_set(struct claim *claim, void (*set)(struct claim *claim, const char *text, size_t len),
	     const json_t *object, const char *key)
{
	size_t len;
	const char *text = json_text_get(object, key, &len);

	set(claim, text, len);
}

bool oci_is(const json_t *object, const char *key, const char *text)
{
	size_t len;
	const char *value = json_text_get(object, key, &len);

	return value && len == strlen(text) && !memcmp(value, text, len);
}

json_t *oci_load(const char *text, size_t len, struct claim *ret)
{
	json_t *config = json_text_load(text, len, &ret->refused);

	if (!config)
		return NULL;
	oci_set_oom_score_adj(ret, json_text_find(config, "process", "oomScoreAdj", NULL));
	oci_set_limit(ret, json_text_find(config, "linux", "resources", "memory", "limit", NULL));
	return config;
}
