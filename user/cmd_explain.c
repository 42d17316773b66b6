// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>

#include "cmd.h"
#include "cmd_explain.h"
#include "cmd_options.h"

struct arguments {
	struct cmd_common common;
	__u64 until_ns;
};

static bool take_until(void *options, const char *value)
{
	return cmd_time(value, &((struct arguments *)options)->until_ns);
}

static const struct cmd_option until_option = { "until", 0, "TIME", "only what happened before",
						take_until };
static const struct cmd_option *const options[] = {
	&cmd_output, &cmd_json,	   &cmd_since,	      &until_option,
	&cmd_node,   &cmd_cluster, &cmd_root_of_host, NULL,
};

static const struct cmd_syntax syntax = {
	.command = "explain",
	.about =
		"Usage: oomwhy explain [OPTION]... [FILE|-]...\n\n"
		"Tells the OOM kills of kernel logs: whose limit was hit, who died, what to change. Or\n"
		"of oomwhy's own JSON lines, judged again. Reports go to stdout, the rest to stderr.\n\n"
		"A FILE may be the output of dmesg or journalctl, a syslog, records of /dev/kmsg, a\n"
		"container's log of one of these; packed with gzip or not. - is stdin. One line\n"
		"\"oom-kill:...\" is enough. Without a FILE: the running kernel's log, else this node's\n"
		"syslog, kern.log, messages or journal.",
	.notes =
		"A date without a zone is local time (TZ). Without --node the node is the one that the\n"
		"log names. Exit status 4: no kill was found.",
	.options = options,
	.node_is_given = true,
};

int cmd_explain(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct cmd_common *common = &arguments.common;
	int status = cmd_parse(&syntax, argc, argv, &arguments);
	struct explain_options what;

	if (status != CMD_GO_ON)
		return status;
	what = (struct explain_options){
		.json = common->json,
		.since_ns = common->since_ns,
		.until_ns = arguments.until_ns,
		.node_name = common->node_name,
		.cluster_name = common->cluster_name,
		.host_root = common->host_root,
		.files = argv + optind,
		.files_count = argc - optind,
	};
	return explain_run(&what);
}
