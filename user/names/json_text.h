/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json_text: JSON that somebody else wrote, read by jansson within bounds: it builds a tree in
 * memory, on a small stack.
 */
#ifndef OOMWHY_NAMES_JSON_TEXT_H
#define OOMWHY_NAMES_JSON_TEXT_H

#include <stddef.h>
#include <jansson.h>

#define JSON_TEXT_DEPTH_MAX 64
#define JSON_TEXT_VALUES_MAX 65536

/*
 * json_text_load() - an object. To be given to json_decref().
 * @ret_why: on failure why, for people; it quotes nothing of the text
 * Returns NULL when it is no object, is malformed, or passes a bound.
 */
json_t *json_text_load(const char *text, size_t len, const char **ret_why);

/* json_text_find() - what stands under the keys, from the outermost in, ended by NULL; or NULL. */
const json_t *json_text_find(const json_t *json, ...) __attribute__((sentinel));

/* json_text_get() - the string under a key of an object, which may hold NULs; NULL: there is none.
 */
const char *json_text_get(const json_t *json, const char *key, size_t *ret_len);

#endif
