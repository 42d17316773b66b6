/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KILLS_CASES_H
#define KILLS_CASES_H

#include "fixture.h"

enum {
	CASE_ONE_SHAPE = 1, /* the shape of the paths does not matter */
	CASE_HOST_OOM = 2, /* fills the whole machine: only in a virtual machine */
	CASE_TRACER = 4, /* has no meaning without the tracer */
	CASE_MACHINE = 8, /* changes the whole machine: only in a virtual machine, too */
	CASE_V1 = 16, /* only on cgroup v1: not even listed as skipped elsewhere */
	CASE_V2 = 32,
	CASE_SWAP = 64, /* needs a device for swap: OOMWHY_SWAP_DEVICE */
	CASE_PROTECT = 256, /* needs the right to lower oom_score_adj (CAP_SYS_RESOURCE) */
	CASE_NUMA = 128, /* needs two nodes; without them it does not apply, see OOMWHY_NUMA */
	CASE_ONLY_NAMED = 512, /* switches something of the machine: run only when named */
	CASE_ANY_PLAN = 1024, /* every plan sees the same: of plans that are forced only the last */
};

struct kill_case {
	const char *name;
	const char *what;
	unsigned int flags;
	void (*run)(struct fixture *fx);
};

/* Limits: whose was hit. */
extern const struct kill_case limit_cases[];
extern const int n_limit_cases;
/* Victims: who dies, and who with it. */
extern const struct kill_case victim_cases[];
extern const int n_victim_cases;
/* Stalls: nobody dies. */
extern const struct kill_case stall_cases[];
extern const int n_stall_cases;
/* Causes: what the limit was run into with, and what makes the kernel kill besides a charge. */
extern const struct kill_case cause_cases[];
extern const int n_cause_cases;
/* Culprits: who is to blame, and what led to it. */
extern const struct kill_case culprit_cases[];
extern const int n_culprit_cases;
/* Filled: by what, as oomwhy and the kernel's log say. */
extern const struct kill_case filled_cases[];
extern const int n_filled_cases;
/* Races: two at once. */
extern const struct kill_case race_cases[];
extern const int n_race_cases;
/* The program: names from hostile processes, --count, text, the end. */
extern const struct kill_case program_cases[];
extern const int n_program_cases;
/* Names: who it was. */
extern const struct kill_case name_cases[];
extern const int n_name_cases;

/* The kernel's log instead of hooks. */
extern const struct kill_case kmsg_cases[];
extern const int n_kmsg_cases;

/* The past: what is kept, and told later. */
extern const struct kill_case past_cases[];
extern const int n_past_cases;

/* Hooks that fall silent. */
extern const struct kill_case silent_cases[];
extern const int n_silent_cases;

#endif
