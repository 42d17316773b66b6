/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claim: what one file says of one container, before it is believed.
 *
 * A reader fills it from text that anybody may have written. claim_set_*() take only what
 * Kubernetes itself would accept as such a name; the first thing that is refused stays in
 * `refused`, and the claim is then worth nothing. Pure.
 */
#ifndef OOMWHY_NAMES_CLAIM_H
#define OOMWHY_NAMES_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "names/names.h"

struct claim {
	struct container_names names; /* source and request are not the readers' */
	__u64 limit_bytes; /* the memory limit that the runtime was told; NO_LIMIT, NOT_KNOWN */
	const char *refused; /* what was wrong, for a line on stderr; NULL: nothing */
};

void claim_init(struct claim *claim);

/* Text with its length, since it may hold NULs; NULL: not said, and that is no fault. */
void claim_set_namespace(struct claim *claim, const char *text, size_t len);
void claim_set_pod(struct claim *claim, const char *text, size_t len);
void claim_set_pod_uid(struct claim *claim, const char *text, size_t len);
void claim_set_container(struct claim *claim, const char *text, size_t len);
void claim_set_image(struct claim *claim, const char *text, size_t len);
void claim_set_restarts(struct claim *claim, const char *text, size_t len);

/* claim_set_machine_container() - the name of a container that is in no pod: docker's rules. */
void claim_set_machine_container(struct claim *claim, const char *text, size_t len);

bool claim_has_pod(const struct claim *claim); /* namespace and pod */

/* claim_number() - @text is a decimal number without sign or blanks, at most 9 digits. */
bool claim_number(const char *text, size_t len, __u64 *ret);

#endif
