/* SPDX-License-Identifier: GPL-2.0-only */
/* hash: 64-bit FNV-1a, for keys of tables in memory; whoever chooses the bytes can make two equal.
 */
#ifndef OOMWHY_HASH_H
#define OOMWHY_HASH_H

#include <stddef.h>
#include <linux/types.h>

#define HASH_BEGIN 0xcbf29ce484222325ULL
#define HASH_PRIME 0x100000001b3ULL

/* hash_add() - @hash: HASH_BEGIN, or what was returned for the bytes before these. */
static inline __u64 hash_add(__u64 hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * HASH_PRIME;
	return hash;
}

/* hash_key() - of these bytes alone, and never 0: that is an empty place. */
static inline __u64 hash_key(const void *bytes, size_t len)
{
	__u64 hash = hash_add(HASH_BEGIN, bytes, len);

	return hash ? hash : 1;
}

#endif
