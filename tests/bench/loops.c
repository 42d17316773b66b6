/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loops: what oomwhy may slow down, done a fixed number of times in a cgroup. Prints how long it
 * took in CLOCK_MONOTONIC's ns: instructions, where QEMU counts these.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define KIB 1024UL
#define MIB (1024 * KIB)

/* Beyond each memory.max that is used here. */
#define REGION (24 * MIB)
#define FREE_STEP (64 * KIB)

static const char *cgroup;

static void enter(void)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		err(2, "%s", path);
	close(fd);
}

static char *map(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	if (madvise(p, bytes, MADV_NOHUGEPAGE))
		err(2, "madvise");
	return p;
}

static void touch(char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += PAGE)
		*(volatile char *)(p + i) = 1;
}

/*
 * Touches @pages pages, and lets the kernel take each back: what the limit has no room for it does,
 * without any device. When the region begins again, all of it is long gone.
 */
static void reclaim(long pages)
{
	static char *region;
	static size_t at;

	region = region ?: map(REGION);
	for (; pages > 0; pages -= FREE_STEP / PAGE, at = (at + FREE_STEP) % REGION) {
		touch(region + at, FREE_STEP);
		if (madvise(region + at, FREE_STEP, MADV_FREE))
			err(2, "MADV_FREE");
	}
}

/* Faults only: each page is mapped, charged and given back. */
static void fault(long pages)
{
	char *p;

	for (; pages > 0; pages -= 8 * MIB / PAGE) {
		p = map(8 * MIB);
		touch(p, 8 * MIB);
		munmap(p, 8 * MIB);
	}
}

/* Charges by write(): pages of a file in memory, which is emptied again. */
static void charge(long pages)
{
	static char block[FREE_STEP];
	int fd = memfd_create("charge", MFD_CLOEXEC);

	for (long i = 0; i < pages; i += FREE_STEP / PAGE) {
		if (write(fd, block, sizeof(block)) != sizeof(block))
			err(2, "write");
		if (i % (8 * MIB / PAGE) == 0 && (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)))
			err(2, "ftruncate");
	}
	close(fd);
}

static void kill_one(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		enter();
		touch(map(REGION), REGION);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		errx(2, "the child was not killed");
}

static void kills(long n)
{
	while (n-- > 0)
		kill_one();
}

static const struct loop {
	const char *name;
	void (*run)(long n);
	long warm_up;
} loops[] = {
	{ "reclaim", reclaim, 2 * REGION / PAGE },
	{ "fault", fault, 8 * MIB / PAGE },
	{ "charge", charge, 8 * MIB / PAGE },
	/* from the 11th on the kernel logs only a line of each */
	{ "kill", kills, 12 },
};

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	long long start;

	if (n <= 0)
		errx(2, "usage: bench-loops reclaim|fault|charge|kill CGROUP N");
	cgroup = argv[2];
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		if (strcmp(argv[1], loops[i].name))
			continue;
		if (loops[i].run != kills)
			enter();
		loops[i].run(loops[i].warm_up);
		start = now_ns();
		loops[i].run(n);
		printf("%lld\n", now_ns() - start);
		return 0;
	}
	errx(2, "no such loop: %s", argv[1]);
}
