/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rest: what oomwhy needs where nothing happens: to start, in memory, and of the processor, by the
 * number of containers on the machine. Prints a table; a goal that is missed is marked there.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/crowd.h"
#include "bench/usage.h"
#include "runtime/guard.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define STARTS 5

/* The goals, with 1,000 cgroups. */
#define START_MS 100.0
#define REST_PERCENT 0.02
#define RSS_KIB 12288.0

static const int crowds[] = { 10, 1000, CROWD_MAX };

static struct world world;
static struct crowd crowd;
static int rest_s = 60;

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * From the start of the process to its first line, which says that all is attached: medians. On a
 * busy machine the processor's time says more.
 */
static void measure_start(double *ret_ms, double *ret_cpu_ms)
{
	double ms[STARTS], cpu_ms[STARTS];

	for (int i = 0; i < STARTS; i++) {
		long long before_ns = world_boot_ns();

		world_trace(&world);
		ms[i] = (world.tracer.read_ns - before_ns) / 1e6;
		cpu_ms[i] = usage_of(world.tracer.pid).all_threads_us / 1e3;
		tracer_free(&world.tracer);
	}
	qsort(ms, STARTS, sizeof(*ms), compare);
	qsort(cpu_ms, STARTS, sizeof(*cpu_ms), compare);
	*ret_ms = ms[STARTS / 2];
	*ret_cpu_ms = cpu_ms[STARTS / 2];
}

static const char *mark(bool is_missed)
{
	return is_missed ? " MISSED" : "";
}

/* What is told meanwhile belongs to it. */
static void rest(void)
{
	long long left_ms, end_ns = world_boot_ns() + rest_s * 1000000000LL;

	while ((left_ms = (end_ns - world_boot_ns()) / 1000000) > 0)
		tracer_line(&world.tracer, (int)left_ms);
}

static void measure(int count)
{
	struct usage before, after;
	double start_ms, start_cpu_ms, rest_percent, rss_kib;
	bool is_held = count == 1000;

	crowd_resize(&crowd, count);
	measure_start(&start_ms, &start_cpu_ms);
	world_trace(&world);
	world_settle(&world);
	before = usage_of(world.tracer.pid);
	rest();
	after = usage_of(world.tracer.pid);
	rest_percent = (after.all_threads_us - before.all_threads_us) / 1e4 / rest_s;
	rss_kib = tracer_rss_kib(&world.tracer);
	tracer_free(&world.tracer);
	print_message("| %d | %.0f ms, %.0f of the CPU%s | %.3f%%%s | %.1f MiB%s |\n", count,
		      start_ms, start_cpu_ms, mark(is_held && start_ms > START_MS), rest_percent,
		      mark(rest_percent * 1000 > REST_PERCENT * (count > 1000 ? count : 1000)),
		      rss_kib / 1024, mark(is_held && rss_kib > RSS_KIB));
}

static void bench(void **state)
{
	(void)state;
	world_enter(&world);
	world_make_dirs(WORLD_BUNDLES);
	crowd_init(&crowd, &world);
	print_message("| containers | start | CPU at rest, over %d s | RSS |\n|---|---|---|---|\n",
		      rest_s);
	for (int i = 0; i < COUNT(crowds); i++)
		measure(crowds[i]);
	crowd_free(&crowd);
}

int main(int argc, char **argv)
{
	rest_s = argc == 2 ? atoi(argv[1]) : rest_s;
	if (argc > 2 || rest_s < 1) {
		fprintf(stderr, "usage: bench-rest [SECONDS]\n");
		return 2;
	}
	return guard_run_case(&world, "bench", bench);
}
