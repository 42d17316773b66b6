// SPDX-License-Identifier: GPL-2.0-only
/* doctor_pins: whether a kernel side that outlives its process is there, and whether anybody reads
 * it. */
#include <errno.h>
#include <string.h>

#include "base/units.h"
#include "doctor.h"
#include "fields.h"
#include "source/pins.h"

static void add_pins(struct doctor *doctor, const struct pins_look *look)
{
	const char *dir = doctor->options->pin_dir;
	char age[UNITS_MAX], waiting[UNITS_MAX];
	struct finding *finding;

	units_duration(doctor->ret->boot_time_ns - look->made_ns, age, sizeof(age));
	units_bytes(look->waiting_bytes, waiting, sizeof(waiting));
	if (look->is_read) {
		checkup_add(doctor->ret, FINDING_OK, "pins",
			    "in %s, by %s: made %s ago by %s, and read now", dir,
			    attach_names[look->attach], age, look->version);
		return;
	}
	finding = checkup_add(
		doctor->ret, FINDING_DEGRADED, "pins",
		"in %s, by %s: made %s ago by %s; nobody reads them, %s of records wait", dir,
		attach_names[look->attach], age, look->version, waiting);
	finding_fix(
		finding,
		"oomwhy --pin tells what waits and goes on; oomwhy doctor --unpin takes them away");
}

void doctor_pins(struct doctor *doctor)
{
	const char *dir = doctor->options->pin_dir;
	struct pins_look look;

	pins_look(dir, &look);
	switch (look.error) {
	case 0:
		add_pins(doctor, &look);
		break;
	case -ENOENT:
		checkup_add(doctor->ret, FINDING_OK, "pins",
			    "none in %s: tracing ends with its process", dir);
		break;
	case -EMEDIUMTYPE:
		checkup_add(doctor->ret, FINDING_OK, "pins", "none: %s is in no BPF file system",
			    dir);
		break;
	default:
		finding_fix(checkup_add(doctor->ret, FINDING_DEGRADED, "pins",
					"%s cannot be looked at: %s", dir, strerror(-look.error)),
			    "oomwhy doctor --unpin takes away what is there");
	}
}
