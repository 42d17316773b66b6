/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eat: fills memory of one kind, at a rate, up to a size; the workload of the kill tests.
 *
 * It grows in no other way: nothing is allocated after the start but what it was asked to eat, so a
 * limit is hit by the eater and at the place that the test meant.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "eat_fill.h"

#define EATERS_MAX 64
#define EXIT_PAGES 512UL

static struct {
	struct fill fill;
	unsigned long rate; /* bytes per second; 0: no pause */
	int children, threads, node, hold; /* seconds, -1: for ever */
	bool leader_exits, die_with_children, wait_stdin, push, pin, sharer, heavy_exit;
	const char *wait_file, *cgroup, *shared_file;
	int ready_fd;
	struct eat_shared *shared;
} opt = { .fill.step = 64UL << 10, .node = -1, .hold = -1, .ready_fd = STDOUT_FILENO };

static const char usage[] =
	"usage: eat [OPTION]...\n"
	"  --kind anon|file|shmem|pagetables|mixed|dentries|sockets|tcp|cache   what to fill (anon)\n"
	"  --size MIB           each eater stops there and holds (default: no end)\n"
	"  --size-kib KIB       the same\n"
	"  --step KIB           grow by this much at a time (64)\n"
	"  --rate MIB           each eater's MiB per second (0: as fast as possible)\n"
	"  --dir DIR            where file, shmem and dentries keep their files; cache: what to read\n"
	"  --children N         N children eat; the parent waits and outlives them\n"
	"  --die-with-children  ... unless told: it exits 137 when the first one is killed\n"
	"  --threads N          N threads other than the leader eat\n"
	"  --leader-exits       the leading thread exits, the others go on\n"
	"  --pin                each eater stays on a CPU of its own, as far as there are any\n"
	"  --node N             memory from this NUMA node only\n"
	"  --sharer             a second process shares the memory, and only waits\n"
	"  --heavy-exit         when it dies 2 MiB of page tables are charged to it\n"
	"  --push               when all hold: at a second byte from stdin one eats on, without end\n"
	"  --shared FILE        map what the eaters count from there (struct eat_shared)\n"
	"  --cgroup DIR         go there first, as process 1 of a new PID namespace\n"
	"  --comm NAME          process name, \\xNN for any byte\n"
	"  --adj N              own oom_score_adj\n"
	"  --hold SECONDS       exit so long after the size is reached (default: never)\n"
	"  --stdin              begin when a byte can be read; end of file: exit at once\n"
	"  --wait-file PATH     begin when PATH exists\n"
	"  --ready-fd N         write \"ready\" there when all hold (default: stdout)\n";

static void hold(void)
{
	if (opt.hold >= 0) {
		sleep(opt.hold);
		_exit(0);
	}
	for (;;)
		pause();
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void stay_on_cpu(int serial)
{
	cpu_set_t all, one;
	int cpu = 0;

	sched_getaffinity(0, sizeof(all), &all);
	for (serial %= CPU_COUNT(&all); serial || !CPU_ISSET(cpu, &all); cpu++)
		serial -= CPU_ISSET(cpu, &all);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(2, "cannot stay on CPU %d", cpu);
}

/* Whoever gets the byte eats on. */
static void hold_or_push(int fd, unsigned long eaten)
{
	char byte;

	if (opt.push && read(STDIN_FILENO, &byte, 1) == 1)
		for (;; eaten += opt.fill.step)
			fill_step(&opt.fill, fd, eaten, opt.fill.step);
	hold();
}

static void *eat(void *unused)
{
	int eaters = opt.children + opt.threads ?: 1, fd = fill_open(&opt.fill);
	int serial = atomic_fetch_add(&opt.shared->serial, 1);
	unsigned long eaten = 0, bytes;
	long long start, early;

	if (opt.pin)
		stay_on_cpu(serial);
	while (!atomic_load(&opt.shared->go))
		usleep(2000);
	start = now_ms();
	for (; !opt.fill.size || eaten < opt.fill.size; eaten += bytes) {
		bytes = opt.fill.size && opt.fill.size - eaten < opt.fill.step ?
				opt.fill.size - eaten :
				opt.fill.step;
		fill_step(&opt.fill, fd, eaten, bytes);
		early = opt.rate ? start + (eaten + bytes) * 1000 / opt.rate - now_ms() : 0;
		if (early > 0)
			usleep(1000 * early);
	}
	if (atomic_fetch_add(&opt.shared->holding, 1) + 1 == eaters)
		(void)!write(opt.ready_fd, "ready\n", 6);
	hold_or_push(fd, eaten);
	return unused;
}

static void start_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < opt.threads; i++)
		if (pthread_create(&thread, NULL, eat, NULL))
			errx(2, "cannot start a thread");
}

static void start_children(void)
{
	pid_t parent = getpid(), pid;

	for (int i = 0; i < opt.children; i++) {
		if ((pid = fork()) < 0)
			err(2, "fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			eat(NULL);
		_exit(0);
	}
}

static void wait_for_start(void)
{
	char byte;

	if (opt.wait_stdin && read(STDIN_FILENO, &byte, 1) != 1)
		_exit(0);
	while (opt.wait_file && access(opt.wait_file, F_OK))
		usleep(5000);
	atomic_store(&opt.shared->go, 1);
}

static int share(void *unused)
{
	for (;;)
		pause();
	return !!unused;
}

/* As vfork() does, but for good. It is a child of our parent, which wants to know how it ends. */
static void start_sharer(void)
{
	static char stack[2 * PAGE] __attribute__((aligned(16)));

	if (clone(share, stack + sizeof(stack), CLONE_VM | CLONE_PARENT | SIGCHLD, NULL) < 0)
		err(2, "cannot share the memory");
}

/*
 * The kernel walks this list at exit and reads a word for each entry. The words lie far apart and
 * were never touched: each costs a page table, which is charged to a task that is dying.
 */
static void make_exit_heavy(void)
{
	unsigned long step = table_span(), span = EXIT_PAGES * step;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *entries = fill_map(span, PROT_READ | PROT_WRITE, flags, -1, 0);
	char *words = fill_map(span, PROT_READ, flags, -1, 0);
	static struct robust_list_head head;
	struct robust_list *last = &head.list;

	for (unsigned long i = 0; i < span; i += step) {
		last->next = (struct robust_list *)(entries + i);
		last = last->next;
	}
	last->next = &head.list;
	head.futex_offset = words - entries;
	if (syscall(SYS_set_robust_list, &head, sizeof(head)))
		err(2, "set_robust_list");
}

static void bind_to_node(int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &mask, 8 * sizeof(mask)))
		err(2, "--node %d", node);
}

static void map_shared(void)
{
	int fd = -1, flags = MAP_SHARED | MAP_ANONYMOUS;

	if (opt.shared_file) {
		flags = MAP_SHARED;
		fd = open(opt.shared_file, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			err(2, "%s", opt.shared_file);
	}
	opt.shared = fill_map(PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	opt.fill.touched = &opt.shared->touched;
}

/* What a container runtime does. A process stays outside and passes the exit status on. */
static void enter_container(const char *cgroup)
{
	char path[512];
	int status, fd;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		err(2, "a new PID namespace");
	if ((pid = fork()) < 0)
		err(2, "fork");
	if (pid) {
		waitpid(pid, &status, 0);
		_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		err(2, "%s", path);
	close(fd);
}

static void set_comm(const char *text)
{
	char comm[16] = "";
	size_t n = 0;

	while (*text && n < sizeof(comm) - 1) {
		char hex[3] = "";

		if (text[0] == '\\' && text[1] == 'x' && text[2] && text[3]) {
			memcpy(hex, text + 2, 2);
			comm[n++] = (char)strtoul(hex, NULL, 16);
			text += 4;
		} else {
			comm[n++] = *text++;
		}
	}
	prctl(PR_SET_NAME, comm);
}

static void set_adj(const char *text)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(2, "oom_score_adj %s", text);
	close(fd);
}

static unsigned long number(const char *name, const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > max)
		errx(2, "%s: \"%s\" is not a number from 0 to %lu", name, text, max);
	return value;
}

static void set_kind(const char *text)
{
	if (!fill_kind(&opt.fill, text))
		errx(2, "unknown kind \"%s\"", text);
}

/* One of the pointers says what to do with it. */
static const struct setting {
	const char *name;
	bool *flag;
	const char **text;
	void (*set)(const char *text);
	int *small;
	unsigned long *bytes;
	int shift; /* of bytes */
} settings[] = {
	{ "kind", .set = set_kind },
	{ "size", .bytes = &opt.fill.size, .shift = 20 },
	{ "size-kib", .bytes = &opt.fill.size, .shift = 10 },
	{ "step", .bytes = &opt.fill.step, .shift = 10 },
	{ "rate", .bytes = &opt.rate, .shift = 20 },
	{ "dir", .text = &opt.fill.dir },
	{ "children", .small = &opt.children },
	{ "die-with-children", .flag = &opt.die_with_children },
	{ "threads", .small = &opt.threads },
	{ "leader-exits", .flag = &opt.leader_exits },
	{ "pin", .flag = &opt.pin },
	{ "node", .small = &opt.node },
	{ "sharer", .flag = &opt.sharer },
	{ "heavy-exit", .flag = &opt.heavy_exit },
	{ "push", .flag = &opt.push },
	{ "shared", .text = &opt.shared_file },
	{ "cgroup", .text = &opt.cgroup },
	{ "comm", .set = set_comm },
	{ "adj", .set = set_adj },
	{ "hold", .small = &opt.hold },
	{ "stdin", .flag = &opt.wait_stdin },
	{ "wait-file", .text = &opt.wait_file },
	{ "ready-fd", .small = &opt.ready_fd },
};
#define SETTINGS ((int)(sizeof(settings) / sizeof(settings[0])))

static void apply(const struct setting *s, const char *text)
{
	if (s->flag)
		*s->flag = true;
	else if (s->text)
		*s->text = text;
	else if (s->small)
		*s->small = (int)number(s->name, text, 1UL << 20);
	else if (s->bytes)
		*s->bytes = number(s->name, text, 1UL << 24) << s->shift;
	else
		s->set(text);
}

static void read_options(int argc, char **argv)
{
	struct option options[SETTINGS + 2] = { { "help", 0, NULL, 'h' } };
	int c, index = 0;

	for (int i = 0; i < SETTINGS; i++)
		options[i + 1] = (struct option){ settings[i].name, !settings[i].flag, NULL, 's' };
	while ((c = getopt_long(argc, argv, "h", options, &index)) != -1) {
		if (c != 's') {
			fputs(usage, c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
		apply(&settings[index - 1], optarg);
	}
	if (optind < argc || opt.fill.step < PAGE || (opt.children && opt.threads) ||
	    (opt.leader_exits && !opt.threads) || opt.children > EATERS_MAX ||
	    opt.threads > EATERS_MAX)
		errx(2, "bad arguments; see --help");
}

int main(int argc, char **argv)
{
	int status;

	read_options(argc, argv);
	if (opt.cgroup)
		enter_container(opt.cgroup);
	if (opt.node >= 0)
		bind_to_node(opt.node);
	map_shared();
	if (opt.sharer)
		start_sharer();
	if (opt.heavy_exit)
		make_exit_heavy();
	if (opt.threads)
		start_threads();
	else if (opt.children)
		start_children();
	wait_for_start();
	if (opt.leader_exits)
		syscall(SYS_exit, 0);
	if (!opt.children && !opt.threads)
		eat(NULL);
	while (opt.children && wait(&status) > 0)
		if (opt.die_with_children && WIFSIGNALED(status))
			_exit(128 + WTERMSIG(status));
	hold();
}
