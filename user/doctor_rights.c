// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <linux/capability.h>

#include "base/privileges.h"
#include "base/units.h"
#include "doctor.h"

#define INITIAL_USER_NAMESPACE                                            \
	0xeffffffdU /* its inode number, USER_NS_INIT_INO of linux/nsfs.h \
		     */

static bool is_able(const struct doctor *doctor, int capability)
{
	return doctor->capabilities >> capability & 1;
}

void doctor_limits(struct doctor *doctor)
{
	struct rlimit limit = { .rlim_cur = 0 };

	doctor->capabilities = privileges_effective();
	getrlimit(RLIMIT_MEMLOCK, &limit);
	doctor->memlock_bytes = limit.rlim_cur == RLIM_INFINITY ? NO_LIMIT : limit.rlim_cur;
}

/* "none [integrity] confidentiality"; a pod does not see it, but what the kernel refuses. */
static void add_lockdown(struct doctor *doctor)
{
	bool hides = doctor->probe.reads_are_direct;
	char line[128] = "", *end;
	const char *mode = hides ? "confidentiality, as the kernel acts" :
				   "not known: no securityfs in /sys/kernel/security";
	struct finding *finding;

	doctor_read_line(doctor->options->host_root, "/sys/kernel/security/lockdown", line,
			 sizeof(line));
	end = strchr(line, ']');
	if (strchr(line, '[') && end) {
		*end = '\0';
		mode = strchr(line, '[') + 1;
	}
	if (!hides && strcmp(mode, "confidentiality")) {
		checkup_add(doctor->ret, FINDING_OK, "lockdown", "%s", mode);
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_DEGRADED, "lockdown",
			      "%s: no kprobes; programs that read no memory by helpers are used, "
			      "which see less of a kill",
			      mode);
	finding_fix(finding, "boot with lockdown=integrity, or without lockdown, to see all");
}

/* Any of them may forbid bpf(); the label is that of a process of this pod. */
static void add_lsm(struct doctor *doctor)
{
	char list[96], label[96];

	if (doctor_read_line(doctor->options->host_root, "/sys/kernel/security/lsm", list,
			     sizeof(list)))
		snprintf(list, sizeof(list), "not known: no securityfs in /sys/kernel/security");
	if (doctor_read_line("", "/proc/self/attr/current", label, sizeof(label)))
		snprintf(label, sizeof(label), "none");
	checkup_add(doctor->ret, FINDING_OK, "lsm", "%s; label of this process: %s", list, label);
}

/* After a fault within ftrace the sysctl is there and cannot be read. */
static void add_ftrace(struct doctor *doctor)
{
	struct finding *finding;
	char line[32];
	int err = doctor_read_line("", "/proc/sys/kernel/ftrace_enabled", line, sizeof(line));

	if (err == -ENOENT) {
		checkup_add(doctor->ret, FINDING_OK, "ftrace", "no sysctl kernel.ftrace_enabled");
	} else if (err) {
		finding = checkup_add(doctor->ret, FINDING_MISSING, "ftrace",
				      "kernel.ftrace_enabled: %s", strerror(-err));
		finding_fix(finding, "ftrace has failed in this boot (see dmesg): reboot");
	} else if (atoi(line)) {
		checkup_add(doctor->ret, FINDING_OK, "ftrace", "kernel.ftrace_enabled=%s", line);
	} else {
		finding = checkup_add(doctor->ret, FINDING_DEGRADED, "ftrace",
				      "kernel.ftrace_enabled=0: hooks on functions never fire");
		finding_fix(finding, "sysctl kernel.ftrace_enabled=1");
	}
}

static void add_kprobes_switch(struct doctor *doctor)
{
	static const char path[] = "/sys/kernel/debug/kprobes/enabled";
	struct finding *finding;
	char line[32];
	int err = doctor_read_line(doctor->options->host_root, path, line, sizeof(line));

	if (err) {
		checkup_add(doctor->ret, FINDING_OK, "kprobes_switch", "not known: %s",
			    err == -ENOENT ? "no debugfs, or no kprobes" : strerror(-err));
		return;
	}
	if (*line != '0') {
		checkup_add(doctor->ret, FINDING_OK, "kprobes_switch", "on");
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_DEGRADED, "kprobes_switch",
			      "off: kprobes attach and never fire");
	finding_fix(finding, "echo 1 > %s", path);
}

static void add_unprivileged(struct doctor *doctor)
{
	char line[32];

	if (doctor_read_line("", "/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line)))
		checkup_add(doctor->ret, FINDING_OK, "unprivileged_bpf",
			    "no sysctl kernel.unprivileged_bpf_disabled");
	else
		checkup_add(doctor->ret, FINDING_OK, "unprivileged_bpf",
			    "kernel.unprivileged_bpf_disabled=%s%s", line,
			    strcmp(line, "0") ? ": bpf() needs capabilities" : "");
}

/* There capabilities may look complete, and count for nothing of what is the machine's. */
static void add_user_namespace(struct doctor *doctor)
{
	struct finding *finding;
	struct stat st;

	if (stat("/proc/self/ns/user", &st) || st.st_ino == INITIAL_USER_NAMESPACE)
		return;
	finding = checkup_add(
		doctor->ret, FINDING_MISSING, "user_namespace",
		"this is not the machine's: the capabilities below count only within it");
	finding_fix(finding, "run outside of it, in Kubernetes without hostUsers: false");
}

static void add_capability(struct doctor *doctor, int capability, const char *name,
			   enum finding_state without, const char *detail, const char *fix)
{
	struct finding *finding;

	if (is_able(doctor, capability)) {
		checkup_add(doctor->ret, FINDING_OK, name, "effective");
		return;
	}
	finding = checkup_add(doctor->ret, without, name, "%s", detail);
	if (without != FINDING_OK)
		finding_fix(finding, "%s", fix);
}

static void add_capabilities(struct doctor *doctor)
{
	bool admin = is_able(doctor, CAP_SYS_ADMIN);
	bool raise = doctor->probe.bpf_memory_is_memlocked && doctor->memlock_bytes != NO_LIMIT;
	const char *instead = admin ? "not effective: CAP_SYS_ADMIN stands in for it" :
				      "not effective";

	add_capability(doctor, CAP_BPF, "cap_bpf", admin ? FINDING_OK : FINDING_MISSING, instead,
		       "run as root, or add CAP_BPF: maps and programs need it");
	add_capability(doctor, CAP_PERFMON, "cap_perfmon", admin ? FINDING_OK : FINDING_MISSING,
		       instead, "run as root, or add CAP_PERFMON: tracing programs need it");
	add_capability(doctor, CAP_SYS_ADMIN, "cap_sys_admin", FINDING_OK,
		       "not effective: not needed with CAP_BPF and CAP_PERFMON", "");
	add_capability(doctor, CAP_IPC_LOCK, "cap_ipc_lock", FINDING_OK,
		       "not effective: see memory_locked", "");
	add_capability(
		doctor, CAP_DAC_READ_SEARCH, "cap_read_search", FINDING_OK,
		"CAP_DAC_READ_SEARCH is not effective: names in folders that are not ours (user "
		"namespaces) stay unread",
		"");
	add_capability(doctor, CAP_SYSLOG, "cap_syslog", FINDING_OK,
		       "not effective: the kernel's log may stay unread", "");
	add_capability(doctor, CAP_SYS_RESOURCE, "cap_sys_resource",
		       raise ? FINDING_MISSING : FINDING_OK,
		       raise ? "not effective: RLIMIT_MEMLOCK cannot be raised" :
			       "not effective: see oom_score_adj",
		       "add CAP_SYS_RESOURCE, or start with ulimit -l unlimited");
}

static void add_memlock(struct doctor *doctor)
{
	char limit[UNITS_MAX] = "unlimited";
	const char *matter = "BPF memory does not count";

	if (doctor->memlock_bytes != NO_LIMIT)
		units_bytes(doctor->memlock_bytes, limit, sizeof(limit));
	if (doctor->probe.bpf_memory_is_memlocked)
		matter = is_able(doctor, CAP_SYS_RESOURCE) ?
				 "BPF memory counts on this kernel: raised at start" :
				 "BPF memory counts on this kernel";
	checkup_add(doctor->ret, FINDING_OK, "memlock", "RLIMIT_MEMLOCK %s; %s", limit, matter);
}

void doctor_rights(struct doctor *doctor)
{
	add_lockdown(doctor);
	add_lsm(doctor);
	add_ftrace(doctor);
	add_kprobes_switch(doctor);
	add_unprivileged(doctor);
	add_user_namespace(doctor);
	add_capabilities(doctor);
	add_memlock(doctor);
	doctor_log(doctor);
}
