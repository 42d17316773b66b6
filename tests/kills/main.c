/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kills: makes real OOM kills in scratch cgroups and compares what oomwhy says with what the kernel
 * says elsewhere.
 *
 * The tests run in a child; this process outlives them whatever happens, and removes what they
 * made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "machine.h"
#include "unseen.h"

#define RUNS_MAX 128

static const char usage[] =
	"usage: kills [--list] [CASE | CASE/cgroupfs | CASE/systemd]...\n"
	"Environment:\n"
	"  OOMWHY                  the program under test (build/oomwhy)\n"
	"  OOMWHY_ATTACH           passed to it as --attach\n"
	"  OOMWHY_EAT              the workload (beside this program)\n"
	"  OOMWHY_KERNEL_ONLY=1    without the tracer: do the workloads do what they should?\n"
	"  OOMWHY_ALLOW_HOST_OOM=1 also fill the whole machine: in a virtual machine only\n"
	"  OOMWHY_SWAP_DEVICE      a block device that may be overwritten, for swap\n"
	"  OOMWHY_NUMA=1           there are two NUMA nodes: what needs them must run\n"
	"  OOMWHY_NO_SKIP=1        what cannot be run has failed\n"
	"  OOMWHY_LOCKDOWN=confidentiality  as the kernel is: let pass what cannot be known there\n"
	"  OOMWHY_VERBOSE=1        say what the kernel and oomwhy said\n";

struct run {
	const struct kill_case *c;
	enum shape shape;
	char name[64];
};

static struct fixture fixture;
static struct run runs[RUNS_MAX];
static int n_runs;
static volatile sig_atomic_t runner_pid;

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0");
}

static void add_run(const struct kill_case *c, enum shape shape)
{
	struct run *run = &runs[n_runs++];
	const char *suffix = shape == SYSTEMD ? "/systemd" : "/cgroupfs";

	run->c = c;
	run->shape = shape;
	snprintf(run->name, sizeof(run->name), "%s%s", c->name,
		 c->flags & CASE_ONE_SHAPE ? "" : suffix);
}

static void add_runs(const struct kill_case *cases, int n)
{
	for (int i = 0; i < n; i++) {
		add_run(&cases[i], CGROUPFS);
		if (!(cases[i].flags & CASE_ONE_SHAPE))
			add_run(&cases[i], SYSTEMD);
	}
}

/* The cases of the other cgroup version are no part of a run. */
static bool applies(const struct run *run)
{
	int version = fixture.h.version;

	return !(version == 2 && (run->c->flags & CASE_V1)) &&
	       !(version == 1 && (run->c->flags & CASE_V2));
}

/* The matrix forces one plan after the other; each kernel has the last of them. */
static bool is_other_plan(void)
{
	const char *plan = getenv("OOMWHY_ATTACH");

	return plan && strcmp(plan, "tracepoint") != 0;
}

static bool is_selected(const struct run *run, char **names)
{
	for (char **name = names; *name; name++)
		if (!strcmp(*name, run->name) || !strcmp(*name, run->c->name))
			return true;
	return !*names && !(run->c->flags & CASE_ONLY_NAMED) &&
	       !(run->c->flags & CASE_ANY_PLAN && is_other_plan());
}

static const char *not_applicable(const struct run *run)
{
	if ((run->c->flags & CASE_NUMA) && machine_nodes() < 2 && !is_set("OOMWHY_NUMA"))
		return "this machine has no two NUMA nodes";
	return NULL;
}

static const char *skip_reason(const struct run *run)
{
	unsigned int flags = run->c->flags;

	if (*fixture.skip)
		return fixture.skip;
	if ((flags & CASE_HOST_OOM) && !is_set("OOMWHY_ALLOW_HOST_OOM"))
		return "fills the whole machine: only in a virtual machine (OOMWHY_ALLOW_HOST_OOM=1)";
	if ((flags & CASE_MACHINE) && !is_set("OOMWHY_ALLOW_HOST_OOM"))
		return "concerns the whole machine: only in a virtual machine (OOMWHY_ALLOW_HOST_OOM=1)";
	if ((flags & CASE_TRACER) && fixture.kernel_only)
		return "needs the tracer (OOMWHY_KERNEL_ONLY is set)";
	if ((flags & CASE_PROTECT) && !machine_may_protect())
		return "needs the right to lower oom_score_adj (CAP_SYS_RESOURCE)";
	if ((flags & CASE_NUMA) && machine_nodes() < 2)
		return "there are no two NUMA nodes";
	if ((flags & CASE_SWAP) && !is_set("OOMWHY_SWAP_DEVICE"))
		return "needs a device for swap (OOMWHY_SWAP_DEVICE)";
	return NULL;
}

static void run_case(void **state)
{
	struct run *run = *state;
	const char *no_matter = not_applicable(run), *reason = skip_reason(run);

	if (no_matter) {
		print_message("  skipped: %s\n", no_matter);
		skip();
	}
	if (reason && is_set("OOMWHY_NO_SKIP"))
		fail_msg("cannot be run: %s", reason);
	if (reason) {
		print_message("  skipped: %s\n", reason);
		skip();
	}
	fixture_begin(&fixture, run->shape);
	run->c->run(&fixture);
}

static int end_case(void **state)
{
	struct run *run = *state;

	if (not_applicable(run) || skip_reason(run))
		return 0;
	return fixture_end(&fixture);
}

static unsigned int place(void)
{
	return (fixture.h.version == 1 ? FACTS_V1 : FACTS_V2) |
	       (is_set("OOMWHY_ALLOW_HOST_OOM") ? FACTS_VM : 0) |
	       (is_set("OOMWHY_SWAP_DEVICE") ? FACTS_SWAP : 0) |
	       (access("/sys/devices/system/node/node1", F_OK) ? 0 : FACTS_NUMA);
}

/* Last in a complete run: what a plan can tell (tests/facts.md) has been told. */
static void all_facts(void **state)
{
	const struct facts *facts = tracer_facts();
	int lines = 0, untold = 0;

	(void)state;
	if (*fixture.skip && !is_set("OOMWHY_NO_SKIP"))
		skip();
	for (int plan = 0; plan < FACTS_PLANS; plan++) {
		lines += facts->lines[plan];
		for (int i = -1;
		     facts->lines[plan] && (i = facts_untold(facts, plan, place(), i + 1)) >= 0;) {
			print_message("  never told: %s (%s)\n", facts->fact[i].key,
				      facts->fact[i].name);
			untold++;
		}
	}
	if (!lines || untold)
		fail_msg("%d facts were never told, in %d lines", untold, lines);
}

static int end_run(void **state)
{
	(void)state;
	tracer_free(&fixture.tracer);
	return 0;
}

static int run_selected(char **names)
{
	static struct CMUnitTest tests[RUNS_MAX + 1];
	int n = 0;

	for (int i = 0; i < n_runs; i++)
		if (applies(&runs[i]) && is_selected(&runs[i], names))
			tests[n++] = (struct CMUnitTest){ runs[i].name, run_case, NULL, end_case,
							  &runs[i] };
	if (!n) {
		fprintf(stderr, "kills: no such case here; see --list\n");
		return 2;
	}
	if (!*names && !fixture.kernel_only)
		tests[n++] = (struct CMUnitTest){ "facts", all_facts, NULL, NULL, NULL };
	return _cmocka_run_group_tests("kills", tests, n, NULL, end_run) ? 1 : 0;
}

/* A kubelet's cgroups are not ours to touch, and its pods would be the victims. */
static bool is_foreign(const char *top)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", fixture.h.root, top);
	return !stat(path, &st);
}

static void prepare(void)
{
	static const char *const tops[] = { "kubepods", "kubepods.slice", "oomwhy-test.slice" };
	size_t size = sizeof(fixture.skip);
	int err;

	fixture.kernel_only = is_set("OOMWHY_KERNEL_ONLY");
	fixture.verbose = is_set("OOMWHY_VERBOSE") || fixture.kernel_only;
	fixture_begin(&fixture, CGROUPFS);
	if (geteuid()) {
		snprintf(fixture.skip, size, "needs root");
		return;
	}
	if (hierarchy_find(&fixture.h)) {
		snprintf(fixture.skip, size, "%.250s", fixture.h.missing);
		return;
	}
	if (unseen_mistaken()) {
		snprintf(fixture.skip, size, "%s", unseen_mistaken());
		return;
	}
	unseen_excuse(tracer_facts(), fixture.h.version);
	err = ledger_lock();
	if (!err)
		err = ledger_clean(&fixture.h);
	if (err)
		snprintf(fixture.skip, size, "what an earlier run left cannot be removed: %s",
			 strerror(-err));
	for (int i = 0; i < 3 && !*fixture.skip; i++)
		if (is_foreign(tops[i]))
			snprintf(fixture.skip, size,
				 "/%s exists and was not made by these tests: "
				 "no kills beside somebody's pods",
				 tops[i]);
}

static void forward(int sig)
{
	if (runner_pid > 0)
		kill(runner_pid, sig);
}

/* Waits for the tests and removes what they left, also when they were killed. */
static int guard(pid_t pid)
{
	int status;

	runner_pid = pid;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (fixture.h.version && !*fixture.skip && ledger_clean(&fixture.h))
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void list_run(const struct run *run)
{
	unsigned int flags = run->c->flags;

	printf("%-24s %s%s%s%s%s%s\n", run->name, run->c->what,
	       flags & CASE_V1 ? " [cgroup v1]" : "", flags & CASE_V2 ? " [cgroup v2]" : "",
	       flags & (CASE_HOST_OOM | CASE_MACHINE) ? " [virtual machine]" : "",
	       flags & CASE_SWAP ? " [swap device]" : "", flags & CASE_NUMA ? " [2 nodes]" : "");
}

int main(int argc, char **argv)
{
	struct sigaction forwarding = { .sa_handler = forward };
	const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	pid_t guard_pid = getpid(), pid;

	if (!facts_parse(tracer_facts(), facts_text)) {
		fprintf(stderr, "kills: tests/facts.md: %s\n", tracer_facts()->why);
		return 1;
	}
	add_runs(limit_cases, n_limit_cases);
	add_runs(victim_cases, n_victim_cases);
	add_runs(stall_cases, n_stall_cases);
	add_runs(cause_cases, n_cause_cases);
	add_runs(culprit_cases, n_culprit_cases);
	add_runs(filled_cases, n_filled_cases);
	add_runs(race_cases, n_race_cases);
	add_runs(name_cases, n_name_cases);
	add_runs(program_cases, n_program_cases);
	add_runs(kmsg_cases, n_kmsg_cases);
	add_runs(past_cases, n_past_cases);
	add_runs(silent_cases, n_silent_cases);
	if (argc > 1 && argv[1][0] == '-') {
		bool list = !strcmp(argv[1], "--list");

		for (int i = 0; list && i < n_runs; i++)
			list_run(&runs[i]);
		if (!list)
			fputs(usage, strcmp(argv[1], "--help") ? stderr : stdout);
		return list || !strcmp(argv[1], "--help") ? 0 : 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &forwarding, NULL);
	pid = fork();
	if (pid < 0) {
		perror("kills: fork");
		return 1;
	}
	if (pid)
		return guard(pid);
	for (int i = 0; i < 3; i++)
		signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN); /* a workload that is gone is an error that we see */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard_pid)
		return 1;
	return run_selected(argv + 1);
}
