/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runtime: real containers, made by a real containerd, killed at real limits: does oomwhy know who
 * they were? tests/runtime/run says where containerd is.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "guard.h"

#define RUNS_MAX 64

static const char usage[] = "usage: runtime [--list] [CASE]...\n"
			    "Environment:\n"
			    "  OOMWHY          the program under test (build/oomwhy)\n"
			    "  OOMWHY_ATTACH   passed to it as --attach\n"
			    "  OOMWHY_EAT      the workload (beside this program)\n"
			    "  OOMWHY_IMAGE    the archive with the containers' programs\n"
			    "  PATH            leads to containerd, ctr and runc\n";

static struct world world;
static const struct runtime_case *cases[RUNS_MAX];
static int n_cases;

static void add_cases(const struct runtime_case *c, int n)
{
	for (int i = 0; i < n; i++)
		cases[n_cases++] = &c[i];
}

static void run_case(void **state)
{
	const struct runtime_case *c = *state;

	c->run(&world);
}

static int end_case(void **state)
{
	(void)state;
	return world_end_case(&world);
}

static int begin_run(void **state)
{
	(void)state;
	world_enter(&world);
	return 0;
}

static bool is_selected(const struct runtime_case *c, char **names)
{
	bool none = !*names;

	for (; *names; names++)
		if (!strcmp(*names, c->name))
			return true;
	return none;
}

static int run_selected(struct world *w, char **names)
{
	static struct CMUnitTest tests[RUNS_MAX];
	int n = 0;

	(void)w;
	for (int i = 0; i < n_cases; i++)
		if (is_selected(cases[i], names))
			tests[n++] = (struct CMUnitTest){ cases[i]->name, run_case, NULL, end_case,
							  (void *)cases[i] };
	if (!n) {
		fprintf(stderr, "runtime: no such case; see --list\n");
		return 2;
	}
	return _cmocka_run_group_tests("runtime", tests, n, begin_run, NULL) ? 1 : 0;
}

static int list(void)
{
	for (int i = 0; i < n_cases; i++)
		printf("%-20s %s\n", cases[i]->name, cases[i]->what);
	return 0;
}

int main(int argc, char **argv)
{
	add_cases(limit_cases, n_limit_cases);
	add_cases(file_cases, n_file_cases);
	add_cases(flash_cases, n_flash_cases);
	add_cases(churn_cases, n_churn_cases);
	if (argc > 1 && !strcmp(argv[1], "--list"))
		return list();
	if (argc > 1 && argv[1][0] == '-') {
		fputs(usage, strcmp(argv[1], "--help") ? stderr : stdout);
		return strcmp(argv[1], "--help") ? 2 : 0;
	}
	return guard_run(&world, run_selected, argv + 1);
}
