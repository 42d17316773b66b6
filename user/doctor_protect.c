// SPDX-License-Identifier: GPL-2.0-only
/* doctor_protect: what would keep oomwhy at work on a machine without memory, see tracer_protect.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/capability.h>

#include "base/oom_score.h"
#include "base/units.h"
#include "doctor.h"

/* What kubelet gives to pods of priority system-node-critical, with or without limits. */
#define SCORE_OF_CRITICAL -997

/* Tried, and undone: to raise it again anybody may. Returns 0 or -errno. */
static int try_score(int before, int *ret)
{
	int err;

	*ret = before;
	if (before <= OOM_SCORE_WANTED)
		return 0;
	err = oom_score_write(OOM_SCORE_WANTED);
	if (!err && oom_score_read(ret))
		oom_score_write(before);
	return err;
}

static void add_score(struct doctor *doctor)
{
	struct finding *finding;
	int before, score, err;

	if (!oom_score_read(&before)) {
		checkup_add(doctor->ret, FINDING_OK, "oom_score_adj", "not known: no /proc");
		return;
	}
	err = try_score(before, &score);
	if (score <= SCORE_OF_CRITICAL) {
		checkup_add(doctor->ret, FINDING_OK, "oom_score_adj",
			    "%d: others are killed before oomwhy", score);
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_DEGRADED, "oom_score_adj",
			      "stays %d (%s): oomwhy may be killed itself when memory is short",
			      score, strerror(-err));
	finding_fix(finding, "add CAP_SYS_RESOURCE, or start it with a lower one: in Kubernetes "
			     "with priorityClassName: system-node-critical");
}

/* All that oomwhy maps counts against the limit, and is far more than what it usually is. */
static void add_memory(struct doctor *doctor)
{
	bool is_able = doctor->capabilities >> CAP_IPC_LOCK & 1;
	bool is_raised = doctor->probe.bpf_memory_is_memlocked &&
			 doctor->capabilities >> CAP_SYS_RESOURCE & 1;
	struct finding *finding;
	char limit[UNITS_MAX];

	if (!is_able && !is_raised && doctor->memlock_bytes != NO_LIMIT) {
		finding = checkup_add(doctor->ret, FINDING_DEGRADED, "memory_locked",
				      "not beyond RLIMIT_MEMLOCK, %s: oomwhy may be paged out "
				      "when memory is short",
				      units_bytes(doctor->memlock_bytes, limit, sizeof(limit)));
		finding_fix(finding, "add CAP_IPC_LOCK, or start with ulimit -l unlimited");
	} else if (mlockall(MCL_CURRENT)) {
		finding = checkup_add(doctor->ret, FINDING_DEGRADED, "memory_locked",
				      "mlockall(): %s: oomwhy may be paged out when memory is "
				      "short",
				      strerror(errno));
		finding_fix(finding,
			    "allow it: a seccomp profile, or a user namespace, forbids it");
	} else {
		munlockall();
		checkup_add(doctor->ret, FINDING_OK, "memory_locked", "can be, by mlockall()");
	}
}

void doctor_protect(struct doctor *doctor)
{
	add_score(doctor);
	add_memory(doctor);
}
