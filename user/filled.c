// SPDX-License-Identifier: GPL-2.0-only
#include "filled.h"

static __u64 known_or_0(__u64 bytes)
{
	return bytes == NOT_KNOWN ? 0 : bytes;
}

static __u64 dead_pagetables(const struct incident *incident)
{
	__u64 bytes = known_or_0(incident->victim.pagetables_bytes);

	for (__u64 i = 0; i < incident->other_victims_count && i < INCIDENT_OTHER_VICTIMS_MAX; i++)
		bytes += known_or_0(incident->other_victims[i].pagetables_bytes);
	return bytes;
}

static __u64 kernel_parts(const struct memory *memory)
{
	return known_or_0(memory->slab_reclaimable_bytes) +
	       known_or_0(memory->slab_unreclaimable_bytes) +
	       known_or_0(memory->kernel_stack_bytes) + known_or_0(memory->pagetables_bytes) +
	       known_or_0(memory->percpu_bytes) + known_or_0(memory->vmalloc_bytes);
}

/* Its place; those before it are not smaller. */
static size_t add(struct filled_part *parts, size_t n, enum filled kind, __u64 bytes)
{
	size_t at = n;

	if (!bytes || bytes == NOT_KNOWN)
		return n;
	for (; at > 0 && parts[at - 1].bytes < bytes; at--)
		parts[at] = parts[at - 1];
	parts[at] = (struct filled_part){ kind, bytes };
	return n + 1;
}

/* Moves what is missing to reach @least from @from to *@bytes. */
static void take_from(__u64 *from, __u64 *bytes, __u64 least)
{
	__u64 missing = least > *bytes ? least - *bytes : 0;

	if (missing > *from)
		missing = *from;
	*from -= missing;
	*bytes += missing;
}

size_t filled_parts(const struct incident *incident, struct filled_part ret[FILLED_PARTS_MAX])
{
	const struct memory *memory = &incident->memory;
	__u64 all_kernel = known_or_0(memory->kernel_bytes), named = kernel_parts(memory);
	__u64 kernel = all_kernel > named ? all_kernel - named : 0;
	__u64 rest = known_or_0(memory->rest_bytes);
	__u64 pagetables = known_or_0(memory->pagetables_bytes), dead = dead_pagetables(incident);
	size_t n = 0;

	take_from(&kernel, &pagetables, dead);
	if (memory->kernel_bytes == NOT_KNOWN)
		take_from(&rest, &pagetables, dead);
	n = add(ret, n, FILLED_ANON, memory->anon_bytes);
	n = add(ret, n, FILLED_TMPFS, memory->shmem_bytes);
	n = add(ret, n, FILLED_FILE, memory->file_bytes);
	n = add(ret, n, FILLED_SLAB_UNRECLAIMABLE, memory->slab_unreclaimable_bytes);
	n = add(ret, n, FILLED_SLAB_RECLAIMABLE, memory->slab_reclaimable_bytes);
	n = add(ret, n, FILLED_PAGETABLES, pagetables);
	n = add(ret, n, FILLED_KERNEL_STACKS, memory->kernel_stack_bytes);
	n = add(ret, n, FILLED_SOCKETS, memory->sock_bytes);
	n = add(ret, n, FILLED_PERCPU, memory->percpu_bytes);
	n = add(ret, n, FILLED_VMALLOC, memory->vmalloc_bytes);
	n = add(ret, n, FILLED_KERNEL, kernel);
	return add(ret, n, FILLED_REST, rest);
}

unsigned int filled_percent(const struct incident *incident, __u64 bytes)
{
	__u64 usage = incident->memory.usage_bytes;

	if (usage == NOT_KNOWN || !usage || bytes == NOT_KNOWN)
		return 0;
	return bytes >= usage ? 100 : (unsigned int)((unsigned __int128)bytes * 100 / usage);
}

bool filled_is_kernel(enum filled kind)
{
	switch (kind) {
	case FILLED_SLAB_UNRECLAIMABLE:
	case FILLED_SLAB_RECLAIMABLE:
	case FILLED_PAGETABLES:
	case FILLED_KERNEL_STACKS:
	case FILLED_PERCPU:
	case FILLED_VMALLOC:
	case FILLED_KERNEL:
		return true;
	default:
		return false;
	}
}
