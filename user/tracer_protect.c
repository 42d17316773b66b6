// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracer_protect: what keeps the tracer at work on a machine without memory or CPU time: it is
 * locked in memory, the last to be killed, and comes before others. Each as far as it may.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "tracer_state.h"

#define NICE -15
/* As others that a node needs (kubelet, containerd). Not -1000: at our own limit it ends with us.
 */
#define SCORE_ADJ -999
#define STACK_BYTES (256 * 1024) /* more than T1 ever uses */

void tracer_raise_priority(void)
{
	if (getpriority(PRIO_PROCESS, 0) > NICE && setpriority(PRIO_PROCESS, 0, NICE))
		log_debug("no priority over other processes (%s): CAP_SYS_NICE is missing",
			  strerror(errno));
}

static __s64 read_score_adj(void)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return len > 0 ? strtol(text, NULL, 10) : NOT_KNOWN_SIGNED;
}

static void lower_score(struct tracer *tracer)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	tracer->oom_score_adj = read_score_adj();
	if (fd >= 0 && tracer->oom_score_adj > SCORE_ADJ && dprintf(fd, "%d", SCORE_ADJ) > 0)
		tracer->oom_score_adj = read_score_adj();
	if (fd >= 0)
		close(fd);
	if (tracer->oom_score_adj > SCORE_ADJ)
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
