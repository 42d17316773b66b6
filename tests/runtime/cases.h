/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUNTIME_CASES_H
#define RUNTIME_CASES_H

#include "world.h"

struct runtime_case {
	const char *name;
	const char *what;
	void (*run)(struct world *w);
};

/* Each kind of limit, in containers that containerd made. */
extern const struct runtime_case limit_cases[];
extern const int n_limit_cases;
/* Containers whose life is over in milliseconds. */
extern const struct runtime_case flash_cases[];
extern const int n_flash_cases;
/* What other runtimes and kubelet leave behind, as files. */
extern const struct runtime_case file_cases[];
extern const int n_file_cases;
/* Kills while containers come and go by the thousand. */
extern const struct runtime_case churn_cases[];
extern const int n_churn_cases;

#endif
