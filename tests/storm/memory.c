// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory: what the tracer needs of it, with so many containers on the machine, each with a bundle
 * whose names it reads: RSS after the start, RSS and what is charged to its cgroup at most after a
 * storm of kills and of containers that come and go. It runs under the limit of its DaemonSet.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/crowd.h"
#include "reader.h"
#include "runtime/churn.h"
#include "runtime/guard.h"
#include "storm.h"

#define MIB (1024.0 * 1024)
#define MEMCGS 20
#define LIMIT_BYTES (80LL << 20) /* deploy/kustomize/base/daemonset.yaml */
#define GOAL_CONTAINERS 1000 /* with so many: */
#define GOAL_RSS_MIB 12
#define GOAL_CHARGED_MIB 32
#define CHURN_RATE 500
#define COUNTS_MAX 8

static struct world world;
static struct crowd crowd;
static int kills;
static int counts[COUNTS_MAX], counts_count; /* of containers, ascending */

/* The program's pages are charged to who reads them first: to the tracer, as in a new pod. */
static void forget_program(void)
{
	const char *oomwhy = getenv("OOMWHY");
	int fd = open(oomwhy ? oomwhy : "build/oomwhy", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	fdatasync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static double charged_mib(const struct cgroup *own, const char *v1, const char *v2)
{
	int64_t bytes = cgroup_read(&world.h, own, world.h.version == 1 ? v1 : v2, "");

	return bytes < 0 ? -1 : bytes / MIB; /* memory.peak: from Linux 5.19 on */
}

static void start(struct cgroup *own)
{
	static const char *const args[] = { "--json", NULL };
	int procs;

	assert_int_equal(cgroup_make(&world.h, WORLD_CGROUP "/own", own), 0);
	assert_int_equal(cgroup_set_limit(&world.h, own, LIMIT_BYTES), 0);
	procs = cgroup_open_procs(&world.h, own);
	assert_true(procs >= 0);
	forget_program();
	assert_int_equal(tracer_start_in(&world.tracer, args, procs), 0);
	close(procs);
	tracer_wait_attached(&world.tracer);
	world_settle(&world);
}

/* Kills, while containers come and go. */
static void be_busy(struct told *ret, int64_t *ret_machine, double *ret_rss_mib)
{
	static struct storm storm;
	struct reader reader;
	struct churn churn;
	int status;

	storm_prepare(&storm, &world.h, MEMCGS);
	*ret_machine = machine_oom_kills();
	reader_start(&reader, world.tracer.out_fd);
	churn_init(&churn, &world);
	churn_start(&churn, CHURN_RATE);
	storm_begin(&storm, kills);
	storm_wait_made(&storm, kills);
	churn_stop(&churn);
	storm_wait(&storm);
	*ret_machine = machine_oom_kills() - *ret_machine;
	storm_end(&storm);
	churn_end(&churn);
	*ret_rss_mib = tracer_rss_kib(&world.tracer) / 1024.0;
	kill(world.tracer.pid, SIGTERM);
	reader_finish(&reader, 0, ret);
	reader_free(&reader);
	assert_int_equal(waitpid(world.tracer.pid, &status, 0), world.tracer.pid);
	world.tracer.pid = 0;
	assert_int_equal(status, 0);
}

static void measure(int containers)
{
	double rss, charged, rss_after, peak;
	struct cgroup own;
	struct told told;
	int64_t machine;

	crowd_resize(&crowd, containers);
	start(&own);
	rss = tracer_rss_kib(&world.tracer) / 1024.0;
	charged = charged_mib(&own, "memory.usage_in_bytes", "memory.current");
	be_busy(&told, &machine, &rss_after);
	peak = charged_mib(&own, "memory.max_usage_in_bytes", "memory.peak");
	print_message("    %10d %10.1f %10.1f %12.1f %12.1f %10.1f%s\n", containers, rss, charged,
		      rss_after, peak, LIMIT_BYTES / MIB,
		      containers == GOAL_CONTAINERS &&
				      (rss > GOAL_RSS_MIB || peak > GOAL_CHARGED_MIB) ?
			      "  above the goal" :
			      "");
	assert_int_equal(cgroup_oom_kills(&world.h, &own), 0);
	assert_int_equal(told.killed + told.lost, machine);
	tracer_free(&world.tracer);
	assert_int_equal(cgroup_remove(&world.h, own.path), 0);
	assert_int_equal(cgroup_remove(&world.h, STORM_CGROUP), 0);
}

static void memory(void **state)
{
	(void)state;
	world_enter(&world);
	world_make_dirs(WORLD_BUNDLES);
	crowd_init(&crowd, &world);
	print_message(
		"  in MiB; goal with %d containers: RSS %d after the start, charged at most %d\n",
		GOAL_CONTAINERS, GOAL_RSS_MIB, GOAL_CHARGED_MIB);
	print_message("    %10s %10s %10s %12s %12s %10s\n", "containers", "RSS", "charged",
		      "RSS, storm", "charged most", "limit");
	for (int i = 0; i < counts_count; i++)
		measure(counts[i]);
	crowd_free(&crowd);
}

int main(int argc, char **argv)
{
	bool bad = argc < 3;

	kills = argc > 1 ? atoi(argv[1]) : 0;
	for (; counts_count < COUNTS_MAX && counts_count + 2 < argc; counts_count++) {
		counts[counts_count] = atoi(argv[counts_count + 2]);
		bad |= counts[counts_count] < 1 || counts[counts_count] > CROWD_MAX;
	}
	if (bad || kills < 1) {
		fprintf(stderr, "usage: storm-memory KILLS CONTAINERS...\n");
		return 2;
	}
	return guard_run_case(&world, "memory", memory);
}
