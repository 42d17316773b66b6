/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KILLS_CASES_H
#define KILLS_CASES_H

#include "fixture.h"

enum {
	CASE_ONE_SHAPE = 1, /* the shape of the paths does not matter */
	CASE_HOST_OOM = 2, /* fills the whole machine: only in a virtual machine */
	CASE_TRACER = 4, /* has no meaning without the tracer */
	CASE_ONLY_NAMED = 128, /* switches something of the machine: run only when named */
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
/* The program: names from hostile processes, --count, text, the end. */
extern const struct kill_case program_cases[];
extern const int n_program_cases;

/* Hooks that fall silent. */
extern const struct kill_case silent_cases[];
extern const int n_silent_cases;

#endif
