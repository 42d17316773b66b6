/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gen_paths: random cgroup paths, built forwards by the rules of those who make them (kubelet,
 * systemd, the runtimes, the kernel's cgroup namespaces), each with what it means. Knows nothing of
 * place.c's way to read them.
 */
#ifndef OOMWHY_TESTS_GEN_PATHS_H
#define OOMWHY_TESTS_GEN_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "place.h"

#define GEN_DEPTH_MAX 64
#define GEN_PATH_MAX 8192

struct gen_path {
	char path[GEN_PATH_MAX];
	size_t len;
	struct place want; /* of the whole path */
	enum limit_level at[GEN_DEPTH_MAX + 1]; /* of what the first N components name */
	size_t end[GEN_DEPTH_MAX + 1]; /* bytes that the first N components take */
	int twin_root; /* depth of a cgroup root that is named "kubepods" too; else 0 */
};

/* gen_path() - the next random path; @state is the generator's whole memory. */
void gen_path(uint64_t *state, struct gen_path *ret);

uint32_t gen_below(uint64_t *state, uint32_t limit);

#endif
