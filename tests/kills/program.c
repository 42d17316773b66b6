/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "line.h"

#define OUT_MAX (16UL << 20)
#define ARGS_MAX 16

static char out[OUT_MAX + 1];

static pid_t start(const char *const *args, int stdin_fd, int attaches, int out_fd)
{
	const char *oomwhy = getenv("OOMWHY"), *attach = getenv("OOMWHY_ATTACH");
	const char *argv[ARGS_MAX] = { oomwhy ? oomwhy : "build/oomwhy" };
	pid_t pid;
	int n = 1;

	while (*args && n < ARGS_MAX - 3)
		argv[n++] = *args++;
	if (attaches && attach && *attach) {
		argv[n++] = "--attach";
		argv[n++] = attach;
	}
	pid = fork();
	if (pid)
		return pid;
	if (stdin_fd >= 0)
		dup2(stdin_fd, STDIN_FILENO);
	dup2(out_fd, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

char *program_run(const char *const *args, int stdin_fd, int attaches, int *ret_status)
{
	size_t len = 0;
	int pipe_fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_return_code(pipe2(pipe_fd, O_CLOEXEC), errno);
	pid = start(args, stdin_fd, attaches, pipe_fd[1]);
	close(pipe_fd[1]);
	while (len < OUT_MAX && (n = read(pipe_fd[0], out + len, OUT_MAX - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(pipe_fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 4))
		fail_msg("oomwhy %s ended with wait status 0x%x", args[0], status);
	if (ret_status)
		*ret_status = WEXITSTATUS(status);
	return out;
}

json_t *program_kill_of(char *all, pid_t pid, pid_t tid)
{
	json_t *found = NULL, *line;
	char *save = NULL;

	for (char *text = strtok_r(all, "\n", &save); text; text = strtok_r(NULL, "\n", &save)) {
		long long victim;

		line = line_parse(text, strlen(text));
		victim = line_integer(line, "victim.process.pid");
		if (strcmp(line_string(line, "type"), "oom_kill") ||
		    (victim != pid && (!tid || victim != tid))) {
			json_decref(line);
			continue;
		}
		if (found)
			fail_msg("the kill of process %d is told twice: %s and %s", pid,
				 line_string(found, "id"), line_string(line, "id"));
		found = line;
	}
	return found;
}
