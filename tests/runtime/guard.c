/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define SIGNALS ((int)(sizeof(signals) / sizeof(signals[0])))

static volatile sig_atomic_t runner_pid;

/* 0, or the reason on stderr. */
static int prepare(struct world *w)
{
	int err;

	err = ledger_lock();
	err = err ? err : world_remove(&w->h);
	if (err) {
		fprintf(stderr, "what an earlier run left cannot be removed: %s\n", strerror(-err));
		return err;
	}
	mkdir("/tmp", 01777); /* a guest may come without it */
	strcpy(w->dir, "/tmp/oomwhy-runtime-XXXXXX");
	if (mkdtemp(w->dir))
		return 0;
	perror("/tmp");
	return -errno;
}

/* What cannot be run is skipped on a person's machine, and has failed where all must run. */
static int skip_run(const char *why)
{
	const char *ci = getenv("CI");
	bool fails = ci && !strcmp(ci, "true");

	printf("%s: %s\n", fails ? "FAILED" : "SKIPPED", why);
	return fails;
}

static void forward(int sig)
{
	if (runner_pid > 0)
		kill(runner_pid, sig);
}

static int guard(struct world *w, pid_t pid)
{
	int status, any = 0, err;
	pid_t ended;

	runner_pid = pid;
	/* The shims' parent, too, when they have lost theirs. */
	while ((ended = waitpid(-1, &any, 0)) != pid && (ended > 0 || errno == EINTR))
		;
	status = any;
	err = world_remove(&w->h);
	while (waitpid(-1, &any, WNOHANG) > 0)
		;
	if (err)
		fprintf(stderr, "%s is left behind: %s\n", WORLD_CGROUP, strerror(-err));
	rmdir(w->dir);
	if (err)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct CMUnitTest only; /* the case of guard_run_case() */

static int end_case(void **state)
{
	return world_end_case(*state);
}

static int run_case(struct world *w, char **argv)
{
	const struct CMUnitTest tests[] = { { only.name, only.test_func, NULL, end_case, w } };

	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}

int guard_run_case(struct world *w, const char *name, void (*run)(void **state))
{
	only.name = name;
	only.test_func = run;
	return guard_run(w, run_case, NULL);
}

int guard_run(struct world *w, int (*run)(struct world *w, char **argv), char **argv)
{
	struct sigaction forwarding = { .sa_handler = forward };
	pid_t guard_pid = getpid(), pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid())
		return skip_run("needs root");
	if (hierarchy_find(&w->h))
		return skip_run(w->h.missing);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* times are measured: what else runs here should weigh little */
	setpriority(PRIO_PROCESS, 0, -20);
	if (prepare(w))
		return 1;
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &forwarding, NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	if (pid)
		return guard(w, pid);
	for (int i = 0; i < SIGNALS; i++)
		signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN); /* a workload that is gone is an error that we see */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard_pid)
		return 1;
	exit(run(w, argv));
}
