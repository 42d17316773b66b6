/* SPDX-License-Identifier: GPL-2.0-only */
/* oci: what every OCI config.json tells in the same way, whoever wrote it. */
#ifndef OOMWHY_NAMES_OCI_H
#define OOMWHY_NAMES_OCI_H

#include <jansson.h>

#include "names/claim.h"

/*
 * oci_load() - read a config.json: the OOM score and the memory limit go to @ret.
 * Returns the whole, to be given to json_decref(); NULL: @ret says what was refused.
 */
json_t *oci_load(const char *text, size_t len, struct claim *ret);

/* oci_set() - hand the string under @key to a setter of claim.h. */
void oci_set(struct claim *claim, void (*set)(struct claim *claim, const char *text, size_t len),
	     const json_t *object, const char *key);

/* oci_is() - whether @key's string is @text. */
bool oci_is(const json_t *object, const char *key, const char *text);

/* oci_set_oom_score_adj(), oci_set_limit() - of a number; one that is missing is not known. */
void oci_set_oom_score_adj(struct claim *claim, const json_t *number);
void oci_set_limit(struct claim *claim, const json_t *number);

#endif
