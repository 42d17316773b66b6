/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor: what this kernel and these privileges allow. It tries each attach plan with the very
 * programs that trace, for a moment.
 */
#ifndef OOMWHY_DOCTOR_H
#define OOMWHY_DOCTOR_H

#include <stdbool.h>

#include "checkup.h"
#include "machine.h"
#include "sink/metrics_http.h"
#include "source/probe.h"

struct doctor_options {
	const char *host_root; /* before the machine's own paths, "" for / */
	const char *node_name; /* NULL: the host name */
	const char *pin_dir; /* where to look for what --pin keeps */
	struct metrics_address
		metrics; /* where the oomwhy that runs here serves; len 0: nobody said */
};

/* What the parts of the doctor know of each other. */
struct doctor {
	const struct doctor_options *options;
	struct machine machine;
	struct probe probe;
	__u64 memlock_bytes; /* RLIMIT_MEMLOCK; NO_LIMIT: unlimited */
	__u64 capabilities; /* the effective ones, a bit each */
	bool has_log; /* the kernel's log can be followed */
	__u64 kill_ring_bytes, cgroup_ring_bytes; /* of the last plan that worked; 0: none did */
	size_t plans_at; /* the first plan's finding */
	struct checkup *ret;
};

void doctor_examine(const struct doctor_options *options, struct checkup *ret);

/* What is of this machine: kernel, CPUs, memory, cgroups, mounts. */
void doctor_machine(struct doctor *doctor);

/* What is of the node: cgroup driver, where names are read from, how many containers have some. */
void doctor_node(struct doctor *doctor);

/* Who may do what: lockdown, LSMs, sysctls, capabilities, RLIMIT_MEMLOCK, log. */
void doctor_rights(struct doctor *doctor);

/* What is in use: memory charged, what the oomwhy that runs here has lost. */
void doctor_running(struct doctor *doctor);

/* What is given up once tracing runs, and what is left then. */
void doctor_kept(struct doctor *doctor);

/* What --pin has left, and whether somebody reads it. */
void doctor_pins(struct doctor *doctor);

/* Whether the kernel's log can be read. */
void doctor_log(struct doctor *doctor);

/* Whether oomwhy would stay in memory, and how soon it would be killed itself. */
void doctor_protect(struct doctor *doctor);

/* doctor_limits() - RLIMIT_MEMLOCK and the capabilities, before libbpf changes the first. */
void doctor_limits(struct doctor *doctor);

/*
 * doctor_read_line() - the first line of the file @path below @root, without its '\n'.
 * Returns 0 or -errno; then @ret is "".
 */
int doctor_read_line(const char *root, const char *path, char *ret, size_t size);

#endif
