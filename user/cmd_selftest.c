// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_selftest: one small kill, seen end to end: a tracer of our own program is started, a process
 * of ours dies in a cgroup of ours, and the line that tells it is read and compared.
 */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cmd.h"
#include "cmd_options.h"
#include "cmd_selftest_scratch.h"
#include "exit_status.h"

#define START_NS 10000000000ULL
#define KILL_NS 2000000000ULL

struct selftest {
	struct cmd_common common;
	const char *attach; /* NULL: the best plan */
	struct scratch scratch;
	pid_t tracer;
	int fd; /* its stdout */
	char buf[65536];
	size_t len;
};

static bool take_attach(void *options, const char *value)
{
	((struct selftest *)options)->attach = value;
	return true;
}

static const struct cmd_option attach_option = { "attach", 0, "PLAN", "as for oomwhy trace",
						 take_attach };
static const struct cmd_option *const options[] = { &attach_option, &cmd_root_of_host, NULL };

static const struct cmd_syntax syntax = {
	.command = "selftest",
	.about =
		"Usage: oomwhy selftest [OPTION]...\n\n"
		"Makes one OOM kill of a process of its own, in a cgroup of its own with a limit of\n"
		"16Mi, and sees that it is told, and told right, within 2 seconds. Refuses where\n"
		"that could hurt anybody. To be run by hand, as root on the node itself.",
	.notes = "Exit status: 0 it was, 1 it was not, 2 usage, 3 not possible here.",
	.options = options,
	.take_argument = cmd_no_argument,
};

static int start_tracer(struct selftest *test)
{
	const char *argv[] = { "oomwhy",
			       "trace",
			       "--json",
			       "--host-root",
			       *test->common.host_root ? test->common.host_root : "/",
			       "--duration",
			       "20s",
			       test->attach ? "--attach" : NULL,
			       test->attach,
			       NULL };
	int out[2];

	if (pipe(out))
		return -errno;
	test->tracer = fork();
	if (test->tracer == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv("/proc/self/exe", (char *const *)argv);
		_exit(STATUS_FAILED);
	}
	close(out[1]);
	test->fd = out[0];
	return test->tracer < 0 ? -errno : 0;
}

/* The next line, to be released; NULL at the tracer's end or when @deadline_ns is over. */
static json_t *next_line(struct selftest *test, __u64 deadline_ns)
{
	struct pollfd poll_fd = { .fd = test->fd, .events = POLLIN };
	json_t *line;
	char *end;

	while (!(end = memchr(test->buf, '\n', test->len))) {
		__u64 now = clock_monotonic_ns();
		ssize_t got;

		if (now >= deadline_ns || test->len == sizeof(test->buf) ||
		    poll(&poll_fd, 1, (int)((deadline_ns - now) / 1000000 + 1)) <= 0)
			return NULL;
		got = read(test->fd, test->buf + test->len, sizeof(test->buf) - test->len);
		if (got <= 0)
			return NULL;
		test->len += got;
	}
	line = json_loadb(test->buf, end - test->buf, 0, NULL);
	test->len -= end + 1 - test->buf;
	memmove(test->buf, end + 1, test->len);
	return line ? line : json_object();
}

/* The member at @path, whose dots nest, as a text; "" where there is none. */
static const char *text_at(const json_t *line, const char *path)
{
	char key[32];
	const char *text;

	while (line && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		line = json_object_get(line, key);
		path += len + (path[len] == '.');
	}
	text = json_string_value(line);
	return text ? text : "";
}

/* The first line of @type, of a victim in the cgroup @path unless it is NULL. */
static json_t *wait_line(struct selftest *test, const char *type, const char *path,
			 __u64 deadline_ns)
{
	json_t *line;

	while ((line = next_line(test, deadline_ns))) {
		if (!strcmp(text_at(line, "type"), type) &&
		    (!path || !strcmp(text_at(line, "victim.cgroup.path"), path)))
			return line;
		json_decref(line);
	}
	return NULL;
}

static bool is_right(const json_t *line, const char *path)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "limit_owner.cgroup.path", path },
		{ "verdict.limit_level", "slice" },
		{ "victim.comm", SCRATCH_COMM },
		{ "victim.fate", "killed" },
	};
	const json_t *owner = json_object_get(line, "limit_owner");
	json_int_t limit = json_integer_value(json_object_get(owner, "limit_bytes"));
	bool right = true;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(text_at(line, texts[i].key), texts[i].value)) {
			log_error("selftest: %s is \"%s\", not \"%s\"", texts[i].key,
				  text_at(line, texts[i].key), texts[i].value);
			right = false;
		}
	if (limit != (json_int_t)SCRATCH_LIMIT_BYTES) {
		log_error("selftest: limit_owner.limit_bytes is %lld, not %llu", (long long)limit,
			  SCRATCH_LIMIT_BYTES);
		right = false;
	}
	return right;
}

static bool was_killed(pid_t victim)
{
	int status;

	if (waitpid(victim, &status, 0) != victim || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL) {
		log_error("selftest: the process in the scratch cgroup was not killed");
		return false;
	}
	return true;
}

/* The tracer runs: kill, and compare. */
static int see_a_kill(struct selftest *test, const json_t *start)
{
	char path[128], took[UNITS_MAX], limit[UNITS_MAX];
	__u64 begin_ns = clock_monotonic_ns();
	pid_t victim = scratch_start_victim(&test->scratch);
	int status = STATUS_FAILED;
	json_t *line;

	if (victim < 0) {
		log_error("selftest: fork: %s", strerror(-victim));
		return STATUS_FAILED;
	}
	snprintf(path, sizeof(path), "/%s", test->scratch.name);
	line = wait_line(test, "oom_kill", path, begin_ns + KILL_NS);
	units_duration(clock_monotonic_ns() - begin_ns, took, sizeof(took));
	if (!line)
		kill(victim, SIGKILL);
	if (was_killed(victim) && !line)
		log_error("selftest: no report of the kill within 2s");
	if (line && is_right(line, path)) {
		printf("ok        one kill at a limit of %s in %s, told right after %s\n"
		       "          [%s, %s]\n          %s\n",
		       units_bytes(SCRATCH_LIMIT_BYTES, limit, sizeof(limit)), path, took,
		       text_at(line, "verdict.evidence"), text_at(start, "tracing.attach"),
		       text_at(line, "message"));
		status = fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
	}
	json_decref(line);
	return status;
}

/* Returns the exit status of a tracer that did not start. */
static int stop_tracer(struct selftest *test)
{
	int status = 0;

	kill(test->tracer, SIGTERM);
	close(test->fd);
	waitpid(test->tracer, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}

/* Ctrl-C ends the tracer, and so the test, which then removes what it made. */
static int run(struct selftest *test)
{
	int status = scratch_open(&test->scratch, test->common.host_root), err, ended;
	json_t *start;

	if (status != STATUS_DONE)
		return status;
	err = start_tracer(test);
	if (err) {
		log_error("selftest: the tracer was not started: %s", strerror(-err));
		scratch_close(&test->scratch);
		return STATUS_FAILED;
	}
	start = wait_line(test, "start", NULL, clock_monotonic_ns() + START_NS);
	if (start)
		status = see_a_kill(test, start);
	ended = stop_tracer(test);
	if (!start) {
		log_error("selftest: the tracer did not start");
		status = ended;
	}
	json_decref(start);
	scratch_close(&test->scratch);
	return status;
}

int cmd_selftest(int argc, char **argv)
{
	static struct selftest test;
	int status = cmd_parse(&syntax, argc, argv, &test);

	if (status != CMD_GO_ON)
		return status;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	return run(&test);
}
