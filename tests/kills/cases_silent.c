/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that are attached and fall silent while oomwhy runs: the kill that shows it is told all the
 * same, the change is said, and the next kills are told by tracepoints.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"

/* A kill within a second of the start may have begun before the hooks were attached. */
#define SETTLE_MS 1500

static int write_switch(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, 1) != 1)
		err = -errno;
	close(fd);
	return err;
}

static const char *switch_of(const struct tracer *t)
{
	return strcmp(t->attach, "kprobe") ? "/proc/sys/kernel/ftrace_enabled" :
					     "/sys/kernel/debug/kprobes/enabled";
}

static json_t *kill_in_container(struct fixture *fx, struct tracer *t, struct cgroup *ret_owner)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL);
	json_t *line;

	assert_int_equal(workload_go(w), 0);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	line = tracer_kill_of(t, w->pid, TRACER_LINE_MS);
	if (!line)
		fail_msg("no oom_kill line for process %d", w->pid);
	assert_string_equal(line_string(line, "verdict.limit_level"), "container");
	*ret_owner = a->cg;
	return line;
}

static void check_owner(json_t *line, const struct cgroup *owner, const char *evidence)
{
	assert_string_equal(line_string(line, "verdict.evidence"), evidence);
	assert_string_equal(line_string(line, "limit_owner.cgroup.path"), owner->path);
	assert_int_equal(line_integer(line, "limit_owner.cgroup.id"), owner->id);
}

static json_t *second_start(struct tracer *t)
{
	json_t *line = NULL;
	size_t i;

	json_array_foreach(t->seen, i,
			   line) if (i && !strcmp(line_string(line, "type"), "start")) return line;
	do
		line = tracer_line(t, TRACER_LINE_MS);
	while (line && strcmp(line_string(line, "type"), "start"));
	return line;
}

/* Some kernels (5.10, 7.3) do not let ftrace be switched off under a trampoline. */
static void stays(struct fixture *fx, struct tracer *t, int err)
{
	struct cgroup owner;

	print_message("  %s cannot be switched off: %s\n", switch_of(t), strerror(-err));
	assert_string_equal(t->attach, "fentry");
	check_owner(kill_in_container(fx, t, &owner), &owner, "exact");
	assert_int_equal(tracer_stop(t, SIGTERM), 0);
}

static void silent(struct fixture *fx)
{
	static const char *const args[] = { "--json", NULL };
	struct cgroup owner;
	struct tracer *t = &fx->own;
	json_t *line;
	int err;

	assert_int_equal(tracer_start(t, args), 0);
	tracer_wait_attached(t);
	t->mixed = true;
	if (!strcmp(t->attach, "tracepoint"))
		fail_msg("needs --attach fentry or kprobe (OOMWHY_ATTACH)");
	poll(NULL, 0, SETTLE_MS);
	line = kill_in_container(fx, t, &owner);
	check_owner(line, &owner, "exact");
	err = write_switch(switch_of(t), "0");
	if (err) {
		stays(fx, t, err);
		return;
	}
	for (int i = 0; i < 2; i++) {
		line = kill_in_container(fx, t, &owner);
		check_owner(line, &owner, "inferred");
	}
	line = second_start(t);
	assert_non_null(line);
	assert_string_equal(line_string(line, "tracing.attach"), "tracepoint");
	assert_string_equal(line_string(line, "tracing.degraded_from"), t->attach);
	assert_string_equal(line_string(line, "tracing.evidence"), "inferred");
	assert_int_equal(write_switch(switch_of(t), "1"), 0);
	line = kill_in_container(fx, t, &owner); /* the hooks stayed: they fire again */
	check_owner(line, &owner, "exact");
	assert_int_equal(tracer_stop(t, SIGTERM), 0);
}

const struct kill_case silent_cases[] = {
	{ "silent", "the plan's hooks fall silent while oomwhy runs",
	  CASE_ONE_SHAPE | CASE_TRACER | CASE_ONLY_NAMED, silent },
};
const int n_silent_cases = 1;
