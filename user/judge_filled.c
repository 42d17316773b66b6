// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "base/units.h"
#include "filled.h"
#include "judge_filled.h"

/* Anonymous memory is what most workloads grow: another kind is the cause before it is the most. */
#define ODD_PERCENT 33
#define LEFT_PERCENT 25
#define ACTION_MAX 512

/* What dead containers left belongs to the pod. Above it the living are too many to be sure. */
static bool is_left(const struct incident *incident)
{
	const struct memory *memory = &incident->memory;

	return incident->verdict.limit_level == LIMIT_POD &&
	       incident->limit_owner.limit_level == LIMIT_POD && memory->left_bytes != NOT_KNOWN &&
	       filled_percent(incident, memory->left_bytes) >= LEFT_PERCENT;
}

static bool is_odd(enum filled kind)
{
	return kind != FILLED_ANON && kind != FILLED_FILE;
}

static struct filled_part main_part(const struct incident *incident)
{
	struct filled_part parts[FILLED_PARTS_MAX];
	size_t n = filled_parts(incident, parts);

	for (size_t i = 0; i < n; i++)
		if (is_odd(parts[i].kind) &&
		    filled_percent(incident, parts[i].bytes) >= ODD_PERCENT)
			return parts[i];
	return n ? parts[0] : (struct filled_part){ FILLED_NOT_SAID, 0 };
}

/* "41% of it is …" */
static const char *noun(enum filled kind)
{
	static const char *const nouns[] = {
		[FILLED_ANON] = "anonymous memory (heaps, stacks)",
		[FILLED_TMPFS] = "tmpfs (emptyDir of medium Memory, /dev/shm)",
		[FILLED_FILE] = "page cache",
		[FILLED_SLAB_UNRECLAIMABLE] = "unreclaimable slab (kernel objects)",
		[FILLED_SLAB_RECLAIMABLE] = "reclaimable slab (dentries, inodes)",
		[FILLED_PAGETABLES] = "page tables",
		[FILLED_KERNEL_STACKS] = "kernel stacks of threads",
		[FILLED_SOCKETS] = "buffers of sockets",
		[FILLED_PERCPU] = "per-CPU kernel memory",
		[FILLED_VMALLOC] = "vmalloc() kernel memory",
		[FILLED_KERNEL] = "other kernel memory (pipes, sockets, large buffers)",
		[FILLED_REST] = "memory that this kernel counts under no name",
	};

	return kind < sizeof(nouns) / sizeof(nouns[0]) ? nouns[kind] : NULL;
}

static void say_left(struct event *ev)
{
	const struct memory *memory = &ev->incident.memory;
	bool is_tmpfs = memory->left_shmem_bytes != NOT_KNOWN &&
			memory->left_shmem_bytes >= memory->left_bytes / 2;
	char bytes[UNITS_MAX];

	ev->incident.verdict.filled_by = FILLED_LEFT_BEHIND;
	ev->incident.verdict.reason =
		event_textf(ev, "%s belong to no living container (%s)",
			    units_bytes(memory->left_bytes, bytes, sizeof(bytes)),
			    is_tmpfs ? "tmpfs left by a dead one" : "left by a dead one");
}

void judge_filled(struct event *ev)
{
	struct incident *incident = &ev->incident;
	struct verdict *verdict = &incident->verdict;
	struct filled_part part;

	verdict->filled_by = FILLED_NOT_SAID;
	verdict->reason = (struct text){ 0 };
	if (incident->memory.source == MEMORY_NOT_READ)
		return;
	if (is_left(incident)) {
		say_left(ev);
		return;
	}
	part = main_part(incident);
	verdict->filled_by = part.kind;
	if (noun(part.kind))
		verdict->reason = event_textf(ev, "%u%% of it is %s",
					      filled_percent(incident, part.bytes),
					      noun(part.kind));
}

struct remedy {
	const char *field; /* of the manifest; NULL: the limit's own stays */
	const char *words; /* an imperative; "or raise the limit" follows */
};

static struct remedy remedy_of(enum filled kind)
{
	static const struct remedy remedies[] = {
		[FILLED_TMPFS] = { "volumes[].emptyDir.sizeLimit",
				   "bound the tmpfs: emptyDir.sizeLimit of its memory volumes" },
		[FILLED_LEFT_BEHIND] = { "volumes[].emptyDir.sizeLimit",
					 "delete the pod to free it, and bound it: "
					 "emptyDir.sizeLimit" },
		[FILLED_PAGETABLES] = { NULL, "map less, in fewer processes, or with huge pages" },
		[FILLED_KERNEL_STACKS] = { NULL, "run fewer threads" },
		[FILLED_SLAB_RECLAIMABLE] = { NULL, "touch fewer files" },
		[FILLED_SLAB_UNRECLAIMABLE] = { NULL, "hold fewer kernel objects (open files, "
						      "sockets, pipes, inodes in memory)" },
		[FILLED_SOCKETS] = { NULL, "read sockets sooner or make their buffers smaller" },
		[FILLED_KERNEL] = { NULL, "read pipes and sockets sooner or make them smaller" },
	};

	if (kind >= sizeof(remedies) / sizeof(remedies[0]))
		return (struct remedy){ NULL, NULL };
	return remedies[kind];
}

/* "raise …" */
static void put_raise(const struct event *ev, char *buf, size_t size)
{
	const struct incident *incident = &ev->incident;
	struct text name = incident->victim.who.container_name;
	char limit[UNITS_MAX], now[sizeof(" (now )") + UNITS_MAX] = "";

	if (incident->limit_owner.limit_bytes < NO_LIMIT)
		snprintf(now, sizeof(now), " (now %s)",
			 units_limit(incident->limit_owner.limit_bytes, limit, sizeof(limit)));
	if (incident->verdict.limit_level == LIMIT_POD)
		snprintf(buf, size, "raise the pod's limit%s", now);
	else
		snprintf(buf, size, "raise resources.limits.memory of %s%.*s%s%s",
			 name.len ? "container \"" : "the container", name.len,
			 text_bytes(ev, name), name.len ? "\"" : "", now);
}

void judge_filled_advise(struct event *ev)
{
	struct verdict *verdict = &ev->incident.verdict;
	struct remedy remedy = remedy_of(verdict->filled_by);
	struct text field = verdict->manifest_field;
	char raise[ACTION_MAX];

	if (!remedy.words ||
	    (verdict->limit_level != LIMIT_CONTAINER && verdict->limit_level != LIMIT_POD))
		return;
	if (remedy.field)
		verdict->manifest_field = event_textf(ev, "%s%s%.*s", remedy.field,
						      field.len ? ", " : "", field.len,
						      text_bytes(ev, field));
	put_raise(ev, raise, sizeof(raise));
	verdict->action = event_textf(ev, "%s; or %s", remedy.words, raise);
}
