/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf: loads and attaches the kernel side and hands out what its two rings hold. */
#ifndef OOMWHY_SOURCE_BPF_H
#define OOMWHY_SOURCE_BPF_H

#include <stddef.h>

#include "candidates.h"
#include "event.h"
#include "oomwhy_record.h"
#include "source/pins.h"
#include "source/probe.h"

struct bpf_source;

struct bpf_handlers {
	void (*kill)(void *context, const void *record, size_t size); /* of the kill ring */
	void *kill_context;
	void (*cgroup)(void *context, const void *record, size_t size); /* of the lifecycle ring */
	void *cgroup_context;
	/* Before anything is attached: a memcg that has OOMs already. May come more than once for
	 * one. */
	void (*baseline)(void *context, __u64 id, __u64 oom_events);
	void *baseline_context;
	__u32 kill_ring_bytes; /* a power of two of pages; 0: as built */
};

/*
 * bpf_source__open() - load and attach everything for @plan, or nothing.
 * @pins: keep it there when we end, or take over what is there; the caller's. NULL: nothing stays
 * Returns 0 and *@ret, to be closed by the caller, or -errno; what failed is told with log_debug().
 */
int bpf_source__open(const struct probe *probe, enum attach_plan plan,
		     const struct bpf_handlers *handlers, struct pins *pins,
		     struct bpf_source **ret);
void bpf_source__close(struct bpf_source *source);

/* Descriptors that become readable when a ring holds something. Of pins the kill ring's stays so
 * until it is given back: it has to be watched with EPOLLET. */
int bpf_source__kill_fd(const struct bpf_source *source);
int bpf_source__cgroup_fd(const struct bpf_source *source);

/* Hand all that is there to the handler. Allocates nothing, waits for nobody. Kills of pins are
 * read with pins_next(). */
void bpf_source__consume_kills(struct bpf_source *source);
void bpf_source__consume_cgroups(struct bpf_source *source);

/* bpf_source__candidates() - see bpf_history_candidates(). */
int bpf_source__candidates(struct bpf_source *source, struct candidates *candidates);

/* bpf_source__ring_bytes() - sizes of the two rings; not of pins. */
void bpf_source__ring_bytes(const struct bpf_source *source, __u64 *ret_kills, __u64 *ret_cgroups);

/* bpf_source__attempts() - @slot of the kernel's count of attempts to kill where nothing may be
 * killed; read without bpf(). */
struct oomwhy_attempts bpf_source__attempts(const struct bpf_source *source, __u32 slot);

/* bpf_source__counter() - one of enum oomwhy_counter, read without bpf(); of pins see
 * pins_counter(). Without a @source: 0. */
__u64 bpf_source__counter(const struct bpf_source *source, int counter);

#endif
