/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flash: says when it began (CLOCK_BOOTTIME in ns, one line on stdout) and fills memory at once,
 * until it is killed: a container whose life is over in milliseconds.
 *
 *	flash             itself
 *	flash MS          a child, and MS milliseconds after its end the next one, for ever
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP (256UL << 10)

static void burn(void)
{
	for (;;) {
		char *p = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p == MAP_FAILED)
			_exit(1);
		memset(p, 1, STEP);
	}
}

int main(int argc, char **argv)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	dprintf(STDOUT_FILENO, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
	if (argc < 2)
		burn();
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			burn();
		}
		waitpid(pid, NULL, 0);
		usleep(1000 * strtoul(argv[1], NULL, 10));
	}
}
