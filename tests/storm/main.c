// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storms of OOM kills: each kill is told, or counted as lost. `storm --help` tells the options.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "counted.h"
#include "interrupt.h"
#include "kills/tracer.h"
#include "map_filler.h"
#include "options.h"
#include "reader.h"
#include "storm.h"

/* So many kills are kept at least until somebody takes them: in the queue, in the kernel's ring. */
#define QUEUED_MIN 400
#define RINGED_MIN 50

#define LOSS_S 30
#define FEW_KILLS 60
#define INTERRUPTS_MIN 200
#define HOST_KILLERS 3
#define HOST_BOUND_MS 30000 /* from such a kill to its line, under emulation */

static struct options opt;

static struct hierarchy h;
static struct storm storm;
static struct tracer tracer;
static struct reader reader;
static struct cgroup own; /* of the tracer, with --limit */

static void trace(void)
{
	static const char *const args[] = { "--json", NULL };

	int procs = -1;

	if (opt.limit) {
		assert_int_equal(cgroup_make(&h, STORM_CGROUP "/own", &own), 0);
		assert_int_equal(cgroup_set_limit(&h, &own, opt.limit * 1024LL * 1024), 0);
		procs = cgroup_open_procs(&h, &own);
		assert_true(procs >= 0);
	}
	assert_int_equal(tracer_start_in(&tracer, args, procs), 0);
	if (procs >= 0)
		close(procs);
	tracer_wait_attached(&tracer);
}

/* Where the tracer counts. All zero: it does not. */
static struct counted *counted;

static void trace_counted(void)
{
	char path[] = "/tmp/oomwhy-storm-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0 && !ftruncate(fd, sizeof(*counted)));
	counted = mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(counted != MAP_FAILED);
	close(fd);
	if (opt.counted_lib) {
		setenv("LD_PRELOAD", opt.counted_lib, 1);
		setenv(COUNTED_ENV, path, 1);
	}
	trace();
	unsetenv("LD_PRELOAD");
	unlink(path);
	/* A static program loads no library. */
	if (opt.counted_lib && !atomic_load(&counted->allocations))
		print_message("    its allocations cannot be counted\n");
}

static void end_trace(struct told *ret)
{
	int status;

	kill(tracer.pid, SIGTERM);
	reader_finish(&reader, tracer.pid, ret);
	assert_int_equal(waitpid(tracer.pid, &status, 0), tracer.pid);
	tracer.pid = 0;
	if (status)
		tracer_print(&tracer);
	assert_int_equal(status, 0);
}

static void print_told(const struct told *told)
{
	print_message("    told after %.1f ms (median), %.0f ms (longest)\n", told->delay_ms,
		      told->delay_max_ms);
	print_message(
		"    told %ld, lost %ld: ring %ld, queue %ld, hooks %ld; incomplete %ld; besides, "
		"records %ld, lines %ld, of cgroups %ld\n",
		told->kills, told->lost, told->lost_ring, told->lost_queue, told->lost_hooks,
		told->incomplete, told->lost_records, told->lost_lines, told->lost_cgroups);
}

/* Each kill of the storm is told once, or counted as lost; so is what else was killed meanwhile. */
static void check_sums(const struct told *told, int64_t made, int64_t machine)
{
	print_told(told);
	if (opt.limit)
		assert_int_equal(cgroup_oom_kills(&h, &own), 0);
	assert_int_equal(told->repeated, 0);
	assert_int_equal(told->process_killed, 0);
	assert_int_equal(told->incomplete, 0);
	assert_in_range(told->kills, made - told->lost, made);
	assert_int_equal(told->killed + told->lost, machine);
}

/* Page faults of T1 so far: it is locked in memory, and touches nothing new. */
static long first_thread_faults(void)
{
	char path[64], text[1024] = "";
	long minor = -1, major = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tracer.pid, tracer.pid);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f) || !strrchr(text, ')') ||
	    sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %ld %*u %ld", &minor,
		   &major) != 2)
		fail_msg("%s cannot be read", path);
	fclose(f);
	return minor + major;
}

static void storm_is_told(void **state)
{
	struct storm_churn churn;
	struct log_reader log;
	struct told told;
	int64_t made, machine;
	double seconds, rate;
	long faults, allocations, opened;

	(void)state;
	storm_prepare(&storm, &h, opt.memcgs);
	trace_counted();
	machine = machine_oom_kills();
	faults = first_thread_faults();
	allocations = atomic_load(&counted->allocations);
	opened = atomic_load(&counted->opened);
	reader_start(&reader, tracer.out_fd);
	log_reader_start(&log);
	storm_churn_start(&churn, &h, opt.churn);
	storm_begin(&storm, opt.kills);
	storm_wait_made(&storm, opt.kills);
	seconds = (storm_now_ns() - storm.began_ns) / 1e9;
	rate = storm_churn_stop(&churn);
	storm_wait(&storm);
	made = storm_made(&storm);
	machine = machine_oom_kills() - machine;
	faults = first_thread_faults() - faults;
	allocations = atomic_load(&counted->allocations) - allocations;
	opened = atomic_load(&counted->opened) - opened;
	end_trace(&told);
	log_reader_finish(&log);
	print_message(
		"  %lld kills in %d memcgs in %.1f s: %.0f a second, beside %.0f cgroups a second; "
		"by %s\n",
		(long long)made, opt.memcgs, seconds, made / seconds, rate, tracer.attach);
	print_message(
		"    the thread that takes them: %ld page faults, %ld allocations, %ld files opened\n",
		faults, allocations, opened);
	print_message(
		"    the kernel's log: %ld reports (%.1f%%), %ld \"Killed process\" lines; overrun "
		"%ld times\n",
		log.reports, 100.0 * log.reports / made, log.killed, log.overrun);
	assert_true(made >= opt.kills);
	assert_int_equal(allocations, 0);
	assert_int_equal(opened, 0);
	if (json_is_true(line_get(json_array_get(tracer.seen, 0), "memory_locked")))
		assert_int_equal(faults, 0);
	check_sums(&told, made, machine);
	assert_in_range(told.kills, made - opt.lost, made);
}

/* Kills while @stalled is done with the tracer or its reader; then that is undone. */
static void kills_while(void (*stall)(void), void (*go_on)(void), struct told *ret)
{
	int64_t machine;

	storm_prepare(&storm, &h, opt.memcgs);
	trace();
	machine = machine_oom_kills();
	stall();
	storm_begin(&storm, opt.stalled);
	storm_wait_made(&storm, opt.stalled);
	storm_wait(&storm);
	go_on();
	end_trace(ret);
	print_message("  %lld kills\n", (long long)storm_made(&storm));
	check_sums(ret, storm_made(&storm), machine_oom_kills() - machine);
}

static void nothing(void)
{
}

static void begin_to_read(void)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };

	reader_start(&reader, tracer.out_fd);
	for (int i = 0; i < 100 * LOSS_S && !atomic_load(&reader.loss_is_told); i++)
		nanosleep(&pause, NULL);
}

/* What fits into the pipe and the queue is told, in the end; the rest is counted. */
static void nobody_reads(void **state)
{
	struct told told;

	(void)state;
	kills_while(nothing, begin_to_read, &told);
	assert_true(told.lost_queue > 0);
	assert_int_equal(told.lost, told.lost_queue);
	assert_true(told.kills >= QUEUED_MIN);
	assert_true(told.loss_lines > 0);
}

static void stop_it(void)
{
	kill(tracer.pid, SIGSTOP);
}

static void let_it_go(void)
{
	reader_start(&reader, tracer.out_fd);
	kill(tracer.pid, SIGCONT);
}

/* What fits into the kernel's ring is told whole; the rest is counted. */
static void nobody_takes(void **state)
{
	struct told told;

	(void)state;
	kills_while(stop_it, let_it_go, &told);
	assert_true(told.lost_ring > 0);
	assert_int_equal(told.lost, told.lost_ring);
	assert_true(told.kills >= RINGED_MIN);
}

/* A few kills, each of them told, while @hinder does what makes it hard, until @end. */
static void few_are_told(void (*hinder)(void), void (*end)(void))
{
	struct told told;
	int64_t machine;

	storm_prepare(&storm, &h, opt.memcgs);
	trace();
	machine = machine_oom_kills();
	reader_start(&reader, tracer.out_fd);
	hinder();
	storm_begin(&storm, FEW_KILLS);
	storm_wait_made(&storm, FEW_KILLS);
	end();
	storm_wait(&storm);
	end_trace(&told);
	print_message("  %lld kills\n", (long long)storm_made(&storm));
	check_sums(&told, storm_made(&storm), machine_oom_kills() - machine);
	assert_int_equal(told.lost, 0);
	assert_int_equal(told.other_owners, 0);
}

static struct storm_churn churn;

static void forbid_descriptors(void)
{
	const struct rlimit none = { 0, 0 };

	assert_int_equal(prlimit(tracer.pid, RLIMIT_NOFILE, &none, NULL), 0);
	storm_churn_start(&churn, &h, opt.churn);
}

static void end_churn(void)
{
	storm_churn_stop(&churn);
}

/* Not one file can be opened any more, while cgroups come and go. */
static void no_descriptors_are_left(void **state)
{
	(void)state;
	few_are_told(forbid_descriptors, end_churn);
}

static struct interrupter interrupter;

static void interrupt_calls(void)
{
	interrupter_start(&interrupter, tracer.pid);
}

static void let_calls_end(void)
{
	while (interrupter.stops < INTERRUPTS_MIN)
		usleep(10000);
	interrupter_finish(&interrupter);
	print_message("  the tracer was stopped %ld times, its threads %ld times\n",
		      interrupter.stops, interrupter.traces);
}

/* No system call waits to its end. */
static void each_call_is_interrupted(void **state)
{
	(void)state;
	few_are_told(interrupt_calls, let_calls_end);
}

static struct map_filler filler;

static void fill_maps(void)
{
	map_filler_start(&filler, tracer.pid);
}

static void end_filling(void)
{
	map_filler_finish(&filler);
	print_message("  %d maps were filled %ld times\n", filler.count, filler.rounds);
	assert_true(filler.count && filler.rounds);
}

/* What the programs keep from one hook to the next has no room, as if many did so at once. */
static void maps_are_full(void **state)
{
	(void)state;
	few_are_told(fill_maps, end_filling);
}

/* Whatever the machine kills, it kills neither us nor the tracer; and its own it cannot page out.
 */
static void protect(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && write(fd, "-1000", 5) == 5);
	close(fd);
}

/* The machine itself is out of memory, again and again. */
static void host_is_out_of_memory(void **state)
{
	int64_t machine, swapped;
	struct told told;
	double seconds;
	long faults;

	(void)state;
	trace();
	assert_true(json_is_true(line_get(json_array_get(tracer.seen, 0), "memory_locked")));
	assert_int_equal(line_integer(json_array_get(tracer.seen, 0), "oom_score_adj"), -999);
	protect();
	storm_prepare_host(&storm, &h, HOST_KILLERS);
	assert_int_equal(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	machine = machine_oom_kills();
	swapped = machine_counter("pswpout");
	faults = first_thread_faults();
	reader_start(&reader, tracer.out_fd);
	storm_begin(&storm, opt.host);
	storm_wait_made(&storm, opt.host);
	seconds = (storm_now_ns() - storm.began_ns) / 1e9;
	storm_wait(&storm);
	machine = machine_oom_kills() - machine;
	faults = first_thread_faults() - faults;
	swapped = machine_counter("pswpout") - swapped;
	end_trace(&told);
	print_message("  %lld kills of the machine's in %.1f s, %lld pages swapped out; by %s\n",
		      (long long)machine, seconds, (long long)swapped, tracer.attach);
	print_message("    the thread that takes them: %ld page faults\n", faults);
	check_sums(&told, storm_made(&storm), machine);
	assert_int_equal(told.lost, 0);
	assert_int_equal(faults, 0);
	assert_true(told.delay_max_ms < HOST_BOUND_MS);
}

static int end_case(void **state)
{
	(void)state;
	tracer_free(&tracer);
	reader_free(&reader);
	storm_end(&storm);
	return cgroup_remove(&h, STORM_CGROUP);
}

static int run(void)
{
	const struct CMUnitTest host_tests[] = {
		cmocka_unit_test_teardown(host_is_out_of_memory, end_case),
	};

	const struct CMUnitTest storm_tests[] = {
		cmocka_unit_test_teardown(storm_is_told, end_case),
	};

	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(storm_is_told, end_case),
		cmocka_unit_test_teardown(nobody_reads, end_case),
		cmocka_unit_test_teardown(nobody_takes, end_case),
		cmocka_unit_test_teardown(no_descriptors_are_left, end_case),
		cmocka_unit_test_teardown(each_call_is_interrupted, end_case),
		cmocka_unit_test_teardown(maps_are_full, end_case),
	};

	if (opt.host)
		return cmocka_run_group_tests(host_tests, NULL, NULL) ? 1 : 0;
	if (!opt.stalled)
		return cmocka_run_group_tests(storm_tests, NULL, NULL) ? 1 : 0;
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}

static int guard(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ledger_clean(&h))
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What cannot be run is skipped on a person's machine, and has failed where all must run. */
static int not_run(const char *why)
{
	const char *ci = getenv("CI");
	bool fails = ci && !strcmp(ci, "true");

	printf("%s: %s\n", fails ? "FAILED" : "SKIPPED", why);
	return fails;
}

int main(int argc, char **argv)
{
	pid_t guard_pid = getpid(), pid;

	if (options_parse(argc, argv, &opt))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid())
		return not_run("needs root");
	if (opt.host && !getenv("OOMWHY_ALLOW_HOST_OOM"))
		return not_run("fills the whole machine: only in a virtual machine "
			       "(OOMWHY_ALLOW_HOST_OOM=1)");
	if (hierarchy_find(&h))
		return not_run(h.missing);
	if (ledger_lock() || ledger_clean(&h))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid) {
		signal(SIGINT, SIG_IGN); /* the test gets it, and ends; then we clean up */
		return guard(pid);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard_pid)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	return run();
}
