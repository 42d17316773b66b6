/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unseen: what oomwhy cannot know where lockdown=confidentiality lets no program read kernel
 * memory. It is all that the checks let pass there; what is told must be right all the same.
 */
#ifndef KILLS_UNSEEN_H
#define KILLS_UNSEEN_H

#include <stdbool.h>

#include "facts.h"
#include "fixture.h"

struct unseen {
	bool any; /* OOMWHY_LOCKDOWN=confidentiality */
	bool low_bits; /* of the kinds of memory: they are rounded down to 1 MiB */
	bool whole_rss; /* then: nothing tells their sum either */
	bool vpid; /* of a process that is not process 1 of its PID namespace */
	bool siblings; /* of the victim's container: whether a pod's limit is the container's own */
	bool limits; /* of the victim's cgroups, where a memcg's limit was hit */
	bool limits_of_host; /* the same, where the machine's was */
	bool trigger_place; /* the cgroup of who asked, if that is not the victim */
	bool asker; /* the task that asks, but for its number and name: not where a stall's stands */
	bool group; /* memory.oom.group; that several die at once is told */
	bool cpus_parts; /* what each CPU has counted of a process's memory, a batch for each */
	bool waiting; /* tasks that wait for a disabled OOM killer */
};

/* With the plan that the tracer @fx->tracer has. */
struct unseen unseen_here(const struct fixture *fx);

/* Is the machine as OOMWHY_LOCKDOWN says? NULL, or why not. */
const char *unseen_mistaken(void);

/* Facts that a line may lack there, on top of what tests/facts.md says. */
void unseen_excuse(struct facts *facts, int cgroup_version);

#endif
