// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"

void check(_Bool condition)
{
	if (!condition)
		abort();
}

/* Ends within its room, and goes to a terminal or into a path as it is. */
static void check_text(const char *text, size_t size, const char *allowed)
{
	size_t len = strnlen(text, size);

	check(len < size);
	for (size_t i = 0; i < len; i++)
		check(allowed ? strchr(allowed, text[i]) != NULL : text[i] > ' ' && text[i] <= '~');
}

#define CHECK_TEXT(field, allowed) check_text(field, sizeof(field), allowed)
#define LABEL "abcdefghijklmnopqrstuvwxyz0123456789-"

void check_claim(const struct claim *claim)
{
	const struct container_names *names = &claim->names;

	CHECK_TEXT(names->namespace_name, LABEL);
	CHECK_TEXT(names->pod_name, LABEL ".");
	CHECK_TEXT(names->pod_uid, NULL);
	CHECK_TEXT(names->container_name, LABEL "._ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	CHECK_TEXT(names->image, NULL);
	check(!strstr(names->pod_name, ".."));
	check(names->restarts == NOT_KNOWN || names->restarts < 1000000000);
	check(names->oom_score_adj == NOT_KNOWN_SIGNED ||
	      (names->oom_score_adj >= -1000 && names->oom_score_adj <= 1000));
	check(names->is_sandbox == NOT_KNOWN || names->is_sandbox <= 1);
	check(names->is_sandbox != 1 || !names->container_name[0]);
	check(claim->limit_bytes != 0);
}
