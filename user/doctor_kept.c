// SPDX-License-Identifier: GPL-2.0-only
/* doctor_kept: which privileges are left once tracing runs, found by giving them up in a thread. */
#include <string.h>

#include "base/privileges.h"
#include "base/thread.h"
#include "doctor.h"

struct trial {
	__u64 effective; /* what is left */
	int bpf_error; /* of a bpf() call then; 0: it works */
};

static void *try(void *context)
{
	struct trial *trial = context;

	trial->effective = privileges_effective();
	trial->bpf_error = probe_bpf();
	return NULL;
}

static int run_trial(__u64 kept, struct trial *ret)
{
	pthread_t thread;
	int err = thread_start(&thread, "oomwhy-doctor", kept, try, ret);

	return err ? err : -pthread_join(thread, NULL);
}

void doctor_kept(struct doctor *doctor)
{
	struct trial most = { .effective = 0 }, names = { .effective = 0 };
	int err = run_trial(PRIVILEGES_NONE, &most);
	struct finding *finding;
	const char *rest;

	err = err ? err : run_trial(PRIVILEGES_READ_FILES, &names);
	if (err || most.effective || names.effective & ~PRIVILEGES_READ_FILES) {
		finding = checkup_add(doctor->ret, FINDING_DEGRADED, "kept",
				      "capabilities are not given up once tracing runs%s%s",
				      err ? ": " : "", err ? strerror(-err) : "");
		finding_fix(finding, "allow capset() and prctl(): a seccomp profile forbids them");
		return;
	}
	rest = names.effective ? "but cap_dac_read_search, to read names" : "none is left";
	checkup_add(doctor->ret, FINDING_OK, "kept",
		    "all capabilities are given up once tracing runs, %s; bpf() then %s", rest,
		    most.bpf_error ? "fails" : "is what anybody here may do");
}
