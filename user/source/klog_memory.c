// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog_memory: the memory table of the log in the model's words. The kernel sums up all below the
 * owner for it; before 5.3 each cgroup has a line of its own, which were added up here.
 */
#include "source/klog_event.h"

static __u64 known_or_0(__u64 bytes)
{
	return bytes == NOT_KNOWN ? 0 : bytes;
}

static __u64 less(__u64 from, __u64 bytes)
{
	return from > bytes ? from - bytes : 0;
}

static __u64 kernel_parts(const struct memory *memory)
{
	return known_or_0(memory->slab_reclaimable_bytes) +
	       known_or_0(memory->slab_unreclaimable_bytes) +
	       known_or_0(memory->kernel_stack_bytes) + known_or_0(memory->pagetables_bytes) +
	       known_or_0(memory->percpu_bytes) + known_or_0(memory->vmalloc_bytes);
}

/* cgroup v1 counts memory and swap together. */
static __u64 swapped_out(const struct klog_report *report)
{
	if (report->swap.usage != NOT_KNOWN)
		return report->swap.usage;
	if (report->memory_and_swap.usage == NOT_KNOWN || report->memory.usage == NOT_KNOWN ||
	    report->memory_and_swap.usage < report->memory.usage)
		return report->stats.swap;
	return report->memory_and_swap.usage - report->memory.usage;
}

/* A usage beyond any machine's is none: its parts would not add up in 64 bits. */
static bool is_sound(const struct klog_figures *stats)
{
	const __u64 *numbers = &stats->anon;

	for (size_t i = 0; i < sizeof(*stats) / sizeof(*numbers); i++)
		if (numbers[i] != NOT_KNOWN && numbers[i] > KLOG_NUMBER_MAX / 16)
			return false;
	return true;
}

void klog_event_memory(struct event *ev, const struct klog_report *report)
{
	const struct klog_figures *stats = &report->stats;
	struct memory *memory = &ev->incident.memory;
	__u64 kernel;

	if (!(report->parts & KLOG_HAS_STATS) || stats->anon == NOT_KNOWN || !is_sound(stats))
		return;
	memory->source = MEMORY_LOG;
	memory->usage_bytes = report->memory.usage;
	memory->anon_bytes = stats->anon;
	memory->shmem_bytes = stats->shmem;
	if (stats->file != NOT_KNOWN) /* page cache, and tmpfs is page cache, too */
		memory->file_bytes = less(stats->file, known_or_0(stats->shmem));
	memory->slab_reclaimable_bytes = stats->slab_reclaimable;
	memory->slab_unreclaimable_bytes = stats->slab_unreclaimable;
	memory->kernel_stack_bytes = stats->kernel_stack;
	memory->pagetables_bytes = stats->pagetables;
	memory->percpu_bytes = stats->percpu;
	memory->vmalloc_bytes = stats->vmalloc;
	memory->sock_bytes = stats->sock;
	memory->swap_bytes = swapped_out(report);
	memory->inactive_file_bytes = stats->inactive_file;
	memory->kernel_bytes = stats->kernel != NOT_KNOWN ? stats->kernel : report->kmem_usage;
	kernel = kernel_parts(memory);
	if (memory->kernel_bytes != NOT_KNOWN && memory->kernel_bytes > kernel)
		kernel = memory->kernel_bytes;
	if (memory->usage_bytes != NOT_KNOWN)
		memory->rest_bytes = less(memory->usage_bytes,
					  memory->anon_bytes + known_or_0(memory->file_bytes) +
						  known_or_0(memory->shmem_bytes) +
						  known_or_0(memory->sock_bytes) + kernel);
}
