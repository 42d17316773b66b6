/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle: a container as its runtime's own folder of it tells.
 *
 * bundle_look_up() finds and reads the file; the parsers below are pure and take any text.
 */
#ifndef OOMWHY_NAMES_BUNDLE_H
#define OOMWHY_NAMES_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "names/claim.h"
#include "names/reader.h"
#include "place.h"

enum bundle {
	BUNDLE_NONE, /* no file is there */
	BUNDLE_REFUSED, /* it cannot be read or is not believed: told on stderr */
	BUNDLE_FOUND,
};

/* bundle_look_up() - the claim of the container of @place. */
enum bundle bundle_look_up(struct reader *reader, const struct place *place, struct claim *ret);

/* bundle_roots_exist() - whether the folder of a runtime that may have made it is there to see. */
bool bundle_roots_exist(struct reader *reader, const struct place *place);

/*
 * What the text says goes to @ret, which claim_init() has seen.
 * @container_id: whose it is: a sandbox is its own sandbox
 */
void containerd_parse(const char *text, size_t len, const char *container_id, struct claim *ret);
void crio_parse(const char *text, size_t len, const char *container_id, struct claim *ret);

/* docker: config.v2.json, and the hostconfig.json beside it. */
void docker_parse(const char *text, size_t len, struct claim *ret);
void docker_parse_host_config(const char *text, size_t len, struct claim *ret);

#endif
