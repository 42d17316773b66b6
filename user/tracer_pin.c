// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracer_pin: --pin. What is read of the kill ring is given back when it is told: when the writer
 * has written all that came of it. Who follows a process that was killed reads the rest again; a
 * kill that was told already has the same id then.
 *
 * Records can be given back up to where no incident is open, or up to the first record of the one
 * that is. Such a place, with what the assembler knows there and how many events were pushed by
 * then, is the checkpoint. There is one at a time; when it is given back the next one is taken.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/assemble_saved.h"
#include "source/pins.h"
#include "tracer_state.h"

/* As often it is looked whether the writer has come so far, or has made room. */
#define LOOK_NS (20 * 1000000ULL)

struct checkpoint {
	bool is_set;
	struct pin_mark mark;
	__u64 pushed; /* events until then */
	__u64 told[OOMWHY_COUNTERS];
	bool downtime_is_told;
	struct assemble_saved saved;
};

struct tracer_pin {
	struct pins *pins;
	struct checkpoint checkpoint;
	struct checkpoint given; /* the last one; without what was saved */
	bool has_gathered; /* records of a victim that is still to come */
	struct pin_mark gathered; /* before the first of them */
	struct assemble_saved before; /* a record that may close one incident and open another */
	bool has_before;
	bool is_behind; /* the queue has no room */
};

enum exit_status tracer_pin_open(struct tracer *tracer)
{
	struct tracer_pin *pin;

	if (!tracer->options.pin_dir)
		return STATUS_DONE;
	pin = calloc(1, sizeof(*pin));
	if (!pin) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	tracer->pin = pin;
	switch (pins_open(tracer->options.pin_dir, &pin->pins)) {
	case 0:
		return STATUS_DONE;
	case -EBUSY:
		return STATUS_FAILED;
	default:
		return STATUS_NOT_POSSIBLE;
	}
}

struct pins *tracer_pin_pins(const struct tracer *tracer)
{
	return tracer->pin ? tracer->pin->pins : NULL;
}

enum pins_use tracer_pin_use(const struct tracer *tracer)
{
	const struct pins *pins = tracer_pin_pins(tracer);

	if (!pins)
		return PINS_NONE;
	if (pins->is_adopted)
		return PINS_TAKEN_OVER;
	return pins->has_replaced ? PINS_REPLACED : PINS_MADE;
}

__u64 tracer_pin_since(const struct tracer *tracer, __u64 attach_ns)
{
	__u64 first_ns = tracer->pin ? pins_first_ns(tracer->pin->pins) : NOT_KNOWN;

	return first_ns < attach_ns ? first_ns : attach_ns;
}

bool tracer_pin_is_behind(const struct tracer *tracer)
{
	return tracer->pin && tracer->pin->is_behind;
}

void tracer_pin_start(struct tracer *tracer)
{
	struct pins *pins = tracer_pin_pins(tracer);
	const struct assemble_saved *saved = pins ? pins_saved(pins) : NULL;

	tracer->reported.downtime = pins ? 0 : NOT_KNOWN;
	if (!pins)
		return;
	if (saved)
		assemble_restore(&tracer->assembler, saved);
	tracer->writer.writing = pins_writing(pins);
	tracer->writer.ends_line = pins->was_writing;
}

/* ---- checkpoints ---- */

static bool is_gathering(const struct assembler *as)
{
	return as->has_trigger || as->has_reclaims || as->children_count || as->memories_count;
}

static bool is_given(const struct checkpoint *given, const struct checkpoint *new)
{
	return given->is_set && given->mark.set == new->mark.set &&
	       given->mark.position == new->mark.position &&
	       given->downtime_is_told == new->downtime_is_told &&
	       !memcmp(given->told, new->told, sizeof(new->told));
}

/* @saved: what the assembler knew at @mark; NULL: what it knows now. */
static void set_checkpoint(struct tracer *tracer, struct pin_mark mark,
			   const struct assemble_saved *saved)
{
	struct tracer_pin *pin = tracer->pin;
	struct checkpoint *checkpoint = &pin->checkpoint;
	const struct losses *reported = &tracer->reported;

	if (checkpoint->is_set)
		return;
	checkpoint->mark = mark;
	checkpoint->told[OOMWHY_LOST_KILLS] = reported->ring_kills;
	checkpoint->told[OOMWHY_LOST_KILL_RECORDS] = reported->ring_records;
	checkpoint->told[OOMWHY_LOST_CGROUP_RECORDS] = reported->ring_cgroups;
	checkpoint->told[OOMWHY_UNKNOWN_VICTIMS] = reported->hook_misses;
	checkpoint->downtime_is_told = reported->downtime == pins_downtime(pin->pins);
	if (is_given(&pin->given, checkpoint))
		return;
	checkpoint->pushed = queue_pushed(&tracer->queue);
	if (saved)
		assemble_copy(&checkpoint->saved, saved);
	else
		assemble_save(&tracer->assembler, &checkpoint->saved);
	checkpoint->is_set = true;
}

static void set_checkpoint_here(struct tracer *tracer)
{
	const struct tracer_pin *pin = tracer->pin;

	if (!tracer->assembler.open)
		set_checkpoint(tracer, pin->has_gathered ? pin->gathered : pins_mark(pin->pins),
			       NULL);
}

static void give_back(struct tracer *tracer)
{
	struct tracer_pin *pin = tracer->pin;
	struct checkpoint *checkpoint = &pin->checkpoint;

	if (!checkpoint->is_set || writer_written(&tracer->writer) < checkpoint->pushed)
		return;
	pins_release(pin->pins, checkpoint->mark, checkpoint->told, checkpoint->downtime_is_told,
		     &checkpoint->saved);
	memcpy(&pin->given, checkpoint, offsetof(struct checkpoint, saved));
	checkpoint->is_set = false;
}

/* ---- reading ---- */

static void before_record(struct tracer *tracer, const struct oomwhy_header *header, size_t size)
{
	struct tracer_pin *pin = tracer->pin;
	bool may_open = size >= sizeof(*header) &&
			(header->kind == OOMWHY_DECISION || header->kind == OOMWHY_VICTIM);

	pin->has_before = may_open && tracer->assembler.open && !pin->checkpoint.is_set;
	if (pin->has_before)
		assemble_save(&tracer->assembler, &pin->before);
}

/* @begin: of the record; @told: incidents that were told before it. */
static void after_record(struct tracer *tracer, struct pin_mark begin, __u64 told)
{
	const struct assembler *as = &tracer->assembler;
	struct tracer_pin *pin = tracer->pin;
	bool had_gathered = pin->has_gathered;
	struct pin_mark first = had_gathered ? pin->gathered : begin;

	pin->has_gathered = is_gathering(as);
	if (pin->has_gathered && !had_gathered)
		pin->gathered = begin;
	set_checkpoint_here(tracer);
	if (as->open && as->stats.incidents > told && pin->has_before)
		set_checkpoint(tracer, first, &pin->before);
}

/* From the ring of a set that was replaced to the next one's, whose sequence is its own. */
static bool cross(struct tracer *tracer)
{
	if (!pins_cross(tracer->pin->pins))
		return false;
	tracer->assembler.sequence = 0;
	tracer->pin->has_gathered = is_gathering(&tracer->assembler);
	tracer->pin->gathered = pins_mark(tracer->pin->pins);
	return true;
}

void tracer_pin_consume(struct tracer *tracer)
{
	struct tracer_pin *pin = tracer->pin;
	struct assembler *as = &tracer->assembler;

	pin->is_behind = false;
	while (!tracer->stop) {
		struct pin_mark begin = pins_mark(pin->pins);
		__u64 told = as->stats.incidents;
		const void *record;
		size_t size;

		give_back(tracer);
		pin->is_behind = !queue_has_room(&tracer->queue);
		if (pin->is_behind)
			break;
		record = pins_next(pin->pins, &size);
		if (record) {
			before_record(tracer, record, size);
			assemble_record(as, record, size);
			after_record(tracer, begin, told);
		} else if (!cross(tracer)) {
			break;
		}
	}
}

__u64 tracer_pin_tick(struct tracer *tracer, __u64 next_ns)
{
	struct tracer_pin *pin = tracer->pin;
	__u64 look_ns = clock_boot_ns() + LOOK_NS;

	if (!pin)
		return next_ns;
	give_back(tracer);
	set_checkpoint_here(tracer);
	if (!pin->checkpoint.is_set && !pin->is_behind)
		return next_ns;
	return next_ns && next_ns < look_ns ? next_ns : look_ns;
}

/* What is still open is left to who comes after us, in the ring. */
void tracer_pin_close(struct tracer *tracer)
{
	if (!tracer->pin)
		return;
	give_back(tracer);
	set_checkpoint_here(tracer);
	give_back(tracer);
}

void tracer_pin_free(struct tracer *tracer)
{
	if (!tracer->pin)
		return;
	pins_close(tracer->pin->pins);
	free(tracer->pin);
	tracer->pin = NULL;
}
