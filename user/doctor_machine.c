// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/units.h"
#include "doctor.h"
#include "names/names.h"
#include "names/walk.h"

#define PATH_BYTES 4096

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

/* On a node something of a runtime's or of kubelet's is there to see. */
static void add_names(struct doctor *doctor)
{
	const char *host_root = doctor->options->host_root;
	struct names *names = names_open(host_root, NULL, doctor->machine.memory_total_bytes);
	struct finding *finding;
	char folders[128];
	int err = errno;

	if (names && names_folders(names, folders, sizeof(folders))) {
		checkup_add(doctor->ret, FINDING_OK, "names", "read from %s", folders);
		names_close(names);
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_DEGRADED, "names",
			      "pods and containers stay without: %s",
			      names ? "no runtime's folder, no pod's logs" : strerror(err));
	finding_fix(finding,
		    "mount containerd's task folder (CRI-O's, docker's), /var/log/pods and "
		    "/var/log/containers below the host's root, in a pod as hostPaths, or say with "
		    "trace --root where they are; without Kubernetes nothing is missing");
	names_close(names);
}

void doctor_machine(struct doctor *doctor)
{
	add_kernel(doctor);
	add_machine(doctor);
	add_swap(doctor);
	add_pressure(doctor);
	add_controller(doctor);
	add_cgroup_mount(doctor);
	add_names(doctor);
}
