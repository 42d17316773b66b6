/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function per way into a limit besides a process that eats: swap, the kernel's own memory, a
 * limit that is lowered; and what makes the kernel kill besides a memcg.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "check_line.h"
#include "cost.h"
#include "klog.h"
#include "machine.h"
#include "tools/eat_fill.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---- swap ---- */

/* The kernel has written out so much since. */
static void check_swapped(long long before)
{
	assert_true(machine_counter("pswpout") >= before + 4 * MIB / sysconf(_SC_PAGESIZE));
}

/* cgroup v1: there is room in memory, and swap, but not in the sum. */
static void memsw(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 0);
	long long swapped = machine_counter("pswpout");
	char bytes[24];

	machine_swap_on(fx);
	snprintf(bytes, sizeof(bytes), "%lld", 24 * MIB);
	assert_int_equal(cgroup_write(&fx->h, &a->cg, "memory.limit_in_bytes", bytes), 0);
	snprintf(bytes, sizeof(bytes), "%lld", 32 * MIB);
	if (cgroup_write(&fx->h, &a->cg, "memory.memsw.limit_in_bytes", bytes))
		fail_msg("no swap accounting: boot with swapaccount=1");
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	a->cg.limit = 24 * MIB;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	e.counter = "memory+swap";
	e.owner_limit = 32 * MIB;
	json_t *line = check_kill(fx, &e);
	check_swapped(swapped);
	if (!line)
		return;
	line_is_number(line, "limits.container.swap_limit_bytes", 32 * MIB);
	if (line_integer(line, "victim.swap_bytes") < 4 * MIB)
		line_wrong(line, "victim.swap_bytes is less than 4 MiB");
}

/* cgroup v2: swap is full, then memory: it is memory's limit that kills. */
static void swap(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 24);
	long long swapped = machine_counter("pswpout");

	machine_swap_on(fx);
	assert_int_equal(cgroup_write(&fx->h, &a->cg, "memory.swap.max", "8388608"), 0);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	json_t *line = check_kill(fx, &e);
	check_swapped(swapped);
	if (!line)
		return;
	line_is_number(line, "limits.container.swap_limit_bytes", 8 * MIB);
	if (line_integer(line, "victim.swap_bytes") < 4 * MIB ||
	    line_integer(line, "limits.container.swap_usage_bytes") < 4 * MIB)
		line_wrong(line, "swap in use is less than 4 MiB");
}

/* ---- the kernel's own memory ---- */

static void kernel_memory(struct fixture *fx, const char *kind, const char *dir)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w = fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990",
							  "--kind", kind, "--dir", dir, NULL));
	struct expect e = expect_death(w, a, 990);

	e.flags = EXPECT_ANY_ORDER;
	e.rss_max_bytes = 4 * MIB;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

/* Inodes and names of empty files; they live on, and no task of the container does. */
static void dentries(struct fixture *fx)
{
	char dir[64];

	fx->tmpfs_fd = nameless_tmpfs();
	assert_true(fx->tmpfs_fd >= 0);
	snprintf(dir, sizeof(dir), "/proc/%d/fd/%d", getpid(), fx->tmpfs_fd);
	kernel_memory(fx, "dentries", dir);
}

static void sockets(struct fixture *fx)
{
	kernel_memory(fx, "sockets", ".");
}

/* ---- a limit that is lowered ---- */

/* As an in-place resize does: who writes it is the kernel's trigger. cgroup v1 refuses. */
static void resize(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 64);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "40", "--adj", "990", NULL);

	fixture_fill(w);
	fixture_mark(fx);
	if (fx->h.version == 1) {
		assert_int_equal(cgroup_set_limit(&fx->h, &a->cg, 24 * MIB), -EBUSY);
		assert_int_equal(workload_wait_end(w, 0), -ETIME);
		check_no_kill(fx);
		return;
	}
	fixture_limit(fx, &a->cg, 24);
	struct expect e = expect_death(w, a, 990);
	e.flags = EXPECT_LOWERED;
	e.trigger = getpid();
	expect_limit(&e, "container", "container", &a->cg);
	json_t *line = check_kill(fx, &e);
	if (line && line_get(line, "trigger.container"))
		line_wrong(line, "the trigger is in no container");
}

/* ---- kills that no memcg's limit causes ---- */

/* The machine, and who asks dies: one of two threads that eat, not who has the worst score. */
static void allocating_task(struct fixture *fx)
{
	struct pod *idle = fixture_pod(fx, BEST_EFFORT, 0), *busy = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, idle, 0), *b = fixture_container(fx, busy, 0);
	struct workload *worst =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "32", "--adj", "1000", NULL);
	struct workload *w =
		fixture_eat(fx, &b->cg, OWN_PIDNS, "--threads", "2", "--adj", "0", NULL);
	struct klog_kill log;

	fixture_fill(worst);
	machine_set(fx, "/proc/sys/vm/oom_kill_allocating_task", "1");
	if (!fx->kernel_only)
		fixture_tracer(fx);
	machine_protect(fx);
	fixture_grow(fx, w);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	assert_int_equal(workload_wait_end(worst, 0), -ETIME);
	assert_int_equal(klog_kills(fx->log_mark, &log, 1), 1);
	assert_int_not_equal(log.pid, w->pid); /* a thread */
	struct expect e = expect_death(w, b, 0);
	e.flags = EXPECT_THREADS | EXPECT_CHOSEN_TID;
	e.tid = log.pid;
	e.trigger = w->pid;
	e.trigger_pod = busy;
	expect_limit(&e, "host", NULL, NULL);
	check_kill(fx, &e);
}

/* By hand. A kernel thread does it: nobody asked for memory. */
static void sysrq(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BEST_EFFORT, 0);
	struct container *a = fixture_container(fx, pod, 0);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--size", "48", "--adj", "1000", NULL);
	FILE *f = fopen("/proc/sysrq-trigger", "we");

	assert_non_null(f);
	fixture_fill(w);
	fixture_mark(fx);
	fputc('f', f);
	assert_int_equal(fclose(f), 0);
	struct expect e = expect_death(w, a, 1000);
	e.flags = EXPECT_NO_TRIGGER;
	expect_limit(&e, "manual", NULL, NULL);
	check_kill(fx, &e);
}

/* ---- NUMA ---- */

/* The container and all above it get the controller; v1 has a hierarchy for it. */
static void bind_cpuset(struct fixture *fx, struct container *a, const char *node)
{
	const struct cgroup *above[] = { &(struct cgroup){ .path = "" }, &fx->node,
					 &fx->qos[a->pod->qos], &a->pod->cg };
	char list[16];

	if (fx->h.version == 2) {
		for (int i = 0; i < COUNT(above); i++)
			assert_int_equal(cgroup_write(&fx->h, above[i], "cgroup.subtree_control",
						      "+cpuset"),
					 0);
		assert_int_equal(cgroup_write(&fx->h, &a->cg, "cpuset.mems", node), 0);
		return;
	}
	if (!machine_side(fx, "cpuset"))
		fail_msg("no cpuset of cgroup v1");
	snprintf(list, sizeof(list), "0-%d", (int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	machine_side_write(fx, "cpuset.cpus", list);
	machine_side_write(fx, "cpuset.mems", node);
}

static void check_node(struct fixture *fx, struct workload *w, struct container *a,
		       const char *constraint, const char *log_constraint)
{
	struct expect e = expect_death(w, a, 1000);
	struct klog_kill log;

	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	assert_int_equal(klog_find(fx->log_mark, w->pid, &log), 0);
	assert_string_equal(log.constraint, log_constraint);
	e.flags = EXPECT_OR_UNKNOWN;
	e.constraint = constraint;
	expect_limit(&e, "cpuset", NULL, NULL);
	expect_trigger(&e, &a->cg, a->pod);
	check_kill(fx, &e);
}

static void cpuset(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 0);
	char pid[16];

	bind_cpuset(fx, a, "1");
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "1000", NULL);
	snprintf(pid, sizeof(pid), "%d", w->pid);
	if (fx->h.version == 1)
		machine_side_write(fx, "cgroup.procs", pid);
	fixture_grow(fx, w);
	check_node(fx, w, a, "cpuset", "CONSTRAINT_CPUSET");
}

static void mempolicy(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 0);
	struct workload *w = fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "1000",
							  "--node", "1", NULL));

	check_node(fx, w, a, "memory_policy", "CONSTRAINT_MEMORY_POLICY");
}

/* ---- many CPUs ---- */

/* By the page tables, so that no counter lags behind. */
static long long true_anon(pid_t pid)
{
	char path[64], line[128];
	long long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (kib < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %lld kB", &kib) != 1)
			kib = -1;
	fclose(f);
	assert_true(kib > 0);
	return kib * 1024;
}

static struct eat_shared *share(char *ret_path, size_t size)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	struct eat_shared *shared;

	assert_true(fd >= 0 && !ftruncate(fd, 4096));
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(shared != MAP_FAILED);
	memset((void *)shared, 0, sizeof(*shared)); /* charged to us */
	snprintf(ret_path, size, "/proc/%d/fd/%d", getpid(), fd);
	return shared;
}

/*
 * Runs @w into its limit, and says what our programs cost meanwhile. Those of the kill itself run
 * while the kernel holds oom_lock, which all of the machine may wait for.
 */
static void grow_and_say_cost(struct fixture *fx, struct workload *w)
{
	struct cost cost;
	int ran;

	fixture_mark(fx);
	if (!fx->kernel_only)
		assert_int_equal(cost_begin(&cost, fx->tracer.pid), 0);
	assert_int_equal(workload_go(w), 0);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	if (fx->kernel_only)
		return;
	ran = cost_end(&cost, fx->tracer.pid);
	assert_true(ran > 0);
	for (int i = 0; i < ran; i++) {
		const struct cost_program *program = &cost.program[i];

		print_message("  %s: %llu ns in %llu runs\n", program->name,
			      (unsigned long long)program->time_ns,
			      (unsigned long long)program->runs);
	}
}

/*
 * A thread on each CPU, and each leaves as much as it can in its CPU's (5.10, 6.1: its own) part of
 * the kernel's counters: 56 pages modulo 64. What was eaten is known to the page.
 */
static void cpus(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 0);
	struct container *a = fixture_container(fx, pod, 0);
	int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	char threads[16], path[64];
	struct eat_shared *shared = share(path, sizeof(path));
	struct klog_kill log;

	snprintf(threads, sizeof(threads), "%d", n > 32 ? 32 : n);
	struct workload *w = fixture_eat(fx, &a->cg, OWN_PIDNS, "--threads", threads, "--pin",
					 "--size-kib", "2272", "--push", "--shared", path, "--adj",
					 "990", NULL);
	fixture_fill(w);
	fixture_limit(fx, &a->cg, (int)(cgroup_usage(&fx->h, &a->cg) / MIB) + 2);
	long long anon = true_anon(w->pid) - (long long)shared->touched;
	grow_and_say_cost(fx, w); /* the second byte */
	anon += (long long)shared->touched;
	assert_int_equal(klog_find(fx->log_mark, w->pid, &log), 0);
	print_message("  %d CPUs: %lld KiB, by the kernel's log %lld KiB\n", n, anon / 1024,
		      log.anon_bytes / 1024);
	munmap(shared, 4096);
	struct expect e = expect_death(w, a, 990);
	e.flags = EXPECT_THREADS;
	e.anon_bytes = anon;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	check_kill(fx, &e);
}

const struct kill_case cause_cases[] = {
	{ "memsw", "the limit of memory and swap", CASE_ONE_SHAPE | CASE_V1 | CASE_SWAP, memsw },
	{ "swap", "memory's limit when swap is full, too", CASE_ONE_SHAPE | CASE_V2 | CASE_SWAP,
	  swap },
	{ "dentries", "inodes and names fill a container", CASE_ONE_SHAPE, dentries },
	{ "sockets", "unread sockets fill a container", CASE_ONE_SHAPE, sockets },
	{ "resize", "a limit is set below what is in use", CASE_ONE_SHAPE, resize },
	{ "allocating-task", "the machine's memory, vm.oom_kill_allocating_task; a thread",
	  CASE_ONE_SHAPE | CASE_HOST_OOM, allocating_task },
	{ "sysrq", "sysrq-f", CASE_ONE_SHAPE | CASE_MACHINE, sysrq },
	{ "cpuset", "one NUMA node, by a cpuset", CASE_ONE_SHAPE | CASE_HOST_OOM | CASE_NUMA,
	  cpuset },
	{ "mempolicy", "one NUMA node, by a memory policy",
	  CASE_ONE_SHAPE | CASE_HOST_OOM | CASE_NUMA, mempolicy },
	{ "cpus", "a thread on each CPU: the victim's memory is right", CASE_ONE_SHAPE, cpus },
};
const int n_cause_cases = COUNT(cause_cases);
