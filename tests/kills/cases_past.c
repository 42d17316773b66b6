/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The past: what is kept in the state folder, what `oomwhy last` and a tracer that starts later
 * tell of it. Each kill once, though the kernel's log has it, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "program.h"

#define SETTLE_MS 4500
#define QUIET_MS 3000
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char state_dir[64];

static const char *make_state_dir(void)
{
	snprintf(state_dir, sizeof(state_dir), "/tmp/oomwhy-kills-XXXXXX");
	if (!mkdtemp(state_dir))
		fail_msg("%s: %s", state_dir, strerror(errno));
	return state_dir;
}

static void remove_state_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", state_dir);
	assert_int_equal(system(command), 0);
}

static pid_t kill_in_container(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL);

	assert_int_equal(workload_go(w), 0);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	assert_true(WIFSIGNALED(w->status));
	return w->pid;
}

static void start_own(struct fixture *fx, const char *const *args)
{
	tracer_free(&fx->own);
	assert_int_equal(tracer_start(&fx->own, args), 0);
	tracer_wait_attached(&fx->own);
}

static void same(json_t *a, json_t *b, const char *key)
{
	if (strcmp(line_string(a, key), line_string(b, key)))
		fail_msg("%s is \"%s\", and was \"%s\" live", key, line_string(a, key),
			 line_string(b, key));
}

/* It was seen live and stands in the log: told once, as it was seen. */
static void kept(struct fixture *fx)
{
	const char *const trace[] = { "--json", "--state", make_state_dir(), NULL };
	const char *const last[] = {
		"last", "--json", "--since", "5m", "--state", state_dir, NULL
	};
	json_t *live, *told;
	pid_t pid;

	start_own(fx, trace);
	pid = kill_in_container(fx);
	live = tracer_kill_of(&fx->own, pid, TRACER_LINE_MS);
	if (!live)
		fail_msg("no line for process %d", pid);
	json_incref(live);
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
	told = program_kill_of(program_run(last, -1, false, NULL), pid, 0);
	if (!told)
		fail_msg("oomwhy last does not tell of process %d", pid);
	assert_string_equal(line_string(told, "origin"), "backfill");
	same(told, live, "id");
	same(told, live, "time");
	same(told, live, "message");
	same(told, live, "verdict.evidence");
	same(told, live, "victim.cgroup.path");
	json_decref(told);
	json_decref(live);
	remove_state_dir();
}

/* Nobody was there: the log alone has it. Whoever starts later tells it first, and marks it. */
static void before_start(struct fixture *fx)
{
	const char *const last[] = { "last", "--json", "--since", "5m", NULL };
	const char *const whole[] = { "--json", "--duration", "2s", "--state", "none", NULL };
	pid_t pid = kill_in_container(fx);
	json_t *told = program_kill_of(program_run(last, -1, false, NULL), pid, 0);
	char *text, *start, *after;

	if (!told)
		fail_msg("oomwhy last does not tell of process %d", pid);
	assert_string_equal(line_string(told, "origin"), "log");
	json_decref(told);
	/* One of the last two seconds may have been seen live, too: that would be waited for. */
	poll(NULL, 0, SETTLE_MS);
	text = program_run(whole, -1, true, NULL);
	start = strstr(text, "\"type\":\"start\"");
	assert_non_null(start);
	after = strdup(strchr(start, '\n') + 1);
	while (start[-1] != '\n')
		start--;
	*start = '\0';
	told = program_kill_of(text, pid, 0);
	assert_null(program_kill_of(after, pid, 0));
	free(after);
	if (!told)
		fail_msg("oomwhy does not tell of process %d, killed before it started", pid);
	assert_string_equal(line_string(told, "origin"), "backfill");
	json_decref(told);
}

/* A full disk: said, counted, and all is told. */
static void full_disk(struct fixture *fx)
{
	const char *const trace[] = { "--json", "--state", make_state_dir(), NULL };
	json_t *live, *stop;
	pid_t pid;
	int fd;
	char path[128], word[4096];
	ssize_t n;

	if (mount("none", state_dir, "tmpfs", 0, "size=8k,mode=700"))
		fail_msg("a small tmpfs: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/fill", state_dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	memset(word, 0, sizeof(word));
	while (write(fd, word, sizeof(word)) > 0)
		;
	close(fd);
	start_own(fx, trace);
	pid = kill_in_container(fx);
	live = tracer_kill_of(&fx->own, pid, TRACER_LINE_MS);
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
	umount2(state_dir, MNT_DETACH);
	if (!live)
		fail_msg("no line for process %d", pid);
	stop = json_array_get(fx->own.seen, json_array_size(fx->own.seen) - 1);
	assert_string_equal(line_string(stop, "type"), "stop");
	if (line_integer(stop, "losses.state") < 1)
		fail_msg("the loss is not counted");
	n = pread(fx->own.err_fd, word, sizeof(word) - 1, 0);
	word[n > 0 ? n : 0] = '\0';
	if (!strstr(word, "No space left on device"))
		fail_msg("stderr does not say so: %s", word);
	remove_state_dir();
}

#define STOPPED_KILLS 41 /* more than the kernel's ring has room for */

/* One after the other, in one cgroup. */
static void kill_many(struct fixture *fx, struct container *a, int count)
{
	for (int i = 0; i < count; i++) {
		struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, NULL);

		assert_int_equal(workload_go(w), 0);
		assert_int_equal(workload_wait_end(w, KILL_MS), 0);
		assert_true(WIFSIGNALED(w->status));
		fixture_end_workloads(fx);
	}
}

static long long told_in(struct tracer *t, const struct cgroup *cg)
{
	long long told = 0;
	json_t *line;
	size_t i;

	json_array_foreach(t->seen, i, line)
	{
		if (!strcmp(line_string(line, "type"), "oom_kill") &&
		    (!strcmp(line_string(line, "victim.cgroup.path"), cg->path) ||
		     !strcmp(line_string(line, "limit_owner.cgroup.path"), cg->path)))
			told++;
	}
	return told;
}

/* Nobody empties the ring until it is full: what was dropped is found, exactly, and where. */
static void audit(struct fixture *fx)
{
	static const char *const args[] = { "--json", "--state", "none", "--ring", "64Ki", NULL };
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 4);
	long long dropped, before, told, machine, unseen;
	json_t *stop, *line, *place = NULL;
	size_t i;

	start_own(fx, args);
	before = cgroup_oom_kills(&fx->h, &a->cg);
	machine = machine_oom_kills();
	kill(fx->own.pid, SIGSTOP);
	kill_many(fx, a, STOPPED_KILLS);
	assert_int_equal(cgroup_oom_kills(&fx->h, &a->cg) - before, STOPPED_KILLS);
	kill(fx->own.pid, SIGCONT);
	while (tracer_line(&fx->own, QUIET_MS))
		;
	assert_int_equal(tracer_stop(&fx->own, SIGTERM), 0);
	told = told_in(&fx->own, &a->cg);
	dropped = STOPPED_KILLS - told;
	if (!dropped)
		fail_msg("nothing was dropped: the ring has room for all of %d", STOPPED_KILLS);
	stop = json_array_get(fx->own.seen, json_array_size(fx->own.seen) - 1);
	assert_string_equal(line_string(stop, "type"), "stop");
	json_array_foreach(fx->own.seen, i, line)
	{
		json_t *places = line_get(line, "places"), *p;
		size_t j;

		json_array_foreach(places, j, p)
		{
			if (!strcmp(line_string(p, "cgroup.path"), a->cg.path))
				place = p;
		}
	}
	if (fx->verbose)
		print_message("  %lld of %d told\n", told, STOPPED_KILLS);
	/* Others may kill on this machine meanwhile: then only the place is exact. */
	unseen = line_integer(stop, "losses.unseen_kills");
	machine = machine_oom_kills() - machine;
	if (unseen < dropped || (machine == STOPPED_KILLS && unseen != dropped) || !place ||
	    line_integer(place, "kills") != dropped) {
		tracer_print(&fx->own);
		fail_msg("%lld were dropped", dropped);
	}
}

const struct kill_case past_cases[] = {
	{ "kept", "a kill that was seen live is told by oomwhy last, once",
	  CASE_ONE_SHAPE | CASE_TRACER, kept },
	{ "before-start", "a kill that nobody saw is told by the log, once",
	  CASE_ONE_SHAPE | CASE_TRACER, before_start },
	{ "state-full", "the state folder's disk is full",
	  CASE_ONE_SHAPE | CASE_TRACER | CASE_ANY_PLAN, full_disk },
	{ "audit", "kills that the ring had no room for: how many, and where",
	  CASE_ONE_SHAPE | CASE_TRACER, audit },
};
const int n_past_cases = COUNT(past_cases);
