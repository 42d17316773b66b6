/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner: the assembler's part that asks whose limit it was: known from the DECISION and checked, or
 * inferred, and what hangs on it: the lowered limit, the owner's children, the group that dies.
 *
 * A level is an index in the victim's chain of memcgs; -1: none of them, or not known.
 */
#ifndef OOMWHY_OWNER_H
#define OOMWHY_OWNER_H

#include "source/assemble.h"

/* owner_level_of() - level of memcg @id in @chain; an id of 0 has none. */
int owner_level_of(const struct oomwhy_chain *chain, __u64 id);

/* owner_find() - level of the limit's owner in the first victim's chain; writes the evidence. */
int owner_find(struct assembler *as, const struct oomwhy_victim *record);

/* owner_take() - write what is known of the owner at level @owner into the open incident. */
void owner_take(struct assembler *as, const struct oomwhy_victim *record, int owner);

/*
 * owner_settle_only() - there is no new victim, but the limit was hit and counted: that must not be
 * taken for the next one's.
 */
void owner_settle_only(struct assembler *as, const struct oomwhy_victim *record);

#endif
