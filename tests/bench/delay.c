/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * delay: from a hook in the kernel to the line on stdout. The program that tells has a terminal as
 * its stdout, so that it writes each line at once; when the hook is reached says the kernel's own
 * trace. One kill after the other, each waited for.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define KILLS_MAX 1000
#define EAT_BYTES (64UL << 20)
#define LINE_MS 20000
#define START_MS 120000
#define PAUSE_US 100000

static const char *cgroup, *hook;
static int kills, out_fd;
static double told_us[KILLS_MAX];
static char text[1 << 20];
static size_t text_len;

/* ---- the program that tells ---- */

static pid_t start(char **command)
{
	struct termios raw;
	pid_t pid;

	cfmakeraw(&raw);
	pid = forkpty(&out_fd, NULL, &raw, NULL);
	if (pid < 0)
		err(2, "forkpty");
	if (!pid) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	return pid;
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/* A whole line of which @word is a part, from the text since the last call. */
static bool has_line(const char *word)
{
	const char *at = memmem(text, text_len, word, strlen(word));

	return at && memchr(at, '\n', text + text_len - at);
}

/* Returns when that line was read. */
static double wait_line(const char *word, int timeout_ms)
{
	struct pollfd p = { .fd = out_fd, .events = POLLIN };
	double read_us;
	ssize_t n;

	for (text_len = 0; text_len < sizeof(text); text_len += n) {
		if (poll(&p, 1, timeout_ms) <= 0)
			break;
		n = read(out_fd, text + text_len, sizeof(text) - text_len);
		read_us = now_us();
		if (n <= 0)
			break;
		if (memchr(text + text_len, '\n', n) && text_len + n > 0) {
			text_len += n;
			if (has_line(word))
				return read_us;
			text_len -= n;
		}
	}
	errx(1, "no line with \"%s\" but:\n%.*s", word, (int)text_len, text);
}

/* ---- a kill ---- */

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(2, "%s", path);
	close(fd);
}

static void die_in_cgroup(void)
{
	char path[512], *p;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	put(path, "0");
	p = mmap(NULL, EAT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; p != MAP_FAILED && i < EAT_BYTES; i += 4096)
		*(volatile char *)(p + i) = 1;
	_exit(1);
}

/* The line is found by the process that dies, between these words. */
static double kill_one(const char *before, const char *after)
{
	pid_t pid = fork();
	char word[64];
	double us;
	int status;

	if (pid < 0)
		err(2, "fork");
	if (!pid)
		die_in_cgroup();
	snprintf(word, sizeof(word), "%s%d%s", before, pid, after);
	us = wait_line(word, LINE_MS);
	if (waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status))
		errx(1, "process %d was not killed", pid);
	usleep(PAUSE_US);
	return us;
}

/* ---- when the hook was reached ---- */

static void trace_begins(void)
{
	put(TRACING "trace_clock", "boot");
	if (!strcmp(hook, "oom_kill_process")) {
		put(TRACING "kprobe_events", "p:bench/hook oom_kill_process");
		put(TRACING "events/bench/hook/enable", "1");
	} else {
		put(TRACING "events/oom/mark_victim/enable", "1");
	}
	put(TRACING "trace", "");
}

/* A probe that is enabled cannot be defined again, by the next one. */
static void trace_ends(void)
{
	if (!strcmp(hook, "oom_kill_process")) {
		put(TRACING "events/bench/hook/enable", "0");
		put(TRACING "kprobe_events", "");
	} else {
		put(TRACING "events/oom/mark_victim/enable", "0");
	}
}

/* The lines of the event: "eater-123 [000] d..1. 12.345678: hook: ..." */
static void subtract_hooks(void)
{
	const char *event = strcmp(hook, "oom_kill_process") ? ": mark_victim:" : ": hook:";
	FILE *file = fopen(TRACING "trace", "re");
	char line[512], *end;
	int n = 0;

	while (file && fgets(line, sizeof(line), file)) {
		end = line[0] == '#' ? NULL : strstr(line, event);
		if (!end)
			continue;
		*end = '\0';
		if (n < kills)
			told_us[n] -= strtod(strrchr(line, ' '), NULL) * 1e6;
		n++;
	}
	if (n != kills)
		errx(1, "%d kills, but %s was reached %d times", kills, hook, n);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 8)
		errx(2,
		     "usage: bench-delay HOOK KILLS CGROUP FIRST-WORD BEFORE-PID AFTER-PID COMMAND...\n"
		     "HOOK: mark_victim or oom_kill_process");
	hook = argv[1];
	kills = atoi(argv[2]);
	cgroup = argv[3];
	if (kills < 1 || kills > KILLS_MAX)
		errx(2, "from 1 to %d kills", KILLS_MAX);
	trace_begins();
	pid = start(argv + 7);
	wait_line(argv[4], START_MS);
	sleep(1);
	kill_one(argv[5], argv[6]); /* the first one meets cold paths, and is not told of */
	put(TRACING "trace", "");
	for (int i = 0; i < kills; i++)
		told_us[i] = kill_one(argv[5], argv[6]);
	kill(pid, SIGKILL);
	subtract_hooks();
	trace_ends();
	qsort(told_us, kills, sizeof(*told_us), compare);
	printf("%.0f %.0f %.0f\n", told_us[kills / 2], told_us[(kills * 99 + 99) / 100 - 1],
	       told_us[kills - 1]);
	return 0;
}
