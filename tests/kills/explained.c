/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "explained.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "check_filled.h"
#include "check_line.h"
#include "program.h"
#include "unseen.h"

#define STAMP_SLACK_S 2 /* from the mark to the line in the log, and two seconds cut off */

/* Where both say it, they say the same. */
static void same_string(json_t *log, json_t *live, const char *key)
{
	if (line_get(log, key) && line_get(live, key) &&
	    strcmp(line_string(log, key), line_string(live, key)))
		line_wrong(log, "%s is \"%s\" live", key, line_string(live, key));
}

static void same_number(json_t *log, json_t *live, const char *key, long long slack)
{
	if (line_get(log, key) && line_get(live, key) &&
	    llabs(line_integer(log, key) - line_integer(live, key)) > slack)
		line_wrong(log, "%s is %lld live", key, line_integer(live, key));
}

static void check_owner(const struct expect *e, json_t *log, json_t *live)
{
	const char *level = line_string(log, "verdict.limit_level");

	/* Of a pod's limit the log does not tell whether it is its container's, too. */
	if (strcmp(level, "unknown"))
		same_string(log, live, "verdict.limit_level");
	else if (strcmp(line_string(log, "limit_owner.limit_level"), "pod"))
		line_wrong(log, "verdict.limit_level is unknown");
	same_string(log, live, "limit_owner.limit_level");
	same_string(log, live, "limit_owner.cgroup.path");
	/* Live there may be no path for an owner that is known by its number. */
	if (!line_get(log, "limit_owner.cgroup") != !line_get(live, "limit_owner.cgroup"))
		line_wrong(log, "one of the two has no limit_owner.cgroup");
	same_string(log, live, "limit_owner.counter");
	same_number(log, live, "limit_owner.limit_bytes", 0);
	/* Where others die at the same time it falls between the report and the mark. */
	if (!(e->flags & EXPECT_OTHER_OOMS))
		same_number(log, live, "limit_owner.usage_bytes", MIB + e->given_back_bytes);
	same_string(log, live, "constraint");
	same_number(log, live, "cgroup.version", 0);
	same_number(log, live, "limits.host.limit_bytes", 4 * MIB);
}

static void check_task(const struct expect *e, json_t *log, json_t *live, bool rounded)
{
	static const char *const texts[] = { "victim.comm",	    "victim.fate",
					     "victim.cgroup.path",  "victim.k8s.pod.uid",
					     "victim.container.id", "victim.qos_class" };
	static const char *const figures[] = { "victim.anon_bytes", "victim.file_bytes",
					       "victim.shmem_bytes", "victim.rss_bytes",
					       "victim.swap_bytes" };
	long long slack = check_rss_slack() + (e->flags & EXPECT_THREADS ? 2 * MIB : 0) +
			  (rounded ? 4 * MIB : 0);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		same_string(log, live, texts[i]);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		same_number(log, live, figures[i], slack);
	same_number(log, live, "victim.process.real_user.id", 0);
	same_number(log, live, "victim.oom_score_adj", 0);
	if (!e->tid)
		same_number(log, live, "victim.process.pid", 0);
}

/* The log's table is made for the report; live the counters are read a moment later. */
static void check_filled(json_t *log, json_t *live)
{
	static const char *const figures[] = {
		"memory.usage_bytes",
		"memory.anon_bytes",
		"memory.file_bytes",
		"memory.shmem_bytes",
		"memory.slab_reclaimable_bytes",
		"memory.slab_unreclaimable_bytes",
		"memory.kernel_stack_bytes",
		"memory.pagetables_bytes",
		"memory.sock_bytes",
		"memory.swap_bytes",
	};
	const char *source = line_string(live, "memory.source");

	if (strcmp(source, "exact") && strcmp(source, "sum"))
		return;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		same_number(log, live, figures[i],
			    check_filled_slack(live) + line_integer(log, "memory.rest_bytes"));
}

static void check_asker(json_t *log, json_t *live)
{
	same_number(log, live, "trigger.process.pid", 0);
	same_string(log, live, "trigger.comm");
	same_number(log, live, "trigger.allocation.order", 0);
	same_number(log, live, "trigger.allocation.gfp_mask", 0);
}

static json_t *process_of(json_t *list, long long pid)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		if (line_integer(entry, "process.pid") == pid)
			return entry;
	}
	return NULL;
}

/* The log names who died with its group; who died for shared memory it does not. */
static void check_others(json_t *log, json_t *live)
{
	json_t *mine = line_get(log, "other_victims"), *theirs = line_get(live, "other_victims");
	json_t *entry, *other;
	size_t i;

	json_array_foreach(mine, i, entry)
	{
		other = process_of(theirs, line_integer(entry, "process.pid"));
		if (!other || strcmp(line_string(other, "fate"), "group"))
			line_wrong(log, "process %lld died with no group, live",
				   line_integer(entry, "process.pid"));
		same_number(entry, other, "rss_bytes", 4 * MIB);
	}
	json_array_foreach(theirs, i, entry)
	{
		if (!strcmp(line_string(entry, "fate"), "group") &&
		    !process_of(mine, line_integer(entry, "process.pid")))
			line_wrong(log, "process %lld of the group is missing",
				   line_integer(entry, "process.pid"));
	}
}

/* "1f0c9a6e-378451-90211" and, of a log that does not name the boot, "log-378451-90211" */
static void check_id(json_t *log, json_t *live)
{
	long long mine = 0, theirs = 0, ahead_us = 0;

	sscanf(strchrnul(line_string(log, "id"), '-'), "-%lld", &mine);
	sscanf(strchrnul(line_string(live, "id"), '-'), "-%lld", &theirs);
	klog_clock_ahead_us(&ahead_us);
	if (llabs(mine - theirs - ahead_us / 1000000) > STAMP_SLACK_S)
		line_wrong(log, "id is %s live", line_string(live, "id"));
}

/* The table of tasks: the victim first, and of who is bigger it is said why it lives. */
static void check_candidates(const struct expect *e, json_t *log)
{
	json_t *list = line_get(log, "candidates"), *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		bool bigger = line_integer(entry, "rss_bytes") >
			      line_integer(log, "victim.rss_bytes");

		if (json_is_true(line_get(entry, "chosen")) != !i)
			line_wrong(log, "candidate %zu", i);
		if (i && !line_get(entry, "fate") && bigger != !!line_get(entry, "spared"))
			line_wrong(log, "candidate %zu: why it lives", i);
	}
	if (list && line_integer(json_array_get(list, 0), "process.pid") !=
			    line_integer(log, "victim.process.pid"))
		line_wrong(log, "process %d is not the first candidate", e->pid);
}

json_t *explain_kill(struct fixture *fx, const struct expect *e)
{
	static const char *const explain[] = { "explain", "--json", "-", NULL };
	int fd = memfd_create("kernel-log", MFD_CLOEXEC);
	json_t *line;

	assert_return_code(fd, errno);
	assert_int_equal(klog_copy(fx->log_mark, fd), 0);
	lseek(fd, 0, SEEK_SET);
	line = program_kill_of(program_run(explain, fd, false, NULL), e->pid, e->tid);
	close(fd);
	if (!line)
		fail_msg("oomwhy explain does not tell of process %d", e->pid);
	return line;
}

void check_explained(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
		     json_t *live)
{
	json_t *line;

	if (!log->has_dump && !log->has_killed)
		return;
	line = explain_kill(fx, e);
	if (fx->verbose)
		print_message("  explain: %s\n", line_string(line, "message"));
	line_is(line, "origin", "log");
	line_is(line, "verdict.evidence", "log");
	check_task(e, line, live, unseen_here(fx).low_bits);
	check_others(line, live);
	check_id(line, live);
	if (log->has_dump) {
		/* By counters alone the owner may stay unknown. */
		if (strcmp(line_string(live, "verdict.limit_level"), "unknown"))
			check_owner(e, line, live);
		if (!(e->flags & EXPECT_OTHER_OOMS))
			check_filled(line, live);
		check_asker(line, live);
		check_candidates(e, line);
	}
	json_decref(line);
}

void check_last(const struct expect *e)
{
	static const char *const last[] = { "last", "--json", "--since", "5m", NULL };
	json_t *line;

	line = program_kill_of(program_run(last, -1, false, NULL), e->pid, e->tid);
	if (!line)
		fail_msg("oomwhy last does not tell of process %d", e->pid);
	json_decref(line);
}
