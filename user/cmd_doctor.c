// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "doctor.h"
#include "exit_status.h"
#include "sink/findings.h"
#include "sink/json.h"

enum {
	OPT_JSON = 256,
	OPT_HOST_ROOT,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "host-root", required_argument, NULL, OPT_HOST_ROOT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int help(void)
{
	printf("Usage: oomwhy doctor [OPTION]...\n\n"
	       "Tells what this kernel and these privileges allow, what is missing, and how to get\n"
	       "it. Each way to watch the kernel is tried for a moment; nothing stays.\n\n"
	       "  -o, --output text|json   a check list (default), or one JSON object\n"
	       "      --json               the same as -o json\n"
	       "      --host-root DIR      where the machine's own / is mounted (default: /host if it\n"
	       "                           is there, else /)\n"
	       "  -v, --verbose            libbpf's and the kernel's own words on stderr\n"
	       "  -h, --help               this text\n\n"
	       "Exit status: 0 tracing is possible, if by the kernel's log only; 1 failed, 2 usage,\n"
	       "3 it is not possible.\n");
	return fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
}

static int print(const struct checkup *checkup, bool json)
{
	static char buf[JSON_LINE_MAX];
	const char *no_color = getenv("NO_COLOR");
	struct text_style style = {
		.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color),
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	int len;

	if (json)
		len = findings_json(checkup, buf, sizeof(buf));
	else
		len = (int)findings_text(checkup, &style, buf, sizeof(buf));
	if (len < 0)
		return len;
	errno = 0;
	if (fwrite(buf, 1, (size_t)len, stdout) != (size_t)len || fflush(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

static int examine(const struct doctor_options *options, bool json)
{
	static struct checkup checkup;
	int err;

	doctor_examine(options, &checkup);
	err = print(&checkup, json);
	if (err) {
		log_error("cannot write to stdout: %s", strerror(-err));
		return STATUS_FAILED;
	}
	return checkup.attach ? STATUS_DONE : STATUS_NOT_POSSIBLE;
}

/* Returns whether the option's value is a good one. */
static bool take_option(int option, const char **host_root, bool *json)
{
	switch (option) {
	case 'o':
		return cmd_parse_output(optarg, json);
	case OPT_JSON:
		*json = true;
		return true;
	case OPT_HOST_ROOT:
		*host_root = optarg;
		return *optarg == '/';
	}
	log_is_verbose = true;
	return true;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_options options = { .node_name = cmd_node_name() };
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:vh", long_options, NULL)) != -1) {
		if (option == 'h')
			return help();
		if (option == '?')
			return cmd_usage("doctor", "unknown option", argv[optind - 1]);
		if (option == ':')
			return cmd_usage("doctor", "a value is missing after", argv[optind - 1]);
		if (!take_option(option, &options.host_root, &json))
			return cmd_usage("doctor", "not a value for this option:", optarg);
	}
	if (optind < argc)
		return cmd_usage("doctor", "unexpected argument", argv[optind]);
	options.host_root = cmd_host_root(options.host_root);
	return options.host_root ? examine(&options, json) : STATUS_FAILED;
}
