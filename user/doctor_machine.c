// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/units.h"
#include "doctor.h"
#include "names/walk.h"

#define PATH_BYTES 4096

/* What is mounted below the host's root. */
struct mounts {
	int count;
	int read_only;
	int following; /* the machine's: mounted and unmounted as it does */
};

static void add_kernel(struct doctor *doctor)
{
	struct utsname name;

	if (uname(&name) == 0)
		checkup_add(doctor->ret, FINDING_OK, "kernel", "Linux %s, %s", name.release,
			    name.machine);
}

static void add_machine(struct doctor *doctor)
{
	char memory[UNITS_MAX];

	units_bytes(doctor->machine.memory_total_bytes, memory, sizeof(memory));
	checkup_add(doctor->ret, FINDING_OK, "machine",
		    "%d CPUs, %d NUMA node%s possible, %s of memory", doctor->machine.cpus,
		    doctor->probe.nodes, doctor->probe.nodes == 1 ? "" : "s", memory);
}

static void add_swap(struct doctor *doctor)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128], size[UNITS_MAX];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SwapTotal: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	checkup_add(doctor->ret, FINDING_OK, "swap", "%s",
		    kib ? units_bytes(kib * 1024, size, sizeof(size)) : "none");
}

/* A kernel booted with psi=0 has the file, but it cannot be read. */
static void add_pressure(struct doctor *doctor)
{
	char line[128];
	int err = doctor_read_line("", "/proc/pressure/memory", line, sizeof(line));

	checkup_add(doctor->ret, FINDING_OK, "pressure", "%s",
		    err ? "no PSI (/proc/pressure); not needed" : "PSI (/proc/pressure) is there");
}

static void add_controller(struct doctor *doctor)
{
	bool is_v1 = doctor->probe.memory_hierarchy != 0;
	struct finding *finding;
	char root[PATH_BYTES];
	bool both;

	if (doctor->probe.memory_error) {
		finding = checkup_add(doctor->ret, FINDING_MISSING, "memory_controller",
				      "no memory controller");
		finding_fix(finding, "%s", probe_plan_hint(&doctor->probe, ATTACH_TRACEPOINT));
		return;
	}
	/* The two side by side: v2 is then mounted below a folder of v1's. */
	both = walk_find_root(doctor->options->host_root, false, root, sizeof(root)) == 0 &&
	       (is_v1 || strstr(root, "/unified"));
	checkup_add(doctor->ret, FINDING_OK, "memory_controller", "on cgroup %s%s",
		    is_v1 ? "v1" : "v2",
		    !both ? "" :
		    is_v1 ? " (hybrid: v2 is mounted beside it)" :
			    " (hybrid: v1 is mounted beside it)");
}

static void add_cgroup_mount(struct doctor *doctor)
{
	bool is_v1 = doctor->probe.memory_hierarchy != 0;
	struct finding *finding;
	char root[PATH_BYTES];

	if (doctor->probe.memory_error)
		return;
	if (walk_find_root(doctor->options->host_root, is_v1, root, sizeof(root)) == 0) {
		checkup_add(doctor->ret, FINDING_OK, "cgroup_mount", "%s", root);
		return;
	}
	finding = checkup_add(
		doctor->ret, FINDING_DEGRADED, "cgroup_mount",
		"none below %s/sys/fs/cgroup: paths as far as the kernel's records tell",
		doctor->options->host_root);
	finding_fix(finding,
		    "mount the machine's /sys/fs/cgroup there, in a pod as a hostPath, or say "
		    "with --host-root where the machine's / is");
}

/* One line of mountinfo: "id parent dev root POINT options tags... - type source options". */
static void count_mount(const char *line, const char *below, struct mounts *ret)
{
	char point[PATH_BYTES], options[256];
	size_t len = strlen(below);
	const char *end = strstr(line, " - ");
	const char *tags = strstr(line, " master:");

	if (sscanf(line, "%*s %*s %*s %*s %4095s %255s", point, options) != 2 ||
	    strncmp(point, below, len) || point[len] != '/')
		return;
	ret->count++;
	ret->read_only += !strncmp(options, "ro", 2) && (!options[2] || options[2] == ',');
	ret->following += tags && end && tags < end;
}

/* In a pod: what of the machine is mounted, and whether it goes when the machine unmounts it. */
static void add_mounts(struct doctor *doctor)
{
	const char *below = doctor->options->host_root;
	FILE *file = *below ? fopen("/proc/self/mountinfo", "re") : NULL;
	struct mounts mounts = { .count = 0 };
	struct finding *finding;
	char line[2 * PATH_BYTES];
	bool all;

	if (!file) {
		checkup_add(doctor->ret, FINDING_OK, "mounts", "%s",
			    *below ? "not known: no /proc" :
				     "not needed: this is the machine's own /");
		return;
	}
	while (fgets(line, sizeof(line), file))
		count_mount(line, below, &mounts);
	fclose(file);
	all = mounts.following == mounts.count;
	finding = checkup_add(doctor->ret, all ? FINDING_OK : FINDING_DEGRADED, "mounts",
			      "%d below %s: %d read-only, %d follow the machine's", mounts.count,
			      below, mounts.read_only, mounts.following);
	if (!all)
		finding_fix(finding, "mountPropagation: HostToContainer; without it what the "
				     "machine unmounts there is kept");
}

void doctor_machine(struct doctor *doctor)
{
	add_kernel(doctor);
	add_machine(doctor);
	add_swap(doctor);
	add_pressure(doctor);
	add_controller(doctor);
	add_cgroup_mount(doctor);
	add_mounts(doctor);
}
