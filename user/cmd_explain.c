// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_explain.h"
#include "exit_status.h"

enum {
	OPT_JSON = 256,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_NODE,
	OPT_CLUSTER,
	OPT_HOST_ROOT,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "node", required_argument, NULL, OPT_NODE },
	{ "cluster-name", required_argument, NULL, OPT_CLUSTER },
	{ "host-root", required_argument, NULL, OPT_HOST_ROOT },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int help(void)
{
	printf("Usage: oomwhy explain [OPTION]... [FILE|-]...\n\n"
	       "Tells the OOM kills of kernel logs: whose limit was hit, who died, what to change. Or\n"
	       "of oomwhy's own JSON lines, judged again. Reports go to stdout, the rest to stderr.\n\n"
	       "A FILE may be the output of dmesg or journalctl, a syslog, records of /dev/kmsg, a\n"
	       "container's log of one of these; packed with gzip or not. - is stdin. One line\n"
	       "\"oom-kill:...\" is enough. Without a FILE: the running kernel's log, else this node's\n"
	       "syslog, kern.log, messages or journal.\n\n"
	       "  -o, --output text|json   reports for people (default), or one JSON object a line\n"
	       "      --json               the same as -o json\n"
	       "      --since TIME         only what happened since: 2h, 3d, 2026-11-23 10:11:12,\n"
	       "                           2026-11-23T10:11:12Z\n"
	       "      --until TIME         only what happened before\n"
	       "      --node NAME          the node's name (default: as the log says)\n"
	       "      --cluster-name NAME  goes into each JSON line\n"
	       "      --host-root DIR      where the machine's own / is mounted (default: /host if it\n"
	       "                           is there, else /)\n"
	       "  -h, --help               this text\n\n"
	       "A date without a zone is local time (TZ). Exit status 4: no kill was found.\n");
	return fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
}

static bool take_option(int option, struct explain_options *ret)
{
	switch (option) {
	case 'o':
		return cmd_parse_output(optarg, &ret->json);
	case OPT_JSON:
		ret->json = true;
		return true;
	case OPT_SINCE:
		return explain_time(optarg, &ret->since_ns);
	case OPT_UNTIL:
		return explain_time(optarg, &ret->until_ns);
	case OPT_NODE:
		ret->node_name = optarg;
		return *optarg;
	case OPT_CLUSTER:
		ret->cluster_name = optarg;
		return *optarg;
	default:
		ret->host_root = optarg;
		return *optarg == '/';
	}
}

int cmd_explain(int argc, char **argv)
{
	struct explain_options options = { 0 };
	int option, index = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", long_options, &index)) != -1) {
		if (option == 'h')
			return help();
		if (option == '?')
			return cmd_usage("explain", "unknown option", argv[optind - 1]);
		if (option == ':')
			return cmd_usage("explain", "a value is missing after", argv[optind - 1]);
		if (!take_option(option, &options))
			return cmd_usage("explain", "not a value for this option:", optarg);
	}
	options.files = argv + optind;
	options.files_count = argc - optind;
	options.host_root = cmd_host_root(options.host_root);
	if (!options.host_root)
		return STATUS_FAILED;
	return explain_run(&options);
}
