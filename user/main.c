// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "exit_status.h"
#include "version.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "trace", cmd_trace,
	  "tell OOM kills as they happen (the default: those since boot first)" },
	{ "last", cmd_last, "tell the OOM kills that this machine still knows, newest first" },
	{ "explain", cmd_explain, "tell the OOM kills of kernel logs, and of JSON lines" },
	{ "doctor", cmd_doctor, "tell what this kernel and these privileges allow" },
	{ "selftest", cmd_selftest, "make one small kill in a cgroup of its own, and see it told" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static int help(void)
{
	printf("oomwhy - whose memory limit killed this process?\n\n"
	       "Usage: oomwhy [COMMAND] [OPTION]...\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("\n'oomwhy COMMAND --help' tells a command's options. Run as root:\n\n"
	       "  oomwhy                  reports for people, until Ctrl-C\n"
	       "  oomwhy shop/cart-0      only those in this pod\n"
	       "  oomwhy trace --json     one JSON object a line\n"
	       "  oomwhy doctor           what is missing, and how to get it\n\n"
	       "Exit status: 0 done, 1 failed, 2 usage, 3 not possible on this kernel or with\n"
	       "these privileges, 4 nothing found.\n");
	return fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
}

/* A descriptor that we open must not land where data or diagnostics go. */
static bool standard_files_are_open(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
		return false;
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		log_error("stdout is closed: nobody would see a report");
		return false;
	}
	return fcntl(STDERR_FILENO, F_GETFD) >= 0 || open("/dev/null", O_WRONLY) >= 0;
}

int main(int argc, char **argv)
{
	if (!standard_files_are_open())
		return STATUS_FAILED;
	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return cmd_default(1, argv);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help();
	if (!strcmp(argv[1], "--version")) {
		printf("oomwhy %s\n", OOMWHY_VERSION);
		return STATUS_DONE;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	/* Options of the default command, or its NS/POD. */
	if (argv[1][0] == '-' || strchr(argv[1], '/'))
		return cmd_default(argc, argv);
	log_error("unknown command '%s': 'oomwhy --help' lists them", argv[1]);
	return STATUS_USAGE;
}
