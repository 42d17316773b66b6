// SPDX-License-Identifier: GPL-2.0-only
/* pins_read: the kill rings of all sets, one after the other. */
#include <string.h>

#include "source/pins.h"

static const struct pin_set *last(const struct pins *pins)
{
	return &pins->sets[pins->count - 1];
}

/* Where a newer set was read already the older ones are gone: see pins_open(). */
const struct assemble_saved *pins_saved(const struct pins *pins)
{
	const struct pin_saved *saved = pins->sets[pins->reading].saved;

	return saved ? &saved->assembler : NULL;
}

__u64 pins_first_ns(const struct pins *pins)
{
	for (__u32 i = pins->reading; i < pins->count; i++) {
		struct ring ring = pins->sets[i].ring; /* read without moving on */
		const struct oomwhy_header *header;
		size_t size;

		header = ring_next(&ring, &size);
		if (header && size >= sizeof(*header))
			return header->boot_time_ns;
	}
	return NOT_KNOWN;
}

const void *pins_next(struct pins *pins, size_t *ret_size)
{
	return ring_next(&pins->sets[pins->reading].ring, ret_size);
}

bool pins_cross(struct pins *pins)
{
	if (pins->reading + 1 == pins->count)
		return false;
	pins->reading++;
	return true;
}

struct pin_mark pins_mark(const struct pins *pins)
{
	return (struct pin_mark){ pins->reading, pins->sets[pins->reading].ring.position };
}

/* Of the sets that were replaced: what they count now is counted by the last one as well. */
static __u64 replaced_counter(const struct pins *pins, int counter)
{
	__u64 sum = 0;

	for (__u32 i = 0; i + 1 < pins->count; i++)
		sum += pins->sets[i].at_start[counter] - pins->sets[i].told[counter];
	return sum;
}

__u64 pins_counter(const struct pins *pins, int counter)
{
	const struct pin_set *set = last(pins);
	__u64 now = __atomic_load_n(&set->counts[counter], __ATOMIC_RELAXED);

	if (counter == OOMWHY_LOST_KILLS)
		return now - set->at_start[counter];
	return now - set->told[counter] + replaced_counter(pins, counter);
}

__u64 pins_downtime(const struct pins *pins)
{
	const int counter = OOMWHY_LOST_KILLS;
	const struct pin_set *set = last(pins);

	return set->at_start[counter] - set->told[counter] + replaced_counter(pins, counter) +
	       pins->unread;
}

void pins_release(struct pins *pins, struct pin_mark mark, const __u64 reported[OOMWHY_COUNTERS],
		  bool downtime_is_told, const struct assemble_saved *assembler)
{
	struct pin_set *set = &pins->sets[mark.set];
	__u64 told[OOMWHY_COUNTERS];

	for (int i = 0; i < OOMWHY_COUNTERS; i++) {
		told[i] = set->told[i];
		if (!downtime_is_told)
			continue;
		if (set != last(pins))
			told[i] = set->at_start[i];
		else if (i == OOMWHY_LOST_KILLS)
			told[i] = set->at_start[i] + reported[i];
		else
			told[i] += reported[i] - replaced_counter(pins, i);
	}
	pin_set_save(set, mark.position, told, assembler);
	for (; pins->removed < mark.set; pins->removed++)
		pin_set_remove(&pins->sets[pins->removed]);
}

__u64 *pins_writing(const struct pins *pins)
{
	return &last(pins)->state->writing;
}
