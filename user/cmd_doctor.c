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
#include "source/pins.h"

enum {
	OPT_JSON = 256,
	OPT_HOST_ROOT,
	OPT_PIN,
	OPT_UNPIN,
};

struct doctor_arguments {
	struct doctor_options options;
	bool json;
	bool unpin;
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "host-root", required_argument, NULL, OPT_HOST_ROOT },
	{ "pin", required_argument, NULL, OPT_PIN },
	{ "unpin", no_argument, NULL, OPT_UNPIN },
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
	       "      --pin DIR            look for what oomwhy --pin keeps there (default:\n"
	       "                           /sys/fs/bpf/oomwhy)\n"
	       "      --unpin              take that away, whatever version made it, and examine nothing\n"
	       "  -v, --verbose            libbpf's and the kernel's own words on stderr\n"
	       "  -h, --help               this text\n\n"
	       "Exit status: 0 tracing is possible, 1 failed, 2 usage, 3 it is not possible.\n");
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

static int unpin(const char *dir)
{
	int err = pins_remove(dir);

	switch (err) {
	case 0:
		return STATUS_DONE;
	case -ENOENT:
	case -EMEDIUMTYPE:
		log_error("nothing is pinned in %s", dir);
		return STATUS_NOT_FOUND;
	case -EBUSY:
		log_error("an oomwhy reads what is pinned in %s: end it first", dir);
		return STATUS_FAILED;
	default:
		log_error("cannot take away what is pinned in %s: %s", dir, strerror(-err));
		return STATUS_FAILED;
	}
}

/* Returns whether the option's value is a good one. */
static bool take_option(int option, struct doctor_arguments *ret)
{
	switch (option) {
	case 'o':
		return cmd_parse_output(optarg, &ret->json);
	case OPT_JSON:
		ret->json = true;
		return true;
	case OPT_HOST_ROOT:
		ret->options.host_root = optarg;
		return *optarg == '/';
	case OPT_PIN:
		ret->options.pin_dir = optarg;
		return *optarg == '/' && optarg[strlen(optarg) - 1] != '/';
	case OPT_UNPIN:
		ret->unpin = true;
		return true;
	}
	log_is_verbose = true;
	return true;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_arguments arguments = {
		.options = { .node_name = cmd_node_name(), .pin_dir = PINS_DIR },
	};
	struct doctor_options *options = &arguments.options;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:vh", long_options, NULL)) != -1) {
		if (option == 'h')
			return help();
		if (option == '?')
			return cmd_usage("doctor", "unknown option", argv[optind - 1]);
		if (option == ':')
			return cmd_usage("doctor", "a value is missing after", argv[optind - 1]);
		if (!take_option(option, &arguments))
			return cmd_usage("doctor", "not a value for this option:", optarg);
	}
	if (optind < argc)
		return cmd_usage("doctor", "unexpected argument", argv[optind]);
	if (arguments.unpin)
		return unpin(options->pin_dir);
	options->host_root = cmd_host_root(options->host_root);
	return options->host_root ? examine(options, arguments.json) : STATUS_FAILED;
}
