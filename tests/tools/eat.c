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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL /* no machine has smaller ones */

enum kind { ANON, FILE_CACHE, SHMEM, PAGETABLES, MIXED };
static const char *const kind_names[] = { "anon", "file", "shmem", "pagetables", "mixed" };

struct shared { /* what all eaters see, in whichever process they are */
	atomic_int go, holding;
};

static struct {
	enum kind kind;
	const char *dir;
	unsigned long size, step, rate; /* bytes, rate per second; 0: no end, no pause */
	int children, threads;
	bool leader_exits, die_with_children, wait_stdin;
	const char *wait_file, *cgroup;
	long hold; /* seconds, -1: for ever */
	int ready_fd;
	struct shared *shared;
} opt = { .step = 64UL << 10, .hold = -1, .ready_fd = STDOUT_FILENO };

static const char usage[] =
	"usage: eat [OPTION]...\n"
	"  --kind anon|file|shmem|pagetables|mixed   what to fill (anon)\n"
	"  --size MIB           each eater stops there and holds (default: no end)\n"
	"  --step KIB           grow by this much at a time (64)\n"
	"  --rate MIB           each eater's MiB per second (0: as fast as possible)\n"
	"  --dir DIR            where file and shmem keep their files\n"
	"  --children N         N children eat; the parent waits and outlives them\n"
	"  --die-with-children  ... unless told: it exits 137 when the first one is killed\n"
	"  --threads N          N threads other than the leader eat\n"
	"  --leader-exits       the leading thread exits, the others go on\n"
	"  --cgroup DIR         go there first, as process 1 of a new PID namespace\n"
	"  --comm NAME          process name, \\xNN for any byte\n"
	"  --adj N              own oom_score_adj\n"
	"  --hold SECONDS       exit so long after the size is reached (default: never)\n"
	"  --stdin              begin when a byte can be read; end of file: exit at once\n"
	"  --wait-file PATH     begin when PATH exists\n"
	"  --ready-fd N         write \"ready\" there when all hold (default: stdout)\n";

/* A shmem file ends with its eater; "file" stays with the folder, as in a tmpfs volume. */
static int open_file(void)
{
	char path[512];
	int fd = -1;

	if (!opt.dir)
		return -1;
	snprintf(path, sizeof(path), "%s/eat-XXXXXX", opt.dir);
	if ((fd = mkstemp(path)) < 0)
		err(2, "%s", opt.dir);
	if (opt.kind != FILE_CACHE)
		unlink(path);
	return fd;
}

static void *map_bytes(unsigned long bytes, int prot, int flags, int fd, off_t offset)
{
	void *p = mmap(NULL, bytes, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		err(2, "mmap of %lu bytes", bytes);
	madvise(p, bytes, MADV_NOHUGEPAGE); /* else one touch would be 2 MiB */
	return p;
}

static void eat_map(int flags, int fd, off_t offset, unsigned long bytes)
{
	volatile char *p = map_bytes(bytes, PROT_READ | PROT_WRITE, flags, fd, offset);

	for (unsigned long i = 0; i < bytes; i += PAGE)
		p[i] = 1;
}

static void eat_file(int fd, unsigned long bytes)
{
	static const char block[PAGE] = "eat";

	if (fd < 0)
		errx(2, "--kind file needs --dir");
	for (unsigned long i = 0; i < bytes; i += PAGE)
		if (write(fd, block, PAGE) != (ssize_t)PAGE)
			err(2, "write");
}

static void eat_shmem(int fd, unsigned long eaten, unsigned long bytes)
{
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;

	if (fd >= 0 && ftruncate(fd, eaten + bytes))
		err(2, "ftruncate");
	eat_map(flags, fd, fd < 0 ? 0 : (off_t)eaten, bytes);
}

/* Reading maps the shared zero page: only the page tables are charged. */
static void eat_pagetables(unsigned long bytes)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	unsigned long table_span = page / sizeof(void *) * page; /* mapped by a page of table */
	unsigned long span = (bytes / page ?: 1) * table_span;
	volatile char *p = map_bytes(span, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned long i = 0; i < span; i += table_span)
		(void)p[i];
}

static void eat_step(int fd, unsigned long eaten, unsigned long bytes)
{
	enum kind kind = opt.kind;

	if (kind == MIXED)
		kind = (eaten / opt.step) % 2 ? SHMEM : ANON;
	switch (kind) {
	case FILE_CACHE:
		eat_file(fd, bytes);
		break;
	case SHMEM:
		eat_shmem(opt.kind == MIXED ? -1 : fd, eaten, bytes);
		break;
	case PAGETABLES:
		eat_pagetables(bytes);
		break;
	default:
		eat_map(MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, bytes);
	}
}

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

static void *eat(void *unused)
{
	int eaters = opt.children + opt.threads ?: 1, fd = open_file();
	long long start, due;

	while (!atomic_load(&opt.shared->go))
		usleep(2000);
	start = now_ms();
	for (unsigned long eaten = 0, bytes; !opt.size || eaten < opt.size; eaten += bytes) {
		bytes = opt.size && opt.size - eaten < opt.step ? opt.size - eaten : opt.step;
		eat_step(fd, eaten, bytes);
		due = opt.rate ? start + (eaten + bytes) * 1000 / opt.rate : 0;
		if (due > now_ms())
			usleep(1000 * (due - now_ms()));
	}
	if (atomic_fetch_add(&opt.shared->holding, 1) + 1 == eaters)
		(void)!write(opt.ready_fd, "ready\n", 6);
	hold();
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

static enum kind kind_from(const char *text)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (!strcmp(text, kind_names[i]))
			return i;
	errx(2, "unknown kind \"%s\"", text);
}

/* clang-format off */
static const struct option options[] = {
	{ "kind", 1, 0, 'k' }, { "size", 1, 0, 's' }, { "step", 1, 0, 't' }, { "rate", 1, 0, 'r' },
	{ "dir", 1, 0, 'd' }, { "children", 1, 0, 'c' }, { "die-with-children", 0, 0, 'D' },
	{ "threads", 1, 0, 'T' }, { "leader-exits", 0, 0, 'l' }, { "cgroup", 1, 0, 'g' },
	{ "comm", 1, 0, 'n' }, { "adj", 1, 0, 'a' }, { "hold", 1, 0, 'H' }, { "stdin", 0, 0, 'i' },
	{ "wait-file", 1, 0, 'w' }, { "ready-fd", 1, 0, 'f' }, { "help", 0, 0, 'h' }, { 0, 0, 0, 0 },
};
/* clang-format on */

static void read_option(int c, const char *name)
{
	switch (c) {
	case 'k':
		opt.kind = kind_from(optarg);
		break;
	case 's':
		opt.size = number(name, optarg, 1UL << 24) << 20;
		break;
	case 't':
		opt.step = number(name, optarg, 1UL << 24) << 10;
		break;
	case 'r':
		opt.rate = number(name, optarg, 1UL << 24) << 20;
		break;
	case 'd':
		opt.dir = optarg;
		break;
	case 'g':
		opt.cgroup = optarg;
		break;
	case 'c':
		opt.children = (int)number(name, optarg, 64);
		break;
	case 'T':
		opt.threads = (int)number(name, optarg, 64);
		break;
	case 'l':
		opt.leader_exits = true;
		break;
	case 'n':
		set_comm(optarg);
		break;
	case 'a':
		set_adj(optarg);
		break;
	case 'H':
		opt.hold = (long)number(name, optarg, 1UL << 24);
		break;
	case 'i':
		opt.wait_stdin = true;
		break;
	case 'w':
		opt.wait_file = optarg;
		break;
	case 'f':
		opt.ready_fd = (int)number(name, optarg, 1UL << 20);
		break;
	case 'D':
		opt.die_with_children = true;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int c, index = 0, status;

	while ((c = getopt_long(argc, argv, "h", options, &index)) != -1)
		read_option(c, options[index].name);
	if (optind < argc || opt.step < PAGE || (opt.children && opt.threads) ||
	    (opt.leader_exits && !opt.threads))
		errx(2, "bad arguments; see --help");
	if (opt.cgroup)
		enter_container(opt.cgroup);
	opt.shared = map_bytes(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
