// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdlib.h>

#include "source/record_event.h"

#define NS_PER_S 1000000000ULL
#define CLOCK_AWAY_MAX_S 10 /* jiffies begin a little later than the clock */
#define FLUSH_NEXT_S 4 /* so long after a sum its successor was due, see compat_flush_jiffies() */

void event_memcg_protection(struct event_memcg *memcg, const struct oomwhy_memcg *record,
			    __u64 page_bytes)
{
	__u64 inactive_bytes = record->inactive_file_pages * page_bytes;

	if (record->high_pages < LONG_MAX / page_bytes)
		memcg->high_bytes = record->high_pages * page_bytes;
	if (record->low_pages)
		memcg->low_bytes = record->low_pages * page_bytes;
	if (record->min_pages)
		memcg->min_bytes = record->min_pages * page_bytes;
	if (record->flags & OOMWHY_MEMCG_NO_STATS)
		return;
	/* They are not read at once: the kernel's own readers bound it so, too. */
	memcg->working_set_bytes =
		inactive_bytes < memcg->usage_bytes ? memcg->usage_bytes - inactive_bytes : 0;
}

/*
 * Jiffies a second: nobody tells. But they begin five minutes before 2^32, and go with the clock:
 * that tells which of the kernel's choices it is. 0: none.
 */
static __u64 jiffies_hz(__u64 jiffies, __u64 monotonic_ns)
{
	static const __u64 choices[] = { 100, 250, 300, 1000 };
	__s64 nearest_s = CLOCK_AWAY_MAX_S + 1;
	__u64 ret = 0;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		__u64 hz = choices[i], ticks = jiffies - (UINT_MAX + 1ULL - 300 * hz);
		__s64 away_s = llabs((__s64)(ticks / hz) - (__s64)(monotonic_ns / NS_PER_S));

		if (away_s < nearest_s) {
			nearest_s = away_s;
			ret = hz;
		}
	}
	return ret;
}

static __u64 flush_age_ns(const struct oomwhy_memory *record)
{
	__u64 hz = jiffies_hz(record->jiffies, record->monotonic_ns);
	__u64 flushed = record->flush_jiffies, age;

	if (!hz || !flushed)
		return NOT_KNOWN;
	if (record->flags & OOMWHY_MEMORY_FLUSH_NEXT)
		flushed -= FLUSH_NEXT_S * hz;
	age = record->jiffies > flushed ? record->jiffies - flushed : 0;
	/* Since boot it was not flushed: there is nothing behind that number. */
	return age / hz > record->monotonic_ns / NS_PER_S + 300 ? NOT_KNOWN : age * NS_PER_S / hz;
}

static bool is_known(const struct oomwhy_memory *record, enum oomwhy_item item)
{
	return record->known & 1ULL << item;
}

/* A sum that is made while others count may be below 0. */
static __u64 item_bytes(const struct oomwhy_memory *record, enum oomwhy_item item, __u64 unit_bytes)
{
	if (!is_known(record, item))
		return NOT_KNOWN;
	return record->items[item] > 0 ? (__u64)record->items[item] * unit_bytes : 0;
}

static __u64 known_or_0(__u64 bytes)
{
	return bytes == NOT_KNOWN ? 0 : bytes;
}

static __u64 less(__u64 from, __u64 bytes)
{
	return from == NOT_KNOWN ? NOT_KNOWN : from > bytes ? from - bytes : 0;
}

static __u64 kernel_parts(const struct memory *memory)
{
	return known_or_0(memory->slab_reclaimable_bytes) +
	       known_or_0(memory->slab_unreclaimable_bytes) +
	       known_or_0(memory->kernel_stack_bytes) + known_or_0(memory->pagetables_bytes) +
	       known_or_0(memory->percpu_bytes) + known_or_0(memory->vmalloc_bytes);
}

static void set_parts(struct memory *memory, const struct oomwhy_memory *record, __u64 page_bytes)
{
	__u64 slab_unit = record->memcg_id ? 1 : page_bytes; /* see enum oomwhy_item */

	memory->anon_bytes = item_bytes(record, OOMWHY_ANON, page_bytes);
	memory->shmem_bytes = item_bytes(record, OOMWHY_SHMEM, page_bytes);
	memory->file_bytes =
		less(item_bytes(record, OOMWHY_FILE, page_bytes), known_or_0(memory->shmem_bytes));
	memory->slab_reclaimable_bytes = item_bytes(record, OOMWHY_SLAB_RECLAIMABLE, slab_unit);
	memory->slab_unreclaimable_bytes = item_bytes(record, OOMWHY_SLAB_UNRECLAIMABLE, slab_unit);
	memory->kernel_stack_bytes = item_bytes(record, OOMWHY_KERNEL_STACK, 1024);
	memory->pagetables_bytes = item_bytes(record, OOMWHY_PAGETABLES, page_bytes);
	memory->percpu_bytes = item_bytes(record, OOMWHY_PERCPU, 1);
	memory->vmalloc_bytes = item_bytes(record, OOMWHY_VMALLOC, page_bytes);
	memory->sock_bytes = item_bytes(record, OOMWHY_SOCK, page_bytes);
	memory->swap_bytes = item_bytes(record, OOMWHY_SWAP, page_bytes);
	memory->inactive_file_bytes = item_bytes(record, OOMWHY_INACTIVE_FILE, page_bytes);
	memory->kernel_bytes = item_bytes(record, OOMWHY_KERNEL, page_bytes);
}

/* @usage_bytes: of which these are parts */
static void set_rest(struct memory *memory, __u64 usage_bytes)
{
	__u64 parts = kernel_parts(memory);

	/* All kernel memory is counted page by page, its parts are not: they may be a little more.
	 */
	if (memory->kernel_bytes != NOT_KNOWN && memory->kernel_bytes > parts)
		parts = memory->kernel_bytes;
	memory->usage_bytes = usage_bytes;
	memory->rest_bytes =
		less(usage_bytes, known_or_0(memory->anon_bytes) + known_or_0(memory->file_bytes) +
					  known_or_0(memory->shmem_bytes) +
					  known_or_0(memory->sock_bytes) + parts);
}

static void set_left(struct memory *memory, const struct oomwhy_memory *record, __u64 page_bytes)
{
	__u64 living_shmem = record->living_shmem_pages > 0 ? record->living_shmem_pages : 0;

	memory->left_bytes = less(memory->usage_bytes, record->living_pages * page_bytes);
	memory->left_shmem_bytes = less(memory->shmem_bytes, living_shmem * page_bytes);
}

static void machine_memory(struct incident *incident, const struct oomwhy_memory *record,
			   __u64 page_bytes)
{
	struct limit *host = &incident->limits.host;

	if (host->usage_bytes != NOT_KNOWN)
		host->working_set_bytes =
			less(host->usage_bytes,
			     known_or_0(item_bytes(record, OOMWHY_INACTIVE_FILE, page_bytes)));
	if (incident->limit_owner.limit_level != LIMIT_HOST)
		return;
	incident->memory.source = MEMORY_MACHINE;
	set_parts(&incident->memory, record, page_bytes);
	set_rest(&incident->memory, host->usage_bytes);
}

/* The owner's own, better than what its level told: all below it is counted. */
static void set_working_set(struct incident *incident, __u64 memcg_id)
{
	for (__u64 i = 0; i < incident->memcgs_count; i++) {
		struct event_memcg *memcg = &incident->memcgs[i];

		if (memcg->id != memcg_id || memcg->usage_bytes == NOT_KNOWN)
			continue;
		memcg->working_set_bytes =
			less(memcg->usage_bytes, incident->memory.inactive_file_bytes);
		incident->limit_owner.working_set_bytes = memcg->working_set_bytes;
	}
}

void event_from_memory(struct event *ev, const struct oomwhy_memory *record, __u64 page_bytes)
{
	struct memory *memory = &ev->incident.memory;

	if (!record->memcg_id) {
		machine_memory(&ev->incident, record, page_bytes);
		return;
	}
	memory->source = !(record->flags & OOMWHY_MEMORY_WHOLE) ? MEMORY_FLUSHED :
			 record->memcgs > 1			? MEMORY_SUM :
								  MEMORY_EXACT;
	if (memory->source == MEMORY_FLUSHED)
		memory->age_ns = flush_age_ns(record);
	memory->cgroups = record->memcgs;
	set_parts(memory, record, page_bytes);
	set_rest(memory, record->usage_pages * page_bytes);
	if (memory->source == MEMORY_SUM)
		set_left(memory, record, page_bytes);
	if (memory->source != MEMORY_FLUSHED && memory->inactive_file_bytes != NOT_KNOWN)
		set_working_set(&ev->incident, record->memcg_id);
}
