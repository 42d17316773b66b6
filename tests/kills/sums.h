/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sums: the kernel counts its kills, of the machine and of each cgroup; what oomwhy has told, by
 * the `counted` of each victim, must add up to that. (Which fates may count is checked where a line
 * is read: killed and group, a group's first victim twice.)
 */
#ifndef KILLS_SUMS_H
#define KILLS_SUMS_H

#include "fixture.h"

/*
 * Waits for the lines that are still to come, fails the test when the sums differ: of the machine
 * since the tracer was attached, whoever made the kills; of the case's cgroups, and of @owner and
 * @victim (NULL: none), since they were made.
 */
void check_sums(struct fixture *fx, const struct cgroup *owner, const struct cgroup *victim);

#endif
