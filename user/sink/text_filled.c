// SPDX-License-Identifier: GPL-2.0-only
/* text_filled: the line of a report that tells what fills the memory, the most first. */
#include "../filled.h"
#include "text_report.h"

#define SMALL_PERCENT 10 /* kernel parts below it are one: "kernel" */
#define REST_PERCENT 5 /* less is what CPUs hold in stock */
#define SHOWN_MIN_BYTES (1ULL << 20)

static const char *part_name(enum filled kind)
{
	static const char *const names[] = {
		[FILLED_ANON] = "anon",
		[FILLED_FILE] = "file",
		[FILLED_TMPFS] = "tmpfs",
		[FILLED_SLAB_RECLAIMABLE] = "reclaimable slab",
		[FILLED_SLAB_UNRECLAIMABLE] = "slab",
		[FILLED_PAGETABLES] = "page tables",
		[FILLED_KERNEL_STACKS] = "kernel stacks",
		[FILLED_SOCKETS] = "sockets",
		[FILLED_PERCPU] = "per-CPU memory",
		[FILLED_VMALLOC] = "vmalloc",
		[FILLED_KERNEL] = "other kernel",
		[FILLED_REST] = "uncounted",
	};

	return kind < sizeof(names) / sizeof(names[0]) && names[kind] ? names[kind] : "other";
}

static size_t insert(struct filled_part *parts, size_t n, struct filled_part part)
{
	size_t at = n;

	for (; at > 0 && parts[at - 1].bytes < part.bytes; at--)
		parts[at] = parts[at - 1];
	parts[at] = part;
	return n + 1;
}

/* Small parts of the kernel's memory, and what has no name, become one. Returns how many are left.
 */
static size_t fold_kernel(const struct incident *incident, struct filled_part *parts, size_t n)
{
	struct filled_part kernel = { FILLED_KERNEL, 0 };
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool small = filled_percent(incident, parts[i].bytes) < SMALL_PERCENT;

		if (filled_is_kernel(parts[i].kind) && (small || parts[i].kind == FILLED_KERNEL))
			kernel.bytes += parts[i].bytes;
		else
			parts[kept++] = parts[i];
	}
	return kernel.bytes ? insert(parts, kept, kernel) : kept;
}

static bool has_large_kernel(const struct filled_part *parts, size_t n)
{
	size_t kinds = 0;

	for (size_t i = 0; i < n; i++)
		kinds += filled_is_kernel(parts[i].kind);
	return kinds > 1;
}

/* @percent: of the first part, where no sentence has said it. */
static void put_parts(struct report *r, bool percent)
{
	struct filled_part parts[FILLED_PARTS_MAX + 1];
	size_t n = fold_kernel(r->incident, parts, filled_parts(r->incident, parts));
	bool large = has_large_kernel(parts, n);
	const char *gap = "";
	char bytes[UNITS_MAX];

	for (size_t i = 0; i < n; i++) {
		unsigned int share = filled_percent(r->incident, parts[i].bytes);

		if ((i && parts[i].bytes < SHOWN_MIN_BYTES) ||
		    (parts[i].kind == FILLED_REST && share < REST_PERCENT))
			continue;
		say(&r->w, "%s", gap);
		say_solid(&r->w, "%s %s",
			  parts[i].kind == FILLED_KERNEL && !large ? "kernel" :
								     part_name(parts[i].kind),
			  units_bytes(parts[i].bytes, bytes, sizeof(bytes)));
		if (!*gap && percent)
			say_solid(&r->w, " (%u%%)", share);
		gap = "  ";
	}
}

void report_filled(struct report *r)
{
	const struct memory *memory = &r->incident->memory;
	const struct verdict *verdict = &r->incident->verdict;
	bool sentence = verdict->reason.len && verdict->filled_by != FILLED_ANON;
	char age[UNITS_MAX];

	if (memory->source == MEMORY_NOT_READ || r->detail >= DETAIL_HIT_ONLY)
		return;
	report_label(r, "filled");
	if (sentence) {
		put_words(&r->w, text_bytes(r->ev, verdict->reason), verdict->reason.len);
		say(&r->w, ": ");
	}
	put_parts(r, !sentence);
	if (memory->source == MEMORY_FLUSHED && known(memory->age_ns))
		say(&r->w, " (%s before)", units_duration(memory->age_ns, age, sizeof(age)));
	put_newline(&r->w);
}
