// SPDX-License-Identifier: GPL-2.0-only
/* doctor_log: where kills from before the start are found, and all kills where BPF is refused. */
#include <string.h>

#include "doctor.h"
#include "source/kmsg.h"

static void ignore_event(void *context, struct event *ev)
{
	(void)context;
	(void)ev;
}

void doctor_log(struct doctor *doctor)
{
	struct kmsg_config config = { .emit = ignore_event };
	struct kmsg_errors errors;
	struct finding *finding;
	struct kmsg *kmsg;

	if (!kmsg__open(&config, &kmsg, &errors)) {
		checkup_add(doctor->ret, FINDING_OK, "kernel_log", "%s",
			    kmsg->is_device ? "/dev/kmsg" : "what syslog(2) copies, once a second");
		kmsg__close(kmsg);
		doctor->has_log = true;
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_DEGRADED, "kernel_log",
			      "cannot be read (/dev/kmsg: %s, syslog(2): %s)",
			      strerror(-errors.device), strerror(-errors.syslog));
	finding_fix(finding,
		    "add CAP_SYSLOG: kills from before the start are told from it, and all "
		    "kills where BPF is refused");
}
