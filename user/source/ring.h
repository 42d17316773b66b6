/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring: reads a BPF ring buffer without giving back what was read.
 *
 * libbpf's reader frees a record as soon as its callback returns. Who may be killed before he has
 * told what he read, and be followed by another reader of the same ring, frees it himself, later.
 *
 * Reading is done in shared memory: no system call, so it goes on after bpf() is forbidden.
 */
#ifndef OOMWHY_RING_H
#define OOMWHY_RING_H

#include <stddef.h>
#include <linux/types.h>

struct ring {
	__u64 *freed; /* shared: bytes of the stream that were given back */
	const __u64 *written; /* shared: bytes of the stream that the kernel has begun to write */
	const char *data; /* mapped twice, so that a record never wraps */
	size_t size;
	__u64 position; /* bytes of the stream that were read */
};

/*
 * ring_open() - map the ring buffer @fd of @size bytes; reading begins at what was given back last.
 * @fd stays the caller's. Returns 0 or -errno.
 */
int ring_open(struct ring *ring, int fd, size_t size);

/* ring_close() - unmap it; nothing is given back. One that was never opened is all zero. */
void ring_close(struct ring *ring);

/*
 * ring_next() - the next record and its @ret_size in bytes; NULL: none is there, or one that is
 * still being written is. It stays as it is until it is given back.
 */
const void *ring_next(struct ring *ring, size_t *ret_size);

/* ring_free() - give back all before @position. */
void ring_free(struct ring *ring, __u64 position);

#endif
