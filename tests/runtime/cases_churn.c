/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kills in one container, while others come and go by the thousand: each is told, in time, with its
 * names, and what is remembered of the others has a bound.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "churn.h"
#include "delays.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define RATE 1000
#define RATE_MIN 900 /* else the machine is too slow to show anything */
#define KILLS_MIN 20
#define TRIES 3
#define QUIET_MS 4000
#define CHURN_MS 6000
#define DELAY_BOUND_NS 50000000LL /* T1 waits for nobody longer than this */
#define KEPT 20000 /* more than the index keeps of what is gone */
#define GROWTH_KIB 2048 /* what a heap may be off by */
#define DROPPED 3000 /* more than the ring of cgroups has room for */
#define LINE_MS 15000

static void print_delays(const char *what, struct delays *d)
{
	print_message("  %-26s %4d kills, told after %.2f ms (median), %.2f (95%%), %.2f (all)\n",
		      what, d->n, delays_percentile(d, 50) / 1e6, delays_percentile(d, 95) / 1e6,
		      delays_percentile(d, 100) / 1e6);
}

/* Kills of that container in so many milliseconds. A wrong name fails the test when nothing else
 * runs any more. */
static int take_kills(struct world *w, const struct cri_container *c, int ms, struct delays *ret,
		      char (*ret_wrong)[512])
{
	long long end_ns = world_boot_ns() + ms * 1000000LL, left_ms;
	const char *wrong;
	json_t *line;
	int kills = 0;

	while ((left_ms = (end_ns - world_boot_ns()) / 1000000) > 0) {
		line = tracer_line(&w->tracer, (int)left_ms);
		if (!line || strcmp(line_string(line, "type"), "oom_kill"))
			continue;
		wrong = cri_misnamed(line, "victim", c, "bundle");
		if (wrong)
			snprintf(*ret_wrong, sizeof(*ret_wrong), "%.500s", wrong);
		/* who was dying already is told, but not killed */
		kills += (int)line_integer(line, "victim.counted");
		delays_add(ret, &w->tracer, line);
	}
	return kills;
}

/* A container in which a process is killed every few milliseconds. */
static void start_victims(struct world *w, struct cri_container *c, struct cri_pod *pod)
{
	cri_pod(w, pod, BURSTABLE, false, 0);
	cri_container(w, c, pod, 8);
	cri_start_sandbox(w, pod);
	cri_start(w, c, "/flash", "30", NULL);
}

/* No more of them: then the kernel's count stands still. */
static int64_t end_victims(struct world *w, const struct cri_container *c)
{
	struct cgroup cg = cri_cgroup(c);
	pid_t pids[8];
	int n;

	for (int waited = 0; (n = cgroup_members(&w->h, &cg, pids, COUNT(pids))) > 0; waited += 5) {
		if (waited > KILL_MS)
			fail_msg("processes stay in %s", c->path);
		for (int i = 0; i < n && i < COUNT(pids); i++)
			kill(pids[i], SIGKILL);
		poll(NULL, 0, 5);
	}
	return cgroup_oom_kills(&w->h, &cg);
}

static bool is_in_time(struct delays *busy, struct delays *quiet)
{
	return delays_percentile(busy, 95) <= delays_percentile(quiet, 95) + DELAY_BOUND_NS &&
	       /* the slowest one may have met with a busy machine besides */
	       delays_percentile(busy, 100) <= delays_percentile(quiet, 100) + 2 * DELAY_BOUND_NS;
}

/* Another load on this machine delays both the churn and the lines: it may have passed the next
 * time. */
static void kills(struct world *w)
{
	static struct delays quiet, busy;
	static struct churn churn;
	struct cri_container c;
	struct cri_pod pod;
	int64_t counted;
	char wrong[512] = "";
	bool good = false;
	int told;

	memset(&quiet, 0, sizeof(quiet));
	world_start_containerd(w);
	world_trace(w);
	churn_init(&churn, w);
	start_victims(w, &c, &pod);
	told = take_kills(w, &c, QUIET_MS, &quiet, &wrong);
	print_delays("nothing else", &quiet);
	for (int i = 0; i < TRIES && !good; i++) {
		memset(&busy, 0, sizeof(busy));
		churn_start(&churn, RATE);
		told += take_kills(w, &c, CHURN_MS, &busy, &wrong);
		double rate = churn_stop(&churn);
		churn_end(&churn);
		print_message("  %.0f containers a second:\n", rate);
		print_delays("", &busy);
		good = rate >= RATE_MIN && busy.n >= KILLS_MIN && is_in_time(&busy, &quiet);
	}
	counted = end_victims(w, &c);
	told += take_kills(w, &c, 500, &busy, &wrong);
	if (told != counted)
		fail_msg("%d kills are told, the kernel counts %lld", told, (long long)counted);
	assert_string_equal(wrong, "");
	assert_true(quiet.n >= KILLS_MIN && good);
}

/* What is remembered of containers that are gone has a bound, and so has the memory. */
static void memory(struct world *w)
{
	static struct churn churn;
	long start, kept, more;

	world_trace(w);
	churn_init(&churn, w);
	start = tracer_rss_kib(&w->tracer);
	churn_start(&churn, 4 * RATE);
	while (churn.made < KEPT && tracer_runs(&w->tracer))
		tracer_line(&w->tracer, 100);
	kept = tracer_rss_kib(&w->tracer);
	while (churn.made < 2 * KEPT && tracer_runs(&w->tracer))
		tracer_line(&w->tracer, 100);
	churn_stop(&churn);
	tracer_line(&w->tracer, 2000);
	more = tracer_rss_kib(&w->tracer);
	churn_end(&churn);
	print_message("  %ld KiB at the start, %ld after %d containers, %ld after twice as many\n",
		      start, kept, KEPT, more);
	assert_true(more <= kept + GROWTH_KIB);
}

/*
 * Records of cgroups that the ring had no room for: they are counted, and another look at the
 * machine finds what they told. When the kill comes there is nothing left to be read.
 */
static void drop(struct world *w)
{
	static struct churn churn;
	struct cri_container app;
	struct cri_pod pod;
	const char *wrong;
	json_t *line;
	size_t from;

	world_start_containerd(w);
	world_trace(w);
	churn_init(&churn, w);
	cri_pod(w, &pod, BURSTABLE, false, 0);
	cri_container(w, &app, &pod, 24);
	from = json_array_size(w->tracer.seen);
	kill(w->tracer.pid, SIGSTOP);
	churn_make(&churn, DROPPED);
	cri_start_sandbox(w, &pod);
	cri_start(w, &app, "/eat", "--wait-file", "/go", NULL);
	kill(w->tracer.pid, SIGCONT);
	assert_int_equal(churn.made, DROPPED);
	line = tracer_line_of(&w->tracer, from, "loss", NULL, LINE_MS);
	if (!line || line_integer(line, "losses.ring_cgroups") <= 0)
		fail_msg("no loss of cgroup records is told");
	print_message("  %lld records dropped\n", line_integer(line, "losses.ring_cgroups"));
	world_settle(w);
	cri_hide_bundle(&app, true);
	cri_touch(&app, "go");
	line = cri_kill_in(w, &app);
	cri_hide_bundle(&app, false);
	churn_end(&churn);
	if (!line)
		fail_msg("no oom_kill line");
	wrong = cri_misnamed(line, "victim", &app, "bundle");
	if (wrong)
		fail_msg("%s", wrong);
}

const struct runtime_case churn_cases[] = {
	{ "churn", "kills while a thousand containers a second come and go", kills },
	{ "churn-memory", "what is kept of them has a bound", memory },
	{ "churn-drop", "lost records of cgroups are counted and repaired", drop },
};
const int n_churn_cases = COUNT(churn_cases);
