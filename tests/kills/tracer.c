/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 16
#define BUF_SIZE (1UL << 20)
#define STOP_MS 20000
#define PRINT_LINES 5

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int tracer_start(struct tracer *t, const char *const *args)
{
	return tracer_start_in(t, args, -1);
}

static void enter_cgroup(int procs_fd)
{
	if (procs_fd < 0 || (write(procs_fd, "0", 1) == 1 && !unshare(CLONE_NEWCGROUP)))
		return;
	fprintf(stderr, "cgroup namespace: %s\n", strerror(errno));
	_exit(127);
}

static int start(struct tracer *t, const char *command, const char *const *args, int procs_fd)
{
	const char *oomwhy = getenv("OOMWHY"), *attach = getenv("OOMWHY_ATTACH");
	const char *argv[ARGS_MAX] = { oomwhy ? oomwhy : "build/oomwhy", command };
	int out[2], n = command ? 2 : 1;

	while (*args && n < ARGS_MAX - 3)
		argv[n++] = *args++;
	if (attach && *attach) {
		argv[n++] = "--attach";
		argv[n++] = attach;
	}
	memset(t, 0, sizeof(*t));
	t->buf = malloc(BUF_SIZE + 1);
	t->seen = json_array();
	t->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (!t->buf || t->err_fd < 0 || pipe2(out, O_CLOEXEC))
		return -errno;
	t->out_fd = out[0];
	t->pid = fork();
	if (!t->pid) {
		sigset_t none;

		signal(SIGPIPE, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(out[1], STDOUT_FILENO);
		dup2(t->err_fd, STDERR_FILENO);
		enter_cgroup(procs_fd);
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(out[1]);
	return t->pid < 0 ? -errno : 0;
}

int tracer_start_in(struct tracer *t, const char *const *args, int procs_fd)
{
	return start(t, "trace", args, procs_fd);
}

int tracer_start_whole(struct tracer *t, const char *const *args)
{
	return start(t, NULL, args, -1);
}

/* Reads what there is; false at the time-out or at the end. */
static bool fill(struct tracer *t, long long deadline)
{
	struct pollfd p = { .fd = t->out_fd, .events = POLLIN };
	long long left = deadline - now_ms();
	struct timespec now;
	ssize_t n;

	if (t->eof || t->len == BUF_SIZE || poll(&p, 1, left > 0 ? (int)left : 0) <= 0)
		return false;
	n = read(t->out_fd, t->buf + t->len, BUF_SIZE - t->len);
	if (n <= 0) {
		t->eof = true;
		return false;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	t->read_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	t->len += n;
	t->buf[t->len] = '\0';
	return true;
}

struct facts *tracer_facts(void)
{
	static struct facts facts;

	return &facts;
}

static int plan_of(const struct tracer *t)
{
	int plan = facts_plan(t->attach);

	if (plan < 0)
		fail_msg("tests/facts.md has no attach plan \"%s\"", t->attach);
	return plan;
}

const char *tracer_evidence(const struct tracer *t)
{
	return facts_evidence(tracer_facts(), plan_of(t));
}

/* The start line is what names the plan. */
static void check_facts(struct tracer *t, json_t *line)
{
	if (t->mixed || !*t->attach || facts_line(tracer_facts(), line, plan_of(t)))
		return;
	tracer_print(t);
	fail_msg("%s", tracer_facts()->why);
}

/*
 * The kernel counts who is killed or killed with a group, a group's first victim mostly twice: not
 * where it was gone before its group's turn came. Nobody else.
 */
static void count_victim(struct tracer *t, json_t *victim, bool is_group)
{
	const char *fate = line_string(victim, "fate");
	long long counted = line_integer(victim, "counted");
	bool is_kill = !strcmp(fate, "killed") || !strcmp(fate, "group");

	if (counted < is_kill || counted > is_kill + (is_kill && is_group))
		fail_msg("fate \"%s\", counted %lld times", fate, counted);
	t->counted += counted;
}

static void count_victims(struct tracer *t, json_t *line)
{
	bool is_group = line_get(line, "oom_group");
	json_t *other;
	size_t i;

	t->kills++;
	/* where nobody sees memory.oom.group, those who died with the victim tell it */
	json_array_foreach(line_get(line, "other_victims"), i, other)
		is_group |= !strcmp(line_string(other, "fate"), "group");
	count_victim(t, line_get(line, "victim"), is_group);
	json_array_foreach(line_get(line, "other_victims"), i, other)
		count_victim(t, other, is_group);
}

json_t *tracer_line(struct tracer *t, int timeout_ms)
{
	long long deadline = now_ms() + timeout_ms;
	json_t *line;
	char *end;

	while (!(end = memchr(t->buf, '\n', t->len)))
		if (!fill(t, deadline)) {
			if (t->eof && t->len)
				fail_msg("the last line does not end: %.*s", (int)t->len, t->buf);
			return NULL;
		}
	line = line_parse(t->buf, end - t->buf);
	t->len -= end + 1 - t->buf;
	memmove(t->buf, end + 1, t->len + 1);
	json_array_append_new(t->seen, line);
	line_check(line);
	check_facts(t, line);
	if (!strcmp(line_string(line, "type"), "oom_kill"))
		count_victims(t, line);
	return line;
}

void tracer_wait_attached(struct tracer *t)
{
	json_t *line = tracer_line(t, TRACER_START_MS);

	if (!line || strcmp(line_string(line, "type"), "start")) {
		tracer_print(t);
		fail_msg("the first line is not the start line");
	}
	snprintf(t->attach, sizeof(t->attach), "%s", line_string(line, LINE_ATTACH_KEY));
	assert_string_not_equal(t->attach, "");
	t->mixed = t->mixed || !strcmp(t->attach, "kmsg"); /* the facts are of BPF */
}

long tracer_rss_kib(const struct tracer *t)
{
	char path[64], line[128];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", t->pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmRSS:", 6))
			kib = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	assert_true(kib > 0);
	return kib;
}

static bool is_kill_of(json_t *line, pid_t victim)
{
	return !strcmp(line_string(line, "type"), "oom_kill") &&
	       line_integer(line, "victim.process.pid") == victim;
}

json_t *tracer_kill_of(struct tracer *t, pid_t victim, int timeout_ms)
{
	long long deadline = now_ms() + timeout_ms;
	json_t *line;
	size_t i;

	json_array_foreach(t->seen, i, line) if (is_kill_of(line, victim)) return line;
	do
		line = tracer_line(t, (int)(deadline - now_ms()));
	while (line && !is_kill_of(line, victim));
	if (!line)
		tracer_print(t);
	return line;
}

static bool is_line_of(json_t *line, const char *type, const char *id)
{
	return !strcmp(line_string(line, "type"), type) &&
	       (!id || !strcmp(line_string(line, "id"), id));
}

json_t *tracer_line_of(struct tracer *t, size_t from, const char *type, const char *id,
		       int timeout_ms)
{
	long long deadline = now_ms() + timeout_ms;

	for (size_t i = from;; i++) {
		json_t *line = json_array_get(t->seen, i);

		if (!line)
			line = tracer_line(t, (int)(deadline - now_ms()));
		if (!line)
			break;
		if (is_line_of(line, type, id))
			return line;
	}
	tracer_print(t);
	return NULL;
}

int tracer_stop(struct tracer *t, int sig)
{
	long long deadline = now_ms() + STOP_MS;
	int left;

	if (!t->pid)
		return -1;
	if (sig)
		kill(t->pid, sig);
	while (!t->eof && now_ms() < deadline)
		tracer_line(t, (int)(deadline - now_ms()));
	while (!(left = waitpid(t->pid, &t->status, WNOHANG)) && now_ms() < deadline)
		poll(NULL, 0, 5);
	if (!left) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, &t->status, 0);
	}
	t->pid = 0;
	return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;
}

void tracer_close_pipe(struct tracer *t)
{
	close(t->out_fd);
	t->out_fd = -1;
	t->eof = true;
}

void tracer_print(struct tracer *t)
{
	size_t n_lines = json_array_size(t->seen);
	char text[4096];
	ssize_t n;

	for (size_t i = n_lines > PRINT_LINES ? n_lines - PRINT_LINES : 0; i < n_lines; i++) {
		char *s = json_dumps(json_array_get(t->seen, i), JSON_COMPACT);

		printf("  line: %s\n", s);
		free(s);
	}
	for (off_t at = 0; (n = pread(t->err_fd, text, sizeof(text), at)) > 0; at += n)
		printf("%s%.*s", at ? "" : "  stderr: ", (int)n, text);
}

bool tracer_runs(struct tracer *t)
{
	if (t->pid && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->pid = 0;
	return t->pid;
}

void tracer_free(struct tracer *t)
{
	if (!t->buf)
		return;
	if (t->pid) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
	}
	if (t->out_fd >= 0)
		close(t->out_fd);
	close(t->err_fd);
	free(t->buf);
	json_decref(t->seen);
	memset(t, 0, sizeof(*t));
}

const char *tracer_text(struct tracer *t, const char *needle, int timeout_ms)
{
	long long deadline = now_ms() + timeout_ms;

	t->buf[t->len] = '\0';
	while (!(needle && strstr(t->buf, needle)) && fill(t, deadline))
		;
	return t->buf;
}

static int count_links(pid_t pid)
{
	char path[64], target[128];
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		ssize_t len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		n += strstr(target, "bpf_link") || strstr(target, "bpf-link") ||
		     strstr(target, "perf_event") || strstr(target, "kmsg");
	}
	return n;
}

void tracer_wait_links(struct tracer *t)
{
	long long deadline = now_ms() + TRACER_START_MS;
	int n = 0, same = 0;

	while (same < 10 && now_ms() < deadline) {
		int links = count_links(t->pid);

		same = links && links == n ? same + 1 : 0;
		n = links;
		poll(NULL, 0, 50);
	}
}
