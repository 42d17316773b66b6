// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/bpf.h>

#include "source/ring.h"

/* The length with its bits, and where in the ring it is, which is the kernel's. */
#define HEADER_BYTES 8

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* One page with what was given back, one with what was written, the data, the data again. */
int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = page_bytes();
	char *shared;

	memset(ring, 0, sizeof(*ring));
	ring->size = size;
	ring->freed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->freed == MAP_FAILED) {
		ring->freed = NULL;
		return -errno;
	}
	shared = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (shared == MAP_FAILED) {
		int err = -errno;

		ring_close(ring);
		return err;
	}
	ring->written = (const __u64 *)shared;
	ring->data = shared + page;
	ring->position = *ring->freed;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring->written)
		munmap((void *)ring->written, page_bytes() + 2 * ring->size);
	if (ring->freed)
		munmap(ring->freed, page_bytes());
	memset(ring, 0, sizeof(*ring));
}

const void *ring_next(struct ring *ring, size_t *ret_size)
{
	while (ring->position < __atomic_load_n(ring->written, __ATOMIC_ACQUIRE)) {
		const char *header = ring->data + (ring->position & (ring->size - 1));
		__u32 word = __atomic_load_n((const __u32 *)header, __ATOMIC_ACQUIRE);
		size_t size = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		ring->position += (size + HEADER_BYTES + 7) & ~7ULL;
		*ret_size = size;
		if (!(word & BPF_RINGBUF_DISCARD_BIT))
			return header + HEADER_BYTES;
	}
	return NULL;
}

void ring_free(struct ring *ring, __u64 position)
{
	__atomic_store_n(ring->freed, position, __ATOMIC_RELEASE);
}
