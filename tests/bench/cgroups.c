/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroups: what a kill costs, on a machine with few cgroups and with many. Each kill is real; few
 * and many take turns in one run, so that what else the machine does meets both. Fails where many
 * cost more than few by more than the bound.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/crowd.h"
#include "bench/usage.h"
#include "kills/workload.h"
#include "runtime/guard.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define MIB (1024LL * 1024)
#define WARM_UP 5 /* kills before any that counts */
#define LINE_MS 20000
#define KILLS_MAX 4096

enum { FEW, MANY, SIDES };

/*
 * Before it kills at the limit of all pods the kernel tries to reclaim from every cgroup below it,
 * again and again: with 10,000 of them for seconds, after which the caches hold nothing of ours. So
 * there are fewer of them, and their pods are on both sides more than a report has room for.
 */
static const struct kind {
	const char *name;
	int crowd[SIDES];
	int divisor; /* of the kills that were asked for */
	int noise; /* against that of the first kind */
} kinds[] = {
	{ "a container's limit", { 10, 10000 }, 1, 1 },
	{ "the limit of all pods", { 200, 1000 }, 4, 15 },
};
enum { CONTAINER, NODE, KINDS };

/*
 * What is measured of each kill. The lower quartile counts: it is what a kill costs when the
 * machine leaves it alone. A thread is billed for interrupts, too, and in a virtual machine for the
 * time in which the host has taken its CPU away.
 */
enum { DELAY, FIRST_THREAD, ALL_THREADS, KERNEL, MEASURES };

static const struct {
	const char *name;
	double noise_us; /* besides that of the kind */
} measures[] = {
	{ "told after", 5000 }, /* when who runs is the scheduler's */
	{ "CPU: the thread that tells", 0 },
	{ "CPU: all threads", 0 },
	{ "CPU: BPF programs", 0 },
};

/* Of one kind of kill on one side. */
struct tally {
	double us[MEASURES][KILLS_MAX];
	int kills;
};

static struct {
	int kills, rounds, kinds;
	int percent; /* what many may cost, few being 100 */
	int noise_us; /* a difference below that is no difference */
	int quiet_s; /* the tracer has done nothing in so many seconds, when kills begin */
} opt = { .kills = 60, .rounds = 2, .kinds = KINDS, .percent = 150, .noise_us = 20, .quiet_s = 1 };

static struct world world;
static struct tally tallies[KINDS][SIDES];
static struct crowd crowd;

/* ---- kills ---- */

/* A process that dies at a limit; what its kill cost goes to @tally unless that is NULL. */
static void kill_one(const struct cgroup *cg, struct tally *tally)
{
	const char *const args[] = { "--step", "256", NULL };
	struct usage before = usage_of(world.tracer.pid), after;
	struct workload eat;
	json_t *line;

	assert_int_equal(workload_start(&eat, &world.h, cg, OWN_PIDNS, args), 0);
	assert_int_equal(workload_go(&eat), 0);
	do
		line = tracer_line(&world.tracer, LINE_MS);
	while (line && (strcmp(line_string(line, "type"), "oom_kill") ||
			line_integer(line, "victim.process.pid") != eat.pid));
	if (!line) {
		tracer_print(&world.tracer);
		fail_msg("no oom_kill line for process %d", eat.pid);
	}
	assert_int_equal(workload_wait_end(&eat, KILL_MS), 0);
	workload_end(&eat);
	after = usage_of(world.tracer.pid);
	if (!tally || tally->kills == KILLS_MAX)
		return;
	tally->us[DELAY][tally->kills] =
		(world.tracer.read_ns - line_integer(line, "boot_time_ns")) / 1e3;
	tally->us[FIRST_THREAD][tally->kills] = after.first_thread_us - before.first_thread_us;
	tally->us[ALL_THREADS][tally->kills] = after.all_threads_us - before.all_threads_us;
	tally->us[KERNEL][tally->kills] = after.kernel_us - before.kernel_us;
	tally->kills++;
}

static void measure(const struct cgroup *cg, int kills, struct tally *tally)
{
	for (int i = 0; i < WARM_UP; i++)
		kill_one(cg, NULL);
	for (int i = 0; i < kills; i++)
		kill_one(cg, tally);
}

static void measure_side(int kind, int side)
{
	struct cri_container victim;
	struct cri_pod pod;
	struct cgroup cg;

	crowd_resize(&crowd, kinds[kind].crowd[side]);
	cri_pod(&world, &pod, BURSTABLE, false, 0);
	cri_container(&world, &victim, &pod, 0);
	assert_int_equal(ghost_make(&world, &victim), 0);
	for (int i = 0; i < opt.quiet_s; i++)
		world_settle(&world);
	cg = cri_cgroup(&victim);
	/* what the kernel needs for a cgroup is charged to the cgroup above it */
	assert_int_equal(cgroup_set_limit(&world.h, kind == NODE ? &world.node : &cg,
					  kind == NODE ?
						  cgroup_usage(&world.h, &world.node) + 8 * MIB :
						  8 * MIB),
			 0);
	measure(&cg, opt.kills / kinds[kind].divisor, &tallies[kind][side]);
	assert_int_equal(cgroup_set_limit(&world.h, &world.node, 1024 * 1024 * MIB), 0);
	ghost_remove(&world, &victim);
	cgroup_remove(&world.h, pod.cg.path);
}

/* ---- the table ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quartile(double *values, int n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 4];
}

/* Returns how many measures are above their bounds. */
static int table(int kind)
{
	struct tally *few = &tallies[kind][FEW], *many = &tallies[kind][MANY];
	int bad = 0;

	print_message(
		"  %s: lower quartile of %d and %d kills, in us\n    %-34s %10d %10d    ratio\n",
		kinds[kind].name, few->kills, many->kills,
		"other containers:", kinds[kind].crowd[FEW], kinds[kind].crowd[MANY]);
	for (int i = 0; i < MEASURES; i++) {
		double few_us = quartile(few->us[i], few->kills);
		double many_us = quartile(many->us[i], many->kills);
		double noise_us = opt.noise_us * kinds[kind].noise + measures[i].noise_us;
		bool is_bad = 100 * many_us > opt.percent * few_us && many_us - few_us > noise_us;

		print_message("    %-34s %10.1f %10.1f %8.2f%s\n", measures[i].name, few_us,
			      many_us, many_us / few_us, is_bad ? "  TOO MUCH" : "");
		bad += is_bad;
	}
	return bad;
}

static void bench(void **state)
{
	int bad = 0;

	(void)state;
	world_enter(&world);
	world_make_dirs(WORLD_BUNDLES);
	crowd_init(&crowd, &world);
	assert_int_equal(usage_measure_kernel(), 0);
	world_trace(&world);
	for (int i = 0; i < opt.rounds; i++)
		for (int kind = 0; kind < opt.kinds; kind++)
			for (int side = 0; side < SIDES; side++)
				measure_side(kind, side);
	print_message("  by %s; many may cost %d%%\n", world.tracer.attach, opt.percent);
	for (int kind = 0; kind < opt.kinds; kind++)
		bad += table(kind);
	if (bad)
		fail_msg("with many cgroups a kill costs more than %d%%", opt.percent);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "kills", required_argument, NULL, 'k' },
						 { "rounds", required_argument, NULL, 'r' },
						 { "percent", required_argument, NULL, 'p' },
						 { "noise", required_argument, NULL, 'n' },
						 { "quiet", required_argument, NULL, 'q' },
						 { "container-only", no_argument, NULL, 'c' },
						 { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int value = optarg ? atoi(optarg) : 1;

		if (c == 'k')
			opt.kills = value;
		else if (c == 'r')
			opt.rounds = value;
		else if (c == 'p')
			opt.percent = value;
		else if (c == 'n')
			opt.noise_us = value;
		else if (c == 'q')
			opt.quiet_s = value;
		else if (c == 'c')
			opt.kinds = CONTAINER + 1;
		if (c == '?' || value < 1 || value > KILLS_MAX / 4) {
			fprintf(stderr,
				"usage: bench-cgroups [--kills N] [--rounds N] [--percent N] [--noise US] "
				"[--quiet S] [--container-only]\n");
			return 2;
		}
	}
	return guard_run_case(&world, "bench", bench);
}
