// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracer_protect: what keeps the tracer at work on a machine without memory or CPU time: it is
 * locked in memory, the last to be killed, and comes before others. Each as far as it may.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/oom_score.h"
#include "tracer_state.h"

#define NICE -15
#define STACK_BYTES (256 * 1024) /* more than T1 ever uses */

void tracer_raise_priority(void)
{
	if (getpriority(PRIO_PROCESS, 0) > NICE && setpriority(PRIO_PROCESS, 0, NICE))
		log_debug("no priority over other processes (%s): CAP_SYS_NICE is missing",
			  strerror(errno));
}

static __s64 score_now(void)
{
	int score;

	return oom_score_read(&score) ? score : NOT_KNOWN_SIGNED;
}

static void lower_score(struct tracer *tracer)
{
	tracer->oom_score_adj = score_now();
	if (tracer->oom_score_adj > OOM_SCORE_WANTED && !oom_score_write(OOM_SCORE_WANTED))
		tracer->oom_score_adj = score_now();
	if (tracer->oom_score_adj > OOM_SCORE_WANTED)
		log_debug(
			"may be killed itself when memory is short, its oom_score_adj is %lld: to "
			"lower it CAP_SYS_RESOURCE is missing",
			tracer->oom_score_adj);
}

/* So that all of it is there before the memory is locked. */
static __attribute__((noinline)) void touch_stack(void)
{
	volatile char bytes[STACK_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i += 512)
		bytes[i] = 0;
}

/* Without privileges, which are dropped, what is over the limit cannot be allocated any more. */
static bool may_lock_more(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit;

	setrlimit(RLIMIT_MEMLOCK, &all);
	return !getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur == RLIM_INFINITY;
}

/* All that is there; and what the index of cgroups grows by, once it is used. */
static void lock_memory(struct tracer *tracer)
{
	touch_stack();
	malloc_trim(0);
	tracer->memory_locked = mlockall(MCL_CURRENT) == 0;
	if (!tracer->memory_locked)
		log_debug("may be paged out when memory is short (%s): CAP_IPC_LOCK is missing",
			  strerror(errno));
	else if (!may_lock_more() || mlockall(MCL_FUTURE | MCL_ONFAULT))
		log_debug("what is allocated later is not locked: CAP_SYS_RESOURCE is missing");
}

void tracer_protect(struct tracer *tracer)
{
	lower_score(tracer);
	lock_memory(tracer);
}
