// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdbool.h>

#include "names/json_text.h"

/* Whether the text stays within the bounds; jansson says whether it is JSON. */
static const char *bound_passed(const char *text, size_t len)
{
	size_t depth = 0, values = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && text[i] == '\\') {
			i++;
			continue;
		}
		if (text[i] == '"')
			in_string = !in_string;
		if (in_string)
			continue;
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth)
			depth--;
		else if (text[i] != ',')
			continue;
		values++;
		if (depth > JSON_TEXT_DEPTH_MAX)
			return "it is nested too deeply";
		if (values > JSON_TEXT_VALUES_MAX)
			return "it has too many values";
	}
	return NULL;
}

json_t *json_text_load(const char *text, size_t len, const char **ret_why)
{
	json_t *json;

	*ret_why = bound_passed(text, len);
	if (*ret_why)
		return NULL;
	/* A NUL in one string does not make the others worthless. */
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (json_is_object(json))
		return json;
	json_decref(json);
	*ret_why = len ? "it is not a JSON object" : "it is empty";
	return NULL;
}

const json_t *json_text_find(const json_t *json, ...)
{
	const char *key;
	va_list keys;

	va_start(keys, json);
	while (json && (key = va_arg(keys, const char *)))
		json = json_object_get(json, key);
	va_end(keys);
	return json;
}

const char *json_text_get(const json_t *json, const char *key, size_t *ret_len)
{
	const json_t *text = json_object_get(json, key);

	*ret_len = json_string_length(text);
	return json_string_value(text);
}
