/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program does around a kill: names that want to break the output, --count, text, its end.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "check_line.h"
#include "unseen.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define COLUMNS 80
#define NAME_MIN 32 /* a word this long may push a line over the edge */

/* Quote, backslash, newline, "clear the screen", a byte that is no UTF-8: 15 bytes, what a comm can
 * hold. */
#define HOSTILE_COMM_ARG "q\"\\x5cb\\x0a\\x1b[2J\\xffend"
#define HOSTILE_COMM                  \
	"q\"\\b\n\x1b[2J\xef\xbf\xbd" \
	"end" /* in JSON: U+FFFD for the last */

/* A fresh container whose limit its only process hits. */
static struct workload *container_kill(struct fixture *fx, struct container **ret, const char *comm)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 24);
	struct workload *w =
		fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", "--comm", comm, NULL);

	fixture_mark(fx);
	assert_int_equal(workload_go(w), 0);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	assert_true(WIFSIGNALED(w->status));
	if (ret)
		*ret = a;
	return w;
}

static void hostile_comm(struct fixture *fx)
{
	struct container *a;
	struct workload *w = container_kill(fx, &a, HOSTILE_COMM_ARG);
	struct expect e = expect_death(w, a, 990);
	json_t *line;

	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, a->pod);
	e.comm = HOSTILE_COMM;
	line = check_kill(fx, &e);
	if (!line)
		return;
	assert_string_equal(line_string(line, "trigger.comm"), HOSTILE_COMM);
	/* a log viewer prints the headline raw */
	for (const char *p = line_string(line, "message"); *p; p++)
		assert_false((unsigned char)*p < 0x20 || *p == 0x7f);
}

static void start_own(struct fixture *fx, const char *const *args)
{
	tracer_free(&fx->own);
	assert_int_equal(tracer_start(&fx->own, args), 0);
}

/* It ends by itself, with status 0, after three incidents: no more, no less. */
static void count(struct fixture *fx)
{
	static const char *const args[] = { "--json", "--count", "3", NULL };

	start_own(fx, args);
	tracer_wait_attached(&fx->own);
	for (int i = 1; i <= 3; i++) {
		struct workload *w = container_kill(fx, NULL, "eat");

		if (!tracer_kill_of(&fx->own, w->pid, TRACER_LINE_MS))
			fail_msg("no line for kill %d of 3", i);
	}
	int status = tracer_stop(&fx->own, 0);
	if (status || fx->own.kills != 3) {
		tracer_print(&fx->own);
		fail_msg("status %d after %d incidents", status, fx->own.kills);
	}
}

/* Before 5.15 the kernel cannot look past the return address that a kretprobe has put in its place.
 */
static bool is_cut_by_kretprobe(const struct fixture *fx, const char *frames)
{
	static const char cut[] = "oom_kill_process;kretprobe_trampoline";

	return !strcmp(fx->own.attach, "kprobe") && !strcmp(frames, cut);
}

/* How who asked came to the OOM killer, in names: root reads /proc/kallsyms. */
static void stack(struct fixture *fx)
{
	static const char *const args[] = { "--json", "--stacks", NULL };
	const char *frames;
	json_t *line;

	start_own(fx, args);
	tracer_wait_attached(&fx->own);
	line = tracer_kill_of(&fx->own, container_kill(fx, NULL, "eat")->pid, TRACER_LINE_MS);
	if (!line)
		fail_msg("no line for the kill");
	frames = line_string(line, "trigger.stack");
	if (unseen_here(fx).any) {
		assert_string_equal(frames, ""); /* nobody reads it there */
		return;
	}
	if (is_cut_by_kretprobe(fx, frames)) {
		print_message("  note: the kernel's own unwinder ends at a kretprobe\n");
		return;
	}
	if (!strstr(frames, "out_of_memory") || !strstr(frames, "try_charge") ||
	    strstr(frames, "bpf_prog") || strstr(frames, "0x"))
		line_wrong(line, "the stack is \"%s\"", frames);
}

static int columns(const char *line, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)line[i] & 0xc0) != 0x80; /* UTF-8 goes on */
	return n;
}

/* Only a name may pass: without its longest word the line fits. */
static void check_width(const char *line, size_t len)
{
	size_t longest = 0, word = 0;

	for (size_t i = 0; i < len; i++) {
		word = line[i] == ' ' ? 0 : word + 1;
		longest = word > longest ? word : longest;
	}
	if (columns(line, len) > COLUMNS &&
	    (longest < NAME_MIN || columns(line, len) - (int)longest > COLUMNS))
		fail_msg("a line of %d columns: %.*s", columns(line, len), (int)len, line);
}

static void check_text(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((*p < 0x20 && *p != '\n') ||
		    *p == 0x7f) /* char is signed: all above ASCII, too */
			fail_msg("byte 0x%02x in text for LC_ALL=C, no terminal: %.60s",
				 (unsigned char)*p, p);
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		check_width(text, end - text);
	assert_string_equal(text, ""); /* the last line ends */
}

/* A report for people, not on a terminal: nothing that moves a cursor, no colour, 80 columns. */
static void text(struct fixture *fx)
{
	static const char *const args[] = { "--count", "1", NULL };
	char *old = getenv("LC_ALL"), pid[16];
	struct container *a;

	old = old ? strdup(old) : NULL;
	setenv("LC_ALL", "C", 1);
	start_own(fx, args);
	old ? setenv("LC_ALL", old, 1) : unsetenv("LC_ALL");
	free(old);
	tracer_wait_links(&fx->own);
	struct workload *w = container_kill(fx, &a, HOSTILE_COMM_ARG);
	const char *report = tracer_text(&fx->own, NULL, TRACER_LINE_MS);
	if (fx->verbose)
		print_message("%s", report);
	check_text(report);
	snprintf(pid, sizeof(pid), "%d", w->pid);
	const char *const words[] = { "OOM KILL: container limit 24Mi", pid, "fix", "killed",
				      "limit" };
	for (int i = 0; i < COUNT(words); i++)
		if (!strstr(report, words[i]))
			fail_msg("no \"%s\" in the report:\n%s", words[i], report);
	fx->own.len = 0;
	assert_int_equal(tracer_stop(&fx->own, 0), 0);
}

static void check_stop(struct fixture *fx, int sig)
{
	int status;

	fixture_tracer(fx);
	status = tracer_stop(&fx->tracer, sig);
	json_t *seen = fx->tracer.seen, *last = json_array_get(seen, json_array_size(seen) - 1);
	if (status || strcmp(line_string(last, "type"), "stop")) {
		tracer_print(&fx->tracer);
		fail_msg("signal %d: status %d, last line \"%s\"", sig, status,
			 line_string(last, "type"));
	}
}

/* SIGINT and SIGTERM end it with a closing line and status 0. */
static void stop(struct fixture *fx)
{
	check_stop(fx, SIGINT);
	check_stop(fx, SIGTERM);
}

/* Nobody reads on: it ends without a word. */
static void closed_pipe(struct fixture *fx)
{
	static const char *const args[] = { "--json", NULL };
	char word[2];

	start_own(fx, args);
	tracer_wait_attached(&fx->own);
	tracer_close_pipe(&fx->own);
	container_kill(fx, NULL, "eat");
	int status = tracer_stop(&fx->own, 0);
	if (status || pread(fx->own.err_fd, word, 1, 0)) {
		tracer_print(&fx->own);
		fail_msg("a closed pipe: status %d", status);
	}
}

const struct kill_case program_cases[] = {
	{ "hostile-comm", "a process name that wants to break the output", CASE_ONE_SHAPE,
	  hostile_comm },
	{ "count", "--count 3 ends with status 0", CASE_ONE_SHAPE | CASE_TRACER, count },
	{ "stack", "the kernel stack of who asked", CASE_ONE_SHAPE | CASE_TRACER, stack },
	{ "text", "a report in text, not on a terminal", CASE_ONE_SHAPE | CASE_TRACER, text },
	{ "closed-pipe", "the reader goes away", CASE_ONE_SHAPE | CASE_TRACER, closed_pipe },
	{ "stop", "SIGINT and SIGTERM", CASE_ONE_SHAPE | CASE_TRACER, stop },
};
const int n_program_cases = COUNT(program_cases);
